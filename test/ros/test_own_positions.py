"""An antenna's own positions: NAV-PVT where it comes, single points of all that was heard where it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
import pytest
from waiting import wait_for

from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.protocols.ubx.identifiers import NAV_PVT, RXM_RAWX
from gnss_gyro.ros import position_thread
from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.own_positions import PVT_FORGOTTEN_S, OwnPositions
from gnss_gyro.ros.single_points import SinglePoints
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks

SPP_ERROR_M = 10.0
RATE_HZ = 2.0


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    """Forty seconds of one receiver: observations, navigation words, NAV-PVT."""
    scenario = Scenario(duration_s=40.0, rate_hz=RATE_HZ, systems=(System.GPS,), seed=4)
    chunks = list(ubx_chunks(simulate(scenario), UbxOptions(nav_pvt=True)))
    first = chunks[0].antenna
    return list(FrameSplitter().feed(b"".join(chunk.data for chunk in chunks if chunk.antenna == first)).frames)


def kind(frame: bytes) -> tuple[int, int]:
    return frame[2], frame[3]


def said(frames: Iterable[bytes]) -> list[OwnPosition]:
    positions = OwnPositions()
    return [position for frame in frames for position in positions.feed(frame)]


def without_pvt(frames: Iterable[bytes]) -> list[bytes]:
    return [frame for frame in frames if kind(frame) != NAV_PVT]


def as_numbers(positions: Iterable[OwnPosition]) -> list[list[float]]:
    return [[p.time.ns, *p.geodetic, *p.cov_enu_m2.ravel()] for p in positions]


def test_nav_pvt_is_all_that_is_said(frames: list[bytes]) -> None:
    pvt = [frame for frame in frames if kind(frame) == NAV_PVT]
    assert len(pvt) > 20
    np.testing.assert_array_equal(as_numbers(said(frames)), as_numbers(said(pvt)))


def test_nothing_heard_before_single_points_were_loaded_is_lost(frames: list[bytes]) -> None:
    from_the_start = SinglePoints()
    expected = [position for frame in without_pvt(frames) for position in from_the_start.feed(frame, wanted=True)]
    assert any(np.isfinite(position.geodetic).all() for position in expected)
    np.testing.assert_array_equal(as_numbers(said(without_pvt(frames))), as_numbers(expected))


def test_single_points_follow_where_nav_pvt_ends(frames: list[bytes]) -> None:
    middle = len(frames) // 4
    told, alone = said(frames), said(frames[:middle] + without_pvt(frames[middle:]))
    last_pvt = said(frames[:middle])[-1].time
    later = [position for position in alone if position.time - last_pvt > 0.5 / RATE_HZ]
    assert later[0].time - last_pvt >= PVT_FORGOTTEN_S - 0.5 / RATE_HZ
    assert later[0].time - last_pvt < PVT_FORGOTTEN_S + 1.5 / RATE_HZ
    assert np.isfinite(later[-1].geodetic).all()
    difference_m = (later[-1].geodetic - told[-1].geodetic) * np.array([6.4e6, 5.2e6, 1.0])
    assert np.linalg.norm(difference_m[:2]) < SPP_ERROR_M


def test_a_break_of_the_link_loads_nothing(frames: list[bytes]) -> None:
    positions = OwnPositions()
    begin, end = frames[: len(frames) // 4], frames[-len(frames) // 4 :]
    end = end[next(i for i, frame in enumerate(end) if kind(frame) == RXM_RAWX) :]
    for frame in begin + end:
        positions.feed(frame)
    assert positions._points is None


def test_rtcm_and_garbage_in_payloads_say_nothing() -> None:
    positions = OwnPositions()
    for frame in (b"\xd3\x00\x00\x00\x00\x00", b"\xb5\x62\x01\x07\x00\x00\x08\x19", b"\xb5\x62\x02\x15\x00\x00\x17\x47"):
        assert positions.feed(frame) == []


class _Broken:
    def feed(self, frame: bytes) -> list[OwnPosition]:
        raise OSError(f"no engine for {frame!r}")


def test_a_thread_that_finds_no_engine_says_so_once_and_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position_thread, "OwnPositions", _Broken)
    told: list[str] = []
    thread = position_thread.PositionThread(lambda position: None, told.append)
    for _ in range(20_000):
        thread.take(b"frame")
    thread.stop()
    assert wait_for(lambda: not thread._thread.is_alive())
    assert len(told) == 1
    assert "no engine for b'frame'" in told[0]


class _Echo:
    def feed(self, frame: bytes) -> list[OwnPosition]:
        return [frame]  # type: ignore[list-item]  # handed on as it is


def test_a_position_that_cannot_be_published_costs_that_one_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def publish(position: object) -> None:
        if position == b"bad":
            raise OverflowError("a stamp behind 2038")
        published.append(position)

    monkeypatch.setattr(position_thread, "OwnPositions", _Echo)
    published: list[object] = []
    told: list[str] = []
    thread = position_thread.PositionThread(publish, told.append)
    for frame in (b"1", b"bad", b"2", b"bad", b"3"):
        thread.take(frame)
    assert wait_for(lambda: published == [b"1", b"2", b"3"])
    assert len(told) == 1
    assert "a stamp behind 2038" in told[0]
    thread.stop()


def test_a_thread_that_is_busy_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one is that compiles, behind a queue that has run full; afterwards nothing is heard of it."""
    begun, done = threading.Event(), threading.Event()

    class Compiles(_Echo):
        def feed(self, frame: bytes) -> list[OwnPosition]:
            begun.set()
            done.wait()
            return super().feed(frame)

    monkeypatch.setattr(position_thread, "OwnPositions", Compiles)
    published: list[object] = []
    thread = position_thread.PositionThread(published.append, print)
    for _ in range(20_000):
        thread.take(b"frame")
    assert begun.wait(60.0)
    stopping = threading.Thread(target=thread.stop, daemon=True)
    stopping.start()
    stopping.join(60.0)
    assert not stopping.is_alive()
    done.set()
    assert wait_for(lambda: not thread._thread.is_alive())
    assert published == []
