"""A configuration as YAML text with the meaning, unit and range of every option behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.options import Option, option_of, plain
from gnss_gyro.engine.strict_yaml import scalar

_COMMENT_COLUMN = 40
_INDENT = "  "


def config_to_yaml(config: EngineConfig, header: str = "") -> str:
    """YAML that load_config takes back unchanged. Each line of the header becomes a comment on top."""
    top = [f"# {line}".rstrip() for line in header.splitlines()]
    return "\n".join([*top, *_lines(config, "", explain=True)]) + "\n"


def _lines(section: Any, indent: str, explain: bool, leave_out: str = "") -> Iterator[str]:
    for declared in fields(section):
        name, value, about = declared.name, getattr(section, declared.name), option_of(declared)
        if name == leave_out:
            continue
        if is_dataclass(value):
            yield from ("", _explained(f"{indent}{name}:", about, explain))
            yield from _lines(value, indent + _INDENT, explain)
        elif about.key:
            yield _explained(f"{indent}{name}:", about, explain)
            yield from _named_items(value, indent + _INDENT, about.key)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield from ("", _explained(f"{indent}{name}:", about, explain))
            yield from _listed_items(value, indent + _INDENT)
        else:
            yield _explained(f"{indent}{name}: {scalar(plain(value))}", about, explain)


def _named_items(items: tuple[Any, ...], indent: str, key: str) -> Iterator[str]:
    """Only the first item is explained."""
    for i, item in enumerate(items):
        yield f"{indent}{scalar(getattr(item, key))}:"
        yield from _lines(item, indent + _INDENT, explain=i == 0, leave_out=key)


def _listed_items(items: tuple[Any, ...], indent: str) -> Iterator[str]:
    for i, item in enumerate(items):
        first, *others = _lines(item, indent + _INDENT, explain=i == 0)
        yield f"{indent}- {first[len(indent + _INDENT) :]}"
        yield from others


def _explained(line: str, about: Option, explain: bool) -> str:
    meaning = about.text + _unit_and_range(about)
    return f"{line:<{_COMMENT_COLUMN - 1}} # {meaning}" if explain and meaning else line


def _unit_and_range(about: Option) -> str:
    bounded = not (math.isinf(about.low) or math.isinf(about.high))
    span = f"{about.low:g} to {about.high:g}" if bounded else ""
    inside = ", ".join(part for part in (about.unit, span) if part)
    return f" [{inside}]" if inside else ""
