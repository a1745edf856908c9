"""The two networks that read: one finds lines of text, one spells them. Both lie in a wheel.

They are run here rather than through rapidocr's own pipeline because what matters for figures is
not there: second-best readings, an alphabet of digits where only a number can stand, where in the
line each character is, and batches that are no wider than the text (numbers are short).
"""

import functools
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perdure.figure.page import Pixels

__all__ = ["Box", "Reader", "Reading", "decode", "reader"]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_SURE = 0.3
_MEAN_SURE = 0.5
_UNCLIP = 1.6
"""The detector marks the core of a line: its boxes are grown by this share of area over outline."""
_LINE = 48
"""Height in pixels of a line of text as the recogniser was trained."""
_BATCH = 8
_WIDEST = 2400


@dataclass(frozen=True)
class Reading:
    """What a line says.

    Attributes
    ----------
    text : str
    certainty : float
        The probability of the least certain character, 0 where nothing was read.
    places : tuple of float
        The middle of each character, as a share of the width of the crop.
    others : tuple of (str, float)
        The next best readings, each with its probability relative to the best.
    """

    text: str
    certainty: float
    places: tuple[float, ...] = ()
    others: tuple[tuple[str, float], ...] = ()


class Reader:
    """Both networks, loaded once; ``threads`` processor cores."""

    def __init__(self, threads: int = 1) -> None:
        # Half a second, so only when something is read.
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # widths vary: an arena would keep the largest of all
        folder = files("rapidocr") / "models"

        def load(name: str) -> Any:  # noqa: ANN401 (onnxruntime has no types)
            return onnxruntime.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"]
            )

        self._detector = load("PP-OCRv6_det_small.onnx")
        self._speller = load("PP-OCRv6_rec_small.onnx")
        listed = self._speller.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters: tuple[str, ...] = ("", *listed, " ")

    def boxes(self, pixels: Pixels) -> tuple[Box, ...]:
        """Return the boxes of the lines of text."""
        height, width = pixels.shape[:2]
        page = np.full((-(-height // 32) * 32, -(-width // 32) * 32, 3), 255, np.uint8)
        page[:height, :width] = pixels[:, :, ::-1]
        wave = (page.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        name = self._detector.get_inputs()[0].name
        return _boxes(self._detector.run(None, {name: wave})[0][0, 0, :height, :width])

    def spell(self, crops: list[Pixels], alphabet: str = "") -> tuple[Reading, ...]:
        """Return what each crop says, in characters of the alphabet only where one is given."""
        allowed = self._allowed(alphabet)
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        found: list[Reading] = [Reading("", 0.0)] * len(crops)
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            for i, reading in zip(
                batch, self._batch([crops[i] for i in batch], allowed), strict=True
            ):
                found[i] = reading
        return tuple(found)

    @functools.cache  # noqa: B019 (one reader a process)
    def _allowed(self, alphabet: str) -> NDArray[np.intp] | None:
        if not alphabet:
            return None
        places = [i for i, c in enumerate(self._characters) if i == 0 or (c and c in alphabet)]
        return np.array(places, dtype=np.intp)

    def _batch(self, crops: list[Pixels], allowed: NDArray[np.intp] | None) -> list[Reading]:
        widths = [
            min(_WIDEST, max(8, math.ceil(_LINE * c.shape[1] / max(1, c.shape[0])))) for c in crops
        ]
        whole = max(_LINE, -(-max(widths) // 8) * 8)
        lines = np.zeros((len(crops), 3, _LINE, whole), np.float32)
        for i, (crop, width) in enumerate(zip(crops, widths, strict=True)):
            line = cv2.resize(crop[:, :, ::-1], (width, _LINE), interpolation=cv2.INTER_LINEAR)
            lines[i, :, :, :width] = (line.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
        name = self._speller.get_inputs()[0].name
        chances = self._speller.run(None, {name: lines})[0]
        characters = self._characters
        if allowed is not None:
            chances = chances[:, :, allowed]
            characters = tuple(characters[i] for i in allowed)
        return [
            decode(chance, characters, whole / width)
            for chance, width in zip(chances, widths, strict=True)
        ]


@functools.cache
def reader(threads: int = 1) -> Reader:
    """Return the one reader of this process."""
    return Reader(threads)


def decode(
    chances: NDArray[np.floating], characters: tuple[str, ...], stretch: float = 1.0
) -> Reading:
    """Return the best reading of a line and the next best ones.

    Parameters
    ----------
    chances : array of float, shape (steps, characters)
        The probability of each character at each step along the line; the first is "nothing".
    characters : tuple of str
    stretch : float
        Width of the line with its filling over that without.

    Examples
    --------
    >>> chances = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.1, 0.3, 0.6]])
    >>> reading = decode(chances, ("", "1", "7"))
    >>> reading.text, reading.certainty, reading.others[0][0]
    ('17', 0.6, '11')
    """
    best = chances.argmax(axis=1)
    starts = np.flatnonzero((best != 0) & np.concatenate([[True], best[1:] != best[:-1]]))
    if not len(starts):
        return Reading("", 0.0)
    text, sure, places = [], [], []
    swaps: list[tuple[float, int, str]] = []
    for index, start in enumerate(starts):
        letter = best[start]
        stop = start
        while stop < len(best) and best[stop] == letter:
            stop += 1
        run = chances[start:stop]
        peak = start + int(run[:, letter].argmax())
        text.append(characters[letter])
        sure.append(float(chances[peak, letter]))
        places.append((start + stop) / 2 / len(best) * stretch)
        rest = chances[peak].copy()
        rest[letter] = 0.0
        for _ in range(2):
            other = int(rest.argmax())
            if rest[other] > 1e-4:
                swaps.append((float(rest[other]) / sure[-1], index, characters[other]))
            rest[other] = 0.0
    others = []
    for chance, index, letter_ in sorted(swaps, reverse=True)[:4]:
        others.append(("".join([*text[:index], letter_, *text[index + 1 :]]), chance))
    return Reading("".join(text), min(sure), tuple(places), tuple(others))


def _boxes(chance: NDArray[np.float32]) -> tuple[Box, ...]:
    mask = cv2.dilate((chance > _SURE).astype(np.uint8), np.ones((2, 2), np.uint8))
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask)
    found: list[Box] = []
    for i in range(1, count):
        x, y, width, height = (int(v) for v in stats[i, :4])
        if min(width, height) < 3:
            continue
        inside = label[y : y + height, x : x + width] == i
        if chance[y : y + height, x : x + width][inside].mean() < _MEAN_SURE:
            continue
        grow = width * height * _UNCLIP / (2 * (width + height))
        found.append((x - grow, y - grow, x + width + grow, y + height + grow))
    return tuple(found)
