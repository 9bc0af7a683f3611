"""One task of a configuration: ask how it is, say what is not as wanted, command it; for receivers with keys (CFG-VALSET).

Keys are those of the u-blox F9 HPG interface description, chapter 5, by pyubx2's names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyubx2 import UBX_CONFIG_DATABASE, UBXMessage

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.settings import MODEL_NUMBER, DynamicModel, Port, ReceiverSettings

CFG_VALSET: Final = (0x06, 0x8A)
CFG_VALGET: Final = (0x06, 0x8B)
RAM: Final = 1
_RAM_TO_POLL: Final = 0
_SIZE_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}
SYSTEM_KEYS: Final = {
    System.GPS: "GPS", System.GLONASS: "GLO", System.GALILEO: "GAL", System.BEIDOU: "BDS", System.QZSS: "QZSS",
    System.SBAS: "SBAS", System.NAVIC: "NAVIC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """A group of settings that is read, changed where it differs, and read again.

    name     : for people
    poll     : frame that asks for the present state
    reply    : class and id of the answer
    problem  : from the answer's payload: what is not as wanted, '' = nothing; None = this answer is not for this task
    change   : from the answer's payload: the frame that commands what is wanted
    command  : class and id of that frame, as ACK-ACK and ACK-NAK name it
    parts    : the same in smaller tasks, tried where the whole is refused
    optional : not an error where the receiver does not know it
    after    : a frame without answer, sent once it was changed
    """

    name: str
    poll: bytes
    reply: tuple[int, int]
    problem: Callable[[bytes], str | None]
    change: Callable[[bytes], bytes]
    command: tuple[int, int]
    parts: tuple[Task, ...] = ()
    optional: bool = False
    after: bytes = b""


def key_tasks(settings: ReceiverSettings) -> Iterator[Task]:
    """Tasks of a receiver with configuration keys, without the baud rate. Raises ConfigError for unknown names."""
    port = settings.port
    yield key_task("NMEA output", {f"CFG_{port}OUTPROT_NMEA": int(settings.nmea)})
    if settings.systems:
        wanted = {f"CFG_SIGNAL_{key}_ENA": int(system in settings.systems) for system, key in SYSTEM_KEYS.items()}
        yield key_task("systems", wanted, optional=lambda _, value: value == 0)
    if settings.signals:
        yield key_task("signals", dict(_signal(name) for name in settings.signals))
    if settings.model is not DynamicModel.KEEP:
        yield key_task("dynamic model", {"CFG_NAVSPG_DYNMODEL": MODEL_NUMBER[settings.model]})
    yield key_task("measurement rate", {"CFG_RATE_MEAS": settings.interval_ms, "CFG_RATE_NAV": 1})
    outputs = {output_key(name, port): rate for name, rate in settings.output_rates.items()}
    yield key_task("output of messages", outputs, optional=lambda key, _: "_MON_" in key)


def baud_key_task(port: Port, baud_rate: int) -> Task:
    """The task that sets the speed of a UART."""
    return key_task("baud rate", {f"CFG_{port}_BAUDRATE": baud_rate})


def output_key(message: str, port: Port) -> str:
    """Key of a message's output, such as 'RXM-RAWX' or 'RTCM_3X_TYPE1077'. Raises ConfigError."""
    name = message.replace("-", "_")
    for key in (f"CFG_MSGOUT_UBX_{name}_{port}", f"CFG_MSGOUT_{name}_{port}"):
        if key in UBX_CONFIG_DATABASE:
            return key
    raise ConfigError(f"no receiver has an output {message!r}")


def key_task(
    name: str, values: Mapping[str, int], optional: Callable[[str, int], bool] = lambda key, value: False
) -> Task:  # fmt: skip
    """A group of keys that are set together; where they are refused, one by one."""
    parts: tuple[Task, ...] = ()
    if len(values) > 1:
        parts = tuple(key_task(f"{name}: {readable(key)}", {key: value}, optional) for key, value in values.items())
    return Task(
        name=name,
        poll=bytes(UBXMessage.config_poll(_RAM_TO_POLL, 0, list(values)).serialize()),
        reply=CFG_VALGET,
        problem=lambda payload: _difference(values, payload),
        change=lambda payload: bytes(UBXMessage.config_set(RAM, 0, list(values.items())).serialize()),
        command=CFG_VALSET,
        parts=parts,
        optional=all(optional(key, value) for key, value in values.items()),
    )


def readable(key: str) -> str:
    """'CFG-MSGOUT-UBX_RXM_RAWX_UART1' of 'CFG_MSGOUT_UBX_RXM_RAWX_UART1', as the manuals write it."""
    group, _, item = key.removeprefix("CFG_").partition("_")
    return f"CFG-{group}-{item}"


def values_in(payload: bytes) -> dict[int, int]:
    """Values by key number of a CFG-VALGET answer or, from its fourth byte on, CFG-VALSET; bits 28 to 30 tell the size."""
    values, at = {}, 4
    while at + 4 < len(payload):
        key = int.from_bytes(payload[at : at + 4], "little")
        size = _SIZE_BYTES.get(key >> 28 & 7, 1)
        values[key] = int.from_bytes(payload[at + 4 : at + 4 + size], "little")
        at += 4 + size
    return values


def _signal(name: str) -> tuple[str, int]:
    key = f"CFG_SIGNAL_{name.removeprefix('-')}_ENA"
    if key not in UBX_CONFIG_DATABASE:
        raise ConfigError(f"no receiver has a signal {name.removeprefix('-')!r}; known are such as GPS_L1CA, GAL_E5B, BDS_B2")
    return key, int(not name.startswith("-"))


def _difference(wanted: Mapping[str, int], payload: bytes) -> str | None:
    found = values_in(payload)
    numbers = {key: int(UBX_CONFIG_DATABASE[key][0]) for key in wanted}
    if not set(found) & set(numbers.values()):
        return None
    wrong = [(key, found.get(numbers[key])) for key, value in wanted.items() if found.get(numbers[key]) != value]
    return ", ".join(f"{readable(key)} is {value}, not {wanted[key]}" for key, value in wrong)
