"""Funnel plots: effects against their standard errors, and whether small trials are different."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from perdure.plots.effect_axis import EffectAxis, axis_range
from perdure.plots.lettering import told_apart
from perdure.plots.marks import BLUE, ORANGE
from perdure.plots.panel import Panel, effect_ticks, line_boxes, name_dots, new_panel
from perdure.plots.placing import Box
from perdure.plots.style import GREY, Kind, drawing, figure_bytes
from perdure.plots.wording import decimals, percent

__all__ = ["FunnelPoint", "funnel_plot"]

SHADES = ((0.01, "#eaeaea"), (0.05, "#d2d2d2"), (0.10, "white"))
"""P values at the borders of the shaded regions, from the outermost, and the shade inside."""
MOST_NAMES = 12


@dataclass(frozen=True)
class FunnelPoint:
    """An effect and its standard error; ``filled`` where trim and fill made it up."""

    label: str
    effect: float
    se: float
    filled: bool = False


def funnel_plot(
    points: Sequence[FunnelPoint],
    estimate: float,
    axis: EffectAxis,
    *,
    level: float = 0.95,
    contours: bool = False,
    egger: tuple[float, float] | None = None,
    adjusted: float | None = None,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw effects against their standard errors, the most precise on top.

    Without heterogeneity and without small-study effects the region between the dashed lines
    holds ``level`` of the effects. Contours say how significant an effect would be alone.

    Parameters
    ----------
    points : sequence of FunnelPoint
    estimate : float
        The pooled mean: the funnel's middle.
    axis : EffectAxis
        Of the effects; contours are about its ``reference``, or 0.
    level : float
        Of the pseudo-confidence region.
    contours : bool
        Shade P 0.10, 0.05 and 0.01.
    egger : (float, float), optional
        Egger's line: effect at a standard error of 0, and slope.
    adjusted : float, optional
        The mean with the filled effects: a dotted line.
    names : sequence of str, optional
        Labels that are written; None for the effects outside the region.
    notes : sequence of str
        Sentences beneath, as the result of a test.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no point, or a standard error is not positive.

    Examples
    --------
    >>> points = [FunnelPoint("A", 0.1, 0.1), FunnelPoint("B", 0.4, 0.3)]
    >>> funnel_plot(points, 0.13, EffectAxis("Log odds ratio")).startswith(b"<?xml")
    True
    """
    if not points or not all(point.se > 0 for point in points):
        raise ValueError("a funnel needs effects with positive standard errors")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    deepest = 1.06 * max(point.se for point in points)
    effects = [point.effect for point in points]
    reach = z * deepest
    whole = [*([] if egger is None else [egger[0]]), *([] if adjusted is None else [adjusted])]
    limits = axis_range(
        axis,
        effects,
        [estimate - reach],
        [estimate + reach],
        whole=whole,
    )
    limits = (min(limits[0], estimate - reach), max(limits[1], estimate + reach))
    limits = axis.limits or limits
    filled = any(point.filled for point in points)
    key = _key(axis, level, filled=filled, contours=contours, egger=egger, adjusted=adjusted)
    with drawing():
        panel = new_panel(title or "Funnel plot", key, notes, side="Standard error")
        panel.axes.set_xlim(*limits)
        panel.axes.set_ylim(deepest, 0.0)
        if contours:
            _draw_contours(panel, axis.reference or 0.0, deepest, limits)
        effect_ticks(panel, axis)
        _draw_errors(panel, deepest)
        _draw_region(panel, estimate, reach, deepest)
        if adjusted is not None:
            panel.axes.plot(
                [adjusted] * 2, [0, deepest], color=ORANGE, linewidth=0.9, dashes=(0.9, 1.3)
            )
        if egger is not None:
            at = [egger[0], egger[0] + egger[1] * deepest]
            panel.axes.plot(at, [0, deepest], color=BLUE, linewidth=0.9, dashes=(6, 1.5, 1, 1.5))
        _draw_points(panel, points)
        away = [abs(point.effect - estimate) / point.se for point in points]
        order = [place for place, point in enumerate(points) if not point.filled]
        order.sort(key=lambda place: -away[place])
        named = [place for place in order if away[place] > z][:MOST_NAMES]
        if names is not None:
            named = [place for name in names for place in order if points[place].label == name]
        lines = [(estimate, reach), (estimate, -reach), (estimate, 0.0)]
        lines += [] if egger is None else [(egger[0], egger[1] * deepest)]
        taken = [
            box
            for start, aside in lines
            for box in line_boxes(panel, [start, start + aside], [0.0, deepest])
        ]
        _write_names(panel, points, named, taken)
        return figure_bytes(panel.figure, panel.title, kind)


def _draw_contours(
    panel: Panel, middle: float, deepest: float, limits: tuple[float, float]
) -> None:
    """Shade the regions of significance about ``middle``; what is not significant stays white."""
    left, right = limits
    corners = [left, right, right, left]
    panel.axes.fill(corners, [0, 0, deepest, deepest], color="#f6f6f6", zorder=0, lw=0)
    borders = [NormalDist().inv_cdf(1 - p / 2) * deepest for p, _ in SHADES]
    for border, (_, shade) in zip(borders, SHADES, strict=True):
        across = [middle, middle + border, middle - border]
        panel.axes.fill(across, [0, deepest, deepest], color=shade, zorder=0.1, lw=0)


def _draw_errors(panel: Panel, deepest: float) -> None:
    """Write the ticks of the standard errors."""
    power = 10.0 ** len(f"{int(1 / deepest)}") if deepest < 1 else 10.0
    step = next(
        part / power * 10.0**more
        for more in range(12)
        for part in (1, 2, 5)
        if deepest / (part / power * 10.0**more) <= 6
    )
    ticks = [step * order for order in range(int(deepest / step) + 1)]
    digits = max(len(f"{tick:.6g}".partition(".")[2]) for tick in ticks)
    panel.axes.set_yticks(ticks, [decimals(tick, digits) for tick in ticks])


def _draw_region(panel: Panel, estimate: float, reach: float, deepest: float) -> None:
    for side in (-reach, reach):
        panel.axes.plot(
            [estimate, estimate + side], [0, deepest], color=GREY, linewidth=0.8, dashes=(3, 2)
        )
    panel.axes.plot([estimate] * 2, [0, deepest], color=ORANGE, linewidth=1.0, zorder=2)


def _draw_points(panel: Panel, points: Sequence[FunnelPoint]) -> None:
    for filled in (False, True):
        shown = [point for point in points if point.filled is filled]
        panel.axes.plot(
            [point.effect for point in shown],
            [point.se for point in shown],
            "o",
            markersize=5.0,
            markerfacecolor="white" if filled else BLUE,
            markeredgecolor=ORANGE if filled else "white",
            markeredgewidth=1.0 if filled else 0.5,
            zorder=5,
            clip_on=False,
        )


def _write_names(
    panel: Panel, points: Sequence[FunnelPoint], named: Sequence[int], taken: Sequence[Box]
) -> None:
    """Write names at their own points; what trim and fill made up has none."""
    known = [place for place, point in enumerate(points) if not point.filled]
    labels = dict(zip(known, told_apart([points[place].label for place in known]), strict=True))
    dots = [(point.effect, point.se, 2.6) for point in points]
    name_dots(panel, dots, [(place, labels[place]) for place in named], taken)


def _key(
    axis: EffectAxis,
    level: float,
    *,
    filled: bool,
    contours: bool,
    egger: tuple[float, float] | None,
    adjusted: float | None,
) -> list[str]:
    """Return what is on the picture, and nothing else."""
    parts = (
        (True, "● one effect"),
        (filled, "○ filled in"),
        (True, "vertical line: pooled mean"),
        (axis.reference is not None, "black line: no difference"),
        (True, f"dashed: holds {percent(level, 0)}% if all effects are one"),
        (adjusted is not None, "dotted: mean with the filled in"),
        (egger is not None, "dots and dashes: Egger’s line"),
        (contours, "shaded, dark to light: P 0.10 to 0.05, to 0.01, below 0.01"),
    )
    return [text for present, text in parts if present]
