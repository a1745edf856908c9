"""What a page shows before it has a meaning: words, lines, filled shapes, pixels.

Places are in pixels from the top left corner; the centre of the first pixel is (0, 0).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.records import Floats

__all__ = ["Colour", "Drawing", "Fill", "Picture", "Pixels", "Stroke", "Word"]

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""
Pixels = NDArray[np.uint8]
"""Shape (height, width, 3): red, green, blue."""


@dataclass(frozen=True)
class Word:
    """A piece of text in one line, as it stands on the page.

    Attributes
    ----------
    text : str
    left, top, right, bottom : float
        Its box.
    certainty : float
        Between 0 and 1, the reader's; 1 where the text itself is in the file.
    colour : tuple of int
    turned : bool
        Written upwards or downwards.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    certainty: float = 1.0
    colour: Colour = (0, 0, 0)
    turned: bool = False

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box: x, y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line of a vector figure.

    Attributes
    ----------
    points : array of float, shape (points, 2)
        x and y.
    colour : tuple of int
    width : float
    dash : tuple of float
        Lengths of dashes and gaps; empty for a solid line.
    """

    points: Floats
    colour: Colour
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Fill:
    """A filled shape of a vector figure; ``points`` as of a stroke."""

    points: Floats
    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """A vector figure: its lines and shapes in the order in which they are drawn, and its text."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]
    fills: tuple[Fill, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of pixels.

    Attributes
    ----------
    pixels : array of uint8, shape (height, width, 3)
    turned : float
        Degrees by which it was turned, against the clock, to stand upright.
    scale : float
        How many of the file's own pixels one of these pixels is: above 1 where a large file was
        made smaller.
    """

    pixels: Pixels
    turned: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])
