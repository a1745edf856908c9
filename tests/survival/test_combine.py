"""Rubin's rules, against the formulas worked out by hand and by exact fractions."""

from fractions import Fraction
from math import inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perdure.errors import InputError
from perdure.survival.combine import combine


def test_worked_by_hand() -> None:
    found = combine([1.0, 1.2, 0.8], [0.04, 0.05, 0.03])
    # W = 0.04; B = (0 + 0.04 + 0.04) / 2; T = W + 4/3 B; df = 2 (1 + W / (4/3 B))^2
    assert found.estimate == pytest.approx(1.0)
    assert found.within == pytest.approx(0.04)
    assert found.between == pytest.approx(0.04)
    assert found.variance == pytest.approx(0.04 + 4 / 3 * 0.04)
    assert found.df == pytest.approx(2 * (1 + 3 / 4) ** 2)
    assert found.share == pytest.approx(4 / 7)
    low, high = stats.t.interval(0.95, found.df, found.estimate, sqrt(found.variance))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 40)), min_size=2, max_size=12).filter(
        lambda pairs: len({value for value, _ in pairs}) > 1
    )
)
def test_against_exact_fractions(pairs: list[tuple[int, int]]) -> None:
    m = len(pairs)
    values = [Fraction(value, 10) for value, _ in pairs]
    squares = [Fraction(square, 100) for _, square in pairs]
    mean = sum(values, Fraction(0)) / m
    within = sum(squares, Fraction(0)) / m
    between = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (m - 1)
    extra = (1 + Fraction(1, m)) * between
    found = combine([float(value) for value in values], [float(square) for square in squares])
    assert found.estimate == pytest.approx(float(mean), abs=1e-12)
    assert found.variance == pytest.approx(float(within + extra), rel=1e-10)
    assert found.df == pytest.approx(float((m - 1) * (1 + within / extra) ** 2), rel=1e-9)


def test_data_sets_that_agree_are_one() -> None:
    found = combine([0.3] * 50, [0.01] * 50)
    assert (found.df, found.share, found.between) == (inf, 0.0, 0.0)
    assert found.estimate == 0.3
    assert found.high - found.low == pytest.approx(2 * stats.norm.ppf(0.975) * 0.1, rel=1e-9)


@pytest.mark.parametrize(
    ("estimates", "variances"),
    [([], []), ([1.0], [1.0, 2.0]), ([float("nan")], [1.0]), ([1.0], [-1.0]), ([1.0], [inf])],
)
def test_what_is_no_number_is_refused(estimates: list[float], variances: list[float]) -> None:
    with pytest.raises(InputError):
        combine(estimates, variances)
