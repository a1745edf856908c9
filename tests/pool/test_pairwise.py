"""Pairs of classes: Tukey's test, two one-sided tests, verdicts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import studentized_range, t

from perdure.errors import InputError
from perdure.pool.classes.multiplicity import adjusted_p
from perdure.pool.classes.pairwise import alike_p, pairwise_table
from perdure.pool.models.linear import coefficient


def test_pairs_of_a_balanced_layout() -> None:
    table = pairwise_table(["a", "b", "c"], [0.0, 0.4, 1.0], np.eye(3) * 0.05, 9.0)
    assert [(row.first, row.second) for row in table.rows] == [("a", "b"), ("a", "c"), ("b", "c")]
    row = table.rows[1]
    se = np.sqrt(0.1)
    assert row.p == pytest.approx(2 * t.sf(1 / se, 9))
    assert row.p_adjusted == pytest.approx(studentized_range.sf(np.sqrt(2) / se, 3, 9), rel=1e-6)
    assert row.ci_low == pytest.approx(-1 - t.ppf(0.975, 9) * se)
    assert row.verdict == "different"
    assert [row.verdict for row in table.rows] == ["not different", "different", "not different"]
    assert "does not show that they are alike" in table.notes[0]


def test_covariance_between_means_counts() -> None:
    spread = np.array([[0.05, 0.04], [0.04, 0.05]])
    row = pairwise_table(["a", "b"], [0.3, 0.0], spread, adjustment="none").rows[0]
    assert row.se**2 == pytest.approx(0.02)


def test_two_one_sided_tests_by_hand() -> None:
    table = pairwise_table(
        ["a", "b", "c"], [0.0, 0.05, 1.0], np.eye(3) * 0.005, 10.0, margin=0.5, adjustment="holm"
    )
    expected = [
        max(t.sf((d + 0.5) / 0.1, 10), t.cdf((d - 0.5) / 0.1, 10)) for d in (-0.05, -1.0, -0.95)
    ]
    assert [row.p_alike for row in table.rows] == pytest.approx(expected)
    assert [row.p_alike_adjusted for row in table.rows] == pytest.approx(
        adjusted_p(expected, "holm")
    )
    assert [row.verdict for row in table.rows] == ["alike", "different", "different"]
    assert table.notes == ()


@pytest.mark.parametrize(
    ("difference", "se", "verdict"),
    [
        (0.0, 0.1, "alike"),
        (0.2, 0.05, "different, but alike"),
        (0.1, 0.5, "undecided"),
        (1.0, 0.1, "different"),
    ],
)
def test_verdicts(difference: float, se: float, verdict: str) -> None:
    spread = np.diag([se**2, 0.0])
    assert pairwise_table(["a", "b"], [difference, 0.0], spread, margin=0.5).rows[0].verdict == (
        verdict
    )


@given(st.floats(-1, 1), st.floats(0.05, 0.6), st.floats(0.05, 1), st.integers(2, 30))
def test_alike_is_the_ninety_per_cent_interval_within_the_margin(
    estimate: float, se: float, margin: float, df: int
) -> None:
    inside = coefficient("d", estimate, se**2, float(df), 0.90)
    p = alike_p(inside, margin)
    if abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (-margin < inside.ci_low and inside.ci_high < margin)


def test_type_one_error_of_being_alike_is_held() -> None:
    """At a true difference of the margin itself, 'alike' is found in 5% at most."""
    random = np.random.default_rng(2)
    found = [
        pairwise_table(
            ["a", "b"], [value, 0.0], np.diag([0.01, 0.0]), margin=0.4, adjustment="none"
        )
        .rows[0]
        .verdict
        for value in random.normal(0.4, 0.1, 2000).tolist()
    ]
    share = np.mean([verdict in {"alike", "different, but alike"} for verdict in found])
    assert 0.035 < share < 0.065


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ((["a"], [0.0], [[1.0]]), {}, "do not fit"),
        ((["a", "a"], [0.0, 1.0], np.eye(2)), {}, "one name"),
        ((["a", "b"], [0.0, np.nan], np.eye(2)), {}, "missing"),
        ((["a", "b"], [0.0, 1.0], np.ones((2, 2))), {}, "no variance"),
        ((["a", "b"], [0.0, 1.0], np.eye(2)), {"margin": 0.0}, "margin is not positive"),
        ((["a", "b"], [0.0, 1.0], np.eye(2)), {"adjustment": "scheffe"}, "single-step, holm"),
    ],
)
def test_bad_input(rows: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        pairwise_table(*rows, **options)
