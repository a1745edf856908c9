"""Labels beside curves in a picture, once these are known: what of a label is ink of a curve."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.found import FoundCurve, LegendEntry
from perdure.digitise.names import colours_apart
from perdure.figure.page import Pixels

__all__ = ["labels_without_curves"]

_STRONG = 0.7
"""Of the strongest ink: what is weaker is the edge of a letter."""
_LEAST = 60.0
"""Ink below this distance from the ground (of 255) is no letter."""
_FEWEST = 12
"""Pixels of letters that say their colour."""
_LETTER = 0.6
"""Of its height: how wide a letter is that may have been lost before or after a label."""
_MARK = 3.0
"""Widths of its line by which a censoring mark stands out from a curve."""
_MOSTLY = 0.75
"""Of a sample: what lies on a curve by so much is a piece of it."""
_ALIKE = 20.0
"""Colours this near (L*a*b*) may be those of one line."""


def labels_without_curves(
    pixels: Pixels,
    entries: Sequence[LegendEntry],
    curves: Sequence[FoundCurve],
) -> tuple[LegendEntry, ...]:
    """Return the names with what the curves tell of them.

    A sample that is a piece of a curve is none: its name is a label, or, beside a legend and if it
    has a letter or two, a piece of curve as well. A label that a curve crosses
    has the colour of its letters and not of the curve.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
    entries : sequence of LegendEntry
    curves : sequence of FoundCurve
    """
    pieces = [any(_is_piece(one, c) for c in curves) for one in entries]
    sampled = sum(one.place is not None for one in entries) - sum(pieces)
    labels = [
        replace(one, place=None, dash=None) if piece else one
        for one, piece in zip(entries, pieces, strict=True)
        if not piece or sampled < 2 or len(one.name) > 2
    ]
    return tuple(one if one.place is not None else _own(pixels, one, curves) for one in labels)


def _is_piece(entry: LegendEntry, curve: FoundCurve) -> bool:
    """Tell whether a sample lies on a curve of its colour, nearly all along."""
    if entry.place is None or colours_apart(entry.colour, curve.colour) > _ALIKE:
        return False
    left, top, right, bottom = entry.place
    places = np.linspace(left, right, 9)
    rows = curve.rows_at(places)
    reach = curve.width / 2 + 1
    on = (rows >= top - reach) & (rows <= bottom + reach)
    return bool(on.mean() > _MOSTLY and curve.x[0] < left and right < curve.end)


def _own(pixels: Pixels, entry: LegendEntry, curves: Sequence[FoundCurve]) -> LegendEntry:
    """Return a label with the colour of its letters, without the curves that cross it."""
    left, top = max(int(entry.box[0]), 0), max(int(entry.box[1]), 0)
    crop = pixels[top : int(entry.box[3]) + 1, left : int(entry.box[2]) + 1].astype(np.float64)
    aside = int(_LETTER * crop.shape[0])
    wide = np.zeros((crop.shape[0], crop.shape[1] + 2 * aside), dtype=np.bool_)
    for curve in curves:
        wide |= _under(curve, left - aside, top, wide.shape)
    if not wide.any():
        return entry
    under = wide[:, aside : aside + crop.shape[1]]
    if under.all():
        return entry
    ground = np.median(crop[~under], axis=0)
    ink = np.where(under, 0.0, np.abs(crop - ground).max(axis=2))
    letters = ink > _STRONG * np.percentile(ink[~under], 98)
    if ink.max() < _LEAST or letters.sum() < _FEWEST:
        return entry
    red, green, blue = (int(v) for v in np.median(crop[letters], axis=0))
    return replace(entry, colour=(red, green, blue))


def _under(curve: FoundCurve, left: int, top: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return what of a box a curve covers, with its falls and its marks."""
    reach = curve.width / 2 + 2.5
    columns = left + np.arange(shape[1])
    first = np.clip(np.searchsorted(curve.x, columns - reach, side="right") - 1, 0, None)
    last = np.clip(np.searchsorted(curve.x, columns + reach, side="right") - 1, 0, None)
    away = np.abs(columns[:, None] - curve.marks[None, :]).min(axis=1, initial=np.inf)
    higher = np.where(away <= reach, _MARK * curve.width, 0.0)
    rows = top + np.arange(shape[0])[:, None]
    covered = rows >= curve.y[first] - reach - higher
    covered &= rows <= curve.y[last] + reach + higher
    return np.asarray(covered & (columns >= curve.x[0] - reach) & (columns <= curve.end + reach))
