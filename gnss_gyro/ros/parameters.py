"""The configuration as ROS parameters, and back: the same options, words and ranges as in the YAML files.

Antennas are named by `antenna_names`; the options of each stand under `antennas.NAME`. Lengths are texts, each as in the
YAML file: "{between: [rear, front], length_m: 1.0}".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import AntennaConfig, EngineConfig, config_from_dict, config_to_dict
from gnss_gyro.engine.options import Leaf, Problems, leaves, read
from gnss_gyro.engine.strict_yaml import parse_yaml, scalar
from gnss_gyro.ros.options import FusionOptions, InputOptions
from gnss_gyro.ros.parameter_values import ParameterValue, as_parameter, as_plain

ANTENNA_NAMES: Final = "antenna_names"
LENGTHS: Final = "lengths"
_ANTENNA_LEAVES: Final = tuple(leaf for leaf in leaves(AntennaConfig) if leaf.name != "name")
_INPUT_LEAVES: Final = tuple(leaves(InputOptions))
_LISTS: Final = frozenset({"antennas", LENGTHS})


def engine_leaves() -> tuple[Leaf, ...]:
    """Every option of the engine with a fixed name."""
    return tuple(leaf for leaf in leaves(EngineConfig) if leaf.name not in _LISTS)


def antenna_leaves(name: str) -> tuple[Leaf, ...]:
    """The options of one antenna under their parameter names."""
    return tuple(
        Leaf(f"antennas.{name}.{leaf.name}", leaf.kind, leaf.default, leaf.option) for leaf in (*_ANTENNA_LEAVES, *_INPUT_LEAVES)
    )


def parameters_from_config(config: EngineConfig) -> dict[str, ParameterValue]:
    """The values of all parameters that describe a configuration."""
    values = config_to_dict(config)
    result: dict[str, ParameterValue] = {ANTENNA_NAMES: list(config.names)}
    result[LENGTHS] = [scalar(length) for length in values["lengths"]]
    for leaf in engine_leaves():
        result[leaf.name] = as_parameter(leaf, _at(values, leaf.name))
    for name in config.names:
        for leaf in _ANTENNA_LEAVES:
            result[f"antennas.{name}.{leaf.name}"] = as_parameter(leaf, values["antennas"][name][leaf.name])
    return result


def config_from_parameters(values: Mapping[str, Any]) -> EngineConfig:
    """The configuration that parameters describe; those that are missing keep their default. Raises ConfigError."""
    names = Counter(values.get(ANTENNA_NAMES, []))
    twice = [f"{ANTENNA_NAMES}: {name!r} is given {count} times" for name, count in names.items() if count > 1]
    if twice:
        raise ConfigError("\n".join(twice))
    nested: dict[str, Any] = {"antennas": {name: _antenna(name, values) for name in names}}
    if not nested["antennas"]:
        raise ConfigError("no antennas: give config_file, or antenna_names and antennas.NAME.position_m or lengths")
    nested["lengths"] = [parse_yaml(text) for text in values.get(LENGTHS, []) if text]
    for leaf in engine_leaves():
        if leaf.name in values:
            _put(nested, leaf.name, as_plain(leaf, values[leaf.name]))
    return config_from_dict(nested)


def fusion_options_from_parameters(values: Mapping[str, Any]) -> FusionOptions:
    """What the node itself is told. Raises ConfigError."""
    options: FusionOptions = _options(FusionOptions, "", tuple(leaves(FusionOptions)), values)
    if options.datum:
        _check_datum(*options.datum[:2])
    return options


def input_options_from_parameters(antenna: str, values: Mapping[str, Any]) -> InputOptions:
    """How one antenna's data come in. Raises ConfigError."""
    return _options(InputOptions, f"antennas.{antenna}.", _INPUT_LEAVES, values)


def _check_datum(latitude_deg: float, longitude_deg: float) -> None:
    if not abs(latitude_deg) <= 90.0:
        raise ConfigError(f"datum: latitude {latitude_deg:g} is outside -90..90 deg; it comes before the longitude")
    if not -180.0 <= longitude_deg <= 360.0:
        raise ConfigError(f"datum: longitude {longitude_deg:g} is outside -180..360 deg")


def _antenna(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    given = {leaf.name: f"antennas.{name}.{leaf.name}" for leaf in _ANTENNA_LEAVES}
    return {leaf.name: as_plain(leaf, values[given[leaf.name]]) for leaf in _ANTENNA_LEAVES if given[leaf.name] in values}


def _options(kind: type[Any], prefix: str, declared: tuple[Leaf, ...], values: Mapping[str, Any]) -> Any:
    problems: Problems = []
    given = {leaf.name: as_plain(leaf, values[prefix + leaf.name]) for leaf in declared if prefix + leaf.name in values}
    options = read(kind, given, prefix.rstrip("."), problems)
    if problems or options is None:
        raise ConfigError("\n".join(problems))
    return options


def _at(values: Mapping[str, Any], dotted: str) -> Any:
    found: Any = values
    for key in dotted.split("."):
        found = found[key]
    return found


def _put(nested: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, key = dotted.split(".")
    for section in sections:
        nested = nested.setdefault(section, {})
    nested[key] = value


def all_leaves(antennas: Sequence[str]) -> Iterator[Leaf]:
    """Every parameter with its kind, default and meaning, for a rig of these antennas (config_file and the lists left out)."""
    yield from leaves(FusionOptions)
    yield from engine_leaves()
    for name in antennas:
        yield from antenna_leaves(name)
