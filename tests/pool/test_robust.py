"""Cluster-robust errors: models of independent effects beside R, by whole matrices, refused."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from perdure.errors import InputError
from perdure.pool.clusters.robust import robust, with_robust_errors
from perdure.pool.clusters.sandwich import RobustKind, cluster_robust
from perdure.pool.mixed.multilevel import fit_multilevel
from perdure.pool.models.random_effects import Fit, fit_effects

HERE = Path(__file__).parents[1] / "reference" / "pool"
REFERENCE: dict[str, Any] = json.loads((HERE / "multilevel.json").read_text(encoding="utf-8"))
REGRESSION: dict[str, Any] = json.loads((HERE / "regression.json").read_text(encoding="utf-8"))
Array = NDArray[np.float64]
close = pytest.approx


def independent(name: str) -> tuple[Fit, list[str]]:
    """The models of rma.uni in the reference, and their clusters."""
    if name.startswith("bcg"):
        bcg = REGRESSION["bcg"]
        x = np.column_stack((np.ones(13), bcg["ablat"]))
        fit = fit_effects(bcg["yi"], bcg["vi"], test="z", moderators=x, terms=["intrcpt", "ablat"])
        return fit, [str(at) for at in range(13)]
    path = HERE / "dat.konstantopoulos2011.csv"
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    y, v = ([float(row[key]) for row in rows] for key in ("yi", "vi"))
    model: Any = "common" if name.endswith("FE") else "random"
    return fit_effects(y, v, model=model, test="z"), [row["district"] for row in rows]


@pytest.mark.parametrize("name", list(REFERENCE["robust_rma_uni"]))
def test_models_of_independent_effects_are_metafors(name: str) -> None:
    fit, cluster = independent(name)
    kinds: dict[str, RobustKind] = {
        "CR0": "CR0",
        "CR1": "CR1p",
        "CR1_clubSandwich": "CR1",
        "CR2": "CR2",
        "CR2_robust": "CR2",
    }
    assert set(kinds) == set(REFERENCE["robust_rma_uni"][name])
    for key, kind in kinds.items():
        expected = REFERENCE["robust_rma_uni"][name][key]
        sandwich = robust(fit, cluster, kind=kind)
        found = sandwich.coefficients
        assert [row.se for row in found] == close(expected["se"], rel=1e-8)
        assert [row.p for row in found] == close(expected["p"], rel=1e-7, abs=0)
        if "df" in expected:
            df = expected["df"] * (len(found) if kind != "CR2" else 1)
            assert [row.df for row in found] == close(df, rel=1e-8)
            assert [row.ci_low for row in found] == close(expected["ci_lower"], rel=1e-8)
            assert sandwich.covariance == close(np.array(expected["vcov"]), rel=1e-8)
        if "QM" in expected:
            tested = sandwich.joint_test(["last"], np.eye(len(found))[-1:])
            assert tested.statistic == close(expected["QM"], rel=1e-8)
            assert [tested.df, tested.df2] == close(expected["QM_df"], rel=1e-8)
        if expected.get("wald_HTZ_all_but_intercept"):
            wald = expected["wald_HTZ_all_but_intercept"]
            tested = sandwich.joint_test(["ablat"], [[0, 1]])
            assert (tested.statistic, tested.df2) == close((wald["Fstat"], wald["df_denom"]))
            assert tested.p == close(wald["p"], rel=1e-7, abs=0)


# by whole matrices


def table(seed: int, sizes: tuple[int, ...]) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Effects, a design of three columns, a covariance inside clusters, the clusters."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    k = cluster.size
    root = rng.normal(size=(k, k)) * (cluster[:, None] == cluster)
    phi = root @ root.T + np.diag(rng.uniform(0.5, 2, k))
    x = np.column_stack((np.ones(k), rng.normal(size=k), rng.normal(size=len(sizes))[cluster]))
    return rng.normal(size=k), x, phi, cluster


def root_of(matrix: Array, power: float) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-9 * values[-1]
    raised = np.where(kept, np.where(kept, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * raised) @ vectors.T)


@pytest.mark.parametrize("sizes", [(3, 4, 2, 5, 3, 4), (1, 1, 2, 6, 1, 3, 2), (2,) * 9])
def test_cr2_is_the_definition_on_whole_matrices(sizes: tuple[int, ...]) -> None:
    y, x, phi, cluster = table(len(sizes), sizes)
    w = np.linalg.inv(phi)
    m = np.linalg.inv(x.T @ w @ x)
    beta = m @ x.T @ w @ y
    found = cluster_robust(beta, x, y - x @ beta, phi, cluster.tolist())
    hat = np.eye(y.size) - x @ m @ x.T @ w
    contrasts = np.array([[0, 1, 0], [0, 1, -1.0]])
    covariance, vectors = np.zeros((3, 3)), []
    for at in range(len(sizes)):
        pick = np.eye(y.size)[cluster == at]
        own, inside = pick @ x, pick @ phi @ pick.T
        upper = np.linalg.cholesky(inside).T
        middle = upper @ pick @ hat @ phi @ hat.T @ pick.T @ upper.T
        adjust = upper.T @ root_of(middle, -0.5) @ upper
        g = m @ own.T @ np.linalg.inv(inside) @ adjust
        covariance += np.outer(g @ pick @ (y - x @ beta), g @ pick @ (y - x @ beta))
        vectors.append(hat.T @ pick.T @ g.T)
    assert found.covariance == close(covariance, rel=1e-8)
    c = contrasts[1]
    omega = np.array([[c @ a.T @ phi @ b @ c for b in vectors] for a in vectors])
    df = np.trace(omega) ** 2 / (omega**2).sum()
    assert found.combination("c", c).df == close(df, rel=1e-8)
    assert found.combination("c", c).se == close(np.sqrt(c @ covariance @ c), rel=1e-8)
    # Pustejovsky and Tipton's eta by simulating the residuals' quadratic forms
    expected = sum(contrasts @ a.T @ phi @ a @ contrasts.T for a in vectors)
    scale = root_of(expected, -0.5)
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(np.zeros(y.size), phi, 40_000)
    d = np.zeros((40_000, 2, 2))
    for a in vectors:
        score = draws @ a @ contrasts.T @ scale
        d += score[:, :, None] * score[:, None, :]
    assert d.mean(axis=0) == close(np.eye(2), abs=0.03)
    eta = 6 / d.var(axis=0).sum()
    assert found.joint_test(["both"], contrasts).df2 == close(eta - 1, rel=0.06)


@pytest.mark.slow
def test_cr2_is_unbiased_where_the_model_is_right() -> None:
    y, x, phi, cluster = table(3, (3, 4, 2, 5, 3, 4))
    w = np.linalg.inv(phi)
    m = np.linalg.inv(x.T @ w @ x)
    rng = np.random.default_rng(1)
    total = np.zeros((3, 3))
    for draw in rng.multivariate_normal(np.zeros(y.size), phi, 1500):
        beta = m @ x.T @ w @ draw
        total += cluster_robust(beta, x, draw - x @ beta, phi, cluster.tolist()).covariance
    size = np.sqrt(np.outer(np.diagonal(m), np.diagonal(m)))
    assert total / 1500 / size == close(m / size, abs=0.12)
    found = cluster_robust(beta, x, draw - x @ beta, phi, cluster.tolist())
    assert found._expected() == close(m, rel=1e-9)


def test_balanced_means_are_the_t_test_of_cluster_means() -> None:
    y = np.array([0.1, 0.3, 0.9, 1.3, 0.4, 0.5, 0.2, 0.6])
    means = y.reshape(4, 2).mean(axis=1)
    found = cluster_robust([y.mean()], np.ones((8, 1)), y - y.mean(), np.ones(8), list("AABBCCDD"))
    assert found.coefficients[0].se == close(means.std(ddof=1) / 2)
    assert found.coefficients[0].df == close(3)


def test_terms_of_a_design_do_not_depend_on_how_it_is_written() -> None:
    y, x, phi, cluster = table(8, (3, 4, 2, 5, 3, 4))
    turn = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [3.0, 0.0, 1.0]])
    w = np.linalg.inv(phi)
    beta = np.linalg.solve(x.T @ w @ x, x.T @ w @ y)
    one = cluster_robust(beta, x, y - x @ beta, phi, cluster.tolist())
    other = cluster_robust(
        np.linalg.solve(turn, beta), x @ turn, y - x @ beta, phi, cluster.tolist()
    )
    row = np.array([0.0, 1.0, -1.0])
    first, second = one.combination("c", row), other.combination("c", row @ turn)
    assert (first.se, first.df) == close((second.se, second.df), rel=1e-8)
    tests = one.joint_test(["c"], np.eye(3)[1:]), other.joint_test(["c"], np.eye(3)[1:] @ turn)
    assert (tests[0].statistic, tests[0].df2) == close((tests[1].statistic, tests[1].df2), rel=1e-8)


# what cannot be said


def arms() -> tuple[list[float], list[float], list[str]]:
    return [0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6, list("AABBCC")


def test_few_degrees_of_freedom_are_told() -> None:
    y, v, trial = arms()
    fit = fit_multilevel(y, v, {"trial": trial, "arm": range(6)})
    found = robust(fit, trial)
    assert found.coefficients[0].df == close(2)
    assert "2.0 degrees of freedom: below 4" in found.cautions[0]
    pooled, notes = with_robust_errors(fit, found)
    assert (pooled.robust, notes) == ("CR2", found.cautions)
    mean = pooled.coefficients[0]
    half = 4.302652729911275 * np.sqrt(mean.se**2 + sum(fit.pooled.sigma2))
    assert pooled.prediction_high == close(mean.estimate + half)


def test_plain_kinds_with_few_clusters_are_told() -> None:
    y, v, trial = arms()
    found = robust(fit_effects(y, v), trial, kind="CR1p")
    (caution,) = found.cautions
    assert caution.startswith("CR1p with 3 clusters makes errors too small")


def test_a_coefficient_of_one_cluster_has_no_robust_error() -> None:
    y, v, trial = arms()
    x = np.column_stack((np.ones(6), [t == "C" for t in trial], [0, 1, 0, 1, 0, 1])).astype(float)
    fit = fit_effects(y, v, moderators=x, terms=["mean", "C", "second arm"])
    found = robust(fit, trial)
    # trial C is fitted by its own column in part, its difference between arms is not
    (part,) = [caution for caution in found.cautions if "without residual" in caution]
    assert part.startswith("a part of the error of C comes from clusters")
    assert found.coefficients[1].df == close(1)
    x = np.column_stack((np.ones(6), [t == "B" for t in trial], [t == "C" for t in trial]))
    fit = fit_effects(y, v, moderators=x.astype(float), terms=["A", "B", "C"])
    found = robust(fit, trial)
    assert [row.se for row in found.coefficients] == [np.inf] * 3
    assert [row.p for row in found.coefficients] == [1] * 3
    assert found.cautions[0] == (
        "the coefficient A rests on single clusters that it fits without residual: it has no"
        " robust error"
    )
    with pytest.raises(InputError, match="rests on single clusters"):
        found.combination("B", [0, 1, 0])
    pooled, notes = with_robust_errors(fit, found)
    assert pooled.moderators is None
    assert notes[-1] == (
        "no test of all moderators: 3 clusters are too few to test 2 combinations together"
    )


def test_more_combinations_than_clusters_are_refused() -> None:
    y, x, phi, cluster = table(5, (4, 5, 4))
    beta = np.zeros(3)
    found = cluster_robust(beta, x, y, phi, cluster.tolist())
    with pytest.raises(InputError, match="3 clusters are too few to test 3 combinations"):
        found.joint_test(["all"], np.eye(3))
    with pytest.raises(InputError, match="depend on each other"):
        found.joint_test(["same"], [[0, 1, 0], [0, 2, 0]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "CR3"}, "Unknown kind"),
        ({"level": 2}, "confidence level"),
        ({"cluster": ["A"] * 6}, "1 coefficients cannot rest on 1 clusters"),
        ({"cluster": list("AAB")}, "Lengths differ at cluster"),
        ({"marginal": np.ones(5)}, "different sizes"),
        ({"marginal": -np.ones(6)}, "not positive definite"),
        ({"marginal": np.eye(6) - 2 * np.eye(6)[::-1]}, "different clusters"),
        ({"marginal": np.kron(np.eye(3), [[1.0, 2], [2, 1]])}, "not positive definite"),
        ({"marginal": np.eye(6) + 0.1}, "effects 1 and 3 are in different clusters"),
        (
            {"kind": "CR0", "x": np.vander(range(6), 3), "beta": [0, 0, 0]},
            "3 coefficients cannot rest on 3 clusters",
        ),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {
        "beta": [0.5],
        "x": np.ones((6, 1)),
        "residuals": np.array(arms()[0]) - 0.5,
        "marginal": np.ones(6),
        "cluster": arms()[2],
        **change,
    }
    with pytest.raises(InputError, match=f"(?i){message}"):
        cluster_robust(**given)
