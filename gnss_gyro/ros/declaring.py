"""Declares the parameters of the fusion node and reads them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import EngineConfig, load_config
from gnss_gyro.engine.options import Leaf, Option
from gnss_gyro.ros.declared import Declared, as_typed
from gnss_gyro.ros.options import FusionOptions, InputOptions
from gnss_gyro.ros.parameter_values import ParameterValue, as_parameter
from gnss_gyro.ros.parameters import (
    ANTENNA_NAMES,
    LENGTHS,
    all_leaves,
    config_from_parameters,
    fusion_options_from_parameters,
    input_options_from_parameters,
    parameters_from_config,
)
from gnss_gyro.ros.routes import input_parameters

CONFIG_FILE: Final = "config_file"
_ABOUT_FILE: Final = "rig YAML; parameters given besides overrule it"
_ABOUT_NAMES: Final = "antennas of the rig, the reference first; the options of each are antennas.NAME.*"
_ABOUT_LENGTHS: Final = "measured distances, each as in the rig YAML: {between: [rear, front], length_m: 1.0}"
_LENGTHS_LEAF: Final = Leaf(LENGTHS, tuple[str, ...], (), Option(_ABOUT_LENGTHS))


class Settings(Declared):
    """All parameters of the fusion node."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._path = str(self._declare(CONFIG_FILE, "", ParameterDescriptor(description=_ABOUT_FILE, read_only=True)))
        self._defaults = self._from_file()
        names = self._declare_list(ANTENNA_NAMES, self._defaults.get(ANTENNA_NAMES, []), _ABOUT_NAMES, read_only=True)
        self._antennas = tuple(dict.fromkeys(names))  # a name given twice is refused by `read`
        self._declare_list(LENGTHS, self._defaults.get(LENGTHS, []), _ABOUT_LENGTHS)
        for leaf in all_leaves(self._antennas):
            self._declare_leaf(leaf, self._default(leaf))

    def reread(self) -> None:
        """Take in what has changed in the rig file; parameters given besides go on overruling it. Raises ConfigError."""
        fresh = self._from_file()
        if not fresh:
            return  # there is no file, or `read` tells what is wrong with it
        if fresh.get(ANTENNA_NAMES) != self._defaults.get(ANTENNA_NAMES) and ANTENNA_NAMES not in self._given:
            told = f"{CONFIG_FILE} {self._path}: its antennas are no longer {', '.join(self._antennas) or 'unknown'}"
            raise ConfigError(f"{told}: restart the node")
        before, self._defaults = self._defaults, fresh
        free = [leaf for leaf in (_LENGTHS_LEAF, *all_leaves(self._antennas)) if leaf.name not in self._given]
        unset = [leaf for leaf in free if _is_same(self._node.get_parameter(leaf.name).value, _default(leaf, before))]
        answer = self._node.set_parameters_atomically([as_typed(leaf, self._default(leaf)) for leaf in unset])
        if not answer.successful:
            raise ConfigError(f"{CONFIG_FILE} {self._path}: {answer.reason}")

    def read(self, changed: Iterable[Parameter[Any]] = ()) -> tuple[EngineConfig, FusionOptions, dict[str, InputOptions]]:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""
        values = self._values(changed)
        config = config_from_parameters(values)
        inputs = {name: input_options_from_parameters(name, values) for name in config.names}
        return config, fusion_options_from_parameters(values), inputs

    def _default(self, leaf: Leaf) -> ParameterValue:
        return _default(leaf, self._defaults)

    def _from_file(self) -> dict[str, ParameterValue]:
        if not self._path:
            return {}
        self._problems.pop(CONFIG_FILE, None)
        try:
            config = load_config(Path(self._path).expanduser().read_text(encoding="utf-8"))
            return {**parameters_from_config(config), **input_parameters(config)}
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            self._problems[CONFIG_FILE] = f"{CONFIG_FILE} {self._path}: {error}"
            return {}

    def _declare_list(self, name: str, default: Any, about: str, read_only: bool = False) -> list[str]:
        value = self._declare(name, default, ParameterDescriptor(description=about, read_only=read_only))
        if not value and not read_only:
            self._node.set_parameters([Parameter(name, Parameter.Type.STRING_ARRAY, [])])
        return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _default(leaf: Leaf, from_file: Mapping[str, ParameterValue]) -> ParameterValue:
    return from_file.get(leaf.name, as_parameter(leaf, leaf.default))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values of parameters are: nan is nan, an array is a list."""
    return one == other or repr(_listed(one)) == repr(_listed(other))


def _listed(value: Any) -> Any:
    return value if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
