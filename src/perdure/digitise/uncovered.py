"""Names that curves cross, read again from the picture without the curves."""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import cv2
import numpy as np

from perdure.digitise.alike import letters_of
from perdure.digitise.found import Axes, FoundCurve
from perdure.figure.cut import cut_picture, moved_word
from perdure.figure.geometry import Box
from perdure.figure.page import Picture, Word
from perdure.records import Bools

__all__ = ["CROSSED", "MARKS", "is_crossed", "is_over", "words_uncovered"]

CROSSED = 0.5
"""The most that the certainty of a name can be of which a curve may hide a letter."""
MARKS = re.compile(r"[1lIiHhWTt|+_'\"\s.:-]*")
"""What censoring marks on a curve are read as, where they are taken for letters."""
TALLEST = 1.8
"""Heights of the letters of a figure: what is taller is two lines read as one."""
MARK = 3.5
"""Widths of its line by which a censoring mark stands out from a curve."""
ALIKE = 0.7
"""Two readings with this likeness are of one word."""


def words_uncovered(
    picture: Picture,
    words: Sequence[Word],
    axes: Axes,
    curves: Sequence[FoundCurve],
    around: Sequence[Box] = (),
) -> tuple[Word, ...]:
    """Return the words of a figure, those in the plot read again without the curves over them.

    Parameters
    ----------
    picture : Picture
    words : sequence of Word
        As read before.
    axes : Axes
    curves : sequence of FoundCurve
    around : sequence of (left, top, right, bottom)
        Where to read again; the whole plot where none is given.
    """
    plot = axes.left + 3, axes.top + 3, axes.right - 3, axes.bottom - 3
    bare = _without_curves(picture, plot, curves)
    heights = [word.bottom - word.top for word in words if not word.turned]
    height = float(np.median(heights)) if heights else np.inf
    boxes = [_with_room(box, plot) for box in around] or [plot]
    again = [
        word
        for box in boxes
        for word in _read_in(bare, box, height)
        if word.turned or word.bottom - word.top < TALLEST * height
    ]
    found = [word for word in again if not any(_over(word, one) for one in words)]
    for word in words:
        second = [one for one in again if _over(word, one)]
        if not second and MARKS.fullmatch(word.text) and is_crossed(word, curves):
            continue
        better = _better(word, second, curves)
        # the pieces of a name may all be found in one longer word
        if not any(one.text == better.text and _over(one, better) for one in found):
            found.append(better)
    return tuple(sorted(found, key=lambda w: (w.top, w.left)))


def _read_in(picture: Picture, box: Box, height: float) -> list[Word]:
    """Return the words in a box of a picture whose letters have a height."""
    from perdure.figure.ocr import read_words  # noqa: PLC0415 (opencv)

    corner = max(int(np.floor(box[0] + 0.5)), 0), max(int(np.floor(box[1] + 0.5)), 0)
    found = read_words(cut_picture(picture, box), letters=height if height < np.inf else 0)
    return [moved_word(word, (-corner[0], -corner[1])) for word in found]


def _with_room(box: Box, plot: Box) -> Box:
    """Return a box with room around it for letters that a curve hid, within the plot."""
    room = box[3] - box[1]
    return (
        max(box[0] - 4 * room, plot[0]),
        max(box[1] - 2 * room, plot[1]),
        min(box[2] + 4 * room, plot[2]),
        min(box[3] + 2 * room, plot[3]),
    )


def _better(word: Word, second: Sequence[Word], curves: Sequence[FoundCurve]) -> Word:
    """Return a word as read first or without the curves; where a curve crosses it, less certain."""
    best = max(second, key=lambda one: len(one.text), default=word)
    longer = letters_of(best.text) != letters_of(word.text) and word.text in best.text
    if not is_crossed(word, curves) and not longer:
        return word
    if best.text == word.text and not _ends_hidden(word, curves):
        return max(word, best, key=lambda one: one.certainty)
    more = len(letters_of(best.text)) >= len(letters_of(word.text))
    kept = best if more else word
    alike = SequenceMatcher(None, letters_of(best.text), letters_of(word.text)).ratio() > ALIKE
    certainty = max(best.certainty, word.certainty) if alike else kept.certainty
    return replace(kept, certainty=min(certainty, CROSSED), colour=word.colour)


def is_crossed(word: Word, curves: Sequence[FoundCurve]) -> bool:
    """Tell whether a curve runs through a word or close to its ends, where letters may be lost."""
    room = 1.2 * (word.bottom - word.top)
    return _touched(word, word.left - room, word.right + room, curves)


def _ends_hidden(word: Word, curves: Sequence[FoundCurve]) -> bool:
    """Tell whether a curve runs where another first or last letter may stand."""
    room = 1.2 * (word.bottom - word.top)
    return any(_touched(word, end - room, end + room, curves) for end in (word.left, word.right))


def _touched(word: Word, left: float, right: float, curves: Sequence[FoundCurve]) -> bool:
    """Tell whether a curve runs between two places on the level of a word."""
    for curve in curves:
        x = np.append(curve.x, curve.end)
        top = np.concatenate([curve.y[:1], curve.y[:-1]])
        beside = (x[:-1] < right) & (x[1:] > left)
        level = (curve.y > word.top - 1) & (top < word.bottom + 1)
        if bool((beside & level).any()):
            return True
    return False


def _over(one: Word, other: Word) -> bool:
    return is_over(
        (one.left, one.top, one.right, one.bottom),
        (other.left, other.top, other.right, other.bottom),
    )


def is_over(one: Box, other: Box) -> bool:
    """Tell whether two pieces of a line of text lie over each other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 0 and down > 0.3 * min(one[3] - one[1], other[3] - other[1])


def _without_curves(picture: Picture, box: Box, curves: Sequence[FoundCurve]) -> Picture:
    """Return the picture with the paper of the plot where curves lie."""
    covered: Bools = np.zeros(picture.pixels.shape[:2], dtype=np.bool_)
    for curve in curves:
        mask = np.zeros(covered.shape, dtype=np.uint8)
        x = np.repeat(np.append(curve.x, curve.end), 2)[1:-1]
        corners = np.rint(np.stack([x, np.repeat(curve.y, 2)], axis=1)).astype(np.int32)
        thick = round(curve.width) + 2
        cv2.polylines(mask, [corners], isClosed=False, color=1, thickness=thick)
        reach = MARK * curve.width
        for x_mark, y_mark in np.rint(
            np.stack([curve.marks, curve.rows_at(curve.marks)], axis=1)
        ).astype(int):
            above, below = (x_mark, round(y_mark - reach)), (x_mark, round(y_mark + reach))
            cv2.line(mask, above, below, color=1, thickness=thick)
        covered |= mask > 0
    left, top, right, bottom = (max(int(side), 0) for side in box)
    paper = np.median(picture.pixels[top:bottom, left:right].reshape(-1, 3), axis=0)
    pixels = picture.pixels.copy()
    pixels[covered] = paper.astype(np.uint8)
    return replace(picture, pixels=pixels)
