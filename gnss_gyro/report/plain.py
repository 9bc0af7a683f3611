"""Values as JSON knows them: NaN becomes null, arrays lists, enums their words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from gnss_gyro.basics.time import GpsTime

_DIGITS = 9


def plain(value: object) -> Any:
    """The same value in dicts, lists, text, numbers, booleans and None."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (Path, GpsTime)):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (np.ndarray, list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def json_text(value: object) -> str:
    """A JSON document of any value."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _key(key: object) -> str:
    if isinstance(key, tuple):
        return "-".join(str(part) for part in key)
    return str(key.value) if isinstance(key, Enum) else str(key)
