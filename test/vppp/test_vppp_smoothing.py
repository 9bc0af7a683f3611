"""Smoothed positions: what comes later adds to every epoch, consistently, and takes nothing away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from array_scenes import WAVE_M, Scene, filter_of, nees, take
from scipy.stats import chi2

from gnss_gyro.vppp.motion import MANOEUVRES, MotionModel
from gnss_gyro.vppp.position import ArrayPosition
from gnss_gyro.vppp.smoothing import Smoother

SAME_M = 1e-6
NEVER_WORSE = 1e-6  # of a variance: rounding


def smoothed(scene: Scene, epochs: int, edit=None, lag: int = 1000) -> list[tuple[ArrayPosition, ArrayPosition, np.ndarray]]:
    """Filtered position, smoothed position and its error (3,) ENU [m] of every epoch."""
    followed, smoother, out, filtered, truth = filter_of(scene), Smoother(lag), [], [], []
    for number in range(epochs):
        if number:
            scene.move(1.0)
        epoch = scene.epoch()
        filtered.append(followed.process(scene.time_s, edit(number, epoch) if edit else epoch))
        truth.append(scene.position_ecef_m)
        out += smoother.add(followed.record)
    out += smoother.flush()
    assert len(out) == epochs
    return [(f, s, s.enu_from_ecef @ (s.position_ecef_m - t)) for f, s, t in zip(filtered, out, truth, strict=True)]


def busy(number, epoch):
    """Satellites come and go, some phases slip, told."""
    slip = np.arange(len(epoch)) == number % 5
    phase = epoch.phase_m + WAVE_M * 7.0 * (np.arange(len(epoch)) == 2) * (number > 4)
    epoch = replace(epoch, slip=slip | ((np.arange(len(epoch)) == 2) & (number == 5)), phase_m=phase)
    return take(epoch, np.arange(3, 12)) if 3 <= number < 6 else epoch


def test_smoothed_positions_err_as_much_as_their_covariance_says():
    total = np.zeros(3)
    for seed in range(100):
        found = smoothed(Scene(np.random.default_rng([40, seed]), motion=MotionModel.SINGER), 8, busy)
        total += [nees(position, error) for _, position, error in (found[0], found[4], found[7])]
    low, high = chi2.ppf([1e-4, 1.0 - 1e-4], 300)
    assert (total > low).all()
    assert (total < high).all()


def test_what_comes_later_never_takes_from_what_is_known():
    found = smoothed(Scene(np.random.default_rng(41), motion=MotionModel.SINGER), 20, busy)
    for filtered, late, _ in found:
        gained = filtered.position_cov_enu_m2 - late.position_cov_enu_m2
        assert np.linalg.eigvalsh(gained)[0] > -NEVER_WORSE * np.trace(filtered.position_cov_enu_m2)
    assert np.trace(found[0][1].position_cov_enu_m2) < 0.9 * np.trace(found[0][0].position_cov_enu_m2)


def test_the_last_epoch_is_the_filter_s_own():
    filtered, late, _ = smoothed(Scene(np.random.default_rng(42), motion=MotionModel.SINGER), 6)[-1]
    np.testing.assert_allclose(late.position_ecef_m, filtered.position_ecef_m, rtol=0.0, atol=SAME_M)
    np.testing.assert_allclose(late.position_cov_enu_m2, filtered.position_cov_enu_m2, atol=SAME_M)


def test_pieces_give_every_epoch_in_order_and_hardly_differ_from_the_whole():
    whole, pieces = (
        smoothed(Scene(np.random.default_rng(43), motion=MotionModel.SINGER), 60, lag=lag) for lag in (1000, 15)
    )  # fmt: skip
    sigma = np.sqrt(np.trace(whole[0][1].position_cov_enu_m2))
    for (_, a, _), (_, b, _) in zip(whole, pieces, strict=True):
        assert np.linalg.norm(a.position_ecef_m - b.position_ecef_m) < sigma


def test_epochs_without_a_position_keep_their_places():
    scene = Scene(np.random.default_rng(44), motion=MotionModel.SINGER)
    followed, smoother = filter_of(scene), Smoother()
    records = []
    for number in range(6):
        scene.move(1.0)
        followed.process(scene.time_s, scene.epoch())
        records.append(None if number in (0, 3) else followed.record)
    assert not any(smoother.add(record) for record in records)
    assert [position is None for position in smoother.flush()] == [True, False, False, True, False, False]
    assert smoother.flush() == []


def test_a_gap_parts_what_is_smoothed():
    scene = Scene(np.random.default_rng(45), motion=MotionModel.SINGER)
    followed, smoother, filtered = filter_of(scene), Smoother(), []
    for step_s in (1.0, 1.0, 61.0, 1.0):
        scene.move(step_s)
        filtered.append(followed.process(scene.time_s, scene.epoch(scene.position_ecef_m)))
        smoother.add(followed.record)
    late = smoother.flush()
    np.testing.assert_array_equal(late[1].position_ecef_m, filtered[1].position_ecef_m)
    assert np.linalg.norm(late[2].position_ecef_m - filtered[2].position_ecef_m) > SAME_M


@pytest.mark.parametrize("motion", MotionModel, ids=str)
@pytest.mark.parametrize("vehicle", ["static", "vehicle", "drone"])
def test_every_motion_model_can_be_smoothed(motion, vehicle):
    scene = Scene(np.random.default_rng(46), motion=motion, manoeuvres=MANOEUVRES[vehicle])
    for _, late, error in smoothed(scene, 10, busy):
        assert nees(late, error) < chi2.ppf(1.0 - 1e-5, 3)
