"""Numbers whose brackets were read as digits or not at all: 710 for 7 (10)."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.found import RiskCell

__all__ = ["with_brackets"]

SPLIT = 0.6
"""The most that the certainty of a number can be that was taken apart."""


def with_brackets(row: Sequence[RiskCell]) -> tuple[RiskCell, ...]:
    """Return a row whose numbers too large for their place are taken apart as their neighbours are.

    Only where most cells of the row have a number in brackets, and where one way alone lets the
    numbers at risk fall and, if the others' do, those in brackets rise.

    Examples
    --------
    >>> cells = [RiskCell(0, 29, 1.0, in_brackets=8), RiskCell(6, 12, 1.0, in_brackets=9)]
    >>> row = with_brackets([*cells, RiskCell(12, 710, 1.0), RiskCell(18, 5, 1.0, in_brackets=11)])
    >>> [(cell.n, cell.in_brackets, cell.certainty) for cell in row][2]
    (7, 10, 0.6)
    """
    cells = list(row)
    known = [cell.in_brackets for cell in cells if cell.in_brackets is not None]
    if 2 * len(known) <= len(cells):
        return tuple(cells)
    rising = known == sorted(known)
    for at, cell in enumerate(cells):
        if cell.in_brackets is not None or at == 0 or cell.n <= cells[at - 1].n:
            continue
        before = cells[at - 1]
        after = cells[at + 1] if at + 1 < len(cells) else None
        digits = str(cell.n)
        ways = [(int(digits[:cut]), digits[cut:]) for cut in range(1, len(digits))]
        fitting = [
            (n, int(rest))
            for n, rest in ways
            if n <= before.n
            and (after is None or after.in_brackets is None or n >= after.n)
            and str(int(rest)) == rest
            and (not rising or int(rest) >= (before.in_brackets or 0))
        ]
        if len(fitting) == 1:
            n, rest = fitting[0]
            cells[at] = replace(
                cell,
                n=n,
                in_brackets=rest,
                certainty=min(cell.certainty, SPLIT),
                other=(cell.n, *cell.other),
            )
    return tuple(cells)
