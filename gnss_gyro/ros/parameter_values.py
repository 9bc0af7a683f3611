"""Values of options as ROS parameters, and back.

ROS parameters know no null: an unknown number is nan, an unknown text "", an unknown list empty.
"""

from __future__ import annotations

import math
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from gnss_gyro.engine.options import Leaf, plain

ParameterValue: TypeAlias = bool | int | float | str | list[float] | list[str]


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


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not NoneType), True
    return kind, False
