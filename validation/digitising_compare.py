"""Axes, numbers at risk and censoring marks, as they were read, against the truth."""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, radians, sin
from typing import Any

from digitising_rows import CellRow

from perdure.digitise.found import Digitised, RiskCell

__all__ = ["NEAR", "axes_error", "cells_of", "marks_of"]

NEAR = 0.01
"""What lies this share of the time axis away from a true time is of that time."""

Place = tuple[float, float]


def axes_error(
    found: Digitised, truth: Mapping[str, Any], *, raster: bool
) -> tuple[float, float] | None:
    """Return the largest error of each axis at the corners of the plot.

    As a share of the range of the labels. The corners of a turned scan are known too: they are
    taken to where the reader's own turn puts them.

    Parameters
    ----------
    found : Digitised
    truth : mapping
    raster : bool
        False for PDF and SVG, whose truth is in points, for figures from matplotlib only.

    Returns
    -------
    tuple of float or None
        Of the time and of the survival axis; None where the truth does not have the corners.
    """
    corners = _in_raster(found, truth) if raster else _in_page(found, truth)
    if corners is None:
        return None
    x, y = truth["axes"]["x"], truth["axes"]["y"]
    (left, right), (bottom, top) = x["lim"], y["lim"]
    values = ((left, top), (right, top), (right, bottom), (left, bottom))
    apart = [
        (float(found.axes.x.value(at[0])) - time, float(found.axes.y.value(at[1])) - survival)
        for at, (time, survival) in zip(corners, values, strict=True)
    ]
    return (
        max(abs(time) for time, _ in apart) / (x["ticks"][-1] - x["ticks"][0]),
        max(abs(survival) for _, survival in apart) / (y["ticks"][-1] - y["ticks"][0]),
    )


def _in_raster(found: Digitised, truth: Mapping[str, Any]) -> list[Place] | None:
    """Return the true corners in the reader's picture; from the top left, clockwise."""
    if truth["plot_corners_px"] is None:
        return None
    image, scale = truth["image"], found.picture.scale
    middle = (image["width"] / 2, image["height"] / 2)
    angle = radians(found.picture.turned)
    turned = [
        (
            middle[0] + cos(angle) * (x - middle[0]) + sin(angle) * (y - middle[1]),
            middle[1] - sin(angle) * (x - middle[0]) + cos(angle) * (y - middle[1]),
        )
        for x, y in truth["plot_corners_px"]
    ]
    # the truth counts from the edge of the first pixel, the reader from its centre
    return [
        (x / scale - 0.5 - found.offset[0], y / scale - 0.5 - found.offset[1]) for x, y in turned
    ]


def _in_page(found: Digitised, truth: Mapping[str, Any]) -> list[Place] | None:
    """Return the true corners of a PDF or SVG in the reader's picture of the whole page."""
    if "vector_plot_box_pt_top_left" not in truth or found.offset != (0.0, 0.0):
        return None
    left, top, right, bottom = truth["vector_plot_box_pt_top_left"]
    width, height = truth["vector_page_pt"]
    across, down = found.picture.width / width, found.picture.height / height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [(x * across - 0.5, y * down - 0.5) for x, y in corners]


def cells_of(
    read: Sequence[RiskCell], printed: Iterable[tuple[float, int]], longest: float
) -> tuple[CellRow, ...]:
    """Return each printed number at risk with what was read at its time.

    Where two cells lie near it, the one that is right counts, as in the scorer.

    Examples
    --------
    >>> read = [RiskCell(0, 90, 1.0), RiskCell(6.1, 71, 0.6, flagged=True)]
    >>> [(one.read, one.right) for one in cells_of(read, [(0, 90), (6, 77), (12, 50)], 36)]
    [(90, True), (71, False), (None, False)]
    """
    rows = []
    for time, n in printed:
        near = [cell for cell in read if abs(cell.time - time) <= NEAR * longest]
        near.sort(key=lambda cell: (cell.n != n, abs(cell.time - time)))
        best = near[0] if near else None
        rows.append(
            CellRow(time, n, None, flagged=False)
            if best is None
            else CellRow(time, n, best.n, best.flagged)
        )
    return tuple(rows)


def marks_of(
    read: Sequence[float], drawn: Sequence[float], longest: float
) -> tuple[int, int, int, int]:
    """Return how many marks are drawn and found, and how many are read and of a true time.

    Marks of one time count once.

    Examples
    --------
    >>> marks_of([3.1, 20.0], [3.0, 3.0, 12.0], 36)
    (2, 1, 2, 1)
    """
    true, near = sorted(set(drawn)), NEAR * longest
    found = sum(any(abs(mark - time) <= near for mark in read) for time in true)
    right = sum(any(abs(mark - time) <= near for time in true) for mark in read)
    return len(true), found, len(read), right
