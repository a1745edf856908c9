"""Rules of value frameworks: by hand, replicate by replicate, and bounds where they cannot say."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable.award_rules import award_rules
from perdure.durable.tail_awards import tail_awards
from perdure.errors import InputError
from perdure.records import Patients, TailAward
from perdure.survival import Resampled, kaplan_meier, median, resample

people = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=25)


def steps(counts: dict[float, int], left: int, end: float) -> Patients:
    """Events at times, and the rest censored at the end: survival is what is left over n."""
    times = np.repeat(list(counts), list(counts.values())).astype(float)
    return Patients(
        np.append(times, np.full(left, end)), np.append(np.ones(times.size), np.zeros(left))
    )


def one(test: Patients, comparator: Patients, rule: str, *, replicates: int = 50) -> TailAward:
    endpoint = next(each.endpoint for each in award_rules() if each.id == rule)
    awards = tail_awards(test, comparator, endpoint=endpoint, replicates=replicates)
    return next(award for award in awards if award.rule == rule)


def test_every_rule_names_version_source_and_how_it_was_checked() -> None:
    rules = award_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.version
        assert rule.doi.startswith("10.")
        assert len(rule.checked) > 40
        edges = [band.median_above for band in rule.bands]
        assert edges == sorted(edges)
        assert [band.median_to for band in rule.bands[:-1]] == edges[1:]
    assert not any(rule.verified for rule in rules)  # nobody had the publications open yet


@pytest.mark.parametrize(
    ("comparator_left", "test_left", "met"),
    [(20, 30, True), (20, 29, False), (19, 40, False), (30, 45, True), (30, 44, False)],
)
@pytest.mark.parametrize(("rule", "points"), [("asco-2016-os", 20.0), ("asco-2016-pfs", 16.0)])
def test_asco_by_hand(
    comparator_left: int, test_left: int, met: bool, rule: str, points: float
) -> None:
    # the comparator's median is 10: the curves are compared at 20
    comparator = steps({10.0: 51, 15.0: 49 - comparator_left}, comparator_left, 30.0)
    test = steps({12.0: 100 - test_left}, test_left, 30.0)
    found = one(test, comparator, rule)
    assert (found.comparator_median, found.time, found.met) == (10, 20, met)
    assert found.criteria[0].value == pytest.approx(comparator_left / 100)
    assert found.criteria[1].value == pytest.approx(test_left / comparator_left)
    assert (found.points, found.award) == (points, f"{points:.0f} points")
    assert "(unverified)" in found.label
    assert "(unverified)" in found.sentence


@pytest.mark.parametrize(
    ("middle", "at"), [(11.9, 24.0), (12.0, 24.0), (12.1, 36.0), (24.0, 36.0), (24.5, 60.0)]
)
@pytest.mark.parametrize(("gain", "met"), [(10, True), (9, False)])
def test_esmo_overall_survival_by_hand(middle: float, at: float, gain: int, met: bool) -> None:
    comparator = steps({middle: 80}, 20, 70.0)
    test = steps({at - 0.5: 80 - gain}, 20 + gain, 70.0)
    found = one(test, comparator, "esmo-mcbs-1.1-2a")
    assert (found.time, found.met, found.grade) == (at, met, 4)
    assert found.criteria[0].value == pytest.approx(gain / 100)


@pytest.mark.parametrize(("middle", "at"), [(6.0, 12.0), (6.5, 24.0)])
@pytest.mark.parametrize(("gain", "met"), [(10, False), (11, True)])
def test_esmo_progression_by_hand(middle: float, at: float, gain: int, met: bool) -> None:
    comparator = steps({middle: 80}, 20, 70.0)
    test = steps({at: 80 - gain}, 20 + gain, 70.0)
    found = one(test, comparator, "esmo-mcbs-1.1-2b")
    assert (found.time, found.met) == (at, met)
    assert "by eye" in found.caveat


def test_what_cannot_be_judged_says_why() -> None:
    comparator = steps({10.0: 51, 15.0: 19}, 30, 30.0)
    short = one(steps({12.0: 20}, 80, 15.0), comparator, "asco-2016-os")
    assert (short.met, short.reason) == (
        None,
        "the test arm's curve ends at 15 months, before 20",
    )
    assert short.criteria[0].met is True
    early = one(steps({12.0: 60}, 40, 15.0), comparator, "asco-2016-os")
    assert early.met is False  # 40% at the end can only fall: 45% is asked for
    late = one(comparator, steps({10.0: 40}, 60, 30.0), "asco-2016-os")
    assert late.met is None
    assert "median is not reached" in str(late.reason)
    assert (late.time, late.comparator_median) == (None, None)
    unknown = one(comparator, comparator, "esmo-mcbs-2.0-2a")
    assert unknown.reason == "the rule's constants are not known here"
    assert (unknown.probability, unknown.not_judged, unknown.replicates) == (None, 1, 0)
    assert tail_awards(comparator, comparator, endpoint="DFS") == ()
    with pytest.raises(InputError, match="units"):
        tail_awards(comparator, comparator.in_unit("years"), endpoint="OS")
    with pytest.raises(InputError, match="draws"):
        tail_awards(
            comparator,
            comparator,
            endpoint="OS",
            test_draws=[comparator] * 2,
            comparator_draws=[comparator] * 3,
        )
    with pytest.raises(InputError, match="replicates"):
        tail_awards(comparator, comparator, endpoint="OS", replicates=0)


def again(drawn: Resampled, row: int) -> Patients:
    leaving = drawn.at_risk[row] - np.append(drawn.at_risk[row, 1:], 0)
    event = [
        np.repeat([1, 0], [d, left - d]) for d, left in zip(drawn.events[row], leaving, strict=True)
    ]
    return Patients(np.repeat(drawn.time, leaving), np.concatenate(event))


def asco(test: Patients, comparator: Patients) -> bool | None:
    """The rule once more, for one pair of arms."""
    a, b = (kaplan_meier(each.time, each.event) for each in (test, comparator))
    middle = median(b).value
    if middle is None or not middle:
        return None
    at = 2 * middle
    ends = [curve.survival[-1] == 0 or at <= curve.end_time for curve in (a, b)]
    low, high = (
        [curve.at(at)] * 2 if inside else [0.0, float(curve.survival[-1])]
        for curve, inside in zip((a, b), ends, strict=True)
    )
    if high[1] < 0.2 - 1e-9 or low[1] < 1.5 * high[0] - 1e-9:
        return False
    return True if high[0] >= 0.2 - 1e-9 and low[0] >= 1.5 * high[1] - 1e-9 else None


def test_the_probability_is_a_share_of_replicates_judged_one_by_one() -> None:
    random = np.random.default_rng(5)
    arms = []
    for scale, cured in ((10.0, 0.35), (8.0, 0.15)):
        lifetime = np.where(random.random(80) < cured, np.inf, random.exponential(scale, 80))
        limit = random.uniform(4, 15, 80)
        arms.append(Patients(np.minimum(lifetime, limit), lifetime <= limit))
    found = tail_awards(arms[0], arms[1], endpoint="OS", replicates=300, seed=4)[0]
    again_random = np.random.default_rng(4)
    drawn = [resample(kaplan_meier(p.time, p.event), 300, again_random) for p in arms]
    met = [asco(again(drawn[0], row), again(drawn[1], row)) for row in range(300)]
    assert found.probability_low == pytest.approx(met.count(True) / 300)
    assert found.not_judged == pytest.approx(met.count(None) / 300)
    assert 0.1 < found.probability_low < 0.9
    assert 0 < found.not_judged < 0.9
    assert found.met == asco(*arms)
    same = tail_awards(arms[0], arms[1], endpoint="OS", replicates=300, seed=4)[0]
    assert same == found


def test_histories_share_the_resamples() -> None:
    comparator = steps({10.0: 51, 15.0: 24}, 25, 30.0)
    good, bad = steps({12.0: 30}, 70, 30.0), steps({12.0: 90}, 10, 30.0)
    found = tail_awards(
        good, comparator, endpoint="OS", test_draws=[good, bad, bad, bad], replicates=401
    )[0]
    assert (found.met, found.draws, found.replicates) == (True, 4, 401)
    # the good history has 101 of the resamples; a few of them have the floor missed
    assert 0.15 < found.probability_low <= 101 / 401


@given(people, people, st.sampled_from(["OS", "PFS"]))
@settings(max_examples=60, deadline=None)
def test_bounds_hold_in_any_unit_and_order(
    first: list[tuple[int, bool]], second: list[tuple[int, bool]], endpoint: str
) -> None:
    arms = [Patients([t for t, _ in some], [e for _, e in some]) for some in (first, second)]
    turned = [
        Patients([t for t, _ in some[::-1]], [e for _, e in some[::-1]]).in_unit("days")
        for some in (first, second)
    ]
    plain = tail_awards(arms[0], arms[1], endpoint=endpoint, replicates=20)
    other = tail_awards(turned[0], turned[1], endpoint=endpoint, replicates=20)
    for a, b in zip(plain, other, strict=True):
        assert 0 <= a.probability_low <= a.probability_high <= 1
        assert a.probability_high - a.probability_low == pytest.approx(a.not_judged)
        if a.probability is None:
            assert a.not_judged == 1
        else:
            assert a.probability_low - 1e-9 <= a.probability <= a.probability_high + 1e-9
        assert (a.met is None) == (a.reason is not None)
        for each in dataclasses.fields(a):
            value = getattr(a, each.name)
            assert not isinstance(value, float) or np.isfinite(value)
        for criterion in a.criteria:
            assert (criterion.value is None) == (criterion.reason is not None)
        assert b.met == a.met
        assert b.probability_low == a.probability_low
        assert b.not_judged == a.not_judged
