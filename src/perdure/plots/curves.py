"""One panel a trial and endpoint: curves, thresholds, tails and what lies beyond them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perdure.plots.drawn_band import DRAWN, DRAWN_DASH, draw_band
from perdure.plots.hover import HoverPanel, hover_curve
from perdure.plots.lettering import printable, shorten, text_width
from perdure.plots.placing import Box, place_names
from perdure.plots.steps import published_dots, steps_at, survival_steps, tail_steps
from perdure.plots.style import (
    CURVE,
    GREY,
    INK,
    RULE,
    SMALL,
    TITLE,
    Look,
    arm_looks,
    draw_line,
    drawing,
    new_axes,
    new_figure,
    svg_text,
    write,
)
from perdure.plots.wording import months, response_in_words, threshold_in_words
from perdure.records import (
    AnalysisResult,
    ArmResult,
    DurableResponse,
    Floats,
    Proportion,
    Reference,
    Trial,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curve_panel", "panel_figure", "panel_hover"]

WIDTH, LEFT, RIGHT, TOP = 255.0, 24.0, 9.0, 29.0
"""Of a panel, in points."""
PLOT_HEIGHT = 122.0
HIGHEST = 1.03
"""Survival at the upper edge of the plot."""
FOOT, ARM_HEIGHT = 29.0, 21.0
"""Below the axis: tick labels and its name, then two lines an arm."""
FINEST = 0.5
"""Points: steps closer together are drawn as one."""
EVERY = 1e-9
"""Months: no steps are as close together as that."""
DOT = 1.7
"""Points: size of a published point."""
PAST_END = 1.12
"""A threshold up to this multiple of the longest follow-up is still drawn."""
APART = 3.8
"""Points between the intervals of arms that share a threshold; a likelihood interval stands half as
far to the right of the other."""
MOST_TICKS = 7
BOLD = 1.25
"""How much wider bold letters may be, in the widest face that a figure is read in."""
_TICK_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 6, 12, 24, 36, 60, 120, 240, 600)


@dataclass(frozen=True)
class _Line:
    """One arm as it is drawn."""

    label: str
    look: Look
    found: ArmResult
    response: DurableResponse | None
    time: Floats
    survival: Floats

    @property
    def threshold(self) -> float | None:
        return None if self.response is None else self.response.threshold


def curve_panel(
    analysis: AnalysisResult, trial: Trial, name: str = "", *, reference: Reference
) -> str:
    """Draw the arms of one analysis as SVG; times in months. ``name`` is what people read for it.

    Kaplan-Meier steps of each arm that has patients, a band for each that is known by published
    facts (paler beyond the last of them), the published points faintly over them, a
    guide at one half with the medians on it, each threshold under ``reference``, the tail beyond it
    shaded, the durable response there with its interval, and below the axis each arm's name, result
    and numbers at risk. An arm that entered by a published estimate has a line of words only.

    Raises
    ------
    ValueError
        If no arm has patients or a band: there is no curve to draw.
    """
    with drawing():
        figure = panel_figure(analysis, trial, _what(analysis, name), reference)
        return svg_text(figure, _title(trial, _what(analysis, name)))


def panel_figure(
    analysis: AnalysisResult, trial: Trial, what: str, reference: Reference
) -> "Figure":
    """Draw the arms of one analysis, inside `drawing`; ``what`` is what is drawn, in words."""
    end = _axis_end(analysis, reference, _longest(analysis))
    lines = _lines(analysis, trial, reference, FINEST * end / (WIDTH - LEFT - RIGHT))
    figure = new_figure(WIDTH, TOP + PLOT_HEIGHT + FOOT + ARM_HEIGHT * len(lines))
    axes = new_axes(figure, LEFT, TOP, WIDTH - LEFT - RIGHT, PLOT_HEIGHT)
    _draw_frame(axes, end)
    for line in lines:
        _draw_tail(axes, line)
    for line in lines:
        _draw_curve(axes, line, end)
    for order, line in enumerate(lines):
        _draw_response(axes, line, end, order - (len(lines) - 1) / 2)
    _draw_names(axes, lines, end)
    _draw_head(figure, trial, what, reference, lines)
    _draw_foot(figure, lines, end)
    return figure


def panel_hover(
    analysis: AnalysisResult, trial: Trial, name: str = "", *, reference: Reference
) -> HoverPanel:
    """Return what stands where in the panel of `curve_panel`, which takes the same: every step."""
    end = _axis_end(analysis, reference, _longest(analysis))
    lines = _lines(analysis, trial, reference, EVERY)
    return HoverPanel(
        trial.trial,
        _title(trial, _what(analysis, name)),
        (LEFT, TOP, WIDTH - LEFT - RIGHT, PLOT_HEIGHT),
        end,
        HIGHEST,
        tuple(
            hover_curve(line.found, line.label, line.look, line.time, line.survival)
            for line in lines
            if line.time.size
        ),
    )


def _longest(analysis: AnalysisResult) -> float:
    """Return the longest follow-up.

    Raises ``ValueError`` if no arm has patients or a band.
    """
    ends = [
        float(arm.patients.in_unit("months").time.max())
        for arm in analysis.arms
        if arm.patients is not None
    ] + [float(arm.band.time[-1]) for arm in analysis.arms if arm.band is not None]
    if not ends:
        raise ValueError(f"no arm of {analysis.trial}, {analysis.endpoint} has a curve to draw")
    return max(ends)


def _what(analysis: AnalysisResult, name: str) -> str:
    """Return the endpoint, and the analysis where it has a name."""
    return ", ".join(part for part in (analysis.endpoint, printable(name)) if part)


def _title(trial: Trial, what: str) -> str:
    year = "" if trial.year is None else f" {trial.year}"
    return f"{trial.label or trial.trial}{year}: {what}"


def _axis_end(analysis: AnalysisResult, reference: Reference, longest: float) -> float:
    """Return where the time axis ends: the longest follow-up, or a threshold shortly after it."""
    thresholds = [
        estimate.response.threshold
        for estimate in analysis.estimates
        if estimate.response.reference == reference and estimate.response.threshold is not None
    ]
    near = [time for time in thresholds if time <= PAST_END * longest]
    return max([longest, *near]) * 1.015 or 1.0


def _lines(
    analysis: AnalysisResult, trial: Trial, reference: Reference, finest: float
) -> list[_Line]:
    """Return the arms in the order of the record, each with its look; controls in grey."""
    controls = {arm.comparator for arm in trial.arms if arm.comparator}
    labels = {arm.arm: arm.label for arm in trial.arms}
    responses = {
        estimate.response.arm: estimate.response
        for estimate in analysis.estimates
        if estimate.response.reference == reference
    }
    looks = arm_looks([arm.arm for arm in analysis.arms], controls)
    lines = []
    for found in analysis.arms:
        steps = (np.empty(0), np.empty(0))
        if found.patients is not None:
            steps = survival_steps(found.patients.in_unit("months"), finest)
        elif found.band is not None:
            steps = (found.band.time, found.band.survival)
        label = printable(labels.get(found.arm) or found.arm)
        lines.append(_Line(label, looks[found.arm], found, responses.get(found.arm), *steps))
    return lines


def _draw_frame(axes: "Axes", end: float) -> None:
    axes.set_xlim(0, end)
    axes.set_ylim(0, HIGHEST)
    axes.set_xticks(_ticks(end), [f"{tick:g}" for tick in _ticks(end)])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.spines["left"].set_bounds(0, 1)
    axes.plot([0, end], [0.5, 0.5], color=RULE, linewidth=0.5, zorder=1)


def _ticks(end: float) -> list[float]:
    """Return at most seven round times from 0 to the axis end, years where they fit."""
    step = next((step for step in _TICK_STEPS if end / step < MOST_TICKS), end)
    return [step * position for position in range(int(end / step) + 1)]


def _draw_tail(axes: "Axes", line: _Line) -> None:
    """Shade what lies beyond the threshold under the curve."""
    if line.threshold is None or not line.time.size or line.found.band is not None:
        return
    time, survival = tail_steps(line.time, line.survival, line.threshold)
    if time.size:
        corners = np.repeat(time, 2)[1:], np.repeat(survival, 2)[:-1]
        axes.fill(
            np.concatenate([corners[0], [time[-1], time[0]]]),
            np.concatenate([corners[1], [0.0, 0.0]]),
            color=line.look.line,
            alpha=0.16,
            linewidth=0,
            zorder=1.5,
        )


def _draw_curve(axes: "Axes", line: _Line, end: float) -> None:
    """Draw the steps, the published points, the median on its guide and the threshold."""
    look = line.look
    if not line.time.size:
        return
    if line.found.band is not None:
        draw_band(axes, line.found.band, look)
    else:
        axes.plot(
            line.time,
            line.survival,
            drawstyle="steps-post",
            color=look.line,
            linewidth=CURVE,
            dashes=look.dash or (None, None),
            zorder=3,
        )
    if line.found.curve is not None:
        _draw_published(axes, line, end)
    if line.response is not None and line.response.median is not None:
        axes.plot(
            [line.response.median],
            [0.5],
            "v",
            color=look.line,
            markersize=4.2,
            clip_on=False,
            markeredgecolor="white",
            markeredgewidth=0.5,
            zorder=5,
        )
    if line.threshold is not None and line.threshold <= end:
        axes.plot(
            [line.threshold] * 2, [0, 1], color=look.line, linewidth=0.6, dashes=(1, 1.6), zorder=2
        )


def _draw_published(axes: "Axes", line: _Line, end: float) -> None:
    """Draw the published points as one path of dots: a marker each would make a large file."""
    if line.found.curve is None:
        return
    across = DOT * end / (WIDTH - LEFT - RIGHT)
    time, survival = published_dots(line.found.curve, across, DOT / PLOT_HEIGHT)
    shown = time <= end
    ends = np.stack([time[shown], time[shown] + across / 100, np.full(shown.sum(), np.nan)], axis=1)
    axes.plot(
        ends.ravel(),
        np.repeat(survival[shown], 3),
        color=line.look.words,
        linewidth=1.7,
        alpha=0.4,
        solid_capstyle="round",
        zorder=4,
    )


def _draw_response(axes: "Axes", line: _Line, end: float, place: float) -> None:
    """Draw the durable response at its threshold; arms with one threshold stand side by side."""
    if line.response is None or line.threshold is None or line.threshold > end:
        return
    estimate = line.response.estimate
    if not isinstance(estimate, Proportion) or not line.time.size:
        return
    point = end / (WIDTH - LEFT - RIGHT)
    time = line.threshold + (0 if line.response.reference == "own" else APART * place * point)
    axes.plot(
        [time, time],
        [estimate.ci_low, estimate.ci_high],
        color=line.look.words,
        linewidth=1.3,
        clip_on=False,
        zorder=6,
    )
    hollow = estimate.status != "estimable"
    if estimate.likelihood_low is not None and estimate.likelihood_high is not None:
        axes.plot(
            [time + 0.5 * APART * point] * 2,
            [estimate.likelihood_low, estimate.likelihood_high],
            color=line.look.words,
            linewidth=0.6,
            clip_on=False,
            zorder=6,
        )
    axes.plot(
        [time],
        [estimate.value],
        "o",
        markersize=4.4,
        clip_on=False,
        zorder=7,
        markerfacecolor="white" if hollow else line.look.words,
        markeredgecolor=line.look.words if hollow else "white",
        markeredgewidth=0.9 if hollow else 0.6,
    )


def _draw_names(axes: "Axes", lines: Sequence[_Line], end: float) -> None:
    """Write each arm's name at its curve where that leaves every curve free."""
    wide, high = WIDTH - LEFT - RIGHT, PLOT_HEIGHT / 1.03
    grid = np.linspace(0, wide, 160)
    curves = [
        steps_at(line.time, line.survival, grid / wide * end) * high
        for line in lines
        if line.time.size
    ]
    drawn = [line for line in lines if line.time.size]
    taken = [
        Box(line.threshold / end * wide - 4, 0, line.threshold / end * wide + 4, high)
        for line in drawn
        if line.threshold is not None and line.threshold <= end
    ]
    sizes = [(text_width(line.label, SMALL), SMALL) for line in drawn]
    taken.append(Box(0, high / 2 - 3, wide, high / 2 + 3))
    for line, box in zip(drawn, place_names(grid, curves, sizes, taken, high), strict=True):
        if box is not None:
            axes.text(
                box.left / wide * end,
                box.bottom / high,
                line.label,
                color=line.look.words,
                fontsize=SMALL,
                va="bottom",
                ha="left",
                zorder=8,
            )


def _draw_head(
    figure: "Figure", trial: Trial, what: str, reference: Reference, lines: Sequence[_Line]
) -> None:
    """Write the trial's name, and what is drawn, above the panel."""
    year = "" if trial.year is None else f"  {trial.year}"
    room = WIDTH - text_width(year, TITLE) - 4
    name = shorten(printable(trial.label or trial.trial), room, TITLE)
    write(figure, 2, 9, name + year, size=TITLE, weight="bold")
    response = next((line.response for line in lines if line.response is not None), None)
    rule = "" if response is None else f", threshold {_rule(response, reference)}"
    write(figure, 2, 19, shorten(f"{what} (%){rule}", WIDTH - 4, SMALL), color=GREY)


def _rule(response: DurableResponse, reference: Reference) -> str:
    """Return the threshold in words, with its time where all arms share one."""
    rule = threshold_in_words(response.k, reference, response.threshold)
    if reference in ("own", "fixed") or response.threshold is None:
        return rule
    return f"{rule} = {months(response.threshold)}"


def _draw_foot(figure: "Figure", lines: Sequence[_Line], end: float) -> None:
    """Write under the axis: its name, then each arm's name, result and numbers at risk."""
    wide = WIDTH - LEFT - RIGHT
    base = TOP + PLOT_HEIGHT + 21
    write(figure, LEFT + wide / 2, base, "Months", align="center")
    if any(line.found.patients is not None for line in lines):
        write(figure, 2, base, "At risk", color=GREY)
    for order, line in enumerate(lines):
        top = base + 11.5 + ARM_HEIGHT * order
        result = "" if line.response is None else response_in_words(line.response)
        if len(result) > 30:
            result = shorten(result, wide * 0.62, SMALL)
        write(figure, WIDTH - 3, top, result, color=line.look.words, align="right")
        room = (WIDTH - 24 - text_width(result, SMALL) - 12) / BOLD
        name = shorten(line.label, room, SMALL)
        write(figure, 22, top, name, color=line.look.words, weight="bold")
        if line.time.size:
            ends = (2, top - 2.4), (19, top - 2.4)
            if line.found.band is None:
                draw_line(figure, *ends, line.look)
            else:
                draw_line(figure, *ends, replace(line.look, dash=DRAWN_DASH), DRAWN)
        if line.found.patients is None:
            write(figure, LEFT, top + 9, _without_patients(line.found), color=GREY)
            continue
        times = line.found.patients.in_unit("months").time
        for tick in _ticks(end):
            if tick <= times.max():
                at_risk = int((times >= tick * (1 - 1e-9)).sum())
                text = f"{at_risk}"
                write(figure, LEFT + tick / end * wide, top + 9, text, color=INK, align="center")


def _without_patients(found: ArmResult) -> str:
    """Return what an arm without patients rests on."""
    if found.band is None:
        return "published estimate: no curve"
    recalled = any(check.fact.certainty != "verified" for check in found.band.checks)
    return f"published facts{', some from memory' if recalled else ''}: no curve"
