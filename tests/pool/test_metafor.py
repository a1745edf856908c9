"""Agreement with metafor on real, hand-made and synthetic effects (tests/reference/pool)."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from perdure.pool import Fit, Method, Model, Test, fit_effects, pool
from perdure.records import Pooled

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
REGRESSION: dict[str, Any] = json.loads((HERE / "regression.json").read_text(encoding="utf-8"))
DESIGN: dict[str, Any] = json.loads((HERE / "design.json").read_text(encoding="utf-8"))

close = pytest.approx


def model_of(method: str) -> tuple[Model, Method]:
    if method in ("FE", "EE"):
        return "common", "REML"
    return "random", cast("Method", method)


def likelihood(fit: dict[str, Any], method: str) -> float:
    """The log-likelihood that metafor's logLik gives of this fit."""
    return float(fit["fit"]["REML" if method == "REML" else "ML"][0])


def check_coefficients(pooled: Pooled, expected: dict[str, Any]) -> None:
    assert [c.estimate for c in pooled.coefficients] == close(expected["beta"], rel=1e-9)
    assert [c.se for c in pooled.coefficients] == close(expected["se"], rel=1e-9)
    assert [c.ci_low for c in pooled.coefficients] == close(expected["ci_lower"], rel=1e-8)
    assert [c.ci_high for c in pooled.coefficients] == close(expected["ci_upper"], rel=1e-8)
    assert [c.p for c in pooled.coefficients] == close(expected["p"], rel=1e-8, abs=0)
    assert {c.df for c in pooled.coefficients} == set(expected["df"])


def check_predictions(fit: Fit, expected: dict[str, Any]) -> None:
    rows = fit.predicted([str(at) for at in range(len(fit.y))], fit.x)
    assert [row.estimate for row in rows] == close(expected["pred"], rel=1e-9)
    assert [row.se for row in rows] == close(expected["se"], rel=1e-9)
    assert [row.ci_low for row in rows] == close(expected["ci_lower"], rel=1e-8)
    if fit.pooled.model == "common":
        assert rows[0].prediction_low is None
    else:
        assert [row.prediction_low for row in rows] == close(expected["pi_lower"], rel=1e-8)
        assert [row.prediction_high for row in rows] == close(expected["pi_upper"], rel=1e-8)


def check_moderators(pooled: Pooled, expected: dict[str, Any]) -> None:
    """metafor tests an intercept that is alone, too: there it is the square of the coefficient."""
    joint = pooled.moderators
    if joint is None:
        mean = pooled.coefficients[0]
        if mean.se == 0:  # effects that are equal: certain, where R says nothing
            assert (expected["QM"], mean.p) == (None, 0.0)
            return
        assert (mean.estimate / mean.se) ** 2 == close(expected["QM"], rel=1e-8)
        return
    assert joint.statistic == close(expected["QM"], rel=1e-8)
    assert [joint.df, joint.df2] == expected["QM_df"]
    assert joint.p == close(expected["QM_p"], rel=1e-8, abs=0)


def check_heterogeneity(pooled: Pooled, fit: dict[str, Any]) -> None:
    # on the boundary metafor stops above 0: by 4e-13 in one regression, by 1e-13 elsewhere
    boundary = fit["tau2"] < 1e-12 and pooled.tau2 == 0
    assert boundary or pooled.tau2 == close(fit["tau2"], rel=1e-9)
    assert pooled.i2 == close(fit["I2"], rel=1e-9, abs=1e-9)
    assert pooled.h2 == close(fit["H2"], rel=1e-9)
    assert pooled.q == close(fit["QE"], rel=1e-9)
    assert pooled.q_p == close(fit["QE_p"], rel=1e-9, abs=0)


CASES = [
    (name, method, test)
    for name, outcome in RMA.items()
    for method, fit in outcome["fits"].items()
    for test in fit["tests"]
]


@pytest.mark.parametrize(("name", "method", "test"), CASES)
def test_pool_is_metafors_rma(name: str, method: str, test: Test) -> None:
    outcome = RMA[name]
    fit = outcome["fits"][method]
    expected = fit["tests"][test]
    model, estimator = model_of(method)
    found = fit_effects(outcome["yi"], outcome["vi"], model=model, method=estimator, test=test)
    pooled = found.pooled
    assert 100 * found.weights == close(fit["weights_percent"], rel=1e-9)
    check_coefficients(pooled, expected)
    check_moderators(pooled, expected)
    check_heterogeneity(pooled, fit)
    assert (pooled.n_effects, pooled.q_df) == (fit["k"], fit["QE_df"])
    assert pooled.log_likelihood == close(likelihood(fit, method), rel=1e-9, abs=1e-12)
    if model == "common" or fit["k"] == 1:
        # metafor repeats the confidence interval for one effect; its spread is not known
        assert pooled.prediction_low is pooled.prediction_high is None
    else:
        assert pooled.prediction_low == close(expected["prediction"]["pi_lower"][0], rel=1e-9)
        assert pooled.prediction_high == close(expected["prediction"]["pi_upper"][0], rel=1e-9)


def bcg_designs() -> dict[str, np.ndarray]:
    bcg = REGRESSION["bcg"]
    one = np.ones(len(bcg["yi"]))
    level = [np.array([a == name for a in bcg["alloc"]], float) for name in sorted({*bcg["alloc"]})]
    alloc, ablat, year = np.column_stack(level[1:]), np.array(bcg["ablat"]), np.array(bcg["year"])
    return {
        "ablat": np.column_stack((one, ablat)),
        "ablat_year": np.column_stack((one, ablat, year)),
        "alloc": np.column_stack((one, alloc)),
        "alloc_by_ablat": np.column_stack((one, alloc, ablat, alloc * ablat[:, None])),
        "alloc_no_intercept": np.column_stack(level),
        "alloc_plus_ablat": np.column_stack((one, alloc, ablat)),
    }


REGRESSIONS = [
    (name, method, test)
    for name, fits in REGRESSION["models"].items()
    for method, tests in fits.items()
    for test in tests
]


@pytest.mark.parametrize(("name", "method", "test"), REGRESSIONS)
def test_meta_regression_is_metafors(name: str, method: str, test: Test) -> None:
    bcg, expected = REGRESSION["bcg"], REGRESSION["models"][name][method][test]
    model, estimator = model_of(method)
    fit = fit_effects(
        bcg["yi"],
        bcg["vi"],
        model=model,
        method=estimator,
        test=test,
        moderators=bcg_designs()[name],
        terms=expected["terms"],
    )
    pooled = fit.pooled
    check_predictions(fit, expected["prediction_at_data"])
    check_heterogeneity(pooled, expected)
    check_coefficients(pooled, expected)
    check_moderators(pooled, expected)
    assert [c.term for c in pooled.coefficients] == expected["terms"]
    if expected["R2"] is None:
        assert pooled.r2 is None
    else:
        assert pooled.r2 == close(expected["R2"], rel=1e-8, abs=1e-9)
    if test == "z":
        assert pooled.log_likelihood == close(likelihood(expected, method), rel=1e-9)


@pytest.mark.parametrize("test", ["z", "knha"])
@pytest.mark.parametrize("method", ["DL", "REML"])
def test_meta_regression_with_tau2_zero(method: Method, test: Test) -> None:
    data = REGRESSION["raudenbush"]
    fit = data["fits"][method]
    design = np.column_stack((np.ones(len(data["yi"])), np.array(data["weeks"])))
    pooled = pool(data["yi"], data["vi"], method=method, test=test, moderators=design)
    check_coefficients(pooled, fit["tests"][test])
    check_heterogeneity(pooled, fit)
    assert pooled.log_likelihood == close(likelihood(fit, method), rel=1e-9)


@pytest.mark.parametrize("test", ["z", "knha"])
@pytest.mark.parametrize("method", ["DL", "REML"])
def test_regression_of_42_arms_on_three_factors(method: Method, test: Test) -> None:
    arms, expected = DESIGN["arms"], DESIGN["two_level_regression"][method][test]
    factors = (
        ("class", "anti_ctla4"),
        ("class", "anti_pd1"),
        ("line", "later"),
        ("tumour", "nsclc"),
        ("tumour", "other"),
    )
    columns = [np.array([value == level for value in arms[name]]) for name, level in factors]
    pooled = pool(
        arms["yi"],
        np.square(arms["se"]),
        method=method,
        test=test,
        moderators=np.column_stack((np.ones(42), *columns)),
        trial=arms["trial"],
    )
    check_coefficients(pooled, expected)
    assert pooled.tau2 == close(expected["tau2"], rel=1e-9)
    assert pooled.i2 == close(expected["I2"], rel=1e-9)
    assert (pooled.n_effects, pooled.n_trials) == (42, 19)


def test_chosen_coefficients_and_contrasts_are_tested_together_as_in_metafor() -> None:
    bcg, expected = REGRESSION["bcg"], REGRESSION["alloc_plus_ablat_tests"]
    tests: tuple[Test, ...] = ("knha", "z")
    for test in tests:
        fit = fit_effects(
            bcg["yi"],
            bcg["vi"],
            test=test,
            moderators=bcg_designs()["alloc_plus_ablat"],
        )
        joint = fit.joint_test(["random", "systematic"], np.eye(4)[1:3])
        named = expected[f"{test}_btt_2_3"]
        assert joint.statistic == close(named["QM"], rel=1e-8)
        assert [joint.df, joint.df2] == named["df"]
        assert joint.p == close(named["p"], rel=1e-8)
    fit = fit_effects(bcg["yi"], bcg["vi"], moderators=bcg_designs()["alloc_plus_ablat"])
    named = expected["knha_contrasts"]
    for at, row in enumerate(named["X"]):
        found = fit.combination("contrast", row)
        assert found.estimate == close(named["estimate"][at], rel=1e-8)
        assert found.se == close(named["se"][at], rel=1e-8)
        assert found.p == close(named["p"][at], rel=1e-8)
    joint = fit.joint_test(["both"], named["X"])
    assert (joint.statistic, joint.p) == close((named["QM"], named["QM_p"]), rel=1e-8)


def test_likelihoods_of_nested_models_give_metafors_test() -> None:
    bcg, expected = REGRESSION["bcg"], REGRESSION["ablat_ML_likelihood_ratio"]
    design = bcg_designs()["ablat"]
    full = pool(bcg["yi"], bcg["vi"], method="ML", test="z", moderators=design)
    null = pool(bcg["yi"], bcg["vi"], method="ML", test="z")
    ratio = 2 * (full.log_likelihood - null.log_likelihood)
    assert ratio == close(expected["LRT"], rel=1e-8)
    assert full.r2 == close(expected["R2"], rel=1e-8)
