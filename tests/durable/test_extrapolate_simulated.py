"""Parametric models against the truth that patients were drawn from: estimates and intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import gamma, norm

from perdure.durable.extrapolate import durable_models
from perdure.records import Floats, Patients

pytestmark = pytest.mark.slow

RNG = np.random.Generator
FAR = 3.5
"""Standard errors that one sample may be off; whether 95% intervals hold 95% is counted below."""
LEVEL = 0.9995
"""Of an interval that reaches as far."""


@dataclass(frozen=True)
class Truth:
    """How times are drawn, their survival and the parameters that the model should find."""

    draw: Callable[[RNG, int], Floats]
    survival: Callable[[float], float]
    parameters: tuple[float, ...]
    cured: float | None = None

    @property
    def beyond(self) -> float:
        """Survival at three medians."""
        return self.survival(3 * float(brentq(lambda t: self.survival(t) - 0.5, 1e-9, 1e3)))


def odds(u: Floats) -> Floats:
    return u / (1 - u)


def cured(rng: RNG, time: Floats) -> Floats:
    return np.where(rng.random(time.size) < 0.25, np.inf, time)


def earliest(rng: RNG, latency: Callable[[Floats], Floats], n: int) -> Floats:
    """The first of a Poisson number of causes: a quarter has none."""
    causes = rng.poisson(-log(0.25), n)
    return np.array([latency(rng.random(k)).min(initial=np.inf) for k in causes])


def weibull_time(u: Floats) -> Floats:
    return 9.0 * (-np.log1p(-u)) ** (1 / 1.4)


def logistic_time(u: Floats) -> Floats:
    return 6.0 * odds(u) ** (1 / 2.5)


def gompertz_time(rng: RNG, n: int) -> Floats:
    left = 1 - 0.05 / 0.1 * rng.exponential(size=n)
    return np.where(left > 0, -np.log(np.maximum(left, 1e-300)) / 0.05, np.inf)


def weibull(t: float) -> float:
    return float(np.exp(-((t / 9) ** 1.4)))


def logistic(t: float) -> float:
    return float(1 / (1 + (t / 6) ** 2.5))


# generalised gamma, mu 2, sigma 0.8, Q 0.5: 4 exp(Q (log t - mu) / sigma) is gamma of shape 4
TRUTHS = {
    "exponential": Truth(
        lambda rng, n: rng.exponential(10.0, n), lambda t: float(np.exp(-t / 10)), (0.1,)
    ),
    "weibull": Truth(lambda rng, n: weibull_time(rng.random(n)), weibull, (1.4, 9.0)),
    "lognormal": Truth(
        lambda rng, n: rng.lognormal(2.0, 0.9, n),
        lambda t: float(norm.sf((log(t) - 2) / 0.9)),
        (2.0, 0.9),
    ),
    "loglogistic": Truth(lambda rng, n: logistic_time(rng.random(n)), logistic, (2.5, 6.0)),
    "gamma": Truth(
        lambda rng, n: rng.gamma(2.2, 4.0, n),
        lambda t: float(gamma.sf(t, 2.2, scale=4.0)),
        (2.2, 0.25),
    ),
    "generalised-gamma": Truth(
        lambda rng, n: np.exp(2 + 0.8 / 0.5 * np.log(rng.gamma(4.0, 0.25, n))),
        lambda t: float(gamma.sf(4 * np.exp(0.5 * (log(t) - 2) / 0.8), 4.0)),
        (2.0, 0.8, 0.5),
    ),
    "gompertz": Truth(
        gompertz_time,
        lambda t: float(np.exp(0.1 * np.expm1(-0.05 * t) / 0.05)),
        (-0.05, 0.1),
        float(np.exp(-2.0)),
    ),
    "mixture-weibull": Truth(
        lambda rng, n: cured(rng, weibull_time(rng.random(n))),
        lambda t: 0.25 + 0.75 * weibull(t),
        (0.25, 1.4, 9.0),
        0.25,
    ),
    "mixture-loglogistic": Truth(
        lambda rng, n: cured(rng, logistic_time(rng.random(n))),
        lambda t: 0.25 + 0.75 * logistic(t),
        (0.25, 2.5, 6.0),
        0.25,
    ),
    "non-mixture-weibull": Truth(
        lambda rng, n: earliest(rng, weibull_time, n),
        lambda t: 0.25 ** (1 - weibull(t)),
        (0.25, 1.4, 9.0),
        0.25,
    ),
    "non-mixture-loglogistic": Truth(
        lambda rng, n: earliest(rng, logistic_time, n),
        lambda t: 0.25 ** (1 - logistic(t)),
        (0.25, 2.5, 6.0),
        0.25,
    ),
}
HOLD_THE_EXPONENTIAL = (
    "weibull",
    "gamma",
    "generalised-gamma",
    "gompertz",
    "piecewise-exponential",
    "spline-hazard-1",
    "spline-hazard-2",
    "spline-hazard-3",
)


def patients(truth: Truth, rng: RNG, n: int) -> Patients:
    """Followed for 15 to 60: most thresholds of an arm lie inside, and some do not."""
    time, end = truth.draw(rng, n), rng.uniform(15, 60, n)
    return Patients(np.minimum(time, end), time <= end)


@pytest.mark.parametrize("model", TRUTHS)
def test_the_truth_is_found(model: str) -> None:
    truth = TRUTHS[model]
    arm = patients(truth, np.random.default_rng(2026), 5000)
    (found,) = durable_models(arm, models=[model], level=LEVEL)
    off = [
        (one.value - true) / one.se
        for one, true in zip(found.parameters, truth.parameters, strict=True)
    ]
    assert np.abs(off).max() < FAR
    assert found.proportion is not None
    assert found.se is not None
    if model != "exponential":
        assert abs(found.proportion - truth.beyond) < FAR * found.se
        assert found.se < 0.01
    if truth.cured is None:
        assert found.cured is None or model == "gompertz"
    else:
        assert found.cured_low is not None
        assert found.cured_high is not None
        assert found.cured_low < truth.cured < found.cured_high


@pytest.mark.parametrize("model", HOLD_THE_EXPONENTIAL)
def test_models_that_hold_the_exponential_find_an_eighth(model: str) -> None:
    arm = patients(TRUTHS["exponential"], np.random.default_rng(7), 5000)
    (found,) = durable_models(arm, k=3, models=[model])
    assert found.proportion is not None
    assert found.se is not None
    assert abs(found.proportion - 0.125) < FAR * found.se


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "n"), [("weibull", 150), ("lognormal", 150), ("gompertz", 400), ("gamma", 150)]
)
def test_intervals_cover_durable_response(model: str, n: int) -> None:
    truth, rng = TRUTHS[model], np.random.default_rng(11)
    true, inside, repeats = truth.beyond, 0, 400
    for _ in range(repeats):
        (found,) = durable_models(patients(truth, rng, n), models=[model])
        assert found.ci_low is not None
        assert found.ci_high is not None
        inside += found.ci_low < true < found.ci_high
    assert 0.92 < inside / repeats < 0.98  # 0.95 by 2.8 standard errors


@pytest.mark.slow
@pytest.mark.parametrize("model", ["mixture-weibull", "non-mixture-weibull"])
def test_intervals_cover_the_cured_fraction(model: str) -> None:
    truth, rng = TRUTHS[model], np.random.default_rng(12)
    inside, fits = 0, 0
    for _ in range(300):
        (found,) = durable_models(patients(truth, rng, 300), models=[model])
        if found.cured_low is None or found.cured_high is None:
            continue
        fits += 1
        inside += found.cured_low < 0.25 < found.cured_high
    assert fits == 300
    assert 0.915 < inside / fits < 0.985
