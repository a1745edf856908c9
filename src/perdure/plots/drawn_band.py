"""Curves that are drawn from published facts: a band, its middle, and the facts themselves."""

from typing import TYPE_CHECKING

from perdure.plots.style import Look
from perdure.records import CurveBand

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DRAWN", "DRAWN_DASH", "draw_band"]

DRAWN, DRAWN_DASH = 0.8, (4.0, 1.5)
"""The line in the middle of a band that is drawn from published facts."""


def draw_band(axes: "Axes", band: CurveBand, look: Look) -> None:
    """Draw the curves that agree with published facts: limits, middle, and the facts themselves."""
    known = band.time <= band.last_fact
    for part, alpha in ((known, 0.22), (~known | (band.time == band.time[known][-1]), 0.09)):
        axes.fill_between(
            band.time[part], band.low[part], band.high[part], color=look.line, alpha=alpha, lw=0
        )
    axes.plot(
        band.time, band.survival, color=look.line, linewidth=DRAWN, dashes=DRAWN_DASH, zorder=3
    )
    points = [
        (fact.time, fact.value)
        for fact in (check.fact for check in band.checks)
        if fact.kind == "survival" and fact.time is not None and fact.value is not None
    ]
    axes.plot(
        [time for time, _ in points],
        [value for _, value in points],
        "D",
        color=look.words,
        markersize=3.0,
        markeredgecolor="white",
        markeredgewidth=0.5,
        zorder=5,
    )
