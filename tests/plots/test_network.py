"""Networks and rankings: every treatment and comparison is there, sizes are what they count."""

import math
from collections.abc import Callable
from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.network import NetworkEdge, NetworkNode, network_plot
from perdure.plots.ranking import RankRow, ranking_plot

SVG = "{http://www.w3.org/2000/svg}"


def texts(page: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(page).iter(f"{SVG}text")]


@pytest.mark.parametrize("number", [1, 2, 3, 6, 14])
def test_every_treatment_and_comparison(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    nodes = [NetworkNode(f"treatment <{place}>", 100 * place + 50) for place in range(number)]
    edges = [
        NetworkEdge(nodes[place].name, nodes[place + 1].name, 1 + place)
        for place in range(number - 1)
    ]
    said = texts(network_plot(nodes, edges, notes=["A sentence."]))
    assert {node.name for node in nodes} <= set(said)
    axes = drawn[0].axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    areas = [line.get_markersize() ** 2 for line in dots]
    assert areas[-1] == pytest.approx(30.0**2)
    if number > 2:
        assert areas[-2] / areas[-1] == pytest.approx(nodes[-2].size / nodes[-1].size)
    joins = [line for line in axes.lines if line.get_marker() == "None"]
    assert len(joins) == len(edges)
    spots = [
        (float(np.asarray(dot.get_xdata())[0]), float(np.asarray(dot.get_ydata())[0]))
        for dot in dots
    ]
    for place, join in enumerate(joins):
        ends = list(zip(np.asarray(join.get_xdata()), np.asarray(join.get_ydata()), strict=True))
        assert ends == [spots[place], spots[place + 1]]
    widths = [join.get_linewidth() for join in joins]
    assert widths == sorted(widths)
    tidy()


def test_numbers_of_crossing_lines_do_not_meet(tidy: Callable[[], None]) -> None:
    nodes = [NetworkNode(name, 100) for name in "ABCDEF"]
    edges = [NetworkEdge(one, other, 12) for one, other in combinations("ABCDEF", 2)]
    said = texts(network_plot(nodes, edges))
    assert said.count("12") == math.comb(6, 2)
    tidy()


def test_a_network_knows_its_treatments() -> None:
    nodes = [NetworkNode("A", 1), NetworkNode("B", 1)]
    with pytest.raises(ValueError, match="C is compared"):
        network_plot(nodes, [NetworkEdge("A", "C", 1)])
    with pytest.raises(ValueError, match="a name of its own"):
        network_plot([nodes[0], nodes[0]], [])
    with pytest.raises(ValueError, match="needs nodes"):
        network_plot([], [])


@pytest.mark.parametrize("number", [1, 2, 5, 20])
def test_bars_are_the_probabilities(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    made = []
    for place in range(number):
        raw = [1.0 / (1 + abs(place - rank)) for rank in range(number)]
        parts = tuple(one / sum(raw) for one in raw)
        made.append(RankRow(f"treatment {place} with a long name, as some have", place / 20, parts))
    said = texts(ranking_plot(made))
    bars = drawn[0].axes[0].patches
    widths = [box.x1 - box.x0 for box in (bar.get_bbox() for bar in bars)]  # type: ignore[attr-defined]
    wanted = [part for row in reversed(made) for part in row.probabilities]
    assert widths == pytest.approx(wanted)
    scores = [text for text in said if text in {f"{row.p_score:.2f}" for row in made}]
    assert scores == [f"{row.p_score:.2f}" for row in reversed(made)]
    tidy()


def test_probabilities_must_be_some() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        ranking_plot([RankRow("A", 0.5, (0.5, 0.1))])
    with pytest.raises(ValueError, match="for each rank"):
        ranking_plot([RankRow("A", 0.5, (0.5, 0.5)), RankRow("B", 0.5, (1.0,))])
