"""What a person knows about a figure, and is believed."""

from collections.abc import Sequence
from dataclasses import dataclass

from perdure.digitise.found import Axes, Axis, FoundCurve
from perdure.digitise.names import colours_apart
from perdure.digitise.sources import FigureSource
from perdure.errors import InputError, Problem
from perdure.figure.page import Colour
from perdure.figure.picture_lines import lines_of_picture
from perdure.figure.plot_areas import areas_of_lines, plot_areas
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


def axes_given(source: FigureSource, known: Known, file: str) -> Axes:
    """Return axes of the values that a person gave, at the ends of the plot's frame."""
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
    left, top, right, bottom = (
        _frame(source, file) if known.box is None else box_given(known.box, source)
    )
    x_step, y_step = (t1 - t0) / (right - left), (s0 - s1) / (bottom - top)
    return Axes(
        Axis(t0 - x_step * left, x_step, t0, t1, (t0, t1), 0.0, 1.0),
        Axis(s1 - y_step * top, y_step, s0, s1, (s0, s1), 0.0, 1.0),
        left,
        top,
        right,
        bottom,
        known.time_unit,
        percent=False,
    )


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


def _frame(source: FigureSource, file: str) -> tuple[float, float, float, float]:
    """Return the largest frame, or pair of axis lines."""
    if source.drawing is None:
        picture = source.picture
        areas = areas_of_lines(lines_of_picture(picture), picture.width, picture.height, [])
    else:
        areas = plot_areas(source.drawing)
    if not areas:
        raise InputError(
            Problem("no frame or axis lines were found", "name the plot by --box", file=file)
        )
    return max(areas, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
