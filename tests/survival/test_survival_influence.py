"""Influence of each patient: against the derivative by weights, and Greenwood's variance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from perdure.errors import InputError
from perdure.survival import influence, kaplan_meier

people = st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), min_size=1, max_size=30)


def weighted_survival(
    time: NDArray[np.float64], event: NDArray[np.bool_], weight: NDArray[np.complex128], at: float
) -> complex:
    """Survival of patients who count ``weight`` times each."""
    survival = 1 + 0j
    for t in np.unique(time[event & (time <= at)]):
        died, at_risk = weight[event & (time == t)], weight[time >= t]
        rest = weight[(time >= t) & ~(event & (time == t))]
        survival *= rest.sum() / (rest.sum() + died.sum()) if rest.size else 0
        assert at_risk.size == rest.size + died.size
    return survival


@given(people)
def test_it_is_the_derivative_by_each_patients_weight(some: list[tuple[float, bool]]) -> None:
    time, event = (np.array(column) for column in zip(*some, strict=True))
    at = np.arange(0, time.max() + 0.5, 0.5)
    ours = influence(time, event, at)
    assert ours.shape == (time.size, at.size)
    step = 1e-30  # a complex step has no rounding error
    for i in range(time.size):
        weight = np.ones(time.size, dtype=np.complex128)
        weight[i] += step * 1j
        derivative = [weighted_survival(time, event, weight, t).imag / step for t in at]
        np.testing.assert_allclose(ours[i], time.size * np.array(derivative), atol=1e-12)


@given(people)
def test_squares_add_up_to_greenwood(some: list[tuple[float, bool]]) -> None:
    time, event = zip(*some, strict=True)
    curve = kaplan_meier(time, event)
    at = np.arange(0, curve.end_time + 0.5, 0.5)
    ours = influence(time, event, at)
    np.testing.assert_allclose(ours.sum(axis=0), 0, atol=1e-11)
    for column, t in zip(ours.T, at, strict=True):
        error = curve.standard_error_at(t)
        if error is None:
            assert (column == 0).all()
        else:
            assert (column**2).sum() / curve.n**2 == pytest.approx(error**2, rel=1e-12, abs=1e-15)


def test_products_add_up_to_the_covariance_of_two_times() -> None:
    random = np.random.default_rng(1)
    time, event = np.ceil(random.exponential(10, 200)), random.random(200) < 0.7
    curve = kaplan_meier(time, event)
    early, late = influence(time, event, [5, 15]).T
    greenwood = curve.at(5) * curve.at(15) * curve.variance_sum[int(curve.rows_until(5)) - 1]
    assert early @ late / curve.n**2 == pytest.approx(greenwood, rel=1e-12)


def test_before_the_first_event_it_is_zero() -> None:
    assert (influence([1, 2, 3], [0, 1, 1], [0, 1, 1.9]) == 0).all()


def test_a_time_outside_the_curve_is_refused() -> None:
    with pytest.raises(InputError, match="never extended"):
        influence([1, 2, 3], [0, 1, 0], 4)
