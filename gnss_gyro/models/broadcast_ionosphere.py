"""One front door to the ionosphere models that satellites broadcast: which was heard, which is to be used, what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.bdgim import bdgim_delay_m
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.nequick.delay import nequick_delay_m
from gnss_gyro.protocols.messages import BdgimCoefficients, Klobuchar, NequickCoefficients


class IonosphereModel(str, Enum):
    """A model by the name that configuration and diagnostics use."""

    AUTO = "auto"  # of what was heard the best, or the mean of two: see ionosphere_delay_m
    KLOBUCHAR = "klobuchar"  # GPS's parameters
    QZSS = "qzss"  # QZSS's own parameters of the same model, for its region
    BEIDOU = "beidou"  # BeiDou's variant with BeiDou's parameters
    NEQUICK = "nequick"  # Galileo
    BDGIM = "bdgim"  # BeiDou's third generation
    NONE = "none"  # no correction at all

    def __str__(self) -> str:
        return self.value


PREFERENCE: Final = (
    IonosphereModel.NEQUICK,
    IonosphereModel.BDGIM,
    IonosphereModel.KLOBUCHAR,
    IonosphereModel.QZSS,
    IonosphereModel.BEIDOU,
)
"""What AUTO takes, the first that was heard. Over four recordings NeQuick left 2.4 m in Galileo's single point positions,
Klobuchar's model 2.7 m (bench/ionosphere.py); of BDGIM there was no recording."""
_BY_DAY: Final = (IonosphereModel.KLOBUCHAR, IonosphereModel.QZSS)
"""What AUTO averages NeQuick with."""
_NIGHT_S: Final = 5e-9
"""What Klobuchar's model says of every night (IS-GPS-200, 20.3.3.5.2.5): nothing that was measured."""
_SYSTEM_OF: Final = {
    IonosphereModel.KLOBUCHAR: System.GPS,
    IonosphereModel.QZSS: System.QZSS,
    IonosphereModel.BEIDOU: System.BEIDOU,
}


@dataclass(frozen=True, slots=True)
class HeardIonosphere:
    """The last parameters of each kind that were broadcast; None or absent = not heard.

    klobuchar : by the letter of the system that broadcast them
    """

    klobuchar: Mapping[str, Klobuchar] = field(default_factory=dict)
    nequick: NequickCoefficients | None = None
    bdgim: BdgimCoefficients | None = None

    @property
    def kinds(self) -> tuple[object, ...]:
        """What there is parameters of, which decides what can be computed."""
        return (self.nequick is None, self.bdgim is None, *self.klobuchar)

    def has(self, model: IonosphereModel) -> bool:
        """Can this model be computed?"""
        if model is IonosphereModel.NEQUICK:
            return self.nequick is not None
        if model is IonosphereModel.BDGIM:
            return self.bdgim is not None
        return model is IonosphereModel.NONE or (model in _SYSTEM_OF and _SYSTEM_OF[model].value in self.klobuchar)

    def resolve(self, wanted: IonosphereModel) -> IonosphereModel | None:
        """The model to use: the one wanted, or of AUTO the first of PREFERENCE; None where it was not broadcast."""
        candidates = PREFERENCE if wanted is IonosphereModel.AUTO else (wanted,)
        return next((model for model in candidates if self.has(model)), None)

    def second(self, wanted: IonosphereModel) -> IonosphereModel | None:
        """The model of which AUTO takes the mean with NeQuick by day; None = NeQuick or whatever it resolves to stands alone."""
        if wanted is not IonosphereModel.AUTO or self.resolve(wanted) is not IonosphereModel.NEQUICK:
            return None
        return next((model for model in _BY_DAY if self.has(model)), None)


@dataclass(frozen=True, slots=True)
class SightLines:
    """Rays of an epoch.

    receiver_ecef_m    : (3,)
    latitude           : of the receiver [rad]
    longitude          : of the receiver [rad]
    elevation, azimuth : (n,) [rad]
    satellite_ecef_m   : (n, 3)
    carrier_hz         : (n,) [Hz]
    """

    time: GpsTime
    receiver_ecef_m: Floats
    latitude: float
    longitude: float
    elevation: Floats
    azimuth: Floats
    satellite_ecef_m: Floats
    carrier_hz: Floats


def ionosphere_delay_m(
    wanted: IonosphereModel, heard: HeardIonosphere, rays: SightLines
) -> tuple[Floats, IonosphereModel] | None:
    """Slant delays of the code (n,) [m] and the model that gave them (AUTO: a mean of two); None where it was not broadcast.

    AUTO is the mean of NeQuick and Klobuchar's model, whose errors have little in common, as far as Klobuchar's rises above its
    constant of the night, and NeQuick alone below; where only one of them was heard, the first of PREFERENCE.
    A satellite whose position is unknown gets NaN from NEQUICK; the other models need its direction only.
    """
    model = heard.resolve(wanted)
    if model is None:
        return None
    delay = _delay(model, heard, rays)
    other = heard.second(wanted)
    if other is None:
        return delay, model
    second = _delay(other, heard, rays)
    return delay + 0.5 * _daylight(second, rays) * (second - delay), IonosphereModel.AUTO


def _daylight(klobuchar_m: Floats, rays: SightLines) -> Floats:
    """How far Klobuchar's delays (n,) [m] rise above its constant of the night: 0 not at all .. 1 to twice that (n,)."""
    slant = 1.0 + 16.0 * (0.53 - rays.elevation / np.pi) ** 3
    overhead_s = klobuchar_m * (rays.carrier_hz / L1_HZ) ** 2 / slant / SPEED_OF_LIGHT
    return np.asarray(np.clip(overhead_s / _NIGHT_S - 1.0, 0.0, 1.0))


def _delay(model: IonosphereModel, heard: HeardIonosphere, rays: SightLines) -> Floats:
    if model is IonosphereModel.NONE:
        return np.zeros(len(rays.elevation))
    at = rays.time, rays.latitude, rays.longitude, rays.elevation, rays.azimuth, rays.carrier_hz
    if model is IonosphereModel.NEQUICK and heard.nequick is not None:
        return nequick_delay_m(heard.nequick.ai, rays.time, rays.receiver_ecef_m, rays.satellite_ecef_m, rays.carrier_hz)
    if model is IonosphereModel.BDGIM and heard.bdgim is not None:
        return bdgim_delay_m(heard.bdgim, *at)
    return klobuchar_delay_m(heard.klobuchar[_SYSTEM_OF[model].value], *at)
