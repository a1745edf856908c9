"""Risk of bias, trial by trial and in all: colour, sign and shade say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perdure.plots.lettering import printable, shorten, small_print, text_width
from perdure.plots.style import (
    GREY,
    INK,
    LINE,
    RULE,
    SMALL,
    TEXT,
    TITLE,
    Kind,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write,
    write_frame,
)
from perdure.plots.wording import percent
from perdure.records import DOMAINS, JUDGEMENTS, Judgement, RiskOfBias

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["JudgedTrial", "risk_of_bias_plot", "risk_of_bias_summary"]

TOP, ROW, CELL, MOST_NAME, RADIUS = 36.0, 19.0, 34.0, 190.0, 7.2
BAR, BAR_ROW = 250.0, 20.0
"""Points."""


@dataclass(frozen=True)
class _Look:
    sign: str
    fill: str
    ink: str


# From light to dark as the risk grows, so that a grey print keeps their order.
LOOKS: dict[Judgement, _Look] = {
    "low": _Look("+", "#bfe6d3", INK),
    "some concerns": _Look("!", "#e3a51a", INK),
    "high": _Look("×", "#8c2d04", "white"),
}
COLUMNS = (*(f"D{place}" for place in range(1, len(DOMAINS) + 1)), "Overall")


@dataclass(frozen=True)
class JudgedTrial:
    """A trial's label, and what was judged of it."""

    label: str
    judged: RiskOfBias

    @property
    def cells(self) -> tuple[Judgement | None, ...]:
        """The domains, and the overall judgement."""
        return (*self.judged.domains, self.judged.overall)


def risk_of_bias_plot(
    trials: Sequence[JudgedTrial], *, title: str = "", kind: Kind = "svg"
) -> bytes:
    """Draw a grid of signs: one row a trial, one column a domain, the overall judgement last.

    Parameters
    ----------
    trials : sequence of JudgedTrial
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no trial.

    Examples
    --------
    >>> judged = RiskOfBias(("low", "low", "some concerns", "low", None), "some concerns")
    >>> risk_of_bias_plot([JudgedTrial("Trial A", judged)]).startswith(b"<?xml")
    True
    """
    if not trials:
        raise ValueError("no trial was judged")
    names = [shorten(printable(one.label), MOST_NAME, TEXT) for one in trials]
    margin = max(text_width(name, TEXT) for name in names) * 1.08 + 12
    width = max(margin + CELL * len(COLUMNS) + 14, 330.0)
    every = [cell for one in trials for cell in one.cells]
    key = small_print([*_key(every), *_domains()], (), (width - 4) / 1.1)
    foot = TOP + ROW * len(trials) + 4
    name = printable(title) or "Risk of bias"
    with drawing():
        figure = new_figure(width, foot + LINE * len(key) + 8)
        write_frame(figure, shorten(name, width / 1.25, TITLE), key, foot)
        axes = _paper(figure)
        for at, head in enumerate(COLUMNS):
            weight = "bold" if at == len(COLUMNS) - 1 else "normal"
            x = _column(margin, at)
            write(figure, x, TOP - 6, head, align="center", weight=weight)
        for order, (label, trial) in enumerate(zip(names, trials, strict=True)):
            y = TOP + ROW * (order + 0.5)
            write(figure, 4, y + 2.6, label, size=TEXT)
            axes.plot([2, width - 2], [TOP + ROW * order] * 2, color="#d9d9d9", linewidth=0.5)
            for at, cell in enumerate(trial.cells):
                _draw_judgement(axes, _column(margin, at), y, cell)
        return figure_bytes(figure, name, kind)


def risk_of_bias_summary(
    trials: Sequence[JudgedTrial], *, title: str = "", kind: Kind = "svg"
) -> bytes:
    """Draw for each domain, and overall, the share of the trials with each judgement.

    Every trial counts alike; a trial that was not judged in a domain is shown as such.

    Parameters
    ----------
    trials : sequence of JudgedTrial
    title : str
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no trial.

    Examples
    --------
    >>> judged = RiskOfBias(("low", "low", "some concerns", "low", None), "some concerns")
    >>> risk_of_bias_summary([JudgedTrial("Trial A", judged)]).startswith(b"<?xml")
    True
    """
    if not trials:
        raise ValueError("no trial was judged")
    heads = [*_domains(), "Overall"]
    margin = max(text_width(head, SMALL) for head in heads) * 1.08 + 12
    width = margin + BAR + 20
    every = [cell for one in trials for cell in one.cells]
    key = small_print(_key(every), (), (width - 4) / 1.1)
    start = TOP - 14
    foot = start + BAR_ROW * len(heads) + 18
    name = printable(title) or "Risk of bias, all trials"
    with drawing():
        figure = new_figure(width, foot + LINE * len(key) + 8)
        write_frame(figure, shorten(name, width / 1.25, TITLE), key, foot)
        axes = _paper(figure)
        for order, head in enumerate(heads):
            y = start + BAR_ROW * (order + 0.5)
            weight = "bold" if order == len(heads) - 1 else "normal"
            write(figure, 4, y + 2.6, head, weight=weight)
            _draw_bar(axes, margin, y, [one.cells[order] for one in trials])
        level = start + BAR_ROW * len(heads) + 2
        axes.plot([margin, margin + BAR], [level] * 2, color=RULE, linewidth=0.6)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = margin + share * BAR
            axes.plot([x, x], [level, level + 3], color=RULE, linewidth=0.6)
            write(figure, x, level + 12, f"{percent(share, 0)}%", color=GREY, align="center")
        return figure_bytes(figure, name, kind)


def _domains() -> list[str]:
    return [f"D{at} {name}" for at, name in enumerate(DOMAINS, start=1)]


def _key(every: Sequence[Judgement | None]) -> list[str]:
    """Return the signs in words; of what is not judged, only where there is any."""
    parts = [f"{LOOKS[one].sign} {one}" + " risk" * (one != "some concerns") for one in JUDGEMENTS]
    return [*parts, *(["– not judged"] if None in every else [])]


def _paper(figure: "Figure") -> "Axes":
    """Return axes over the whole figure, in points from its upper left corner."""
    width, height = figure.get_size_inches() * 72
    axes = new_axes(figure, 0, 0, width, height)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return axes


def _column(margin: float, at: int) -> float:
    return margin + CELL * (at + 0.5) + (8 if at == len(COLUMNS) - 1 else 0)


def _draw_judgement(axes: "Axes", x: float, y: float, judged: Judgement | None) -> None:
    if judged is None:
        axes.text(x, y, "–", fontsize=TEXT, color=GREY, ha="center", va="center")
        return
    look = LOOKS[judged]
    axes.plot(
        [x],
        [y],
        "o",
        markersize=2 * RADIUS,
        color=look.fill,
        markeredgecolor=INK,
        markeredgewidth=0.5,
    )
    # Signs stand on the middle of letters, which is above the middle of their line.
    axes.text(
        x,
        y + 0.8,
        look.sign,
        fontsize=11,
        fontweight="bold",
        color=look.ink,
        ha="center",
        va="center",
    )


def _draw_bar(axes: "Axes", left: float, y: float, cells: Sequence[Judgement | None]) -> None:
    """Draw the shares of one domain as one bar, each with its sign and count where it fits."""
    from matplotlib.patches import Rectangle

    order: tuple[Judgement | None, ...] = (*JUDGEMENTS, None)
    x = left
    for judged in order:
        number = cells.count(judged)
        if not number:
            continue
        width = BAR * number / len(cells)
        look = _Look("–", "white", GREY) if judged is None else LOOKS[judged]
        bar = Rectangle((x, y - 6.5), width, 13, facecolor=look.fill, edgecolor=INK, linewidth=0.5)
        axes.add_patch(bar)
        text = f"{look.sign} {number}"
        if text_width(text, SMALL) * 1.15 > width:
            text = look.sign
        axes.text(
            x + width / 2,
            y,
            text if text_width(text, SMALL) < width else "",
            fontsize=SMALL,
            fontweight="bold",
            color=look.ink,
            ha="center",
            va="center",
        )
        x += width
