"""Durable response over an ensemble: one answer where draws agree, Rubin's where they do not."""

import numpy as np
import pytest

from perdure.durable import durable_ensemble, durable_trial
from perdure.errors import InputError
from perdure.records import NotEstimable, Patients, Proportion


def arm(seed: int, n: int = 120, median: float = 8.0) -> Patients:
    random = np.random.default_rng(seed)
    life = random.exponential(median / np.log(2), n)
    left = random.uniform(20, 60, n)
    return Patients(np.minimum(life, left), life <= left)


def proportion(estimate: object) -> Proportion:
    assert isinstance(estimate, Proportion)
    return estimate


@pytest.mark.parametrize("reference", ["own", "control", "trial"])
def test_draws_that_agree_give_the_single_answer(reference: str) -> None:
    arms = {"new": arm(1, median=14), "old": arm(2)}
    options = {"k": 2.0, "reference": reference, "comparators": {"new": "old"}}
    single = durable_trial(arms, **options)  # type: ignore[arg-type]
    found = durable_ensemble(arms, {name: [one] * 7 for name, one in arms.items()}, **options)  # type: ignore[arg-type]
    for one, other in zip(single.responses, found.responses, strict=True):
        want, got = proportion(one.estimate), proportion(other.estimate)
        assert got.value == pytest.approx(want.value, abs=1e-12)
        assert got.se == pytest.approx(want.se, abs=1e-12)
        assert got.ci_low == pytest.approx(want.ci_low, abs=1e-12)
        assert got.ci_high == pytest.approx(want.ci_high, abs=1e-12)
        assert got.draws == 7
        assert got.rebuilt_share == 0
    for first, second in zip(single.contrasts, found.contrasts, strict=True):
        assert second.difference == pytest.approx(first.difference, abs=1e-12)
        assert second.se == pytest.approx(first.se, abs=1e-12)


def test_draws_that_differ_widen_the_interval_by_rubins_rules() -> None:
    draws = [arm(seed) for seed in range(10)]
    found = proportion(durable_ensemble({"a": draws[0]}, {"a": draws}, k=2).responses[0].estimate)
    singles = [proportion(durable_trial({"a": draw}, k=2).responses[0].estimate) for draw in draws]
    # On the log(-log) scale: the mean of the estimates, back.
    scale = np.log(-np.log([one.value for one in singles]))
    assert found.value == pytest.approx(float(np.exp(-np.exp(scale.mean()))), abs=1e-9)
    errors = [float(one.se or 0) / (one.value * -np.log(one.value)) for one in singles]
    within = float(np.mean(np.square(errors)))
    extra = 1.1 * float(np.var(scale, ddof=1))
    assert found.rebuilt_share == pytest.approx(extra / (within + extra), rel=1e-6)
    assert found.ci_high - found.ci_low > np.mean([one.ci_high - one.ci_low for one in singles])


def test_where_few_draws_have_an_answer_there_is_none() -> None:
    reached, not_reached = arm(1), Patients([1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0])
    found = durable_ensemble(
        {"a": not_reached}, {"a": [not_reached] * 9 + [reached]}, k=2
    ).responses[0]
    assert isinstance(found.estimate, NotEstimable)
    assert found.reason


def test_ensembles_of_different_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="differ in size"):
        durable_ensemble({"a": arm(1), "b": arm(2)}, {"a": [arm(1)], "b": [arm(2), arm(3)]}, k=2)


def ladder(tail: int) -> Patients:
    """Forty patients, one event every half month; ``tail`` of them are followed beyond 45."""
    early = [0.5 * at for at in range(1, 41 - tail)]
    return Patients([*early, *(45.0 + at for at in range(tail))], [1] * len(early) + [0] * tail)


ZERO, SOME = ladder(0), ladder(3)


@pytest.mark.parametrize("zeros", [1, 9, 11, 19])
def test_histories_at_zero_count_and_the_first_does_not_decide(zeros: int) -> None:
    draws = [ZERO] * zeros + [SOME] * (20 - zeros)
    found = [
        proportion(durable_ensemble({"a": one}, {"a": draws}, k=3).responses[0].estimate)
        for one in (ZERO, SOME)
    ]
    alone = proportion(durable_trial({"a": SOME}, k=3).responses[0].estimate)
    for one in found:
        assert one.value == pytest.approx(alone.value * (20 - zeros) / 20)
        assert one.draws == 20
        assert one.rebuilt_share is not None
        assert one.rebuilt_share > 0
        assert one.status == "thin"
        assert one.ci_low <= one.value <= one.ci_high
    assert found[0].ci_high == found[1].ci_high
    assert found[0].se == found[1].se
    more = [ZERO] * (zeros + 1) + [SOME] * (19 - zeros)
    lower = proportion(durable_ensemble({"a": SOME}, {"a": more}, k=3).responses[0].estimate)
    assert lower.ci_high < found[0].ci_high


def test_all_histories_at_zero_are_zero_with_the_likelihood_s_limit() -> None:
    alone = proportion(durable_trial({"a": ZERO}, k=3).responses[0].estimate)
    found = durable_ensemble({"a": ZERO}, {"a": [ZERO] * 10}, k=3).responses[0].estimate
    assert (proportion(found).value, proportion(found).status) == (0.0, "zero")
    assert proportion(found).ci_high == alone.ci_high


def test_a_contrast_of_mixed_histories_has_an_interval() -> None:
    control = Patients([0.7 * at for at in range(1, 61)], [1] * 50 + [0] * 10)
    found = durable_ensemble(
        {"a": ZERO, "c": control},
        {"a": [ZERO] + [SOME] * 39},
        reference="fixed",
        time=25.0,
        comparators={"a": "c"},
    ).contrasts[0]
    assert found.difference is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.p_value is not None
    assert (found.p_value < 0.05) == (found.ci_low > 0 or found.ci_high < 0)


def test_thin_histories_have_a_likelihood_interval_that_holds_the_estimate() -> None:
    draws = [arm(seed, n=35) for seed in range(12)]
    for level in (0.5, 0.95):
        found = proportion(
            durable_ensemble({"a": draws[0]}, {"a": draws}, k=3, level=level).responses[0].estimate
        )
        if found.likelihood_low is None or found.likelihood_high is None:
            continue
        assert found.likelihood_low < found.value < found.likelihood_high


def test_a_threshold_that_the_one_history_lacks_is_the_others() -> None:
    draws = [arm(seed) for seed in range(20)]
    short = Patients([1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0])
    found = durable_ensemble({"a": short}, {"a": draws}, k=2).responses[0]
    assert isinstance(found.estimate, Proportion)
    assert found.threshold is not None
