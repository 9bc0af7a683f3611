"""The engine with a decoder for each antenna: bytes in, solutions out; no ROS in here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.engine.survey import Surveyor
from gnss_gyro.engine.survey_result import SurveyResult
from gnss_gyro.protocols.messages import Message, Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder, UbxMessage
from gnss_gyro.streams.merge import merge_by_time

TICK_S: Final = 0.05
"""How often `tick` wants to be called [s]."""
_MAKE: Final = "u-blox"


@dataclass(slots=True)
class AntennaState:
    """What was heard of one antenna.

    heard_s    : when bytes came last, on the caller's clock [s]; NaN = never
    observed_s : the same of observations
    epochs     : observations so far
    """

    decoder: UbxDecoder = field(default_factory=UbxDecoder)
    heard_s: float = float("nan")
    observed_s: float = float("nan")
    epochs: int = 0


class Session:
    """Decodes and solves as bytes come; epochs are not held back for an antenna that has fallen silent.

    The engine waits in receiver time: for as long as newer epochs of other antennas come. Where none come at all, `tick`
    releases what waits. It counts quiet ticks rather than seconds: a backlog after a long computation is no silence.
    """

    def __init__(self, config: EngineConfig) -> None:
        self.engine = Engine(config)
        self.antennas = {name: AntennaState() for name in config.names}
        self._quiet_limit = max(2, round(config.alignment.wait_s / TICK_S))
        self._quiet_ticks = 0
        self._waiting = False
        self._surveyor: Surveyor | None = None
        for name in config.names:
            self.engine.set_receiver(name, _MAKE)

    def take(self, heard: Mapping[str, bytes], now_s: float) -> Iterator[Solution]:
        """Bytes of the antennas' receivers; gives the solutions they complete, each as soon as it is found.

        What was heard together is taken in order of receiver time: an antenna whose epoch stands behind its own ephemerides is
        not late.
        """
        for antenna in heard:
            self.antennas[antenna].heard_s = now_s
        messages = {antenna: iter(self.antennas[antenna].decoder.feed(data)) for antenna, data in heard.items()}
        for antenna, message in merge_by_time(messages, window=0):  # each is in order already
            if isinstance(message, Observations):
                self.antennas[antenna].observed_s = now_s
            yield from self._solved(antenna, message)

    def _solved(self, antenna: str, message: UbxMessage) -> list[Solution]:
        if self._surveyor is not None and isinstance(message, Message):
            self._surveyor.feed(antenna, message)
        if isinstance(message, Observations):
            self.antennas[antenna].epochs += 1
            found = self.engine.feed(antenna, message)
            self._waiting, self._quiet_ticks = not found, 0
            return found
        if isinstance(message, Message):
            self._quiet_ticks = 0  # a burst of ephemerides may stand before the epoch that is waited for
            self.engine.feed(antenna, message)
        return []

    def tick(self) -> list[Solution]:
        """To be called every TICK_S; returns the solutions of epochs that have waited long enough."""
        self._quiet_ticks += 1
        if not self._waiting or self._quiet_ticks <= self._quiet_limit:
            return []
        self._waiting = False
        return self.engine.flush()

    def reset(self) -> None:
        """Forget integers, attitude, and what was learned; ephemerides stay."""
        self.engine.reset()

    @property
    def is_surveying(self) -> bool:
        """Whether a survey was started and has not been finished."""
        return self._surveyor is not None

    def start_survey(self) -> None:
        """Gather epochs for a survey from now on, besides solving them. Raises ConfigError for fewer than two antennas."""
        surveyor = Surveyor(self.engine.config)
        for message in self.engine.store.messages():
            surveyor.feed(None, message)
        for name in self.antennas:
            surveyor.set_receiver(name, _MAKE)
        self._surveyor = surveyor

    def finish_survey(self) -> SurveyResult | None:
        """What the survey has found; None where none was started."""
        surveyor, self._surveyor = self._surveyor, None
        if surveyor is None:
            return None
        surveyor.flush()
        return surveyor.result()
