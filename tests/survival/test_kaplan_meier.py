"""Kaplan-Meier: what must hold for any patients, conventions, and what is refused."""

from collections.abc import Callable
from random import Random
from statistics import NormalDist
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.survival import (
    INTERVAL_KINDS,
    IntervalKind,
    Tie,
    confidence_interval,
    kaplan_meier,
    median,
    product_limit,
    quantile,
    restricted_mean,
    reverse_kaplan_meier,
)

Patients = list[tuple[float, bool]]
patients = st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), min_size=1, max_size=30)


@given(patients)
def test_numbers_at_risk_are_those_with_time_at_or_after(people: Patients) -> None:
    time, event = zip(*people, strict=True)
    curve = kaplan_meier(time, event)
    for t in np.arange(0, 11, 0.5):
        assert curve.at_risk(t) == sum(one >= t for one in time)
    assert curve.n == len(people)
    assert curve.events.sum() == sum(event)
    assert (curve.events + curve.censored).sum() == len(people)


@given(patients)
def test_survival_is_a_product_of_counts(people: Patients) -> None:
    time, event = (np.array(column) for column in zip(*people, strict=True))
    curve = kaplan_meier(time, event)
    for t in np.arange(0, curve.end_time + 0.5, 0.5):
        factors = [1 - ((time == s) & event).sum() / (time >= s).sum() for s in set(time) if s <= t]
        if t <= curve.end_time:
            assert curve.at(t) == pytest.approx(np.prod(factors), abs=1e-14)


@given(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=30))
def test_without_censoring_it_is_the_share_that_lives(time: list[float]) -> None:
    curve = kaplan_meier(time, [1] * len(time))
    share = np.array([np.mean(np.array(time) > t) for t in curve.time])
    np.testing.assert_allclose(curve.survival, share, atol=1e-14)
    binomial = np.sqrt(share * (1 - share) / len(time))
    np.testing.assert_allclose(curve.standard_error[:-1], binomial[:-1], atol=1e-14)


@given(patients, st.randoms())
def test_the_order_of_patients_does_not_matter(people: Patients, random: Random) -> None:
    shuffled = list(people)
    random.shuffle(shuffled)
    one, other = (kaplan_meier(*zip(*some, strict=True)) for some in (people, shuffled))
    assert np.array_equal(one.survival, other.survival)


@given(patients)
def test_intervals_hold_the_estimate_and_widen_with_the_level(people: Patients) -> None:
    curve = kaplan_meier(*zip(*people, strict=True))
    inside = (curve.survival > 0) & (curve.survival < 1)
    for kind in INTERVAL_KINDS:
        narrow, wide = (confidence_interval(curve, kind, level) for level in (0.8, 0.99))
        assert (wide.low[inside] >= 0).all()
        assert (wide.low[inside] <= narrow.low[inside]).all()
        assert (narrow.low[inside] <= curve.survival[inside]).all()
        assert (curve.survival[inside] <= narrow.high[inside]).all()
        assert (narrow.high[inside] <= wide.high[inside]).all()
        assert (wide.high[inside] <= 1).all()


@given(patients)
def test_the_restricted_mean_without_censoring_is_a_mean(people: Patients) -> None:
    time = np.array([one for one, _ in people])
    curve = kaplan_meier(time, np.ones(time.size))
    for tau in (0.5, 3, 20):
        ours = restricted_mean(curve, tau)
        assert ours.value == pytest.approx(np.minimum(time, tau).mean())
        assert ours.se == pytest.approx(np.minimum(time, tau).std() / np.sqrt(time.size), abs=1e-12)


def test_times_that_differ_by_rounding_are_tied() -> None:
    curve = kaplan_meier([0.3, 0.1 + 0.2, 3 * 0.1, 0.7], [1, 0, 1, 1])
    assert curve.time.tolist() == [0.3, 0.7]
    assert curve.at(3 * 0.1) == 0.5
    assert curve.at(0.3 * (1 - 1e-12)) == 0.5
    assert curve.at_risk(0.1 + 0.2) == 4


def test_the_drop_belongs_to_its_time() -> None:
    curve = kaplan_meier([1, 2], [1, 0])
    assert curve.at(np.nextafter(1, 0) - 1e-6) == 1
    assert curve.at(1) == 0.5
    assert curve.at(np.array([[0.0, 1.0]])).shape == (1, 2)


def test_a_curve_that_has_reached_zero_stays_there() -> None:
    curve = kaplan_meier([1, 2], [1, 1])
    assert curve.at(100) == 0
    assert curve.standard_error_at(100) is None
    assert np.isnan(curve.standard_error[-1])
    assert restricted_mean(curve, 100).value == 1.5


def test_before_the_first_row_nothing_is_uncertain() -> None:
    curve = kaplan_meier([1, 2], [1, 0])
    assert curve.at(0) == 1
    assert curve.standard_error_at(0.5) == 0


def test_arrays_are_read_only() -> None:
    curve = kaplan_meier([1, 2], [1, 0])
    with pytest.raises(ValueError, match="read-only"):
        curve.survival[0] = 1


def test_ties_at_a_median_by_either_rule() -> None:
    for n, start in ((12, 6.0), (24, 12.0)):  # survival is 1/2 less, and more, a rounding error
        curve = kaplan_meier(range(1, n + 1), [1] * n)
        assert median(curve).value == start + 0.5
        assert median(curve, tie="first").value == start


def test_median_follow_up_turns_the_events_round() -> None:
    assert median(reverse_kaplan_meier([1, 2, 3, 4, 5], [0] * 5)).value == 3
    assert median(reverse_kaplan_meier([1, 2, 3], [1, 1, 1])).value is None


def test_a_median_interval_covers_the_true_median_as_often_as_it_says() -> None:
    random = np.random.default_rng(20190519)
    covered = 0
    for _ in range(2000):
        life, follow_up = random.exponential(1, 100), random.uniform(0.5, 4, 100)
        ours = median(kaplan_meier(np.minimum(life, follow_up), life <= follow_up))
        covered += (ours.low or 0) <= np.log(2) <= (ours.high or np.inf)
    error = NormalDist().inv_cdf(0.999) * np.sqrt(0.95 * 0.05 / 2000)
    assert abs(covered / 2000 - 0.95) < error + 0.005


@given(st.lists(patients, min_size=1, max_size=4))
def test_product_limit_of_many_is_that_of_each(groups: list[Patients]) -> None:
    curves = [kaplan_meier(*zip(*people, strict=True)) for people in groups]
    longest = max(curve.time.size for curve in curves)
    d, n = np.zeros((2, len(curves), longest), dtype=int)
    for i, curve in enumerate(curves):
        d[i, : curve.time.size], n[i, : curve.time.size] = curve.events, curve.n_at_risk
    together = product_limit(d, n)
    for i, curve in enumerate(curves):
        assert np.array_equal(together[i, : curve.time.size], curve.survival)
        assert (together[i, curve.time.size :] == curve.survival[-1]).all()


CURVE = kaplan_meier([1, 2, 3], [1, 1, 0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: kaplan_meier([], []), "patients need"),
        (lambda: kaplan_meier([1, np.nan], [1, 1]), "not a finite number"),
        (lambda: kaplan_meier([1, -1], [1, 1]), "negative"),
        (lambda: kaplan_meier([1, 2], [1, 2]), "not 0 or 1"),
        (lambda: kaplan_meier([1, 2], [1]), "one event code for each time"),
        (lambda: reverse_kaplan_meier([1, 2], [1, 2]), "not 0 or 1"),
        (lambda: CURVE.at(3.1), "from 0 to 3"),
        (lambda: CURVE.at([1, np.nan]), "from 0 to 3"),
        (lambda: CURVE.at(-1), "from 0 to 3"),
        (lambda: CURVE.at_risk(-1), "from time 0"),
        (lambda: CURVE.at_risk(np.nan), "from time 0"),
        (lambda: confidence_interval(CURVE, cast("IntervalKind", "wald")), "unknown kind"),
        (lambda: confidence_interval(CURVE, level=95), "between 0 and 1"),
        (lambda: quantile(CURVE, 50), "between 0 and 1"),
        (lambda: quantile(CURVE, tie=cast("Tie", "last")), "unknown tie"),
        (lambda: restricted_mean(CURVE, 4), "from 0 to 3"),
        (lambda: restricted_mean(CURVE, 0), "above 0"),
        (lambda: restricted_mean(kaplan_meier([1], [1]), np.inf), "finite"),
        (lambda: product_limit([2], [1]), "between 0 and its number at risk"),
        (lambda: product_limit([1, 1], [2]), "one shape"),
    ],
)
def test_refused_in_a_plain_sentence(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=f"(?i){says}"):
        call()
