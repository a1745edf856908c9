"""What stands beside and above a table of numbers at risk: names of rows, heading, brackets."""

import re
from collections.abc import Sequence

import numpy as np

from perdure.figure.page import Colour, Word

__all__ = ["brackets_in", "is_heading", "is_vivid", "names_of_rows"]

_HEADING = re.compile(
    r"(at|an?)\s*-?\s*risk|\brisk\s+set|^\s*(no\.?|n|number|numbers|patients|subjects|pts)\s+(of\s+)?"
    r"(patients|subjects|at|still|under|remaining|exposed)|risiko|[àa]\s+risque|a\s+rischio|riesgo"
    r"|^\W*(number|no\.?)?\s*\(?(cumulative\s+)?(number\s+)?(of\s+)?(events?|censor(ed|ing)?)\)?\W*$"
    r"|^\s*(n(umber|o\.?)?\s+)?(censored|events?)\W*$",
    re.I,
)


def is_heading(text: str) -> bool:
    """Tell whether a line is the heading of a table of numbers at risk.

    Examples
    --------
    >>> is_heading("No. at Risk"), is_heading("(number censored)"), is_heading("Placebo")
    (True, True, False)
    """
    return bool(_HEADING.search(text))


def brackets_in(texts: Sequence[str]) -> str:
    """Return what the heading says of the numbers in brackets: "censored", "events" or "".

    Examples
    --------
    >>> brackets_in(["Number at risk", "(number censored)"]), brackets_in(["No. at risk"])
    ('censored', '')
    """
    text = " ".join(texts).lower()
    if "censor" in text:
        return "censored"
    return "events" if "event" in text else ""


def is_vivid(colour: Colour) -> bool:
    """Tell a colour from black, grey and white.

    Examples
    --------
    >>> is_vivid((0, 70, 139)), is_vivid((60, 60, 64))
    (True, False)
    """
    return max(colour) - min(colour) > 40


def names_of_rows(
    words: Sequence[Word], levels: Sequence[float], starts: Sequence[float], height: float
) -> tuple[tuple[Word, ...], ...]:
    """Return the words that name each row: left of its first number, or else on a line above it.

    Parameters
    ----------
    words : sequence of Word
        Without the numbers of the table and its heading.
    levels, starts : sequence of float
        The middle of each row, and where its numbers begin.
    height : float
        Of the numbers.
    """
    gap = float(np.min(np.diff(levels))) if len(levels) > 1 else 2.5 * height
    named: list[list[Word]] = [[] for _ in levels]
    for word in words:
        if word.turned:
            continue
        away = np.abs(np.array(levels) - word.centre[1])
        row = int(away.argmin())
        if word.left < starts[row] - height and away[row] < max(0.6 * gap, 0.8 * height):
            named[row].append(word)
    if not any(named):
        return tuple(
            tuple(_line_above(words, level, start, gap))
            for level, start in zip(levels, starts, strict=True)
        )
    return tuple(tuple(_in_order(row, height)) for row in named)


def _line_above(words: Sequence[Word], level: float, start: float, gap: float) -> list[Word]:
    """Return the words of a line of its own between this row and the one above."""
    near = [
        w
        for w in words
        if 0.2 * gap < level - w.centre[1] < 0.8 * gap
        and w.left < start + 2 * gap
        and any(c.isalpha() for c in w.text)
    ]
    return sorted(near, key=lambda w: w.left)


def _in_order(words: Sequence[Word], height: float) -> list[Word]:
    """Order words by line and along it."""
    return sorted(words, key=lambda w: (round(w.centre[1] / max(1.0, 0.8 * height)), w.left))
