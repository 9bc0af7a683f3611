"""A bag that is written live: a slow disk holds up nobody, and a full one costs only what comes meanwhile."""

from __future__ import annotations

import errno
import io
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_for

from gnss_gyro.basics.errors import DataError
from gnss_gyro.streams import writing_thread
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.metadata import read_metadata
from gnss_gyro.streams.bags.reading import open_bag
from gnss_gyro.streams.bags.recording import BagRecording
from gnss_gyro.streams.bags.writing import BagTopic

SECOND_NS = 1_000_000_000
TOPIC = "/rear/raw"


def numbers(path: Path) -> list[int]:
    return [byte_arrays.decode(message.data)[0] for message in open_bag(path).messages([TOPIC])]


class Disk:
    """os.write and os.fsync of all bags; `room` bytes are left, and syncing waits until it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.error = 1 << 30, errno.ENOSPC
        self.is_syncing = False
        self.may_sync = threading.Event()
        self.may_sync.set()
        real, disk = Path.open, self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                size = min(len(data), disk.room)
                if not size:
                    raise OSError(disk.error, os.strerror(disk.error))
                disk.room -= size
                return super().write(data[:size]) or 0

            def truncate(self, size: Any = None) -> int:
                disk.room += self.tell() - size
                return super().truncate(size)

        def opened_file(path: Path, mode: str = "r", *rest: Any, **words: Any) -> Any:
            return File(path, "x") if mode == "xb" and path.suffix == ".mcap" else real(path, mode, *rest, **words)

        monkeypatch.setattr(Path, "open", opened_file)
        monkeypatch.setattr(os, "fsync", self.sync)

    def sync(self, number: int) -> None:
        self.is_syncing = not self.may_sync.is_set()
        self.may_sync.wait(60.0)


def record(recording: BagRecording, numbers: Iterable[int]) -> None:
    for number in numbers:
        recording.write(TOPIC, number * SECOND_NS, byte_arrays.encode(bytes([number])))


def recording_into(folder: Path) -> BagRecording:
    recording = BagRecording(folder, 0, 0.02)
    recording.add_topic(BagTopic(TOPIC))
    return recording


def test_a_slow_disk_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    disk.may_sync.clear()
    assert wait_for(lambda: disk.is_syncing)
    record(recording, range(200))  # returns, though the sync does not
    assert recording.problem == ""
    disk.may_sync.set()
    recording.close()
    assert numbers(tmp_path / "run") == list(range(200))
    assert not recording.lost


@pytest.mark.parametrize("room", [0, 700, 1500])
def test_a_full_disk_costs_only_what_comes_until_it_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int):
    """What waited for the disk is written when it has room; the file is ended well, and a next one begun."""
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.05)
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    record(recording, range(10))
    assert wait_for(lambda: len(numbers(tmp_path / "run")) == 10)
    disk.room = room
    record(recording, range(10, 50))
    assert wait_for(lambda: recording.problem)
    assert recording.problem == f"{tmp_path / 'run'}: No space left on device"
    record(recording, range(50, 60))
    time.sleep(0.2)  # some attempts fail
    disk.room = 1 << 30
    assert wait_for(lambda: not recording.problem)
    record(recording, range(60, 70))
    recording.close()
    found, lost = numbers(tmp_path / "run"), recording.lost[TOPIC]
    assert found[:10] == list(range(10))
    assert found[-10:] == list(range(60, 70))
    assert found == sorted(set(found))
    assert len(found) + lost == 70
    assert read_metadata(tmp_path / "run")["message_count"] == len(found)
    assert open_bag(tmp_path / "run").unfinished == ()


@pytest.mark.parametrize(("room", "ends_well"), [(100, False), (1400, True)])
def test_a_disk_that_stays_full_leaves_what_was_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, ends_well: bool
):
    """And if there is no room for the messages that wait, there may be some for the end of the file."""
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    record(recording, range(10))
    assert wait_for(lambda: len(numbers(tmp_path / "run")) == 10)
    disk.room = room
    recording.write(TOPIC, 10 * SECOND_NS, byte_arrays.encode(bytes(5000)))
    record(recording, range(11, 30))
    assert wait_for(lambda: recording.problem)
    recording.close()
    assert numbers(tmp_path / "run") == list(range(10))
    assert recording.lost == {TOPIC: 20}
    assert recording.problem
    assert open_bag(tmp_path / "run").unfinished == (() if ends_well else ("run_0.mcap",))
    assert read_metadata(tmp_path / "run").get("message_count") == (10 if ends_well else None)


def test_messages_are_counted_as_lost_where_not_even_their_topics_find_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    record(recording, range(10))
    assert wait_for(lambda: len(numbers(tmp_path / "run")) == 10)
    disk.room = 0
    recording.add_topic(BagTopic("/front/raw"))
    record(recording, range(10, 12))
    recording.close()
    assert recording.lost == {TOPIC: 2}
    assert numbers(tmp_path / "run") == list(range(10))


def test_a_disk_that_is_gone_for_a_while_begins_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.05)
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    record(recording, range(10))
    assert wait_for(lambda: len(numbers(tmp_path / "run")) == 10)
    disk.room, disk.error = 0, errno.EIO
    record(recording, range(10, 20))
    assert wait_for(lambda: recording.problem)
    time.sleep(0.2)
    disk.room = 1 << 30
    assert wait_for(lambda: not recording.problem)
    record(recording, range(20, 30))
    recording.close()
    assert open_bag(tmp_path / "run").unfinished == ("run_0.mcap",)
    assert numbers(tmp_path / "run") == [*range(10), *range(20, 30)]
    assert recording.lost == {TOPIC: 10}


def test_a_disk_that_is_full_at_the_start_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.05)
    disk = Disk(monkeypatch)
    disk.room = 0
    recording = recording_into(tmp_path / "run")
    assert wait_for(lambda: recording.problem)
    disk.room = 1 << 30
    assert wait_for(lambda: not recording.problem)
    record(recording, range(3))
    recording.close()
    assert numbers(tmp_path / "run") == [0, 1, 2]
    assert [path.name for path in sorted((tmp_path / "run").iterdir())] == ["metadata.yaml", "run_0.mcap"]


def test_what_waits_for_a_disk_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_thread, "QUEUE_BYTES", 10_000)
    disk = Disk(monkeypatch)
    recording = recording_into(tmp_path / "run")
    disk.may_sync.clear()
    assert wait_for(lambda: disk.is_syncing)
    record(recording, range(200))
    disk.may_sync.set()
    recording.close()
    found = numbers(tmp_path / "run")
    assert found == list(range(len(found)))
    assert 10 < len(found) < 100
    assert recording.lost == {TOPIC: 200 - len(found)}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written: Not a directory"):
        BagRecording(tmp_path / "file" / "run", 0, 1.0)
