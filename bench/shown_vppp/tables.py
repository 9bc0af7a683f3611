"""The rows of the tables: windows by systems, antennas and ionosphere model, and rnx2rtkp beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shown.markdown import number, table

from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel
from gnss_gyro.orbits.store import EphemerisStore
from shown_vppp import rtklib
from shown_vppp.figures import Figures, figures_of, plain_figures, rms_cells, three
from shown_vppp.sites import Site, navigation
from shown_vppp.windows import config_for, window_errors

FLOOR: Final = 0.5
"""The window's 3-D RMS over that of rnx2rtkp single must not exceed this on any recording."""
_ENGINE_HEADER: Final = (
    "systems", "antennas", "ionosphere", "windows", "horizontal m", "vertical m", "3-D m", "mean E, N, U m",
    "stated sigma E, N, U m", "inside the 95 % ellipse %", "ellipsoid %",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Windows of one recording under one configuration; or one method of rnx2rtkp."""

    site: str
    systems: str
    antennas: int
    method: str
    figures: Figures


def engine_row(site: Site, systems: str, antennas: int, model: IonosphereModel, step: int) -> Row:
    """Every so manyth window under one configuration."""
    config = config_for(site, antennas, systems, ionosphere=model)
    return Row(site.name, systems, antennas, str(model), figures_of(window_errors(site, config, site.starts(step))))


def models_heard(site: Site) -> list[IonosphereModel]:
    """Models whose parameters the recording holds, no model among them; the engine's own choice is none of them."""
    store = EphemerisStore()
    store.extend(navigation(site.nav))
    heard = HeardIonosphere(store.klobuchar, store.nequick, store.bdgim)
    single = [m for m in IonosphereModel if m not in (IonosphereModel.AUTO, IonosphereModel.NONE) and heard.has(m)]
    return [*single, IonosphereModel.NONE]


def rtklib_rows(site: Site, step: int) -> list[Row]:
    """All methods over the whole recording; ppp-kinematic also cold-started for windows apart from each other."""
    if not rtklib.can_run(site):
        return []
    apart = site.starts(step if site.every > 1 else 30)
    with rtklib.rinex_of(site) as files:
        rows = [
            Row(site.name, systems, 1, method.title, plain_figures(rtklib.whole_run(site, files, method, systems)))
            for systems in site.systems
            for method in (rtklib.SINGLE, rtklib.PPP, rtklib.SINGLE_TWO, rtklib.PPP_TWO)
        ]
        for method in (rtklib.PPP, rtklib.PPP_TWO):
            figures = plain_figures(rtklib.window_runs(site, files, method, site.largest, apart))
            rows.append(Row(site.name, site.largest, 1, f"{method.title}, windows", figures))
    return rows


def windows_table(rows: Sequence[Row]) -> str:
    """Of one recording."""
    cells = [
        [
            row.systems, str(row.antennas), row.method, _count(row.figures), *rms_cells(row.figures), three(row.figures.sigma_m),
            number(row.figures.flat_percent, 0), number(row.figures.space_percent, 0),
        ]
        for row in rows
    ]  # fmt: skip
    return table(_ENGINE_HEADER, cells)


def rtklib_table(rows: Sequence[Row]) -> str:
    """Of one recording."""
    header = ("systems", "rnx2rtkp", "positions", "horizontal m", "vertical m", "3-D m", "mean E, N, U m", "scatter 3-D m")
    cells = [
        [row.systems, row.method, _count(row.figures), *rms_cells(row.figures), number(row.figures.scatter_m, 2)] for row in rows
    ]
    return table(header, cells)


@dataclass(frozen=True, slots=True)
class Ratio:
    """3-D RMS of windows over that of rnx2rtkp single."""

    row: Row
    single_m: float

    @property
    def value(self) -> float:
        """NaN where rnx2rtkp gave nothing."""
        return self.row.figures.space_m / self.single_m


def ratios(engine: Iterable[Row], beside: Iterable[Row]) -> list[Ratio]:
    """Of every row with the engine's own choice of ionosphere."""
    single = {(r.site, r.systems): r.figures.space_m for r in beside if r.method == rtklib.SINGLE.title}
    chosen = (row for row in engine if row.method == IonosphereModel.AUTO.value)
    return [Ratio(row, single[row.site, row.systems]) for row in chosen if (row.site, row.systems) in single]


def ratios_table(found: Iterable[Ratio]) -> str:
    """With the floor."""
    header = ("recording", "systems", "antennas", "windows 3-D m", "rnx2rtkp single L1 3-D m", "ratio", f"at most {FLOOR}")
    cells = [
        [
            r.row.site, r.row.systems, str(r.row.antennas), number(r.row.figures.space_m, 2), number(r.single_m, 2),
            number(r.value, 2), _met(r.value),
        ]
        for r in found
    ]  # fmt: skip
    return table(header, cells)


def _met(value: float) -> str:
    if value != value:
        return "–"
    return "yes" if value <= FLOOR else "**no**"


def _count(figures: Figures) -> str:
    return str(figures.found) if figures.found == figures.asked else f"{figures.found} of {figures.asked}"
