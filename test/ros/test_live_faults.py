"""Faults of a running rig, from the serial line to the heading: how soon it is back, and what was lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from fusion_bench import PAIR, TRIPLE
from live_bench import RATE_HZ, Faults, chunks_of, epochs_between, live

from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.messages import Message
from gnss_gyro.ros.conversions import quaternion_of
from gnss_gyro.ros.stamps import stamp_of
from gnss_gyro.simulation.writers import UbxOptions
from gnss_gyro.streams.files import read_messages
from gnss_gyro.streams.merge import merge_by_time

RECONNECT_S = 8.0
"""Receiver seconds until a receiver that is back counts again: 1 s of back-off at double speed, and a load of other tests."""
EPHEMERIDES_S = 36.0
"""What a restarted fusion node may need: GPS repeats its ephemerides every 30 s."""
DRIVER = "from gnss_gyro.ros.antenna_driver import main; main()"


def missing(bench, topic, begin_s, end_s):
    """Epochs of a span that a topic has no message for."""
    return np.setdiff1d(epochs_between(begin_s, end_s), bench.seconds(topic))


def test_a_receiver_is_unplugged_and_comes_back(ros, tmp_path) -> None:
    faults = Faults(unplugged={"front": (6.0, 10.0)})
    with live(ros, tmp_path, PAIR, chunks_of(PAIR, 22.0), faults=faults) as bench:
        back_s = bench.run(lambda: bench.drivers["front"]._link.connections == 2)
        assert back_s < 10.0 + RECONNECT_S
        bench.run()
        assert missing(bench, "fix", 0.0, 22.0).size == 0, "the other antenna goes on without a gap"
        assert missing(bench, "heading", 1.0, 4.0).size == 0, "what the driver had not read yet is gone with the plug"
        assert missing(bench, "heading", back_s + 1.0, 22.0).size == 0
        assert not np.intersect1d(bench.seconds("heading"), epochs_between(6.0, 10.0)).size


def test_garbage_costs_its_own_epochs_only(ros, tmp_path) -> None:
    faults = Faults(garbage={"front": (5.0, 9.0)})
    with live(ros, tmp_path, PAIR, chunks_of(PAIR, 14.0), faults=faults) as bench:
        bench.run()
        assert bench.drivers["front"]._session.counts()["garbage bytes"] > 1000
        assert missing(bench, "fix", 0.0, 14.0).size == 0
        assert missing(bench, "heading", 1.0, 5.0).size == 0
        assert missing(bench, "heading", 9.0 + 1.0, 14.0).size == 0, "noise may have looked like the head of a long frame"


def test_two_receivers_that_come_200_ms_late_lose_nothing(ros, tmp_path) -> None:
    faults = Faults(late_s={"front": 0.2, "left": 0.2})
    with live(ros, tmp_path, TRIPLE, chunks_of(TRIPLE, 10.0), speed=1.0, faults=faults) as bench:
        bench.run()
        assert missing(bench, "fix", 0.0, 10.0).size == 0
        assert missing(bench, "heading", 1.0, 10.0).size == 0
        status = {pair.key: pair.value for pair in bench.fusion.status("attitude").values}
        assert status["antennas"] == "rear, front, left"


def test_a_driver_is_killed_and_started_again(ros, domain, tmp_path) -> None:
    def driver():
        given = {"source": f"serial:{tmp_path / 'front'}", "log.folder": tmp_path / "log", "log.flush_s": 0.1}
        words = ["--ros-args", "-r", "__node:=front", *(w for name, value in given.items() for w in ("-p", f"{name}:={value}"))]
        return subprocess.Popen([sys.executable, "-c", DRIVER, *words], env={**os.environ, "ROS_DOMAIN_ID": str(domain)})

    def logged():
        return b"".join(path.read_bytes() for path in sorted((tmp_path / "log").glob("*.ubx")))

    with live(ros, tmp_path, PAIR, chunks_of(PAIR, 120.0), elsewhere=("front",)) as bench:
        process = driver()
        try:
            assert ros.spin_until(lambda: bench.fusion.peer.count_publishers("/front/raw") == 1)
            ros.spin(2.0)
            bench.run(lambda: bench.receivers.now_s >= 8.0)
            process.kill()
            process.wait()
            killed_s, at_kill, before = bench.receivers.now_s, logged(), len(bench.seconds("heading"))
            assert np.intersect1d(bench.seconds("heading"), epochs_between(2.0, killed_s - 1.0)).size
            flushed = [f for f in bench.receivers.sent["front"] if f in at_kill]
            assert len(flushed) >= 0.8 * RATE_HZ * killed_s, "all but the last tenths of a second"
            process = driver()
            bench.run(lambda: bench.seconds("heading")[before:].max(initial=0.0) > killed_s + 0.5)
            back_s = bench.seconds("heading")[-1]
            bench.run(lambda: bench.seconds("fix")[-1] >= back_s + 10.0)
            assert missing(bench, "fix", 0.0, back_s + 9.0).size == 0, "the other antenna goes on without a gap"
            assert missing(bench, "heading", back_s, back_s + 9.0).size == 0
            assert logged().startswith(at_kill)
        finally:
            process.kill()
            process.wait()


def test_fusion_is_restarted(ros, tmp_path) -> None:
    chunks = chunks_of(PAIR, 60.0, UbxOptions(nav_pvt=True))
    with live(ros, tmp_path, PAIR, chunks, speed=4.0) as bench:
        bench.run(lambda: bench.receivers.now_s >= 8.0 and bench.seconds("heading").size)
        bench.restart_fusion()
        begun_s = bench.receivers.now_s
        bench.run()
        headings = bench.seconds("heading")
        assert headings[0] - begun_s < EPHEMERIDES_S
        assert missing(bench, "heading", headings[0], 60.0).size == 0
        for name, driver in bench.drivers.items():
            assert driver._session.counts().get("garbage bytes", 0) == 0
            assert driver._session.statistics.snapshot(0.0).frames == len(bench.receivers.sent[name]), "the drivers lost nothing"


def test_live_and_its_bag_replayed_are_the_same_to_the_last_bit(ros, tmp_path) -> None:
    from gnss_gyro.cli.bag_recorder import Recorder, Rules
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.streams.bags.byte_arrays import TYPE

    folder = tmp_path / "bag"
    rules = Rules(folder, {f"/{name}/raw": TYPE for name in TRIPLE}, [], 300.0, 0.5)
    recording = rules.recording()
    recorder = ros.add(Recorder(rules, recording, Screen(), context=ros.context))
    with live(ros, tmp_path, TRIPLE, chunks_of(TRIPLE, 12.0)) as bench:
        bench.run()
        assert ros.spin_until(lambda: sum(recorder.counts.values()) == sum(map(len, bench.receivers.sent.values())))
        live_by_stamp = {(m.header.stamp.sec, m.header.stamp.nanosec): m for m in bench.fusion.heard["heading"]}
    recording.close()
    assert not recording.lost
    solutions = replayed({name: Path(f"{folder}:/{name}/raw") for name in TRIPLE})
    stamps = [stamp_of(solution.time) for solution in solutions]
    with_attitude = {(stamp.sec, stamp.nanosec): s for stamp, s in zip(stamps, solutions, strict=True) if s.attitude is not None}
    assert set(live_by_stamp) == set(with_attitude)
    assert len(live_by_stamp) > 50
    for key, solution in with_attitude.items():
        assert live_by_stamp[key].orientation == quaternion_of(solution.attitude.enu_from_body)


def replayed(files):
    """Solutions of recordings, in the order in which `replay` reads them."""
    engine = Engine(config_from_dict({"antennas": {name: {"position_m": list(place)} for name, place in TRIPLE.items()}}))
    streams = {name: (m for m in read_messages(path) if isinstance(m, Message)) for name, path in files.items()}
    for name in TRIPLE:
        engine.set_receiver(name, "u-blox")
    return [s for name, message in merge_by_time(streams) for s in engine.feed(name, message)] + engine.flush()
