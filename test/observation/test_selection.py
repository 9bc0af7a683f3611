"""One L1 signal per satellite: the most complete, the preferred, the strongest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import WAVELENGTH_M, observations_of

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System, satellite_from_name, satellite_name
from gnss_gyro.basics.signals import GLONASS_L1_HZ, GLONASS_L1_STEP_HZ, signal_name
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.observation.slips import SlipDetector
from gnss_gyro.protocols.messages import BOC, HALF_CYCLE, SLIP, Counts

NAN = np.nan
ROWS = st.tuples(st.sampled_from(["G01", "G02", "E01", "J02", "C09"]), st.sampled_from(["1C", "1X", "2I", "5Q"]))


def chosen(epoch):
    return [(satellite_name(s), signal_name(c)) for s, c in zip(epoch.satellite, epoch.signal, strict=True)]


def test_only_l1_of_the_chosen_systems_sorted_by_satellite():
    rows = [("E11", "1X"), ("G09", "2L"), ("G09", "1C"), ("C05", "2I"), ("G02", "1C"), ("R03", "1C"), ("E11", "5Q")]
    epoch = select_l1("a", observations_of(rows), (System.GPS, System.GALILEO))
    assert chosen(epoch) == [("G02", "1C"), ("G09", "1C"), ("E11", "1X")]


def test_the_preferred_signal_wins_unless_it_is_incomplete():
    rows = [("G02", "1W"), ("G02", "1C"), ("G03", "1W"), ("G03", "1C")]
    phase = np.array([1.0, 2.0, 3.0, NAN]) * 1e8
    epoch = select_l1("a", observations_of(rows, phase_cycles=phase))
    assert chosen(epoch) == [("G02", "1C"), ("G03", "1W")]


def test_of_duplicates_the_stronger_is_kept_and_counted():
    counts = Counts()
    observations = observations_of([("G02", "1C")] * 3, cn0_dbhz=np.array([30.0, 44.0, NAN]))
    epoch = select_l1("a", observations, counts=counts)
    assert epoch.cn0_dbhz.tolist() == [44.0]
    assert counts.by_name == {"duplicate signal of a satellite": 2}


def test_implausible_pseudoranges_become_unknown_and_empty_satellites_vanish():
    counts = Counts()
    observations = observations_of(
        [("G01", "1C"), ("G02", "1C"), ("G03", "1C")],
        pseudorange_m=np.array([2.1e7, 1.0, NAN]),
        phase_cycles=np.array([1e8, 1e8, NAN]),
    )
    epoch = select_l1("a", observations, counts=counts)
    assert chosen(epoch) == [("G01", "1C"), ("G02", "1C")]
    assert np.isnan(epoch.code_m).tolist() == [False, True]
    assert counts.by_name == {"implausible pseudorange": 1, "satellite without code and phase": 1}


def test_units_signs_and_flags():
    flags = np.array([SLIP, HALF_CYCLE, BOC], np.uint8)
    epoch = select_l1("a", observations_of([("G01", "1C"), ("G02", "1C"), ("E03", "1C")], flags=flags))
    assert epoch.phase_m == pytest.approx(np.full(3, 1.1e8 * WAVELENGTH_M))
    assert epoch.range_rate_mps == pytest.approx(np.full(3, -100.0 * WAVELENGTH_M))
    assert epoch.slip.tolist() == [True, False, False]
    assert epoch.half_cycle.tolist() == [False, True, False]


def test_glonass_wavelength_by_the_channel_told_or_known():
    channels = np.array([-3, -128, -128], np.int8)
    observations = observations_of([("R01", "1C"), ("R02", "1C"), ("R03", "1C")], glonass_channel=channels)
    epoch = select_l1("a", observations, glonass_channels={satellite_from_name("R02"): 5})
    frequency = GLONASS_L1_HZ + np.array([-3.0, 5.0]) * GLONASS_L1_STEP_HZ
    assert epoch.wavelength_m[:2] == pytest.approx(SPEED_OF_LIGHT / frequency)
    assert np.isnan([epoch.wavelength_m[2], epoch.phase_m[2]]).all()


def test_nothing_in_nothing_out():
    assert len(select_l1("a", observations_of([]))) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=12), st.integers(0, 2**32 - 1))
def test_any_rows_give_a_valid_epoch(rows, seed):
    rng = np.random.default_rng(seed)
    code = rng.choice([2e7, NAN, -1.0, np.inf], len(rows))
    phase = rng.choice([1e8, NAN], len(rows))
    epoch = select_l1("a", observations_of(rows, pseudorange_m=code, phase_cycles=phase))
    assert not (np.isnan(epoch.code_m) & np.isnan(epoch.phase_m)).any()
    assert np.isfinite(epoch.code_m[~np.isnan(epoch.code_m)]).all()


def test_slips_are_found_on_the_way():
    observations = observations_of([("G01", "1C"), ("G02", "1C"), ("E03", "1C")])
    epoch = select_l1("a", observations, slips=SlipDetector())
    assert epoch.slip.tolist() == SlipDetector().update(select_l1("a", observations)).slip.tolist() == [True] * 3


def test_rows_of_observations_are_taken():
    observations = observations_of([("G01", "1C"), ("G02", "1C"), ("E03", "1C")])
    taken = observations.take(np.array([True, False, True]))
    assert taken.time == observations.time
    assert select_l1("a", taken).satellite.tolist() == observations.satellite[[0, 2]].tolist()
