"""Simulated ports: nothing but their own links is ever replaced, and a port that nobody reads holds up no other."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.cli.main import main
from gnss_gyro.cli.simulated_ports import SimulatedPorts
from gnss_gyro.simulation.writers import UbxChunk

CHUNK = bytes(4096)
COUNT = 100
HELD_UP_S = 3.0
"""One wait for the line of a port that was read so far, and what the machine needs."""


def chunks(names: tuple[str, ...]) -> Iterator[UbxChunk]:
    for number in range(COUNT):
        for name in names:
            yield UbxChunk(name, GpsTime(number * 10_000_000), CHUNK)


def reader_of(device: str) -> bytearray:
    """All that comes out of a port, in a thread that ends with it."""
    file, got = os.open(device, os.O_RDWR | os.O_NOCTTY), bytearray()
    tty.setraw(file)

    def read() -> None:
        try:
            while piece := os.read(file, 1 << 16):
                got.extend(piece)
        except OSError:  # the port was unplugged
            os.close(file)

    threading.Thread(target=read, daemon=True).start()
    return got


def test_a_port_that_nobody_reads_holds_up_no_other(tmp_path):
    ports = SimulatedPorts(tmp_path, ("read", "unread"))
    got = reader_of(str(tmp_path / "read"))
    begun_s = time.monotonic()
    ports.play(chunks(("read", "unread")))
    assert time.monotonic() - begun_s < COUNT * 0.01 + HELD_UP_S
    assert (ports.taken["read"], ports.refused["read"]) == (COUNT, 0)
    assert ports.refused["unread"] > COUNT // 2
    while len(got) < COUNT * len(CHUNK):
        time.sleep(0.01)
    ports.close()


def test_a_port_that_is_read_again_gets_whole_chunks(tmp_path):
    ports = SimulatedPorts(tmp_path, ("a",))
    ports.play(chunks(("a",)))
    refused = ports.refused["a"]
    assert refused
    got = reader_of(str(tmp_path / "a"))
    while not got:
        time.sleep(0.01)
    ports.play(chunks(("a",)))
    assert (ports.taken["a"], ports.refused["a"]) == (2 * COUNT - refused, refused)
    ports.close()


@pytest.mark.parametrize("kind", ["file", "folder", "link of the user's", "broken link"])
def test_what_is_not_a_port_stays_as_it_is(tmp_path, capsys, kind):
    place, notes = tmp_path / "front_left", tmp_path / "notes.txt"
    notes.write_text("notes\n")
    {"file": lambda: place.write_text("notes\n"), "folder": place.mkdir, "link of the user's": lambda: place.symlink_to(notes),
     "broken link": lambda: place.symlink_to(tmp_path / "gone")}[kind]()  # fmt: skip
    before = os.lstat(place)
    assert main(["receivers", "--folder", str(tmp_path), "--duration", "1"]) == 1
    assert "front_left is in the way of a simulated port" in capsys.readouterr().err
    assert (os.lstat(place).st_ino, os.lstat(place).st_mtime) == (before.st_ino, before.st_mtime)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["front_left", "notes.txt"]


def test_a_link_that_was_left_is_replaced_and_one_that_was_exchanged_stays(tmp_path):
    (tmp_path / "a").symlink_to("/dev/pts/999999")
    ports = SimulatedPorts(tmp_path, ("a", "b"))
    assert (tmp_path / "a").exists()
    (tmp_path / "b").unlink()
    (tmp_path / "b").write_text("notes\n")
    ports.close()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    with pytest.raises(ConfigError, match="in the way"):
        SimulatedPorts(tmp_path, ("a", "b"))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
