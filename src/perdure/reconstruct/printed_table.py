"""The rows of a printed table -> `NumbersAtRisk`: what is read, left out and refused."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError
from perdure.reconstruct.places import Rows, finite
from perdure.records import Bools, Floats, Ints, NumbersAtRisk, TimeUnit

__all__ = ["numbers_at_risk_from_table"]


def numbers_at_risk_from_table(
    time: ArrayLike,
    n: ArrayLike,
    *,
    time_unit: TimeUnit = "months",
    rows: Sequence[int] | None = None,
    file: str | None = None,
    column: str | None = None,
    misprints: bool = True,
) -> tuple[NumbersAtRisk, tuple[str, ...]]:
    """Turn the rows of a table under a figure into numbers at risk, and say what was left out.

    One number larger than the one before it is a misprint: it is named and left out, or the one
    before it where only that makes the table fall. Two or more are refused.

    Parameters
    ----------
    time : array_like of float, shape (ticks,)
        Strictly increasing.
    n : array_like of float, shape (ticks,)
        Whole and not negative.
    time_unit : {"days", "weeks", "months", "years"}
    rows : sequence of int, optional
        Line of each row in ``file``, for the messages.
    file : str, optional
    column : str, optional
        Header of the arm's column.
    misprints : bool
        A misprint is looked for; otherwise any rise is a slip of who typed the table.

    Returns
    -------
    numbers_at_risk : NumbersAtRisk
    notices : tuple of str

    Raises
    ------
    InputError
        If the table is empty, a value is missing, a time is negative, repeated or out of order, a
        number is not a count, or numbers rise more than once, or at all without
        ``misprints``.

    Examples
    --------
    >>> numbers, notices = numbers_at_risk_from_table([0, 6, 12, 18], [90, 55, 58, 20])
    >>> numbers.time, numbers.n
    (array([ 0.,  6., 18.]), array([90, 55, 20]))
    >>> notices
    ('58 at risk at 12 months is more than 55 at 6 months; 58 (table row 3) was left out',)
    """
    place = Rows(file, rows, "table row")
    times, numbers = _table_values(time, n, place, column)
    rises = np.flatnonzero(np.diff(numbers) > 0) + 1
    if rises.size and not misprints:
        raise InputError(
            place.problem(
                int(at),
                f"the number at risk rises from {numbers[at - 1]:g}; it cannot rise",
                "correct it; leave the cell empty where the figure has a misprint",
                column,
                numbers[at],
            )
            for at in rises
        )
    out = _misprint(numbers, rises)
    if rises.size and out is None:
        raise InputError(
            place.problem(
                int(at),
                f"the number at risk rises from {numbers[at - 1]:g}, which leaving out one misprint"
                " does not mend: delayed entry is suspected",
                "check the table; patients who enter late cannot be rebuilt from it",
                column,
                numbers[at],
            )
            for at in rises
        )
    if out is None:
        return NumbersAtRisk(times, numbers, time_unit), ()
    at = int(rises[0])
    notice = (
        f"{numbers[at]:g} at risk at {times[at]:g} {time_unit} is more than {numbers[at - 1]:g} at"
        f" {times[at - 1]:g} {time_unit}; {numbers[out]:g} ({place.name(out)}) was left out"
    )
    kept = NumbersAtRisk(np.delete(times, out), np.delete(numbers, out), time_unit)
    return kept, (notice,)


def _table_values(
    time: ArrayLike, n: ArrayLike, place: Rows, column: str | None
) -> tuple[Floats, Floats]:
    """Return both columns of a table, or name every value that is not a time or a count."""
    times, numbers = finite(("time", column), time, n, place, 1)
    out_of_order = np.diff(times, prepend=times[0] - 1) <= 0
    checks: tuple[tuple[Bools, Floats, str | None, str, str], ...] = (
        (times < 0, times, "time", "time is negative", "start the table at 0"),
        (out_of_order, times, "time", "time is repeated or out of order", "sort the table by time"),
        (numbers < 0, numbers, column, "the number at risk is negative", "write a count"),
        (numbers % 1 != 0, numbers, column, "the number at risk is not whole", "write a count"),
    )
    problems = [
        place.problem(int(at), message, remedy, name, array[at])
        for wrong, array, name, message, remedy in checks
        for at in np.flatnonzero(wrong)
    ]
    if problems:
        raise InputError(problems)
    return times, numbers


def _misprint(numbers: Floats, rises: Ints) -> int | None:
    """Return the position to leave out so that a table with one rise falls; None if there is none.

    The larger of the two numbers, as printed misprints usually are, or else the one before it.
    """
    if rises.size != 1:
        return None
    for out in (int(rises[0]), int(rises[0]) - 1):
        if not (np.diff(np.delete(numbers, out)) > 0).any():
            return out
    return None
