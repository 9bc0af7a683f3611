"""What comes out of a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from gnss_gyro.protocols.ubx.version import ReceiverVersion


class ConfigurationOutcome(str, Enum):
    """How a configuration ended."""

    DONE = "configured"
    INCOMPLETE = "configured in part"
    SILENT = "receiver does not answer"
    UNKNOWN_RECEIVER = "receiver of an unknown generation"
    IMPOSSIBLE = "configuration that this receiver cannot have"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the receiver."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SetBaudRate:
    """From here on our end of the line shall run at this speed."""

    baud_rate: int


@dataclass(frozen=True, slots=True)
class Report:
    """A sentence for people on what happened."""

    text: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The end.

    problems : a sentence for each task that failed
    """

    outcome: ConfigurationOutcome
    version: ReceiverVersion | None
    problems: tuple[str, ...]


Event: TypeAlias = Send | SetBaudRate | Report | Finished
