"""The PRISMA 2020 flow diagram: how records became the studies of a review."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perdure.plots.lettering import printable, shorten, small_print, text_width, wrapped
from perdure.plots.style import (
    INK,
    LINE,
    SMALL,
    TITLE,
    Kind,
    drawing,
    figure_bytes,
    new_figure,
    write,
    write_frame,
)
from perdure.plots.wording import count
from perdure.records import PrismaFlow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["prisma_plot"]

TOP, PHASE, BOX, GAP, BETWEEN, PAD = 20.0, 20.0, 148.0, 22.0, 20.0, 6.0
"""Points: the title, bars of phases, width of a box, between columns, between rows, in a box."""

MAIN, SIDE, OTHER_MAIN, OTHER_SIDE = 0, 1, 2, 3
"""Columns: what goes on by databases and registers, what leaves; the same by other methods."""

PHASES = (("Identification", (0, 1)), ("Screening", (2, 4)), ("Included", (5, 6)))
"""Each phase with its first and last row."""

HEADS, PHASE_TINT = "#f2dfb4", "#cfe3f0"
"""Light enough for black letters, and apart in grey."""

_HELD = {ord(" "): "\ue000", ord("\u2009"): "\ue001"}
_FREED = {ord(held): chr(space) for space, held in _HELD.items()}
"""Spaces at which a line does not break, while it is broken."""


@dataclass(frozen=True)
class _Box:
    row: int
    column: int
    lines: tuple[str, ...]
    width: float = BOX
    tint: str = "white"
    least: float = 0.0

    @property
    def height(self) -> float:
        return max(LINE * len(self.lines) + 2 * PAD - 2, self.least)


def prisma_plot(flow: PrismaFlow, *, title: str = "", kind: Kind = "svg") -> bytes:
    """Draw the diagram of a review; columns and boxes without a subject are left out.

    Parameters
    ----------
    flow : PrismaFlow
        Its ``note`` stands beneath.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Examples
    --------
    >>> flow = PrismaFlow(90, 60, 30, 30, 5, records_from_databases=90,
    ...                   reports_excluded={"wrong design": 25})
    >>> prisma_plot(flow).startswith(b"<?xml")
    True
    """
    boxes = list(_boxes(flow))
    columns = 4 if flow.other_methods else 2
    width = PHASE + 8 + columns * BOX + (columns - 1) * GAP + 2
    tops, foot = _rows(boxes)
    notes = small_print((), [flow.note] if flow.note else [], (width - 4) / 1.1)
    name = printable(title) or "Flow of records, reports and studies"
    with drawing():
        figure = new_figure(width, foot + LINE * len(notes) + 8)
        write_frame(figure, shorten(name, width / 1.25, TITLE), notes, foot)
        heights = {box.row: box.height for box in sorted(boxes, key=lambda one: one.height)}
        _draw_phases(figure, tops, heights)
        for box in boxes:
            _draw_box(figure, box, tops[box.row])
        _draw_arrows(figure, boxes, tops)
        return figure_bytes(figure, name, kind)


def _boxes(flow: PrismaFlow) -> Iterable[_Box]:
    """Yield every box of the diagram."""
    yield from _heads(flow)
    yield _box(1, MAIN, "Records identified from:", _sources(flow, ("databases", "registers")))
    removed = {
        "duplicate records": flow.removed_duplicates,
        "marked as ineligible by automation tools": flow.removed_by_automation,
        "for other reasons": flow.removed_for_other_reasons,
    }
    yield _box(1, SIDE, "Records removed before screening:", removed)
    yield _box(2, MAIN, _n("Records screened", flow.records_screened))
    yield _box(2, SIDE, _n("Records excluded", flow.records_excluded))
    yield from _reports(flow, "", MAIN, SIDE)
    if flow.other_methods:
        found = _sources(flow, ("websites", "organisations", "citations"))
        yield _box(1, OTHER_MAIN, "Records identified from:", found)
        yield from _reports(flow, "other_", OTHER_MAIN, OTHER_SIDE)
    updates = flow.previous_studies is not None or flow.previous_reports is not None
    new = "New studies included in review" if updates else "Studies included in review"
    included = _box(5, MAIN, *_studies(new, "of new" if updates else "of", flow, "{}_included"))
    yield replace(included, least=text_width(PHASES[-1][0], SMALL) * 1.4)
    if updates:
        before = _studies("Studies in the previous version", "of", flow, "previous_{}")
        yield _box(6, SIDE, *before)
    if updates or flow.total_studies is not None:
        yield _box(6, MAIN, *_studies("Total studies in review", "of", flow, "total_{}"))


def _heads(flow: PrismaFlow) -> Iterable[_Box]:
    wide = 2 * BOX + GAP
    yield _Box(0, MAIN, ("Identification by databases and registers",), wide, HEADS)
    if flow.other_methods:
        yield _Box(0, OTHER_MAIN, ("Identification by other methods",), wide, HEADS)


def _reports(flow: PrismaFlow, which: str, main: int, side: int) -> Iterable[_Box]:
    """Yield the boxes of full texts: sought, assessed, and what left there."""
    yield _box(3, main, _n("Reports sought for retrieval", getattr(flow, f"{which}reports_sought")))
    missed = getattr(flow, f"{which}reports_not_retrieved")
    yield _box(3, side, _n("Reports not retrieved", missed))
    assessed = getattr(flow, f"{which}reports_assessed")
    yield _box(4, main, _n("Reports assessed for eligibility", assessed))
    excluded: Mapping[str, int] = getattr(flow, f"{which}reports_excluded")
    total = sum(excluded.values())
    yield _box(4, side, _n("Reports excluded", total) + (":" if excluded else ""), excluded)


def _sources(flow: PrismaFlow, names: Sequence[str]) -> dict[str, int]:
    found = {name: getattr(flow, f"records_from_{name}") for name in names}
    return {name: number for name, number in found.items() if number is not None}


def _studies(first: str, of: str, flow: PrismaFlow, form: str) -> tuple[str, ...]:
    """Return how many studies and reports; a total that was not given is their sum."""
    studies, reports = (_count(flow, form.format(what)) for what in ("studies", "reports"))
    return (
        *([] if studies is None else [_n(first, studies)]),
        *([] if reports is None else [_n(f"Reports {of} included studies", reports)]),
    )


def _count(flow: PrismaFlow, key: str) -> int | None:
    number: int | None = getattr(flow, key)
    if number is not None or not key.startswith("total_"):
        return number
    what = key.removeprefix("total_")
    parts = [getattr(flow, f"previous_{what}"), getattr(flow, f"{what}_included")]
    return None if None in parts else sum(parts)


def _n(words: str, number: int) -> str:
    return f"{words} (n = {count(number)})"


def _box(row: int, column: int, *words: str | Mapping[str, int]) -> _Box:
    """Return a box: sentences, and counts by name, each on a line of its own."""
    lines: list[str] = []
    for one in words:
        if isinstance(one, str):
            lines += _lines(one)
        else:
            for name, number in one.items():
                first, *rest = _lines(_n(name, number), indent=8.0)
                lines += [f"\u2002{first}", *(f"\u2003{line}" for line in rest)]
    return _Box(row, column, tuple(lines))


def _lines(text: str, indent: float = 0.0) -> list[str]:
    """Return the text in lines that fit a box; (n = 2 480) is not broken."""
    held = re.sub(r"\(n = [^)]*\)", lambda found: found[0].translate(_HELD), text)
    lines = wrapped(printable(held), (BOX - 2 * PAD - indent) / 1.08, SMALL)
    return [line.translate(_FREED) for line in lines]


def _rows(boxes: Sequence[_Box]) -> tuple[dict[int, float], float]:
    """Return the top of each row, and where the last one ends."""
    tops: dict[int, float] = {}
    at = TOP
    for row in sorted({box.row for box in boxes}):
        tops[row] = at
        at += max(box.height for box in boxes if box.row == row) + (10 if row == 0 else BETWEEN)
    return tops, at - BETWEEN + 3


def _left(column: int) -> float:
    return PHASE + 8 + column * (BOX + GAP)


def _draw_rectangle(
    figure: "Figure", left: float, top: float, width: float, height: float, tint: str
) -> None:
    from matplotlib.patches import Rectangle

    across, down = figure.get_size_inches() * 72
    figure.add_artist(
        Rectangle(
            (left / across, 1 - (top + height) / down),
            width / across,
            height / down,
            facecolor=tint,
            edgecolor=INK,
            linewidth=0.7,
        )
    )


def _draw_box(figure: "Figure", box: _Box, top: float) -> None:
    left = _left(box.column)
    _draw_rectangle(figure, left, top, box.width, box.height, box.tint)
    for order, line in enumerate(box.lines, start=1):
        write(figure, left + PAD, top + PAD - 3.5 + LINE * order, line)


def _draw_phases(figure: "Figure", tops: Mapping[int, float], heights: Mapping[int, float]) -> None:
    """Draw the bars at the left that name the phases."""
    across, down = figure.get_size_inches() * 72
    for name, (first, last) in PHASES:
        rows = [row for row in tops if first <= row <= last]
        start, end = tops[rows[0]], tops[rows[-1]] + heights[rows[-1]]
        _draw_rectangle(figure, 1, start, PHASE - 4, end - start, PHASE_TINT)
        figure.text(
            (PHASE / 2 - 1) / across,
            1 - (start + end) / 2 / down,
            name,
            fontsize=SMALL,
            fontweight="bold",
            rotation=90,
            ha="center",
            va="center",
        )


def _draw_arrows(figure: "Figure", boxes: Sequence[_Box], tops: Mapping[int, float]) -> None:
    """Join each box with the one that it leads to."""
    there = {(box.row, box.column): box for box in boxes if box.row}
    for (row, column), box in there.items():
        middle = tops[row] + box.height / 2
        beside = (row, column + 1)
        if column in (MAIN, OTHER_MAIN) and beside in there and row < 6:
            aside = there[beside]
            level = tops[row] + min(box.height, aside.height) / 2
            _draw_arrow(figure, [(_left(column) + BOX, level), (_left(column + 1), level)])
        below = next((r for r in range(row + 1, 7) if (r, column) in there), None)
        if column in (MAIN, OTHER_MAIN) and below is not None:
            x = _left(column) + BOX / 2
            _draw_arrow(figure, [(x, tops[row] + box.height), (x, tops[below])])
        if column == OTHER_MAIN and below is None:
            included = there[5, MAIN]
            level = tops[5] + included.height / 2
            x = _left(column) + BOX / 2
            end = (_left(MAIN) + BOX, level)
            _draw_arrow(figure, [(x, tops[row] + box.height), (x, level), end])
        if (row, column) == (6, SIDE):
            _draw_arrow(figure, [(_left(column), middle), (_left(MAIN) + BOX, middle)])


def _draw_arrow(figure: "Figure", places: Sequence[tuple[float, float]]) -> None:
    """Draw a line through the places with a head at its end."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    across, down = figure.get_size_inches() * 72
    spots = [(x / across, 1 - y / down) for x, y in places]
    figure.add_artist(
        FancyArrowPatch(
            path=Path(spots),
            arrowstyle="-|>,head_length=3.4,head_width=1.8",
            mutation_scale=1,
            color=INK,
            linewidth=0.8,
            shrinkA=0,
            shrinkB=0,
        )
    )
