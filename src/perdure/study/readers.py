"""One file at a time: a digitised curve, numbers at risk, patients."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perdure.errors import InputError, Problem
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table
from perdure.records import Curve, Floats, Ints, NumbersAtRisk, Patients, TimeUnit
from perdure.study.exports import (
    ExportedCurves,
    exported_risk_table,
    grid_curves,
    is_project,
    other_unit,
    project_curves,
)
from perdure.study.tables import Table, content_of, decoded, nearest, read_table

__all__ = [
    "ONE_ARM",
    "curve_of",
    "curve_table",
    "read_curve",
    "read_ensembles",
    "read_numbers_at_risk",
    "read_patients",
    "read_risk_table",
]

Names = NDArray[np.str_]

ONE_ARM = "arm"
"""Name of the arm of a patients file that has no column ``arm``."""

_PERCENT_FROM = 1.5
"""Cumulative incidence above this is in per cent."""

_NO_COMPETITORS = (
    "read as cumulative incidence, survival being 1 minus it: this holds only where no other event"
    " competes"
)

_NOT_PRINTED = "write a count of patients, such as 120; leave empty what was not printed"

_EVENT = "1 (event) or 0 (censored)"


def _at(file: str, notices: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{file}: {notice}" for notice in notices)


def read_curve(
    path: Path,
    *,
    time_unit: TimeUnit,
    percent: bool | None = None,
    cumulative_incidence: bool = False,
    resolution: float | None = None,
    dataset: str | None = None,
    file: str | None = None,
) -> tuple[Curve, tuple[str, ...]]:
    """Read a digitised curve: columns ``time`` and ``survival``, or what a digitiser exported.

    WebPlotDigitizer (CSV, project as JSON or tar), Engauge Digitizer, DigitizeIt, ScanIt, and the
    input files of the R packages IPDfromKM and survHE are known by their content.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}
    percent : bool, optional
        Whether survival is in per cent; None: it is read as per cent where that is plain.
    cumulative_incidence : bool
        Whether the figure shows 1 - survival. Where other events compete with this one its
        complement is no Kaplan-Meier curve, and nothing here holds.
    resolution : float, optional
        Half-width of the reading error, as a proportion.
    dataset : str, optional
        Name of the curve, where the file holds several.
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
    table = curve_table(path, file, time_unit=time_unit, dataset=dataset)
    curve, repairs = curve_of(
        table,
        time_unit=time_unit,
        percent=percent,
        resolution=resolution,
        cumulative_incidence=cumulative_incidence,
    )
    return curve, (*table.notices, *repairs)


def curve_table(
    path: Path, file: str | None = None, *, time_unit: TimeUnit, dataset: str | None = None
) -> Table:
    """Read the cells of a digitised curve, whichever program wrote them."""
    name = file or path.name or str(path)
    exported = _exported(content_of(path, name), name)
    if exported is None:
        if dataset is not None:
            remedy = "leave --dataset out"
            raise InputError(Problem("the file holds one curve only", remedy, name, value=dataset))
        return _table(path, file, ("time", "survival"), "point")
    if exported.unit is not None and exported.unit != time_unit:
        raise InputError(other_unit(exported.unit, time_unit, name))
    return exported.table(dataset)


def _exported(content: bytes, name: str) -> ExportedCurves | None:
    """Return the curves of a file that another program wrote; None for perdure's own columns."""
    if is_project(content):
        return project_curves(content, name)
    text, notices = decoded(content, name)
    header = _header_of(text)
    if {"time", "survival"} <= set(header) and header[0]:  # R names its rows, and not their column
        return None
    found = grid_curves(text, name)
    return None if found is None else found.with_notices(notices)


def _header_of(text: str) -> list[str]:
    """Return the cells of the first line that has any."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return [cell.strip().strip('"') for cell in re.split("[,;\t]", first)]


def curve_of(
    table: Table,
    *,
    time_unit: TimeUnit,
    percent: bool | None,
    resolution: float | None,
    cumulative_incidence: bool = False,
) -> tuple[Curve, tuple[str, ...]]:
    """Return the curve that the cells hold, and what was repaired in it."""
    problems: list[Problem] = []
    said: tuple[str, ...] = ()
    if percent is None and (plain := _without_signs(table)) is not None:
        table, percent = plain, True
        said = ("survival was read as per cent, since its cells end with %",)
    time = table.numbers("time", problems)
    survival = table.numbers("survival", problems)
    if problems:
        raise InputError(problems)
    if cumulative_incidence:
        survival, percent = _complement(survival, percent, table)
        said = (*said, _NO_COMPETITORS)
    curve, notices = curve_from_points(
        time,
        survival,
        time_unit=time_unit,
        resolution=resolution,
        percent=percent,
        rows=table.lines,
        file=table.file,
    )
    return curve, _at(table.file, (*said, *notices))


def _without_signs(table: Table) -> Table | None:
    """Return the table with 80 for 80%, as spreadsheets write it; None where it has no such."""
    at = table.header.index("survival")
    cells = [row[at] for row in table.rows]
    if not any(cells) or not all(cell.endswith("%") for cell in cells if cell):
        return None
    rows = tuple(
        (*row[:at], row[at].removesuffix("%").strip().replace(",", "."), *row[at + 1 :])
        for row in table.rows
    )
    return replace(table, rows=rows)


def _complement(incidence: Floats, percent: bool | None, table: Table) -> tuple[Floats, bool]:
    """Return survival from cumulative incidence, and whether both are in per cent."""
    if incidence.size and incidence[-1] < incidence[0]:
        raise InputError(
            Problem(
                f"the curve falls from {incidence[0]:g} to {incidence[-1]:g}: it shows survival",
                "read it as survival, not as cumulative incidence",
                table.file,
                column="survival",
            )
        )
    if percent is None:
        percent = bool(np.max(incidence, initial=0.0) > _PERCENT_FROM)
    return (100.0 if percent else 1.0) - incidence, percent


def read_risk_table(
    path: Path, *, time_unit: TimeUnit, file: str | None = None, misprints: bool = True
) -> tuple[dict[str, NumbersAtRisk | None], tuple[str, ...]]:
    """Read a table of numbers at risk: ``time`` and one column an arm.

    Returns the numbers by column, and notices. An empty cell is a number that was not printed; a
    column of such is None. A header that tells a time unit is believed: a table may be printed in
    another unit than the curve. A number that rises is taken for a misprint and left out; without
    ``misprints`` it is refused.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table, time_unit = _risk_cells(path, file, time_unit)
    problems: list[Problem] = []
    if "arm" in table.header:
        remedy = "write time and one column for each arm, named as the arm"
        raise InputError(Problem("each row is of one arm", remedy, table.file, column="arm"))
    time = table.numbers("time", problems)
    found: dict[str, NumbersAtRisk | None] = {}
    notices = list(table.notices)
    for name in table.header:
        if name == "time":
            continue
        before = len(problems)
        numbers = table.counts(name, problems, _NOT_PRINTED)
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
                misprints=misprints,
            )
        except InputError as error:
            problems += error.problems
            continue
        notices += _at(f"{table.file}, column {name}", said)
    if problems:
        raise InputError(dict.fromkeys(problems))  # a wrong time is wrong for every arm
    return found, tuple(notices)


def _risk_cells(path: Path, file: str | None, time_unit: TimeUnit) -> tuple[Table, TimeUnit]:
    """Read the cells of a table of numbers at risk, whichever program wrote it, and its unit."""
    name = file or path.name or str(path)
    text, notices = decoded(content_of(path, name), name)
    header = _header_of(text)
    own = "time" in header and header[0] != "" and not {"lower", "upper"} <= set(header)
    exported = None if own else exported_risk_table(text, name)
    if exported is None:
        return _table(path, file, ("time",), "time"), time_unit
    table, unit = exported
    if unit is not None and unit != time_unit:
        notices += (f"{name}: its header says that times are in {unit}, and so they were read",)
    return replace(table, notices=(*notices, *table.notices)), unit or time_unit


def read_numbers_at_risk(
    path: Path, *, time_unit: TimeUnit, arm: str | None = None, misprints: bool = True
) -> tuple[NumbersAtRisk, tuple[str, ...]]:
    """Read the numbers at risk of one arm, from ``time, n_at_risk`` or a table with arms.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}
    arm : str, optional
        The arm's column; not needed where there is one column.
    misprints : bool
        A number that rises is taken for a misprint and left out; otherwise it is refused.

    Raises
    ------
    InputError
        With every problem of the file, or if the column is not clear.
    """
    table, notices = read_risk_table(path, time_unit=time_unit, misprints=misprints)
    found = {name: numbers for name, numbers in table.items() if numbers is not None}
    columns = ", ".join(found)
    if arm is not None and arm in table and arm not in found:
        remedy = "leave the table out, and give the number of patients (--total)"
        raise InputError(Problem("the column holds no numbers", remedy, path.name, column=arm))
    if arm is not None and arm not in found:
        if list(found) == ["n_at_risk"]:
            return found["n_at_risk"], notices
        close = nearest(arm, found)
        hint = f"did you mean {close}? Use" if close else "use"
        raise InputError(
            Problem(f"there is no column {arm}", f"{hint} one of {columns}", path.name)
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
    table, time, event, arms = _patient_cells(path, file)
    if "draw" in table.header:
        remedy = "keep one history of each arm, or put the curve into curves/ and let perdure draw"
        raise InputError(
            Problem(
                "these are draws of an ensemble, not patients", remedy, table.file, None, "draw"
            )
        )
    return {
        arm: Patients(time[arms == arm], event[arms == arm], time_unit)
        for arm in dict.fromkeys(arms.tolist())
    }, table.notices


def read_ensembles(
    path: Path, *, time_unit: TimeUnit
) -> tuple[Mapping[str, tuple[Patients, ...]], tuple[str, ...]]:
    """Read patients, or draws of them: columns ``time``, ``event``, perhaps ``arm`` and ``draw``.

    Returns the draws of each arm, in order of first appearance, and notices. Without a column
    ``draw`` each arm has one.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    table, time, event, arms = _patient_cells(path, None)
    if "draw" not in table.header:
        draws = np.zeros(arms.size, dtype=np.int64)
        return _draws(time, event, arms, draws, time_unit), table.notices
    problems: list[Problem] = []
    number = table.numbers("draw", problems)
    if problems:
        raise InputError(problems)
    return _draws(time, event, arms, number.astype(np.int64), time_unit), table.notices


def _draws(
    time: Floats, event: Floats, arms: Names, draws: Ints, time_unit: TimeUnit
) -> dict[str, tuple[Patients, ...]]:
    found: dict[str, tuple[Patients, ...]] = {}
    for arm in dict.fromkeys(arms.tolist()):
        mine = np.flatnonzero(arms == arm)
        order = mine[np.argsort(draws[mine], kind="stable")]
        parts = np.split(order, np.flatnonzero(np.diff(draws[order])) + 1)
        found[arm] = tuple(Patients(time[part], event[part], time_unit) for part in parts)
    return found


def _patient_cells(path: Path, file: str | None) -> tuple[Table, Floats, Floats, Names]:
    """Return the table of patients, and its columns: time, event, arm."""
    table = _table(path, file, ("time", "event"), "patient", known=("arm", "draw"))
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
    return table, time, event, np.array(arms)


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
