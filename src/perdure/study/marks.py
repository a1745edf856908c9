"""Censoring marks of a figure: a file with a column ``time``, or what a digitiser exported."""

from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.records import TimeUnit
from perdure.study.exports import (
    blocks_of,
    is_project,
    is_time,
    other_unit,
    project_curves,
    unit_of,
)
from perdure.study.tables import Table, content_of, decoded, read_table

__all__ = ["read_marks"]

_ALONE = "save the marks to a file of their own, with a column time"


def read_marks(
    path: Path, *, time_unit: TimeUnit | None = None
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Read the times of the censoring marks of one curve, in the curve's time unit.

    Two marks at one time are two patients. Of a digitiser's file with the marks of one curve, the
    times are taken; how high they lie is known from the curve.

    Parameters
    ----------
    path : Path
    time_unit : {"days", "weeks", "months", "years"}, optional
        Of the curve: a header that tells another one is refused.

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
    table = _cells(path, time_unit)
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


def _cells(path: Path, time_unit: TimeUnit | None) -> Table:
    """Return the cells of the file, whichever program wrote it."""
    name = path.name or str(path)
    content = content_of(path, name)
    if is_project(content):
        found = project_curves(content, name)
        if len(found.points) > 1:
            listed = ", ".join(found.points)
            raise InputError(Problem(f"the file holds {len(found.points)}: {listed}", _ALONE, name))
        return found.table(None)
    text, notices = decoded(content, name)
    exported = _exported(text, name, notices, time_unit)
    return read_table(path, file=name) if exported is None else exported


def _exported(
    text: str, name: str, notices: tuple[str, ...], time_unit: TimeUnit | None
) -> Table | None:
    """Return the times in a file of numbers; None where its header is perdure's own, or unknown."""
    _, blocks = blocks_of(text, name)
    if not blocks:
        return None
    header = blocks[0].header
    if "time" in header or (header and not is_time(header[0])):
        return None
    if len(blocks) > 1 or blocks[0].width > 2:
        raise InputError(Problem("the file holds more than the marks of a curve", _ALONE, name))
    told = unit_of(header[0]) if header else None
    if told is not None and time_unit is not None and told != time_unit:
        raise InputError(other_unit(told, time_unit, name))
    rows = tuple((row[0],) for row in blocks[0].rows)
    said = (*notices, f"{name}: the first column was read as the times of marks")
    return Table(name, ("time",), rows, blocks[0].lines, said)
