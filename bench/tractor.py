"""A simulated tractor with four patch antennas (1.0 m x 0.6 m, 8 GPS satellites, L1 only): cold starts and a long run.

    python bench/tractor.py --starts 1000 --long-epochs 100000 --output results_output/tractor.json

Every start is a session of its own (seed, time of day, heading, track). Errors are those of the engine's attitude against the
simulated truth; the Cramer-Rao bound of one epoch with known integers stands beside them.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import heading_pitch_roll, vector_from_rotation, wrap_angle
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.scenario import Scenario, SimulatedEpoch, rectangle, simulate

MONDAY = GpsTime.from_calendar(2026, 6, 8)
WRONG_M = 0.05
START_EPOCHS = 10
RIG = rectangle(1.0, 0.6)


@dataclass(frozen=True, slots=True)
class Run:
    """Errors of one session, an entry per epoch.

    error    : (n, 3) heading, pitch, roll [rad]; NaN = not accepted
    nees     : (n,) of the rotation, 3 degrees of freedom
    wrong    : (n,) accepted with a vector more than 5 cm off
    accepted : (n,)
    """

    error: Floats
    nees: Floats
    wrong: Floats
    accepted: Floats


def config(mode: str = "filter", vehicle: str = "tractor") -> EngineConfig:
    """The rig as a user would write it."""
    antennas = {
        name: {"position_m": [float(x) for x in place], "receiver": "patch"}
        for name, place in zip(RIG.names, RIG.position_body_m, strict=True)
    }
    return config_from_dict(
        {"antennas": antennas, "mode": mode, "gnss": {"systems": ["G"]}, "filter": {"vehicle": vehicle}}
    )


def scenario(seed: int, epochs: int, vehicle: str = "tractor") -> Scenario:
    """A vehicle at a time of its own within a month."""
    start = MONDAY + float(np.random.default_rng([seed, 77]).integers(0, 30 * 86_400))
    return Scenario(vehicle=vehicle, start=start, duration_s=float(epochs), antennas=RIG, limits={System.GPS: 8}, seed=seed)


def session(seed: int, epochs: int, mode: str = "filter", vehicle: str = "tractor") -> Run:
    """Simulate and solve one session from a cold start."""
    simulation = simulate(scenario(seed, epochs, vehicle))
    engine = Engine(config(mode, vehicle))
    for ephemeris in simulation.ephemerides():
        engine.feed(None, ephemeris)
    rows = [
        judged(engine.process({e.antenna: e for e in epoch.epochs}), epoch)
        for epoch in islice(simulation.epochs(), epochs)
        if epoch.epochs
    ]
    error, nees, wrong, accepted = zip(*rows, strict=True)
    return Run(np.array(error), np.array(nees), np.array(wrong), np.array(accepted))


def judged(solution: Solution, epoch: SimulatedEpoch) -> tuple[Floats, float, bool, bool]:
    """Error angles, NEES, wrong?, accepted? of one solution."""
    if solution.outcome is not Outcome.FIXED or solution.attitude is None:
        return np.full(3, np.nan), np.nan, False, False
    truth = epoch.truth.enu_from_body[0]
    error = np.asarray(wrap_angle(solution.attitude.angles - heading_pitch_roll(truth)))
    vectors = (RIG.position_body_m[1:] - RIG.position_body_m[0]) @ truth.T
    off = np.linalg.norm(solution.baselines_enu_m - vectors, axis=1)
    delta = vector_from_rotation(truth @ solution.attitude.enu_from_body.T)
    nees = float(delta @ np.linalg.solve(solution.attitude.rotation_cov, delta))
    return error, nees, bool(np.nanmax(off) > WRONG_M), True


def cold_starts(runs: list[Run]) -> dict[str, object]:
    """Figures over many cold starts of START_EPOCHS epochs."""
    first = np.array([np.argmax(r.accepted) if r.accepted.any() else np.inf for r in runs])
    within = np.degrees([[r.error[k] for k in range(START_EPOCHS)] for r in runs])
    rms = np.sqrt(np.nanmean(within**2, axis=(0, 1)))
    each = np.sqrt(np.nanmean(within**2, axis=1))  # (starts, 3)
    return {
        "starts": len(runs),
        "fixed_within_10_epochs": float(np.mean(np.isfinite(first))),
        "fixed_at_first_epoch": float(np.mean(first == 0)),
        "rms_deg": dict(zip(("heading", "pitch", "roll"), rms.tolist(), strict=True)),
        "starts_with_rms_under_0.2_deg": dict(
            zip(("heading", "pitch", "roll"), np.nanmean(each < 0.2, axis=0).tolist(), strict=True)
        ),
        "wrong_epochs": int(sum(r.wrong.sum() for r in runs)),
        "accepted_epochs": int(sum(r.accepted.sum() for r in runs)),
        "mean_nees_over_3": float(np.nanmean(np.concatenate([r.nees for r in runs])) / 3.0),
    }


def at_rest(runs: list[Run]) -> dict[str, object]:
    """Figures of the tenth epoch of a vehicle at rest, whose attitude the filter averages."""
    last = np.degrees([r.error[START_EPOCHS - 1] for r in runs])
    return {
        "starts": len(runs),
        "rms_deg": dict(zip(("heading", "pitch", "roll"), np.sqrt(np.nanmean(last**2, axis=0)).tolist(), strict=True)),
        "rms_of_all_three_deg": float(np.sqrt(np.nanmean(last**2))),
        "mean_nees_over_3": float(np.nanmean([r.nees[START_EPOCHS - 1] for r in runs]) / 3.0),
    }


def long_run(runs: list[Run]) -> dict[str, object]:
    """Figures over long sessions."""
    accepted = int(sum(r.accepted.sum() for r in runs))
    wrong = int(sum(r.wrong.sum() for r in runs))
    error = np.degrees(np.concatenate([r.error for r in runs]))
    return {
        "epochs": int(sum(len(r.accepted) for r in runs)),
        "accepted": accepted,
        "wrong": wrong,
        "wrong_rate": wrong / max(accepted, 1),
        "rms_deg": dict(zip(("heading", "pitch", "roll"), np.sqrt(np.nanmean(error**2, axis=0)).tolist(), strict=True)),
        "mean_nees_over_3": float(np.nanmean(np.concatenate([r.nees for r in runs])) / 3.0),
    }


def _start(seed: int) -> Run:
    return session(seed, START_EPOCHS)


def _start_at_rest(seed: int) -> Run:
    return session(seed, START_EPOCHS, vehicle="static")


def _long(seed: int) -> Run:
    return session(1_000_000 + seed, 1000)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=1000)
    parser.add_argument("--long-epochs", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs) as pool:
        result = {
            "cold_starts": cold_starts(list(pool.map(_start, range(args.starts), chunksize=10))),
            "at_rest_tenth_epoch": at_rest(list(pool.map(_start_at_rest, range(args.starts // 2), chunksize=10))),
            "long": long_run(list(pool.map(_long, range(max(1, args.long_epochs // 1000))))),
        }
    text = json.dumps(result, indent=2)
    print(text)
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
