"""Bubbles and strips: each effect at its place, areas are weights, lines are the model's."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from perdure.plots.bubble import Bubble, RegressionLine, StripClass, bubble_plot, strip_plot
from perdure.plots.effect_axis import EffectAxis

RATIO = EffectAxis("Odds ratio", "ratio", reference=0.0)
YEARS = tuple(float(year) for year in range(2010, 2024))
LINE = RegressionLine(
    YEARS,
    tuple(0.05 * (year - 2012) for year in YEARS),
    tuple(0.05 * (year - 2012) - 0.1 for year in YEARS),
    tuple(0.05 * (year - 2012) + 0.1 for year in YEARS),
    tuple(0.05 * (year - 2012) - 0.6 for year in YEARS),
    tuple(0.05 * (year - 2012) + 0.6 for year in YEARS),
)


def circles(figure: Figure) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if line.get_marker() == "o"]


def bubbles(number: int) -> list[Bubble]:
    return [
        Bubble(f"Trial {place} <&>", 2010 + place % 13, np.sin(place) / 2, 100.0 / (1 + place))
        for place in range(number)
    ]


@pytest.mark.parametrize("number", [1, 2, 20, 60])
def test_each_effect_is_a_circle(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    made = bubbles(number)
    bubble_plot(made, RATIO, "Year", line=LINE, notes=["Slope: 1.05 a year, P = 0.012."])
    found = circles(drawn[0])
    assert [float(np.asarray(one.get_xdata())[0]) for one in found] == [
        one.moderator for one in made
    ]
    assert [float(np.asarray(one.get_ydata())[0]) for one in found] == [one.effect for one in made]
    curves = [np.asarray(one.get_ydata()).tolist() for one in drawn[0].axes[0].lines]
    for values in (LINE.estimate, LINE.prediction_low, LINE.prediction_high):
        assert values is not None
        assert list(values) in curves
    tidy()


@pytest.mark.parametrize("effects", [(0.3,), (0.3, 0.3, 0.3), (0.1, 90.0)])
def test_a_constant_moderator(effects: tuple[float, ...], tidy: Callable[[], None]) -> None:
    made = [Bubble(f"Trial {place}", 2015.0, one, 1.0) for place, one in enumerate(effects)]
    bubble_plot(made, RATIO, "Year")
    bubble_plot(made, EffectAxis("Difference, points", "percent", 1), "Year")
    tidy()


def test_areas_are_weights(drawn: list[Figure]) -> None:
    bubble_plot([Bubble("A", 1.0, 0.1, 8.0), Bubble("B", 2.0, 0.2, 2.0)], RATIO, "Dose")
    first, second = (one.get_markersize() for one in circles(drawn[0]))
    assert (first / second) ** 2 == pytest.approx(4.0)


def test_strips_keep_effects_and_tell_circles_apart(
    drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    many = tuple((f"T{place}", 0.3 + place / 500, 1.0 + place % 3) for place in range(6))
    classes = [
        StripClass("anti-PD-1/PD-L1 with a name that does not end soon", many, 0.3, 0.1, 0.5),
        StripClass("one", (("A", -0.2, 1.0),), -0.2, -0.9, 0.5, -8.0, 9.0),
        StripClass("no model", (("B", 0.9, 0.1), ("C", 0.9, 0.1))),
    ]
    strip_plot(classes, RATIO, notes=["Test of class: F 2.1 on 2 and 6 df, P = 0.20."])
    found = circles(drawn[0])
    assert sorted(float(np.asarray(one.get_xdata())[0]) for one in found) == sorted(
        effect for one in classes for _, effect, _ in one.effects
    )
    middles = {
        (float(np.asarray(one.get_xdata())[0]), float(np.asarray(one.get_ydata())[0]))
        for one in found
    }
    assert len(middles) == len(found)
    heights = [height for _, height in middles]
    assert min(heights) >= 0
    assert max(heights) <= drawn[0].axes[0].get_ylim()[0]
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="needs an effect"):
        bubble_plot([], RATIO, "Year")
    with pytest.raises(ValueError, match="needs an effect"):
        strip_plot([StripClass("empty", ())], RATIO)


@pytest.mark.parametrize("weight", [1.0, 50.0])
def test_no_circle_of_a_crowd_is_cut_or_lies_on_the_mean(
    weight: float, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    crowd = tuple((f"Trial {place}", 0.5, weight) for place in range(30))
    other = StripClass("other", (("heavy", -0.4, 50.0), ("light", 0.9, 1.0)), 0.2, 0.1, 0.3)
    strip_plot([StripClass("crowd", crowd, 0.5, 0.4, 0.6), other], RATIO)
    height, _ = drawn[0].axes[0].get_ylim()
    for line in circles(drawn[0]):
        radius = line.get_markersize() / 2
        middle = float(np.asarray(line.get_ydata())[0]) % (height / 2)
        assert middle - radius > 0
        assert middle + radius < height / 2 - 12  # a diamond is 8 points high
    tidy()


def test_a_mean_that_leaves_the_axis_has_arrows(drawn: list[Figure]) -> None:
    wide = StripClass("wide", (("A", 0.1, 1.0), ("B", 0.6, 1.0)), 0.4, -40.0, 60.0)
    narrow = StripClass("narrow", (("C", 0.2, 1.0), ("D", 0.5, 1.0)), 0.4, 0.2, 0.6)
    strip_plot([wide, narrow], RATIO)
    found = [str(line.get_marker()) for line in drawn[0].axes[0].lines]
    assert (found.count("<"), found.count(">")) == (1, 1)
