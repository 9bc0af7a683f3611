"""Where are the antennas? Their places on the body, from a log: messages in, a ready configuration out.

    surveyor = Surveyor(quick_config(antennas=("rear", "front")))
    surveyor.feed(...)                                  # as an Engine is fed
    result = surveyor.result()                          # result.config, config_to_yaml(result.config)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, TypeAlias

import numpy as np

from gnss_gyro.attitude.lengths import Lengths
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.assembler import Assembler, store_rules
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.positioning import Locator
from gnss_gyro.engine.receivers import Receivers
from gnss_gyro.engine.reducing import prefits_of
from gnss_gyro.engine.survey_evaluation import SurveyLog, evaluated
from gnss_gyro.engine.survey_result import SurveyResult
from gnss_gyro.estimation.baseline_survey import BaselineSurvey
from gnss_gyro.estimation.free_integers import Whereabouts
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Message, Observations

Forward: TypeAlias = tuple[str, str] | Literal["course"] | None
"""From one antenna to another, or the way a vehicle drives; None = as the configured positions have it, else first to second."""
TAPE_SIGMA_M: Final = 0.05
"""Of a length by tape measure [m]."""
_MOST_EPOCHS: Final = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    lengths: Lengths
    whereabouts: dict[str, Whereabouts]


class Surveyor:
    """Finds the places of antennas from the messages of their receivers.

    config  : antennas and options; positions and lengths in it are taken as rough ones
    forward : which way x points
    lengths : rough lengths {(a, b): (length [m], sigma [m])}, besides those of the configuration

    Raises ConfigError for fewer than two antennas, or for an unknown one in `forward` or `lengths`.
    """

    def __init__(self, config: EngineConfig, forward: Forward = None, lengths: Lengths | None = None) -> None:
        _check(config, forward, lengths or {})
        self.config = config
        self.store = EphemerisStore(store_rules(config))
        told = _told(config, lengths or {})
        self._forward = forward
        self._assembler = Assembler(config, self.store)
        self._receivers = Receivers(config)
        self._locator = Locator(self.store, config.gnss.elevation_mask, carry=True)
        self._baselines = BaselineSurvey(config.names, told.whereabouts)
        self._log = SurveyLog(config.names, told.lengths)
        self._origin: GpsTime | None = None
        self._last_s = -np.inf

    def set_receiver(self, antenna: str, receiver: str) -> None:
        """Tell the make and model of an antenna's receiver, as its RINEX header has it; "u-blox" for UBX."""
        self._receivers.tell(antenna, receiver)

    def feed(self, antenna: str | None, message: Message) -> int:
        """Take in one message of an antenna's receiver, or (None) of a navigation file; returns how many epochs it completed.

        Raises KeyError for an antenna that is not in the configuration.
        """
        if not isinstance(message, Observations):
            self.store.add(message)
            return 0
        if antenna is None:
            raise KeyError("observations need the name of their antenna")
        return self._process_all(self._assembler.feed(antenna, message))

    def flush(self) -> int:
        """Take in the epochs still waiting for antennas that will not come."""
        return self._process_all(self._assembler.flush())

    def process(self, group: Mapping[str, Epoch]) -> None:
        """Take in one aligned group {antenna: epoch}."""
        self._mind_time(next(iter(group.values())).time)
        reference = self.config.names[0]
        if reference not in group or len(group) < 2:
            self._log.skip()
            return
        masks = {name: self._receivers.cn0_mask_dbhz(epoch) for name, epoch in group.items()}
        located = self._locator.locate(group, self._receivers.noise(group, self._baselines.learner), masks)
        if not located[reference].has_position:
            self._log.skip()
            return
        prefits = prefits_of(located, reference, self.config.gnss.elevation_mask)
        epoch = self._baselines.process(self._last_s, prefits)
        if epoch is not None and len(self._log) < _MOST_EPOCHS:
            base = located[reference]
            velocity = enu_from_ecef_at(base.point.position_ecef_m) @ base.velocity.velocity_ecef_mps
            self._log.add(self._last_s, epoch, velocity)

    def result(self) -> SurveyResult:
        """What was found in all that was fed."""
        return evaluated(self._log, self.config, self._forward)

    @property
    def counts(self) -> dict[str, int]:
        """What was dropped and why."""
        doubts = {f"antenna {name}: integers given up": n for name, n in self._baselines.conflicts.items() if n}
        return {**self._assembler.counts(), **doubts}

    def _process_all(self, groups: list[dict[str, Epoch]]) -> int:
        for group in groups:
            self.process(group)
        return len(groups)

    def _mind_time(self, time: GpsTime) -> None:
        """Keep a clock that never runs back; a log that starts again begins with new integers."""
        if self._origin is None:
            self._origin = time
        now_s = time - self._origin
        if now_s <= self._last_s:
            self._baselines.reset()
            self._origin = self._origin + (now_s - self._last_s - 1.0)
            now_s = time - self._origin
        self._last_s = now_s


def survey(
    messages: Iterable[tuple[str | None, Message]], config: EngineConfig, forward: Forward = None, lengths: Lengths | None = None,
    receivers: Mapping[str, str] | None = None,
) -> SurveyResult:  # fmt: skip
    """Survey an array from messages (antenna, or None for navigation files) in the order of time."""
    surveyor = Surveyor(config, forward, lengths)
    for name, receiver in (receivers or {}).items():
        surveyor.set_receiver(name, receiver)
    for antenna, message in messages:
        surveyor.feed(antenna, message)
    surveyor.flush()
    return surveyor.result()


def _check(config: EngineConfig, forward: Forward, lengths: Lengths) -> None:
    names = config.names
    if len(names) < 2:
        raise ConfigError("a survey needs at least two antennas")
    pairs = [*lengths, *([forward] if isinstance(forward, tuple) else [])]
    for a, b in pairs:
        for name in (a, b):
            if name not in names:
                raise ConfigError(f"there is no antenna {name!r}; there are {', '.join(names)}")
        if a == b:
            raise ConfigError(f"{a}-{b}: two different antennas are needed")


def _told(config: EngineConfig, lengths: Lengths) -> _Told:
    """Rough lengths of all that is told, and what they say of the vectors from the first antenna."""
    known: dict[tuple[str, str], tuple[float, float]] = {}
    places = {antenna.name: np.array(antenna.position_m) for antenna in config.antennas if antenna.position_m is not None}
    for a, b in combinations(places, 2):
        known[a, b] = (float(np.linalg.norm(places[b] - places[a])), TAPE_SIGMA_M)
    for (a, b), (length, sigma) in [*config.length_by_pair.items(), *lengths.items()]:
        pair = (a, b) if config.names.index(a) < config.names.index(b) else (b, a)
        known[pair] = (length, max(sigma, TAPE_SIGMA_M))
    first = config.names[0]
    where = {b: Whereabouts(np.zeros(3), length, sigma) for (a, b), (length, sigma) in known.items() if a == first}
    return _Told(known, where)
