"""Boxes, matrices and lines cut by boxes: the plane geometry of pages."""

import numpy as np

from perdure.records import Floats

__all__ = ["EVERYWHERE", "Box", "Matrix", "apply_matrix", "bounds", "clip_line", "meet", "times"]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Matrix = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f as PDF and SVG write them: x' = a x + c y + e, y' = b x + d y + f."""

_EDGE = 0.25  # pixels
EVERYWHERE: Box = (-1e9, -1e9, 1e9, 1e9)


def bounds(points: Floats) -> Box:
    """Return the box around points."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def times(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that applies one and then the other."""
    a, b, c, d, e, f = first
    ta, tb, tc, td, te, tf = then
    return (
        a * ta + b * tc,
        a * tb + b * td,
        c * ta + d * tc,
        c * tb + d * td,
        e * ta + f * tc + te,
        e * tb + f * td + tf,
    )


def apply_matrix(points: Floats, matrix: Matrix) -> Floats:
    """Return points, shape (points, 2), where a matrix puts them."""
    a, b, c, d, e, f = matrix
    x, y = points[:, 0], points[:, 1]
    return np.column_stack([a * x + c * y + e, b * x + d * y + f])


def meet(one: Box, other: Box) -> Box:
    """Return what two boxes have in common; empty where its right lies left of its left."""
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )


def clip_line(points: Floats, box: Box) -> list[Floats]:
    """Return the parts of a line that lie within a box.

    Examples
    --------
    >>> import numpy as np
    >>> clip_line(np.array([[0.0, 5.0], [20.0, 5.0]]), (0, 0, 10, 10))[0].tolist()
    [[0.0, 5.0], [10.25, 5.0]]
    """
    # A line along the very edge is seen, whatever the rounding of its places.
    box = (box[0] - _EDGE, box[1] - _EDGE, box[2] + _EDGE, box[3] + _EDGE)
    left, top, right, bottom = box
    x, y = points[:, 0], points[:, 1]
    inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    if inside.all():
        return [points]
    if x.max() < left or x.min() > right or y.max() < top or y.min() > bottom:
        return []
    parts: list[list[tuple[float, float]]] = []
    for (ax, ay), (bx, by) in zip(points[:-1].tolist(), points[1:].tolist(), strict=True):
        cut = _clip_segment(ax, ay, bx - ax, by - ay, box)
        if cut is None:
            continue
        first, last = cut
        start = (ax + first * (bx - ax), ay + first * (by - ay))
        end = (ax + last * (bx - ax), ay + last * (by - ay))
        if parts and first == 0.0 and parts[-1][-1] == start:
            parts[-1].append(end)
        else:
            parts.append([start, end])
    return [np.array(part) for part in parts]


def _clip_segment(x: float, y: float, dx: float, dy: float, box: Box) -> tuple[float, float] | None:
    """Liang and Barsky: the fractions of the segment between which it lies in the box."""
    first, last = 0.0, 1.0
    left, top, right, bottom = box
    for step, room in ((-dx, x - left), (dx, right - x), (-dy, y - top), (dy, bottom - y)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    return None if first > last else (first, last)
