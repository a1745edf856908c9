"""Which of the lines that were followed are arms: a legend, and confidence limits, tell."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perdure.digitise.found import Axes, FoundCurve, LegendEntry
from perdure.digitise.names import colours_apart, named_curves

__all__ = ["chosen_curves"]

FOREIGN = 28.0
"""A curve whose colour is this far from every name's of a legend is none of its arms."""
ALIKE = 12.0
"""Colours this near (L*a*b*) are one."""
THINNER = 0.75
"""A line of this share of another's width is drawn thinner."""


def chosen_curves(
    curves: Sequence[FoundCurve], legend: Sequence[LegendEntry], axes: Axes, rows: int
) -> tuple[tuple[FoundCurve, ...], tuple[str, ...]]:
    """Return the curves that are arms, and a sentence on those that are left out.

    None is left out for a legend while a name of it has no curve, or while the table of numbers at
    risk has more rows than the legend has names.

    Parameters
    ----------
    curves : sequence of FoundCurve
    legend : sequence of LegendEntry
    axes : Axes
    rows : int
        Of the table of numbers at risk; 0 where there is none.
    """
    samples = [entry for entry in legend if entry.place is not None]
    curves, said = _without_limits(curves, samples)
    named = named_curves(curves, samples, axes)
    every_name_has_one = set(range(len(samples))) <= set(named)
    if not samples or len(curves) <= len(samples) or not every_name_has_one:
        return tuple(curves), said
    whole = max(rows, 2) <= len(samples) or rows == len(samples)
    kept: list[FoundCurve] = []
    foreign = limits = 0
    for curve, name in zip(curves, named, strict=True):
        near = min(colours_apart(curve.colour, one.colour) for one in samples)
        if name is not None:
            kept.append(curve)
        elif near >= FOREIGN and whole:
            foreign += 1
        elif near < FOREIGN and whole and _drawn_unlike(curve, curves, named):
            limits += 1
        else:
            doubt = "the legend has no name for this line"
            kept.append(replace(curve, doubts=(*curve.doubts, doubt)))
    if foreign:
        what = "a line falls" if foreign == 1 else f"{foreign} lines fall"
        said = (*said, f"{what} as a curve does but is in no colour of the legend: left out")
    if limits:
        said = (*said, _limits_sentence(limits))
    return tuple(kept), said


def _limits_sentence(count: int) -> str:
    what = "a line was" if count == 1 else f"{count} lines were"
    return f"{what} taken for confidence limits and left out"


def _drawn_unlike(
    curve: FoundCurve, curves: Sequence[FoundCurve], named: Sequence[int | None]
) -> bool:
    """Tell whether a line is dashed or thin where the arm of its colour is not."""
    return any(
        name is not None
        and colours_apart(curve.colour, other.colour) < FOREIGN
        and ((curve.dashed and not other.dashed) or curve.width <= THINNER * other.width)
        for other, name in zip(curves, named, strict=True)
    )


def _without_limits(
    curves: Sequence[FoundCurve], samples: Sequence[LegendEntry]
) -> tuple[tuple[FoundCurve, ...], tuple[str, ...]]:
    """Return the curves without pairs of one colour that enclose a third.

    They are limits where the third is drawn stronger, or where a legend has one name of the colour.
    """
    dropped: set[int] = set()
    for middle, curve in enumerate(curves):
        alike = [
            at
            for at, other in enumerate(curves)
            if at != middle and colours_apart(other.colour, curve.colour) < ALIKE
        ]
        names = sum(colours_apart(one.colour, curve.colour) < FOREIGN for one in samples)
        for upper in alike:
            for lower in alike:
                if upper == lower or not _enclose(curves[upper], curve, curves[lower]):
                    continue
                widest = max(curves[upper].width, curves[lower].width)
                if widest <= THINNER * curve.width or (names == 1 and len(alike) == 2):
                    dropped |= {upper, lower}
    kept = tuple(curve for at, curve in enumerate(curves) if at not in dropped)
    return kept, (_limits_sentence(len(dropped)),) if dropped else ()


def _enclose(upper: FoundCurve, middle: FoundCurve, lower: FoundCurve) -> bool:
    """Tell whether two curves lie on both sides of a third, from its start to its end."""
    end = min(upper.end, middle.end, lower.end)
    if end - middle.x[0] < 0.5 * (middle.end - middle.x[0]):
        return False
    places = np.linspace(middle.x[0], end, 200)
    high, own, low = (
        one.y[np.clip(np.searchsorted(one.x, places, side="right") - 1, 0, None)]
        for one in (upper, middle, lower)
    )
    slack = middle.width + 1
    inside = (high <= own + slack) & (own <= low + slack)
    return bool(inside.mean() > 0.98 and (own - high).mean() > 1 and (low - own).mean() > 1)
