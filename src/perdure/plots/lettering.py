"""How wide letters are: labels are shortened and placed before anything is drawn."""

from collections import Counter
from collections.abc import Sequence
from unicodedata import east_asian_width

__all__ = [
    "allowed_in_xml",
    "key_lines",
    "printable",
    "shorten",
    "small_print",
    "text_width",
    "told_apart",
    "wrapped",
]

SMALL_PRINT = 7.3
"""Points; letters of a key."""

_NARROW = frozenset("iljftrI.,:;|!'()[]/ ·-–")
_WIDE = frozenset("mwMW@%—")


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in a sans-serif face, in the unit of ``size``.

    A little wider than Helvetica sets it, so that what fits by this measure fits on paper.

    Examples
    --------
    >>> text_width("mm", 10) > text_width("ii", 10)
    True
    >>> text_width("", 10)
    0.0
    """
    return size * sum((_em(letter) for letter in text), 0.0)


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.92
    if east_asian_width(letter) in "WF":
        return 1.0
    return 0.7 if letter.isupper() else 0.56


def shorten(text: str, width: float, size: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than ``width``.

    Examples
    --------
    >>> shorten("Pembrolizumab", 200, 8), shorten("Pembrolizumab", 30, 8)
    ('Pembrolizumab', 'Pembr…')
    """
    if text_width(text, size) <= width:
        return text
    room = width - text_width("…", size)
    kept = ""
    for letter in text:
        room -= size * _em(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip(" ,;:") + "…"


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return the text in lines of at most ``width``; a word that is longer is cut.

    Examples
    --------
    >>> wrapped("no median was reached", 50, 8)
    ['no median', 'was reached']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width, size))
    return lines


def key_lines(parts: Sequence[str], width: float) -> list[str]:
    """Return the parts of a key in lines of at most ``width``; a part is not broken.

    Examples
    --------
    >>> [line.split() for line in key_lines(["one", "two", "three"], 45)]
    [['one', 'two'], ['three']]
    """
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}\u2003{part}" if lines else part
        if lines and text_width(longer, SMALL_PRINT) + SMALL_PRINT <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(part, width, SMALL_PRINT))
    return lines


def small_print(key: Sequence[str], sentences: Sequence[str], width: float) -> list[str]:
    """Return what stands beneath a picture: its key, then sentences, in lines of ``width``.

    Examples
    --------
    >>> small_print(["\u25cf one"], ["no median was reached"], 50)
    ['\u25cf one', 'no median', 'was reached']
    """
    notes = [line for text in sentences for line in wrapped(printable(text), width, SMALL_PRINT)]
    return [*key_lines(key, width), *notes]


def told_apart(labels: Sequence[str]) -> list[str]:
    """Return labels of which those that come again say first which one of them they are.

    First, so that a label that is shortened says it too.

    Examples
    --------
    >>> told_apart(["A", "B", "A"])
    ['1 of 2: A', 'B', '2 of 2: A']
    """
    every, seen = Counter(labels), Counter[str]()
    found = []
    for label in labels:
        seen[label] += 1
        twice = every[label] > 1
        found.append(f"{seen[label]} of {every[label]}: {label}" if twice else label)
    return found


def printable(text: str) -> str:
    r"""Return the text without what XML cannot hold, and on one line.

    Examples
    --------
    >>> printable("a\x00b\n c") == "a\ufffdb c"
    True
    """
    return " ".join(allowed_in_xml(text).split())


def allowed_in_xml(text: str) -> str:
    r"""Return the text with a mark in place of each letter that XML cannot hold.

    Examples
    --------
    >>> allowed_in_xml("a\x00b ") == "a\ufffdb "
    True
    """
    return "".join(letter if _allowed(letter) else "\ufffd" for letter in text)


def _allowed(letter: str) -> bool:
    code = ord(letter)
    if letter in "\t\n\r":
        return True
    return code >= 0x20 and not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)
