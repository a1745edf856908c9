"""Curves that meet and part again: which of them goes on where, by their looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.found import FoundCurve
from perdure.digitise.looks import Look, look_between
from perdure.digitise.names import colours_apart
from perdure.figure.page import Pixels
from perdure.records import Bools

__all__ = ["uncrossed"]

BRIEF = 4
"""Columns: two lines that share no more of them do not go on together."""
DOUBT = "it meets another line of its look: beyond that the two may be exchanged"
ALIKE = 15.0
"""Lines whose colours (L*a*b*) are farther apart are not followed into each other."""
APART = 3.0
"""Widths of their lines by which two curves are plainly apart."""
WIDTHS, GAPS = 8.0, 40.0
"""What a pixel of width, and a line without ink for one with, differ by, as colours do."""
PLAINLY = 6.0
"""By so much two lines must differ for their looks to tell which goes on where."""
FAR = 0.01
"""Of the plot's height: how far apart, on average, two ends must be for it to matter."""


@dataclass(frozen=True)
class _Meeting:
    """Where two curves met: columns.

    Attributes
    ----------
    before, start : float
        They are apart from the one to the other.
    parted, after : float
        They are apart again from the one to the other.
    touched : bool
        The one that was above is so afterwards.
    """

    before: float
    start: float
    parted: float
    after: float
    touched: bool

    @property
    def brief(self) -> bool:
        """A fall of one through the other, and not a stretch together."""
        return self.parted - self.start <= BRIEF


def uncrossed(
    pixels: Pixels, curves: Sequence[FoundCurve], height: float
) -> tuple[FoundCurve, ...]:
    """Return the curves, with the ends of two exchanged where their looks say so.

    Where looks do not tell two that met: one that falls through the other is likelier than both
    that fall at once, the one to where the other was; after a stretch together both are doubted.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
    curves : sequence of FoundCurve
    height : float
        Of the plot, in pixels.
    """
    found = list(curves)
    for one, other in combinations(range(len(found)), 2):
        if colours_apart(found[one].colour, found[other].colour) > ALIKE:
            continue
        for met in _meetings(found[one], found[other]):
            pair = found[one], found[other]
            kept, exchanged = _unlike(pixels, pair, met)
            untold = abs(exchanged - kept) <= PLAINLY and pair[0].dashed == pair[1].dashed
            if exchanged + PLAINLY < kept or (untold and met.brief and met.touched):
                found[one], found[other] = _exchanged(*pair, (met.start + met.parted) / 2)
            elif untold and not met.brief and _matters(*pair, met.parted, height):
                for at in (one, other):
                    if DOUBT not in found[at].doubts:
                        found[at] = replace(found[at], doubts=(*found[at].doubts, DOUBT))
    return tuple(found)


def _meetings(one: FoundCurve, other: FoundCurve) -> list[_Meeting]:
    """Return where two curves met, after they were apart, and parted again."""
    columns = np.arange(max(int(one.x[0]), int(other.x[0])), min(int(one.end), int(other.end)) + 1)
    below = one.rows_at(columns) - other.rows_at(columns)
    width = max(one.width, other.width)
    meet = (np.abs(below) <= width / 2 + 1) | _one_falls_to_other(one, other, columns, width)
    meet |= np.diff(np.sign(below), prepend=np.sign(below[:1])) != 0
    parted = (np.abs(below) > APART * width) & ~meet
    found: list[_Meeting] = []
    begin = _first(parted, 0)
    while begin is not None:
        start = _first(meet, begin)
        stop = None if start is None else _first(parted, start)
        if start is None or stop is None:
            break
        last = start + int(np.flatnonzero(meet[start:stop])[-1])
        after = _first(meet, stop)
        until = columns.size - 1 if after is None else after
        touched = bool(np.sign(below[begin]) == np.sign(below[stop]))
        at = [float(columns[place]) for place in (begin, start, last, until)]
        found.append(_Meeting(at[0], at[1], at[2], at[3], touched))
        begin = stop
    return found


def _first(flags: Bools, start: int) -> int | None:
    """Return the first place with a flag from a start on."""
    places = np.flatnonzero(flags[start:])
    return start + int(places[0]) if places.size else None


def _one_falls_to_other(
    one: FoundCurve, other: FoundCurve, columns: NDArray[np.int64], width: float
) -> Bools:
    """Return where a curve falls to the row that the other leaves by a fall at the same time."""
    before, then = columns - BRIEF // 2, columns + BRIEF // 2
    meet = np.zeros(columns.size, dtype=np.bool_)
    for upper, lower in ((one, other), (other, one)):
        high, low = upper.rows_at(before), lower.rows_at(before)
        fallen, left = upper.rows_at(then), lower.rows_at(then)
        meet |= (
            (np.abs(fallen - low) <= width / 2 + 1)
            & (low - high > width)
            & (left - low > width)
            & (columns > upper.x[0] + BRIEF)
        )
    return meet


def _unlike(
    pixels: Pixels,
    pair: tuple[FoundCurve, FoundCurve],
    met: _Meeting,
) -> tuple[float, float]:
    """Return how unlike the lines are before and after a meeting: as they are, and exchanged."""
    first = [look_between(pixels, curve, met.before, met.start) for curve in pair]
    then = [look_between(pixels, curve, met.parted, met.after) for curve in pair]
    if any(look is None or not look.alike for look in (*first, *then)):
        return 0.0, 0.0
    kept = sum(_apart(a, b) for a, b in zip(first, then, strict=True))
    exchanged = sum(_apart(a, b) for a, b in zip(first, then[::-1], strict=True))
    return kept, exchanged


def _apart(one: Look | None, other: Look | None) -> float:
    """Return how unlike two looks are."""
    if one is None or other is None:
        return 0.0
    inked = GAPS * abs(one.inked - other.inked)
    return colours_apart(one.colour, other.colour) + WIDTHS * abs(one.width - other.width) + inked


def _exchanged(one: FoundCurve, other: FoundCurve, column: float) -> tuple[FoundCurve, FoundCurve]:
    """Return two curves, each with the course of the other after a column."""
    return _with_end(one, other, column), _with_end(other, one, column)


def _with_end(one: FoundCurve, other: FoundCurve, column: float) -> FoundCurve:
    """Return a curve that goes on as another after a column; what is doubted of one is of both."""
    old, new = one.x <= column, other.x > column
    x = np.concatenate([one.x[old], other.x[new]])
    y = np.maximum.accumulate(np.concatenate([one.y[old], other.y[new]]))
    marks = np.concatenate([one.marks[one.marks <= column], other.marks[other.marks > column]])
    most = one if column - one.x[0] > other.end - column else other
    return replace(
        one,
        x=x,
        y=y,
        end=other.end,
        marks=marks,
        dashed=most.dashed,
        certainty=min(one.certainty, other.certainty),
        doubts=tuple(dict.fromkeys((*one.doubts, *other.doubts))),
    )


def _matters(one: FoundCurve, other: FoundCurve, column: float, height: float) -> bool:
    """Tell whether it would matter if two curves were exchanged after a column."""
    columns = np.arange(int(column), int(min(one.end, other.end)) + 1)
    whole = max(one.end, other.end) - min(one.x[0], other.x[0])
    area = float(np.abs(one.rows_at(columns) - other.rows_at(columns)).sum())
    return bool(area > FAR * height * whole)
