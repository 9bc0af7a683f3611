"""Parameters of a node, declared from options and judged by them: the same for every node."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final, get_origin

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.options import Leaf, suggestion
from gnss_gyro.ros.parameter_values import ParameterValue

_OTHERS: Final = ("use_sim_time", "autostart", "start_type_description_service")
"""Parameters that ROS and our starter declare, some of them later; and ROS those of each topic."""
_TOPICS: Final = "qos_overrides."


class Declared(ABC):
    """The parameters that a node has declared. What cannot be meant is kept as problems for `read` to tell."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._problems: dict[str, str] = {}
        self._names: set[str] = set()
        self._given = frozenset(node._parameter_overrides)  # rclpy has no public way to ask for them

    @abstractmethod
    def read(self, changed: Iterable[Parameter[Any]] = ()) -> Any:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""

    def refuse_unknown(self) -> None:
        """Raise ConfigError for parameters that were given but that nothing reads: misspelt names."""
        known = sorted(self._names)
        others = (name for name in sorted(self._given.difference(known, _OTHERS)) if not name.startswith(_TOPICS))
        unknown = [name for name in others if not self._node.has_parameter(name)]
        if unknown:
            raise ConfigError("\n".join(f"{name}: unknown parameter; {_suggested(name, known)}" for name in unknown))

    def judge(self, changed: list[Parameter[Any]], running: bool) -> SetParametersResult:
        """Refuse what a running node would not heed, and what cannot be meant."""
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

    def _values(self, changed: Iterable[Parameter[Any]]) -> dict[str, Any]:
        """All values by name, some of them changed. Raises ConfigError for problems that the changes do not mend."""
        given = {parameter.name: parameter.value for parameter in changed}
        problems = [text for name, text in self._problems.items() if name not in given]
        if problems:
            raise ConfigError("\n".join(problems))
        return {name: self._node.get_parameter(name).value for name in self._names} | given

    def _declare(self, name: str, default: Any, about: ParameterDescriptor) -> Any:
        """Declare one; an override that ROS itself refuses becomes a problem instead of the end of the node."""
        about.dynamic_typing = not about.read_only or isinstance(default, list)
        self._names.add(name)
        try:
            return self._node.declare_parameter(name, default, about).value
        except ParameterException as error:
            self._problems[name] = str(error)
            return self._node.declare_parameter(name, default, about, ignore_override=True).value

    def _declare_leaf(self, leaf: Leaf, default: ParameterValue) -> None:
        value = self._declare(leaf.name, default, descriptor_of(leaf))
        if isinstance(default, list) and not len(value):
            self._node.set_parameters([as_typed(leaf, [])])


def as_typed(leaf: Leaf, value: ParameterValue) -> Parameter[Any]:
    """A value as a parameter; an empty list does not tell by itself what it is a list of."""
    if value != []:
        return Parameter(leaf.name, value=value)
    kind = Parameter.Type.DOUBLE_ARRAY if "float" in str(leaf.kind) else Parameter.Type.STRING_ARRAY
    return Parameter(leaf.name, kind, [])


def _suggested(name: str, known: list[str]) -> str:
    """The nearest known name; all of them would be too many."""
    asked = suggestion(name, known)
    return asked if asked.startswith("did you mean") else "`ros2 param list` tells all (put it under this node's name, not /**)"


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
