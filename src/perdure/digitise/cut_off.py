"""Curves that run into the edge of what is shown: they may go on where nothing is seen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from perdure.digitise.found import Axes, FoundCurve

__all__ = ["BELOW", "CUT_OFF", "with_cut_off"]

CUT_OFF = "the picture ends inside the plot: the curve may go on"
BELOW = "the curve leaves the plot at its bottom: it may go on below"
_NEAR = 0.01
"""Of the plot's size: a curve ends at an edge if it ends no farther from it."""
_SOME = 0.03
"""Survival at the bottom of a plot that is not taken for 0."""


def with_cut_off(curves: Sequence[FoundCurve], axes: Axes, width: float) -> tuple[FoundCurve, ...]:
    """Return the curves, with a doubt of those that end at an edge and not by themselves.

    Parameters
    ----------
    curves : sequence of FoundCurve
    axes : Axes
    width : float
        Of the picture.
    """
    return tuple(
        replace(curve, doubts=(*curve.doubts, *_edges(curve, axes, width))) for curve in curves
    )


def _edges(curve: FoundCurve, axes: Axes, width: float) -> Iterator[str]:
    """Yield what is said of a curve that ends at the picture's right edge, or the plot's bottom."""
    near = max(4.0, _NEAR * (axes.right - axes.left))
    # Farther left a frame, or paper beyond the plot, is seen.
    if axes.right >= width - 1.5 and curve.end >= axes.right - near:
        yield CUT_OFF
    near = max(4.0, _NEAR * (axes.bottom - axes.top))
    if float(axes.y.value(axes.bottom)) > _SOME and float(curve.y[-1]) >= axes.bottom - near:
        yield BELOW
