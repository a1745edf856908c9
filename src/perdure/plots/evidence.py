"""How close the rebuilt patients come to what was published, for all rebuilt arms at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perdure.plots.lettering import printable, shorten, text_width
from perdure.plots.style import (
    ARM_LOOKS,
    FAINT,
    GREY,
    INK,
    RULE,
    SMALL,
    drawing,
    new_axes,
    new_figure,
    svg_text,
    write,
)
from perdure.records import AnalysisResult, Evidence, Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["evidence_plot"]

WIDTH, TOP, FOOT = 720.0, 24.0, 38.0
LABELS, LEFT_WIDTH = 228.0, 200.0
RIGHT_AT, RIGHT_WIDTH = 492.0, 216.0
ROW = 11.5
MOST_NAMED = 45
"""More arms than this are ranked without their names."""
PLAIN_HEIGHT = 190.0
"""Height of the plots where arms are not named, or few, in points."""
FAR, NEAR = ARM_LOOKS[1].line, ARM_LOOKS[0].line


@dataclass(frozen=True)
class _Fit:
    name: str
    evidence: Evidence


def evidence_plot(analyses: Sequence[AnalysisResult], trials: Sequence[Trial]) -> str | None:
    """Draw the evidence of every reconstruction as SVG; None where nothing was rebuilt.

    Left: each arm's root mean square and largest distance between the published points and the
    rebuilt curve, in percentage points, the farthest at the top. Right: rebuilt against printed
    numbers at risk.
    """
    fits = _fits(analyses, trials)
    if not fits:
        return None
    named = len(fits) <= MOST_NAMED
    body = max(ROW * len(fits), 96.0) if named else PLAIN_HEIGHT
    with drawing():
        figure = new_figure(WIDTH, TOP + body + FOOT)
        left = LABELS if named else 40.0
        distances = new_axes(figure, left, TOP, LABELS + LEFT_WIDTH - left, body)
        _draw_distances(distances, fits)
        if named:
            _write_names(figure, fits, body)
        checks = new_axes(figure, RIGHT_AT, TOP, RIGHT_WIDTH, body)
        _draw_numbers_at_risk(checks, [fit.evidence for fit in fits])
        _write_heads(figure, left)
        return svg_text(figure, f"Evidence of {len(fits)} reconstructions")


def _fits(analyses: Sequence[AnalysisResult], trials: Sequence[Trial]) -> list[_Fit]:
    """Return every rebuilt arm, the one farthest from its curve first."""
    names = {
        (trial.trial, arm.arm): (trial.label, arm.label or arm.arm)
        for trial in trials
        for arm in trial.arms
    }
    found = []
    for analysis in analyses:
        for arm in analysis.arms:
            if arm.evidence is None:
                continue
            place = (analysis.trial, arm.arm)
            trial_label, label = names.get(place, place)
            end = ", ".join(part for part in (analysis.endpoint, analysis.analysis) if part)
            found.append(_Fit(_name(printable(trial_label), printable(label), end), arm.evidence))
    return sorted(found, key=lambda fit: -fit.evidence.max_distance)


def _name(trial: str, arm: str, end: str) -> str:
    """Return a row's label; the trial has room first, then the arm."""
    room = LABELS - 8 - text_width(f", , {end}", SMALL)
    start = shorten(trial, 0.55 * room, SMALL)
    middle = shorten(arm, room - text_width(start, SMALL), SMALL)
    return f"{start}, {middle}, {end}"


def _draw_distances(axes: "Axes", fits: Sequence[_Fit]) -> None:
    far = 100 * np.array([fit.evidence.max_distance for fit in fits])
    near = 100 * np.array([fit.evidence.rmse for fit in fits])
    place = np.arange(len(fits))
    axes.set_ylim(len(fits) - 0.5, -0.5)
    axes.set_xlim(0, max(1.0, 1.06 * float(far.max())))
    axes.set_yticks([])
    axes.set_xlabel("Distance to the published curve, percentage points", fontsize=SMALL)
    axes.barh(place, far - near, 0.0, left=near, edgecolor=FAINT, linewidth=0.8, zorder=1)
    axes.plot(
        near,
        place,
        "o",
        markersize=3.2,
        markerfacecolor="white",
        markeredgecolor=NEAR,
        markeredgewidth=0.8,
        clip_on=False,
        zorder=3,
    )
    axes.plot(far, place, "o", markersize=3.2, color=FAR, clip_on=False, zorder=2)


def _write_names(figure: "Figure", fits: Sequence[_Fit], body: float) -> None:
    row = body / len(fits)
    for order, fit in enumerate(fits):
        name = shorten(fit.name, LABELS - 8, SMALL)
        write(figure, LABELS - 5, TOP + row * (order + 0.5) + 2.4, name, align="right")


def _draw_numbers_at_risk(axes: "Axes", found: Sequence[Evidence]) -> None:
    """Draw rebuilt minus printed against printed numbers at risk."""
    checks = [check for evidence in found for check in evidence.risk]
    axes.set_xlabel("Printed number at risk", fontsize=SMALL)
    if not checks:
        axes.text(
            0.5,
            0.5,
            "no numbers at risk were given",
            transform=axes.transAxes,
            color=GREY,
            ha="center",
            fontsize=SMALL,
        )
        axes.set_xticks([])
        axes.set_yticks([])
        return
    printed = np.array([check.printed for check in checks])
    missed = np.array([check.rebuilt for check in checks]) - printed
    # Most lie on one another: each place is drawn once.
    places = np.unique(np.stack([printed, missed]), axis=1)
    most = max(3, int(np.abs(missed).max()))
    axes.set_xlim(0, max(10, 1.04 * int(printed.max())))
    axes.set_ylim(-1.15 * most, 1.15 * most)
    axes.axhline(0, color=RULE, linewidth=0.6, zorder=1)
    axes.plot(
        places[0],
        places[1],
        "o",
        markersize=2.8,
        color=NEAR,
        alpha=0.65,
        markeredgewidth=0,
        clip_on=False,
        zorder=2,
    )
    agree = f"{int((missed == 0).sum())} of {missed.size} agree"
    axes.text(
        0.98, 0.95, agree, transform=axes.transAxes, ha="right", va="top", fontsize=SMALL, color=INK
    )


def _write_heads(figure: "Figure", left: float) -> None:
    write(figure, left, TOP - 12, "●", color=FAR)
    write(figure, left + 9, TOP - 12, "largest", color=GREY)
    write(figure, left + 50, TOP - 12, "○", color=NEAR)
    write(figure, left + 59, TOP - 12, "root mean square", color=GREY)
    write(figure, RIGHT_AT, TOP - 12, "Rebuilt minus printed number at risk, patients", color=GREY)
