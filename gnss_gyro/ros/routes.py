"""How an antenna's data reach the fusion node, read from `source` in the rig YAML; no ROS in here.

Our driver: /dev/ttyACM0, serial:/dev/ttyUSB0@460800, tcp://host:port, udp://:port, a file (also BAG:TOPIC).
Others' nodes: ublox_gps:/topic (its raw_data_stream), ublox_dgnss:/namespace (of ubx_rxm_rawx and ubx_rxm_sfrbx), and
topic:/topic for whole UBX frames that some other node publishes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import AntennaConfig, EngineConfig
from gnss_gyro.ros.options import InputKind
from gnss_gyro.streams.addresses import SerialAddress, parse_address
from gnss_gyro.streams.bag_converting import raw_topic
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.foreign import RAWX_TYPE, SFRBX_TYPE

_OTHERS: Final = {
    "topic": InputKind.RAW,
    "ublox_gps": InputKind.RAW_DATA_STREAM,
    "ublox_dgnss": InputKind.UBLOX_DGNSS,
}
_SPEED: Final = re.compile(r"^(?P<device>(?:serial:|/dev/).+)@(?P<baud_rate>\d+)$")
_SCHEMES: Final = ("/dev/", "serial:", "tcp://", "udp://", "file:")


@dataclass(frozen=True, slots=True)
class Driven:
    """A driver of ours reads it.

    source    : as the driver takes it
    baud_rate : of a serial line [bit/s]; None = the driver's default
    """

    source: str
    baud_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody else's node publishes it: on a topic, or for ublox_dgnss on the two topics of a namespace."""

    kind: InputKind
    topic: str


Route: TypeAlias = Driven | Heard


def route_of(antenna: AntennaConfig) -> Route | None:
    """The way of one antenna's data; None where the rig names no source. Raises ConfigError."""
    if antenna.source is None:
        return None
    try:
        return parse_route(antenna.source)
    except ConfigError as error:
        raise ConfigError(f"antennas.{antenna.name}.source: {error}") from None


def parse_route(source: str) -> Route:
    """The way that a source describes. Raises ConfigError."""
    kind, _, topic = source.partition(":")
    if kind in _OTHERS:
        if not topic.startswith("/"):
            raise ConfigError(f"{source!r} needs a topic with a slash in front, such as {kind}:/gps/raw_data_stream")
        return Heard(_OTHERS[kind], topic)
    return _driven(source if source.startswith(_SCHEMES) else f"file:{source}")


def input_parameters(config: EngineConfig) -> dict[str, str]:
    """The fusion node's parameters for the antennas that others' nodes publish. Raises ConfigError."""
    heard = {antenna.name: route_of(antenna) for antenna in config.antennas}
    values: dict[str, str] = {}
    for name, route in heard.items():
        if isinstance(route, Heard):
            values |= {f"antennas.{name}.input": str(route.kind), f"antennas.{name}.topic": route.topic}
    return values


def raw_topics(config: EngineConfig) -> dict[str, dict[str, str]]:
    """Types of the topics of raw data, by antenna and topic, whoever publishes them; the first holds observations.

    Antennas without a source are taken as driven by us. Raises ConfigError.
    """
    found: dict[str, dict[str, str]] = {}
    for antenna in config.antennas:
        route = route_of(antenna)
        if not isinstance(route, Heard):
            found[antenna.name] = {raw_topic(antenna.name): byte_arrays.TYPE}
        elif route.kind is InputKind.UBLOX_DGNSS:
            space = route.topic.rstrip("/")
            found[antenna.name] = {f"{space}/ubx_rxm_rawx": RAWX_TYPE, f"{space}/ubx_rxm_sfrbx": SFRBX_TYPE}
        else:
            found[antenna.name] = {route.topic.rstrip("/"): byte_arrays.TYPE}
    return found


def _driven(source: str) -> Driven:
    found = _SPEED.match(source)
    if found and isinstance(parse_address(found["device"]), SerialAddress):
        return Driven(found["device"], int(found["baud_rate"]))
    parse_address(source)
    return Driven(source)
