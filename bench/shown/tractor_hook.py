"""The Monte Carlo of bench/tractor.py in words, where it has been run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shown.markdown import table

FILE = "tractor.json"


def tractor_block(folder: Path) -> str:
    """Its figures as a table; a sentence where there are none."""
    path = folder / FILE
    if not path.is_file():
        return "Not run here: `python bench/tractor.py --output results_output/tractor.json`, then `make results`.\n"
    facts = flat(json.loads(path.read_text(encoding="utf-8")))
    return table(("figure", "value"), [(name, _shown(value)) for name, value in facts.items()])


def flat(values: Any, prefix: str = "") -> dict[str, object]:
    """Nested mappings as one, names joined by spaces; lists of numbers stay as they are."""
    if not isinstance(values, dict):
        return {prefix: values}
    out: dict[str, object] = {}
    for name, inner in values.items():
        out |= flat(inner, f"{prefix} {name}".strip().replace("_", " "))
    return out


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
