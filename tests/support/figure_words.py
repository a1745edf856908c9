"""Words as they would be read from a figure, without a reader."""

from collections.abc import Sequence

import numpy as np

from perdure.digitise.found import Axes, Axis
from perdure.figure.page import Picture, Word

LEFT, RIGHT, TOP, BOTTOM = 100.0, 700.0, 50.0, 450.0


def word(text: str, x: float, y: float, height: float = 12.0, **more: object) -> Word:
    """A word centred on a point; letters are 0.6 of their height wide."""
    half = 0.3 * height * len(text)
    return Word(text, x - half, y - height / 2, x + half, y + height / 2, **more)  # type: ignore[arg-type]


def blank(width: int = 800, height: int = 600) -> Picture:
    return Picture(np.full((height, width, 3), 255, np.uint8))


def x_labels(values: Sequence[str], y: float = 470.0) -> list[Word]:
    """Labels spread evenly beneath the plot."""
    places = np.linspace(LEFT, RIGHT, len(values))
    return [word(v, float(x), y) for v, x in zip(values, places, strict=True)]


def y_labels(values: Sequence[str]) -> list[Word]:
    """Labels from the bottom up, ending at one line left of the plot."""
    places = np.linspace(BOTTOM, TOP, len(values))
    found = []
    for text, y in zip(values, places, strict=True):
        width = 7.2 * len(text)
        found.append(Word(text, 90 - width, float(y) - 6, 90, float(y) + 6))
    return found


def axes(ticks: Sequence[float] = (0, 6, 12, 18, 24)) -> Axes:
    step = (ticks[-1] - ticks[0]) / (RIGHT - LEFT)
    x = Axis(ticks[0] - step * LEFT, step, ticks[0], ticks[-1], tuple(ticks), 0.1, 0.99)
    fall = -1 / (BOTTOM - TOP)
    y = Axis(-fall * BOTTOM, fall, 0.0, 1.0, (0.0, 0.5, 1.0), 0.1, 0.99)
    return Axes(x, y, LEFT, TOP, RIGHT, BOTTOM, "months", percent=False)
