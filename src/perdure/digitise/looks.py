"""The look of a followed curve, measured along its own course.

Curves are followed in colours that lines share; two that are nearly of one colour (violet and
greyish blue) are told apart only along their own course.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.found import FoundCurve
from perdure.figure.page import Colour, Pixels

__all__ = ["Look", "look_between", "with_own_look"]

_SPREAD, _MOST = 40.0, 0.6
"""Of its places so many have the one colour (channels of 255); else it is pieces of other lines."""
_FEWEST = 12
"""Columns of a curve that say how it looks."""
_STRONG = 0.7
"""Of the strongest ink: what is weaker is an edge, or a gap between dashes."""


@dataclass(frozen=True, eq=False)
class _Level:
    """Places on a curve that are away from its steps."""

    columns: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """How a line looks along a part of its course.

    Attributes
    ----------
    colour : tuple of int
    width : float
    inked : float
        Share of its columns that have ink: a dashed line has gaps.
    alike : bool
        Most of its places have the one colour; else it is pieces of other lines.
    """

    colour: Colour
    width: float
    inked: float
    alike: bool


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
    look = look_between(pixels, curve, -np.inf, np.inf)
    if look is None:
        return curve
    colour = look.colour if look.alike else curve.colour
    return replace(curve, colour=colour, width=look.width)


def look_between(pixels: Pixels, curve: FoundCurve, first: float, last: float) -> Look | None:
    """Return the look of a curve between two columns; None where too little of it is level.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
    curve : FoundCurve
    first, last : float
    """
    level = _level_places(curve, pixels.shape[:2], first, last)
    if level.columns.size < _FEWEST:
        return None
    reach = int(curve.width) + 4
    offsets = np.arange(-reach, reach + 1)
    strips = pixels[level.rows[:, None] + offsets, level.columns[:, None]].astype(np.float64)
    ground = np.median(strips[:, [0, -1]].reshape(-1, 3), axis=0)
    ink = np.abs(strips - ground).max(axis=2)
    near = ink[:, reach - 1 : reach + 2]
    strength = near.max(axis=1)
    usual = np.percentile(strength, 90)
    strong = strength > _STRONG * usual
    at = reach - 1 + near.argmax(axis=1)
    inks = strips[strong, at[strong]]
    middle = np.median(inks, axis=0)
    red, green, blue = (int(v) for v in middle)
    thick = [_thickness(line, i) for line, i in zip(ink[strong], at[strong], strict=True)]
    return Look(
        colour=(red, green, blue),
        width=float(np.median(thick)),
        inked=float((strength > 0.5 * usual).mean()),
        alike=float((np.abs(inks - middle).max(axis=1) < _SPREAD).mean()) > _MOST,
    )


def _level_places(curve: FoundCurve, shape: tuple[int, ...], first: float, last: float) -> _Level:
    """Return places of a curve at some distance from its steps and from the picture's edge."""
    columns = np.arange(int(curve.x[0]) + 3, int(curve.end) - 2)
    columns = columns[(columns >= first) & (columns <= last)]
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
