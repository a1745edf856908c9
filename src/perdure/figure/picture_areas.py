"""Where the plots of a picture lie: within axis lines and frames, or on a ground of their own."""

import cv2
import numpy as np

from perdure.figure.geometry import Box
from perdure.figure.page import Picture, Pixels
from perdure.figure.picture_lines import lines_of_picture
from perdure.figure.plot_areas import areas_of_lines
from perdure.records import Floats

__all__ = ["areas_of_picture"]

_APART = 8  # steps of colour: a tint differs from the paper by more, its own noise is less
_GRID = 0.008  # of the height: lines of a grid are narrower, the gaps between panels wider
_SMALLEST = 0.1  # of the picture's width and height
_FILLED = 0.75  # of its box: what is less filled is no plot's ground


def areas_of_picture(picture: Picture) -> list[Box]:
    """Return the areas of the plots of a picture, from the top left.

    Plots without axis lines are looked for by their ground, where it is not the paper's.
    """
    lines = lines_of_picture(picture)
    return areas_of_lines(lines, picture.width, picture.height, []) or _tinted(picture)


def _tinted(picture: Picture) -> list[Box]:
    """Return boxes of one ground that is not that of the paper, several of them side by side."""
    pixels = picture.pixels
    edge = max(2, min(pixels.shape[:2]) // 100)
    strips = [pixels[:edge], pixels[-edge:], pixels[:, :edge], pixels[:, -edge:]]
    paper = np.median(np.concatenate([s.reshape(-1, 3) for s in strips]), axis=0)
    sampled = pixels[::3, ::3]  # enough to know a colour by
    other = sampled[_near(sampled, paper, _APART) == 0].astype(np.int32) >> 3
    if len(other) < _SMALLEST**2 * sampled[..., 0].size:
        return []
    # the commonest colour that is not the paper's, to eight steps
    keys = other[:, 0] * 1024 + other[:, 1] * 32 + other[:, 2]
    common = int(np.bincount(keys).argmax())
    middle = np.array([common >> 10, common >> 5 & 31, common & 31]) * 8 + 3.5
    like = _near(pixels, middle, _APART)
    like[_near(pixels, paper, _APART) > 0] = 0
    size = max(5, round(_GRID * picture.height) | 1)
    closed = cv2.morphologyEx(like, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    boxes = [
        (float(left), float(top), left + wide - 1.0, top + tall - 1.0)
        for left, top, wide, tall, area in stats[1:count].tolist()
        if wide >= _SMALLEST * picture.width
        and tall >= _SMALLEST * picture.height
        and area >= _FILLED * wide * tall
    ]
    return sorted(boxes, key=lambda box: (round(4 * box[1] / picture.height), box[0]))


def _near(pixels: Pixels, colour: Floats, within: float) -> Pixels:
    """Return where a picture has a colour: 255 there, 0 elsewhere."""
    low, high = np.clip(colour - within, 0, 255), np.clip(colour + within, 0, 255)
    return np.asarray(cv2.inRange(pixels, np.ceil(low), np.floor(high)), dtype=np.uint8)
