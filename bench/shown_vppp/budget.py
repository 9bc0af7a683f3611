"""What the error of a window is made of: the windows again, with known errors taken out of the observations in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from shown.markdown import number, table

from gnss_gyro.basics.satellites import System
from shown_vppp import clas_terms as clas
from shown_vppp.figures import Figures, figures_of, rms_cells
from shown_vppp.sites import Site
from shown_vppp.terms import IONOSPHERE, Terms, corrected, residuals_m
from shown_vppp.two_frequencies import STANDING, SYSTEMS, two_frequency_terms
from shown_vppp.windows import config_for, window_errors

NOTHING: Final = "nothing"
_SPACE: Final = (clas.ORBIT, clas.CLOCK)
_ALL: Final = (*_SPACE, IONOSPHERE, clas.TROPOSPHERE, clas.TIDE)
_BY_CLAS: Final = (
    (), (clas.ORBIT,), (clas.CLOCK,), _SPACE, (IONOSPHERE,), (clas.TROPOSPHERE,), (clas.TIDE,),
    (*_SPACE, IONOSPHERE), _ALL,
)  # fmt: skip
_BY_TWO_FREQUENCIES: Final = ((), (IONOSPHERE,), (IONOSPHERE, STANDING))


@dataclass(frozen=True, slots=True)
class Line:
    """Windows with some terms taken out.

    residual_m : RMS of the codes' residuals at the known place, clocks taken out
    left_in_m  : the same with all terms but these taken out: larger than with all of them out, if their signs are right
    """

    site: str
    measure: str
    systems: str
    out: tuple[str, ...]
    residual_m: float
    left_in_m: float
    figures: Figures


def budget(site: Site, folder: Path, quick: bool) -> list[Line]:
    """All lines of a recording: windows every half-minute, or every ten seconds."""
    starts = [*site.starts(1 if site.every > 1 else 10)][:: 3 if quick else 1]
    lines = []
    if site.name == "clas_static":
        lines += _lines(site, "CLAS", "G", (System.GPS,), clas.clas_terms(site, folder), _BY_CLAS, starts)
    terms = two_frequency_terms(site)
    for systems, kinds in (("G,E,J", SYSTEMS), ("E", (System.GALILEO,))):
        lines += _lines(site, "two frequencies", systems, kinds, terms, _BY_TWO_FREQUENCIES, starts)
    return lines


def budget_table(lines: Sequence[Line]) -> str:
    """One recording's."""
    header = (
        "measure", "satellites", "taken out", "code residual m", "with all others out m", "horizontal m", "vertical m", "3-D m",
        "mean E, N, U m", "scatter 3-D m",
    )  # fmt: skip
    rows = [
        [
            line.measure, line.systems, ", ".join(line.out) or NOTHING, number(line.residual_m, 2),
            number(line.left_in_m, 2), *rms_cells(line.figures), number(line.figures.scatter_m, 2),
        ]
        for line in lines
    ]  # fmt: skip
    return table(header, rows)


def _lines(
    site: Site, measure: str, systems: str, kinds: tuple[System, ...], terms: Terms, sets: Sequence[tuple[str, ...]],
    starts: Sequence[int],
) -> list[Line]:  # fmt: skip
    lines = []
    for out in sets:
        change = partial(corrected, terms=terms, names=out)
        figures = figures_of(window_errors(site, config_for(site, 1, systems), starts, change))
        others = tuple(name for name in sets[-1] if name not in out)
        residual, left_in = (_rms(residuals_m(site, kinds, terms, names)) for names in (out, others))
        lines.append(Line(site.name, measure, systems, out, residual, left_in, figures))
    return lines


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(values**2)))
