"""Marks of censoring in a vector figure: small strokes, rings or signs that lie on a curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perdure.digitise.path_bounds import alike
from perdure.digitise.path_lines import Frame, Line
from perdure.figure.geometry import bounds
from perdure.figure.page import Colour, Drawing
from perdure.records import Floats

__all__ = ["marks_of"]

_LARGEST = 0.05  # of the plot's width and height
_SIGNS = frozenset("+|×xX○●◯❍□■△▲◆◇⚪⚫∙•l'’∣│┃✕✚")


@dataclass(frozen=True)
class _Mark:
    x: float
    top: float
    bottom: float
    colour: Colour
    order: int
    upright: bool


def marks_of(
    drawing: Drawing, curves: Sequence[Line], taken: set[int], frame: Frame
) -> list[Floats]:
    """Return the places in x of the marks of each curve, in order.

    ``taken`` are places of strokes that belong to curves. Marks have the colour of their arm; a
    mark in a colour of no arm belongs to the curve that it lies on.
    """
    found: list[list[float]] = [list(curve.spikes) for curve in curves]
    marks = _candidates(drawing, taken, frame)
    for mark in marks:
        owner = _owner(mark, curves, frame)
        if owner is not None:
            found[owner].append(mark.x)
    return [_distinct(places, frame) for places in found]


def _distinct(places: list[float], frame: Frame) -> Floats:
    kept: list[float] = []
    for x in sorted(places):
        if not kept or x - kept[-1] > 0.3 * frame.near:
            kept.append(x)
    return np.array(kept, dtype=np.float64)


def _candidates(drawing: Drawing, taken: set[int], frame: Frame) -> list[_Mark]:
    marks: list[_Mark] = []
    for order, stroke in enumerate(drawing.strokes):
        if order not in taken:
            mark = _small(stroke.points, stroke.colour, order, frame)
            if mark is not None:
                marks.append(mark)
    for order, fill in enumerate(drawing.fills):
        mark = _small(fill.points, fill.colour, order, frame)
        if mark is not None and len(fill.points) > 3:
            marks.append(mark)
    for order, word in enumerate(drawing.words):
        if word.text in _SIGNS:
            box = np.array([[word.left, word.top], [word.right, word.bottom]])
            mark = _small(box, word.colour, order, frame)
            if mark is not None:
                marks.append(mark)
    return marks


def _small(points: Floats, colour: Colour, order: int, frame: Frame) -> _Mark | None:
    """Return a small thing as a mark; a short level stroke alone is none: half of a plus."""
    left, top, right, bottom = bounds(points)
    wide, tall = right - left, bottom - top
    if wide > _LARGEST * frame.wide or tall > _LARGEST * frame.tall:
        return None
    middle = (left + right) / 2
    inside = frame.left - 2 * frame.near <= middle <= frame.right + _LARGEST * frame.wide
    if not inside or tall < 0.002 * frame.tall or tall < 0.3 * wide:
        return None
    return _Mark(middle, top, bottom, colour, order, wide <= 0.3 * tall)


def _owner(mark: _Mark, curves: Sequence[Line], frame: Frame) -> int | None:
    """Return the curve on which a mark lies: of its own colour, nearest, drawn last before it."""
    size = mark.bottom - mark.top
    middle = (mark.top + mark.bottom) / 2
    coloured = any(alike(mark.colour, curve.look[0], 30.0) for curve in curves)
    best: tuple[tuple[float, float, int], int] | None = None
    for i, curve in enumerate(curves):
        # A stroke in another arm's colour that only happens to touch this curve is not its mark.
        if coloured and not alike(mark.colour, curve.look[0], 30.0):
            continue
        heights = _heights(curve.points, mark.x, frame)
        if not heights:
            continue
        away = max(min(heights) - middle, middle - max(heights), 0.0)
        # A tick may stand on its curve instead of crossing it.
        if away > 0.5 * size + frame.near:
            continue
        nearest = min(abs(height - middle) for height in heights)
        before = curve.order if curve.order < mark.order else -1
        key = (round(away / frame.near), round(nearest / frame.near), -before)
        if best is None or key < best[0]:
            best = key, i
    return None if best is None else best[1]


def _heights(points: Floats, x: float, frame: Frame) -> list[float]:
    """Return the heights of a curve at a place: before and after a step that is there."""
    near = 0.7 * frame.near
    if x < points[0, 0] - near or x > points[-1, 0] + near:
        return []
    inside = (points[:, 0] >= x - near) & (points[:, 0] <= x + near)
    return [float(np.interp(x, points[:, 0], points[:, 1])), *points[inside, 1].tolist()]
