"""Correlated effects against metafor's rma.mv, independent effects and simulated trials."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool import Method, fit_effects, heterogeneity
from perdure.pool.models.correlated import fit_correlated, shared_heterogeneity

HERE = Path(__file__).parents[1] / "reference" / "pool"
EXPECTED: dict[str, Any] = json.loads((HERE / "correlated.json").read_text(encoding="utf-8"))
with (HERE / "design_contrasts.csv").open(newline="", encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))
TRIAL = [row["trial"] for row in ROWS]
Y = np.array([float(row["yi"]) for row in ROWS])
SHARED = np.array([float(row["v_control"]) for row in ROWS])
V = np.where([[a == b for b in TRIAL] for a in TRIAL], SHARED, 0.0)
np.fill_diagonal(V, [float(row["vi"]) for row in ROWS])
CLASS = np.column_stack((np.ones(len(Y)), [row["class"] == "anti_pd1" for row in ROWS]))


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("model", ["intercept", "class"])
def test_contrasts_that_share_a_control_are_metafors(model: str, method: Method) -> None:
    expected = EXPECTED[model][method]
    design = None if model == "intercept" else CLASS
    found = fit_correlated(
        Y, V, shared_heterogeneity(TRIAL), method=method, test="z", moderators=design
    )
    pooled = found.independent.pooled
    assert pooled.tau2 == pytest.approx(expected["tau2"], rel=1e-7)
    assert [c.estimate for c in pooled.coefficients] == pytest.approx(expected["beta"], rel=1e-7)
    assert [c.se for c in pooled.coefficients] == pytest.approx(expected["se"], rel=1e-7)
    assert pooled.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)
    assert pooled.q == pytest.approx(expected["QE"], rel=1e-9)
    if pooled.moderators is not None:
        assert pooled.moderators.statistic == pytest.approx(expected["QM"], rel=1e-6)


@given(st.integers(3, 12), st.integers(0, 10_000))
def test_without_correlation_it_is_the_model_of_independent_effects(k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    v = random.uniform(0.02, 0.3, k)
    y = random.normal(0, np.sqrt(v + 0.1))
    alone = fit_effects(y, v)
    found = fit_correlated(y, np.diag(v), np.eye(k))
    for ours, theirs in ((found.independent.pooled, alone.pooled),):
        assert ours.tau2 == pytest.approx(theirs.tau2, abs=1e-9)
        assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-9, abs=1e-9)
        assert ours.i2 == pytest.approx(theirs.i2, abs=1e-6)
        assert ours.prediction_low == pytest.approx(theirs.prediction_low, rel=1e-7, abs=1e-9)
    assert found.shares == pytest.approx(alone.weights, rel=1e-7)
    assert heterogeneity(found.independent).tau2_high == pytest.approx(
        heterogeneity(alone).tau2_high, rel=1e-7
    )


def test_shares_are_those_of_the_mean() -> None:
    found = fit_correlated(Y, V, shared_heterogeneity(TRIAL))
    assert found.shares.sum() == pytest.approx(1)
    assert found.shares @ Y == pytest.approx(found.mean.estimate)


def test_simulated_trials_with_a_shared_control_are_covered() -> None:
    random = np.random.default_rng(5)
    trial = [name for name in "ABCDEFGH" for _ in range(2)]
    similar = shared_heterogeneity(trial)
    errors = np.where(similar == 0.5, 0.03, similar * 0.06)
    root = np.linalg.cholesky(errors + 0.1 * similar)
    hits = 0
    for _ in range(500):
        found = fit_correlated(root @ random.standard_normal(16), errors, similar)
        mean = found.independent.pooled.coefficients[0]
        hits += mean.ci_low <= 0 <= mean.ci_high
    assert 0.92 < hits / 500 < 0.98


@pytest.mark.parametrize(
    ("covariance", "said"),
    [
        (np.array([[1.0, 1.0], [1.0, 1.0]]), "of trial A is not positive definite"),
        (np.array([[1.0, 0.2], [0.3, 1.0]]), "not symmetric"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "does not fit"),
        (np.eye(3), "lengths differ"),
    ],
)
def test_covariances_that_cannot_be_are_refused(covariance: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        fit_correlated([0.1, 0.2], covariance, np.eye(2), trial=["A", "A"])
