"""Curves that run into the edge of the picture: their end is that of the picture."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.found import Axes, FoundCurve

__all__ = ["with_cut_off"]

CUT_OFF = "the picture ends inside the plot: the curve may go on"
_NEAR = 0.01
"""Of the plot's width: a curve ends at the edge if it ends no farther from it."""


def with_cut_off(curves: Sequence[FoundCurve], axes: Axes, width: float) -> tuple[FoundCurve, ...]:
    """Return the curves, with a doubt of those that reach the right edge of the picture.

    Parameters
    ----------
    curves : sequence of FoundCurve
    axes : Axes
    width : float
        Of the picture.
    """
    if axes.right < width - 1.5:  # the frame, or paper beyond the plot, is seen
        return tuple(curves)
    near = max(4.0, _NEAR * (axes.right - axes.left))
    return tuple(
        replace(curve, doubts=(*curve.doubts, CUT_OFF)) if curve.end >= axes.right - near else curve
        for curve in curves
    )
