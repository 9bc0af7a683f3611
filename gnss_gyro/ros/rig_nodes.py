"""A rig as a list of nodes with their parameters: what the launch files and `gnss_gyro up` start alike; no ROS in here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.engine.config import EngineConfig, load_config
from gnss_gyro.ros.options import InputKind
from gnss_gyro.ros.routes import Driven, raw_topics, route_of
from gnss_gyro.streams.playback import bursts

PACKAGE: Final = "gnss_gyro"
DRIVER: Final = "antenna_driver"
FUSION: Final = "fusion"
START_S: Final = 3.0
"""From the start of several players to their first epoch [s], at the least."""
WAIT_S: Final = 300.0
"""How long players wait for a fusion node [s]: on a small computer it may have to compile for minutes."""


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """A node to be started.

    executable : of the package, as `ros2 run gnss_gyro` has it
    name       : of the node; a driver has that of its antenna
    parameters : by dotted name
    """

    executable: str
    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DriverRules:
    """What all drivers of a rig are told besides their source.

    configure  : configure the receivers (in RAM) when the link opens
    rate_hz    : epochs per second to configure; None = the driver's default
    log_folder : for raw .ubx logs; "" = none
    """

    configure: bool = False
    rate_hz: float | None = None
    log_folder: str = ""

    def parameters(self) -> dict[str, Any]:
        """As parameters of a driver."""
        values: dict[str, Any] = {"configure.enabled": True} if self.configure else {}
        values |= {"configure.rate_hz": float(self.rate_hz)} if self.rate_hz is not None else {}
        return values | ({"log.folder": self.log_folder} if self.log_folder else {})


def read_rig(path: Path) -> EngineConfig:
    """The rig in a YAML file. Raises ConfigError with the file's name."""
    try:
        return load_config(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be opened: {error.strerror}") from error
    except (UnicodeDecodeError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error


def with_sources(config: EngineConfig, sources: Mapping[str, str]) -> EngineConfig:
    """The rig with other sources for some antennas. Raises ConfigError for one it does not have."""
    unknown = sorted(set(sources) - set(config.names))
    if unknown:
        raise ConfigError(f"no antenna {', '.join(unknown)} in the rig; it has {', '.join(config.names)}")
    return replace(config, antennas=tuple(replace(a, source=sources.get(a.name, a.source)) for a in config.antennas))


def rig_nodes(config: EngineConfig, rig_file: Path, rules: DriverRules | None = None) -> list[NodeDescription]:
    """The fusion node, then a driver for each antenna that is ours to read.

    Raises ConfigError where no antenna has a source, or where a driver cannot have the name of its antenna.
    """
    routes = {antenna: route_of(antenna) for antenna in config.antennas}
    if not any(routes.values()):
        raise ConfigError(f"{rig_file}: no antenna has a source, such as source: /dev/ttyACM0")
    shared = (rules or DriverRules()).parameters()
    fusion: dict[str, Any] = {"config_file": str(rig_file.expanduser().absolute())}
    drivers = []
    for antenna, route in routes.items():
        if isinstance(route, Driven):
            _check_node_name(antenna.name, rig_file)
            fusion |= {f"antennas.{antenna.name}.input": str(InputKind.RAW), f"antennas.{antenna.name}.topic": ""}
            own = {"source": route.source, "frame_id": antenna.frame}
            speed = {"baud_rate": route.baud_rate} if route.baud_rate else {}
            drivers.append(NodeDescription(DRIVER, antenna.name, {**own, **speed, **shared}))
    return [NodeDescription(FUSION, FUSION, fusion), *drivers]


def _check_node_name(antenna: str, rig_file: Path) -> None:
    """Names of antennas are letters, digits and underscores; ROS asks for more of those of nodes. Raises ConfigError."""
    reason = "the fusion node has this name" if antenna == FUSION else "ROS takes no name that begins with a digit"
    if antenna == FUSION or antenna[0].isdigit():
        raise ConfigError(f"{rig_file}: the driver of antenna {antenna!r} cannot be named after it, {reason}; rename the antenna")


def played_nodes(
    config: EngineConfig, rig_file: Path, files: Mapping[str, str], rate: float = 1.0, now_unix_s: float | None = None
) -> list[NodeDescription]:
    """The rig with recordings (.ubx, or BAG:TOPIC) played in step instead of receivers. Raises ConfigError, DataError."""
    played = with_sources(config, {name: f"file:{file}" for name, file in files.items()})
    if not files:
        raise ConfigError("nothing to play: give the recordings by antenna")
    begin_s = time.time() if now_unix_s is None else now_unix_s
    pace = {
        "playback.rate": float(rate),
        "playback.start_gps_s": _first_epoch_s(files.values()),
        "playback.start_unix_s": begin_s + START_S,
        "playback.wait_s": WAIT_S,
    }
    nodes = rig_nodes(played, rig_file)
    return [replace(n, parameters={**n.parameters, **pace}) if n.executable == DRIVER and n.name in files else n for n in nodes]


def bag_files(bag: str, config: EngineConfig) -> dict[str, str]:
    """The recordings of a rig that a bag of its raw topics holds, as BAG:TOPIC by antenna. Raises ConfigError."""
    return {name: f"{bag}:{next(iter(topics))}" for name, topics in raw_topics(config).items()}


def _first_epoch_s(files: Iterable[str]) -> float:
    """Receiver time of the first epoch of all recordings [s of GPS]; one without any is that of a dead receiver.

    Raises DataError where none holds one.
    """
    firsts = [next((burst.time.ns for burst in bursts(Path(file)) if burst.time is not None), None) for file in files]
    found = [first for first in firsts if first is not None]
    if not found:
        raise DataError(f"{', '.join(files)}: no epoch (RXM-RAWX) in any of them")
    return min(found) * 1e-9


def named_files(text: str) -> dict[str, str]:
    """NAME=FILE,NAME=FILE. Raises ConfigError."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    wrong = [name for name, _, file in pairs if not (name.strip() and file.strip())]
    if wrong:
        raise ConfigError(f"{text!r} is not NAME=FILE,NAME=FILE")
    files = {name.strip(): file.strip() for name, _, file in pairs}
    if len(files) < len(pairs):
        raise ConfigError(f"{text!r} names an antenna twice")
    return files


def launch_words(node: NodeDescription, *more: Any) -> dict[str, Any]:
    """Keywords for launch_ros.actions.Node; `more` are parameter files and dictionaries that overrule, "" is left out."""
    parameters = [dict(node.parameters), *(item for item in more if item)]
    return {"package": PACKAGE, "executable": node.executable, "name": node.name, "output": "screen", "parameters": parameters}


def parameters_yaml(nodes: Sequence[NodeDescription]) -> str:
    """The parameters of all nodes as the YAML file that ROS takes with --params-file."""
    return yaml.safe_dump({f"/{node.name}": {"ros__parameters": _nested(node.parameters)} for node in nodes}, sort_keys=False)


def _nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in dotted.items():
        *sections, key = name.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = value
    return nested
