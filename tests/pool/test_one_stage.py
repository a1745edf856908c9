"""One stage against geepack and clubSandwich, the estimates of arms, and simulated trials.

The exchangeable fits of the reference are not used: no such working matrix is built.
"""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from perdure.durable.pseudo_values import pseudo_values
from perdure.errors import InputError
from perdure.pool.clusters.cluster_scores import Sandwich, cluster_sandwich
from perdure.pool.clusters.one_stage import Link, OneStageFit, fit_one_stage
from perdure.records import Patients, Reference

HERE = Path(__file__).parents[1] / "reference"
GEE: dict[str, Any] = json.loads((HERE / "pool" / "design_patients.json").read_text())["k"]
CLUB: dict[str, Any] = json.loads((HERE / "pool" / "one_stage.json").read_text())
with (HERE / "durable" / "design_patients.csv").open(newline="", encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))
TRIAL = [row["trial"] for row in ROWS]
ARM = np.column_stack((np.ones(len(ROWS)), [float(row["arm"]) for row in ROWS]))
HEAVY = np.column_stack((ARM, [float(name in "134") for name in TRIAL]))
LINKS: dict[str, Link] = {"identity_S": "plain", "logit_S": "logit", "cloglog_F": "log-log"}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("reference", ["own", "control"])
@pytest.mark.parametrize("k", ["2", "3"])
def test_independence_is_geepacks(k: str, reference: str, name: str) -> None:
    case = GEE[k][reference]
    expected = case["gee"]["independence"][name]
    assert expected["usable"]
    found = fit_one_stage(case["pseudo"], TRIAL, moderators=ARM, link=LINKS[name], sandwich="CR0")
    assert found.beta == pytest.approx(expected["coef"], rel=1e-9)
    assert found.covariance == pytest.approx(np.array(expected["robust_vcov"]), rel=1e-8)
    assert [c.se for c in found.one_stage.coefficients] == pytest.approx(
        expected["robust_se"], rel=1e-9
    )
    scale, naive = found.one_stage.scale, found.sandwich.bread
    assert scale == pytest.approx(expected["scale"], rel=1e-9)
    assert scale * naive == pytest.approx(np.array(expected["naive_vcov"]), rel=1e-8)


KINDS: dict[str, Sandwich] = {"CR0": "CR0", "CR2": "CR2", "CR3": "Mancl-DeRouen"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", ["arm", "arm_heavy"])
@pytest.mark.parametrize(("link", "name"), [("plain", "identity"), ("logit", "logit")])
def test_corrections_and_degrees_of_freedom_are_clubsandwichs(
    link: Link, name: str, model: str, kind: str
) -> None:
    expected = CLUB[name][model]
    design = ARM if model == "arm" else HEAVY
    found = fit_one_stage(
        GEE["2"]["control"]["pseudo"], TRIAL, moderators=design, link=link, sandwich=KINDS[kind]
    )
    assert found.beta == pytest.approx(expected["coef"], rel=1e-8)
    coefficients = found.one_stage.coefficients
    assert [c.se for c in coefficients] == pytest.approx(expected[kind]["se"], rel=1e-8)
    assert [c.df for c in coefficients] == pytest.approx(expected[kind]["df"], rel=1e-8)
    assert [c.p for c in coefficients] == pytest.approx(expected[kind]["p"], rel=1e-7)


def dense(
    value: np.ndarray[Any, Any], design: np.ndarray[Any, Any], trial: Any, power: float
) -> Any:
    """Return the sandwich of a plain mean with residuals adjusted patient by patient."""
    bread = np.linalg.inv(design.T @ design)
    residual, total = value - design @ bread @ design.T @ value, np.zeros_like(bread)
    for name in np.unique(trial):
        inside = design[trial == name]
        share, basis = np.linalg.eigh(np.eye(len(inside)) - inside @ bread @ inside.T)
        adjusted = basis @ (share**power * (basis.T @ residual[trial == name]))
        total += np.outer(inside.T @ adjusted, adjusted @ inside)
    return bread @ total @ bread


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([("CR2", -0.5), ("Mancl-DeRouen", -1.0)]))
def test_totals_of_clusters_are_as_good_as_all_their_patients(
    seed: int, chosen: tuple[Sandwich, float]
) -> None:
    random = np.random.default_rng(seed)
    trial = np.repeat(np.arange(5), random.integers(6, 15, 5))
    design = np.column_stack((np.ones(len(trial)), random.integers(0, 2, len(trial))))
    value = random.normal(size=len(trial))
    found = fit_one_stage(
        value, trial.astype(str).tolist(), moderators=design, link="plain", sandwich=chosen[0]
    )
    assert found.covariance == pytest.approx(dense(value, design, trial, chosen[1]), rel=1e-8)


@pytest.mark.parametrize("link", LINKS.values())
def test_an_independent_optimiser_finds_the_same_coefficients(link: Link) -> None:
    value = np.array(GEE["3"]["own"]["pseudo"])
    means = {
        "plain": lambda eta: eta,
        "logit": lambda eta: 1 / (1 + np.exp(-eta)),
        "log-log": lambda eta: np.exp(-np.exp(eta)),
    }

    def squares(beta: np.ndarray[Any, Any]) -> float:
        return float(((value - means[link](HEAVY @ beta)) ** 2).sum())

    found = fit_one_stage(value, TRIAL, moderators=HEAVY, link=link)
    start = [0.2, 0, 0] if link == "plain" else [-1.0 if link == "logit" else 0.5, 0, 0]
    best = minimize(squares, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
    assert found.beta == pytest.approx(best.x, abs=1e-5)
    assert squares(found.beta) <= best.fun * (1 + 1e-13)


def simulated(random: np.random.Generator, n: int = 80) -> dict[str, Patients]:
    arms = {}
    for name, scale in (("a", 16.0), ("b", 13.0), ("c", 9.0)):
        time, stop = random.exponential(scale, n), random.uniform(30, 60, n)
        arms[name] = Patients(np.minimum(time, stop), (time <= stop).astype(int))
    return arms


def of_trials(trials: list[dict[str, Patients]], reference: Reference, **options: Any) -> Any:
    values: list[float] = []
    trial: list[str] = []
    arm: list[str] = []
    patient: list[int] = []
    own: list[str] = []
    member: list[bool] = []
    for at, arms in enumerate(trials):
        found = pseudo_values(
            arms, k=2.0, reference=reference, comparators={"a": "c", "b": "c"}
        ).rows()
        values += found.value.tolist()
        trial += [f"T{at}"] * len(found.value)
        arm += found.arm
        patient += found.patient.tolist()
        own += found.patient_arm
        member += found.member.tolist()
    design = np.array([[name == one for one in "abc"] for name in arm], dtype=float)
    return fit_one_stage(
        values, trial, moderators=design, member=member, patient=patient, patient_arm=own, **options
    )


@pytest.mark.parametrize("reference", ["own", "control"])
def test_the_error_within_trials_is_that_of_the_arms_estimates(reference: Reference) -> None:
    random = np.random.default_rng(3)
    trials = [simulated(random) for _ in range(4)]
    fit: OneStageFit = of_trials(trials, reference, link="plain")
    each = [
        pseudo_values(one, k=2.0, reference=reference, comparators={"a": "c", "b": "c"})
        for one in trials
    ]
    # arms of equal size: the coefficients are means of the trials' estimates
    assert fit.beta == pytest.approx(np.mean([one.estimate for one in each], axis=0), rel=1e-10)
    expected = np.sum([one.covariance() for one in each], axis=0) / 16
    assert fit.within == pytest.approx(expected, rel=1e-9, abs=1e-15)
    spread = np.cov(np.array([one.estimate for one in each]).T) / 4
    assert fit.covariance == pytest.approx(spread, rel=1e-8)  # CR2 of a balanced mean
    assert fit.one_stage.coefficients[0].df == pytest.approx(3)


def test_trials_that_do_not_differ_show_the_error_within_them() -> None:
    random = np.random.default_rng(12)
    fits = [
        of_trials([simulated(random) for _ in range(3)], "control", link="plain")
        for _ in range(200)
    ]
    spread = np.std([fit.beta for fit in fits], axis=0, ddof=1)
    within = np.mean([fit.one_stage.within_se for fit in fits], axis=0)
    # 200 repeats: a spread is known to 10%
    assert within / spread == pytest.approx(np.ones(3), abs=0.13)


def test_members_alone_forget_the_control_in_the_error_within_trials_only() -> None:
    random = np.random.default_rng(4)
    trials = [simulated(random) for _ in range(4)]
    fit = of_trials(trials, "control")
    value = [pseudo_values(one, k=2.0, comparators={"a": "c", "b": "c"}) for one in trials]
    rows = [one.rows() for one in value]
    inside = [row.member for row in rows]
    alone = fit_one_stage(
        np.concatenate([row.value[at] for row, at in zip(rows, inside, strict=True)]),
        [f"T{at}" for at, own in enumerate(inside) for _ in range(int(own.sum()))],
        moderators=[
            [float(name == one) for one in "abc"]
            for row in rows
            for name, own in zip(row.arm, row.member, strict=True)
            if own
        ],
    )
    assert alone.beta == pytest.approx(fit.beta, rel=1e-10)
    assert alone.covariance == pytest.approx(fit.covariance, rel=1e-9)
    assert alone.within[0, 0] < 0.97 * fit.within[0, 0]


def test_a_weight_lets_every_arm_count_once() -> None:
    value, trial = (
        [0.0, 1, 1, 1] + [0, 0, 0, 1] * 5 + [0, 1] * 4,
        ["A"] * 4 + ["B"] * 20 + ["C"] * 8,
    )
    size = {name: trial.count(name) for name in "ABC"}
    found = fit_one_stage(value, trial, link="plain", weight=[1 / size[name] for name in trial])
    assert found.beta[0] == pytest.approx(0.5)
    assert found.one_stage.coefficients[0].se == pytest.approx(0.25 / 3**0.5)


def test_intervals_cover_in_simulated_trials() -> None:
    random = np.random.default_rng(6)
    draws = random.binomial(80, random.beta(4, 8, (4000, 200)))
    truth = float(np.log((draws / 80).mean() / (1 - (draws / 80).mean())))
    hits = {"CR0": 0, "CR2": 0, "Mancl-DeRouen": 0}
    for _ in range(200):
        sizes = random.integers(40, 200, 8)
        events = random.binomial(sizes, random.beta(4, 8, 8))
        value = [float(i < e) for e, n in zip(events, sizes, strict=True) for i in range(n)]
        trial = [f"{at}" for at, n in enumerate(sizes) for _ in range(n)]
        for kind in hits:
            mean = fit_one_stage(value, trial, sandwich=kind).one_stage.coefficients[0]  # type: ignore[arg-type]
            hits[kind] += mean.ci_low <= truth <= mean.ci_high
    assert 0.90 < hits["CR2"] / 200 < 0.98
    assert hits["CR0"] < hits["CR2"] <= hits["Mancl-DeRouen"]


def test_combinations_tests_and_predictions() -> None:
    fit = fit_one_stage(
        GEE["2"]["own"]["pseudo"], TRIAL, moderators=ARM, terms=["control", "difference"]
    )
    treated = fit.combination("treated", [1, 1])
    assert treated.estimate == pytest.approx(fit.beta.sum())
    assert treated.df == pytest.approx(fit.sandwich.degrees_of_freedom(np.ones(2)))
    shown = fit.predicted(["control", "treated"], [[1, 0], [1, 1]])
    assert shown[1].ci_low == pytest.approx(treated.ci_low)
    assert shown[1].prediction_low is None
    joint = fit.joint_test(["difference"], [[0, 1]])
    assert joint.df2 == 4
    assert joint.statistic == pytest.approx((fit.beta[1] / fit.one_stage.coefficients[1].se) ** 2)
    spare = fit_one_stage(GEE["2"]["own"]["pseudo"], TRIAL, moderators=ARM, degrees="trials - p")
    assert [c.df for c in spare.one_stage.coefficients] == [4, 4]
    normal = fit_one_stage(GEE["2"]["own"]["pseudo"], TRIAL, moderators=ARM, degrees="z")
    assert normal.one_stage.coefficients[0].df is None
    assert normal.joint_test(["both"], np.eye(2)).df2 is None


@pytest.mark.parametrize(
    ("value", "trial", "options", "said"),
    [
        ([0.0, np.nan], ["A", "B"], {}, "value 2 is not a finite number"),
        ([], [], {}, "not a row of numbers"),
        ([0.0, 1], ["A"], {}, "lengths differ"),
        ([0.0, 1], ["A", "A"], {}, "one trial only"),
        ([0.0, 0], ["A", "B"], {}, "no finite value on the logit scale"),
        ([0.0, 1], ["A", "B"], {"link": "probit"}, "unknown link"),
        ([0.0, 1], ["A", "B"], {"sandwich": "CR9"}, "unknown kind of sandwich"),
        ([0.0, 1], ["A", "B"], {"degrees": "many"}, "unknown degrees"),
        ([0.0, 1], ["A", "B"], {"level": 1.0}, "not between 0 and 1"),
        ([0.0, 1], ["A", "B"], {"weight": [1, 0]}, "weight is not positive"),
        ([0.0, 1], ["A", "B"], {"member": [1, 0]}, "of patients of other arms"),
        (
            [0.0, 1, 1, 0],
            ["A", "A", "B", "B"],
            {"moderators": [[1, 0], [1, 0], [1, 1], [1, 1]], "terms": ["mean", "late"]},
            "alone decides mean, late|alone decides late",
        ),
        (
            [0.0, 1, 1, 0],
            ["A", "A", "B", "B"],
            {
                "moderators": [[1, 0], [1, 1], [1, 1], [1, 0]],
                "degrees": "trials - p",
                "link": "plain",
            },
            "not more trials than coefficients",
        ),
        (
            [0.0, 1, 1],
            ["A", "A", "B"],
            {
                "moderators": [[1, 0], [1, 0], [1, 1]],
                "member": [1, 1, 0],
                "patient": [0, 1, 2],
                "patient_arm": ["a", "a", "b"],
            },
            "no patient is a member",
        ),
    ],
)
def test_bad_input_is_refused(value: Any, trial: Any, options: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        fit_one_stage(value, trial, **options)


def test_too_few_trials_for_a_joint_test() -> None:
    fit = fit_one_stage(
        [0.0, 1, 1, 0, 1, 1],
        ["A"] * 3 + ["B"] * 3,
        moderators=[[1, 0], [1, 1], [1, 1], [1, 0], [1, 1], [1, 1]],
        link="plain",
    )
    with pytest.raises(InputError, match=r"(?i)cannot be tested together"):
        fit.joint_test(["both"], np.eye(2))


def test_names_of_trials_are_not_needed_for_the_message() -> None:
    information = np.array([[[1.0, 0], [0, 0]], [[1.0, 1], [1, 1]]])
    with pytest.raises(InputError, match=r"(?i)trial 1 alone decides coefficient 1, coefficient 2"):
        cluster_sandwich(information, np.zeros((2, 2)))
