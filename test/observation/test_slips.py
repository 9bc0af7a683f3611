"""Cycle slips of one antenna."""

from __future__ import annotations

import numpy as np
import pytest
from observations import WAVELENGTH_M, epoch_at

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.signals import signal
from gnss_gyro.observation.slips import SlipDetector

NAMES = tuple(f"G{n:02d}" for n in range(1, 9))
N = len(NAMES)
PHASE_NOISE_M, DOPPLER_NOISE_MPS = 0.002, 0.02


class Receiver:
    """Epochs of eight satellites in steady motion, with noise, clock drift and jumps."""

    def __init__(self, seed=1, interval_s=1.0, drift_mps=80.0):
        self.rng = np.random.default_rng(seed)
        self.rate = self.rng.uniform(-700.0, 700.0, N)
        self.interval_s, self.drift_mps = interval_s, drift_mps
        self.range0 = self.rng.uniform(2.0e7, 2.5e7, N)
        self.slips_m = np.zeros(N)
        self.code_jump_s = self.phase_jump_s = 0.0

    def epoch(self, k, **columns):
        t = k * self.interval_s - self.code_jump_s  # true time at which the receiver clock shows the tag
        geometry = self.range0 + self.rate * t + self.drift_mps * t
        code = geometry + SPEED_OF_LIGHT * self.code_jump_s + self.rng.normal(0.0, 1.0, N)
        phase = geometry + SPEED_OF_LIGHT * self.phase_jump_s + self.slips_m + self.rng.normal(0.0, PHASE_NOISE_M, N)
        doppler = self.rate + self.drift_mps + self.rng.normal(0.0, DOPPLER_NOISE_MPS, N)
        values = {"code_m": code, "phase_m": phase, "range_rate_mps": doppler}
        return epoch_at(k * self.interval_s, satellites=NAMES, **(values | columns))


def settled(receiver, **columns):
    detector = SlipDetector()
    for k in range(20):
        marked = detector.update(receiver.epoch(k, **columns))
        assert marked.slip.tolist() == [k == 0] * N
    return detector


def only(*rows):
    return [i in rows for i in range(N)]


def test_new_satellites_are_marked_once():
    settled(Receiver())


@pytest.mark.parametrize("cycles", [1, -2, 100])
def test_doppler_finds_a_slip(cycles):
    receiver = Receiver()
    detector = settled(receiver)
    receiver.slips_m[3] = cycles * WAVELENGTH_M
    assert detector.update(receiver.epoch(20)).slip.tolist() == only(3)
    assert detector.counts.by_name["Doppler"] == 1
    assert not detector.update(receiver.epoch(21)).slip.any()


@pytest.mark.parametrize("phase_too", [True, False])
@pytest.mark.parametrize("milliseconds", [1, -1, 7])
def test_a_clock_jump_is_no_slip(phase_too, milliseconds):
    receiver = Receiver()
    detector = settled(receiver)
    receiver.code_jump_s = milliseconds * 1e-3
    receiver.phase_jump_s = receiver.code_jump_s * phase_too
    receiver.slips_m[5] = WAVELENGTH_M
    assert detector.update(receiver.epoch(20)).slip.tolist() == only(5)
    assert detector.clock_jump == 1


def test_false_alarms_are_rare():
    receiver, detector = Receiver(seed=7), SlipDetector()
    slips = sum(int(detector.update(receiver.epoch(k)).slip.sum()) for k in range(1000))
    assert slips == N


def test_without_doppler_and_at_30_s_nothing_is_invented():
    receiver = Receiver(interval_s=30.0)
    settled(receiver, range_rate_mps=np.full(N, np.nan))
    settled(Receiver(interval_s=30.0))


def test_lock_times():
    receiver = Receiver()
    lock = np.full(N, 64.5)
    detector = settled(receiver, lock_time_s=lock)
    lock[[1, 2]] = 0.3, 40.0
    assert detector.update(receiver.epoch(20, lock_time_s=lock)).slip.tolist() == only(1, 2)


def test_a_lock_shorter_than_the_interval_is_a_slip_even_if_it_grew():
    receiver, detector = Receiver(), SlipDetector()
    detector.update(receiver.epoch(0, lock_time_s=np.full(N, 0.1)))
    lock = np.full(N, 1.1)
    lock[4] = 0.6
    assert detector.update(receiver.epoch(1, lock_time_s=lock)).slip.tolist() == only(4)


def test_flags_half_cycles_and_signals():
    receiver = Receiver()
    detector = settled(receiver)
    told, half, code = np.array(only(0)), np.array(only(2)), np.where(only(6), signal("1W"), signal("1C"))
    epoch = receiver.epoch(20, slip=told, half_cycle=half, signal=code.astype(np.int16))
    assert detector.update(epoch).slip.tolist() == only(0, 2, 6)
    assert detector.update(receiver.epoch(21, signal=epoch.signal)).slip.tolist() == only(2)


def test_an_absence_is_a_slip_unless_the_lock_time_spans_it():
    for lock_s, slips in ((np.nan, only(0, 1)), (50.0, only()), (1.5, only(0, 1))):
        receiver, detector = Receiver(), SlipDetector()
        locks = np.full(N, 40.0)
        detector.update(receiver.epoch(0, lock_time_s=locks))
        detector.update(receiver.epoch(1, lock_time_s=locks).take(np.arange(2, N)))
        locks[:2] = lock_s
        assert detector.update(receiver.epoch(2, lock_time_s=locks)).slip.tolist() == slips


def test_a_long_gap_marks_all():
    receiver = Receiver()
    detector = settled(receiver)
    assert detector.update(receiver.epoch(200)).slip.all()


def test_a_clock_reset_marks_what_doppler_cannot_vouch_for():
    receiver = Receiver()
    detector = settled(receiver)
    doppler = np.where(only(3), np.nan, receiver.rate + receiver.drift_mps)
    assert detector.update(receiver.epoch(20, range_rate_mps=doppler), clock_reset=True).slip.tolist() == only(3)
    silent = Receiver()
    detector = settled(silent, range_rate_mps=np.full(N, np.nan))
    assert detector.update(silent.epoch(20, range_rate_mps=np.full(N, np.nan)), clock_reset=True).slip.all()


def test_an_epoch_from_the_past_does_not_disturb_but_a_restart_is_followed():
    receiver = Receiver()
    detector = settled(receiver)
    assert detector.update(receiver.epoch(3)).slip.all()
    assert not detector.update(receiver.epoch(20)).slip.any()
    assert [bool(detector.update(receiver.epoch(k)).slip.any()) for k in range(5)] == [True, True, True, False, False]


def test_missing_phases_are_remembered_as_missing():
    receiver = Receiver()
    detector = settled(receiver)
    phase = receiver.epoch(20).phase_m
    phase[2] = np.nan
    detector.update(receiver.epoch(20, phase_m=phase))
    assert detector.update(receiver.epoch(21)).slip.tolist() == only(2)
