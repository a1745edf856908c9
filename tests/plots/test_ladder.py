"""A ladder has every arm on it once, in order, with its numbers or the reason why it has none."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from perdure.plots import ladder_plot
from perdure.records import (
    Arm,
    ArmEstimate,
    DurableResponse,
    NotEstimable,
    Proportion,
    Trial,
    classes_of,
)

SVG = "{http://www.w3.org/2000/svg}"
REASON = "median not reached: survival is 0.61 at the end (20.0 months)"


def texts(*pages: bytes) -> list[str]:
    return [
        element.text or "" for page in pages for element in ET.fromstring(page).iter(f"{SVG}text")
    ]


def estimate(trial: str, arm: str, value: float | None) -> ArmEstimate:
    found: Proportion | NotEstimable = NotEstimable(REASON, 0.0, 0.61, 0.7)
    if value == 0:
        found = Proportion(0.0, None, 0.0, 0.07, 0, "zero")
    elif value is not None:
        found = Proportion(value, 0.04, max(value - 0.08, 0), value + 0.08, 30, "estimable")
    threshold = None if value is None else 12.0
    response = DurableResponse(arm, 101, 60, None, 3.0, 5.0, 24.0, 3.0, "own", threshold, found)
    return ArmEstimate(trial, "PFS", "", primary=True, source="patients", response=response)


def study(trials: int) -> tuple[list[ArmEstimate], list[Trial]]:
    """Two arms a trial; every seventh arm is not estimable, one is zero."""
    made, estimates = [], []
    for place in range(trials):
        name = f"T{place}"
        arms = tuple(
            Arm(name, arm, f"{arm} & <co> {place}", drug_class=f"class {(place + order) % 3}")
            for order, arm in enumerate(("new", "old"))
        )
        made.append(Trial(name, f"Trial <{place}>", arms=arms))
        for order, arm in enumerate(("new", "old")):
            number = 2 * place + order
            value = 0.1 + 0.2 * ((number * 37) % 11) / 11
            state = None if number % 7 == 5 else 0.0 if number == 3 else value
            estimates.append(estimate(name, arm, state))
    return estimates, made


@pytest.mark.parametrize("by_trial", [False, True])
@pytest.mark.parametrize("trials", [1, 9, 100])
def test_every_arm_is_there_once(trials: int, *, by_trial: bool) -> None:
    estimates, made = study(trials)
    pages = ladder_plot(
        estimates, made, classes=classes_of(made, "drug_class"), by_trial=by_trial, most_rows=40
    )
    said = texts(*pages)
    for trial in made:
        for arm in trial.arms:
            assert said.count(arm.label) == 1
    missing = sum(one.response.proportion is None for one in estimates)
    assert said.count("median not reached") == missing
    assert (len(pages) > 1) == (trials == 100)


def test_the_most_durable_is_on_top_and_bounds_are_last() -> None:
    estimates, made = study(9)
    [page] = ladder_plot(estimates, made)
    said = texts(page)
    shown = [text for text in said if re.fullmatch(r"[\d.]+ \([\d.]+ to [\d.]+\)", text)]
    values = [float(text.split(" ")[0]) for text in shown]
    assert values == sorted(values, reverse=True)
    assert len(values) == sum(one.response.proportion is not None for one in estimates)
    assert said.index("median not reached") > said.index(shown[-1])


def test_arms_of_a_trial_stay_together() -> None:
    estimates, made = study(9)
    [page] = ladder_plot(estimates, made, by_trial=True)
    said = texts(page)
    for place, trial in enumerate(made):
        start = said.index(trial.label)
        own = [text for text in said[start : start + 12] if text.endswith(f"<co> {place}")]
        assert len(own) == 2


def test_a_long_trial_is_named_again_on_its_next_page() -> None:
    arms = tuple(Arm("T", f"a{place}", f"arm {place}") for place in range(12))
    rows = [estimate("T", arm.arm, 0.01 * (1 + place)) for place, arm in enumerate(arms)]
    pages = ladder_plot(rows, [Trial("T", "Trial", arms=arms)], by_trial=True, most_rows=5)
    assert len(pages) == 3
    assert "Trial (continued)" in texts(pages[1])
    assert all(texts(*pages).count(arm.label) == 1 for arm in arms)


def test_is_the_same_to_the_byte_and_other_kinds_are_written() -> None:
    estimates, made = study(3)
    assert ladder_plot(estimates, made) == ladder_plot(estimates, made)
    assert ladder_plot(estimates, made, kind="png")[0].startswith(b"\x89PNG")
    assert ladder_plot(estimates, made, kind="pdf")[0].startswith(b"%PDF")


def test_the_key_says_what_is_there_and_nothing_else() -> None:
    estimates, made = study(9)
    classes = classes_of(made, "drug_class")
    said = " ".join(texts(*ladder_plot(estimates, made, classes=classes)))
    for words in ("hollow", "short tick", "open bar", "class 0", "class 1", "class 2"):
        assert words in said
    shared = [
        replace(one, response=replace(one.response, reference="control"))
        for one in estimates
        if one.response.proportion
    ]
    said = " ".join(texts(*ladder_plot(shared, made)))
    for words in ("hollow", "short tick", "open bar", "class"):
        assert words not in said


def test_an_arm_that_no_file_names_is_still_drawn() -> None:
    said = texts(*ladder_plot([estimate("X", "unknown", 0.2)], []))
    assert {"X", "unknown"} <= set(said)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="a ladder needs an arm"):
        ladder_plot([], [])
