"""Broadcast ionosphere models against the delay that two frequencies measure: python bench/ionosphere.py [--folder DATA].

Measured: pseudoranges on two frequencies, levelled carrier phases, minus the broadcast group delays of the satellites. What is
left of the receiver is one bias per system (two for BeiDou's two generations), which is estimated; what is left of the satellites
and of reflections is noise. The second table is what counts in the end: single point positions, by Galileo alone, whose orbits
and clocks are good enough (those of GPS are off by up to 3 m in these recordings).
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from shown.recordings import default_folder

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef, enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.satellites import System, number_of, satellite_name, system_of
from gnss_gyro.basics.signals import carrier_hz, signal
from gnss_gyro.estimation.single_point import SinglePointOutcome, single_point
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel, SightLines, ionosphere_delay_m
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import KeplerEphemeris, Observations
from gnss_gyro.protocols.rinex.navigation import read_navigation
from gnss_gyro.protocols.rinex.observation import ObservationReader
from gnss_gyro.vppp.ionosphere_field import slant_factor

PAIRS = {
    System.GPS: (("1W", "2W"), ("1C", "2W"), ("1C", "2L"), ("1C", "2X")),
    System.QZSS: (("1C", "2L"), ("1C", "2X")),
    System.GALILEO: (("1C", "5Q"), ("1X", "5X"), ("1C", "5X")),
    System.BEIDOU: (("2I", "6I"), ("2I", "7I")),
}
"""First and second signal, in order of liking."""
MASK = np.radians(15.0)
SLIP_M = 0.05
SHORTEST = 60.0
"""An arc of phases that is shorter [s] is not levelled."""
RECORDINGS = {
    "meijo": ("meijo/static_base.obs", "meijo/static_base.nav", "Nagoya, 24 June 2024, 17:20 local"),
    "mosaic_5km": ("mosaic_5km/3034265G.21O", "mosaic_5km/SEPT2650.21P", "Fujisawa, 22 September 2021, 15:30 local"),
    "clas_static": ("clas_static/SEPT078M.21O", "clas_static/SEPT078M.21P", "Fujisawa, 19 March 2021, 21:00 local"),
    "wettzell": (
        "wettzell/WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx", "wettzell/ESBC00DNK_R_20201770000_01D_MN.rnx",
        "Bavaria, 25 June 2020, 1:00 local",
    ),
}  # fmt: skip
TRUTH_ECEF_M = {
    "mosaic_5km": np.array([-3_959_400.631, 3_385_704.533, 3_667_523.111]),
    "clas_static": np.array([-3_962_108.673, 3_381_309.574, 3_668_678.639]),
    "wettzell": np.array([4_075_580.6852, 931_853.6596, 4_801_568.0550]),
}
"""Surveyed, where it is known: NOTES.md of the recordings, header of WTZR."""
BLENDED = (IonosphereModel.KLOBUCHAR, IonosphereModel.NEQUICK)
DRIFT_S = 60.0
FIRST_OF_BEIDOU_3 = 19
MODELS = tuple(model for model in IonosphereModel if model is not IonosphereModel.AUTO)


@dataclass(frozen=True, slots=True)
class Recording:
    """What the files say; every so manyth epoch is looked at."""

    store: EphemerisStore
    epochs: list[Observations]
    receiver_ecef_m: Floats
    every: int

    @property
    def heard(self) -> HeardIonosphere:
        """Ionosphere parameters in the navigation file."""
        return HeardIonosphere(self.store.klobuchar, self.store.nequick, self.store.bdgim)


@dataclass(frozen=True, slots=True)
class Arc:
    """Delays of one satellite on its first signal, as measured and as each model has them; (k,) epochs.

    ticks : their times [ns]
    """

    satellite: int
    ticks: tuple[int, ...]
    measured_m: Floats
    elevation: Floats
    modelled_m: dict[IonosphereModel, Floats]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--satellites", action="store_true", help="also one line per satellite")
    options = parser.parse_args()
    for name, (observations, navigation, where) in RECORDINGS.items():
        paths = options.folder / observations, options.folder / navigation
        if all(path.is_file() for path in paths):
            print(f"\n{name}: {where}")
            recording = read(*paths)
            found = list(arcs(recording))
            report(found, options.satellites)
            report_positions(recording, found, TRUTH_ECEF_M.get(name))
            report_drift(found)


def read(observations: Path, navigation: Path) -> Recording:
    """Both files of a recording."""
    store = EphemerisStore()
    store.extend(m for m in read_navigation(navigation.read_bytes()) if not isinstance(m, Observations))
    reader = ObservationReader(all_bands=True)
    messages = [*reader.feed(observations.read_bytes()), *reader.finish()]
    epochs = [m for m in messages if isinstance(m, Observations)]
    assert reader.header is not None
    return Recording(store, epochs, reader.header.position_ecef_m, max(len(epochs) // 100, 1))


def report(found: list[Arc], each: bool) -> None:
    """Print the delays of a recording."""
    print(
        "| system | satellites | model | mean of the model m | rms m | scale | rms with scale m |\n|---|---|---|---|---|---|---|"
    )
    groups = sorted({group_of(arc.satellite) for arc in found})
    for chosen in (*([group] for group in groups), groups):
        members = [arc for arc in found if group_of(arc.satellite) in chosen]
        for model in members[0].modelled_m:
            print(row(chosen, members, model))
    for arc in found if each else ():
        values = "  ".join(f"{model} {np.mean(delay):6.2f}" for model, delay in arc.modelled_m.items())
        elevation = f"{np.degrees(arc.elevation.mean()):3.0f}"
        print(f"  {satellite_name(arc.satellite)} {elevation} deg  measured {arc.measured_m.mean():6.2f}  {values}")


def group_of(satellite: int) -> str:
    """Satellites that share a bias of the receiver."""
    system = system_of(satellite)
    return f"C{2 if number_of(satellite) < FIRST_OF_BEIDOU_3 else 3}" if system is System.BEIDOU else system.value


def row(groups: list[str], members: list[Arc], model: IonosphereModel) -> str:
    """Line of the table: misfit of a model after a bias per group, and after a scale besides."""
    measured, modelled = (np.concatenate(a) for a in ([m.measured_m for m in members], [m.modelled_m[model] for m in members]))
    of = np.concatenate([np.repeat(group_of(m.satellite), len(m.ticks)) for m in members])
    biases = np.stack([of == group for group in groups], axis=1).astype(float)
    rms_m, _ = misfit(biases, measured - modelled)
    scaled_m, x = misfit(np.column_stack([biases, modelled]), measured)
    scale = f"{x[-1]:.2f}" if modelled.any() else "-"
    return f"| {' '.join(groups)} | {len(members)} | {model} | {modelled.mean():.2f} | {rms_m:.2f} | {scale} | {scaled_m:.2f} |"


def report_positions(recording: Recording, found: list[Arc], truth_ecef_m: Floats | None) -> None:
    """Print the errors of single point positions (mean east, north, up, and their rms in space) with each model."""
    measured = {(arc.satellite, tick): delay for arc in found for tick, delay in zip(arc.ticks, arc.measured_m, strict=True)}
    by_measured = np.array(list(places(recording, measured, None)))
    truth = by_measured.mean(axis=0) if truth_ecef_m is None else truth_ecef_m
    print("| positions | east m | north m | up m | rms m |\n|---|---|---|---|---|")
    rows = {"two frequencies" + (" (the reference)" if truth_ecef_m is None else ""): by_measured}
    rows |= {str(m): np.array(list(places(recording, measured, m))) for m in MODELS if recording.heard.has(m)}
    for name, positions in rows.items():
        enu = (positions - truth) @ enu_from_ecef_at(truth).T
        east, north, up = (f"{value:.2f}" for value in enu.mean(axis=0))
        print(f"| {name} | {east} | {north} | {up} | {np.sqrt(np.mean(np.sum(enu**2, axis=1))):.2f} |")


def report_drift(found: list[Arc]) -> None:
    """Print how fast the delay drifts away from the mean of Klobuchar's model and NeQuick, as vertical delay, over DRIFT_S."""
    drifts = []
    for arc in found:
        left = arc.measured_m - np.mean([arc.modelled_m[m] for m in BLENDED if m in arc.modelled_m], axis=0)
        ticks, vertical = np.array(arc.ticks), left / slant_factor(arc.elevation)
        later = np.searchsorted(ticks, ticks + round(DRIFT_S * 1e9))
        rows = np.flatnonzero(later < len(ticks))
        seconds = (ticks[later[rows]] - ticks[rows]) / 1e9
        drifts.append(((vertical[later[rows]] - vertical[rows]) / seconds)[seconds < 2.0 * DRIFT_S])
    drift = np.concatenate(drifts)
    if len(drift):
        rms_mmps = 1e3 * np.sqrt(np.mean(drift**2))
        print(f"drift of what Klobuchar and NeQuick leave, vertical: {rms_mmps:.2f} mm/s over {DRIFT_S:g} s")


def places(recording: Recording, measured: dict[tuple[int, int], float], model: IonosphereModel | None) -> Iterator[Floats]:
    """Positions (3,) [m] with a model's delays, or with the measured ones, of the same satellites."""
    own = recording.store.klobuchar_for(System.GPS)
    assert own is not None
    for observations in recording.epochs[:: recording.every]:
        epoch = select_l1("A", observations, (System.GALILEO,))
        delay = np.array([measured.get((int(s), epoch.time.ns), np.nan) for s in epoch.satellite])
        states = states_at(recording.store, epoch.time, epoch.satellite, epoch.code_m)
        rays = sight_lines(recording, epoch, states.position_m)
        used = HeardIonosphere({"G": own})
        inside = ionosphere_delay_m(IonosphereModel.KLOBUCHAR, used, rays)
        other = None if model is None else ionosphere_delay_m(model, recording.heard, rays)
        assert inside is not None
        if other is not None:
            delay = np.where(np.isnan(delay), np.nan, other[0])
        point = single_point(
            replace(epoch, code_m=epoch.code_m - delay + inside[0]), states, own, None, recording.receiver_ecef_m
        )
        if point.outcome is SinglePointOutcome.OK:
            yield point.position_ecef_m


def sight_lines(recording: Recording, epoch: Epoch, satellite_ecef_m: Floats) -> SightLines:
    """Rays of the satellites of an epoch from the place that the header tells."""
    receiver = recording.receiver_ecef_m
    latitude, longitude, _ = geodetic_from_ecef(receiver)
    _, unit, turned = lines_of_sight(receiver, satellite_ecef_m)
    elevation, azimuth = elevation_azimuth(unit, enu_from_ecef(latitude, longitude))
    hz = SPEED_OF_LIGHT / epoch.wavelength_m
    return SightLines(epoch.time, receiver, latitude, longitude, elevation, azimuth, turned, hz)


def misfit(design: Floats, values: Floats) -> tuple[float, Floats]:
    """Root mean square of what least squares leave, and their solution."""
    x = np.linalg.lstsq(design, values, rcond=None)[0]
    return float(np.sqrt(np.mean((values - design @ x) ** 2))), x


def arcs(recording: Recording) -> Iterator[Arc]:
    """Arcs of all satellites with two signals, a group delay and enough epochs above the mask."""
    for satellite in sorted({int(s) for epoch in recording.epochs for s in epoch.satellite}):
        for pair in PAIRS.get(system_of(satellite), ()):
            rows = _rows(recording.epochs, satellite, pair)
            if len(rows) and (arc := _arc(recording, satellite, pair, rows)) is not None:
                yield arc
                break


def _rows(epochs: list[Observations], satellite: int, pair: tuple[str, str]) -> list[tuple[Observations, int, int]]:
    """Epochs that have both signals of a satellite, code and phase, with the rows of the two."""
    found = []
    first, second = (signal(name) for name in pair)
    for epoch in epochs:
        good = (epoch.satellite == satellite) & np.isfinite(epoch.pseudorange_m) & np.isfinite(epoch.phase_cycles)
        one, two = np.flatnonzero(good & (epoch.signal == first)), np.flatnonzero(good & (epoch.signal == second))
        if len(one) and len(two):
            found.append((epoch, int(one[0]), int(two[0])))
    return found


def _arc(recording: Recording, satellite: int, pair: tuple[str, str], rows: list[tuple[Observations, int, int]]) -> Arc | None:
    system = system_of(satellite)
    hz = np.array([carrier_hz(system, signal(name)) for name in pair])
    dispersion = (hz[0] / hz[1]) ** 2 - 1.0
    ephemeris, outcome = recording.store.choose(satellite, rows[0][0].time)
    if not isinstance(ephemeris, KeplerEphemeris) or outcome is not OrbitOutcome.OK:
        return None
    code = np.array([[e.pseudorange_m[one], e.pseudorange_m[two]] for e, one, two in rows])
    phase = np.array([[e.phase_cycles[one], e.phase_cycles[two]] for e, one, two in rows]) * (SPEED_OF_LIGHT / hz)
    seconds = np.array([e.time - rows[0][0].time for e, _, _ in rows])
    by_code, by_phase = (code[:, 1] - code[:, 0]) / dispersion, (phase[:, 0] - phase[:, 1]) / dispersion
    measured = _levelled(seconds, by_code, by_phase) - SPEED_OF_LIGHT * _group_delay_s(ephemeris, pair, dispersion)
    taken = {epoch.time.ns for epoch in recording.epochs[:: recording.every]}
    seen = [(k, _ray(recording, satellite, e, code[k, 0], hz[0])) for k, (e, _, _) in enumerate(rows) if e.time.ns in taken]
    kept = [(k, ray) for k, ray in seen if ray is not None and ray.elevation[0] > MASK and np.isfinite(measured[k])]
    if not kept:
        return None
    modelled = {
        model: np.array(
            [found[0][0] for _, ray in kept if (found := ionosphere_delay_m(model, recording.heard, ray)) is not None]
        )
        for model in MODELS
        if recording.heard.has(model)
    }
    ticks = tuple(ray.time.ns for _, ray in kept)
    return Arc(satellite, ticks, measured[[k for k, _ in kept]], np.array([r.elevation[0] for _, r in kept]), modelled)


def _levelled(seconds: Floats, by_code: Floats, by_phase: Floats) -> Floats:
    """Delay by phase (k,), each piece between slips shifted to the mean of the delay by code; NaN in short pieces."""
    allowed = SLIP_M * np.maximum(np.diff(seconds), 1.0) ** 0.5
    slips: Bools = np.abs(np.diff(by_phase)) > allowed
    piece = np.concatenate([[0], np.cumsum(slips | (np.diff(seconds) > 120.0))])
    levelled = np.full(len(seconds), np.nan)
    for number in range(piece[-1] + 1):
        rows = piece == number
        if np.ptp(seconds[rows]) >= SHORTEST:
            levelled[rows] = by_phase[rows] + np.mean(by_code[rows] - by_phase[rows])
    return levelled


def _group_delay_s(ephemeris: KeplerEphemeris, pair: tuple[str, str], dispersion: float) -> float:
    """What the satellite adds to the delay measured on its first signal [s].

    GPS, QZSS: TGD (IS-GPS-200, 20.3.3.3.3.2). Galileo: BGD(E1, E5a) (OS SIS ICD, 5.1.5). Both are defined so that the first
    signal is late by it and the second by it times the square of the ratio of the frequencies. BeiDou: TGD1 of B1I and TGD2 of
    B2I are counted from B3I (BDS-SIS-ICD B1I, 5.2.4.10).
    """
    system = system_of(ephemeris.satellite)
    if system is System.GALILEO:
        return ephemeris.group_delay_2_s if ephemeris.source == "INAV" else ephemeris.group_delay_s
    if system is System.BEIDOU:
        second_s = ephemeris.group_delay_2_s if pair[1] == "7I" else 0.0
        return (second_s - ephemeris.group_delay_s) / dispersion
    return ephemeris.group_delay_s


def _ray(recording: Recording, satellite: int, epoch: Observations, code_m: float, hz: float) -> SightLines | None:
    states = states_at(recording.store, epoch.time, np.array([satellite], np.int16), np.array([code_m]))
    if states.outcome[0] != OrbitOutcome.OK:
        return None
    receiver = recording.receiver_ecef_m
    latitude, longitude, _ = geodetic_from_ecef(receiver)
    _, unit, turned = lines_of_sight(receiver, states.position_m)
    elevation, azimuth = elevation_azimuth(unit, enu_from_ecef(latitude, longitude))
    return SightLines(epoch.time, receiver, latitude, longitude, elevation, azimuth, turned, np.array([hz]))


if __name__ == "__main__":
    main()
