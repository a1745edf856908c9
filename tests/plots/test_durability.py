"""A trial's panel without a study: the same lines, any unit, every response on it."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from perdure.durable import durable_trial
from perdure.plots import durability_panel
from perdure.records import Patients, Proportion, Reference

SVG = "{http://www.w3.org/2000/svg}"
COMPARATORS = {"new": "old", "old": None}


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def small_trial() -> dict[str, Patients]:
    """Two arms so small that both are thin at their thresholds."""
    random = np.random.default_rng(11)
    return {
        arm: Patients(np.minimum(event, 30.0), event <= 30.0)
        for arm, event in (
            ("new", 6 * random.weibull(0.7, 40)),
            ("old", 4 * random.weibull(1.2, 24)),
        )
    }


@pytest.mark.parametrize("reference", ["own", "control", "trial", "fixed"])
def test_every_reference_is_drawn_with_every_result(reference: Reference) -> None:
    arms = small_trial()
    done = durable_trial(arms, reference=reference, comparators=COMPARATORS, time=6.0)
    svg = durability_panel(arms, done.responses, title="A & B", comparators=COMPARATORS)
    assert svg == durability_panel(arms, done.responses, title="A & B", comparators=COMPARATORS)
    said = texts(svg)
    assert "A & B" in said
    for response in done.responses:
        assert response.threshold is not None
        assert any(f"beyond {response.threshold:.1f} mo" in text for text in said)


def test_times_in_days_are_drawn_in_months() -> None:
    arms = small_trial()
    days = {
        arm: Patients(one.time * 30.4375, one.event, time_unit="days") for arm, one in arms.items()
    }
    first = durability_panel(arms, durable_trial(arms, comparators=COMPARATORS).responses)
    second = durability_panel(days, durable_trial(days, comparators=COMPARATORS).responses)
    assert texts(first) == texts(second)


def test_a_likelihood_interval_is_a_second_bar() -> None:
    arms = small_trial()
    responses = durable_trial(arms, comparators=COMPARATORS).responses
    assert any(
        isinstance(one.estimate, Proportion) and one.estimate.likelihood_low for one in responses
    )
    bare = [
        replace(one, estimate=replace(one.estimate, likelihood_low=None, likelihood_high=None))
        if isinstance(one.estimate, Proportion)
        else one
        for one in responses
    ]
    svg = durability_panel(arms, responses)
    assert len(svg) > len(durability_panel(arms, bare))


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_other_kinds(kind: str, magic: bytes) -> None:
    arms = small_trial()
    responses = durable_trial(arms, comparators=COMPARATORS).responses
    drawn = durability_panel(arms, responses, kind="png" if kind == "png" else "pdf")
    assert drawn.startswith(magic)
    assert drawn == durability_panel(arms, responses, kind="png" if kind == "png" else "pdf")


def test_two_references_are_refused() -> None:
    arms = small_trial()
    own = durable_trial(arms, comparators=COMPARATORS).responses
    fixed = durable_trial(arms, reference="fixed", comparators=COMPARATORS, time=6.0).responses
    with pytest.raises(ValueError, match="one reference a panel"):
        durability_panel(arms, [*own, *fixed])
