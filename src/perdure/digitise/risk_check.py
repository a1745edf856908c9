"""Numbers at risk never rise along a row: what does is flagged, or read in its next best way."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perdure.digitise.found import RiskCell

__all__ = ["checked", "out_of_order"]

_SURE = 0.85
"""A cell under this certainty is for a person to check."""


def checked(row: Sequence[RiskCell]) -> tuple[RiskCell, ...]:
    """Return the cells of a row with what is doubtful flagged and, where it can be, put right.

    A number that rises takes the next best reading that falls into place; it stays flagged, and
    its first reading is among the others.

    Examples
    --------
    >>> cells = [RiskCell(0, 120, 0.99), RiskCell(6, 88, 0.9, other=(83,)), RiskCell(12, 85, 0.99)]
    >>> [(cell.n, cell.flagged) for cell in checked(cells)]
    [(120, False), (88, False), (85, False)]
    >>> cells[2] = RiskCell(12, 95, 0.6, other=(35,))
    >>> [(cell.n, cell.flagged) for cell in checked(cells)]
    [(120, False), (88, False), (35, True)]
    """
    cells = list(row)
    for i in out_of_order([c.n for c in cells], [c.certainty for c in cells]):
        high = cells[i - 1].n if i else None
        low = cells[i + 1].n if i + 1 < len(cells) else 0
        fits = [n for n in cells[i].other if low <= n and (high is None or n <= high)]
        if fits:
            rest = tuple(n for n in cells[i].other if n != fits[0])
            cells[i] = replace(cells[i], n=fits[0], flagged=True, other=(cells[i].n, *rest))
        else:
            cells[i] = replace(cells[i], flagged=True)
    return tuple(replace(c, flagged=c.flagged or c.certainty < _SURE) for c in cells)


def out_of_order(numbers: Sequence[int], weights: Sequence[float]) -> tuple[int, ...]:
    """Return the places whose numbers must go so that the others never rise; the least certain.

    Examples
    --------
    >>> out_of_order([120, 88, 95, 60], [1.0, 1.0, 0.5, 1.0])
    (2,)
    >>> out_of_order([120, 8, 95, 60], [1.0, 1.0, 1.0, 1.0])
    (1,)
    """
    count = len(numbers)
    best = [float(w) for w in weights]
    before = [-1] * count
    for i in range(count):
        for j in range(i):
            if numbers[j] >= numbers[i] and best[j] + weights[i] > best[i]:
                best[i], before[i] = best[j] + weights[i], j
    kept = set()
    i = int(np.argmax(best)) if count else -1
    while i >= 0:
        kept.add(i)
        i = before[i]
    return tuple(i for i in range(count) if i not in kept)
