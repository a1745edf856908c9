"""Points as text: WebPlotDigitizer, Engauge, DigitizeIt, ScanIt, and input of R packages.

What these programs write differs in separators, decimal marks, comments and headers, and in how
several curves share a file: pairs of columns (WebPlotDigitizer), one column of times and one column
a curve (Engauge, all curves on each line; ScanIt), or one block below the other (Engauge, one curve
on each line; DigitizeIt). Which it is, is read from the file.
"""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from perdure.errors import InputError, Problem
from perdure.records import TimeUnit
from perdure.study.exports.curves import ExportedCurves, Point
from perdure.study.exports.headers import is_index, is_survival, is_time, unit_of
from perdure.study.tables import GROUPED, POINTED_THOUSANDS

__all__ = ["Block", "blocks_of", "grid_curves"]

_SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "spaces"}
_MOSTLY = 0.8
_COMMENTS = ("#", "//", "%", "!")
_NAMELESS = "curve"
_STARTS_WITH_NUMBER = re.compile(r'[\s"]*[+-]?[.,]?\d')
_DECIMAL_COMMA = re.compile(r"([+-]?\d*),(\d+)")


@dataclass(frozen=True)
class Block:
    """Rows of numbers below each other, and the header rows over them.

    Attributes
    ----------
    headers : tuple of tuple of str
    rows : tuple of tuple of str
        Decimal points; an empty cell is "".
    lines : tuple of int
        Line of each row in the file, from 1.
    """

    headers: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return max(len(row) for row in self.rows)

    @property
    def header(self) -> tuple[str, ...]:
        """The row just over the numbers; empty without one."""
        return self.headers[-1] if self.headers else ()

    def column(self, at: int) -> list[str]:
        """Return the cells of a column."""
        return [row[at] if at < len(row) else "" for row in self.rows]

    def without(self, at: int) -> "Block":
        """Return the block without a column."""

        def cut(row: tuple[str, ...]) -> tuple[str, ...]:
            return row[:at] + row[at + 1 :]

        return Block(
            tuple(cut(row) if len(row) == self.width else row for row in self.headers),
            tuple(cut(row) for row in self.rows),
            self.lines,
        )


def grid_curves(text: str, file: str) -> ExportedCurves | None:
    r"""Read curves from exported text; None where it is none that is known here.

    Raises
    ------
    InputError
        If columns cannot be told apart for want of a header.

    Examples
    --------
    >>> found = grid_curves("x,Curve1,Curve2\n0,1,1\n5,0.7,0.5\n", "a.csv")
    >>> found.points["Curve2"]
    ((2, '0', '1'), (3, '5', '0.5'))
    """
    separator, blocks = blocks_of(text, file)
    if not blocks:
        return None
    points: dict[str, tuple[Point, ...]] = {}
    units: set[TimeUnit] = set()
    for block in blocks:
        found = _curves(_without_index(block), file)
        if found is None:
            return None
        for name, mine in found:
            points[_free(name, points, several=len(blocks) > 1 or len(found) > 1)] = mine
        units |= {unit for name in block.header if is_time(name) and (unit := unit_of(name))}
    origin = f"points exported by a digitiser, {_SEPARATORS[separator]} between the columns"
    return ExportedCurves(file, origin, points, next(iter(units)) if len(units) == 1 else None)


def _free(name: str, taken: dict[str, tuple[Point, ...]], *, several: bool) -> str:
    """Return a name that no other curve has."""
    if not name:
        name = f"{_NAMELESS} {len(taken) + 1}" if several else _NAMELESS
    while name in taken:
        name += "'"
    return name


def blocks_of(text: str, file: str) -> tuple[str, tuple[Block, ...]]:
    """Return the separator, and the blocks of numbers in a text.

    Raises
    ------
    InputError
        If points may group thousands, since commas are decimal marks.
    """
    lines = [
        (number, line.strip("\r\n \ufeff" if "\t" in line else None))
        for number, line in enumerate(text.splitlines(), start=1)
    ]
    lines = [(number, line) for number, said in lines if (line := _uncommented(said)) is not None]
    separator = _separator([line for _, line in lines if line])
    if separator != ",":
        _refuse_thousands(lines, separator, file)
    return separator, tuple(_blocks(lines, separator))


def _refuse_thousands(lines: Sequence[tuple[int, str]], separator: str, file: str) -> None:
    cells = [(number, cell) for number, line in lines for cell in _cells(line, separator)]
    if not any(_DECIMAL_COMMA.fullmatch(cell) for _, cell in cells):
        return
    problems = [
        Problem(f"a number {GROUPED[0]}", GROUPED[1], file, number, value=cell)
        for number, cell in cells
        if POINTED_THOUSANDS.fullmatch(cell)
    ]
    if problems:
        raise InputError(problems)


def _uncommented(line: str) -> str | None:
    """Return a line, or the header that gnuplot's comment sign hides; None for other comments."""
    if not line.startswith(_COMMENTS):
        return line
    hidden = line.lstrip("#/%! ")
    cells = re.split("[\t,;]", hidden)
    return hidden if len(cells) > 1 and is_time(cells[0]) else None


def _separator(lines: Sequence[str]) -> str:
    """Return the separator by which most lines with a number split into two numbers or more."""
    likely = [line for line in lines if _STARTS_WITH_NUMBER.match(line)]
    for separator in _SEPARATORS:
        split = [_numbers(line, separator) for line in likely]
        good = sum(cells is not None and len(cells) > 1 for cells in split)
        if likely and good >= _MOSTLY * len(likely):
            return separator
    return ","


def _cells(line: str, separator: str) -> tuple[str, ...]:
    if separator == " ":
        line = re.sub(r"\s+", " ", line.strip())
    try:
        rows = list(csv.reader([line], delimiter=separator, skipinitialspace=separator != "\t"))
    except csv.Error:
        rows = [line.split(separator)]
    return tuple(cell.strip() for cell in rows[0]) if rows else ()


def _numbers(line: str, separator: str) -> tuple[str, ...] | None:
    """Return the cells of a row of numbers, some of them perhaps empty; None for other rows."""
    cells = _cells(line, separator)
    if separator != ",":
        cells = tuple(_DECIMAL_COMMA.sub(r"\1.\2", cell, count=1) for cell in cells)
    cells = tuple("" if cell == "NA" else cell for cell in cells)
    cells = _trimmed(cells)
    return cells if cells and all(not cell or _is_number(cell) for cell in cells) else None


def _header(line: str, separator: str) -> tuple[str, ...]:
    """Return the cells of a header; among spaces a title is one cell."""
    cells = _trimmed(_cells(line, separator))
    if cells and separator == " " and not (is_time(cells[0]) or is_index(cells[0])):
        return (line,)
    return cells


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return cells without the empty ones at their end, as many programs write them."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _are_names(
    headers: list[tuple[str, ...]], rows: list[tuple[str, ...]], below: tuple[str, ...]
) -> bool:
    """Whether the first row of numbers is the names of datasets, over the header X,Y,X,Y."""
    return (
        not headers
        and len(rows) == 1
        and not any(rows[0][1::2])
        and all(is_time(name) for name in below[0::2])
        and all(is_survival(name) for name in below[1::2])
    )


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and math.isfinite(float(cell))
    except ValueError:
        return False


def _blocks(lines: Sequence[tuple[int, str]], separator: str) -> Iterator[Block]:
    """Yield blocks: a header after numbers, or times that start again after a gap, begin one."""
    headers: list[tuple[str, ...]] = []
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    gap = False
    for number, line in lines:
        cells = _numbers(line, separator) if line else None
        again = gap and rows and cells is not None and _starts_again(rows, cells)
        if line and cells is None and _are_names(headers, rows, _cells(line, separator)):
            headers, rows, numbers = rows, [], []
        if rows and ((line and cells is None) or again):
            yield Block(tuple(headers), tuple(rows), tuple(numbers))
            headers, rows, numbers = [], [], []
        if cells is not None:
            rows.append(cells)
            numbers.append(number)
        elif header := _header(line, separator):
            headers.append(header)
        gap = not line
    if rows:
        yield Block(tuple(headers), tuple(rows), tuple(numbers))


def _starts_again(rows: Sequence[tuple[str, ...]], cells: tuple[str, ...]) -> bool:
    return bool(cells[0] and rows[0][0]) and float(cells[0]) <= float(rows[0][0])


def _without_index(block: Block) -> Block:
    """Return the block without a first column that only counts the rows."""
    if block.width < 3:
        return block
    first = block.column(0)
    counts = all(
        cell and float(cell) == float(first[0]) + at for at, cell in enumerate(first)
    ) and float(first[0]) in (0.0, 1.0)
    named = len(block.header) == block.width and is_index(block.header[0])
    # R writes the names of its rows without a name over them.
    unnamed = (
        len(block.header) == block.width - 1 and bool(block.header) and is_time(block.header[0])
    )
    if counts and (named or unnamed or (not block.header and block.width == 3)):
        return block.without(0)
    return block


def _curves(block: Block, file: str) -> list[tuple[str, tuple[Point, ...]]] | None:
    """Return the curves of a block, or None where its header says something else."""
    header, width = block.header, block.width
    if _are_pairs(block):
        return [
            (name, _points(block, 2 * place, 2 * place + 1))
            for place, name in enumerate(_pair_names(block))
            if any(block.column(2 * place))
        ]
    if width > 2 and not header:
        raise InputError(
            Problem(
                f"the file has {width} columns of numbers and no header",
                "write time over the times and a name over each curve, or keep two columns",
                file,
                block.lines[0],
            )
        )
    if not _starts_with_time(block):
        return None
    if width == 2:
        points = zip(block.lines, block.column(0), block.column(1), strict=True)
        return [(_only_name(block), tuple(points))]
    return [
        (header[at] if at < len(header) else "", _points(block, 0, at))
        for at in range(1, width)
        if any(block.column(at))
    ]


def _starts_with_time(block: Block) -> bool:
    """Whether the first column holds times, and the header does not misspell perdure's own."""
    header = block.header
    if block.width == 2 and len(header) < 2:
        return True  # no header, or a title over both columns
    if block.width < 2 or not header or not is_time(header[0]):
        return False
    return header[0] != "time" or all(is_survival(name) for name in header[1:])


def _are_pairs(block: Block) -> bool:
    """Whether columns are time and survival in turn: X,Y,X,Y, or names over every second column."""
    width = block.width
    if width % 2 or width < 2 or not block.headers:
        return False
    header = block.header
    if len(header) >= width > 2:
        odd, even = header[0:width:2], header[1:width:2]
        # Engauge writes the curve's name where others write y.
        if all(is_time(name) for name in odd) and not any(
            is_time(name) or not name for name in even
        ):
            return True
    names = block.headers[0]
    return (
        width > 2
        and len(names) >= width - 1
        and all(names[0:width:2])
        and not any(names[1:width:2])
    )


def _pair_names(block: Block) -> list[str]:
    """Return what stands over each pair of columns, "" where that is the name of an axis.

    WebPlotDigitizer writes the names of datasets without quotation marks, commas and all: then a
    name is what stands between two empty cells.
    """
    pairs = block.width // 2
    names = block.headers[0]
    if len(block.headers) == 1 and any(names[1::2]):
        return ["" if is_survival(name) else name for name in names[1 : block.width : 2]]
    if any(names[1::2]):
        runs = [", ".join(run) for full, run in groupby(names, key=bool) if full]
        names = tuple(cell for run in runs for cell in (run, "")) if len(runs) == pairs else ()
    found = [names[at] if at < len(names) else "" for at in range(0, 2 * pairs, 2)]
    return ["" if is_time(name) else name for name in found]


def _only_name(block: Block) -> str:
    """Return the name of the one curve of a block."""
    if block.headers and (len(block.headers) > 1 or len(block.header) == 1):
        title = block.headers[0][0]
        if not is_time(title):
            return title
    name = block.header[1] if len(block.header) > 1 else ""
    return "" if is_survival(name) else name


def _points(block: Block, time: int, survival: int) -> tuple[Point, ...]:
    """Return the points of two columns; rows that are empty in either are of other curves."""
    return tuple(
        (line, at, value)
        for line, at, value in zip(
            block.lines, block.column(time), block.column(survival), strict=True
        )
        if at and value
    )
