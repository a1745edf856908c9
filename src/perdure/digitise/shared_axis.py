"""Panels side by side of which only the first has a survival axis: it is that of all."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.axes import NO_UNIT, axes_on
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
            words, y = source.words, _moved(axes.y, down)
            found = axes_on(words, source.marks, y, frame, file=file)
            unit, title = found.time_unit, found.x_title
            if unit is None and not title:  # one title in the middle is that of both
                unit, title = axes.time_unit, axes.x_title
            said = tuple(one for one in found.warnings if one != NO_UNIT or unit is None)
            return replace(
                found,
                percent=axes.percent,
                time_unit=unit,
                x_title=title,
                y_title=axes.y_title,
                warnings=said,
            )
    return None


def _moved(axis: Axis, down: float) -> Axis:
    """Return an axis whose pixels are counted from elsewhere."""
    return replace(axis, start=axis.start - axis.step * down)
