"""An array's epochs made up to the letter of the filter's own model: a linear sky at rest, every error drawn as believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.array_filter import ArrayFilter, VpppSettings
from gnss_gyro.vppp.ionosphere_field import FieldPrior, field_design, slant_factor
from gnss_gyro.vppp.motion import MANOEUVRES, Manoeuvres, MotionModel, motion_of
from gnss_gyro.vppp.position import ArrayPosition
from gnss_gyro.vppp.processes import initial_common, multipath_variance, range_error_variance, transition_of
from gnss_gyro.vppp.rows import DOPPLER_DOUBT
from gnss_gyro.vppp.signal_errors import clock_group
from gnss_gyro.vppp.state import FilterState

PLACE = ecef_from_geodetic(np.array([np.radians(35.1), np.radians(136.9), 120.0]))
AXES = enu_from_ecef_at(PLACE)
START = GpsTime.from_calendar(2026, 6, 10, 3, 10)
TWELVE = "G01 G02 G03 G04 G05 G06 G07 E01 E02 E03 E04 E05"
FIVE_SYSTEMS = "G01 G02 G03 G04 G05 G06 R01 R02 E01 E02 E03 E04 C19 C20 C21 C06 C07 J02 J03"
WAVE_M = 299_792_458.0 / L1_HZ


def codes_of(names: str) -> np.ndarray:
    """Satellites of a list such as "G01 E05", in increasing order."""
    return np.sort(np.array([satellite_from_name(name) for name in names.split()], np.int16))


def spread_sky(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elevation, azimuth (n,) and ENU directions (n, 3), well spread from 12 degrees up."""
    elevation = np.arcsin(np.linspace(np.sin(np.radians(12.0)), 0.98, n))[rng.permutation(n)]
    azimuth = (np.arange(n) * 2.4 + rng.uniform(0.0, 0.4, n)) % (2.0 * np.pi)  # the golden angle
    across = np.cos(elevation)
    return elevation, azimuth, np.column_stack([across * np.sin(azimuth), across * np.cos(azimuth), np.sin(elevation)])


@dataclass
class Scene:
    """What the filter follows, with the truth in the filter's own layout.

    noise : 1 draws every error by its stated variance, 0 leaves all errors out, whatever the variances say
    clock_m : of the receiver, the same for codes and phases; changed at will
    """

    rng: np.random.Generator
    names: str = TWELVE
    noise: float = 1.0
    motion: MotionModel = MotionModel.WHITE
    manoeuvres: Manoeuvres = MANOEUVRES["vehicle"]
    code_m: float = 0.5
    phase_m: float = 0.002
    speed_m: float = 0.05
    clock_m: float = 123.0
    velocity_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    time_s: float = 0.0
    truth: FilterState = field(init=False)

    def __post_init__(self) -> None:
        self.satellite = codes_of(self.names)
        self.elevation, self.azimuth, self.enu = spread_sky(len(self.satellite), self.rng)
        self.wet_mapping = 1.0 / np.sin(np.hypot(self.elevation, 0.05))
        n, blank = len(self.satellite), self._blank()
        variance = np.concatenate([
            initial_common(blank, self.manoeuvres), range_error_variance(blank), multipath_variance(blank), np.zeros(n),
        ])  # fmt: skip
        mean = self.noise * np.sqrt(variance) * self.rng.normal(size=len(variance))
        mean[layout.VELOCITY] += self.velocity_mps
        mean[layout.CLOCK] = 0.0
        mean[-n:] = WAVE_M * np.rint(self.rng.normal(0.0, 1e5, n))
        blank_state = FilterState.empty(np.zeros(layout.COMMON), np.eye(layout.COMMON))
        self.truth = blank_state.with_satellites(self.satellite)
        self.truth.mean = mean

    def move(self, dt_s: float) -> None:
        """Time passes."""
        x, rows = self.truth.mean, np.arange(len(self.satellite))
        change = transition_of(self.truth, self._blank(), rows, dt_s, motion_of(self.motion, self.manoeuvres))
        moved = change.moved(x[:, None])[:, 0] + self.noise * np.sqrt(change.noise) * self.rng.normal(size=len(x))
        values, vectors = np.linalg.eigh(change.coupled_noise)
        free = np.sqrt(np.maximum(values, 0.0)) * self.rng.normal(size=len(values))
        moved[: layout.COUPLED] = change.coupled @ x[: layout.COUPLED] + self.noise * vectors @ free
        moved[layout.CLOCK] = 0.0
        self.truth.mean = moved
        self.time_s += dt_s

    @property
    def position_ecef_m(self) -> np.ndarray:
        """Where the body point truly is."""
        return PLACE + AXES.T @ self.truth.mean[layout.POSITION]

    def epoch(self, place_ecef_m: np.ndarray = PLACE, **changes: Any) -> ArrayEpoch:
        """What is observed now, ranges being computed at a place; some fields changed."""
        x, n, blank = self.truth, len(self.satellite), self._blank()
        fields = field_design(self.elevation, self.azimuth, blank.carrier_hz) @ x.mean[layout.FIELD]
        bias = np.concatenate([[0.0], x.mean[layout.BIASES]])[clock_group(self.satellite)]
        away_m = AXES @ (self.position_ecef_m - place_ecef_m)
        shared = self.clock_m - self.enu @ away_m + self.wet_mapping * x.mean[layout.WET] + blank.troposphere_m
        own = x.mean[x.range_error : x.multipath] + x.mean[x.multipath : x.ambiguity]
        code = shared + fields + blank.ionosphere_m + bias + own
        phase = shared - fields - blank.ionosphere_m + x.mean[x.ambiguity :]
        made = replace(
            blank, time=START + self.time_s, place_ecef_m=place_ecef_m,
            code_m=code + self.noise * np.sqrt(np.diag(blank.code_cov_m2)) * self.rng.normal(size=n),
            phase_m=phase + self.noise * np.sqrt(np.diag(blank.phase_cov_m2)) * self.rng.normal(size=n),
            velocity_enu_mps=x.mean[layout.VELOCITY] + self.noise * DOPPLER_DOUBT**0.5 * self.speed_m * self.rng.normal(size=3),
        )  # fmt: skip
        return replace(made, **changes)

    def _blank(self) -> ArrayEpoch:
        n, growth = len(self.satellite), 1.0 / np.sin(self.elevation)
        none, nothing = np.zeros(n, bool), np.full(n, np.nan)
        return ArrayEpoch(
            time=START, place_ecef_m=PLACE, enu_from_ecef=AXES, satellite=self.satellite, direction=self.enu @ AXES,
            elevation=self.elevation, azimuth=self.azimuth, carrier_hz=np.full(n, L1_HZ),
            code_m=np.zeros(n), code_cov_m2=np.diag((self.code_m * growth) ** 2),
            phase_m=np.zeros(n), phase_cov_m2=np.diag((self.phase_m * growth) ** 2), slip=none,
            range_step_m=np.zeros(n), orbit_variance_m2=nothing, corrected=none,
            ionosphere_m=3.0 * slant_factor(self.elevation), ionosphere_variance_m2=nothing,
            field_variance=FieldPrior().variance(3.0), troposphere_m=2.4 * self.wet_mapping, wet_mapping=self.wet_mapping,
            velocity_enu_mps=np.zeros(3), velocity_cov=np.eye(3) * self.speed_m**2,
        )  # fmt: skip


PER_SATELLITE = (
    "satellite", "direction", "elevation", "azimuth", "carrier_hz", "code_m", "phase_m", "slip", "range_step_m",
    "orbit_variance_m2", "corrected", "ionosphere_m", "ionosphere_variance_m2", "troposphere_m", "wet_mapping",
)  # fmt: skip


def take(epoch: ArrayEpoch, rows: np.ndarray) -> ArrayEpoch:
    """The epoch with some of its satellites."""
    parts = {name: getattr(epoch, name)[rows] for name in PER_SATELLITE}
    covs = {name: getattr(epoch, name)[np.ix_(rows, rows)] for name in ("code_cov_m2", "phase_cov_m2")}
    return replace(epoch, **parts, **covs)


def filter_of(scene: Scene) -> ArrayFilter:
    """A filter that believes what the scene does."""
    return ArrayFilter(VpppSettings(scene.motion, scene.manoeuvres))


def follow(
    scene: Scene, epochs: int, dt_s: float = 1.0, edit: Callable[[int, ArrayEpoch], ArrayEpoch] | None = None,
    followed: ArrayFilter | None = None,
) -> list[tuple[ArrayPosition, np.ndarray]]:  # fmt: skip
    """Positions of so many epochs and how far each is off the truth (3,) ENU [m]; epochs may be edited on their way."""
    followed, out = followed or filter_of(scene), []
    for number in range(epochs):
        if number:
            scene.move(dt_s)
        epoch = scene.epoch()
        position = followed.process(scene.time_s, edit(number, epoch) if edit else epoch)
        assert position is not None
        out.append((position, position.enu_from_ecef @ (position.position_ecef_m - scene.position_ecef_m)))
    return out


def nees(position: ArrayPosition, error_enu_m: np.ndarray) -> float:
    """Squared error of a position in its own sigmas: chi-square of 3 degrees of freedom."""
    return float(error_enu_m @ np.linalg.solve(position.position_cov_enu_m2, error_enu_m))
