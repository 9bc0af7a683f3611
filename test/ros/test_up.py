"""`gnss_gyro up` as a process: the whole chain, its bag, a clean end, and the word for a machine without ROS."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rclpy.node import Node

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.live_rig import _raw_topics
from gnss_gyro.cli.main import main
from gnss_gyro.cli.up import require_rclpy
from gnss_gyro.ros.composition import Composition
from gnss_gyro.ros.rig_nodes import read_rig, rig_nodes
from gnss_gyro.streams.bags.byte_arrays import TYPE
from gnss_gyro.streams.bags.reading import open_bag

PATIENCE_S = 120.0


def up(domain: int, *words: str, **given: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
    command = [sys.executable, "-m", "gnss_gyro.cli.main", "up", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **{**pipes, **given})


def test_a_simulated_rig_is_recorded_without_a_gap(domain: int, tmp_path: Path) -> None:
    process = up(domain, "--simulate", "tractor", "--duration", "5", "--record", str(tmp_path / "bag"))
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "fusion: attitude: fixed" in out
    bag, topics = open_bag(tmp_path / "bag"), ("/fix", "/heading", "/rear_left/raw")
    counts = {topic: sum(1 for _ in bag.messages([topic])) for topic in topics}
    assert counts["/fix"] == 25
    assert counts["/heading"] >= 24
    assert counts["/rear_left/raw"] > 50


FULL = """
import errno, sys
from gnss_gyro.cli.main import main
from gnss_gyro.streams.bags.mcap_writer import McapWriter
put = McapWriter._put
def put_until_full(writer, data):
    if writer._at > 200_000:
        raise OSError(errno.ENOSPC, "No space left on device")
    put(writer, data)
McapWriter._put = put_until_full
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_costs_the_rest_of_the_bag_and_nothing_else(domain: int, tmp_path: Path) -> None:
    words = ("up", "--simulate", "tractor", "--duration", "8", "--record", str(tmp_path / "bag"), "-v")
    done = subprocess.run(
        [sys.executable, "-c", FULL, *words], env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, check=False,
        capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert sum("bag: No space left on device" in line for line in told) == 1
    assert re.fullmatch(rf"gnss_gyro: \d+ of \d+ messages are not in the bag {tmp_path}/bag, .*", told[-1])
    assert re.search(r"/fix: \d+ messages, \d+ lost", done.stderr)
    kept, lost = map(int, re.findall(r"/fix: (\d+) messages, (\d+) lost", done.stderr)[0])
    assert kept + lost == 40
    assert sum(1 for _ in open_bag(tmp_path / "bag").messages(["/fix"])) == kept


def test_what_the_fusion_node_hears_is_recorded(domain: int, tmp_path: Path) -> None:
    rig, more = tmp_path / "rig.yaml", tmp_path / "more.yaml"
    antennas = "a: {position_m: [0, 0, 0], source: 'udp://:40713'}, b: {position_m: [1, 0, 0], source: 'ublox_gps:/gps/raw'}"
    rig.write_text(f"antennas: {{{antennas}, c: {{position_m: [0, 1, 0]}}}}\n")
    more.write_text("fusion: {ros__parameters: {antennas: {c: {topic: /elsewhere}}}}\n")
    nodes = Composition(rig_nodes(read_rig(rig), rig), [more], domain)
    try:
        assert _raw_topics(nodes.nodes["fusion"]) == dict.fromkeys(("/a/raw", "/gps/raw", "/elsewhere"), TYPE)
    finally:
        nodes.close()


def test_two_nodes_of_one_name_are_refused(domain: int, tmp_path: Path) -> None:
    rig = tmp_path / "rig.yaml"
    rig.write_text("antennas: {gyro: {position_m: [0, 0, 0], source: 'udp://:40714'}, b: {position_m: [1, 0, 0]}}\n")
    fusion, driver = rig_nodes(read_rig(rig), rig)
    with pytest.raises(ConfigError, match="two nodes would be named fusion"):
        Composition([fusion, replace(driver, name="fusion")], domain=domain)
    nodes = Composition([fusion, driver], domain=domain)
    try:
        with pytest.raises(ConfigError, match="two nodes would be named gyro"):
            nodes.add(Node("gyro", context=nodes.context))
    finally:
        nodes.close()


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)])
def test_it_ends_cleanly(domain: int, tmp_path: Path, signals: tuple[signal.Signals, ...]) -> None:
    rig = tmp_path / "rig.yaml"
    rig.write_text("antennas: {a: {position_m: [0, 0, 0], source: 'udp://:40711'}, b: {position_m: [1, 0, 0]}}\n")
    process = up(domain, str(rig))
    killer = threading.Timer(PATIENCE_S, process.kill)
    killer.start()
    assert process.stdout is not None
    while "up:" not in process.stdout.readline():
        assert process.poll() is None
    for number in signals:
        process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    killer.cancel()
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_ctrl_c_ends_it_while_it_compiles(domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a terminal does: to all processes of the group."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "empty"))
    rig = tmp_path / "rig.yaml"
    rig.write_text("antennas: {a: {position_m: [0, 0, 0], source: 'udp://:40711'}, b: {position_m: [1, 0, 0]}}\n")
    process = up(domain, str(rig), start_new_session=True, stderr=subprocess.STDOUT)
    killer = threading.Timer(PATIENCE_S, process.kill)
    killer.start()
    assert process.stdout is not None
    while "compiling what numba's cache does not hold yet" not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)
    killer.cancel()
    assert process.returncode == 0, out
    assert "Traceback" not in out
    assert "ready after" not in out, "it went on compiling"
    assert "up:" not in out


def test_without_rclpy_it_says_what_to_do(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "rclpy", None)
    with pytest.raises(ConfigError, match=r"pip install 'gnss_gyro\[ros\]'"):
        require_rclpy("up")
    assert main(["up", "--simulate", "tractor"]) == 1
    assert "needs rclpy" in capsys.readouterr().err


def test_without_a_rig_or_with_a_wrong_one_it_says_so(tmp_path, capsys) -> None:
    assert main(["up"]) == 1
    assert "which rig?" in capsys.readouterr().err
    rig = tmp_path / "rig.yaml"
    rig.write_text("antennas: {a: {position_m: [0, 0, 0]}, b: {position_m: [1, 0, 0]}}\n")
    assert main(["up", str(rig)]) == 1
    assert "no antenna has a source" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["antennas: {a: {position_m: [0, 0, 0]}}", "a: [1", "/a: {ros__parameters: {b: [1, x]}}"])
def test_a_file_that_holds_no_parameters_is_named(tmp_path, capsys, text) -> None:
    rig, other = tmp_path / "rig.yaml", tmp_path / "other.yaml"
    rig.write_text("antennas: {a: {position_m: [0, 0, 0], source: 'udp://:40712'}, b: {position_m: [1, 0, 0]}}\n")
    other.write_text(f"{text}\n")
    assert main(["up", str(rig), "--params", str(other)]) == 1
    said = capsys.readouterr().err
    assert "other.yaml is no parameter file of ROS: " in said
    assert "Traceback" not in said
