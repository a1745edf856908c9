"""What ``perdure pool`` reads from its table and its options."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.pool.table_plan import PlannedArms
    from perdure.study import Table

__all__ = ["level_of_each", "moderators_of", "planned_arms", "refuse_absent", "refuse_empty"]

MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-"}
"""What tables write where there is nothing."""


def refuse_absent(table: "Table", wanted: Mapping[str, str | None]) -> None:
    """Raise every option that names no column."""
    absent = [
        Problem(f"there is no column {name}", _other_column(option, name, table), table.file)
        for option, name in wanted.items()
        if name is not None and name not in table.header
    ]
    if absent:
        raise InputError(absent)


def refuse_empty(table: "Table", names: Sequence[str | None], problems: list[Problem]) -> None:
    """Raise the problems found so far, with every empty cell of columns that name something."""
    for name in names:
        cells = () if name is None else table.column(name)
        problems += [
            table.problem(at, name or "", "is empty", "name it, or take the row out")
            for at, cell in enumerate(cells)
            if not cell
        ]
    if problems:
        raise InputError(problems)


def moderators_of(table: "Table") -> dict[str, Sequence[str] | Sequence[float]]:
    """Return every column: numbers where all its cells are numbers, else words."""
    found: dict[str, Sequence[str] | Sequence[float]] = {}
    for name in table.header:
        cells = [
            "" if cell.strip().lower() in MISSING else cell.strip() for cell in table.column(name)
        ]
        try:
            found[name] = [float(cell) if cell else float("nan") for cell in cells]
        except ValueError:
            found[name] = cells
    return found


def level_of_each(given: Sequence[str]) -> dict[str, str]:
    """Return the reference level of each column.

    Examples
    --------
    >>> level_of_each(["class=control"])
    {'class': 'control'}
    """
    found = {}
    for text in given:
        column, sign, level = text.partition("=")
        if not sign or not column or not level:
            raise InputError(
                Problem("a reference level cannot be read", "write COLUMN=LEVEL", value=text)
            )
        found[column.strip()] = level.strip()
    return found


def planned_arms(text: str, measure: Literal["OR", "RR", "RD"]) -> "PlannedArms":
    """Return a trial that is planned.

    Examples
    --------
    >>> planned_arms("0.3,0.15,100,100", "OR").control_n
    100
    """
    from perdure.pool.table_plan import PlannedArms

    parts = text.split(",")
    try:
        proportion, control, n, control_n = parts
        return PlannedArms(float(proportion), float(control), int(n), int(control_n), measure)
    except ValueError as error:
        raise InputError(
            Problem(
                "the planned trial cannot be read",
                "write proportion,control's proportion,patients,control's patients, as"
                " 0.3,0.15,100,100",
                value=text,
            )
        ) from error


def _other_column(option: str, name: str, table: "Table") -> str:
    """Return what to give an option instead of a column that is not there."""
    from perdure.study import nearest

    close = nearest(name, table.header)
    return f"give {option} {close}" if close else f"give {option} one of {', '.join(table.header)}"
