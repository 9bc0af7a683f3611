"""Velocities by Doppler and by phase against truth: python bench/velocity.py [--data FOLDER] [--only NAME ...]."""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from shown.recordings import content, default_folder

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass
from gnss_gyro.estimation.phase_velocity import PhaseEnd, PhaseVelocityOutcome, phase_velocity
from gnss_gyro.estimation.single_point import SinglePointOutcome, SinglePointSettings, single_point
from gnss_gyro.estimation.velocity import velocity
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.observation.slips import SlipDetector
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Klobuchar, Observations

SYSTEMS = (System.GPS, System.QZSS, System.GALILEO, System.BEIDOU)
CHI2_95_OF_3 = 7.815
TRUTH_TICK_NS = 10_000_000
DIGIT_M = 0.0032
"""Of a coordinate written to 1e-7 degrees: 11 mm / sqrt(12). At rest the track has no other noise from epoch to epoch."""
TRACK_M = 0.010
"""Of a coordinate, as the track of f9p_walk states it; on the move its noise is new at every epoch."""
Motion = tuple[Floats, Floats]
"""Position (3,) [m] and velocity (3,) [m/s], ECEF; NaN = unknown."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A receiver with a truth.

    truth         : motion at a time; None = not known then
    truth_sigma_m : of one coordinate of its positions [m]
    every         : intervals in epochs
    speed_mps     : only intervals of such a mean speed, from and to
    """

    name: str
    file: Path
    navs: tuple[Path, ...]
    noise: NoiseClass
    truth: Callable[[GpsTime], Motion | None]
    truth_sigma_m: float = 0.0
    every: tuple[int, ...] = (1,)
    speed_mps: tuple[float, float] = (0.0, np.inf)


@dataclass(slots=True)
class Errors:
    """Errors of velocities, ENU [m/s], and their squares in units of the stated covariance."""

    enu_mps: list[Floats]
    squared: list[float]
    asked: int = 0
    slips: int = 0

    @property
    def row(self) -> list[str]:
        """RMS horizontal, vertical, 3-D [mm/s], share of epochs, coverage of the 95 % ellipsoid."""
        if not self.enu_mps:
            return ["-"] * 4 + [f"0 of {self.asked}", "-", "-"]
        error = np.array(self.enu_mps) * 1e3
        sizes = [np.linalg.norm(error[:, :2], axis=1), np.abs(error[:, 2]), np.linalg.norm(error, axis=1)]
        rms = [f"{np.sqrt(np.mean(size**2)):.2f}" for size in sizes]
        inside = np.mean(np.array(self.squared) <= CHI2_95_OF_3)
        return [*rms, f"{np.percentile(sizes[2], 99):.2f}", f"{len(error) / self.asked:.1%}", f"{inside:.1%}", str(self.slips)]

    def add(self, error_ecef: Floats, covariance: Floats, enu_from_ecef: Floats) -> None:
        """Take in one error with its stated covariance (3, 3)."""
        self.enu_mps.append(enu_from_ecef @ error_ecef)
        self.squared.append(float(error_ecef @ np.linalg.solve(covariance, error_ecef)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_folder())
    parser.add_argument("--only", nargs="+", default=[])
    options = parser.parse_args()
    print("| recording | interval | kind | horizontal | vertical | 3-D | 99 % of 3-D | epochs | inside 95 % | slips found |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for recording in recordings(options.data):
        if options.only and recording.name not in options.only:
            continue
        ends, store = located(recording), store_of(recording)
        for every in recording.every:
            rows, interval_s = compared(recording, ends, store, every)
            for kind, errors in rows:
                print(f"| {recording.name} | {interval_s:.2f} s | {kind} | " + " | ".join(errors.row) + " |")
    print("\nRMS in mm/s; epochs: share of those with a truth that got a velocity.")


def store_of(recording: Recording) -> EphemerisStore:
    """All ephemerides of a recording."""
    store = EphemerisStore()
    for path in recording.navs:
        store.extend(m for m in content(path).messages if isinstance(m, (KeplerEphemeris, GlonassEphemeris, Klobuchar)))
    return store


def located(recording: Recording) -> list[PhaseEnd]:
    """Epochs with slips marked, satellites and single points."""
    store, detector, start = store_of(recording), SlipDetector(), None
    settings = SinglePointSettings(float(np.radians(10.0)), noise=DEFAULT_NOISE[recording.noise])
    ends = []
    for observations in content(recording.file).messages:
        if not isinstance(observations, Observations):
            continue
        epoch = detector.update(select_l1("a", observations, SYSTEMS))
        states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
        point = single_point(epoch, states, store.klobuchar_for(System.GPS), settings, start)
        start = point.position_ecef_m if point.outcome is SinglePointOutcome.OK else None
        ends.append(PhaseEnd(epoch, states, point))
    return ends


def pairs_of(ends: list[PhaseEnd], store: EphemerisStore, every: int) -> Iterator[tuple[PhaseEnd, PhaseEnd]]:
    """Ends so many epochs apart, with the same ephemerides and the slips of all epochs in between."""
    for number, first in enumerate(ends[:-every]):
        second, between = ends[number + every], ends[number + 1 : number + every]
        slipped = [code for end in between for code in end.epoch.satellite[end.epoch.slip]]
        epoch = replace(second.epoch, slip=second.epoch.slip | np.isin(second.epoch.satellite, slipped))
        states = states_at(store, first.epoch.time, first.epoch.satellite, first.epoch.code_m, 0.0, second.epoch.time)
        yield replace(first, states=states), replace(second, epoch=epoch)


def compared(
    recording: Recording, ends: list[PhaseEnd], store: EphemerisStore, every: int
) -> tuple[list[tuple[str, Errors]], float]:
    """Errors on the same epochs: of Doppler against the velocity of the moment, of phases against the mean; interval [s]."""
    doppler, phase, intervals = Errors([], []), Errors([], []), []
    for first, second in pairs_of(ends, store, every):
        before, now = recording.truth(first.epoch.time), recording.truth(second.epoch.time)
        if before is None or now is None:
            continue
        apart_s = second.epoch.time - first.epoch.time
        mean = (now[0] - before[0]) / apart_s
        if not recording.speed_mps[0] <= np.linalg.norm(mean) < recording.speed_mps[1]:
            continue
        intervals.append(apart_s)
        enu_from_ecef = enu_from_ecef_at(now[0])
        doppler.asked, phase.asked = doppler.asked + 1, phase.asked + 1
        by_doppler = velocity(second.epoch, second.states, second.point, recording.noise)
        if by_doppler.outcome is SinglePointOutcome.OK:
            doppler.add(by_doppler.velocity_ecef_mps - now[1], by_doppler.covariance_m2ps2[:3, :3], enu_from_ecef)
        by_phase = phase_velocity(first, second, store.klobuchar_for(System.GPS), DEFAULT_NOISE[recording.noise])
        if by_phase.outcome is PhaseVelocityOutcome.OK:
            blur = 2.0 * (recording.truth_sigma_m / apart_s) ** 2 * np.eye(3)
            phase.add(by_phase.velocity_ecef_mps - mean, by_phase.covariance_m2ps2[:3, :3] + blur, enu_from_ecef)
            phase.slips += int(by_phase.slip.sum())
    return [("Doppler", doppler), ("phase", phase)], float(np.median(intervals))


def recordings(data: Path) -> Iterator[Recording]:
    """What there is a truth of."""
    at = data / "meijo"
    still = _static(np.array([-3817680.0, 3562839.0, 3650159.0]))
    steps = (1, 5, 30)
    for name in ("base", "rover"):
        file = at / f"static_{name}.obs"
        yield Recording(f"meijo {name}", file, (at / "static_base.nav",), NoiseClass.GEODETIC, still, every=steps)
    at = data / "wettzell"
    nav = at / "ESBC00DNK_R_20201770000_01D_MN.rnx"
    rinex = at / "WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"
    yield Recording("wettzell", rinex, (nav,), NoiseClass.GEODETIC, _static(np.array([4075580.9, 931853.6, 4801568.0])))
    at = data / "spirent"
    navs = (at / "RINEX_EN_Spirent.23L", at / "RINEX_GN_Spirent.23N")
    yield Recording("spirent", at / "Rover-dynamic_MO_Spirent.obs", navs, NoiseClass.GEODETIC, _spirent(at), every=(1, 5, 30))
    at = data / "f9p_walk"
    file = at / "gnss_1730.ubx"
    track, steps = _ppk(at / "gnss_1730_sf.pos"), (1, 4, 20)
    yield Recording("f9p standing", file, (file,), NoiseClass.PATCH, track, DIGIT_M, steps, (0.0, 0.1))
    yield Recording("f9p walking", file, (file,), NoiseClass.PATCH, track, TRACK_M, steps, (0.3, np.inf))


def _static(place: Floats) -> Callable[[GpsTime], Motion | None]:
    return lambda _: (place, np.zeros(3))


def _spirent(at: Path) -> Callable[[GpsTime], Motion | None]:
    table = {}
    with (at / "Rover-dynamic_PVA_Spirent.csv").open() as file:
        for row in list(csv.reader(file))[1:]:
            table[round(float(row[3]) * 10)] = np.array(row[4:7], float), np.array(row[7:10], float)
    return lambda time: table.get(round(time.tow_s * 10))


def _ppk(path: Path) -> Callable[[GpsTime], Motion | None]:
    """Fixed epochs of a solution file of RTKLIB; its tags are the receiver's."""
    table = {}
    for line in path.read_text().splitlines():
        if line.startswith("%") or not line.strip():
            continue
        date, clock, *values = line.split()
        if float(values[3]) != 1.0:
            continue
        year, month, day = map(int, date.split("/"))
        hour, minute, second = clock.split(":")
        time = GpsTime.from_calendar(year, month, day, int(hour), int(minute), float(second))
        latitude, longitude, height = map(float, values[:3])
        place = ecef_from_geodetic(np.array([np.radians(latitude), np.radians(longitude), height]))
        north, east, up = map(float, values[13:16])
        table[round(time.ns / TRUTH_TICK_NS)] = place, enu_from_ecef_at(place).T @ np.array([east, north, up])
    return lambda time: table.get(round(time.ns / TRUTH_TICK_NS))


if __name__ == "__main__":
    main()
