"""Recordings that belong together raise no warning, whatever their rates and gaps; others do."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.report.pairing import pairing_warnings

NS = 1_000_000_000
TOLERANCE_S = 0.005
DAY = np.arange(0, 600 * NS, NS)


@pytest.mark.parametrize(
    "other",
    [DAY, DAY[::5], DAY + 1_000_000, DAY[::-1], np.append(DAY, DAY), DAY[500:], np.append(DAY, 10**18), DAY[:0], DAY[7:8]],
    ids=["same", "slower", "a millisecond late", "backwards", "twice", "the end only", "one wild time", "nothing", "one epoch"],
)
def test_recordings_that_belong_together_are_in_peace(other):
    assert pairing_warnings({"a": DAY, "b": other}, TOLERANCE_S) == []
    assert pairing_warnings({"b": other, "a": DAY}, TOLERANCE_S) == []


def test_recordings_apart_in_time_are_told_with_their_times():
    (told,) = pairing_warnings({"a": DAY, "b": DAY, "c": DAY + 86_400 * NS}, TOLERANCE_S)
    assert told == "a 1980-01-06 00:00:00 to 00:09:59, c 1980-01-07 00:00:00 to 00:09:59: no common time"


def test_a_recording_in_the_gap_of_another_has_no_common_time_with_it():
    (told,) = pairing_warnings({"a": np.append(DAY[:100], DAY[400:]), "b": DAY[200:300]}, TOLERANCE_S)
    assert told.endswith("no common time")


def test_epochs_between_one_another_are_told_with_their_distance():
    (told,) = pairing_warnings({"a": DAY, "b": DAY + NS // 4}, TOLERANCE_S)
    assert told.startswith("a and b: 0 of 599 epochs come together, usually they are 0.25 s apart")
