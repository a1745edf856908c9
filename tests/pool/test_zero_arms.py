"""Contrasts with an arm at 0 are pooled by their counts, and never dropped."""

import math

import pytest

from perdure.pool.binomial.binomial_contrasts import odds_ratio_model
from perdure.pool.classes.arm_effects import TrialArms
from perdure.pool.classes.trial_contrasts import pool_contrasts
from perdure.pool.classes.zero_arms import counts_of, pool_with_zeros
from perdure.records import ArmCovariance, DurableResponse, Proportion


def response(arm: str, p: float, n: float = 100.0) -> DurableResponse:
    """An arm whose effective size is n; at 0 the limit is that of n uncensored patients."""
    if p == 0:
        high = 1 - math.exp(-(1.959963984540054**2) / (2 * n))
        found = Proportion(0.0, None, 0.0, high, 0, "zero")
    else:
        se = math.sqrt(p * (1 - p) / n)
        found = Proportion(p, se, p - 1.96 * se, p + 1.96 * se, 30, "estimable")
    return DurableResponse(arm, 120, 100, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)


def trial(name: str, new: float, old: float) -> TrialArms:
    arms = {"new": response("new", new), "old": response("old", old)}
    errors = {
        arm: one.estimate.se
        for arm, one in arms.items()
        if isinstance(one.estimate, Proportion) and one.estimate.se
    }
    matrix = tuple(
        tuple(se**2 if arm == other else 0.0 for other in errors) for arm, se in errors.items()
    )
    return TrialArms(name, arms, ArmCovariance(tuple(errors), matrix), {"new": "old"})


def test_an_arm_at_0_has_the_size_that_its_limit_shows() -> None:
    assert counts_of(response("a", 0.0, 80), level=0.95).n == pytest.approx(80)
    assert counts_of(response("a", 0.2, 80), level=0.95).events == pytest.approx(16)


def test_it_is_the_mixed_model_of_the_counts() -> None:
    trials = [trial("A", 0.3, 0.1), trial("B", 0.25, 0.0), trial("C", 0.2, 0.12)]
    found = pool_contrasts(trials, endpoint="PFS")
    assert found.with_zeros is not None
    assert (found.with_zeros.n_contrasts, found.with_zeros.n_zero) == (3, 1)
    expected = odds_ratio_model([30, 25, 20], [100] * 3, [10, 0, 12], [100] * 3)
    one = found.with_zeros.log_odds_ratio
    assert one is not None
    assert one.estimate == pytest.approx(expected.pooled.coefficients[0].estimate, rel=1e-6)
    assert one.se == pytest.approx(expected.pooled.coefficients[0].se, rel=1e-6)
    # the empty control speaks for the new arm: leaving it out lowers the odds ratio
    assert found.overall is not None
    assert one.estimate > found.overall.mean.estimate


def test_without_arms_at_0_there_is_nothing_to_add() -> None:
    assert pool_contrasts([trial("A", 0.3, 0.1)], endpoint="PFS").with_zeros is None
    assert pool_with_zeros([], level=0.95) is None


def test_no_answer_has_its_reason() -> None:
    found = pool_contrasts([trial("A", 0.3, 0.0), trial("B", 0.2, 0.0)], endpoint="PFS")
    assert found.overall is None
    assert found.with_zeros is not None
    assert found.with_zeros.log_odds_ratio is None
    assert found.with_zeros.reason
