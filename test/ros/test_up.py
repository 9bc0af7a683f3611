"""`gnss_gyro up` as a process: the whole chain, its bag, a clean end, and the word for a machine without ROS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.main import main
from gnss_gyro.cli.up import require_rclpy
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
