"""Axes of a figure from its words and lines: which pixel is which time and which survival."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from perdure.digitise.found import Axes, Axis
from perdure.digitise.frame import Area, plot_area
from perdure.digitise.linearity import refuse_bent
from perdure.digitise.missing_labels import with_missing
from perdure.digitise.numbers import Label, labels_of
from perdure.digitise.scales import Scale, columns_of_labels, rows_of_labels
from perdure.digitise.tick_marks import Ticks, luminance, ticks_of_x, ticks_of_y
from perdure.digitise.titles import counts_events, time_title, y_title
from perdure.errors import InputError, Problem
from perdure.figure.page import Drawing, Picture, Word
from perdure.records.time_unit import TimeUnit

__all__ = ["NO_UNIT", "axes_on", "find_axes", "find_panels"]

NO_UNIT = "no unit of time was found in the title of the time axis"
_SURE = 0.6
"""A label that is read with less certainty may be a speck."""
_REMEDY = "give the range of the axes: --axes T0,T1,S0,S1"


@dataclass(frozen=True)
class _Pair:
    """A row and a column of labels that can be the axes of one figure.

    ``right`` where the column stands at the right of the plot.
    """

    row: Scale
    column: Scale
    right: bool
    score: float


def find_axes(words: Sequence[Word], page: Picture | Drawing, *, file: str | None = None) -> Axes:
    """Return the axes of the largest figure on a page.

    Parameters
    ----------
    words : sequence of Word
        All text of the page.
    page : Picture or Drawing
        Where the marks of the axes are looked for.
    file : str, optional
        Named in errors.

    Raises
    ------
    InputError
        Where there are no axes of time and survival, an axis is broken, or it counts events.
    """
    found = _pairs(words)
    if not found:
        raise InputError(_nothing(words, file))
    return _axes(found[0], words, page, file)


def find_panels(
    words: Sequence[Word], page: Picture | Drawing, *, file: str | None = None
) -> tuple[Axes, ...]:
    """Return the axes of every figure on a page, in the order of reading.

    Panels that are no Kaplan-Meier figures are left out; where all are, the reason of the first is
    raised.

    Raises
    ------
    InputError
        As of :func:`find_axes`.
    """
    found: list[Axes] = []
    refused: list[InputError] = []
    for pair in _pairs(words):
        try:
            found.append(_axes(pair, words, page, file))
        except InputError as error:
            refused.append(error)
    if not found:
        raise refused[0] if refused else InputError(_nothing(words, file))
    height = max(a.bottom - a.top for a in found)
    return tuple(sorted(found, key=lambda a: (round(a.top / height), a.left)))


def axes_on(
    words: Sequence[Word],
    page: Picture | Drawing,
    y: Axis,
    frame: tuple[float, float, float, float],
    *,
    file: str | None = None,
) -> Axes:
    """Return the axes of a plot whose survival axis is known: only its times are read.

    Parameters
    ----------
    words, page
        As of :func:`find_axes`.
    y : Axis
    frame : (left, top, right, bottom)
        Of the plot.
    file : str, optional
        Named in errors.

    Raises
    ------
    InputError
        Where no times stand beneath the frame, their axis is broken, or the plot has survival
        labels of its own or counts events.
    """
    left, top, right, bottom = frame
    labels, margin = labels_of(words), 0.1 * (right - left)
    own = [a for a in labels if a.word.right < left and top - 5 <= a.y <= bottom]
    numbers = [a for a in labels if a.y > bottom and left - margin < a.x < right + margin]
    rows = [
        r
        for r in rows_of_labels(numbers)
        if r.values.min() >= 0 and r.step > 0 and len(r.labels) >= 3
    ]
    if not rows or len(own) > 1:
        raise InputError(_nothing(words, file))
    turned = sorted((w for w in words if w.turned), key=lambda w: -w.bottom)
    _refuse_events(" ".join(w.text for w in turned), file)
    row = min(rows, key=lambda r: r.labels[0].y)
    ticks = ticks_of_x(page, row)
    refuse_bent(row, labels_of(words), file, time=True)
    x = _axis(row, ticks, 1.0)
    beneath = float(np.median([a.word.top for a in row.labels]))
    bounds = Area(max(left - 2.0, 0.0), 0.0, min(right + 2.0, page.width - 1.0), beneath)
    area = plot_area(page, _between_ticks(x, y), bounds, _reach(x, y))
    title, unit = time_title(words, row, area)
    warnings = (
        "the survival axis is that of the panel beside it: this one has no labels",
        *_warnings("time", ticks, x),
        *_unit_warning(unit),
        *_late(x, area),
    )
    edges = area.left, area.top, area.right, area.bottom
    return Axes(x, y, *edges, unit, percent=False, x_title=title, warnings=warnings)


def _nothing(words: Sequence[Word], file: str | None) -> Problem:
    if not words:
        return Problem("no text was found in the figure, so no axes", _REMEDY, file=file)
    texts = [w for w in words if sum(c.isalpha() for c in w.text) > 2]
    if len(texts) > 1 and sum(w.turned for w in texts) > len(texts) / 2:
        return Problem("the figure lies on its side", "turn it by 90 degrees", file=file)
    numbers = len(labels_of(words))
    return Problem(
        f"no axes were found: among {numbers} number{'' if numbers == 1 else 's'} in the figure "
        "no row of times and column of survival (0 to 1, or 0 to 100%) climb evenly",
        _REMEDY,
        file=file,
    )


def _pairs(words: Sequence[Word]) -> list[_Pair]:
    labels = labels_of(words)
    rows = [r for r in rows_of_labels(labels) if r.values.min() >= 0 and r.step > 0]
    columns = [c for c in map(_up_to_one, columns_of_labels(labels)) if _survival(c)]
    pairs = [p for row in rows for column in columns if (p := _pair(row, column)) is not None]
    # An axis at the right of one plot may be that at the left of the next: the left comes first.
    pairs.sort(key=lambda p: (p.right, -p.score))
    chosen: list[_Pair] = []
    for pair in pairs:
        fresh = all(pair.row is not p.row and pair.column is not p.column for p in chosen)
        solid = len(pair.row.labels) >= 3 and len(pair.column.labels) >= 3
        if fresh and (solid or not chosen) and not any(_overlap(pair, p) for p in chosen):
            chosen.append(pair)
    return chosen


def _up_to_one(column: Scale) -> Scale:
    """Return a column without its labels above survival 1: axes are drawn up to 1.2 or 150%."""
    for top in (1.0, 100.0):
        low, high = float(column.values.min()), float(column.values.max())
        kept = column.values <= top
        goes_on = 1.01 * top < high <= 1.5 * top and low <= 0.5 * top
        if goes_on and top in column.values and kept.sum() >= 3:
            labels = tuple(a for a, k in zip(column.labels, kept, strict=True) if k)
            return replace(
                column, labels=labels, values=column.values[kept], places=column.places[kept]
            )
    return column


def _survival(column: Scale) -> bool:
    low, high = float(column.values.min()), float(column.values.max())
    fraction = high <= 1.01 and high >= 0.5
    percent = 10 <= high <= 101 and high - low >= 10
    return low >= 0 and (fraction or percent)


def _pair(row: Scale, column: Scale) -> _Pair | None:
    """Return the two as a pair where one can lie beneath and the other left of the same plot."""
    shared = {id(a.word) for a in row.labels} & {id(a.word) for a in column.labels}
    own = [a for a in column.labels if id(a.word) not in shared]
    # The 0 in the corner may be that of both axes, but it makes no column with a single other.
    if len(shared) > 1 or (shared and len(own) < 2):
        return None
    first, last = row.span
    top, bottom = column.span
    across, down = last - first, bottom - top
    row_y = float(np.median([a.y for a in row.labels]))
    height = max(a.word.bottom - a.word.top for a in row.labels)
    before = first - max(a.word.right for a in column.labels)
    after = min(a.word.left for a in column.labels) - last
    right = after > before
    if row_y < bottom - height or max(before, after) < -0.1 * across:
        return None
    zero = (0.0 - column.start) / column.step
    beneath = (row_y - min(max(bottom, zero), row_y)) / down
    beside = max(before, after) / across
    if beneath > 0.8 or beside > 1.2 or not 0.1 < down / across < 10:
        return None
    count = _weight(row.labels) + _weight(own)
    doubtful = row.doubtful + column.doubtful
    whole = 2.0 * (column.values.max() in {1.0, 100.0}) + 1.0 * (row.values.min() == 0)
    score = count + whole - 2 * doubtful - 6 * beneath - 3 * beside
    return _Pair(row, column, right, score)


def _weight(labels: Sequence[Label]) -> float:
    """Return how many labels there are; one whose reading is unsure is half a label."""
    return sum(1.0 if a.word.certainty >= _SURE else 0.5 for a in labels)


def _overlap(a: _Pair, b: _Pair) -> bool:
    """Tell whether the plots of two pairs would lie over each other."""
    across = min(a.row.span[1], b.row.span[1]) - max(a.row.span[0], b.row.span[0])
    down = min(a.column.span[1], b.column.span[1]) - max(a.column.span[0], b.column.span[0])
    return across > 0 and down > 0


def _axes(pair: _Pair, words: Sequence[Word], page: Picture | Drawing, file: str | None) -> Axes:
    row, column = pair.row, pair.column
    grey = luminance(page) if isinstance(page, Picture) else None
    x_ticks, y_ticks = ticks_of_x(page, row, grey), ticks_of_y(page, column, grey, right=pair.right)
    refuse_bent(row, labels_of(words), file, time=True)
    refuse_bent(column, labels_of(words), file, time=False, right=pair.right)
    bounds = _bounds(page, pair)
    percent = float(column.values.max()) > 1.5 or any(a.percent for a in column.labels)
    if isinstance(page, Picture):
        row = with_missing(row, x_ticks, page, bounds, time=True)
        column = with_missing(column, y_ticks, page, bounds, time=False)
    x = _axis(row, x_ticks, 1.0)
    y = _axis(column, y_ticks, 100.0 if percent else 1.0)
    area = plot_area(page, _between_ticks(x, y), bounds, _reach(x, y))
    title, unit = time_title(words, row, area)
    upright = y_title(words, column, area, right=pair.right)
    _refuse_events(upright, file)
    warnings = (
        *_warnings("time", x_ticks, x),
        *_warnings("survival", y_ticks, y),
        *_unit_warning(unit),
        *_late(x, area),
    )
    return Axes(
        x, y, area.left, area.top, area.right, area.bottom, unit, percent, title, upright, warnings
    )


def _refuse_events(title: str, file: str | None) -> None:
    if counts_events(title):
        raise InputError(
            Problem(
                "the upright axis counts events (cumulative incidence) and not survival",
                "give a figure of survival",
                file=file,
                value=title,
            )
        )


def _axis(scale: Scale, ticks: Ticks | None, unit: float) -> Axis:
    count = len(scale.labels)
    certainty = (1 - 0.5 ** (count - 1)) * count / (count + scale.doubtful)
    if ticks is None:
        start, step, residual = scale.start, scale.step, scale.residual
        certainty *= 0.85
    else:
        start, step, residual = ticks.start, ticks.step, ticks.residual
        certainty *= 0.8 + 0.2 * min(1.0, ticks.count / count)
    values = tuple(float(v) / unit for v in np.sort(scale.values))
    return Axis(
        start / unit, step / unit, values[0], values[-1], values, float(residual), float(certainty)
    )


def _between_ticks(x: Axis, y: Axis) -> Area:
    return Area(
        float(x.pixel(x.low)), float(y.pixel(y.high)), float(x.pixel(x.high)), float(y.pixel(y.low))
    )


def _reach(x: Axis, y: Axis) -> Area:
    """Return where curves can lie, whatever has labels."""
    ticks = _between_ticks(x, y)
    return Area(float(x.pixel(0.0)), float(y.pixel(1.0)), ticks.right, float(y.pixel(0.0)))


def _bounds(page: Picture | Drawing, pair: _Pair) -> Area:
    labels = [a.word for a in pair.column.labels]
    bottom = float(np.median([a.word.top for a in pair.row.labels]))
    if pair.right:
        return Area(0.0, 0.0, float(np.median([w.left for w in labels])), bottom)
    return Area(float(np.median([w.right for w in labels])), 0.0, page.width - 1.0, bottom)


def _warnings(name: str, ticks: Ticks | None, axis: Axis) -> Iterator[str]:
    if ticks is None:
        yield f"the {name} axis is placed by its labels: no tick marks were found"
    if len(axis.ticks) < 3:
        yield f"the {name} axis has only {len(axis.ticks)} labels that agree"


def _unit_warning(unit: TimeUnit | None) -> Iterator[str]:
    if unit is None:
        yield NO_UNIT


def _late(x: Axis, area: Area) -> Iterator[str]:
    """Say where the time axis starts after 0: a landmark, or a part of a figure."""
    first = float(x.value(area.left))
    if abs(first - x.low) < 0.02 * (x.high - x.low):
        first = x.low
    if area.left - float(x.pixel(0.0)) > max(5.0, 0.03 * (area.right - area.left)):
        yield (
            f"the time axis starts at {first:.3g} and not at 0: what happened before is not seen"
        )
