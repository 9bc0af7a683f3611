"""The configuration of a receiver, against receivers that obey, refuse, stay silent, or sit at another speed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from ubx_receiver import F9P, KEY, M8T, UbxReceiver, mon_ver

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.configuration import Configurator, check_settings
from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Event, Finished, Report, Send, SetBaudRate
from gnss_gyro.protocols.ubx.framing import UbxFramer, encode_frame
from gnss_gyro.protocols.ubx.settings import DynamicModel, Port, ReceiverSettings
from gnss_gyro.protocols.ubx.version import Generation, decode_mon_ver

SETTINGS = ReceiverSettings(
    rate_hz=5.0, outputs=("NAV-PVT", "MON-RF"), systems=(System.GPS, System.GALILEO), model=DynamicModel.AUTOMOTIVE
)


@dataclass
class Line:
    """A serial line of simulated time between a configurator and a receiver; at unequal speeds nothing gets through."""

    receiver: UbxReceiver
    settings: ReceiverSettings = SETTINGS
    baud_rate: int | None = 38_400
    chatter: bytes = b""
    now_s: float = 100.0
    events: list[Event] = field(default_factory=list)

    def run(self) -> Finished:
        configurator, framer = Configurator(self.settings, self.baud_rate), UbxFramer()
        incoming = b""
        for _ in range(1000):
            events = configurator.advance(self.now_s, framer.feed(incoming + self.chatter))
            incoming = b"".join(self._carry(event) for event in events)
            self.events += events
            if configurator.finished:
                return configurator.finished
            self.now_s = self.now_s + 0.01 if incoming else max(configurator.deadline_s, self.now_s)
        raise AssertionError("no end")

    def _carry(self, event: Event) -> bytes:
        if isinstance(event, SetBaudRate):
            self.baud_rate = event.baud_rate
        if not isinstance(event, Send) or (self.baud_rate is not None and self.receiver.baud_rate != self.baud_rate):
            return b""
        return self.receiver.feed(event.data)

    @property
    def said(self) -> str:
        return "\n".join(event.text for event in self.events if isinstance(event, Report))


def test_generation_9_is_configured_and_read_back():
    line = Line(UbxReceiver())
    finished = line.run()
    assert finished.outcome is ConfigurationOutcome.DONE
    assert finished.problems == ()
    assert finished.version is not None
    assert finished.version.model == "ZED-F9P"
    keys = line.receiver.keys
    assert keys[KEY["CFG_RATE_MEAS"]] == 200
    assert keys[KEY["CFG_NAVSPG_DYNMODEL"]] == 4
    assert keys[KEY["CFG_UART1OUTPROT_NMEA"]] == 0
    for message, rate in (("RXM_RAWX", 1), ("RXM_SFRBX", 1), ("NAV_PVT", 1), ("MON_RF", 5)):
        assert keys[KEY[f"CFG_MSGOUT_UBX_{message}_UART1"]] == rate
    on = {name for name in ("GPS", "GLO", "GAL", "BDS", "QZSS", "SBAS") if keys[KEY[f"CFG_SIGNAL_{name}_ENA"]]}
    assert on == {"GPS", "GAL"}


def test_what_is_as_wanted_is_left_alone():
    line = Line(UbxReceiver())
    line.run()
    line.receiver.commands.clear()
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert line.receiver.commands == []


def test_generation_8_is_configured_by_messages():
    line = Line(UbxReceiver(M8T), baud_rate=9_600)
    finished = line.run()
    assert finished.problems == ()
    receiver = line.receiver
    assert receiver.rate == b"\xc8\x00\x01\x00\x01\x00"
    assert receiver.nav5[2] == 4
    assert receiver.protocols == 1
    assert receiver.rates[b"\x02\x15"] == [0, 1, 0, 0, 0, 0]
    assert receiver.rates[b"\x0a\x09"] == [0, 5, 0, 0, 0, 0]  # MON-HW in the place of MON-RF
    assert [receiver.gnss[at] for at in range(8, 36, 8)] == [1, 1, 0, 0]  # GPS, Galileo, BeiDou, GLONASS
    assert receiver.commands[-1].message_class == 6
    assert any(frame.message_id == 0x04 for frame in receiver.commands), "a change of systems restarts the measurement engine"


@pytest.mark.parametrize(("identity", "begin"), [(F9P, 38_400), (M8T, 9_600)])
def test_both_ends_change_their_speed(identity, begin):
    line = Line(UbxReceiver(identity), ReceiverSettings(baud_rate=460_800), begin)
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert line.receiver.baud_rate == line.baud_rate == 460_800


@pytest.mark.parametrize("identity", [F9P, M8T])
def test_a_receiver_at_another_speed_is_found(identity):
    line = Line(UbxReceiver(identity), ReceiverSettings(baud_rate=230_400), 921_600)
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert line.receiver.baud_rate == line.baud_rate == 230_400


def test_no_search_while_data_arrive():
    line = Line(UbxReceiver(b""), chatter=encode_frame(0x01, 0x07, bytes(92)))
    finished = line.run()
    assert finished.outcome is ConfigurationOutcome.SILENT
    assert "commands are not answered" in finished.problems[0]
    assert not [event for event in line.events if isinstance(event, SetBaudRate)]


def test_a_silent_receiver_is_given_up_and_the_line_put_back():
    line = Line(UbxReceiver(b""))
    finished = line.run()
    assert finished.outcome is ConfigurationOutcome.SILENT
    assert "nothing answers" in finished.problems[0]
    assert line.baud_rate == 38_400
    assert line.now_s < 120.0


def test_lost_answers_are_asked_for_again():
    assert Line(UbxReceiver(drop_first=2)).run().outcome is ConfigurationOutcome.DONE


def test_a_refusal_names_the_very_key():
    line = Line(UbxReceiver(refuses={KEY["CFG_MSGOUT_UBX_RXM_RAWX_UART1"]}))
    finished = line.run()
    assert finished.outcome is ConfigurationOutcome.INCOMPLETE
    assert finished.problems == ("output of messages: CFG-MSGOUT-UBX_RXM_RAWX_UART1: refused by the receiver (ACK-NAK)",)
    assert line.receiver.keys[KEY["CFG_MSGOUT_UBX_RXM_SFRBX_UART1"]] == 1, "the others are set all the same"


def test_a_refusal_of_a_message_is_told():
    finished = Line(UbxReceiver(M8T, refuses={(6, 8)}), baud_rate=9_600).run()
    assert finished.problems == ("measurement rate: refused by the receiver (ACK-NAK)",)


def test_what_is_acknowledged_but_not_done_is_told():
    finished = Line(UbxReceiver(deaf=True)).run()
    assert finished.outcome is ConfigurationOutcome.INCOMPLETE
    assert "measurement rate: acknowledged, but CFG-RATE-MEAS is 1000, not 200" in finished.problems


def test_monitoring_is_a_luxury():
    receiver = UbxReceiver()
    del receiver.keys[KEY["CFG_MSGOUT_UBX_MON_RF_UART1"]]
    line = Line(receiver)
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert "CFG-MSGOUT-UBX_MON_RF_UART1: this receiver does not have it" in line.said


def test_no_speed_is_touched_where_there_is_none():
    line = Line(UbxReceiver(), ReceiverSettings(port=Port.USB, baud_rate=460_800), None)
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert not [event for event in line.events if isinstance(event, SetBaudRate)]


def test_signals_are_for_generation_9():
    settings = ReceiverSettings(signals=("-GPS_L2C",))
    line = Line(UbxReceiver(), settings)
    assert line.run().outcome is ConfigurationOutcome.DONE
    assert line.receiver.keys[KEY["CFG_SIGNAL_GPS_L2C_ENA"]] == 0
    assert Line(UbxReceiver(M8T), settings, 9_600).run().outcome is ConfigurationOutcome.IMPOSSIBLE


def test_a_receiver_from_long_ago_is_told_so():
    old = mon_ver(software="6.02 (36023)", hardware="00040007")
    assert Line(UbxReceiver(old)).run().outcome is ConfigurationOutcome.UNKNOWN_RECEIVER


@pytest.mark.parametrize("settings", [ReceiverSettings(outputs=("RXM-RAWY",)), ReceiverSettings(signals=("GPS_L9",))])
def test_unknown_names_are_refused_before_the_line_is_touched(settings):
    with pytest.raises(ConfigError, match="no receiver has"):
        check_settings(settings)


@pytest.mark.parametrize(
    ("frame", "generation"),
    [(F9P, Generation.KEYS), (M8T, Generation.MESSAGES), (mon_ver("PROTVER=34.10", hardware="000A0000"), Generation.KEYS)],
)
def test_generations_are_told_by_their_protocol(frame, generation):
    assert decode_mon_ver(frame[6:-2]).generation is generation
