"""The rows of pixels that digitised values lie on, and points that jump off the curve."""

import numpy as np

from perdure.records import Bools, Floats

__all__ = ["fitted_rows", "row_spacing", "spikes", "written_to"]

_FEWEST = 12
"""Fewer distinct values than this say nothing of rows."""

_SMALLEST = 1.5e-4
"""Rows closer than this are digits of the file and not pixels."""

_ALIGNED = 0.03
"""Values lie on rows where their mean resultant length falls short by no more than this of what
the digits that they were written with allow."""

_LEAST_ALIGNED = 0.8
"""Where digits are as coarse as rows, rows cannot be told."""

_AT_ONCE = 1000
"""So many frequencies are looked at together."""

_FINEST = 5e-8
"""Values are not known better than this."""

_WINDOW = 7
_DENSE = 60
"""With fewer points, neighbours are too far apart to tell."""

_OFF = 3.5
"""A point so many rows away from the median of its neighbours is a spike."""

_LEAST_OFF = 0.004
"""And at least this far, in survival, where no rows are found."""


def row_spacing(values: Floats) -> float | None:
    """Return how far the rows lie apart on which values were read, or None if there are none.

    The largest spacing for which all values are a whole number of rows from each other, to the
    digits that they were written with: a periodogram of the values (Rayleigh's test).

    Parameters
    ----------
    values : ndarray of float, shape (points,)
        Survival as it was read.

    Examples
    --------
    >>> heights = np.round(np.exp(-np.linspace(0, 1, 90)) * 349) / 349
    >>> round(1 / row_spacing(heights))
    349
    """
    distinct = np.unique(np.round(values, 7))
    if distinct.size < _FEWEST:
        return None
    gaps = np.sort(np.diff(distinct))
    gap = gaps[max(1, gaps.size // 20)]
    extent = distinct[-1] - distinct[0]
    finest = max(gap / 12, _SMALLEST)
    if finest >= gap * 1.15:
        return None
    frequencies = np.arange(1 / (gap * 1.15), 1 / finest, 0.25 / extent)
    expected = _expected(frequencies, written_to(values)) - _ALIGNED
    told = expected > _LEAST_ALIGNED
    frequencies, expected = frequencies[told], expected[told]
    some = distinct[np.linspace(0, distinct.size - 1, min(distinct.size, 60)).astype(int)]
    for start in range(0, frequencies.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        found = _first_aligned(frequencies[part], expected[part], some, distinct, extent)
        if found is not None:
            return 1 / found
    return None


def fitted_rows(values: Floats, spacing: float) -> tuple[float, float]:
    """Return where the rows start and how far they lie apart, by least squares.

    Digits that values were written with are rounded off a row each its own way, so that many
    values tell the rows far better than one.

    Parameters
    ----------
    values : ndarray of float, shape (points,)
    spacing : float
        From `row_spacing`.

    Examples
    --------
    >>> heights = np.round(np.round(np.exp(-np.linspace(0, 1, 90)) * 349) / 349, 4)
    >>> first, spacing = fitted_rows(heights, row_spacing(heights))
    >>> round(1 / spacing, 1)
    349.0
    """
    turn = np.angle(np.mean(np.exp(2j * np.pi * values / spacing))) / (2 * np.pi)
    rows = np.round(values / spacing - turn)
    middle, row = float(values.mean()), float(rows.mean())
    off = rows - row
    better = float(off @ (values - middle) / (off @ off)) if np.ptp(rows) > 0 else spacing
    return middle - row * better, better


def _first_aligned(
    frequencies: Floats, expected: Floats, some: Floats, values: Floats, extent: float
) -> float | None:
    """Return the lowest frequency at which the values are in phase."""
    for at in np.flatnonzero(_even_alignment(frequencies, some) > 0.85 * expected):
        near = frequencies[at] + np.linspace(-0.15, 0.15, 49) / extent
        aligned = _alignment(near, values)
        best = int(np.argmax(aligned))
        if aligned[best] > expected[at]:
            return float(near[best])
    return None


def written_to(values: Floats) -> float:
    """Return half of the last digit that values are written with, 5e-8 at the least.

    Examples
    --------
    >>> written_to(np.array([0.5, 0.25]))
    0.005
    """
    for places in range(1, 8):
        if np.abs(values - np.round(values, places)).max() < 1e-9:
            return float(0.5 * 10.0**-places)
    return _FINEST


def _expected(frequencies: Floats, written: float) -> Floats:
    """Return the mean resultant length of values on rows, rounded to digits."""
    return np.asarray(np.exp(-2 * (np.pi * written * frequencies) ** 2 / 3))


def _alignment(frequencies: Floats, values: Floats) -> Floats:
    """Return the mean resultant length of the values' phases at each frequency."""
    turns = np.exp(2j * np.pi * np.outer(frequencies, values))
    return np.asarray(np.abs(turns.mean(axis=1)))


def _even_alignment(frequencies: Floats, values: Floats) -> Floats:
    """Return what `_alignment` does, of frequencies that lie evenly.

    Each is a coarse one and a fine one, whose turns multiply: so few have to be computed.
    """
    count = frequencies.size
    side = int(np.ceil(np.sqrt(count)))
    step = (frequencies[-1] - frequencies[0]) / max(count - 1, 1)
    coarse = frequencies[0] + side * step * np.arange(side)
    turns = (np.exp(2j * np.pi * np.outer(one, values)) for one in (coarse, step * np.arange(side)))
    sums = np.einsum("iv,jv->ij", *turns, optimize=False)
    return np.asarray(np.abs(sums).ravel()[:count] / values.size)


def spikes(values: Floats) -> Bools:
    """Return which points jump off the curve: far from the median of the points around them.

    The running median of values that fall is those values, however steep, so that real drops are
    never taken for spikes.

    Parameters
    ----------
    values : ndarray of float, shape (points,)
        In order of time.

    Examples
    --------
    >>> values = np.linspace(1, 0.3, 80)
    >>> values[20] += 0.1
    >>> np.flatnonzero(spikes(values))
    array([20])
    """
    if values.size < _DENSE:
        return np.zeros(values.size, dtype=np.bool_)
    edge = _WINDOW // 2
    padded = np.concatenate((np.full(edge, values[0]), values, np.full(edge, values[-1])))
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW), axis=1)
    off = np.abs(values - middle)
    row = row_spacing(values)
    limit = max(_LEAST_OFF, _OFF * 1.4826 * float(np.median(off))) if row is None else _OFF * row
    found: Bools = off > limit
    found[[0, -1]] = False
    return found
