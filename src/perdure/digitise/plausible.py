"""Numbers at risk against the curve: nobody is at risk who has had the event."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perdure.digitise.found import RiskCell
from perdure.records import Floats

__all__ = ["checked_row", "excess_at_risk"]

SLACK = 0.02
"""By how much a number at risk may exceed what the curve allows, as a share of the first: the
reading error of the curve."""


def excess_at_risk(time: Floats, survival: Floats, row: Sequence[RiskCell]) -> float:
    """Return the largest share by which numbers at risk exceed the curve; 0 where none does.

    Who is at risk at a time has not had the event: n(t) / n(0) is at most survival just before t.
    Where the row starts later, n(0) is taken as the least that it can be.

    Examples
    --------
    >>> time, survival = np.array([0.0, 5.0, 10.0]), np.array([1.0, 0.6, 0.3])
    >>> excess_at_risk(time, survival, [RiskCell(0, 50, 1), RiskCell(6, 35, 1)])
    0.1
    """
    first = _patients(time, survival, row[0]) if row else 0.0
    if first <= 0:
        return 0.0
    over = [cell.n / first - _before(time, survival, cell.time) for cell in row]
    return round(max(0.0, *over), 6)


def _before(times: Floats, survival: Floats, time: float) -> float:
    """Return survival just before a time; 0 beyond the curve's end, where nobody is followed."""
    if time > 1.01 * float(times[-1]):
        return 0.0
    at = int(np.searchsorted(times, time, side="left")) - 1
    return float(survival[max(at, 0)])


def checked_row(time: Floats, survival: Floats, row: Sequence[RiskCell]) -> tuple[RiskCell, ...]:
    """Return a row with what the curve makes impossible read again or flagged.

    A cell that says more than the curve allows, or more than the cell before it, takes the next
    best reading that does not; where there is none it is flagged. Where most say more, and one of
    them more than the first, the first has lost a digit: it alone is flagged.

    Examples
    --------
    >>> time, survival = np.array([0.0, 5.0, 10.0]), np.array([1.0, 0.6, 0.3])
    >>> row = [RiskCell(0, 50, 1), RiskCell(6, 81, 0.6, other=(31, 21)), RiskCell(9, 20, 1)]
    >>> [(cell.n, cell.flagged) for cell in checked_row(time, survival, row)]
    [(50, False), (31, True), (20, False)]
    >>> row = [RiskCell(0, 3, 1), RiskCell(6, 31, 1), RiskCell(9, 20, 1)]  # of 53
    >>> [(cell.n, cell.flagged) for cell in checked_row(time, survival, row)]
    [(3, True), (31, False), (20, False)]
    """
    if not row or row[0].n <= 0:
        return tuple(row)
    first = _patients(time, survival, row[0])
    found, last = [row[0]], float(row[0].n)
    before = [_before(time, survival, cell.time) for cell in row]
    if _first_is_short(row, before, first):
        found = [replace(row[0], certainty=min(row[0].certainty, 0.4), flagged=True)]
        first = max(cell.n / at for cell, at in zip(row, before, strict=True) if at > 0)
        last = first
    for cell, at in list(zip(row, before, strict=True))[1:]:
        allowed = int(first * (at + SLACK) + 0.5) if at > 0 else max(int(SLACK * first), 2)
        most = min(last, allowed)
        if cell.n > most:
            n = next((other for other in cell.other if other <= most), cell.n)
            others = tuple(one for one in (cell.n, *cell.other) if one != n)
            certainty = min(cell.certainty, 0.4)
            found.append(replace(cell, n=n, certainty=certainty, flagged=True, other=others))
        else:
            found.append(cell)
        last = float(found[-1].n)
    return tuple(found)


def _patients(time: Floats, survival: Floats, cell: RiskCell) -> float:
    """Return the least number of patients that leaves so many at risk: n of a row without its 0."""
    at = _before(time, survival, cell.time)
    return cell.n / at if at > 0 else float(cell.n)


def _first_is_short(row: Sequence[RiskCell], before: Sequence[float], first: float) -> bool:
    """Tell whether it is the first number that contradicts the others, and not they the curve."""
    later = list(zip(row, before, strict=True))[1:]
    over = sum(cell.n > first * (at + SLACK) + 0.5 for cell, at in later)
    return 2 * over > len(later) and any(cell.n > row[0].n for cell, _ in later)
