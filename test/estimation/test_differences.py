"""Double differences: what cancels, and their covariance as D Sigma D^T."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.basics.satellites import System, in_system, satellite_from_name, system_index
from gnss_gyro.basics.signals import signal
from gnss_gyro.estimation.differences import CODES, array_differences
from gnss_gyro.estimation.weighing import free_code_misfit

ROUNDING = 1e-12
CANCELLING_M = 1e-6
NAMES = satellites(G=5, R=3, E=4, C=4, J=2)
ARRAY = array_of([(0, 0, 0), (1.0, 0, 0), (0.2, 0.8, 0), (0.1, -0.4, 0.5)])


def a_sky(seed, **options):
    return Sky(NAMES, ARRAY, np.random.default_rng(seed), **options)


def codes(*names):
    return np.array([satellite_from_name(name) for name in names], np.int16)


@pytest.mark.parametrize("seed", range(4))
def test_without_noise_only_geometry_and_integers_remain(seed):
    sky = a_sky(seed, noise=0.0)
    rotation = random_rotation(sky.rng)
    differences = sky.epoch(rotation, {"b": ["G02", "E01"], "c": ["C01"]})
    vectors = ARRAY.baselines_body_m() @ rotation.T
    for rows, integers in ((differences.phase, sky.true_integers(differences.phase, differences)), (differences.code, 0.0)):
        modelled = np.einsum("ij,ij->i", rows.design, vectors[rows.baseline]) + rows.wavelength_m * integers
        assert np.allclose(rows.value_m, modelled, rtol=0.0, atol=CANCELLING_M)


def test_common_errors_and_clocks_cancel():
    sky = a_sky(1)
    prefits = sky.prefits(np.eye(3))
    common = sky.rng.normal(0.0, 100.0, len(NAMES))
    moved = {
        name: replace(p, code_m=p.code_m + common + 50.0 * k, phase_m=p.phase_m + common + 50.0 * k)
        for k, (name, p) in enumerate(prefits.items())
    }
    before, after = (array_differences(p, "a", {}) for p in (prefits, moved))
    for kind in ("phase", "code"):
        assert np.allclose(getattr(before, kind).value_m, getattr(after, kind).value_m, rtol=0.0, atol=CANCELLING_M)


def naive_covariance(rows, prefits, differences, kind):
    """D Sigma D^T with one column for every antenna and satellite."""
    names = [differences.reference, *differences.antennas]
    column = {(name, int(s)): i for i, (name, s) in enumerate((n, s) for n in names for s in prefits[n].satellite)}
    sigma = np.concatenate([getattr(prefits[name], f"{kind}_var_m2") for name in names])
    operator = np.zeros((len(rows), len(column)))
    for i in range(len(rows)):
        own, s, p = differences.antennas[rows.baseline[i]], int(rows.satellite[i]), int(rows.pivot[i])
        for key, sign in (((own, s), 1), ((differences.reference, s), -1), ((own, p), -1), ((differences.reference, p), 1)):
            operator[i, column[key]] += sign
    return operator @ np.diag(sigma) @ operator.T


@pytest.mark.parametrize("shared", [False, True])
def test_covariance_is_that_of_the_operator(shared):
    sky = a_sky(2)
    prefits = sky.prefits(np.eye(3))
    prefits = {name: replace(p, phase_var_m2=p.phase_var_m2 * (1 + k)) for k, (name, p) in enumerate(prefits.items())}
    prefits["b"] = prefits["b"].without(codes("G01", "E02", "C01"))
    prefits["d"] = prefits["d"].without(codes("G03", "R01"))
    prefits["a"] = prefits["a"].without(codes("C02"))
    differences = array_differences(prefits, "a", dict.fromkeys("bcd", shared))
    for kind in ("phase", "code"):
        rows = getattr(differences, kind)
        assert np.allclose(rows.cov_m2, naive_covariance(rows, prefits, differences, kind), rtol=ROUNDING, atol=0.0)
        assert np.linalg.eigvalsh(rows.cov_m2).min() > 0.0


def test_glonass_gives_codes_but_never_phases():
    differences = a_sky(3).epoch(np.eye(3))
    assert not in_system(differences.phase.satellite, System.GLONASS).any()
    assert in_system(differences.code.satellite, System.GLONASS).sum() == 2 * 3


def test_every_system_has_its_own_pivot_unless_it_may_be_shared():
    sky = a_sky(4)
    prefits = sky.prefits(np.eye(3))
    for shared, groups in ((False, 4), (True, 2)):
        phase = array_differences(prefits, "a", dict.fromkeys("bcd", shared)).phase
        rows = phase.of(0)
        assert len(np.unique(phase.pivot[rows])) == groups
        assert len(rows) == 5 + 4 + 4 + 2 - groups
        same = system_index(phase.satellite[rows]) == system_index(phase.pivot[rows])
        assert same.all() != shared
        beidou = in_system(phase.satellite[rows], System.BEIDOU)
        assert np.array_equal(beidou, in_system(phase.pivot[rows], System.BEIDOU))


def test_signals_of_one_system_are_not_mixed():
    sky = a_sky(5)
    prefits = sky.prefits(np.eye(3))
    other = np.where(np.isin(sky.codes, codes("G01", "G02", "G03")), signal("1L"), sky.signals).astype(np.int16)
    prefits["b"] = replace(prefits["b"], signal=other)
    phase = array_differences(prefits, "a", {}).phase
    rows = phase.of(0)[in_system(phase.satellite[phase.of(0)], System.GPS)]
    first = np.isin(phase.satellite[rows], codes("G01", "G02", "G03"))
    assert np.array_equal(first, np.isin(phase.pivot[rows], codes("G01", "G02", "G03")))
    assert len(rows) == 3
    both = np.array([phase.pivot[rows][first][0], phase.pivot[rows][~first][0]])
    assert len(np.unique(both)) == 2


def test_missing_phase_leaves_the_code():
    sky = a_sky(6)
    prefits = sky.prefits(np.eye(3))
    prefits["c"] = replace(prefits["c"], phase_m=np.where(sky.codes == codes("G02")[0], np.nan, prefits["c"].phase_m))
    differences = array_differences(prefits, "a", {})
    seen = {kind: getattr(differences, kind) for kind in ("phase", "code")}
    assert np.isfinite(seen["phase"].value_m).all()
    used = {kind: set(r.satellite[r.of(1)]) | set(r.pivot[r.of(1)]) for kind, r in seen.items()}
    assert codes("G02")[0] in used["code"] - used["phase"]


def test_preferred_satellites_become_pivots():
    sky = a_sky(7)
    prefits = sky.prefits(np.eye(3))
    wanted = codes("G04", "E03")
    phase = array_differences(prefits, "a", {}, {"b": np.isin(np.arange(CODES), wanted)}).phase
    assert set(wanted) <= set(phase.pivot[phase.of(0)])
    by_height = array_differences(prefits, "a", {}).phase
    assert np.array_equal(phase.pivot[phase.of(1)], by_height.pivot[by_height.of(1)])


def test_one_satellite_or_no_other_antenna_gives_nothing():
    lonely = Sky(("G01",), array_of([(0, 0, 0), (1, 0, 0)]), np.random.default_rng(0)).epoch(np.eye(3))
    assert len(lonely.phase) == len(lonely.code) == 0
    alone = Sky(NAMES, array_of([(0, 0, 0)]), np.random.default_rng(0)).epoch(np.eye(3))
    assert alone.antennas == ()
    assert len(alone.phase) == 0


def test_code_misfit_is_chi_square_whatever_the_integers():
    rng = np.random.default_rng(9)
    ratios = []
    for _ in range(100):
        sky = Sky(satellites(G=7, E=5), ARRAY, rng)
        chi2, dof = free_code_misfit(sky.epoch(random_rotation(rng)))
        assert dof == 3 * (6 + 4 - 3)
        ratios.append(chi2 / dof)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.25)  # baselines share the reference antenna's noise


def test_glonass_biases_leave_the_code_misfit_alone():
    sky = a_sky(10)
    prefits = sky.prefits(np.eye(3))
    biased = in_system(sky.codes, System.GLONASS) * np.arange(len(NAMES)) * 3.0
    moved = {**prefits, "b": replace(prefits["b"], code_m=prefits["b"].code_m + biased)}
    assert free_code_misfit(array_differences(moved, "a", {})) == free_code_misfit(array_differences(prefits, "a", {}))
