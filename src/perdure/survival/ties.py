"""Which observed times are one time: numbers that differ by rounding only are tied."""

import numpy as np

from perdure.records import Bools, Floats, Ints

__all__ = ["distinct_times", "sorted_times"]

TIED = float(np.sqrt(np.finfo(np.float64).eps))
"""Neighbours closer than this times the mean time, or than this, are tied: as R's survfit does."""


def sorted_times(time: Floats) -> tuple[Ints, Floats, Bools]:
    """Return the order that sorts the times, the sorted times, and where a new time begins.

    Examples
    --------
    >>> order, ordered, begins = sorted_times(np.array([0.3, 0.1, 0.1 + 0.2]))
    >>> order, begins
    (array([1, 0, 2]), array([ True,  True, False]))
    """
    order = time.argsort(kind="stable")
    ordered = time[order]
    begins = np.empty(time.size, dtype=np.bool_)
    begins[0] = True
    tolerance = TIED * max(1.0, float(ordered.sum()) / ordered.size)
    np.greater(ordered[1:] - ordered[:-1], tolerance, out=begins[1:])
    return order, ordered, begins


def distinct_times(time: Floats) -> tuple[Floats, Ints]:
    """Return the distinct times, increasing, and for each patient which of them is theirs.

    Examples
    --------
    >>> distinct, row = distinct_times(np.array([0.5, 0.25, 0.5]))
    >>> distinct, row
    (array([0.25, 0.5 ]), array([1, 0, 1]))
    """
    order, ordered, begins = sorted_times(time)
    row = np.empty(time.size, dtype=np.int64)
    row[order] = np.cumsum(begins) - 1
    return ordered[begins], row
