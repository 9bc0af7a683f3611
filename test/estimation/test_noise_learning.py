"""Learned noise: converges to the truth in simulation, on the cautious side, and is not misled by faults."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass, NoiseLearner

MODEL = DEFAULT_NOISE[NoiseClass.GEODETIC]


def learn(learner, kind, true_sigma_m, epochs, rng, dof=8, faults=0.0):
    """Feed chi-squares as the engine would make them, under the model in force."""
    for _ in range(epochs):
        sigma = getattr(learner.applied(MODEL), f"{kind}_m")
        chi2 = rng.chisquare(dof) * (true_sigma_m / sigma) ** 2
        learner.update(kind, chi2 * (1e4 if rng.random() < faults else 1.0), dof)


@pytest.mark.parametrize(("kind", "true_m"), [("code", 0.2), ("code", 0.4), ("phase", 0.0012), ("phase", 0.0025)])
@pytest.mark.parametrize("faults", [0.0, 0.1])
def test_converges_to_the_true_sigma_on_the_cautious_side(kind, true_m, faults):
    learner = NoiseLearner()
    learn(learner, kind, true_m, 600, np.random.default_rng(1), faults=faults)
    aimed = true_m / np.sqrt(NoiseLearner.TARGET)
    assert getattr(learner.applied(MODEL), f"{kind}_m") == pytest.approx(aimed, rel=0.08)


def test_nothing_learned_is_the_default():
    learner = NoiseLearner()
    assert not learner.learned
    assert learner.applied(MODEL) == MODEL
    learner.update("phase", float("nan"), 5)
    learner.update("phase", 3.0, 0)
    assert learner.applied(MODEL) == MODEL


def test_learned_after_enough_phases():
    learner = NoiseLearner()
    learn(learner, "code", 0.25, 50, np.random.default_rng(1))
    assert not learner.learned
    learn(learner, "phase", 0.0015, 5, np.random.default_rng(1))
    assert learner.learned


@pytest.mark.parametrize(("kind", "tiny_m", "lowest"), [("code", 0.02, "LOWEST_CODE_M"), ("phase", 1e-4, "LOWEST_PHASE_M")])
def test_a_receiver_too_good_to_be_true_stays_at_the_floor_and_recovers(kind, tiny_m, lowest):
    learner, rng = NoiseLearner(), np.random.default_rng(2)
    learn(learner, kind, tiny_m, 800, rng)
    assert getattr(learner.applied(MODEL), f"{kind}_m") == pytest.approx(getattr(NoiseLearner, lowest))
    usual = {"code": 0.25, "phase": 0.0015}[kind]
    learn(learner, kind, usual, 600, rng)
    assert getattr(learner.applied(MODEL), f"{kind}_m") == pytest.approx(usual / np.sqrt(NoiseLearner.TARGET), rel=0.1)


def test_noise_that_rises_for_good_is_learned_anew():
    learner, rng = NoiseLearner(), np.random.default_rng(3)
    learn(learner, "code", 0.25, 300, rng)
    learn(learner, "code", 0.8, 300, rng)
    assert learner.applied(MODEL).code_m == pytest.approx(0.8 / np.sqrt(NoiseLearner.TARGET), rel=0.1)


def test_doubt_leads_back_to_the_default():
    learner, rng = NoiseLearner(), np.random.default_rng(4)
    learn(learner, "phase", 0.0009, 300, rng)
    for _ in range(80):
        learner.doubt("phase")
    assert learner.factor("phase") == pytest.approx(1.0, abs=0.05)
