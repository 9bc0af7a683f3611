"""The configuration of the engine, declared once: YAML files, the command line and ROS parameters are this same list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.lengths import Lengths
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.options import Problems, leaves, option, plain, read, suggestion
from gnss_gyro.engine.rig_checks import rig_problems
from gnss_gyro.engine.strict_yaml import parse_yaml
from gnss_gyro.models.broadcast_ionosphere import IonosphereModel
from gnss_gyro.vppp.motion import MotionModel

MAX_ANTENNAS: Final = 8
DEFAULT_SYSTEMS: Final = (System.GPS, System.GALILEO, System.QZSS, System.BEIDOU)
_SYSTEMS: Final = (*DEFAULT_SYSTEMS, System.GLONASS)


class _Word(str, Enum):
    """A choice that prints as it is written in files."""

    def __str__(self) -> str:
        return str(self.value)


class Mode(_Word):
    """What is carried from epoch to epoch."""

    FILTER = "filter"
    EPOCH = "epoch"


class ReceiverClass(_Word):
    """Which noise model an antenna and its receiver start with."""

    AUTO = "auto"
    GEODETIC = "geodetic"
    PATCH = "patch"


class SharePivot(_Word):
    """Whether Galileo, QZSS and GPS share one pivot satellite."""

    AUTO = "auto"
    TRUE = "true"
    FALSE = "false"


class Vehicle(_Word):
    """How lively the body moves."""

    STATIC = "static"
    VEHICLE = "vehicle"
    TRACTOR = "tractor"
    SHIP = "ship"
    DRONE = "drone"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True)
class AntennaConfig:
    """One antenna of the rig."""

    name: str = option("letters, digits and underscores")
    position_m: tuple[float, float, float] | None = option(
        "phase centre in base_link (x forward, y left, z up); null = unknown", unit="m", low=-100.0, high=100.0, default=None
    )
    sigma_m: float = option("1 sigma of each coordinate", unit="m", low=1e-4, high=0.1, default=0.003)
    receiver: ReceiverClass = option("noise class: auto, geodetic or patch", default=ReceiverClass.AUTO)
    source: str | None = option("where its data come from; null = told at start", default=None)
    frame_id: str | None = option("its frame in ROS; null = gnss_NAME", default=None)

    @property
    def frame(self) -> str:
        """Its frame in ROS."""
        return self.frame_id or f"gnss_{self.name}"


@dataclass(frozen=True, slots=True)
class LengthConfig:
    """A measured distance between two antennas."""

    between: tuple[str, str] = option("the names of two antennas")
    length_m: float = option("distance of their phase centres", unit="m", low=0.0, high=100.0)
    sigma_m: float = option("1 sigma of the distance", unit="m", low=1e-4, high=0.1, default=0.005)


@dataclass(frozen=True, slots=True)
class GnssConfig:
    """Which satellites are used."""

    systems: tuple[System, ...] = option(
        "G GPS, E Galileo, J QZSS, C BeiDou, R GLONASS", accepted=_SYSTEMS, default=DEFAULT_SYSTEMS
    )
    elevation_mask_deg: float = option("lowest elevation", unit="deg", low=0.0, high=80.0, default=10.0)
    cn0_mask_dbhz: float | None = option(
        "lowest C/N0; 0 = no mask, null = by receiver class", unit="dB-Hz", low=0.0, high=60.0, default=None
    )
    max_ephemeris_age_s: float | None = option(
        "oldest broadcast orbit; null = by system", unit="s", low=60.0, high=172_800.0, default=None
    )
    exclude: tuple[str, ...] = option("satellites never used, such as [G05, E11]", default=())

    @property
    def elevation_mask(self) -> float:
        """Lowest elevation [rad]."""
        return float(np.radians(self.elevation_mask_deg))


@dataclass(frozen=True, slots=True)
class AlignmentConfig:
    """How the antennas' epochs are put together."""

    tolerance_s: float = option("largest difference of receiver times", unit="s", low=0.0, high=0.5, default=0.005)
    wait_s: float = option("how long a late antenna is waited for", unit="s", low=0.0, high=60.0, default=0.5)


@dataclass(frozen=True, slots=True)
class FixingConfig:
    """When integers are accepted."""

    failure_rate: float = option("accepted probability of a wrong fix", low=1e-12, high=0.1, default=1.0e-4)
    residual_probability: float = option("phase chi-square test rejects below", low=0.0, high=0.5, default=1.0e-3)
    min_double_differences: int = option("fewest; 3 may give the mirror image", low=4, high=50, default=4)
    share_pivot: SharePivot = option(
        "one pivot for GPS, Galileo and QZSS; auto = where the receivers are alike", default=SharePivot.AUTO
    )


@dataclass(frozen=True, slots=True)
class NoiseConfig:
    """Noise of one undifferenced observation at the zenith, 1 sigma."""

    learn: bool = option("learn both from accepted fixes", default=True)
    code_m: float | None = option("pseudorange; null = by receiver class", unit="m", low=0.01, high=20.0, default=None)
    phase_m: float | None = option("carrier phase; null = by receiver class", unit="m", low=1e-4, high=0.05, default=None)


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """The watch over the geometry: a wrong length shows as confident epochs that fail the phase test."""

    enabled: bool = option("hold back attitude while the geometry does not match", default=True)
    window: int = option("confident epochs looked at", low=5, high=1000, default=20)
    minimum_share: float = option("share of them that must pass", low=0.0, high=1.0, default=0.85)


@dataclass(frozen=True, slots=True)
class FilterConfig:
    """How the body moves."""

    vehicle: Vehicle = option("static, vehicle, tractor, ship, drone or pedestrian", default=Vehicle.VEHICLE)


class PositionMethod(_Word):
    """How the position is found."""

    VPPP = "vppp"
    SINGLE = "single"


class CorrectionService(_Word):
    """A service whose corrections satellites broadcast."""

    SBAS = "sbas"


@dataclass(frozen=True, slots=True)
class PositionConfig:
    """How the position is found."""

    method: PositionMethod = option(
        "vppp: all antennas as one receiver, over time; single: the reference antenna's codes, epoch by epoch",
        default=PositionMethod.VPPP,
    )
    ionosphere: IonosphereModel = option(
        "broadcast model: auto, klobuchar (GPS), qzss, beidou, nequick, bdgim or none", default=IonosphereModel.AUTO
    )
    motion: MotionModel = option("acceleration: extended-singer, singer or white", default=MotionModel.EXTENDED)
    corrections: tuple[CorrectionService, ...] = option(
        "services to use, the first that says something before the others: sbas", default=()
    )


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """All that can be set. The first antenna is the reference of all vectors."""

    antennas: tuple[AntennaConfig, ...] = option("1 to 8, by name; the first is the reference", key="name")
    lengths: tuple[LengthConfig, ...] = option("measured distances, where positions are unknown", default=())
    mode: Mode = option("filter, or epoch: every epoch alone", default=Mode.FILTER)
    gnss: GnssConfig = option("which satellites are used", default=GnssConfig())
    alignment: AlignmentConfig = option("how the antennas' epochs are put together", default=AlignmentConfig())
    fixing: FixingConfig = option("when integers are accepted", default=FixingConfig())
    noise: NoiseConfig = option("one undifferenced observation at the zenith, 1 sigma", default=NoiseConfig())
    monitor: MonitorConfig = option("the watch over the geometry", default=MonitorConfig())
    filter: FilterConfig = option("how the body moves", default=FilterConfig())
    position: PositionConfig = option("how the position is found", default=PositionConfig())

    @property
    def names(self) -> tuple[str, ...]:
        """The antennas' names, the reference first."""
        return tuple(antenna.name for antenna in self.antennas)

    @property
    def length_by_pair(self) -> Lengths:
        """The measured lengths and their sigmas [m], by the names of their two antennas."""
        return {length.between: (length.length_m, length.sigma_m) for length in self.lengths}

    @property
    def array(self) -> AntennaArray | None:
        """The rig by its positions, else by its lengths; None where neither is given (survey finds it).

        Raises ConfigError for lengths that contradict one another or leave the shape open; a configuration that was
        loaded has passed that.
        """
        positions = {antenna.name: antenna.position_m for antenna in self.antennas if antenna.position_m is not None}
        if len(positions) == len(self.antennas):
            return AntennaArray.from_positions(positions, {antenna.name: antenna.sigma_m for antenna in self.antennas})
        if self.lengths or len(self.antennas) == 1:
            return AntennaArray.from_lengths(self.names, self.length_by_pair)
        return None


def load_config(text: str) -> EngineConfig:
    """The configuration a YAML text describes. Raises ConfigError that lists every problem found."""
    return config_from_dict(parse_yaml(text))


def config_from_dict(values: object) -> EngineConfig:
    """The configuration in plain values (mappings, lists, numbers, text). Raises ConfigError that lists every problem."""
    if values is None:
        raise ConfigError("the configuration is empty; it needs at least 'antennas'")
    problems: Problems = []
    config = read(EngineConfig, values, "", problems)
    if config is not None and not problems:
        problems += rig_problems(config, MAX_ANTENNAS)
    if problems or config is None:
        raise ConfigError("\n".join(_with_sections(problem) for problem in problems))
    return config


def config_to_dict(config: EngineConfig) -> dict[str, Any]:
    """The same as plain values; config_from_dict takes it back unchanged."""
    result: dict[str, Any] = plain(config)
    return result


def quick_config(lengths: Iterable[tuple[str, str, float]] = (), antennas: Sequence[str] = ()) -> EngineConfig:
    """A configuration without a file: distances (name, name, metres) and, where no length names them, more antennas.

    The antennas stand in the order given, else in the order of the lengths. Raises ConfigError.
    """
    pairs = list(lengths)
    names = dict.fromkeys([*antennas, *([] if antennas else [name for a, b, _ in pairs for name in (a, b)])])
    return config_from_dict({
        "antennas": dict.fromkeys(names),
        "lengths": [{"between": [a, b], "length_m": metres} for a, b, metres in pairs],
    })  # fmt: skip


def with_overrides(config: EngineConfig, **changes: object) -> EngineConfig:
    """The configuration with single options changed by their own names: systems='G,E', elevation_mask_deg=15, mode='epoch'.

    None changes nothing; systems and exclude take a list or text with commas. Raises ConfigError.
    """
    values = config_to_dict(config)
    sections = {leaf.name.rpartition(".")[2]: leaf.name.rpartition(".")[0] for leaf in leaves(EngineConfig)}
    for name, change in changes.items():
        if name not in sections:
            raise ConfigError(f"{name}: unknown option; {suggestion(name, list(sections))}")
        if change is not None:
            section = values[sections[name]] if sections[name] else values
            section[name] = _as_plain(change, isinstance(section[name], list))
    return config_from_dict(values)


def _as_plain(change: object, is_list: bool) -> object:
    if not is_list:
        return plain(change)
    items = change.replace(",", " ").split() if isinstance(change, str) else change
    return [plain(item) for item in items] if isinstance(items, Iterable) else items


def _with_sections(problem: str) -> str:
    """An unknown key that is right elsewhere gets told so."""
    path, separator, reason = problem.partition(": unknown key; ")
    if separator:
        key = path.rpartition(".")[2]
        homes = [leaf.name for leaf in leaves(EngineConfig) if leaf.name.rpartition(".")[2] == key]
        if homes:
            return f"{path}: unknown key here; it belongs at {homes[0]!r}"
    return f"{path}{separator}{reason}"
