"""Laws of the ephemeris store."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ephemerides import TOE, glonass, kepler

from gnss_gyro.basics.satellites import System, satellite_from_name
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore, StoreRules
from gnss_gyro.orbits.table import NO_ROW, accuracy_m
from gnss_gyro.protocols.messages import BdgimCoefficients, KeplerEphemeris, Klobuchar, LeapSeconds, NequickCoefficients

G05 = satellite_from_name("G05")
E11 = satellite_from_name("E11")


def _store(*messages, **rules):
    store = EphemerisStore(StoreRules(**rules))
    store.extend(messages)
    return store


def test_an_unknown_satellite_has_no_ephemeris():
    assert _store().choose(G05, TOE) == (None, OrbitOutcome.NO_EPHEMERIS)
    assert _store().table_at(TOE).row_of[G05] == NO_ROW


def test_the_closest_toe_is_chosen():
    early, late = kepler("G05", issue=1), kepler("G05", toe=TOE + 7200.0, issue=2)
    store = _store(early, late)
    assert store.choose(G05, TOE + 3599.0)[0] is early
    assert store.choose(G05, TOE + 3601.0)[0] is late


def test_of_one_period_what_was_sent_last_is_chosen():
    """A new upload stands beside the old one, its toe hardly earlier (G28 on clas_static: 16 s, and 3.4 m the better)."""
    old = kepler("G05", issue=1, transmitted=TOE - 7200.0)
    upload = kepler("G05", issue=2, toe=TOE - 16.0, transmitted=TOE - 600.0)
    store = _store(upload, old)
    assert store.choose(G05, TOE - 601.0)[0] is old
    assert store.choose(G05, TOE - 599.0)[0] is upload
    assert store.choose(G05, TOE + 3600.0)[0] is upload


@pytest.mark.parametrize(("name", "limit_s"), [("G05", 7200), ("J02", 7200), ("E11", 14400), ("C30", 7200), ("R01", 1800)])
def test_each_system_grows_stale_at_its_age(name, limit_s):
    eph = glonass(name) if name[0] == "R" else kepler(name)
    store = _store(eph, margin_s=0.0)
    for sign in (-1, 1):
        assert store.choose(eph.satellite, TOE + sign * float(limit_s))[1] is OrbitOutcome.OK
        assert store.choose(eph.satellite, TOE + sign * (limit_s + 1.0))[1] is OrbitOutcome.STALE


def test_a_longer_fit_interval_extends_the_age():
    store = _store(kepler("G05", fit_interval_s=6 * 3600.0), margin_s=0.0)
    assert store.choose(G05, TOE + 10_799.0)[1] is OrbitOutcome.OK


def test_ages_are_configurable():
    store = _store(kepler("G05"), max_age_s={System.GPS: 60.0}, margin_s=0.0)
    assert store.choose(G05, TOE + 61.0)[1] is OrbitOutcome.STALE


def test_inav_is_preferred_unless_it_is_stale():
    inav, fnav = kepler("E11"), kepler("E11", source="FNAV", toe=TOE + 1200.0)
    store = _store(inav, fnav)
    assert store.choose(E11, TOE + 1200.0)[0] is inav
    assert store.choose(E11, TOE + 15_000.0)[0] is fnav


def test_an_unhealthy_satellite_is_named_so():
    assert _store(kepler("G05", health=1)).choose(G05, TOE)[1] is OrbitOutcome.UNHEALTHY


def test_a_change_of_health_is_news_though_the_issue_stays():
    store = _store(kepler("G05"))
    assert store.table_at(TOE).outcome[0] == OrbitOutcome.OK
    assert store.add(kepler("G05", health=63))
    assert store.table_at(TOE).outcome[0] == OrbitOutcome.UNHEALTHY


def test_health_is_that_of_the_last_message_sent():
    """The message that withdraws a satellite has a later reference time than the one whose orbit is closest."""
    fine = kepler("G05", issue=1, transmitted=TOE - 7200.0)
    withdrawn = kepler("G05", issue=2, toe=TOE + 7200.0, transmitted=TOE + 30.0, health=63)
    store = _store(fine, withdrawn)
    assert store.choose(G05, TOE)[1] is OrbitOutcome.OK
    chosen, outcome = store.choose(G05, TOE + 60.0)
    assert chosen is fine
    assert outcome is OrbitOutcome.UNHEALTHY


@pytest.mark.parametrize("broken", [{"sqrt_a": 0.0}, {"eccentricity": 1.2}, {"eccentricity": np.nan}, {"af0": np.nan}])
def test_what_is_no_orbit_is_refused(broken):
    store = _store()
    assert not store.add(kepler("G05", **broken))
    assert not store.add(glonass("R01", position_m=np.zeros(3)))
    assert store.satellites() == []


def test_repeated_issues_are_no_news_and_do_not_disturb_the_table():
    store = _store(kepler("G05"))
    table = store.table_at(TOE)
    assert not store.add(kepler("G05"))
    assert store.table_at(TOE) is table
    assert store.add(kepler("E11"))
    assert store.table_at(TOE) is not table


def test_memory_is_bounded():
    store = _store(*(kepler("G05", toe=TOE + 16.0 * k, issue=k) for k in range(50)), capacity=8)
    assert store.choose(G05, TOE)[0].issue == 42


def test_what_is_heard_for_months_is_bounded_and_leaves_navigation_files_alone():
    store = _store(*(kepler("G05", toe=TOE + 7200.0 * k, issue=k) for k in range(20)), heard_capacity=4)
    for k in range(50):
        assert store.hear(kepler("G05", toe=TOE + 16.0 * k, issue=100 + k))
    issues = [message.issue for message in store.messages() if isinstance(message, KeplerEphemeris)]
    assert issues == [*range(20), *range(146, 150)]


def test_an_ephemeris_heard_again_with_another_health_counts_from_then():
    store = _store(heard_capacity=2)
    for issue, health in ((1, 0), (2, 0), (1, 1), (3, 0)):
        store.hear(kepler("G05", toe=TOE + 16.0 * issue, issue=issue, health=health))
    assert [message.issue for message in store.messages() if isinstance(message, KeplerEphemeris)] == [1, 3]


def test_antennas_milliseconds_apart_never_use_different_ephemerides():
    """Around the moment of change every whole tenth of a second, and 15 ms about it, sees one choice."""
    store = _store(kepler("G05", issue=1), kepler("G05", toe=TOE + 7200.0, issue=2))
    for tenth in range(35_000, 37_000):
        near = TOE + tenth / 10.0
        issues = {int(store.table_at(near + offset_s).issue[0]) for offset_s in (-0.015, 0.0, 0.015)}
        assert len(issues) == 1


def test_other_messages_are_kept():
    own = Klobuchar("C", np.ones(4), np.ones(4))
    gps = Klobuchar("G", np.zeros(4), np.ones(4))
    bdgim = BdgimCoefficients(np.ones(9))
    store = _store(LeapSeconds(18), NequickCoefficients(np.ones(3)), bdgim, gps, own, glonass("R01"))
    assert store.leap_seconds == LeapSeconds(18)
    assert store.nequick is not None
    assert store.klobuchar_for(System.BEIDOU) is own
    assert store.klobuchar_for(System.GALILEO) is gps
    assert store.glonass_channels == {satellite_from_name("R01"): -4}
    assert store.bdgim is bdgim
    assert not store.add(replace(gps))
    assert not store.add(replace(bdgim))
    assert not store.add(NequickCoefficients(np.ones(3)))
    assert store.add(NequickCoefficients(np.zeros(3)))
    assert store.bdgim in store.messages()


def test_the_ionosphere_of_navic_serves_no_other_system():
    navic = Klobuchar("I", np.ones(4), np.ones(4))
    store = _store(navic)
    assert store.klobuchar_for(System.NAVIC) is navic
    assert store.klobuchar_for(System.GPS) is None


@pytest.mark.parametrize(("told", "expected"), [(2.0, 2.0), (float("nan"), 2.4), (0.0, 2.4), (0.01, 0.5)])
def test_accuracy_is_never_unknown_nor_too_good(told, expected):
    assert accuracy_m(kepler("G05", accuracy_m=told)) == expected
