"""Declares the parameters of the fusion node and reads them back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import EngineConfig, load_config
from gnss_gyro.ros.declared import Declared
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


class Settings(Declared):
    """All parameters of the fusion node."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        path = self._declare(CONFIG_FILE, "", ParameterDescriptor(description=_ABOUT_FILE, read_only=True))
        defaults = self._from_file(str(path)) if path else {}
        antennas = self._declare_list(ANTENNA_NAMES, defaults.get(ANTENNA_NAMES, []), _ABOUT_NAMES, read_only=True)
        self._declare_list(LENGTHS, defaults.get(LENGTHS, []), _ABOUT_LENGTHS)
        for leaf in all_leaves(tuple(dict.fromkeys(antennas))):
            self._declare_leaf(leaf, defaults.get(leaf.name, as_parameter(leaf, leaf.default)))

    def read(self, changed: Iterable[Parameter[Any]] = ()) -> tuple[EngineConfig, FusionOptions, dict[str, InputOptions]]:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""
        values = self._values(changed)
        config = config_from_parameters(values)
        inputs = {name: input_options_from_parameters(name, values) for name in config.names}
        return config, fusion_options_from_parameters(values), inputs

    def _from_file(self, path: str) -> dict[str, ParameterValue]:
        try:
            config = load_config(Path(path).expanduser().read_text(encoding="utf-8"))
            return {**parameters_from_config(config), **input_parameters(config)}
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            self._problems[CONFIG_FILE] = f"{CONFIG_FILE} {path}: {error}"
            return {}

    def _declare_list(self, name: str, default: Any, about: str, read_only: bool = False) -> list[str]:
        value = self._declare(name, default, ParameterDescriptor(description=about, read_only=read_only))
        if not value and not read_only:
            self._node.set_parameters([Parameter(name, Parameter.Type.STRING_ARRAY, [])])
        return [str(item) for item in value] if isinstance(value, (list, tuple)) else []
