"""Where exactly the ticks are: the marks and grid lines that belong to the labels of an axis.

The middle of a label is its place to a pixel or two. The marks beside it are sharper, and all
kinds of them (outside, inside, short, grid lines, minor ones between) look alike in one respect: on
some row between the labels and the plot there is a narrow mark near each label, and these marks are
spaced as evenly as the values. So every row is tried and the one that fits best is taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from perdure.digitise.scales import Scale, fit_line
from perdure.figure.page import Drawing, Picture
from perdure.records import Floats

__all__ = [
    "Segment",
    "Ticks",
    "luminance",
    "match_ticks",
    "segments_of",
    "ticks_of_x",
    "ticks_of_y",
]

_FAINTEST = 14.0
"""Steps of grey by which a mark must differ from its row; a light grid differs by some 20."""


@dataclass(frozen=True)
class Segment:
    """A level or upright line: ``at`` across it, from ``low`` to ``high`` along it."""

    at: float
    low: float
    high: float
    width: float = 1.0


@dataclass(frozen=True, eq=False)
class Ticks:
    """Marks matched with labels: value = ``start`` + ``step`` x pixel, on rows ``low`` to ``high``.

    ``count`` of the labels have a mark, and the farthest is ``residual`` pixels off the line.
    ``rows`` of pixels agree on it.
    """

    start: float
    step: float
    residual: float
    count: int
    low: float
    high: float
    rows: int = 1


def luminance(picture: Picture) -> Floats:
    """Return the brightness of each pixel, 0 to 255."""
    red, green, blue = (picture.pixels[:, :, i] for i in range(3))
    return np.asarray(0.299 * red + 0.587 * green + 0.114 * blue, dtype=np.float64)


def ticks_of_x(page: Picture | Drawing, scale: Scale, grey: Floats | None = None) -> Ticks | None:
    """Return the tick marks above a row of labels, or None where none fit."""
    top = float(np.median([a.word.top for a in scale.labels]))
    height = float(np.median([a.word.bottom - a.word.top for a in scale.labels]))
    reach = max(6.0 * height, 12.0)
    if isinstance(page, Drawing):
        rows = _stroke_rows(segments_of(page)[1], top - reach, top + 0.3 * height)
    else:
        grey = luminance(page) if grey is None else grey
        rows = _pixel_rows(grey, top - 1, top - reach, scale.span)
    return match_ticks(scale, rows, tolerance=0.8 * height + 2)


def ticks_of_y(
    page: Picture | Drawing, scale: Scale, grey: Floats | None = None, *, right: bool = False
) -> Ticks | None:
    """Return the tick marks beside a column of labels, or None where none fit.

    They lie to its right, or to its left where the axis is at the ``right`` of the plot.
    """
    height = float(np.median([_thickness(scale, i) for i in range(len(scale.labels))]))
    reach = max(6.0 * height, 12.0)
    edges = [a.word.left if right else a.word.right for a in scale.labels]
    edge, away = float(np.median(edges)), -1.0 if right else 1.0
    if isinstance(page, Drawing):
        ends = sorted((edge - away * 0.3 * height, edge + away * reach))
        rows = _stroke_rows(segments_of(page)[0], *ends)
    else:
        grey = luminance(page) if grey is None else grey
        rows = _pixel_rows(grey.T, edge + away, edge + away * reach, scale.span)
    return match_ticks(scale, rows, tolerance=0.8 * height + 2)


def _thickness(scale: Scale, index: int) -> float:
    word = scale.labels[index].word
    return min(word.right - word.left, word.bottom - word.top)


def match_ticks(
    scale: Scale, rows: Iterable[tuple[float, Floats]], tolerance: float
) -> Ticks | None:
    """Return the marks that fit the labels best.

    Parameters
    ----------
    scale : Scale
    rows : iterable of (float, array of float)
        Places of narrow marks, row by row from the labels inwards.
    tolerance : float
        How far, in pixels, a mark may be from the middle of its label.
    """
    found: list[tuple[float, Floats]] = []
    for level, marks in rows:
        found.append((level, _nearest(scale, marks, tolerance)))
    needed = max(2, int(np.ceil(0.6 * len(scale.labels))))
    fits = [_fitted(scale, places, needed) for _, places in found]
    best: Ticks | None = None
    index = 0
    while index < len(found):
        last = index
        while (
            fits[index] is not None
            and last + 1 < len(found)
            and fits[last + 1] is not None
            and _same(found[last][1], found[last + 1][1])
        ):
            last += 1
        ticks = _together(scale, found[index : last + 1], needed) if fits[index] else None
        sound = ticks is not None and (
            _is_plain(ticks, scale) or _along(ticks, scale) < 0.3 * tolerance
        )
        if ticks is not None and sound and _better(ticks, best):
            best = ticks
        index = last + 1
    return best


def _is_plain(ticks: Ticks, scale: Scale) -> bool:
    """Tell whether marks are seen at every label and are longer than noise."""
    return ticks.rows >= 3 and ticks.count == len(scale.labels)


def _along(ticks: Ticks, scale: Scale) -> float:
    """Return by how many pixels the marks drift from the middles of their labels."""
    apart = (scale.values - ticks.start) / ticks.step - (scale.values - scale.start) / scale.step
    return float(apart.max() - apart.min())


def _better(ticks: Ticks, than: Ticks | None) -> bool:
    if than is None:
        return True
    # The noise of JPEG can look like marks on one row of pixels; marks are longer.
    rank, other = (ticks.count, min(ticks.rows, 3)), (than.count, min(than.rows, 3))
    if rank != other:
        return rank > other
    return ticks.residual < than.residual - 0.25  # of equals, the one nearer to the labels


def _same(a: Floats, b: Floats) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    return bool(both.sum() >= 2 and np.abs(a[both] - b[both]).max() < 0.8)


def _together(scale: Scale, group: list[tuple[float, Floats]], needed: int) -> Ticks | None:
    stacked = np.array([places for _, places in group])
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    places = np.full(stacked.shape[1], np.nan)
    for i in np.flatnonzero(count):
        places[i] = np.median(stacked[known[:, i], i])
    fitted = _fitted(scale, places, needed)
    if fitted is None:
        return None
    levels = [level for level, _ in group]
    return Ticks(*fitted, min(levels), max(levels), len(levels))


def _nearest(scale: Scale, marks: Floats, tolerance: float) -> Floats:
    places = np.full(len(scale.labels), np.nan)
    if not len(marks):
        return places
    expected = (scale.values - scale.start) / scale.step
    gaps = np.abs(np.diff(np.sort(expected)))
    limit = min(tolerance, 0.4 * float(gaps.min())) if len(gaps) else tolerance
    away = np.abs(marks[None, :] - expected[:, None])
    best = away.argmin(axis=1)
    near = away.min(axis=1) <= limit
    places[near] = marks[best[near]]
    return places


def _fitted(scale: Scale, places: Floats, needed: int) -> tuple[float, float, float, int] | None:
    """Return start, step, residual and count of the line, without marks that do not fit."""
    use = np.isfinite(places)
    while use.sum() >= needed:
        start, step = fit_line(places[use], scale.values[use])
        off = np.abs((scale.values - start) / step - places)
        off[~use] = 0.0
        if off.max() <= 1.0:
            return start, step, float(off.max()), int(use.sum())
        use = use & (off < off.max())
    return None


def _pixel_rows(
    grey: Floats, first: float, last: float, span: tuple[float, float]
) -> Iterator[tuple[float, Floats]]:
    """Yield the narrow marks of each row of pixels from ``first`` to ``last``."""
    height, width = grey.shape
    margin = 0.08 * (span[1] - span[0]) + 8
    left, right = max(0, int(span[0] - margin)), min(width, int(span[1] + margin) + 1)
    widest = max(5, round(0.009 * (span[1] - span[0])) + 2)
    step = -1 if last < first else 1
    for row in range(int(first), int(last), step):
        if 0 <= row < height:
            yield float(row), left + _peaks(grey[row, left:right], widest)


def _peaks(line: Floats, widest: int) -> Floats:
    """Return the places of narrow marks in a line of pixels, darker or lighter than the line."""
    away = line - np.median(line)
    strength = np.abs(away)
    top = float(strength.max(initial=0.0))
    if top < _FAINTEST:
        return np.empty(0)
    # Marks may be of two strengths (an axis line with light grid lines): a low bar catches both.
    over = strength > max(_FAINTEST, 0.12 * top)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]]).astype(np.int8)))
    places = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > widest:
            continue
        low, high = max(0, start - 1), min(len(line), stop + 1)
        weight = strength[low:high]
        places.append(float((weight * np.arange(low, high)).sum() / weight.sum()))
    return np.array(places)


def segments_of(drawing: Drawing) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return the level and the upright lines of a drawing; thin filled bars count as lines."""
    level: list[Segment] = []
    steep: list[Segment] = []
    for stroke in drawing.strokes:
        points = stroke.points
        if len(points) > 12:  # a curve: its steps are no ticks
            continue
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(y1 - y0) < 0.05 and abs(x1 - x0) > 0.5:
                level.append(Segment((y0 + y1) / 2, min(x0, x1), max(x0, x1), stroke.width))
            elif abs(x1 - x0) < 0.05 and abs(y1 - y0) > 0.5:
                steep.append(Segment((x0 + x1) / 2, min(y0, y1), max(y0, y1), stroke.width))
    for fill in drawing.fills:
        if len(fill.points) > 6:
            continue
        left, top = fill.points.min(axis=0)
        right, bottom = fill.points.max(axis=0)
        if bottom - top < 3 and right - left > 2 * (bottom - top):
            level.append(Segment((top + bottom) / 2, left, right, bottom - top))
        elif right - left < 3 and bottom - top > 2 * (right - left):
            steep.append(Segment((left + right) / 2, top, bottom, right - left))
    return tuple(level), tuple(steep)


def _stroke_rows(
    segments: Iterable[Segment], low: float, high: float
) -> Iterator[tuple[float, Floats]]:
    """Yield the places of lines that begin and end alike and reach into the band."""
    groups: dict[tuple[int, int], list[float]] = {}
    for line in segments:
        if line.high >= low and line.low <= high:
            groups.setdefault((round(line.low), round(line.high)), []).append(line.at)
    for (start, end), places in groups.items():
        yield (start + end) / 2, np.sort(np.array(places))
