"""Drapery plots: the P value of every hypothesis, for each trial and for the pooled mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from perdure.plots.effect_axis import EffectAxis, axis_range
from perdure.plots.marks import BLUE, ORANGE
from perdure.plots.panel import effect_ticks, new_panel
from perdure.plots.style import FAINT, GREY, Kind, drawing, figure_bytes
from perdure.records import Floats

__all__ = ["Drape", "drapery_plot"]

LEVELS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
COLUMNS = 400


@dataclass(frozen=True)
class Drape:
    """An effect with its standard error, and its weight on any scale."""

    label: str
    effect: float
    se: float
    weight: float = 1.0


def drapery_plot(
    drapes: Sequence[Drape],
    axis: EffectAxis,
    *,
    pooled: tuple[Sequence[float], Sequence[float]] | None = None,
    prediction: tuple[float, float] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw for each effect the two-sided P value of every hypothesis about it (normal).

    Where a curve crosses 0.05 are the limits of its 95% interval, and so for every level at once
    (Rücker and Schwarzer 2021). The vertical axis is logarithmic.

    Parameters
    ----------
    drapes : sequence of Drape
    axis : EffectAxis
        Of the effects: the horizontal one.
    pooled : (sequence of float, sequence of float), optional
        Hypotheses about the pooled mean, and their P values under the model's own reference
        distribution.
    prediction : (float, float), optional
        Prediction interval: shaded.
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
        If there is no effect, or a standard error is not positive.

    Examples
    --------
    >>> drapes = [Drape("A", 0.1, 0.1), Drape("B", 0.4, 0.3)]
    >>> drapery_plot(drapes, EffectAxis("Log odds ratio", reference=0.0)).startswith(b"<?xml")
    True
    """
    if not drapes or not all(one.se > 0 for one in drapes):
        raise ValueError("a drapery plot needs effects with positive standard errors")
    z = NormalDist().inv_cdf(0.9995)
    limits = axis_range(
        axis,
        [one.effect for one in drapes],
        [one.effect - z * one.se for one in drapes],
        [one.effect + z * one.se for one in drapes],
        whole=[*(prediction or ())],
    )
    grid = np.linspace(*limits, COLUMNS)
    key = ["blue: one effect each, darker with more weight"]
    key += ["thick: pooled mean"] if pooled is not None else []
    key += ["shaded: prediction interval"] if prediction is not None else []
    key += [
        "dashed: P 0.05",
        *(["black line: no difference"] if axis.reference is not None else []),
    ]
    with drawing():
        panel = new_panel(title or "Drapery plot", key, notes, side="P value of each hypothesis")
        axes = panel.axes
        bottom, top = math.log10(LEVELS[0]), 0.06
        axes.set_xlim(*limits)
        axes.set_ylim(bottom, top)
        effect_ticks(panel, axis)
        axes.set_yticks([math.log10(level) for level in LEVELS], [f"{one:g}" for one in LEVELS])
        for level in LEVELS:
            axes.plot(limits, [math.log10(level)] * 2, color=FAINT, linewidth=0.4, zorder=0.5)
        axes.plot(
            limits, [math.log10(0.05)] * 2, color=GREY, linewidth=0.8, dashes=(3, 2), zorder=1
        )
        if prediction is not None:
            low, high = (min(max(one, limits[0]), limits[1]) for one in prediction)
            around = [low, high, high, low]
            axes.fill(around, [bottom, bottom, top, top], color=ORANGE, alpha=0.12, lw=0)
        heaviest = max(one.weight for one in drapes) or 1.0
        for one in drapes:
            share = max(one.weight, 0.0) / heaviest
            axes.plot(
                *_log_p(one, grid, bottom),
                color=BLUE,
                alpha=0.25 + 0.6 * share,
                linewidth=0.6 + 0.4 * share,
                zorder=2,
            )
        if pooled is not None:
            heights = [max(math.log10(p), bottom - 1) if p > 0 else bottom - 1 for p in pooled[1]]
            axes.plot(pooled[0], heights, color=ORANGE, linewidth=1.9, zorder=4)
        return figure_bytes(panel.figure, panel.title, kind)


def _log_p(one: Drape, grid: Floats, bottom: float) -> tuple[Floats, Floats]:
    """Return hypotheses on the grid and about the effect, and their logarithms of P."""
    peak = one.effect + one.se * np.linspace(-3.6, 3.6, 73)
    at = np.sort(np.concatenate([grid, peak]))
    at = at[(at >= grid[0]) & (at <= grid[-1]) & (np.abs(at - one.effect) <= 3.7 * one.se)]
    p = np.array([math.erfc(abs(x - one.effect) / one.se / math.sqrt(2)) for x in at])
    return at, np.maximum(np.log10(p), bottom - 1)
