"""Curves that an answer hangs on: a profile likelihood, and a pattern mixture with its tip."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.effect_axis import EffectAxis, axis_range
from perdure.plots.lettering import text_width
from perdure.plots.marks import BLUE, ORANGE
from perdure.plots.panel import Panel, effect_scales, line_boxes, new_panel
from perdure.plots.placing import Box
from perdure.plots.point_labels import label_boxes
from perdure.plots.style import GREY, INK, SMALL, Kind, drawing, figure_bytes
from perdure.plots.wording import decimals, percent

__all__ = ["PatternMixtureCurve", "ProfileCurve", "pattern_mixture_plot", "profile_likelihood_plot"]


@dataclass(frozen=True)
class ProfileCurve:
    """A profile log-likelihood of a variance component.

    Attributes
    ----------
    component : str
        As "τ²" or "σ² between trials".
    value, log_likelihood : tuple of float
        In increasing order of ``value``.
    estimate : float
    low, high : float or None
        Limits of the interval; None where the curve does not fall to them.
    level : float
    drop : float
        How far below its maximum the curve is at the limits: half the quantile of chi-square.
    """

    component: str
    value: tuple[float, ...]
    log_likelihood: tuple[float, ...]
    estimate: float
    low: float | None
    high: float | None
    level: float = 0.95
    drop: float = 1.92072941


def profile_likelihood_plot(
    curve: ProfileCurve,
    *,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw a profile log-likelihood, its maximum, and the interval where it has fallen by ``drop``.

    A flat curve, or one with two peaks, says that the data hardly know the component.

    Parameters
    ----------
    curve : ProfileCurve
    notes : sequence of str
        Sentences beneath.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there are fewer than two points.

    Examples
    --------
    >>> curve = ProfileCurve("τ²", (0.0, 0.1, 0.4), (-4.0, -3.0, -5.5), 0.1, None, 0.35)
    >>> profile_likelihood_plot(curve).startswith(b"<?xml")
    True
    """
    if len(curve.value) < 2 or len(curve.value) != len(curve.log_likelihood):
        raise ValueError("a profile needs two points, each with a log-likelihood")
    finite = [one for one in curve.log_likelihood if math.isfinite(one)]
    highest = max(finite)
    cut = highest - curve.drop
    # What lies far below the limits says nothing, and would press the peak flat.
    lowest = max(min(finite), highest - 3 * curve.drop)
    limits = [
        f"{decimals(limit, 3)}" if limit is not None else "none"
        for limit in (curve.low, curve.high)
    ]
    level = percent(curve.level, 0)
    said = f"{curve.component}: {decimals(curve.estimate, 3)}, {level}% interval {limits[0]} to"
    key = ["● maximum", f"dashed: {decimals(curve.drop, 2)} below it", f"shaded: {level}% interval"]
    with drawing():
        panel = new_panel(
            title or f"Profile likelihood of {curve.component}",
            key,
            [f"{said} {limits[1]}.", *notes],
            side="Log-likelihood",
            width=300,
            height=180,
        )
        axes = panel.axes
        shown = [
            value
            for value, height in zip(curve.value, curve.log_likelihood, strict=True)
            if height >= lowest
        ]
        # One value more on either side: the curve runs out of the plot.
        start = max([curve.value[0], *(one for one in curve.value if one < shown[0])])
        end = min([curve.value[-1], *(one for one in curve.value if one > shown[-1])])
        low = min(lowest, cut) - 0.06 * (highest - min(lowest, cut))
        top = highest + 0.08 * (highest - low)
        across, up = EffectAxis(curve.component), EffectAxis("", digits=1)
        effect_scales(panel, across, (start, end), up, (low, top))
        first = start if curve.low is None else max(curve.low, start)
        last = end if curve.high is None else min(curve.high, end)
        axes.fill([first, last, last, first], [low, low, top, top], color=ORANGE, alpha=0.12, lw=0)
        axes.plot([start, end], [cut] * 2, color=GREY, linewidth=0.8, dashes=(3, 2), zorder=2)
        axes.plot(curve.value, curve.log_likelihood, color=BLUE, linewidth=1.3, zorder=3)
        spot = [curve.estimate], [highest]
        axes.plot(*spot, "o", color=ORANGE, markersize=5, zorder=5, clip_on=False)
        return figure_bytes(panel.figure, panel.title, kind)


@dataclass(frozen=True)
class PatternMixtureCurve:
    """What the answer would be for what is assumed of the arms that are not estimable.

    Attributes
    ----------
    q : tuple of float
        Share of an arm's last survival that lasts to the threshold, from 0 to 1.
    estimate, low, high : tuple of float
        The pooled answer with its limits, on the scale of the axis.
    left_out : float or None
        The answer without those arms.
    tips : tuple of float
        Each q at which the conclusion changes.
    """

    q: tuple[float, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    left_out: float | None = None
    tips: tuple[float, ...] = ()


def pattern_mixture_plot(
    curve: PatternMixtureCurve,
    axis: EffectAxis,
    *,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw the pooled answer with its interval against q, and where the conclusion tips.

    Parameters
    ----------
    curve : PatternMixtureCurve
    axis : EffectAxis
        Of the answer: the vertical one.
    notes : sequence of str
        Sentences beneath.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there are fewer than two points, or one has no interval.

    Examples
    --------
    >>> curve = PatternMixtureCurve((0.0, 1.0), (0.1, 0.5), (-0.1, 0.3), (0.3, 0.7), 0.4, (0.25,))
    >>> axis = EffectAxis("Log odds ratio", reference=0.0)
    >>> pattern_mixture_plot(curve, axis).startswith(b"<?xml")
    True
    """
    lengths = {len(curve.q), len(curve.estimate), len(curve.low), len(curve.high)}
    if len(lengths) > 1 or len(curve.q) < 2:
        raise ValueError("a pattern mixture needs two values of q, each with an interval")
    whole = [*curve.low, *curve.high, *(() if curve.left_out is None else (curve.left_out,))]
    low, high = axis_range(axis, curve.estimate, [], [], whole=whole)
    key = ["line and shaded: pooled, with its interval"]
    key += ["dotted: those arms left out"] if curve.left_out is not None else []
    key += ["black line: no difference"] if axis.reference is not None else []
    key += ["dashed: the conclusion changes"] if curve.tips else []
    with drawing():
        panel = new_panel(
            title or "What of the arms that are not estimable?",
            key,
            notes,
            side=axis.name,
            height=200,
        )
        axes = panel.axes
        across = EffectAxis("q: share of the last survival that lasts to the threshold")
        effect_scales(panel, across, (0, 1), axis, (low, high))
        around = [*curve.q, *reversed(curve.q)]
        axes.fill(around, [*curve.low, *reversed(curve.high)], color=BLUE, alpha=0.16, lw=0)
        axes.plot(curve.q, curve.estimate, color=BLUE, linewidth=1.4, zorder=4)
        taken = line_boxes(panel, curve.q, curve.estimate)
        if curve.left_out is not None:
            axes.plot([0, 1], [curve.left_out] * 2, color=ORANGE, linewidth=1.0, dashes=(0.9, 1.3))
            taken += line_boxes(panel, [0, 1], [curve.left_out] * 2)
        for tip in curve.tips:
            axes.plot([tip] * 2, [low, high], color=GREY, linewidth=0.8, dashes=(3, 2), zorder=2)
            taken += line_boxes(panel, [tip] * 2, [low, high])
        _write_tips(panel, curve.tips, taken)
        return figure_bytes(panel.figure, panel.title, kind)


def _write_tips(panel: Panel, tips: Sequence[float], taken: Sequence[Box]) -> None:
    """Write beside each line where the conclusion changes, if there is room."""
    low, high = panel.axes.get_ylim()
    occupied = list(taken)
    for tip in tips:
        text = f"tips at q = {decimals(tip, 2)}"
        size = (text_width(text, SMALL) * 1.1, SMALL + 1)
        dots = [(tip * panel.width, part * panel.height, 1.0) for part in (0.05, 0.94, 0.5)]
        boxes = [
            label_boxes([dot], [0], [size], panel.width, panel.height, occupied)[0] for dot in dots
        ]
        box = next((box for box in boxes if box is not None), None)
        if box is None:
            continue
        occupied.append(box)
        x = (box.left + box.right) / 2 / panel.width
        y = low + (box.bottom + 2) / panel.height * (high - low)
        panel.axes.text(x, y, text, fontsize=SMALL, color=INK, ha="center", va="baseline")
