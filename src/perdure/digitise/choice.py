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
WHOLLY, MOSTLY = 0.98, 0.8
"""Of its course a line lies between its limits; where these are drawn thinner, most of it."""
PIECES = 0.5
"""Of its course: a line without a name that lies on other curves by so much is made of them."""
LONGER = 0.05
"""Of a curve's length, by which its limits may go on after it."""
NAMELESS = "the legend has no name for this line"
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
    curves, said = _without_limits(curves, samples, rows)
    named = named_curves(curves, samples, axes)
    every_name_has_one = set(range(len(samples))) <= set(named)
    if not samples or len(curves) <= len(samples) or not every_name_has_one:
        return tuple(curves), said
    # a line without a name of which much is hidden, or lies on others, is put together from them
    whole = max(rows, 2) <= len(samples) or rows == len(samples)
    kept: list[FoundCurve] = []
    nameless: list[FoundCurve] = []
    foreign = limits = pieces = 0
    for curve, name in zip(curves, named, strict=True):
        near = _nearest(curve, samples)
        if name is not None:
            kept.append(curve)
        elif near >= FOREIGN and whole:
            foreign += 1
        elif near < FOREIGN and whole and _drawn_unlike(curve, curves, named):
            limits += 1
        elif whole and (curve.doubts or _on_others(curve, curves) > PIECES):
            pieces += 1
        else:
            kept.append(_doubted(curve, NAMELESS))
            nameless.append(curve)
    if foreign:
        what = "a line falls" if foreign == 1 else f"{foreign} lines fall"
        said = (*said, f"{what} as a curve does but is in no colour of the legend: left out")
    if limits:
        said = (*said, _limits_sentence(limits))
    if pieces:
        what = "a line was" if pieces == 1 else f"{pieces} lines were"
        said = (*said, f"{what} taken for pieces of other curves and left out")
    rivals = [one for one in nameless if _nearest(one, samples) < FOREIGN]
    return tuple(_beside_rivals(curve, rivals) for curve in kept), said


def _nearest(curve: FoundCurve, samples: Sequence[LegendEntry]) -> float:
    """Return how far the colour of a line is from the nearest name's."""
    return min(colours_apart(curve.colour, one.colour) for one in samples)


def _doubted(curve: FoundCurve, doubt: str) -> FoundCurve:
    return replace(curve, doubts=(*curve.doubts, doubt))


def _beside_rivals(curve: FoundCurve, rivals: Sequence[FoundCurve]) -> FoundCurve:
    """Return a named curve with the doubt that another line in its colour may be the arm."""
    if NAMELESS in curve.doubts or not any(
        colours_apart(curve.colour, one.colour) < FOREIGN for one in rivals
    ):
        return curve
    return _doubted(curve, "another line is in its colour")


def _limits_sentence(count: int) -> str:
    what = "a line was" if count == 1 else f"{count} lines were"
    return f"{what} taken for confidence limits and left out"


def _drawn_unlike(
    curve: FoundCurve, curves: Sequence[FoundCurve], named: Sequence[int | None]
) -> bool:
    """Tell whether a line is dashed or thin where the arm of its colour is not, and no longer."""
    most = 1 + LONGER
    return any(
        name is not None
        and curve.end - curve.x[0] <= most * (other.end - other.x[0])
        and colours_apart(curve.colour, other.colour) < FOREIGN
        and ((curve.dashed and not other.dashed) or curve.width <= THINNER * other.width)
        for other, name in zip(curves, named, strict=True)
    )


def _on_others(curve: FoundCurve, curves: Sequence[FoundCurve]) -> float:
    """Return the share of its course over which a line lies on other curves."""
    places = np.linspace(curve.x[0], curve.end, 200)
    rows = curve.rows_at(places)
    on = np.zeros(places.size, dtype=np.bool_)
    for other in (one for one in curves if one is not curve):
        reach = (curve.width + other.width) / 2 + 1
        on |= (np.abs(other.rows_at(places) - rows) <= reach) & (places <= other.end)
    return float(on.mean())


def _without_limits(
    curves: Sequence[FoundCurve], samples: Sequence[LegendEntry], rows: int
) -> tuple[tuple[FoundCurve, ...], tuple[str, ...]]:
    """Return the curves without pairs of one colour that enclose a third.

    They are limits where the third is drawn stronger, or where a legend has one name of the colour.
    Where neither a legend nor a table tells how many arms there are, all three are doubted.
    """
    dropped: set[int] = set()
    crossed: set[int] = set()
    unsure: set[int] = set()
    for middle, curve in enumerate(curves):
        alike = [
            at
            for at, other in enumerate(curves)
            if at != middle and colours_apart(other.colour, curve.colour) < ALIKE
        ]
        names = sum(colours_apart(one.colour, curve.colour) < FOREIGN for one in samples)
        for upper in alike:
            for lower in alike:
                share = 0.0
                if upper != lower:
                    share = _enclosed(curves[upper], curve, curves[lower])
                widest = max(curves[upper].width, curves[lower].width)
                strong = widest <= THINNER * curve.width
                least = MOSTLY if strong else WHOLLY
                if share > least and (strong or (names == 1 and len(alike) == 2)):
                    dropped |= {upper, lower}
                    crossed |= {middle} if share < WHOLLY else set()
                elif share > MOSTLY and not samples and len(alike) == 2 and rows < len(curves):
                    unsure |= {upper, middle, lower}
    kept = tuple(
        _doubted(curve, "its confidence limits cross it")
        if at in crossed
        else _doubted(curve, "one line of its look lies between two: these may be its limits")
        if at in unsure - dropped
        else curve
        for at, curve in enumerate(curves)
        if at not in dropped
    )
    return kept, (_limits_sentence(len(dropped)),) if dropped else ()


def _enclosed(upper: FoundCurve, middle: FoundCurve, lower: FoundCurve) -> float:
    """Return the share of its course over which two curves lie on both sides of a third."""
    end = min(upper.end, middle.end, lower.end)
    length = middle.end - middle.x[0]
    # limits are drawn as far as their curve, or end before it
    if end - middle.x[0] < 0.5 * length or max(upper.end, lower.end) > middle.end + LONGER * length:
        return 0.0
    places = np.linspace(middle.x[0], end, 200)
    high, own, low = (one.rows_at(places) for one in (upper, middle, lower))
    if (own - high).mean() < 1 or (low - own).mean() < 1:
        return 0.0
    slack = middle.width + 1
    return float(((high <= own + slack) & (own <= low + slack)).mean())
