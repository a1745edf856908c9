"""The figure of the page on kmdata: durable response by class, tumour and year, arm by arm.

It is narrow, so that its letters can be read on a phone too.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

from numbers_kmdata import Arm, Group

from perdure.plots.style import (
    FAINT,
    GREY,
    RULE,
    drawing,
    new_axes,
    new_figure,
    svg_text,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_groups"]

WIDTH, LEFT, RIGHT = 400.0, 156.0, 79.0
HEAD, ROW, AXIS, FOOT = 44.0, 19.5, 38.0, 34.0
"""Heights in points: of the title, a row, the axis, the key."""
SIZE, TITLE = 10.5, 11.5
BLUE, ORANGE = "#005a8e", "#b35806"
SPREAD = 0.62
"""Of a row: how far the dots of arms spread."""
MOST = 0.5
"""An interval that ends beyond it is cut, with an arrow."""


def by_groups(
    parts: Mapping[str, Sequence[Group]],
    others: Mapping[tuple[str, str], Group],
    arms: Sequence[Arm],
    k: float,
    title: str,
    labels: Mapping[str, str],
) -> str:
    """Draw one row a group, part by part, under the own median.

    ``parts`` holds the groups of each heading; ``others`` the same groups under the trial's median,
    by heading's column and name; ``arms`` the arms under the own median; ``labels`` what a group is
    called.
    """
    count = sum(len(groups) + 1 for groups in parts.values())
    height = HEAD + ROW * count + AXIS + FOOT
    with drawing():
        figure = new_figure(WIDTH, height)
        axes = new_axes(figure, LEFT, HEAD, WIDTH - LEFT - RIGHT, ROW * count)
        end = _frame(axes, [one for groups in parts.values() for one in groups], arms, count, k)
        at = 0.0
        for heading, groups in parts.items():
            write(figure, 3, HEAD + ROW * (at + 0.72), heading, size=SIZE, weight="bold")
            at += 1
            for group in groups:
                base = HEAD + ROW * (at + 0.5) + 3.5
                write(figure, 10, base, labels.get(group.name, group.name), size=SIZE)
                share = f"{group.estimable}/{group.arms}"
                write(figure, LEFT - 7, base, share, size=SIZE, color=GREY, align="right")
                _dots(axes, group, arms, at + 0.5)
                _middle(axes, others.get((group.by, group.name)), at + 0.75, ORANGE, "s", end)
                _middle(axes, group, at + 0.44, BLUE, "D", end)
                write(figure, WIDTH - 3, base, _words(group), size=SIZE, align="right")
                at += 1
        write(figure, 3, 13, title, size=TITLE, weight="bold")
        write(figure, LEFT - 7, HEAD - 5, "arms", size=SIZE, color=GREY, align="right")
        write(figure, WIDTH - 3, HEAD - 5, "% (95% CI)", size=SIZE, color=GREY, align="right")
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        foot = HEAD + ROW * count + AXIS
        write(figure, middle, foot - 6, "Durable response, %", size=SIZE, align="center")
        own = "◆ arms pooled, own median (the numbers)"
        write(figure, 3, foot + 13, own, size=SIZE, color=BLUE)
        write(figure, WIDTH - 3, foot + 13, "● an arm", size=SIZE, color=GREY, align="right")
        write(
            figure, 3, foot + 27, "■ the same, median of the whole trial", size=SIZE, color=ORANGE
        )
        yardstick = f"┆ constant hazard: {100 * 2**-k:g}%"
        write(figure, WIDTH - 3, foot + 27, yardstick, size=SIZE, color=GREY, align="right")
        return svg_text(figure, title)


def _frame(
    axes: "Axes", groups: Sequence[Group], arms: Sequence[Arm], count: int, k: float
) -> float:
    """Set the axis as far as arms and all but the widest intervals go; return its end.

    A line marks 2^-k, what a constant hazard shows.
    """
    most = [arm.value for arm in arms if arm.value is not None]
    most += [one.high for one in groups if one.high and one.high < MOST]
    end = ceil(20 * max(most)) / 20
    axes.set_xlim(0, end)
    axes.set_ylim(count, 0)
    axes.set_yticks([])
    ticks = [tick / 100 for tick in range(0, int(100 * end) + 1, 10)]
    axes.set_xticks(ticks, [f"{100 * tick:.0f}" for tick in ticks], fontsize=SIZE)
    axes.spines["left"].set_color(FAINT)
    axes.axvline(2**-k, color=RULE, linewidth=0.8, dashes=(2, 2), zorder=0)
    return end


def _dots(axes: "Axes", group: Group, arms: Sequence[Arm], at: float) -> None:
    """Draw the arms of a group, spread over the height of its row in a fixed order."""
    values = sorted(
        arm.value
        for arm in arms
        if arm.value is not None
        and (getattr(arm, group.by), arm.endpoint) == (group.name, group.endpoint)
    )
    heights = [at + SPREAD * ((order * 0.618) % 1 - 0.5) for order in range(len(values))]
    axes.plot(
        values,
        heights,
        "o",
        color=GREY,
        alpha=0.45,
        markersize=3.4,
        markeredgewidth=0,
        zorder=1,
    )


def _middle(
    axes: "Axes", group: Group | None, at: float, color: str, mark: str, end: float
) -> None:
    """Draw a pooled answer and its interval, cut where the axis ends."""
    if group is None or group.value is None or group.low is None or group.high is None:
        return
    small = mark == "s"
    high = min(group.high, end)
    axes.plot([group.low, high], [at, at], color=color, linewidth=1.0 if small else 1.7, zorder=2)
    if group.high > end:
        axes.plot([end], [at], ">", color=color, markersize=4.2, clip_on=False, zorder=3)
    axes.plot([group.value], [at], mark, color=color, markersize=3.6 if small else 5.8, zorder=3)


def _words(group: Group) -> str:
    """Return the pooled answer in per cent."""
    if group.value is None or group.low is None or group.high is None:
        return "none estimable" if group.estimable == 0 else "–"
    return f"{100 * group.value:.0f} ({100 * group.low:.0f}–{100 * group.high:.0f})"
