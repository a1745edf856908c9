"""Whose curve it is: by colour, dashes and nearness of a name; and which row of the table."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from perdure.digitise.found import Axes, FoundCurve, LegendEntry, RiskTable
from perdure.digitise.risk_names import is_vivid
from perdure.figure.page import Colour
from perdure.records import Floats

__all__ = [
    "SURE_NAME",
    "arm_names",
    "colours_apart",
    "name_doubts",
    "named_by_nearness",
    "named_curves",
    "rows_of_arms",
]

UNLIKE = 45.0
"""Colours this far apart (L*a*b*) are not of one curve."""
SURE_NAME = 0.6
"""A name whose letters are less certain is one to look at."""
NOT_ITS_OWN = 25.0
"""A curve whose colour is this far from its name's may be another's."""
ALIKE = 12.0
"""Colours this near are one."""
NEAR = 0.08
"""Of the plot's height: a label without a colour of its own is no farther from its curve,"""
CLEARLY = 0.05
"""and this much nearer to it than to any other."""
SHORTER, THINNER = 15.0, 5.0
"""What a line without length, or without width, costs more than the longest or widest."""
BLURRED = 0.3
"""What a distance of less than that costs: a blurred picture moves colours by as much."""
PLAINLY = 4.0
"""By which two names fit their lines better than each the other's, as a distance of colours."""
DASHES = 30.0
"""What a whole line with the name of a dashed one costs, as a distance of colours."""


def colours_apart(one: Colour, other: Colour) -> float:
    """Return the distance of two colours in CIE L*a*b*.

    Examples
    --------
    >>> colours_apart((0, 0, 0), (0, 0, 0)), round(colours_apart((0, 0, 0), (255, 255, 255)))
    (0.0, 100)
    """
    pair = np.array([[one, other]], dtype=np.float32) / 255
    lab = cv2.cvtColor(pair, cv2.COLOR_RGB2LAB)[0]
    return float(np.linalg.norm(lab[0] - lab[1]))


def named_curves(
    curves: Sequence[FoundCurve], legend: Sequence[LegendEntry], axes: Axes
) -> tuple[int | None, ...]:
    """Return which entry of the legend each curve has; None where none is like it.

    The whole of colours, dashes, and nearness of labels that stand beside a curve is as small as
    it can be. The last name is that of the last curve, whatever its look.
    """
    if not curves or not legend:
        return (None,) * len(curves)
    cost = np.array([[_unlike(curve, entry, axes) for entry in legend] for curve in curves])
    # Of two lines that are like a name alike the longer and stronger is its arm.
    lengths, widths = [c.end - c.x[0] for c in curves], [c.width for c in curves]
    for sizes, less in ((lengths, SHORTER), (widths, THINNER)):
        cost += less * (1 - np.array(sizes) / max(*sizes, 1.0))[:, None]
    found: list[int | None] = [None] * len(curves)
    for row, column in zip(*linear_sum_assignment(np.minimum(cost, 2 * UNLIKE)), strict=True):
        if cost[row, column] < UNLIKE:
            found[int(row)] = int(column)
    left = set(range(len(legend))) - set(found)
    if len(curves) == len(legend) and len(left) == 1:
        found[found.index(None)] = left.pop()
    return tuple(found)


def named_by_nearness(
    curves: Sequence[FoundCurve],
    legend: Sequence[LegendEntry],
    named: Sequence[int | None],
    axes: Axes,
) -> dict[int, int]:
    """Return which black label stands beside which curve that has no name by its colour.

    Only where one curve is near the label, clearly nearer than all others, and one label is near
    the curve.

    Parameters
    ----------
    curves : sequence of FoundCurve
    legend : sequence of LegendEntry
    named : sequence of int or None
        As of :func:`named_curves`.
    axes : Axes
    """
    found: dict[int, list[int]] = {}
    for at, entry in enumerate(legend):
        if entry.place is not None or is_vivid(entry.colour) or at in named:
            continue
        gaps = [_away(curve, entry, axes) for curve in curves]
        order = sorted(range(len(curves)), key=gaps.__getitem__)
        nearest = order[0]
        clear = len(order) < 2 or gaps[order[1]] - gaps[nearest] > CLEARLY
        if clear and gaps[nearest] < NEAR and named[nearest] is None:
            found.setdefault(nearest, []).append(at)
    return {curve: labels[0] for curve, labels in found.items() if len(labels) == 1}


def name_doubts(
    curves: Sequence[FoundCurve],
    legend: Sequence[LegendEntry],
    named: Sequence[int | None],
) -> tuple[str, ...]:
    """Return why the name of each curve is doubted; empty where it is not.

    Parameters
    ----------
    curves : sequence of FoundCurve
    legend : sequence of LegendEntry
    named : sequence of int or None
        The entry of each curve, as of :func:`named_curves`.
    """
    lost = [entry for at, entry in enumerate(legend) if at not in named and entry.place]
    doubts = []
    for at, (curve, name) in enumerate(zip(curves, named, strict=True)):
        doubt = "" if name is None else _name_doubt(curve, legend[name], lost, curves)
        others = _as_well(at, curves, legend, named)
        if others and not doubt:
            doubt = f"it may be {' or '.join(map(repr, others))}: the lines look alike"
        doubts.append(doubt)
    return tuple(doubts)


def _as_well(
    at: int,
    curves: Sequence[FoundCurve],
    legend: Sequence[LegendEntry],
    named: Sequence[int | None],
) -> list[str]:
    """Return the names of other curves that this one could have, and they its own, as well."""
    mine = named[at]
    if mine is None or legend[mine].place is None:
        return []
    found = []
    for other, theirs in enumerate(named):
        if other == at or theirs is None or legend[theirs].place is None:
            continue
        one, two = curves[at], curves[other]
        kept = _look_apart(one, legend[mine]) + _look_apart(two, legend[theirs])
        swapped = _look_apart(one, legend[theirs]) + _look_apart(two, legend[mine])
        if swapped - kept < PLAINLY:
            found.append(legend[theirs].name)
    return found


def _look_apart(curve: FoundCurve, entry: LegendEntry) -> float:
    """Return how unlike a curve and the sample of a name are, in colour and dashes."""
    whole = entry.dash is None or entry.dash == curve.dashed
    return colours_apart(curve.colour, entry.colour) + (0 if whole else DASHES)


def _name_doubt(
    curve: FoundCurve,
    entry: LegendEntry,
    lost: Sequence[LegendEntry],
    curves: Sequence[FoundCurve],
) -> str:
    others = [e.name for e in lost if e.name and colours_apart(e.colour, curve.colour) < ALIKE]
    if others:
        return f"it may be {' or '.join(repr(name) for name in others)}, of the same colour"
    own = colours_apart(curve.colour, entry.colour)
    rivals = [colours_apart(one.colour, entry.colour) for one in curves if one is not curve]
    if own > NOT_ITS_OWN and min(rivals, default=np.inf) < own + ALIKE:
        return f"the name {entry.name!r} is in the colour of no curve"
    if not entry.name:
        return "its name in the legend was not read"
    if entry.certainty < SURE_NAME:
        return f"its name may be misread: {entry.name!r}"
    return ""


def _unlike(curve: FoundCurve, entry: LegendEntry, axes: Axes) -> float:
    apart = colours_apart(curve.colour, entry.colour)
    cost = apart if apart > ALIKE else BLURRED * apart
    if entry.dash is not None and entry.dash != curve.dashed:
        cost += DASHES
    if entry.place is None:
        cost += min(40 * _away(curve, entry, axes), 25)
    return cost


def _away(curve: FoundCurve, entry: LegendEntry, axes: Axes) -> float:
    """Return how far a label lies from a curve, as a share of the plot's height."""
    left, top, right, bottom = entry.box
    places = np.linspace(left, min(right, max(curve.end, left)), 5)
    rows = curve.rows_at(places)
    gaps = np.maximum(np.maximum(top - rows, rows - bottom), 0)
    beyond = max(left - curve.end, 0) / max(axes.right - axes.left, 1)
    return float(gaps.min() / max(axes.bottom - axes.top, 1) + beyond)


def rows_of_arms(
    names: Sequence[str], curves: Sequence[FoundCurve], table: RiskTable, shares: Floats
) -> tuple[int | None, ...]:
    """Return which row of the table each arm has.

    By what the rows are called; where that says nothing, by the colours of their names, by the
    order of a legend, and by which rows a curve allows.

    Parameters
    ----------
    names : sequence of str
        Of the arms, empty where there is none.
    curves : sequence of FoundCurve
    table : RiskTable
    shares : array of float, shape (arms, rows)
        By how much the row's numbers exceed what the curve allows.
    """
    cost = np.array(
        [
            [
                _other_row(name, curve, table, row) + 3 * float(shares[at, row])
                for row in range(len(table.names))
            ]
            for at, (name, curve) in enumerate(zip(names, curves, strict=True))
        ]
    ).reshape(len(names), len(table.names))
    found: list[int | None] = [None] * len(names)
    for arm, row in zip(*linear_sum_assignment(cost), strict=True):
        found[int(arm)] = int(row)
    return tuple(found)


def _other_row(name: str, curve: FoundCurve, table: RiskTable, row: int) -> float:
    """Return how little a row's name is that of an arm, between 0 and 1 and a little."""
    printed = table.names[row]
    colour = table.colours[row] if row < len(table.colours) else (0, 0, 0)
    unlike = min(colours_apart(colour, curve.colour) / 100, 1.0)
    if not name or not printed:
        return 0.5 + 0.4 * unlike
    return 1 - _alike(name, printed) + 0.2 * unlike


def _alike(one: str, other: str) -> float:
    a, b = (re.sub(r"[^a-z0-9]", "", text.lower()) for text in (one, other))
    if not a or not b:
        return 0.0
    if a.endswith(b) or b.endswith(a):  # a name that was cut off
        return 0.95 if a != b else 1.0
    return SequenceMatcher(None, a, b).ratio()


def arm_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return names for files: unique ignoring case, of letters, digits, ``_`` and ``-``.

    Examples
    --------
    >>> arm_names(["Nivo + Ipi", "Chemotherapy", "", "chemotherapy"])
    ('Nivo-Ipi', 'Chemotherapy', 'arm-3', 'chemotherapy-2')
    """
    found: list[str] = []
    for at, label in enumerate(labels, start=1):
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", label).strip("-_") or f"arm-{at}"
        name, again = plain, 2
        while name.lower() in {one.lower() for one in found}:
            name, again = f"{plain}-{again}", again + 1
        found.append(name)
    return tuple(found)
