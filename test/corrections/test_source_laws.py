"""The laws every correction service obeys, whatever it is."""

from __future__ import annotations

import itertools
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sbas_scene import ISSUES, PRN, SATELLITES, T0, VIEW, fed, service

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.fixed import FixedCorrection
from gnss_gyro.corrections.source import NO_ISSUE, Corrections, Viewpoint, no_corrections
from gnss_gyro.corrections.table import SOURCES
from gnss_gyro.protocols.messages import Klobuchar
from gnss_gyro.protocols.sbas.messages import SbasMessage

FOREVER_S = 7 * 86_400.0
PROVIDED = [field.name for field in fields(Corrections) if field.name not in ("age_s", "forbidden")]
PAIRS = (
    ("clock_m", "variance_m2"),
    ("ionosphere_m", "ionosphere_variance_m2"),
    ("troposphere_m", "troposphere_variance_m2"),
)


def fixed_corrections() -> list[FixedCorrection]:
    first, second, third = SATELLITES[:3].tolist()
    return [
        FixedCorrection(first, T0 - 10.0, 30, 60.0, (1.0, -2.0, 0.5), -0.7, 0.09, code_bias_m=0.3, phase_bias_m=0.01),
        FixedCorrection(second, T0 - 5.0, lifetime_s=60.0, ionosphere_m=3.0, ionosphere_variance_m2=0.2, troposphere_m=4.0,
                        troposphere_variance_m2=0.01),
        FixedCorrection(third, T0, lifetime_s=60.0, forbidden=True),
    ]  # fmt: skip


SAMPLES = {"fixed": fixed_corrections, "sbas": service}
each_source = pytest.mark.parametrize("name", SOURCES)


def ready(name: str):
    return fed(SOURCES[name](), SAMPLES[name]())


def seen(rows, view: Viewpoint = VIEW) -> Viewpoint:
    return Viewpoint(view.position_ecef_m, view.elevation[rows], view.azimuth[rows])


def columns(corrections: Corrections) -> dict[str, np.ndarray]:
    return {field.name: getattr(corrections, field.name) for field in fields(Corrections)}


def assert_same(found: Corrections | None, expected: Corrections | None) -> None:
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        for name, values in columns(expected).items():
            np.testing.assert_array_equal(getattr(found, name), values, err_msg=name)


def test_every_service_has_a_sample():
    assert SOURCES.keys() == SAMPLES.keys()


@each_source
def test_the_table_calls_it_by_its_name(name):
    assert SOURCES[name]().name == name


@each_source
def test_silent_before_any_message(name):
    assert SOURCES[name]().at(T0, SATELLITES, ISSUES, VIEW) is None


@each_source
def test_speaks_after_its_messages(name):
    found = ready(name).at(T0, SATELLITES, ISSUES, VIEW)
    assert found is not None
    assert len(found) == len(SATELLITES)
    assert found.corrected.any()
    assert not found.says_nothing


@each_source
def test_unknown_is_nan_and_what_is_told_has_a_variance(name):
    found = ready(name).at(T0, SATELLITES, ISSUES, VIEW)
    for value, variance in PAIRS:
        known = np.isfinite(getattr(found, value))
        np.testing.assert_array_equal(np.isfinite(getattr(found, variance)), known)
        assert (getattr(found, variance)[known] > 0.0).all()
    assert not any(np.isinf(values).any() for values in columns(found).values())
    told = np.isfinite(np.column_stack([getattr(found, column) for column in PROVIDED])).any(axis=1) | found.forbidden
    np.testing.assert_array_equal(np.isfinite(found.age_s), told)
    assert not told.all()  # the samples leave something out: it must not come back as zeros


@each_source
@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(SATELLITES))))
def test_the_order_of_satellites_does_not_matter(name, order):
    source, rows = ready(name), np.array(order)
    expected = source.at(T0, SATELLITES, ISSUES, VIEW)
    found = source.at(T0, SATELLITES[rows], ISSUES[rows], seen(rows))
    for column, values in columns(expected).items():
        np.testing.assert_array_equal(getattr(found, column), values[rows], err_msg=column)


@each_source
@settings(max_examples=25, deadline=None)
@given(chosen=st.sets(st.integers(0, len(SATELLITES) - 1)))
def test_a_satellite_gets_the_same_whoever_else_is_asked_for(name, chosen):
    source, rows = ready(name), np.array(sorted(chosen), int)
    expected = source.at(T0, SATELLITES, ISSUES, VIEW)
    found = source.at(T0, SATELLITES[rows], ISSUES[rows], seen(rows)) or no_corrections(len(rows))
    for column, values in columns(expected).items():
        np.testing.assert_array_equal(getattr(found, column), values[rows], err_msg=column)


@each_source
def test_asking_changes_nothing(name):
    source = ready(name)
    expected = source.at(T0, SATELLITES, ISSUES, VIEW)
    for time in (T0 + 30.0, T0 + FOREVER_S, T0 - 1e5, T0 + 1.0):
        source.at(time, SATELLITES, ISSUES, VIEW)
    assert_same(source.at(T0, SATELLITES, ISSUES, VIEW), expected)


@each_source
def test_arguments_are_not_written_into_and_results_are_ones_own(name):
    source = ready(name)
    arguments = [SATELLITES.copy(), ISSUES.copy(), VIEW.position_ecef_m.copy(), VIEW.elevation.copy(), VIEW.azimuth.copy()]
    view = Viewpoint(*arguments[2:])
    first = source.at(T0, arguments[0], arguments[1], view)
    for argument, original in zip(
        arguments, (SATELLITES, ISSUES, VIEW.position_ecef_m, VIEW.elevation, VIEW.azimuth), strict=True
    ):
        np.testing.assert_array_equal(argument, original)
    expected = source.at(T0, SATELLITES, ISSUES, VIEW)
    for values in columns(first).values():
        values[:] = 0
    assert_same(source.at(T0, SATELLITES, ISSUES, VIEW), expected)


@each_source
@pytest.mark.parametrize("times", [2, 3])
def test_the_same_messages_again_change_nothing(name, times):
    source = ready(name)
    for message in SAMPLES[name]():
        for _ in range(times):
            source.feed(message)
    assert_same(source.at(T0, SATELLITES, ISSUES, VIEW), ready(name).at(T0, SATELLITES, ISSUES, VIEW))


@each_source
def test_each_message_twice_in_a_row_changes_nothing(name):
    doubled = fed(SOURCES[name](), [message for message in SAMPLES[name]() for _ in range(2)])
    assert_same(doubled.at(T0, SATELLITES, ISSUES, VIEW), ready(name).at(T0, SATELLITES, ISSUES, VIEW))


@each_source
def test_a_message_of_the_future_is_not_used(name):
    source = ready(name)
    earliest = min(message.time.ns for message in SAMPLES[name]())
    assert source.at(GpsTime(earliest) - 1.0, SATELLITES, ISSUES, VIEW) is None


@each_source
@pytest.mark.parametrize("before_s", [0.5, 1.5, 3.0, 6.0, 9.0, 15.0, 19.5, 25.0, 32.0, 39.5, 45.0])
def test_nothing_of_what_it_says_comes_from_later_messages(name, before_s):
    """Asked for the past it may have forgotten, but what it says is what it would have said then."""
    time, messages = T0 - before_s, SAMPLES[name]()
    found = fed(SOURCES[name](), messages).at(time, SATELLITES, ISSUES, VIEW) or no_corrections(len(SATELLITES))
    then = fed(SOURCES[name](), [m for m in messages if m.time <= time]).at(time, SATELLITES, ISSUES, VIEW)
    then = then or no_corrections(len(SATELLITES))
    for column in PROVIDED:
        told = np.isfinite(getattr(found, column))
        np.testing.assert_array_equal(getattr(found, column)[told], getattr(then, column)[told], err_msg=column)
    assert not (found.forbidden & ~then.forbidden).any()


@each_source
def test_ages_grow_with_time_and_end_in_silence(name):
    source = ready(name)
    first, later = (source.at(T0 + dt, SATELLITES, ISSUES, VIEW) for dt in (0.0, 4.0))
    both = np.isfinite(first.age_s) & np.isfinite(later.age_s)
    assert both.any()
    np.testing.assert_allclose(later.age_s[both] - first.age_s[both], 4.0, rtol=0, atol=1e-9)
    assert (first.age_s[both] >= 0.0).all()
    assert source.at(T0 + FOREVER_S, SATELLITES, ISSUES, VIEW) is None


@each_source
def test_variances_do_not_shrink_with_age(name):
    source = ready(name)
    found = [source.at(T0 + dt, SATELLITES, ISSUES, VIEW) for dt in (0.0, 2.0, 5.0, 9.0)]
    for earlier, later in itertools.pairwise(found):
        for column in ("variance_m2", "ionosphere_variance_m2", "troposphere_variance_m2"):
            before, after = getattr(earlier, column), getattr(later, column)
            known = np.isfinite(before) & np.isfinite(after)
            assert (after[known] >= before[known]).all()


@each_source
def test_orbits_of_another_issue_are_not_corrected(name):
    source = ready(name)
    right = source.at(T0, SATELLITES, ISSUES, VIEW)
    for issues in (ISSUES + 1, np.full_like(ISSUES, NO_ISSUE)):
        wrong = source.at(T0, SATELLITES, issues, VIEW)
        assert not wrong.corrected.any()
        np.testing.assert_array_equal(wrong.ionosphere_m, right.ionosphere_m)
        np.testing.assert_array_equal(wrong.forbidden, right.forbidden)


@each_source
def test_a_place_that_is_not_known_is_no_error(name):
    lost = Viewpoint(np.full(3, np.nan), np.full(len(SATELLITES), np.nan), np.full(len(SATELLITES), np.nan))
    found = ready(name).at(T0, SATELLITES, ISSUES, lost)
    assert found is not None
    assert found.corrected.any()


@each_source
def test_no_satellites_no_corrections(name):
    nobody = np.array([], np.int64)
    assert ready(name).at(T0, nobody.astype(np.int16), nobody, seen(nobody)) is None


@each_source
@pytest.mark.parametrize("junk", [None, b"\x53\x9a\xc6", "", 7, np.zeros(3), object(), Klobuchar("G", np.zeros(4), np.zeros(4))])
def test_what_is_not_its_own_is_counted_and_changes_nothing(name, junk):
    source = ready(name)
    source.feed(junk)
    assert sum(source.counts.by_name.values()) == 1
    assert_same(source.at(T0, SATELLITES, ISSUES, VIEW), ready(name).at(T0, SATELLITES, ISSUES, VIEW))


@each_source
def test_services_do_not_hear_each_other(name):
    for other, sample in SAMPLES.items():
        if other != name:
            source = fed(SOURCES[name](), sample())
            assert source.at(T0, SATELLITES, ISSUES, VIEW) is None
            assert sum(source.counts.by_name.values()) == len(sample())


def test_corrections_check_their_shapes():
    good = columns(no_corrections(3))
    for column in good:
        with pytest.raises(ValueError, match=r"Corrections\.\w+ has shape"):
            Corrections(**{**good, column: good[column][:2]})
    with pytest.raises(ValueError, match="Viewpoint"):
        Viewpoint(np.zeros(3), np.zeros(4), np.zeros(3))
    with pytest.raises(ValueError, match="Viewpoint"):
        Viewpoint(np.zeros(2), np.zeros(4), np.zeros(4))


def test_the_sample_is_of_one_satellite():
    assert {message.satellite for message in service() if isinstance(message, SbasMessage)} == {PRN}


@each_source
def test_after_a_reset_it_is_as_new(name):
    source = ready(name)
    source.reset()
    assert source.at(T0, SATELLITES, ISSUES, VIEW) is None
    assert_same(fed(source, SAMPLES[name]()).at(T0, SATELLITES, ISSUES, VIEW), ready(name).at(T0, SATELLITES, ISSUES, VIEW))
