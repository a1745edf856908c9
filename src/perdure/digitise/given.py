"""What a person knows about a figure, and is believed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from perdure.digitise.found import Axes, Axis, FoundCurve
from perdure.digitise.frame import Area
from perdure.digitise.names import colours_apart
from perdure.digitise.numbers import labels_of
from perdure.digitise.scales import rows_of_labels
from perdure.digitise.sources import FigureSource
from perdure.digitise.titles import time_title
from perdure.errors import InputError, Problem
from perdure.figure.page import Colour
from perdure.records.time_unit import TimeUnit

__all__ = ["Known", "axes_given", "box_given"]


@dataclass(frozen=True)
class Known:
    """What a person knows about a figure.

    Attributes
    ----------
    axes : (t0, t1, s0, s1), optional
        Time at the left and right end of the plot, survival (0 to 1) at its bottom and top.
    box : (left, top, right, bottom), optional
        The plot in the file's pixels.
    names : sequence of str
        Of the arms, from the highest curve to the lowest.
    arms : int, optional
        How many there are.
    colours : sequence of Colour
        Of the curves: others are left out.
    time_unit : {"days", "weeks", "months", "years"}, optional
    """

    axes: tuple[float, float, float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    names: Sequence[str] = ()
    arms: int | None = None
    colours: Sequence[Colour] = ()
    time_unit: TimeUnit | None = None

    def chosen(self, curves: Sequence[FoundCurve]) -> tuple[FoundCurve, ...]:
        """Return the curves that a person says there are."""
        kept = list(curves)
        if self.colours:
            kept = [
                curve
                for curve in kept
                if min(colours_apart(curve.colour, one) for one in self.colours) < 25
            ]
        wanted = len(self.names) or self.arms
        if wanted is not None and len(kept) > wanted:
            kept = sorted(kept, key=lambda one: -one.certainty)[:wanted]
        if wanted is not None and len(kept) < wanted:
            raise InputError(
                Problem(
                    f"{wanted} curves are asked for and {len(kept)} were found",
                    "look at the overlay without --arms; name their colours by --colours",
                )
            )
        return tuple(kept)


def axes_given(source: FigureSource, known: Known, read: Axes | None, file: str) -> Axes:
    """Return axes of the values that a person gave.

    Where the labels that were read say the same, their ticks place the axes: they are sharper than
    the corners of a frame. Else the values are those at the ends of the plot's frame.

    Parameters
    ----------
    source : FigureSource
    known : Known
        With ``axes``.
    read : Axes or None
        What the labels of the figure say, where any could be read.
    file : str
        Named in errors.
    """
    if known.axes is None:
        raise InputError(Problem("no axes are given", "give --axes t0,t1,s0,s1", file=file))
    t0, t1, s0, s1 = known.axes
    if not (all(map(isfinite, known.axes)) and t1 > t0 and s1 > s0 and 0 <= s0 < s1 <= 1.5):
        raise InputError(
            Problem(
                "the axes given are no range of time and survival",
                "give --axes t0,t1,s0,s1 with survival between 0 and 1, such as 0,36,0,1",
                file=file,
                value=",".join(f"{one:g}" for one in known.axes),
            )
        )
    box = None if known.box is None else box_given(known.box, source)
    x = y = None
    if read is not None and box is None:
        x = read.x if _says(read.x, (t0, t1), (read.left, read.right)) else None
        y = read.y if _says(read.y, (s0, s1), (read.bottom, read.top)) else None
        if x is not None and y is not None:
            return replace(
                read,
                x=_sure(x),
                y=replace(_sure(y), low=s0, high=s1),
                time_unit=known.time_unit or read.time_unit,
            )
    left, top, right, bottom = _frame(source, read, file) if box is None else box
    x_step, y_step = (t1 - t0) / (right - left), (s0 - s1) / (bottom - top)
    given = Axes(
        Axis(t0 - x_step * left, x_step, t0, t1, (t0, t1), 0.0, 1.0) if x is None else _sure(x),
        Axis(s1 - y_step * top, y_step, s0, s1, (s0, s1), 0.0, 1.0) if y is None else _sure(y),
        left,
        top,
        right,
        bottom,
        known.time_unit,
        percent=False,
    )
    if read is not None:
        title, unit, upright = read.x_title, read.time_unit, read.y_title
    else:
        (title, unit), upright = _title(source, given), ""
    other = read is not None and box is None
    return replace(
        given,
        x_title=title,
        time_unit=known.time_unit or unit,
        y_title=upright,
        warnings=("the axes given are not those that the labels say",) if other else (),
    )


def _says(axis: Axis, given: tuple[float, float], ends: tuple[float, float]) -> bool:
    """Tell whether the labels of an axis say what a person says of its ends."""
    slack = 0.02 * (given[1] - given[0])
    own = (axis.low, axis.high)
    return all(
        min(abs(float(axis.value(end)) - value), abs(tick - value)) <= slack
        for value, tick, end in zip(given, own, ends, strict=True)
    )


def _sure(axis: Axis) -> Axis:
    """Return an axis as a person vouches for it."""
    return replace(axis, certainty=1.0)


def _title(source: FigureSource, axes: Axes) -> tuple[str, TimeUnit | None]:
    """Return the title of the time axis beneath a plot and its unit."""
    area = Area(axes.left, axes.top, axes.right, axes.bottom)
    beneath = [w for w in source.words if w.top > axes.bottom]
    rows = rows_of_labels(labels_of(beneath))
    return time_title(beneath, rows[0], area) if rows else ("", None)


def box_given(
    box: tuple[float, float, float, float], source: FigureSource
) -> tuple[float, float, float, float]:
    """Return a box of the file's own pixels in those of the figure that was read from it."""
    scale, (x, y) = source.picture.scale, source.offset
    left, top, right, bottom = box
    if not (left < right and top < bottom):
        raise InputError(
            Problem(
                "the box given is empty",
                "give --box left,top,right,bottom, counted from the top left corner",
                value=",".join(f"{one:g}" for one in box),
            )
        )
    return (
        left / scale - x - 0.5,
        top / scale - y - 0.5,
        right / scale - x - 0.5,
        bottom / scale - y - 0.5,
    )


def _frame(source: FigureSource, read: Axes | None, file: str) -> tuple[float, float, float, float]:
    """Return the largest frame, or pair of axis lines, or else the plot that the labels place."""
    frame = source.frame()
    if frame is not None:
        return frame
    if read is not None:
        return read.left, read.top, read.right, read.bottom
    raise InputError(
        Problem("no frame or axis lines were found", "name the plot by --box", file=file)
    )
