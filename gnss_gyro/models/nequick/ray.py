"""Electrons along rays: the profile is made anew at every point, for it changes with the place.

The algorithm document puts receivers and satellites on a sphere at their geodetic latitude, longitude and height; the ray is
straight there. In vectors that needs no special case for poles and vertical rays.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.models.nequick.density import density
from gnss_gyro.models.nequick.layers import critical_e_mhz, fill_layers
from gnss_gyro.models.nequick.maps import FOF2_DEGREES, M3000_DEGREES, map_value
from gnss_gyro.models.nequick.modip import modified_dip_deg
from gnss_gyro.models.nequick.quadrature import NODES

Sky: TypeAlias = tuple[Floats, Floats, Floats, Floats, Floats]
"""Maps of foF2 (76,) and M(3000)F2 (49,), dip latitudes (39, 39), conditions (6,), and scratch room (4, 12)."""

EARTH_RADIUS_KM: Final = 6371.2
_CUTS_KM: Final = (120.0, 400.0, 1000.0, 2000.0, 1e9)
"""Heights at which the integral is cut: those of the algorithm document (F.2.3.3), the kink at the E peak, and one above F2."""
_TOLERANCE: Final = 3e-4
"""Disagreement of the two rules that is allowed to each piece, relative to the content below 1000 km."""
_DEEPEST: Final = 12
_POWERS, _MULTIPLES, SCRATCH_WIDTH = 12, 9, 12
"""Terms of the maps that a place needs: powers of the dip, multiples of the longitude."""
_LOWEST_MHZ: Final = 0.1
"""The maps, drawn out to suns that are quieter than quiet, might fall to zero; the logarithm needs more."""


@kernel
def fill_tec(receiver_km: Floats, satellites_km: Floats, sky: Sky, tec: Floats) -> None:
    """Writes tec (n,) [1e14/m^2] between a receiver (3,) and satellites (n, 3) on that sphere [km]; NaN for those unknown."""
    for i in range(len(satellites_km)):
        tec[i] = _along(receiver_km, satellites_km[i], sky)


@kernel
def _along(receiver_km: Floats, satellite_km: Floats, sky: Sky) -> float:
    """Content of one ray, part by part; places on it are distances from its point nearest to the centre of the Earth."""
    length = math.sqrt(np.sum((satellite_km - receiver_km) ** 2))
    if not length > 0.0:
        return length
    ray = np.empty((2, 3))
    ray[1] = (satellite_km - receiver_km) / length
    begin = np.sum(receiver_km * ray[1])
    ray[0] = receiver_km - begin * ray[1]
    square, last, content = np.sum(ray[0] ** 2), begin + length, 0.0
    allowed = _TOLERANCE * _two_rules(begin, min(last, _reach_km(1000.0, square)), ray, sky)[0]
    for cut_km in _CUTS_KM:
        end = min(last, _reach_km(cut_km, square))
        if end > begin:
            content += _part(begin, end, allowed, ray, sky)
            begin = end
    return content


@kernel
def _reach_km(height_km: float, nearest_square: float) -> float:
    """Distance from the nearest point at which an outgoing ray passes a height; 0 where it is always above."""
    return math.sqrt(max((EARTH_RADIUS_KM + height_km) ** 2 - nearest_square, 0.0))


@kernel
def _part(begin: float, end: float, allowed: float, ray: Floats, sky: Sky) -> float:
    """Integral over a part of a ray, halved until the two rules agree."""
    lefts, rights = np.empty(_DEEPEST + 1), np.empty(_DEEPEST + 1)
    lefts[0], rights[0] = begin, end
    smallest = (end - begin) * 0.5**_DEEPEST
    waiting, content = 1, 0.0
    while waiting:
        waiting -= 1
        left, right = lefts[waiting], rights[waiting]
        fine, rough = _two_rules(left, right, ray, sky)
        if abs(fine - rough) <= allowed or right - left <= smallest:
            content += fine
        else:
            middle = 0.5 * (left + right)
            lefts[waiting], rights[waiting] = middle, right
            lefts[waiting + 1], rights[waiting + 1] = left, middle
            waiting += 2
    return content


@kernel
def _two_rules(left: float, right: float, ray: Floats, sky: Sky) -> tuple[float, float]:
    """Integral between two places by the rule of fifteen points and by that of seven."""
    half, fine, rough = 0.5 * (right - left), 0.0, 0.0
    for k in range(len(NODES)):
        value = _density_at(left + half * (1.0 + NODES[k, 0]), ray, sky)
        fine += NODES[k, 1] * value
        rough += NODES[k, 2] * value
    return half * fine, half * rough


@kernel
def _density_at(along: float, ray: Floats, sky: Sky) -> float:
    """Electron density [1e11/m^3] at a distance along a ray (2, 3): its nearest point and its direction."""
    f2, m3, modip, conditions, scratch = sky
    x, y, z = ray[0, 0] + along * ray[1, 0], ray[0, 1] + along * ray[1, 1], ray[0, 2] + along * ray[1, 2]
    horizontal = math.sqrt(x * x + y * y)
    radius = math.sqrt(x * x + y * y + z * z)
    sin_latitude, cos_latitude = z / radius, horizontal / radius
    longitude = math.atan2(y, x)
    dip_deg = modified_dip_deg(modip, math.degrees(math.atan2(z, horizontal)), math.degrees(longitude))
    profile, powers, cosines, sines = scratch[0], scratch[1], scratch[2], scratch[3]
    _fill_powers(math.sin(math.radians(dip_deg)), powers)
    _fill_multiples(longitude, cosines, sines)
    critical_f2 = max(map_value(f2, FOF2_DEGREES, powers, cos_latitude, cosines, sines), _LOWEST_MHZ)
    m3000 = max(map_value(m3, M3000_DEGREES, powers, cos_latitude, cosines, sines), 1.0)
    critical_e = critical_e_mhz(conditions, sin_latitude, cos_latitude, longitude)
    fill_layers(conditions, critical_e, critical_f2, m3000, profile)
    return density(profile, max(radius - EARTH_RADIUS_KM, 0.0))


@kernel
def _fill_powers(base: float, powers: Floats) -> None:
    """Powers of a number from the zeroth on."""
    powers[0] = 1.0
    for j in range(1, _POWERS):
        powers[j] = powers[j - 1] * base


@kernel
def _fill_multiples(angle: float, cosines: Floats, sines: Floats) -> None:
    """Cosines and sines of the multiples of an angle from the zeroth on."""
    cosines[0], sines[0] = 1.0, 0.0
    cos_one, sin_one = math.cos(angle), math.sin(angle)
    for j in range(1, _MULTIPLES):
        cosines[j] = cosines[j - 1] * cos_one - sines[j - 1] * sin_one
        sines[j] = sines[j - 1] * cos_one + cosines[j - 1] * sin_one
