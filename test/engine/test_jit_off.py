"""Compiled or not, the engine gives the same solutions: numba is there for speed alone."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import AntennaConfig, EngineConfig, Mode
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import ubx_chunks

ROUNDING_M = 1e-6
ROUNDING_RAD = 1e-7
"""Compiled sums may be fused or ordered differently: a millionth of a metre, and as much over the array's metre."""
FOLLOWED_M = 1e-5
"""The position's filter begins with variances of 300 m beside those of phases, 2 mm: 1e-16 of the one are 2e-6 of the other, and
so much of an innovation of a metre may depend on the order of sums. It is 1e-5 of the position's own sigma."""
PLACES = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.2, 0.7, 0.1))


def solutions(antennas: int, mode: Mode) -> list[Solution]:
    """A short recording with GLONASS, slips and half cycles, through decoder and engine."""
    array = AntennaArray.from_positions({f"a{i}": PLACES[i] for i in range(antennas)}, 0.003)
    errors = replace(ErrorModel.patch_antenna(), slip_rate_hz=0.05, silent_slips=0.5)
    systems = (System.GPS, System.GLONASS, System.GALILEO)
    scenario = Scenario(antennas=array, systems=systems, limits={System.GLONASS: 2}, duration_s=5.0, errors=errors)
    names = tuple(AntennaConfig(name, position_m=PLACES[i]) for i, name in enumerate(array.names))
    config = EngineConfig(antennas=names, mode=mode)
    engine = Engine(replace(config, gnss=replace(config.gnss, systems=systems)))
    decoders = {name: UbxDecoder() for name in array.names}
    return [
        solution
        for chunk in ubx_chunks(simulate(scenario))
        for message in decoders[chunk.antenna].feed(chunk.data)
        for solution in engine.feed(chunk.antenna, message)
    ]


@pytest.mark.parametrize(("antennas", "mode"), [(1, Mode.FILTER), (2, Mode.FILTER), (3, Mode.EPOCH)])
def test_the_same_solutions_without_compiling(antennas, mode):
    here = Path(__file__).parent
    found = f"t.solutions({antennas}, t.Mode({mode.value!r}))"
    code = f"import test_jit_off as t, pickle, sys; sys.stdout.buffer.write(pickle.dumps({found}))"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(here), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    plain, compiled = pickle.loads(done.stdout), solutions(antennas, mode)
    assert [(s.time, s.outcome, s.satellites, s.held, s.present) for s in plain] == [
        (s.time, s.outcome, s.satellites, s.held, s.present) for s in compiled
    ]
    for a, b in zip(plain, compiled, strict=True):
        assert np.allclose(a.position_ecef_m, b.position_ecef_m, rtol=0.0, atol=FOLLOWED_M, equal_nan=True)
        assert np.allclose(a.velocity_enu_mps, b.velocity_enu_mps, rtol=0.0, atol=FOLLOWED_M, equal_nan=True)
        assert np.allclose(a.baselines_enu_m, b.baselines_enu_m, rtol=0.0, atol=ROUNDING_M, equal_nan=True)
        assert (a.attitude is None) == (b.attitude is None)
        if a.attitude is not None and b.attitude is not None:
            assert np.allclose(a.attitude.enu_from_body, b.attitude.enu_from_body, rtol=0.0, atol=ROUNDING_RAD)
