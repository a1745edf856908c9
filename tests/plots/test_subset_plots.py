"""Leave-one-out and cumulative plots: every row once, in order, those that matter marked."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.cumulative import cumulative_plot
from perdure.plots.effect_axis import EffectAxis
from perdure.plots.leave_one_out import SubsetEffect, leave_one_out_plot

SVG = "{http://www.w3.org/2000/svg}"
RATIO = EffectAxis("Odds ratio", "ratio", reference=0.0, low_side="worse", high_side="better")
OVERALL = SubsetEffect("all", 0.3, 0.1, 0.5, p=0.01, tau2=0.02, i2=30.0)


def texts(*pages: bytes) -> list[str]:
    return [
        element.text or "" for page in pages for element in ET.fromstring(page).iter(f"{SVG}text")
    ]


def rows(number: int) -> list[SubsetEffect]:
    return [
        SubsetEffect(
            f"Trial {place} with a name that is rather long, nivolumab v docetaxel",
            0.3 + 0.1 * np.sin(place),
            0.1 + 0.1 * np.sin(place),
            0.5 + 0.1 * np.sin(place) * (1 if place else 90),
            p=0.01 + place / 1000,
            tau2=0.02,
            i2=30.0,
            n_effects=place + 1,
            when=str(2000 + place),
        )
        for place in range(number)
    ]


@pytest.mark.parametrize("number", [1, 2, 15, 60])
def test_left_out_in_order_of_the_answer(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    said = texts(*leave_one_out_plot(rows(number), OVERALL, RATIO, notes=["A sentence."]))
    squares = [line for line in drawn[0].axes[0].lines if line.get_marker() == "s"]
    values = [float(np.asarray(line.get_xdata())[0]) for line in squares]
    assert values == sorted(values)
    assert len(values) == number
    assert sum(text.startswith("Trial ") for text in said) == number
    assert "All together: all" in said
    assert "Conclusion" not in said
    tidy()


def test_what_changes_the_conclusion_is_marked(
    drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    made = rows(6)
    made[2] = replace(made[2], changes=True)
    made[4] = SubsetEffect("Trial X", None, None, None, reason="one trial is left")
    said = texts(*leave_one_out_plot(made, OVERALL, RATIO))
    assert said.count("changed") == 1
    assert "one trial is left" in said
    hollow = [
        float(np.asarray(line.get_xdata())[0])
        for line in drawn[0].axes[0].lines
        if line.get_marker() == "s" and line.get_markerfacecolor() == "white"
    ]
    assert hollow == [made[2].estimate]
    tidy()


def test_the_band_is_the_overall_interval(drawn: list[Figure]) -> None:
    leave_one_out_plot(rows(4), OVERALL, RATIO)
    band = (
        drawn[0].axes[0].patches[0].get_extents().transformed(drawn[0].axes[0].transData.inverted())
    )
    assert (band.x0, band.x1) == pytest.approx((0.1, 0.5))


@pytest.mark.parametrize("number", [1, 2, 15, 60])
def test_cumulative_keeps_the_order(
    number: int, drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    made = rows(number)
    said = texts(*cumulative_plot(made, RATIO))
    years = [text for text in said if text in {row.when for row in made}]
    assert years == [row.when for row in made]
    squares = [line for line in drawn[0].axes[0].lines if line.get_marker() == "s"]
    assert [float(np.asarray(line.get_xdata())[0]) for line in squares] == [
        row.estimate for row in made[:-1]
    ]
    sizes = [line.get_markersize() for line in squares]
    assert sizes == sorted(sizes)
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="needs a row"):
        leave_one_out_plot([], OVERALL, RATIO)
    with pytest.raises(ValueError, match="needs a row"):
        cumulative_plot([], RATIO)
