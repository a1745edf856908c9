"""Durable response by models whose delta method can be written down: nothing numerical to trust."""

import csv
from math import exp, log, sqrt
from pathlib import Path

import pytest
from scipy.stats import norm

from perdure.durable.extrapolate import durable_models
from perdure.records import ModelEstimate, Patients

Z = float(norm.ppf(0.975))


def lung() -> Patients:
    path = Path(__file__).parents[1] / "reference" / "survival" / "lung.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Patients([float(row["time"]) for row in rows], [int(row["status"]) for row in rows])


def assert_interval(found: ModelEstimate, loglog: float, se: float) -> None:
    """Compare with log(-log p) and its standard error."""
    p = exp(-exp(loglog))
    limits = [exp(-exp(loglog + sign * Z * se)) for sign in (1, -1)]
    assert found.proportion == pytest.approx(p, rel=1e-10)
    assert found.se == pytest.approx(-p * log(p) * se, rel=1e-8)
    assert [found.ci_low, found.ci_high] == pytest.approx(limits, rel=1e-8)


@pytest.mark.parametrize("k", [1.5, 2.0, 3.0, 5.0])
def test_weibull(k: float) -> None:
    # p = 2^-(k^shape): log(-log p) = log log 2 + shape log k
    (found,) = durable_models(lung(), k=k, models=["weibull"])
    shape = found.parameters[0]
    assert_interval(found, log(log(2)) + shape.value * log(k), shape.se * log(k))


@pytest.mark.parametrize("k", [1.5, 3.0])
def test_log_logistic(k: float) -> None:
    # p = 1 / (1 + k^shape): the scale does not matter
    (found,) = durable_models(lung(), k=k, models=["loglogistic"])
    shape = found.parameters[0]
    p = 1 / (1 + k**shape.value)
    se = p * (1 - p) * log(k) * shape.se
    assert_interval(found, log(-log(p)), se / (-p * log(p)))


@pytest.mark.parametrize("k", [1.5, 3.0])
def test_log_normal(k: float) -> None:
    # p = Phi(-log k / sdlog): the mean does not matter
    (found,) = durable_models(lung(), k=k, models=["lognormal"])
    sd = found.parameters[1]
    at = -log(k) / sd.value
    p = float(norm.cdf(at))
    se = float(norm.pdf(at)) * log(k) / sd.value**2 * sd.se
    assert_interval(found, log(-log(p)), se / (-p * log(p)))


@pytest.mark.parametrize("time", [100.0, 2000.0])
def test_exponential_at_a_fixed_time(time: float) -> None:
    arm = lung()
    (found,) = durable_models(arm, k=None, threshold=time, models=["exponential"])
    assert_interval(found, log(arm.events / arm.time.sum() * time), 1 / sqrt(arm.events))
