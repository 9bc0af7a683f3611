"""A real navigation file serves as the sky of a simulation."""

from __future__ import annotations

import numpy as np
from recordings import recording

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System
from gnss_gyro.models.geometry import lines_of_sight
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris
from gnss_gyro.protocols.rinex.navigation import read_navigation
from gnss_gyro.simulation.constellation import RecordedConstellation
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, simulate

USUAL_DIFFERENCE_M = 1e-3  # most satellites: the same issue
OTHER_ISSUE_M = 10.0  # a store that changes issues within a quarter of an hour sees another one


def test_a_simulation_under_a_recorded_sky():
    messages = list(read_navigation((recording("meijo") / "static_base.nav").read_bytes()))
    ephemerides = [m for m in messages if isinstance(m, KeplerEphemeris | GlonassEphemeris)]
    sky = RecordedConstellation(ephemerides)
    gps = [e for e in ephemerides if e.satellite < 100]
    start = sorted(e.toe for e in gps)[len(gps) // 2] + 60.0
    simulation = simulate(
        Scenario(start=start, duration_s=3.0, errors=ErrorModel.none(), systems=(System.GPS, System.GALILEO, System.QZSS)), sky
    )
    store = EphemerisStore()
    store.extend(messages)
    epoch = next(simulation.epochs()).epochs[0]
    satellites = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
    known = satellites.outcome == OrbitOutcome.OK
    place = simulation.truth_at(epoch.time).point(simulation.scenario.antennas.position_body_m[0])[0][0]
    computed = lines_of_sight(place, satellites.position_m)[0] - SPEED_OF_LIGHT * satellites.clock_s
    difference = np.abs(epoch.code_m - computed)[known]
    assert known.sum() >= 8
    assert np.median(difference) < USUAL_DIFFERENCE_M
    assert difference.max() < OTHER_ISSUE_M
