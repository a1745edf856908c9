"""A funnel holds every effect at its place, its lines where normal quantiles put them."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.funnel import FunnelPoint, funnel_plot

SVG = "{http://www.w3.org/2000/svg}"
RATIO = EffectAxis("Odds ratio", "ratio", reference=0.0)


def points(number: int) -> list[FunnelPoint]:
    return [
        FunnelPoint(f"Trial {place} <&> of some length", 0.5 * np.sin(3 * place), 0.1 + place / 90)
        for place in range(number)
    ]


def lines(figure: Figure) -> list[list[tuple[float, float]]]:
    return [
        list(zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True))
        for line in figure.axes[0].lines
    ]


@pytest.mark.parametrize("number", [1, 2, 12, 60])
def test_every_effect_is_at_its_place(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    made = points(number)
    filled = [FunnelPoint("", -0.6, 0.2, filled=True)]
    funnel_plot([*made, *filled], 0.1, RATIO, contours=True, egger=(0.05, 0.4), adjusted=0.02)
    found = [line for line in drawn[0].axes[0].lines if line.get_marker() == "o"]
    known, added = found
    assert np.asarray(known.get_xdata()).tolist() == [one.effect for one in made]
    assert np.asarray(known.get_ydata()).tolist() == [one.se for one in made]
    assert np.asarray(added.get_xdata()).tolist() == [-0.6]
    assert added.get_markerfacecolor() == "white"
    bottom, top = drawn[0].axes[0].get_ylim()
    assert top == 0
    assert bottom > max(one.se for one in made)
    tidy()


def test_the_region_is_the_normal_one(drawn: list[Figure]) -> None:
    funnel_plot([FunnelPoint("A", 0.2, 0.5)], 0.1, RATIO, egger=(0.05, 0.4), contours=True)
    deepest = 0.53
    found = lines(drawn[0])
    for side in (-1, 1):
        wanted = [(0.1, 0.0), (0.1 + side * 1.959964 * deepest, deepest)]
        assert any(np.allclose(line, wanted, atol=1e-5) for line in found if len(line) == 2)
    egger = [(0.05, 0.0), (0.05 + 0.4 * deepest, deepest)]
    assert any(np.allclose(line, egger) for line in found if len(line) == 2)
    back = drawn[0].axes[0].transData.inverted()
    triangles = [patch.get_extents().transformed(back) for patch in drawn[0].axes[0].patches[1:]]
    widths = [box.x1 for box in triangles]
    assert widths == pytest.approx([2.575829 * deepest, 1.959964 * deepest, 1.644854 * deepest])


def test_only_what_lies_outside_is_named() -> None:
    made = [FunnelPoint("inside", 0.2, 0.2), FunnelPoint("outside", 0.9, 0.2)]
    said = [text.text for text in ET.fromstring(funnel_plot(made, 0.1, RATIO)).iter(f"{SVG}text")]
    assert "outside" in said
    assert "inside" not in said
    chosen = funnel_plot(made, 0.1, RATIO, names=["inside"])
    assert "inside" in [text.text for text in ET.fromstring(chosen).iter(f"{SVG}text")]


def test_equal_effects_and_wide_ones(tidy: Callable[[], None]) -> None:
    funnel_plot([FunnelPoint("A", 0.0, 1e-4)] * 3, 0.0, RATIO)
    funnel_plot([FunnelPoint("A", 40.0, 9.0), FunnelPoint("B", 0.1, 0.1)], 0.2, RATIO)
    funnel_plot([FunnelPoint("A", 0.2, 0.01)], 0.2, EffectAxis("Proportion, %", "logit"))
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="positive standard errors"):
        funnel_plot([], 0.0, RATIO)
    with pytest.raises(ValueError, match="positive standard errors"):
        funnel_plot([FunnelPoint("A", 0.1, 0.0)], 0.0, RATIO)


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_is_the_same_to_the_byte(kind: str) -> None:
    made = points(5)
    first, second = (funnel_plot(made, 0.1, RATIO, kind=kind) for _ in "ab")  # type: ignore[arg-type]
    assert first == second


def test_effects_of_one_name_are_each_named_at_their_own_place(drawn: list[Figure]) -> None:
    made = [
        FunnelPoint("Trial A", -1.2, 0.1),
        FunnelPoint("Trial A", 1.4, 0.15),
        FunnelPoint("Trial B", 0.1, 0.3),
    ]
    funnel_plot(made, 0.1, RATIO)
    words = {text.get_text(): text.get_position() for text in drawn[0].axes[0].texts}
    assert set(words) == {"1 of 2: Trial A", "2 of 2: Trial A"}
    left, right = drawn[0].axes[0].get_xlim()
    for one, name in zip(made, ("1 of 2: Trial A", "2 of 2: Trial A"), strict=False):
        assert abs(words[name][0] - one.effect) < 0.25 * (right - left)


def test_names_that_are_asked_for_are_given_to_every_effect_that_has_them(
    drawn: list[Figure],
) -> None:
    made = [FunnelPoint("A", 0.1, 0.1), FunnelPoint("A", 0.3, 0.2), FunnelPoint("B", 0.2, 0.3)]
    made.append(FunnelPoint("A", -0.2, 0.25, filled=True))
    funnel_plot(made, 0.2, RATIO, names=["A", "nobody"])
    assert {text.get_text() for text in drawn[0].axes[0].texts} == {"1 of 2: A", "2 of 2: A"}
