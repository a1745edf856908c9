"""Ladders of arms: one row an arm, the most durable on top; those without a number keep a rung."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perdure.plots.lettering import printable, shorten, text_width
from perdure.plots.style import (
    ARM_LOOKS,
    FAINT,
    GREY,
    INK,
    SMALL,
    TEXT,
    TITLE,
    Kind,
    draw_mark,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
)
from perdure.plots.wording import count, interval, months, percent, short_reason
from perdure.records import ArmEstimate, NotEstimable, Proportion, Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ladder_plot"]

WIDTH = 720.0
ARM_AT, THRESHOLD_AT = 124.0, 316.0
PLOT_LEFT, PLOT_WIDTH = 330.0, 196.0
N_AT, RISK_AT, RESULT_AT = 562.0, 608.0, 717.0
"""Columns, in points from the left; the threshold and the last three are right edges."""
TOP, HEAD, ROW, AXIS, LINE = 18.0, 16.0, 12.5, 22.0, 11.0
"""Heights in points: of the title, the columns' heads, a row, the axis, a line of the key."""
MARKS = ("o", "s", "D", "^", "v", "P", "X")
"""Shapes that tell classes apart in grey, as colours do on screen."""
NO_CLASS = "no class given"


@dataclass(frozen=True)
class _Rung:
    """One arm."""

    trial: str
    arm: str
    name: str
    one: ArmEstimate

    @property
    def order(self) -> tuple[bool, float, str, str]:
        """Highest response first; arms with bounds only at the end, the highest bound first."""
        found = self.one.response.estimate
        bounds = isinstance(found, NotEstimable)
        value = found.high if isinstance(found, NotEstimable) else found.value
        return bounds, -value, self.trial, self.one.response.arm


@dataclass(frozen=True)
class _Head:
    """The name of a trial above its arms."""

    name: str


@dataclass(frozen=True)
class _Page:
    """What one page holds, and what all pages share."""

    rows: tuple[_Rung | _Head, ...]
    title: str
    end: float
    looks: Mapping[str, tuple[str, str]]
    heads: bool


def ladder_plot(
    rows: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    *,
    classes: Mapping[tuple[str, str], str] | None = None,
    by_trial: bool = False,
    title: str = "",
    most_rows: int = 60,
    kind: Kind = "svg",
) -> tuple[bytes, ...]:
    """Draw arms in the order of their durable response, on as many pages as they need.

    A dot with its interval, hollow where few or no patients are at risk at the threshold; an arm
    that is not estimable has its bounds as an open bar, a thin line from there to the bound's upper
    confidence limit, and the reason. A tick marks 2^-k, what a constant hazard shows, where the
    threshold is k times the arm's own median.

    Parameters
    ----------
    rows : sequence of ArmEstimate
        Each is drawn once; give those of one endpoint and reference.
    trials : sequence of Trial
        Labels of trials and arms.
    classes : mapping of (trial, arm) to str, optional
        The class of each arm: its colour and the shape of its dot.
    by_trial : bool
        Keep the arms of a trial together, trials in the order of their best arm.
    title : str
    most_rows : int
        Of a page, 2 or more.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    tuple of bytes
        A whole file each page; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no row, or ``most_rows`` is below 2.
    """
    if not rows or most_rows < 2:
        raise ValueError("a ladder needs an arm, and room for two rows a page")
    rungs = sorted(_rungs(rows, trials, classes or {}), key=lambda rung: rung.order)
    looks = _looks(one.name for one in _rungs(rows, trials, classes or {}))
    name = printable(title) or "Ladder of arms"
    pages = _pages(rungs, by_trial=by_trial, most_rows=most_rows)
    drawn = []
    with drawing():
        for place, page in enumerate(pages, start=1):
            where = f"{name}, page {place} of {len(pages)}" if len(pages) > 1 else name
            shown = _Page(page, where, _axis_end(rungs), looks, by_trial)
            drawn.append(figure_bytes(_draw(shown), where, kind))
    return tuple(drawn)


def _rungs(
    rows: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
) -> list[_Rung]:
    """Return the arms with their names and classes."""
    labels = {trial.trial: printable(trial.label) for trial in trials}
    arms = {(arm.trial, arm.arm): printable(arm.label) for trial in trials for arm in trial.arms}
    found = []
    for one in rows:
        place = (one.trial, one.response.arm)
        trial = labels.get(one.trial) or one.trial
        trial += "" if one.primary else f" ({one.analysis or 'not pooled'})"
        name = printable(classes.get(place, "")) or NO_CLASS
        found.append(_Rung(trial, arms.get(place) or one.response.arm, name, one))
    return found


def _looks(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return colour and shape of each class, in order of first appearance; grey without one."""
    known = [name for name in dict.fromkeys(names) if name != NO_CLASS]
    found = {
        name: (ARM_LOOKS[place % len(ARM_LOOKS)].words, MARKS[place % len(MARKS)])
        for place, name in enumerate(known)
    }
    return {**found, NO_CLASS: (INK if not known else GREY, MARKS[0])}


def _pages(
    rungs: Sequence[_Rung], *, by_trial: bool, most_rows: int
) -> list[tuple[_Rung | _Head, ...]]:
    """Return the rows of each page; a trial is named again where a page goes on with it."""
    if not by_trial:
        return [tuple(rungs[at : at + most_rows]) for at in range(0, len(rungs), most_rows)]
    pages: list[list[_Rung | _Head]] = [[]]
    for trial in dict.fromkeys(rung.trial for rung in rungs):
        members = [rung for rung in rungs if rung.trial == trial]
        if pages[-1] and len(pages[-1]) + 1 + len(members) > most_rows:
            pages.append([])
        pages[-1].append(_Head(trial))
        for rung in members:
            if len(pages[-1]) >= most_rows:
                pages.append([_Head(f"{trial} (continued)")])
            pages[-1].append(rung)
    return [tuple(page) for page in pages]


def _axis_end(rungs: Sequence[_Rung]) -> float:
    """Return a round proportion beyond every interval and every bound that says something."""
    estimates = [rung.one.response.estimate for rung in rungs]
    highest = [one.ci_high for one in estimates if isinstance(one, Proportion)]
    for one in estimates:
        if isinstance(one, NotEstimable):
            highest += [high for high in (one.high, one.limit) if high < 1]
    top = max([0.25, *(highest or [1.0])])
    return 1.0 if top > 0.8 else math.ceil(top * 10 - 1e-9) / 10


def _draw(page: _Page) -> "Figure":
    key = _key(page)
    body = ROW * (len(page.rows) + 0.4)
    top = TOP + HEAD
    figure = new_figure(WIDTH, top + body + AXIS + LINE * len(key) + 8)
    axes = new_axes(figure, PLOT_LEFT, top, PLOT_WIDTH, body)
    _draw_axes(axes, page)
    write(figure, 2, 10, shorten(page.title, WIDTH / 1.25, TITLE), size=TITLE, weight="bold")
    _write_heads(figure, page)
    for order, row in enumerate(page.rows):
        base = top + ROW * (order + 0.7) + 2.6
        if isinstance(row, _Head):
            name = shorten(row.name, PLOT_LEFT / 1.25, TEXT)
            write(figure, 2, base, name, size=TEXT, weight="bold")
        else:
            _draw_rung(figure, axes, page, row, order, base)
    _write_key(figure, page, key, top + body + AXIS + LINE)
    return figure


def _draw_axes(axes: "Axes", page: _Page) -> None:
    axes.set_xlim(0, page.end)
    axes.set_ylim(len(page.rows) - 0.3, -0.7)
    step = 0.1 if page.end <= 0.6 else 0.2
    ticks = [step * place for place in range(round(page.end / step) + 1)]
    ticks = [tick for tick in ticks if tick <= page.end + 1e-9]
    axes.set_xticks(ticks, [f"{100 * tick:.0f}" for tick in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Durable response, %", fontsize=SMALL, labelpad=1.5)
    for tick in ticks:
        axes.plot([tick, tick], [-0.7, len(page.rows) - 0.3], color=FAINT, linewidth=0.4, zorder=0)


def _write_heads(figure: "Figure", page: _Page) -> None:
    base = TOP + HEAD - 5
    if not page.heads:
        write(figure, 2, base, "Trial", color=GREY)
    for x, text, align in (
        (ARM_AT if not page.heads else 10.0, "Arm", "left"),
        (THRESHOLD_AT, "Threshold, mo", "right"),
        (N_AT, "n", "right"),
        (RISK_AT, "At risk", "right"),
        (RESULT_AT, "% (95% CI)", "right"),
    ):
        write(figure, x, base, text, color=GREY, align=align)


def _draw_rung(
    figure: "Figure", axes: "Axes", page: _Page, row: _Rung, order: int, base: float
) -> None:
    """Draw one arm: names, dot or bounds, numbers."""
    response, found = row.one.response, row.one.response.estimate
    if not page.heads:
        write(figure, 2, base, shorten(row.trial, 0.93 * ARM_AT - 8, SMALL))
    left = 10.0 if page.heads else ARM_AT
    room = THRESHOLD_AT - left - text_width(months(response.threshold), SMALL) - 10
    color, mark = page.looks[row.name]
    write(figure, left, base, shorten(row.arm, room, SMALL), color=color)
    write(figure, THRESHOLD_AT, base, months(response.threshold), align="right")
    write(figure, N_AT, base, count(response.n), align="right")
    if response.reference == "own" and response.k is not None:
        axes.plot([2.0**-response.k] * 2, [order - 0.34, order + 0.34], color=INK, linewidth=0.8)
    if isinstance(found, NotEstimable):
        _draw_bounds(axes, found, order, page.end, color)
        text = shorten(short_reason(response), RESULT_AT - N_AT - 10, SMALL)
        write(figure, RESULT_AT, base, text, color=GREY, slope="italic", align="right")
        return
    write(figure, RISK_AT, base, count(found.n_at_risk), align="right")
    limits = interval(percent(found.ci_low), percent(found.ci_high))
    text = f"{percent(found.value)} ({limits})" if limits else percent(found.value)
    write(figure, RESULT_AT, base, text, align="right")
    high = min(found.ci_high, page.end)
    axes.plot([found.ci_low, high], [order] * 2, color=color, linewidth=0.9, zorder=3)
    axes.plot(
        [found.value],
        [order],
        mark,
        markersize=4.6,
        clip_on=False,
        zorder=4,
        markerfacecolor="white" if found.status != "estimable" else color,
        markeredgecolor=color,
        markeredgewidth=0.9,
    )


def _draw_bounds(axes: "Axes", found: NotEstimable, order: int, end: float, color: str) -> None:
    """Draw an open bar from bound to bound, and a thin line to the bound's upper limit."""
    low, high = order - 0.22, order + 0.22
    top = min(found.high, end)
    corners = [(top, low), (found.low, low), (found.low, high), (top, high)]
    if found.high <= end:
        corners.append((top, low))
    across, down = zip(*corners, strict=True)
    axes.plot(across, down, color=color, linewidth=0.8, zorder=3, solid_joinstyle="miter")
    if found.high < end and found.limit > found.high:
        axes.plot([top, min(found.limit, end)], [order] * 2, color=color, linewidth=0.6, zorder=3)


def _key(page: _Page) -> list[str]:
    """Return a key of what is on the page, and of nothing else."""
    estimates = [row.one.response for row in page.rows if isinstance(row, _Rung)]
    shown = {one.status for one in estimates}
    own = any(one.reference == "own" and one.k is not None for one in estimates)
    parts = [
        "hollow: few or no patients at risk" if shown & {"thin", "zero"} else "",
        "short tick: 2 to the power \u2212k, a constant hazard" if own else "",
        "open bar: bounds of an arm that is not estimable, and their upper 95% limit"
        if "not estimable" in shown
        else "",
    ]
    text = "\u2003".join(part for part in parts if part)
    names = dict.fromkeys(row.name for row in page.rows if isinstance(row, _Rung))
    lines = [text] if text else []
    return [*lines, *([""] if len(page.looks) > 1 and names else [])]


def _write_key(figure: "Figure", page: _Page, key: Sequence[str], base: float) -> None:
    """Write the key; the classes in their colours, each with its shape."""
    for order, line in enumerate(key):
        if line:
            write(figure, 2, base + LINE * order, line, color=GREY)
    if not key or key[-1]:
        return
    names = [row.name for row in page.rows if isinstance(row, _Rung)]
    known = [name for name in page.looks if name in names]
    room = (WIDTH - 4) / len(known)
    at, y = 2.0, base + LINE * (len(key) - 1)
    for name in known:
        color, mark = page.looks[name]
        text = shorten(name, room - 16, SMALL)
        draw_mark(figure, (at + 3, y - 2.4), mark, color)
        write(figure, at + 9, y, text, color=color)
        at += min(text_width(text, SMALL) * 1.15 + 24, room)
