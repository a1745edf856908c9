"""What must hold for any effects: symmetries, and REML by a likelihood written here on its own."""

from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perdure.pool import Method, Model, Test, pool
from perdure.records import Floats, Pooled

finite = st.floats(-5, 5).map(lambda x: round(x, 3))
variance = st.floats(-3, 1).map(lambda x: round(10**x, 5))
effects = st.lists(st.tuples(finite, variance), min_size=2, max_size=12)
models = st.sampled_from([("common", "REML"), ("random", "REML"), ("random", "DL")])
Choice = tuple[Model, Method]
Rows = list[tuple[float, float]]


def sure(value: float | None) -> float:
    """A number that this model has."""
    assert value is not None
    return value


def near(expected: float) -> object:
    return pytest.approx(expected, rel=1e-7, abs=1e-9)


def fitted(y: Floats, v: Floats, choice: Choice) -> Pooled:
    return pool(y, v, model=choice[0], method=choice[1])


def split(rows: Rows) -> tuple[Floats, Floats]:
    table = np.array(rows)
    return table[:, 0], table[:, 1]


def restricted(y: Floats, v: Floats, tau2: float) -> float:
    """The restricted log-likelihood by its textbook definition, with dense matrices."""
    sigma = np.diag(v + tau2)
    x = np.ones((len(y), 1))
    inverse = np.linalg.inv(sigma)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    residual = y - x @ beta
    return float(
        -0.5 * np.linalg.slogdet(sigma)[1]
        - 0.5 * np.linalg.slogdet(information)[1]
        + 0.5 * np.linalg.slogdet(x.T @ x)[1]
        - 0.5 * residual @ inverse @ residual
        - 0.5 * (len(y) - 1) * np.log(2 * np.pi)
    )


@given(effects, models, st.randoms())
def test_order_does_not_matter(rows: Rows, choice: Choice, random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = fitted(*split(rows), choice), fitted(*split(shuffled), choice)
    assert sure(second.tau2) == near(sure(first.tau2))
    assert second.coefficients[0].estimate == near(first.coefficients[0].estimate)
    assert second.coefficients[0].se == near(first.coefficients[0].se)


@given(effects, models, st.floats(-100, 100))
def test_a_shift_of_all_moves_the_estimate_only(rows: Rows, choice: Choice, by: float) -> None:
    y, v = split(rows)
    first, second = fitted(y, v, choice), fitted(y + by, v, choice)
    assert sure(second.tau2) == near(sure(first.tau2))
    assert sure(second.q) == near(sure(first.q))
    moved = first.coefficients[0].estimate + by
    assert second.coefficients[0].estimate == near(moved)
    assert second.coefficients[0].se == near(first.coefficients[0].se)


@given(effects, models, st.floats(1e-3, 1e3))
def test_a_unit_scales_everything(rows: Rows, choice: Choice, by: float) -> None:
    y, v = split(rows)
    first, second = fitted(y, v, choice), fitted(by * y, by**2 * v, choice)
    assert sure(second.tau2) / by**2 == near(sure(first.tau2))
    for name in ("estimate", "se", "ci_low", "ci_high"):
        scaled = getattr(second.coefficients[0], name) / by
        assert scaled == near(getattr(first.coefficients[0], name))
    assert (sure(second.i2), sure(second.q)) == pytest.approx(
        (sure(first.i2), sure(first.q)), rel=1e-7, abs=1e-9
    )


@given(effects, models)
def test_ranges(rows: Rows, choice: Choice) -> None:
    y, v = split(rows)
    pooled = fitted(y, v, choice)
    mean = pooled.coefficients[0]
    assert sure(pooled.tau2) >= 0
    assert 0 <= sure(pooled.i2) <= 100
    assert 0 <= sure(pooled.q_p) <= 1
    assert 0 <= mean.p <= 1
    assert y.min() - 1e-9 <= mean.estimate <= y.max() + 1e-9
    assert mean.ci_low <= mean.estimate <= mean.ci_high
    if pooled.prediction_low is not None and pooled.prediction_high is not None:
        assert pooled.prediction_low <= mean.ci_low + 1e-12
        assert pooled.prediction_high >= mean.ci_high - 1e-12


@settings(max_examples=150)
@given(effects)
def test_reml_is_a_stationary_point_of_the_restricted_likelihood(rows: Rows) -> None:
    y, v = split(rows)
    pooled = pool(y, v)
    here = restricted(y, v, sure(pooled.tau2))
    assert pooled.log_likelihood == pytest.approx(here, abs=1e-9)
    unit = sure(pooled.tau2) + float(v.min())
    step = 1e-4 * unit
    if sure(pooled.tau2) > step:
        slope = restricted(y, v, sure(pooled.tau2) + step) - restricted(
            y, v, sure(pooled.tau2) - step
        )
        assert abs(slope / (2 * step) * unit) < 1e-4 * len(y)
        assert here >= restricted(y, v, sure(pooled.tau2) + step) - 1e-9
        assert here >= restricted(y, v, sure(pooled.tau2) - step) - 1e-9
    elif sure(pooled.tau2) == 0:
        assert here >= restricted(y, v, 1e-6 * float(v.min())) - 1e-9


@given(effects)
def test_dl_solves_the_moment_equation(rows: Rows) -> None:
    y, v = split(rows)
    w = 1 / v
    pooled = pool(y, v, method="DL")
    expected_q = len(y) - 1 + sure(pooled.tau2) * (w.sum() - (w**2).sum() / w.sum())
    if sure(pooled.tau2) > 0:
        assert sure(pooled.q) == pytest.approx(expected_q, rel=1e-8)
    else:
        assert sure(pooled.q) <= len(y) - 1 + 1e-9


@given(st.lists(st.tuples(finite, variance), min_size=3, max_size=12))
def test_equal_variances_have_a_closed_form(rows: Rows) -> None:
    y, _ = split(rows)
    assume(y.std() > 0.01)
    v = np.full(len(y), 0.05)
    expected = max(0.0, float(y.var(ddof=1)) - 0.05)
    pooled = pool(y, v)
    assert sure(pooled.tau2) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert pooled.coefficients[0].estimate == pytest.approx(float(y.mean()), abs=1e-12)
    if expected > 0:  # Hartung-Knapp is then the t test of the mean
        se = float(y.std(ddof=1)) / np.sqrt(len(y))
        assert pooled.coefficients[0].se == pytest.approx(se, rel=1e-9)


@pytest.mark.parametrize("spread", [1e-6, 1e-3, 1, 30, 1e4])
@pytest.mark.parametrize("ratio", [1, 1e2, 1e4, 1e8])
def test_reml_ends_wherever_the_truth_is(spread: float, ratio: float) -> None:
    random = np.random.default_rng(5)
    for k in (2, 3, 5, 30):
        v = np.exp(random.uniform(0, np.log(ratio), k))
        y = random.normal(0, np.sqrt(v + spread))
        pooled = pool(y, v)
        grid = np.geomspace(1e-3, 1e3, 13) * sure(pooled.tau2)
        near = grid[abs(np.log(grid / sure(pooled.tau2))) < 0.7] if sure(pooled.tau2) else grid[:0]
        assert all(restricted(y, v, t) <= pooled.log_likelihood + 1e-8 for t in near)


def test_moderators_without_information_change_nothing() -> None:
    random = np.random.default_rng(7)
    y, v = random.normal(0, 1, 20), random.uniform(0.05, 0.3, 20)
    plain, scaled = pool(y, v), pool(y, v, moderators=np.full((20, 1), 4.0))
    assert scaled.tau2 == pytest.approx(plain.tau2, rel=1e-12)
    assert 4 * scaled.coefficients[0].estimate == pytest.approx(plain.coefficients[0].estimate)
    assert scaled.coefficients[0].p == pytest.approx(plain.coefficients[0].p)


def test_hartung_knapp_holds_its_level_where_z_does_not() -> None:
    random = np.random.default_rng(11)
    tests: tuple[Test, ...] = ("knha", "z")
    covered = dict.fromkeys(tests, 0)
    for _ in range(600):
        v = random.uniform(0.02, 0.2, 6)
        y = random.normal(1, np.sqrt(v + 0.15))
        for test in tests:
            mean = pool(y, v, test=test).coefficients[0]
            covered[test] += mean.ci_low <= 1 <= mean.ci_high
    assert covered["knha"] / 600 == pytest.approx(0.95, abs=0.025)
    assert covered["z"] < covered["knha"]
