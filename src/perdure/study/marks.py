"""Censoring marks of a figure: a file with a column ``time``."""

from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.tables import read_table

__all__ = ["read_marks"]


def read_marks(path: Path) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Read the times of the censoring marks of one curve, in the curve's time unit.

    Two marks at one time are two patients.

    Returns
    -------
    marks : tuple of float
        Sorted.
    notices : tuple of str

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table = read_table(path)
    problems = table.missing(("time",))
    if problems:
        raise InputError(problems)
    time = table.numbers("time", problems)
    problems += [
        Problem(
            "a censoring mark lies before time 0",
            "remove it, or correct the axis",
            table.file,
            line,
            "time",
            f"{value:g}",
        )
        for line, value in zip(table.lines, time.tolist(), strict=True)
        if value < 0
    ]
    if problems:
        raise InputError(problems)
    return tuple(sorted(time.tolist())), table.notices
