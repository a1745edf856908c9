"""Long straight lines among the pixels of a picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from perdure.figure.page import Picture
from perdure.figure.plot_areas import Line

__all__ = ["ink_of", "lines_of_picture"]

_CONTRAST = 60  # of 255, to the paper
_SHORTEST_ACROSS = 0.12  # of the picture
_SHORTEST_DOWN = 0.10
_THICKEST = 0.02


def ink_of(picture: Picture) -> NDArray[np.bool_]:
    """Return which pixels differ from the paper, the commonest tone."""
    grey = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY)
    paper = int(np.bincount(grey.ravel(), minlength=256).argmax())
    ink: NDArray[np.bool_] = np.abs(grey.astype(np.int16) - paper) > _CONTRAST
    return ink


def lines_of_picture(picture: Picture) -> list[Line]:
    """Return level and upright lines that are long for the picture."""
    ink = ink_of(picture).astype(np.uint8)
    lines: list[Line] = []
    for upright in (False, True):
        size = picture.height if upright else picture.width
        least = max(int(size * (_SHORTEST_DOWN if upright else _SHORTEST_ACROSS)), 10)
        kernel = np.ones((least, 1) if upright else (1, least), np.uint8)
        runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel)
        count, _, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
        for left, top, wide, tall, _ in stats[1:count].tolist():
            thick = wide if upright else tall
            if thick > _THICKEST * max(picture.width, picture.height):
                continue
            if upright:
                lines.append(Line(upright, left + (wide - 1) / 2, top, top + tall - 1.0))
            else:
                lines.append(Line(upright, top + (tall - 1) / 2, left, left + wide - 1.0))
    return sorted(lines, key=lambda line: -line.length)[:300]
