"""Which lines are limits of confidence around a curve and no curves of their own."""

from collections.abc import Sequence

import numpy as np

from perdure.digitise.path_lines import Frame, Line
from perdure.figure.page import Colour
from perdure.records import Floats

__all__ = ["alike", "limits_of_confidence", "steps_of"]

_SHARED = 0.8  # of the steps: limits fall where their curve falls, other arms elsewhere
_FEWEST_STEPS = 3


def steps_of(points: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Return the corners of a falling line: from x on it lies at y.

    A line that slants from corner to corner has its corners at the end of each slope.
    """
    x = np.maximum.accumulate(points[:, 0])
    y = np.maximum.accumulate(points[:, 1])
    least = 1e-4 * frame.tall
    corner_x, corner_y = [float(x[0])], [float(y[0])]
    for at, level in zip(x[1:].tolist(), y[1:].tolist(), strict=True):
        if level - corner_y[-1] <= least:
            continue
        if at - corner_x[-1] <= 1e-4 * frame.wide:
            corner_y[-1] = level
        else:
            corner_x.append(at)
            corner_y.append(level)
    return np.array(corner_x), np.array(corner_y)


def alike(one: Colour, other: Colour, most: float = 60.0) -> bool:
    """Tell whether two colours are the same or one is a pale tint of the other.

    Examples
    --------
    >>> alike((200, 0, 0), (228, 128, 128)), alike((200, 0, 0), (0, 0, 200))
    (True, False)
    """
    first, second = np.array(one, float), np.array(other, float)
    if np.abs(first - second).max() <= most:
        return True
    strong, pale = sorted((first, second), key=lambda colour: float(colour.sum()))
    ink, faint = 255 - strong, 255 - pale
    share = float(ink @ faint) / max(float(ink @ ink), 1.0)
    return 0.15 < share < 1 and bool(np.abs(faint - share * ink).max() <= 0.25 * most)


def limits_of_confidence(lines: Sequence[Line], frame: Frame) -> set[int]:
    """Return the places of lines that lie in pairs around another and step where it steps."""
    steps = [steps_of(line.points, frame) for line in lines]
    limits: set[int] = set()
    for middle in range(len(lines)):
        if middle in limits:
            continue
        kin = [
            i
            for i in range(len(lines))
            if i != middle
            and i not in limits
            and alike(lines[i].look[0], lines[middle].look[0])
            and _steps_together(steps[i][0], steps[middle][0], frame)
        ]
        pair = _pair_around(kin, middle, lines, steps, frame)
        if pair is not None:
            limits.update(pair)
    return limits


def _steps_together(one: Floats, other: Floats, frame: Frame) -> bool:
    """Tell whether the falls of two lines are at the same times, as far as both reach."""
    end = min(one[-1], other[-1]) + frame.near
    one, other = one[1:], other[1:]
    one, other = one[one <= end], other[other <= end]
    if min(len(one), len(other)) < _FEWEST_STEPS:
        return False
    few, many = sorted((one, other), key=len)
    at = np.clip(np.searchsorted(many, few), 1, len(many) - 1) if len(many) > 1 else None
    if at is None:
        return False
    away = np.minimum(np.abs(many[at] - few), np.abs(many[at - 1] - few))
    # Coinciding by chance is likely where steps are dense: then nearly all must.
    chance = min(1.0, 2 * 0.5 * frame.near * len(many) / max(float(np.ptp(many)), 1e-9))
    need = max(_SHARED, (1 + chance) / 2)
    return bool((away <= 0.5 * frame.near).mean() >= need and len(few) >= 0.5 * len(many))


def _pair_around(
    kin: list[int],
    middle: int,
    lines: Sequence[Line],
    steps: list[tuple[Floats, Floats]],
    frame: Frame,
) -> tuple[int, int] | None:
    """Return the nearest pair of one look that encloses a line."""
    heights = {i: _over(steps[i], steps[middle], frame) for i in kin}
    above = [i for i in kin if heights[i] == -1]
    below = [i for i in kin if heights[i] == 1]
    for upper in above:
        for lower in below:
            if lines[upper].look == lines[lower].look:
                return upper, lower
    return None


def _over(one: tuple[Floats, Floats], middle: tuple[Floats, Floats], frame: Frame) -> int:
    """Return -1 for a line that lies above another all along, 1 for below, 0 else (y is down)."""
    start = max(one[0][0], middle[0][0])
    end = min(one[0][-1], middle[0][-1])
    grid = np.linspace(start, end, 60)
    away = _at(one, grid) - _at(middle, grid)
    slack = 0.002 * frame.tall
    if (away <= slack).all() and away.min() < -slack:
        return -1
    if (away >= -slack).all() and away.max() > slack:
        return 1
    return 0


def _at(steps: tuple[Floats, Floats], grid: Floats) -> Floats:
    at = np.clip(np.searchsorted(steps[0], grid, side="right") - 1, 0, None)
    found: Floats = steps[1][at]
    return found
