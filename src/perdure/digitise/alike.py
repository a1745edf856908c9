"""What is written twice: names in a legend or beside curves, and those of a table's rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
from scipy.optimize import linear_sum_assignment

from perdure.digitise.found import LegendEntry, RiskTable
from perdure.digitise.risk_names import is_vivid
from perdure.figure.page import Colour

__all__ = ["letters_of", "named_alike", "named_by_rows"]

SAME = 0.8
"""Names as like as this (1: the same letters) are one."""
MISREAD = 0.5
"""Names as like as this are one where nothing else is left."""


def named_alike(table: RiskTable, entries: Sequence[LegendEntry]) -> RiskTable:
    """Return the table with the names of the legend where its own are cut, misread or numbers.

    A row goes with the entry of the same name; else of a name that is nearly the same; else of the
    same colour; and where rows are numbered 1, 2, ..., by order.
    """
    left = dict(enumerate(entries))
    names = list(table.names)
    rows = list(range(len(names)))

    def settle(near: Callable[[int, LegendEntry], float], least: float) -> None:
        pairs = sorted(((near(r, e), r, i) for r in rows for i, e in left.items()), reverse=True)
        for score, row, i in pairs:
            if score >= least and row in rows and i in left:
                names[row] = left.pop(i).name
                rows.remove(row)

    settle(lambda r, e: _likeness(names[r], e.name), SAME)
    settle(lambda r, e: -_apart(table.colours[r], e.colour) if is_vivid(e.colour) else -999, -60)
    if len(rows) == len(left) and all(names[r].isdigit() for r in rows):
        for row, i in zip(list(rows), list(left), strict=True):
            names[row] = left[i].name
    return replace(table, names=tuple(names))


def named_by_rows(labels: Sequence[LegendEntry], names: Sequence[str]) -> tuple[LegendEntry, ...]:
    """Return the labels beside curves, named as the rows of the table that they must be.

    A label is often crossed by its curve, a row is not. Where every row has its label, what is
    left over is a piece of a curve that was read as letters.

    Examples
    --------
    >>> labels = [LegendEntry(name, (0, 0, 0), (0, 0, 9, 9)) for name in ("Stage I", "Stageu", "L")]
    >>> [label.name for label in named_by_rows(labels, ["Stage I", "Stage II"])]
    ['Stage I', 'Stage II']
    """
    if not labels or not names:
        return tuple(labels)
    close = np.array([[_likeness(label.name, name) for name in names] for label in labels])
    rows = {
        int(at): int(row)
        for at, row in zip(*linear_sum_assignment(-close), strict=True)
        if close[at, row] >= (MISREAD if len(labels) >= len(names) else SAME)
    }
    all_rows = len(rows) == len(names) and all(letters_of(name) for name in names)
    return tuple(
        replace(
            label, name=_whole(names[rows[at]], label.name), certainty=max(label.certainty, 0.97)
        )
        if at in rows
        else label
        for at, label in enumerate(labels)
        if at in rows or not all_rows
    )


def _whole(row: str, label: str) -> str:
    """Return the name of a row, or of the label where the row has but its beginning.

    Examples
    --------
    >>> _whole("Best supportive .", "Best supportive care"), _whole("Stage II", "Stageu")
    ('Best supportive care', 'Stage II')
    """
    start, name = letters_of(row), letters_of(label)
    shortened = row.rstrip().endswith((".", "…")) and name.startswith(start)
    return label if shortened and len(start) < len(name) else row


def _likeness(one: str, other: str) -> float:
    """Return 2 for the same letters, else between 0 and 1."""
    one, other = letters_of(one), letters_of(other)
    if one == other:
        return 2.0
    if one.isdigit() or other.isdigit() or min(len(one), len(other)) < 5:
        return 0.0
    if (
        len(one) == len(other)
        and sum(x != y for x, y in zip(one, other, strict=True)) == 1
        and one[:-1] == other[:-1]
    ):
        return 0.0  # Group 1 and Group 2 differ in what matters
    return SequenceMatcher(None, one, other).ratio()


def _apart(one: Colour, other: Colour) -> float:
    return float(max(abs(x - y) for x, y in zip(one, other, strict=True)))


def letters_of(name: str) -> str:
    """Return the letters and digits of a name, small.

    Examples
    --------
    >>> letters_of("PD-L1 >=50%")
    'pdl150'
    """
    return "".join(c for c in name.lower() if c.isalnum())
