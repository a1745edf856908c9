"""Words of a raster figure: where they are, what they say, their colour, how sure it is."""

import re
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from perdure.figure.ocr_models import Box, Reading, reader
from perdure.figure.page import Colour, Picture, Pixels, Word
from perdure.records import Bools

__all__ = ["NUMBERS", "ink_box", "ink_colour", "mended", "read_boxes", "read_words"]

NUMBERS = "0123456789.,%-"
"""What a number in a figure is spelt with."""

_SIDE = 960
"""Longest side for the detector, which takes most of the time; the speller has all the pixels."""
_SMALLEST = 9.0
"""Height of a line, in the detector's pixels, under which lines are missed."""
_LARGEST_FACTOR = 3.0
_NARROWEST = 0.3
"""Of the box of a word, that its ink fills at least."""


def read_words(picture: Picture, *, letters: float = 0.0, threads: int = 1) -> tuple[Word, ...]:
    """Return the words of a picture, from top to bottom.

    A word is a piece of a line without a wide gap: the numbers of a row of a table are words of
    their own. Text written upwards is read as well and marked as ``turned``.

    Parameters
    ----------
    picture : Picture
    letters : float
        Height of the letters in pixels, where it is known: no more of them is looked at than is
        needed.
    threads : int
    """
    pixels = picture.pixels
    boxes = _found(pixels, letters, threads)
    if not boxes:
        return ()
    boxes = [piece for box in boxes for piece in _pieces(pixels, box)]
    size = float(np.percentile([min(b[2] - b[0], b[3] - b[1]) for b in boxes], 60))
    words = [
        *_level_words(pixels, [b for b in boxes if not _tall(b, size)], threads),
        *_tall_words(pixels, [b for b in boxes if _tall(b, size)], threads),
    ]
    words = _numbers_again(pixels, words, threads)
    return tuple(sorted((w for w in words if w.text), key=lambda w: (w.top, w.left)))


def _numbers_again(pixels: Pixels, words: list[Word], threads: int) -> list[Word]:
    """Read short uncertain words again as numbers, without the tick marks that touch them."""
    short = [
        i
        for i, w in enumerate(words)
        if not w.turned and len(w.text) <= 6 and (w.certainty < 0.9 or not w.text.isascii())
    ]
    again = list(words)
    boxes = []
    for i in short:
        w = words[i]
        box = ink_box(pixels, (w.left - 1, w.top - 1, w.right + 1, w.bottom + 1), dashes=False)
        margin = 0.2 * (box[3] - box[1])
        boxes.append((box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin))
    readings = reader(threads).spell([_crop(pixels, box) for box in boxes], NUMBERS)
    for i, box, reading in zip(short, boxes, readings, strict=True):
        text = reading.text.strip("-")
        better = reading.certainty > words[i].certainty or not words[i].text.isascii()
        if text and better and reading.certainty > 0.5:
            tight = ink_box(pixels, box, dashes=False)
            again[i] = Word(text, *tight, reading.certainty, words[i].colour)
    return again


def read_boxes(
    picture: Picture,
    boxes: list[Box],
    alphabet: str = "",
    *,
    turned: bool = False,
    threads: int = 1,
) -> tuple[Reading, ...]:
    """Return what stands in each box, spelt with the alphabet only where one is given."""
    crops = [_crop(picture.pixels, box) for box in boxes]
    if turned:
        crops = [_set_upright(crop) for crop in crops]
    return reader(threads).spell(crops, alphabet)


def _found(pixels: Pixels, letters: float, threads: int) -> list[Box]:
    factor = min(_LARGEST_FACTOR, _SIDE / max(pixels.shape[:2]))
    if letters > 0:
        factor = min(factor, 1.5 * _SMALLEST / letters)
    boxes = _boxes_at(pixels, factor, threads)
    if boxes:
        # The boxes are some 1.6 times as high as the letters.
        height = float(np.median([min(b[2] - b[0], b[3] - b[1]) for b in boxes])) * factor / 1.6
        again = min(_LARGEST_FACTOR, factor * min(1.6, 1.2 * _SMALLEST / height))
        if height < _SMALLEST and again > 1.1 * factor:
            boxes = _boxes_at(pixels, again, threads)
    return boxes


def _boxes_at(pixels: Pixels, factor: float, threads: int) -> list[Box]:
    height, width = pixels.shape[:2]
    size = (max(32, round(width * factor)), max(32, round(height * factor)))
    method = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    scaled = pixels if factor == 1 else cv2.resize(pixels, size, interpolation=method)
    boxes = reader(threads).boxes(np.asarray(scaled, dtype=np.uint8))
    return [
        (
            max(0.0, box[0] / factor),
            max(0.0, box[1] / factor),
            min(width - 1.0, box[2] / factor),
            min(height - 1.0, box[3] / factor),
        )
        for box in boxes
    ]


def _tall(box: Box, size: float) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return height > 1.15 * width and height > 1.15 * size


def _level_words(pixels: Pixels, boxes: list[Box], threads: int) -> list[Word]:
    readings = list(reader(threads).spell([_crop(pixels, box) for box in boxes]))
    # "II" is so narrow that both strokes fall into one step of the speller: stretched, they part.
    roman = [i for i, r in enumerate(readings) if re.search(r"\S\s+[lI]{1,3}$", r.text)]
    wide = [np.repeat(_crop(pixels, boxes[i]), 2, axis=1) for i in roman]
    for i, again in zip(roman, reader(threads).spell(wide), strict=True):
        if again.text.rstrip("lI") == readings[i].text.rstrip("lI"):
            readings[i] = again
    return [_word(pixels, b, r, turned=False) for b, r in zip(boxes, readings, strict=True)]


def _tall_words(pixels: Pixels, boxes: list[Box], threads: int) -> list[Word]:
    """Read tall boxes both ways: a slim digit stands upright, the label of an axis is turned."""
    crops = [_crop(pixels, box) for box in boxes]
    level = reader(threads).spell(crops)
    turned = reader(threads).spell([_set_upright(crop) for crop in crops])
    words = []
    for box, a, b in zip(boxes, level, turned, strict=True):
        slim = len(a.text.strip()) <= 1 and a.certainty > b.certainty
        words.append(_word(pixels, box, a if slim else b, turned=not slim))
    return words


def mended(text: str) -> str:
    """Return the text with the capital I where a small l cannot stand: both look alike.

    Examples
    --------
    >>> mended("Nivo + lpi"), mended("Stage lll"), mended("95% Cl, 0.71"), mended("Placebo")
    ('Nivo + Ipi', 'Stage III', '95% CI, 0.71', 'Placebo')
    """
    text = re.sub(r"\bl(?=[bcdfghjkmnpqrstvwxzVX])", "I", text)
    text = re.sub(r"(?<!\d )\b[lI]{1,3}\b", lambda found: "I" * len(found.group(0)), text)
    return re.sub(r"\bC[l1]\b(?=\W*\d|\W*$)", "CI", text)


def _set_upright(crop: Pixels) -> Pixels:
    """Turn text that is written upwards."""
    return np.ascontiguousarray(np.rot90(crop, -1))


def _crop(pixels: Pixels, box: Box) -> Pixels:
    height, width = pixels.shape[:2]
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right, bottom = min(width, int(np.ceil(box[2])) + 1), min(height, int(np.ceil(box[3])) + 1)
    if right - left < 2 or bottom - top < 2:
        return np.full((8, 8, 3), 255, np.uint8)
    crop = pixels[top:bottom, left:right]
    if (
        crop.shape[0] < 40
    ):  # cubic keeps the strokes of small letters apart, the speller's own does not
        crop = np.asarray(
            cv2.resize(crop, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8
        )
    return crop


def _word(pixels: Pixels, box: Box, reading: Reading, *, turned: bool) -> Word:
    number = bool(reading.text) and not any(c.isalpha() for c in reading.text) and not turned
    tight = ink_box(pixels, box, dashes=not number)
    if not turned and tight[2] - tight[0] < _NARROWEST * (box[2] - box[0]):
        tight = _without_margin(box)  # a line runs through the letters: its ink is theirs
    return Word(
        mended(reading.text.strip()),
        *tight,
        reading.certainty,
        ink_colour(pixels, box),
        turned=turned,
    )


def _without_margin(box: Box) -> Box:
    """Return the box of the letters by that of their word, which is some 1.6 times as high."""
    margin = 0.19 * (box[3] - box[1])
    return box[0] + margin, box[1] + margin, box[2] - margin, box[3] - margin


@dataclass(frozen=True)
class _Ink:
    """Pixels of a box that are not its ground."""

    mask: Bools
    left: int
    top: int
    ground: Colour


def _ink(pixels: Pixels, box: Box, share: float = 0.4) -> _Ink | None:
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    crop = pixels[top : int(np.ceil(box[3])) + 1, left : int(np.ceil(box[2])) + 1].astype(np.int16)
    if crop.size == 0:
        return None
    # The ground is the commonest colour, in coarse steps: letters cover less than half of a box.
    coarse = (crop >> 4).reshape(-1, 3)
    codes = coarse[:, 0] * 256 + coarse[:, 1] * 16 + coarse[:, 2]
    values, counts = np.unique(codes, return_counts=True)
    ground = np.median(crop.reshape(-1, 3)[codes == values[counts.argmax()]], axis=0)
    distance = np.abs(crop - ground).max(axis=2)
    strongest = float(np.percentile(distance, 99))
    if strongest < 24:
        return None
    r, g, b = (int(v) for v in ground)
    return _Ink(distance > share * strongest, left, top, (r, g, b))


@dataclass(frozen=True)
class _Part:
    """Connected ink: ``cut`` by the edge of the box, a ``line`` through it, a ``dash``.

    A dash lies at half height; the stub of a tick mark above a digit counts as one.
    """

    corners: tuple[int, int, int, int]
    area: int
    cut: bool
    line: bool
    dash: bool


def _parts(mask: Bools) -> list[_Part]:
    height, width = mask.shape
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    parts = []
    for i in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[i])
        if area < 2 and height > 12:
            continue
        cut = x == 0 or y == 0 or x + w == width or y + h == height
        line = min(w, h) <= 0.2 * min(height, width) or w >= 0.9 * width
        dash = w > 1.2 * h and h <= 0.25 * height and 0.3 < (y + h / 2) / height < 0.7
        dash |= h > 1.2 * w and h <= 0.35 * height and y + h < 0.45 * height
        parts.append(_Part((x, y, x + w - 1, y + h - 1), area, cut, line, dash))
    return parts


def ink_box(pixels: Pixels, box: Box, *, dashes: bool = True) -> Box:
    """Return the box of the letters in a box: without its margin and lines that run through.

    Without ``dashes``, dashes are left out too: beside a number they are the tick marks of an axis.

    Examples
    --------
    >>> page = np.full((20, 40, 3), 255, np.uint8)
    >>> page[8:13, 10:21] = 0
    >>> ink_box(page, (2, 2, 38, 18))
    (10.0, 8.0, 20.0, 12.0)
    """
    ink = _ink(pixels, box)
    if ink is None:
        return box
    kept = [p for p in _parts(ink.mask) if dashes or not p.dash]
    whole = [p for p in kept if not p.cut]
    lines = [p for p in kept if p.cut and not p.line]
    if dashes or sum(p.area for p in whole) < 2 * sum(p.area for p in lines) / 3:
        whole += lines  # letters that reach the edge of their box
    if not whole:
        return box
    corners = np.array([p.corners for p in whole])
    return (
        float(ink.left + corners[:, 0].min()),
        float(ink.top + corners[:, 1].min()),
        float(ink.left + corners[:, 2].max()),
        float(ink.top + corners[:, 3].max()),
    )


def ink_colour(pixels: Pixels, box: Box) -> Colour:
    """Return the colour of the letters in a box: of their core, without the blurred edges.

    Examples
    --------
    >>> page = np.full((20, 40, 3), 255, np.uint8)
    >>> page[8:13, 10:21] = (200, 0, 0)
    >>> ink_colour(page, (2, 2, 38, 18))
    (200, 0, 0)
    """
    ink = _ink(pixels, box, 0.9)
    if ink is None or not ink.mask.any():
        return (0, 0, 0)
    height, width = ink.mask.shape
    crop = pixels[ink.top : ink.top + height, ink.left : ink.left + width]
    r, g, b = (int(v) for v in np.median(crop[ink.mask], axis=0))
    return (r, g, b)


def _pieces(pixels: Pixels, box: Box) -> list[Box]:
    """Cut a line at wide gaps: the columns of a table are not one word."""
    width, height = box[2] - box[0], box[3] - box[1]
    if width < 2.5 * height:
        return [box]
    ink = _ink(pixels, box)
    if ink is None:
        return [box]
    sample = _columns_of_sample(ink.mask, height) | _columns_in_colour(pixels, ink, height)
    inked = _columns_with_ink(ink.mask) & ~sample
    starts, stops = _runs(inked)
    if not len(starts):
        return [box]
    margin = 0.2 * height
    pieces = []
    for first, after in pairwise(_cuts(starts, stops, 0.75 * height)):
        left = max(box[0], ink.left + starts[first] - margin)
        right = min(box[2], ink.left + stops[after - 1] + margin)
        pieces.append((float(left), box[1], float(right), box[3]))
    return pieces


def _cuts(starts: NDArray[np.intp], stops: NDArray[np.intp], gap: float) -> list[int]:
    wide = np.flatnonzero(starts[1:] - stops[:-1] > gap) + 1
    return [0, *(int(i) for i in wide), len(starts)]


def _columns_with_ink(mask: Bools) -> Bools:
    """Tell in which columns there are letters; a line above or below them is not."""
    height = mask.shape[0]
    middle = mask[height // 5 : height - height // 5]
    return np.asarray(middle.any(axis=0))


def _columns_of_sample(mask: Bools, height: float) -> Bools:
    """Tell the columns of a sample of line between the names of a legend in one row."""
    sample = np.zeros(mask.shape[1], dtype=np.bool_)
    tall = mask.sum(axis=0) > 0.35 * height
    gap = max(2, round(0.15 * height))
    for row in mask[mask.shape[0] // 4 : mask.shape[0] - mask.shape[0] // 4]:
        for start, stop in zip(*_runs(row), strict=True):
            # the bar of an m is as long where letters are few pixels wide, and touches others
            free = not mask[:, max(0, start - gap) : start].any()
            free &= not mask[:, stop : stop + gap].any()
            if free and stop - start >= 0.75 * height and tall[start:stop].mean() < 0.15:
                sample[max(0, start - 1) : stop + 1] = True
    return sample


def _columns_in_colour(pixels: Pixels, ink: _Ink, height: float) -> Bools:
    """Tell the columns of samples in colour beside names in black, with the gaps of dashes."""
    rows, width = ink.mask.shape
    crop = pixels[ink.top : ink.top + rows, ink.left : ink.left + width].astype(np.int16)
    vivid = ink.mask & (crop.max(axis=2) - crop.min(axis=2) > 70)
    columns = vivid.any(axis=0) & ~(ink.mask & ~vivid).any(axis=0)
    sample = np.zeros(width, dtype=np.bool_)
    starts, stops = _runs(columns)
    for first, after in pairwise(_cuts(starts, stops, 0.5 * height) if len(starts) else []):
        if stops[after - 1] - starts[first] >= 0.5 * height:
            sample[max(0, starts[first] - 1) : stops[after - 1] + 1] = True
    lines, letters = ink.mask & sample, ink.mask & ~sample
    if not lines.any() or not letters.any():
        return np.zeros(width, dtype=np.bool_)
    apart = np.abs(np.median(crop[lines], axis=0) - np.median(crop[letters], axis=0)).max()
    # Letters in colour are all of one colour: only a sample differs from its name.
    return sample if apart > 80 else np.zeros(width, dtype=np.bool_)


def _runs(flags: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return edges[::2], edges[1::2]
