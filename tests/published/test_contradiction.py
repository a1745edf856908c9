"""Published facts of the same patients agree; those that are not are said, and not pooled."""

from dataclasses import replace

import numpy as np
import pytest

from perdure.published import contradiction, published_curves
from perdure.records import Patients, PublishedFact
from perdure.simulate import EventTimes, FollowUp, MixtureCure, Weibull, simulate_arm
from perdure.survival import hazard_ratio, kaplan_meier, median


def facts_of(arms: dict[str, Patients]) -> list[PublishedFact]:
    """What a publication would print of two arms, rounded as it would be."""
    found = []
    for arm, patients in arms.items():
        curve = kaplan_meier(patients.time, patients.event)
        middle = median(curve)
        assert middle.value is not None
        found += [
            fact(arm, "n", patients.n),
            fact(arm, "events", patients.events),
            fact(
                arm,
                "median",
                round(middle.value, 1),
                low=None if middle.low is None else round(middle.low, 1),
                high=None if middle.high is None else round(middle.high, 1),
            ),
            fact(arm, "survival", round(curve.at(12.0), 2), time=12.0),
            fact(arm, "survival", round(curve.at(18.0), 2), time=18.0),
        ]
    new, old = arms.values()
    ratio = hazard_ratio(
        np.concatenate((old.time, new.time)),
        np.concatenate((old.event, new.event)),
        np.repeat([0, 1], [old.n, new.n]),
    )
    assert ratio.hr is not None
    assert ratio.low is not None
    assert ratio.high is not None
    limits = {"low": round(ratio.low, 2), "high": round(ratio.high, 2)}
    return [*found, fact("new", "hazard ratio", round(ratio.hr, 2), against="old", **limits)]


def fact(arm: str, kind: str, value: float, **more: object) -> PublishedFact:
    return PublishedFact(arm, kind, value, "verified", "simulated", **more)  # type: ignore[arg-type]


def trial(seed: int) -> dict[str, Patients]:
    random = np.random.default_rng(seed)
    times: dict[str, EventTimes] = {"new": MixtureCure(12.0, 0.2), "old": Weibull(6.0)}
    return {
        arm: simulate_arm(random, 200, {"OS": one}, FollowUp(12, 18))["OS"]
        for arm, one in times.items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_facts_of_the_same_patients_agree(seed: int) -> None:
    assert contradiction(published_curves(facts_of(trial(seed)), draws=300)) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_ratio_turned_round_is_found(seed: int) -> None:
    *others, ratio = facts_of(trial(seed))
    assert ratio.low is not None
    assert ratio.high is not None
    turned = replace(ratio, value=1 / (ratio.value or 1), low=1 / ratio.high, high=1 / ratio.low)
    found = contradiction(published_curves([*others, turned], draws=300))
    assert found is not None
    assert found.misfit > found.limit
    assert found.culprits[0] == turned


def test_a_slip_of_the_pen_is_found() -> None:
    facts = facts_of(trial(0))
    [right] = [one for one in facts if (one.arm, one.kind, one.time) == ("old", "survival", 18.0)]
    assert right.value is not None
    assert right.value < 0.3
    wrong = replace(right, value=0.6)  # the median is half as long
    slip = [wrong if one is right else one for one in facts]
    found = contradiction(published_curves(slip, draws=300))
    assert found is not None
    assert wrong in found.culprits
