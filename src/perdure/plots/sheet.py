"""A sheet of rows with a plot in its middle: what forests of every kind are drawn on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perdure.plots.effect_axis import EffectAxis, axis_range, axis_ticks, effect_and_limits
from perdure.plots.hover import HoverRow, HoverRows
from perdure.plots.lettering import key_lines, printable, shorten, text_width, wrapped
from perdure.plots.marks import BLUE, ORANGE, draw_arrows, draw_bounds, draw_interval
from perdure.plots.style import (
    FAINT,
    GREY,
    INK,
    SMALL,
    TEXT,
    TITLE,
    Kind,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Sheet", "SheetLine", "sheet_hover", "sheet_pages"]

WIDTH = 720.0
EDGE, INDENT, GUTTER = 2.0, 8.0, 11.0
"""Points: paper's edge, of labels beneath a head, between columns."""
MOST_LABEL, LEAST_PLOT, MOST_REASON = 245.0, 190.0, 160.0
TOP, HEAD, ROW, AXIS, LINE = 18.0, 22.0, 13.5, 24.0, 11.0
"""Heights in points: of the title, the columns' heads, a row, the axis, a line of words."""
AIR = 0.45
"""Rows of air above a head."""
ROOMY, BOLD = 1.1, 1.25
"""Letters of the widest face that a figure is read in, over those that are measured."""

Role = Literal["head", "effect", "pooled", "mean", "missing", "note"]


@dataclass(frozen=True)
class SheetLine:
    """One row.

    Attributes
    ----------
    role : {"head", "effect", "pooled", "mean", "missing", "note"}
        The name of a group; a square with its interval; a diamond; an open circle; an open bar of
        bounds; words, beneath a diamond with a bar for the prediction interval.
    label : str
    estimate, low, high : float or None
        On the scale of the axis; limits may be infinite.
    size : float
        Area of the square, 1 for the largest.
    hollow, flagged : bool
        An open square; a row in the second colour.
    left, right : tuple of str
        Cells of the columns beside the plot.
    words : str
        In place of numbers: a reason.
    """

    role: Role
    label: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    size: float = 0.4
    hollow: bool = False
    flagged: bool = False
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Sheet:
    """Rows and what they share.

    Attributes
    ----------
    lines : tuple of SheetLine
    axis : EffectAxis
    label_head : str
        Head of the labels.
    left_heads, right_heads : tuple of str
        Heads of the other columns.
    result_head : str
        Head of the numbers, as "Odds ratio (95% CI)".
    guide : float or None
        A dashed line, as the overall estimate.
    band : (float, float) or None
        Shaded, as the overall interval.
    key, notes : tuple of str
        What the marks mean, each kept on one line; sentences beneath that.
    """

    lines: tuple[SheetLine, ...]
    axis: EffectAxis
    label_head: str
    left_heads: tuple[str, ...]
    right_heads: tuple[str, ...]
    result_head: str
    guide: float | None = None
    band: tuple[float, float] | None = None
    key: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Columns:
    """Right edges of the cells; the plot between them."""

    left: tuple[float, ...]
    plot: float
    plot_width: float
    result: float
    right: tuple[float, ...]
    label_room: float
    reason_room: float


def sheet_pages(sheet: Sheet, title: str, kind: Kind, most_rows: int) -> tuple[bytes, ...]:
    """Return a sheet as files: as many pages as its rows need, all with one axis.

    Raises
    ------
    ValueError
        If there is no row, or ``most_rows`` is below 2.
    """
    if not sheet.lines or most_rows < 2:
        raise ValueError("a forest needs a row, and room for two rows a page")
    name = printable(title)
    clean = tuple(replace(line, label=printable(line.label)) for line in sheet.lines)
    limits = _range(sheet)
    columns = _columns(sheet)
    pages = _split(clean, most_rows)
    found = []
    with drawing():
        for place, lines in enumerate(pages, start=1):
            where = f"{name}, page {place} of {len(pages)}" if len(pages) > 1 else name
            notes = sheet.notes if place == len(pages) else ()
            page = replace(sheet, lines=lines, notes=notes)
            found.append(figure_bytes(_draw(page, columns, limits, where), where, kind))
    return tuple(found)


def sheet_hover(sheet: Sheet, most_rows: int) -> tuple[HoverRows, ...]:
    """Return what stands where on each page of `sheet_pages`, where the sheet has a title."""
    clean = tuple(replace(line, label=printable(line.label)) for line in sheet.lines)
    return tuple(
        HoverRows(ROW, tuple(_hover_rows(sheet, lines))) for lines in _split(clean, most_rows)
    )


def _hover_rows(sheet: Sheet, lines: Sequence[SheetLine]) -> Iterator[HoverRow]:
    group = ""
    for place, line in zip(_places(lines), lines, strict=True):
        if line.role == "head":
            group = line.label.removesuffix(" (continued)")
            continue
        beside = [
            f"{head} {cell}"
            for heads, cells in (
                (sheet.left_heads, line.left),
                (sheet.right_heads, line.right),
            )
            for head, cell in zip(heads, cells, strict=False)
            if cell
        ]
        result = _result(sheet, line)
        if result and line.role == "note":
            result = f"prediction interval {result}"
        elif result and not line.words:
            result = f"{sheet.result_head}: {result}"
        words = (line.label, result, ", ".join(beside))
        at = TOP + HEAD + ROW * (place + 0.55)
        yield HoverRow(at, tuple(one for one in words if one), group)


def _split(lines: Sequence[SheetLine], most_rows: int) -> list[tuple[SheetLine, ...]]:
    """Return the rows of each page; what sums up a group stays with the row above it."""
    pages: list[list[SheetLine]] = [[]]
    head: SheetLine | None = None
    for line in lines:
        head = line if line.role == "head" else head
        full = len(pages[-1]) >= most_rows - (line.role == "head")
        if full and line.role in {"head", "effect", "missing"}:
            again = head is not None and head is not line
            pages.append([])
            if again and head is not None:
                pages[-1].append(replace(head, label=f"{head.label} (continued)"))
        pages[-1].append(line)
    return [tuple(page) for page in pages]


def _range(sheet: Sheet) -> tuple[float, float]:
    rows = [
        line
        for line in sheet.lines
        if line.role == "effect" and None not in (line.low, line.high, line.estimate)
    ]
    whole = [line.estimate for line in sheet.lines if line.role in {"pooled", "mean"}]
    pooled = [line for line in sheet.lines if line.role == "pooled"]
    whole += [limit for line in pooled for limit in (line.low, line.high)]
    whole += list(sheet.band or ())
    bounds = [line for line in sheet.lines if line.role in {"missing", "note"}]
    known = [line for line in (*rows, *bounds) if line.low is not None and line.high is not None]
    return axis_range(
        sheet.axis,
        [line.estimate for line in rows if line.estimate is not None],
        [line.low for line in known if line.low is not None],
        [line.high for line in known if line.high is not None],
        whole=[one for one in whole if one is not None],
    )


def _result(sheet: Sheet, line: SheetLine) -> str:
    if line.words or (line.estimate is None and line.role != "note"):
        return line.words
    return effect_and_limits(sheet.axis, line.estimate, line.low, line.high)


def _columns(sheet: Sheet) -> _Columns:
    """Return where the columns stand: as wide as their words, the plot takes the rest."""

    def cell_width(head: str, cells: Sequence[str]) -> float:
        return max([text_width(text, SMALL) for text in (head, *cells)]) * ROOMY

    rows = [line for line in sheet.lines if line.role not in {"head", "note"}]
    numbers = [line for line in rows if line.role != "missing" and not line.words]
    left = [
        cell_width(head, [line.left[place] for line in rows if line.left])
        for place, head in enumerate(sheet.left_heads)
    ]
    right = [
        cell_width(head, [line.right[place] for line in rows if line.right])
        for place, head in enumerate(sheet.right_heads)
    ]
    results = [_result(sheet, line) for line in sheet.lines if line.role == "note"]
    results += [_result(sheet, line) for line in numbers if line.role != "pooled"]
    bold = [_result(sheet, line) for line in numbers if line.role == "pooled"]
    result = max(cell_width(sheet.result_head, results), 1.08 * cell_width("", bold))
    reasons = [text_width(line.words, SMALL) * ROOMY for line in rows if line.words]
    aside = result + sum(one + GUTTER for one in right)
    reason_room = max([aside, *(min(reason, MOST_REASON) for reason in reasons)])
    beside = [line for line in rows if line.left or not sheet.left_heads]
    names = [
        text_width(line.label, SMALL) * (BOLD if line.role == "pooled" else ROOMY)
        for line in beside
    ]
    longest = max([*names, text_width(sheet.label_head, SMALL) * ROOMY]) + INDENT + 1
    spare = WIDTH - LEAST_PLOT - reason_room - sum(one + GUTTER for one in left) - 3 * GUTTER
    label = min(longest, MOST_LABEL, spare)
    wide = max(
        (
            text_width(line.label, SMALL) * BOLD + INDENT + 1
            for line in sheet.lines
            if not line.left
        ),
        default=0.0,
    )
    across = label + sum(one + GUTTER for one in left)
    plot = EDGE + max(across, min(wide, WIDTH - LEAST_PLOT - reason_room - 3 * GUTTER, 330.0))
    ends, at = [], plot
    for one in reversed(left):
        ends.append(at)
        at -= one + GUTTER
    right_ends, at = [], WIDTH - EDGE - 1
    for one in reversed(right):
        right_ends.append(at)
        at -= one + GUTTER
    plot_left = plot + GUTTER
    return _Columns(
        tuple(reversed(ends)),
        plot_left,
        WIDTH - EDGE - reason_room - 1.6 * GUTTER - plot_left,
        at,
        tuple(reversed(right_ends)),
        plot - sum(one + GUTTER for one in left) - EDGE,
        reason_room,
    )


def _draw(sheet: Sheet, columns: _Columns, limits: tuple[float, float], title: str) -> "Figure":
    """Draw one page."""
    places = _places(sheet.lines)
    body = ROW * (places[-1] + 1.1)
    top = (TOP if title else 0.0) + HEAD
    sides = 11.0 if sheet.axis.low_side or sheet.axis.high_side else 0.0
    key = key_lines(sheet.key, (WIDTH - 4) / ROOMY)
    notes = [line for text in sheet.notes for line in wrapped(text, (WIDTH - 4) / ROOMY, TEXT)]
    foot = top + body + AXIS + sides + LINE
    figure = new_figure(WIDTH, foot + LINE * (len(key) + len(notes)) + (2 if notes else -4))
    axes = new_axes(figure, columns.plot, top, columns.plot_width, body)
    axes.set_ylim(places[-1] + 0.55, -0.55)
    _draw_axes(axes, sheet, limits, columns)
    if title:
        write(figure, EDGE, 10, shorten(title, WIDTH / 1.25, TITLE), size=TITLE, weight="bold")
    _write_heads(figure, sheet, columns, top - 9)
    for place, line in zip(places, sheet.lines, strict=True):
        base = top + ROW * (place + 0.55) + 2.6
        _write_line(figure, sheet, columns, line, base)
        _draw_line(axes, line, place, limits)
    _write_sides(figure, sheet, columns, limits, top + body + AXIS + 7)
    for order, text in enumerate(key):
        write(figure, EDGE, foot + LINE * order, text, color=GREY)
    for order, text in enumerate(notes):
        write(figure, EDGE, foot + LINE * (len(key) + order) + 4, text, size=TEXT)
    return figure


def _places(lines: Sequence[SheetLine]) -> list[float]:
    """Return where each row stands, in rows from the top."""
    found: list[float] = []
    for line in lines:
        air = AIR if found and line.role == "head" else 0.0
        found.append(found[-1] + 1 + air if found else 0.0)
    return found


def _draw_axes(axes: "Axes", sheet: Sheet, limits: tuple[float, float], columns: _Columns) -> None:
    bottom, top = axes.get_ylim()
    axes.set_xlim(*limits)
    ticks = axis_ticks(sheet.axis, *limits, most=max(3, int(columns.plot_width / 32)))
    axes.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    name = shorten(sheet.axis.name, columns.plot_width, SMALL)
    axes.set_xlabel(name, fontsize=SMALL, labelpad=1.5)
    if sheet.band is not None:
        low, high = (min(max(one, limits[0]), limits[1]) for one in sheet.band)
        axes.fill(
            [low, high, high, low], [top, top, bottom, bottom], color=ORANGE, alpha=0.12, lw=0
        )
    for at, _ in ticks:
        axes.plot([at, at], [top, bottom], color=FAINT, linewidth=0.4, zorder=0.5)
    reference = sheet.axis.reference
    if reference is not None and limits[0] <= reference <= limits[1]:
        axes.plot([reference] * 2, [top, bottom], color=INK, linewidth=0.7, zorder=1)
    if sheet.guide is not None:
        axes.plot(
            [sheet.guide] * 2, [top, bottom], color=ORANGE, linewidth=0.8, dashes=(3, 2), zorder=1
        )


def _write_heads(figure: "Figure", sheet: Sheet, columns: _Columns, base: float) -> None:
    write(figure, INDENT, base, sheet.label_head, color=GREY)
    for edge, text in zip(columns.left, sheet.left_heads, strict=True):
        write(figure, edge, base, text, color=GREY, align="right")
    write(figure, columns.result, base, sheet.result_head, color=GREY, align="right")
    for edge, text in zip(columns.right, sheet.right_heads, strict=True):
        write(figure, edge, base, text, color=GREY, align="right")


def _write_line(
    figure: "Figure", sheet: Sheet, columns: _Columns, line: SheetLine, base: float
) -> None:
    """Write a row's words and numbers."""
    bold, quiet = line.role in {"head", "pooled"}, line.role in {"note", "missing"}
    color = ORANGE if line.flagged else GREY if line.role == "note" else INK
    left = EDGE if line.role == "head" else INDENT
    across = columns.plot - GUTTER - EDGE
    aside = text_width(line.words, SMALL) * ROOMY + GUTTER if line.role == "head" else 0.0
    room = columns.label_room if line.left else across - aside
    size = TEXT if line.role == "head" else SMALL
    label = shorten(line.label, (room - left) / (BOLD if bold else ROOMY), size)
    weight = "bold" if bold else "normal"
    write(figure, left, base, label, size=size, weight=weight, color=color)
    if line.role == "head":
        write(figure, columns.plot - GUTTER, base, line.words, color=GREY, align="right")
        return
    for edge, text in zip(columns.left, line.left, strict=False):
        write(figure, edge, base, text, align="right", color=color)
    if line.words:
        words = shorten(line.words, columns.reason_room / ROOMY, SMALL)
        write(figure, WIDTH - EDGE - 1, base, words, color=GREY, slope="italic", align="right")
        return
    text = "" if quiet and line.low is None else _result(sheet, line)
    write(figure, columns.result, base, text, align="right", color=color, weight=weight)
    for edge, text in zip(columns.right, line.right, strict=False):
        write(figure, edge, base, text, align="right", color=color)


def _draw_line(axes: "Axes", line: SheetLine, place: float, limits: tuple[float, float]) -> None:
    """Draw a row's mark."""
    color = ORANGE if line.flagged or line.role in {"pooled", "mean", "note"} else BLUE
    low, high = line.low, line.high
    if line.role == "missing" and low is not None and high is not None:
        draw_bounds(axes, low, high, place, limits)
    elif line.role == "note" and low is not None and high is not None:
        draw_interval(axes, low, high, place, limits, color, 2.6)
    if line.estimate is None or line.role in {"missing", "note", "head"}:
        return
    if line.role == "pooled" and low is not None and high is not None:
        across = [low, line.estimate, high, line.estimate]
        axes.fill(across, [place, place - 0.34, place, place + 0.34], color=color, zorder=4, lw=0)
        draw_arrows(axes, low, high, place, limits, color)
        return
    if low is not None and high is not None:
        draw_interval(axes, low, high, place, limits, color, 0.9)
    if limits[0] <= line.estimate <= limits[1]:
        axes.plot(
            [line.estimate],
            [place],
            "o" if line.role == "mean" else "s",
            markersize=4.6 if line.role == "mean" else 2.4 + 5.4 * math.sqrt(line.size),
            clip_on=False,
            zorder=4,
            markerfacecolor="white" if line.hollow or line.role == "mean" else color,
            markeredgecolor=color,
            markeredgewidth=0.9,
        )


def _write_sides(
    figure: "Figure",
    sheet: Sheet,
    columns: _Columns,
    limits: tuple[float, float],
    base: float,
) -> None:
    """Write what lies on either side of the reference, with arrows."""
    axis = sheet.axis
    if axis.reference is None or not (axis.low_side or axis.high_side):
        return
    part = (axis.reference - limits[0]) / (limits[1] - limits[0])
    middle = columns.plot + columns.plot_width * min(max(part, 0.0), 1.0)
    before = max(middle - EDGE - 5, 0.0)
    after = WIDTH - middle - 5
    if axis.low_side:
        low = shorten(f"\u2190 {printable(axis.low_side)}", before / ROOMY, SMALL)
        write(figure, middle - 5, base, low, color=GREY, align="right")
    if axis.high_side:
        high = shorten(f"{printable(axis.high_side)} \u2192", after / ROOMY, SMALL)
        write(figure, middle + 5, base, high, color=GREY)
