"""Bytes and text of simulated receivers are read back by the project's own decoders to what was simulated."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from gnss_gyro.basics.satellites import System, satellite_name, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Klobuchar, Observations
from gnss_gyro.protocols.rinex.navigation import read_navigation
from gnss_gyro.protocols.rinex.observation import read_observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.protocols.ubx.nav import NavPvt
from gnss_gyro.simulation.errors import ErrorModel, Outage
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import UbxOptions, rinex_navigation, rinex_observations, ubx_streams

RINEX_LAST_DIGIT = 6e-4
ALL = (System.GPS, System.GALILEO, System.BEIDOU, System.QZSS, System.GLONASS)
NOT_SENT = {"transmitted", "accuracy_m", "fit_interval_s", "source", "issue_clock"}
SENT = replace(ErrorModel.patch_antenna(), sampling_offset_s=0.013)
SCENARIO = Scenario(systems=ALL, errors=SENT, duration_s=70.0, seed=5)


@pytest.fixture(scope="module")
def simulation():
    return simulate(SCENARIO)


def decoded(data):
    decoder = UbxDecoder()
    messages = decoder.feed(data) + decoder.flush()
    return messages, decoder.counts.by_name


def simulated(simulation, antenna):
    """Observations of one antenna."""
    for block in simulation.blocks():
        for row in range(len(block.antennas[antenna])):
            yield block.antennas[antenna].observations(row)


def is_ephemeris(message):
    return isinstance(message, KeplerEphemeris | GlonassEphemeris)


def differing_fields(truth, received):
    """Names of what a message carries and did not carry rightly; what is NaN in the truth is not carried."""
    values = {f.name: (getattr(truth, f.name), getattr(received, f.name)) for f in fields(truth) if f.name not in NOT_SENT}
    return [name for name, (ours, theirs) in values.items() if not (np.all(ours == theirs) or np.all(ours != ours))]


@pytest.mark.parametrize("year", [1980, 1981, 1995, 2014, 2034, 2060, 2100, 2171])
def test_every_year_of_gps_time_has_its_sky(year):
    systems = ALL if 1996 <= year < 2119 else ALL[:-1]
    simulation = simulate(Scenario(systems=systems, duration_s=1.0, start=GpsTime.from_calendar(year, 2, 1)))
    messages, _ = decoded(ubx_streams(simulation, UbxOptions())["front_left"])
    truth = {(e.satellite, e.toe): e for e in simulation.ephemerides()}
    heard = [message for message in messages if is_ephemeris(message)]
    assert {system_of(e.satellite) for e in heard} == set(systems)
    assert all(not differing_fields(truth[e.satellite, e.toe], e) for e in heard)


@pytest.mark.parametrize("hot", [True, False])
def test_decoded_ephemerides_are_the_truth(simulation, hot):
    messages, counts = decoded(ubx_streams(simulation, UbxOptions(hot_start=hot))["front_left"])
    truth = {(e.satellite, e.toe): e for e in simulation.ephemerides()}
    seen = set()
    for message in filter(is_ephemeris, messages):
        assert not differing_fields(truth[message.satellite, message.toe], message), satellite_name(message.satellite)
        seen.add(message.satellite)
    heard = {int(s) for observations in simulated(simulation, 0) for s in observations.satellite}
    assert seen == heard
    assert "malformed messages" not in counts


def test_a_hot_receiver_knows_all_before_its_first_epoch(simulation):
    messages, _ = decoded(ubx_streams(simulation)["rear_right"])
    first = next(i for i, m in enumerate(messages) if isinstance(m, Observations))
    known = {m.satellite for m in messages[:first] if is_ephemeris(m)}
    assert known == set(messages[first].satellite.tolist())
    ionosphere = next(m for m in messages[:first] if isinstance(m, Klobuchar))
    np.testing.assert_allclose(ionosphere.beta, SENT.klobuchar.beta, atol=2.0**16)


def test_a_cold_receiver_learns_within_a_minute(simulation):
    messages, _ = decoded(ubx_streams(simulation, UbxOptions(hot_start=False))["rear_right"])
    start = SCENARIO.start
    clock, learnt = start, {}
    for message in messages:
        clock = message.time if isinstance(message, Observations) else clock
        if is_ephemeris(message):
            learnt.setdefault(message.satellite, clock - start)
    assert min(learnt.values()) > 4.0
    assert max(learnt.values()) < 62.0


def test_observations_come_back_as_sent(simulation):
    messages, _ = decoded(ubx_streams(simulation)["front_right"])
    received = [m for m in messages if isinstance(m, Observations)]
    sent = list(simulated(simulation, 1))
    assert len(received) == len(sent) == 70
    for ours, theirs in zip(sent, received, strict=True):
        assert theirs.time == ours.time
        np.testing.assert_array_equal(theirs.satellite, ours.satellite)
        np.testing.assert_array_equal(theirs.signal, ours.signal)
        np.testing.assert_array_equal(theirs.pseudorange_m, ours.pseudorange_m)
        np.testing.assert_array_equal(theirs.phase_cycles, ours.phase_cycles)
        np.testing.assert_array_equal(theirs.flags, ours.flags)
        np.testing.assert_array_equal(theirs.glonass_channel, ours.glonass_channel)
        assert theirs.clock_reset == ours.clock_reset


def test_the_receivers_own_solution_is_near_the_truth(simulation):
    messages, _ = decoded(ubx_streams(simulation, UbxOptions(nav_pvt=True))["front_left"])
    own = [m for m in messages if isinstance(m, NavPvt)]
    assert len(own) == 70
    assert all(pvt.valid for pvt in own)
    assert abs(own[0].time - SCENARIO.start) < 0.02
    assert np.linalg.norm(own[5].geodetic[:2] - np.array(SCENARIO.origin)[:2]) < 1e-3


def test_an_antenna_that_is_out_sends_nothing():
    scenario = replace(SCENARIO, systems=(System.GPS,), duration_s=20.0, outages=(Outage("rear_left", 5.0, 12.0),))
    streams = ubx_streams(simulate(scenario))
    count = {name: sum(isinstance(m, Observations) for m in decoded(data)[0]) for name, data in streams.items()}
    assert count == {"front_left": 20, "front_right": 20, "rear_left": 13, "rear_right": 20}


def test_rinex_text_reads_back():
    scenario = replace(SCENARIO, duration_s=5.0)
    simulation = simulate(scenario)
    text = rinex_observations(simulation)["rear_left"]
    messages = list(read_observations(text))
    sent = list(simulated(simulation, 2))
    received = [m for m in messages if isinstance(m, Observations)]
    assert len(received) == len(sent) == 5
    for ours, theirs in zip(sent, received, strict=True):
        assert theirs.time == ours.time
        order_a, order_b = np.argsort(ours.satellite), np.argsort(theirs.satellite)
        np.testing.assert_array_equal(theirs.satellite[order_b], ours.satellite[order_a])
        np.testing.assert_allclose(theirs.pseudorange_m[order_b], ours.pseudorange_m[order_a], atol=RINEX_LAST_DIGIT)
        np.testing.assert_allclose(theirs.phase_cycles[order_b], ours.phase_cycles[order_a], atol=RINEX_LAST_DIGIT)


def test_rinex_ephemerides_are_the_truth_to_thirteen_digits(simulation):
    truth = {(e.satellite, e.toe): e for e in simulation.ephemerides()}
    received = [m for m in read_navigation(rinex_navigation(simulation)) if is_ephemeris(m)]
    assert len(received) == len(truth)
    for message in received:
        ours = truth[message.satellite, message.toe]
        for name in ("mean_anomaly", "sqrt_a", "af0") if isinstance(ours, KeplerEphemeris) else ("clock_bias_s",):
            assert getattr(message, name) == pytest.approx(getattr(ours, name), rel=1e-11)
