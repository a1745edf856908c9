"""Forest plots of durable response by class: arms, pooled rows, the plain mean beside them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from perdure.plots.forest_rows import (
    ArmRow,
    ClassHead,
    ForestRow,
    MeanRow,
    PooledRow,
    forest_pages,
    model_in_words,
    row_in_words,
)
from perdure.plots.hover import HoverRow, HoverRows
from perdure.plots.lettering import printable, shorten, text_width
from perdure.plots.marks import draw_bounds
from perdure.plots.style import (
    FAINT,
    GREY,
    INK,
    SMALL,
    TEXT,
    drawing,
    new_axes,
    new_figure,
    svg_text,
    write,
)
from perdure.plots.wording import (
    NOTHING,
    beyond,
    count,
    decimals,
    interval,
    months,
    multiple,
    p_in_words,
    percent,
    ratio,
    short_reason,
)
from perdure.records import ArmEstimate, NotEstimable, Proportion, Synthesis, Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["forest_hover", "forest_plots"]

WIDTH = 720.0
ARM_AT, N_AT, THRESHOLD_AT = 126.0, 276.0, 330.0
PLOT_LEFT, PLOT_WIDTH = 344.0, 222.0
RESULT_AT, WEIGHT_AT = 674.0, 717.0
"""Columns, in points from the left; the last four are right edges."""
HEAD, ROW, AXIS, LINE = 24.0, 13.5, 22.0, 11.0
"""Heights in points: of the columns' heads, a row, the axis, a line of words beneath."""
SPACE = 0.45
"""Rows of air above a class."""
MOST_DIFFERENCES = 8
BLUE, ORANGE = "#005a8e", "#a84a00"


def forest_plots(
    synthesis: Synthesis,
    estimates: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
    *,
    fixed: float | None = None,
    most_rows: int = 60,
) -> tuple[str, ...]:
    """Draw a synthesis as SVG, on as many pages as its rows need.

    Each arm has its threshold, its proportion with the interval, and a square whose area is its
    weight; hollow where few patients are at risk at the threshold. An arm that is not estimable has
    its bounds as a grey bar, and the reason. A class ends with the model's answer (diamond) over
    its prediction interval (thin bar), and the plain mean of its arms (circle). A line marks 2^-k,
    what an exponential arm shows, where the reference is each arm's own median. Beneath the last
    page stand the differences between classes.

    Parameters
    ----------
    synthesis : Synthesis
    estimates : sequence of ArmEstimate
        Those of the synthesis' endpoint and reference are drawn; none for pooled rows only.
    trials : sequence of Trial
        Labels of trials and arms.
    classes : mapping of (trial, arm) to str
        The class of each arm.
    fixed : float, optional
        The time of the reference ``fixed``, in months.
    most_rows : int
        Of a page.
    """
    pages = _pages(synthesis, estimates, trials, classes, most_rows)
    end = _axis_end(pages)
    with drawing():
        return tuple(
            _draw_page(synthesis, page, end, fixed, place, len(pages))
            for place, page in enumerate(pages, start=1)
        )


def forest_hover(
    synthesis: Synthesis,
    estimates: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
    *,
    most_rows: int = 60,
) -> tuple[HoverRows, ...]:
    """Return what stands where on each page of `forest_plots`, which takes the same."""
    return tuple(
        HoverRows(ROW, tuple(_hover_rows(page)))
        for page in _pages(synthesis, estimates, trials, classes, most_rows)
    )


def _hover_rows(rows: Sequence[ForestRow]) -> Iterator[HoverRow]:
    group = ""
    for order, row in zip(_places(rows), rows, strict=True):
        if isinstance(row, ClassHead):
            group = row.name
        else:
            yield HoverRow(HEAD + ROW * (order + 0.5), row_in_words(row), group)


def _pages(
    synthesis: Synthesis,
    estimates: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
    most_rows: int,
) -> tuple[tuple[ForestRow, ...], ...]:
    """Return the rows of each page, of the synthesis' own estimates."""
    members = [
        one
        for one in estimates
        if one.primary
        and one.endpoint == synthesis.endpoint
        and one.response.reference == synthesis.reference
    ]
    return forest_pages(synthesis, members, trials, classes, most_rows)


def _axis_end(pages: Sequence[Sequence[ForestRow]]) -> float:
    """Return a round proportion beyond every interval; bounds may run out of the plot."""
    highest = [0.25]
    for row in (row for page in pages for row in page):
        if isinstance(row, ArmRow) and isinstance(row.response.estimate, Proportion):
            highest.append(row.response.estimate.ci_high)
        elif isinstance(row, PooledRow):
            highest += [row.row.ci_high or 0.0, row.row.prediction_high or 0.0]
    top = max(highest)
    return 1.0 if top > 0.8 else math.ceil(top * 10 - 1e-9) / 10


def _draw_page(
    synthesis: Synthesis,
    rows: Sequence[ForestRow],
    end: float,
    fixed: float | None,
    place: int,
    pages: int,
) -> str:
    lines = _differences(synthesis) if place == pages else []
    legend = _legend(synthesis, rows)
    places = _places(rows)
    rows_high = places[-1] + 0.5
    body = ROW * (rows_high + 0.5)
    height = HEAD + body + AXIS + LINE * (len(legend) + len(lines)) + (14 if lines else 8)
    figure = new_figure(WIDTH, height)
    axes = new_axes(figure, PLOT_LEFT, HEAD, PLOT_WIDTH, body)
    _draw_axes(axes, synthesis, rows_high, end)
    _write_heads(figure, rows)
    heaviest = max((row.weight or 0.0 for row in rows if isinstance(row, ArmRow)), default=0.0)
    for order, row in zip(places, rows, strict=True):
        base = HEAD + ROW * (order + 0.5) + 2.6
        if isinstance(row, ClassHead):
            _write_class(figure, row, base)
        elif isinstance(row, ArmRow):
            _draw_arm(figure, axes, row, order, base, end, heaviest)
        elif isinstance(row, PooledRow):
            _draw_pooled(figure, axes, row, order, base)
        else:
            _draw_mean(figure, axes, row, order, base)
    foot = HEAD + body + AXIS + LINE
    for order, text in enumerate(legend):
        write(figure, 2, foot + LINE * order, text, color=GREY)
    for order, text in enumerate(lines):
        top = foot + LINE * (len(legend) + order) + 6
        write(figure, 2, top, text, size=TEXT, weight="normal" if order else "bold")
    page = f", page {place} of {pages}" if pages > 1 else ""
    by = synthesis.by.replace("_", " ")
    return svg_text(figure, f"Forest plot: {beyond(synthesis, fixed)}, by {by}{page}")


def _places(rows: Sequence[ForestRow]) -> list[float]:
    """Return where each row stands, in rows from the top; a class has some air above it."""
    found: list[float] = []
    for row in rows:
        air = SPACE if found and isinstance(row, ClassHead) else 0.0
        found.append(found[-1] + 1 + air if found else 0.0)
    return found


def _draw_axes(axes: "Axes", synthesis: Synthesis, bottom: float, end: float) -> None:
    axes.set_xlim(0, end)
    axes.set_ylim(bottom, -0.5)
    step = 0.1 if end <= 0.6 else 0.2
    ticks = [step * order for order in range(round(end / step) + 1) if step * order <= end + 1e-9]
    axes.set_xticks(ticks, [f"{100 * tick:.0f}" for tick in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Durable response, %", fontsize=SMALL, labelpad=1.5)
    for tick in ticks:
        axes.plot([tick, tick], [-0.5, bottom], color=FAINT, linewidth=0.4, zorder=0)
    if synthesis.reference == "own" and synthesis.k is not None:
        axes.plot(
            [2.0**-synthesis.k] * 2,
            [-0.5, bottom],
            color=INK,
            linewidth=0.7,
            dashes=(2.5, 2),
            zorder=1,
        )


def _write_heads(figure: "Figure", rows: Sequence[ForestRow]) -> None:
    write(figure, RESULT_AT, HEAD - 11, "% (95% CI)", color=GREY, align="right")
    if not any(isinstance(row, ArmRow) for row in rows):
        return
    for x, text, align in (
        (8.0, "Trial", "left"),
        (ARM_AT, "Arm", "left"),
        (N_AT, "n", "right"),
        (THRESHOLD_AT, "Threshold, mo", "right"),
        (WEIGHT_AT, "Weight", "right"),
    ):
        write(figure, x, HEAD - 11, text, color=GREY, align=align)


def _write_class(figure: "Figure", row: ClassHead, base: float) -> None:
    name = shorten(row.name, 215, TEXT)
    text = f"{name} (continued)" if row.continued else name
    write(figure, 2, base, text, size=TEXT, weight="bold")
    arms = f"{row.n_estimable} of {row.n_arms} estimable"
    write(figure, THRESHOLD_AT, base, arms, color=GREY, align="right")


def _draw_arm(
    figure: "Figure",
    axes: "Axes",
    row: ArmRow,
    order: float,
    base: float,
    end: float,
    heaviest: float,
) -> None:
    response, found = row.response, row.response.estimate
    write(figure, 8, base, shorten(row.trial, ARM_AT - 14, SMALL))
    room = N_AT - ARM_AT - text_width(count(response.n), SMALL) - 6
    write(figure, ARM_AT, base, shorten(row.arm, room, SMALL))
    write(figure, N_AT, base, count(response.n), align="right")
    write(figure, THRESHOLD_AT, base, months(response.threshold), align="right")
    if isinstance(found, NotEstimable):
        draw_bounds(axes, found.low, found.high, order, (0.0, end))
        write(
            figure,
            WEIGHT_AT,
            base,
            short_reason(response),
            color=GREY,
            slope="italic",
            align="right",
        )
        return
    _draw_interval(axes, found.ci_low, found.ci_high, order, end)
    side = 3.2 if row.weight is None or not heaviest else 2.6 + 5.0 * (row.weight / heaviest) ** 0.5
    axes.plot(
        [found.value],
        [order],
        "s",
        markersize=side,
        clip_on=False,
        zorder=4,
        markerfacecolor="white" if _is_hollow(row) else BLUE,
        markeredgecolor=BLUE,
        markeredgewidth=0.8,
    )
    write(figure, RESULT_AT, base, _result(found.value, found.ci_low, found.ci_high), align="right")
    weight = NOTHING if row.weight is None else f"{percent(row.weight)}%"
    write(figure, WEIGHT_AT, base, weight, align="right")


def _is_hollow(row: ArmRow) -> bool:
    """Say whether an arm's square is hollow: few at risk, or not in the model."""
    found = row.response.estimate
    return isinstance(found, Proportion) and (found.status != "estimable" or row.weight is None)


def _draw_interval(axes: "Axes", low: float, high: float, order: float, end: float) -> None:
    axes.plot([low, min(high, end)], [order, order], color=BLUE, linewidth=0.9, zorder=3)


def _result(value: float, low: float | None, high: float | None) -> str:
    limits = interval(percent(low), percent(high))
    return f"{percent(value)} ({limits})" if limits else percent(value)


def _draw_pooled(figure: "Figure", axes: "Axes", row: PooledRow, order: float, base: float) -> None:
    found = row.row
    if found.proportion is None or found.ci_low is None or found.ci_high is None:
        reason = found.reason or "not pooled"
        write(figure, 8, base, f"Not pooled: {reason}", color=GREY, slope="italic")
        return
    if found.prediction_low is not None and found.prediction_high is not None:
        axes.plot(
            [found.prediction_low, found.prediction_high],
            [order + 0.46] * 2,
            color=ORANGE,
            linewidth=1.6,
            solid_capstyle="butt",
            clip_on=False,
            zorder=2,
        )
    across = [found.ci_low, found.proportion, found.ci_high, found.proportion]
    axes.fill(across, [order, order - 0.34, order, order + 0.34], color=ORANGE, zorder=4)
    text = _result(found.proportion, found.ci_low, found.ci_high)
    write(figure, 8, base, model_in_words(row), weight="bold")
    write(figure, THRESHOLD_AT, base, _spread(row), color=GREY, align="right")
    write(figure, RESULT_AT, base, text, weight="bold", align="right")


def _spread(row: PooledRow) -> str:
    """Return how far the effects of a class differ, in words."""
    pooled = row.row.pooled
    if pooled is None or pooled.n_effects < 2:
        return ""
    parts = [f"Q {decimals(pooled.q, 1)}, df {pooled.q_df}, {p_in_words(pooled.q_p)}"]
    if pooled.model != "common":
        parts = [f"τ² {decimals(pooled.tau2, 2)}, I² {decimals(pooled.i2, 0)}%", *parts]
    return ", ".join(parts)


def _draw_mean(figure: "Figure", axes: "Axes", row: MeanRow, order: float, base: float) -> None:
    found = row.row
    if found.mean_of_proportions is None:
        return
    axes.plot(
        [found.mean_of_proportions],
        [order],
        "o",
        markersize=4.6,
        zorder=4,
        clip_on=False,
        markerfacecolor="white",
        markeredgecolor=ORANGE,
        markeredgewidth=1.0,
    )
    arms = f"{found.n_estimable} arm{'' if found.n_estimable == 1 else 's'}"
    write(figure, 8, base, f"Plain mean of the proportions, {arms}")
    write(figure, RESULT_AT, base, percent(found.mean_of_proportions), align="right")


def _legend(synthesis: Synthesis, rows: Sequence[ForestRow]) -> list[str]:
    """Return a key of what is on the page, and of nothing else."""
    arms = [row for row in rows if isinstance(row, ArmRow)]
    pooled = [row.row for row in rows if isinstance(row, PooledRow)]
    own = synthesis.reference == "own" and synthesis.k is not None
    power = f"2⁻{_raised(synthesis.k)}" if own and synthesis.k is not None else ""
    key = (
        (any(row.weight is not None for row in arms), "■ one arm, area: weight"),
        (any(_is_hollow(row) for row in arms), "□ thin, zero or not in the model"),
        (any(row.response.proportion is None for row in arms), "open bar: bounds"),
        (any(row.proportion is not None for row in pooled), "◆ pooled"),
        (any(row.prediction_low is not None for row in pooled), "bar beneath: prediction interval"),
        (any(row.mean_of_proportions is not None for row in pooled), "○ plain mean"),
        (own, f"dashed line: {power}, an exponential arm"),
    )
    shown = [text for present, text in key if present]
    return ["\u2003".join(shown)] if shown else []


def _raised(k: float) -> str:
    """Return k as a superscript."""
    return multiple(k).translate(str.maketrans("0123456789.", "⁰¹²³⁴⁵⁶⁷⁸⁹·"))


def _differences(synthesis: Synthesis) -> list[str]:
    """Return the differences between classes as lines of words."""
    if not synthesis.differences:
        return []
    lines = [f"Differences between classes (observational){_joint(synthesis)}"]
    for pair in synthesis.differences[:MOST_DIFFERENCES]:
        limits = interval(ratio(pair.ci_low), ratio(pair.ci_high))
        lines.append(
            f"{shorten(printable(pair.first), 190, TEXT)} v"
            f" {shorten(printable(pair.second), 190, TEXT)}: odds ratio"
            f" {ratio(pair.odds_ratio)} ({limits}), {p_in_words(pair.p)}"
        )
    more = len(synthesis.differences) - MOST_DIFFERENCES
    return [*lines, f"and {more} more, in the table"] if more > 0 else lines


def _joint(synthesis: Synthesis) -> str:
    """Return the test of all classes together in words."""
    test = None if synthesis.regression is None else synthesis.regression.moderators
    if test is None:
        return ""
    name = "χ²" if test.df2 is None else "F"
    df = f"{test.df:g}" if test.df2 is None else f"{test.df:g} and {test.df2:.4g}"
    return f": all alike? {name} {decimals(test.statistic, 2)} on {df} df, {p_in_words(test.p)}"
