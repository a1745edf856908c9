"""Mixed models where R has no value: hand-computed, by other optimisers, in invariants, refused."""

import time
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from perdure.errors import InputError
from perdure.pool import fit_effects
from perdure.pool.mixed.climb import climb
from perdure.pool.mixed.components import Part, arranged, curvature, log_likelihoods
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import MixedMethod, fit_multilevel, fit_multivariate
from perdure.pool.mixed.structures import (
    Factor,
    Heteroscedastic,
    StructureName,
    covariance_of,
    outcome_structure,
    parameters_of,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
close = pytest.approx


def log_likelihood(y: Array, x: Array, m: Array, *, restricted: bool) -> float:
    """The textbook's formula, on whole matrices."""
    k, p = x.shape
    w = np.linalg.inv(m)
    xwx = x.T @ w @ x
    r = y - x @ np.linalg.solve(xwx, x.T @ w @ y)
    total = np.linalg.slogdet(m)[1] + r @ w @ r
    if restricted:
        total += np.linalg.slogdet(xwx)[1] - np.linalg.slogdet(x.T @ x)[1] - p * np.log(2 * np.pi)
    return float(-0.5 * (total + k * np.log(2 * np.pi)))


def trials_of_two(seed: int, n: int = 12) -> tuple[Array, Array, Ints]:
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(n, dtype=np.int64), 2)
    v = np.exp(rng.uniform(-4, -1, 2 * n))
    y = rng.normal(0, 0.4, n)[trial] + rng.normal(0, 0.2, 2 * n) + rng.normal(0, np.sqrt(v))
    return y, v, trial


def outcomes_of_trials(seed: int, m: int, n: int = 14) -> tuple[Array, Array, Ints, Ints]:
    """Effects on m outcomes of n trials, three in four reported, correlated inside trials."""
    rng = np.random.default_rng(seed)
    root = 0.3 * rng.normal(size=(m, m)) + 0.3
    u = rng.normal(size=(n, m)) @ root.T
    trial, outcome = (a.ravel() for a in np.meshgrid(range(n), range(m), indexing="ij"))
    kept = rng.random(n * m) < 0.75
    kept[: 2 * m] = True
    trial, outcome = trial[kept], outcome[kept]
    sd = np.exp(rng.uniform(-2, -0.5, trial.size))
    v = np.where(trial[:, None] == trial, 0.3, 0.0)
    np.fill_diagonal(v, 1.0)
    v *= np.outer(sd, sd)
    y = u[trial, outcome] + rng.multivariate_normal(np.zeros(trial.size), v)
    return y, v, outcome, trial


# by hand


def test_balanced_levels_are_the_analysis_of_variance() -> None:
    y, trial = np.array([0.1, 0.3, 0.9, 1.3, 0.4, 0.5]), np.repeat(range(3), 2)
    fit = fit_multilevel(y, np.full(6, 0.02), {"trial": trial.tolist(), "arm": range(6)})
    means = y.reshape(3, 2).mean(axis=1)
    within = ((y - means[trial]) ** 2).sum() / 3
    between = 2 * means.var(ddof=1)
    assert fit.pooled.sigma2 == close(((between - within) / 2, within - 0.02), rel=1e-12)
    assert fit.pooled.coefficients[0].se == close(np.sqrt(between / 6), rel=1e-12)
    total = sum(fit.pooled.sigma2) + 0.02
    assert [row.i2 for row in fit.components] == close([100 * s / total for s in fit.pooled.sigma2])
    assert [(row.name, row.n_groups) for row in fit.components] == [("trial", 3), ("arm", 6)]


def test_one_level_of_single_effects_is_the_random_effects_model() -> None:
    y, v, _ = trials_of_two(3)
    methods: tuple[MixedMethod, ...] = ("REML", "ML")
    for method in methods:
        fit = fit_multilevel(y, v, [range(y.size)], method=method, test="t")
        other = fit_effects(y, v, method=method, test="t")
        assert fit.pooled.sigma2[0] == close(other.pooled.tau2, rel=1e-9)
        assert fit.pooled.i2 == close(other.pooled.i2, rel=1e-9)
        assert fit.pooled.log_likelihood == close(other.pooled.log_likelihood, rel=1e-12)
        assert fit.pooled.prediction_low == close(other.pooled.prediction_low, rel=1e-9)
        mine, theirs = fit.pooled.coefficients[0], other.pooled.coefficients[0]
        assert (mine.estimate, mine.se, mine.p) == close((theirs.estimate, theirs.se, theirs.p))


def test_effects_alike_have_no_variance_between_them() -> None:
    fit = fit_multilevel([0.4] * 6, [0.1] * 6, [list("AABBCC"), range(6)])
    assert list(fit.pooled.sigma2) == [0, 0]
    assert fit.pooled.coefficients[0].estimate == close(0.4)
    assert fit.pooled.coefficients[0].se == close(np.sqrt(0.1 / 6))
    assert all(row.estimate == close(0, abs=1e-12) and row.se == 0 for row in fit.random_effects())


def test_outcomes_in_step_have_a_correlation_of_one() -> None:
    y = np.array([0.1, 0.3, 0.5, 0.2, 0.9, 0.8])
    both = np.column_stack((y, 2 * y)).ravel()
    fit = fit_multivariate(
        both, np.full(12, 0.001), ["a", "b"] * 6, np.repeat(range(6), 2).tolist()
    )
    assert fit.pooled.rho[0] == close(1, abs=1e-12)
    assert np.linalg.eigvalsh(fit.between)[0] == close(0, abs=1e-15)


# beside other optimisers


def dense(fit: MixedFit, parts: list[Array]) -> Array:
    return np.asarray(np.diag(fit.v) + sum(parts))


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("seed", range(4))
def test_crossed_levels_beside_another_optimiser(seed: int, method: Any) -> None:
    rng = np.random.default_rng(seed)
    y, v, trial = trials_of_two(seed, 14)
    drug = rng.integers(0, 4, y.size)
    y = y + 0.3 * drug
    x = np.column_stack((np.ones(y.size), rng.normal(size=y.size)))
    levels = {"trial": trial.tolist(), "drug": drug.tolist(), "arm": range(y.size)}
    fit = fit_multilevel(y, v, levels, nested=False, method=method, moderators=x)
    same = [trial[:, None] == trial, drug[:, None] == drug, np.eye(y.size)]

    def lower(sd: Array) -> float:
        m = dense(fit, [s**2 * a for s, a in zip(sd, same, strict=True)])
        return -log_likelihood(y, x, m, restricted=method == "REML")

    starts = ([0.3, 0.3, 0.3], [0.01, 0.5, 0.1], [0.6, 0.01, 0.01])
    best = min((minimize(lower, s, method="BFGS") for s in starts), key=lambda found: found.fun)
    assert fit.pooled.log_likelihood == close(-lower(np.sqrt(fit.pooled.sigma2)), rel=1e-11)
    assert fit.pooled.log_likelihood >= -best.fun - 1e-10
    assert fit.pooled.sigma2 == close(tuple(best.x**2), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("structure", ["UN", "HCS", "CS", "DIAG", "ID"])
@pytest.mark.parametrize("m", [2, 3, 4])
def test_outcomes_beside_another_optimiser(m: int, structure: StructureName, method: Any) -> None:
    y, v, outcome, trial = outcomes_of_trials(10 + m, m)
    fit = fit_multivariate(
        y, v, outcome.tolist(), trial.tolist(), structure=structure, method=method
    )
    same = trial[:, None] == trial

    def g_of(free: Array) -> Array:
        """Another way to write each structure."""
        if structure == "UN":
            root = np.zeros((m, m))
            root[np.tril_indices(m)] = free
            return root @ root.T
        sd = free[:m] if structure in ("HCS", "DIAG") else np.full(m, free[0])
        rho = 0.0
        if structure in ("CS", "HCS"):
            low = -1 / (m - 1)
            rho = low + (1 - low) / (1 + np.exp(-free[-1]))
        g = rho * np.outer(np.abs(sd), np.abs(sd))
        np.fill_diagonal(g, sd**2)
        return g

    def lower(free: Array) -> float:
        covariance = np.where(same, g_of(free)[np.ix_(outcome, outcome)], 0.0)
        return -log_likelihood(y, fit.x, v + covariance, restricted=method == "REML")

    size = {"UN": m * (m + 1) // 2, "HCS": m + 1, "CS": 2, "DIAG": m, "ID": 1}[structure]
    start = np.full(size, 0.3)
    if structure == "UN":
        start[[0, *np.cumsum(range(2, m + 1)).tolist()]] = 0.5
    best = minimize(lower, start, method="BFGS")
    whole = np.where(same, fit.between[np.ix_(outcome, outcome)], 0.0)
    assert fit.pooled.log_likelihood == close(
        log_likelihood(y, fit.x, v + whole, restricted=method == "REML"), rel=1e-11
    )
    assert fit.pooled.log_likelihood >= -best.fun - 1e-9
    assert fit.between == close(g_of(best.x), rel=5e-3, abs=1e-3)
    if structure == "UN":
        sd = np.sqrt(np.diagonal(fit.between))
        rho = [fit.between[a, b] / (sd[a] * sd[b]) for a, b in combinations(range(m), 2)]
        assert fit.pooled.rho == close(tuple(rho), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_start_leads_higher(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, v, trial = trials_of_two(20 + seed, 8)
    fit = fit_multilevel(y, v, [trial.tolist(), range(y.size)])
    for _ in range(5):
        start = rng.exponential(0.3, 2)
        found = climb(fit.blocks, fit.structure, start, restricted=True)
        assert found.value <= fit.pooled.log_likelihood + 1e-9


def test_both_of_two_edges_are_tried() -> None:
    # two maxima, each with the other variance 0: one table in 3,000 that a search found, where the
    # grid of starts leads to the lower of the two only
    rng = np.random.default_rng(1199)
    k = int(rng.integers(8, 30))
    trial = rng.integers(0, int(rng.integers(3, k)), k)
    v = np.exp(rng.uniform(-6, 0, k))
    y = rng.normal(0, np.sqrt(v + 0.003))
    fit = fit_multilevel(y, v, [trial.tolist(), range(k)], method="ML")
    assert fit.pooled.sigma2 == close((0, 0.0017155463765323577), rel=1e-7, abs=0)
    other = climb(fit.blocks, fit.structure, np.array([0.001, 0.0]), restricted=False)
    assert other.parameters.tolist() == close([0.0012335268688629189, 0], rel=1e-7, abs=0)
    assert fit.pooled.log_likelihood == close(other.value + 0.005065080, abs=1e-8)


# derivatives


@pytest.mark.parametrize("restricted", [True, False])
def test_derivatives_are_those_of_the_likelihood(restricted: bool) -> None:
    y, v, outcome, trial = outcomes_of_trials(5, 2)
    x = np.column_stack((np.ones(y.size), outcome.astype(float)))
    parts = [Part(trial, outcome, pair) for pair in ((0, 0), (0, 1), (1, 1))]
    blocks = arranged(y, x, v, parts, trial)
    at, h = np.array([0.2, 0.05, 0.3]), 1e-5
    found = curvature(blocks, at, restricted=restricted)
    assert log_likelihoods(blocks, at[None], restricted=restricted)[0] == close(found.value)
    for j, unit in enumerate(np.eye(3)):
        up, down = (curvature(blocks, at + s * h * unit, restricted=restricted) for s in (1, -1))
        assert found.score[j] == close((up.value - down.value) / (2 * h), rel=1e-6)
        assert found.observed[j] == close(-(up.score - down.score) / (2 * h), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("m", [2, 3])
@pytest.mark.parametrize("name", ["UN", "HCS", "CS", "DIAG", "ID"])
def test_structures_have_the_derivatives_they_say(name: StructureName, m: int) -> None:
    structure = outcome_structure(name, m)
    g = 0.3 + np.diag(np.arange(1.0, m + 1))
    at, h = parameters_of(structure, g), 1e-6
    if name == "UN":
        assert covariance_of(structure.coefficients(at), m) == close(g, rel=1e-7)
    jacobian = structure.jacobian(at)
    score = np.arange(1.0, 1 + m * (m + 1) / 2)
    for j, unit in enumerate(np.eye(at.size)):
        change = structure.coefficients(at + h * unit) - structure.coefficients(at - h * unit)
        assert jacobian[:, j] == close(change / (2 * h), rel=1e-6, abs=1e-8)
        if isinstance(structure, Factor | Heteroscedastic):
            change = structure.jacobian(at + h * unit) - structure.jacobian(at - h * unit)
            weighted = score @ change / (2 * h)
            assert structure.second(at, score)[j] == close(weighted, rel=1e-6, abs=1e-6)
    if isinstance(structure, Factor):
        turned = at + h * structure.turns(at)[:, 0]
        assert structure.coefficients(turned) == close(structure.coefficients(at), abs=1e-10)


# invariants


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.05, 20), shift=st.floats(-5, 5))
def test_scale_shift_and_order_do_not_matter(seed: int, factor: float, shift: float) -> None:
    y, v, trial = trials_of_two(seed, 7)
    fit = fit_multilevel(y, v, {"trial": trial.tolist(), "arm": range(y.size)})
    order = np.random.default_rng(seed).permutation(y.size)
    other = fit_multilevel(
        (factor * y + shift)[order],
        np.diag((factor**2 * v)[order]),
        {"trial": trial[order].tolist(), "arm": order.tolist()},
    )
    scale = factor**2 * (sum(fit.pooled.sigma2) + 1e-6)
    for mine, theirs in zip(fit.pooled.sigma2, other.pooled.sigma2, strict=True):
        assert theirs == close(factor**2 * mine, rel=1e-5, abs=1e-5 * scale)
    estimate, se = fit.pooled.coefficients[0].estimate, fit.pooled.coefficients[0].se
    assert other.pooled.coefficients[0].estimate == close(
        factor * estimate + shift, rel=1e-6, abs=1e-6 * factor
    )
    assert other.pooled.coefficients[0].se == close(factor * se, rel=1e-6)
    assert other.pooled.q == close(fit.pooled.q, rel=1e-8)


def test_covariances_are_taken_as_a_matrix_or_as_blocks() -> None:
    y, v, outcome, trial = outcomes_of_trials(2, 3)
    edges = np.flatnonzero(np.diff(trial)) + 1
    blocks = [v[np.ix_(at, at)] for at in np.split(np.arange(y.size), edges)]
    whole = fit_multivariate(y, v, outcome.tolist(), trial.tolist(), structure="HCS")
    parted = fit_multivariate(y, blocks, outcome.tolist(), trial.tolist(), structure="HCS")
    assert whole.pooled == parted.pooled


def test_many_small_trials_beside_one_large() -> None:
    rng = np.random.default_rng(1)
    trial = np.concatenate((np.zeros(90, dtype=int), np.arange(1, 120), np.arange(1, 120)))
    v = rng.uniform(0.02, 0.3, trial.size)
    y = rng.normal(0, 0.3, 120)[trial] + rng.normal(0, np.sqrt(v + 0.04))
    fit = fit_multilevel(y, v, {"trial": trial.tolist(), "arm": range(y.size)})
    assert len(fit.blocks.batches) > 1
    m = np.diag(v + fit.pooled.sigma2[1]) + fit.pooled.sigma2[0] * (trial[:, None] == trial)
    assert fit.marginal == close(m, rel=1e-12)
    value = log_likelihood(y, np.ones((y.size, 1)), m, restricted=True)
    assert fit.pooled.log_likelihood == close(value, rel=1e-11)


def test_a_thousand_effects_take_well_under_a_second() -> None:
    rng = np.random.default_rng(1)
    trial = np.concatenate((np.arange(300), rng.integers(0, 300, 700)))
    v = rng.uniform(0.02, 0.3, 1000)
    y = rng.normal(0, 0.3, 300)[trial] + rng.normal(0, np.sqrt(v + 0.05))
    x = np.column_stack((np.ones(1000), rng.normal(size=1000)))
    started = time.process_time()
    fit = fit_multilevel(y, v, {"trial": trial.tolist(), "arm": range(1000)}, moderators=x)
    assert time.process_time() - started < 1
    assert fit.pooled.sigma2 == close((0.09, 0.05), rel=0.35)


def test_random_effects_of_outcomes_are_those_of_whole_matrices() -> None:
    y, v, outcome, trial = outcomes_of_trials(8, 2)
    fit = fit_multivariate(y, v, outcome.tolist(), trial.tolist(), structure="UN")
    n = int(trial.max()) + 1
    z = np.zeros((y.size, 2 * n))
    z[np.arange(y.size), 2 * trial + outcome] = 1
    d = np.kron(np.eye(n), fit.between)
    w = fit.precision
    p = w - w @ fit.x @ fit.covariance @ fit.x.T @ w
    found = fit.random_effects()
    assert [row.estimate for row in found] == close((d @ z.T @ p @ y).tolist(), rel=1e-8, abs=1e-10)
    mean_square = np.diagonal(d - d @ z.T @ p @ z @ d)
    assert [row.se for row in found] == close(np.sqrt(mean_square).tolist(), rel=1e-7)
    assert [(row.level, row.group) for row in found[:3]] == [("0", "0"), ("1", "0"), ("0", "1")]


def test_prediction_of_an_outcome_has_its_variance() -> None:
    y, v, outcome, trial = outcomes_of_trials(8, 2)
    names = np.array(["PFS", "OS"])[outcome].tolist()
    fit = fit_multivariate(y, v, names, trial.tolist(), structure="DIAG")
    assert fit.predicted(["OS"], [[0, 1]])[0].prediction_low is None
    row = fit.predicted(["OS"], [[0, 1]], outcomes=["OS"])[0]
    half = 1.959963984540054 * np.sqrt(row.se**2 + fit.pooled.sigma2[1])
    assert row.prediction_high == close(row.estimate + half)
    with pytest.raises(InputError, match="no such outcome"):
        fit.predicted(["OS"], [[0, 1]], outcomes=["ORR"])


def test_degrees_of_freedom_by_containment() -> None:
    # metafor 3.8-1, rma.mv(..., test = "t", dfs = "contain"): in 4 trials of two outcomes a column
    # that varies inside trials has k - p, one that does not the number of trials less p
    y = [0.1, 0.3, 0.9, 1.3, 0.4, 0.5, 0.2, 0.9]
    x = np.column_stack((np.ones(8), [0, 1] * 4, np.repeat([0, 0, 1, 1], 2)))
    fit = fit_multivariate(
        y,
        [0.02] * 8,
        ["a", "b"] * 4,
        np.repeat(range(4), 2).tolist(),
        structure="CS",
        test="t",
        df="contain",
        moderators=x,
    )
    assert fit.df is not None
    assert fit.df.tolist() == [1, 5, 1]
    assert fit.joint_test(["b"], [[0, 1, 0]]).df2 == 5
    assert fit.joint_test(["b", "later"], [[0, 1, 0], [0, 0, 1]]).df2 == 1
    assert fit.combination("mean", [1, 0.5, 0]).df == 1
    assert [row.df for row in fit.predicted(["a", "b"], [[1, 0, 0], [1, 1, 0]])] == [1, 1]


# bad input

ARMS: dict[str, Any] = {
    "y": [0.1, 0.3, 0.9, 1.3, 0.4, 0.5],
    "v": [0.02] * 6,
    "levels": {"trial": list("AABBCC"), "arm": range(6)},
}
PAIRS: dict[str, Any] = {
    "y": [0.1, 0.3, 0.9, 1.3, 0.4, 0.5],
    "v": [0.02] * 6,
    "outcome": ["PFS", "OS"] * 3,
    "trial": list("AABBCC"),
}
WITHIN = np.column_stack((np.ones(6), [0, 1] * 3, [1, 0, 0, 1, 0, 3]))
INDEFINITE = np.kron(np.eye(3), np.array([[0.02, 0.03], [0.03, 0.02]]))
LOPSIDED = np.diag([0.02] * 6) + np.eye(6, k=1) * 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "DL"}, "Unknown method"),
        ({"test": "knha"}, "Unknown test"),
        ({"df": "kr"}, "Unknown df"),
        ({"level": 95}, "confidence level"),
        ({"levels": {}}, "no level"),
        ({"levels": {"trial": list("AAB")}}, "Lengths differ at trial"),
        ({"levels": {"trial": ["A", "A", "", "B", "B", "B"]}}, "no label for effect 3"),
        ({"levels": [list("AABBCC"), list("xxyyzz")]}, "group the effects alike"),
        ({"levels": {"trial": ["A"] * 6, "arm": range(6)}}, "cannot be told apart: trial has 1"),
        ({"v": [0.02] * 5}, "Lengths differ"),
        ({"v": [0.02] * 5 + [0]}, "variance of effect 6"),
        ({"v": INDEFINITE}, "effects 1, 2 is no covariance"),
        ({"v": LOPSIDED}, "effects 1 and 2 is not that of 2 and 1"),
        ({"v": np.ones((6, 5))}, "not square"),
        ({"v": [np.ones((2, 1)), [[1.0]]]}, "block of the sampling covariance is not square"),
        ({"v": np.full((6, 6), np.nan) + np.eye(6)}, "variance of effect 1"),
        ({"moderators": np.ones((6, 2))}, "depend on each other"),
        ({"moderators": np.eye(6)}, "too few"),
        (
            {"test": "t", "df": "contain", "moderators": WITHIN},
            "too few groups",
        ),
    ],
)
def test_levels_that_cannot_be_fitted(change: dict[str, Any], message: str) -> None:
    given = {**ARMS, **change}
    with pytest.raises(InputError, match=message):
        fit_multilevel(**given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structure": "AR"}, "Unknown structure"),
        ({"outcome": ["OS"] * 6}, "needs 2 to"),
        ({"trial": list("ABCDEF")}, "no trial reports both PFS and OS"),
        ({"structure": "CS", "trial": list("ABCDEF")}, "too few for the structure CS"),
        ({"trial": list("AABB")}, "Lengths differ at trial"),
    ],
)
def test_outcomes_that_cannot_be_fitted(change: dict[str, Any], message: str) -> None:
    given = {**PAIRS, **change}
    with pytest.raises(InputError, match=f"(?i){message}"):
        fit_multivariate(**given)
