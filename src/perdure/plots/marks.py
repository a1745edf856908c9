"""Marks of a forest plot: intervals with arrows where they leave the axis, bars of bounds."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BLUE", "ORANGE", "draw_arrows", "draw_bounds", "draw_interval"]

BLUE, ORANGE = "#005a8e", "#a84a00"
"""Single effects; what was pooled, or is flagged."""


def draw_interval(
    axes: "Axes",
    low: float,
    high: float,
    place: float,
    limits: tuple[float, float],
    color: str,
    width: float,
) -> None:
    """Draw an interval, with an arrow where it leaves the axis."""
    start, end = (min(max(one, limits[0]), limits[1]) for one in (low, high))
    axes.plot(
        [start, end], [place] * 2, color=color, linewidth=width, zorder=3, solid_capstyle="butt"
    )
    draw_arrows(axes, low, high, place, limits, color)


def draw_arrows(
    axes: "Axes",
    low: float,
    high: float,
    place: float,
    limits: tuple[float, float],
    color: str,
) -> None:
    """Draw an arrow at each end of the axis that an interval passes."""
    for at, mark, beyond in ((0, "<", low < limits[0]), (1, ">", high > limits[1])):
        if beyond:
            axes.plot(
                [limits[at]], [place], mark, color=color, markersize=4.4, clip_on=False, zorder=5
            )


def draw_bounds(
    axes: "Axes", low: float, high: float, place: float, limits: tuple[float, float]
) -> None:
    """Draw an open bar from bound to bound in axes of rows; it has no end beyond ``limits``."""
    start, end = max(low, limits[0]), min(high, limits[1])
    for down in (place - 0.22, place + 0.22):
        axes.plot([start, end], [down] * 2, color=BLUE, linewidth=0.8, zorder=3, clip_on=False)
    for at, inside in ((start, low >= limits[0]), (end, high <= limits[1])):
        if inside:
            axes.plot(
                [at] * 2, [place - 0.22, place + 0.22], color=BLUE, linewidth=0.8, clip_on=False
            )
