"""The nodes of the chain: where the curve was read, where a number is printed, and between."""

from dataclasses import dataclass

import numpy as np

from perdure.reconstruct.facts import Facts
from perdure.reconstruct.reading import Reading
from perdure.records import Bools, Floats, Ints

__all__ = ["Columns", "columns_of"]

_PER_CLICKS = 150
_PER_COLUMNS = 250
"""The follow-up is cut into at least so many blocks, where points are further apart."""

_NEAR = 0.01
"""A point so far beyond a printed 0, as a share of its time, is still read at that 0."""

_UNREAD = -1

_NARROWEST = 0.3
"""Points that leave survival fewer rows than this contradict each other, and narrow nothing."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Nodes in time; arrays of shape (nodes,).

    Attributes
    ----------
    time : ndarray of float
        The first is 0; two nodes at one time stand in the order in which they count.
    reading, seen : ndarray of float and bool
        Survival as read at the node, where it was.
    centre, reach : ndarray of float
        Survival lies within ``reach`` of ``centre``.
    printed : ndarray of int
        The number at risk printed for this time, -1 where there is none.
    scale : ndarray of float
        Reading error as a multiple of the reading's own.
    low, high : ndarray of int
        Bounds of the number at risk.
    """

    time: Floats
    reading: Floats
    seen: Bools
    centre: Floats
    reach: Floats
    printed: Ints
    scale: Floats
    low: Ints
    high: Ints

    @property
    def blocks(self) -> Floats:
        """Length of the block that leads to each node; 0 for the first."""
        return np.diff(self.time, prepend=0.0)


def columns_of(facts: Facts, reading: Reading, *, extra: tuple[float, ...] = ()) -> Columns:
    """Lay out the nodes of an arm.

    Parameters
    ----------
    facts : Facts
    reading : Reading
    extra : tuple of float
        Times that need a node of their own.
    """
    time, read, centre = _points(facts, reading)
    scale = _scales(time, centre, reading)
    # What a column shows at a printed time happened before it; a step may happen at it.
    rank = 1.0 if facts.beyond or reading.kind == "columns" else -1.0
    rows = [(float(t), 0.0, _UNREAD, at) for at, t in enumerate(time)]
    rows += [(tick, rank, n, _UNREAD) for tick, n in facts.ticks if 0 < tick <= time[-1]]
    rows += [(t, 2.0, _UNREAD, _UNREAD) for t in extra if 0 < t < time[-1]]
    rows = _filled(sorted(rows), _longest_block(time, reading))
    source = np.array([row[3] for row in rows])
    seen = source >= 0
    times = np.array([row[0] for row in rows])
    around = _around(read, centre, reading.reach * scale, reading)
    spread = _spread(times, seen, source, *around, steps=reading.kind == "steps")
    printed = np.array([row[2] for row in rows])
    printed[0] = facts.n
    low, high = _bounds(printed, *spread)
    return Columns(
        times,
        np.where(seen, read[source], 0.0),
        seen,
        spread[0],
        spread[1],
        printed,
        np.where(seen, scale[source], 1.0),
        low,
        high,
    )


def _points(facts: Facts, reading: Reading) -> tuple[Floats, Floats, Floats]:
    """Return time, survival as read, and made to fall, of the points that say something."""
    curve = facts.curve
    kept = np.ones(curve.time.size, dtype=np.bool_)
    if reading.kind == "steps":
        kept[1:] = np.diff(curve.read) < 0
        kept[-1] = True
    time = curve.time
    if facts.left_by is not None:
        near = (1 + _NEAR) * facts.left_by
        kept &= time <= max(near, float(time[0]))
        time = np.minimum(time, (1 - 1e-6) * facts.left_by)
    kept[0] = True
    read = reading.on_rows(np.clip(curve.read, 0.0, 1.0))
    return time[kept], read[kept], curve.survival[kept]


def _around(read: Floats, centre: Floats, reach: Floats, reading: Reading) -> tuple[Floats, Floats]:
    """Return centre and reach of the points: where points stray, their neighbours narrow them.

    Survival falls, so that it is at most what any point before allows, and at least what any point
    after does. Points that stray by more rows than are counted say nothing here.
    """
    if reading.kind != "columns" or not reading.rows_off:
        return centre, reach
    row = 2 * reading.half_width
    near = np.abs(read - centre) <= (reading.rows_off + 0.6) * row
    told = np.where(near, read, centre)
    top = np.minimum(np.minimum.accumulate(told + reach), centre + reach)
    bottom = np.maximum(np.maximum.accumulate((told - reach)[::-1])[::-1], centre - reach)
    narrow = top - bottom > _NARROWEST * row
    top, bottom = np.where(narrow, top, centre + reach), np.where(narrow, bottom, centre - reach)
    return (top + bottom) / 2, (top - bottom) / 2


def _scales(time: Floats, centre: Floats, reading: Reading) -> Floats:
    """Return each point's error as a multiple: an error in time counts where it is steep."""
    scale = np.ones(time.size)
    if reading.time_error > 0:
        near = np.maximum(np.diff(time), 2 * reading.time_error)
        steep = np.abs(np.diff(centre)) / near
        slope = np.maximum(np.append(steep, 0.0), np.append(0.0, steep))
        scale = np.sqrt(1 + (slope * reading.time_error / reading.half_width) ** 2)
        scale[0] = 0.2
    return scale


def _longest_block(time: Floats, reading: Reading) -> float:
    """Return how long a block may be before it is cut."""
    if reading.kind == "steps":
        return np.inf
    if reading.kind == "clicks":
        return float(time[-1]) / _PER_CLICKS
    return max(1.5 * float(np.median(np.diff(time))), float(time[-1]) / _PER_COLUMNS)


def _filled(
    rows: list[tuple[float, float, int, int]], longest: float
) -> list[tuple[float, float, int, int]]:
    """Return the rows with unread nodes between those too far apart."""
    filled = rows[:1]
    for row in rows[1:]:
        last = filled[-1][0]
        parts = int(np.ceil((row[0] - last) / longest - 1e-6))
        step = (row[0] - last) / max(parts, 1)
        filled += [(last + step * part, 0.0, _UNREAD, _UNREAD) for part in range(1, parts)]
        filled.append(row)
    return filled


def _spread(
    time: Floats, seen: Bools, source: Ints, centre: Floats, reach: Floats, *, steps: bool
) -> tuple[Floats, Floats]:
    """Return centre and reach of every node; between two points survival is between theirs.

    Steps are read at their own times, so that survival stays where it is until the next.
    """
    centres, reaches = centre[source].copy(), reach[source].copy()
    order = np.arange(time.size)
    before = np.maximum.accumulate(np.where(seen, order, 0))
    between = ~seen
    if steps:
        centres[between], reaches[between] = centres[before][between], reaches[before][between]
        return centres, reaches
    after = np.minimum.accumulate(np.where(seen, order, time.size - 1)[::-1])[::-1]
    top = (centres + reaches)[before]
    bottom = (centres - reaches)[after]
    centres[between] = (top + bottom)[between] / 2
    reaches[between] = (top - bottom)[between] / 2
    return centres, reaches


def _bounds(printed: Ints, centre: Floats, reach: Floats) -> tuple[Ints, Ints]:
    """Return the fewest and the most at risk at each node.

    Number at risk over survival never rises: it is the share not censored. So it lies between its
    values at the printed numbers before and after.
    """
    top = np.minimum(centre + reach, 1.0)
    bottom = np.maximum(centre - reach, 1e-9)
    low, high = np.zeros(centre.size, np.int64), np.zeros(centre.size, np.int64)
    known = np.flatnonzero(printed >= 0)
    ends = np.append(known[1:], centre.size - 1)
    for place, (at, end) in enumerate(zip(known, ends, strict=True)):
        following = printed[known[place + 1]] if place + 1 < known.size else 0
        inside = slice(at, end + 1)
        most = np.floor(printed[at] * top[inside] / bottom[at]) + 1
        least = np.ceil(following * bottom[inside] / top[end]) - 1
        low[inside] = np.maximum(least, following)
        high[inside] = np.maximum(np.minimum(most, printed[at]), low[inside])
    low[known] = high[known] = printed[known]
    return low, high
