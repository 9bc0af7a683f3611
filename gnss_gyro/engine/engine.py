"""The story on one page: raw observations of an array in, validated attitude and position out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from gnss_gyro.attitude.motion import MOTIONS
from gnss_gyro.attitude.tracker import AttitudeTracker
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.table import SOURCES
from gnss_gyro.engine.array_positioning import ArrayPositioner
from gnss_gyro.engine.assembler import Assembler, store_rules
from gnss_gyro.engine.config import EngineConfig, Mode, PositionMethod
from gnss_gyro.engine.late import LateSolutions
from gnss_gyro.engine.news import NavigationNews
from gnss_gyro.engine.positioning import Located, Locator
from gnss_gyro.engine.receivers import Receivers
from gnss_gyro.engine.reducing import prefits_of
from gnss_gyro.engine.solution import Solution
from gnss_gyro.engine.solving import attitude_of, failed, said_of_disputed, solution_of
from gnss_gyro.estimation.array_fix import ArrayFix, FixerSettings
from gnss_gyro.estimation.array_fixer import ArrayFixer
from gnss_gyro.estimation.geometry_monitor import MonitorRule
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import CorrectionMessage, Message, NavigationMessage, Observations


class Engine:
    """Turns the messages of an array's receivers into solutions, epoch by epoch, as they come.

    smooth : positions and velocities know what was observed after them as well; solutions then come minutes late, the last ones
             with flush (for recordings)

    Raises ConfigError for a configuration without a geometry, unless it has a single antenna.
    """

    def __init__(self, config: EngineConfig, smooth: bool = False) -> None:
        array = config.array
        if array is None:
            raise ConfigError("the rig has neither antenna positions nor lengths; measure them, or let `survey` find them")
        self.config = config
        self.store = EphemerisStore(store_rules(config))
        self._array = array
        self._carry = config.mode is Mode.FILTER
        self._assembler = Assembler(config, self.store)
        self.corrections = [SOURCES[str(name)]() for name in config.position.corrections]
        self._news = NavigationNews(config.names, self._hear)
        self._receivers = Receivers(config)
        self._locator = Locator(self.store, config.gnss.elevation_mask, self._carry)
        self._fixer = ArrayFixer(array, _fixer_settings(config))
        self._tracker = AttitudeTracker(MOTIONS[str(config.filter.vehicle)])
        vppp = config.position.method is PositionMethod.VPPP
        self._vppp = ArrayPositioner(config, array, self.store, self.corrections) if vppp else None
        self._late = LateSolutions() if smooth and self._vppp and self._carry else None
        self._origin: GpsTime | None = None
        self._last_s = -np.inf

    def set_receiver(self, antenna: str, receiver: str) -> None:
        """Tell the make and model of an antenna's receiver, as its RINEX header has it; "u-blox" for UBX."""
        self._receivers.tell(antenna, receiver)

    def feed(self, antenna: str | None, message: Message) -> list[Solution]:
        """Take in one message of an antenna's receiver, or (None) of a navigation file; returns what it completes.

        An antenna's navigation messages take effect with its next observations.

        Raises KeyError for an antenna that is not in the configuration.
        """
        if antenna is None:
            if isinstance(message, Observations):
                raise KeyError("observations need the name of their antenna")
            self.store.add(message)
            self._correct_by(message)
            return []
        if not isinstance(message, Observations):
            if isinstance(message, NavigationMessage | CorrectionMessage):  # receivers tell much else, such as their position
                self._news.hear(antenna, message)
            return []
        self._news.observed(antenna, message.time)
        return self._solved(self._assembler.feed(antenna, message))

    def flush(self) -> list[Solution]:
        """Solutions of the epochs still waiting for antennas that will not come, or to be smoothed."""
        solutions = self._solved(self._assembler.flush())
        return solutions + self._late.flush() if self._late else solutions

    def reset(self) -> None:
        """Forget all integers, the attitude, and what was learned of noise and geometry; ephemerides stay."""
        self._fixer = ArrayFixer(self._array, _fixer_settings(self.config))
        self._forget_motion()

    def process(self, group: Mapping[str, Epoch]) -> Solution:
        """Solve one aligned group {antenna: epoch}."""
        self._mind_time(next(iter(group.values())).time)
        self._news.deliver(max(epoch.time for epoch in group.values()))
        located = self._locate(group)
        reference = self._reference(located)
        if reference is None:
            if self._vppp:
                self._vppp.miss()
            return failed(self._array.names, located, _why_no_position(located))
        prefits = prefits_of(located, reference, self.config.gnss.elevation_mask)
        fix = self._fixer.process(self._last_s, prefits, self._receivers.shared_pivots(group))
        attitude = attitude_of(fix, self._tracker if self._carry else None, self._last_s)
        position = self._vppp.process(self._last_s, located, reference, prefits, fix) if self._vppp else None
        return solution_of(self._array, located, reference, fix, attitude, position)

    def _solved(self, groups: Iterable[Mapping[str, Epoch]]) -> list[Solution]:
        solutions = (said_of_disputed(self.process(group), self.disputed) for group in groups)
        if not (self._late and self._vppp):
            return list(solutions)
        return [late for solution in solutions for late in self._late.add(solution, self._vppp.record)]

    @property
    def disputed(self) -> tuple[str, ...]:
        """The antennas of which nothing is used now, since two receivers are heard under their names."""
        return self._assembler.disputed

    @property
    def counts(self) -> dict[str, int]:
        """What was dropped and why."""
        return self._assembler.counts()

    def summary(self) -> dict[str, object]:
        """What the session has taught: noise, and whether the geometry fits."""
        learner, monitor, shape = self._fixer.watch.learner, self._fixer.watch.monitor, self._fixer.watch.shape
        complaints = [complaint for complaint in (monitor.complaint(), shape.complaint()) if complaint]
        share = monitor.share
        return {
            "noise_variance_factors": {kind: learner.factor(kind) for kind in ("code", "phase")},
            "geometry": {
                "confirmed": monitor.confirmed, "mismatch": monitor.mismatch, "complaint": "; ".join(complaints),
                "share_of_confident_epochs_that_fit": None if np.isnan(share) else share,
                "lengths": monitor.lengths(), "antennas": shape.table(),
            },
        }  # fmt: skip

    def _hear(self, message: NavigationMessage | CorrectionMessage) -> None:
        self.store.hear(message)
        self._correct_by(message)

    def _correct_by(self, message: NavigationMessage | CorrectionMessage) -> None:
        """Navigation data are for correction services as much as their own messages."""
        for source in self.corrections:
            source.feed(message)

    def _mind_time(self, time: GpsTime) -> None:
        """Keep a clock that never runs back; a recording that starts again begins a new session of integers."""
        if self._origin is None:
            self._origin = time
        now_s = time - self._origin
        if now_s <= self._last_s:
            self._fixer.reset()
            self._forget_motion()
            for source in self.corrections:
                source.reset()
        self._last_s = now_s

    def _forget_motion(self) -> None:
        self._tracker.reset()
        if self._vppp:
            self._vppp.reset()

    def _locate(self, group: Mapping[str, Epoch]) -> dict[str, Located]:
        masks = {name: self._receivers.cn0_mask_dbhz(epoch) for name, epoch in group.items()}
        return self._locator.locate(group, self._receivers.noise(group, self._fixer.watch.learner), masks)

    def _reference(self, located: Mapping[str, Located]) -> str | None:
        """The antenna at whose place everything is computed: the first of the rig whose place is known."""
        return next((name for name in self._array.names if name in located and located[name].has_place), None)


def _fixer_settings(config: EngineConfig) -> FixerSettings:
    fixing, monitor = config.fixing, config.monitor
    return FixerSettings(
        carry=config.mode is Mode.FILTER,
        failure_rate=fixing.failure_rate,
        residual_probability=fixing.residual_probability,
        min_double_differences=fixing.min_double_differences,
        monitor=MonitorRule(monitor.enabled, monitor.window, monitor.minimum_share),
        learn_noise=config.noise.learn,
    )


def _why_no_position(located: Mapping[str, Located]) -> ArrayFix:
    """The outcome of an epoch without any position: for want of ephemerides, or of satellites."""
    states = [antenna.states for antenna in located.values()]
    usable = max(int(np.count_nonzero(s.outcome == OrbitOutcome.OK)) for s in states)
    observed = max(len(s.outcome) for s in states)
    if observed < 4:
        return ArrayFix(Outcome.TOO_FEW_SATELLITES, tuple(located), f"{observed} satellites")
    if usable < 4:
        return ArrayFix(Outcome.NO_EPHEMERIS, tuple(located), f"orbits of {usable} of {observed} satellites are known")
    words = ", ".join(f"{name}: {antenna.point.outcome}" for name, antenna in located.items())
    return ArrayFix(Outcome.NO_POSITION, tuple(located), words)
