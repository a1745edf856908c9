"""What stands where in a figure, so that a page can say it where a reader points."""

from dataclasses import dataclass

import numpy as np

from perdure.plots.style import CURVE, Look
from perdure.records import ArmResult, Floats

__all__ = ["Hover", "HoverCurve", "HoverPanel", "HoverRow", "HoverRows", "hover_curve"]


@dataclass(frozen=True)
class HoverCurve:
    """One curve of a panel.

    Attributes
    ----------
    arm, label : str
    color : str
        Of its line, as ``dash``: lengths in points, empty for a whole line.
    dash : tuple of float
    time, survival : tuple of float
        Every step, from (0, 1) to the end of follow-up; months.
    low, high : tuple of float
        Limits, where the curve is the middle of a band; else empty.
    leaves : tuple of float
        When each patient has an event or is censored, in order; empty where that is not known. At
        risk at a time are those who leave then or later.
    """

    arm: str
    label: str
    color: str
    dash: tuple[float, ...]
    time: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    leaves: tuple[float, ...] = ()


@dataclass(frozen=True)
class HoverPanel:
    """A panel of curves.

    Attributes
    ----------
    trial, title : str
    box : (float, float, float, float)
        Left, top, width and height of the plot, in points from the figure's upper left corner.
    end, top : float
        Months at its right edge; survival at its upper one.
    curves : tuple of HoverCurve
    """

    trial: str
    title: str
    box: tuple[float, float, float, float]
    end: float
    top: float
    curves: tuple[HoverCurve, ...]


@dataclass(frozen=True)
class HoverRow:
    """One row of a forest.

    Attributes
    ----------
    at : float
        Its middle, in points from the figure's upper edge.
    words : tuple of str
        What it says, line by line.
    group : str
        The name that it stands under.
    """

    at: float
    words: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class HoverRows:
    """The rows of one page of a forest, ``height`` points each."""

    height: float
    rows: tuple[HoverRow, ...]


Hover = HoverPanel | HoverRows
"""Of one picture."""


def hover_curve(
    found: ArmResult, label: str, look: Look, time: Floats, survival: Floats
) -> HoverCurve:
    """Return an arm's curve as it is drawn, with when its patients leave."""
    band, leaves = found.band, np.empty(0)
    if found.patients is not None:
        leaves = np.sort(found.patients.in_unit("months").time)
    return HoverCurve(
        found.arm,
        label,
        look.line,
        tuple(CURVE * part for part in look.dash),
        tuple(time.tolist()),
        tuple(survival.tolist()),
        () if band is None else tuple(band.low.tolist()),
        () if band is None else tuple(band.high.tolist()),
        tuple(leaves.tolist()),
    )
