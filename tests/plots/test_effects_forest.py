"""A forest of effects: every effect once, marks where the numbers say, nothing over another."""

import math
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from perdure.plots.effect_axis import EffectAxis, axis_range, axis_ticks, effect_text
from perdure.plots.effects_forest import (
    EffectRow,
    ForestGroup,
    PooledEffect,
    forest_of_effects,
    pooled_effect,
)
from perdure.pool.models.random_effects import pool
from perdure.records import JointTest

SVG = "{http://www.w3.org/2000/svg}"
RATIO = EffectAxis(
    "Odds ratio", "ratio", reference=0.0, low_side="favours control", high_side="favours new"
)
LONG = "CheckMate 9ER, nivolumab plus ipilimumab v docetaxel in previously treated disease " * 2


def texts(*pages: bytes) -> list[str]:
    return [
        element.text or "" for page in pages for element in ET.fromstring(page).iter(f"{SVG}text")
    ]


def rows(number: int, *, wide: float = 0.3) -> tuple[EffectRow, ...]:
    return tuple(
        EffectRow(
            f"Trial {place} <&>" if place % 4 else f"{place} {LONG}",
            0.4 * math.sin(place),
            0.4 * math.sin(place) - wide * (1 + place % 3),
            0.4 * math.sin(place) + wide * (1 + place % 3),
            1 / number,
            (str(100 + place), "1234"),
            "thin" if place == 1 else "estimable",
        )
        for place in range(number)
    )


def marks(figure: Figure, mark: str) -> list[Line2D]:
    return [line for axes in figure.axes for line in axes.lines if line.get_marker() == mark]


MODEL = PooledEffect("Random effects", 0.2, 0.1, 0.3, -0.2, 0.6, "τ² 0.02, I² 40%, Q 9.1 on 5 df")
HEADS = ("n new", "n control")


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 17, 60, 130])
def test_every_effect_is_there_once(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    group = ForestGroup("new v old", rows(number), (MODEL,), plain_mean=0.15)
    pages = forest_of_effects([group], RATIO, overall=[MODEL], cell_heads=HEADS, title=LONG)
    said = texts(*pages)
    assert (len(pages) > 1) == (number == 130)
    for place in range(number):
        assert said.count(str(100 + place)) == 1
    squares = [line for figure in drawn for line in marks(figure, "s")]
    assert [float(np.asarray(line.get_xdata())[0]) for line in squares] == pytest.approx(
        [0.4 * math.sin(place) for place in range(number)]
    )
    assert sum(line.get_markerfacecolor() == "white" for line in squares) == (number > 1)
    tidy()


def test_numbers_are_ratios_and_weights() -> None:
    one = EffectRow("A", math.log(2), math.log(1.5), math.log(8 / 3), 0.25)
    other = EffectRow("B", 0.0, -math.log(4), math.log(4), 0.75)
    [page] = forest_of_effects([ForestGroup("", (one, other))], RATIO)
    said = texts(page)
    assert "2.00 (1.50 to 2.67)" in said
    assert "1.00 (0.25 to 4.00)" in said
    assert {"25.0%", "75.0%", "← favours control", "favours new →"} <= set(said)


def test_the_square_s_area_is_the_weight(drawn: list[Figure]) -> None:
    made = [EffectRow(f"{place}", 0.1, 0, 0.2, weight) for place, weight in enumerate([0.8, 0.2])]
    forest_of_effects([ForestGroup("", tuple(made))], RATIO)
    first, second = (line.get_markersize() for line in marks(drawn[0], "s"))
    assert first > second
    assert (first - 2.4) / (second - 2.4) == pytest.approx(2.0)


def test_limits_beyond_the_axis_are_arrows(drawn: list[Figure], tidy: Callable[[], None]) -> None:
    huge = EffectRow("huge", 0.1, -90.0, 95.0)
    endless = EffectRow("endless", 0.1, -math.inf, 0.3)
    usual = [EffectRow(row.label, row.estimate, row.low, row.high) for row in rows(6)]
    forest_of_effects([ForestGroup("", (*usual, huge, endless))], RATIO)
    assert len(marks(drawn[0], "<")) == 2
    assert len(marks(drawn[0], ">")) == 1
    start, end = drawn[0].axes[0].get_xlim()
    assert -3 < start < -0.5
    assert 0.5 < end < 3
    tidy()


def test_effects_without_an_estimate_keep_their_place(drawn: list[Figure]) -> None:
    missing = EffectRow(
        "B", None, 0.0, 0.6, status="not estimable", reason="follow-up ends before 30.2 mo"
    )
    lines = (EffectRow("A", 0.3, 0.2, 0.4, 0.5), missing, EffectRow("C", 0.3, 0.2, 0.4, 0.5))
    [page] = forest_of_effects(
        [ForestGroup("anti-PD-1", lines)], EffectAxis("Durable response, %", "percent", 1)
    )
    said = texts(page)
    assert said.index("A") < said.index("B") < said.index("C")
    assert "follow-up ends before 30.2 mo" in said
    assert "2 of 3 estimable" in said
    edges = [np.asarray(line.get_xdata()).tolist() for line in drawn[0].axes[0].lines]
    assert edges.count([0.0, 0.6]) == 2


def test_a_group_ends_with_what_its_model_says() -> None:
    effects, variances = [0.1, 0.5, 0.9], [0.04, 0.05, 0.06]
    found = pool(effects, variances)
    made = tuple(
        EffectRow(str(place), one, one - 0.4, one + 0.4) for place, one in enumerate(effects)
    )
    group = ForestGroup("new v old", made, (pooled_effect("REML", found),), plain_mean=0.5)
    alone = ForestGroup("other", made[:1], reason="one trial")
    difference = JointTest(("x",), 3.2, 1, None, 0.0736)
    [page] = forest_of_effects([group, alone], EffectAxis("Difference"), difference=difference)
    said = texts(page)
    [mean] = found.coefficients
    assert (
        f"{mean.estimate:.2f} ({mean.ci_low:.2f} to {mean.ci_high:.2f})".replace("-", "−") in said
    )
    assert "τ² 0.110, I² 69%, Q 6.49 on 2 df, P = 0.039" in said
    assert found.prediction_low is not None
    assert any(text.startswith(f"(−{-found.prediction_low:.2f} to") for text in said)
    assert "Plain mean, 3 effects" in said
    assert "Not pooled: one trial" in said
    assert "Test of differences between groups: χ² 3.20 on 1 df, P = 0.074." in said


def test_equal_effects_and_one_point(tidy: Callable[[], None]) -> None:
    same = tuple(EffectRow(f"T{place}", 0.2, 0.2, 0.2) for place in range(3))
    forest_of_effects([ForestGroup("", same)], EffectAxis("Difference"))
    forest_of_effects([ForestGroup("", (EffectRow("T", None, reason="no median"),))], RATIO)
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="needs a row"):
        forest_of_effects([], RATIO)
    with pytest.raises(ValueError, match="a cell for each"):
        forest_of_effects([ForestGroup("", rows(2))], RATIO)
    with pytest.raises(ValueError, match="no single diamond"):
        pooled_effect(
            "x", pool([0.1, 0.2, 0.4], [0.1] * 3, moderators=[[1, 0.0], [1, 1.0], [1, 2.0]])
        )


def test_is_the_same_to_the_byte() -> None:
    group = [ForestGroup("", rows(5))]
    assert forest_of_effects(group, RATIO, cell_heads=HEADS) == forest_of_effects(
        group, RATIO, cell_heads=HEADS
    )


@pytest.mark.parametrize("form", ["plain", "percent", "ratio", "logit"])
@pytest.mark.parametrize(("start", "end"), [(-0.01, 0.02), (-1.3, 2.0), (-6.0, 9.0), (3.0, 3.1)])
def test_ticks_are_few_and_inside(form: str, start: float, end: float) -> None:
    axis = EffectAxis("", form)  # type: ignore[arg-type]
    ticks = axis_ticks(axis, start, end)
    assert 2 <= len(ticks) <= 8
    places = [at for at, _ in ticks]
    assert places == sorted(places)
    assert start - 1e-9 <= places[0]
    assert places[-1] <= end + 1e-9
    assert len({text for _, text in ticks}) == len(ticks)


@pytest.mark.parametrize("form", ["plain", "percent", "ratio", "logit"])
@given(
    middle=st.floats(-1e4, 1e4),
    spread=st.floats(1e-6, 1e4),
    wide=st.sampled_from([0.0, 0.3, 40.0, math.inf]),
    reference=st.sampled_from([None, 0.0]),
)
@settings(max_examples=60, deadline=None)
def test_any_effects_have_an_axis(
    form: str, middle: float, spread: float, wide: float, reference: float | None
) -> None:
    axis = EffectAxis("", form, reference=reference)  # type: ignore[arg-type]
    effects = [middle, middle + spread, middle - 0.3 * spread]
    lows, highs = ([one + side * wide * 2 for one in effects] for side in (-spread, spread))
    start, end = axis_range(axis, effects, lows, highs)
    assert start < end
    assert all(start <= one <= end for one in effects)
    assert reference is None or start <= reference <= end
    ticks = axis_ticks(axis, start, end)
    assert 1 <= len(ticks) <= 9
    assert all(start - 1e-6 * spread <= at <= end + 1e-6 * spread for at, _ in ticks)


def test_an_axis_holds_estimates_and_reference() -> None:
    axis = EffectAxis("", reference=0.0)
    start, end = axis_range(axis, [5.0, 6.0], [4.0, -1e9], [6.5, 1e9], whole=[5.5])
    assert start <= 0 < 6 < end < 40
    assert effect_text(EffectAxis("", "ratio"), 20.0) == "4.9e8".replace("4.9", "5")


@pytest.mark.parametrize(("start", "end"), [(5.05, 14.9), (0.51, 0.99), (10.2, 19.8), (-4.9, 4.9)])
def test_a_narrow_axis_has_round_numbers_all_the_same(start: float, end: float) -> None:
    ticks = axis_ticks(EffectAxis("Q"), start, end, most=3)
    assert 2 <= len(ticks) <= 5
    [step] = {round(later[0] - sooner[0], 9) for sooner, later in pairwise(ticks)}
    assert all(abs(at / step - round(at / step)) < 1e-9 for at, _ in ticks)
    assert all(float(text.replace("−", "-")) == pytest.approx(at) for at, text in ticks)
