"""Typed options, declared once as frozen dataclasses: read from plain values with every problem collected, and written back.

A field's type, default and metadata say all there is to know: what a file may hold, what `--help` and diagnostics tell,
and which ROS parameters exist. Supported types: bool, int, float, str, enums of text, one of these or None, tuples, and
dataclasses of the same kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Problems = list[str]
_METADATA = "option"


@dataclass(frozen=True, slots=True)
class Option:
    """What a field means and may be.

    text      : description, one line
    unit      : of the number, or of each number of a list
    low, high : inclusive range of the number, or of each number of a list
    key       : for a tuple of dataclasses: written as a mapping, whose keys are this field of the items
    accepted  : of an enum's members those that may be given; empty = all
    """

    text: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    key: str = ""
    accepted: tuple[Enum, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar or list option of a tree of sections, by its dotted name."""

    name: str
    kind: Any
    default: Any
    option: Option


def option(
    text: str, *, unit: str = "", low: float = -math.inf, high: float = math.inf, key: str = "",
    accepted: tuple[Enum, ...] = (), **given: Any,
) -> Any:  # fmt: skip
    """A dataclass field that knows its meaning; `default` and `default_factory` as for dataclasses.field."""
    return field(**given, metadata={_METADATA: Option(text, unit, low, high, key, accepted)})


def option_of(declared: Field[Any]) -> Option:
    """What was declared about a field; an empty Option where nothing was."""
    found = declared.metadata.get(_METADATA)
    return found if isinstance(found, Option) else Option("")


def read(kind: type[T], value: object, path: str, problems: Problems) -> T | None:
    """A dataclass of options from a mapping of plain values; None stands for an empty mapping.

    path is the dotted name so far ('' at the top). Returns None, with reasons in problems, where it cannot be made.
    """
    given = {} if value is None else value
    if not isinstance(given, Mapping):
        problems.append(f"{path or 'configuration'}: needs a mapping of keys to values, not {_shown(value)}")
        return None
    declared = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    _refuse_unknown_keys(given, list(declared), path, problems)
    made: dict[str, Any] = {}
    for name, declaration in declared.items():
        if name in given:
            made[name] = _value(hints[name], given[name], _join(path, name), option_of(declaration), problems)
        elif declaration.default is MISSING and declaration.default_factory is MISSING:
            problems.append(f"{_join(path, name)}: missing ({_expected(hints[name], option_of(declaration))})")
            made[name] = None
    return kind(**made)


def plain(value: Any) -> Any:
    """The same options as mappings, lists, numbers and text, ready for YAML or JSON; read() takes it back."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if not is_dataclass(value):
        return value
    result: dict[str, Any] = {}
    for declared in fields(value):
        inner, key = getattr(value, declared.name), option_of(declared).key
        result[declared.name] = {getattr(item, key): _without(plain(item), key) for item in inner} if key else plain(inner)
    return result


def leaves(kind: type[Any], prefix: str = "") -> Iterator[Leaf]:
    """Every option with a fixed name under a dataclass and its sections (not those of listed items, such as antennas)."""
    hints = get_type_hints(kind)
    for declared in fields(kind):
        name, inner = _join(prefix, declared.name), hints[declared.name]
        if is_dataclass(inner) and isinstance(inner, type):
            yield from leaves(inner, name)
        elif not any(is_dataclass(part) for part in get_args(inner)):
            yield Leaf(name, inner, declared.default, option_of(declared))


def suggestion(word: str, known: list[str]) -> str:
    """The question a typo deserves: the nearest known word, or else all of them."""
    near = get_close_matches(word, known, n=1, cutoff=0.6) or get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _refuse_unknown_keys(given: Mapping[Any, Any], known: list[str], path: str, problems: Problems) -> None:
    for key in given:
        if key not in known:
            problems.append(f"{_join(path, str(key))}: unknown key; {suggestion(str(key), known)}")


def _value(kind: Any, value: object, path: str, about: Option, problems: Problems) -> Any:
    """One value of any supported type; None, with a reason in problems, where it does not fit."""
    if get_origin(kind) in (Union, UnionType):
        if value is None:
            return None
        kind = next(part for part in get_args(kind) if part is not NoneType)
    if is_dataclass(kind) and isinstance(kind, type):
        return read(kind, value, path, problems)
    if get_origin(kind) is tuple:
        return _keyed(kind, value, path, about, problems) if about.key else _tuple(kind, value, path, about, problems)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice(about.accepted or tuple(kind), value, path, problems)
    if kind in (int, float):
        return _number(kind, value, path, about, problems)
    if not isinstance(value, kind):
        problems.append(f"{path}: needs {_expected(kind, about)}, not {_shown(value)}")
        return None
    return value


def _number(kind: Any, value: object, path: str, about: Option, problems: Problems) -> float | int | None:
    fits = isinstance(value, int) or (isinstance(value, float) and kind is float and math.isfinite(value))
    if not fits or isinstance(value, bool):
        problems.append(f"{path}: needs {_expected(kind, about)}, not {_shown(value)}")
        return None
    number: float | int = kind(value)
    if not about.low <= number <= about.high:
        problems.append(f"{path}: {number:g} is outside {_range(about)}{_unit_hint(number, about)}")
    return number


def _choice(members: tuple[Enum, ...], value: object, path: str, problems: Problems) -> Enum | None:
    word = str(value).lower() if isinstance(value, bool) else value
    for member in members:
        if member.value == word:
            return member
    problems.append(f"{path}: {_shown(value)} is no choice; {suggestion(str(word), [str(member.value) for member in members])}")
    return None


def _tuple(kind: Any, value: object, path: str, about: Option, problems: Problems) -> tuple[Any, ...]:
    parts = get_args(kind)
    if not isinstance(value, (list, tuple)) or (parts[-1] is not Ellipsis and len(value) != len(parts)):
        problems.append(f"{path}: needs {_expected(kind, about)}, not {_shown(value)}")
        return ()
    return tuple(_value(parts[0], item, f"{path}[{i}]", about, problems) for i, item in enumerate(value))


def _keyed(kind: Any, value: object, path: str, about: Option, problems: Problems) -> tuple[Any, ...]:
    """A mapping name -> item, as a tuple of items that carry their names."""
    if not isinstance(value, Mapping):
        problems.append(f"{path}: needs a mapping of names to settings, not {_shown(value)}")
        return ()
    items = []
    for name, inner in value.items():
        if not isinstance(name, str):
            problems.append(f"{path}.{name}: a name is text; put it in quotes")
        elif inner is not None and not isinstance(inner, Mapping):
            problems.append(f"{path}.{name}: needs a mapping of keys to values, not {_shown(inner)}")
        elif inner is not None and about.key in inner:
            problems.append(f"{path}.{name}.{about.key}: unknown key; the {about.key} stands before the colon")
        else:
            items.append(read(get_args(kind)[0], {**(inner or {}), about.key: name}, f"{path}.{name}", problems))
    return tuple(item for item in items if item is not None)


def _expected(kind: Any, about: Option) -> str:
    unit = f" [{about.unit}]" if about.unit else ""
    if get_origin(kind) in (Union, UnionType):
        return " or ".join("null" if part is NoneType else _expected(part, about) for part in get_args(kind))
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        return f"a list of {'' if parts[-1] is Ellipsis else f'{len(parts)} times '}{_expected(parts[0], about)}"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return names.get(kind, "a mapping") + unit


def _unit_hint(number: float, about: Option) -> str:
    """Metres written as millimetres or centimetres are the commonest slip of the tape."""
    if about.unit == "m":
        for factor, name in ((1000.0, "millimetres"), (100.0, "centimetres")):
            if about.low <= number / factor <= about.high:
                return f"; if these are {name}, write {number / factor:g}"
    return ""


def _range(about: Option) -> str:
    unit = f" {about.unit}" if about.unit else ""
    low = "" if math.isinf(about.low) else f"{about.low:g}"
    high = "" if math.isinf(about.high) else f"{about.high:g}"
    return f"{low}..{high}{unit}"


def _shown(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}
