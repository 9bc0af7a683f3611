"""The array filter on epochs made to its own model: consistency, symmetry, and all that must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from array_scenes import AXES, FIVE_SYSTEMS, PLACE, WAVE_M, Scene, codes_of, filter_of, follow, nees, take
from scipy.stats import chi2

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.motion import MANOEUVRES, MotionModel
from gnss_gyro.vppp.processes import multipath_variance

CLOSED_M = 1e-6  # what rounding leaves where no observation errs
PULL_M = 0.3  # 60 m beside the first place, of a prior of 100 m and heights known to 3 m at first: 60 x (3 / 100)^2, and as much
SAME_M = 1e-5  # a receiver clock of 300 km costs a double 5e-11 m, a filter's inverses the rest
HEALTH = 1e-12  # of the largest eigenvalue of the covariance scaled to unit diagonal
MILLISECOND_M = SPEED_OF_LIGHT * 1e-3
ROUNDING = 1e-9


@pytest.mark.parametrize("offset_m", [0.0, 60.0])
def test_with_the_noise_off_the_loop_closes(offset_m):
    """No error at all: begun at the truth the filter stays there exactly; begun beside it, the prior pulls by little."""
    scene = Scene(np.random.default_rng(1), noise=0.0)
    scene.truth.mean[layout.POSITION] = offset_m * np.array([2.0, -2.0, 1.0]) / 3.0
    found = follow(scene, 15)
    for _, error in found:
        assert np.linalg.norm(error) < (PULL_M if offset_m else CLOSED_M)
    position = found[-1][0]
    np.testing.assert_allclose(position.velocity_enu_mps, 0.0, atol=1e-3 if offset_m else CLOSED_M)
    assert (position.codes, position.phases) == (12, 12)
    assert not len(position.refused.code)
    assert not len(position.refused.phase)


def test_a_body_at_constant_velocity_is_followed_at_any_speed():
    scene = Scene(np.random.default_rng(1), noise=0.0, velocity_mps=(60.0, -45.0, 3.0))
    position, error = follow(scene, 15)[-1]
    np.testing.assert_allclose(position.velocity_enu_mps, position.enu_from_ecef @ (AXES.T @ [60.0, -45.0, 3.0]), atol=2e-3)
    assert np.linalg.norm(error) < PULL_M


@pytest.mark.parametrize("motion", [MotionModel.WHITE, MotionModel.SINGER])
def test_positions_err_as_much_as_their_covariance_says(motion):
    """NEES: 100 runs, every error drawn as the filter believes it; the sum at one epoch is chi-square of 300."""
    last = []
    for seed in range(100):
        scene = Scene(np.random.default_rng([20, seed]), motion=motion, names=FIVE_SYSTEMS)
        last.append([nees(*found) for found in follow(scene, 8)][::7])
    low, high = chi2.ppf([1e-4, 1.0 - 1e-4], 300)
    for total in np.sum(last, axis=0):
        assert low < total < high


def test_velocities_err_as_much_as_their_covariance_says():
    total = 0.0
    for seed in range(100):
        scene = Scene(np.random.default_rng([21, seed]), names="G01 G02 G03 G04 G05 G06 G07 G08")
        position = follow(scene, 6)[-1][0]
        error = position.velocity_enu_mps - scene.truth.mean[layout.VELOCITY]
        total += error @ np.linalg.solve(position.velocity_cov_enu, error)
    low, high = chi2.ppf([1e-4, 1.0 - 1e-4], 300)
    assert low < total < high


@pytest.mark.parametrize("motion", [MotionModel.SINGER, MotionModel.EXTENDED])
def test_the_covariance_stays_healthy_for_a_thousand_epochs(motion):
    scene = Scene(np.random.default_rng(3), motion=motion)
    followed, rng = filter_of(scene), np.random.default_rng(4)

    def coming_and_going(number, epoch):
        return take(epoch, np.flatnonzero(rng.random(12) > 0.03)) if number else epoch

    follow(scene, 1000, 1.0, coming_and_going, followed)
    cov = followed._state.cov
    known = np.sqrt(np.diag(cov)) > 0.0
    assert known[: layout.COMMON].all()
    scaled = cov[np.ix_(known, known)] / np.sqrt(np.outer(np.diag(cov)[known], np.diag(cov)[known]))
    np.testing.assert_allclose(scaled, scaled.T, rtol=0.0, atol=ROUNDING)
    values = np.linalg.eigvalsh(scaled)
    assert values[0] > -HEALTH * values[-1]


def compare(seed: int, edit, clock_m=None, epochs: int = 8, tolerance_m: float = SAME_M) -> None:
    """A scene followed twice, as it is and edited: positions, velocities and covariances are the same."""
    plain = follow(Scene(np.random.default_rng(seed)), epochs)
    edited = follow(Scene(np.random.default_rng(seed)), epochs, edit=edit)
    for (a, _), (b, _) in zip(plain, edited, strict=True):
        np.testing.assert_allclose(a.position_ecef_m, b.position_ecef_m, rtol=0.0, atol=tolerance_m)
        np.testing.assert_allclose(a.velocity_enu_mps, b.velocity_enu_mps, rtol=0.0, atol=tolerance_m)
        np.testing.assert_allclose(a.position_cov_enu_m2, b.position_cov_enu_m2, rtol=1e-5)
        assert (a.codes, a.phases) == (b.codes, b.phases)


def test_whole_milliseconds_of_the_receiver_clock_change_nothing():
    def jumping(number, epoch):
        jump = MILLISECOND_M * (number // 3) * (-1) ** number
        return replace(epoch, code_m=epoch.code_m + jump, phase_m=epoch.phase_m + jump)

    compare(5, jumping)


def test_what_all_phases_have_in_common_from_the_start_changes_nothing():
    compare(6, lambda number, epoch: replace(epoch, phase_m=epoch.phase_m + 12_345.678))


def test_whole_cycles_from_the_start_change_nothing():
    cycles = WAVE_M * np.arange(-6, 6) * 1000
    compare(7, lambda number, epoch: replace(epoch, phase_m=epoch.phase_m + cycles))


def test_where_ranges_are_computed_changes_nothing():
    """Single points jump by metres; the filter's origin and the epoch's place are different things."""
    rng = np.random.default_rng(8)
    offsets = np.concatenate([np.zeros((1, 3)), rng.normal(0.0, 20.0, (7, 3))])

    def elsewhere(number, epoch):
        nearer = epoch.direction @ offsets[number]
        return replace(epoch, place_ecef_m=PLACE + offsets[number], code_m=epoch.code_m + nearer, phase_m=epoch.phase_m + nearer)

    compare(9, elsewhere)


def test_axes_of_the_epoch_change_nothing():
    """The velocity comes in the axes of the epoch, wherever those point."""
    turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

    def turned(number, epoch):
        if number == 0:
            return epoch
        speed, cov = turn @ epoch.velocity_enu_mps, turn @ epoch.velocity_cov @ turn.T
        return replace(epoch, enu_from_ecef=turn @ AXES, velocity_enu_mps=speed, velocity_cov=cov)

    compare(10, turned)


def test_a_gap_up_to_a_minute_keeps_the_ambiguities_and_a_longer_one_begins_anew():
    scene = Scene(np.random.default_rng(11), manoeuvres=MANOEUVRES["static"])
    followed = filter_of(scene)
    before = follow(scene, 30, followed=followed)[-1][0]
    for gap_s in (10.0, 60.0):
        scene.move(gap_s)
        assert followed.process(scene.time_s, scene.epoch()).phases == 12
    scene.move(60.1)
    epoch = scene.epoch()
    anew, fresh = followed.process(scene.time_s, epoch), filter_of(scene).process(scene.time_s, epoch)
    assert anew.phases == 0
    np.testing.assert_array_equal(anew.position_ecef_m, fresh.position_ecef_m)
    np.testing.assert_array_equal(anew.position_cov_enu_m2, fresh.position_cov_enu_m2)
    assert np.trace(anew.position_cov_enu_m2) > np.trace(before.position_cov_enu_m2)


@pytest.mark.parametrize(("away", "phases"), [(10, 12), (20, 11)])
def test_a_satellite_unseen_for_long_is_forgotten(away, phases):
    scene = Scene(np.random.default_rng(11))
    without = np.arange(1, 12)
    found = follow(scene, 8 + away, edit=lambda n, e: take(e, without) if 5 <= n < 5 + away else e)
    assert found[5 + away][0].phases == phases


def test_fewer_than_four_codes_begin_nothing_and_stop_nothing():
    scene = Scene(np.random.default_rng(12))
    followed = filter_of(scene)
    assert followed.process(0.0, take(scene.epoch(), np.arange(3))) is None
    follow(scene, 5, followed=followed)
    scene.move(1.0)
    three = followed.process(scene.time_s, take(scene.epoch(), np.arange(3)))
    assert (three.codes, three.phases) == (3, 3)
    scene.move(1.0)
    none = followed.process(scene.time_s, take(scene.epoch(), np.arange(0)))
    error = none.enu_from_ecef @ (none.position_ecef_m - scene.position_ecef_m)
    assert none.codes == none.phases == 0
    assert nees(none, error) < chi2.ppf(1.0 - 1e-4, 3)
    assert np.trace(none.position_cov_enu_m2) > np.trace(three.position_cov_enu_m2)


def test_reset_leaves_a_new_filter():
    scene = Scene(np.random.default_rng(13))
    followed = filter_of(scene)
    follow(scene, 4, followed=followed)
    followed.reset()
    epoch = scene.epoch()
    a, b = followed.process(3.5, epoch), filter_of(scene).process(0.0, epoch)
    np.testing.assert_array_equal(a.position_ecef_m, b.position_ecef_m)


def test_a_satellite_that_comes_and_goes_keeps_the_position_within_its_sigmas():
    scene = Scene(np.random.default_rng(14))

    def rising(number, epoch):
        there = np.flatnonzero(epoch.satellite != codes_of("G03")[0])
        return take(epoch, there) if number in (0, 1, 2, 6, 7, 12) else epoch

    found = follow(scene, 20, edit=rising)
    assert found[3][0].phases == 11, "a phase begins without being used"
    assert found[4][0].phases == 12
    assert found[8][0].phases == 12, "two epochs without a satellite do not lose its ambiguity"
    assert not any(len(position.refused.phase) or len(position.refused.code) for position, _ in found)
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def slipping(row: int, cycles: float, at: int, told: bool):
    """An edit that shifts a phase from an epoch on."""

    def edit(number, epoch):
        phase, slip = epoch.phase_m.copy(), epoch.slip.copy()
        phase[row] += WAVE_M * cycles * (number >= at)
        slip[row] = told and number == at
        return replace(epoch, phase_m=phase, slip=slip)

    return edit


@pytest.mark.parametrize("cycles", [0.5, 5.0, -300.0])
@pytest.mark.parametrize("told", [True, False])
def test_a_slip_told_or_not_costs_one_phase_and_no_position(cycles, told):
    scene = Scene(np.random.default_rng(15), manoeuvres=MANOEUVRES["tractor"])
    found = follow(scene, 16, edit=slipping(4, cycles, 10, told))
    refused = [position.refused.phase.tolist() for position, _ in found]
    named = [int(scene.satellite[4])]
    assert refused[10] == ([] if told else named)
    assert not any(refused[:10] + refused[11:])
    assert [position.phases for position, _ in found][9:12] == [12, 11, 12]
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_all_slips_told_at_once_leave_the_position_to_codes():
    scene = Scene(np.random.default_rng(16))
    found = follow(scene, 12, edit=lambda number, epoch: replace(
        epoch, slip=np.full(12, number == 8), phase_m=epoch.phase_m + (number >= 8) * WAVE_M * np.arange(12)
    ))  # fmt: skip
    assert [position.phases for position, _ in found][7:10] == [12, 0, 12]
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def stepped(change_m: np.ndarray | float):
    """An edit that shifts phases [m] from the eighth epoch on."""
    return lambda number, epoch: replace(epoch, phase_m=epoch.phase_m + change_m * (number >= 8))


@pytest.mark.parametrize("step_m", [0.05, 2.0, 10.0])
def test_a_common_step_of_all_phases_does_not_move_the_position(step_m):
    """Codes fix the clock to a metre or so; what all phases have in common beyond that is not motion."""
    found = follow(Scene(np.random.default_rng(18)), 14, edit=stepped(step_m))
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_phases_that_stay_while_the_codes_jump_a_millisecond_do_not_move_the_position():
    """Receivers that step the codes alone, whose slips nobody told."""
    found = follow(Scene(np.random.default_rng(18)), 14, edit=stepped(MILLISECOND_M))
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


@pytest.mark.parametrize("slipped", [5, 8, 12])
def test_slips_of_most_phases_that_nobody_told_do_not_move_the_position(slipped):
    """As when another antenna becomes the base: phases have other integers from one epoch to the next."""
    cycles = np.rint(np.random.default_rng(17).normal(0.0, 1e5, 12)) * (np.arange(12) < slipped)
    found = follow(Scene(np.random.default_rng(16)), 14, edit=stepped(WAVE_M * cycles))
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_a_new_ephemeris_whose_step_is_told_changes_nothing():
    """Computed ranges are longer by the step from then on, observed less computed is shorter."""
    steps = np.random.default_rng(28).normal(0.0, 1.0, 12)

    def renewed(number, epoch):
        after = steps * (number >= 5)
        return replace(epoch, code_m=epoch.code_m - after, phase_m=epoch.phase_m - after, range_step_m=steps * (number == 5))

    compare(29, renewed)


def test_codes_20_m_off_on_three_of_twelve_satellites_are_refused_and_named():
    scene, rows = Scene(np.random.default_rng(19), code_m=0.4), np.array([1, 5, 8])

    def spoilt(number, epoch):
        code = epoch.code_m.copy()
        code[rows] += 20.0 * (number >= 6)
        return replace(epoch, code_m=code)

    found = follow(scene, 14, edit=spoilt)
    for number, (position, _) in enumerate(found):
        np.testing.assert_array_equal(position.refused.code, scene.satellite[rows] if number >= 6 else [])
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_a_code_refused_for_long_comes_back_with_its_new_range_error():
    scene = Scene(np.random.default_rng(22), code_m=0.4)

    def moved(number, epoch):
        code = epoch.code_m.copy()
        code[3] += 8.0 * (number >= 5)
        return replace(epoch, code_m=code)

    found = follow(scene, 30, edit=moved)
    refused = [int(scene.satellite[3]) in position.refused.code for position, _ in found]
    assert refused[5]
    assert not any(refused[-5:])
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_a_velocity_of_nonsense_is_refused_and_told():
    scene = Scene(np.random.default_rng(23))
    found = follow(scene, 8, edit=lambda n, e: replace(e, velocity_enu_mps=e.velocity_enu_mps + 80.0 * (n == 5)))
    assert [position.refused.velocity for position, _ in found] == [number == 5 for number in range(8)]
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_without_doppler_or_phases_the_codes_carry_on():
    scene = Scene(np.random.default_rng(24))
    nothing = np.full(3, np.nan)
    found = follow(scene, 8, edit=lambda n, e: replace(e, velocity_enu_mps=nothing, phase_m=np.full(12, np.nan)))
    assert all((p.codes, p.phases, p.refused.velocity) == (12, 0, False) for p, _ in found)
    assert max(nees(*each) for each in found) < chi2.ppf(1.0 - 1e-5, 3)


def test_phases_make_the_velocity_precise_and_time_the_position():
    scene = Scene(np.random.default_rng(25), manoeuvres=MANOEUVRES["static"])
    sigma = [float(np.sqrt(np.trace(position.position_cov_enu_m2))) for position, _ in follow(scene, 60)]
    assert sigma[-1] < 0.8 * sigma[0]
    assert max(np.diff(sigma)) < 1e-3


def test_two_filters_share_nothing():
    """Interleaved they find what they find alone."""
    alone = [follow(Scene(np.random.default_rng(seed)), 4)[-1][0].position_ecef_m for seed in (26, 27)]
    scenes = [Scene(np.random.default_rng(seed)) for seed in (26, 27)]
    filters = [filter_of(scene) for scene in scenes]
    for number in range(4):
        for scene in scenes if number else ():
            scene.move(1.0)
        places = [one.process(scene.time_s, scene.epoch()).position_ecef_m for one, scene in zip(filters, scenes, strict=True)]
    np.testing.assert_array_equal(places, alone)


def test_a_body_that_is_suddenly_elsewhere_is_found_again_within_three_epochs():
    """As after a ferry or a wrong state: most codes contradict, and the filter begins anew."""
    scene = Scene(np.random.default_rng(30))
    followed = filter_of(scene)
    follow(scene, 10, followed=followed)
    scene.truth.mean[layout.POSITION] += [3000.0, -2000.0, 50.0]
    found = follow(scene, 6, followed=followed)
    assert max(nees(*each) for each in found[3:]) < chi2.ppf(1.0 - 1e-5, 3)


def test_a_code_that_comes_later_than_its_phase_has_all_its_multipath():
    scene, row = Scene(np.random.default_rng(31)), 4

    def without(number, epoch):
        if number >= 5:
            return epoch
        code, cov = epoch.code_m.copy(), epoch.code_cov_m2.copy()
        code[row], cov[row, row] = np.nan, np.nan  # as vppp.views lays it out
        return replace(epoch, code_m=code, code_cov_m2=cov)

    followed = filter_of(scene)
    follow(scene, 5, edit=without, followed=followed)
    at = followed._state.multipath + row
    assert followed._state.cov[at, at] >= 0.5 * multipath_variance(scene.epoch())[row]
