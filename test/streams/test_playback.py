"""Recordings played at the pace of their receiver, by a clock of the test."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from served_receiver import BEGIN, epoch, own_solution

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.streams.opening import BROKEN_OFF
from gnss_gyro.streams.playback import Pace, PlaybackLink, bursts

SAME_TIME_S = 1e-6


class Clock:
    """A steady clock, and the computer's beside it, which may be set."""

    def __init__(self) -> None:
        self.now_s = 5000.0
        self.unix_ahead_s = 1.7e9

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def unix_s(self) -> float:
        return self.now_s - 5000.0 + self.unix_ahead_s


def played(path: Path, pace: Pace, most: int = 1000, clock_set_s: float = 0.0) -> list[tuple[float, bytes]]:
    """(seconds since the beginning, bytes) of all that was read; at the first bytes, the computer's clock is set."""
    clock = Clock()
    link = PlaybackLink(path, pace, clock, clock.sleep, clock.unix_s)
    found: list[tuple[float, bytes]] = []
    while len(found) < most:
        try:
            data = link.read(0.1)
        except EOFError:
            break
        if data:
            clock.unix_ahead_s = 1.7e9 + clock_set_s
            found.append((clock.now_s - 5000.0, data))
    return found


def while_any(link: PlaybackLink) -> None:
    """Read until it raises something."""
    while True:
        link.read(0.1)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "rover.ubx"
    path.write_bytes(b"$garbage" + b"".join(own_solution(n) + epoch(n) for n in range(30)) + own_solution(30))
    return path


@pytest.mark.parametrize("rate", [1.0, 4.0])
def test_every_epoch_comes_at_its_time(recorded: Path, rate: float):
    found = played(recorded, Pace(rate=rate))
    times = [time for time, _ in found[:30]]
    assert times == pytest.approx([0.1 / rate * n for n in range(30)], abs=SAME_TIME_S)
    assert b"".join(data for _, data in found) == recorded.read_bytes()


def test_rate_zero_waits_for_nothing(recorded: Path):
    assert played(recorded, Pace(rate=0.0))[-1][0] == 0.0


def test_a_loop_begins_again(recorded: Path):
    found = played(recorded, Pace(loop=True), most=70)
    frames = FrameSplitter().feed(b"".join(data for _, data in found)).frames
    assert frames.count(epoch(0)) == 3
    assert found[-1][0] == pytest.approx(6.6, abs=0.3)


def test_a_long_gap_is_not_waited_for(tmp_path: Path):
    path = tmp_path / "gap.ubx"
    path.write_bytes(b"".join(epoch(n) for n in (0, 1, 100_000, 100_001, 5, 6)))
    assert played(path, Pace())[-1][0] == pytest.approx(0.3, abs=SAME_TIME_S)


def test_two_recordings_in_step(recorded: Path, tmp_path: Path):
    late = tmp_path / "late.ubx"
    late.write_bytes(b"".join(epoch(n) for n in range(10, 20)))
    pace = Pace(start_gps_s=(BEGIN.ns + 500_000_000) * 1e-9, start_unix_s=1.7e9 + 2.0)
    early = {data[-100:]: time for time, data in played(recorded, pace)}
    for time, data in played(late, pace):
        assert time == pytest.approx(early[data[-100:]], abs=SAME_TIME_S)
    assert early[epoch(5)[-100:]] == pytest.approx(2.0, abs=SAME_TIME_S)


@pytest.mark.parametrize("clock_set_s", [-3600.0, 3600.0])
@pytest.mark.parametrize("pace", [Pace(), Pace(start_gps_s=BEGIN.ns * 1e-9, start_unix_s=1.7e9)])
def test_a_computer_whose_clock_is_set_plays_on(recorded: Path, pace: Pace, clock_set_s: float):
    found = played(recorded, pace, clock_set_s=clock_set_s)
    assert [time for time, _ in found[:30]] == pytest.approx([0.1 * n for n in range(30)], abs=SAME_TIME_S)


def test_several_files_in_step_are_not_played_in_a_loop():
    with pytest.raises(ConfigError, match=r"playback\.loop: not together with playback\.start_gps_s"):
        Pace(loop=True, start_gps_s=BEGIN.ns * 1e-9, start_unix_s=1.7e9)


def test_a_packed_recording_that_breaks_off_plays_as_far_as_it_goes(recorded: Path, tmp_path: Path):
    whole, path = recorded.read_bytes() * 40, tmp_path / "rover.ubx.gz"
    packed = gzip.compress(whole)
    path.write_bytes(packed[: len(packed) // 2])
    counts = Counts()
    got = b"".join(burst.data for burst in bursts(path, counts))
    assert whole.startswith(got)
    assert len(got) > len(whole) // 4
    assert counts.by_name[BROKEN_OFF] == 1
    assert b"".join(data for _, data in played(path, Pace(rate=0.0))) == got


def test_the_end_of_a_recording_is_told(recorded: Path, tmp_path: Path):
    broken = tmp_path / "broken.ubx.gz"
    broken.write_bytes(gzip.compress(recorded.read_bytes() * 40)[:-400])
    for path, words in ((recorded, r"rover\.ubx was played to its end"), (broken, r"broken\.ubx\.gz breaks off")):
        link = PlaybackLink(path, Pace(rate=0.0))
        with pytest.raises(EOFError, match=words):
            while_any(link)


def test_packed_recordings_play(recorded: Path, tmp_path: Path):
    packed = tmp_path / "rover.ubx.gz"
    packed.write_bytes(gzip.compress(recorded.read_bytes()))
    assert b"".join(burst.data for burst in bursts(packed)) == recorded.read_bytes()


def test_a_file_without_epochs_says_so(tmp_path: Path):
    path = tmp_path / "text.ubx"
    path.write_bytes(b"nothing" * 1000)
    with pytest.raises(DataError, match="holds no epoch"):
        played(path, Pace(loop=True))
    with pytest.raises(DataError, match="cannot be opened"):
        played(tmp_path / "missing.ubx", Pace())
