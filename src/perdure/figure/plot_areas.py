"""Where the plots of a page lie: pairs of long axis lines, and frames, that share a corner."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from perdure.figure.geometry import Box, bounds
from perdure.figure.page import Drawing
from perdure.records import Floats

__all__ = ["LEVEL", "UPRIGHT", "Line", "areas_of_lines", "lines_of_drawing", "plot_areas"]

_SHORTEST_ACROSS = 0.12  # of the page
_SHORTEST_DOWN = 0.10
_CORNER = 0.08  # of the lines: base R's axes stop short of their corner
_MEETING = 0.015  # of a line: the ticks of a frame stand out no farther than this
_INNER = 0.35  # of an outer frame's area: what lies in it is the plot, the outer one a border
_MOST_LINES = 300
LEVEL, UPRIGHT = False, True


@dataclass(frozen=True)
class Line:
    """A straight line along x (``upright`` False) or y: its place across, and its two ends."""

    upright: bool
    at: float
    low: float
    high: float

    @property
    def length(self) -> float:
        """From end to end."""
        return self.high - self.low


def lines_of_drawing(drawing: Drawing) -> list[Line]:
    """Return the long level and upright lines of a drawing, sides of filled areas among them."""
    lines: set[Line] = set()
    for stroke in drawing.strokes:
        lines.update(_long(stroke.points, drawing))
    for fill in drawing.fills:
        if len(fill.points) <= 5:
            lines.update(_long(fill.points, drawing))
    return sorted(lines, key=lambda line: -line.length)[:_MOST_LINES]


def _long(points: Floats, drawing: Drawing) -> Iterable[Line]:
    steps = np.abs(np.diff(points, axis=0))
    level = (steps[:, 0] >= _SHORTEST_ACROSS * drawing.width) & (steps[:, 1] <= 0.003 * steps[:, 0])
    upright = (steps[:, 1] >= _SHORTEST_DOWN * drawing.height) & (
        steps[:, 0] <= 0.003 * steps[:, 1]
    )
    for i in np.flatnonzero(level | upright):
        (ax, ay), (bx, by) = points[i].tolist(), points[i + 1].tolist()
        if level[i]:
            yield Line(LEVEL, round((ay + by) / 2, 1), round(min(ax, bx), 1), round(max(ax, bx), 1))
        else:
            yield Line(
                UPRIGHT, round((ax + bx) / 2, 1), round(min(ay, by), 1), round(max(ay, by), 1)
            )


def plot_areas(drawing: Drawing) -> list[Box]:
    """Return the areas of the plots of a drawing, from the top left.

    Examples
    --------
    >>> import numpy as np
    >>> from perdure.figure.page import Stroke
    >>> axes = np.array([[60.0, 20.0], [60.0, 300.0], [460.0, 300.0]])
    >>> plot_areas(Drawing(500, 400, (Stroke(axes, (0, 0, 0), 1.0),), (), ()))
    [(60.0, 20.0, 460.0, 300.0)]
    """
    ink = [(word.left, word.top, word.right, word.bottom) for word in drawing.words]
    points = [stroke.points for stroke in drawing.strokes]
    points += [fill.points for fill in drawing.fills]
    for box in map(bounds, points):
        if box[2] - box[0] < 0.1 * drawing.width and box[3] - box[1] < 0.1 * drawing.height:
            ink.append(box)
    return areas_of_lines(lines_of_drawing(drawing), drawing.width, drawing.height, ink)


def areas_of_lines(lines: list[Line], width: float, height: float, ink: list[Box]) -> list[Box]:
    """Return the plot areas that axis lines span; ``ink`` are small things: letters and ticks."""
    level = [line for line in lines if not line.upright]
    upright = [line for line in lines if line.upright]
    boxes: list[Box] = []
    for down in upright:
        for across in level:
            if (
                abs(down.at - across.low) <= _CORNER * across.length
                and abs(down.high - across.at) <= _CORNER * down.length
                and not (across.length > 0.97 * width and down.length > 0.97 * height)
            ):
                # What stands out beyond a corner are the ticks of its labels.
                top = _met(level, down.low, down, across)
                right = _met(upright, across.high, across, down)
                boxes.append((down.at, top, right, across.at))
    boxes = _distinct(sorted(set(boxes), key=lambda box: -_area(box)))
    return sorted(_plots(boxes, ink), key=lambda box: (round(4 * box[1] / height), box[0]))


def _met(lines: list[Line], end: float, along: Line, side: Line) -> float:
    """Return where an axis line ends: at the line of a frame that it meets there, if any."""
    near = [
        line.at
        for line in lines
        if abs(line.at - end) <= _MEETING * along.length
        and line.length >= 0.9 * side.length
        and abs(line.low - side.low) <= _CORNER * side.length
    ]
    return min(near, key=lambda at: abs(at - end), default=end)


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _common(one: Box, other: Box) -> float:
    return _area(
        (
            max(one[0], other[0]),
            max(one[1], other[1]),
            min(one[2], other[2]),
            min(one[3], other[3]),
        )
    )


def _distinct(boxes: list[Box]) -> list[Box]:
    """Leave out what nearly repeats a larger box."""
    kept: list[Box] = []
    for box in boxes:
        if all(_common(box, other) < 0.8 * _area(other) for other in kept):
            kept.append(box)
        if len(kept) >= 60:
            break
    return kept


def _plots(boxes: list[Box], ink: list[Box]) -> list[Box]:
    """Of boxes within boxes, largest first, keep the plots: drop borders, insets and legends."""
    dropped: set[Box] = set()
    for outer in boxes:
        inner = [
            box
            for box in boxes
            if box != outer and box not in dropped and _common(box, outer) > 0.7 * _area(box)
        ]
        large = [box for box in inner if _area(box) > _INNER * _area(outer)]
        several = [box for box in inner if _area(box) > 0.1 * _area(outer)]
        if any(_is_border(outer, box, ink) for box in large) or (
            len(several) > 1 and _apart(several) and _is_border(outer, several[0], ink)
        ):
            dropped.add(outer)
        elif outer not in dropped:
            dropped.update(inner)
    return [box for box in boxes if box not in dropped]


def _apart(boxes: list[Box]) -> bool:
    return all(
        _common(one, other) < 0.1 * min(_area(one), _area(other))
        for i, one in enumerate(boxes)
        for other in boxes[:i]
    )


def _is_border(outer: Box, inner: Box, ink: list[Box]) -> bool:
    """Tell a border by what is written between it and the plot: to the left and beneath."""
    wide, tall = inner[2] - inner[0], inner[3] - inner[1]
    left = below = 0
    for box in ink:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        left += outer[0] < x < inner[0] - 0.005 * wide and inner[1] < y < inner[3]
        below += inner[3] + 0.005 * tall < y < outer[3] and inner[0] < x < inner[2]
    return left >= 2 and below >= 2
