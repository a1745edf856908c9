"""Numbers that can be cells of a table, and the columns of ticks under which they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perdure.digitise.found import Axes
from perdure.figure.ocr_models import Box
from perdure.figure.page import Colour, Word

__all__ = ["Columns", "Token", "cell_in", "columns_by_count", "columns_of", "rows_of", "tokens_of"]

_CELL = re.compile(r"(\d[\d,.]*\d|\d)\s*(?:[(\[{]\s*(\d+)\s*[)\]}]?)?")
_WHOLE = re.compile(r"(?:(?:\d[\d,]*)\s*(?:[(\[{]\s*\d+\s*[)\]}]?)?\s*)+")
_SLIPS = str.maketrans(
    {"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "（": "(", "）": ")"}
)


@dataclass(frozen=True)
class Token:
    """A number of a table: ``n``, what stands in brackets, and where."""

    n: int
    in_brackets: int | None
    box: Box
    certainty: float
    colour: Colour
    other: tuple[int, ...] = ()

    @property
    def x(self) -> float:
        """Where the middle lies."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        """Where the middle lies."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        """Of the digits."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Columns:
    """Times of the columns of a table and where they stand.

    ``places`` are the middles of the columns in pixels, ``spacing`` pixels apart; ``under_ticks``
    tells whether they stand under the ticks of the figure or are only as many as these.
    """

    times: tuple[float, ...]
    places: tuple[float, ...]
    spacing: float
    under_ticks: bool = True


def cell_in(text: str) -> tuple[int, int | None] | None:
    """Return the number and the number in brackets that a cell says, or None.

    Examples
    --------
    >>> cell_in("398 (0)"), cell_in("1,023"), cell_in("4O"), cell_in("HR")
    ((398, 0), (1023, None), (40, None), None)
    """
    found = _CELL.fullmatch(text.strip().translate(_SLIPS))
    if found is None or not any(c.isdigit() for c in text):
        return None
    whole = found.group(1)
    if re.search(r"[.,]", whole) and not re.fullmatch(r"\d{1,3}([.,]\d{3})+", whole):
        return None
    n = int(re.sub(r"[.,]", "", whole))
    return n, None if found.group(2) is None else int(found.group(2))


def tokens_of(words: Sequence[Word]) -> tuple[Token, ...]:
    """Return the numbers among words; what was read as one word across columns is taken apart.

    Examples
    --------
    >>> [(t.n, t.in_brackets, t.x) for t in tokens_of([Word("230 (7) 157", 0, 0, 110, 10)])]
    [(230, 7, 35.0), (157, None, 95.0)]
    """
    found: list[Token] = []
    for word in words:
        text = word.text.strip().translate(_SLIPS)
        if word.turned or not any(c.isdigit() for c in word.text) or not _WHOLE.fullmatch(text):
            continue
        share = (word.right - word.left) / len(text)
        for part in _CELL.finditer(text):
            cell = cell_in(part.group(0))
            if cell is None:
                continue
            stop = part.start() + len(part.group(0).rstrip())
            box = (
                word.left + share * part.start(),
                word.top,
                word.left + share * stop,
                word.bottom,
            )
            found.append(Token(*cell, box, word.certainty, word.colour))
    return tuple(found)


def numbers_at_ends(words: Sequence[Word]) -> tuple[Token, ...]:
    """Return the numbers with which words of letters end: a name may run into the first number.

    Examples
    --------
    >>> [(t.n, t.x) for t in numbers_at_ends([Word("SoC209", 0, 0, 60, 10)])]
    [(209, 45.0)]
    """
    found = []
    for word in words:
        tail = re.search(r"\d+(\s*[(\[]\d+[)\]])?$", word.text)
        if tail is None or word.turned or not any(c.isalpha() for c in word.text):
            continue
        cell = cell_in(tail.group(0))
        if cell is not None:
            left = word.left + (word.right - word.left) * tail.start() / len(word.text)
            box = (left, word.top, word.right, word.bottom)
            # That the number ends the word is an inference: it does not count as certain.
            found.append(Token(*cell, box, min(word.certainty, 0.96), word.colour))
    return tuple(found)


def rows_of(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the numbers by rows, from top to bottom, each from left to right."""
    rows: list[list[Token]] = []
    for token in sorted(tokens, key=lambda t: t.y):
        for row in rows:
            middle = float(np.median([t.y for t in row]))
            if abs(token.y - middle) < 0.5 * max(
                token.height, float(np.median([t.height for t in row]))
            ):
                row.append(token)
                break
        else:
            rows.append([token])
    return [sorted(row, key=lambda t: t.x) for row in rows]


def columns_of(rows: Sequence[Sequence[Token]], axes: Axes) -> Columns | None:
    """Return the columns on which the rows agree, or None where they do not stand under ticks."""
    ticks = np.array(axes.x.ticks)
    unit = float(np.median(np.diff(ticks)))
    pixels = abs(unit / axes.x.step)
    places = [np.array([t.x for t in row]) for row in rows]
    every = np.concatenate(places)
    for part in (1, 2, 3, 4, 6):
        spacing = pixels / part
        if spacing < 1.2 * float(np.median([t.height for row in rows for t in row])):
            break
        fits = _fit(places, every, axes, unit, part)
        if fits is not None:
            return fits
    return None


def _fit(
    places: Sequence[np.ndarray], every: np.ndarray, axes: Axes, tick: float, part: int
) -> Columns | None:
    """Return columns that are a whole number of parts of a tick apart, or None."""
    unit = tick / part
    spacing = abs(unit / axes.x.step)
    # Numbers may stand at 0 where the axis has its first label later.
    origin = axes.x.low - unit * np.floor(axes.x.low / unit + 1e-6)
    first = float(axes.x.pixel(origin))
    phase = (every - first) / spacing
    # The offset of centred numbers is 0; of numbers that start or end at the tick it is not.
    off = phase - np.round(phase)
    offset = float(np.median(off))
    if abs(offset) > 0.3:
        return None
    index = np.round(phase - offset).astype(int)
    good = (np.abs(phase - offset - index) < 0.25) & (index >= 0)
    if good.mean() < 0.7:
        return None
    position = 0
    for row in places:
        mine = index[position : position + len(row)][good[position : position + len(row)]]
        if len(mine) != len(set(mine.tolist())):
            return None  # two numbers under one tick: the columns are closer
        position += len(row)
    used = np.unique(index[good])
    stride = int(np.gcd.reduce(np.diff(used))) if len(used) > 1 else 1
    if stride % part and part % stride:
        return None  # columns of one and a half ticks are of a scale of the table's own
    if used.size < 0.5 * ((used[-1] - used[0]) / stride + 1):
        return None  # most columns would be empty
    beyond = round((float(axes.x.value(axes.right)) - origin) / unit) + 1
    labelled = round((axes.x.high - origin) / unit)
    last = min(max(int(used.max()), labelled), beyond)
    steps = range(int(used.min()) % max(1, stride), last + 1, max(1, stride))
    times = tuple(float(np.round(origin + unit * k, 6)) for k in steps)
    at = tuple(float(axes.x.pixel(t)) + offset * spacing for t in times)
    return Columns(times, at, spacing * max(1, stride))


def columns_by_count(rows: Sequence[Sequence[Token]], axes: Axes) -> Columns | None:
    """Return columns that are as many as the ticks, where a table has a scale of its own.

    The table of a figure with its legend at the right is at times wider than the plot. Its last
    number, often a lone 0, may have been overlooked.
    """
    longest = max(rows, key=len)
    places = np.array([t.x for t in longest])
    gaps = np.diff(places)
    if len(places) < 4 or gaps.max() - gaps.min() > 0.15 * float(np.median(gaps)):
        return None
    pitch = float(gaps.mean())
    for step in (1, 2, 3):
        times = axes.x.ticks[::step]
        if len(times) - len(places) in (0, 1):
            at = tuple(float(places[0] + pitch * k) for k in range(len(times)))
            return Columns(times, at, pitch, under_ticks=False)
    return None
