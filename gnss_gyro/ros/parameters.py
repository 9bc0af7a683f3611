"""The configuration as ROS parameters, and back: the same options, words and ranges as in the YAML files.

ROS parameters know no null: an unknown number is nan, an unknown text "", an unknown list empty. Antennas are named by
`antenna_names`; the options of each stand under `antennas.NAME`. Lengths are texts, each as in the YAML file:
"{between: [rear, front], length_m: 1.0}".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import AntennaConfig, EngineConfig, config_from_dict, config_to_dict
from gnss_gyro.engine.options import Leaf, Problems, leaves, plain, read
from gnss_gyro.engine.strict_yaml import parse_yaml, scalar
from gnss_gyro.ros.options import FusionOptions, InputOptions

ParameterValue: TypeAlias = bool | int | float | str | list[float] | list[str]

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
    nested: dict[str, Any] = {"antennas": {name: _antenna(name, values) for name in values.get(ANTENNA_NAMES, [])}}
    if not nested["antennas"]:
        raise ConfigError("no antennas: give config_file, or antenna_names and antennas.NAME.position_m or lengths")
    nested["lengths"] = [parse_yaml(text) for text in values.get(LENGTHS, []) if text]
    for leaf in engine_leaves():
        if leaf.name in values:
            _put(nested, leaf.name, as_plain(leaf, values[leaf.name]))
    return config_from_dict(nested)


def fusion_options_from_parameters(values: Mapping[str, Any]) -> FusionOptions:
    """What the node itself is told. Raises ConfigError."""
    return _options(FusionOptions, "", tuple(leaves(FusionOptions)), values)


def input_options_from_parameters(antenna: str, values: Mapping[str, Any]) -> InputOptions:
    """How one antenna's data come in. Raises ConfigError."""
    return _options(InputOptions, f"antennas.{antenna}.", _INPUT_LEAVES, values)


def as_parameter(leaf: Leaf, value: Any) -> ParameterValue:
    """A plain value as ROS can hold it."""
    kind, optional = _without_none(leaf.kind)
    if value is None and optional:
        return math.nan if kind in (int, float) else [] if get_origin(kind) is tuple else ""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(value) if kind is float else plain(value)


def as_plain(leaf: Leaf, value: Any) -> Any:
    """A parameter's value as a YAML file has it; what does not fit is left for the configuration to refuse."""
    kind, optional = _without_none(leaf.kind)
    if get_origin(kind) is tuple and not isinstance(value, str):
        items = list(value)
        return None if optional and not items else items
    unknown = value in ("", "null") or (isinstance(value, float) and math.isnan(value))
    return None if optional and unknown else value


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


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not NoneType), True
    return kind, False


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
