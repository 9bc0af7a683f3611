"""What goes into a kernel's machine code from elsewhere: numba looks at the kernel's own file only."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import Enum
from functools import cache
from types import CodeType, ModuleType
from typing import Any, Final

import numpy as np
from numba.core.dispatcher import Dispatcher

_CONSTANTS: Final = (bool, int, float, complex, str, bytes, slice, Enum, np.generic, type(None))


@cache
def fingerprint(function: Callable[..., Any]) -> int:
    """Of a function's code, of all kernels that it calls, wherever they are, and of the constants that it and they read."""
    code = function.__code__
    names, found = _names_of(code), [_of_code(code)]
    for name in names:
        value = function.__globals__.get(name)
        members = [getattr(value, other, None) for other in names] if isinstance(value, ModuleType) else [value]
        found += [_of_value(member) for member in members if getattr(member, "py_func", None) is not function]
    return zlib.crc32(repr(found).encode())


def _of_value(value: object) -> object:
    if isinstance(value, Dispatcher):
        return fingerprint(value.py_func)
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, zlib.crc32(value.tobytes())
    if isinstance(value, tuple):
        return tuple(_of_value(each) for each in value)
    return repr(value) if isinstance(value, _CONSTANTS) else None


def _of_code(code: CodeType) -> object:
    constants = [_of_code(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, constants


def _names_of(code: CodeType) -> list[str]:
    """Names that a function's code and that of what is nested in it look up."""
    nested = [name for each in code.co_consts if isinstance(each, CodeType) for name in _names_of(each)]
    return [*code.co_names, *nested]
