"""Links in their threads: serial lines (pseudo-terminals), TCP and UDP, each broken and restored."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from served_receiver import ServedReceiver, epoch, own_solution
from ubx_receiver import KEY, UbxReceiver
from waiting import wait_for

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome
from gnss_gyro.protocols.ubx.settings import ReceiverSettings
from gnss_gyro.streams.addresses import FileAddress, SerialAddress, TcpAddress, UdpAddress, parse_address
from gnss_gyro.streams.link_thread import BackOff, LinkState, LinkThread
from gnss_gyro.streams.links import Link, opener
from gnss_gyro.streams.playback import Pace
from gnss_gyro.streams.receiver_session import ReceiverSession

QUICK = BackOff(0.02, 0.1)


class Running:
    """A session on a link thread, with the frames it handed on."""

    def __init__(self, source: str, settings: ReceiverSettings | None = None, baud_rate: int = 38_400) -> None:
        self.frames: list[bytes] = []
        self.session = ReceiverSession(self.frames.append, settings=settings, line_baud_rate=baud_rate)
        self.thread = LinkThread(opener(parse_address(source), baud_rate, Pace(rate=0.0)), self.session, QUICK)

    def __enter__(self) -> Running:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.stop()
        assert wait_for(lambda: not self.thread.is_alive)


def test_every_frame_of_a_serial_line_arrives(tmp_path: Path):
    link = tmp_path / "tty"
    with ServedReceiver(link) as receiver, Running(f"serial:{link}") as running:
        assert wait_for(lambda: running.thread.state is LinkState.UP)
        receiver.rate_hz = 50.0
        receiver.talk()
        assert wait_for(lambda: len(receiver.sent) > 100)
        receiver.talk(False)
        assert wait_for(lambda: len(running.frames) == len(receiver.sent))
        assert running.frames == receiver.sent
        assert running.session.statistics.snapshot(0.0).satellites == 56


def test_an_unplugged_receiver_comes_back(tmp_path: Path):
    link = tmp_path / "tty"
    with Running(f"serial:{link}") as running, ServedReceiver(link) as receiver:
        assert wait_for(lambda: running.thread.state is LinkState.UP)
        receiver.unplug()
        assert wait_for(lambda: running.thread.state is LinkState.WAITING and running.thread.reason)
        receiver.plug()
        assert wait_for(lambda: running.thread.connections == 2)
        receiver.talk()
        assert wait_for(lambda: len(running.frames) >= 4)


def test_garbage_is_counted_and_frames_go_on(tmp_path: Path):
    link = tmp_path / "tty"
    with ServedReceiver(link) as receiver, Running(f"serial:{link}") as running:
        assert wait_for(lambda: running.thread.state is LinkState.UP)
        garbage = bytes(range(256)) * 40
        receiver.send(garbage)
        receiver.send(epoch(1) + own_solution(1))
        assert wait_for(lambda: len(running.frames) == 2)
        assert running.session.counts()["garbage bytes"] >= len(garbage) - 100


@pytest.mark.parametrize("at", [38_400, 460_800])
def test_a_receiver_is_configured_on_its_line(tmp_path: Path, at: int):
    link, device = tmp_path / "tty", UbxReceiver()
    device.baud_rate = device.keys[KEY["CFG_UART1_BAUDRATE"]] = at
    settings = ReceiverSettings(baud_rate=460_800, rate_hz=5.0)
    with ServedReceiver(link, device) as receiver, Running(f"serial:{link}", settings, at) as running:
        assert wait_for(lambda: running.session.configuration)
        assert running.session.configuration
        assert running.session.configuration.outcome is ConfigurationOutcome.DONE
        assert device.baud_rate == 460_800
        receiver.talk()
        assert wait_for(lambda: len(receiver.sent) > 4)
        receiver.talk(False)
        assert wait_for(lambda: running.frames[-len(receiver.sent) :] == receiver.sent)


def test_configuration_goes_on_amid_data(tmp_path: Path):
    link, device = tmp_path / "tty", UbxReceiver()
    with ServedReceiver(link, device) as receiver:
        receiver.talk()
        with Running(f"serial:{link}", ReceiverSettings()) as running:
            assert wait_for(lambda: running.session.configuration)
            assert running.session.configuration
            assert running.session.configuration.outcome is ConfigurationOutcome.DONE


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_tcp_comes_back(server: socket.socket):
    with Running(f"tcp://127.0.0.1:{server.getsockname()[1]}") as running:
        for number in (1, 2):
            peer, _ = server.accept()
            peer.sendall(epoch(number))
            assert wait_for(lambda number=number: len(running.frames) == number)
            peer.close()
        assert running.frames == [epoch(1), epoch(2)]
        assert wait_for(lambda: running.thread.connections >= 2)


def test_tcp_waits_for_its_server(server: socket.socket):
    port = server.getsockname()[1]
    server.close()
    with Running(f"tcp://127.0.0.1:{port}") as running:
        assert wait_for(lambda: running.thread.reason and running.thread.state is LinkState.WAITING)
        with socket.create_server(("127.0.0.1", port)):
            assert wait_for(lambda: running.thread.state is LinkState.UP)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_udp_hears_and_answers():
    port = free_udp_port()
    with Running(f"udp://127.0.0.1:{port}") as running, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        assert wait_for(lambda: running.thread.state is LinkState.UP)
        data = epoch(3)
        for piece in (data[:1000], data[1000:]):
            sender.sendto(piece, ("127.0.0.1", port))
        assert wait_for(lambda: running.frames == [data])


class Broken:
    """A listener with a bug."""

    def link_up(self, link: Link) -> None:
        raise RuntimeError("a bug")

    def received(self, data: bytes) -> None: ...

    def link_down(self, reason: str) -> None: ...


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_is_told_and_not_repeated(server: socket.socket):
    thread = LinkThread(opener(TcpAddress(*server.getsockname()), 0, Pace()), Broken(), QUICK)
    thread.start()
    assert wait_for(lambda: not thread.is_alive)
    assert thread.state is LinkState.FAILED
    assert "a bug" in thread.reason


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_opening_a_link_is_told():
    def open_link() -> Link:
        raise RuntimeError("a bug")

    thread = LinkThread(open_link, Broken(), QUICK)
    thread.start()
    assert wait_for(lambda: not thread.is_alive)
    assert thread.state is LinkState.FAILED
    assert "a bug" in thread.reason


def test_a_receiver_unplugged_while_the_speed_changes_comes_back(tmp_path: Path):
    link = tmp_path / "tty"

    class ChangesSpeed(ReceiverSession):
        def link_up(self, link: Link) -> None:
            super().link_up(link)
            if thread.connections == 1:
                receiver.unplug()
                link.set_baud_rate(460_800)

    with ServedReceiver(link) as receiver:
        thread = LinkThread(opener(parse_address(f"serial:{link}"), 38_400, Pace()), ChangesSpeed(lambda frame: None), QUICK)
        thread.start()
        assert wait_for(lambda: thread.connections == 1 and thread.state is LinkState.WAITING)
        receiver.plug()
        assert wait_for(lambda: thread.connections == 2 and thread.state is LinkState.UP)
        thread.stop()


def test_a_speed_that_a_port_does_not_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(port: object, baud_rate: int) -> None:
        raise ValueError(f"Failed to set custom baud rate ({baud_rate})")

    monkeypatch.setattr(serial.Serial, "_set_special_baudrate", refuse)
    with ServedReceiver(tmp_path / "tty"), Running(f"serial:{tmp_path / 'tty'}", baud_rate=460_801) as running:
        assert wait_for(lambda: "custom baud rate (460801)" in running.thread.reason)
        assert running.thread.state is LinkState.WAITING


def test_an_attempt_that_hangs_is_not_waited_for():
    given_up = threading.Event()

    def hang() -> Link:
        given_up.wait(10.0)
        raise OSError("nobody there")

    thread = LinkThread(hang, Broken(), QUICK)
    thread.start()
    thread.stop()
    assert thread.is_alive
    given_up.set()
    assert wait_for(lambda: not thread.is_alive)


def test_addresses():
    assert parse_address("/dev/ttyACM0") == SerialAddress("/dev/ttyACM0")
    assert SerialAddress("/dev/ttyACM0").is_usb
    assert not SerialAddress("/dev/ttyUSB0").is_usb
    assert parse_address("tcp://host:2000") == TcpAddress("host", 2000)
    assert parse_address("udp://:3000") == UdpAddress("", 3000)
    assert parse_address("file:a/b.ubx") == FileAddress(Path("a/b.ubx"))
    assert parse_address("file:///a/b.ubx") == FileAddress(Path("/a/b.ubx"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ttyUSB0",
        "tcp://host",
        "tcp://:5",
        "udp://host:x",
        "udp://h:99999",
        "file:",
        "http://a:1",
        "tcp://gps..local:5",
        f"tcp://{64 * 'a'}.lan:5",
    ],
)
def test_addresses_that_are_none(text: str):
    with pytest.raises(ConfigError, match="source"):
        parse_address(text)
