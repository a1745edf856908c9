"""Vectors of arms: metafor's multivariate fits, other optimisers, simulated truth."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from scipy.stats import norm

from perdure.errors import InputError
from perdure.pool import fit_effects
from perdure.pool.missing import arm_vectors
from perdure.pool.missing.arm_vectors import VectorMethod, fit_vectors
from perdure.pool.missing.vector_data import VectorData, vector_data
from perdure.pool.missing.vector_likelihood import evaluate
from perdure.pool.missing.vector_structure import Structure, line, unstructured

HERE = Path(__file__).parents[1] / "reference" / "pool"
BERKEY: dict[str, Any] = json.loads((HERE / "multilevel.json").read_text())["berkey"]["UN"]
with (HERE / "dat.berkey1998.csv").open(newline="", encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))
# outcomes AL, PD: in metafor's order of its terms
Y = np.array([[float(ROWS[i + 1]["yi"]), float(ROWS[i]["yi"])] for i in range(0, 10, 2)])
V = np.array(
    [
        [
            [float(ROWS[i + 1]["v2i"]), float(ROWS[i + 1]["v1i"])],
            [float(ROWS[i]["v2i"]), float(ROWS[i]["v1i"])],
        ]
        for i in range(0, 10, 2)
    ]
)
MULTIPLES = np.array([1.5, 2.0, 2.5, 3.0])


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_complete_vectors_are_metafors_multivariate_model(method: VectorMethod) -> None:
    expected = BERKEY[method]["means"]
    fit = fit_vectors(vector_data(Y, V), unstructured(np.ones(2)), method=method)
    assert fit.between.diagonal() == pytest.approx(expected["tau2"], rel=1e-6)
    correlation = fit.between[0, 1] / np.sqrt(fit.between[0, 0] * fit.between[1, 1])
    assert correlation == pytest.approx(expected["rho"][0], rel=1e-6)
    assert fit.beta == pytest.approx(expected["beta"], rel=1e-6)
    assert np.sqrt(fit.given.diagonal()) == pytest.approx(expected["se"], rel=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["logLik"], rel=1e-9)
    assert (np.sqrt(fit.covariance.diagonal()) >= np.sqrt(fit.given.diagonal())).all()


def test_errors_by_cluster_are_metafors_and_unbiased() -> None:
    expected = BERKEY["REML"]["means"]["robust"]
    fit, trials = fit_vectors(vector_data(Y, V), unstructured(np.ones(2))), list("abcde")
    plain = fit.clustered(trials, "CR0")
    assert plain.sandwich is not None
    assert plain.sandwich.covariance == pytest.approx(np.array(expected["CR0"]["vcov"]), rel=1e-6)
    found = plain.clustered(trials)
    assert found.sandwich is not None
    added = fit.covariance - fit.given
    assert found.covariance - found.sandwich.covariance == pytest.approx(added, abs=1e-12)
    # where errors are correlated there is more than one adjustment that is unbiased under the
    # model; clubSandwich's depends on the order of rows, and differs by 0.2% here
    assert np.sqrt(found.sandwich.covariance.diagonal()) == pytest.approx(
        expected["CR2"]["se"], rel=3e-3
    )
    mean = np.zeros((2, 2))
    for information, adjust in zip(found.sandwich.information, found.sandwich.adjust, strict=True):
        left = information - information @ found.sandwich.bread @ information
        mean += adjust @ left @ adjust.T
    bread = found.sandwich.bread
    assert bread @ mean @ bread == pytest.approx(bread, rel=1e-9)
    one = found.combination("one", found.weights(0, [1.0]))
    assert one.df == pytest.approx(expected["CR2"]["df"][0], rel=3e-3)
    with pytest.raises(InputError, match=r"(?i)lengths differ"):
        fit.clustered(["a"])


@pytest.mark.parametrize("method", ["REML", "ML"])
@settings(max_examples=15, deadline=None)
@given(st.integers(4, 12), st.integers(0, 10_000))
def test_one_coordinate_is_the_univariate_model(method: VectorMethod, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    v = random.uniform(0.02, 0.1, k)
    y = random.normal(0, np.sqrt(v + 0.3))
    alone = fit_effects(y, v, method=method, test="z").pooled
    fit = fit_vectors(
        vector_data(y[:, None], v[:, None, None]), unstructured(np.array([0.5])), method=method
    )
    assert fit.between[0, 0] == pytest.approx(alone.tau2, rel=1e-6, abs=1e-7)
    assert fit.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-9, abs=1e-9)
    assert fit.beta[0] == pytest.approx(alone.coefficients[0].estimate, rel=1e-6, abs=1e-8)


def example(seed: int, n: int = 24, *, bounds: int = 0, classes: int = 2) -> VectorData:
    """Return arms of which those with long medians show fewer multiples, some only a bound."""
    random = np.random.default_rng(seed)
    x = np.eye(classes)[np.arange(n) % classes]
    effects = random.multivariate_normal(np.zeros(2), [[0.25, 0.12], [0.12, 0.2]], n)
    along = np.log(MULTIPLES / 3.0)
    mean = np.column_stack(
        (2.0 + effects[:, 0], -1 + effects[:, 1:] - 1.4 * along + random.normal(0, 0.1, (n, 4)))
    )
    root = np.array(
        [
            [0.1, 0, 0, 0, 0],
            [-0.05, 0.15, 0, 0, 0],
            [-0.05, 0.1, 0.12, 0, 0],
            [-0.04, 0.1, 0.08, 0.12, 0],
            [-0.04, 0.08, 0.08, 0.08, 0.12],
        ]
    )
    sampling = np.array([root @ root.T * scale for scale in random.uniform(0.5, 2, n)])
    value = mean + np.array([random.multivariate_normal(np.zeros(5), one) for one in sampling])
    limit = random.normal(3.0, 0.3, n)
    value[:, 1:][value[:, :1] + np.log(MULTIPLES) > limit[:, None]] = np.nan
    beyond = np.full(n, np.nan)
    if bounds:
        longest = np.argsort(-value[:, 0])[:bounds]
        value[longest], beyond[longest] = np.nan, 2.4
    return vector_data(value, sampling, x, beyond)


def plain_log_likelihood(data: VectorData, between: Any, coefficients: Any) -> float:
    """Return the likelihood arm by arm, written down a second time."""
    total = 0.0
    for at in range(len(data.value)):
        seen, mean = data.seen[at], coefficients @ data.design[at]
        if np.isfinite(data.beyond[at]):
            sd = np.sqrt(between[0, 0] + data.beyond_variance[at])
            total += float(norm.logsf(data.beyond[at], mean[0], sd))
        else:
            spread = (between + data.sampling[at])[np.ix_(seen, seen)]
            left = data.value[at][seen] - mean[seen]
            logdet = np.linalg.slogdet(2 * np.pi * spread).logabsdet
            total -= 0.5 * float(logdet + left @ np.linalg.solve(spread, left))
    return total


STRUCTURES = {
    "line": line(MULTIPLES, 3.0, np.array([0.5, 0.5])),
    "unstructured": unstructured(np.repeat(0.5, 5)),
}


def value_at(data: VectorData, structure: Structure, restricted: bool) -> Any:
    def value(at: Any) -> float:
        return evaluate(data, structure.between(at), restricted=restricted).log_likelihood

    return value


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("bounds", [0, 3])
def test_the_likelihood_is_that_of_each_arm_and_has_its_gradient(name: str, bounds: int) -> None:
    structure, data = STRUCTURES[name], example(1, bounds=bounds)
    random = np.random.default_rng(2)
    parameters = structure.start + random.normal(0, 0.2, len(structure.start))
    found = evaluate(data, structure.between(parameters), restricted=False)
    plain = plain_log_likelihood(data, structure.between(parameters), data.spread(found.beta))
    assert found.log_likelihood == pytest.approx(plain, rel=1e-10)
    assert found.score.sum(axis=0) == pytest.approx(np.zeros(10), abs=1e-9)
    for restricted in (False, True)[: 1 if bounds else 2]:
        here = evaluate(data, structure.between(parameters), restricted=restricted)
        assert structure.gradient(parameters, here.slope) == pytest.approx(
            approx_fprime(parameters, value_at(data, structure, restricted), 1e-7), abs=2e-5
        )


def test_restricted_likelihood_by_integrating_the_coefficients() -> None:
    # the integral over the coefficients of the likelihood, which is normal in them
    data, structure = example(3, classes=1), STRUCTURES["line"]
    between = structure.between(structure.start)
    full = evaluate(data, between, restricted=False)
    logdet = np.linalg.slogdet(full.information).logabsdet
    integral = full.log_likelihood + 0.5 * (5 * np.log(2 * np.pi) - logdet)
    constant = 0.5 * np.log(data.seen.sum(axis=0)).sum()
    assert evaluate(data, between, restricted=True).log_likelihood == pytest.approx(
        integral + constant, rel=1e-12
    )


@pytest.mark.parametrize(("seed", "bounds"), [(4, 0), (5, 3)])
def test_another_optimiser_of_the_whole_likelihood_finds_the_same(seed: int, bounds: int) -> None:
    structure, data = STRUCTURES["line"], example(seed, n=16, bounds=bounds)
    fit = fit_vectors(data, structure, method="ML")
    q = len(structure.start)

    def lost(theta: Any) -> float:
        return -plain_log_likelihood(data, structure.between(theta[:q]), theta[q:].reshape(5, 2))

    start = np.concatenate((structure.start * 0.8, np.ravel(data.spread(fit.beta)) + 0.05))
    best = minimize(lost, start, method="BFGS", options={"gtol": 1e-3, "maxiter": 150})
    assert fit.log_likelihood >= -best.fun - 1e-9
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-4)
    assert fit.beta == pytest.approx(best.x[q:], abs=2e-3)
    assert fit.between == pytest.approx(structure.between(best.x[:q]), abs=2e-3)


def test_errors_are_those_of_the_whole_observed_information() -> None:
    structure, data = unstructured(np.array([0.5, 0.5])), example(6, bounds=2)
    data = vector_data(
        np.where(data.seen, data.value, np.nan)[:, [0, 4]],
        data.sampling[:, [0, 4]][:, :, [0, 4]],
        data.design,
        data.beyond,
        data.beyond_variance,
    )
    fit = fit_vectors(data, structure, method="ML")
    theta = np.concatenate((fit.parameters, fit.beta))

    def value(at: Any) -> float:
        return plain_log_likelihood(data, structure.between(at[:3]), at[3:].reshape(2, 2))

    step, size = 1e-3, len(theta)
    eye = np.eye(size) * step
    corners = [
        [
            value(theta + a + b)
            - value(theta + a - b)
            - value(theta - a + b)
            + value(theta - a - b)
            for b in eye
        ]
        for a in eye
    ]
    curvature = np.array(corners) / (4 * step * step)
    whole = np.linalg.inv(-curvature)[3:, 3:]
    assert fit.covariance == pytest.approx(whole, rel=2e-3, abs=1e-5)
    # an error that took the correlation as known would be too small where values are missing
    at = fit.weights(1, [1, 0])
    assert float(at @ fit.given @ at) < 0.95 * float(at @ fit.covariance @ at)


def test_what_depends_on_the_median_is_missing_at_random() -> None:
    random = np.random.default_rng(8)
    spread = np.array([[0.25, 0.15], [0.15, 0.25]])
    errors = np.array([[[0.01, -0.003], [-0.003, 0.03]]] * 40)
    found, alone, hits = [], [], 0
    for _ in range(100):
        value = random.multivariate_normal([2.0, -1.0], spread, 40)
        value += random.multivariate_normal([0, 0], errors[0], 40)
        value[value[:, 0] > 2.15 + random.normal(0, 0.1, 40), 1] = np.nan
        fit = fit_vectors(vector_data(value, errors), unstructured(np.array([0.5, 0.5])))
        mean = fit.combination("y", fit.weights(1, [1.0]))
        found.append(mean.estimate)
        alone.append(np.nanmean(value[:, 1]))
        hits += mean.ci_low <= -1 <= mean.ci_high
    assert np.mean(found) == pytest.approx(-1, abs=3 * np.std(found) / 100**0.5)
    assert np.mean(alone) < -1.12
    assert 0.90 < hits / 100 <= 0.99


def test_degrees_of_freedom_of_a_plain_mean_are_the_numbers_less_one() -> None:
    random = np.random.default_rng(9)
    value = random.normal(0, 1, (10, 1))
    fit = fit_vectors(vector_data(value, np.full((10, 1, 1), 1e-6)), unstructured(np.ones(1)))
    mean = fit.combination("mean", fit.weights(0, [1.0]))
    assert mean.df == pytest.approx(9, rel=1e-4)
    assert mean.se == pytest.approx(np.std(value, ddof=1) / 10**0.5, rel=1e-4)


def test_arms_that_are_alike_have_no_variance_between() -> None:
    value = np.array([[0.5, 1.0]] * 6) + np.linspace(-0.01, 0.01, 12).reshape(6, 2)
    fit = fit_vectors(vector_data(value, [np.eye(2) * 0.1] * 6), unstructured(np.ones(2) * 0.1))
    assert fit.between == pytest.approx(np.zeros((2, 2)), abs=1e-6)
    mean = fit.combination("y", fit.weights(1, [1.0]))
    assert mean.se == pytest.approx((0.1 / 6) ** 0.5, rel=1e-3)
    assert mean.df == 5


def test_few_multiples_need_no_line() -> None:
    assert line(MULTIPLES[:2], 2.0, np.ones(2)).name == "unstructured"
    structure: Structure = line(MULTIPLES, 3.0, np.array([0.5, 0.4]))
    between = structure.between(np.array([1.0, 0.2, 0.9, 0, 0, 0, 0.5]))
    assert between[0, 1:] == pytest.approx(np.repeat(0.5 * 0.2 * 0.4, 4))
    assert between[4, 4] - between[4, 3] == pytest.approx((0.5 * 0.4) ** 2)


ONE = np.eye(2) * 0.1


@pytest.mark.parametrize(
    ("value", "sampling", "options", "said"),
    [
        ([[1.0, 2.0]], [np.eye(3)], {}, "do not fit"),
        ([[np.nan, np.nan]], [ONE], {}, "arm 1 shows nothing"),
        ([[1.0, np.nan]], [ONE], {"beyond": [2.0]}, "values and a bound"),
        ([[1.0, 2.0]], [[[1.0, 0.5], [0.2, 1.0]]], {}, "covariance of arm 1 is not one"),
        ([[1.0, 2.0]], [[[1.0, 2.0], [2.0, 1.0]]], {}, "covariance of arm 1 is not one"),
        ([[1.0, 2.0]], [[[np.nan, 0], [0, 1.0]]], {}, "covariance of arm 1 is not one"),
        ([[1.0, 2.0]], [ONE], {"design": [[np.nan]]}, "moderators or bounds"),
        ([[1.0, 2.0]] * 3, [ONE] * 3, {"design": [[1, 1]] * 3}, "depend on each other"),
    ],
)
def test_vectors_that_cannot_be_are_refused(
    value: Any, sampling: Any, options: Any, said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        vector_data(value, sampling, **options)


def test_fits_that_cannot_be_are_refused() -> None:
    few = vector_data([[1.0, 2.0], [2.0, np.nan], [3.0, np.nan]], [ONE] * 3)
    with pytest.raises(InputError, match=r"(?i)coordinate 2 is seen in 1 arms only"):
        fit_vectors(few, unstructured(np.ones(2)))
    bound = example(1, bounds=2)
    with pytest.raises(InputError, match=r"(?i)no restricted likelihood"):
        fit_vectors(bound, STRUCTURES["line"], method="REML")
    with pytest.raises(InputError, match=r"(?i)unknown method"):
        fit_vectors(few, unstructured(np.ones(2)), method="DL")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"(?i)not between 0 and 1"):
        fit_vectors(few, unstructured(np.ones(2)), level=95)
    x = np.array([[1.0, 0.0]] * 5 + [[1.0, 1.0]])
    value = np.column_stack((np.arange(6.0), [1.0, 2, 3, 1, 2, np.nan]))
    fit = fit_vectors(vector_data(value, [ONE] * 6, x), unstructured(np.ones(2)))
    with pytest.raises(InputError, match=r"(?i)nothing is seen of that mean"):
        fit.weights(1, [1.0, 1.0])


def test_errors_that_follow_from_each_other_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def singular(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(arm_vectors, "_around", singular)
    data = vector_data([[0.0, 1.0], [1.0, 1.4], [2.0, 2.5], [0.5, 1.0]], [np.eye(2) / 100] * 4)
    with pytest.raises(InputError, match="follow from each other"):
        fit_vectors(data, unstructured(np.ones(2)))
