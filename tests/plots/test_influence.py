"""Measures of influence and Baujat's plot: each dot at its value, what is missing is a dash."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.influence import (
    BaujatDot,
    InfluenceDots,
    Measure,
    baujat_plot,
    influence_plot,
)

SVG = "{http://www.w3.org/2000/svg}"
MEASURES = [
    Measure("rstudent", (-1.96, 1.96)),
    Measure("Cook’s distance with a long name", (0.5,)),
    Measure("Covariance ratio", (), 1.0),
    Measure("Weight, %", (), None),
]


def texts(page: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(page).iter(f"{SVG}text")]


@pytest.mark.parametrize("number", [1, 2, 20, 60])
def test_each_effect_has_a_dot_a_measure(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    rows = [
        InfluenceDots(
            f"Trial {place} with a name that is long enough to be cut, first line",
            (np.sin(place), abs(np.cos(place)), 1 + 0.1 * np.sin(place), 5.0),
            influential=place == 0,
        )
        for place in range(number)
    ]
    influence_plot(rows, MEASURES)
    assert len(drawn[0].axes) == len(MEASURES)
    for place, axes in enumerate(drawn[0].axes):
        marked = [line for line in axes.lines if line.get_marker() in {"o", "s"}]
        values = [float(np.asarray(line.get_xdata())[0]) for line in marked]
        assert values == [row.values[place] for row in rows]
        assert [line.get_marker() for line in marked] == ["s"] + ["o"] * (number - 1)
    dashed = [np.asarray(line.get_xdata())[0] for line in drawn[0].axes[1].lines]
    assert 0.5 in dashed or number == 1
    tidy()


def test_what_cannot_be_computed_is_a_dash(tidy: Callable[[], None]) -> None:
    rows = [InfluenceDots("A", (None,)), InfluenceDots("B", (0.3,))]
    assert texts(influence_plot(rows, [Measure("rstudent")])).count(" –") == 1
    influence_plot([InfluenceDots("A", (None,))], [Measure("rstudent")])
    influence_plot([InfluenceDots(one, (0.2,)) for one in "ABC"], [Measure("hat", (), None)])
    tidy()


@pytest.mark.parametrize("number", [1, 2, 20, 60])
def test_baujat(number: int, drawn: list[Figure], tidy: Callable[[], None]) -> None:
    dots = [
        BaujatDot(f"Trial {place} <&>", abs(np.sin(place)) + place, abs(np.cos(place)) * place)
        for place in range(number)
    ]
    page = baujat_plot(dots, title="Which trials make the difference?")
    [marks] = [line for line in drawn[0].axes[0].lines if line.get_marker() == "o"]
    assert np.asarray(marks.get_xdata()).tolist() == [dot.heterogeneity for dot in dots]
    assert np.asarray(marks.get_ydata()).tolist() == [dot.influence for dot in dots]
    outermost = max(dots, key=lambda dot: dot.influence)
    assert number == 60 or outermost.label in texts(page)
    tidy()


def test_no_heterogeneity_at_all(tidy: Callable[[], None]) -> None:
    baujat_plot([BaujatDot("A", 0.0, 0.0), BaujatDot("B", 0.0, 0.0)])
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="a value for each measure"):
        influence_plot([InfluenceDots("A", (0.1, 0.2))], MEASURES)
    with pytest.raises(ValueError, match="a value for each measure"):
        influence_plot([], MEASURES)
    with pytest.raises(ValueError, match="needs an effect"):
        baujat_plot([])


def test_of_very_many_the_most_influential_are_drawn_and_said(
    drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    rng = np.random.default_rng(5)
    cook = rng.exponential(size=500)
    rows = [
        InfluenceDots(f"Trial {place}", (0.0, float(value)), influential=place in {7, 430})
        for place, value in enumerate(cook)
    ]
    said = texts(
        influence_plot(rows, [Measure("Residual"), Measure("Cook’s distance", (0.455,))], by=1)
    )
    named = [int(text.removeprefix("Trial ")) for text in said if text.startswith("Trial ")]
    assert named == sorted(named)
    assert len(named) == 72
    assert {7, 430} <= set(named)
    others = set(range(500)) - set(named)
    assert max(cook[list(others)]) < min(cook[list(set(named) - {7, 430})])
    assert "72 of 500 effects: the influential, then those largest in Cook’s distance." in said
    tidy()


def test_rows_that_are_trials_are_called_trials() -> None:
    rows = [InfluenceDots(name, (0.1,)) for name in "ABC"]
    said = " ".join(texts(influence_plot(rows, [Measure("Residual")], most_rows=2, unit="trial")))
    for words in ("Influence of single trials", "2 of 3 trials", "● one trial", "a trial without"):
        assert words in said
    assert "effect" not in said


def test_a_few_are_all_drawn_and_nothing_is_said_of_it() -> None:
    rows = [InfluenceDots("A", (0.1,)), InfluenceDots("A", (0.2,)), InfluenceDots("B", (None,))]
    said = texts(influence_plot(rows, [Measure("Residual")]))
    assert {"1 of 2: A", "2 of 2: A", "B"} <= set(said)
    assert not any("effects:" in text for text in said)
