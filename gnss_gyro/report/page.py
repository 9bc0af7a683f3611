"""The pieces of the page: tiles, cards, tables, style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from gnss_gyro import __version__
from gnss_gyro.report.theme import theme_css

_STYLE: Final = """
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
:root{--back:#f3f5f8}@media (prefers-color-scheme:dark){:root{--back:#0e141b}}
main{max-width:1120px;margin:0 auto;padding:28px 20px 48px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;margin-bottom:18px}
h1{font-size:26px;margin:0;letter-spacing:-.01em}h2{font-size:16px;margin:0 0 2px}
.quiet{color:var(--muted);font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-bottom:14px}
.tile,.card{background:var(--surface);border:1px solid var(--grid);border-radius:10px}
.tile{padding:12px 14px}.tile b{display:block;font-size:24px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.tile small{color:var(--muted);font-size:12.5px}.tile.good b{color:var(--green)}.tile.bad b{color:var(--red)}
.card{padding:14px 18px;margin-bottom:14px;overflow-x:auto}.card svg{display:block;width:100%;height:auto;margin-top:6px}
.card svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif!important}
.note{border-left:4px solid var(--doubt);background:var(--surface);padding:10px 14px;border-radius:6px;margin-bottom:12px}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin-top:6px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--grid);vertical-align:top}
tr:last-child>*{border-bottom:0}th{font-weight:550;color:var(--muted)}td.n,th.n{text-align:right}
td{overflow-wrap:anywhere}footer{color:var(--muted);font-size:12.5px;margin-top:20px}
@media print{body{background:#fff}.card{break-inside:avoid}}
"""


def page(title: str, subtitle: str, body: str) -> str:
    """A whole document."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} - {escape(subtitle)}</title><style>{theme_css()}{_STYLE}</style>"
    )
    header = f'<header><h1>{escape(title)}</h1><span class="quiet">{escape(subtitle)}</span></header>'
    footer = f"<footer>gnss_gyro {__version__}</footer>"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body><main>{header}{body}{footer}</main></body></html>\n'


def card(title: str, content: str, explanation: str = "") -> str:
    """A titled box."""
    aside = f'<div class="quiet">{escape(explanation)}</div>' if explanation else ""
    return f'<section class="card"><h2>{escape(title)}</h2>{aside}{content}</section>'


def tiles(items: Iterable[tuple[str, str, str]]) -> str:
    """Headline numbers: (value, what it is, "" or "good" or "bad")."""
    boxes = (f'<div class="tile {mood}"><b>{escape(value)}</b><small>{escape(name)}</small></div>' for value, name, mood in items)
    return f'<div class="tiles">{"".join(boxes)}</div>'


def notes(sentences: Iterable[str]) -> str:
    """Sentences in marked boxes."""
    return "".join(f'<div class="note">{escape(sentence)}</div>' for sentence in sentences)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> str:
    """A table whose columns from a given one on hold numbers."""
    body = "".join(_row("td", row, numbers_from) for row in rows)
    return f"<table><thead>{_row('th', header, numbers_from)}</thead><tbody>{body}</tbody></table>"


def facts_table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what is to be told of them."""
    return "<table>" + "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows) + "</table>"


def _row(tag: str, cells: Sequence[str], numbers_from: int) -> str:
    marks = ['class="n"' if i >= numbers_from else "" for i in range(len(cells))]
    inside = (f"<{tag} {mark}>{escape(cell)}</{tag}>" for mark, cell in zip(marks, cells, strict=True))
    return f"<tr>{''.join(inside)}</tr>"
