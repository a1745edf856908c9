"""Effects against a moderator: bubbles about a regression line, or classes in strips."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.effect_axis import EffectAxis, axis_range, effect_and_limits, effect_text
from perdure.plots.lettering import printable, shorten, text_width, told_apart
from perdure.plots.marks import BLUE, ORANGE, draw_arrows, draw_interval
from perdure.plots.panel import (
    Panel,
    effect_scales,
    effect_ticks,
    line_boxes,
    name_dots,
    new_panel,
)
from perdure.plots.placing import Box
from perdure.plots.style import FAINT, GREY, SMALL, Kind, drawing, figure_bytes, write

__all__ = ["Bubble", "RegressionLine", "StripClass", "bubble_plot", "strip_plot"]

SMALLEST, LARGEST = 1.6, 8.5
"""Radii in points; areas between are weights."""
STRIP, CIRCLES, MEAN = 50.0, 19.0, 42.0
"""Points: height of a class's strip; where in it the circles and the mean stand."""


@dataclass(frozen=True)
class Bubble:
    """One effect: the moderator, its value, and its weight on any scale."""

    label: str
    moderator: float
    effect: float
    weight: float


@dataclass(frozen=True)
class RegressionLine:
    """A model's mean over the moderator, with its limits; ``prediction`` those of a new effect."""

    moderator: tuple[float, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    prediction_low: tuple[float, ...] | None = None
    prediction_high: tuple[float, ...] | None = None


@dataclass(frozen=True)
class StripClass:
    """The effects of one class as (label, effect, weight), and the model's mean with limits."""

    name: str
    effects: tuple[tuple[str, float, float], ...]
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None


def _radius(weight: float, heaviest: float) -> float:
    """Return a circle's radius: its area is the weight, but never too small to be seen."""
    return max(SMALLEST, LARGEST * math.sqrt(weight / heaviest)) if heaviest > 0 else 3.0


def bubble_plot(
    bubbles: Sequence[Bubble],
    axis: EffectAxis,
    moderator: str,
    *,
    line: RegressionLine | None = None,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw effects against a continuous moderator, with the regression line and its bands.

    Parameters
    ----------
    bubbles : sequence of Bubble
        The area of a circle is its weight.
    axis : EffectAxis
        Of the effects: the vertical one.
    moderator : str
        What is on the horizontal axis.
    line : RegressionLine, optional
        Shaded: the interval of the mean; dotted: that of a new effect.
    names : sequence of str, optional
        Labels that are written where there is room; None for all, the heaviest first.
    notes : sequence of str
        Sentences beneath, as the slope with its test.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no effect.

    Examples
    --------
    >>> bubbles = [Bubble("A", 2012, 0.1, 3.0), Bubble("B", 2018, 0.4, 9.0)]
    >>> bubble_plot(bubbles, EffectAxis("Log odds ratio"), "Year").startswith(b"<?xml")
    True
    """
    if not bubbles:
        raise ValueError("a bubble plot needs an effect")
    effects = [one.effect for one in bubbles]
    bands = () if line is None else (*line.low, *line.high)
    predicted: tuple[float, ...] = ()
    if line is not None and line.prediction_low and line.prediction_high:
        predicted = (*line.prediction_low, *line.prediction_high)
    every = (*bands, *predicted)
    lows, highs = ([min(every)], [max(every)]) if every else ([], [])
    low, high = axis_range(axis, effects, lows, highs)
    pad = 0.05 * (high - low)
    spots = [one.moderator for one in bubbles] + list(() if line is None else line.moderator)
    start, end = min(spots), max(spots)
    side = 0.06 * (end - start) or 4.0
    key = ["● one effect, area: weight"]
    if line is not None:
        key += ["line and shaded: mean and its interval"]
    if predicted:
        key += ["dotted: prediction interval"]
    key += ["black line: no difference"] if axis.reference is not None else []
    with drawing():
        panel = new_panel(title or "Bubble plot", key, notes, side=axis.name)
        x, y = (start - side, end + side), (low - pad, high + pad)
        effect_scales(panel, EffectAxis(printable(moderator)), x, axis, y)
        if line is not None:
            _draw_regression(panel, line)
        heaviest = max(one.weight for one in bubbles)
        labels = told_apart([one.label for one in bubbles])
        dots: list[tuple[float, float, float]] = []
        wanted: list[tuple[int, str]] = []
        for one, label in sorted(
            zip(bubbles, labels, strict=True), key=lambda pair: -pair[0].weight
        ):
            radius = _radius(one.weight, heaviest)
            if names is None or one.label in names:
                wanted.append((len(dots), label))
            dots.append((one.moderator, one.effect, radius))
            _draw_bubble(panel, one.moderator, one.effect, radius)
        taken = _lines(panel, axis, line)
        name_dots(panel, dots, wanted, taken)
        return figure_bytes(panel.figure, panel.title, kind)


def _lines(panel: Panel, axis: EffectAxis, line: RegressionLine | None) -> list[Box]:
    """Return what names keep off: the regression, its prediction limits, the reference."""
    found: list[Box] = []
    if axis.reference is not None:
        found += line_boxes(panel, panel.axes.get_xlim(), [axis.reference] * 2)
    if line is None:
        return found
    for values in (line.estimate, line.prediction_low, line.prediction_high):
        found += line_boxes(panel, line.moderator, values) if values is not None else []
    return found


def _draw_bubble(panel: Panel, x: float, y: float, radius: float) -> None:
    panel.axes.plot(
        [x],
        [y],
        "o",
        markersize=2 * radius,
        markerfacecolor=(0.0, 0.35, 0.56, 0.45),
        markeredgecolor=BLUE,
        markeredgewidth=0.7,
        zorder=5,
    )


def _draw_regression(panel: Panel, line: RegressionLine) -> None:
    axes = panel.axes
    around = [*line.moderator, *reversed(line.moderator)]
    axes.fill(around, [*line.low, *reversed(line.high)], color=ORANGE, alpha=0.16, lw=0, zorder=1)
    axes.plot(line.moderator, line.estimate, color=ORANGE, linewidth=1.3, zorder=3)
    if line.prediction_low is None or line.prediction_high is None:
        return
    for limit in (line.prediction_low, line.prediction_high):
        axes.plot(line.moderator, limit, color=ORANGE, linewidth=0.8, dashes=(0.9, 1.3), zorder=2)


def strip_plot(
    classes: Sequence[StripClass],
    axis: EffectAxis,
    *,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw the effects of each class in a strip, and the model's mean of the class beneath.

    Circles of a strip are moved apart, up and down, until none covers another's middle.

    Parameters
    ----------
    classes : sequence of StripClass
        The first is on top.
    axis : EffectAxis
        Of the effects: the horizontal one.
    notes : sequence of str
        Sentences beneath, as the test of the moderator.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no effect.

    Examples
    --------
    >>> one = StripClass("anti-PD-1", (("A", 0.1, 1.0), ("B", 0.4, 2.0)), 0.3, 0.1, 0.5)
    >>> strip_plot([one], EffectAxis("Log odds ratio")).startswith(b"<?xml")
    True
    """
    effects = [effect for one in classes for _, effect, _ in one.effects]
    if not effects:
        raise ValueError("a strip plot needs an effect")
    heaviest = max(weight for one in classes for _, _, weight in one.effects)
    means = [one for one in classes if one.low is not None and one.high is not None]
    low, high = axis_range(
        axis,
        effects,
        [one.low for one in means if one.low is not None],
        [one.high for one in means if one.high is not None],
        whole=[one.mean for one in means if one.mean is not None],
    )
    longest = max(text_width(printable(one.name), SMALL) for one in classes) * 1.25 + 12
    left = min(max(longest, 60.0), 170.0)
    predicted = any(one.prediction_low is not None for one in classes)
    key = ["● one effect, area: weight", *(["◆ mean of the class"] if means else [])]
    key += ["bar: prediction interval"] if predicted else []
    key += ["black line: no difference"] if axis.reference is not None else []
    tall = STRIP * len(classes)
    with drawing():
        panel = new_panel(
            title or "Effects by class", key, notes, height=tall, left=left, width=300.0
        )
        pad = 0.04 * (high - low)
        panel.axes.set_xlim(low - pad, high + pad)
        panel.axes.set_ylim(tall, 0)
        panel.axes.set_yticks([])
        panel.axes.spines["left"].set_visible(False)
        effect_ticks(panel, axis)
        for order, one in enumerate(classes):
            _draw_strip(panel, one, axis, order, heaviest, left)
        return figure_bytes(panel.figure, panel.title, kind)


def _draw_strip(
    panel: Panel, one: StripClass, axis: EffectAxis, order: int, heaviest: float, left: float
) -> None:
    """Draw one class: its name and mean in words, its circles, the mean beneath."""
    axes, middle = panel.axes, STRIP * order + CIRCLES
    start, end = axes.get_xlim()
    scale = panel.width / (end - start)
    spots = [
        ((effect - start) * scale, _radius(weight, heaviest)) for _, effect, weight in one.effects
    ]
    moves = _apart(spots, CIRCLES - 1.0)
    for (_, effect, _), (_, radius), up in zip(one.effects, spots, moves, strict=True):
        _draw_bubble(panel, effect, middle + up, radius)
    if order:
        axes.plot([start, end], [STRIP * order] * 2, color=FAINT, linewidth=0.5, zorder=0)
    top = 24.0 + STRIP * order
    room = (left - 6) / 1.25
    write(panel.figure, 2, top + 15, shorten(printable(one.name), room, SMALL), weight="bold")
    number = f"{len(one.effects)} effect{'' if len(one.effects) == 1 else 's'}"
    write(panel.figure, 2, top + 26, number, color=GREY)
    if one.mean is None:
        return
    base = STRIP * order + MEAN
    if one.prediction_low is not None and one.prediction_high is not None:
        limits = one.prediction_low, one.prediction_high
        draw_interval(axes, *limits, base, (start, end), ORANGE, 1.6)
    if one.low is not None and one.high is not None:
        across = [one.low, one.mean, one.high, one.mean]
        axes.fill(across, [base, base - 4, base, base + 4], color=ORANGE, zorder=4, lw=0)
        draw_arrows(axes, one.low, one.high, base, (start, end), ORANGE)
    text = effect_and_limits(axis, one.mean, one.low, one.high)
    text = text if text_width(text, SMALL) * 1.1 < left - 4 else effect_text(axis, one.mean)
    write(panel.figure, 2, top + 37, text, color=ORANGE)


def _apart(spots: Sequence[tuple[float, float]], most: float) -> list[float]:
    """Return how far up or down each circle is moved: no more than it must.

    All of it stays within ``most`` of the middle: in its strip, and above the class's mean.
    """
    placed: list[tuple[float, float, float]] = []
    moves = [0.0] * len(spots)
    for place in sorted(range(len(spots)), key=lambda place: -spots[place][1]):
        x, radius = spots[place]
        free = max(most - radius, 1.0)
        steps = [step * sign for step in range(int(free) + 1) for sign in (1, -1)]

        def crowded(up: float, x: float = x, radius: float = radius) -> float:
            return sum(
                max(0.0, 0.9 * (radius + other[2]) - math.hypot(x - other[0], up - other[1]))
                for other in placed
            )

        moves[place] = min(steps, key=lambda up: (round(crowded(up), 6), abs(up)))
        placed.append((x, moves[place], radius))
    return moves
