"""Attitude of a hand-held stick with two receivers, and the receivers' wrong vectors, found by the stick's length.

Reads the NAV-RELPOSNED logs of two u-blox F9P on one stick (GNSS-Stylus examples, public domain):

    python examples/stylus.py ../shared/data/stylus

Each receiver gives its vector from a common base; their difference is the stick. An epoch in which both claim
integer-fixed solutions is flagged if the stick's length is off; the rest goes through the rotation fit and the tracker.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.length_check import all_pass, length_tests
from gnss_gyro.attitude.motion import MOTIONS
from gnss_gyro.attitude.rotation_fit import fit_array
from gnss_gyro.attitude.tracker import AttitudeTracker, TrackerOutcome
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.protocols.ubx.nav import CarrierSolution, RelPosNed

RECORDINGS = ("Hello", "Trashcan", "Toilet")
LENGTH_M, SIGMA_M = 1.916, 0.005
WRONG_LENGTH_M = 0.02
"""A median length further off than this is another stick, not noise [m]."""
HEADER = (
    f"{'recording':10} {'length':>8} {'epochs':>7} {'fixed':>7} {'flagged':>8} {'left':>7} {'gated':>6} "
    f"{'raw deg':>8} {'left deg':>9} {'track deg':>9}"
)


@dataclass(frozen=True, slots=True)
class Stick:
    """The vector from antenna A to B at all epochs the two receivers share.

    time_s     : (n,) GPS time of week [s]
    vector_m   : (n, 3) east, north, up [m]; NaN = not valid
    variance_m2: (n, 3) as claimed, both receivers taken as independent [m^2]
    fixed      : (n,) both receivers claim an integer-fixed solution
    """

    time_s: Floats
    vector_m: Floats
    variance_m2: Floats
    fixed: Bools


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the attitude layer made of a recording; roughness in degrees RMS, direction against its two neighbours."""

    flagged: Bools  # (n,) fixed, but of wrong length
    gated: int  # right length, but refused by the tracker
    raw_deg: float
    kept_deg: float
    tracked_deg: float


def read_stick(file_a: Path, file_b: Path) -> Stick:
    """The stick's vectors from the logs of the two receivers, matched by time of week."""
    a, b = _by_time(file_a), _by_time(file_b)
    times = sorted(set(a) & set(b))
    pairs = [(a[time], b[time]) for time in times]
    return Stick(
        time_s=np.array(times) * 1e-3,
        vector_m=np.array([q.vector_enu_m - p.vector_enu_m for p, q in pairs]).reshape(-1, 3),
        variance_m2=np.array([q.std_enu_m**2 + p.std_enu_m**2 for p, q in pairs]).reshape(-1, 3),
        fixed=np.array([p.carrier == q.carrier == CarrierSolution.FIXED and p.valid and q.valid for p, q in pairs], bool),
    )


def judge(stick: Stick, array: AntennaArray) -> Verdict:
    """Test every fixed epoch's length, fit and track what passes."""
    right = right_length(stick, array)
    tracked, accepted = _track(stick, array, right)
    direction = stick.vector_m / np.linalg.norm(stick.vector_m, axis=1, keepdims=True)
    return Verdict(
        flagged=stick.fixed & ~right,
        gated=int(np.count_nonzero(right & ~accepted)),
        raw_deg=roughness_deg(stick.time_s[stick.fixed], direction[stick.fixed]),
        kept_deg=roughness_deg(stick.time_s[right], direction[right]),
        tracked_deg=roughness_deg(stick.time_s[accepted], tracked[accepted]),
    )


def right_length(stick: Stick, array: AntennaArray) -> Bools:
    """Mask (n,) of the fixed epochs whose length is that of the array."""
    right = stick.fixed.copy()
    for i in np.flatnonzero(stick.fixed):
        right[i] = all_pass(length_tests(array, stick.vector_m[i : i + 1], np.diag(stick.variance_m2[i])))
    return right


def roughness_deg(time_s: Floats, direction: Floats) -> float:
    """RMS angle [deg] between a direction (n, 3) and the mean of its neighbours, where the three are evenly spaced."""
    steps = np.diff(time_s)
    even = (np.abs(np.diff(steps)) < 1e-3) & (steps[1:] < 0.3)
    off = direction[1:-1][even] - 0.5 * (direction[:-2] + direction[2:])[even]
    return float(np.degrees(np.sqrt(np.mean(np.sum(off**2, axis=1))))) if len(off) else float("nan")


def surveyed_length_m(stick: Stick) -> float:
    """Median length over the fixed epochs [m]; NaN where there are none."""
    length_m = np.linalg.norm(stick.vector_m[stick.fixed], axis=1)
    return float(np.median(length_m)) if len(length_m) else float("nan")


def _track(stick: Stick, array: AntennaArray, right: Bools) -> tuple[Floats, Bools]:
    """Direction (n, 3) of the stick by the tracker, and the mask (n,) of the epochs it took in."""
    tracker = AttitudeTracker(MOTIONS["pedestrian"])
    direction, accepted = np.full(stick.vector_m.shape, np.nan), np.zeros(len(right), bool)
    for i in np.flatnonzero(right):
        fit = fit_array(array, stick.vector_m[i : i + 1], np.diag(stick.variance_m2[i]))
        step = tracker.update(float(stick.time_s[i]), fit)
        if step.state is not None:
            direction[i] = step.state.enu_from_body[:, 0]
            accepted[i] = step.outcome is not TrackerOutcome.REJECTED
    return direction, accepted


def _by_time(file: Path) -> dict[int, RelPosNed]:
    """Vectors of a log by time of week [ms]."""
    messages = UbxDecoder().feed(file.read_bytes())
    return {round(m.tow_s * 1e3): m for m in messages if isinstance(m, RelPosNed)}


def _row(name: str, length_m: float, stick: Stick, verdict: Verdict) -> str:
    fixed, flagged = int(stick.fixed.sum()), int(verdict.flagged.sum())
    return (
        f"{name:10} {length_m:8.4f} {len(stick.fixed):7d} {fixed:7d} {flagged:8d} {fixed - flagged:7d} {verdict.gated:6d} "
        f"{verdict.raw_deg:8.3f} {verdict.kept_deg:9.3f} {verdict.tracked_deg:9.3f}"
    )


def stick_array(length_m: float, sigma_m: float = SIGMA_M) -> AntennaArray:
    """The stick as an array of two antennas on the body's x axis."""
    return AntennaArray.from_lengths(("A", "B"), {("A", "B"): (length_m, sigma_m)})


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit code 1 where the folder holds no recording."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with *_RoverA.raw and *_RoverB.raw")
    parser.add_argument("--length", type=float, default=LENGTH_M, metavar="METRES", help="of the stick (default %(default)s)")
    parser.add_argument("--sigma", type=float, default=SIGMA_M, metavar="METRES", help="of that length (default %(default)s)")
    options = parser.parse_args(arguments)
    names = [name for name in RECORDINGS if (options.folder / f"{name}_RoverA.raw").is_file()]
    if not names:
        print(f"no recordings in {options.folder}", file=sys.stderr)
        return 1
    print(HEADER)
    for name in names:
        stick = read_stick(options.folder / f"{name}_RoverA.raw", options.folder / f"{name}_RoverB.raw")
        print(_row(name, options.length, stick, judge(stick, stick_array(options.length, options.sigma))))
        surveyed = surveyed_length_m(stick)
        if abs(surveyed - options.length) > WRONG_LENGTH_M:
            print(f"  its median length is {surveyed:.4f} m: not a stick of {options.length} m. With its own length:")
            print(_row(name, surveyed, stick, judge(stick, stick_array(surveyed, options.sigma))))
    print("flagged: fixed, but of wrong length; gated: refused by the tracker")
    print("deg: RMS of the stick's direction against the mean of its neighbours, the hand's motion included")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
