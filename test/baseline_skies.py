"""Arrays of antennas under a made-up sky: code and phase of every antenna, from a known rotation and known integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.rotations import rotation_from_vector
from gnss_gyro.basics.satellites import satellite_from_name, system_index, system_of
from gnss_gyro.basics.signals import signal, wavelength_m
from gnss_gyro.estimation.differences import ArrayDifferences, Rows, array_differences
from gnss_gyro.estimation.integer_search import CORE, BaselineModel, core_first
from gnss_gyro.estimation.prefit import Prefit

SIGNAL_OF = {"G": "1C", "J": "1C", "E": "1C", "C": "2I", "R": "1C"}


def satellites(**counts: int) -> tuple[str, ...]:
    """satellites(G=3, E=2) -> G01 G02 G03 E01 E02, in the order of their codes."""
    names = [f"{system}{number:02d}" for system, count in counts.items() for number in range(1, count + 1)]
    return tuple(sorted(names, key=satellite_from_name))


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    axis = rng.normal(size=3)
    return rotation_from_vector(axis / np.linalg.norm(axis) * rng.uniform(0.0, np.pi))


def array_of(position_body_m: Iterable[Iterable[float]], sigma_m: float = 0.002) -> AntennaArray:
    """Antennas a, b, c ... at these places."""
    return AntennaArray.from_positions({chr(ord("a") + i): p for i, p in enumerate(position_body_m)}, sigma_m)


@dataclass
class Sky:
    """Satellites over an array for a while; integers stay until they are changed.

    code_m, phase_m : sigmas at zenith, undifferenced [m]; 0 = no noise, whatever the variances say
    integers        : (antennas, satellites) undifferenced [cycles]
    """

    names: tuple[str, ...]
    array: AntennaArray
    rng: np.random.Generator
    code_m: float = 0.25
    phase_m: float = 0.0015
    noise: float = 1.0
    lowest_deg: float = 12.0
    direction: np.ndarray = field(init=False)
    elevation: np.ndarray = field(init=False)
    integers: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n = len(self.names)
        self.elevation = np.arcsin(self.rng.uniform(np.sin(np.radians(self.lowest_deg)), 1.0, n))
        azimuth = self.rng.uniform(0.0, 2.0 * np.pi, n)
        across = np.cos(self.elevation)
        self.direction = np.column_stack([across * np.sin(azimuth), across * np.cos(azimuth), np.sin(self.elevation)])
        self.integers = np.rint(self.rng.normal(0.0, 1e3, (len(self.array), n)))
        self.codes = np.array([satellite_from_name(name) for name in self.names], np.int16)
        self.signals = np.array([signal(SIGNAL_OF[name[0]]) for name in self.names], np.int16)
        self.wave = np.array(
            [wavelength_m(system_of(c), s, int(c) % 3) for c, s in zip(self.codes, self.signals, strict=True)]
        )

    def prefits(self, rotation: np.ndarray) -> dict[str, Prefit]:
        """All antennas at one epoch, with clocks and errors that are common."""
        rng, n = self.rng, len(self.names)
        common, growth = rng.normal(0.0, 10.0, n), 1.0 / np.sin(self.elevation)
        made = {}
        for name, place, integers in zip(self.array.names, self.array.position_body_m, self.integers, strict=True):
            clock = SPEED_OF_LIGHT * rng.normal(0.0, 1e-4, 7)[system_index(self.codes)]
            true = common + clock - self.direction @ (rotation @ place)
            code = true + self.noise * self.code_m * growth * rng.normal(size=n)
            phase = true + self.wave * integers + self.noise * self.phase_m * growth * rng.normal(size=n)
            made[name] = Prefit(
                self.codes, self.signals, self.wave, self.direction, self.elevation, code, phase,
                (self.code_m * growth) ** 2, (self.phase_m * growth) ** 2, np.zeros(n, bool),
            )  # fmt: skip
        return made

    def epoch(self, rotation: np.ndarray, without: Mapping[str, Iterable[str]] | None = None) -> ArrayDifferences:
        """Double differences of one epoch, some antennas without some satellites."""
        prefits = self.prefits(rotation)
        for antenna, lost in (without or {}).items():
            prefits[antenna] = prefits[antenna].without(np.array([satellite_from_name(name) for name in lost], np.int16))
        return array_differences(prefits, self.array.names[0], {})

    def true_integers(self, rows: Rows, differences: ArrayDifferences) -> np.ndarray:
        """Double-difference integers (M,) of phase rows."""
        own = self.integers[[self.array.index(differences.antennas[b]) for b in rows.baseline]]
        single = own - self.integers[self.array.index(differences.reference)]
        each = np.arange(len(rows))
        column = {int(code): i for i, code in enumerate(self.codes)}
        take = [np.array([column[int(code)] for code in codes], int) for codes in (rows.satellite, rows.pivot)]
        return single[each, take[0]] - single[each, take[1]]


def baseline_model(differences: ArrayDifferences, baseline: int = 0) -> BaselineModel:
    """One baseline as the search wants it, its most precise phases first, nothing known from before."""
    phase = differences.phase.take(differences.phase.of(baseline))
    phase = phase.take(core_first(phase.variance_m2, CORE))
    code = differences.code.take(differences.code.of(baseline))
    at_w = code.design.T @ np.linalg.inv(code.cov_m2)
    return BaselineModel(
        code_normal=at_w @ code.design, code_rhs=at_w @ code.value_m, phase_m=phase.value_m, design=phase.design,
        wavelength_m=phase.wavelength_m, weight=np.linalg.inv(phase.cov_m2), covariance=phase.cov_m2, order=np.arange(len(phase)),
        prior_info=np.zeros((0, 0)), prior_mean=np.zeros(0),
    )  # fmt: skip


def random_model(rng: np.random.Generator, phases: int, length_m: float, **sigmas: float) -> tuple[BaselineModel, np.ndarray]:
    """A noisy baseline of so many double differences, and its true integers in the model's order."""
    array = array_of([(0, 0, 0), (length_m, 0, 0)])
    sky = Sky(satellites(G=phases + 1), array, rng, **sigmas)
    differences = sky.epoch(random_rotation(rng))
    truth = sky.true_integers(differences.phase, differences)
    return baseline_model(differences), truth[core_first(differences.phase.variance_m2, CORE)]


def with_prior(model: BaselineModel, info: np.ndarray, mean: np.ndarray) -> BaselineModel:
    """The same with float integers from earlier epochs."""
    return replace(model, prior_info=info, prior_mean=mean)
