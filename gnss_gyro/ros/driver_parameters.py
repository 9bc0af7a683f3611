"""The parameters of an antenna driver: declared from its options, judged by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rclpy.node import Node
from rclpy.parameter import Parameter

from gnss_gyro.ros.declared import Declared
from gnss_gyro.ros.driver_options import DRIVER_LEAVES, DriverOptions, driver_options
from gnss_gyro.ros.parameter_values import as_parameter


class DriverParameters(Declared):
    """All parameters of one driver."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        for leaf in DRIVER_LEAVES:
            self._declare_leaf(leaf, as_parameter(leaf, leaf.default))

    def read(self, changed: Iterable[Parameter[Any]] = ()) -> DriverOptions:
        """What the parameters mean, or would mean with some changed. Raises ConfigError that lists every problem."""
        return driver_options(self._values(changed))
