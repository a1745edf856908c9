"""Parametric models against simulated truth: the estimate lies where its covariance says."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import expit, ndtr
from scipy.stats import chi2

from perdure.survival.parametric import Family, Fit, PiecewiseExponential, Spline, fit

pytestmark = pytest.mark.slow

Floats = NDArray[np.float64]
Rng = np.random.Generator
N = 4000


def exponential(rng: Rng) -> Floats:
    return rng.exponential(8.0, N)


def weibull(rng: Rng) -> Floats:
    return 12 * rng.weibull(0.7, N)


def lognormal(rng: Rng) -> Floats:
    return rng.lognormal(2.3, 1.1, N)


def loglogistic(rng: Rng) -> Floats:
    return np.asarray(9 * np.exp(rng.logistic(size=N) / 1.6))


def gamma(rng: Rng) -> Floats:
    return rng.gamma(2.2, 1 / 0.2, N)


def generalised_gamma(rng: Rng) -> Floats:
    """Prentice's definition: w = log(Q^2 G) / Q with G gamma of shape 1 / Q^2."""
    q = -0.6
    return np.exp(2.2 + 0.9 * np.log(q**2 * rng.gamma(q**-2, 1.0, N)) / q)


def gompertz(rng: Rng) -> Floats:
    inside = 1 + -0.06 / 0.12 * rng.exponential(size=N)
    return np.where(inside > 0, np.log(np.maximum(inside, 1e-300)) / -0.06, np.inf)


def mixture(latency: Callable[[Rng], Floats]) -> Callable[[Rng], Floats]:
    return lambda rng: np.where(rng.random(N) < 0.3, np.inf, latency(rng))


def non_mixture(latency: Callable[[Rng], Floats]) -> Callable[[Rng], Floats]:
    """The first of a Poisson number of times: nobody has any with probability 0.3."""

    def draw(rng: Rng) -> Floats:
        count = rng.poisson(-np.log(0.3), N)
        times = np.array([latency(rng) for _ in range(count.max())])
        times[np.arange(count.max())[:, np.newaxis] >= count] = np.inf
        return np.asarray(times.min(axis=0))

    return draw


def quick_weibull(rng: Rng) -> Floats:
    return 6 * rng.weibull(1.4, N)


def quick_loglogistic(rng: Rng) -> Floats:
    return np.asarray(5 * np.exp(rng.logistic(size=N) / 2.5))


def quick_lognormal(rng: Rng) -> Floats:
    return rng.lognormal(1.5, 0.7, N)


LOGIT = np.log(0.3 / 0.7)
TRUTH: dict[str, tuple[Callable[[Rng], Floats], list[float]]] = {
    "exponential": (exponential, [-np.log(8)]),
    "weibull": (weibull, [np.log(0.7), np.log(12)]),
    "lognormal": (lognormal, [2.3, np.log(1.1)]),
    "loglogistic": (loglogistic, [np.log(1.6), np.log(9)]),
    "gamma": (gamma, [np.log(2.2), np.log(0.2)]),
    "generalised-gamma": (generalised_gamma, [2.2, np.log(0.9), -0.6]),
    "gompertz": (gompertz, [-0.06, np.log(0.12)]),
    "mixture-weibull": (mixture(quick_weibull), [LOGIT, np.log(1.4), np.log(6)]),
    "mixture-loglogistic": (mixture(quick_loglogistic), [LOGIT, np.log(2.5), np.log(5)]),
    "mixture-lognormal": (mixture(quick_lognormal), [LOGIT, 1.5, np.log(0.7)]),
    "non-mixture-weibull": (non_mixture(quick_weibull), [LOGIT, np.log(1.4), np.log(6)]),
    "non-mixture-loglogistic": (non_mixture(quick_loglogistic), [LOGIT, np.log(2.5), np.log(5)]),
    "non-mixture-lognormal": (non_mixture(quick_lognormal), [LOGIT, 1.5, np.log(0.7)]),
}


def seen(times: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Return the times as followed up for 10 to 60 months."""
    end = rng.uniform(10, 60, times.size)
    return np.minimum(times, end), (times <= end).astype(float)


def distance(found: Fit, truth: Floats) -> float:
    """Return how far the estimate is from the truth, squared, in its own covariance."""
    away = found.theta - truth
    return float(away @ np.linalg.solve(found.vcov, away))


def fitted(time: Floats, event: Floats, model: str | Family) -> Fit:
    found = fit(time, event, model)
    assert isinstance(found, Fit), found
    return found


@pytest.mark.parametrize("model", TRUTH)
def test_estimates_lie_around_the_truth_as_their_covariance_says(model: str) -> None:
    """Ten samples of 4,000: the sum of the squared distances is chi-square."""
    draw, truth = TRUTH[model]
    total, size = 0.0, 10 * len(truth)
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        total += distance(fitted(*seen(draw(rng), rng), model), np.array(truth))
    assert chi2.ppf(0.001, size) < total < chi2.ppf(0.999, size)


def test_piecewise_exponential_finds_its_rates() -> None:
    cuts, rates = (2.0, 6.0, 20.0), np.array([0.05, 0.2, 0.08, 0.02])
    total = 0.0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        hazard = rng.exponential(size=N)
        until = np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff([0.0, *cuts]))])
        piece = np.searchsorted(until, hazard) - 1
        times = np.array([0.0, *cuts])[piece] + (hazard - until[piece]) / rates[piece]
        found = fitted(*seen(times, rng), PiecewiseExponential(cuts=cuts))
        total += distance(found, np.log(rates))
    assert chi2.ppf(0.001, 40) < total < chi2.ppf(0.999, 40)


@pytest.mark.parametrize("scale", ["hazard", "odds", "normal"])
def test_splines_find_the_curve_that_made_the_patients(scale: str) -> None:
    """Scipy's natural cubic spline through the knots, drawn from by looking its inverse up."""
    knots, values = np.log([0.5, 4.0, 12.0, 50.0]), np.array([-3.5, -0.6, 0.1, 0.9])
    curve = CubicSpline(knots, values, bc_type="natural")
    logs = np.linspace(knots[0], knots[-1], 20001)
    before = np.linspace(knots[0] - 40, knots[0], 20000, endpoint=False)
    line = values[0] + curve(knots[0], 1) * (before - knots[0])
    x, y = np.concatenate([before, logs]), np.concatenate([line, curve(logs)])
    assert (np.diff(y) > 0).all()
    survival = {"hazard": np.exp(-np.exp(y)), "odds": expit(-y), "normal": ndtr(-y)}[scale]
    family = Spline(scale=scale, knots=tuple(knots.tolist()))  # type: ignore[arg-type]
    basis, total = family.basis(knots), 0.0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        u = rng.random(N)
        times = np.exp(np.interp(-u, -survival, x))
        times[u < survival[-1]] = np.inf
        found = fitted(*seen(times, rng), family)
        away = basis @ found.theta - values
        total += float(away @ np.linalg.solve(basis @ found.vcov @ basis.T, away))
    assert chi2.ppf(0.001, 40) < total < chi2.ppf(0.999, 40)
