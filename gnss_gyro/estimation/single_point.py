"""Position and clock of one antenna from one epoch of pseudoranges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.frames import geodetic_of
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.corrections.applying import SlantDelays
from gnss_gyro.estimation import single_point_kernels as kernels
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass, NoiseModel
from gnss_gyro.estimation.path_delay import believed, told_delays, zenith_delay_m
from gnss_gyro.estimation.screening import CHI2_LIMITS
from gnss_gyro.estimation.single_point_kernels import UNKNOWNS, locate_from
from gnss_gyro.models.ionosphere import is_of_beidou
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import SatelliteStates
from gnss_gyro.protocols.messages import Klobuchar

_NEAR_M: Final = 2_000.0
"""Atmosphere and elevations computed within this distance still hold."""


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
        used: Bools = self.usage == kernels.USED
        return used

    @property
    def is_placed(self) -> bool:
        """Is there a position?"""
        return math.isfinite(self.position_ecef_m[0])

    @property
    def receiver_clock_s(self) -> float:
        """Receiver clock minus GPS time, or minus that of the first system used [s]; NaN = unknown."""
        for clock in self.clock_s.tolist():
            if not math.isnan(clock):
                return float(clock)
        return math.nan


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
    search = _Search(epoch, states, klobuchar, settings or SinglePointSettings(), told_delays(delays))
    if start_ecef_m is not None and all(map(math.isfinite, start_ecef_m.tolist())):
        search.x[:3] = start_ecef_m
        nearby = search.from_here()
        if nearby.is_placed:
            return nearby
    outcome = search.roughly()
    return search.from_here() if outcome in _PLACED else search.failure(outcome)


class _Search:
    """The satellites of an epoch, and the position and clocks x (9,) [m] that they lead to."""

    def __init__(
        self, epoch: Epoch, states: SatelliteStates, klobuchar: Klobuchar | None, settings: SinglePointSettings, told: Floats
    ) -> None:
        model, relative = believed(klobuchar)
        self._epoch, self._states, self._settings = epoch, states, settings
        self._air = is_of_beidou(model), model.alpha, model.beta, relative, epoch.time.tow_s, told
        self.x = np.zeros(UNKNOWNS)
        self._usage = np.empty(len(epoch), np.int64)
        self._rows = np.empty((kernels.ROWS, len(epoch)))
        self._inverse = np.empty((UNKNOWNS, UNKNOWNS))
        self._results = np.empty(kernels.RESULTS)

    def from_here(self) -> SinglePoint:
        """The solution that x leads to."""
        for _ in range(4):
            latitude, longitude, height_m = geodetic_of(*self.x[:3].tolist())
            zenith_m = zenith_delay_m(self._epoch.time, latitude, height_m)
            outcome, moved_m, chi2, dof = self._solved(False, latitude, longitude, zenith_m)
            if outcome not in _PLACED:
                return self.failure(outcome)
            if moved_m < _NEAR_M:
                return self._success(outcome, chi2, dof)
        return self.failure(SinglePointOutcome.NO_CONVERGENCE)

    def roughly(self) -> SinglePointOutcome:
        """Let x be a place found from the Earth's centre, if any is. Exclusions are not kept."""
        self.x[:] = 0.0
        outcome, _, _, _ = self._solved(True, math.nan, math.nan, math.nan)
        self._usage[self._usage == kernels.OUTLIER] = kernels.USED
        return outcome

    def _solved(
        self, coarse: bool, latitude: float, longitude: float, zenith_m: float
    ) -> tuple[SinglePointOutcome, float, float, int]:
        epoch, states, settings = self._epoch, self._states, self._settings
        status, moved_m, chi2, dof = locate_from(
            coarse, latitude, longitude, zenith_m, *self._air,
            states.position_m, states.clock_s, states.variance_m2, states.outcome,
            epoch.satellite, epoch.wavelength_m, epoch.code_m, epoch.cn0_dbhz,
            settings.noise.noise_class is NoiseClass.GEODETIC, settings.noise.code_m, settings.elevation_mask,
            settings.cn0_mask_dbhz, CHI2_LIMITS, self.x, self._usage, self._rows, self._inverse, self._results,
        )  # fmt: skip
        return _STATUS_WORDS[status], moved_m, chi2, dof

    def failure(self, outcome: SinglePointOutcome) -> SinglePoint:
        """No solution, with what is known of the satellites."""
        nothing = np.full((UNKNOWNS, UNKNOWNS), np.nan)
        return SinglePoint(
            outcome, np.full(3, np.nan), np.full(len(SYSTEMS), np.nan), nothing, np.full(len(self._usage), np.nan), self._usage,
            self._rows[kernels.ELEVATION], self._rows[kernels.AZIMUTH],
        )  # fmt: skip

    def _success(self, outcome: SinglePointOutcome, chi2: float, dof: int) -> SinglePoint:
        dop = Dop(*self._results[kernels.DOP_RESULTS].tolist())
        if not dop.pdop <= self._settings.max_pdop:
            return self.failure(SinglePointOutcome.BAD_GEOMETRY)
        return SinglePoint(
            outcome, self.x[:3], self._results[kernels.CLOCK_RESULTS], self._inverse, self._rows[kernels.RESIDUAL], self._usage,
            self._rows[kernels.ELEVATION], self._rows[kernels.AZIMUTH], dop, chi2, dof,
        )  # fmt: skip
