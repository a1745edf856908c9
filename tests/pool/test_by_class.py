"""Classes of arms: agreement with metafor on 42 arms, and every arm accounted for."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import Method, Model, Test, pool_by_class
from perdure.records import (
    ArmEstimate,
    ClassRow,
    DurableResponse,
    NotEstimable,
    Pooled,
    Proportion,
    Synthesis,
)

HERE = Path(__file__).parents[1] / "reference" / "pool"
DESIGN: dict[str, Any] = json.loads((HERE / "design.json").read_text(encoding="utf-8"))
GROUPINGS = {
    "by_class": {name: name for name in ("anti_pd1", "anti_ctla4", "control")},
    "ici_against_control": {"anti_pd1": "ici", "anti_ctla4": "ici", "control": "control"},
}

close = pytest.approx


def estimate(
    trial: str,
    arm: str,
    found: float | Proportion | NotEstimable,
    *,
    se: float | None = 0.05,
    endpoint: str = "PFS",
    k: float | None = 3.0,
) -> ArmEstimate:
    if not isinstance(found, Proportion | NotEstimable):
        found = Proportion(found, se, 0.0, 1.0, 20, "zero" if found == 0 else "estimable")
    response = DurableResponse(arm, 100, 60, 6.0, 5.0, 7.0, 24.0, k, "own", 18.0, found)
    return ArmEstimate(trial, endpoint, "", primary=True, source="patients", response=response)


def forty_two(grouping: str, **options: Any) -> Synthesis:
    arms = DESIGN["arms"]
    keys = list(zip(arms["trial"], arms["arm_id"], strict=True))
    estimates = [
        estimate(trial, arm, p, se=se * p * (1 - p))
        for (trial, arm), p, se in zip(keys, arms["p"], arms["se"], strict=True)
    ]
    names = [GROUPINGS[grouping][name] for name in arms["class"]]
    return pool_by_class(estimates, dict(zip(keys, names, strict=True)), by="class", **options)


def expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("test", ["z", "knha"])
@pytest.mark.parametrize(
    ("name", "model", "method"),
    [("EE", "common", "REML"), ("DL", "random", "DL"), ("REML", "random", "REML")],
)
@pytest.mark.parametrize("grouping", list(GROUPINGS))
def test_rows_are_metafors(
    grouping: str, name: str, model: Model, method: Method, test: Test
) -> None:
    synthesis = forty_two(grouping, model=model, method=method, test=test)
    assert len(synthesis.rows) == len(DESIGN[grouping])
    for row in synthesis.rows:
        expected = DESIGN[grouping][row.name]
        fit = expected[name]
        answer = fit["tests"][test]
        assert row.mean_of_proportions == close(expected["mean_of_proportions"], rel=1e-12)
        assert row.n_arms == row.n_estimable == expected["k"]
        pooled = row.pooled
        assert pooled is not None
        mean = pooled.coefficients[0]
        assert mean.estimate == close(answer["beta"][0], rel=1e-9)
        assert mean.se == close(answer["se"][0], rel=1e-9)
        assert mean.p == close(answer["p"][0], rel=1e-8, abs=0)
        assert row.proportion == close(expit(answer["beta"][0]), rel=1e-9)
        assert row.ci_low == close(expit(answer["ci_lower"][0]), rel=1e-9)
        assert row.ci_high == close(expit(answer["ci_upper"][0]), rel=1e-9)
        assert pooled.tau2 == close(fit["tau2"], rel=1e-9)
        assert (pooled.i2, pooled.h2) == close((fit["I2"], fit["H2"]), rel=1e-9)
        assert (pooled.q, pooled.q_p) == close((fit["QE"], fit["QE_p"]), rel=1e-9)
        kind = "REML" if name == "REML" else "ML"
        assert pooled.log_likelihood == close(fit["fit"][kind][0], rel=1e-9)
        if model == "random":
            assert row.prediction_low == close(expit(answer["prediction"]["pi_lower"][0]), rel=1e-9)
            assert row.prediction_high == close(
                expit(answer["prediction"]["pi_upper"][0]), rel=1e-9
            )
        else:
            assert row.reason == "a common effect has no prediction interval"


def test_every_pair_of_classes_is_compared_and_the_order_is_that_of_the_arms() -> None:
    synthesis = forty_two("by_class")
    assert [row.name for row in synthesis.rows] == ["anti_pd1", "control", "anti_ctla4"]
    pairs = [(pair.first, pair.second) for pair in synthesis.differences]
    assert pairs == [("anti_pd1", "control"), ("anti_pd1", "anti_ctla4"), ("control", "anti_ctla4")]
    first, second, third = synthesis.differences
    assert second.odds_ratio == close(first.odds_ratio * third.odds_ratio, rel=1e-12)
    regression = synthesis.regression
    assert regression is not None
    terms = [c.term for c in regression.coefficients]
    assert terms == ["anti_pd1", "control - anti_pd1", "anti_ctla4 - anti_pd1"]
    # a difference from the reference level is that coefficient turned round
    against = regression.coefficients[1]
    assert first.odds_ratio == close(math.exp(-against.estimate))
    assert (first.ci_low, first.ci_high) == close(
        (math.exp(-against.ci_high), math.exp(-against.ci_low))
    )
    assert first.p == close(against.p)
    assert (regression.n_effects, regression.n_trials, regression.q_df) == (42, 19, 39)


def test_differences_do_not_depend_on_which_class_comes_first() -> None:
    """The third pair is not a coefficient: it needs the covariance. Reverse the arms and it is."""
    arms = [
        estimate(f"T{at}", "a", p, se=se)
        for at, (p, se) in enumerate(
            [(0.3, 0.04), (0.4, 0.05), (0.2, 0.03), (0.1, 0.02), (0.15, 0.05), (0.25, 0.06)]
        )
    ]
    classes = dict(zip([(f"T{at}", "a") for at in range(6)], "aabbcc", strict=True))
    there = pool_by_class(arms, classes, by="drug_class").differences
    back = pool_by_class(arms[::-1], classes, by="drug_class").differences
    for one, other in zip(there, back[::-1], strict=True):
        assert (one.first, one.second) == (other.second, other.first)
        assert one.odds_ratio == close(1 / other.odds_ratio, rel=1e-9)
        assert one.ci_low == close(1 / other.ci_high, rel=1e-9)
        assert one.p == close(other.p, rel=1e-9)


CLASSES = {("A", "new"): "ICI", ("A", "old"): "chemo", ("B", "new"): "ICI", ("B", "old"): "chemo"}


def rows_of(synthesis: Synthesis) -> dict[str, ClassRow]:
    return {row.name: row for row in synthesis.rows}


def pooled_of(row: ClassRow) -> Pooled:
    assert row.pooled is not None
    return row.pooled


def test_every_arm_that_is_left_out_is_named_with_its_reason() -> None:
    not_reached = "the threshold (36.0 months) lies past the end of follow-up (30.0 months)"
    arms = [
        estimate("A", "new", 0.3),
        estimate("A", "old", 0.0, se=None),
        estimate("B", "new", NotEstimable(not_reached, 0, 0.4)),
        estimate("B", "old", 0.12),
        estimate("C", "new", 0.22),
        estimate("D", "new", 0.22, se=None),
        estimate("E", "new", 0.5, se=0.0),
        estimate("F", "new", 1.0, se=None),
        estimate("G", "new", 0.26),
        estimate("H", "old", NotEstimable(not_reached)),
    ]
    classes = CLASSES | {(trial, "new"): "ICI" for trial in "CDEF"} | {("G", "new"): "  "}
    synthesis = pool_by_class(arms, classes, by="drug_class")
    left_out = {(out.trial, out.arm): out for out in synthesis.left_out}
    modelled = sum(pooled_of(row).n_effects for row in synthesis.rows)
    assert modelled + len(left_out) == len(arms)
    assert set(left_out) == {
        ("A", "old"), ("B", "new"), ("D", "new"), ("E", "new"), ("F", "new"), ("G", "new"),
        ("H", "old"),
    }  # fmt: skip
    assert left_out["A", "old"].status == "zero"
    assert "counts as 0 in the plain mean" in left_out["A", "old"].reason
    assert "counts as 1 in the plain mean" in left_out["F", "new"].reason
    assert left_out["B", "new"].reason == not_reached
    assert "no standard error" in left_out["D", "new"].reason
    assert "no standard error" in left_out["E", "new"].reason
    assert left_out["G", "new"].reason == left_out["H", "old"].reason == "no drug_class is given"
    assert (left_out["G", "new"].name, left_out["B", "new"].name) == ("", "ICI")
    rows = rows_of(synthesis)
    assert (rows["ICI"].n_arms, rows["ICI"].n_estimable) == (6, 5)
    assert rows["ICI"].mean_of_proportions == close(np.mean([0.3, 0.22, 0.22, 0.5, 1.0]))
    assert rows["chemo"].mean_of_proportions == close(0.06)
    assert pooled_of(rows["chemo"]).n_effects == 1


def test_a_class_of_one_arm_is_that_arm() -> None:
    arms = [estimate("A", "new", 0.3), estimate("A", "old", 0.1), estimate("B", "new", 0.2)]
    synthesis = pool_by_class(arms, CLASSES, by="drug_class")
    chemo = rows_of(synthesis)["chemo"]
    assert chemo.proportion == close(0.1)
    assert pooled_of(chemo).coefficients[0].se == close(0.05 / 0.09)
    assert pooled_of(chemo).test == "z"
    assert chemo.prediction_low is None
    assert chemo.reason is not None
    assert "one estimate only" in chemo.reason
    assert len(synthesis.differences) == 1


def test_a_class_without_a_number_keeps_its_row() -> None:
    arms = [
        estimate("A", "new", 0.3),
        estimate("B", "new", 0.2),
        estimate("A", "old", NotEstimable("the arm's own median is not reached")),
    ]
    synthesis = pool_by_class(arms, CLASSES, by="drug_class")
    chemo = rows_of(synthesis)["chemo"]
    assert (chemo.n_arms, chemo.n_estimable, chemo.mean_of_proportions) == (1, 0, None)
    assert (chemo.pooled, chemo.proportion, chemo.reason) == (None, None, "no arm is estimable")
    assert synthesis.differences == ()
    assert synthesis.regression is None
    assert synthesis.reason is not None
    assert synthesis.reason.startswith("only one group has estimates")


def test_a_class_of_zeros_has_a_mean_and_no_model() -> None:
    arms = [estimate("A", "old", 0.0, se=None), estimate("B", "old", 0.0, se=None)]
    synthesis = pool_by_class(arms, CLASSES, by="drug_class")
    row = synthesis.rows[0]
    assert (row.mean_of_proportions, row.n_estimable, row.pooled) == (0.0, 2, None)
    assert row.reason == "no arm has a standard error"
    assert synthesis.reason == "no arm with a class has a standard error"


def test_no_arm_has_a_class() -> None:
    synthesis = pool_by_class([estimate("A", "new", 0.3)], {}, by="line")
    assert synthesis.rows == ()
    assert [out.reason for out in synthesis.left_out] == ["no line is given"]


def test_two_classes_of_one_arm_are_not_compared() -> None:
    arms = [estimate("A", "new", 0.3), estimate("A", "old", 0.1)]
    synthesis = pool_by_class(arms, CLASSES, by="drug_class")
    assert (synthesis.differences, synthesis.regression) == ((), None)
    assert synthesis.reason is not None
    assert "one estimate only" in synthesis.reason


def test_an_endless_odds_ratio_stays_a_number() -> None:
    arms = [
        estimate("A", "new", 0.3, se=0.9),
        estimate("A", "old", 1e-9, se=1e-7),
        estimate("B", "new", 0.6, se=0.1),
    ]
    synthesis = pool_by_class(arms, CLASSES, by="drug_class", test="knha")
    assert all(math.isfinite(pair.ci_high) for pair in synthesis.differences)


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ([], "no arm to pool"),
        (
            [estimate("A", "new", 0.3), estimate("A", "new", 0.2)],
            "Arm new of trial A .* comes twice",
        ),
        ([estimate("A", "new", 0.3), estimate("B", "new", 0.2, endpoint="OS")], "another question"),
        ([estimate("A", "new", 0.3), estimate("B", "new", 0.2, k=2.0)], "k 2.0, reference own"),
        ([estimate("A", "new", 0.3, se=-0.1)], "Arm new of trial A .* standard error"),
        ([estimate("A", "new", 0.3, se=math.nan)], "Arm new of trial A .* standard error"),
        ([estimate("A", "new", 0.3), estimate("B", "new", 1e-200)], r"effect 2 \(B\)"),
        ([estimate("A", "new", 30.0)], "Arm new of trial A .* outside 0 to 1"),
        ([estimate("A", "new", math.nan)], "Arm new of trial A .* outside 0 to 1"),
    ],
)
def test_estimates_that_do_not_go_together_are_refused(arms: list[ArmEstimate], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pool_by_class(arms, CLASSES, by="drug_class")


def test_the_model_recovers_the_classes_that_were_simulated() -> None:
    random = np.random.default_rng(19)
    arms, classes, truth = [], {}, {"chemo": -2.0, "ICI": -1.0}
    for at in range(400):
        name = ("chemo", "ICI")[at % 2]
        p = expit(random.normal(truth[name], 0.4))
        seen = random.binomial(300, p) / 300
        arms.append(estimate(f"T{at}", "a", seen, se=math.sqrt(seen * (1 - seen) / 300)))
        classes[f"T{at}", "a"] = name
    synthesis = pool_by_class(arms, classes, by="drug_class")
    for row in synthesis.rows:
        assert pooled_of(row).coefficients[0].estimate == close(truth[row.name], abs=0.1)
        assert pooled_of(row).tau2 == close(0.16, abs=0.05)
    assert synthesis.differences[0].odds_ratio == close(math.exp(-1), rel=0.12)
    assert all(row.ci_low is not None for row in synthesis.rows)
    lows = sorted(row.proportion or 0 for row in synthesis.rows)
    assert all(one < two for one, two in pairwise(lows))
