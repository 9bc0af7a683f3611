"""The antenna driver with real rclpy: what the receiver sent is what subscribers get, whatever happens to the line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Ros
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import NavSatFix
from served_receiver import ServedReceiver, epoch, own_solution
from std_msgs.msg import UInt8MultiArray
from ubx_receiver import KEY, UbxReceiver

from gnss_gyro.protocols.crc import crc24q
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.ros.antenna_driver import AntennaDriver
from gnss_gyro.ros.running import start_by_itself
from gnss_gyro.streams.link_thread import LinkState

DEPTH = 1000


class Bench:
    """A driver on a served receiver, with all that it publishes."""

    def __init__(self, ros: Ros, **parameters: Any) -> None:
        self.ros = ros
        self.driver = ros.add(AntennaDriver("front", **ros.kwargs(queue=DEPTH, **parameters)))
        self.raw: list[bytes] = []
        self.fixes: list[NavSatFix] = []
        self.statuses: dict[str, DiagnosticStatus] = {}
        node = ros.node()
        node.create_subscription(UInt8MultiArray, "/front/raw", lambda m: self.raw.append(bytes(m.data)), DEPTH)
        node.create_subscription(NavSatFix, "/front/fix", self.fixes.append, DEPTH)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._diagnosed, 10)

    def _diagnosed(self, message: DiagnosticArray) -> None:
        self.statuses.update({status.name: status for status in message.status})

    def start(self) -> Bench:
        """Active, connected, and heard by the subscriber."""
        assert start_by_itself(self.driver)
        assert self.ros.spin_until(lambda: self.driver._link.state is LinkState.UP)
        assert self.ros.spin_until(lambda: self.driver._raw.get_subscription_count() == 1)
        return self

    def value(self, status: str, key: str) -> str:
        found = self.statuses.get(f"front: {status}")
        return "" if found is None else next((pair.value for pair in found.values if pair.key == key), "")

    def comes_to(self, status: str, key: str, holds: Callable[[str], bool]) -> bool:
        """Wait until a value of the diagnostics holds; they come once a second, whatever else has been heard."""
        return self.ros.spin_until(lambda: (value := self.value(status, key)) and holds(value))


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ServedReceiver]:
    with ServedReceiver(tmp_path / "tty") as served:
        yield served


@pytest.fixture
def bench(ros: Ros, receiver: ServedReceiver, tmp_path: Path) -> Callable[..., Bench]:
    return lambda **parameters: Bench(ros, **{"source": f"serial:{tmp_path / 'tty'}", "baud_rate": 38_400, **parameters})


def settle(ros: Ros, bench: Bench, receiver: ServedReceiver) -> None:
    """Let what was sent arrive."""
    receiver.talk(False)
    assert ros.spin_until(lambda: receiver.sent[-1] in bench.raw)
    ros.spin(0.2)


def test_every_frame_is_published_as_it_was_sent(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    driven = bench().start()
    receiver.talk()
    assert ros.spin_until(lambda: len(receiver.sent) >= 60)
    assert driven.comes_to("receiver", "epochs/s", lambda rate: float(rate) == pytest.approx(10.0, abs=1.5))
    assert driven.comes_to("receiver", "satellites", lambda count: count == "56")
    assert driven.comes_to("receiver", "C/N0 max [dB-Hz]", lambda highest: highest == "50.0")
    settle(ros, driven, receiver)
    assert driven.raw == receiver.sent
    assert driven.value("link", "state") == "connected"
    assert driven.value("link", "checksum errors") == "0"


def test_unplugged_and_back(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    driven = bench().start()
    receiver.talk()
    assert ros.spin_until(lambda: len(driven.raw) >= 6)
    settle(ros, driven, receiver)
    before = len(receiver.sent)
    receiver.unplug()
    assert driven.comes_to("link", "state", lambda state: state == "waiting to connect")
    assert driven.statuses["front: link"].level == DiagnosticStatus.ERROR
    receiver.plug()
    receiver.talk()
    assert ros.spin_until(lambda: driven.driver._link.connections == 2)
    back = receiver.count()
    assert ros.spin_until(lambda: len(receiver.sent) >= back + 10)
    assert driven.comes_to("link", "reconnects", lambda count: count == "1")
    settle(ros, driven, receiver)
    lost = [frame for frame in receiver.sent if frame not in driven.raw]
    assert set(driven.raw) <= set(receiver.sent)
    assert set(lost) <= set(receiver.sent[before:back]), "what was sent into a line that was not open"


def test_a_second_of_garbage_costs_nothing_else(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    driven = bench().start()
    receiver.talk()
    assert ros.spin_until(lambda: len(driven.raw) >= 6)
    garbage = bytes((7 * i * i + i // 3) % 256 for i in range(3000))
    for _ in range(20):
        receiver.send(garbage + epoch(0)[:700] + epoch(1)[40:])
        ros.spin(0.05)
    count = len(receiver.sent)
    assert ros.spin_until(lambda: len(receiver.sent) >= count + 10)
    settle(ros, driven, receiver)
    assert [frame for frame in driven.raw if frame in set(receiver.sent)] == receiver.sent
    assert driven.comes_to("link", "garbage bytes", lambda count: int(count) > 20_000)
    assert driven.comes_to("link", "checksum errors", lambda count: int(count) >= 20)


def test_a_file_is_played(ros: Ros, tmp_path: Path):
    """Ten times as fast as recorded: 40 s of it take 4 s."""
    epochs = 400
    path, frames = tmp_path / "front.ubx", [frame for n in range(epochs) for frame in (own_solution(n), epoch(n, rows=2))]
    path.write_bytes(b"".join(frames))
    start_s = time.time() + 2.0
    driven = Bench(ros, source=f"file:{path}", playback__rate=10.0, playback__start_unix_s=start_s)
    assert start_by_itself(driven.driver)
    assert ros.spin_until(lambda: frames[-1] in driven.raw[-1:])
    assert 3.9 < time.time() - start_s < 30.0
    assert len(driven.raw) > epochs
    assert driven.raw == frames[-len(driven.raw) :], "all since there was a listener"
    assert driven.comes_to("link", "state", lambda state: state == "recording played to its end")


def test_own_position_of_nav_pvt(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    driven = bench(publish_fix=True, frame_id="front_antenna").start()
    assert ros.spin_until(lambda: driven.driver._fix.get_subscription_count() == 1)
    receiver.talk()
    assert ros.spin_until(lambda: len(driven.fixes) >= 3)
    fix = driven.fixes[0]
    assert fix.header.frame_id == "front_antenna"
    assert (fix.latitude, fix.longitude) == pytest.approx((35.271, 137.014), abs=0.001)
    assert fix.status.status == 0
    assert fix.position_covariance[0] == pytest.approx(0.5)
    assert fix.position_covariance_type == NavSatFix.COVARIANCE_TYPE_KNOWN


def test_rtcm_passes_only_where_it_is_wanted(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    body = b"\xd3\x00\x04\x3e\xd0\x00\x01"
    rtcm = body + crc24q(body).to_bytes(3, "big")
    driven = bench(publish_rtcm=True).start()
    receiver.send(rtcm + encode_frame(1, 0x61, bytes(4)))
    assert ros.spin_until(lambda: len(driven.raw) == 2)
    assert driven.raw[0] == rtcm


def test_the_receiver_is_configured(ros: Ros, tmp_path: Path):
    device = UbxReceiver(refuses={KEY["CFG_NAVSPG_DYNMODEL"]})
    with ServedReceiver(tmp_path / "tty", device):
        wanted = {"configure__enabled": True, "configure__rate_hz": 5.0, "configure__dynamic_model": "automotive"}
        driven = Bench(ros, source=f"serial:{tmp_path / 'tty'}", baud_rate=38_400, configure__baud_rate=460_800, **wanted).start()
        assert ros.spin_until(lambda: driven.value("configuration", "problem 1"))
        assert driven.value("configuration", "problem 1") == "dynamic model: refused by the receiver (ACK-NAK)"
        assert driven.value("configuration", "receiver").startswith("ZED-F9P")
        assert driven.statuses["front: configuration"].level == DiagnosticStatus.ERROR
        assert device.keys[KEY["CFG_RATE_MEAS"]] == 200
        assert device.baud_rate == 460_800


def test_bytes_are_kept(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench], tmp_path: Path):
    driven = bench(log__folder=str(tmp_path / "log")).start()
    receiver.talk()
    assert ros.spin_until(lambda: len(driven.raw) >= 6)
    settle(ros, driven, receiver)
    assert driven.driver.trigger_deactivate() is TransitionCallbackReturn.SUCCESS
    (path,) = (tmp_path / "log").glob("front_*.ubx")
    assert path.read_bytes() == b"".join(receiver.sent)


def test_changes_of_the_link_stand_in_the_log_once(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench], capfd):
    logged = ""

    def heard(*words: str) -> bool:
        nonlocal logged
        logged += capfd.readouterr().err
        return all(word in logged for word in words)

    driven = bench().start()
    assert ros.spin_until(lambda: heard("tty: connected"))
    receiver.unplug()
    assert ros.spin_until(lambda: heard("waiting to connect: [Errno 2] could not open port"))
    ros.spin(3.0)
    receiver.plug()
    assert ros.spin_until(lambda: driven.driver._link.connections == 2)
    assert ros.spin_until(lambda: heard() and logged.count("tty: connected") == 2)
    assert logged.count("could not open port") == 1


def test_a_raw_log_that_cannot_be_written_stands_in_the_log(
    ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench], tmp_path: Path, capfd
):
    (tmp_path / "log").write_text("in the way")
    bench(log__folder=str(tmp_path / "log")).start()
    receiver.talk()
    logged: list[str] = []
    assert ros.spin_until(lambda: logged.append(capfd.readouterr().err) or "raw log in" in "".join(logged))


def test_lifecycle_there_and_back(ros: Ros, receiver: ServedReceiver, bench: Callable[..., Bench]):
    driven = bench(publish_fix=True).start()
    for transition in ("deactivate", "activate", "deactivate", "cleanup", "configure", "activate"):
        assert getattr(driven.driver, f"trigger_{transition}")() is TransitionCallbackReturn.SUCCESS
    receiver.talk()
    assert ros.spin_until(lambda: len(driven.raw) >= 4)
    assert driven.driver.trigger_shutdown() is TransitionCallbackReturn.SUCCESS


def test_bad_parameters_are_refused_with_all_reasons(ros: Ros):
    driver = ros.add(AntennaDriver("bad", **ros.kwargs(source="/dev/null", configure__rate_hz=10.0, configure__systems=["X"])))
    assert driver.trigger_configure() is TransitionCallbackReturn.FAILURE
    refused = driver.set_parameters([Parameter("configure.systems", value=["G", "Z"])])[0]
    assert not refused.successful
    assert "configure.systems[1]: 'Z' is no choice" in refused.reason
    assert driver.set_parameters([Parameter("configure.systems", value=["G"])])[0].successful
    assert driver.trigger_configure() is TransitionCallbackReturn.SUCCESS


def test_misspelt_parameters_are_refused(ros: Ros, capfd: pytest.CaptureFixture[str]):
    driver = ros.add(AntennaDriver("bad", **ros.kwargs(source="/dev/null", log__foldr="/tmp")))
    assert driver.trigger_configure() is TransitionCallbackReturn.FAILURE
    assert "log.foldr: unknown parameter; did you mean 'log.folder'?" in capfd.readouterr().err


def test_a_running_driver_refuses_changes_it_would_not_heed(ros: Ros, bench: Callable[..., Bench]):
    driven = bench().start()
    refused = driven.driver.set_parameters([Parameter("baud_rate", value=9600)])[0]
    assert not refused.successful
    assert "takes effect at configure" in refused.reason


def test_parameters_have_descriptions_and_ranges(ros: Ros):
    driver = ros.add(AntennaDriver("described", **ros.kwargs()))
    for name in ("source", "configure.rate_hz", "log.max_mb"):
        assert driver.describe_parameter(name).description
    assert driver.describe_parameter("configure.rate_hz").floating_point_range[0].to_value == 50.0
    assert driver.trigger_configure() is TransitionCallbackReturn.FAILURE, "there is no source by default"
