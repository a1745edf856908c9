"""Classes compared by several models: metafor's and lme4's numbers, and odd tables."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perdure.pool.classes.arm_effects import TrialArms
from perdure.pool.classes.class_models import compare_classes
from perdure.records import ArmCovariance, DurableResponse, NotEstimable, Proportion

HERE = Path(__file__).parents[1] / "reference" / "pool"
NESTED: dict[str, Any] = json.loads((HERE / "nested.json").read_text(encoding="utf-8"))
DESIGN: dict[str, Any] = json.loads((HERE / "design.json").read_text(encoding="utf-8"))


def response(arm: str, p: float, se: float | None, high: float = 0.9) -> DurableResponse:
    found = Proportion(p, se, 0.0, high, 30, "zero" if p == 0 else "estimable")
    return DurableResponse(arm, 200, 150, 6.0, 5.0, 7.0, 24.0, 3.0, "own", 18.0, found)


def design() -> tuple[list[TrialArms], dict[tuple[str, str], str]]:
    """The synthetic table of 42 arms, its controls first so that they are the reference."""
    with (HERE / "design_42_arms.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    rows.sort(key=lambda row: ("control", "anti_ctla4", "anti_pd1").index(row["class"]))
    trials = []
    for name in dict.fromkeys(row["trial"] for row in rows):
        mine = [row for row in rows if row["trial"] == name]
        p = {row["arm_id"]: float(row["p"]) for row in mine}
        se = {row["arm_id"]: float(row["se"]) * p[row["arm_id"]] * (1 - p[row["arm_id"]])
              for row in mine}  # fmt: skip
        matrix = np.diag([one**2 for one in se.values()]).tolist()
        trials.append(
            TrialArms(
                name,
                {arm: response(arm, p[arm], se[arm]) for arm in p},
                ArmCovariance(tuple(p), tuple(map(tuple, matrix))),
                {},
            )
        )
    return trials, {(row["trial"], row["arm_id"]): row["class"] for row in rows}


def test_each_model_is_rs() -> None:
    trials, classes = design()
    found = compare_classes(trials, classes, endpoint="PFS", by="class")
    by_model = {(one.model, one.error): one for one in found.models}
    expected = NESTED["three_level"]["class"]["REML"]
    robust = expected["robust"]["CR2"]
    nested = by_model["arms in trials", "t"]
    at = expected["terms"].index("classanti_pd1")
    pair = next(one for one in nested.differences if one.term == "control - anti_pd1")
    assert pair.estimate == pytest.approx(-expected["beta"][at], rel=1e-6)
    assert pair.se == pytest.approx(expected["se"][at], rel=1e-6)
    clustered = by_model["arms in trials", "CR2 by trial"]
    pair = next(one for one in clustered.differences if one.term == "control - anti_pd1")
    assert pair.se == pytest.approx(robust["se"][at], rel=1e-6)
    assert pair.df == pytest.approx(robust["df"][at], rel=1e-5)
    contrast = expected["pd1_minus_ctla4"]
    pair = next(one for one in clustered.differences if "control" not in one.term)
    assert abs(pair.estimate) == pytest.approx(abs(contrast["estimate"]), rel=1e-6)
    assert pair.se == pytest.approx(contrast["CR2_se"], rel=1e-6)
    laplace = NESTED["binomial_normal"]["class_three_level"]
    counted = by_model["binomial-normal, arms in trials", "normal"]
    pair = next(one for one in counted.differences if one.term == "control - anti_pd1")
    assert pair.estimate == pytest.approx(-laplace["beta"][2], rel=1e-5)
    assert pair.se == pytest.approx(laplace["se"][2], rel=1e-5)


def test_arms_at_zero_are_in_the_binomial_model_only() -> None:
    trials, classes = design()
    zero = TrialArms("Z", {"z": response("z", 0.0, None, 0.03)}, ArmCovariance((), ()), {})
    more = compare_classes(
        [*trials, zero], {**classes, ("Z", "z"): "control"}, endpoint="PFS", by="c"
    )
    sizes = {(one.model, one.error): one.n_arms for one in more.models}
    assert sizes["binomial-normal, arms in trials", "normal"] == 43
    assert sizes["arms in trials", "t"] == 42
    plain = compare_classes(trials, classes, endpoint="PFS", by="c")
    last, before = more.models[4].differences[0], plain.models[4].differences[0]
    assert last.estimate < before.estimate  # control - other: an arm at 0 lowers control


def test_a_model_that_cannot_answer_says_why() -> None:
    trials, classes = design()
    few = compare_classes(trials[:1], classes, endpoint="PFS", by="class")
    assert all(one.reason for one in few.models if not one.differences)
    assert any(one.reason for one in few.models)
    alone = [
        replace(
            one,
            responses={
                arm: r for arm, r in one.responses.items() if arm == next(iter(one.responses))
            },
        )
        for one in trials
    ]
    within = compare_classes(alone, classes, endpoint="PFS", by="class").models[3]
    assert "not in it" in " ".join(within.notes) or within.reason


def test_one_class_is_not_compared() -> None:
    trials, classes = design()
    found = compare_classes(trials, dict.fromkeys(classes, "x"), endpoint="PFS", by="class")
    assert found.models == ()
    none = NotEstimable("median not reached")
    gone = [
        replace(one, responses={a: replace(r, estimate=none) for a, r in one.responses.items()})
        for one in trials
    ]
    assert compare_classes(gone, classes, endpoint="PFS", by="class").classes == ()
