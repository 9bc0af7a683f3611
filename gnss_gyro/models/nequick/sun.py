"""Where the sun stands, for the layer that it makes by the hour."""

from __future__ import annotations

import math
from typing import Final

from gnss_gyro.basics.kernels import kernel
from gnss_gyro.models.nequick.blending import blend

_DAY_TO_NIGHT_DEG: Final = 86.23292796211615
"""Zenith angle at which the night's rule takes over (algorithm document, 2.5.4.8)."""
_SINE_OF_OBLIQUITY: Final = 0.39782


def sine_of_declination(month: int, ut_h: float) -> float:
    """Sine of the sun's declination in the middle of a month (algorithm document, 2.5.4.6)."""
    days = 30.5 * month - 15.0 + (18.0 - ut_h) / 24.0
    anomaly = math.radians(0.9856 * days - 3.289)
    longitude = anomaly + math.radians(1.916 * math.sin(anomaly) + 0.020 * math.sin(2.0 * anomaly) + 282.634)
    return _SINE_OF_OBLIQUITY * math.sin(longitude)


@kernel
def effective_zenith(sin_declination: float, ut_h: float, sin_latitude: float, cos_latitude: float, longitude: float) -> float:
    """Zenith angle of the sun [rad], kept below 90 degrees by night (algorithm document, 2.5.4.7 and 2.5.4.8)."""
    hour_angle = math.pi * (ut_h / 12.0 - 1.0) + longitude
    cos_declination = math.sqrt(1.0 - sin_declination * sin_declination)
    cosine = sin_latitude * sin_declination + cos_latitude * cos_declination * math.cos(hour_angle)
    zenith_deg = math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))
    night_deg = 90.0 - 0.24 * math.exp(20.0 - 0.20 * zenith_deg)
    return math.radians(blend(night_deg, zenith_deg, 12.0, zenith_deg - _DAY_TO_NIGHT_DEG))
