"""SBAS in real recordings: when it speaks, and whether what it says is true."""

from __future__ import annotations

import numpy as np
import pytest
from dual_frequency import slant_differences
from recordings import recording
from sbas_walk import live, messages_of, steps, warm

from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.corrections.sbas import Sbas
from gnss_gyro.protocols.messages import SbasMessage
from gnss_gyro.streams.files import read_messages

IONOSPHERE_SPREAD_M = 0.8
"""Of medians over the walk: reflections on two codes, times 1.3."""


@pytest.fixture(scope="module")
def messages():
    return messages_of(recording("f9p_walk"))


def corrected(step):
    return [] if step.corrections is None else [satellite_name(c) for c in step.epoch.satellite[step.corrections.corrected]]


def test_cold_start_under_waas(messages):
    """GPS 10, 27 and 32 are all whose ephemerides the receiver hears in 134 s and WAAS corrects; its grid comes too late."""
    walk = list(steps(live, messages))
    names = {name for step in walk for name in corrected(step)}
    first = next(step.since_s for step in walk if corrected(step))
    assert names == {"G10", "G27", "G32"}
    assert first < 60.0
    delayed = {step.since_s: np.isfinite(step.corrections.ionosphere_m).sum() for step in walk if step.corrections is not None}
    assert max(count for since_s, count in delayed.items() if since_s < 120.0) == 0
    assert max(delayed.values()) == 1


def test_ages_and_errors_are_of_the_size_that_the_standard_allows(messages):
    for step in steps(warm, messages):
        told = step.corrections
        if told is not None and told.corrected.any():
            assert np.nanmax(told.age_s) < 360.0
            assert np.nanmax(np.abs(told.clock_m)) < 20.0
            assert np.nanmax(np.linalg.norm(told.orbit_ecef_m, axis=1)) < 40.0
            assert 0.04 < np.nanmin(told.variance_m2) <= np.nanmax(told.variance_m2) < 300.0


def test_the_slant_delays_are_those_of_two_frequencies(messages):
    """Six satellites of Galileo between 15 and 80 degrees, which SBAS knows nothing of: the grid alone carries them."""
    found = np.array(list(slant_differences(steps(warm, messages), messages).values()))
    assert len(found) == 6
    by_sbas, by_klobuchar = np.std(found, axis=0)
    assert by_sbas < IONOSPHERE_SPREAD_M
    assert by_sbas < 0.6 * by_klobuchar


def test_half_a_minute_of_msas_without_a_mask_is_silence():
    source = Sbas()
    told = [m for m in read_messages(recording("slas_hiroshima") / "20230919-114418.ubx") if isinstance(m, SbasMessage)]
    for message in told:
        source.feed(message)
    assert len(told) == 71
    assert not any(m.kind == 1 for m in told)
    assert source.counts.by_name == {}
