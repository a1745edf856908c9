"""CSV files in and out: any usual encoding and separator is read, files are written whole."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.study.cells import formula_proof, without_proof
from perdure.study.writing import write_text

__all__ = [
    "Table",
    "content_of",
    "decoded",
    "listed",
    "nearest",
    "read_table",
    "shortened",
    "table_text",
    "write_table",
]

MOST_ALIKE = 5
"""More bad cells than this in one column are one problem: its whole column is of another kind."""

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}

MOST_PATIENTS = 1_000_000
"""A count above this is a slip of the pen, and not a trial."""

SURELY = 0.8
"""Names as much alike as this, one of them missing, are one name and a slip."""

LONGEST_NAME = 100
"""A longer name of a column is no name, but a quotation mark that is not closed."""

_COUNT = "write a count of patients, such as 120"

MOST_LISTED = 12
"""So many names are listed in one message."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")

POINTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{3})+")


@dataclass(frozen=True)
class Table:
    """A CSV file as text cells, with the place of each row.

    Attributes
    ----------
    file : str
        Name for messages.
    header : tuple of str
    rows : tuple of tuple of str
        Stripped of white space; blank lines are not there. A decimal comma is a point.
    lines : tuple of int
        Line of each row in the file; the header is line 1 in most files.
    notices : tuple of str
        What was read in an unusual way, each with the file's name.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notices: tuple[str, ...] = ()

    def column(self, name: str) -> tuple[str, ...]:
        """Return the cells of a column; KeyError where there is none."""
        if name not in self.header:
            raise KeyError(name)
        at = self.header.index(name)
        return tuple(row[at] for row in self.rows)

    def records(self) -> list[tuple[int, dict[str, str]]]:
        """Return each row as (line, cells by column), empty cells left out."""
        return [
            (line, {name: cell for name, cell in zip(self.header, row, strict=True) if cell})
            for line, row in zip(self.lines, self.rows, strict=True)
        ]

    def missing(self, required: Collection[str], known: Collection[str] = ()) -> list[Problem]:
        """Return a problem for each required column that is not there, naming the nearest header.

        ``known`` are columns that mean something else, and so are no misspelling.
        """
        spare = [name for name in self.header if name not in required and name not in known]
        return [
            Problem(
                f"the column {name} is missing",
                _rename(name, spare) or f"add a column {name}; the file has {listed(self.header)}",
                self.file,
            )
            for name in required
            if name not in self.header
        ]

    def numbers(
        self,
        name: str,
        problems: list[Problem],
        *,
        what: str = "a number",
        such_as: str = "a number, such as 0.5",
        optional: bool = False,
    ) -> Floats:
        """Return a column as numbers; each cell that is none becomes a problem, and nan."""
        cells = self.column(name)
        values = _floats(cells)
        wrong = [at for at in np.flatnonzero(~np.isfinite(values)).tolist() if cells[at]]
        if len(wrong) > MOST_ALIKE:
            found = f"is not {what} in {len(wrong)} rows, of which this is the first"
            problems.append(self.problem(wrong[0], name, found, f"write {such_as}"))
            wrong = []
        for at in wrong:
            problems.append(self.problem(at, name, f"is not {what}", f"write {such_as}"))
        for at in [] if optional else [at for at, cell in enumerate(cells) if not cell]:
            remedy = f"write {what}, or take the row out"
            problems.append(self.problem(at, name, "is empty", remedy))
        return values

    def counts(self, name: str, problems: list[Problem], remedy: str = _COUNT) -> Floats:
        """Return a column as whole numbers of patients; an empty cell is nan.

        A number such as 1.200 or 1,200 is refused: it may mean a thousand or a decimal.
        """
        cells = self.column(name)
        values = _floats(cells)
        whole = (values >= 0) & (values <= MOST_PATIENTS) & (values == np.floor(values))
        for at, cell in enumerate(cells):
            if grouped(cell):
                problems.append(self.problem(at, name, *GROUPED))
            elif cell and not whole[at]:
                problems.append(self.problem(at, name, "is not a whole number", remedy))
        return values

    def problem(self, at: int, column: str, found: str, remedy: str) -> Problem:
        """Return a problem with the cell of row number ``at`` (from 0)."""
        cell = self.column(column)[at]
        value = shortened(cell) if cell else None
        return Problem(f"{column} {found}", remedy, self.file, self.lines[at], column, value)


GROUPED = (
    "may be in thousands or have decimals",
    "write the whole number without comma or point, such as 1200",
)
"""What is wrong with 1.200 as a count, and what to do."""


def grouped(cell: str) -> bool:
    """Say whether a count is written so that it may mean a thousand or a decimal.

    Examples
    --------
    >>> grouped("1,200"), grouped("1.000"), grouped("1200"), grouped("98.0")
    (True, True, False, False)
    """
    return _GROUPED.fullmatch(cell) is not None


def shortened(text: str, longest: int = 60) -> str:
    """Return text that fits into a message."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def nearest(name: str, choices: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the choice that ``name`` most likely means, if any is close.

    Examples
    --------
    >>> nearest("Survial", ["time", "survival"])
    'survival'
    """
    by_lower = {choice.lower(): choice for choice in choices}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def _rename(name: str, spare: Sequence[str]) -> str | None:
    close = nearest(name, spare)
    return None if close is None else f"rename the column {close!r} to {name}"


def listed(names: Sequence[str]) -> str:
    """Return names in one sentence: the first ones, and how many follow."""
    first = [shortened(name, 30) for name in names[:MOST_LISTED]]
    more = [f"{len(names) - MOST_LISTED} more"] if len(names) > MOST_LISTED else []
    return ", ".join(first + more) if names else "no columns"


def _floats(cells: Sequence[str]) -> Floats:
    """Return numbers, with nan for a cell that is none."""
    if not any("_" in cell for cell in cells):  # Python would read 1_5 as 15
        try:
            return np.array(cells, dtype=np.float64)
        except ValueError:
            pass
    return np.array([_float(cell) for cell in cells], dtype=np.float64)


def _float(cell: str) -> float:
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def decoded(content: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file's bytes, and a notice where it is not plain UTF-8.

    Excel writes UTF-16 with a mark at the start; older programs write Latin-1.

    Raises
    ------
    InputError
        If the bytes are no text.

    Examples
    --------
    >>> decoded("time;survival".encode("utf-16"), "a.csv")
    ('time;survival', ('a.csv: read as UTF-16',))
    """
    encoding = _utf16(content)
    notices: tuple[str, ...] = ()
    try:
        if encoding:
            text, notices = content.decode(encoding), (f"{file}: read as UTF-16",)
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        notices = (f"{file}: read as Latin-1, since it is not UTF-8",)
        if encoding or "\ufffd" in text:
            raise InputError(_no_text(file)) from None
    if "\0" in text:
        raise InputError(_no_text(file))
    return text, notices


def _utf16(content: bytes) -> str | None:
    """Return which UTF-16 bytes are in: by their mark, or by every second byte's being 0."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for at, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(content) >= 8 and not any(content[at:200:2]) and all(content[1 - at : 200 : 2]):
            return encoding
    return None


def _no_text(file: str) -> Problem:
    return Problem("this is not a text file", "save it again as plain text in UTF-8", file)


def read_table(path: Path, *, file: str | None = None) -> Table:
    """Read a CSV file into text cells.

    Commas, semicolons and tabs separate; with the last two a comma may be the decimal mark.

    Parameters
    ----------
    path : Path
    file : str, optional
        Name for messages; the file's own name where none is given.

    Raises
    ------
    InputError
        If the file cannot be opened, is empty, has a header that repeats or lacks a name, or rows
        of another length than the header: every such row is named.
    """
    name = file or path.name or str(path)
    text, notices = decoded(content_of(path, name), name)
    separator = _separator(text)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    before = 0
    try:
        for row in reader:
            cells = tuple(without_proof(cell.strip()) for cell in row)
            if any(cells):
                rows.append(cells)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        # of an endless cell alone: text that is no table has no column, or rows of other lengths
        message = f"a cell in this row has more than {csv.field_size_limit()} characters"
        remedy = "shorten its text, or close its quotation mark"
        raise InputError(Problem(message, remedy, name, before + 1)) from error
    if not rows:
        raise InputError(
            Problem("the file is empty", "write a header and rows, or delete it", name)
        )
    header = _header(rows[0], name, lines[0])
    body = [_of_length(row, len(header)) for row in rows[1:]]
    _refuse_ragged(body, header, lines[1:], name)
    if separator != ",":
        given, (body, commas) = body, _with_decimal_points(body)
        if commas:
            _refuse_thousands(given, header, lines[1:], name)
        said = f"{name}: read with {SEPARATORS[separator]} between the columns"
        notices += (said + (" and decimal commas" if commas else ""),)
    return Table(name, header, tuple(body), tuple(lines[1:]), notices)


def content_of(path: Path, name: str) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    InputError
        If it cannot be opened: says why.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(Problem("there is no such file", "check the name", name)) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            Problem(f"the file cannot be opened: {reason}", "check it and its permissions", name)
        ) from error


def _separator(text: str) -> str:
    """Return the separator that the first line with text uses most."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=unquoted.count)


def _header(cells: tuple[str, ...], file: str, line: int) -> tuple[str, ...]:
    names = cells
    while names and not names[-1]:
        names = names[:-1]
    problems = [
        Problem(f"column {at} has no name", "write one into the header", file, line)
        for at, name in enumerate(names, start=1)
        if not name
    ]
    problems += [
        Problem(
            f"the name of column {at} is too long or runs over several lines",
            "close its quotation mark, or shorten it",
            file,
            line,
        )
        for at, name in enumerate(names, start=1)
        if len(name) > LONGEST_NAME or len(name.splitlines()) > 1
    ]
    problems += [
        Problem(f"the column {name} is there twice", "rename or delete one of them", file, line)
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if problems:
        raise InputError(problems)
    return names


def _of_length(row: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return a row without empty cells beyond the header, as spreadsheets leave them."""
    return row[:length] if not any(row[length:]) else row


def _refuse_ragged(
    rows: Sequence[tuple[str, ...]], header: tuple[str, ...], lines: Sequence[int], file: str
) -> None:
    problems = [
        Problem(
            f"the row has {len(row)} cell{'s' * (len(row) > 1)} and the header {len(header)}",
            "give each column one cell; put quotes round text that holds the separator",
            file,
            line,
        )
        for row, line in zip(rows, lines, strict=True)
        if len(row) != len(header)
    ]
    if problems:
        raise InputError(problems)


def _with_decimal_points(
    rows: Sequence[tuple[str, ...]],
) -> tuple[list[tuple[str, ...]], bool]:
    """Return the rows with 0,5 written 0.5, and whether there was any."""
    changed = [
        tuple(cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell for cell in row)
        for row in rows
    ]
    return changed, changed != list(rows)


def _refuse_thousands(
    rows: Sequence[tuple[str, ...]], header: tuple[str, ...], lines: Sequence[int], file: str
) -> None:
    """Refuse 1.200 beside 0,5: where commas are decimal marks, a point may group thousands."""
    problems = [
        Problem(f"{column} {GROUPED[0]}", GROUPED[1], file, line, column, cell)
        for row, line in zip(rows, lines, strict=True)
        for column, cell in zip(header, row, strict=True)
        if POINTED_THOUSANDS.fullmatch(cell)
    ]
    if problems:
        raise InputError(problems)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file, whole or not at all: see `table_text`.

    Raises
    ------
    OutputError
        If it cannot be written; an older file is then as it was.
    """
    write_text(path, table_text(columns, rows))


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV: commas, None as an empty cell, text that is a formula as text.

    Floats are written with all their digits, so that reading gives the same number back; so does
    reading text that :func:`perdure.study.cells.formula_proof` changed.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return formula_proof(value)
    return float(value) if isinstance(value, np.floating) else value
