"""Compiles the engine before its first epoch: three simulated epochs of the same rig through an engine of their own."""

from __future__ import annotations

from dataclasses import replace

from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.models.warming import compile_ionosphere_models
from gnss_gyro.ros.session import Session
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import ubx_chunks

_SYSTEMS = (System.GPS, System.GALILEO)


def warm_up(config: EngineConfig) -> None:
    """Run every kernel once, so that the first real epochs are not seconds late."""
    array = config.array
    if array is None:
        return
    scenario = Scenario(vehicle="static", duration_s=3.0, antennas=array, systems=_SYSTEMS, errors=ErrorModel.survey())
    session = Session(replace(config, gnss=replace(config.gnss, systems=_SYSTEMS, exclude=())))
    for chunk in ubx_chunks(simulate(scenario)):
        session.take(chunk.antenna, chunk.data, 0.0)
    compile_ionosphere_models()
