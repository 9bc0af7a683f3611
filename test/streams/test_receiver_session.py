"""What a session does with its link, by a clock of the test: observations that cease, and a receiver configured again."""

from __future__ import annotations

import pytest
from served_receiver import epoch, own_solution
from ubx_receiver import KEY, UbxReceiver

from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Finished, Report
from gnss_gyro.protocols.ubx.settings import ReceiverSettings
from gnss_gyro.streams.receiver_session import ReceiverSession
from gnss_gyro.streams.statistics import Statistics

TURN_S = 0.1
FACTORY_RATE_MS = 1000
NMEA = b"$GNGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*45\r\n"
NOISE = bytes(128 + (7 * i * i) % 40 for i in range(100))


class Line:
    """A UART whose port stays open whatever becomes of the receiver; at another speed both sides hear noise."""

    def __init__(self, settings: ReceiverSettings | None = None, baud_rate: int = 38_400) -> None:
        self.now_s, self.speed = 0.0, baud_rate
        self.device = UbxReceiver()
        self.events: list[Report | Finished] = []
        self.session = ReceiverSession(
            lambda frame: None, self.events.append, settings, line_baud_rate=baud_rate, now_s=lambda: self.now_s
        )
        self._answers = b""
        self.session.link_up(self)

    def read(self, wait_s: float) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        if self.speed == self.device.baud_rate:
            self._answers += self.device.feed(data)

    def set_baud_rate(self, baud_rate: int) -> None:
        self.speed = baud_rate

    def close(self) -> None: ...

    def run(self, seconds: float, data: bytes = b"") -> None:
        """The receiver sends something ten times a second."""
        for _ in range(round(seconds / TURN_S)):
            self.now_s += TURN_S
            answers, self._answers = self._answers, b""
            heard = answers + (data if self.speed == self.device.baud_rate else NOISE if data else b"")
            self.session.received(heard)

    @property
    def configured(self) -> list[Finished]:
        return [event for event in self.events if isinstance(event, Finished)]


def test_a_receiver_that_comes_back_as_from_the_factory_is_configured_again():
    line = Line(ReceiverSettings(rate_hz=5.0, baud_rate=460_800))
    line.run(20.0)
    line.run(10.0, epoch(1))
    assert line.device.baud_rate == 460_800
    line.device = UbxReceiver()
    line.run(30.0, NMEA)
    assert [event.outcome for event in line.configured] == [ConfigurationOutcome.DONE] * 2
    assert line.speed == line.device.baud_rate == 460_800
    assert line.device.keys[KEY["CFG_RATE_MEAS"]] == 200
    told = [event.text for event in line.events if isinstance(event, Report) and event.problem]
    assert told == ["no observations for 5 s: the receiver is configured again"]


def test_one_at_another_speed_than_the_port_was_opened_with_is_found_again():
    line = Line(ReceiverSettings(baud_rate=460_800), baud_rate=460_800)
    line.run(30.0)
    line.run(10.0, epoch(1))
    assert line.device.baud_rate == 460_800
    line.device = UbxReceiver()
    line.run(40.0, NMEA)
    assert len(line.configured) == 2
    assert line.speed == line.device.baud_rate == 460_800


def test_a_receiver_that_still_has_no_observations_is_asked_once_a_minute():
    line = Line(ReceiverSettings())
    line.run(20.0)
    line.run(10.0, epoch(1))
    line.run(60.0, NMEA)
    assert len(line.configured) == 2
    line.run(60.0, NMEA)
    assert len(line.configured) == 3


def test_one_that_has_not_begun_to_observe_is_left_in_peace():
    line = Line(ReceiverSettings())
    line.run(300.0, NMEA)
    assert len(line.configured) == 1


def test_after_an_unplugged_hour_the_link_is_configured_once():
    line = Line(ReceiverSettings())
    line.run(20.0)
    line.run(10.0, epoch(1))
    line.session.link_down("unplugged")
    line.now_s += 3600.0
    line.session.link_up(line)
    line.run(30.0)
    assert len(line.configured) == 2


def test_who_does_not_want_it_gets_no_configuration():
    line = Line()
    line.run(10.0, epoch(1))
    line.run(100.0, NMEA)
    assert line.device.commands == []
    assert line.events == []


@pytest.mark.parametrize(("interval_s", "silence_s"), [(0.1, 5.1), (1.0, 5.1), (10.0, 30.1), (100.0, 60.1)])
def test_silence_is_longer_than_the_observations_let_expect(interval_s: float, silence_s: float):
    statistics = Statistics()
    assert statistics.silent_s(1000.0) == 0.0
    for number in range(3):
        statistics.take(1, (epoch(number),), number * interval_s)
    last_s = 2.0 * interval_s
    statistics.take(1, (own_solution(1),), last_s + silence_s)
    assert statistics.silent_s(last_s + silence_s - 0.2) == 0.0
    assert statistics.silent_s(last_s + silence_s) == pytest.approx(silence_s)
    assert statistics.snapshot(last_s + silence_s).silent_s == pytest.approx(silence_s)
    statistics.take(1, (epoch(9),), last_s + silence_s)
    assert statistics.snapshot(last_s + silence_s + 1.0).silent_s == 0.0


def test_garbage_is_counted_by_the_second():
    line = Line(baud_rate=9_600)
    line.run(TURN_S, epoch(1))
    line.session.statistics.snapshot(0.0)
    line.run(10.0, epoch(1))
    snapshot = line.session.statistics.snapshot(10.0)
    assert snapshot.frames_per_s == 0.0
    assert snapshot.garbage_per_s == pytest.approx(snapshot.bytes_per_s)
