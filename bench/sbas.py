"""Single point positions of a walk with and without SBAS, against the receiver's own RTK: python bench/sbas.py [--data FOLDER].

live: ephemerides and corrections are used as the receiver heard them. In the recording's 134 s no SBAS satellite tells both mask
and delays of the ionosphere above.
warm: what repeats within five minutes (masks, delays, orbits, degradation) is known from the start, as to a receiver that was on
before. It is gathered from all three satellites of the one service (WAAS) that the recording holds, an experiment: the source
itself never mixes satellites. Fast corrections still come as heard, from one satellite.

The reference is the receiver's RTK, fixed or (after 87 s) float, relative to a base whose datum nobody told: its offset of about
a metre is in all biases alike, so look at the differences between rows, and at the spread.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "corrections")]

from dual_frequency import slant_differences
from sbas_walk import ALL, FILE, SETTINGS, Step, live, messages_of, steps, warm
from shown.recordings import default_folder

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import System, satellite_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.applying import corrected_states, slant_delays
from gnss_gyro.corrections.source import Corrections, no_corrections
from gnss_gyro.estimation.single_point import single_point
from gnss_gyro.protocols.ubx.nav import NavPvt
from gnss_gyro.streams.files import read_messages

SYSTEMS = {"GPS": (System.GPS,), "GPS, Galileo, BeiDou": ALL}
WAYS = ("broadcast", "SBAS orbits and clocks", "SBAS ionosphere", "SBAS")
TICK_NS = 250_000_000
FIXED_S = 87.0


@dataclass(frozen=True, slots=True)
class Row:
    """One epoch: seconds since the first, ENU errors (3,) [m] by way, satellites corrected, with SBAS ionosphere, used."""

    since_s: float
    errors: dict[str, Floats]
    corrected: int
    delayed: int
    used: int


def truth_of(folder: Path) -> dict[int, Floats]:
    """RTK positions (3,) [m] by quarter of a second; the recording's ellipsoidal heights, its file has those above the sea."""
    pvts = (m for m in read_messages(folder / FILE) if isinstance(m, NavPvt) and m.time is not None)
    heights = {round(pvt.time.ns / TICK_NS): pvt.geodetic[2] for pvt in pvts}
    truth = {}
    for line in (folder / "gnss_1730_sf.pos").read_text().splitlines():
        words = line.split()
        if words[0] != "%":
            year, month, day = map(int, words[0].split("/"))
            hour, minute, second = words[1].split(":")
            tick = round(GpsTime.from_calendar(year, month, day, int(hour), int(minute), float(second)).ns / TICK_NS)
            truth[tick] = ecef_from_geodetic(np.array([*np.radians([float(words[2]), float(words[3])]), heights[tick]]))
    return truth


def parts(corrections: Corrections | None, n: int) -> dict[str, Corrections]:
    """What each way takes of the corrections of n satellites."""
    nothing = no_corrections(n)
    told = corrections or nothing
    orbits = replace(told, ionosphere_m=nothing.ionosphere_m, ionosphere_variance_m2=nothing.ionosphere_variance_m2)
    delays = replace(nothing, ionosphere_m=told.ionosphere_m, ionosphere_variance_m2=told.ionosphere_variance_m2)
    return dict(zip(WAYS, (nothing, orbits, delays, told), strict=True))


def solved(step: Step, truth: Floats) -> Row:
    """All ways at one epoch."""
    errors, used, epoch = {}, 0, step.epoch
    for way, told in parts(step.corrections, len(epoch)).items():
        states, delays = corrected_states(step.states, told), slant_delays(told, epoch.wavelength_m)
        point = single_point(epoch, states, step.klobuchar, SETTINGS, step.point.position_ecef_m, delays)
        errors[way] = enu_from_ecef_at(truth) @ (point.position_ecef_m - truth)
        used = int(np.count_nonzero(point.used))
    told = step.corrections or no_corrections(len(epoch))
    return Row(step.since_s, errors, int(told.corrected.sum()), int(np.isfinite(told.ionosphere_m).sum()), used)


def timeline(rows: list[Row]) -> None:
    """When for the first time so many satellites were corrected."""
    print("| first at [s] | satellites used | orbit and clock corrected | SBAS ionosphere |\n|---|---|---|---|")
    corrected = delayed = -1
    for row in rows:
        if row.corrected > corrected or row.delayed > delayed:
            print(f"| {row.since_s:.1f} | {row.used} | {row.corrected} | {row.delayed} |")
        corrected, delayed = max(corrected, row.corrected), max(delayed, row.delayed)


def table(rows: list[Row], title: str) -> None:
    """Errors of all ways over the same epochs."""
    if not rows:
        return
    print(f"\n{title}: {len(rows)} epochs")
    print("| way | mean E, N, U [m] | spread E, N, U [m] | rms horizontal [m] | rms up [m] |\n|---|---|---|---|---|")
    for way in WAYS:
        errors = np.array([row.errors[way] for row in rows])
        mean, spread, rms = errors.mean(axis=0), errors.std(axis=0), np.sqrt((errors**2).mean(axis=0))
        shown = [", ".join(f"{value:.2f}" for value in values) for values in (mean, spread)]
        print(f"| {way} | {shown[0]} | {shown[1]} | {np.hypot(rms[0], rms[1]):.2f} | {rms[2]:.2f} |")


def against_two_frequencies(messages: list[object]) -> None:
    """SBAS and Klobuchar against Galileo's E1 and E5a."""
    found = slant_differences(steps(warm, messages), messages)
    print("\n## slant ionosphere minus two frequencies of Galileo (but for a constant), medians of the walk, warm\n")
    print("| satellite | SBAS [m] | Klobuchar [m] |\n|---|---|---|")
    for code, (by_sbas, by_model) in sorted(found.items()):
        print(f"| {satellite_name(code)} | {by_sbas:.2f} | {by_model:.2f} |")
    spread = np.std(list(found.values()), axis=0)
    print(f"| standard deviation | {spread[0]:.2f} | {spread[1]:.2f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default_folder())
    folder = parser.parse_args().data / "f9p_walk"
    truth, messages = truth_of(folder), messages_of(folder)
    for start in (live, warm):
        for name, systems in SYSTEMS.items():
            print(f"\n## {start.__name__}, {name}\n")
            walk = ((step, round(step.time.ns / TICK_NS)) for step in steps(start, messages, systems))
            rows = [solved(step, truth[tick]) for step, tick in walk if tick in truth]
            rows = [row for row in rows if np.isfinite(list(row.errors.values())).all()]
            timeline(rows)
            table(rows, "all epochs with a position")
            table([row for row in rows if row.since_s < FIXED_S], "the same while the reference is fixed")
            table([row for row in rows if row.corrected >= 3], "the same with three or more orbits and clocks corrected")
    against_two_frequencies(messages)


if __name__ == "__main__":
    main()
