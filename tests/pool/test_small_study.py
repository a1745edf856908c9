"""Egger, Begg, PET-PEESE, funnel and fail-safe n: R's numbers, and what has none."""

import itertools
import json
import math
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from perdure.errors import InputError
from perdure.pool import Fit, Method, fit_effects
from perdure.pool.checks.rank_correlation import kendall
from perdure.pool.checks.small_study import (
    fail_safe_n,
    funnel,
    pet_peese,
    rank_test,
    regression_test,
)
from perdure.records.small_study import Predictor

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
SMALL: dict[str, Any] = json.loads((HERE / "small_study.json").read_text(encoding="utf-8"))
MODELS = [name for name in SMALL if name.startswith(("hackshaw", "bcg"))]
KINDS: dict[str, tuple[Literal["same", "lm"], Predictor]] = {
    "sei_rma": ("same", "se"),
    "vi_rma": ("same", "variance"),
    "sei_lm": ("lm", "se"),
}
# by hand, with R's answers (metafor 3.8-1, threshold 1e-13) beside each use
Y = [0.1, 0.2, 0.6, 0.7, 0.3, -0.1, 0.2]
V = [0.01, 0.04, 0.04, 0.16, 0.09, 0.09, 0.05]
N = [100, 60, 50, 30, 20, 25, 70]

close = pytest.approx


def fit_of(name: str) -> Fit:
    data = RMA["bcg_RR" if name.startswith("bcg") else "hackshaw1998"]
    method = name.rsplit("_", maxsplit=1)[1]
    return fit_effects(
        data["yi"],
        data["vi"],
        model="common" if method == "FE" else "random",
        method=cast("Method", "REML" if method == "FE" else method),
        test="z",
    )


def test_every_model_of_the_reference_is_here() -> None:
    assert MODELS == ["hackshaw_REML", "hackshaw_DL", "hackshaw_FE", "bcg_RR_REML"]
    assert all(set(SMALL[name]["regtest"]) == set(KINDS) for name in MODELS)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_regression_test_is_metafors(name: str, kind: str) -> None:
    expected = SMALL[name]["regtest"][kind]
    model, predictor = KINDS[kind]
    found = regression_test(fit_of(name), model=model, predictor=predictor)
    assert found.slope is not None
    assert found.limit is not None
    assert [found.limit.estimate, found.slope.estimate] == close(expected["slope"], rel=1e-8)
    assert found.statistic == close(expected["stat"], rel=1e-8)
    assert found.slope.p == close(expected["p"], rel=1e-8)
    assert found.slope.df == expected["df"]
    assert found.limit.estimate == close(expected["limit_estimate"], rel=1e-8)
    assert found.limit.ci_low == close(expected["limit_lower"], rel=1e-8)
    assert found.limit.ci_high == close(expected["limit_upper"], rel=1e-8)
    assert ("Effects change" in found.sentence) == (expected["p"] < 0.05)


def test_regression_on_numbers_of_patients_is_metafors() -> None:
    found = regression_test(fit_effects(Y, V, test="z"), predictor="inverse n", n=N)
    assert (found.statistic, found.slope and found.slope.p) == close(
        (0.3222985933884, 0.7472264986453), rel=1e-9
    )
    assert found.limit is not None
    assert (found.limit.ci_low, found.limit.ci_high) == close(
        (-0.1723070754679, 0.5515870430188), rel=1e-9
    )
    found = regression_test(fit_effects(Y, V), model="lm", predictor="inverse root n", n=N)
    assert (found.statistic, found.slope and found.slope.p) == close(
        (0.754865836744, 0.4843465268623), rel=1e-9
    )
    found = regression_test(fit_effects(Y, V, test="knha"))
    assert (found.statistic, found.slope and found.slope.p) == close(
        (0.93980025016153, 0.39046781064948), rel=1e-9
    )


def test_regression_test_beside_moderators() -> None:
    design = np.column_stack((np.ones(7), [0, 1, 0, 1, 0, 1, 1]))
    found = regression_test(fit_effects(Y, V, moderators=design))
    whole = fit_effects(Y, V, moderators=np.column_stack((design, np.sqrt(V))))
    assert found.limit is None
    assert found.slope is not None
    assert found.slope.estimate == close(whole.beta[2], rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_rank_test_and_fail_safe_n_are_metafors(name: str) -> None:
    expected = SMALL[name]
    found = rank_test(fit_of(name))
    assert (found.tau, found.p) == close(
        (expected["ranktest"]["tau"], expected["ranktest"]["p"]), rel=1e-10
    )
    assert found.exact
    assert fail_safe_n(fit_of(name)).n == expected["fail_safe_n"]["rosenthal"]


def test_rank_test_with_ties_is_rs() -> None:
    found = rank_test(fit_effects(Y, V))
    assert (found.tau, found.p) == close((0.35043832202523, 0.28198871449929), rel=1e-10)
    assert not found.exact


@settings(deadline=None, max_examples=60)
@given(st.permutations(range(8)))
def test_exact_kendall_is_scipys(order: list[int]) -> None:
    a, b = np.arange(8.0), np.array(order, dtype=float)
    expected = kendalltau(a, b, method="exact")
    tau, p, exact = kendall(a, b)
    assert (tau, p) == close((expected.statistic, expected.pvalue))
    assert exact


def test_exact_kendall_counts_permutations() -> None:
    concordant = [
        sum(p[i] < p[j] for i, j in itertools.combinations(range(5), 2))
        for p in itertools.permutations(range(5))
    ]
    b = np.array([0.0, 1.0, 3.0, 4.0, 2.0])  # 8 of 10 pairs concordant
    tail = sum(count >= 8 for count in concordant) / math.factorial(5)
    assert kendall(np.arange(5.0), b)[1] == close(2 * tail)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=12))
def test_kendall_with_ties_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return
    tau, p, exact = kendall(a, b)
    expected = kendalltau(a, b, method="exact" if exact else "asymptotic")
    assert (tau, p) == close((expected.statistic, expected.pvalue), abs=1e-12)


def test_pet_peese_by_hand() -> None:
    """The intercepts of lm(y ~ se, weights = 1 / v) and lm(y ~ v, weights = 1 / v)."""
    y, v = np.array([0.1, 0.2, 0.6, 0.7]), np.array([0.01, 0.04, 0.09, 0.16])
    for predictor, which in ((np.sqrt(v), "pet"), (v, "peese")):
        x = np.column_stack((np.ones(4), predictor)) / np.sqrt(v)[:, None]
        beta, rest, *_ = np.linalg.lstsq(x, y / np.sqrt(v), rcond=None)
        se = np.sqrt(rest[0] / 2 * np.linalg.inv(x.T @ x)[0, 0])
        found = getattr(pet_peese(fit_effects(y, v)), which)
        assert (found.estimate, found.se, found.df) == close((beta[0], se, 2))
    conditional = pet_peese(fit_effects(y, v))
    assert conditional.chosen == "PET"
    assert conditional.estimate == conditional.pet
    lenient = pet_peese(fit_effects(y, v), alpha=0.3)  # PET's p is 0.248
    assert lenient.chosen == "PEESE"
    assert lenient.estimate == lenient.peese


@pytest.mark.parametrize("truth", [0.0, 0.5])
def test_pet_peese_finds_simulated_truth_through_selection(truth: float) -> None:
    rng = np.random.default_rng(7)
    found, naive = [], []
    for _ in range(60):
        se = rng.uniform(0.05, 0.5, 200)
        y = rng.normal(truth, se)
        seen = (y / se > 1.96) | (rng.uniform(size=200) < 0.2)
        estimate = pet_peese(fit_effects(y[seen], se[seen] ** 2, model="common")).estimate
        assert estimate is not None
        found.append(estimate.estimate)
        naive.append(fit_effects(y[seen], se[seen] ** 2, method="DL").beta[0])
    assert abs(np.mean(found) - truth) < 0.4 * abs(np.mean(naive) - truth)


def test_funnel() -> None:
    found = funnel(fit_effects([0.1, 0.5], [0.01, 0.04], model="common"), names=["A", "B"])
    assert found.center == close(0.18)
    assert [point.name for point in found.points] == ["A", "B"]
    assert [point.p for point in found.points] == close([0.3173105, 0.0124193], rel=1e-5)
    assert [line.right for line in found.contours] == close(
        [0.2 * z for z in (1.644854, 1.959964, 2.575829)], rel=1e-6
    )
    assert [line.left for line in found.contours] == close(
        [-line.right for line in found.contours], rel=1e-12
    )
    assert found.region.left == close(0.18 - 0.2 * 1.959964, rel=1e-6)
    # an effect lies outside a contour exactly when its p is below it
    for point, line in itertools.product(found.points, found.contours):
        edge = line.right * point.se / line.se
        assert (abs(point.y) > edge) == (point.p < line.p)


def test_fail_safe_n_is_the_smallest_that_takes_significance_away() -> None:
    fit = fit_effects(Y, V)
    missing = fail_safe_n(fit).n
    total = sum(np.array(Y) / np.sqrt(V))
    z = [total / math.sqrt(7 + extra) for extra in (missing - 1, missing)]
    assert z[0] > 1.6448536 > z[1]
    nothing = fail_safe_n(fit_effects([0.1, -0.1], [0.1, 0.1]))
    assert (nothing.n, nothing.p) == (0, 0.5)


def test_few_effects_have_reasons() -> None:
    for k in (1, 2):
        fit = fit_effects([0.1, 0.4][:k], [0.04, 0.09][:k])
        test = regression_test(fit)
        assert test.slope is test.limit is None
        assert test.statistic is None
        assert test.reason == f"{k} effects are too few for a line: 3 are needed"
        assert rank_test(fit).reason == f"{k} effects are too few to rank: 3 are needed"
        assert pet_peese(fit).reason == test.reason
        assert pet_peese(fit).estimate is None
        assert len(funnel(fit).points) == k
        assert fail_safe_n(fit).n == 0


def test_equal_standard_errors_have_reasons() -> None:
    fit = fit_effects([0.1, 0.4, 0.2, 0.3], [0.04] * 4)
    said = "all standard errors are equal: nothing can be said of small trials"
    assert regression_test(fit).reason == said
    assert regression_test(fit).sentence == f"No regression test: {said}."
    assert regression_test(fit, model="lm", predictor="variance").reason is not None
    assert pet_peese(fit).reason == said
    assert rank_test(fit).reason == "all variances are equal: there is nothing to rank"
    patients = regression_test(fit, predictor="inverse n", n=[50] * 4)
    assert patients.reason is not None
    assert "numbers of patients are equal" in patients.reason


def test_equal_effects_have_reasons() -> None:
    fit = fit_effects([0.3] * 4, [0.04, 0.01, 0.09, 0.02])
    said = "the effects lie on one line, without error: there is nothing to test against"
    assert regression_test(fit).reason == said
    assert regression_test(fit, model="lm").reason == said
    assert rank_test(fit).reason == "all effects are equal: there is nothing to rank"
    # a normal test has an error all the same
    slope = regression_test(fit_effects(fit.y, fit.v, test="z")).slope
    assert slope is not None
    assert slope.p == close(1.0)


def test_options_that_cannot_be() -> None:
    fit = fit_effects(Y, V)
    with pytest.raises(InputError, match="Unknown predictor"):
        regression_test(fit, predictor=cast("Predictor", "size"))
    with pytest.raises(InputError, match="needs n"):
        regression_test(fit, predictor="inverse n")
    with pytest.raises(InputError, match="Give 7 n"):
        regression_test(fit, predictor="inverse n", n=[1, 2])
    with pytest.raises(InputError, match="N of effect 2 is not a positive number"):
        regression_test(fit, predictor="inverse n", n=[100, 0, 50, 30, 20, 25, 70])
    with pytest.raises(InputError, match="not between 0 and 1"):
        pet_peese(fit, alpha=1.5)
    with pytest.raises(InputError, match="not between 0 and 1"):
        funnel(fit, levels=[5])
    with pytest.raises(InputError, match="has moderators"):
        rank_test(fit_effects(Y, V, moderators=np.column_stack((np.ones(7), N))))
