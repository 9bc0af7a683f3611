"""The raw log: complete, rotated between frames, and still there after kill -9."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from recordings import PROJECT
from served_receiver import epoch
from waiting import wait_for

from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.streams import writing_thread
from gnss_gyro.streams.raw_log import LogRules, RawLog

WRITER = """
import sys, time
from pathlib import Path
from served_receiver import epoch
from gnss_gyro.streams.raw_log import LogRules, RawLog
log = RawLog(LogRules(Path(sys.argv[1]), "rover", flush_s=0.05))
for number in range(100_000):
    log.write(epoch(number))
    time.sleep(0.002)
    print(log.flushed_bytes, flush=True)
"""


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.ubx"), key=lambda path: path.stat().st_mtime_ns))


def test_all_that_was_written_is_there(tmp_path: Path):
    log = RawLog(LogRules(tmp_path / "new" / "folder", "rover"))
    data = [epoch(n) for n in range(50)]
    for piece in data:
        log.write(piece)
    log.stop()
    assert contents(tmp_path / "new" / "folder") == b"".join(data)
    assert log.flushed_bytes == log.written_bytes == sum(map(len, data))
    assert log.path is not None
    assert log.path.name.startswith("rover_2")


def test_files_end_between_frames_at_their_size(tmp_path: Path):
    log = RawLog(LogRules(tmp_path, "rover", max_bytes=10_000))
    data = [epoch(n) for n in range(50)]
    for piece in data:
        log.write(piece)
    log.stop()
    files = list(tmp_path.iterdir())
    assert len(files) == 10
    assert all(path.stat().st_size <= 10_000 for path in files)
    frames = [frame for path in files for frame in FrameSplitter().feed(path.read_bytes()).frames]
    assert sorted(frames) == sorted(data)


def test_files_end_after_their_time(tmp_path: Path):
    log = RawLog(LogRules(tmp_path, "rover", max_s=0.05))
    for n in range(3):
        log.write(epoch(n))
        time.sleep(0.1)
    log.stop()
    assert len(list(tmp_path.iterdir())) == 3


def test_what_waits_is_flushed_regularly(tmp_path: Path):
    log = RawLog(LogRules(tmp_path, "rover", flush_s=0.05))
    log.write(epoch(0))
    assert wait_for(lambda: log.flushed_bytes == len(epoch(0)))
    log.stop()


def test_a_folder_that_cannot_be_made_is_told_and_nothing_stops(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    log = RawLog(LogRules(tmp_path / "file", "rover"))
    for _ in range(3):
        log.write(b"abc")
    log.stop()
    assert log.lost_bytes == 9
    assert "raw log in" in log.problem


def test_what_comes_once_the_disk_has_room_again_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pieces keep coming, each sooner than the next attempt."""
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.5)
    (tmp_path / "log").write_text("in the way")
    log = RawLog(LogRules(tmp_path / "log", "rover"))
    log.write(b"abc")
    assert wait_for(lambda: log.problem)
    (tmp_path / "log").unlink()
    pieces = 1
    while not log.written_bytes and pieces < 6000:
        log.write(b"abc")
        pieces += 1
        time.sleep(0.01)
    log.stop()
    assert log.problem == ""
    assert log.written_bytes + log.lost_bytes == 3 * pieces
    assert len(contents(tmp_path / "log")) == log.written_bytes > 0


class FullDisk(io.FileIO):
    """A file that can be made but takes nothing."""

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_not_littered_with_empty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.0)
    monkeypatch.setattr(Path, "open", lambda path, mode, buffering: FullDisk(path, mode.replace("b", "")))
    log = RawLog(LogRules(tmp_path, "rover"))
    for _ in range(3):
        log.write(b"abc")
    log.stop()
    assert log.lost_bytes == 9
    assert "No space left" in log.problem
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_kill_9_loses_nothing_that_was_flushed(tmp_path: Path):
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "test")])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert writer.stdout is not None
    flushed = 0
    while flushed < 200_000:
        flushed = int(writer.stdout.readline())
    writer.kill()
    flushed = max([flushed, *(int(line) for line in writer.stdout.read().splitlines() if line.endswith(tuple("0123456789")))])
    writer.wait()
    kept = contents(tmp_path)
    assert len(kept) >= flushed
    frames = FrameSplitter().feed(kept).frames
    assert list(frames) == [epoch(n) for n in range(len(frames))]
