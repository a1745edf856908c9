"""Empty strips between the plots of a page."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from perdure.figure.geometry import Box, bounds
from perdure.figure.page import Drawing, Fill, Stroke

__all__ = ["Gaps", "gaps_of_boxes", "gaps_of_pixels", "gutter", "ink_boxes"]

_NEARLY = 0.6  # of the widest gap: of such gaps the lowest is above the next panel's title

Gaps = Callable[[Box, bool], list[tuple[float, float]]]
"""From a box and whether to look along x: the empty intervals."""


def gutter(between: Box, gaps: Gaps, *, across: bool) -> float:
    """Return where to cut between two plots: in the widest gap, above the next one's title."""
    empty = gaps(between, across)
    if not empty:
        low, high = (between[0], between[2]) if across else (between[1], between[3])
        return low + (high - low) * (0.35 if across else 0.75)
    widest = max(high - low for low, high in empty)
    if across:
        low, high = max(empty, key=lambda gap: gap[1] - gap[0])
    else:
        low, high = [gap for gap in empty if gap[1] - gap[0] >= _NEARLY * widest][-1]
    return (low + high) / 2


def ink_boxes(drawing: Drawing, areas: list[Box]) -> list[Box]:
    """Return boxes of what is drawn; a page's background and borders are no ink."""
    boxes = [(word.left, word.top, word.right, word.bottom) for word in drawing.words]
    shapes: list[Stroke | Fill] = [*drawing.strokes, *drawing.fills]
    for shape in shapes:
        box = bounds(shape.points)
        if box[2] - box[0] < 0.6 * drawing.width and box[3] - box[1] < 0.6 * drawing.height:
            boxes.append(box)
    return [*boxes, *areas] if len(areas) > 1 else boxes


def gaps_of_boxes(boxes: list[Box]) -> Gaps:
    """Return where nothing stands between boxes."""

    def gaps(between: Box, across: bool) -> list[tuple[float, float]]:
        i, j = (0, 2) if across else (1, 3)
        other_i, other_j = (1, 3) if across else (0, 2)
        low, high = between[i], between[j]
        held = sorted(
            (box[i], box[j])
            for box in boxes
            if box[j] > low
            and box[i] < high
            and box[other_j] > between[other_i]
            and box[other_i] < between[other_j]
            and not (box[i] < low and box[j] > high)
        )
        found: list[tuple[float, float]] = []
        at = low
        for start, end in held:
            if start > at:
                found.append((at, start))
            at = max(at, end)
        if high > at:
            found.append((at, high))
        return found

    return gaps


def gaps_of_pixels(ink: NDArray[np.bool_]) -> Gaps:
    """Return where rows or columns of pixels are empty."""

    def gaps(between: Box, across: bool) -> list[tuple[float, float]]:
        left, top, right, bottom = (max(round(v), 0) for v in between)
        part = ink[top : bottom + 1, left : right + 1]
        marked = np.flatnonzero(part.any(axis=0 if across else 1))
        low, high = (left, right) if across else (top, bottom)
        edges = [low - 1, *(marked + low).tolist(), high + 1]
        return [(a + 1.0, b - 1.0) for a, b in pairwise(edges) if b - a > 2]

    return gaps
