"""The running text of a page: captions and columns around a figure, which are none of it."""

import re
from collections.abc import Sequence

import numpy as np

from perdure.figure.geometry import Box
from perdure.figure.page import Word

__all__ = ["running_text"]

_LETTERS_A_LINE = 25
_FEWEST_LINES = 3
_CAPTION = re.compile(
    r"^(supplement\w*\s+|extended data\s+|e)?fig(ure)?\b\.?\s*[\dA-Z]", re.IGNORECASE
)


def running_text(words: Sequence[Word], areas: Sequence[Box]) -> list[Box]:
    """Return boxes of paragraphs: three lines or more of prose, and captions of figures.

    Text that stands within a plot is the plot's own.

    Examples
    --------
    >>> lines = [Word("a line of prose that is long enough", 0, y, 300, y + 9) for y in (0, 12, 24)]
    >>> running_text(lines, [])
    [(0, 0, 300, 33)]
    """
    free = [
        word
        for word in words
        if not word.turned
        and not any(a[0] < word.centre[0] < a[2] and a[1] < word.centre[1] < a[3] for a in areas)
    ]
    blocks: list[list[Word]] = []
    for word in sorted(free, key=lambda one: (one.top, one.left)):
        prose = _is_prose(word.text) or _CAPTION.match(word.text)
        for block in blocks:
            # The last line of a paragraph may be short.
            if _follows(block[-1], word) and (prose or len(block) >= _FEWEST_LINES - 1):
                block.append(word)
                break
        else:
            if prose:
                blocks.append([word])
    return [
        _box(block)
        for block in blocks
        if len(block) >= _FEWEST_LINES or _CAPTION.match(block[0].text)
    ]


def _is_prose(text: str) -> bool:
    letters = sum(sign.isalpha() for sign in text)
    return len(text) >= _LETTERS_A_LINE and letters > 0.6 * len(text) and text.count(" ") >= 3


def _follows(last: Word, word: Word) -> bool:
    tall = last.bottom - last.top
    common = min(last.right, word.right) - max(last.left, word.left)
    narrow = min(last.right - last.left, word.right - word.left)
    return (
        -0.5 * tall < word.top - last.bottom < 1.5 * tall
        and common > 0.5 * narrow
        and np.clip((word.bottom - word.top) / max(tall, 1e-9), 0.6, 1.7)
        == (word.bottom - word.top) / max(tall, 1e-9)
    )


def _box(block: Sequence[Word]) -> Box:
    return (
        min(word.left for word in block),
        min(word.top for word in block),
        max(word.right for word in block),
        max(word.bottom for word in block),
    )
