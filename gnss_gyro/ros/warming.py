"""Compiles the engine before its first epoch: three simulated epochs of the same rig through an engine of their own.

What the cache does not hold is compiled in another process: the gigabyte that this takes is gone with it, and the node can speak.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

from gnss_gyro.basics.kernels import NotCompiled, nothing_compiled
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig, load_config
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.models.warming import compile_ionosphere_models
from gnss_gyro.ros.session import Session
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import ubx_chunks

_SYSTEMS = (System.GPS, System.GALILEO)


_COMPILER: Final = (sys.executable, "-m", "gnss_gyro.ros.warming")
_LOOKS_S: Final = 1.0


def warm_up(
    config: EngineConfig, ended: Callable[[], bool] = lambda: False, tell: Callable[[str], object] = lambda text: None
) -> Iterator[None]:  # fmt: skip
    """Run every kernel once, so that the first real epochs are not seconds late; yields once a second while it compiles.

    ended : whether it is to be given up
    tell  : is told what went wrong with the other process
    """
    try:
        with nothing_compiled():
            play(config, ended)
    except NotCompiled:
        yield from _compiled_elsewhere(config, ended, tell)
        play(config, ended)


def _compiled_elsewhere(config: EngineConfig, ended: Callable[[], bool], tell: Callable[[str], object]) -> Iterator[None]:
    """In a session of its own: Ctrl-C is for the node, which ends it."""
    compiler = subprocess.Popen(_COMPILER, stdin=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert compiler.stdin is not None
        with suppress(BrokenPipeError), compiler.stdin as told:
            told.write(config_to_yaml(config))
        while compiler.poll() is None and not ended():
            yield
            with suppress(subprocess.TimeoutExpired):
                compiler.wait(_LOOKS_S)
        if compiler.returncode and not ended():
            tell(f"the compiling process ended with exit code {compiler.returncode}: what is missing is compiled here")
    finally:
        compiler.kill()  # where the node ends before it
        compiler.wait()


def play(config: EngineConfig, ended: Callable[[], bool] = lambda: False) -> None:
    """Three simulated epochs through an engine of their own, or as many as come before it is given up."""
    array = config.array
    if array is None or ended():
        return
    scenario = Scenario(vehicle="static", duration_s=3.0, antennas=array, systems=_SYSTEMS, errors=ErrorModel.survey())
    session = Session(replace(config, gnss=replace(config.gnss, systems=_SYSTEMS, exclude=())))
    for chunk in ubx_chunks(simulate(scenario)):
        for _ in session.take({chunk.antenna: chunk.data}, 0.0):
            pass
        if ended():
            return
    compile_ionosphere_models()


if __name__ == "__main__":
    play(load_config(sys.stdin.read()))
