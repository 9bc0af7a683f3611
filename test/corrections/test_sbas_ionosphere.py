"""Delays of the grid as told: what spoils a cell, what only weakens it, and when it is too old."""

from __future__ import annotations

import numpy as np
import pytest
from sbas_scene import PLACE, T0

from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.corrections.sbas_degradation import GIVE_VARIANCE_M2
from gnss_gyro.corrections.sbas_ionosphere import SbasIonosphere
from gnss_gyro.corrections.source import Viewpoint
from gnss_gyro.protocols.sbas.messages import IonosphereDelays, IonosphereMask

ZENITH = Viewpoint(ecef_from_geodetic(PLACE), np.array([np.pi / 2]), np.array([0.0]))
"""Pierces the shell at 40.1 degrees north, 105.15 west."""
CELL = ((40, -110), (40, -105), (45, -110), (45, -105))
DELAYS = (2.0, 3.0, 4.0, 6.0)
X, Y = (110.0 - 105.15) / 5.0, 0.1 / 5.0
SQUARE_M = (1 - Y) * ((1 - X) * 2.0 + X * 3.0) + Y * ((1 - X) * 4.0 + X * 6.0)
TRIANGLE_M = 3.0 + (1 - X) * (2.0 - 3.0) + Y * (6.0 - 3.0)


def grid(delays=DELAYS, givei=(9, 9, 9, 9), told_s=0.0, points=CELL) -> SbasIonosphere:
    ionosphere = SbasIonosphere()
    ionosphere.feed_mask(IonosphereMask(1, 0, points), T0)
    fill = 15 - len(delays)
    ionosphere.feed_delays(IonosphereDelays(1, 0, 0, (*delays, *[0.0] * fill), (*givei, *[15] * fill)), T0 + told_s)
    return ionosphere


def zenith(ionosphere, after_s=0.0):
    delay, variance, age_s = ionosphere.slant(T0 + after_s, ZENITH, None)
    return float(delay[0]), float(variance[0]), float(age_s[0])


def test_four_points():
    assert zenith(grid(), 5.0) == pytest.approx((SQUARE_M, GIVE_VARIANCE_M2[9], 5.0))


def test_a_point_not_monitored_leaves_a_triangle():
    assert zenith(grid(givei=(9, 9, 15, 9)))[0] == pytest.approx(TRIANGLE_M)


def test_a_point_not_told_yet_leaves_a_triangle():
    first = CELL[:2] + CELL[3:]
    points = (*first, *((latitude, -140) for latitude in range(-55, 5, 5)), CELL[2])  # the 16th is of another block
    assert zenith(grid((2.0, 3.0, 6.0), (9, 9, 9), points=points))[0] == pytest.approx(TRIANGLE_M)


@pytest.mark.parametrize("givei", [0, 15])
@pytest.mark.parametrize("point", range(4))
def test_a_point_not_to_be_used_spoils_the_cell(point, givei):
    delays = [float("nan") if i == point else delay for i, delay in enumerate(DELAYS)]
    errors = [givei if i == point else 9 for i in range(4)]
    assert np.isnan(zenith(grid(delays, errors))[0])


@pytest.mark.parametrize(("after_s", "there"), [(-0.5, False), (0.0, True), (600.0, True), (600.5, False)])
def test_delays_last_ten_minutes(after_s, there):
    assert np.isfinite(zenith(grid(told_s=3.0), 3.0 + after_s)[0]) == there


def test_delays_of_another_issue_are_not_of_this_mask():
    ionosphere = grid()
    ionosphere.feed_mask(IonosphereMask(1, 1, CELL), T0 + 1.0)
    assert np.isnan(zenith(ionosphere, 2.0)[0])


def test_older_messages_change_nothing():
    ionosphere = grid(told_s=5.0)
    ionosphere.feed_delays(IonosphereDelays(1, 0, 0, (50.0,) * 15, (9,) * 15), T0 + 1.0)
    ionosphere.feed_mask(IonosphereMask(1, 3, CELL), T0 - 1.0)
    assert zenith(ionosphere, 6.0)[0] == pytest.approx(SQUARE_M)
