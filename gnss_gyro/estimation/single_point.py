"""Position and clock of one antenna from one epoch of pseudoranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.corrections.applying import SlantDelays
from gnss_gyro.estimation import single_point_kernels as kernels
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass, NoiseModel, standard_deviations
from gnss_gyro.estimation.path_delay import believed, path_delay, zenith_delay_m
from gnss_gyro.estimation.screening import CHI2_LIMITS
from gnss_gyro.estimation.single_point_kernels import CLOCK_OF_SYSTEM, UNKNOWNS, finish, locate_with, observed, seen_from
from gnss_gyro.models.ionosphere import is_of_beidou
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import SatelliteStates
from gnss_gyro.protocols.messages import Klobuchar

_CLOCK_OF_SYSTEM: Final = np.array(CLOCK_OF_SYSTEM)
_COARSE_SIGMA_M: Final = 30.0
_NEAR_M: Final = 2_000.0
"""Atmosphere and elevations computed within this distance still hold."""
_EARTH_M: Final = (6.3e6, 7.5e6)
"""Receivers are between the ground and 1,100 km of height."""


class SinglePointOutcome(str, Enum):
    """What became of a single point solution."""

    OK = "ok"
    TOO_FEW_SATELLITES = "too few satellites"
    NO_CONVERGENCE = "no convergence"
    BAD_GEOMETRY = "bad geometry"
    INCONSISTENT = "inconsistent"  # a position is given, but no set of satellites agrees on it

    def __str__(self) -> str:
        return self.value


_STATUS_WORDS: Final = (  # by status of the kernels
    SinglePointOutcome.OK,
    SinglePointOutcome.INCONSISTENT,
    SinglePointOutcome.TOO_FEW_SATELLITES,
    SinglePointOutcome.BAD_GEOMETRY,
    SinglePointOutcome.NO_CONVERGENCE,
)
_PLACED: Final = (SinglePointOutcome.OK, SinglePointOutcome.INCONSISTENT)


class Usage(IntEnum):
    """Whether a satellite was used, or why not."""

    USED = kernels.USED
    NO_CODE = kernels.NO_CODE
    NO_STATE = kernels.NO_STATE
    WEAK = kernels.WEAK
    LOW = kernels.LOW
    OUTLIER = kernels.OUTLIER


@dataclass(frozen=True, slots=True)
class SinglePointSettings:
    """How single point solutions are made.

    elevation_mask : [rad]
    cn0_mask_dbhz  : weaker signals are left out
    noise          : of the pseudoranges
    max_pdop       : a worse geometry gives no position
    """

    elevation_mask: float = float(np.radians(5.0))
    cn0_mask_dbhz: float = 0.0
    noise: NoiseModel = DEFAULT_NOISE[NoiseClass.PATCH]
    max_pdop: float = 30.0


@dataclass(frozen=True, slots=True)
class Dop:
    """Dilutions of precision [-]; NaN = no solution."""

    gdop: float = float("nan")
    pdop: float = float("nan")
    hdop: float = float("nan")
    vdop: float = float("nan")


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """One antenna's position and clock at one epoch; NaN where there is none.

    position_ecef_m : (3,) [m]
    clock_s         : (7,) receiver clock minus each system's time by index in SYSTEMS [s]; NaN = system not used
    covariance_m2   : (9, 9) of position and the clocks times c (see CLOCKS) [m^2]
    residual_m      : (n,) of the pseudoranges, those not used included [m]
    usage           : (n,) Usage
    elevation, azimuth : (n,) [rad], azimuth from north over east
    dop             : of the used satellites, unweighted
    chi2, dof       : of the used satellites
    """

    outcome: SinglePointOutcome
    position_ecef_m: Floats
    clock_s: Floats
    covariance_m2: Floats
    residual_m: Floats
    usage: Ints
    elevation: Floats
    azimuth: Floats
    dop: Dop = field(default_factory=Dop)
    chi2: float = float("nan")
    dof: int = 0

    @property
    def used(self) -> Bools:
        """Mask (n,) of the satellites that made the position."""
        used: Bools = self.usage == Usage.USED
        return used

    @property
    def receiver_clock_s(self) -> float:
        """Receiver clock minus GPS time, or minus that of the first system used [s]; NaN = unknown."""
        known = self.clock_s[~np.isnan(self.clock_s)]
        return float(known[0]) if len(known) else float("nan")


@dataclass(slots=True)
class _Problem:
    """What the satellites say, before the place is known; x holds position and clocks [m], refined in place."""

    epoch: Epoch
    states: SatelliteStates
    settings: SinglePointSettings
    klobuchar: Klobuchar | None
    delays: SlantDelays | None
    group: Ints
    pseudorange_m: Floats
    usage: Ints
    x: Floats
    delay_m: Floats
    sigma_m: Floats
    elevation: Floats
    azimuth: Floats
    inverse: Floats


def single_point(
    epoch: Epoch,
    states: SatelliteStates,
    klobuchar: Klobuchar | None = None,
    settings: SinglePointSettings | None = None,
    start_ecef_m: Floats | None = None,
    delays: SlantDelays | None = None,
) -> SinglePoint:
    """Position and clocks by iterated, screened, weighted least squares.

    states       : of the epoch's satellites, row by row
    klobuchar    : ionosphere; None = not known: an average one, weighted accordingly
    start_ecef_m : (3,) a place nearby, which saves the search from the Earth's centre; None = no idea
    delays       : of a correction service, in place of the models where they are told
    """
    problem = _problem(epoch, states, klobuchar, settings or SinglePointSettings(), delays)
    if start_ecef_m is not None and np.isfinite(start_ecef_m).all():
        problem.x[:3] = start_ecef_m
        nearby = _from_here(problem)
        if not np.isnan(nearby.position_ecef_m[0]):
            return nearby
        problem = _problem(epoch, states, klobuchar, problem.settings, delays)
    failure = _find_roughly(problem)
    return _from_here(problem) if failure is None else _failure(problem, failure)


def _from_here(problem: _Problem) -> SinglePoint:
    """The solution that x leads to."""
    for _ in range(4):
        place = problem.x[:3].copy()
        _see_from(problem, place)
        outcome, chi2, dof = _locate(problem)
        if outcome not in _PLACED:
            return _failure(problem, outcome)
        if np.abs(problem.x[:3] - place).max() < _NEAR_M:
            return _success(problem, outcome, chi2, dof)
    return _failure(problem, SinglePointOutcome.NO_CONVERGENCE)


def _problem(
    epoch: Epoch,
    states: SatelliteStates,
    klobuchar: Klobuchar | None,
    settings: SinglePointSettings,
    delays: SlantDelays | None,
) -> _Problem:
    n = len(epoch)
    usage, group, pseudorange_m = observed(
        epoch.satellite, epoch.code_m, epoch.cn0_dbhz, states.clock_s, states.outcome, settings.cn0_mask_dbhz
    )
    return _Problem(
        epoch, states, settings, klobuchar, delays,
        group=group,
        pseudorange_m=pseudorange_m,
        usage=usage,
        x=np.zeros(UNKNOWNS),
        delay_m=np.zeros(n),
        sigma_m=np.full(n, _COARSE_SIGMA_M),
        elevation=np.full(n, np.nan),
        azimuth=np.full(n, np.nan),
        inverse=np.full((UNKNOWNS, UNKNOWNS), np.nan),
    )  # fmt: skip


def _candidates(problem: _Problem) -> Bools:
    candidates: Bools = problem.usage == Usage.USED
    return candidates


def _find_roughly(problem: _Problem) -> SinglePointOutcome | None:
    """Place from the Earth's centre, without atmosphere or elevations; None = found. Exclusions are not kept."""
    outcome, _, _ = _locate(problem)
    problem.usage[problem.usage == Usage.OUTLIER] = Usage.USED
    return None if outcome in _PLACED else outcome


def _see_from(problem: _Problem, place_ecef_m: Floats) -> None:
    """Directions, atmosphere and weights as seen from a place; marks the satellites below the mask."""
    epoch, states, noise = problem.epoch, problem.states, problem.settings.noise
    place = geodetic_from_ecef(place_ecef_m)
    latitude, longitude, height_m = place.tolist()
    model, relative = believed(problem.klobuchar)
    problem.elevation, problem.azimuth, problem.delay_m, problem.sigma_m = seen_from(
        place_ecef_m, latitude, longitude, states.position_m, states.variance_m2,
        epoch.satellite, epoch.cn0_dbhz, epoch.wavelength_m, noise.noise_class is NoiseClass.GEODETIC, noise.code_m,
        zenith_delay_m(epoch.time, latitude, height_m), is_of_beidou(model), model.alpha, model.beta, relative, epoch.time.tow_s,
        problem.settings.elevation_mask, problem.usage,
    )  # fmt: skip
    if problem.delays is not None:
        sight = problem.elevation, problem.azimuth, problem.klobuchar, problem.delays
        problem.delay_m, delay_sigma_m = path_delay(epoch, place, *sight)
        code_sigma_m, _ = standard_deviations(noise, epoch, problem.elevation)
        problem.sigma_m = np.sqrt(code_sigma_m**2 + states.variance_m2 + delay_sigma_m**2)


def _locate(problem: _Problem) -> tuple[SinglePointOutcome, float, int]:
    """Refine x with the candidates that agree; marks the others as outliers."""
    status, chi2, dof, radius_m = locate_with(
        problem.states.position_m, problem.pseudorange_m, problem.delay_m, problem.sigma_m, problem.group, CHI2_LIMITS,
        problem.usage, problem.x, problem.inverse,
    )  # fmt: skip
    outcome = _STATUS_WORDS[status]
    if outcome is SinglePointOutcome.OK and not _EARTH_M[0] < radius_m < _EARTH_M[1]:
        outcome = SinglePointOutcome.NO_CONVERGENCE
    return outcome, chi2, dof


def _failure(problem: _Problem, outcome: SinglePointOutcome) -> SinglePoint:
    n = len(problem.usage)
    nothing = np.full((UNKNOWNS, UNKNOWNS), np.nan)
    return SinglePoint(
        outcome, np.full(3, np.nan), np.full(len(SYSTEMS), np.nan), nothing, np.full(n, np.nan), problem.usage,
        problem.elevation, problem.azimuth,
    )  # fmt: skip


def _success(problem: _Problem, outcome: SinglePointOutcome, chi2: float, dof: int) -> SinglePoint:
    used = _candidates(problem)
    dops = np.empty(4)
    clock, residual, solved = finish(
        problem.states.position_m, problem.pseudorange_m - problem.delay_m, problem.group, used, problem.x, dops
    )
    dop = Dop(*dops.tolist()) if solved else Dop()
    if not dop.pdop <= problem.settings.max_pdop:
        return _failure(problem, SinglePointOutcome.BAD_GEOMETRY)
    return SinglePoint(
        outcome, problem.x[:3].copy(), clock[_CLOCK_OF_SYSTEM], problem.inverse, residual, problem.usage, problem.elevation,
        problem.azimuth, dop, chi2, dof,
    )  # fmt: skip
