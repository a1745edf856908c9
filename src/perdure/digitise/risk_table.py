"""The table of numbers at risk: beneath the figure, within the plot, or above it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perdure.digitise.found import Axes, RiskCell, RiskTable
from perdure.digitise.risk_brackets import with_brackets
from perdure.digitise.risk_cells import (
    Columns,
    Token,
    cell_in,
    columns_by_count,
    columns_of,
    numbers_at_ends,
    rows_of,
    tokens_of,
)
from perdure.digitise.risk_check import checked
from perdure.digitise.risk_names import brackets_in, is_heading, is_vivid, names_of_rows
from perdure.digitise.titles import lines_of_text
from perdure.figure.ocr_models import Box, Reading
from perdure.figure.page import Colour, Drawing, Picture, Word

__all__ = ["read_risk_table"]

_DIGITS = "0123456789()"


def read_risk_table(words: Sequence[Word], axes: Axes, page: Picture | Drawing) -> RiskTable | None:
    """Return the table of numbers at risk of a figure, or None where there is none.

    The numbers stand in rows under the ticks (all, every second, or closer than the labels). A
    cell that was overlooked is read again where it must be; numbers that rise along a row are
    flagged, and where a next best reading falls into place it is taken.

    Parameters
    ----------
    words : sequence of Word
    axes : Axes
    page : Picture or Drawing
        The pixels from which doubtful cells are read again; a drawing's text is certain.
    """
    tokens = [t for t in tokens_of(words) if _may_belong(t, axes)]
    rows = [row for row in rows_of(tokens) if not _is_tick_row(row, axes)]
    rows = _block([r for r in (_row(row, axes) for row in rows) if r], words, axes)
    if not rows:
        return None
    columns = _columns(rows, axes)
    if columns is None:
        return None
    ends = numbers_at_ends(words)
    grid = [_by_column(row, ends, columns, axes) for row in rows]
    if isinstance(page, Picture):
        grid = _read_again(grid, columns, axes, page)
    return _table(grid, columns, words, axes)


def _columns(rows: Sequence[Sequence[Token]], axes: Axes) -> Columns | None:
    """Return the columns under the ticks, or as many as these where that holds more numbers."""
    under, counted = columns_of(rows, axes), columns_by_count(rows, axes)
    if under is None or counted is None or len(counted.times) != max(len(row) for row in rows):
        return under or counted
    return under if _held(rows, under) >= _held(rows, counted) else counted


def _held(rows: Sequence[Sequence[Token]], columns: Columns) -> int:
    """Return how many numbers stand in the columns."""
    places = np.array(columns.places)
    near = 0.2 * columns.spacing
    return sum(bool(np.abs(places - token.x).min() < near) for row in rows for token in row)


def _may_belong(token: Token, axes: Axes) -> bool:
    """Tell whether a number lies where a table can be: not among the curves."""
    across = axes.right - axes.left
    if not axes.left - 0.12 * across < token.x < axes.right + 0.35 * across:
        return False
    if token.y > axes.bottom + 1.2 * (axes.bottom - axes.top):
        return False
    floor = float(axes.y.pixel(axes.y.low)) if axes.y.low < 0.05 else axes.bottom
    return token.y > floor - 0.16 * (axes.bottom - axes.top) or token.y < axes.top


def _is_tick_row(row: Sequence[Token], axes: Axes) -> bool:
    """Tell the labels of the time axis, which may be printed again under the table."""
    unit = axes.x.ticks[1] - axes.x.ticks[0] if len(axes.x.ticks) > 1 else 1.0
    same = [abs(float(axes.x.value(t.x)) - t.n) < 0.3 * unit for t in row]
    return len(row) >= 2 and float(np.mean(same)) > 0.6


def _row(row: Sequence[Token], axes: Axes) -> list[Token]:
    """Return the numbers of a row that stand under ticks and fall, or nothing."""
    if len(row) < 2:
        return []
    size = float(np.median([t.height for t in row]))
    alike = [t for t in row if 0.6 * size < t.height < 1.6 * size]
    values = np.array([t.n for t in alike])
    if len(alike) < 2 or (np.diff(values) > 0).mean() > 0.5:
        return []
    return alike


def _block(rows: list[list[Token]], words: Sequence[Word], axes: Axes) -> list[list[Token]]:
    """Return the rows of one table: near each other, alike in size, under common columns."""
    blocks: list[list[list[Token]]] = []
    for row in rows:
        if not any(_stand_in_columns(r, axes) for r in (row, row[1:])):
            continue
        level, size = _level(row), _size(row)
        if blocks:
            last = blocks[-1][-1]
            before = _level(last)
            gaps = [_level(b) - _level(a) for a, b in zip(blocks[-1], blocks[-1][1:], strict=False)]
            most = 1.7 * max(gaps) if gaps else 8 * size
            if (
                level - before < most
                and 0.7 < size / _size(last) < 1.4
                and _parted(blocks[-1][-1], row, axes)
            ):
                blocks[-1].append(row)
                continue
        blocks.append([row])
    if not blocks:
        return []
    headings = [w for w in lines_of_text(words) if is_heading(w.text)]

    def score(block: list[list[Token]]) -> float:
        top = _level(block[0])
        named = any(_close(w, block) for w in headings)
        # Of the tables of several panels the nearest is this one's.
        away = max(0.0, top - axes.bottom) / (axes.bottom - axes.top)
        return sum(len(r) for r in block) + 10 * named - 20 * away

    best = max(blocks, key=score)
    long = max(len(r) for r in best)
    return best if long >= 3 or any(_close(w, best) for w in headings) else []


def _close(heading: Word, block: Sequence[Sequence[Token]]) -> bool:
    top, bottom = _level(block[0]), _level(block[-1])
    return top - 7 * _size(block[0]) < heading.centre[1] < bottom


def _stand_in_columns(row: Sequence[Token], axes: Axes) -> bool:
    if not row:
        return False
    return columns_of([row], axes) is not None or columns_by_count([row], axes) is not None


def _parted(above: Sequence[Token], below: Sequence[Token], axes: Axes) -> bool:
    """Tell whether no axis lies between two rows."""
    return not (_level(above) < axes.top < axes.bottom < _level(below))


def _level(row: Sequence[Token]) -> float:
    return float(np.median([t.y for t in row]))


def _size(row: Sequence[Token]) -> float:
    return float(np.median([t.height for t in row]))


@dataclass(frozen=True)
class _Row:
    """Cells of a row by the index of their column; ``level`` and ``size`` of its digits."""

    cells: dict[int, Token]
    level: float
    size: float


def _by_column(row: Sequence[Token], ends: Sequence[Token], columns: Columns, axes: Axes) -> _Row:
    """Put numbers under their columns; ``ends`` are numbers read as one word with a name."""
    level, size = _level(row), _size(row)
    places = np.array(columns.places)
    cells: dict[int, Token] = {}
    for token in row:
        away = np.abs(places - token.x)
        index = int(away.argmin())
        near = away[index] < 0.3 * columns.spacing
        if near and (index not in cells or away[index] < abs(places[index] - cells[index].x)):
            cells[index] = token
    for token in ends:
        away = np.abs(places - token.x)
        index = int(away.argmin())
        near = away[index] < min(0.2 * columns.spacing, 1.2 * size)
        if near and abs(token.y - level) < 0.5 * size and index not in cells:
            cells[index] = token
    return _Row(cells, level, size)


def _read_again(grid: Sequence[_Row], columns: Columns, axes: Axes, picture: Picture) -> list[_Row]:
    """Read cells that were overlooked or are uncertain, each from a crop of its own."""
    from perdure.figure.ocr import ink_box, ink_colour, read_boxes  # noqa: PLC0415 (opencv)

    wanted: list[tuple[int, int, Box]] = []
    half = max([t.box[2] - t.box[0] for row in grid for t in row.cells.values()] or [0.0]) / 2
    for i, row in enumerate(grid):
        for k in range(len(columns.times)):
            token = row.cells.get(k)
            if token is None:
                x = columns.places[k]
                room = min(half + 0.6 * row.size, 0.5 * columns.spacing)
                box = (x - room, row.level - 0.8 * row.size, x + room, row.level + 0.8 * row.size)
                if x + 0.2 * row.size < picture.width and not _is_blank(picture, box):
                    wanted.append((i, k, ink_box(picture.pixels, box, dashes=False)))
            elif token.certainty < 0.95:
                wanted.append((i, k, token.box))
    boxes = [_grown(box) for _, _, box in wanted]
    known = {k for row in grid for k in row.cells}
    inked = [
        *(k for row in grid for k in row.cells),
        *(k for i, k, _ in wanted if k not in grid[i].cells),
    ]
    result = [replace(row, cells=dict(row.cells)) for row in grid]
    for (i, k, box), reading in zip(wanted, read_boxes(picture, boxes, _DIGITS), strict=True):
        cell = cell_in(reading.text)
        if cell is None:
            continue
        new = Token(
            *cell, box, reading.certainty, ink_colour(picture.pixels, box), _others(reading)
        )
        old = grid[i].cells.get(k)
        if old is not None:
            result[i].cells[k] = _settled(old, new)
        elif reading.certainty > _least(cell, k in known, inked.count(k) == len(grid)):
            # The first column stands close to the names: what is read there may be a letter.
            result[i].cells[k] = new if k else replace(new, certainty=min(0.8, new.certainty))
    return result


def _least(cell: tuple[int, int | None], known: bool, in_every_row: bool) -> float:
    """Return how sure a reading must be for a cell that was overlooked; it stays for a person.

    A lone 0 is a ring to the reader; where every row has ink in the column, it is the last number.
    """
    if cell == (0, None) and in_every_row:
        return 0.15
    return 0.3 if known else 0.6


def _others(reading: Reading) -> tuple[int, ...]:
    cells = [cell_in(text) for text, _ in reading.others]
    return tuple(dict.fromkeys(cell[0] for cell in cells if cell is not None))


def _settled(old: Token, new: Token) -> Token:
    """Return the surer of two readings of a cell; where they differ it is for a person to check."""
    if (old.n, old.in_brackets) == (new.n, new.in_brackets):
        return old if old.certainty >= new.certainty else replace(new, colour=old.colour)
    best, rest = (new, old) if new.certainty > old.certainty else (old, new)
    others = tuple(n for n in dict.fromkeys((rest.n, *new.other)) if n != best.n)
    return replace(best, certainty=min(0.8, best.certainty), other=others)


def _is_blank(picture: Picture, box: Box) -> bool:
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    crop = picture.pixels[top : int(box[3]) + 1, left : int(box[2]) + 1].astype(np.int16)
    return crop.size == 0 or int((crop.max(axis=(0, 1)) - crop.min(axis=(0, 1))).max()) < 40


def _grown(box: Box) -> Box:
    margin = 0.25 * (box[3] - box[1]) + 1
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _table(grid: Sequence[_Row], columns: Columns, words: Sequence[Word], axes: Axes) -> RiskTable:
    size = float(np.median([row.size for row in grid]))
    lines = [w for w in lines_of_text(words) if is_heading(w.text)]
    top = grid[0].level - 7 * size
    heading = [w for w in lines if top < w.centre[1] < grid[-1].level + 2 * size]
    taken = [t.box for row in grid for t in row.cells.values()]
    rest = [w for w in words if not _taken(w, taken, heading)]
    starts = [min((t.box[0] for t in row.cells.values()), default=axes.left) for row in grid]
    found = names_of_rows(rest, [row.level for row in grid], starts, size)
    names, colours = [], []
    for row, name in zip(grid, found, strict=True):
        texts = [_without_number(w, row) for w in name]
        names.append(" ".join(t for t in texts if t).lstrip(" -–—").rstrip(" :"))
        colours.append(_colour(name, row))
    brackets = brackets_in([w.text for w in heading])
    rows = tuple(checked(with_brackets(_cells(row, columns))) for row in _measured(grid))
    warnings = _gaps(rows, names)
    if not columns.under_ticks:
        warnings.append(
            "the columns of the table do not stand under the ticks: they were tied to them by count"
        )
    if any(not name for name in names):
        warnings.append("a row of the table of numbers at risk has no name")
    return RiskTable(tuple(names), rows, tuple(colours), brackets, tuple(warnings))


def _gaps(rows: Sequence[Sequence[RiskCell]], names: Sequence[str]) -> list[str]:
    """Return a sentence on each number that a row lacks and another row has."""
    times = sorted({cell.time for row in rows for cell in row})
    return [
        f"{name or f'row {at}'}: no number at risk was read at {time:g}, where another row has one"
        for at, (name, row) in enumerate(zip(names, rows, strict=True), start=1)
        for time in times
        if time not in {cell.time for cell in row}
    ]


def _measured(grid: Sequence[_Row]) -> list[_Row]:
    """Doubt the numbers whose width is not that of their digits: one may be lost or doubled."""
    plain = [t for row in grid for t in row.cells.values() if t.in_brackets is None]
    if len(plain) < 4:
        return list(grid)
    wide = [(_width(t) / len(str(t.n))) for t in plain]
    pitch = float(np.median(wide))

    def doubted(token: Token) -> Token:
        digits = len(str(token.n))
        if token.in_brackets is None and abs(_width(token) / pitch - digits) > 0.6:
            return replace(token, certainty=min(0.8, token.certainty))
        return token

    return [replace(r, cells={k: doubted(t) for k, t in r.cells.items()}) for r in grid]


def _width(token: Token) -> float:
    """Return the width of a number in heights of its digits, with the gap after the last."""
    return (token.box[2] - token.box[0]) / max(1.0, token.height) + 0.14


def _cells(row: _Row, columns: Columns) -> tuple[RiskCell, ...]:
    return tuple(
        RiskCell(
            columns.times[k],
            token.n,
            token.certainty,
            other=token.other,
            in_brackets=token.in_brackets,
            box=token.box,
        )
        for k, token in sorted(row.cells.items())
    )


def _colour(name: Sequence[Word], row: _Row) -> Colour:
    """Return the colour of the name, or of the numbers where only they are coloured."""
    named = [w.colour for w in name if is_vivid(w.colour)]
    numbers = [t.colour for t in row.cells.values()]
    middle = tuple(int(v) for v in np.median(np.array(numbers), axis=0)) if numbers else (0, 0, 0)
    cell = (middle[0], middle[1], middle[2])
    if named:
        return named[0]
    return cell if is_vivid(cell) else name[0].colour if name else cell


def _taken(word: Word, cells: Sequence[Box], heading: Sequence[Word]) -> bool:
    """Tell a cell, or a word of the heading, from what may be a name."""
    x, y = word.centre
    if any(w.left - 1 <= x <= w.right + 1 and w.top - 1 <= y <= w.bottom + 1 for w in heading):
        return True
    return any(b[1] <= y <= b[3] and word.left > b[0] - (b[3] - b[1]) / 2 for b in cells) or any(
        b[0] - 1 <= x <= b[2] + 1 and b[1] - 1 <= y <= b[3] + 1 for b in cells
    )


def _without_number(word: Word, row: _Row) -> str:
    """Return a name without the first number of its row, where both were read as one word."""
    for token in row.cells.values():
        if word.left < token.x < word.right and any(c.isalpha() for c in word.text):
            return re.sub(r"[\s\d()\[\]]*\d[\s\d()\[\]]*$", "", word.text)
    return word.text
