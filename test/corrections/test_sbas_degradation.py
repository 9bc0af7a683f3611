"""Degradation of SBAS corrections by the formulas of RTCA DO-229, A.4.5."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.corrections import sbas_degradation as degradation
from gnss_gyro.protocols.sbas.messages import DegradationParameters

PARAMETERS = DegradationParameters(
    b_rrc_m=0.108, c_ltc_lsb_m=0.076, c_ltc_v1_mps=0.0038, i_ltc_v1_s=256.0, c_ltc_v0_m=0.304, i_ltc_v0_s=100.0,
    c_geo_lsb_m=0.1555, c_geo_v_mps=0.00415, i_geo_s=256.0, c_er_m=3.0, c_iono_step_m=0.836, i_iono_s=300.0,
    c_iono_ramp_mps=0.0, rss_udre=False, rss_iono=False, c_covariance=0.0,
)  # fmt: skip
"""WAAS, as recorded in 2025."""


def test_tables_are_whole_and_rise():
    assert len(degradation.UDRE_VARIANCE_M2) == 14
    assert len(degradation.GIVE_VARIANCE_M2) == 15
    assert (np.diff(degradation.UDRE_VARIANCE_M2) > 0.0).all()
    assert (np.diff(degradation.GIVE_VARIANCE_M2) > 0.0).all()
    assert (np.diff([degradation.fast_timeout_s(index) for index in range(16)]) <= 0.0).all()
    assert (np.diff([degradation.fast_degradation_m(index, 0.0, 10.0) for index in range(16)]) > 0.0).all()


@pytest.mark.parametrize(("index", "bound_m"), [(0, 0.75), (5, 3.0), (11, 15.0), (13, 150.0)])
def test_udre_variances_are_those_of_the_bounds(index, bound_m):
    """UDRE bounds the error at 3.29 sigma (table A-6)."""
    assert 3.29 * degradation.UDRE_VARIANCE_M2[index] ** 0.5 == pytest.approx(bound_m, rel=2e-3)


@pytest.mark.parametrize(("index", "bound_m"), [(0, 0.3), (9, 3.0), (12, 6.0), (13, 15.0), (14, 45.0)])
def test_give_variances_are_those_of_the_bounds(index, bound_m):
    """GIVE, too (table A-17)."""
    assert 3.29 * degradation.GIVE_VARIANCE_M2[index] ** 0.5 == pytest.approx(bound_m, rel=6e-3)


@pytest.mark.parametrize(
    ("issues", "interval_s", "expected_m"),
    [
        ((1, 0), 6.0, 0.0),
        ((0, 2), 6.0, 0.0),
        ((2, 0), 6.0, (0.0058 * 18.0 / 4.0 + 0.108 / 6.0) * 4.0),
        ((1, 1), 6.0, (0.0058 * 18.0 / 4.0 + 0.108 / 6.0) * 4.0),
        ((3, 1), 9.0, 0.0),
        ((1, 3), 6.0, (0.0058 * 3.0 / 2.0 + 0.108 / 6.0) * 4.0),
    ],
)
def test_rates_across_issues(issues, interval_s, expected_m):
    assert degradation.rate_degradation_m(15, issues, interval_s, 4.0, PARAMETERS) == pytest.approx(expected_m)


@pytest.mark.parametrize(
    ("moving", "age_s", "after_s", "expected_m"),
    [
        (False, 99.0, 0.0, 0.0),
        (False, 201.0, 0.0, 0.608),
        (True, 300.0, 0.0, 0.0),
        (True, 300.0, 256.0, 0.0),
        (True, 1.0, 276.0, 0.076 + 0.0038 * 20.0),
        (True, 1.0, -10.0, 0.076 + 0.0038 * 10.0),
    ],
)
def test_long_term_corrections(moving, age_s, after_s, expected_m):
    assert degradation.long_term_degradation_m(PARAMETERS, moving, age_s, after_s) == pytest.approx(expected_m)
    assert degradation.long_term_degradation_m(None, moving, age_s, after_s) == 0.0


def test_grid_points():
    assert degradation.grid_variance_m2(9, 299.0, PARAMETERS) == pytest.approx(0.8315)
    assert degradation.grid_variance_m2(9, 301.0, PARAMETERS) == pytest.approx((0.8315**0.5 + 0.836) ** 2)
    assert degradation.grid_variance_m2(9, 301.0, replace(PARAMETERS, rss_iono=True)) == pytest.approx(0.8315 + 0.836**2)
    assert degradation.grid_variance_m2(9, 301.0, None) == 0.8315


def test_intervals_of_zero_are_no_steps():
    never = replace(PARAMETERS, i_ltc_v0_s=0.0, i_iono_s=0.0)
    assert degradation.long_term_degradation_m(never, False, 300.0, 0.0) == 0.0
    assert degradation.grid_variance_m2(0, 300.0, never) == pytest.approx(0.0084)
