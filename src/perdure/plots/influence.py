"""Influence of single effects or trials: measures side by side, and Baujat's plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perdure.plots.effect_axis import EffectAxis, axis_ticks
from perdure.plots.lettering import printable, shorten, small_print, text_width, told_apart
from perdure.plots.marks import BLUE, ORANGE
from perdure.plots.panel import effect_scales, name_dots, new_panel
from perdure.plots.style import (
    FAINT,
    GREY,
    INK,
    LINE,
    SMALL,
    TITLE,
    Kind,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
    write_frame,
)
from perdure.plots.wording import count
from perdure.records.sensitivity import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BaujatDot", "InfluenceDots", "Measure", "baujat_plot", "influence_plot"]

WIDTH, GAP = 720.0, 9.0
TOP, HEAD, ROW, AXIS = 18.0, 20.0, 12.5, 16.0
MOST_LABEL = 190.0
ROOMY = 1.1


@dataclass(frozen=True)
class Measure:
    """A measure of influence: one column of dots.

    Attributes
    ----------
    name : str
        As "Cook's distance".
    cuts : tuple of float
        Lines beyond which an effect is influential.
    middle : float or None
        Where stems start: 0, or the value of the model with every effect; None for none.
    """

    name: str
    cuts: tuple[float, ...] = ()
    middle: float | None = 0.0


@dataclass(frozen=True)
class InfluenceDots:
    """One effect or trial: a value a measure, None where no model can be fitted without it."""

    label: str
    values: tuple[float | None, ...]
    influential: bool = False


@dataclass(frozen=True)
class BaujatDot:
    """One effect: its part of Q, and its squared influence on the pooled mean."""

    label: str
    heterogeneity: float
    influence: float


def influence_plot(
    rows: Sequence[InfluenceDots],
    measures: Sequence[Measure],
    *,
    most_rows: int = 72,
    by: int = 0,
    unit: Unit = "effect",
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw measures of influence side by side: a row an effect or a trial, a column a measure.

    Dashed lines are cut-offs; an influential row stands in the second colour with a square.

    Parameters
    ----------
    rows : sequence of InfluenceDots
    measures : sequence of Measure
        One for each of a row's values.
    most_rows : int
        Of more effects than this only those with the largest value of measure ``by``, either way
        from its middle, are drawn, and every influential one as far as there is room.
    by : int
        Place in ``measures``.
    unit : {"effect", "trial"}
        What a row is.
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
        If there is no row or no measure, or a row has another number of values.

    Examples
    --------
    >>> rows = [InfluenceDots("A", (0.5, 0.1)), InfluenceDots("B", (-2.1, 0.9), influential=True)]
    >>> measures = [Measure("Residual", (-1.96, 1.96)), Measure("Weight, %")]
    >>> influence_plot(rows, measures).startswith(b"<?xml")
    True
    """
    if not rows or not measures or any(len(row.values) != len(measures) for row in rows):
        raise ValueError("an influence plot needs rows with a value for each measure")
    every = [
        replace(row, label=label)
        for row, label in zip(rows, told_apart([row.label for row in rows]), strict=True)
    ]
    rows = _foremost(every, measures[by].middle or 0.0, most_rows, by)
    chosen = ""
    if len(rows) < len(every):
        influential = "the influential, then " if any(row.influential for row in rows) else ""
        chosen = f"{influential}those largest in {_in_sentence(measures[by].name)}"
    key = [f"● one {unit}"]
    key += ["■ influential"] if any(row.influential for row in rows) else []
    key += ["dashed: cut-off, where within reach"] if any(one.cuts for one in measures) else []
    key += [f"grey line: {'an' if unit == 'effect' else 'a'} {unit} without influence"]
    said = [f"{count(len(rows))} of {count(len(every))} {unit}s: {chosen}."] if chosen else []
    lines = small_print(key, [*said, *notes], (WIDTH - 4) / ROOMY)
    body = ROW * (len(rows) + 0.6)
    top = TOP + HEAD
    label = max(text_width(printable(row.label), SMALL) for row in rows) * ROOMY + 10
    label = min(max(label, 40.0), MOST_LABEL)
    wide = (WIDTH - label - 14 - GAP * (len(measures) - 1)) / len(measures)
    name = printable(title) or f"Influence of single {unit}s"
    with drawing():
        figure = new_figure(WIDTH, top + body + AXIS + LINE * len(lines) + 10)
        write_frame(figure, shorten(name, WIDTH / 1.25, TITLE), lines, top + body + AXIS)
        for order, row in enumerate(rows):
            base = top + ROW * (order + 0.7) + 2.6
            text = shorten(printable(row.label), (label - 8) / ROOMY, SMALL)
            write(figure, 2, base, text, color=ORANGE if row.influential else INK)
        for place, measure in enumerate(measures):
            left = label + place * (wide + GAP)
            axes = new_axes(figure, left, top, wide, body)
            _draw_measure(axes, measure, rows, place, wide)
            head = shorten(measure.name, (wide + GAP - 3) / ROOMY, SMALL)
            write(figure, left, top - 5, head, color=GREY)
        return figure_bytes(figure, name, kind)


def _foremost(
    rows: Sequence[InfluenceDots], middle: float, most: int, by: int
) -> list[InfluenceDots]:
    """Return the rows that are drawn, in their order: influential ones first, then the largest."""

    def size(place: int) -> tuple[bool, float]:
        value = rows[place].values[by]
        known = value is not None and math.isfinite(value)
        return not rows[place].influential, -abs(value - middle) if known and value else 0.0

    return [rows[place] for place in sorted(sorted(range(len(rows)), key=size)[:most])]


def _in_sentence(name: str) -> str:
    """Return a measure's name inside a sentence; one that is a person's keeps its capital."""
    return name if "’" in name or name[1:2].isupper() else name[:1].lower() + name[1:]


def _draw_measure(
    axes: "Axes", measure: Measure, rows: Sequence[InfluenceDots], place: int, wide: float
) -> None:
    """Draw one column: a stem and a dot for each effect."""
    values = [row.values[place] for row in rows]
    known = [value for value in values if value is not None and math.isfinite(value)]
    ends = [*known, *([] if measure.middle is None else [measure.middle])] or [0.0]
    spread = max(ends) - min(ends)
    near = [cut for cut in measure.cuts if min(ends) - spread <= cut <= max(ends) + spread]
    low, high = min([*ends, *near]), max([*ends, *near])
    pad = 0.09 * (high - low) or abs(high) * 0.1 or 0.1
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(len(rows) - 0.1, -0.7)
    ticks = axis_ticks(EffectAxis(""), low - pad, high + pad, most=max(3, int(wide / 24)))
    axes.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    across = axes.get_xlim()
    for order in range(len(rows)):
        axes.plot(across, [order] * 2, color=FAINT, linewidth=0.35, zorder=0)
    if measure.middle is not None:
        axes.plot([measure.middle] * 2, axes.get_ylim(), color=GREY, linewidth=0.6, zorder=1)
    for cut in near:
        axes.plot([cut] * 2, axes.get_ylim(), color=GREY, linewidth=0.7, dashes=(3, 2), zorder=1)
    for order, (row, value) in enumerate(zip(rows, values, strict=True)):
        if value is None or not math.isfinite(value):
            axes.text(across[0], order, " –", color=GREY, fontsize=SMALL, va="center", ha="left")
            continue
        color = ORANGE if row.influential else BLUE
        if measure.middle is not None:
            stem = [measure.middle, value]
            axes.plot(stem, [order] * 2, color=color, linewidth=0.9, zorder=2)
        mark = "s" if row.influential else "o"
        axes.plot([value], [order], mark, color=color, markersize=3.8, zorder=3, clip_on=False)


def baujat_plot(
    dots: Sequence[BaujatDot],
    *,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw each effect's part of the heterogeneity against its influence on the pooled mean.

    What stands in the upper right makes trials differ and moves the answer (Baujat et al. 2002).

    Parameters
    ----------
    dots : sequence of BaujatDot
    names : sequence of str, optional
        Labels that are written where there is room; None for all, the outermost first.
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
        If there is no effect.

    Examples
    --------
    >>> baujat_plot([BaujatDot("A", 0.2, 0.1), BaujatDot("B", 3.1, 0.8)]).startswith(b"<?xml")
    True
    """
    if not dots:
        raise ValueError("Baujat's plot needs an effect")
    farthest = max(dot.heterogeneity for dot in dots) or 1.0
    highest = max(dot.influence for dot in dots) or 1.0
    with drawing():
        panel = new_panel(title or "Baujat plot", (), notes, side="Influence on the pooled mean")
        across = EffectAxis("Contribution to the heterogeneity Q")
        x, y = (-0.03 * farthest, 1.08 * farthest), (-0.04 * highest, 1.1 * highest)
        effect_scales(panel, across, x, EffectAxis(""), y)
        panel.axes.plot(
            [dot.heterogeneity for dot in dots],
            [dot.influence for dot in dots],
            "o",
            color=BLUE,
            markersize=5.0,
            markeredgecolor="white",
            markeredgewidth=0.5,
            zorder=5,
            clip_on=False,
        )
        order = sorted(
            range(len(dots)),
            key=lambda place: (
                -math.hypot(dots[place].heterogeneity / farthest, dots[place].influence / highest)
            ),
        )
        labels = told_apart([dot.label for dot in dots])
        wanted = [
            (place, labels[place]) for place in order if names is None or dots[place].label in names
        ]
        places = [(dot.heterogeneity, dot.influence, 2.6) for dot in dots]
        name_dots(panel, places, wanted)
        return figure_bytes(panel.figure, panel.title, kind)
