"""Which of a file's panels a box lies in that a person gave."""

from collections.abc import Sequence

from perdure.digitise.found import Axes
from perdure.digitise.given import FourNumbers, box_given
from perdure.digitise.sources import FigureSource
from perdure.errors import InputError, Problem

__all__ = ["panel_of_box", "refuse_box_beside"]

HELD, MET = 0.8, 0.2
"""Of a box over several panels, and of one over a single panel, that lies in its panel at least."""
SLACK, PADDING = 0.03, 0.12
"""Of a plot's width or height, by which a box may begin after and before time 0 and survival 1."""
SMALLEST = 30.0
"""Pixels that a plot is wide and tall at least."""


def panel_of_box(box: FourNumbers, sources: Sequence[FigureSource], file: str) -> int | None:
    """Return the place of the panel that a box lies in; None where that is no one panel.

    Raises
    ------
    InputError
        If the box is empty or too small, or reaches outside the picture.
    """
    shares = [_share(box_given(box, source), source) for source in sources]
    wide = max(source.whole[0] for source in sources)
    tall = max(source.whole[1] for source in sources)
    left, top, right, bottom = box
    value = ",".join(f"{one:g}" for one in box)
    if min(left, top) < -1 or right > wide + 1 or bottom > tall + 1:
        raise InputError(
            Problem(
                f"the box given reaches outside the picture, which is {wide} x {tall} pixels",
                "give --box left,top,right,bottom, counted from the top left corner",
                file=file,
                value=value,
            )
        )
    if min(right - left, bottom - top) < SMALLEST:
        raise InputError(
            Problem(
                "the box given is too small for a plot",
                "give --box left,top,right,bottom of the plot's frame",
                file=file,
                value=value,
            )
        )
    best = max(range(len(shares)), key=lambda at: shares[at])
    over_several = sum(share > 0 for share in shares) > 1
    return best if shares[best] >= (HELD if over_several else MET) else None


def refuse_box_beside(axes: Axes, box: FourNumbers, source: FigureSource, file: str) -> None:
    """Refuse a box that is not that of the plot whose axes were found.

    It lies over that plot, and begins where that does: near time 0 and survival 1.

    Raises
    ------
    InputError
        With the place of that plot, in the file's pixels.
    """
    left, top, right, bottom = box_given(box, source)
    beside = min(right, axes.right) <= max(left, axes.left) or min(bottom, axes.bottom) <= max(
        top, axes.top
    )
    across = (left - float(axes.x.pixel(0.0))) / (axes.right - axes.left)
    down = (top - float(axes.y.pixel(1.0))) / (axes.bottom - axes.top)
    begins = (axes.x.low > 0 or -PADDING < across < SLACK) and (
        axes.y.high < 1 or -PADDING < down < SLACK
    )
    if begins and not beside:
        return
    scale, (x, y) = source.picture.scale, source.offset
    moved = (axes.left + x, axes.top + y, axes.right + x, axes.bottom + y)
    plot = ",".join(str(round((place + 0.5) * scale)) for place in moved)
    what = "lies beside" if beside else "does not begin at time 0 and survival 1 of"
    raise InputError(
        Problem(
            f"the box given {what} the plot whose axes were found, at {plot}",
            "correct --box, or give its --axes t0,t1,s0,s1 too",
            file=file,
            value=",".join(f"{one:g}" for one in box),
        )
    )


def _share(box: FourNumbers, source: FigureSource) -> float:
    """Return the share of a box, in a source's pixels, that lies in the source."""
    left, top, right, bottom = box
    across = min(right, source.picture.width) - max(left, 0.0)
    down = min(bottom, source.picture.height) - max(top, 0.0)
    return max(across, 0.0) * max(down, 0.0) / ((right - left) * (bottom - top))
