"""Leave-one-out and cumulative pooling: metafor's numbers, and those of single fits."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool import Fit, Method, Model, Test, fit_effects
from perdure.pool.checks import subsets as search
from perdure.pool.checks.cumulative import cumulative
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.pool.checks.subsets import fit_subsets
from perdure.records.sensitivity import Refitted

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
DIAGNOSTICS: dict[str, Any] = json.loads((HERE / "diagnostics.json").read_text(encoding="utf-8"))
DESIGN: dict[str, Any] = json.loads((HERE / "design.json").read_text(encoding="utf-8"))
SETS = {"bcg": "bcg_RR", "hackshaw": "hackshaw1998"}
MEANS = [name for name, case in DIAGNOSTICS.items() if name != "source" and case["leave1out"]]

close = pytest.approx


def fit_of(name: str) -> Fit:
    data = RMA[SETS[name.split("_", maxsplit=1)[0]]]
    method = DIAGNOSTICS[name]["model"]["method"]
    model: Model = "common" if method == "FE" else "random"
    estimator = cast("Method", "REML" if method == "FE" else method)
    test = DIAGNOSTICS[name]["model"]["test"]
    return fit_effects(data["yi"], data["vi"], model=model, method=estimator, test=test)


def single(row: Refitted, fit: Fit, keep: np.ndarray) -> None:
    """Check a row of a batch against a fit of its own."""
    pooled = fit_effects(
        fit.y[keep],
        fit.v[keep],
        model="common" if fit.pooled.method == "FE" else "random",
        method=cast("Method", "REML" if fit.pooled.method == "FE" else fit.pooled.method),
        test=fit.pooled.test,
        level=fit.level,
    ).pooled
    mean = pooled.coefficients[0]
    assert row.estimate == close(mean.estimate, rel=1e-9, abs=1e-12)
    assert row.se == close(mean.se, rel=1e-8, abs=1e-10)
    assert row.df == mean.df
    assert (row.ci_low, row.ci_high) == close((mean.ci_low, mean.ci_high), rel=1e-8, abs=1e-9)
    assert row.p == close(mean.p, rel=1e-7, abs=1e-12)
    assert row.tau2 == close(pooled.tau2, rel=1e-9, abs=1e-11)
    assert (row.i2, row.h2) == close((pooled.i2, pooled.h2), rel=1e-8, abs=1e-8)
    assert row.q == close(pooled.q, rel=1e-9, abs=1e-12)
    assert row.q_p == close(pooled.q_p, rel=1e-8, abs=1e-300)
    assert (row.n_effects, row.q_df) == (pooled.n_effects, pooled.q_df)


@pytest.mark.parametrize("name", MEANS)
def test_leave_one_out_is_metafors(name: str) -> None:
    expected = DIAGNOSTICS[name]["leave1out"]
    rows = leave_one_out(fit_of(name)).rows
    assert [row.estimate for row in rows] == close(expected["estimate"], rel=1e-9)
    assert [row.se for row in rows] == close(expected["se"], rel=1e-9)
    assert [row.p for row in rows] == close(expected["pval"], rel=1e-8, abs=0)
    assert [row.ci_low for row in rows] == close(expected["ci.lb"], rel=1e-8)
    assert [row.ci_high for row in rows] == close(expected["ci.ub"], rel=1e-8)
    statistics = expected["tval"] if "tval" in expected else expected["zval"]
    assert [row.estimate / row.se for row in rows] == close(statistics, rel=1e-9)
    assert [row.q for row in rows] == close(expected["Q"], rel=1e-9)
    assert [row.q_p for row in rows] == close(expected["Qp"], rel=1e-8, abs=0)
    assert [row.tau2 for row in rows] == close(expected.get("tau2", [0.0] * len(rows)), rel=1e-9)
    assert [row.i2 for row in rows] == close(expected["I2"], rel=1e-9)
    assert [row.h2 for row in rows] == close(expected["H2"], rel=1e-9)


def test_every_model_of_the_reference_is_here() -> None:
    assert MEANS == [
        "bcg_RR_REML",
        "bcg_RR_DL",
        "bcg_RR_FE",
        "bcg_RR_REML_knha",
        "hackshaw_REML",
    ]
    assert DIAGNOSTICS["bcg_RR_ablat_REML"]["leave1out"] is None


@pytest.mark.parametrize("method", get_args(Method))
@pytest.mark.parametrize("name", ["bcg_RR", "hackshaw1998", "normand1999_SMD", "raudenbush1985"])
def test_a_batch_equals_single_fits(name: str, method: Method) -> None:
    tests: tuple[Test, ...] = ("knha", "adhoc")
    for test in tests:
        fit = fit_effects(RMA[name]["yi"], RMA[name]["vi"], method=method, test=test)
        for at, row in enumerate(leave_one_out(fit).rows):
            single(row, fit, np.arange(fit.y.size) != at)


effects = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 9)), min_size=2, max_size=9)


@settings(deadline=None, max_examples=60)
@given(effects, st.sampled_from(["REML", "ML", "DL", "PM"]), st.sampled_from(["knha", "z"]))
def test_any_batch_equals_single_fits(
    pairs: list[tuple[float, float]], method: Method, test: Test
) -> None:
    y, v = (np.array(column) for column in zip(*pairs, strict=True))
    fit = fit_effects(y, v, method=method, test=test)
    found = leave_one_out(fit)
    single(found.whole, fit, np.ones(y.size, dtype=bool))
    for at, row in enumerate(found.rows):
        single(row, fit, np.arange(y.size) != at)
    for at, row in enumerate(cumulative(fit, np.zeros(y.size)).rows):
        single(row, fit, np.arange(y.size) <= at)


def test_a_regression_refitted_equals_single_fits() -> None:
    y, v = np.array(RMA["bcg_RR"]["yi"]), np.array(RMA["bcg_RR"]["vi"])
    year = 1948.0 + np.arange(13) ** 1.5
    design = np.column_stack((np.ones(13), year, year**2))
    methods: tuple[Method, ...] = get_args(Method)
    for method in methods:
        fit = fit_effects(y, v, method=method, moderators=design)
        keep = ~np.eye(13, dtype=bool)
        found = fit_subsets(fit, keep)
        for at in range(13):
            one = fit_effects(y[keep[at]], v[keep[at]], method=method, moderators=design[keep[at]])
            assert found.tau2[at] == close(one.pooled.tau2, rel=1e-7, abs=1e-10)
            assert found.beta[at] == close(one.beta, rel=1e-6)
            assert found.covariance[at].ravel() == close(one.covariance.ravel(), rel=1e-6)


def test_whole_trials_are_left_out() -> None:
    arms = DESIGN["arms"]
    fit = fit_effects(arms["yi"], np.square(arms["se"]))
    found = leave_one_out(fit, trial=arms["trial"])
    assert (found.unit, len(found.rows)) == ("trial", 19)
    trial = np.array(arms["trial"])
    for row in found.rows:
        single(row, fit, trial != row.name)
    assert found.carried_by is None
    assert found.sentence.startswith("No single trial carries the result")


def test_one_trial_that_carries_the_answer_is_named() -> None:
    names = ["A", "B", "C", "D"]
    fit = fit_effects([-0.1, 0.05, 0.02, 2.0], [0.01] * 4, model="common")
    found = leave_one_out(fit, names=names)
    assert found.carried_by == "D"
    assert found.changes == (("D", "sign and significance"),)
    assert found.sentence == (
        "Without D the mean of 0.492 (95% interval 0.395 to 0.590) becomes -0.010 (-0.123 to"
        " 0.103): its sign changes and its interval then includes 0. No other effect changes the"
        " conclusion."
    )


def test_several_that_change_the_conclusion_are_listed() -> None:
    fit = fit_effects([0.2, 0.2, 0.2], [0.03] * 3, model="common")
    found = leave_one_out(fit)
    assert found.carried_by is None
    assert [change for _, change in found.changes] == ["significance"] * 3
    assert "any of 3 changes it" in found.sentence


def test_cumulative_by_year_with_and_without_ties_together() -> None:
    data = RMA["bcg_RR"]
    fit = fit_effects(data["yi"], data["vi"])
    years = np.array([1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976])
    names = [f"t{at}" for at in range(13)]
    apart = cumulative(fit, years, names=names)
    together = cumulative(fit, years, names=names, ties_together=True)
    assert len(apart.rows) == 13
    assert [row.n_effects for row in apart.rows] == list(range(1, 14))
    assert list(apart.orders) == sorted(years.tolist())
    assert len(together.rows) == len(set(years.tolist())) == 12
    at = list(together.orders).index(1973)
    assert together.rows[at].name == "t4, t6"
    assert together.rows[at] != apart.rows[at]
    for row, year in zip(together.rows, together.orders, strict=True):
        single(row, fit, years <= year)
    # the first effect stands for itself, with a normal interval
    assert (apart.rows[0].df, apart.rows[0].tau2, apart.rows[0].q_p) == (None, 0.0, 1.0)
    assert all(a < b for a, b in pairwise(together.orders))


def test_of_two_effects_each_stands_for_itself() -> None:
    rows = leave_one_out(fit_effects([0.1, 0.9], [0.04, 0.09])).rows
    assert [row.estimate for row in rows] == close([0.9, 0.1])
    assert [row.se for row in rows] == close([0.3, 0.2])
    assert [row.df for row in rows] == [None, None]


@pytest.mark.parametrize("value", [0.0, 0.1, -2.0])
def test_equal_effects(value: float) -> None:
    found = leave_one_out(fit_effects([value] * 5, [0.1, 0.2, 0.05, 0.03, 0.4]))
    assert [row.estimate for row in found.rows] == close([value] * 5)
    assert {row.tau2 for row in found.rows} == {0.0}
    assert [row.se for row in found.rows] == close([0.0] * 5, abs=1e-8)


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(InputError, match="one effect only"):
        leave_one_out(fit_effects([0.1], [0.1]))
    pair = fit_effects([0.1, 0.2], [0.1, 0.2])
    with pytest.raises(InputError, match="one trial only"):
        leave_one_out(pair, trial=["A", "A"])
    with pytest.raises(InputError, match="Give 2 names"):
        leave_one_out(pair, names=["A"])
    with pytest.raises(InputError, match="Give 2 years"):
        cumulative(pair, [1999])
    with pytest.raises(InputError, match="year of effect 2"):
        cumulative(pair, [1999, np.nan])
    design = [[1, 0], [1, 1], [1, 3]]
    regression = fit_effects([0.1, 0.2, 0.4], [0.1, 0.2, 0.1], moderators=design)
    with pytest.raises(InputError, match="this model has moderators"):
        leave_one_out(regression)
    with pytest.raises(InputError, match="Nothing is left"):
        fit_subsets(pair, np.zeros((1, 2), dtype=bool))


@pytest.mark.parametrize("method", ["REML", "PM"])
def test_a_search_that_does_not_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    fit = fit_effects(RMA["bcg_RR"]["yi"], RMA["bcg_RR"]["vi"], method=method)
    monkeypatch.setattr(search, "MOST_STEPS", 1)
    with pytest.raises(InputError, match="did not converge"):
        leave_one_out(fit)
