"""What navigation messages can hold: an ephemeris beyond it, as a damaged file may tell, was never broadcast.

Decoded messages are within these ranges by their bits. Sources: IS-GPS-200, tables 20-I and 20-III; Galileo OS SIS ICD, 5.1;
BDS-SIS-ICD B1I, 5.2.4; GLONASS ICD, table 4.5; by way of the decoders' own tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Final

from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris, KeplerEphemeris
from gnss_gyro.protocols.navigation import beidou_d1, beidou_d2, inav
from gnss_gyro.protocols.navigation.fields import ORBIT, Layout, limits
from gnss_gyro.protocols.navigation.glonass_strings import AXES
from gnss_gyro.protocols.navigation.glonass_strings import EPHEMERIS as GLONASS
from gnss_gyro.protocols.navigation.lnav_fields import ANGLES, SUBFRAME_1, SUBFRAME_2, SUBFRAME_3

_LAYOUTS: Final[Mapping[str, Layout]] = {
    "LNAV": {**SUBFRAME_1, **SUBFRAME_2, **SUBFRAME_3},
    "INAV": inav.EPHEMERIS,
    "FNAV": inav.EPHEMERIS,
    "D1": beidou_d1.EPHEMERIS,
    "D2": beidou_d2.EPHEMERIS,
}


def _ranges(layout: Layout) -> dict[str, tuple[float, float]]:
    """Smallest and largest quantity, half a bit included: files round."""
    found = {}
    for name, field in layout.items():
        low, high = limits(field)
        found[name] = ((low - 0.5) * field.scale, (high + 0.5) * field.scale)
    return found


_TURN: Final = (-2.0 * pi, 2.0 * pi)  # of angles all are the same that differ by turns
_KEPLER: Final = {
    source: {name: _TURN if name in ANGLES else within for name, within in _ranges(layout).items() if name in ORBIT}
    for source, layout in _LAYOUTS.items()
}
_GLONASS: Final = _ranges(GLONASS)


def out_of_range(ephemeris: Ephemeris) -> str:
    """Name of the first quantity that the ephemeris' message cannot hold; empty where all fit. Unknown (NaN) fits."""
    if isinstance(ephemeris, GlonassEphemeris):
        return _first_outside(_glonass_values(ephemeris), _GLONASS)
    return _first_outside(_kepler_values(ephemeris), _KEPLER.get(ephemeris.source, {}))


def _first_outside(values: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]) -> str:
    return next((name for name, (low, high) in ranges.items() if name in values and not _fits(values[name], low, high)), "")


def _fits(value: float, low: float, high: float) -> bool:
    return value != value or low <= value <= high


def _kepler_values(ephemeris: KeplerEphemeris) -> dict[str, float]:
    return {name: float(getattr(ephemeris, name)) for name in ORBIT}


def _glonass_values(ephemeris: GlonassEphemeris) -> dict[str, float]:
    vectors = {
        "position": ephemeris.position_m,
        "velocity": ephemeris.velocity_mps,
        "acceleration": ephemeris.acceleration_mps2,
    }
    values = {f"{name}_{axis}": float(vector[i]) for name, vector in vectors.items() for i, axis in enumerate(AXES)}
    return values | {"tau": -ephemeris.clock_bias_s, "gamma": ephemeris.frequency_bias}
