"""The area of the plot: inside the frame or the axis lines, whatever of them is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.tick_marks import Segment, segments_of
from perdure.figure.page import Drawing, Picture
from perdure.records import Bools, Floats

__all__ = ["Area", "plot_area"]

_COVERED = 0.8
"""Share of the range of the ticks that a line of the frame covers."""
_STRONG = 45
"""Steps of colour by which a frame differs from its ground; grid lines are lighter."""


@dataclass(frozen=True)
class Area:
    """A box in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def plot_area(
    page: Picture | Drawing, ticks: Area, bounds: Area, reach: Area | None = None
) -> Area:
    """Return the area inside the frame or the axis lines.

    Parameters
    ----------
    page : Picture or Drawing
    ticks : Area
        From the first to the last tick of each axis.
    bounds : Area
        What the area cannot exceed: the labels at left and beneath, the edges of the page.
    reach : Area, optional
        How far curves can go: to time 0 and from survival 1 to 0, which need no labels. As far as
        ``ticks`` where it is not given.
    """
    reach = ticks if reach is None else _around(ticks, reach)
    if isinstance(page, Drawing):
        level, steep = segments_of(page)
        panel = _panel_of_drawing(page, ticks, bounds, reach)
    else:
        level, steep, panel = _lines_of_picture(page, ticks, bounds, reach)
    across, down = ticks.right - ticks.left, ticks.bottom - ticks.top
    level = tuple(s for s in level if _covers(s, ticks.left, ticks.right))
    steep = tuple(s for s in steep if _covers(s, ticks.top, ticks.bottom))
    slack = 3.0
    beneath = [s for s in level if ticks.bottom - slack <= s.at <= bounds.bottom]
    beside = [s for s in steep if bounds.left <= s.at <= ticks.left + slack]
    above = [s for s in level if reach.top - 0.25 * down <= s.at <= ticks.top + slack]
    beyond = [s for s in steep if ticks.right - slack <= s.at <= bounds.right]
    floor = _edge(beneath, ticks.bottom, reach.bottom, 1.0, slack)
    wall = _edge(beside, ticks.left, reach.left, -1.0, slack)
    ceiling = _edge(above, ticks.top, reach.top, -1.0, slack)
    end = min(beyond, key=lambda s: s.at, default=None)
    if end is not None and floor is not None:  # dark grid lines stand before the end of the floor
        within = [s for s in beyond if s.at <= floor.high + slack]
        end = max(within, key=lambda s: s.at, default=end)
    left = panel.left if wall is None else wall.at + _half(wall)
    bottom = panel.bottom if floor is None else floor.at - _half(floor)
    top = panel.top if ceiling is None else ceiling.at + _half(ceiling)
    right = panel.right if end is None else end.at - _half(end)
    if end is None and floor is not None and floor.high >= ticks.right - slack:
        right = (
            min(right, max(ticks.right, floor.high) + 1) if _tinted(panel, bounds) else floor.high
        )
    # A curve never lies far beneath survival 0: what does (a table in the plot) is no curve.
    bottom = min(bottom, reach.bottom + max(4.0, 0.06 * down))
    top = max(top, reach.top - max(4.0, 0.08 * down))
    left = max(left, reach.left - max(4.0, 0.06 * across))
    return Area(float(left), float(top), float(max(right, ticks.right - slack)), float(bottom))


def _around(ticks: Area, reach: Area) -> Area:
    """Return the reach of curves, which is not less than what has labels."""
    return Area(
        min(ticks.left, reach.left),
        min(ticks.top, reach.top),
        max(ticks.right, reach.right),
        max(ticks.bottom, reach.bottom),
    )


def _edge(
    lines: Sequence[Segment], tick: float, end: float, away: float, slack: float
) -> Segment | None:
    """Return the line of the frame among those from the last label on, ``away`` from the plot.

    Where the values end at the last label it is the first line. Else it is the farthest that is
    not beyond their end: those before it are grid lines.
    """
    if away * (end - tick) > slack:
        before = [s for s in lines if away * (s.at - end) <= slack]
        if before:
            return max(before, key=lambda s: away * s.at)
    return min(lines, key=lambda s: away * s.at, default=None)


def _half(line: Segment) -> float:
    return line.width / 2 + 0.5


def _covers(line: Segment, low: float, high: float) -> bool:
    shared = min(line.high, high) - max(line.low, low)
    return shared >= _COVERED * (high - low)


def _tinted(panel: Area, bounds: Area) -> bool:
    return panel.right < bounds.right - 1


def _fallback(ticks: Area, bounds: Area, reach: Area) -> Area:
    """Return as far as curves can go: where no edge is seen, ink there may be a curve's."""
    across, down = ticks.right - ticks.left, ticks.bottom - ticks.top
    return Area(
        max(bounds.left, reach.left - 0.005 * across - 2),
        max(bounds.top, reach.top - 0.02 * down - 3),
        bounds.right,
        min(bounds.bottom, reach.bottom + 0.02 * down + 3),
    )


def _panel_of_drawing(drawing: Drawing, ticks: Area, bounds: Area, reach: Area) -> Area:
    """Return the smallest filled box around the ticks, or else what curves can reach."""
    found = _fallback(ticks, bounds, reach)
    for fill in drawing.fills:
        if len(fill.points) > 6:
            continue
        left, top = (float(v) for v in fill.points.min(axis=0))
        right, bottom = (float(v) for v in fill.points.max(axis=0))
        around = left <= ticks.left + 2 and right >= ticks.right - 2
        within = left >= bounds.left - 2 and bottom <= bounds.bottom + 2
        if around and within and top <= ticks.top + 2 and bottom >= ticks.bottom - 2:
            found = Area(left, top, right, bottom)
    return found


def _lines_of_picture(
    picture: Picture, ticks: Area, bounds: Area, reach: Area
) -> tuple[tuple[Segment, ...], tuple[Segment, ...], Area]:
    pixels = picture.pixels.astype(np.int16)
    inner = pixels[int(ticks.top) : int(ticks.bottom) + 1, int(ticks.left) : int(ticks.right) + 1]
    codes = (inner >> 3).reshape(-1, 3).astype(np.int32)
    keys = codes[:, 0] * 1024 + codes[:, 1] * 32 + codes[:, 2]
    values, counts = np.unique(keys, return_counts=True)
    ground = np.median(inner.reshape(-1, 3)[keys == values[counts.argmax()]], axis=0)
    away = _distance(pixels, ground)
    dark = away > _STRONG
    level = _long_runs(dark, ticks.left, ticks.right)
    steep = _long_runs(dark.T, ticks.top, ticks.bottom)
    return level, steep, _panel_of_picture(pixels, ticks, bounds, reach)


def _distance(pixels: NDArray[np.int16], colour: Floats) -> NDArray[np.int16]:
    """Return how far each pixel is from a colour, in the channel where it is farthest."""
    red, green, blue = (np.abs(pixels[:, :, i] - np.int16(round(colour[i]))) for i in range(3))
    return np.asarray(np.maximum(np.maximum(red, green), blue), dtype=np.int16)


def _long_runs(dark: Bools, low: float, high: float) -> tuple[Segment, ...]:
    """Return the lines along rows that cover most of the way from ``low`` to ``high``."""
    first, last = max(0, int(low)), min(dark.shape[1], int(high) + 1)
    covered = dark[:, first:last].mean(axis=1) > _COVERED
    edges = np.flatnonzero(np.diff(np.concatenate([[False], covered, [False]]).astype(np.int8)))
    found = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        line = np.asarray(dark[start:stop]).max(axis=0)
        middle = (first + last) // 2
        found.append(
            Segment(
                (start + stop - 1) / 2,
                middle - _reach(line[middle::-1]),
                middle + _reach(line[middle:]),
                float(stop - start),
            )
        )
    return tuple(found)


def _reach(line: Bools) -> int:
    """Return how far a line goes on from its first pixel; gaps of three pixels do not end it."""
    gaps = np.flatnonzero(~line)
    if len(gaps) < 4:
        return len(line) - 1
    ends = gaps[3:][gaps[3:] - gaps[:-3] == 3]
    return int(ends[0]) - 4 if len(ends) else len(line) - 1


def _panel_of_picture(pixels: NDArray[np.int16], ticks: Area, bounds: Area, reach: Area) -> Area:
    """Return the box whose ground is not that of the page, or else what curves can reach."""
    edge = max(2, min(pixels.shape[:2]) // 100)
    strips = [pixels[:edge], pixels[-edge:], pixels[:, :edge], pixels[:, -edge:]]
    page = np.median(np.concatenate([s.reshape(-1, 3) for s in strips]), axis=0)
    like_page = _distance(pixels, page) < 8
    top, bottom, left, right = (int(v) for v in (ticks.top, ticks.bottom, ticks.left, ticks.right))
    if like_page[top : bottom + 1, left : right + 1].mean() > 0.3:
        return _fallback(ticks, bounds, reach)
    # Bands, curves and grid lines may cover the ground of a plot, but nothing of it is like the
    # page for long.
    rows = like_page[:, left : right + 1].mean(axis=1) < 0.9
    columns = like_page[top : bottom + 1].mean(axis=0) < 0.9
    row, column = (top + bottom) // 2, (left + right) // 2
    return Area(
        max(bounds.left, column - _reach_wide(columns[column::-1])),
        max(bounds.top, row - _reach_wide(rows[row::-1])),
        min(bounds.right, column + _reach_wide(columns[column:])),
        min(bounds.bottom, row + _reach_wide(rows[row:])),
    )


def _reach_wide(line: Bools) -> int:
    """Return how far a ground goes on; grid lines of a few pixels do not end it."""
    length, misses = 0, 0
    for i, here in enumerate(line):
        if here:
            length, misses = i, 0
        else:
            misses += 1
            if misses > 8:
                break
    return length
