"""How noisy code and phase are: by receiver class, and learned from accepted fixes.

Figures (zenith, undifferenced, one sigma) were measured for this project on static pairs: geodetic receivers 0.2 to
0.3 m and 1.2 to 1.5 mm, growing with 1 / sin(elevation); u-blox M8 with patch antennas 0.5 m and 2 mm, growing with
10^((50 - C/N0) / 20).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.observation.epoch import Epoch


class NoiseClass(str, Enum):
    """What kind of receiver and antenna made the observations."""

    GEODETIC = "geodetic"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Standard deviations at zenith (geodetic) or at 50 dB-Hz (patch).

    code_m, phase_m : [m] undifferenced
    """

    noise_class: NoiseClass
    code_m: float
    phase_m: float


DEFAULT_NOISE: Final = {
    NoiseClass.GEODETIC: NoiseModel(NoiseClass.GEODETIC, 0.25, 0.0015),
    NoiseClass.PATCH: NoiseModel(NoiseClass.PATCH, 0.60, 0.0024),
}
GLONASS_CODE_FACTOR: Final = 3.0
"""GLONASS codes carry uncalibrated inter-channel biases of decimetres to metres."""
GEO_CODE_FACTOR: Final = 2.0
"""Codes of geostationary satellites carry standing multipath."""

_GLONASS: Final = SYSTEMS.index(System.GLONASS)
_BEIDOU: Final = SYSTEMS.index(System.BEIDOU)
_GEODETIC_WORDS: Final = (
    "sept", "mosaic", "polar", "leica", "gr50", "javad", "tre_", "jps", "trimble", "netr", "alloy", "topcon", "tps", "novatel",
    "oem7", "ashtech", "spirent", "gpssim",
)  # fmt: skip
_PATCH_WORDS: Final = ("u-blox", "ublox", "emlid", "reach", "zed", "neo-", "f9", "m8t", "m8p", "mediatek", "lg290")


def noise_class_of(receiver: str) -> NoiseClass | None:
    """Noise class of a receiver by its make, as RINEX headers and people write it; None = unknown make."""
    text = receiver.lower()
    if any(word in text for word in _PATCH_WORDS):
        return NoiseClass.PATCH
    if any(word in text for word in _GEODETIC_WORDS):
        return NoiseClass.GEODETIC
    return None


def standard_deviations(model: NoiseModel, epoch: Epoch, elevation: Floats) -> tuple[Floats, Floats]:
    """Code and phase standard deviations (n,), (n,) [m] of an epoch's rows."""
    geodetic = model.noise_class is NoiseClass.GEODETIC
    return deviations(geodetic, model.code_m, model.phase_m, epoch.satellite, epoch.cn0_dbhz, elevation)


@kernel(inline="always")
def growth(geodetic: bool, elevation: float, cn0_dbhz: float) -> float:
    """Growth of the standard deviation over its best value, by elevation [rad] and C/N0 [dB-Hz].

    Where the C/N0 of a patch antenna is not told, the elevation stands in.
    """
    if geodetic or math.isnan(cn0_dbhz):
        sine = math.sin(elevation)
        return 1.0 / (0.05 if sine < 0.05 else sine)  # unknown stays unknown
    return float(10.0 ** ((50.0 - min(max(cn0_dbhz, 20.0), 50.0)) / 20.0))


@kernel(inline="always")
def code_factor(satellite: int) -> float:
    """By how much the codes of a satellite are noisier than those of others."""
    system, number = satellite // 100, satellite % 100
    if system == _GLONASS:
        return GLONASS_CODE_FACTOR
    return GEO_CODE_FACTOR if system == _BEIDOU and (number <= 5 or number >= 59) else 1.0


@kernel
def deviations(
    geodetic: bool, code_m: float, phase_m: float, satellite: Codes, cn0_dbhz: Floats, elevation: Floats
) -> tuple[Floats, Floats]:
    """Kernel of standard_deviations."""
    code, phase = np.empty(len(satellite)), np.empty(len(satellite))
    for i in range(len(satellite)):
        grown = growth(geodetic, elevation[i], cn0_dbhz[i])
        code[i], phase[i] = code_m * grown * code_factor(satellite[i]), phase_m * grown
    return code, phase


class NoiseLearner:
    """Two variance factors, for code and phase, from residuals: of every epoch for the code, of trusted fixes for the phase.

    The factors aim at a mean chi-square of TARGET per degree of freedom, so that the model stays on the cautious side.
    """

    TARGET: Final = 0.75
    MEMORY: Final = 100.0
    """Epochs over which the factors average."""
    ENOUGH: Final = 30.0
    """Degrees of freedom of phase after which the model counts as learned."""
    PRIOR_DOF: Final = 10.0
    """Degrees of freedom with which the default is believed."""
    TRUSTED: Final = 0.05
    """Largest failure probability of a fix whose phase residuals are taken in."""
    OUTLYING: Final = 6.0
    """Chi-square per degree of freedom beyond which residuals are faults, unless they last; then they count as this."""
    LASTING: Final = 5
    """Faulty epochs in a row that are no faults any more."""
    DOUBTED: Final = 0.9
    """Share of what was learned that survives an epoch which contradicts it."""
    LOWEST_CODE_M: Final = 0.12
    LOWEST_PHASE_M: Final = 0.0008
    """Best receivers seen (zenith, undifferenced) [m]: the factors go no lower."""
    HIGHEST: Final = 25.0

    def __init__(self) -> None:
        self._chi2 = {"code": 0.0, "phase": 0.0}
        self._dof = {"code": 0.0, "phase": 0.0}
        self._run = {"code": 0, "phase": 0}

    @property
    def learned(self) -> bool:
        """Have enough phase residuals been seen?"""
        return self._dof["phase"] >= self.ENOUGH

    def update(self, kind: str, chi2: float, dof: int) -> None:
        """Take in the residuals of one epoch ("code" or "phase"), as a chi-square under the factors now in force."""
        if dof <= 0 or not np.isfinite(chi2) or self._is_lone_fault(kind, chi2 > self.OUTLYING * dof):
            return
        keep = 1.0 - 1.0 / self.MEMORY
        self._chi2[kind] = keep * self._chi2[kind] + min(chi2, self.OUTLYING * dof) * self.factor(kind)
        self._dof[kind] = keep * self._dof[kind] + dof

    def _is_lone_fault(self, kind: str, outlying: bool) -> bool:
        """Is this epoch a fault to be ignored, rather than one of a run, which means that the noise itself has risen?"""
        self._run[kind] = self._run[kind] + 1 if outlying else 0
        return 0 < self._run[kind] < self.LASTING

    def doubt(self, kind: str) -> None:
        """Half-forget what was learned of one kind: residuals do not bear it out, as when open sky gives way to town."""
        self._chi2[kind] *= self.DOUBTED
        self._dof[kind] *= self.DOUBTED

    def factor(self, kind: str) -> float:
        """Variance factor of "code" or "phase" against the default model; 1 while nothing is learned."""
        mean = (self._chi2[kind] / self.TARGET + self.PRIOR_DOF) / (self._dof[kind] + self.PRIOR_DOF)
        return min(mean, self.HIGHEST)

    def applied(self, model: NoiseModel) -> NoiseModel:
        """The model with the learned factors, no better than the best receivers or the model itself if that is better."""
        code = max(model.code_m * self.factor("code") ** 0.5, min(self.LOWEST_CODE_M, model.code_m))
        phase = max(model.phase_m * self.factor("phase") ** 0.5, min(self.LOWEST_PHASE_M, model.phase_m))
        return NoiseModel(model.noise_class, code, phase)
