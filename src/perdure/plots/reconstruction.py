"""One reconstruction beside what was published: curve, residuals, numbers at risk."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from perdure.plots.lettering import printable, shorten
from perdure.plots.steps import survival_steps
from perdure.plots.style import (
    ARM_LOOKS,
    FAINT,
    GREY,
    INK,
    RULE,
    SMALL,
    TITLE,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
)
from perdure.records import Curve, Floats, Reconstruction, RiskCheck
from perdure.survival import ensemble_interval, kaplan_meier

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["reconstruction_plot"]

WIDTH, LEFT, RIGHT, TOP = 460.0, 84.0, 14.0, 34.0
CURVE_HEIGHT, GAP, RESIDUAL_HEIGHT = 200.0, 16.0, 66.0
AXIS, ROW, FOOT = 26.0, 12.0, 8.0
"""Below the axis: its numbers and name, then one row each of printed and rebuilt numbers."""

REBUILT, PUBLISHED, MISSED = ARM_LOOKS[0], INK, ARM_LOOKS[1].words
FINEST = 0.4
"""Points: steps closer together are drawn as one."""
PLACES = 500
"""Times at which the ensemble's band is drawn."""
DIGIT, APART = 4.4, 8.0
"""Points that a digit of a number at risk needs, and that keep two numbers apart; where columns are
closer, some are left out."""
BOLD = 1.1
"""How much wider bold letters are."""


def reconstruction_plot(
    curve: Curve,
    found: Reconstruction,
    *,
    title: str = "",
    kind: Literal["svg", "png", "pdf"] = "svg",
) -> bytes:
    """Draw one arm's published points over its rebuilt curve, and how far they are apart.

    Top: published points, the rebuilt curve, and between which curves 90% of the ensemble lie.
    Middle: published minus rebuilt survival, in rows of pixels where the figure had them, in
    percentage points where it was clicked. Bottom: printed and rebuilt numbers at risk.

    Parameters
    ----------
    curve : Curve
    found : Reconstruction
        Of this curve, in its time unit.
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.
    """
    height = TOP + CURVE_HEIGHT + GAP + RESIDUAL_HEIGHT + AXIS + 3 * ROW + FOOT
    wide = WIDTH - LEFT - RIGHT
    last = max(curve.end_time, float(found.patients.time.max()))
    with drawing():
        figure = new_figure(WIDTH, height)
        top = new_axes(figure, LEFT, TOP, wide, CURVE_HEIGHT)
        below = new_axes(figure, LEFT, TOP + CURVE_HEIGHT + GAP, wide, RESIDUAL_HEIGHT)
        inside = [check for check in found.evidence.risk if check.time <= last]
        checks = _with_room(inside, last / wide * _room(inside))
        for axes in (top, below):
            axes.set_xlim(0, last)
            if len(checks) > 1:
                axes.set_xticks(sorted(check.time for check in checks))
        top.tick_params(labelbottom=False)
        _draw_curves(top, curve, found, last / wide)
        unit = _draw_residuals(below, curve, found)
        below.set_xlabel(f"Time, {curve.time_unit}", fontsize=SMALL)
        _write_numbers_at_risk(figure, checks, len(found.evidence.risk), last, height)
        name = printable(title) or "Reconstruction"
        write(figure, LEFT, 12, shorten(name, wide / BOLD, TITLE), size=TITLE, weight="bold")
        _write_key(figure, found)
        write(figure, LEFT, TOP + CURVE_HEIGHT + GAP - 4, f"Published minus rebuilt, {unit}")
        return figure_bytes(figure, name, kind)


def _draw_curves(axes: "Axes", curve: Curve, found: Reconstruction, point: float) -> None:
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    axes.set_ylabel("Survival, %", fontsize=SMALL, labelpad=2)
    if found.ensemble:
        time, low, high = _band(found, float(axes.get_xlim()[1]))
        axes.fill_between(
            time, low, high, step="post", color=REBUILT.line, alpha=0.28, linewidth=0, zorder=1
        )
    time, survival = survival_steps(found.patients, FINEST * point)
    axes.step(time, survival, where="post", color=REBUILT.line, linewidth=1.7, zorder=2)
    _draw_points(axes, curve.time, curve.read, 0.9, CURVE_HEIGHT)


def _draw_points(axes: "Axes", time: Floats, value: Floats, size: float, height: float) -> None:
    """Draw points: single ones where they are few; where they touch, as the lines that they make.

    A curve that was read in 500 columns of pixels would be 500 marks else, of which no eye tells
    one from the next. Line width and the axes' height are in points.
    """
    if time.size <= PLACES / 5:
        axes.plot(
            time,
            value,
            "o",
            markersize=2.6,
            color=PUBLISHED,
            markeredgewidth=0,
            clip_on=False,
            zorder=3,
        )
        return
    across = float(np.ptp(axes.get_xlim())) / (WIDTH - LEFT - RIGHT)
    row = np.round(value / (FINEST / 2 * float(np.ptp(axes.get_ylim())) / height))
    breaks = (np.diff(time) > 2 * across) | (np.diff(row) != 0)
    first = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    last = np.append(first[1:] - 1, time.size - 1)
    gap = np.full(first.size, np.nan)
    dot = 0.2 * across  # a line without length is not drawn
    axes.plot(
        np.column_stack((time[first] - dot, time[last] + dot, gap)).ravel(),
        np.column_stack((value[first], value[first], gap)).ravel(),
        linewidth=size,
        color=PUBLISHED,
        solid_capstyle="round",
        clip_on=False,
        zorder=3,
    )


def _band(found: Reconstruction, last: float) -> tuple[Floats, Floats, Floats]:
    """Return times, and between which curves 90% of the ensemble lie there."""
    time = np.linspace(0, last, PLACES)
    survival = np.full((len(found.ensemble), PLACES), np.nan)
    for row, patients in zip(survival, found.ensemble, strict=True):
        km = kaplan_meier(patients.time, patients.event)
        inside = time <= km.end_time
        row[inside] = km.at(time[inside])
    known = ~np.isnan(survival).any(axis=0)
    low, high = ensemble_interval(survival[:, known])
    return time[known], low, high


def _draw_residuals(axes: "Axes", curve: Curve, found: Reconstruction) -> str:
    """Draw how far each point is from the rebuilt curve; return the unit."""
    km = kaplan_meier(found.patients.time, found.patients.event)
    lowest = np.append(np.diff(curve.time) > 0, [True])
    time = curve.time[lowest]
    rebuilt = km.at(np.minimum(time, km.end_time))
    error = found.evidence.reading_error
    pixels = error is not None and found.evidence.reading != "clicks"
    scale, unit = (0.5 / error, "pixels") if pixels and error else (100.0, "percentage points")
    off = (curve.read[lowest] - rebuilt) * scale
    if error is not None:
        axes.axhspan(-error * scale, error * scale, color=FAINT, alpha=0.6, linewidth=0, zorder=0)
    axes.axhline(0, color=RULE, linewidth=0.6, zorder=1)
    least = 0.0 if error is None else 1.6 * error * scale
    most = max(1.12 * float(np.abs(off).max()), least, 1e-6)
    axes.set_ylim(-most, most)
    _draw_points(axes, time, off, 1.5, RESIDUAL_HEIGHT)
    axes.locator_params(axis="y", nbins=5)
    return unit


def _write_key(figure: "Figure", found: Reconstruction) -> None:
    x = LEFT
    words = [("●", PUBLISHED, "published"), ("—", REBUILT.line, "rebuilt")]
    if found.ensemble:
        words.append(("▬", "#b3d1e6", f"90% of {len(found.ensemble)} histories that fit"))
    for sign, color, text in words:
        write(figure, x, TOP - 8, sign, color=color)
        write(figure, x + 11, TOP - 8, text, color=GREY)
        x += 20 + 4.1 * len(text)


def _write_numbers_at_risk(
    figure: "Figure", checks: list[RiskCheck], given: int, last: float, height: float
) -> None:
    """Write printed and rebuilt numbers at risk below each other; those that differ in colour."""
    top = height - FOOT - 2 * ROW
    write(figure, 8, top, "Numbers at risk", color=GREY)
    if len(checks) < given:
        note = f"{given - len(checks)} of {given} have no room here, or lie beyond the curve's end"
        write(figure, LEFT, top, note, color=GREY)
    elif not given:
        write(figure, LEFT, top, "none were given", color=GREY)
    if not checks:
        return
    write(figure, 8, top + ROW, "printed")
    write(figure, 8, top + 2 * ROW, "rebuilt", color=REBUILT.words)
    wide = WIDTH - LEFT - RIGHT
    for check in checks:
        x = LEFT + wide * check.time / last
        missed = check.printed != check.rebuilt
        write(figure, x, top + ROW, str(check.printed), align="center")
        write(
            figure,
            x,
            top + 2 * ROW,
            str(check.rebuilt),
            align="center",
            color=MISSED if missed else REBUILT.words,
            weight="bold" if missed else "normal",
        )


def _room(checks: list[RiskCheck]) -> float:
    """Return how many points the widest of the numbers needs."""
    most = max((max(check.printed, check.rebuilt) for check in checks), default=0)
    return APART + DIGIT * len(str(most))


def _with_room(checks: list[RiskCheck], apart: float) -> list[RiskCheck]:
    """Return the numbers that can be written side by side; those missed come first."""
    kept: list[RiskCheck] = []
    for check in sorted(checks, key=lambda one: (one.printed == one.rebuilt, one.time)):
        if all(abs(check.time - other.time) >= apart for other in kept):
            kept.append(check)
    return kept
