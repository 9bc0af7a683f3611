"""Orbital slots: nominal, never-ending orbits that the broadcast ephemerides of a simulation are cut from.

Planes, heights and slot patterns follow the systems' own descriptions (GPS SPS performance standard, Galileo OS
service definition, BDS-SIS-ICD, PS-QZSS, GLONASS ICD); phases within a plane and small elements are drawn once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from gnss_gyro.basics.satellites import System, satellite
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.orbits.kepler import gravity_and_spin

REFERENCE: Final = GpsTime.from_calendar(2024, 1, 7)
"""Time at which the phases of the slots hold."""

GLONASS_CHANNELS: Final = (1, -4, 5, 6, 1, -4, 5, 6, -2, -7, 0, -1, -2, -7, 0, -1, 4, -3, 3, 2, 4, -3, 3, 2)
"""Frequency channels of slots 1 to 24: antipodal satellites share one."""

_BEIDOU_MEO: Final = (11, 12, 14, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34, 35, 36, 37, 41, 42, 43)
_BEIDOU_IGSO: Final = ((6, 118.0, 0), (7, 118.0, 120), (8, 118.0, 240), (9, 95.0, 0), (10, 95.0, 120), (13, 95.0, 240),
                       (38, 110.0, 0), (39, 110.0, 120), (40, 110.0, 240))  # fmt: skip
_BEIDOU_GEO: Final = ((1, 140.0), (2, 84.0), (3, 110.5), (4, 160.0), (5, 58.75))
_QZSS_QZO: Final = ((1, 139.0, 0), (2, 135.0, 130), (4, 135.0, 250))
_QZSS_GEO: Final = (7, 127.0)
_SIDEREAL_A_M: Final = 42_164_170.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A nominal orbit; angles [rad], at REFERENCE where they move.

    node is the longitude of the ascending node in the Earth-fixed frame; geosynchronous orbits keep their place.
    """

    satellite: int
    semi_major_axis_m: float
    eccentricity: float
    inclination: float
    node: float
    perigee: float
    mean_anomaly: float
    node_rate: float
    geosynchronous: bool
    harmonics: tuple[float, ...]  # cuc, cus, crc, crs, cic, cis
    af0: float
    af1: float
    group_delay_s: float
    mean_motion_difference: float


@lru_cache(maxsize=4)
def slots(seed: int = 1) -> tuple[Slot, ...]:
    """Every satellite of the five systems, GLONASS by its Kepler orbit too."""
    rng = np.random.default_rng(seed)
    gps = _planes(rng, System.GPS, tuple(range(1, 33)), 6, 26_559_800.0, 55.0, 0.012, 12.0)
    galileo = _planes(rng, System.GALILEO, tuple(range(1, 28)), 3, 29_600_300.0, 56.0, 4e-4, 3.0)
    beidou = _planes(rng, System.BEIDOU, _BEIDOU_MEO, 3, 27_906_100.0, 55.0, 1e-3, 3.0)
    glonass = _planes(rng, System.GLONASS, tuple(range(1, 25)), 3, 25_508_000.0, 64.8, 1e-3, 0.0)
    inclined = [_geosynchronous(rng, System.BEIDOU, n, lon, 55.0, 3e-3, 0.0, phase) for n, lon, phase in _BEIDOU_IGSO]
    quasi_zenith = [_geosynchronous(rng, System.QZSS, n, lon, 41.0, 0.075, 270.0, phase) for n, lon, phase in _QZSS_QZO]
    still = [_geosynchronous(rng, System.BEIDOU, n, lon, 1.0, 3e-4, 0.0, 10 * n) for n, lon in _BEIDOU_GEO]
    still.append(_geosynchronous(rng, System.QZSS, *_QZSS_GEO, 0.1, 3e-4, 0.0, 0.0))
    return tuple(gps + galileo + beidou + glonass + inclined + quasi_zenith + still)


def _planes(
    rng: np.random.Generator, system: System, numbers: tuple[int, ...], planes: int, a_m: float, inclination_deg: float,
    eccentricity: float, jitter_deg: float,
) -> list[Slot]:  # fmt: skip
    """A Walker-like constellation; satellite numbers are dealt plane by plane."""
    result = []
    for plane, members in enumerate(np.array_split(np.array(numbers), planes)):
        for k, number in enumerate(members):
            phase = 360.0 * (k / len(members) + plane / (planes * len(members))) + jitter_deg * rng.uniform(-1.0, 1.0)
            perigee = rng.uniform(0.0, 360.0)
            result.append(_slot(rng, satellite(system, int(number)), a_m, rng.uniform(0.1, 1.0) * eccentricity,
                                inclination_deg + rng.uniform(-0.8, 0.8), 360.0 / planes * plane + rng.uniform(-2.0, 2.0),
                                perigee, phase - perigee, False))  # fmt: skip
    return result


def _geosynchronous(
    rng: np.random.Generator, system: System, number: int, longitude_deg: float, inclination_deg: float,
    eccentricity: float, perigee_deg: float, phase_deg: float,
) -> Slot:  # fmt: skip
    """A satellite whose ground track stays about a longitude."""
    node = longitude_deg - perigee_deg - phase_deg
    return _slot(rng, satellite(system, number), _SIDEREAL_A_M, eccentricity, inclination_deg, node, perigee_deg, phase_deg, True)


def _slot(
    rng: np.random.Generator, code: int, a_m: float, eccentricity: float, inclination_deg: float, node_deg: float,
    perigee_deg: float, anomaly_deg: float, geosynchronous: bool,
) -> Slot:  # fmt: skip
    harmonics = rng.normal(0.0, 1.0, 6) * [2e-6, 4e-6, 100.0, 60.0, 1e-7, 1e-7] + [0.0, 5e-6, 200.0, 0.0, 0.0, 0.0]
    angles = np.radians([inclination_deg, node_deg, perigee_deg, anomaly_deg])
    return Slot(
        satellite=code, semi_major_axis_m=a_m, eccentricity=eccentricity, inclination=angles[0], node=angles[1],
        perigee=angles[2], mean_anomaly=angles[3], node_rate=-8.0e-9 if not geosynchronous else -2.0e-9,
        geosynchronous=geosynchronous, harmonics=tuple(float(h) for h in harmonics), af0=rng.uniform(-3e-4, 3e-4),
        af1=int(rng.integers(-12, 13)) * 2.0**-43, group_delay_s=rng.uniform(-1.0, 1.0) * 1e-8,
        mean_motion_difference=0.0 if geosynchronous else 4.5e-9,
    )  # fmt: skip


def mean_motion(slot: Slot, system: System) -> float:
    """Mean motion [rad/s]; geosynchronous slots hold their longitude for ever."""
    mu, spin = gravity_and_spin(system)
    if slot.geosynchronous:
        return spin - slot.node_rate
    return float(np.sqrt(mu / slot.semi_major_axis_m**3)) + slot.mean_motion_difference
