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
    """Return the places of lines that lie around another, step where it steps, and are fainter.

    Two or more lines of one look around a third are limits too where nothing sets them apart from
    it. Where all times are multiples of one unit, other arms step at the same times: then only
    such a pair that is fainter than the line between is taken for limits.
    """
    steps = [steps_of(line.points, frame) for line in lines]
    limits: set[int] = set()
    for middle, line in enumerate(lines):
        if line.rises or middle in limits:
            continue
        regular = _is_regular(steps[middle][0], frame)
        kin = [
            i
            for i, other in enumerate(lines)
            if i != middle
            and i not in limits
            and alike(other.look[0], line.look[0])
            and _steps_together(steps[i][0], steps[middle][0], frame)
        ]
        sides = {i: _over(steps[i], steps[middle], frame) for i in kin}
        for i in kin:
            pair = any(
                sides[i] * sides[k] == -1 and lines[i].look == lines[k].look for k in kin if k != i
            )
            fainter = _is_fainter(lines[i], line)
            if sides[i] and (pair and fainter if regular else pair or fainter):
                limits.add(i)
    return limits


def _is_fainter(one: Line, other: Line) -> bool:
    """Tell whether a line is dashed where another is solid, thinner, or a paler tint."""
    paler = sum(one.look[0]) > sum(other.look[0]) + 90
    thinner = one.look[1] < 0.8 * other.look[1]
    dashed = bool(one.look[2]) and not other.look[2]
    return paler or thinner or dashed


def _is_regular(x: Floats, frame: Frame) -> bool:
    """Tell whether the steps are at multiples of a unit, or too few to say."""
    between = np.diff(x[1:])
    if len(between) < 4:
        return True
    unit = float(between.min())
    if unit < 4 * frame.near:
        return False
    off = np.abs(between - unit * np.round(between / unit))
    return bool((off <= frame.near).mean() >= 0.9)


def _steps_together(one: Floats, other: Floats, frame: Frame) -> bool:
    """Tell whether the falls of two lines are at the same times, as far as both reach."""
    end = min(one[-1], other[-1]) + frame.near
    one, other = one[1:], other[1:]
    one, other = one[one <= end], other[other <= end]
    few, many = sorted((one, other), key=len)
    if len(few) < _FEWEST_STEPS or len(few) < 0.5 * len(many):
        return False
    at = np.clip(np.searchsorted(many, few), 1, len(many) - 1)
    away = np.minimum(np.abs(many[at] - few), np.abs(many[at - 1] - few))
    # Coinciding by chance is likely where steps are dense: then nearly all must.
    chance = min(1.0, frame.near * len(many) / max(float(np.ptp(many)), 1e-9))
    return bool((away <= 0.5 * frame.near).mean() >= max(_SHARED, (1 + chance) / 2))


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
