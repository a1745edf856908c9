"""Durable response against k: a line an arm in its band, and differences between arms beneath."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perdure.plots.lettering import printable, shorten, text_width, wrapped
from perdure.plots.placing import Box, place_names
from perdure.plots.steps import nearest_k
from perdure.plots.style import (
    GREY,
    INK,
    RULE,
    SMALL,
    TITLE,
    Kind,
    Look,
    arm_looks,
    draw_line,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
)
from perdure.plots.wording import median_in_words, multiple, p_value, percent
from perdure.records import Floats, Profile, ProfileContrast, TrialProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["profile_plot"]

WIDTH, LEFT, RIGHT, TOP = 255.0, 26.0, 9.0, 29.0
WIDE = WIDTH - LEFT - RIGHT
PLOT_HEIGHT, GAP, DIFFERENCE_HEIGHT = 122.0, 19.0, 66.0
FOOT, ARM_HEIGHT, LINE = 24.0, 21.0, 9.5
"""Below the axes: tick labels and their name, two lines an arm, a line of small print."""
MOST_TICKS = 8
CLOSEST = 19.0
"""Points between the number at risk at k = 1 and the next."""
BOLD = 1.25
"""How much wider bold letters may be, in the widest face that a figure is read in."""
CONSTANT = "constant hazard"


@dataclass(frozen=True)
class _Picture:
    """What is drawn, with the looks and the names of its arms."""

    found: TrialProfile
    looks: Mapping[str, Look]
    names: Mapping[str, str]
    k: float | None

    @property
    def own(self) -> bool:
        return self.found.profiles[0].reference == "own"

    @property
    def end(self) -> float:
        """Where the axis of k ends: at the longest profile, or at the study's k after it."""
        return max([self.k or 1.0, *(one.k[-1] for one in self.found.profiles)]) * 1.01

    def controls_of(self, arm: str) -> list[ProfileContrast]:
        return [one for one in self.found.contrasts if one.arm == arm]


def profile_plot(
    profile: TrialProfile,
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    k: float | None = None,
    kind: Kind = "svg",
) -> bytes:
    """Draw durable response against k for the arms of a trial, and the differences between them.

    A line an arm, with the band that holds all of it shaded and its limits at each k as thin lines;
    under the own median what a constant hazard shows (dashed) and the fitted Weibull distribution
    (dotted). Beneath, where arms are compared: differences in points with their band. Then each
    arm's numbers at risk, at the nearest k of its profile, and the arms that have no profile, with
    the reason.

    Parameters
    ----------
    profile : TrialProfile
    title : str
    labels : mapping of str to str, optional
        What people read for an arm; arms take their colours in this order.
    k : float, optional
        The study's k: a thin vertical line.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If no arm has a profile: there is nothing to draw.
    """
    if not profile.profiles:
        raise ValueError("no arm has a profile to draw")
    picture = _picture(profile, labels or {}, k)
    small = [(line, INK) for line in _without(picture)] + [(line, GREY) for line in _key(picture)]
    panels = PLOT_HEIGHT + (GAP + DIFFERENCE_HEIGHT if profile.contrasts else 0.0)
    rows = ARM_HEIGHT * len(profile.profiles)
    with drawing():
        figure = new_figure(WIDTH, TOP + panels + FOOT + rows + LINE * len(small) + 5)
        axes = new_axes(figure, LEFT, TOP, WIDE, PLOT_HEIGHT)
        _draw_profiles(axes, picture)
        lowest = axes
        if profile.contrasts:
            axes.tick_params(labelbottom=False)
            top = TOP + PLOT_HEIGHT + GAP
            lowest = new_axes(figure, LEFT, top, WIDE, DIFFERENCE_HEIGHT)
            _draw_differences(lowest, picture)
            write(figure, LEFT, top - 5, "Difference from the control arm, points", color=GREY)
        _draw_k(lowest, picture)
        name = printable(title) or "Durability profile"
        write(figure, 2, 9, shorten(name, WIDTH / BOLD, TITLE), size=TITLE, weight="bold")
        rule = f"k times {median_in_words(profile.profiles[0].reference)}"
        write(figure, 2, 19, f"Durable response (%) beyond {rule}", color=GREY)
        base = TOP + panels + FOOT
        _write_arms(figure, picture, base - 5)
        for order, (line, color) in enumerate(small):
            write(figure, 2, base + rows + LINE * (order + 0.6), line, color=color)
        return figure_bytes(figure, name, kind)


def _picture(found: TrialProfile, labels: Mapping[str, str], k: float | None) -> _Picture:
    """Return the arms with looks and names; those that others are compared with are grey."""
    drawn = [one.arm for one in found.profiles]
    arms = list(dict.fromkeys([*labels, *drawn]))
    pairs = [(arm, other) for arm in arms for other in arms]
    without = {name for name, _ in found.missing}
    controls = {one.comparator for one in found.contrasts}
    controls |= {control for arm, control in pairs if f"{arm} v {control}" in without}
    names = {arm: printable(labels.get(arm) or arm) for arm in arms}
    named = {f"{arm} v {other}": f"{names[arm]} v {names[other]}" for arm, other in pairs}
    return _Picture(found, arm_looks(arms, controls), {**named, **names}, k)


def _draw_profiles(axes: "Axes", picture: _Picture) -> None:
    """Draw the upper panel: bands, limits, lines, references, the arms' names."""
    profiles = picture.found.profiles
    highest = max(max(one.band_high) for one in profiles)
    top = min(math.ceil(max(highest, 0.3) * 10 - 1e-9) / 10, 1.0)
    axes.set_ylim(0, top)
    step = 0.25 if top > 0.75 else 0.2 if top > 0.5 else 0.1
    ticks = [step * place for place in range(round(top / step) + 1) if step * place <= top + 1e-9]
    axes.set_yticks(ticks, [f"{100 * tick:.0f}" for tick in ticks])
    _draw_k_line(axes, picture)
    for order, one in enumerate(profiles):
        look = picture.looks[one.arm]
        _draw_band(axes, one, one.proportion, look, order)
        if one.weibull is not None:
            axes.plot(
                one.k, one.weibull, color=look.words, linewidth=0.8, dashes=(0.8, 1.3), zorder=3.5
            )
    curves = [(one.k, one.proportion) for one in profiles]
    names = [(picture.names[one.arm], picture.looks[one.arm].words) for one in profiles]
    if picture.own:
        longest = max(profiles, key=lambda one: one.k[-1])
        axes.plot(
            longest.k, longest.exponential, color=GREY, linewidth=0.8, dashes=(4, 2), zorder=3
        )
        curves.append((longest.k, longest.exponential))
        names.append((CONSTANT, GREY))
    _write_names(axes, picture, top, curves, names)


def _draw_band(
    axes: "Axes",
    one: Profile | ProfileContrast,
    value: Sequence[float],
    look: Look,
    order: int,
) -> None:
    """Draw a line with its limits at each k, in the band that holds all of it."""
    axes.fill(
        [*one.k, *reversed(one.k)],
        [*one.band_low, *reversed(one.band_high)],
        color=look.line,
        alpha=0.17,
        linewidth=0,
        zorder=1,
    )
    for limit in (one.ci_low, one.ci_high):
        axes.plot(one.k, limit, color=look.line, linewidth=0.4, zorder=2)
    axes.plot(
        one.k,
        value,
        color=look.line,
        linewidth=1.3,
        dashes=look.dash or (None, None),
        zorder=4 + 0.01 * order,
    )


def _draw_k_line(axes: "Axes", picture: _Picture) -> None:
    axes.set_xlim(1, picture.end)
    ticks = _ticks(picture.end)
    axes.set_xticks(ticks, [f"{tick}" for tick in ticks])
    if picture.k is not None and picture.k >= 1:
        low, high = axes.get_ylim()
        axes.plot([picture.k] * 2, [low, high], color=RULE, linewidth=0.6, zorder=0.5)


def _ticks(end: float) -> list[int]:
    """Return round values of k from 1 to the axis end: all of them, or every second, ..."""
    step = next(step for step in (1, 2, 5, 10, 10 ** len(str(int(end)))) if end / step < MOST_TICKS)
    first = 1 + CLOSEST * (end - 1) / WIDE
    return [1, *(tick for tick in range(step, int(end) + 1, step) if tick > first)]


def _write_names(
    axes: "Axes",
    picture: _Picture,
    top: float,
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    names: Sequence[tuple[str, str]],
) -> None:
    """Write each arm's name at its line where that leaves every line free."""
    grid: Floats = np.linspace(0, WIDE, 160)
    k = 1 + grid / WIDE * (picture.end - 1)
    heights = [
        np.interp(k, at, value, left=np.nan, right=np.nan) / top * PLOT_HEIGHT
        for at, value in curves
    ]
    taken = []
    if picture.k is not None:
        line = (picture.k - 1) / (picture.end - 1) * WIDE
        taken.append(Box(line - 2, 0, line + 2, PLOT_HEIGHT))
    sizes = [(text_width(name, SMALL) * 1.1, SMALL) for name, _ in names]
    places = place_names(grid, heights, sizes, taken, PLOT_HEIGHT)
    for (name, color), box in zip(names, places, strict=True):
        if box is not None:
            at = (1 + box.left / WIDE * (picture.end - 1), box.bottom / PLOT_HEIGHT * top)
            axes.text(*at, name, color=color, fontsize=SMALL, va="bottom", ha="left", zorder=8)


def _draw_differences(axes: "Axes", picture: _Picture) -> None:
    """Draw the lower panel: an arm minus its comparator, with the band that holds all of it."""
    contrasts = picture.found.contrasts
    lowest = min(0.0, *(min(one.band_low) for one in contrasts))
    highest = max(0.0, *(max(one.band_high) for one in contrasts))
    low, high = math.floor(lowest * 10) / 10, math.ceil(highest * 10) / 10
    axes.set_ylim(low, high)
    step = next(step for step in (0.1, 0.2, 0.25, 0.5, 1.0) if (high - low) / step <= 4.01)
    first = math.ceil(low / step - 1e-9)
    ticks = [step * place for place in range(first, math.floor(high / step + 1e-9) + 1)]
    axes.set_yticks(ticks, [percent(tick, 0) for tick in ticks])
    _draw_k_line(axes, picture)
    axes.plot([1, picture.end], [0, 0], color=INK, linewidth=0.6, zorder=3)
    for order, one in enumerate(contrasts):
        _draw_band(axes, one, one.difference, picture.looks[one.arm], order)


def _draw_k(axes: "Axes", picture: _Picture) -> None:
    """Write under the lowest axis what it is."""
    shown = (
        "k" if picture.k is None else f"k (vertical line: the study\u2019s, {multiple(picture.k)})"
    )
    axes.set_xlabel(shown, fontsize=SMALL, labelpad=1.5)


def _write_arms(figure: "Figure", picture: _Picture, base: float) -> None:
    """Write each arm's name, what it differs from, and its numbers at risk."""
    write(figure, 2, base, "At risk", color=GREY)
    for order, one in enumerate(picture.found.profiles):
        top = base + 11.5 + ARM_HEIGHT * order
        look = picture.looks[one.arm]
        compared = "; ".join(_any_k(picture, pair) for pair in picture.controls_of(one.arm))
        compared = shorten(compared, 0.62 * WIDE, SMALL)
        write(figure, WIDTH - 3, top, compared, color=look.words, align="right")
        room = (WIDTH - 24 - text_width(compared, SMALL) - 12) / BOLD
        name = shorten(picture.names[one.arm], room, SMALL)
        write(figure, 22, top, name, color=look.words, weight="bold")
        draw_line(figure, (2, top - 2.4), (19, top - 2.4), look)
        for tick in _ticks(picture.end):
            place = nearest_k(one.k, tick)
            if place is not None:
                x = LEFT + (tick - 1) / (picture.end - 1) * WIDE
                write(figure, x, top + 9, f"{one.n_at_risk[place]}", align="center")


def _any_k(picture: _Picture, pair: ProfileContrast) -> str:
    """Return the p value for a difference at any k; names one of several comparators."""
    others = {one.comparator for one in picture.found.contrasts}
    versus = f"v {picture.names[pair.comparator]}: " if len(others) > 1 else ""
    shown = p_value(pair.p_any)
    return f"{versus}p {shown if shown[0] in '<>' else f'= {shown}'} for any k"


def _without(picture: _Picture) -> list[str]:
    """Return the arms that have no profile, with the reason; pairs of arms follow from them."""
    arms = {name for name, _ in picture.found.missing if " v " not in name}
    lines: list[str] = []
    for name, reason in picture.found.missing:
        if arms and " v " in name and name not in picture.looks:
            continue
        lines += wrapped(f"Not drawn: {picture.names.get(name, name)}: {reason}.", WIDTH - 6, SMALL)
    return lines


def _key(picture: _Picture) -> list[str]:
    """Return what is on the picture, and nothing else."""
    level = percent(picture.found.profiles[0].level, 0)
    text = f"Shaded: {level}% band for all k at once. Thin lines: {level}% limits at one k."
    if picture.own:
        text += f" Dashed grey: {CONSTANT}, 2 to the power \u2212k."
    if any(one.weibull is not None for one in picture.found.profiles):
        text += " Dotted: fitted Weibull distribution."
    return wrapped(text, WIDTH - 6, SMALL)
