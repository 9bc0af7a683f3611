"""Velocity and clock drift from Doppler."""

from __future__ import annotations

import numpy as np
import pytest
from skies import DRIFT, PLACE, sky

from gnss_gyro.estimation.single_point import SinglePointOutcome, single_point
from gnss_gyro.estimation.velocity import velocity

ROUNDING_MPS = 1e-4
PLACE_EFFECT_MPS = 5e-3
"""A position some metres off turns the lines of sight of satellites that move at 4 km/s."""
NAMES = tuple(f"G{n:02d}" for n in range(1, 11))
SPEED = np.array([25.0, -12.0, 3.0])


def solved(s):
    return velocity(s.epoch, s.states, single_point(s.epoch, s.states, start_ecef_m=PLACE))


@pytest.mark.parametrize("speed", [np.zeros(3), SPEED, 300.0 * SPEED])
def test_the_loop_closes(speed):
    result = solved(sky(NAMES, velocity=speed))
    assert result.outcome is SinglePointOutcome.OK
    assert np.abs(result.velocity_ecef_mps - speed).max() < PLACE_EFFECT_MPS + 2e-5 * np.abs(speed).max()
    assert result.clock_drift == pytest.approx(DRIFT, abs=3e-11 + 1e-16 * np.abs(speed).max() * 300)


def test_outliers_are_excluded():
    rng = np.random.default_rng(2)
    for seed in range(20):
        s = sky(NAMES, seed, velocity=SPEED)
        change = rng.normal(0.0, 0.02, 10)
        change[[2, 5]] += 40.0, -3.0
        result = solved(s.with_rate(change))
        assert not result.used[[2, 5]].any()
        assert np.linalg.norm(result.velocity_ecef_mps - SPEED) < 0.5


def test_without_doppler_or_position_there_is_none():
    s = sky(NAMES)
    assert solved(s.with_rate(np.full(10, np.nan))).outcome is SinglePointOutcome.TOO_FEW_SATELLITES
    few = s.take(np.arange(3))
    assert solved(few).outcome is SinglePointOutcome.TOO_FEW_SATELLITES
    assert np.isnan(solved(few).velocity_ecef_mps).all()
