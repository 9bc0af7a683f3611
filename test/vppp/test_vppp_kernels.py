"""The filter's layout and its kernels against their textbook forms, written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from array_scenes import FIVE_SYSTEMS, Scene, codes_of

from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.motion import MANOEUVRES, MotionModel, motion_of, motion_step
from gnss_gyro.vppp.position import LocalFrame
from gnss_gyro.vppp.prediction import Transition, predict
from gnss_gyro.vppp.processes import transition_of
from gnss_gyro.vppp.rows import DOPPLER_DOUBT, Design, design_of
from gnss_gyro.vppp.screening import screen_innovations
from gnss_gyro.vppp.state import COMMON, FilterState
from gnss_gyro.vppp.update import Taken, begin_ambiguities, take_in

ROUNDING = 1e-9
HUGE_M2 = 1e10  # a prior variance without weight
LIMIT_TOLERANCE_M2 = 1e-5
FIELD_TOLERANCE = 0.02  # its noise leaves out that the rate decays within a step
FALSE_ALARMS = 0.003  # of 20 rows at 4 sigma: 20 x 6.3e-5 = 0.0013 per epoch are expected


def random_state(rng: np.random.Generator, names: str = "G01 G05 G09 E02 E07") -> FilterState:
    """A state with a full covariance and phases everywhere."""
    satellite = codes_of(names)
    size = COMMON + 3 * len(satellite)
    root, n = rng.normal(size=(size, size)) / np.sqrt(size), len(satellite)
    return full_state(satellite, rng.normal(size=size), root @ root.T, np.arange(n))


def full_state(satellite: np.ndarray, mean: np.ndarray, cov: np.ndarray, refused: np.ndarray | None = None) -> FilterState:
    """A state of satellites that have all been seen, with phases."""
    state = FilterState.empty(np.zeros(COMMON), np.eye(COMMON)).with_satellites(satellite)
    state.mean, state.cov = mean, cov
    state.has_phase[:], state.seen_s[:], state.refused[:] = True, 0.0, 0 if refused is None else refused
    return state


def test_the_common_numbers_lie_side_by_side():
    slices = [layout.POSITION, layout.VELOCITY, layout.ACCELERATION, layout.FIELD, layout.FIELD_RATE, layout.BIASES]
    single = [layout.CLOCK, layout.WET]
    indices = np.concatenate([*(np.arange(COMMON)[s] for s in slices), single])
    np.testing.assert_array_equal(np.sort(indices), np.arange(COMMON))


def test_satellites_come_and_go_without_touching_the_others():
    rng = np.random.default_rng(1)
    state = random_state(rng)
    wanted = codes_of("G02 G05 G09 E07 C20")
    changed = state.with_satellites(wanted)
    kept = codes_of("G05 G09 E07")
    here, there = state.indices(state.rows(kept)), changed.indices(changed.rows(kept))
    np.testing.assert_array_equal(changed.mean[there], state.mean[here])
    np.testing.assert_array_equal(changed.cov[np.ix_(there, there)], state.cov[np.ix_(here, here)])
    fresh = np.setdiff1d(np.arange(len(changed.mean)), there)
    assert not changed.mean[fresh].any()
    assert not changed.cov[fresh].any()
    assert not changed.cov[:, fresh].any()
    new = changed.rows(codes_of("G02 C20"))
    assert not changed.has_phase[new].any()
    assert np.isneginf(changed.seen_s[new]).all()
    np.testing.assert_array_equal(changed.refused[changed.rows(kept)], state.refused[state.rows(kept)])


def test_satellites_that_leave_and_return_are_new():
    state = random_state(np.random.default_rng(2))
    back = state.with_satellites(codes_of("G01 E02")).with_satellites(state.satellite)
    np.testing.assert_array_equal(back.satellite, state.satellite)
    lost = back.rows(codes_of("G05 G09 E07"))
    for block in (back.range_error, back.multipath, back.ambiguity):
        assert not back.cov[block + lost].any()
    kept = back.indices(back.rows(codes_of("G01 E02")))
    np.testing.assert_array_equal(back.cov[np.ix_(kept, kept)], state.cov[np.ix_(kept, kept)])


def test_each_satellite_has_three_numbers_of_its_own():
    state = random_state(np.random.default_rng(3))
    n = len(state)
    each = [state.indices(np.array([row]))[COMMON:] for row in range(n)]
    np.testing.assert_array_equal(np.sort(np.concatenate(each)), np.arange(COMMON, COMMON + 3 * n))
    for row, index in enumerate(each):
        np.testing.assert_array_equal(index, [state.range_error + row, state.multipath + row, state.ambiguity + row])


def test_what_is_forgotten_is_correlated_with_nothing():
    state = random_state(np.random.default_rng(4))
    before, index = state.cov.copy(), np.array([3, COMMON + 1])
    state.forget(index, np.array([4.0, 9.0]))
    np.testing.assert_array_equal(state.mean[index], 0.0)
    np.testing.assert_array_equal(state.cov[np.ix_(index, index)], np.diag([4.0, 9.0]))
    rest = np.setdiff1d(np.arange(len(before)), index)
    assert not state.cov[np.ix_(index, rest)].any()
    np.testing.assert_array_equal(state.cov[np.ix_(rest, rest)], before[np.ix_(rest, rest)])


def test_prediction_is_the_dense_product():
    rng = np.random.default_rng(5)
    state = random_state(rng)
    n, k = len(state.mean), layout.COUPLED
    root = rng.normal(size=(k, k))
    transition = Transition(rng.normal(size=(k, k)), root @ root.T, rng.uniform(0.0, 1.0, n), rng.uniform(0.0, 2.0, n))
    dense, noise = np.diag(transition.decay), np.diag(transition.noise)
    dense[:k, :k], noise[:k, :k] = transition.coupled, transition.coupled_noise
    mean, cov = dense @ state.mean, dense @ state.cov @ dense.T + noise
    predict(state, transition)
    np.testing.assert_allclose(state.mean, mean, atol=ROUNDING)
    np.testing.assert_allclose(state.cov, cov, atol=ROUNDING)
    np.testing.assert_allclose(state.cov, state.cov.T, atol=ROUNDING)
    assert np.linalg.eigvalsh(state.cov)[0] > -ROUNDING
    matrix = rng.normal(size=(n, 4))
    np.testing.assert_allclose(transition.moved(matrix), dense @ matrix, atol=ROUNDING)


@pytest.mark.parametrize("model", MotionModel)
@pytest.mark.parametrize("dt_s", [0.05, 1.0, 30.0])
def test_the_step_of_a_whole_state_adds_no_negative_variance(model, dt_s):
    """Motion and the ionosphere field with its rate: noise is positive semidefinite, decays are shares, time adds variance."""
    scene = Scene(np.random.default_rng(6), names="G01 G02 E03 E04 C20")
    epoch, at, vehicle = scene.epoch(), np.arange(5), MANOEUVRES["vehicle"]
    moving = scene.truth.mean[layout.VELOCITY], scene.truth.mean[layout.ACCELERATION]
    moving[0][:], moving[1][:] = (3.0, 4.0, 0.1), (0.5, -1.0, 0.2)
    step = motion_step(model, vehicle, dt_s, *moving)
    change = transition_of(scene.truth, epoch, at, dt_s, motion_of(model, vehicle))
    size = np.sqrt(np.diag(change.coupled_noise))
    size = np.where(size > 0.0, size, 1.0)
    assert np.linalg.eigvalsh(change.coupled_noise / np.outer(size, size))[0] > -ROUNDING
    rest = np.arange(layout.COUPLED, len(change.decay))
    assert ((change.decay[rest] >= 0.0) & (change.decay[rest] <= 1.0)).all()
    assert (change.noise[rest] > 0.0).all()
    np.testing.assert_array_equal(change.coupled[:9, :9], step.transition)
    np.testing.assert_array_equal(change.coupled_noise[:9, :9], step.noise)
    assert not change.coupled_noise[:9, 9:].any()


@pytest.mark.parametrize("dt_s", [0.05, 1.0, 20.0])
def test_two_steps_of_a_whole_state_are_one_of_twice_the_time(dt_s):
    """Whatever the rate of epochs, errors grow with time alone."""
    scene = Scene(np.random.default_rng(6), names="G01 G02 E03 E04 C20")
    white = motion_of(MotionModel.WHITE, MANOEUVRES["vehicle"])
    one, two = (transition_of(scene.truth, scene.epoch(), np.arange(5), t, white) for t in (dt_s, 2.0 * dt_s))
    rest = np.arange(layout.COUPLED, len(one.decay))
    np.testing.assert_allclose(one.decay[rest] ** 2, two.decay[rest], rtol=1e-12)
    np.testing.assert_allclose((one.decay**2 * one.noise + one.noise)[rest], two.noise[rest], rtol=1e-9)
    np.testing.assert_allclose(one.coupled @ one.coupled, two.coupled, rtol=1e-9, atol=1e-12)
    twice = one.coupled @ one.coupled_noise @ one.coupled.T + one.coupled_noise
    size = np.sqrt(np.outer(np.diag(two.coupled_noise), np.diag(two.coupled_noise)))
    assert (np.abs(twice - two.coupled_noise) <= FIELD_TOLERANCE * size).all()


def spoiled(rng: np.random.Generator, bad: int, size: float = 15.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariance of 20 innovations that share much, the innovations, and which are spoiled by so many sigmas."""
    design = rng.normal(size=(20, 5))
    cov = 4.0 * design @ design.T + np.diag(rng.uniform(0.5, 2.0, 20))
    innovation = np.linalg.cholesky(cov) @ rng.normal(size=20)
    rows = np.sort(rng.permutation(20)[:bad])
    own = 1.0 / np.sqrt(np.diag(np.linalg.inv(cov))[rows])
    innovation[rows] += rng.choice([-1.0, 1.0], bad) * size * own
    return cov, innovation, rows


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_screening_finds_the_spoiled_and_leaves_the_inverse_of_the_rest(bad):
    rng, found, rounds = np.random.default_rng(6), 0, 50
    for _ in range(rounds):
        cov, innovation, rows = spoiled(rng, bad)
        inverse, used = np.linalg.inv(cov), np.ones(20, bool)
        screen_innovations(inverse, innovation, 4.0, 10, used)
        kept = np.flatnonzero(used)
        np.testing.assert_allclose(inverse[np.ix_(kept, kept)], np.linalg.inv(cov[np.ix_(kept, kept)]), atol=1e-8)
        assert not inverse[~used].any()
        assert not inverse[:, ~used].any()
        found += np.array_equal(np.flatnonzero(~used), rows)
    assert found >= 0.9 * rounds  # two errors may hide one another for a step, and drag a good row along


def test_screening_refuses_hardly_ever_without_cause():
    rng, removed, rounds = np.random.default_rng(7), 0, 2000
    for _ in range(rounds):
        cov, innovation, _ = spoiled(rng, 0)
        used = np.ones(20, bool)
        screen_innovations(np.linalg.inv(cov), innovation, 4.0, 10, used)
        removed += np.count_nonzero(~used)
    assert removed <= FALSE_ALARMS * rounds


def test_screening_stops_at_its_allowance():
    rng = np.random.default_rng(8)
    cov, innovation, _ = spoiled(rng, 6, 50.0)
    used = np.ones(20, bool)
    screen_innovations(np.linalg.inv(cov), innovation, 4.0, 2, used)
    assert np.count_nonzero(~used) == 2


def state_of(scene: Scene, rng: np.random.Generator) -> FilterState:
    """A state near the truth of a scene, with a full covariance."""
    size = len(scene.truth.mean)
    root = rng.normal(size=(size, size)) / np.sqrt(size)
    cov = root @ root.T + 0.1 * np.eye(size)
    mean = scene.truth.mean + np.linalg.cholesky(cov) @ rng.normal(size=size)
    mean[layout.CLOCK] += scene.clock_m
    return full_state(scene.satellite, mean, cov)


def observed(epoch: ArrayEpoch, kind: str, state: FilterState) -> tuple[Design, np.ndarray, np.ndarray]:
    """What is taken of an epoch's codes, phases or velocity alone: its design, H (m, N) written out, and z (m,)."""
    nothing, n, size = np.full(len(epoch), np.nan), len(epoch), len(state.mean)
    no_velocity = {} if kind == "velocity" else {"velocity_enu_mps": np.full(3, np.nan)}
    others = {"code_m", "phase_m"} - {f"{kind}_m"}
    alone = replace(epoch, **dict.fromkeys(others, nothing), **no_velocity)
    design, dense, own = design_of(alone, LocalFrame(epoch.place_ecef_m, epoch.enu_from_ecef)), np.zeros((n, size)), np.arange(n)
    if kind == "velocity":
        return design, np.eye(3, size, layout.VELOCITY.start), design.velocity_mps
    dense[:, :COMMON] = design.common_code if kind == "code" else design.common_phase
    for block in (state.range_error, state.multipath) if kind == "code" else (state.ambiguity,):
        dense[own, block + own] = 1.0
    return design, dense, design.code_m if kind == "code" else design.phase_m


def taken(state: FilterState, design: Design) -> Taken:
    """An epoch without slips, whose satellites are those of the state, taken in."""
    return take_in(state, design, np.zeros(len(state), bool), np.arange(len(state)))


@pytest.mark.parametrize("kind", ["velocity", "code", "phase"])
def test_an_update_is_the_textbook_kalman_update(kind):
    rng = np.random.default_rng(9)
    scene = Scene(rng)
    state, epoch = state_of(scene, rng), scene.epoch()
    design, dense, z = observed(epoch, kind, state)
    noise = {"velocity": design.velocity_cov, "code": design.code_cov_m2, "phase": design.phase_cov_m2}[kind]
    gain = state.cov @ dense.T @ np.linalg.inv(dense @ state.cov @ dense.T + noise)
    mean, cov = state.mean + gain @ (z - dense @ state.mean), (np.eye(len(state.mean)) - gain @ dense) @ state.cov
    result = taken(state, design)
    assert (result.velocity, result.codes_used, result.phases_used) == (True, 12 * (kind == "code"), 12 * (kind == "phase"))
    assert (result.code_used.all(), result.phase_used.all()) == (kind == "code", kind == "phase")
    np.testing.assert_allclose(state.mean, mean, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(state.cov, cov, atol=1e-8)
    np.testing.assert_array_equal(state.cov, state.cov.T)


def test_all_at_once_is_one_after_the_other():
    """Velocity, codes and phases of an epoch, of which some do not agree."""
    rng = np.random.default_rng(13)
    scene = Scene(rng)
    epoch, state = scene.epoch(), state_of(scene, rng)
    epoch.code_m[[2, 7]] += 300.0
    epoch.phase_m[4] += 200.0
    one = full_state(scene.satellite, state.mean.copy(), state.cov.copy())
    whole = taken(state, design_of(epoch, LocalFrame(epoch.place_ecef_m, epoch.enu_from_ecef)))
    velocity, code, phase = (taken(one, observed(epoch, kind, one)[0]) for kind in ("velocity", "code", "phase"))
    assert whole.velocity == velocity.velocity
    assert (whole.codes_used, whole.phases_used) == (code.codes_used, phase.phases_used) == (10, 11)
    np.testing.assert_array_equal(whole.code_used, code.code_used)
    np.testing.assert_array_equal(whole.phase_used, phase.phase_used)
    assert whole.phase_chi2 == pytest.approx(phase.phase_chi2)
    np.testing.assert_allclose(state.mean, one.mean, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(state.cov, one.cov, atol=1e-8)


@pytest.mark.parametrize("kind", ["code", "phase"])
def test_rows_predict_the_truth(kind):
    """Design, signs and indices: with the noise off and the state at the truth no innovation is left."""
    rng = np.random.default_rng(10)
    scene = Scene(rng, names=FIVE_SYSTEMS)
    scene.noise = 0.0
    state = state_of(scene, rng)
    state.mean = scene.truth.mean.copy()
    state.mean[layout.CLOCK] = scene.clock_m
    _, dense, z = observed(scene.epoch(), kind, state)
    np.testing.assert_allclose(z - dense @ state.mean, 0.0, atol=1e-7)


def test_ambiguities_begin_as_after_an_endless_prior():
    rng = np.random.default_rng(11)
    scene = Scene(rng)
    epoch, at, new = scene.epoch(), np.arange(12), np.array([2, 5, 6])
    begun = state_of(scene, rng)
    begun.has_phase[new] = False
    limit = full_state(scene.satellite, begun.mean.copy(), begun.cov.copy())
    begin_ambiguities(begun, observed(epoch, "phase", begun)[0], at, new)
    limit.forget(limit.ambiguity + new, np.full(3, HUGE_M2))
    limit.mean[limit.ambiguity + new] = begun.mean[begun.ambiguity + new]  # a start that spares the digits
    limit.has_phase[:] = np.isin(at, new)
    assert taken(limit, observed(epoch, "phase", limit)[0]).phases_used == 3
    np.testing.assert_allclose(begun.mean, limit.mean, rtol=0.0, atol=LIMIT_TOLERANCE_M2)
    np.testing.assert_allclose(begun.cov, limit.cov, atol=LIMIT_TOLERANCE_M2)
    assert begun.has_phase.all()


def test_a_nonsensical_velocity_is_refused():
    rng = np.random.default_rng(12)
    scene = Scene(rng)
    state, epoch = state_of(scene, rng), scene.epoch()
    mean, cov = state.mean.copy(), state.cov.copy()
    for nonsense in ({"velocity_enu_mps": np.full(3, 100.0)}, {"velocity_cov": np.full((3, 3), np.nan)}):
        assert not taken(state, observed(replace(epoch, **nonsense), "velocity", state)[0]).velocity
        np.testing.assert_array_equal(state.mean, mean)
        np.testing.assert_array_equal(state.cov, cov)


def test_a_velocity_is_turned_into_the_axes_of_the_state():
    rng = np.random.default_rng(14)
    epoch, axes = Scene(rng, velocity_mps=(3.0, 4.0, 0.0)).epoch(), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    epoch = replace(epoch, velocity_cov=np.diag([1.0, 2.0, 5.0]))
    design = design_of(epoch, LocalFrame(epoch.place_ecef_m, axes))
    turn = axes @ epoch.enu_from_ecef.T
    np.testing.assert_allclose(design.velocity_mps, turn @ epoch.velocity_enu_mps, atol=ROUNDING)
    np.testing.assert_allclose(design.velocity_cov, DOPPLER_DOUBT * turn @ epoch.velocity_cov @ turn.T, atol=ROUNDING)
