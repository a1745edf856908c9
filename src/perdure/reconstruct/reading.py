"""How a curve was read, and how far its values may be from the truth."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from perdure.reconstruct.rows import fitted_rows, row_spacing, written_to
from perdure.records import Curve, Floats

__all__ = ["Reading", "ReadingKind", "emission", "reading_of", "strays_of"]

ReadingKind = Literal["columns", "steps", "clicks"]
"""One point a pixel column; the times of the steps themselves; points clicked by hand."""

_REGULAR = 0.8
"""Share of points evenly apart from which a curve was read column by column."""

_FEWEST_COLUMNS = 40

_EXACT = 5e-4
"""Points known to this half-width and unevenly apart may be the steps of a vector figure."""

_CLICK = 0.004
"""Usual error of a click, as a share of the axis (a standard deviation)."""

_ASPECT = 2 / 3
"""Height over width of a figure: a click errs by as much in both, on the screen."""

_SOFT, _SOFT_ASTRAY = 0.003, 0.01
"""Softness of the edges of a row, as a share of it: a long flat stretch counts it at each point, so
that more would keep survival from the edges, where it may well be. Where points stray, rows are
known less well."""

_STEPS_REACH = 1.02
"""The value of a step is rounded, so that its edges are sharp."""

_USUAL_ROW = 0.0025
"""Height of a row in a figure of 400 rows."""

_TALL_ROW = 0.005
"""Of one with 200."""

_COARSE_DIGIT, _FEW_VALUES = 5e-4, 12
"""A last digit so coarse, or so few values, say nothing of how large rows are."""

_SAME_ROWS = 0.05
"""Rows are those that a given resolution means where they differ by less than this share."""

_REACH = 1.15
"""Half-widths to which the edges of a row reach."""

_PER_ROW = 400
"""Entries of the table of emissions for one row."""

_STRAY = 1e-3
"""Weight of a reading that is off by anything, beside one in its row."""


@dataclass(frozen=True)
class Reading:
    """How a curve's points were read.

    Attributes
    ----------
    kind : {"columns", "steps", "clicks"}
    half_width : float
        Of the reading error of survival: half a row of pixels for a traced figure, the standard
        deviation of a click.
    strays : tuple of float
        How often a point is read 0, 1, 2 rows off to one side.
    time_error : float
        Standard deviation of a point's time, in the curve's unit; 0 where columns are exact.
    stated : bool
        Whether the user gave the half-width.
    digits : float
        Half of the last digit that values were written with, where it blurs the rows.
    rows : (float, float) or None
        Where a row lies, and how far they are apart; None where values lie on no rows.
    """

    kind: ReadingKind
    half_width: float
    strays: tuple[float, ...] = (1.0,)
    time_error: float = 0.0
    stated: bool = False
    digits: float = 0.0
    rows: tuple[float, float] | None = None

    @property
    def reach(self) -> float:
        """How far survival may be from a point that is not stray."""
        if self.kind == "clicks":
            return 3.3 * self.half_width
        if self.kind == "steps":
            return _STEPS_REACH * self.half_width
        return (2 * self.rows_off + _REACH) * self.half_width + self.digits

    @property
    def rows_off(self) -> int:
        """How many rows a point may be off to one side."""
        return len(self.strays) - 1

    def on_rows(self, read: Floats) -> Floats:
        """Return values on the rows that they were read from, free of the digits' rounding."""
        if self.rows is None:
            return read
        first, row = self.rows
        return first + row * np.round((read - first) / row)

    def wider(self, factor: float) -> "Reading":
        """Return the same reading with a larger error."""
        return replace(
            self, half_width=self.half_width * factor, time_error=self.time_error * factor
        )


def reading_of(curve: Curve) -> Reading:
    """Tell from a curve's points how they were read.

    Points evenly apart in time were read column by column: half a row of pixels is their error,
    and how often they are a row off is counted. Points unevenly apart are steps where their error,
    by their digits unless the user gives it, is that small, or where they are the corners of steps;
    or else clicks.

    Examples
    --------
    >>> time = np.linspace(0, 30, 300)
    >>> heights = np.round(np.exp(-time / 20) * 349) / 349
    >>> found = reading_of(Curve(time, heights))
    >>> found.kind, round(2 * found.half_width * 349, 2)
    ('columns', 1.0)
    """
    if _is_even(curve.time):
        return _columns(curve)
    digits, stated = written_to(curve.read), curve.resolution is not None
    fine = curve.resolution or digits
    if fine <= _EXACT or _vertical(curve):
        return Reading("steps", fine, stated=stated, digits=digits)
    return clicked(curve, curve.resolution or _CLICK, stated=stated)


def _vertical(curve: Curve) -> bool:
    """Whether survival falls only between points at one time: the corners of steps."""
    falls = np.diff(curve.read) < 0
    together = np.diff(curve.time) == 0
    return bool(falls.any() and (together[falls]).all())


def _columns(curve: Curve) -> Reading:
    """Return the reading of a curve read column by column."""
    spacing, stated = row_spacing(curve.read), curve.resolution
    digits, rows = written_to(curve.read), None
    row = _untold_row(curve) if stated is None else 2 * stated
    if spacing is not None and (stated is None or abs(spacing / row - 1) < _SAME_ROWS):
        rows, digits = fitted_rows(curve.read, spacing), 0.0
        row = rows[1]
    return Reading(
        "columns",
        row / 2,
        strays_of((curve.read - curve.survival) / row),
        stated=curve.resolution is not None,
        digits=min(digits, row / 4),
        rows=rows,
    )


def clicked(curve: Curve, error: float, *, stated: bool = False) -> Reading:
    """Return the reading of a curve clicked by hand with an error of this standard deviation."""
    return Reading("clicks", error, time_error=error * _ASPECT * curve.end_time, stated=stated)


def _is_even(time: Floats) -> bool:
    """Whether points are one a pixel column, but for columns left out."""
    steps = np.diff(time)
    steps = steps[steps > 0]
    if time.size < _FEWEST_COLUMNS or steps.size < _FEWEST_COLUMNS - 1:
        return False
    column = float(np.median(steps))
    off = np.abs(steps / column - np.round(steps / column))
    return float(np.mean(off < 0.1)) >= _REGULAR


def _untold_row(curve: Curve) -> float:
    """Return a row's height where values do not tell it.

    What the points wobble by, or the last digit. Digits as coarse as rows hide them: then the
    smallest gaps between values are rows, on average. So do a few values: a usual figure's row.
    """
    values = np.unique(np.round(curve.read, 7))
    unit = 2 * written_to(curve.read)
    wobble = max(4 * float(np.sqrt(np.mean((curve.read - curve.survival) ** 2))), 2e-4)
    if values.size < _FEW_VALUES:
        gap = float(np.diff(values).min()) if values.size > 1 else _USUAL_ROW
        return max(min(gap, _USUAL_ROW), wobble)
    if unit >= _COARSE_DIGIT:
        gaps = np.diff(values)
        smallest = gaps[gaps <= 1.6 * np.quantile(gaps, 0.05)]
        return max(min(float(smallest.mean()), _TALL_ROW), unit, wobble)
    return max(unit, wobble)


def strays_of(rows_off: Floats) -> tuple[float, ...]:
    """Return how often points lie 0, 1, 2 rows off to one side, a little being always possible.

    Examples
    --------
    >>> strays_of(np.array([0.0, 0.2, -0.3, 1.1, -0.9, 0.1, 0.0, 0.4, 0.1, -0.2] * 30))
    (0.800..., 0.099...)
    """
    rows = np.abs(np.round(rows_off))
    counts = np.array([np.sum(rows == at) for at in range(3)]) * 200 / rows.size
    counts = np.array([counts[0] + 1, counts[1] / 2, counts[2] / 2])
    shares = counts / (counts[0] + 2 * counts[1] + 2 * counts[2])
    if shares[1] < 0.02:
        return (1.0,)
    return tuple(float(share) for share in (shares[:2] if shares[2] < 0.005 else shares))


def emission(reading: Reading) -> tuple[Floats, float]:
    """Return the probability of a point by its distance from survival, and the table's step.

    A box for a row of pixels, with soft edges, since what rounds up a flat stretch rounds all of
    it: readings there are not independent. Boxes beside it for points a row off, which are. A bell
    for clicks.

    Examples
    --------
    >>> table, step = emission(Reading("columns", 0.001))
    >>> bool(table[0] > 0.99), bool(table[-1] < 0.01)
    (True, True)
    """
    if reading.kind == "clicks":
        step = reading.half_width / 40
        distance = np.arange(int(6 * reading.half_width / step)) * step
        return np.exp(-0.5 * (distance / reading.half_width) ** 2) + 1e-5, step
    row = 2 * reading.half_width
    step = row / _PER_ROW
    distance = np.arange(4 * _PER_ROW) * step
    table = np.full(distance.size, 0.0 if reading.kind == "steps" else _STRAY)
    soft = _SOFT_ASTRAY if reading.rows_off else _SOFT
    blur = 0.0 if reading.kind == "steps" else reading.digits
    for offset, weight in enumerate(reading.strays):
        for centre in {offset * row, -offset * row}:
            inside = (row / 2 + blur - np.abs(distance - centre)) / (soft * row)
            table += weight / (1 + np.exp(-np.clip(inside, -40, 40)))
    return table, step
