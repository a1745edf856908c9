"""diagnostics and small_study: influence, leave-one-out, small trials, beside metafor's."""

from typing import Any, Literal, cast, get_args

import numpy as np
from metafor_compare import Comparison, given

from perdure.pool import Fit, Method, Test, fit_effects
from perdure.pool.checks.influence import influence, random_effects
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.pool.checks.small_study import fail_safe_n, rank_test, regression_test
from perdure.pool.checks.trim_fill import trim_fill
from perdure.records.small_study import Predictor, TrimFillEstimator

__all__ = ["compare_sensitivity", "fit_of"]

EGGER: dict[str, tuple[Literal["same", "lm"], Predictor]] = {
    "sei_rma": ("same", "se"),
    "vi_rma": ("same", "variance"),
    "sei_lm": ("lm", "se"),
}


def fit_of(name: str, method: str, test: Test) -> Fit:
    """Return the model of one case: of dat.bcg or dat.hackshaw1998, with or without ablat."""
    data = given("rma")["bcg_RR" if name.startswith("bcg") else "hackshaw1998"]
    ablat = given("regression")["bcg"]["ablat"]
    return fit_effects(
        *(data["yi"], data["vi"]),
        model="common" if method == "FE" else "random",
        method=cast("Method", "REML" if method == "FE" else method),
        test=test,
        moderators=np.column_stack((np.ones(13), ablat)) if "ablat" in name else None,
    )


def _leave_one_out(compare: Comparison, name: str, fit: Fit) -> None:
    rows = leave_one_out(fit).rows
    statistic = [row.estimate / row.se for row in rows]
    ours = {
        "estimate": [row.estimate for row in rows],
        "se": [row.se for row in rows],
        "zval": statistic,
        "tval": statistic,
        "pval": [row.p for row in rows],
        "ci.lb": [row.ci_low for row in rows],
        "ci.ub": [row.ci_high for row in rows],
        "Q": [row.q for row in rows],
        "Qp": [row.q_p for row in rows],
        "tau2": [row.tau2 for row in rows],
        "I2": [row.i2 for row in rows],
        "H2": [row.h2 for row in rows],
    }
    compare.put(("diagnostics", name, "leave1out"), ours)


def _influence(compare: Comparison, name: str, fit: Fit) -> None:
    rows = influence(fit).rows
    ours = {
        "rstudent": [row.rstudent for row in rows],
        "dffits": [row.dffits for row in rows],
        "cook_d": [row.cook for row in rows],
        "cov_r": [row.covariance_ratio for row in rows],
        "tau2_del": [row.tau2_deleted for row in rows],
        "QE_del": [row.q_deleted for row in rows],
        "hat": [row.hat for row in rows],
        "weight": [row.weight for row in rows],
        "dfbs": [row.dfbetas for row in rows],
        "influential": [row.influential for row in rows],
    }
    compare.put(("diagnostics", name, "influence"), ours)
    deleted = {
        "resid": [row.deleted_residual for row in rows],
        "se": [row.rstudent_se for row in rows],
        "z": [row.rstudent for row in rows],
    }
    compare.put(("diagnostics", name, "rstudent"), deleted)
    own = {
        "resid": [row.residual for row in rows],
        "se": [row.rstandard_se for row in rows],
        "z": [row.rstandard for row in rows],
    }
    compare.put(("diagnostics", name, "rstandard"), own)
    compare.put(("diagnostics", name), {"residuals": own["resid"]})


def _shrunken(compare: Comparison, name: str, fit: Fit) -> None:
    rows = random_effects(fit)
    both = {
        "blup": ("estimate", "se", "low", "high"),
        "ranef": ("deviation", "deviation_se", "deviation_low", "deviation_high"),
    }
    for key, fields in both.items():
        columns = [[getattr(row, one) for row in rows] for one in fields]
        ours = dict(zip(("pred", "se", "pi_lower", "pi_upper"), columns, strict=True))
        compare.put(("diagnostics", name, key), ours)


def _diagnostics(compare: Comparison) -> None:
    for name, own in given("diagnostics").items():
        if name == "source":
            continue
        fit = fit_of(name, own["model"]["method"], own["model"]["test"])
        ours = {"tau2": fit.pooled.tau2, "beta": fit.beta}
        compare.put(("diagnostics", name, "model"), ours)
        if own["leave1out"]:
            _leave_one_out(compare, name, fit)
        _influence(compare, name, fit)
        _shrunken(compare, name, fit)


def _egger(compare: Comparison, name: str, fit: Fit) -> None:
    for kind, (model, predictor) in EGGER.items():
        found = regression_test(fit, model=model, predictor=predictor)
        slope, limit = found.slope, found.limit
        if slope is None or limit is None:
            raise ValueError(f"{name}, {kind}: {found.reason}")
        ours = {
            "stat": found.statistic,
            "df": slope.df,
            "p": slope.p,
            "limit_estimate": limit.estimate,
            "limit_lower": limit.ci_low,
            "limit_upper": limit.ci_high,
            "slope": [limit.estimate, slope.estimate],
        }
        compare.put(("small_study", name, "regtest", kind), ours)


def _trim_fill(compare: Comparison, name: str, fit: Fit) -> None:
    estimators: tuple[TrimFillEstimator, ...] = get_args(TrimFillEstimator)
    for estimator in estimators:
        found = trim_fill(fit, estimator=estimator)
        if found.pooled is None:
            raise ValueError(f"{name}, {estimator}: {found.reason}")
        mean = found.pooled.coefficients[0]
        ours = {
            "side": found.side,
            "k0": found.k0,
            "se_k0": found.k0_se,
            "p_k0": found.k0_p,
            "beta": mean.estimate,
            "se": mean.se,
            "ci_lower": mean.ci_low,
            "ci_upper": mean.ci_high,
            "tau2": found.pooled.tau2,
            "filled_y": [point.y for point in found.filled],
            "filled_v": [point.se**2 for point in found.filled],
        }
        compare.put(("small_study", name, "trimfill", estimator), ours)


def _small_study(compare: Comparison) -> None:
    own: dict[str, Any] = given("small_study")
    for name, expected in own.items():
        if "regtest" not in expected:
            continue
        fit = fit_of(name, name.rsplit("_", maxsplit=1)[1], "z")
        _egger(compare, name, fit)
        rank = rank_test(fit)
        compare.put(("small_study", name, "ranktest"), {"tau": rank.tau, "p": rank.p})
        _trim_fill(compare, name, fit)
        missing = fail_safe_n(fit).n
        compare.put(("small_study", name, "fail_safe_n"), {"rosenthal": missing})


def compare_sensitivity(compare: Comparison) -> None:
    """Compare all of diagnostics.json, and small_study.json but its selection models."""
    _diagnostics(compare)
    _small_study(compare)
