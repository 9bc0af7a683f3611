"""The parameters of an antenna driver: declared from its options, judged by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.options import Leaf
from gnss_gyro.ros.declaring import descriptor_of
from gnss_gyro.ros.driver_options import DRIVER_LEAVES, DriverOptions, driver_options
from gnss_gyro.ros.parameters import as_parameter


class DriverParameters:
    """All parameters of one driver. What ROS itself refuses is kept as problems for `read` to tell."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._problems: dict[str, str] = {}
        for leaf in DRIVER_LEAVES:
            self._declare(leaf)

    def read(self, changed: Iterable[Parameter[Any]] = ()) -> DriverOptions:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""
        given = {parameter.name: parameter.value for parameter in changed}
        problems = [text for name, text in self._problems.items() if name not in given]
        if problems:
            raise ConfigError("\n".join(problems))
        values = {leaf.name: self._node.get_parameter(leaf.name).value for leaf in DRIVER_LEAVES}
        return driver_options({**values, **given})

    def judge(self, changed: list[Parameter[Any]], running: bool) -> SetParametersResult:
        """Refuse what a running driver would not heed, and what cannot be meant."""
        names = {leaf.name for leaf in DRIVER_LEAVES}
        if not names & {parameter.name for parameter in changed}:
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

    def _declare(self, leaf: Leaf) -> None:
        """An override that ROS refuses (its type, its range) must not be the end of the node."""
        about, default = descriptor_of(leaf), as_parameter(leaf, leaf.default)
        about.dynamic_typing = True
        try:
            self._node.declare_parameter(leaf.name, default, about)
        except ParameterException as error:
            self._problems[leaf.name] = str(error)
            self._node.declare_parameter(leaf.name, default, about, ignore_override=True)
