"""Treatments in the order of their P-scores, with the probability of every rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perdure.plots.lettering import printable, shorten, small_print, text_width
from perdure.plots.style import (
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
from perdure.plots.wording import decimals, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RankRow", "ranking_plot"]

WIDTH, TOP, HEAD, ROW, AXIS = 470.0, 20.0, 18.0, 19.0, 24.0
MOST_NAME, SCORE_AT = 150.0, 467.0
LEAST_WORDS = 0.07
"""A part of a bar narrower than this has no number in it."""
ROOMY = 1.1
BEST, MIDDLE, WORST = (0, 68, 112), (222, 230, 235), (168, 74, 0)
"""Colours of the first, the middle and the last rank; they differ in lightness too."""


@dataclass(frozen=True)
class RankRow:
    """A treatment.

    Attributes
    ----------
    name : str
    p_score : float
        Mean certainty of being better than another treatment, from 0 to 1.
    probabilities : tuple of float
        Of rank 1, 2, ...; they sum to 1.
    """

    name: str
    p_score: float
    probabilities: tuple[float, ...]


def ranking_plot(
    rows: Sequence[RankRow],
    *,
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw a stacked bar of rank probabilities for each treatment, best P-score on top.

    Parameters
    ----------
    rows : sequence of RankRow
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
        If there is no row, or a row has not a probability for each rank, or they do not sum to 1.

    Examples
    --------
    >>> rows = [RankRow("A", 0.9, (0.9, 0.1)), RankRow("B", 0.1, (0.1, 0.9))]
    >>> ranking_plot(rows).startswith(b"<?xml")
    True
    """
    if not rows or len({len(row.probabilities) for row in rows}) > 1:
        raise ValueError("a ranking needs treatments, each with a probability for each rank")
    if any(abs(sum(row.probabilities) - 1) > 0.005 for row in rows):
        raise ValueError("the probabilities of a treatment's ranks sum to 1")
    ordered = sorted(rows, key=lambda row: -row.p_score)
    key = small_print(
        ("bar, left to right: probability of rank 1, 2, …", "number: that of a rank, %"),
        notes,
        (WIDTH - 4) / ROOMY,
    )
    name = printable(title) or "Ranking of treatments"
    longest = max(text_width(printable(row.name), SMALL) for row in rows) * ROOMY + 10
    left = min(max(longest, 40.0), MOST_NAME)
    body, wide = ROW * len(rows) + 4, WIDTH - left - 52
    top = TOP + HEAD
    with drawing():
        figure = new_figure(WIDTH, top + body + AXIS + LINE * len(key) + 6)
        write_frame(figure, shorten(name, WIDTH / 1.25, TITLE), key, top + body + AXIS - 0.1 * LINE)
        write(figure, 2, top - 5, "Treatment", color=GREY)
        write(figure, SCORE_AT, top - 5, "P-score", color=GREY, align="right")
        axes = new_axes(figure, left, top, wide, body)
        axes.set_xlim(0, 1)
        axes.set_ylim(body, 0)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Probability, %", fontsize=SMALL, labelpad=1.5)
        for order, row in enumerate(ordered):
            base = top + ROW * (order + 0.5) + 4.6
            room = (left - 6) / ROOMY
            write(figure, 2, base, shorten(printable(row.name), room, SMALL))
            write(figure, SCORE_AT, base, decimals(row.p_score, 2), align="right")
            _draw_bar(axes, row, ROW * (order + 0.5) + 2)
        return figure_bytes(figure, name, kind)


def _draw_bar(axes: "Axes", row: RankRow, middle: float) -> None:
    """Draw the probabilities of a treatment's ranks, one after another."""
    start = 0.0
    for rank, part in enumerate(row.probabilities):
        color, words = _colour(rank, len(row.probabilities))
        axes.barh(middle, part, 13.0, left=start, color=color, edgecolor="white", linewidth=0.5)
        if part >= LEAST_WORDS:
            axes.text(
                start + part / 2,
                middle + 2.7,
                percent(part, 0),
                color=words,
                fontsize=SMALL,
                ha="center",
                va="baseline",
            )
        start += part


def _colour(rank: int, ranks: int) -> tuple[str, str]:
    """Return the colour of a rank, and one for words on it."""
    part = 2 * rank / (ranks - 1) if ranks > 1 else 0.0
    first, second = (BEST, MIDDLE) if part <= 1 else (MIDDLE, WORST)
    share = part if part <= 1 else part - 1
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    light = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2]
    return "#{:02x}{:02x}{:02x}".format(*mixed), INK if light > 130 else "white"
