"""One plot with its title above and its key beneath: what scatters and curves are drawn on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perdure.plots.effect_axis import EffectAxis, axis_ticks
from perdure.plots.lettering import printable, shorten, small_print, text_width
from perdure.plots.placing import Box
from perdure.plots.point_labels import label_boxes
from perdure.plots.style import (
    FAINT,
    GREY,
    INK,
    LINE,
    SMALL,
    TITLE,
    new_axes,
    new_figure,
    write,
    write_frame,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panel", "effect_scales", "effect_ticks", "line_boxes", "name_dots", "new_panel"]

TOP, FOOT, RIGHT = 24.0, 30.0, 17.0
"""Points: above the axes, beneath them, the right margin."""
LONGEST_NAME = 110.0
ROOMY = 1.1


@dataclass(frozen=True)
class Panel:
    """A figure with one pair of axes, their size in points, and its title."""

    figure: "Figure"
    axes: "Axes"
    width: float
    height: float
    title: str


def new_panel(
    title: str,
    key: Sequence[str],
    sentences: Sequence[str] = (),
    *,
    width: float = 330.0,
    height: float = 240.0,
    left: float = 42.0,
    side: str = "",
) -> Panel:
    """Return axes with a title above, and beneath them a key and sentences.

    Parameters
    ----------
    title : str
    key : sequence of str
        What the marks mean; each is kept on one line.
    sentences : sequence of str
        Wrapped.
    width, height : float
        Of the axes, in points.
    left : float
        Their left margin.
    side : str
        What the vertical axis shows, written above it.
    """
    full = left + width + RIGHT
    room = (full - 4) / ROOMY
    lines = small_print(key, sentences, room)
    name = printable(title)
    top = TOP + (9.0 if side else 0.0)
    figure = new_figure(full, top + height + FOOT + LINE * len(lines) + 3)
    axes = new_axes(figure, left, top, width, height)
    write_frame(figure, shorten(name, full / 1.25, TITLE), lines, top + height + FOOT - 0.3 * LINE)
    if side:
        write(figure, 2, top - 6, shorten(side, room, SMALL), color=GREY)
    return Panel(figure, axes, width, height, name)


def effect_scales(
    panel: Panel,
    across: EffectAxis,
    x: tuple[float, float],
    up: EffectAxis,
    y: tuple[float, float],
) -> None:
    """Set where both axes start and end, and write their ticks."""
    panel.axes.set_xlim(*x)
    panel.axes.set_ylim(*y)
    effect_ticks(panel, across)
    effect_ticks(panel, up, vertical=True)


def effect_ticks(panel: Panel, axis: EffectAxis, *, vertical: bool = False) -> None:
    """Write the ticks of an axis of effects, its name, and a line at its reference."""
    axes = panel.axes
    limits = axes.get_ylim() if vertical else axes.get_xlim()
    low, high = min(limits), max(limits)
    room = panel.height / 24 if vertical else panel.width / 40
    ticks = axis_ticks(axis, low, high, most=max(3, int(room)))
    places, words = [at for at, _ in ticks], [text for _, text in ticks]
    across = axes.get_xlim()
    up = axes.get_ylim()
    reference = axis.reference
    known = reference is not None and low <= reference <= high
    if vertical:
        axes.set_yticks(places, words)
        for place in places:
            axes.plot(across, [place] * 2, color=FAINT, linewidth=0.4, zorder=0.6)
        if reference is not None and known:
            axes.plot(across, [reference] * 2, color=INK, linewidth=0.7, zorder=1)
        return
    axes.set_xticks(places, words)
    axes.set_xlabel(shorten(axis.name, panel.width, SMALL), fontsize=SMALL, labelpad=1.5)
    if reference is not None and known:
        axes.plot([reference] * 2, up, color=INK, linewidth=0.7, zorder=1)


def line_boxes(panel: Panel, across: Sequence[float], up: Sequence[float]) -> list[Box]:
    """Return where a line through these places runs, as small boxes that names keep off.

    Parameters
    ----------
    panel : Panel
        With its limits set.
    across, up : sequence of float
        Places on the axes.
    """
    (left, right), (bottom, top) = panel.axes.get_xlim(), panel.axes.get_ylim()
    x = [(one - left) / (right - left) * panel.width for one in across]
    y = [(one - bottom) / (top - bottom) * panel.height for one in up]
    found = []
    for place in range(len(x) - 1):
        wide, tall = x[place + 1] - x[place], y[place + 1] - y[place]
        steps = max(1, round(max(abs(wide), abs(tall)) / 5))
        for step in range(steps):
            sides = [x[place] + wide * part / steps for part in (step, step + 1)]
            ends = [y[place] + tall * part / steps for part in (step, step + 1)]
            found.append(Box(min(sides) - 1, min(ends) - 1, max(sides) + 1, max(ends) + 1))
    return found


def name_dots(
    panel: Panel,
    dots: Sequence[tuple[float, float, float]],
    names: Sequence[tuple[int, str]],
    taken: Sequence[Box] = (),
    color: str = INK,
) -> None:
    """Write names beside their dots where that leaves everything else free.

    Parameters
    ----------
    panel : Panel
        With its limits set.
    dots : sequence of (x, y, radius)
        Places on the axes; the radius in points.
    names : sequence of (int, str)
        Which dot, and its name; the most important first.
    taken : sequence of Box
        In points from the axes' lower left corner.
    color : str
    """
    (left, right), (bottom, top) = panel.axes.get_xlim(), panel.axes.get_ylim()
    points = [
        (
            (x - left) / (right - left) * panel.width,
            (y - bottom) / (top - bottom) * panel.height,
            radius,
        )
        for x, y, radius in dots
    ]
    words = [(place, shorten(printable(name), LONGEST_NAME, SMALL)) for place, name in names]
    sizes = [(text_width(text, SMALL) * ROOMY, SMALL + 1.0) for _, text in words]
    named = [place for place, _ in words]
    boxes = label_boxes(points, named, sizes, panel.width, panel.height, taken)
    for (_, text), box in zip(words, boxes, strict=True):
        if box is None:
            continue
        middle = (box.left + box.right) / 2 / panel.width * (right - left) + left
        base = (box.bottom + 2.0) / panel.height * (top - bottom) + bottom
        panel.axes.text(
            middle, base, text, color=color, fontsize=SMALL, ha="center", va="baseline", zorder=8
        )
