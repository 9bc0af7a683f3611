"""Float ambiguities over epochs equal one batch of least squares with a free baseline at every epoch."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.estimation.float_ambiguities import FloatAmbiguities, independent_share

LONG_AGO_S = 1e12
"""Epochs so far apart that their codes count in full."""
CYCLES = 1e-3
NAMES = satellites(G=6, E=4)
ARRAY = array_of([(0, 0, 0), (1.2, 0, 0)])


def a_sky(seed, size=1.0, **options):
    sky = Sky(NAMES, ARRAY, np.random.default_rng(seed), **options)
    sky.integers *= size
    return sky


def batch(epochs, wanted):
    """Mean and information on the double differences of `wanted` rows: one unknown a satellite and epoch-wise vectors."""
    names = sorted({int(s) for d in epochs for s in [*d.phase.satellite, *d.phase.pivot]})
    n, total = len(names), len(names) + 3 * len(epochs)
    normal, rhs = np.zeros((total, total)), np.zeros(total)
    for t, d in enumerate(epochs):
        for rows, has_integers in ((d.phase, True), (d.code, False)):
            design = np.zeros((len(rows), total))
            design[:, n + 3 * t : n + 3 * t + 3] = rows.design
            for i in range(len(rows) if has_integers else 0):
                design[i, names.index(int(rows.satellite[i]))] = rows.wavelength_m[i]
                design[i, names.index(int(rows.pivot[i]))] = -rows.wavelength_m[i]
            weight = np.linalg.inv(rows.cov_m2)
            normal += design.T @ weight @ design
            rhs += design.T @ weight @ rows.value_m
    operator = np.zeros((len(wanted), total))
    for i in range(len(wanted)):
        operator[i, names.index(int(wanted.satellite[i]))] = 1.0
        operator[i, names.index(int(wanted.pivot[i]))] = -1.0
    inverse = np.linalg.pinv(normal, rcond=1e-13, hermitian=True)
    return operator @ inverse @ rhs, np.linalg.inv(operator @ inverse @ operator.T)


def gathered(epochs, wanted):
    floats = FloatAmbiguities()
    for d in epochs:
        floats.add(d.phase, d.code, LONG_AGO_S)
    return floats.prior(wanted)


@pytest.mark.parametrize("lost", [{}, {1: ["G01", "E02"], 3: ["G04"], 4: ["G01"]}])
def test_equals_batch_least_squares_with_free_baselines(lost):
    sky = a_sky(1)
    epochs = [sky.epoch(random_rotation(sky.rng), {"b": lost.get(t, [])}) for t in range(5)]
    info, mean = gathered(epochs, epochs[0].phase)
    expected_mean, expected_info = batch(epochs, epochs[0].phase)
    assert np.allclose(info, expected_info, rtol=1e-3, atol=1e-3 * np.abs(expected_info).max())
    assert np.allclose(mean, expected_mean, rtol=0.0, atol=0.02)


def deviations(mean, info, truth):
    return (mean - truth) @ info @ (mean - truth)


@pytest.mark.parametrize("size", [1.0, 1e2, 1e4])
def test_information_is_honest_however_large_the_integers(size):
    """Receivers start counting anywhere: ambiguities of ten million cycles are ordinary."""
    ratios = []
    for seed in range(30):
        sky = a_sky(seed, size)
        epochs = [sky.epoch(random_rotation(sky.rng)) for _ in range(3)]
        info, mean = gathered(epochs, epochs[0].phase)
        ratios.append(deviations(mean, info, sky.true_integers(epochs[0].phase, epochs[0])) / len(mean))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.35)


def test_a_slip_is_eliminated_and_the_others_stay():
    sky = a_sky(2)
    floats, slipped = FloatAmbiguities(), satellite_from_name("G03")
    for t in range(20):
        if t == 10:
            sky.integers[1, 2] += 1000.0
            floats.forget(np.array([slipped], np.int16))
        d = sky.epoch(random_rotation(sky.rng))
        floats.add(d.phase, d.code, LONG_AGO_S)
    info, mean = floats.prior(d.phase)
    assert deviations(mean, info, sky.true_integers(d.phase, d)) / len(mean) < 3.0


def test_what_is_left_after_a_slip_is_the_marginal():
    sky = a_sky(3)
    floats, slipped = FloatAmbiguities(), satellite_from_name("G02")
    d = sky.epoch(random_rotation(sky.rng))
    floats.add(d.phase, d.code, LONG_AGO_S)
    before, _ = floats.prior(d.phase)
    floats.forget(np.array([slipped], np.int16))
    assert not np.any(d.phase.pivot == slipped)
    others = d.phase.satellite != slipped
    after, _ = floats.prior(d.phase.take(np.flatnonzero(others)))
    assert np.allclose(np.linalg.inv(after), np.linalg.inv(before)[np.ix_(others, others)], rtol=1e-4, atol=1e-6)
    info, _ = floats.prior(d.phase)
    assert np.allclose(info[~others], 0.0)


def test_pivots_may_change_and_unknown_satellites_carry_nothing():
    sky = a_sky(4, noise=0.0)
    floats = FloatAmbiguities()
    d = sky.epoch(random_rotation(sky.rng))
    pivots = [NAMES[list(sky.codes).index(p)] for p in np.unique(d.phase.pivot)]
    floats.add(d.phase, d.code, LONG_AGO_S)
    later = sky.epoch(random_rotation(sky.rng), {"b": pivots})
    _, mean = floats.prior(later.phase)
    assert np.allclose(mean, sky.true_integers(later.phase, later), rtol=0.0, atol=CYCLES)
    empty = FloatAmbiguities()
    info, _ = empty.prior(d.phase)
    assert not info.any()


def test_more_epochs_tell_more():
    sky, floats, sigma = a_sky(5), FloatAmbiguities(), []
    for _ in range(8):
        d = sky.epoch(random_rotation(sky.rng))
        floats.add(d.phase, d.code, LONG_AGO_S)
        sigma.append(np.sqrt(np.trace(np.linalg.inv(floats.prior(d.phase)[0]))))
    assert np.all(np.diff(sigma) < 0.0)
    floats.clear()
    assert not floats.prior(d.phase)[0].any()


def test_close_epochs_count_in_part():
    share = [independent_share(t) for t in (0.0, 1.0, 5.0, 30.0, LONG_AGO_S)]
    assert share[0] == 0.0
    assert np.all(np.diff(share) > 0.0)
    assert share[-1] == pytest.approx(1.0)
