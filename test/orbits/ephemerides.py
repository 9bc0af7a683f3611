"""Plausible ephemerides for tests."""

from __future__ import annotations

import math

import numpy as np

from gnss_gyro.basics.constants import EARTH_ROTATION_RATE_BEIDOU
from gnss_gyro.basics.satellites import System, satellite_from_name, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris

TOE = GpsTime.from_week_tow(2320, 122_400.0)
_SQRT_A = {System.GPS: 5153.6, System.QZSS: 6493.2, System.GALILEO: 5440.6, System.BEIDOU: 5282.6}
GEOSTATIONARY_SQRT_A = 6493.4


def kepler(name: str = "G05", **changes: object) -> KeplerEphemeris:
    """Elements of about a real satellite's size; any field can be set."""
    satellite = satellite_from_name(name)
    rng = np.random.default_rng(satellite)
    system = system_of(satellite)
    values: dict[str, object] = {
        "satellite": satellite,
        "source": {System.GALILEO: "INAV", System.BEIDOU: "D1"}.get(system, "LNAV"),
        "toe": TOE,
        "toc": TOE + 16.0,
        "transmitted": TOE - 7200.0,
        "issue": 72,
        "issue_clock": 72,
        "sqrt_a": _SQRT_A[system],
        "eccentricity": 0.0119,
        "mean_anomaly": rng.uniform(-math.pi, math.pi),
        "mean_motion_difference": 4.3e-9,
        "inclination": 0.97,
        "inclination_rate": -2.6e-10,
        "ascending_node": rng.uniform(-math.pi, math.pi),
        "ascending_node_rate": -8.3e-9,
        "perigee": 1.27,
        "cuc": -5.3e-6, "cus": 1.8e-6, "crc": 353.6, "crs": -98.2, "cic": 3.4e-8, "cis": -5.8e-8,
        "af0": -1.8e-4,
        "af1": -1.4e-12,
        "af2": 1e-19,
        "group_delay_s": -1.1e-8,
        "accuracy_m": 2.0,
    }  # fmt: skip
    return KeplerEphemeris(**{**values, **changes})  # type: ignore[arg-type]


def geostationary(name: str = "C01", **changes: object) -> KeplerEphemeris:
    """A BeiDou GEO: inclined by five degrees in its tilted frame, hence not at all in ECEF."""
    node_at_toe = EARTH_ROTATION_RATE_BEIDOU * (TOE.tow_s - 14.0) - math.pi
    unperturbed = dict.fromkeys(
        ("cuc", "cus", "crc", "crs", "cic", "cis", "mean_motion_difference", "ascending_node_rate", "inclination_rate"), 0.0
    )
    elements = {"source": "D2", "sqrt_a": GEOSTATIONARY_SQRT_A, "eccentricity": 3e-4, "inclination": math.radians(5.0),
                "ascending_node": node_at_toe, **unperturbed}  # fmt: skip
    return kepler(name, **{**elements, **changes})


def glonass(name: str = "R01", **changes: object) -> GlonassEphemeris:
    """A GLONASS state of real size."""
    values: dict[str, object] = {
        "satellite": satellite_from_name(name),
        "toe": TOE,
        "transmitted": TOE,
        "issue": 36,
        "position_m": np.array([-4_410_207.0, 12_862_709.5, 21_641_034.2]),
        "velocity_mps": np.array([-1357.08, -2621.53, 1278.44]),
        "acceleration_mps2": np.array([9.3e-7, 4.7e-7, -9.3e-7]),
        "clock_bias_s": -2.3e-5,
        "frequency_bias": 1e-12,
        "channel": -4,
    }
    return GlonassEphemeris(**{**values, **changes})  # type: ignore[arg-type]
