"""Players of recordings begin together, once the fusion node listens."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from bags import frames_of, save, simulated
from fusion_bench import PAIR, FusionBench, rig_parameters
from rclpy.lifecycle import TransitionCallbackReturn
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.ros import readiness
from gnss_gyro.ros.antenna_driver import AntennaDriver
from gnss_gyro.ros.readiness import FusionWatch, Readiness

DONE = TransitionCallbackReturn.SUCCESS


def test_all_are_told_the_same_time_however_late_they_come(ros: Any) -> None:
    told: list[float] = []
    early = FusionWatch(ros.node("early"), 1.0, 1e10, told.append)
    before_s = time.time()
    FusionBench(ros, **rig_parameters(PAIR)).start()
    assert ros.spin_until(lambda: len(told) == 1)
    late = FusionWatch(ros.node("late"), 1.0, 1e10, told.append)
    assert ros.spin_until(lambda: len(told) == 2)
    assert told[0] == told[1]
    assert before_s < told[0] - readiness.LEAD_S < time.time()
    early.stop()
    late.stop()


def test_the_start_that_was_asked_for_is_never_too_early(ros: Any) -> None:
    told: list[float] = []
    FusionWatch(ros.node("player"), 4e9, 10.0, told.append)
    Readiness(ros.node("fusion")).tell()
    assert ros.spin_until(lambda: told)
    assert told == [4e9]


def test_without_a_fusion_node_all_begin_at_the_same_time_too(ros: Any) -> None:
    told: list[float] = []
    start_s = time.time() - 1.0
    for name in ("a", "b"):
        FusionWatch(ros.node(name), start_s, 1.5, told.append)
    assert ros.spin_until(lambda: len(told) == 2)
    assert told == [start_s + 1.5] * 2


def test_a_recording_is_played_from_its_beginning_to_a_node_that_comes_late(
    ros: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LEAD_S", 0.5)
    streams = simulated(duration_s=3.0)
    files = save(streams, tmp_path)
    heard: dict[str, list[bytes]] = {name: [] for name in streams}
    listener = ros.node("listener")
    for name, file in files.items():
        listener.create_subscription(UInt8MultiArray, f"/{name}/raw", lambda m, n=name: heard[n].append(bytes(m.data)), 1000)
        driver = ros.add(AntennaDriver(name, **ros.kwargs(source=f"file:{file}", playback__wait_s=1000.0, playback__rate=10.0)))
        assert driver.trigger_configure() == driver.trigger_activate() == DONE
        assert ros.spin_until(lambda driver=driver: driver._raw.get_subscription_count() > 0)
    ros.spin(1.0)
    assert not any(heard.values())
    Readiness(ros.node("fusion")).tell()
    whole = {name: frames_of(data) for name, data in streams.items()}
    assert ros.spin_until(lambda: heard == whole)
