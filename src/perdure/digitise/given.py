"""What a person knows about a figure, and is believed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

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

__all__ = ["ASKED", "FourNumbers", "Known", "axes_given", "box_given", "has_frame"]

FourNumbers = tuple[float, float, float, float]

IN_COLOUR = 25.0
"""A curve whose colour is this near (L*a*b*) to one that is given is of that colour."""
ASKED = "it was left out as no arm, and is kept because so many curves are asked for"


@dataclass(frozen=True)
class Known:
    """What a person knows about a figure.

    Attributes
    ----------
    axes : (t0, t1, s0, s1), optional
        Time at the left and right end of the plot, survival (0 to 1) at its bottom and top.
    box : (left, top, right, bottom), optional
        The plot in the file's pixels; of several panels the one that it lies in is read.
    names : sequence of str
        Of the arms, from the highest curve to the lowest.
    arms : int, optional
        How many there are. Of more curves the surest are taken.
    colours : sequence of Colour
        Of the curves: others are left out, and each has one at least.
    time_unit : {"days", "weeks", "months", "years"}, optional

    Raises
    ------
    InputError
        If axes or box are not four finite numbers, or ``arms`` is below 1.
    """

    axes: FourNumbers | None = None
    box: FourNumbers | None = None
    names: Sequence[str] = ()
    arms: int | None = None
    colours: Sequence[Colour] = ()
    time_unit: TimeUnit | None = None

    def __post_init__(self) -> None:
        for option, numbers in (("--axes", self.axes), ("--box", self.box)):
            if numbers is not None and not np.isfinite(numbers).all():
                raise InputError(
                    Problem(
                        f"{option} takes four finite numbers",
                        "write each as a plain number, such as 36",
                        value=",".join(f"{one:g}" for one in numbers),
                    )
                )
        if self.arms is not None and self.arms < 1:
            raise InputError(
                Problem(
                    "--arms takes a whole number of 1 or more, or names",
                    "write how many curves there are, or their names as A,B",
                    value=str(self.arms),
                )
            )

    def in_colours(self, curves: Sequence[FoundCurve]) -> tuple[FoundCurve, ...]:
        """Return the curves of the colours that are given; all where none is.

        Raises
        ------
        InputError
            If a colour has no curve: with the colours that were found.
        """
        if not self.colours:
            return tuple(curves)
        for colour in self.colours:
            if not any(_of(curve, colour) for curve in curves):
                found = ", ".join(dict.fromkeys(_written(curve.colour) for curve in curves))
                raise InputError(
                    Problem(
                        "no curve was found in a colour that is given",
                        f"the curves' colours are {found}: name them by --colours",
                        value=_written(colour),
                    )
                )
        return tuple(
            curve for curve in curves if any(_of(curve, colour) for colour in self.colours)
        )

    def chosen(
        self, curves: Sequence[FoundCurve], kept: Sequence[FoundCurve]
    ) -> tuple[FoundCurve, ...]:
        """Return the curves that a person says there are.

        Parameters
        ----------
        curves : sequence of FoundCurve
            All that were found, in the colours that are given.
        kept : sequence of FoundCurve
            Those of them that seem to be arms. Where more are asked for, the surest of the others
            come back, with a doubt; where fewer are, the surest stay.

        Raises
        ------
        InputError
            If fewer were found than are asked for.
        """
        wanted = len(self.names) or self.arms
        least = wanted or len(set(self.colours))
        chosen = list(kept)
        left_out = sorted(
            (one for one in curves if all(one.x is not other.x for other in kept)),
            key=lambda one: -one.certainty,
        )
        # a colour without a curve comes first
        left_out.sort(key=lambda one: any(self._is_of_one_colour(one, other) for other in kept))
        for curve in left_out[: max(least - len(chosen), 0)]:
            chosen.append(replace(curve, doubts=(*curve.doubts, ASKED)))
        if wanted is not None and len(chosen) > wanted:
            chosen = sorted(chosen, key=lambda one: -one.certainty)[:wanted]
        if len(chosen) < least:
            asked = f"{least} curves are asked for" if wanted else f"{least} colours are given"
            raise InputError(
                Problem(
                    f"{asked} and {len(chosen)} were found",
                    "look at the overlay without --arms and --colours; name each colour of a curve"
                    " by --colours",
                )
            )
        return tuple(chosen)

    def _is_of_one_colour(self, curve: FoundCurve, other: FoundCurve) -> bool:
        return any(_of(curve, colour) and _of(other, colour) for colour in self.colours)


def _of(curve: FoundCurve, colour: Colour) -> bool:
    return colours_apart(curve.colour, colour) < IN_COLOUR


def _written(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


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
    if not (t1 > t0 and s1 > s0 and 0 <= s0 < s1 <= 1.5):
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


def box_given(box: FourNumbers, source: FigureSource) -> FourNumbers:
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


def _frame(source: FigureSource, read: Axes | None, file: str) -> FourNumbers:
    """Return the largest frame, or pair of axis lines, or else the plot that the labels place."""
    frame = source.frame()
    if frame is not None:
        return frame
    if read is not None:
        return read.left, read.top, read.right, read.bottom
    raise InputError(
        Problem("no frame or axis lines were found", "name the plot by --box", file=file)
    )


def has_frame(source: FigureSource) -> bool:
    """Tell whether a figure shows a frame, or a pair of axis lines."""
    return source.frame() is not None
