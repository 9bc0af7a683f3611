"""SBAS as a source: every number by hand, every rule of what may be used when (RTCA DO-229, A.4.4, A.4.5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sbas_samples as sample
from hypothesis import given, settings
from hypothesis import strategies as st
from sbas_scene import (
    ISSUES,
    MASK_NUMBERS,
    OTHER_PRN,
    PRN,
    SATELLITES,
    STEPS,
    T0,
    UDREI,
    VIEW,
    fed,
    grid_messages,
    long_term_messages,
    service,
    told,
)

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.corrections.sbas import Sbas
from gnss_gyro.corrections.sbas_degradation import GIVE_VARIANCE_M2, UDRE_VARIANCE_M2
from gnss_gyro.corrections.sbas_grid import obliquity
from gnss_gyro.protocols.sbas.words import SbasAssembler

ROUNDING_M = 1e-9
CLOCK_STEP_M = SPEED_OF_LIGHT * 2.0**-31
FACTOR_MPS2 = 0.0058
"""Of index 15, the scene's."""
LATENCY_S = 2.0


def ask(source, after_s=0.0, issues=ISSUES):
    return source.at(T0 + after_s, SATELLITES, issues, VIEW)


def without(messages, *kinds):
    return [message for message in messages if message.kind not in kinds]


def test_orbits_clocks_and_ranges_add_up():
    found = ask(fed(Sbas(), service()))
    for row, slot in ((0, 1), (1, 2), (2, 3), (4, 5)):
        np.testing.assert_allclose(found.orbit_ecef_m[row], [1.0 * slot, -1.0, 0.5], atol=ROUNDING_M)
        assert found.clock_m[row] == pytest.approx(10 * slot * CLOCK_STEP_M + 0.125 * STEPS[row], abs=ROUNDING_M)
    assert np.isnan(found.clock_m[[3, 5, 6]]).all()
    assert found.forbidden.tolist() == [False, False, False, True, False, False, False]


def test_variance_is_udre_and_its_degradation():
    found = ask(fed(Sbas(), service()))
    expected = [(UDRE_VARIANCE_M2[UDREI[row]] ** 0.5 + FACTOR_MPS2 * (2.0 + LATENCY_S) ** 2 / 2.0) ** 2 for row in (0, 1, 2)]
    np.testing.assert_allclose(found.variance_m2[:3], expected, rtol=1e-12)
    assert found.age_s[0] == 20.0  # the long-term correction is the older part


def test_the_ionosphere_is_slant_and_for_every_system():
    found = ask(fed(Sbas(), service()))
    up = VIEW.elevation > 0.0
    np.testing.assert_allclose(found.ionosphere_m[up], 3.0 * obliquity(VIEW.elevation)[up], rtol=1e-12)
    np.testing.assert_allclose(
        found.ionosphere_variance_m2[up], GIVE_VARIANCE_M2[5] * obliquity(VIEW.elevation)[up] ** 2, rtol=1e-12
    )
    assert np.isnan(found.ionosphere_m[~up]).all()


def test_a_range_that_moves_is_carried_on():
    """Two corrections six seconds apart, the last two seconds old: a third of the step is added; the next issue costs nothing."""
    messages = [*service()[:-1], told(sample.fast(2, [s + 6 for s in STEPS], UDREI, issue=1), -2.0)]
    still, moved = ask(fed(Sbas(), service())), ask(fed(Sbas(), messages))
    np.testing.assert_allclose((moved.clock_m - still.clock_m)[:3], 0.125 * (6.0 + 2.0), atol=ROUNDING_M)
    np.testing.assert_allclose(moved.variance_m2[:3], still.variance_m2[:3], rtol=1e-12)


def test_a_range_told_twice_is_carried_on_alike():
    messages = [*service()[:-1], told(sample.fast(2, [s + 6 for s in STEPS], UDREI, issue=1), -2.0)]
    once, twice = ask(fed(Sbas(), messages)), ask(fed(Sbas(), [*messages, messages[-1]]))
    np.testing.assert_array_equal(once.clock_m, twice.clock_m)
    np.testing.assert_array_equal(once.variance_m2, twice.variance_m2)


@pytest.mark.parametrize("late_s", [-1.0, 0.0, 1.0])
def test_two_antennas_that_hear_the_same_are_as_good_as_one(late_s):
    messages = [*service()[:-1], told(sample.fast(2, [s + 6 for s in STEPS], UDREI, issue=1), -2.0)]
    heard_twice = [copy for m in messages for copy in (m, replace(m, time=m.time + late_s))]
    one, two = ask(fed(Sbas(), messages)), ask(fed(Sbas(), heard_twice))
    np.testing.assert_array_equal(one.clock_m, two.clock_m)
    np.testing.assert_array_equal(one.variance_m2, two.variance_m2)


def test_a_long_term_correction_of_later_is_not_used():
    later = sample.still_half(sample.still(1, 30, (80, 0, 0), 0))
    found = ask(fed(Sbas(), [*service(), told(sample.long_term(later), 1.0)]))
    assert np.isnan(found.clock_m[0])
    assert np.isfinite(found.clock_m[1])


def test_a_range_is_not_carried_on_where_clocks_do_not_run_away():
    degradation = told(sample.fast_degradation(2, [0] * 51), -40.0)
    messages = [*service()[:-1], degradation, told(sample.fast(2, [s + 6 for s in STEPS], UDREI, issue=1), -2.0)]
    found = ask(fed(Sbas(), messages))
    assert found.clock_m[0] == pytest.approx(10 * CLOCK_STEP_M + 0.125 * (STEPS[0] + 6), abs=ROUNDING_M)
    assert found.variance_m2[0] == pytest.approx(UDRE_VARIANCE_M2[5])


def test_a_missed_issue_costs_variance():
    """eps_rrc = (a I / 4 + B / dt) (t - t_of), added to UDRE and eps_fc (A.4.5.1.2); B was not told."""
    messages = [*service()[:-1], told(sample.fast(2, STEPS, UDREI, issue=2), -2.0)]
    degradation_m = FACTOR_MPS2 * (2.0 + LATENCY_S) ** 2 / 2.0 + FACTOR_MPS2 * 18.0 / 4.0 * 2.0
    assert ask(fed(Sbas(), messages)).variance_m2[0] == pytest.approx((UDRE_VARIANCE_M2[5] ** 0.5 + degradation_m) ** 2)


def test_only_the_matching_ephemeris_is_corrected_and_two_are_known():
    other = sample.still(1, 99, (80, 0, 0), 0)
    source = fed(Sbas(), [*service(), told(sample.long_term(sample.still_half(other)), -1.0)])
    old, new = ask(source), ask(source, issues=np.where(np.arange(len(ISSUES)) == 0, 99, ISSUES))
    assert (old.orbit_ecef_m[0, 0], new.orbit_ecef_m[0, 0]) == (1.0, 10.0)
    third = sample.still(1, 98, (40, 0, 0), 0)
    source.feed(told(sample.long_term(sample.still_half(third)), 0.0))
    assert np.isnan(ask(source).clock_m[0])  # the oldest of three is forgotten


def test_a_long_term_correction_that_moves():
    after = (T0.tow_s % 86_400.0) % 16.0 + 160.0
    steps = int((T0.tow_s % 86_400.0 - after) / 16.0)
    half = sample.moving_half(1, 30, (8, 0, -8), 0, (2, -4, 0), 128 - 256, steps)
    found = ask(fed(Sbas(), [*service(), told(sample.long_term(half), -1.0)]))
    rates = np.array([2.0, -4.0, 0.0]) * 2.0**-11
    np.testing.assert_allclose(found.orbit_ecef_m[0], [1.0, 0.0, -1.0] + rates * after, atol=ROUNDING_M)
    assert found.clock_m[0] == pytest.approx(SPEED_OF_LIGHT * -128 * 2.0**-39 * after + 1.0, abs=1e-6)


def test_its_reference_may_lie_beyond_midnight():
    midnight_s = 86_400.0 - T0.tow_s % 86_400.0
    messages = [told(sample.prn_mask(MASK_NUMBERS), midnight_s - 30.0)]
    half = sample.moving_half(1, 30, (8, 0, 0), 0, (16, 0, 0), 0, 2)  # 32 s after midnight
    messages += [told(sample.long_term(half), midnight_s - 20.0), *long_term_messages(midnight_s - 25.0)[1:]]
    messages += [told(sample.fast(2, STEPS, UDREI), midnight_s - 1.0)]
    found = ask(fed(Sbas(), messages), midnight_s - 1.0)
    assert found.orbit_ecef_m[0, 0] == pytest.approx(1.0 - 33.0 * 16 * 2.0**-11)


@pytest.mark.parametrize(("udrei", "forbidden"), [(14, False), (15, True)])
def test_satellites_not_monitored_stay_broadcast_and_others_are_forbidden(udrei, forbidden):
    changed = [udrei, *UDREI[1:]]
    found = ask(fed(Sbas(), [*service(), told(sample.fast(2, STEPS, changed, issue=2), -1.0)]))
    assert np.isnan(found.clock_m[0])
    assert found.forbidden[0] == forbidden


@pytest.mark.parametrize(("issue", "heeded"), [(1, True), (3, True), (0, False), (2, False)])
def test_an_integrity_message_holds_for_its_issue_or_for_all(issue, heeded):
    """The last fast corrections are of issue 1; 3 stands for whatever issue (A.4.4.4)."""
    found = ask(fed(Sbas(), [*service(), told(sample.integrity([issue, 0, 0, 0], [15] * 51), -1.0)]))
    assert found.forbidden[:5].tolist() == ([True] * 5 if heeded else [False, False, False, True, False])
    assert np.isfinite(found.clock_m[0]) != heeded


def test_integrity_messages_keep_corrections_alive():
    """UDREI time out after 18 s, fast corrections of a small factor much later."""
    messages = [*service(), told(sample.fast_degradation(2, [5] * 51), -3.0)]
    assert not ask(fed(Sbas(), messages), 17.0).corrected.any()
    alive = fed(Sbas(), [*messages, told(sample.integrity([1, 0, 0, 0], [7] * 51), 10.0)])
    assert ask(alive, 17.0).corrected[0]


def test_mixed_corrections_are_fast_and_long_term():
    half = sample.still_half(sample.still(1, 30, (-8, 0, 0), 0))
    mixed = told(sample.mixed([80, 0, 0, 0, 0, 0], [5, 5, 5, 5, 5, 14], half, issue=2), -1.0)
    found = ask(fed(Sbas(), [*service(fast_s=()), mixed]))
    assert found.orbit_ecef_m[0, 0] == -1.0
    assert found.clock_m[0] == pytest.approx(10.0)
    assert found.forbidden.sum() == 0


def test_the_error_depends_on_the_place():
    """delta UDRE = |R (unit, 1)| + C_covariance x scale (A.4.4.16)."""
    diagonal, others = [40, 30, 20, 10], [5, -6, 7, 8, -9, 4]
    raw = [0] * 15 + [12]
    more = [told(sample.covariances(sample.covariance(1, 3, diagonal, others)), -3.0), told(sample.degradation(raw), -3.0)]
    factor = np.array([[40, 5, -6, 7], [0, 30, 8, -9], [0, 0, 20, 4], [0, 0, 0, 10]]) * 0.25
    level, up = np.cos(VIEW.elevation[0]), np.sin(VIEW.elevation[0])
    enu = np.array([level * np.sin(VIEW.azimuth[0]), level * np.cos(VIEW.azimuth[0]), up])
    delta = np.linalg.norm(factor @ np.append(enu @ enu_from_ecef_at(VIEW.position_ecef_m), 1.0)) + 1.2 * 0.25
    found = ask(fed(Sbas(), [*service(), *more]))
    degradation_m = FACTOR_MPS2 * (2.0 + LATENCY_S) ** 2 / 2.0
    assert found.variance_m2[0] == pytest.approx((UDRE_VARIANCE_M2[5] ** 0.5 * delta + degradation_m) ** 2)


def test_degradation_parameters_make_old_corrections_worse():
    """Velocity code 0: C_ltc_v0 at every I_ltc_v0; the grid: C_iono_step at every I_iono, and the ramp (A.4.5.1.3, A.4.5.2)."""
    raw = [0, 0, 0, 0, 100, 15, 0, 0, 0, 0, 500, 20, 200, 1, 1, 0]
    found = ask(fed(Sbas(), [*service(), told(sample.degradation(raw), -3.0)]))
    fast_m = FACTOR_MPS2 * (2.0 + LATENCY_S) ** 2 / 2.0
    assert found.variance_m2[0] == pytest.approx(UDRE_VARIANCE_M2[5] + fast_m**2 + 0.2**2)  # 20 s old: one step; root of squares
    age_s = found.age_s[5]
    grid_m2 = GIVE_VARIANCE_M2[5] + (0.5 * np.floor(age_s / 20.0) + 0.001 * age_s) ** 2
    slant = obliquity(VIEW.elevation[5:6])[0]
    assert 25.0 < age_s < 40.0
    assert found.ionosphere_variance_m2[5] == pytest.approx(grid_m2 * slant**2, rel=0.1)  # its points are of several ages


def test_messages_wait_for_their_masks():
    messages = service()
    late = [*without(messages, 1, 18), *(m for m in messages if m.kind == 18), *(m for m in messages if m.kind == 1)]
    expected, found = ask(fed(Sbas(), messages)), ask(fed(Sbas(), late))
    np.testing.assert_array_equal(found.clock_m, expected.clock_m)
    np.testing.assert_array_equal(found.variance_m2, expected.variance_m2)
    np.testing.assert_array_equal(found.ionosphere_m, expected.ionosphere_m)
    assert ask(fed(Sbas(), without(messages, 1, 18))) is None


def test_a_mask_of_another_issue_does_not_serve():
    other = told(sample.prn_mask(MASK_NUMBERS, issue=1), -50.0)
    found = ask(fed(Sbas(), [other, *without(service(), 1)]))
    assert not found.corrected.any()
    grids = [told(sample.grid_mask(band, range(1, 202), issue=1), -50.0) for band in (1, 2)]
    found = ask(fed(Sbas(), [*without(service(), 18), *grids]))
    assert np.isnan(found.ionosphere_m).all()
    assert found.corrected.any()


def test_a_new_mask_keeps_what_is_known_of_its_satellites():
    """Slots move: G03 leaves; the others keep their corrections, by satellite."""
    source = fed(Sbas(), [*service(), told(sample.prn_mask(MASK_NUMBERS[1:], issue=1), -1.0)])
    before, found = ask(fed(Sbas(), service())), ask(source)
    assert np.isnan(found.clock_m[0])
    np.testing.assert_array_equal(found.clock_m[1:], before.clock_m[1:])


def test_a_point_not_to_be_used_spoils_its_cell():
    blocks = [told(sample.grid_delays(band, b, [511] * 15, [15] * 15), -3.0) for band in (1, 2) for b in range(14)]
    found = ask(fed(Sbas(), [*service(), *blocks]))
    assert np.isnan(found.ionosphere_m).all()
    assert found.corrected[0]


@pytest.mark.parametrize(("after_s", "orbits", "ionosphere"), [(15.0, True, True), (17.0, False, True), (550.0, False, True)])
def test_parts_time_out_one_after_the_other(after_s, orbits, ionosphere):
    """Fast corrections of the worst factor after 18 s, the grid after 600 s."""
    found = ask(fed(Sbas(), service()), after_s)
    assert found.corrected.any() == orbits
    assert np.isfinite(found.ionosphere_m).any() == ionosphere
    assert ask(fed(Sbas(), service()), 600.0) is None


def test_long_term_corrections_time_out_after_six_minutes():
    def lately(after_s):
        fast = [told(sample.fast(2, STEPS, UDREI), after_s - 2.0), told(sample.prn_mask(MASK_NUMBERS), after_s - 9.0)]
        return ask(fed(Sbas(), [*service(), *fast]), after_s)

    assert lately(339.0).corrected.sum() == 4
    assert lately(342.0).corrected.sum() == 0


def test_do_not_use_silences_the_satellite_for_a_minute():
    source = fed(Sbas(), [*service(), told(sample.packed(0, ""), -1.0)])
    assert ask(source) is None
    source.feed(told(sample.fast(2, STEPS, UDREI), 58.0))
    assert ask(source, 58.9) is None
    assert ask(source, 59.0).corrected.any()


class TestTwoSatellites:
    def test_one_is_used_and_never_a_mix(self):
        """The second satellite sends other delays and all but its long-term corrections: it is never complete."""
        second = [*without(service(OTHER_PRN), 25, 26), *grid_messages(satellite=OTHER_PRN, steps=80)]
        expected = ask(fed(Sbas(), service()))
        for messages in ([*service(), *second], [*second, *service()]):
            source = fed(Sbas(), messages)
            found = ask(source)
            assert source.satellite == PRN
            np.testing.assert_array_equal(found.ionosphere_m, expected.ionosphere_m)
            np.testing.assert_array_equal(found.clock_m, expected.clock_m)

    def test_the_other_takes_over_when_the_first_is_silent(self):
        source = fed(Sbas(), [*service(), *service(OTHER_PRN)])
        assert source.satellite == PRN
        for at_s in range(4, 41, 6):
            source.feed(told(sample.fast(2, [s + 80 for s in STEPS], UDREI), float(at_s), OTHER_PRN))
        assert source.satellite == OTHER_PRN
        found = ask(source, 41.0)
        assert found.clock_m[0] == pytest.approx(10 * CLOCK_STEP_M + 0.125 * (STEPS[0] + 80), abs=ROUNDING_M)

    def test_it_stays_when_the_first_returns(self):
        source = fed(Sbas(), [*service(), *service(OTHER_PRN)])
        for at_s in range(4, 60, 6):
            source.feed(told(sample.fast(2, STEPS, UDREI), float(at_s), OTHER_PRN))
        source.feed(told(sample.fast(2, STEPS, UDREI), 60.0))
        assert source.satellite == OTHER_PRN

    def test_the_other_takes_over_from_one_not_to_be_used(self):
        source = fed(Sbas(), [*service(), *service(OTHER_PRN), told(sample.packed(0, ""), -1.0)])
        assert source.satellite == OTHER_PRN
        assert ask(source).corrected.any()


def test_messages_out_of_order_are_sorted_out():
    messages = service()
    rng = np.random.default_rng(3)
    expected = ask(fed(Sbas(), messages))
    for _ in range(20):
        slow = [m for m in messages if m.kind != 2]
        found = ask(fed(Sbas(), [*(slow[i] for i in rng.permutation(len(slow))), *(m for m in messages if m.kind == 2)]))
        np.testing.assert_array_equal(found.clock_m, expected.clock_m)
        np.testing.assert_array_equal(found.ionosphere_m, expected.ionosphere_m)


KINDS = (0, 1, 2, 3, 4, 5, 6, 7, 10, 18, 24, 25, 26, 28, 63)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, (1 << 212) - 1), st.integers(-30, 30)), max_size=12))
def test_whatever_a_satellite_sends_nothing_raises(sent):
    """Contents that no service would send: only the parity is right."""
    source = fed(Sbas(), service())
    for kind, value, at_s in sent:
        words = sample.words_of(sample.packed(kind, format(value, "0212b")))
        for message in SbasAssembler().feed(PRN, words, T0 + at_s + 1.2):
            source.feed(message)
    for after_s in (0.0, 20.0, 700.0):
        found = ask(source, after_s)
        assert found is None or not np.isinf(found.clock_m).any()
