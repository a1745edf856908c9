"""rma, regression and design: models of independent effects beside metafor's rma.uni."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from metafor_compare import Comparison, given
from numpy.typing import ArrayLike

from perdure.pool import Fit, Method, Model, Test, fit_effects, heterogeneity
from perdure.pool.models.formula import design_of
from perdure.pool.models.least_squares import log_likelihood, weighted_least_squares
from perdure.records import Floats, Heterogeneity

__all__ = ["bcg_design", "compare_effects", "fits_of", "indicators"]

FORMULAS = {
    "ablat": "ablat",
    "ablat_year": "ablat + year",
    "alloc": "alloc",
    "alloc_by_ablat": "alloc * ablat",
    "alloc_no_intercept": "alloc - 1",
    "alloc_plus_ablat": "alloc + ablat",
}


def indicators(values: Sequence[str], levels: Sequence[str]) -> Floats:
    """Return one column of 0 and 1 for each of these levels."""
    return np.array([[float(value == level) for level in levels] for value in values])


def _model(method: str) -> tuple[Model, Method]:
    if method in ("FE", "EE"):
        return "common", "REML"
    return "random", cast("Method", method)


def _likelihoods(fit: Fit) -> dict[str, float]:
    """Return both log-likelihoods at the fit's tau2, as R's fitstats has them for any estimator."""
    white = weighted_least_squares(fit.y, fit.x, fit.v + fit.between)
    return {key: log_likelihood(white, fit.x, restricted=key == "REML") for key in ("ML", "REML")}


def _limits(found: Heterogeneity) -> dict[str, list[float]]:
    """Return R's rows of confint: tau2, tau, I2, H2."""
    return {
        "estimate": [found.tau2, float(np.sqrt(found.tau2)), found.i2, found.h2],
        "lower": [found.tau2_low, found.tau_low, found.i2_low, found.h2_low],
        "upper": [found.tau2_high, found.tau_high, found.i2_high, found.h2_high],
    }


def _coefficients(fit: Fit) -> dict[str, Any]:
    rows = fit.pooled.coefficients
    joint = fit.pooled.moderators
    if joint is None and rows[0].se > 0:  # metafor tests a mean that is alone, too
        joint = fit.joint_test(["intercept"], [[1]])
    found = {
        "beta": [row.estimate for row in rows],
        "se": [row.se for row in rows],
        "p": [row.p for row in rows],
        "ci_lower": [row.ci_low for row in rows],
        "ci_upper": [row.ci_high for row in rows],
        "df": fit.df,
        "vcov": fit.covariance,
        "stat": [row.estimate / row.se if row.se else None for row in rows],
        "QM": joint and joint.statistic,
        "QM_df": [len(rows) if joint is None else joint.df, joint.df2 if joint else fit.df],
        "QM_p": joint and joint.p,
    }
    found["s2w"] = _inflation(fit)
    return found


def _inflation(fit: Fit) -> float:
    """Return what a Hartung-Knapp test multiplies the covariance by."""
    white = weighted_least_squares(fit.y, fit.x, fit.v + fit.between)
    _, covariance = white.solve()
    return float(fit.covariance[0, 0] / covariance[0, 0])


def _predictions(fit: Fit, x: Floats) -> dict[str, Any]:
    rows = fit.predicted([str(at) for at in range(len(x))], x)
    found: dict[str, Any] = {
        "pred": [row.estimate for row in rows],
        "se": [row.se for row in rows],
        "ci_lower": [row.ci_low for row in rows],
        "ci_upper": [row.ci_high for row in rows],
    }
    low = [row.prediction_low for row in rows]
    found["pi_lower"] = None if low[0] is None else low
    found["pi_upper"] = None if low[0] is None else [row.prediction_high for row in rows]
    if len(rows) == 1 and fit.pooled.model == "random":
        # the interval that perdure prints: none where it cannot be known
        found["pi_lower"] = fit.pooled.prediction_low
        found["pi_upper"] = fit.pooled.prediction_high
    return found


def _whole(compare: Comparison, where: Sequence[str], fit: Fit) -> None:
    """Compare what does not depend on the test of the coefficients."""
    pooled = fit.pooled
    own: Mapping[str, Any] = given(where[0])
    for key in where[1:]:
        own = own[key]
    several = pooled.model == "random" and len(fit.y) > fit.x.shape[1]
    found = heterogeneity(fit) if several else None
    compare.put(
        where,
        {
            "k": pooled.n_effects,
            "tau2": pooled.tau2,
            "se_tau2": found and found.se,
            "I2": pooled.i2,
            "H2": pooled.h2,
            "R2": pooled.r2,
            "QE": pooled.q,
            "QE_df": pooled.q_df,
            "QE_p": pooled.q_p,
            "weights_percent": 100 * fit.weights,
        },
    )
    for key, interval in (("tau2_ci_QP", "Q-profile"), ("tau2_ci_PL", "profile likelihood")):
        if "upper" in (own.get(key) or {}):
            limits = heterogeneity(fit, interval=cast("Any", interval))
            compare.put((*where, key), _limits(limits))
    if own.get("fit"):
        for key, value in _likelihoods(fit).items():
            compare.add((*where, "fit", key), value, at=(0,))


def fits_of(
    compare: Comparison, where: Sequence[str], y: ArrayLike, v: ArrayLike, x: Floats | None = None
) -> None:
    """Compare one method's fits of some effects, under every test that R gives."""
    own: Any = given(where[0])
    for key in where[1:]:
        own = own[key]
    model, method = _model(where[-1])
    for at, test in enumerate(own["tests"]):
        fit = fit_effects(y, v, model=model, method=method, test=cast("Test", test), moderators=x)
        if at == 0:
            _whole(compare, where, fit)
        here = (*where, "tests", test)
        compare.put(here, _coefficients(fit))
        if own["tests"][test]["prediction"]:
            compare.put((*here, "prediction"), _predictions(fit, np.ones((1, 1))))


def bcg_design(name: str) -> Floats:
    """Return R's design of one of the regressions of dat.bcg, by its formula."""
    bcg = given("regression")["bcg"]
    columns = {key: bcg[key] for key in ("alloc", "ablat", "year")}
    return design_of(FORMULAS[name], columns, reference={"alloc": "alternate"}).matrix


def _regressions(compare: Comparison) -> None:
    regression = given("regression")
    bcg = regression["bcg"]
    for name, methods in regression["models"].items():
        for method, tests in methods.items():
            model, estimator = _model(method)
            for test in tests:
                fit = fit_effects(
                    *(bcg["yi"], bcg["vi"]),
                    model=model,
                    method=estimator,
                    test=test,
                    moderators=bcg_design(name),
                )
                where = ("regression", "models", name, method, test)
                _whole(compare, where, fit)
                compare.put(where, _coefficients(fit))
                compare.put((*where, "prediction_at_data"), _predictions(fit, fit.x))
    own = regression["raudenbush"]
    x = np.column_stack((np.ones(len(own["yi"])), own["weeks"]))
    for method in own["fits"]:
        fits_of(compare, ("regression", "raudenbush", "fits", method), own["yi"], own["vi"], x)
    _joint_tests(compare)


def _joint_tests(compare: Comparison) -> None:
    """Compare chosen coefficients tested together, contrasts, and a likelihood-ratio test."""
    bcg, where = given("regression")["bcg"], ("regression", "alloc_plus_ablat_tests")
    tests: tuple[Test, ...] = ("knha", "z")
    x = bcg_design("alloc_plus_ablat")
    for test in tests:
        fit = fit_effects(bcg["yi"], bcg["vi"], test=test, moderators=x)
        joint = fit.joint_test(["random", "systematic"], np.eye(4)[1:3])
        found = {"QM": joint.statistic, "df": [joint.df, joint.df2], "p": joint.p}
        compare.put((*where, f"{test}_btt_2_3"), found)
    fit = fit_effects(bcg["yi"], bcg["vi"], test="knha", moderators=x)
    rows = given("regression")["alloc_plus_ablat_tests"]["knha_contrasts"]["X"]
    each = [fit.combination("contrast", row) for row in rows]
    joint = fit.joint_test(["both"], rows)
    compare.put(
        (*where, "knha_contrasts"),
        {
            "estimate": [row.estimate for row in each],
            "se": [row.se for row in each],
            "stat": [row.estimate / row.se for row in each],
            "p": [row.p for row in each],
            "QM": joint.statistic,
            "QM_df": [joint.df, joint.df2],
            "QM_p": joint.p,
        },
    )
    _likelihood_ratio(compare)


def _likelihood_ratio(compare: Comparison) -> None:
    from_r = ("regression", "ablat_ML_likelihood_ratio")
    bcg = given("regression")["bcg"]
    x = bcg_design("ablat")
    full = fit_effects(bcg["yi"], bcg["vi"], method="ML", test="z", moderators=x).pooled
    null = fit_effects(bcg["yi"], bcg["vi"], method="ML", test="z").pooled
    compare.add((*from_r, "LRT"), 2 * (full.log_likelihood - null.log_likelihood))
    compare.add((*from_r, "R2"), full.r2)


def _design(compare: Comparison) -> None:
    arms = given("design")["arms"]
    y, v = np.array(arms["yi"]), np.square(arms["se"])
    group = {
        "by_class": np.array(arms["class"]),
        "ici_against_control": np.where(np.array(arms["class"]) == "control", "control", "ici"),
    }
    for key, classes in group.items():
        for name, fits in given("design")[key].items():
            inside = classes == name
            p = np.array(arms["p"])[inside]
            compare.put(
                ("design", key, name),
                {"k": int(inside.sum()), "mean_of_proportions": float(p.mean())},
            )
            for method in fits:
                if method not in ("k", "mean_of_proportions"):
                    fits_of(compare, ("design", key, name, method), y[inside], v[inside])
    factors = (
        ("class", ("anti_ctla4", "anti_pd1")),
        ("line", ("later",)),
        ("tumour", ("nsclc", "other")),
    )
    x = np.column_stack([np.ones(len(y)), *(indicators(arms[key], of) for key, of in factors)])
    for method, tests in given("design")["two_level_regression"].items():
        for test in tests:
            fit = fit_effects(y, v, method=method, test=test, moderators=x)
            where = ("design", "two_level_regression", method, test)
            _whole(compare, where, fit)
            compare.put(where, _coefficients(fit))


def compare_effects(compare: Comparison) -> None:
    """Compare all of rma.json, regression.json and design.json."""
    for name, own in given("rma").items():
        for method in own["fits"]:
            fits_of(compare, ("rma", name, "fits", method), own["yi"], own["vi"])
    _regressions(compare)
    _design(compare)
