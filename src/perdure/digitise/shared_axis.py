"""Panels of one figure that share a survival axis, or the title of their time axes."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.axes import NO_UNIT, axes_on
from perdure.digitise.found import Axes, Axis
from perdure.digitise.sources import FigureSource

__all__ = ["axes_beside", "with_shared_units"]

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
            return replace(found, percent=axes.percent, y_title=axes.y_title)
    return None


def with_shared_units(panels: Sequence[Axes]) -> tuple[Axes, ...]:
    """Return the axes of panels; one title in the middle or at the foot is that of all.

    A panel without a title has the unit that the others say, if they say but one and it has the
    times of one that says it.
    """
    said = [axes for axes in panels if axes.time_unit is not None]
    if len({axes.time_unit for axes in said}) != 1:
        return tuple(panels)
    return tuple(
        _with_unit(axes, said[0])
        if axes.time_unit is None
        and not axes.x_title
        and any(axes.x.ticks == other.x.ticks for other in said)
        else axes
        for axes in panels
    )


def _with_unit(axes: Axes, other: Axes) -> Axes:
    warnings = tuple(one for one in axes.warnings if one != NO_UNIT)
    note = "the unit of time is that of another panel: this one has no title"
    return replace(axes, time_unit=other.time_unit, warnings=(*warnings, note))


def _moved(axis: Axis, down: float) -> Axis:
    """Return an axis whose pixels are counted from elsewhere."""
    return replace(axis, start=axis.start - axis.step * down)
