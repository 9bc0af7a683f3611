"""YAML without surprises: a key given twice is refused, 1e-4 is a number, and 'no' or 12:30 stay text (YAML 1.2 scalars)."""

from __future__ import annotations

import re
from typing import Any

import yaml

from gnss_gyro.basics.errors import ConfigError

_SCALARS = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN"),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+.0123456789"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)
_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")  # readers take these for ends of lines, unless they are escaped


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2 and no repeated keys."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own protocol)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes whatever a reader of YAML 1.1 or of YAML 1.2 would not take as text."""


for _tag, _pattern, _first in _SCALARS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), [*_first, *([""] if "null" in _tag else [])])


def parse_yaml(text: str) -> Any:
    """The plain values of one YAML document. Raises ConfigError with the line for broken YAML and repeated keys."""
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader underneath
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{place}{error.problem or error.context or 'broken YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"broken YAML: {error}") from None


def scalar(value: object) -> str:
    """One number, text, null or flat list as YAML on one line, quoted only where it must be."""
    text = _on_one_line(value, unicode=True)
    if _LINE_BREAKS.search(text):
        text = _on_one_line(value, unicode=False)
    return text.removesuffix("...\n").rstrip("\n")


def _on_one_line(value: object, unicode: bool) -> str:
    return yaml.dump(value, Dumper=_Dumper, default_flow_style=True, width=10_000, allow_unicode=unicode)
