"""Declares the parameters of the fusion node and reads them back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_origin

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import EngineConfig, load_config
from gnss_gyro.engine.options import Leaf
from gnss_gyro.ros.options import FusionOptions, InputOptions
from gnss_gyro.ros.parameters import (
    ANTENNA_NAMES,
    LENGTHS,
    ParameterValue,
    all_leaves,
    as_parameter,
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


class Settings:
    """All parameters of the node. What cannot be meant is kept as problems for `read` to refuse."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._problems: dict[str, str] = {}
        self._names: set[str] = set()
        path = self._declare(CONFIG_FILE, "", ParameterDescriptor(description=_ABOUT_FILE, read_only=True))
        defaults = self._from_file(str(path)) if path else {}
        antennas = self._declare_list(ANTENNA_NAMES, defaults.get(ANTENNA_NAMES, []), _ABOUT_NAMES, read_only=True)
        self._declare_list(LENGTHS, defaults.get(LENGTHS, []), _ABOUT_LENGTHS)
        for leaf in all_leaves(antennas):
            self._declare_leaf(leaf, defaults.get(leaf.name, as_parameter(leaf, leaf.default)))

    def read(self, changed: Iterable[Parameter[Any]] = ()) -> tuple[EngineConfig, FusionOptions, dict[str, InputOptions]]:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""
        given = {parameter.name: parameter.value for parameter in changed}
        problems = [text for name, text in self._problems.items() if name not in given]
        if problems:
            raise ConfigError("\n".join(problems))
        values = {name: self._node.get_parameter(name).value for name in self._names} | given
        config = config_from_parameters(values)
        inputs = {name: input_options_from_parameters(name, values) for name in config.names}
        return config, fusion_options_from_parameters(values), inputs

    def judge(self, changed: list[Parameter[Any]], running: bool) -> SetParametersResult:
        """Refuse what a running engine would not heed, and what cannot be meant."""
        if not self._names & {parameter.name for parameter in changed}:
            return SetParametersResult(successful=True)
        if running:
            return SetParametersResult(successful=False, reason="takes effect at configure: deactivate and clean up first")
        try:
            self.read(changed)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        for parameter in changed:
            self._problems.pop(parameter.name, None)
        return SetParametersResult(successful=True)

    def _from_file(self, path: str) -> dict[str, ParameterValue]:
        try:
            config = load_config(Path(path).expanduser().read_text(encoding="utf-8"))
            return {**parameters_from_config(config), **input_parameters(config)}
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            self._problems[CONFIG_FILE] = f"{CONFIG_FILE} {path}: {error}"
            return {}

    def _declare(self, name: str, default: Any, about: ParameterDescriptor) -> Any:
        """Declare one; an override that ROS itself refuses becomes a problem instead of the end of the node."""
        about.dynamic_typing = not about.read_only or isinstance(default, list)
        self._names.add(name)
        try:
            return self._node.declare_parameter(name, default, about).value
        except ParameterException as error:
            self._problems[name] = str(error)
            return self._node.declare_parameter(name, default, about, ignore_override=True).value

    def _declare_list(self, name: str, default: Any, about: str, read_only: bool = False) -> list[str]:
        value = self._declare(name, default, ParameterDescriptor(description=about, read_only=read_only))
        if not value and not read_only:
            self._node.set_parameters([Parameter(name, Parameter.Type.STRING_ARRAY, [])])
        return [str(item) for item in value] if isinstance(value, (list, tuple)) else []

    def _declare_leaf(self, leaf: Leaf, default: ParameterValue) -> None:
        value = self._declare(leaf.name, default, descriptor_of(leaf))
        if isinstance(default, list) and not len(value):
            kind = Parameter.Type.DOUBLE_ARRAY if "float" in str(leaf.kind) else Parameter.Type.STRING_ARRAY
            self._node.set_parameters([Parameter(leaf.name, kind, [])])


def descriptor_of(leaf: Leaf) -> ParameterDescriptor:
    """Meaning, unit and range of an option. A number that may be unknown (nan) has its range in words: ROS would refuse nan."""
    about = leaf.option
    unit = f" [{about.unit}]" if about.unit else ""
    descriptor = ParameterDescriptor(description=about.text + unit, additional_constraints="takes effect at configure")
    if math.isinf(about.low) or math.isinf(about.high):
        return descriptor
    if leaf.kind is float:
        descriptor.floating_point_range = [FloatingPointRange(from_value=float(about.low), to_value=float(about.high))]
    elif leaf.kind is int:
        descriptor.integer_range = [IntegerRange(from_value=int(about.low), to_value=int(about.high), step=1)]
    else:
        each = "each " if get_origin(leaf.kind) is tuple else ""
        descriptor.additional_constraints += f"; {each}{about.low:g} to {about.high:g}"
    return descriptor
