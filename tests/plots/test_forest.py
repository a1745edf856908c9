"""Every arm is on a forest plot once: with its numbers, or with the reason why it has none."""

import math
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots import forest_plots
from perdure.pool import pool_by_class
from perdure.records import (
    Arm,
    ArmEstimate,
    DurableResponse,
    NotEstimable,
    Proportion,
    Synthesis,
    Trial,
    classes_of,
)

SVG = "{http://www.w3.org/2000/svg}"
Question = tuple[Synthesis, list[ArmEstimate], list[Trial], dict[tuple[str, str], str]]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def estimate(trial: str, arm: str, value: float | None, se: float | None) -> ArmEstimate:
    found = (
        NotEstimable("median not reached: survival is 0.61 at the end (20.0 months)", 0.0, 0.61)
        if value is None
        else Proportion(value, se, max(value - 0.08, 0), value + 0.08, 30, "estimable")
    )
    if value == 0:
        found = Proportion(0.0, None, 0.0, 0.07, 0, "zero")
    median = None if value is None else 4.0
    threshold = None if value is None else 12.0
    response = DurableResponse(arm, 101, 60, median, 3.0, 5.0, 24.0, 3.0, "own", threshold, found)
    return ArmEstimate(trial, "PFS", "", primary=True, source="patients", response=response)


def question(trials: int, *, classes: int = 2) -> Question:
    """A synthesis of two arms a trial; every seventh arm is not estimable, one is zero."""
    made, estimates = [], []
    for place in range(trials):
        name = f"T{place}"
        arms = tuple(
            Arm(name, arm, f"{arm} & <co> {place}", drug_class=f"class {(place + order) % classes}")
            for order, arm in enumerate(("new", "old"))
        )
        made.append(Trial(name, f"Trial <{place}>", arms=arms))
        for order, arm in enumerate(("new", "old")):
            number = 2 * place + order
            value = 0.1 + 0.2 * ((number * 37) % 11) / 11
            state = None if number % 7 == 5 else 0.0 if number == 3 else value
            estimates.append(estimate(name, arm, state, 0.03 + 0.002 * (number % 5)))
    belongs = classes_of(made, "drug_class")
    return pool_by_class(estimates, belongs, by="drug_class"), estimates, made, belongs


@pytest.mark.parametrize("trials", [2, 9, 100])
def test_every_arm_is_there_once(trials: int) -> None:
    synthesis, estimates, made, belongs = question(trials)
    pages = forest_plots(synthesis, estimates, made, belongs)
    said = [text for page in pages for text in texts(page)]
    for trial in made:
        for arm in trial.arms:
            assert said.count(arm.label) == 1
    missing = sum(one.response.proportion is None for one in estimates)
    assert said.count("median not reached") == missing


def test_many_arms_go_on_pages_and_classes_are_named_again() -> None:
    synthesis, estimates, made, belongs = question(100)
    pages = forest_plots(synthesis, estimates, made, belongs)
    assert len(pages) > 2
    assert any("class 0 (continued)" in texts(page) for page in pages)
    for page in pages:
        root = ET.fromstring(page)
        assert float((root.get("height") or "").removesuffix("pt")) < 1100


def test_weights_of_a_class_are_those_of_the_model() -> None:
    synthesis, estimates, made, belongs = question(3)
    [page] = forest_plots(synthesis, estimates, made, belongs)
    said = texts(page)
    for row in synthesis.rows:
        assert row.pooled is not None
        parts = {}
        for one in estimates:
            found = one.response.estimate
            if belongs[one.trial, one.response.arm] != row.name:
                continue
            if isinstance(found, Proportion) and found.se:
                spread = found.se / (found.value * (1 - found.value))
                parts[one.trial, one.response.arm] = 1 / (spread**2 + (row.pooled.tau2 or 0))
        for weight in parts.values():
            assert f"{100 * weight / math.fsum(parts.values()):.1f}%" in said


def test_pooled_rows_and_plain_means_stand_side_by_side() -> None:
    synthesis, estimates, made, belongs = question(9)
    [page] = forest_plots(synthesis, estimates, made, belongs)
    said = texts(page)
    for row in synthesis.rows:
        assert row.proportion is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.mean_of_proportions is not None
        limits = f"({100 * row.ci_low:.1f} to {100 * row.ci_high:.1f})"
        assert f"{100 * row.proportion:.1f} {limits}" in said
        assert f"{100 * row.mean_of_proportions:.1f}" in said
    assert any(text.startswith("class 0 v class 1: odds ratio") for text in said)
    assert any("2⁻³, an exponential arm" in text for text in said)


def test_the_line_of_an_exponential_arm_is_for_the_own_median_only() -> None:
    synthesis, estimates, made, belongs = question(4)
    moved = [replace(one, response=replace(one.response, reference="control")) for one in estimates]
    other = pool_by_class(moved, belongs, by="drug_class")
    [page] = forest_plots(other, moved, made, belongs)
    assert not any("exponential" in text for text in texts(page))
    assert synthesis.reference == "own"


def test_without_arms_the_classes_stand_alone() -> None:
    synthesis, _, made, belongs = question(9)
    [page] = forest_plots(synthesis, (), made, belongs)
    said = texts(page)
    assert "Arm" not in said
    assert sum(text.startswith("Plain mean") for text in said) == len(synthesis.rows)


def test_arms_without_a_class_are_shown_all_the_same() -> None:
    _, estimates, made, belongs = question(4)
    belongs["T0", "new"] = ""
    synthesis = pool_by_class(estimates, belongs, by="drug_class")
    [page] = forest_plots(synthesis, estimates, made, belongs)
    said = texts(page)
    assert "no class given" in said
    assert "new & <co> 0" in said


def test_is_the_same_to_the_byte() -> None:
    assert forest_plots(*question(5)) == forest_plots(*question(5))


@pytest.mark.parametrize("classes", [1, 6, 12])
def test_any_number_of_classes(classes: int) -> None:
    pages = forest_plots(*question(12, classes=classes))
    said = [text for page in pages for text in texts(page)]
    assert sum(text.startswith("class ") and " v " not in text for text in said) >= classes
    if classes == 12:
        assert any(text.startswith("and ") and "more, in the table" in text for text in said)


def test_classes_say_how_far_their_arms_differ(
    drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    synthesis, estimates, made, belongs = question(9)
    [page] = forest_plots(synthesis, estimates, made, belongs)
    said = texts(page)
    for row in synthesis.rows:
        assert row.pooled is not None
        assert row.pooled.q is not None
        assert any(
            text.startswith("τ² ") and f"Q {row.pooled.q:.1f}, df {row.pooled.q_df}, P" in text
            for text in said
        )
    assert any(
        text.startswith("Differences between classes (obs") and " F " in text for text in said
    )
    lines = [np.asarray(line.get_xdata()).tolist() for line in drawn[0].axes[0].lines]
    missing = sum(one.response.proportion is None for one in estimates)
    end = drawn[0].axes[0].get_xlim()[1]
    assert lines.count([0.0, min(0.61, end)]) == 2 * missing
    tidy()
