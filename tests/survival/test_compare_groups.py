"""Log-rank and hazard ratio: what must hold for any patients, and what cannot be estimated."""

from collections.abc import Callable
from math import exp, log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from perdure.errors import InputError
from perdure.survival import hazard_ratio, log_rank

Rows = list[tuple[float, bool, int]]
rows = st.lists(
    st.tuples(st.integers(1, 6).map(float), st.booleans(), st.integers(0, 1)),
    min_size=1,
    max_size=25,
)


def log_likelihood(some: Rows, beta: float) -> float:
    """Efron's partial likelihood, patient by patient, as it is written in his paper."""
    total = 0.0
    for t in sorted({time for time, event, _ in some if event}):
        died = [exp(beta * group) for time, event, group in some if event and time == t]
        at_risk = [exp(beta * group) for time, _, group in some if time >= t]
        for i in range(len(died)):
            total -= log(sum(at_risk) - i / len(died) * sum(died))
        total += sum(map(log, died))
    return total


@given(rows)
def test_the_hazard_ratio_is_where_the_likelihood_is_largest(some: Rows) -> None:
    time, event, group = zip(*some, strict=True)
    ours = hazard_ratio(time, event, group)
    if ours.reason is None:
        assert ours.log_hr is not None
        assert ours.se is not None
        found = minimize_scalar(
            lambda beta: -log_likelihood(some, beta), bracket=(-1, 1), options={"xtol": 1e-10}
        )
        assert ours.log_hr == pytest.approx(found.x, abs=1e-5)
        h = 1e-4
        near = [log_likelihood(some, ours.log_hr + step) for step in (-h, 0, h)]
        curvature = -(near[0] - 2 * near[1] + near[2]) / h**2
        assert ours.se == pytest.approx(curvature**-0.5, rel=1e-3)
    else:
        # One of the ends is at least as likely as anything between them.
        ends = max(log_likelihood(some, beta) for beta in (-30, 30))
        assert ends >= max(log_likelihood(some, beta) for beta in (-3, -1, 0, 1, 3)) - 1e-9
        assert ours.hr is ours.log_hr is ours.se is ours.low is ours.high is ours.p is None


@given(rows)
def test_arms_changed_over_turn_the_hazard_ratio_round(some: Rows) -> None:
    time, event, group = zip(*some, strict=True)
    one, other = (hazard_ratio(time, event, g) for g in (group, [1 - g for g in group]))
    if one.reason is None:
        assert one.hr is not None
        assert other.hr is not None
        assert one.low is not None
        assert other.high is not None
        assert one.hr * other.hr == pytest.approx(1)
        assert one.low * other.high == pytest.approx(1)
    else:
        assert other.reason is not None


@pytest.mark.parametrize(
    ("group", "event", "reason"),
    [
        ([0, 0, 0, 0], [1, 1, 1, 1], "group 1 has no patients"),
        ([1, 1, 1, 1], [1, 1, 1, 1], "group 0 has no patients"),
        ([0, 0, 1, 1], [1, 1, 0, 0], "group 1 has no event"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "group 0 has no event"),
        ([0, 1, 0, 1], [0, 0, 0, 0], "group 0 has no event"),
        ([0, 0, 1, 1], [1, 1, 1, 1], "group 1 has no event while the other group is at risk"),
    ],
)
def test_no_maximum_has_a_reason(group: list[int], event: list[int], reason: str) -> None:
    assert hazard_ratio([1, 2, 3, 4], event, group).reason == reason


def test_the_group_that_is_never_seen_to_fail_is_named() -> None:
    ours = hazard_ratio([1, 2, 3, 4], [0, 1, 1, 1], [1, 0, 1, 0])
    assert ours.reason is None
    ours = hazard_ratio([1, 2, 3, 4], [1, 1, 0, 1], [0, 0, 0, 1])
    assert ours.reason == "group 1 has no event while the other group is at risk"
    ours = hazard_ratio([1, 2, 3, 4], [1, 1, 0, 1], [1, 1, 1, 0])
    assert ours.reason == "group 0 has no event while the other group is at risk"


@pytest.mark.parametrize(("many", "ratio"), [(400, 1e-4), (400, 1e4), (10, 1.0)])
def test_one_against_many_is_still_estimated(many: int, ratio: float) -> None:
    random = np.random.default_rng(3)
    group = np.arange(many) < 3
    time = np.ceil(50 * random.exponential(1, many) / np.where(group, ratio, 1))
    ours = hazard_ratio([*time, 1, 1], [1] * (many + 2), [*group, 0, 1])
    assert ours.reason is None
    some = list(zip([*time, 1, 1], [True] * (many + 2), [*group.astype(int), 0, 1], strict=True))
    assert ours.log_hr is not None
    h = 1e-3
    down, here, up = (log_likelihood(some, ours.log_hr + step) for step in (-h, 0, h))
    assert here > max(down, up)


@given(rows, st.sampled_from([0.0, 0.5, 1.0]))
def test_log_rank_does_not_mind_names_or_the_scale_of_time(some: Rows, rho: float) -> None:
    time, event, group = (np.array(column) for column in zip(*some, strict=True))
    assume(np.unique(group).size == 2)
    one = log_rank(time, event, group, rho=rho)
    other = log_rank(time * 30.4375, event, np.where(group == 1, "a", "b"), rho=rho)
    assert one.observed.sum() == pytest.approx(one.expected.sum())
    assert one.df == other.df
    if one.chi2 is None:
        assert one.reason == other.reason
        assert one.p is None
    else:
        assert one.chi2 == pytest.approx(other.chi2, rel=1e-9, abs=1e-12)
        assert one.observed.tolist() == pytest.approx(other.observed.tolist()[::-1])


@pytest.mark.parametrize("groups", range(2, 9))
def test_p_is_that_of_chi_square(groups: int) -> None:
    random = np.random.default_rng(groups)
    time, event = random.exponential(5, 200), random.random(200) < 0.7
    ours = log_rank(time, event, random.integers(0, groups, 200))
    assert ours.chi2 is not None
    assert ours.df == groups - 1
    assert ours.p == pytest.approx(float(chi2.sf(ours.chi2, ours.df)), rel=1e-12)


@given(rows)
def test_the_score_test_of_cox_is_log_rank_without_ties(some: Rows) -> None:
    event, group = [e for _, e, _ in some], [g for _, _, g in some]
    assume(set(group) == {0, 1})
    time = range(1, len(some) + 1)
    ours = log_rank(time, event, group)
    untied = [(float(t), e, g) for t, e, g in zip(time, event, group, strict=True)]
    h = 1e-4
    down, here, up = (log_likelihood(untied, beta) for beta in (-h, 0, h))
    score, information = (up - down) / (2 * h), (2 * here - up - down) / h**2
    assert ours.observed[1] - ours.expected[1] == pytest.approx(score, abs=1e-6)
    assert ours.variance[1, 1] == pytest.approx(information, abs=1e-4)


@pytest.mark.parametrize("event", [[0, 0, 0, 0], [0, 0, 1, 1]])
def test_where_no_event_tells_groups_apart_there_is_no_test(event: list[int]) -> None:
    ours = log_rank([1, 2, 3, 4], event, list("aabb"))
    assert ours.chi2 is None
    assert ours.p is None
    assert ours.df == 0
    assert ours.reason is not None


def test_a_tiny_group_beside_large_ones_keeps_its_degree_of_freedom() -> None:
    time, event = np.arange(1.0, 3001), np.ones(3000)
    group = np.where(np.arange(3000) == 1500, "one", np.where(np.arange(3000) % 2, "a", "b"))
    ours = log_rank(time, event, group)
    assert ours.df == 2
    alone = log_rank(time, event, group == "one")
    assert alone.chi2 == pytest.approx(
        (ours.observed[2] - ours.expected[2]) ** 2 / ours.variance[2, 2], rel=1e-9
    )


def test_a_group_that_never_meets_the_others_takes_no_degree_of_freedom() -> None:
    time, event = [0, 1, 2, 3, 4, 5], [0, 1, 1, 1, 1, 0]
    ours = log_rank(time, event, ["gone", "a", "b", "a", "b", "b"])
    two = log_rank(time[1:], event[1:], ["a", "b", "a", "b", "b"])
    assert ours.df == two.df == 1
    assert ours.chi2 == pytest.approx(two.chi2)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: log_rank([1, 2], [1, 1], ["a", "a"]), "one group only"),
        (lambda: log_rank([1, 2], [1, 1], ["a"]), "one group each"),
        (lambda: log_rank([1, 2], [1, 1], np.array(["a", None])), "label is missing"),
        (lambda: log_rank([1, 2], [1, 1], [1, np.nan]), "label is missing"),
        (lambda: log_rank([1, 2], [1, 1], [0, 1], rho=-1), "rho must not be negative"),
        (lambda: log_rank([1, -2], [1, 1], [0, 1]), "negative"),
        (lambda: hazard_ratio([1, 2], [1, 1], ["a", "b"]), "0 or 1 for each patient"),
        (lambda: hazard_ratio([1, 2], [1, 1], [0]), "0 or 1 for each patient"),
        (lambda: hazard_ratio([1, 2], [1, 1], [1, 2]), "0 or 1 for each patient"),
        (lambda: hazard_ratio([1, 2], [1, 1], [0, 1], level=0), "between 0 and 1"),
    ],
)
def test_refused_in_a_plain_sentence(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=f"(?i){says}"):
        call()
