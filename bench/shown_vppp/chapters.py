"""The chapters on VPPP, each a block of markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from shown.beside import is_installed, version

from gnss_gyro.models.broadcast_ionosphere import IonosphereModel
from shown_vppp.budget import budget, budget_table
from shown_vppp.course import course, course_table
from shown_vppp.reference import reference_sentence
from shown_vppp.sites import Site, sites
from shown_vppp.tables import (
    FLOOR,
    Row,
    engine_row,
    models_heard,
    ratios,
    ratios_table,
    rtklib_rows,
    rtklib_table,
    windows_table,
)  # fmt: skip


@dataclass(slots=True)
class Session:
    """Where the recordings are; `say` reports progress. Facts and failures gather here, rows are made once."""

    data: Path
    quick: bool
    say: Callable[[str], None]
    facts: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _windows: list[Row] | None = None
    _beside: list[Row] | None = None
    _sites: list[Site] | None = None

    @property
    def sites(self) -> list[Site]:
        """The recordings that are here."""
        if self._sites is None:
            self._sites = sites(self.data)
        return self._sites

    def step(self, site: Site) -> int:
        """Every so manyth window is run."""
        return (10 if site.every == 1 else 3) if self.quick else 1

    def windows(self) -> list[Row]:
        """The engine by systems."""
        if self._windows is None:
            self._windows = []
            for site in self.sites:
                for systems in site.systems:
                    antennas = range(1, len(site.files) + 1)
                    self._windows += [engine_row(site, systems, k, IonosphereModel.AUTO, self.step(site)) for k in antennas]
                    self.say(f"windows of {site.name} {systems}: {self._windows[-1].figures.space_m:.2f} m")
            self.facts["windows"] = [asdict(row) for row in self._windows]
        return self._windows

    def beside(self) -> list[Row]:
        """rnx2rtkp."""
        if self._beside is None:
            self._beside = [row for site in self.sites for row in rtklib_rows(site, self.step(site))]
            self.say(f"rnx2rtkp: {len(self._beside)} rows")
            self.facts["rnx2rtkp"] = [asdict(row) for row in self._beside]
        return self._beside


def windows_chapter(session: Session) -> str:
    """Every window."""
    return _by_site(session, session.windows(), windows_table)


def ratio_chapter(session: Session) -> str:
    """The floor."""
    found = ratios(session.windows(), session.beside())
    session.failures += [
        f"{r.row.site} {r.row.systems}, {r.row.antennas} antennas: 3-D RMS {r.value:.2f} x rnx2rtkp single, not {FLOOR}"
        for r in found
        if r.value > FLOOR
    ]
    return ratios_table(found) if found else "rnx2rtkp was not installed."


def beside_chapter(session: Session) -> str:
    """rnx2rtkp itself."""
    if not is_installed():
        return "rnx2rtkp was not installed."
    return f"Run with {version()}.\n\n{_by_site(session, session.beside(), rtklib_table)}"


def models_chapter(session: Session) -> str:
    """Ionosphere model by model, one antenna."""
    rows = []
    for site in session.sites:
        rows += [row for row in session.windows() if (row.site, row.systems, row.antennas) == (site.name, site.largest, 1)]
        rows += [engine_row(site, site.largest, 1, model, session.step(site)) for model in models_heard(site)]
        session.say(f"ionosphere models of {site.name}")
    session.facts["models"] = [asdict(row) for row in rows]
    return _by_site(session, rows, windows_table)


def course_chapter(session: Session) -> str:
    """Once through."""
    runs = [(site, k, smoothed) for site in session.sites for k in range(1, len(site.files) + 1) for smoothed in (False, True)]
    looks = [look for run in runs for look in course(*run)]
    session.say("whole recordings")
    session.facts["course"] = [asdict(look) for look in looks]
    return course_table(looks)


def budget_chapter(session: Session) -> str:
    """Term by term."""
    blocks, facts = [], []
    for site in session.sites:
        if site.name in ("clas_static", "meijo"):
            lines = budget(site, session.data, session.quick)
            blocks.append(f"### {site.name}\n\n{budget_table(lines)}\n{reference_sentence(site)}\n")
            facts += [asdict(line) for line in lines]
            session.say(f"budget of {site.name}")
    session.facts["budget"] = facts
    return "\n".join(blocks)


def _by_site(session: Session, rows: list[Row], made: Callable[[list[Row]], str]) -> str:
    return "\n".join(f"### {site.name}\n\n{made([row for row in rows if row.site == site.name])}" for site in session.sites)


CHAPTERS: Final[dict[str, Callable[[Session], str]]] = {
    "vppp-ratio": ratio_chapter,
    "vppp-windows": windows_chapter,
    "vppp-models": models_chapter,
    "vppp-beside": beside_chapter,
    "vppp-course": course_chapter,
    "vppp-budget": budget_chapter,
}
