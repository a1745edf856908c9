"""Panels side by side of which only the first has a survival axis: it is that of all."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.axes import axes_on
from perdure.digitise.found import Axes, Axis
from perdure.digitise.sources import FigureSource

__all__ = ["axes_beside"]

_LEVEL = 0.01
"""Of a frame's height: tops and bottoms of panels of one row differ by less."""


def axes_beside(
    source: FigureSource, others: Sequence[tuple[FigureSource, Axes]], *, file: str | None = None
) -> Axes | None:
    """Return the axes of a panel with the survival axis of one that stands level with it.

    Parameters
    ----------
    source : FigureSource
        A panel with times of its own and no survival axis.
    others : sequence of (FigureSource, Axes)
        The panels that have both.
    file : str, optional
        Named in errors.

    Returns
    -------
    Axes or None
        None where no panel's frame has its top and bottom where this one's has them.

    Raises
    ------
    InputError
        Where it has no row of times.
    """
    frame = source.frame()
    if frame is None:
        return None
    for other, axes in others:
        theirs = other.frame()
        if theirs is None or other.page != source.page:
            continue
        down = other.offset[1] - source.offset[1]
        slack = max(2.0, _LEVEL * (theirs[3] - theirs[1]))
        if all(abs(frame[i] - theirs[i] - down) <= slack for i in (1, 3)):
            found = axes_on(source.words, source.marks, _moved(axes.y, down), frame, file=file)
            return replace(found, percent=axes.percent, y_title=axes.y_title)
    return None


def _moved(axis: Axis, down: float) -> Axis:
    """Return an axis whose pixels are counted from elsewhere."""
    return replace(axis, start=axis.start - axis.step * down)
