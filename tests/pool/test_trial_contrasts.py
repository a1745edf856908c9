"""Contrasts within trials, from arms to a pooled answer."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool.classes.arm_effects import TrialArms
from perdure.pool.classes.trial_contrasts import pool_contrasts
from perdure.pool.effects.contrast_effects import ContrastMeasure
from perdure.records import (
    ArmCovariance,
    DurableResponse,
    NotEstimable,
    Proportion,
    Reference,
)

HERE = Path(__file__).parents[1] / "reference" / "pool"
EXPECTED: dict[str, Any] = json.loads((HERE / "correlated.json").read_text(encoding="utf-8"))


def response(
    arm: str, p: float, se: float | None = 0.04, *, k: float = 3, reference: Reference = "control"
) -> DurableResponse:
    found = Proportion(p, se, max(p - 0.1, 0), p + 0.1, 30, "zero" if p == 0 else "estimable")
    return DurableResponse(arm, 200, 150, 6.0, 5.0, 7.0, 24.0, k, reference, 18.0, found)


def trial(name: str, arms: dict[str, float], shared: float = 0.0, se: float = 0.04) -> TrialArms:
    matrix = np.where(np.eye(len(arms)) == 1, se**2, shared)
    return TrialArms(
        name,
        {arm: response(arm, p, se) for arm, p in arms.items()},
        ArmCovariance(tuple(arms), tuple(map(tuple, matrix.tolist()))),
        {arm: "control" for arm in arms if arm != "control"},
    )


def design_trials() -> list[TrialArms]:
    """The 16 trials with a control of the synthetic design."""
    with (HERE / "design_42_arms.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found = []
    for name in dict.fromkeys(row["trial"] for row in rows):
        mine = [row for row in rows if row["trial"] == name]
        control = next((row["arm_id"] for row in mine if row["class"] == "control"), None)
        if control is None:
            continue
        errors = {
            row["arm_id"]: float(row["se"]) * float(row["p"]) * (1 - float(row["p"]))
            for row in mine
        }
        found.append(
            TrialArms(
                name,
                {
                    row["arm_id"]: response(row["arm_id"], float(row["p"]), errors[row["arm_id"]])
                    for row in mine
                },
                ArmCovariance(
                    tuple(errors),
                    tuple(map(tuple, np.diag([se**2 for se in errors.values()]).tolist())),
                ),
                {row["arm_id"]: control for row in mine if row["arm_id"] != control},
            )
        )
    return found


def test_trials_with_a_shared_control_are_metafors() -> None:
    found = pool_contrasts(design_trials(), endpoint="PFS", test="z")
    expected = EXPECTED["intercept"]["REML"]
    assert found.overall is not None
    assert (found.overall.n_trials, found.overall.n_contrasts) == (16, 20)
    assert found.overall.mean.estimate == pytest.approx(expected["beta"][0], rel=1e-7)
    assert found.overall.mean.se == pytest.approx(expected["se"][0], rel=1e-7)
    assert found.overall.pooled.tau2 == pytest.approx(expected["tau2"], rel=1e-7)
    assert sum(row.share for row in found.rows) == pytest.approx(1)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("difference", 0.10),
        ("log ratio", math.log(0.25 / 0.15)),
        ("log odds ratio", math.log((0.25 / 0.75) / (0.15 / 0.85))),
    ],
)
def test_one_trial_stands_for_itself(measure: ContrastMeasure, expected: float) -> None:
    found = pool_contrasts(
        [trial("A", {"new": 0.25, "control": 0.15}, 0.0004)], endpoint="OS", measure=measure
    )
    assert found.overall is not None
    assert found.overall.mean.estimate == pytest.approx(expected)
    if measure == "difference":
        assert found.overall.mean.se == pytest.approx((2 * 0.04**2 - 2 * 0.0004) ** 0.5)
    assert found.overall.mean.prediction_low is None
    assert found.overall.heterogeneity is None
    assert found.without == ()


def test_groups_are_pairs_of_classes_and_are_compared() -> None:
    trials = [
        trial(name, {"new": p, "control": 0.12})
        for name, p in zip("ABCDEF", (0.30, 0.32, 0.28, 0.14, 0.13, 0.15), strict=True)
    ]
    classes = {(name, "new"): "pd1" if name < "D" else "ctla4" for name in "ABCDEF"}
    classes |= {(name, "control"): "chemo" for name in "ABCDEF"}
    found = pool_contrasts(trials, endpoint="PFS", classes=classes, by="drug_class")
    assert [group.name for group in found.groups] == ["pd1 v chemo", "ctla4 v chemo"]
    assert found.difference is not None
    assert found.difference.p < 0.05
    assert found.groups[0].mean.estimate > found.groups[1].mean.estimate


def test_a_trial_that_carries_the_answer_is_named() -> None:
    trials = [
        trial("big", {"new": 0.40, "control": 0.10}, se=0.02),
        trial("B", {"new": 0.13, "control": 0.12}),
        trial("C", {"new": 0.12, "control": 0.12}),
    ]
    found = pool_contrasts(trials, endpoint="PFS", model="common", measure="difference")
    assert found.carried_by == ("big",)


def test_what_has_no_error_is_left_out_by_name() -> None:
    odd = trial("A", {"new": 0.2, "other": 0.2, "control": 0.1})
    none = replace(response("new", 0.2), estimate=NotEstimable("median not reached"))
    odd = replace(
        odd, responses={**odd.responses, "new": none, "other": response("other", 0, None)}
    )
    found = pool_contrasts([odd], endpoint="OS")
    assert found.overall is None
    assert found.reason is not None
    assert [(one.arm, one.reason) for one in found.left_out] == [
        ("new v control", "new: median not reached"),
        ("other v control", "other: 0% durable response, which has no standard error"),
    ]


def test_questions_are_not_mixed() -> None:
    first, second = trial("A", {"new": 0.2, "control": 0.1}), trial("B", {"new": 0.2})
    second = replace(second, responses={"new": response("new", 0.2, k=2)})
    with pytest.raises(InputError, match="Arm new of trial B asks another question"):
        pool_contrasts([first, second], endpoint="OS")
    with pytest.raises(InputError, match="comes twice"):
        pool_contrasts([first, first], endpoint="OS")
    with pytest.raises(InputError, match="no trial"):
        pool_contrasts([], endpoint="OS")
