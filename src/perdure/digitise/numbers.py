"""Numbers as figures print them, and as readers of pictures misspell them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from perdure.figure.page import Word

__all__ = ["Label", "labels_of", "readings"]

_LETTERS = str.maketrans(
    {
        "O": "0",
        "o": "0",
        "Q": "0",
        "D": "0",
        "l": "1",
        "I": "1",
        "|": "1",
        "S": "5",
        "s": "5",
        "B": "8",
        "Z": "2",
        "z": "2",
    }
)
_POINTS = str.maketrans(
    {"·": ".", "•": ".", "∙": ".", "⋅": ".", "・": ".", ",": ".", "，": ".", "。": ".", "°": "."}
)
_PLAIN = re.compile(r"(\d{1,4}|\d{0,4}\.\d{1,4}|\d{1,3}\.)\s*(%?)")
_TICKS = "-–—−_+|一丨'`~"
"""What tick marks and axis lines beside a label are read as."""


@dataclass(frozen=True)
class Label:
    """A number beside an axis: ``values`` it may stand for, the likeliest first."""

    values: tuple[float, ...]
    word: Word
    percent: bool

    @property
    def x(self) -> float:
        """Where the middle lies."""
        return self.word.centre[0]

    @property
    def y(self) -> float:
        """Where the middle lies."""
        return self.word.centre[1]


def readings(text: str) -> tuple[float, ...]:
    """Return the values that a printed number may stand for, the likeliest first.

    Examples
    --------
    >>> readings("0·75"), readings(".5"), readings("80 %"), readings("1O")
    ((0.75,), (0.5,), (80.0,), (10.0, 1.0))

    The point of a turned or blurred label is easily lost:

    >>> readings("08")
    (0.8, 8.0)
    >>> readings("Placebo")
    ()
    """
    text = text.strip().strip(_TICKS).strip()
    if re.fullmatch(r"\d-\d{1,2}", text):  # a middle dot is read as a dash
        text = text.replace("-", ".")
    text = re.sub(r"\s*\.\s*", ".", text.translate(_POINTS))
    found = _PLAIN.fullmatch(text.translate(_LETTERS))
    if found is None or not (any(c.isdigit() for c in text) or text in {"O", "o", "l", "I"}):
        return ()
    digits = found.group(1)
    first = float(digits.rstrip("."))
    other = None if found.group(2) else _other(digits)
    if other is None:
        return (first,)
    return (other, first) if "." not in digits and digits[0] == "0" else (first, other)


def _other(digits: str) -> float | None:
    """Return what the digits may stand for if the reader of the picture slipped."""
    if "." in digits:
        # A tick mark that touches its label is read as a further 1: "1.01" may be 1.0.
        touched = len(digits.split(".")[1]) > 1 and digits.endswith("1")
        return float(digits[:-1]) if touched else None
    pointed = digits[0] + "." + digits[1:]
    if len(digits) > 1 and digits[0] == "0":
        return float(pointed)
    if len(digits) in {2, 3} and not digits[1:].strip("0") and digits[0] == "1":
        return float(pointed)  # "10" may be 1.0, "100" may be 1.00
    return None


def labels_of(words: Iterable[Word]) -> tuple[Label, ...]:
    """Return the words that can be labels of an axis."""
    found = []
    for word in words:
        values = readings(word.text)
        if values:
            found.append(Label(values, word, word.text.rstrip().endswith("%")))
    return tuple(found)
