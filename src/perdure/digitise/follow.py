"""The best staircase through the evidence of a curve, by dynamic programming over columns."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perdure.digitise.ink import Image

__all__ = ["follow"]

JUMP = 0.4
"""What a step costs, in columns of full evidence."""
RISE = 0.8
"""What a rise by one pixel costs: a picture may be turned a little."""


def follow(
    reward: Image, fall: Image, start: NDArray[np.float64]
) -> tuple[NDArray[np.int64], float]:
    """Return the row of the best staircase in each column, and what it gained.

    A staircase goes from left to right and falls; it ends where it gained most, so that a curve is
    followed to its true end and through gaps that what comes after makes good.

    Parameters
    ----------
    reward : array of float, shape (height, width)
        What the curve gains in a column by being at a row.
    fall : array of float, shape (height, width)
        What it loses by falling over a pixel.
    start : array of float, shape (height,)
        What it loses by starting at a row.

    Notes
    -----
    Quickest where ``reward`` and ``fall`` hold column after column.

    Examples
    --------
    >>> reward = np.full((6, 8), -1, np.float32)
    >>> reward[1, :4] = reward[4, 4:6] = 1
    >>> rows, gained = follow(reward, np.zeros((6, 8), np.float32), np.zeros(6))
    >>> rows.tolist(), round(gained, 1)
    ([1, 1, 1, 1, 4, 4], 5.6)
    """
    by_column = np.asfortranarray(reward), np.asfortranarray(fall)
    rows, gained = _follow(*by_column, start.astype(np.float64), JUMP, RISE)
    return rows, float(gained)


@njit(cache=True)
def _follow(
    reward: Image, fall: Image, start: NDArray[np.float64], jump: float, rise: float
) -> tuple[NDArray[np.int64], float]:
    height, width = reward.shape
    came = np.zeros((width, height), np.int16)
    now = start.copy()
    after = np.empty(height)
    best, end, at_end = -1e18, 0, 0
    for x in range(width):
        lost = 0.0
        top, top_row = -1e18, 0
        for y in range(height):
            lost += fall[y, x]
            value, source = now[y], y
            if top - lost - jump > value:
                value, source = top - lost - jump, top_row
            if y + 1 < height and now[y + 1] - rise > value:
                value, source = now[y + 1] - rise, y + 1
            if now[y] + lost > top:
                top, top_row = now[y] + lost, y
            after[y] = value + reward[y, x]
            came[x, y] = source
            if after[y] > best:
                best, end, at_end = after[y], x, y
        now, after = after, now
    rows = np.empty(end + 1, np.int64)
    row = at_end
    for x in range(end, -1, -1):
        rows[x] = row
        row = came[x, row]
    return rows, best
