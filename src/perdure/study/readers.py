"""One file at a time: a digitised curve, numbers at risk, patients."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from perdure.errors import InputError, Problem
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table
from perdure.records import Curve, NumbersAtRisk, Patients, TimeUnit
from perdure.study.tables import Table, nearest, read_table

__all__ = [
    "ONE_ARM",
    "curve_of",
    "curve_table",
    "read_curve",
    "read_numbers_at_risk",
    "read_patients",
    "read_risk_table",
]

ONE_ARM = "arm"
"""Name of the arm of a patients file that has no column ``arm``."""

_EVENT = "1 (event) or 0 (censored)"


def _at(file: str, notices: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{file}: {notice}" for notice in notices)


def read_curve(
    path: Path,
    *,
    time_unit: TimeUnit,
    percent: bool | None = None,
    resolution: float | None = None,
    file: str | None = None,
) -> tuple[Curve, tuple[str, ...]]:
    """Read a digitised curve: columns ``time`` and ``survival``.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}
    percent : bool, optional
        Whether survival is in per cent; None: it is read as per cent where that is plain.
    resolution : float, optional
        Half-width of the reading error, as a proportion.
    file : str, optional
        Name for messages.

    Returns
    -------
    curve : Curve
    notices : tuple of str
        What was read in an unusual way or repaired.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table = curve_table(path, file)
    curve, repairs = curve_of(table, time_unit=time_unit, percent=percent, resolution=resolution)
    return curve, (*table.notices, *repairs)


def curve_table(path: Path, file: str | None = None) -> Table:
    """Read the cells of a digitised curve."""
    return _table(path, file, ("time", "survival"), "point")


def curve_of(
    table: Table, *, time_unit: TimeUnit, percent: bool | None, resolution: float | None
) -> tuple[Curve, tuple[str, ...]]:
    """Return the curve that the cells hold, and what was repaired in it."""
    problems: list[Problem] = []
    time = table.numbers("time", problems)
    survival = table.numbers("survival", problems)
    if problems:
        raise InputError(problems)
    curve, notices = curve_from_points(
        time,
        survival,
        time_unit=time_unit,
        resolution=resolution,
        percent=percent,
        rows=table.lines,
        file=table.file,
    )
    return curve, _at(table.file, notices)


def read_risk_table(
    path: Path, *, time_unit: TimeUnit, file: str | None = None
) -> tuple[dict[str, NumbersAtRisk | None], tuple[str, ...]]:
    """Read a table of numbers at risk: ``time`` and one column an arm.

    Returns the numbers by column, and notices. An empty cell is a number that was not printed; a
    column of such is None.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table = _table(path, file, ("time",), "time")
    problems: list[Problem] = []
    time = table.numbers("time", problems)
    found: dict[str, NumbersAtRisk | None] = {}
    notices = list(table.notices)
    for name in table.header:
        if name == "time":
            continue
        before = len(problems)
        numbers = table.counts(name, problems)
        printed = np.flatnonzero(np.isfinite(numbers))
        if len(problems) > before or not np.isfinite(time).all():
            continue
        if not printed.size:
            found[name] = None
            continue
        try:
            found[name], said = numbers_at_risk_from_table(
                time[printed],
                numbers[printed],
                time_unit=time_unit,
                rows=[table.lines[at] for at in printed],
                file=table.file,
                column=name,
            )
        except InputError as error:
            problems += error.problems
            continue
        notices += _at(f"{table.file}, column {name}", said)
    if problems:
        raise InputError(dict.fromkeys(problems))  # a wrong time is wrong for every arm
    return found, tuple(notices)


def read_numbers_at_risk(
    path: Path, *, time_unit: TimeUnit, arm: str | None = None
) -> tuple[NumbersAtRisk, tuple[str, ...]]:
    """Read the numbers at risk of one arm, from ``time, n_at_risk`` or a table with arms.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}
    arm : str, optional
        The arm's column; not needed where there is one column.

    Raises
    ------
    InputError
        With every problem of the file, or if the column is not clear.
    """
    table, notices = read_risk_table(path, time_unit=time_unit)
    found = {name: numbers for name, numbers in table.items() if numbers is not None}
    columns = ", ".join(found)
    if arm is not None and arm not in found:
        if list(found) == ["n_at_risk"]:
            return found["n_at_risk"], notices
        close = nearest(arm, found)
        hint = f"did you mean {close}? " if close else ""
        raise InputError(
            Problem(f"there is no column {arm}", f"{hint}use one of {columns}", path.name)
        )
    if arm is None and len(found) != 1:
        problem = (
            Problem(f"the file has several arms: {columns}", "say which with --arm", path.name)
            if found
            else Problem("there is no column of numbers", "add a column n_at_risk", path.name)
        )
        raise InputError(problem)
    return found[arm or next(iter(found))], notices


def read_patients(
    path: Path, *, time_unit: TimeUnit, file: str | None = None
) -> tuple[Mapping[str, Patients], tuple[str, ...]]:
    """Read patients: columns ``time``, ``event`` and, for several arms, ``arm``.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}
    file : str, optional
        Name for messages.

    Returns
    -------
    patients : mapping of str to Patients
        By arm, in order of first appearance; one arm named "arm" without a column ``arm``.
    notices : tuple of str

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table = _table(path, file, ("time", "event"), "patient", known=("arm",))
    problems: list[Problem] = []
    time = table.numbers("time", problems)
    event = table.numbers("event", problems, what=_EVENT, such_as=_EVENT)
    arms = table.column("arm") if "arm" in table.header else (ONE_ARM,) * len(table.rows)
    for at in np.flatnonzero(time < 0).tolist():
        problems.append(table.problem(at, "time", "is negative", "count time from randomisation"))
    for at in np.flatnonzero(np.isfinite(event) & (event != 0) & (event != 1)).tolist():
        problems.append(table.problem(at, "event", f"is not {_EVENT}", f"write {_EVENT}"))
    for at, arm in enumerate(arms):
        if not arm:
            problems.append(table.problem(at, "arm", "is empty", "write the arm"))
    if problems:
        raise InputError(problems)
    named = np.array(arms)
    return {
        arm: Patients(time[named == arm], event[named == arm], time_unit)
        for arm in dict.fromkeys(arms)
    }, table.notices


def _table(
    path: Path, file: str | None, columns: Sequence[str], row: str, known: Sequence[str] = ()
) -> Table:
    """Read a table that has these columns, and one row at least."""
    table = read_table(path, file=file)
    problems = table.missing(columns, known)
    if not problems and not table.rows:
        problems = [
            Problem("there are no rows under the header", f"write a row for each {row}", table.file)
        ]
    if problems:
        raise InputError(problems)
    return table
