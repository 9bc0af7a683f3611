"""Rigs for bad input: simulated sessions as files, the public way through the engine, and a judge who knows the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    NequickCoefficients,
    Observations,
)
from gnss_gyro.protocols.rinex.writing import Station, write_observations
from gnss_gyro.protocols.rinex.writing_navigation import write_navigation
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks
from gnss_gyro.streams.files import read_messages
from gnss_gyro.streams.formats import UBX
from gnss_gyro.streams.merge import merge_by_time

NAVIGATION = (KeplerEphemeris, GlonassEphemeris, Klobuchar, NequickCoefficients, BdgimCoefficients, LeapSeconds)
VECTOR_TOLERANCE_M = 0.05
ANGLE_TOLERANCE = np.radians(1.0)
SIGMAS = 5.0

PAIR = AntennaArray.from_positions({"rear": (0.0, 0.0, 0.0), "front": (1.0, 0.0, 0.0)}, 0.003)
START = GpsTime.from_calendar(2026, 6, 10, 3, 10)
QUIET = replace(ErrorModel.patch_antenna(), slip_rate_hz=0.0, half_cycle_s=0.0, system_bias_m=0.0)
"""A patch antenna and receivers of one make that lose no lock, so that a test sees its own fault only."""

Edit = Callable[[Observations], "Observations | None"]


def tractor(**changes: Any) -> Scenario:
    """Four antennas, 1.0 x 0.6 m, 8 GPS and 6 Galileo satellites, one minute."""
    given = {
        "systems": (System.GPS, System.GALILEO), "limits": {System.GPS: 8, System.GALILEO: 6}, "duration_s": 60.0,
        "start": START, "errors": QUIET, "seed": 5,
    }  # fmt: skip
    return Scenario(**{**given, **changes})


def pair(**changes: Any) -> Scenario:
    """Two antennas 1 m apart on the same tractor."""
    return tractor(**{"antennas": PAIR, **changes})




@dataclass(frozen=True, slots=True)
class Session:
    """A simulation with everything its receivers deliver, antenna by antenna."""

    simulation: Simulation

    @property
    def names(self) -> tuple[str, ...]:
        return self.simulation.scenario.antennas.names

    def chunks(self, hot_start: bool = True) -> dict[str, list[bytes]]:
        """UBX bytes of each receiver, a piece for each epoch."""
        pieces: dict[str, list[bytes]] = {name: [] for name in self.names}
        for chunk in ubx_chunks(self.simulation, UbxOptions(hot_start=hot_start)):
            pieces[chunk.antenna].append(chunk.data)
        return pieces

    def observations(self) -> dict[str, list[Observations]]:
        """Observations of each receiver."""
        found: dict[str, list[Observations]] = {name: [] for name in self.names}
        for block in self.simulation.blocks():
            for antenna in block.antennas:
                rows = (antenna.observations(row) for row in range(len(antenna)))
                found[antenna.antenna] += [seen for seen in rows if seen is not None]
        return found

    def write_ubx(self, folder: Path, hot_start: bool = True) -> dict[str, Path]:
        """A UBX file for each antenna that delivered anything."""
        return write_bytes(folder, {name: b"".join(parts) for name, parts in self.chunks(hot_start).items() if parts})

    def write_rinex(self, folder: Path, edits: Mapping[str, Edit] | None = None) -> dict[str, Path]:
        """A RINEX file for each antenna, after an edit of its observations (None = epoch lost); "*" edits all antennas."""
        edits = edits or {}
        files = {}
        for name, found in self.observations().items():
            edit = edits.get(name, edits.get("*", lambda seen: seen))
            kept = [seen for seen in map(edit, found) if seen is not None]
            files[name] = write_rinex_file(folder / f"{name}.obs", kept)
        return files

    def write_navigation(self, folder: Path) -> Path:
        """A RINEX navigation file with all that was broadcast."""
        klobuchar = self.simulation.scenario.errors.klobuchar
        return write_lines(folder / "today.nav", write_navigation([klobuchar, *self.simulation.ephemerides()]))

    def config(self, **changes: Any) -> EngineConfig:
        """Engine configuration of the rig as it is, with sections or antennas changed."""
        return config_from_dict(self.config_dict(**changes))

    def config_dict(self, **changes: Any) -> dict[str, Any]:
        """The same as plain values."""
        array = self.simulation.scenario.antennas
        antennas: dict[str, Any] = {
            name: {"position_m": position.tolist(), "sigma_m": 0.003, "receiver": "patch"}
            for name, position in zip(array.names, array.position_body_m, strict=True)
        }
        systems = [str(system.value) for system in self.simulation.scenario.systems]
        return {"antennas": antennas, "gnss": {"systems": systems}, **changes}


def session(scenario: Scenario) -> Session:
    """The session of a scenario."""
    return Session(simulate(scenario))


@dataclass(slots=True)
class Run:
    """What the engine made of files."""

    session: Session
    engine: Engine
    solutions: list[Solution] = field(default_factory=list)
    reader_counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def outcomes(self) -> Counter[Outcome]:
        return Counter(solution.outcome for solution in self.solutions)

    @property
    def fixed(self) -> list[Solution]:
        return [solution for solution in self.solutions if solution.outcome is Outcome.FIXED]

    @property
    def fix_rate(self) -> float:
        return len(self.fixed) / max(len(self.solutions), 1)

    @property
    def wrong(self) -> list[str]:
        """Accepted epochs that the truth contradicts, described."""
        return self.wrong_after(-np.inf)

    def wrong_after(self, time_s: float) -> list[str]:
        """The same from so long after the beginning on."""
        start = self.session.simulation.scenario.start
        judged = (judge(self.session.simulation, s) for s in self.fixed if s.time - start >= time_s)
        return [text for text in judged if text]

    def between(self, start_s: float, end_s: float) -> list[Solution]:
        """Solutions from start_s to before end_s after the beginning."""
        start = self.session.simulation.scenario.start
        return [s for s in self.solutions if start_s - 0.1 <= s.time - start < end_s - 0.1]

    @property
    def details(self) -> str:
        return "; ".join(sorted({solution.detail for solution in self.solutions if solution.detail}))


def judge(simulation: Simulation, solution: Solution) -> str:
    """Why an accepted solution is wrong by the truth; "" if it is right."""
    truth = simulation.truth_at(solution.time).enu_from_body[0]
    array = simulation.scenario.antennas
    arms = array.position_body_m - array.position_body_m[array.index(solution.antennas[0])]
    expected = np.array([truth @ arms[array.index(name)] for name in solution.antennas[1:]])
    vector_m = np.linalg.norm(solution.baselines_enu_m - expected, axis=1)
    worst_m = float(np.nanmax(vector_m, initial=0.0))
    angle, limit = 0.0, ANGLE_TOLERANCE
    if (attitude := solution.attitude) is not None:  # a zero baseline has none
        angle, limit = _angle_error(
            truth, array, attitude.enu_from_body, attitude.angle_cov, expected, solution.baselines_enu_m
        )
    if worst_m <= VECTOR_TOLERANCE_M and angle <= limit:
        return ""
    return f"{solution.time}: vectors {np.round(vector_m, 3)} m, angle {np.degrees(angle):.2f} > {np.degrees(limit):.2f} deg"


def _angle_error(
    truth: Floats, array: AntennaArray, estimate: Floats, cov: Floats, expected: Floats, vectors: Floats
) -> tuple[float, float]:
    """Error of the rotation (of the longest vector where an angle is unknown), and what is allowed [rad]."""
    variance = np.diag(cov)
    precise = variance if np.isfinite(variance[1]) else variance[1:]  # an unknown pitch makes the heading vague
    known = precise[np.isfinite(precise)]
    limit = max(ANGLE_TOLERANCE, SIGMAS * float(np.sqrt(known.max(initial=0.0))))
    if array.rank >= 2 and np.isfinite(variance).all():
        trace = float(np.clip((np.trace(truth.T @ estimate) - 1.0) / 2.0, -1.0, 1.0))
        return float(np.arccos(trace)), limit
    present = np.isfinite(vectors).all(axis=1)
    lengths = np.linalg.norm(expected, axis=1) * present
    longest = int(np.argmax(lengths))
    if not present.any() or lengths[longest] == 0.0:
        return 0.0, limit
    a, b = expected[longest], vectors[longest]
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1.0, 1.0))), limit


def replay(session: Session, config: EngineConfig, files: Mapping[str, Path], nav: Iterable[Path] = ()) -> Run:
    """Files through streams and engine, as the command line does it."""
    engine = Engine(config)
    for path in nav:
        for message in read_messages(path):
            if isinstance(message, NAVIGATION):
                engine.feed(None, message)
    readers = {name: read_messages(path) for name, path in files.items()}
    run = Run(session, engine)
    for name, reader in readers.items():
        if reader.kind == UBX:
            engine.set_receiver(name, "u-blox")
    for name, message in merge_by_time({name: _known(reader) for name, reader in readers.items()}):
        run.solutions += engine.feed(name, message)
    run.solutions += engine.flush()
    run.reader_counts = {name: dict(reader.counts.by_name) for name, reader in readers.items()}
    return run


def _known(messages: Iterable[Any]) -> Iterator[Any]:
    return (message for message in messages if isinstance(message, (Observations, *NAVIGATION)))


def write_bytes(folder: Path, streams: Mapping[str, bytes]) -> dict[str, Path]:
    """A .ubx file for each antenna."""
    files = {name: folder / f"{name}.ubx" for name in streams}
    for name, path in files.items():
        path.write_bytes(streams[name])
    return files


def write_rinex_file(path: Path, observations: Iterable[Observations]) -> Path:
    """A RINEX observation file."""
    return write_lines(path, write_observations(list(observations), Station(marker=path.stem, receiver_type="SIMULATED")))


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path
