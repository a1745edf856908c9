"""Strokes and fills from the pieces of a path, whatever the file they come from."""

import numpy as np

from perdure.figure.geometry import Box, clip_line
from perdure.figure.page import Colour, Fill, Stroke
from perdure.records import Floats

__all__ = ["Pieces", "add_fills", "add_strokes", "on_white"]

Pieces = list[tuple[Floats, bool]]
"""Lines of points, each with whether it is closed."""

_THICKEST = 8.0  # pixels: a filled rectangle no thicker than this may be a line


def on_white(colour: Colour, opacity: float) -> Colour:
    """Return the colour that a see-through one has on white paper."""
    red, green, blue = (round(255 - opacity * (255 - part)) for part in colour)
    return red, green, blue


def add_strokes(
    strokes: list[Stroke],
    pieces: Pieces,
    colour: Colour,
    width: float,
    dash: tuple[float, ...],
    clip: Box,
) -> None:
    """Add the lines of a path as far as they are seen."""
    for points, _ in pieces:
        strokes.extend(Stroke(part, colour, width, dash) for part in clip_line(points, clip))


def add_fills(
    fills: list[Fill],
    strokes: list[Stroke],
    pieces: Pieces,
    colour: Colour,
    opacity: float,
    clip: Box,
) -> None:
    """Add the shapes of a path; a thin rectangle is a line as well."""
    for points, _ in pieces:
        held = np.clip(points, (clip[0], clip[1]), (clip[2], clip[3]))
        extent = np.ptp(held, axis=0)
        if len(held) < 3 or not (extent > 0).any():
            continue
        fills.append(Fill(held, colour, opacity))
        line = _as_line(held)
        if line is not None:
            strokes.append(Stroke(line[0], on_white(colour, opacity), line[1]))


def _as_line(points: Floats) -> tuple[Floats, float] | None:
    """Return the middle line of a thin filled rectangle, and its width: office programs draw so."""
    if len(points) > 5:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = (high - low).tolist()
    thin, long = min(wide, tall), max(wide, tall)
    if thin > _THICKEST or long < 3 * thin or long == 0:
        return None
    middle = (low + high) / 2
    if wide >= tall:
        return np.array([[low[0], middle[1]], [high[0], middle[1]]]), thin
    return np.array([[middle[0], low[1]], [middle[0], high[1]]]), thin
