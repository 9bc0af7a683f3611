"""Signal path of the array filter: the ionosphere field's geometry, and delays without steps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from array_scenes import AXES, PLACE, codes_of, spread_sky

from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.protocols.messages import NequickCoefficients
from gnss_gyro.simulation.errors import KLOBUCHAR
from gnss_gyro.vppp.ionosphere_field import SHELL_M, FieldPrior, field_design, slant_factor
from gnss_gyro.vppp.signal_errors import BIAS_VARIANCE_M2, CLOCK_GROUPS, clock_group, signal_in_space_sigma_m
from gnss_gyro.vppp.sky_delays import KNOT_NS, DelayTrack, Sky

EARTH_M = 6_371e3
STEP_M = 1e-4  # within a tenth of a second
EQUAL_M = 1e-6
RAMP = 1.1  # of an even change: delays of the day and slants go on changing beside it
FLAT_TOLERANCE = 0.05  # of the offsets: the field is flat, the Earth is not
L5_HZ = 1_176.45e6
T0 = GpsTime.from_calendar(2026, 6, 10, 3, 10)
NAMES = "G01 G02 G03 G04 G05 E01 E02 E03 E04 C20"
MORE_SUN = replace(KLOBUCHAR, alpha=KLOBUCHAR.alpha * 2.0)


def test_slants_are_one_overhead_and_grow_towards_the_horizon():
    elevation = np.radians([90.0, 60.0, 30.0, 10.0, 0.0])
    factor = slant_factor(elevation)
    assert factor[0] == pytest.approx(1.0)
    assert (np.diff(factor) > 0.0).all()
    assert factor[-1] == pytest.approx((EARTH_M + SHELL_M) / np.sqrt((EARTH_M + SHELL_M) ** 2 - EARTH_M**2))


def pierce_point(elevation: float, azimuth: float) -> tuple[float, float]:
    """Great-circle distance [m] and incidence angle [rad] where a straight ray meets the shell, by vectors."""
    ray = np.array([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    start = np.array([0.0, 0.0, EARTH_M])
    along = -start @ ray + np.sqrt((start @ ray) ** 2 + (EARTH_M + SHELL_M) ** 2 - EARTH_M**2)
    pierced = (start + along * ray) / (EARTH_M + SHELL_M)
    return EARTH_M * np.arccos(pierced[2]), np.arccos(pierced @ ray)


def test_the_field_is_read_where_the_ray_meets_the_shell():
    elevation = np.radians([85.0, 60.0, 40.0, 25.0, 12.0])
    azimuth = np.radians([10.0, 100.0, 200.0, 290.0, 355.0])
    design = field_design(elevation, azimuth, np.full(5, L1_HZ))
    for row, e, a in zip(design, elevation, azimuth, strict=True):
        away_m, incidence = pierce_point(e, a)
        slant = 1.0 / np.cos(incidence)
        north, east = away_m / 1e6 * np.cos(a), away_m / 1e6 * np.sin(a)
        expected = slant * np.array([1.0, north, east, north * north, north * east, east * east])
        np.testing.assert_allclose(row, expected, atol=1e-9)


def test_pierce_points_lie_where_spherical_trigonometry_puts_them():
    """North and east on the flat field against latitude and longitude on the sphere from 35 degrees north."""
    latitude, elevation = np.radians(35.0), np.radians(30.0)
    for azimuth in np.radians([0.0, 90.0, 180.0, 270.0, 45.0]):
        row = field_design(np.array([elevation]), np.array([azimuth]), np.array([L1_HZ]))[0]
        north, east = row[1] / row[0], row[2] / row[0]
        arc = pierce_point(elevation, azimuth)[0] / EARTH_M
        there = np.arcsin(np.sin(latitude) * np.cos(arc) + np.cos(latitude) * np.sin(arc) * np.cos(azimuth))
        around = np.arcsin(np.sin(azimuth) * np.sin(arc) / np.cos(there))
        expected = EARTH_M / 1e6 * np.array([there - latitude, around * np.cos((latitude + there) / 2.0)])
        np.testing.assert_allclose([north, east], expected, atol=FLAT_TOLERANCE * arc * EARTH_M / 1e6)


def test_delays_go_with_the_inverse_square_of_the_frequency():
    elevation, azimuth = np.radians([30.0]), np.radians([77.0])
    one, other = (field_design(elevation, azimuth, np.array([hz])) for hz in (L1_HZ, L5_HZ))
    np.testing.assert_allclose(other, one * (L1_HZ / L5_HZ) ** 2)


def test_the_prior_scales_with_the_delay_above_its_floor():
    prior = FieldPrior(vertical=(0.2, 0.3), gradient=(0.1, 0.2), bend=(0.05, 0.1))
    np.testing.assert_allclose(np.sqrt(prior.variance(0.0)), [0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(np.sqrt(prior.variance(1e4)), [2e3, 1e3, 1e3, 500, 500, 500], rtol=1e-6)
    assert (np.diff([prior.variance(v) for v in np.linspace(0.0, 10.0, 11)], axis=0) > 0.0).all()


def test_clock_groups_keep_systems_apart_and_beidou_s_generations():
    group = clock_group(codes_of("G01 R01 E01 C06 C18 C19 C30 J02"))
    assert clock_group(codes_of("C06"))[0] == clock_group(codes_of("C18"))[0] != clock_group(codes_of("C19"))[0]
    assert len(set(group.tolist())) == 6
    assert group.max() < CLOCK_GROUPS == len(BIAS_VARIANCE_M2)
    assert clock_group(codes_of("G01"))[0] == 0


def test_a_worse_stated_accuracy_scales_the_usual_one_and_a_better_one_does_not():
    group = clock_group(codes_of("G01 E01 C20"))
    usual = signal_in_space_sigma_m(group, np.full(3, np.nan))
    np.testing.assert_array_equal(signal_in_space_sigma_m(group, np.full(3, 0.01)), usual)
    poor = signal_in_space_sigma_m(group, np.full(3, 100.0))
    np.testing.assert_allclose(signal_in_space_sigma_m(group, np.full(3, 400.0)), 2.0 * poor)
    assert (poor > usual).all()


class MovingSky:
    """Satellites on circles about the Earth, at 4 km/s, and what was heard of the ionosphere."""

    def __init__(self, seed: int = 1, names: str = NAMES) -> None:
        rng = np.random.default_rng(seed)
        self.satellite = codes_of(names)
        n = len(self.satellite)
        enu = spread_sky(n, rng)[2]
        self.start = PLACE + 2.2e7 * enu @ AXES
        radius = np.linalg.norm(self.start, axis=1, keepdims=True)
        along = np.cross(self.start, rng.normal(size=(n, 3)))
        self.along = radius * along / np.linalg.norm(along, axis=1, keepdims=True)
        self.rate = 3900.0 / radius

    def at(self, seconds: float, rows: np.ndarray | None = None) -> Sky:
        rows = np.arange(len(self.satellite)) if rows is None else rows
        satellite, time = self.satellite[rows], GpsTime(T0.ns + round(seconds * NS))
        states_of = partial(self.states, seconds)
        elevation, _ = angles(states_of(satellite)[0])
        return Sky(time, PLACE, satellite, elevation, np.full(len(rows), L1_HZ), states_of)

    def states(self, seconds: float, satellite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        turned, rows = self.rate * seconds, np.searchsorted(self.satellite, satellite)
        position = self.start * np.cos(turned) + self.along * np.sin(turned)
        velocity = self.rate * (self.along * np.cos(turned) - self.start * np.sin(turned))
        return position[rows], velocity[rows]


def angles(position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Elevation and azimuth (k,), (k,) [rad] of satellites (k, 3)."""
    return elevation_azimuth(lines_of_sight(PLACE, position)[1], AXES)


def heard(parameters=KLOBUCHAR) -> HeardIonosphere:
    return HeardIonosphere({"G": parameters})


def bends(values: np.ndarray) -> np.ndarray:
    """Steps between neighbouring epochs, less the step before."""
    return np.abs(np.diff(values, 2, axis=0))


def test_delays_have_no_steps():
    """At ten epochs a second over three knots."""
    sky, track = MovingSky(), DelayTrack()
    delays = [track.at(sky.at(tenth / 10.0), heard()) for tenth in range(1000)]
    assert bends(np.array([each.ionosphere_m for each in delays])).max() < STEP_M
    assert bends(np.array([each.troposphere_m for each in delays])).max() < STEP_M


@pytest.mark.parametrize("before", [heard(MORE_SUN), HeardIonosphere()], ids=["others", "none"])
def test_new_parameters_come_in_over_the_time_between_two_knots(before):
    sky, track = MovingSky(), DelayTrack()
    found = [track.at(sky.at(t / 10.0), before if t < 437 else heard()).ionosphere_m for t in range(1100)]
    step = np.abs(np.diff(found, axis=0)).max(axis=0)
    change = np.abs(found[0] - DelayTrack().at(sky.at(0.0), heard()).ionosphere_m)
    assert (change > 1.0).all()
    assert (step < RAMP * change / (KNOT_NS / NS * 10.0) + 1e-3).all()
    np.testing.assert_allclose(found[-1], DelayTrack().at(sky.at(109.9), heard()).ionosphere_m, atol=1e-3)


def test_at_the_knots_the_delays_are_those_of_the_model():
    """Knots reached along a path of 30 s lie within a millimetre of the model there; one computed on the spot is it."""
    sky, track, knot_s = MovingSky(), DelayTrack(IonosphereModel.KLOBUCHAR), KNOT_NS / NS
    first_s = -(T0.ns % KNOT_NS) / NS + knot_s
    latitude, longitude, _ = map(float, geodetic_from_ecef(PLACE))
    for number, tolerance in ((0, EQUAL_M), (1, 1e-3)):
        if number:
            for second in range(30):
                track.at(sky.at(first_s + second), heard())
        now = sky.at(first_s + number * knot_s)
        model = klobuchar_delay_m(KLOBUCHAR, now.time, latitude, longitude, *angles(now.states_of(now.satellite)[0]))
        np.testing.assert_allclose(track.at(now, heard()).ionosphere_m, model, rtol=0.0, atol=tolerance)
    assert track.model is IonosphereModel.KLOBUCHAR


def test_a_satellite_that_rises_between_knots_touches_no_other():
    sky, late = MovingSky(), np.arange(1, 10)
    alone, joined = DelayTrack(), DelayTrack()
    for second in range(20):
        with_all = joined.at(sky.at(second, None if second >= 9 else late), heard())
        without = alone.at(sky.at(second, late), heard())
        np.testing.assert_array_equal(with_all.ionosphere_m[-9:], without.ionosphere_m)
    assert with_all.ionosphere_m[0] > 0.0


def test_another_carrier_is_delayed_by_the_inverse_square():
    sky = MovingSky().at(3.0)
    one = DelayTrack().at(sky, heard())
    other = DelayTrack().at(replace(sky, carrier_hz=np.full(10, L5_HZ)), heard())
    np.testing.assert_allclose(other.ionosphere_m, one.ionosphere_m * (L1_HZ / L5_HZ) ** 2)
    np.testing.assert_array_equal(other.troposphere_m, one.troposphere_m)


def test_unheard_parameters_leave_more_to_the_field():
    sky = MovingSky().at(0.0)
    told, untold = DelayTrack().at(sky, heard()), DelayTrack().at(sky, HeardIonosphere())
    assert (untold.field_variance > told.field_variance).all()
    none = DelayTrack(IonosphereModel.NONE).at(sky, HeardIonosphere())
    assert not none.ionosphere_m.any()


def test_reset_forgets_the_knots():
    sky, track = MovingSky(), DelayTrack()
    track.at(sky.at(0.0), heard())
    track.reset()
    np.testing.assert_array_equal(
        track.at(sky.at(1.0), heard(MORE_SUN)).ionosphere_m, DelayTrack().at(sky.at(1.0), heard(MORE_SUN)).ionosphere_m
    )


def test_a_model_that_joins_the_mean_is_another_model():
    """NeQuick's coefficients come within half a minute, Klobuchar's up to 12.5 minutes later."""
    track, alone = DelayTrack(), HeardIonosphere(nequick=NequickCoefficients((80.0, 0.1, 0.001)))
    both = replace(alone, klobuchar={"G": KLOBUCHAR})
    assert track.changes_with(alone)
    assert not track.changes_with(alone)
    assert track.changes_with(both)
    assert not track.changes_with(both)
