"""A service's word on an epoch of the array, and slips that the filter has not been told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from array_scenes import Scene, codes_of

from gnss_gyro.corrections.source import no_corrections
from gnss_gyro.vppp.array_epoch import PHASE_GRADE_M2
from gnss_gyro.vppp.corrected import corrected_array_epoch
from gnss_gyro.vppp.pending_slips import PendingSlips
from gnss_gyro.vppp.position import LocalFrame
from gnss_gyro.vppp.rows import design_of
from gnss_gyro.vppp.state import FIELD

MORE_M = 0.7


def designs(variance_m2: float):
    """Of an epoch as it is, and with slant delays of a service that are MORE_M longer."""
    epoch = Scene(np.random.default_rng(1)).epoch()
    corrections = replace(
        no_corrections(len(epoch)), ionosphere_m=epoch.ionosphere_m * (epoch.carrier_hz / 1_575.42e6) ** 2 + MORE_M,
        ionosphere_variance_m2=np.full(len(epoch), variance_m2),
    )  # fmt: skip
    frame = LocalFrame(epoch.place_ecef_m, epoch.enu_from_ecef)
    return design_of(epoch, frame), design_of(corrected_array_epoch(epoch, corrections), frame)


def test_a_grid_of_delays_moves_codes_and_leaves_phases_to_the_field():
    plain, told = designs(0.3**2)
    assert (plain.code_m - told.code_m > 0.9 * MORE_M).all()
    np.testing.assert_allclose(told.phase_m, plain.phase_m, atol=1e-9)
    np.testing.assert_array_equal(told.common_phase, plain.common_phase)
    assert not told.common_code[:, FIELD].any()


def test_delays_good_enough_for_phases_are_theirs_too():
    plain, told = designs(0.5 * PHASE_GRADE_M2)
    assert (told.phase_m - plain.phase_m > 0.9 * MORE_M).all()
    assert not told.common_phase[:, FIELD].any()


def test_what_was_not_heard_is_due_until_it_was_told():
    slips, satellites = PendingSlips(), codes_of("G01 G02 E03")
    assert not slips.due(satellites).any()
    slips.hear_nothing()
    slips.told(satellites[:2])
    np.testing.assert_array_equal(slips.due(satellites), [False, False, True])
