"""Position and clocks from pseudoranges: laws under a made-up sky."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observations import T0
from skies import CLOCK_S, PLACE, sky

from gnss_gyro.basics.frames import enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.corrections.applying import SlantDelays
from gnss_gyro.estimation.single_point import SinglePointOutcome as Outcome
from gnss_gyro.estimation.single_point import SinglePointSettings, Usage, single_point
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import slant_delay_m
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.protocols.messages import Klobuchar

ROUNDING_M = 1e-4
ROUNDING_S = 1e-12
AIR_M2 = 4.0
"""Variance of ionosphere and of troposphere, as a single point solution would believe it were there any."""
MAPPING_M = 0.15
"""Simple mapping of the troposphere against Niell's, above 15 degrees, as it gets into the height."""

GPS = tuple(f"G{n:02d}" for n in range(1, 10))
MIXED = ("G01", "G05", "G09", "G13", "R02", "R07", "E03", "E11", "E19", "C09", "C21", "J02", "J03")
KLOBUCHAR = Klobuchar("G", np.array([1.1e-8, 2.2e-8, -6e-8, -1.2e-7]), np.array([9.6e4, 1.3e5, -6.5e4, -5.9e5]))


def in_vacuum(s, **given):
    """Single point solution of a sky without air, where orbits and clocks are all that is not known exactly."""
    none, sigma2 = np.zeros(len(s.epoch)), np.full(len(s.epoch), AIR_M2)
    return single_point(s.epoch, s.states, delays=SlantDelays(none, sigma2, none, sigma2), **given)


class TestInVacuum:
    @pytest.mark.parametrize("names", [GPS, GPS[:4], MIXED])
    @pytest.mark.parametrize("start", [None, PLACE + 40.0, PLACE + 4e5, -PLACE, np.full(3, np.nan)])
    def test_the_loop_closes(self, names, start):
        s = sky(tuple(sorted(names, key=lambda name: "GRECJ".index(name[0]))))
        point = in_vacuum(s, start_ecef_m=start)
        assert point.outcome is Outcome.OK
        assert np.abs(point.position_ecef_m - PLACE).max() < ROUNDING_M
        for system in {name[0] for name in names}:
            assert abs(point.clock_s[SYSTEMS.index(System(system))] - CLOCK_S[system]) < ROUNDING_S
        assert point.used.all()
        assert np.abs(point.residual_m).max() < ROUNDING_M

    def test_unused_systems_have_no_clock(self):
        s = sky(GPS)
        known = ~np.isnan(in_vacuum(s).clock_s)
        assert [str(system) for system, there in zip(SYSTEMS, known, strict=True) if there] == ["G", "J"]

    @pytest.mark.parametrize("seed", range(20))
    @pytest.mark.parametrize("outliers", [1, 2, 3])
    def test_outliers_are_excluded_even_from_a_cold_start(self, seed, outliers):
        rng = np.random.default_rng(seed)
        s = sky((*GPS, "G20", "G21", "G22"), seed)
        bad = rng.choice(12, outliers, replace=False)
        change = rng.normal(0.0, 0.5, 12)
        change[bad] += rng.choice([-1.0, 1.0], outliers) * rng.uniform(60.0, 1e5, outliers)
        point = in_vacuum(s.with_code(change))
        assert point.outcome is Outcome.OK
        assert set(np.flatnonzero(point.usage == Usage.OUTLIER)) >= set(bad)
        assert np.linalg.norm(point.position_ecef_m - PLACE) < 12.0

    def test_one_outlier_among_five_is_noticed_but_not_found(self):
        s = sky(GPS[:5])
        point = in_vacuum(s.with_code(np.array([0.0, 3000.0, 0.0, 0.0, 0.0])))
        assert point.outcome is Outcome.INCONSISTENT

    def test_errors_agree_with_the_covariance(self):
        rng = np.random.default_rng(8)
        s = sky(MIXED[:4] + MIXED[6:9])
        settings = SinglePointSettings(noise=replace(SinglePointSettings().noise, code_m=5.0))
        nees = []
        for _ in range(300):
            first = in_vacuum(s, settings=settings, start_ecef_m=PLACE)
            sigma = 5.0 * 10.0 ** (5.0 / 20.0)  # at 45 dB-Hz
            noisy = s.with_code(rng.normal(0.0, sigma, len(s.epoch)))
            point = in_vacuum(noisy, settings=settings, start_ecef_m=PLACE)
            error = point.position_ecef_m - PLACE
            nees.append(error @ np.linalg.solve(point.covariance_m2[:3, :3], error))
            assert first.outcome is Outcome.OK
        assert 2.0 < np.mean(nees) < 3.4  # 3, less the orbits and the atmosphere that the covariance expects in vain


def test_atmosphere_is_corrected():
    s = sky(GPS)
    latitude, longitude, height = geodetic_from_ecef(PLACE)
    elevation, azimuth = elevation_azimuth(lines_of_sight(PLACE, s.states.position_m)[1], enu_from_ecef_at(PLACE))
    delay = slant_delay_m(T0, latitude, height, elevation)
    delay += klobuchar_delay_m(KLOBUCHAR, T0, latitude, longitude, elevation, azimuth)
    point = single_point(s.with_code(delay).epoch, s.states, KLOBUCHAR)
    assert np.abs(point.position_ecef_m - PLACE).max() < MAPPING_M
    assert point.elevation == pytest.approx(elevation, abs=1e-5)
    assert point.azimuth == pytest.approx(azimuth, abs=1e-4)


def test_reasons_are_told():
    s = sky(GPS)
    code, cn0, outcome = s.epoch.code_m.copy(), s.epoch.cn0_dbhz.copy(), s.states.outcome.copy()
    code[0], cn0[1], outcome[2] = np.nan, 20.0, OrbitOutcome.STALE
    epoch, states = replace(s.epoch, code_m=code, cn0_dbhz=cn0), replace(s.states, outcome=outcome)
    states.position_m[2] = np.nan
    low = np.sort(single_point(s.epoch, s.states).elevation)[1]
    point = single_point(epoch, states, settings=SinglePointSettings(elevation_mask=float(low) - 0.01, cn0_mask_dbhz=30.0))
    assert point.usage[:3].tolist() == [Usage.NO_CODE, Usage.WEAK, Usage.NO_STATE]
    assert np.count_nonzero(point.usage == Usage.LOW) <= 1
    assert point.outcome is Outcome.OK


@pytest.mark.parametrize("names", [(), GPS[:3], ("G01", "G02", "G03", "E01")])
def test_too_few(names):
    s = sky(names)
    point = single_point(s.epoch, s.states)
    assert point.outcome is Outcome.TOO_FEW_SATELLITES
    assert np.isnan(point.position_ecef_m).all()


def test_satellites_in_one_place_are_bad_geometry():
    s = sky(GPS)
    s.states.position_m[:] = s.states.position_m[0] + np.random.default_rng(1).normal(0.0, 1e3, (9, 3))
    point = single_point(s.epoch, s.states, start_ecef_m=PLACE)
    assert point.outcome in (Outcome.BAD_GEOMETRY, Outcome.NO_CONVERGENCE)


def test_nonsense_never_raises_nor_passes():
    rng = np.random.default_rng(4)
    s = sky(MIXED[:4] + MIXED[6:9])
    for _ in range(100):
        junk = s.with_code(rng.uniform(-1e7, 1e7, len(s.epoch)))
        assert single_point(junk.epoch, junk.states).outcome is not Outcome.OK


def test_dop_orders():
    s = sky(GPS)
    dop = single_point(s.epoch, s.states).dop
    assert dop.gdop > dop.pdop > max(dop.hdop, dop.vdop)
    assert dop.pdop == pytest.approx(np.hypot(dop.hdop, dop.vdop))
