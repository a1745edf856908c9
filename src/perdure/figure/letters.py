"""Letters with their places, grouped into the pieces of text that a reader sees."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from perdure.figure.geometry import Box
from perdure.figure.page import Colour, Word

__all__ = ["Letter", "group_letters", "placed_letter"]

_WORD_GAP = 0.17  # of the letters' size: wider is a space
_OTHER_GAP = 0.5  # wider separates pieces of text that the file writes apart
_SAME_GAP = 0.9  # wider separates even what the file writes at once: cells of a table
_MARKS = frozenset("+|×xX○●◯❍□■△▲◆◇⚪⚫∙•l")


@dataclass(frozen=True)
class Letter:
    """A letter on the page.

    ``along`` is from where to where it reaches in the direction of reading, ``base`` the place of
    its line across that direction; ``turn`` is 0 for rightwards, 1 upwards, 2 leftwards, 3
    downwards; ``piece`` numbers what the file writes at once.
    """

    text: str
    along: tuple[float, float]
    base: float
    box: Box
    size: float
    turn: int
    colour: Colour
    piece: int
    space_before: bool


def placed_letter(
    text: str,
    box: Box,
    origin: tuple[float, float],
    reading: tuple[float, float],
    size: float,
    colour: Colour,
    piece: int,
    space_before: bool,
    room: Box | None = None,
) -> Letter:
    """Return a letter by its box, a point of its base line and its direction of reading.

    ``room`` is the box with the empty sides that belong to the letter: a 1 is narrower than its
    room.
    """
    turn = _turn(*reading)
    left, top, right, bottom = room or box
    along, base = {
        0: ((left, right), origin[1]),
        1: ((-bottom, -top), origin[0]),
        2: ((-right, -left), origin[1]),
        3: ((top, bottom), origin[0]),
    }[turn]
    size = size if size > 0 else max(box[3] - box[1], 1.0)
    return Letter(text, along, base, box, size, turn, colour, piece, space_before)


def _turn(dx: float, dy: float) -> int:
    if abs(dx) >= abs(dy):
        return 0 if dx >= 0 else 2
    return 1 if dy < 0 else 3


def group_letters(letters: list[Letter]) -> list[Word]:
    """Group letters into words.

    Examples
    --------
    >>> pair = [
    ...     placed_letter(s, (x, 0, x + 8, 10), (x, 10), (1, 0), 12, (0, 0, 0), 0, False)
    ...     for s, x in (("1", 0), ("2", 9))
    ... ]
    >>> [word.text for word in group_letters(pair)]
    ['12']
    """
    pieces = _Pieces(letters)
    words: list[Word] = []
    for line in _joined_lines(letters):
        line.sort(key=lambda letter: letter.along)
        group: list[Letter] = []
        for letter in line:
            if group and not _continues(group[-1], letter, pieces):
                words.append(_word(group))
                group = []
            group.append(letter)
        words.append(_word(group))
    return words


def _joined_lines(letters: list[Letter]) -> list[list[Letter]]:
    """Return letters that share a direction and a base line (to a fifth of their size)."""
    lines: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda one: (one.turn, one.base)):
        last = lines[-1][-1] if lines else None
        if (
            last is not None
            and last.turn == letter.turn
            and abs(last.base - letter.base) < 0.2 * min(last.size, letter.size)
        ):
            lines[-1].append(letter)
        else:
            lines.append([letter])
    return lines


class _Pieces:
    """What is known of the pieces that the file writes at once."""

    def __init__(self, letters: list[Letter]) -> None:
        self.text: dict[int, str] = defaultdict(str)
        self.phrases = False  # written with their spaces, not word by word
        for letter in letters:
            self.phrases |= letter.space_before and letter.piece in self.text
            self.text[letter.piece] += letter.text

    def alone(self, letter: Letter) -> bool:
        """Tell one sign that may be a mark of censoring on a curve."""
        return self.text[letter.piece] in _MARKS

    def cells(self, last: Letter, letter: Letter) -> bool:
        """Tell a name and a number that were written apart: cells of a table."""
        texts = (self.text[last.piece], self.text[letter.piece])
        numbers = [text.isdigit() for text in texts]
        return numbers[0] != numbers[1] and min(len(text) for text in texts) > 1


def _continues(last: Letter, letter: Letter, pieces: _Pieces) -> bool:
    if last.colour != letter.colour and last.piece != letter.piece:
        return False
    size = min(last.size, letter.size)
    gap = letter.along[0] - last.along[1]
    if last.piece == letter.piece:
        return gap < _SAME_GAP * size
    alone = pieces.alone(last), pieces.alone(letter)
    if all(alone):
        return False
    if pieces.cells(last, letter):
        return not pieces.phrases and _WORD_GAP * size < gap < 0.33 * size
    return -0.5 * size < gap < (0.3 if any(alone) else _OTHER_GAP) * size


def _word(group: list[Letter]) -> Word:
    text = group[0].text
    for last, letter in pairwise(group):
        gap = letter.along[0] - last.along[1]
        apart = (letter.space_before and gap > 0) or gap > _WORD_GAP * min(last.size, letter.size)
        text += (" " if apart else "") + letter.text
    start, end = group[0].along[0], max(letter.along[1] for letter in group)
    turn = group[0].turn
    left, top, right, bottom = (
        min(letter.box[0] for letter in group),
        min(letter.box[1] for letter in group),
        max(letter.box[2] for letter in group),
        max(letter.box[3] for letter in group),
    )
    # Labels are centred on their ticks by the room of their letters, not by their ink.
    if turn in {0, 2}:
        left, right = (start, end) if turn == 0 else (-end, -start)
    else:
        top, bottom = (start, end) if turn == 3 else (-end, -start)
    return Word(
        text,
        left,
        top,
        right,
        bottom,
        colour=group[0].colour,
        turned=turn in {1, 3},
    )
