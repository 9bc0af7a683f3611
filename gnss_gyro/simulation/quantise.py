"""Ephemerides rounded to the last bits of the navigation messages, so that what a receiver decodes is the truth."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import Any, Final

import numpy as np

from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris
from gnss_gyro.protocols.navigation.fields import SEMICIRCLE

_COMMON: Final = {
    "sqrt_a": 2.0**-19,
    "eccentricity": 2.0**-33,
    **dict.fromkeys(("mean_anomaly", "inclination", "ascending_node", "perigee"), SEMICIRCLE * 2.0**-31),
    **dict.fromkeys(("mean_motion_difference", "inclination_rate", "ascending_node_rate"), SEMICIRCLE * 2.0**-43),
}
_ANGLE_HARMONICS: Final = ("cuc", "cus", "cic", "cis")
_RADIUS_HARMONICS: Final = ("crc", "crs")

LAST_BIT: Final[dict[str, dict[str, float]]] = {
    "LNAV": _COMMON
    | dict.fromkeys(_ANGLE_HARMONICS, 2.0**-29)
    | dict.fromkeys(_RADIUS_HARMONICS, 2.0**-5)
    | {"af0": 2.0**-31, "af1": 2.0**-43, "af2": 2.0**-55, "group_delay_s": 2.0**-31},
    "INAV": _COMMON
    | dict.fromkeys(_ANGLE_HARMONICS, 2.0**-29)
    | dict.fromkeys(_RADIUS_HARMONICS, 2.0**-5)
    | {"af0": 2.0**-34, "af1": 2.0**-46, "af2": 2.0**-59, "group_delay_s": 2.0**-32, "group_delay_2_s": 2.0**-32},
    "D1": _COMMON
    | dict.fromkeys(_ANGLE_HARMONICS, 2.0**-31)
    | dict.fromkeys(_RADIUS_HARMONICS, 2.0**-6)
    | {"af0": 2.0**-33, "af1": 2.0**-50, "af2": 2.0**-66, "group_delay_s": 1e-10, "group_delay_2_s": 1e-10},
}
LAST_BIT["D2"] = LAST_BIT["D1"]
"""Value of the last bit of every element (IS-GPS-200 20.3.3, Galileo OS SIS ICD 5.1, BDS-SIS-ICD B1I 5.2.4 and 5.3)."""


def quantised(ephemeris: Ephemeris) -> Ephemeris:
    """The nearest ephemeris that its navigation message can hold."""
    if isinstance(ephemeris, GlonassEphemeris):
        return _quantised_glonass(ephemeris)
    bits = LAST_BIT[ephemeris.source]
    values: dict[str, Any] = {name: _rounded(getattr(ephemeris, name), bit) for name, bit in bits.items()}
    if ephemeris.source == "LNAV":
        values["group_delay_2_s"] = float("nan")
    return replace(ephemeris, **values)


def _rounded(value: float, bit: float) -> float:
    return value if isnan(value) else round(value / bit) * bit


def _quantised_glonass(ephemeris: GlonassEphemeris) -> GlonassEphemeris:
    """GLONASS ICD L1/L2 5.1, table 4.5."""
    position, velocity, acceleration = 2.0**-11 * 1e3, 2.0**-20 * 1e3, 2.0**-30 * 1e3
    return replace(
        ephemeris,
        position_m=np.round(ephemeris.position_m / position) * position,
        velocity_mps=np.round(ephemeris.velocity_mps / velocity) * velocity,
        acceleration_mps2=np.round(ephemeris.acceleration_mps2 / acceleration) * acceleration,
        clock_bias_s=_rounded(ephemeris.clock_bias_s, 2.0**-30),
        frequency_bias=_rounded(ephemeris.frequency_bias, 2.0**-40),
    )
