"""Where a name can stand beside its curve without touching any other thing."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perdure.records import Floats

__all__ = ["Box", "place_names"]

GAP, MARGIN = 2.0, 3.5
"""Points between a name and its own curve, and to everything else."""


class Box(NamedTuple):
    """A rectangle in points, from the axes' lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


def place_names(
    grid: Floats,
    curves: Sequence[Floats],
    sizes: Sequence[tuple[float, float]],
    taken: Sequence[Box],
    height: float,
) -> list[Box | None]:
    """Return a place for the name of each curve; None where there is none.

    Parameters
    ----------
    grid : array of float, shape (columns,)
        Horizontal places in points, evenly spaced from 0 to the axes' width.
    curves : sequence of array of float, shape (columns,)
        Height of each curve at the grid, in points; NaN where it has ended.
    sizes : sequence of (width, height)
        Of each name, in points.
    taken : sequence of Box
        What else is drawn.
    height : float
        Of the axes, in points.

    Examples
    --------
    >>> grid = np.linspace(0, 100, 101)
    >>> [box] = place_names(grid, [np.full(101, 50.0)], [(30.0, 7.0)], [], 100.0)
    >>> box.bottom, box.right
    (52.0, 98.0)
    >>> place_names(grid, [np.full(101, 50.0)], [(130.0, 7.0)], [], 100.0)
    [None]
    """
    placed: list[Box | None] = []
    for own, size in enumerate(sizes):
        occupied = [*taken, *(box for box in placed if box is not None)]
        free = (
            box
            for box in _candidates(grid, curves[own], size, height)
            if _is_free(box, own, grid, curves, occupied)
        )
        placed.append(next(free, None))
    return placed


def _candidates(grid: Floats, curve: Floats, size: tuple[float, float], height: float) -> list[Box]:
    """Return places above and below the curve, from its end to its start."""
    width, tall = size
    end = float(grid[np.flatnonzero(~np.isnan(curve))[-1]])
    found = []
    for right in np.arange(min(end, float(grid[-1])) - GAP, width, -4.0):
        inside = (grid >= right - width) & (grid <= right)
        if width > 0.6 * grid[-1] or not inside.any():
            break
        above = float(curve[inside].max()) + GAP
        below = float(curve[inside].min()) - GAP - tall
        boxes = (above, below)
        found += [
            Box(float(right) - width, bottom, float(right), bottom + tall)
            for bottom in boxes
            if bottom >= GAP and bottom + tall <= height
        ]
    return found


def _is_free(
    box: Box, own: int, grid: Floats, curves: Sequence[Floats], occupied: Sequence[Box]
) -> bool:
    """Say whether nothing but its own curve comes near a place."""
    if any(
        box.left < other.right
        and other.left < box.right
        and box.bottom < other.top
        and other.bottom < box.top
        for other in occupied
    ):
        return False
    near = (grid >= box.left - MARGIN) & (grid <= box.right + MARGIN)
    for order, curve in enumerate(curves):
        margin = MARGIN if order != own else 0.5
        values = curve[near]
        values = values[~np.isnan(values)]
        # A step that falls through the box has corners on both sides of it.
        if values.size and values.min() < box.top + margin and values.max() > box.bottom - margin:
            return False
    return True
