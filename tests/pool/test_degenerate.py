"""Input that has little or nothing in it gets a plain sentence, and never a warning or a NaN."""

import math
from dataclasses import astuple

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import Method, Model, Test, pool, pool_by_group
from perdure.pool.models import between_arms as search
from perdure.records import Pooled


def numbers(pooled: Pooled) -> list[float]:
    rest = [value for value in astuple(pooled) if isinstance(value, float)]
    return rest + [v for c in pooled.coefficients for v in astuple(c) if isinstance(v, float)]


def test_no_effect_is_refused() -> None:
    with pytest.raises(InputError, match="no effect to pool"):
        pool([], [])


@pytest.mark.parametrize("model", ["random", "common"])
@pytest.mark.parametrize("test", ["knha", "z", None])
def test_one_effect_stands_for_itself(model: Model, test: Test | None) -> None:
    pooled = pool([0.4], [0.03], model=model, test=test)
    mean = pooled.coefficients[0]
    assert (mean.estimate, mean.se) == pytest.approx((0.4, math.sqrt(0.03)))
    assert mean.df is None
    assert pooled.test == "z"
    assert (pooled.tau2, pooled.q, pooled.q_p, pooled.i2, pooled.h2) == (0, 0, 1, 0, 1)
    assert pooled.prediction_low is pooled.prediction_high is None


@pytest.mark.parametrize("method", ["REML", "DL"])
@pytest.mark.parametrize("value", [0.0, 0.1, -3.7, 1e6])
def test_equal_effects_have_no_width_under_hartung_knapp(value: float, method: Method) -> None:
    pooled = pool([value] * 7, [0.1, 0.2, 0.3, 0.05, 0.01, 0.7, 0.11], method=method)
    mean = pooled.coefficients[0]
    assert mean.estimate == pytest.approx(value)
    assert mean.se == pytest.approx(0, abs=1e-7)
    assert pooled.tau2 == 0
    assert mean.p == (1.0 if value == 0 else pytest.approx(0, abs=1e-12))
    assert all(math.isfinite(found) for found in numbers(pooled))
    assert pool([value] * 3, [0.1] * 3, test="z").coefficients[0].se > 0.1


def test_every_variance_that_is_not_positive_is_named() -> None:
    with pytest.raises(InputError) as caught:
        pool([0.1, 0.2, 0.3], [0.0, 0.1, -0.5], trial=["KEYNOTE-001", "B", "C"])
    messages = [problem.message for problem in caught.value.problems]
    assert messages == [
        "the variance of effect 1 (KEYNOTE-001) is not a positive number",
        "the variance of effect 3 (C) is not a positive number",
    ]


@pytest.mark.parametrize(
    ("y", "v", "said"),
    [
        ([0.1, math.nan], [0.1, 0.1], "value of effect 2 is not a finite number"),
        ([0.1, math.inf], [0.1, 0.1], "value of effect 2 is not a finite number"),
        ([0.1, 0.2], [math.nan, 0.1], "variance of effect 1 is not a positive number"),
        ([0.1, 0.2], [0.1], "Lengths differ"),
        ([0.1, 0.2], [1e-12, 0.1], "effect 1 is less than 1e-10 of another"),
        ([0.1, 0.2], [5e-324, 5e-324], "variance of effect 2 is not from 1e-50 to 1e.50"),
        ([1e200, 0.2], [0.1, 0.1], "value of effect 1 is beyond 1e.50"),
    ],
)
def test_numbers_that_cannot_be_pooled_are_refused(
    y: list[float], v: list[float], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        pool(y, v)


def test_trials_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="2 effects, 2 variances, 1 trials"):
        pool([0.1, 0.2], [0.1, 0.1], trial=["A"])


def test_unknown_options_are_all_named() -> None:
    options = {"model": "fixed", "method": "XYZ", "test": "w"}
    with pytest.raises(InputError) as caught:
        pool([0.1, 0.2], [0.1, 0.1], level=95, **options)  # type: ignore[arg-type]
    assert [problem.value for problem in caught.value.problems] == ["fixed", "XYZ", "w", "95"]
    assert "Choose one of REML, ML, DL" in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([[1, 1], [1, 1], [1, 1]], "depend on each other"),
        ([[1, 0], [1, 0], [1, 0]], "depend on each other"),
        ([[1, 1e-12], [1, 0], [1, 1e-12]], None),
        ([[1, 2020], [1, 2021], [1, math.nan]], "moderator of effect 3 is missing"),
        ([[1, 1], [1, 1]], "do not fit the effects"),
        ([1, 1, 1], "do not fit the effects"),
        ([[], [], []], "do not fit the effects"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "3 effects are too few for 3 coefficients"),
    ],
)
def test_designs(columns: list[list[float]], said: str | None) -> None:
    y, v = [0.1, 0.5, 0.2], [0.1, 0.2, 0.1]
    if said is None:
        assert len(pool(y, v, moderators=columns).coefficients) == 2
        return
    with pytest.raises(InputError, match=said):
        pool(y, v, moderators=columns)


def test_names_that_do_not_fit_the_columns_are_refused() -> None:
    with pytest.raises(InputError, match="Give 1 of them"):
        pool([0.1, 0.5], [0.1, 0.2], moderators=[[1], [1]], terms=["a", "b"])


def test_a_search_that_does_not_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_STEPS", 1)
    with pytest.raises(InputError, match=r"did not converge.*Check the effects.*method DL"):
        pool([-5, 0, 3, 9], [0.01, 0.2, 0.4, 0.03])


@pytest.mark.parametrize("first_step", [0, 1, 2])
def test_halving_finds_what_scoring_finds(monkeypatch: pytest.MonkeyPatch, first_step: int) -> None:
    y, v = [-0.5, 0.1, 0.3, 0.9, 2.0], [0.1, 0.02, 0.1, 0.3, 0.02]
    expected = pool(y, v).tau2
    monkeypatch.setattr(search, "SCORING_STEPS", first_step)
    assert pool(y, v).tau2 == pytest.approx(expected, rel=1e-11)
    assert pool([0.1, 0.11, 0.12], [0.1] * 3).tau2 == 0


def test_two_groups_of_one_are_not_compared() -> None:
    groups = pool_by_group([0.1, 0.9], [0.02, 0.03], ["a", "b"])
    assert groups.regression is None
    assert groups.differences == ()
    assert groups.reason is not None
    assert "every group has one estimate only" in groups.reason
    assert [row.pooled.coefficients[0].estimate for row in groups.rows] == [0.1, 0.9]
    assert all(row.reason and row.reason.startswith("one estimate only") for row in groups.rows)


def test_two_groups_of_one_are_compared_by_a_common_effect() -> None:
    groups = pool_by_group([0.1, 0.9], [0.02, 0.03], ["a", "b"], model="common")
    difference = groups.differences[0].difference
    assert difference.estimate == pytest.approx(-0.8)
    assert difference.se == pytest.approx(math.sqrt(0.05))
    assert groups.regression is not None
    assert (groups.regression.q_df, groups.regression.q_p, groups.regression.i2) == (0, 1, 0)


def test_one_group_has_nothing_beside_it() -> None:
    groups = pool_by_group([0.1, 0.9], [0.02, 0.03], ["a", "a"])
    assert groups.regression is None
    assert groups.reason == "only one group has estimates, so there is nothing to compare it with"


def test_a_group_of_one_borrows_the_variance_of_the_others() -> None:
    y, v = np.array([0.1, 0.6, 0.2, 1.4]), np.full(4, 0.01)
    groups = pool_by_group(y, v, ["a", "a", "a", "b"])
    assert groups.regression is not None
    assert groups.regression.tau2 == pytest.approx(y[:3].var(ddof=1) - 0.01)
    difference = groups.differences[0].difference
    assert difference.df == 2
    # with equal variances the t test of one observation against three
    assert difference.se == pytest.approx(y[:3].std(ddof=1) * math.sqrt(1 / 3 + 1))


def test_equal_effects_are_said_in_the_row() -> None:
    groups = pool_by_group([0.5, 0.5, 0.1, 0.2], [0.02] * 4, ["a", "a", "b", "b"])
    reasons = [row.reason for row in groups.rows]
    assert reasons == ["the estimates are equal: their Hartung-Knapp interval has no width", None]
