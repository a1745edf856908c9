"""A network of treatments: what was compared with what, by how many trials."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perdure.plots.lettering import printable, shorten, small_print, text_width
from perdure.plots.marks import BLUE
from perdure.plots.style import (
    GREY,
    INK,
    LINE,
    SMALL,
    TEXT,
    TITLE,
    Kind,
    drawing,
    figure_bytes,
    new_axes,
    new_figure,
    write_frame,
)
from perdure.plots.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NetworkEdge", "NetworkNode", "network_plot"]

Side = Literal["left", "right", "center"]

RADIUS, MARGIN = 105.0, 24.0
LARGEST, SMALLEST, WIDEST = 15.0, 4.0, 7.0
"""Points: the circle of the nodes, air about it, radii of nodes, the widest line."""
MOST_NAME, TOP = 130.0, 20.0
ROOMY, WIDER = 1.1, 1.22


@dataclass(frozen=True)
class NetworkNode:
    """A treatment, and how many patients or arms had it."""

    name: str
    size: int


@dataclass(frozen=True)
class NetworkEdge:
    """Two treatments that trials compared directly."""

    first: str
    second: str
    n_trials: int


def network_plot(
    nodes: Sequence[NetworkNode],
    edges: Sequence[NetworkEdge],
    *,
    size: str = "patients",
    notes: Sequence[str] = (),
    title: str = "",
    kind: Kind = "svg",
) -> bytes:
    """Draw treatments on a circle, joined where a trial compares them.

    The area of a node is its ``size``, the width of a line its number of trials, written at it.

    Parameters
    ----------
    nodes : sequence of NetworkNode
        In their order on the circle, clockwise from the top.
    edges : sequence of NetworkEdge
    size : str
        What a node's size counts.
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
        If there is no node, a name is there twice, or an edge names no node.

    Examples
    --------
    >>> nodes = [NetworkNode("chemotherapy", 900), NetworkNode("anti-PD-1", 700)]
    >>> edges = [NetworkEdge("chemotherapy", "anti-PD-1", 5)]
    >>> network_plot(nodes, edges).startswith(b"<?xml")
    True
    """
    places = {node.name: place for place, node in enumerate(nodes)}
    if not nodes or len(places) < len(nodes):
        raise ValueError("a network needs nodes, each with a name of its own")
    lost = [name for edge in edges for name in (edge.first, edge.second) if name not in places]
    if lost:
        raise ValueError(f"{lost[0]} is compared, but is no node of the network")
    names = [shorten(printable(node.name), MOST_NAME, TEXT) for node in nodes]
    sizes = [f"{count(node.size)} {size}" for node in nodes]
    room = max(text_width(text, TEXT) for text in (*names, *sizes)) * WIDER + LARGEST + 6
    radius = max(RADIUS, len(nodes) * 25.0 / math.pi)
    spots = [_spot(place, len(nodes), radius) for place in range(len(nodes))]
    low, high = (one(y for _, y in spots) for one in (min, max))
    width, height = 2 * (radius + room), high - low + 2 * (MARGIN + 12)
    key = small_print((f"● area: {size}", "line, number: trials"), notes, (width - 4) / ROOMY)
    name = printable(title) or "Network of treatments"
    with drawing():
        figure = new_figure(width, TOP + height + LINE * len(key) + 6)
        write_frame(figure, shorten(name, width / 1.25, TITLE), key, TOP + height - 0.3 * LINE)
        axes = new_axes(figure, 0, TOP, width, height)
        axes.set_axis_off()
        axes.set_xlim(-width / 2, width / 2)
        axes.set_ylim(low - MARGIN - 12, high + MARGIN + 12)
        where = {node.name: spot for node, spot in zip(nodes, spots, strict=True)}
        _draw_edges(axes, edges, where)
        largest = max(node.size for node in nodes) or 1
        for node, spot, label, text in zip(nodes, spots, names, sizes, strict=True):
            dot = max(SMALLEST, LARGEST * math.sqrt(max(node.size, 0) / largest))
            x, y, align = _beside(spot, dot, radius)
            axes.plot(
                [spot[0]],
                [spot[1]],
                "o",
                markersize=2 * dot,
                color=BLUE,
                markeredgecolor="white",
                markeredgewidth=1.0,
                zorder=5,
            )
            axes.text(x, y + 1, label, fontsize=TEXT, ha=align, va="bottom", zorder=6)
            axes.text(x, y, text, fontsize=SMALL, color=GREY, ha=align, va="top", zorder=6)
        return figure_bytes(figure, name, kind)


def _draw_edges(
    axes: "Axes", edges: Sequence[NetworkEdge], where: Mapping[str, tuple[float, float]]
) -> None:
    """Draw the lines, each with its number of trials."""
    most = max((edge.n_trials for edge in edges), default=1)
    taken: list[tuple[float, float]] = []
    for edge in edges:
        first, second = where[edge.first], where[edge.second]
        axes.plot(
            [first[0], second[0]],
            [first[1], second[1]],
            color="#9fb6c6",
            linewidth=max(0.9, WIDEST * edge.n_trials / most),
            solid_capstyle="butt",
            zorder=1,
        )
        x, y = _free(first, second, taken)
        taken.append((x, y))
        axes.text(
            x,
            y,
            f"{edge.n_trials}",
            fontsize=SMALL,
            color=INK,
            ha="center",
            va="center_baseline",
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.1, "alpha": 0.9},
        )


def _spot(place: int, number: int, radius: float) -> tuple[float, float]:
    """Return where a node stands, clockwise from the top; two stand side by side."""
    angle = (math.pi if number == 2 else math.pi / 2) - 2 * math.pi * place / number
    return radius * math.cos(angle), radius * math.sin(angle)


def _free(
    first: tuple[float, float], second: tuple[float, float], taken: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Return where on a line its number stands: off the middle where another is there."""
    parts = (0.5, 0.4, 0.6, 0.34, 0.66, 0.28, 0.72, 0.45, 0.55)
    places = [
        (
            first[0] + (second[0] - first[0]) * part,
            first[1] + (second[1] - first[1]) * part,
        )
        for part in parts
    ]
    free = (
        spot
        for spot in places
        if all(abs(spot[0] - one[0]) > 11 or abs(spot[1] - one[1]) > 10 for one in taken)
    )
    crowded = max(
        places,
        key=lambda spot: min((math.dist(spot, one) for one in taken), default=math.inf),
    )
    return next(free, crowded)


def _beside(spot: tuple[float, float], dot: float, radius: float) -> tuple[float, float, Side]:
    """Return where a node's name stands, outside the circle, and how it is aligned."""
    across, up = spot[0] / radius, spot[1] / radius
    gap = dot + 4
    if abs(across) < 0.15:
        return spot[0], spot[1] + math.copysign(gap + 9, up), "center"
    x, y = spot[0] + math.copysign(gap, across), spot[1] + 6 * up
    return (x, y, "left") if across > 0 else (x, y, "right")
