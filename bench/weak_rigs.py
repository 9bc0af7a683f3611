"""What few satellites and single baselines do to an attitude, in simulation: mirror images, and pairs that turn.

    python bench/weak_rigs.py [--skies 80] [--sessions 6]

Six satellites (the highest four of GPS and two of Galileo) at many times: wrong = published with an angle more than five of its
sigmas and a degree off. In few skies do the six stand near a plane; number 60 is one. Pairs on vehicles: heading of the filter
beside that of the vectors of the same epochs. Five minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import heading_pitch_roll, wrap_angle
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.scenario import Scenario, simulate

MONDAY = GpsTime.from_calendar(2026, 6, 8)
STEP_S = 19_351.0
SIGMAS, SLACK = 5.0, np.radians(1.0)
RIGS = {
    "pair 0.3 m": ((0.0, 0.0, 0.0), (0.3, 0.0, 0.0)),
    "pair 1.0 m": ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "three, 0.5 m": ((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.2, 0.4, 0.0)),
    "four, 1.0 x 0.6 m": ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.6, 0.0), (1.0, 0.6, 0.0)),
}


def solved(scenario: Scenario, mode: str = "filter", vehicle: str = "vehicle") -> Iterator[tuple[Solution, Floats]]:
    """Solutions of a session, each with the true rotation (3, 3) ENU from body."""
    simulation = simulate(scenario)
    array = scenario.antennas
    antennas = {
        name: {"position_m": place.tolist(), "receiver": "patch"}
        for name, place in zip(array.names, array.position_body_m, strict=True)
    }
    systems = [str(system.value) for system in scenario.systems]
    engine = Engine(config_from_dict(
        {"antennas": antennas, "mode": mode, "gnss": {"systems": systems}, "filter": {"vehicle": vehicle}}
    ))  # fmt: skip
    for ephemeris in simulation.ephemerides():
        engine.feed(None, ephemeris)
    for epoch in simulation.epochs():
        if epoch.epochs:
            yield engine.process({e.antenna: e for e in epoch.epochs}), epoch.truth.enu_from_body[0]


def array_of(name: str) -> AntennaArray:
    """One of the rigs."""
    return AntennaArray.from_positions({f"a{i}": place for i, place in enumerate(RIGS[name])}, 0.003)


def few_satellites(rig: str, mode: str, skies: int) -> str:
    """A row of the first table."""
    fixed, wrong, epochs = 0, 0, 0
    for seed in range(skies):
        scenario = Scenario(
            start=MONDAY + STEP_S * seed, duration_s=600.0, rate_hz=0.1, antennas=array_of(rig), seed=seed,
            systems=(System.GPS, System.GALILEO), limits={System.GPS: 4, System.GALILEO: 2},
        )  # fmt: skip
        for solution, truth in solved(scenario, mode):
            epochs += 1
            if solution.outcome is Outcome.FIXED and solution.attitude is not None:
                fixed += 1
                error = np.abs(wrap_angle(solution.attitude.angles - heading_pitch_roll(truth)))
                wrong += bool(np.any(error > SIGMAS * np.sqrt(np.diag(solution.attitude.angle_cov)) + SLACK))
    return f"| {rig} | {mode} | {epochs} | {fixed} | {wrong} |"


def turning_pair(trajectory: str, rate_hz: float, vehicle: str, sessions: int) -> str:
    """A row of the second table."""
    filtered, single, beyond = [], [], 0
    for seed in range(sessions):
        scenario = Scenario(
            vehicle=trajectory, start=MONDAY + 7000.0 * seed, duration_s=120.0 / np.sqrt(rate_hz), rate_hz=rate_hz,
            antennas=array_of("pair 1.0 m"), systems=(System.GPS, System.GALILEO), seed=seed,
        )  # fmt: skip
        for solution, truth in solved(scenario, vehicle=vehicle):
            if solution.attitude is None or solution.outcome is not Outcome.FIXED or np.isnan(solution.attitude.angles[0]):
                continue
            heading, (east, north, _) = heading_pitch_roll(truth)[0], solution.baselines_enu_m[0]
            error = float(wrap_angle(solution.attitude.angles[0] - heading))
            filtered.append(error)
            single.append(float(wrap_angle(np.arctan2(east, north) - heading)))
            beyond += abs(error) > SIGMAS * np.sqrt(solution.attitude.angle_cov[0, 0]) + SLACK
    rms, alone = (np.degrees(np.sqrt(np.mean(np.square(errors)))) for errors in (filtered, single))
    worst = np.degrees(np.abs(filtered).max())
    return f"| {trajectory} | {rate_hz:g} | {vehicle} | {len(filtered)} | {rms:.3f} / {worst:.2f} | {alone:.3f} | {beyond} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skies", type=int, default=80, help="times (default %(default)s)")
    parser.add_argument("--sessions", type=int, default=6, help="of each vehicle (default %(default)s)")
    args = parser.parse_args()
    print("| rig | mode | epochs | fixed | wrong |\n|---|---|---|---|---|")
    for rig in RIGS:
        for mode in ("epoch", "filter"):
            print(few_satellites(rig, mode, args.skies), flush=True)
    print("\n| trajectory | Hz | filter.vehicle | fixed | heading RMS / worst [deg] | of the vectors | wrong |")
    print("|---|---|---|---|---|---|---|")
    for trajectory, rate_hz, vehicle in (
        ("tractor", 1.0, "vehicle"), ("tractor", 5.0, "vehicle"), ("tractor", 5.0, "tractor"), ("car", 5.0, "vehicle"),
        ("ship", 1.0, "ship"), ("drone", 5.0, "drone"),
    ):  # fmt: skip
        print(turning_pair(trajectory, rate_hz, vehicle, args.sessions), flush=True)


if __name__ == "__main__":
    main()
