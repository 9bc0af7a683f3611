"""Tasks of a configuration for receivers without keys: M8T, M8P (u-blox 8 / M8 protocol specification, 32.10)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from pyubx2 import UBX_MSGIDS

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.identifiers import SYSTEM_OF_GNSS
from gnss_gyro.protocols.ubx.settings import MODEL_NUMBER, PORT_NUMBER, DynamicModel, Port, ReceiverSettings
from gnss_gyro.protocols.ubx.tasks import Task

CFG_PRT, CFG_MSG, CFG_RST = (0x06, 0x00), (0x06, 0x01), (0x06, 0x04)
CFG_RATE, CFG_NAV5, CFG_GNSS = (0x06, 0x08), (0x06, 0x24), (0x06, 0x3E)
_NUMBER_OF: Final = {name: (number[0], number[1]) for number, name in UBX_MSGIDS.items() if len(number) == 2}
_REPLACED: Final = {"MON-RF": "MON-HW"}
"""What newer receivers call otherwise."""
_NMEA_BIT: Final = 2
_GNSS_RESTART: Final = struct.pack("<HBB", 0, 2, 0)
"""Hot start of the measurement engine only: what was configured stays."""
_BLOCK: Final = struct.Struct("<BBBBI")
_PRT: Final = struct.Struct("<BBHIIHHHH")


def legacy_tasks(settings: ReceiverSettings) -> Iterator[Task]:
    """Tasks of a receiver without keys, without the baud rate. Raises ConfigError for unknown names."""
    if settings.signals:
        raise ConfigError("signals: this receiver has no choice of signals, only of systems")
    yield _port_task("NMEA output", settings.port, nmea=settings.nmea)
    if settings.systems:
        yield _systems_task(settings.systems)
    if settings.model is not DynamicModel.KEEP:
        yield _model_task(MODEL_NUMBER[settings.model])
    yield _rate_task(settings.interval_ms)
    for name, rate in settings.output_rates.items():
        yield _output_task(_REPLACED.get(name, name), rate, settings.port)


def legacy_baud_task(port: Port, baud_rate: int) -> Task:
    """The task that sets the speed of a UART."""
    return _port_task("baud rate", port, baud_rate=baud_rate)


def _port_task(name: str, port: Port, nmea: bool | None = None, baud_rate: int | None = None) -> Task:
    number = PORT_NUMBER[port]

    def wanted(payload: bytes) -> bytes:
        fields = list(_PRT.unpack_from(payload))
        if baud_rate is not None:
            fields[4] = baud_rate
        if nmea is not None:
            fields[6] = fields[6] | _NMEA_BIT if nmea else fields[6] & ~_NMEA_BIT
        return _PRT.pack(*fields)

    def problem(payload: bytes) -> str | None:
        if len(payload) < _PRT.size or payload[0] != number:
            return None
        fields = _PRT.unpack_from(payload)
        return "" if wanted(payload) == payload[: _PRT.size] else f"baud rate {fields[4]}, output protocols {fields[6]:#x}"

    return _task(name, CFG_PRT, bytes([number]), problem, wanted)


def _rate_task(interval_ms: int) -> Task:
    wanted = struct.pack("<HH", interval_ms, 1)

    def problem(payload: bytes) -> str | None:
        if len(payload) < 6:
            return None
        return "" if payload[:4] == wanted else f"it is {int.from_bytes(payload[:2], 'little')} ms, not {interval_ms} ms"

    return _task("measurement rate", CFG_RATE, b"", problem, lambda payload: wanted + payload[4:6])


def _model_task(number: int) -> Task:
    def problem(payload: bytes) -> str | None:
        if len(payload) < 36:
            return None
        return "" if payload[2] == number else f"it is {payload[2]}, not {number}"

    return _task("dynamic model", CFG_NAV5, b"", problem, lambda payload: b"\x01\x00" + bytes([number]) + payload[3:36])


def _output_task(name: str, rate: int, port: Port) -> Task:
    if name not in _NUMBER_OF:
        raise ConfigError(f"no receiver has an output {name!r}")
    message, place = bytes(_NUMBER_OF[name]), 2 + PORT_NUMBER[port]

    def problem(payload: bytes) -> str | None:
        if payload[:2] != message or len(payload) < 8:
            return None
        return "" if payload[place] == rate else f"its rate is {payload[place]}, not {rate}"

    def change(payload: bytes) -> bytes:
        return payload[:place] + bytes([rate]) + payload[place + 1 : 8]

    optional = name.startswith("MON-")
    return _task(f"output of {name}", CFG_MSG, message, problem, change, optional=optional)


def _systems_task(systems: tuple[System, ...]) -> Task:
    def change(payload: bytes) -> bytes:
        blocks = [_switched(_BLOCK.unpack_from(payload, at), systems) for at in range(4, len(payload) - 7, 8)]
        return payload[:4] + b"".join(blocks)

    def problem(payload: bytes) -> str | None:
        if len(payload) < 4 or len(payload) != 4 + 8 * payload[3]:
            return None
        on = {SYSTEM_OF_GNSS.get(b[0]) for b in map(_BLOCK.unpack, _slices(payload)) if b[4] & 1}
        offered = {SYSTEM_OF_GNSS.get(payload[at]) for at in range(4, len(payload), 8)}
        wrong = [f"{s.name} is off" for s in systems if s not in on]
        wrong += [f"{s.name} is on" for s in offered & on if s is not None and s not in systems]
        return ", ".join(wrong)

    return _task("systems", CFG_GNSS, b"", problem, change, after=encode_frame(*CFG_RST, _GNSS_RESTART))


def _slices(payload: bytes) -> Iterator[bytes]:
    return (payload[at : at + 8] for at in range(4, len(payload), 8))


def _switched(block: tuple[int, int, int, int, int], systems: tuple[System, ...]) -> bytes:
    """A block of CFG-GNSS with its system on or off; one that is on needs at least its L1 signal."""
    gnss, reserved, most, spare, flags = block
    on = SYSTEM_OF_GNSS.get(gnss) in systems
    signals = flags >> 16 & 0xFF or 1
    return _BLOCK.pack(gnss, reserved, most, spare, flags & 0xFF00FFFE | signals << 16 | on)


def _task(
    name: str, message: tuple[int, int], poll: bytes, problem: Callable[[bytes], str | None], change: Callable[[bytes], bytes],
    optional: bool = False, after: bytes = b"",
) -> Task:  # fmt: skip
    """A task whose question, answer and command are one and the same message."""
    return Task(
        name=name, poll=encode_frame(*message, poll), reply=message, problem=problem,
        change=lambda payload: encode_frame(*message, change(payload)), command=message, optional=optional, after=after,
    )  # fmt: skip
