"""From the pixels of a path to the corners of its steps, finer than a pixel; and its marks."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from perdure.digitise.ink import Bools, Image
from perdure.records import Floats

__all__ = ["falls_to", "line_width", "marks_on", "steps_of"]


def line_width(covered: Image) -> float:
    """Return the thickness of a line, in pixels: the height that most of its ink has.

    Examples
    --------
    >>> covered = np.zeros((20, 50), np.float32)
    >>> covered[8:11] = 1
    >>> line_width(covered)
    3.0
    """
    # marks and falls are narrow: they are not what is measured
    level = cv2.morphologyEx(
        (covered > 0.5).astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, 7), np.uint8)
    )
    columns = np.pad(cv2.transpose(level), ((0, 0), (1, 1))).astype(np.int8).ravel()
    turns = np.diff(columns)
    heights = np.flatnonzero(turns == -1) - np.flatnonzero(turns == 1)
    if heights.size < 10:
        return 2.0
    counts = np.bincount(heights)[:40]
    weighted = np.convolve(counts * np.arange(counts.size), [0.5, 1, 0.5], "same")
    return float(max(int(np.argmax(weighted)), 1))


def falls_to(zero: float, covered: Image, column: int, row: float, width: float) -> bool:
    """Say whether a curve ends in a fall to survival 0: the last who was followed had the event.

    A censoring mark at the end is as tall above the line as below, and stops on its way.

    Parameters
    ----------
    zero : float
        The row of survival 0.
    covered : array of float, shape (height, width)
    column : int
        In which the curve ends.
    row : float
        Its last.
    width : float
        Of the line.

    Examples
    --------
    >>> covered = np.zeros((60, 40), np.float32)
    >>> covered[19:22, :30] = 1
    >>> falls_to(50.0, covered, 29, 20.0, 3.0)
    False
    >>> covered[20:50, 28:31] = 1
    >>> falls_to(50.0, covered, 29, 20.0, 3.0)
    True
    """
    start, stop = round(row + width / 2) + 1, min(round(zero - width / 2), covered.shape[0])
    if stop - start < 2 * width + 3:
        return False
    aside = round(width / 2) + 1
    column_of = covered[start:stop, max(column - aside, 0) : column + aside + 1].max(axis=1)
    return bool((column_of > 0.4).mean() > 0.9)


def steps_of(
    rows: NDArray[np.int64], first: int, covered: Image, hidden: Bools, width: float
) -> tuple[Floats, Floats]:
    """Return the corners of a path's steps: x and the y from there on, in pixels.

    The height of a run is the centre of its ink. A step from one height to another lies where the
    ink that sticks out above the lower line ends and that below the upper one begins, each half
    the line's width from it.

    Parameters
    ----------
    rows : array of int, shape (columns,)
        Row of the path in each column.
    first : int
        Its first column.
    covered : array of float, shape (height, width)
    hidden : array of bool, shape (height, width)
    width : float
        Of the line.

    Examples
    --------
    >>> covered = np.zeros((30, 40), np.float32)
    >>> covered[9:12, :21] = covered[19:22, 18:] = covered[9:22, 18:21] = 1
    >>> x, y = steps_of(np.repeat([10, 20], 20), 0, covered, covered > 2, 3.0)
    >>> x.tolist(), y.tolist()
    ([0.0, 19.0], [10.0, 20.0])
    """
    rows = np.maximum.accumulate(rows)
    edges = np.flatnonzero(np.diff(rows)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [rows.size]])
    heights = [
        _height(covered, hidden, int(rows[a]), first + int(a), first + int(b), width)
        for a, b in zip(starts, ends, strict=True)
    ]
    y = np.maximum.accumulate(np.array(heights))
    x = np.array(
        [float(first)]
        + [
            _place(covered, first + int(at), float(y[n]), float(y[n + 1]), width)
            for n, at in enumerate(edges)
        ]
    )
    return np.maximum.accumulate(x), y


def _height(covered: Image, hidden: Bools, row: int, start: int, stop: int, width: float) -> float:
    """Return the centre of the ink of a run, where it can be seen well."""
    reach = int(np.ceil(width / 2)) + 1
    top, bottom = max(row - reach, 0), min(row + reach + 1, covered.shape[0])
    # steps at both ends fill half a line's width with ink of their own
    trim = int(width / 2) + 1 if stop - start > 2 * width + 4 else 0
    part = covered[top:bottom, start + trim : stop - trim]
    seen = ~hidden[top:bottom, start + trim : stop - trim].any(axis=0)
    part = part[:, seen]
    ink = part.sum(axis=1)
    if part.shape[1] == 0 or ink.sum() < 0.5 * min(width, 2) * part.shape[1] * 0.5:
        return float(row)
    centre = float(ink @ np.arange(top, bottom) / ink.sum())
    return float(np.clip(centre, row - 1, row + 1))


def _place(covered: Image, at: int, above: float, below: float, width: float) -> float:
    """Return where a step lies: between the end of the upper line and the start of the lower."""
    half, drop = width / 2, min(below - above, width)
    if drop < 0.5:
        return at - 0.5
    reach = int(np.ceil(width)) + 1
    left, right = max(at - reach, 0), min(at + reach + 1, covered.shape[1])
    high = _strip(covered, above - half, above - half + drop, left, right)
    low = _strip(covered, below + half - drop, below + half, left, right)
    end, start = left - 0.5 + high.sum(), right - 0.5 - low.sum()
    return float(np.clip((end + start) / 2, at - 0.5 - half - 0.5, at - 0.5 + half + 0.5))


def _strip(covered: Image, top: float, bottom: float, left: int, right: int) -> Floats:
    """Return how much of each column is covered between two heights."""
    first = int(np.clip(round(top + 0.5), 0, covered.shape[0] - 1))
    last = int(np.clip(round(bottom - 0.5), first, covered.shape[0] - 1))
    strip = covered[first : last + 1, left:right]
    return np.asarray(np.clip(strip.mean(axis=0), 0, 1), dtype=np.float64)


def marks_on(
    rows: NDArray[np.int64], first: int, covered: Image, hidden: Bools, width: float
) -> Floats:
    """Return the columns of the censoring marks on a path: ink that stands on the line.

    Parameters
    ----------
    rows, first, covered, hidden, width
        As of :func:`steps_of`.

    Returns
    -------
    array of float, shape (marks,)

    Examples
    --------
    >>> covered = np.zeros((30, 60), np.float32)
    >>> covered[15:17] = 1
    >>> covered[10:22, 30:32] = 1
    >>> marks_on(np.full(60, 15), 0, covered, covered > 2, 2.0).tolist()
    [30.5]
    """
    height = covered.shape[0]
    columns = first + np.arange(rows.size)
    spread = int(np.ceil(width)) + 1
    # above a step stands the line that it comes from
    upper = minimum_filter1d(rows, 2 * spread + 1, mode="nearest")
    lower = maximum_filter1d(rows, 2 * spread + 1, mode="nearest")
    gap = int(np.floor(width / 2)) + 1
    long = max(round(width), 2)
    over, under = np.zeros(rows.size), np.zeros(rows.size)
    for step in range(1, long + 1):
        over += covered[np.clip(upper - gap - step, 0, height - 1), columns]
        under += covered[np.clip(lower + gap + step, 0, height - 1), columns]
    blind = hidden[np.clip(upper - gap - 1, 0, height - 1), columns]
    on = np.where(blind, 0, np.maximum(np.minimum(over, under), 0.6 * over)) / long
    return _peaks(on, first, width)


def _peaks(on: Floats, first: int, width: float) -> Floats:
    """Return the centres of short runs; a run of several marks' width is several marks."""
    inside = np.pad(on > 0.4, 1).astype(np.int8)
    starts = np.flatnonzero(np.diff(inside) == 1)
    stops = np.flatnonzero(np.diff(inside) == -1)
    found: list[float] = []
    for start, stop in zip(starts, stops, strict=True):
        long = stop - start
        if long > 12 * width + 8:  # no mark but another line
            continue
        marks = max(round(long / max(2 * width, 2)), 1) if long > 2.5 * width + 1 else 1
        if marks == 1:
            weight = on[start:stop]
            found.append(first + float(weight @ np.arange(start, stop) / weight.sum()))
        else:
            found += [first + start - 0.5 + long * (one + 0.5) / marks for one in range(marks)]
    return np.array(found)
