"""Laws of phase wind-up."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest
from recordings import recording
from replays import orbits_in

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef, enu_from_ecef_at
from gnss_gyro.basics.rotations import enu_from_body
from gnss_gyro.basics.satellites import satellite
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.geometry import lines_of_sight
from gnss_gyro.models.wind_up import orbit_normal_axes, wind_up_cycles, yaw_steering_axes
from gnss_gyro.orbits.propagation import states_at

ROUNDING = 1e-12
MILLIMETRE_M = 0.6e-3
"""CLASLIB's table is written to 1 mm."""
LATITUDE, LONGITUDE = 0.6, 2.4
PLACE = ecef_from_geodetic(np.array([LATITUDE, LONGITUDE, 50.0]))
ENU = enu_from_ecef(LATITUDE, LONGITUDE)
SUN = 1.5e11 * np.array([0.3, -0.8, 0.52])


@pytest.fixture(name="satellites")
def _satellites():
    """Thirty above 10 degrees."""
    rng = np.random.default_rng(3)
    elevation, azimuth = rng.uniform(np.radians(10.0), np.radians(88.0), 30), rng.uniform(0.0, 2.0 * np.pi, 30)
    enu = np.column_stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    return PLACE + 2.2e7 * enu @ ENU


def unit_to(satellites):
    away = satellites - PLACE
    return away / np.linalg.norm(away, axis=1)[:, None]


def body_from_ecef(heading, pitch=0.0, roll=0.0):
    return enu_from_body(heading, pitch, roll).T @ ENU


@pytest.mark.parametrize("turns", [1, -1, 3])
def test_a_turn_of_the_antenna_is_a_cycle(satellites, turns):
    """Clockwise adds: it turns with the field of the right-handed wave, so that the phase falls behind as with distance."""
    axes, unit = yaw_steering_axes(satellites, SUN), unit_to(satellites)
    start = cycles = wind_up_cycles(unit, axes, body_from_ecef(0.0))
    for heading in np.linspace(0.0, 2.0 * np.pi * turns, 40 * abs(turns) + 1):
        cycles = wind_up_cycles(unit, axes, body_from_ecef(heading), cycles)
    np.testing.assert_allclose(cycles - start, turns, atol=1e-9)


def test_a_turn_about_the_line_of_sight_is_the_same_for_a_satellite_ahead():
    """In the zenith the wind-up is the heading itself, whatever the satellite's yaw; its own turn counts the same way."""
    zenith = PLACE + 2e7 * ENU[2:]
    up = ENU[2]
    for yaw in np.linspace(-2.0, 2.0, 9):
        x = np.cos(yaw) * ENU[0] + np.sin(yaw) * ENU[1]
        axes = np.stack([x, np.cross(-up, x), -up])[None]
        for heading in (-0.3, 0.0, 0.3):
            east_based = wind_up_cycles(unit_to(zenith), axes, body_from_ecef(heading + np.pi / 2.0))
            assert east_based[0] == pytest.approx((heading + yaw) / (2.0 * np.pi), abs=ROUNDING)


def test_it_is_the_phase_between_two_crossed_dipoles(satellites):
    """Independent derivation: dipoles along x and y, a quarter cycle apart, send and receive a right-handed wave."""
    rng = np.random.default_rng(5)
    axes, unit = yaw_steering_axes(satellites, SUN), unit_to(satellites)
    for _ in range(5):
        antenna = body_from_ecef(*rng.uniform(-0.7, 0.7, 3))
        found = wind_up_cycles(unit, axes, antenna)
        for k, satellite_axes, cycles in zip(-unit, axes, found, strict=True):
            e1 = np.cross(k, [0.1, 0.7, 0.2])
            e1 /= np.linalg.norm(e1)
            right = (e1 - 1j * np.cross(k, e1)) / np.sqrt(2.0)  # turns right-handed about the way of the wave
            sent = (satellite_axes[0] - 1j * satellite_axes[1]) @ right.conj()
            received = (antenna[0] - 1j * antenna[1]) @ right * sent
            assert np.exp(2j * np.pi * cycles) == pytest.approx(received.conj() / abs(received), abs=1e-9)


def test_mirror_images_wind_the_other_way():
    """Sun, place and an antenna axis in one plane: satellites mirrored by it have opposite wind-up, those in it none."""
    place, sun = np.array([6.4e6, 0.0, 0.0]), np.array([1.0e11, 0.0, 1.0e11])
    antenna = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])  # north, west, up
    rng = np.random.default_rng(6)
    satellites = np.column_stack([rng.uniform(1.5e7, 2.6e7, 20), *rng.uniform(-1.5e7, 1.5e7, (2, 20))])
    mirror = np.array([1.0, -1.0, 1.0])

    def cycles(at):
        away = at - place
        unit = away / np.linalg.norm(away, axis=1)[:, None]
        return wind_up_cycles(unit, yaw_steering_axes(at, sun), antenna)

    difference = cycles(satellites) + cycles(satellites * mirror)
    np.testing.assert_allclose(difference - np.rint(difference), 0.0, atol=1e-9)
    in_plane = cycles(satellites * np.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(2.0 * in_plane, np.rint(2.0 * in_plane), atol=1e-9)  # the Sun on this side or the other


def test_it_continues_the_value_before(satellites):
    axes, unit = yaw_steering_axes(satellites, SUN), unit_to(satellites)
    fresh = wind_up_cycles(unit, axes, ENU)
    assert (np.abs(fresh) <= 0.5).all()
    previous = fresh + np.arange(30) - 12.0 + 0.3
    previous[4] = np.nan
    continued = wind_up_cycles(unit, axes, ENU, previous)
    np.testing.assert_allclose(np.delete(continued - previous, 4), -0.3, atol=1e-9)
    assert continued[4] == fresh[4]


def test_axes_are_rotations_with_the_sun_on_the_side_of_x(satellites):
    axes = yaw_steering_axes(satellites, SUN)
    np.testing.assert_allclose(axes @ np.swapaxes(axes, 1, 2), np.broadcast_to(np.eye(3), axes.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0)
    sun = axes @ (SUN / np.linalg.norm(SUN))
    assert (sun[:, 0] > 0.0).all()
    np.testing.assert_allclose(sun[:, 1], 0.0, atol=1e-3)  # seen from the satellite, not from the Earth
    np.testing.assert_allclose(axes[:, 2], -satellites / np.linalg.norm(satellites, axis=1)[:, None])


def test_a_satellite_in_line_with_the_sun_has_no_yaw():
    satellites = np.array([0.2, -0.2])[:, None] * SUN / 1e3
    assert np.isnan(wind_up_cycles(unit_to(satellites), yaw_steering_axes(satellites, SUN), ENU)).all()


def test_without_yaw_x_flies_ahead():
    """A geostationary satellite rests on the turning Earth and flies east."""
    satellite = np.array([[4.2164e7 * np.cos(2.0), 4.2164e7 * np.sin(2.0), 0.0]])
    axes = orbit_normal_axes(satellite, np.zeros((1, 3)))
    np.testing.assert_allclose(axes[0, 0], [-np.sin(2.0), np.cos(2.0), 0.0], atol=ROUNDING)
    np.testing.assert_allclose(axes[0, 1], [0.0, 0.0, -1.0], atol=ROUNDING)


def test_against_claslib():
    """Wind-up of CLASLIB 0.8.3 [m] on L1 over a quarter of an hour of GPS and QZSS; it takes all satellites as without yaw."""
    folder = recording("clas_static")
    store = orbits_in([folder / "SEPT078M.21P", folder / "30340780.21q"])
    place = np.array([-3962108.673, 3381309.574, 3668678.638])
    letters, offset, wavelength_m = {"1": "G", "16": "J"}, {"1": 0, "16": 192}, SPEED_OF_LIGHT / L1_HZ
    compared = 0
    with gzip.open(folder / "claslib_osr_1hz.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if float(row["tow"]) % 60.0 or row["sys"] not in letters:
                continue
            time = GpsTime.from_week_tow(2149, float(row["tow"]))
            code = np.array([satellite(letters[row["sys"]], int(row["prn"]) - offset[row["sys"]])], np.int16)
            states = states_at(store, time, code, np.array([2.3e7]))
            range_m, _, _ = lines_of_sight(place, states.position_m)
            states = states_at(store, time, code, range_m)  # sent when it was
            _, unit, turned = lines_of_sight(place, states.position_m)
            axes = orbit_normal_axes(turned, states.velocity_mps)
            difference = wind_up_cycles(unit, axes, enu_from_ecef_at(place))[0] - float(row["wup1"]) / wavelength_m
            assert abs(difference - np.rint(difference)) * wavelength_m < MILLIMETRE_M
            compared += 1
    assert compared > 100
