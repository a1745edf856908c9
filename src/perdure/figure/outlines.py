"""Whether the letters of a vector figure are drawn as shapes, so that no text is in the file."""

from collections.abc import Sequence

import numpy as np

from perdure.figure.page import Fill

__all__ = ["letters_are_shapes"]

_LETTER_POINTS = 7  # fewer corners: a rectangle, a triangle or a diamond
_FEWEST_LETTERS = 8
_FEWEST_SHAPES = 5  # markers repeat one shape; letters differ


def letters_are_shapes(fills: Sequence[Fill], height: float) -> bool:
    """Return whether many small filled shapes of different size look like letters.

    Parameters
    ----------
    fills : sequence of Fill
    height : float
        Of the page, in the same unit.

    Examples
    --------
    >>> letters_are_shapes([], 400)
    False
    """
    sizes: list[tuple[int, int]] = []
    for fill in fills:
        if len(fill.points) < _LETTER_POINTS:
            continue
        wide, tall = np.ptp(fill.points, axis=0).tolist()
        if 0.004 * height < tall < 0.08 * height and wide < 2.5 * tall:
            sizes.append((round(200 * wide / height), round(200 * tall / height)))
    return len(sizes) >= _FEWEST_LETTERS and len(set(sizes)) >= _FEWEST_SHAPES
