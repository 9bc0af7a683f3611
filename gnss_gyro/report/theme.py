"""How figures look, and figures as SVG text whose colours follow the page's light or dark theme."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, Final

import matplotlib
from matplotlib.figure import Figure

from gnss_gyro.estimation.outcome import Outcome

WIDTH_IN: Final = 10.4

# Figures are drawn in stand-in colours, which become the page's own colours in the SVG.
_VARIABLES: Final = (
    "ink", "muted", "grid", "surface", "blue", "orange", "green", "violet", "red", "teal", "gold", "magenta",
    "good", "waiting", "doubt", "bad", "lost", "none",
)  # fmt: skip
COLOUR: Final = {name: f"#0102{number:02x}" for number, name in enumerate(_VARIABLES, 3)}

LIGHT: Final = dict(
    zip(
        _VARIABLES,
        "#16202c #5d6b7a #dfe4ea #ffffff #2268c7 #c9630a #23804a #6c4fc0 #c8343c #0f7f8c #a07a00 #b03a8c".split()
        + "#2f9e63 #5b9be0 #e0a21b #d23f45 #8a5fb5 #9aa5b1".split(),
        strict=True,
    )
)
DARK: Final = dict(
    zip(
        _VARIABLES,
        "#e8edf3 #9aa7b5 #2b3643 #161e28 #6aa9f4 #f0994a #5cc48a #a993f0 #f0767c #4fc1cf #dcb84a #e583c2".split()
        + "#3fb579 #4c86c6 #cf9a2c #dd5a60 #9c78c8 #5e6a77".split(),
        strict=True,
    )
)

OUTCOME_COLOUR: Final = {
    Outcome.FIXED: "good", Outcome.RUN_IN: "waiting", Outcome.FLOAT: "doubt", Outcome.SEARCH_LIMIT: "gold",
    Outcome.RESIDUALS: "orange", Outcome.CONFLICT: "magenta", Outcome.LENGTH_MISMATCH: "bad",
    Outcome.TOO_FEW_SATELLITES: "lost", Outcome.TOO_FEW_ANTENNAS: "violet", Outcome.NO_EPHEMERIS: "muted",
    Outcome.NO_POSITION: "none",
}  # fmt: skip
SYSTEM_COLOUR: Final = {"G": "blue", "E": "orange", "C": "red", "J": "violet", "R": "teal", "S": "gold", "I": "magenta"}
ANTENNA_COLOURS: Final = ("blue", "orange", "green", "violet", "red", "teal", "gold", "magenta")

_STYLE: Final[Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "gnss_gyro", "font.family": "sans-serif", "font.size": 9.5,
    "axes.edgecolor": COLOUR["grid"], "axes.labelcolor": COLOUR["muted"], "axes.titlecolor": COLOUR["ink"],
    "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "axes.facecolor": "none", "grid.color": COLOUR["grid"],
    "grid.linewidth": 0.8, "text.color": COLOUR["ink"], "xtick.color": COLOUR["muted"], "ytick.color": COLOUR["muted"],
    "xtick.major.size": 0.0, "ytick.major.size": 0.0, "figure.facecolor": "none", "legend.frameon": False,
    "legend.fontsize": 9.0, "lines.linewidth": 1.3, "lines.solid_capstyle": "round", "path.simplify": True,
    "axes.formatter.useoffset": False,
}  # fmt: skip


def colour_of_outcome(word: str) -> str:
    """Stand-in colour of an outcome's word."""
    return COLOUR[OUTCOME_COLOUR.get(Outcome(word), "none")] if word in {str(o) for o in Outcome} else COLOUR["none"]


def svg_of(draw: Callable[[Figure], None], height_in: float) -> str:
    """The SVG element of a figure as wide as the page."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return _inlined(text.getvalue())


def theme_css() -> str:
    """The page's colours for light and dark screens."""
    light, dark = (" ".join(f"--{name}:{value};" for name, value in colours.items()) for colours in (LIGHT, DARK))
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _inlined(svg: str) -> str:
    """Only the element, as wide as its place, in the page's colours."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    for name, stand_in in COLOUR.items():
        body = body.replace(stand_in, f"var(--{name})")
    return re.sub(r"(\d+\.\d\d)\d{2,}", r"\1", body)
