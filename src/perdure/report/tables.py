"""The table model: one description of columns makes the page's table and the CSV file."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

__all__ = ["Cell", "Column", "Table", "build_table", "file_name"]

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table on the page, and the columns of the CSV file that say the same.

    Attributes
    ----------
    head : str
        What people read above it.
    show : callable of a row to str
    fields : mapping of str to callable
        Columns of the CSV file, raw: proportions from 0 to 1, times in months.
    numeric : bool
        Set flush right.
    once : bool
        The same for all rows of a group: shown once.
    link : callable of a row to str, optional
        Address that the cell leads to; empty for none.
    """

    head: str
    show: Callable[[Row], str]
    fields: Mapping[str, Callable[[Row], object]] = field(default_factory=dict)
    numeric: bool = False
    once: bool = False
    link: Callable[[Row], str] | None = None


@dataclass(frozen=True)
class Cell:
    """One cell on the page; ``span`` rows high."""

    text: str
    numeric: bool = False
    span: int = 1
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table, ready to be shown and to be written.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    caption : str
    heads : tuple of Cell
    groups : tuple of tuple of tuple of Cell
        Rows in groups that stay together, such as the arms of a trial; the first cell of a group
        is its header. A cell that spans rows is left out of the rows below it.
    notes : tuple of str
        Sentences beneath it.
    columns : tuple of str
    records : tuple of tuple
        Of the CSV file.
    """

    name: str
    caption: str
    heads: tuple[Cell, ...]
    groups: tuple[tuple[tuple[Cell, ...], ...], ...]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    records: tuple[tuple[object, ...], ...]


def build_table(
    name: str,
    caption: str,
    columns: Iterable[Column[Row]],
    rows: Iterable[Row],
    *,
    notes: Iterable[str] = (),
    group: Callable[[Row], object] | None = None,
) -> Table:
    """Return the table of ``rows``.

    Parameters
    ----------
    name, caption : str
    columns : iterable of Column
    rows : iterable
    notes : iterable of str
        Empty ones are left out.
    group : callable of a row, optional
        Neighbouring rows with the same value belong together: they share the first cell and the
        cells of columns that say ``once``. Without it each row stands by itself.

    Examples
    --------
    >>> table = build_table(
    ...     "squares", "Squares",
    ...     [Column("n", str, {"n": int}), Column("n²", lambda n: str(n * n), numeric=True)],
    ...     [2, 3],
    ... )
    >>> [[cell.text for cell in row] for rows in table.groups for row in rows]
    [['2', '4'], ['3', '9']]
    >>> table.columns, table.records
    (('n',), ((2,), (3,)))
    """
    used, items = list(columns), list(rows)
    if group is None:
        together = [[item] for item in items]
    else:
        together = [list(same) for _, same in groupby(items, key=group)]
    getters = {label: get for column in used for label, get in column.fields.items()}
    return Table(
        name=name,
        caption=caption,
        heads=tuple(Cell(column.head, column.numeric) for column in used),
        groups=tuple(_cells(used, same) for same in together),
        notes=tuple(note for note in notes if note),
        columns=tuple(getters),
        records=tuple(tuple(get(item) for get in getters.values()) for item in items),
    )


def _cells(columns: Sequence[Column[Row]], items: Sequence[Row]) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of one group; shared cells stand in its first row."""
    return tuple(
        tuple(
            Cell(
                column.show(item),
                column.numeric,
                len(items) if _is_shared(place, column) else 1,
                column.link(item) if column.link else "",
            )
            for place, column in enumerate(columns)
            if order == 0 or not _is_shared(place, column)
        )
        for order, item in enumerate(items)
    )


def _is_shared(place: int, column: Column[Row]) -> bool:
    return place == 0 or column.once


def file_name(*parts: str) -> str:
    """Return a file's name made of words: letters, digits, - and _, joined by dots.

    Examples
    --------
    >>> file_name("responses", "PFS (IRC)", "own", "")
    'responses.PFS-IRC.own'
    """
    clean = (re.sub(r"[^\w-]+", "-", part, flags=re.ASCII).strip("-") for part in parts)
    return ".".join(part for part in clean if part)
