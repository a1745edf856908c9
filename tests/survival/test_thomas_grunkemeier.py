"""The likelihood-ratio interval: published, by another route, and at the ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, brentq, minimize
from scipy.special import xlogy
from scipy.stats import chi2

from perdure.errors import InputError
from perdure.survival import KaplanMeier, kaplan_meier, thomas_grunkemeier

MERCAPTOPURINE = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
"""Weeks of remission, Freireich et al. 1963; in every textbook."""

CHI2 = float(chi2.ppf(0.95, 1))
people = st.lists(st.tuples(st.integers(1, 9).map(float), st.booleans()), min_size=1, max_size=30)


def test_the_papers_own_table() -> None:
    ours = thomas_grunkemeier(*MERCAPTOPURINE, 10)
    assert kaplan_meier(*MERCAPTOPURINE).at(10) == pytest.approx(0.753, abs=5e-4)
    assert float(ours.low) == pytest.approx(0.540, abs=5e-4)
    assert float(ours.high) == pytest.approx(0.904, abs=5e-4)


@pytest.mark.parametrize("died", [1, 3, 9, 10])
def test_without_censoring_it_is_the_binomials(died: int) -> None:
    n = 10
    ours = thomas_grunkemeier(range(1, n + 1), [1] * n, died)

    def excess(p: float) -> float:
        lived = n - died
        at_best = xlogy(lived, lived / n) + xlogy(died, died / n)
        return float(2 * (at_best - xlogy(lived, p) - xlogy(died, 1 - p))) - CHI2

    best = 1 - died / n
    assert float(ours.high) == pytest.approx(brentq(excess, best, 1 - 1e-12), abs=1e-10)
    low = brentq(excess, 1e-12, best) if best > 0 else 0.0
    assert float(ours.low) == pytest.approx(low, abs=1e-10)


def lost(curve: KaplanMeier, at: float, survival: float) -> float:
    """Twice the log-likelihood lost when S(at) is forced, by a general optimiser.

    The unknowns are the logarithms x of the chances to survive each event time: the constraint
    that they sum to log S is linear, and the log-likelihood is concave.
    """
    rows = (curve.time <= at) & (curve.events > 0)
    d, left = curve.events[rows], (curve.n_at_risk - curve.events)[rows]

    def minus_log(x: np.ndarray) -> float:
        return -float(np.sum(xlogy(d, -np.expm1(x)) + left * x))

    def slope(x: np.ndarray) -> np.ndarray:
        return np.asarray(d / np.expm1(-x) - left)

    best = -float(np.sum(xlogy(d, d / (d + left)) + xlogy(left, left / (d + left))))
    found = minimize(
        minus_log,
        np.full(d.size, np.log(survival) / d.size),
        jac=slope,
        bounds=[(None, -1e-12)] * d.size,
        constraints=LinearConstraint(np.ones(d.size), np.log(survival), np.log(survival)),
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    return 2 * (float(found.fun) - best)


@pytest.mark.parametrize("at", [6, 10, 16, 23])
def test_the_limits_lose_what_chi_square_allows(at: float) -> None:
    curve, ours = kaplan_meier(*MERCAPTOPURINE), thomas_grunkemeier(*MERCAPTOPURINE, at)
    for limit in (ours.low, ours.high):
        assert lost(curve, at, float(limit)) == pytest.approx(CHI2, abs=1e-5)


def test_the_upper_limit_where_survival_is_zero_loses_it_too() -> None:
    time, event = [1, 2, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1]
    ours = thomas_grunkemeier(time, event, 6)
    assert ours.low == 0
    assert lost(kaplan_meier(time, event), 6, float(ours.high)) == pytest.approx(CHI2, abs=1e-5)


@given(people)
@settings(max_examples=50)
def test_it_holds_the_estimate_and_widens_with_the_level(some: list[tuple[float, bool]]) -> None:
    time, event = zip(*some, strict=True)
    curve = kaplan_meier(time, event)
    at = np.arange(0, curve.end_time + 0.5, 0.5)
    survival = curve.at(at[at <= curve.end_time])
    narrow, wide = (thomas_grunkemeier(time, event, at[: survival.size], x) for x in (0.8, 0.99))
    for smaller, larger in (
        (np.zeros(survival.size), wide.low),
        (wide.low, narrow.low),
        (narrow.low, survival),
        (survival, narrow.high),
        (narrow.high, wide.high),
        (wide.high, np.ones(survival.size)),
    ):
        assert (smaller <= larger + 1e-12).all()


def test_near_greenwood_where_there_are_many_patients() -> None:
    random = np.random.default_rng(2)
    time, event = random.exponential(10, 20_000), random.random(20_000) < 0.6
    curve = kaplan_meier(time, event)
    ours, error = thomas_grunkemeier(time, event, 8), curve.standard_error_at(8)
    assert error is not None
    assert float(ours.high - ours.low) == pytest.approx(2 * 1.959964 * error, rel=1e-3)


def test_without_events_only_the_number_at_risk_speaks() -> None:
    ours = thomas_grunkemeier([1, 2, 3, 4], [0, 0, 0, 0], [0, 2.5, 4])
    assert ours.high.tolist() == [1, 1, 1]
    np.testing.assert_allclose(ours.low, [1, np.exp(-CHI2 / 4), np.exp(-CHI2 / 2)])


def test_a_curve_at_zero_keeps_its_interval_for_ever() -> None:
    ours = thomas_grunkemeier([1, 2, 3], [1, 1, 1], [[3, 30]])
    assert ours.high.shape == (1, 2)
    assert ours.high[0, 0] == ours.high[0, 1] == pytest.approx(1 - np.exp(-CHI2 / 6))


def test_refused_in_a_plain_sentence() -> None:
    with pytest.raises(InputError, match="never extended"):
        thomas_grunkemeier([1, 2], [1, 0], 3)
    with pytest.raises(InputError, match="between 0 and 1"):
        thomas_grunkemeier([1, 2], [1, 0], 1, level=1)
