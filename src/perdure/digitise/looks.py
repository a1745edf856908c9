"""The look of a followed curve and of the labels beside it, measured on the pixels themselves.

Curves are followed in colours that lines share; two that are nearly of one colour (violet and
greyish blue) are told apart only along their own course.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.found import FoundCurve, LegendEntry
from perdure.digitise.names import colours_apart
from perdure.figure.page import Colour, Pixels

__all__ = ["label_colour", "with_own_colours", "with_own_look"]

_OTHER = 15.0
"""Colours this far apart (L*a*b*) are not those of one line."""
_FEWEST = 12
"""Columns of a curve that say how it looks."""
_STRONG = 0.7
"""Of the strongest ink: what is weaker is an edge, or a gap between dashes."""


@dataclass(frozen=True, eq=False)
class _Level:
    """Places on a curve that are away from its steps."""

    columns: NDArray[np.int64]
    rows: NDArray[np.int64]


def with_own_look(pixels: Pixels, curve: FoundCurve) -> FoundCurve:
    """Return the curve with the colour and the width of line that it has along its own course.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
    curve : FoundCurve
        Left as it is where it has too few level places.

    Examples
    --------
    >>> page = np.full((40, 120, 3), 255, np.uint8)
    >>> page[20:23, 5:115] = (111, 153, 173)
    >>> x, y, none = np.array([5.0]), np.array([21.0]), np.array([])
    >>> curve = FoundCurve(x, y, 114.0, (120, 118, 177), False, 5.0, none, 1.0)
    >>> found = with_own_look(page, curve)
    >>> found.colour, found.width
    ((111, 153, 173), 3.0)
    """
    level = _level_places(curve, pixels.shape[:2])
    if level.columns.size < _FEWEST:
        return curve
    reach = int(curve.width) + 4
    offsets = np.arange(-reach, reach + 1)
    strips = pixels[level.rows[:, None] + offsets, level.columns[:, None]].astype(np.float64)
    ground = np.median(strips[:, [0, -1]].reshape(-1, 3), axis=0)
    ink = np.abs(strips - ground).max(axis=2)
    near = ink[:, reach - 1 : reach + 2]
    strength = near.max(axis=1)
    strong = strength > _STRONG * np.percentile(strength, 90)
    at = reach - 1 + near.argmax(axis=1)
    red, green, blue = (int(v) for v in np.median(strips[strong, at[strong]], axis=0))
    thick = [_thickness(line, i) for line, i in zip(ink[strong], at[strong], strict=True)]
    own = (red, green, blue)
    differs = colours_apart(own, curve.colour) > _OTHER
    return replace(curve, colour=own if differs else curve.colour, width=float(np.median(thick)))


def _level_places(curve: FoundCurve, shape: tuple[int, ...]) -> _Level:
    """Return places of a curve at some distance from its steps and from the picture's edge."""
    columns = np.arange(int(curve.x[0]) + 3, int(curve.end) - 2)
    at = np.clip(np.searchsorted(curve.x, columns, side="right") - 1, 0, None)
    rows = np.round(curve.y[at]).astype(np.int64)
    after = np.append(curve.x, curve.end)[at + 1]
    reach = int(curve.width) + 4
    use = (columns - curve.x[at] > 2.5) & (after - columns > 2.5)
    use &= (rows >= reach) & (rows < shape[0] - reach) & (columns >= 0) & (columns < shape[1])
    return _Level(columns[use], rows[use])


def _thickness(line: NDArray[np.float64], at: int) -> int:
    """Return how many pixels around a place have half its ink at least."""
    on = line >= 0.5 * line[at]
    first = last = at
    while first > 0 and on[first - 1]:
        first -= 1
    while last + 1 < on.size and on[last + 1]:
        last += 1
    return last - first + 1


def with_own_colours(
    pixels: Pixels, entries: Sequence[LegendEntry], curves: Sequence[FoundCurve]
) -> tuple[LegendEntry, ...]:
    """Return labels beside curves with the colour of their letters, not of what crosses them."""
    return tuple(
        replace(entry, colour=label_colour(pixels, entry, curves)) if entry.place is None else entry
        for entry in entries
    )


def label_colour(pixels: Pixels, entry: LegendEntry, curves: Sequence[FoundCurve]) -> Colour:
    """Return the colour of a label's letters, without the curves that cross it."""
    left, top = max(int(entry.box[0]), 0), max(int(entry.box[1]), 0)
    crop = pixels[top : int(entry.box[3]) + 1, left : int(entry.box[2]) + 1].astype(np.float64)
    crossed = np.zeros(crop.shape[:2], dtype=np.bool_)
    for curve in curves:
        crossed |= _under(curve, left, top, crossed.shape)
    if not crossed.any() or crossed.all():
        return entry.colour
    ground = np.median(crop[~crossed], axis=0)
    ink = np.where(crossed, 0.0, np.abs(crop - ground).max(axis=2))
    letters = ink > _STRONG * np.percentile(ink[~crossed], 98)
    if ink.max() < 60 or letters.sum() < _FEWEST:
        return entry.colour
    red, green, blue = (int(v) for v in np.median(crop[letters], axis=0))
    return red, green, blue


def _under(curve: FoundCurve, left: int, top: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return what of a box a curve covers, with its falls."""
    reach = curve.width / 2 + 2.5
    columns = left + np.arange(shape[1])
    first = np.clip(np.searchsorted(curve.x, columns - reach, side="right") - 1, 0, None)
    last = np.clip(np.searchsorted(curve.x, columns + reach, side="right") - 1, 0, None)
    rows = top + np.arange(shape[0])[:, None]
    covered = (rows >= curve.y[first] - reach) & (rows <= curve.y[last] + reach)
    return np.asarray(covered & (columns >= curve.x[0] - reach) & (columns <= curve.end + reach))
