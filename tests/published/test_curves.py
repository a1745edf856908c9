"""Curves drawn from published facts, against simulated truth and calculations by other means."""

import numpy as np
import pytest
from scipy.stats import norm

from perdure.durable import durable_response
from perdure.errors import InputError
from perdure.published import published_curves, published_responses
from perdure.published.hazards import Hazards, cox_limit, interval_edges
from perdure.records import NotEstimable, Patients, Proportion, PublishedFact
from perdure.survival import hazard_ratio, kaplan_meier

Z = float(norm.ppf(0.975))


def fact(arm: str, kind: str, value: float | None, **more: object) -> PublishedFact:
    return PublishedFact(arm, kind, value, "verified", "simulated", **more)  # type: ignore[arg-type]


def test_one_median_and_its_interval_come_back() -> None:
    facts = [fact("a", "median", 9.2, low=7.3, high=13.3), fact("a", "n", 135.0)]
    drawn = published_curves(facts, draws=2000).median("a")
    assert np.quantile(drawn, (0.025, 0.5, 0.975)) == pytest.approx([7.3, 9.2, 13.3], rel=0.05)


def test_a_median_known_to_the_day_is_met_although_its_ridge_is_narrow() -> None:
    facts = [fact("a", "median", 2.76, low=2.73, high=2.79), fact("a", "n", 403.0)]
    curves = published_curves(facts, draws=2000)
    drawn = curves.median("a")
    assert np.quantile(drawn, (0.025, 0.5, 0.975)) == pytest.approx([2.73, 2.76, 2.79], abs=0.01)
    # Nothing speaks for another shape than a constant hazard, 2^-3, nor against many.
    tail = published_responses(curves, k=3, reference="own", comparators={}).responses[0].estimate
    assert isinstance(tail, Proportion)
    assert tail.ci_low < 0.01
    assert tail.ci_high > 0.35
    assert tail.value == pytest.approx(2**-3, abs=0.05)


def test_survival_with_its_interval_comes_back_on_the_scale_of_log_log() -> None:
    facts = [fact("a", "survival", 0.42, time=12.0, low=0.34, high=0.50), fact("a", "n", 135.0)]
    drawn = published_curves(facts, draws=2000).survival("a", 12.0)
    error = (np.log(-np.log(0.34)) - np.log(-np.log(0.50))) / (2 * Z)
    scale = np.log(-np.log(drawn))
    assert scale.mean() == pytest.approx(np.log(-np.log(0.42)), abs=0.25 * error)
    assert scale.std() == pytest.approx(error, rel=0.1)


def test_an_interval_of_another_level_is_as_narrow_as_its_error() -> None:
    at_95 = [fact("a", "survival", 0.42, time=12.0, low=0.34, high=0.50), fact("a", "n", 135.0)]
    at_99 = [fact("a", "survival", 0.42, time=12.0, low=0.34, high=0.50, level=0.99), at_95[1]]
    wide, narrow = (published_curves(one).survival("a", 12.0).std() for one in (at_95, at_99))
    assert narrow / wide == pytest.approx(Z / norm.ppf(0.995), rel=0.1)


def test_without_an_interval_the_error_is_at_least_binomial() -> None:
    facts = [fact("a", "survival", 0.42, time=12.0), fact("a", "n", 135.0)]
    drawn = published_curves(facts, draws=2000).survival("a", 12.0)
    assert drawn.std() > np.sqrt(0.42 * 0.58 / 135)
    assert drawn.std() < 1.4 * np.sqrt(0.42 * 0.58 / 135)


def test_more_facts_never_widen_what_they_are_about() -> None:
    few = [fact("a", "median", 9.2, low=7.3, high=13.3), fact("a", "n", 135.0)]
    more = [*few, fact("a", "survival", 0.23, time=24.0)]
    tails = [np.std(published_curves(one).survival("a", 24.0)) for one in (few, more)]
    assert tails[1] < 0.5 * tails[0]


def test_numbers_at_risk_bound_survival_from_below_and_events_from_above() -> None:
    few = [fact("a", "median", 9.2, low=7.3, high=13.3), fact("a", "n", 200.0)]
    before = published_curves(few)
    at_risk = published_curves([*few, fact("a", "at risk", 60.0, time=20.0)])
    events = published_curves([*few, fact("a", "events", 180.0, time=20.0)])
    assert np.quantile(before.survival("a", 20.0), 0.1) < 0.15
    assert np.quantile(at_risk.survival("a", 20.0), 0.025) > 0.22
    assert np.quantile(events.survival("a", 20.0), 0.975) < 0.18


def test_a_median_that_was_not_reached_is_later() -> None:
    facts = [
        fact("a", "survival", 0.7, time=6.0),
        fact("a", "median", None, time=18.0),
        fact("a", "n", 200.0),
    ]
    assert np.quantile(published_curves(facts).median("a"), 0.05) > 14


def test_the_ratio_of_coxs_model_is_that_of_a_large_trial_though_hazards_cross() -> None:
    random = np.random.default_rng(3)
    edges = interval_edges(0.2, 60.0)
    rates = np.where(edges < 4, 0.12, 0.05), np.full(edges.size, 0.08)
    hazards = Hazards.of(edges, np.log(np.stack(rates))[None])
    time, event, group = [], [], []
    for arm in (0, 1):
        target = random.exponential(size=40_000)
        life = np.interp(target, hazards.at_edges[0, arm], edges)
        time.append(np.minimum(life, 18.0))
        event.append(life < 18.0)
        group.append(np.full(40_000, 1 - arm))
    seen = float(np.concatenate(event).mean())
    cox = hazard_ratio(np.concatenate(time), np.concatenate(event), np.concatenate(group))
    assert cox.log_hr is not None
    limit = cox_limit(hazards, 0, 1, share=0.5, events=seen)[0]
    assert limit == pytest.approx(cox.log_hr, abs=0.03)


def test_a_hazard_ratio_carries_an_arm_of_which_nothing_else_is_known() -> None:
    facts = [
        fact("old", "median", 6.0, low=5.1, high=7.3),
        fact("old", "n", 150.0),
        fact("new", "hazard ratio", 0.5, low=0.4, high=0.63, against="old"),
        fact("new", "n", 150.0),
    ]
    curves = published_curves(facts)
    assert 8 < np.median(curves.median("new")) < 17
    assert curves.last_fact("new") == 0
    found = published_responses(curves, k=2, reference="own", comparators={"new": "old"})
    assert set(found.beyond) == {"old", "new"}


def test_arms_that_share_a_threshold_vary_together() -> None:
    facts = [
        one
        for arm, middle in (("old", 6.0), ("new", 9.0))
        for one in (
            fact(arm, "median", middle, low=middle * 0.8, high=middle * 1.25),
            fact(arm, "survival", 0.3, time=15.0),
            fact(arm, "n", 150.0),
        )
    ]
    curves = published_curves(facts)
    comparators: dict[str, str | None] = {"old": None, "new": "old"}
    found = published_responses(curves, k=2, reference="control", comparators=comparators)
    errors = [one.estimate.se for one in found.responses if isinstance(one.estimate, Proportion)]
    for at, error in enumerate(errors):
        assert error is not None
        assert found.covariance.matrix[at][at] == pytest.approx(error**2, rel=1e-6)
    (contrast,) = found.contrasts
    assert contrast.difference is not None
    assert contrast.ci_low is not None
    assert contrast.ci_low < contrast.difference
    everyone = published_responses(curves, k=2, reference="trial", comparators=comparators)
    thresholds = {one.threshold for one in everyone.responses}
    assert len(thresholds) == 1
    assert 12 < (thresholds.pop() or 0) < 18


def test_what_cannot_be_had_says_why() -> None:
    facts = [fact("new", "median", 9.0, low=7.0, high=11.0), fact("new", "n", 150.0)]
    curves = published_curves(facts)
    for reference in ("control", "trial"):
        found = published_responses(
            curves, k=2, reference=reference, comparators={"old": None, "new": "old"}
        )
        estimate = found.responses[0].estimate
        assert isinstance(estimate, NotEstimable)
        assert "old" in estimate.reason
    with pytest.raises(InputError, match="neither a median nor survival"):
        published_curves([fact("new", "n", 150.0)])


def test_facts_that_contradict_each_other_are_said() -> None:
    facts = [
        fact("a", "median", 12.0, low=11.0, high=13.0),
        fact("a", "survival", 0.2, time=10.0, low=0.17, high=0.23),
        fact("a", "n", 400.0),
    ]
    checks = published_curves(facts).band("a").checks
    assert any(check.disagrees for check in checks)


def test_a_hazard_ratio_is_shown_after_the_events_that_its_interval_speaks_of() -> None:
    facts = [
        *(fact("new", "n", 135.0), fact("old", "n", 137.0)),
        fact("new", "median", 9.2, low=7.3, high=13.3),
        fact("new", "survival", 0.23, time=24.0, low=0.16, high=0.3),
        fact("old", "median", 6.0, low=5.1, high=7.3),
        fact("old", "survival", 0.08, time=24.0, low=0.04, high=0.13),
        fact("new", "hazard ratio", 1.69, low=1.27, high=2.27, against="old"),
    ]
    curves = published_curves(facts)
    (check,) = (one for one in curves.band("new").checks if one.fact.kind == "hazard ratio")
    # Schoenfeld 1981: with arms alike the variance of the log hazard ratio is 4 over the events.
    seen = 4 / (np.log(2.27 / 1.27) / (2 * Z)) ** 2 / 272
    ratio = np.exp(cox_limit(curves.hazards, 0, 1, share=135 / 272, events=seen))
    assert check.drawn == pytest.approx(np.median(ratio), rel=0.005)


def test_memory_is_never_counted_as_verified() -> None:
    recalled = PublishedFact("a", "n", 150.0, "from memory", "recalled")
    curves = published_curves([fact("a", "median", 9.0, low=7.0, high=11.0), recalled])
    found = published_responses(curves, k=2, reference="own", comparators={})
    assert "from memory, not verified" in (found.responses[0].caution or "")


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    """Weibull of shape 0.7, 150 patients, median and two landmarks: 60 trials."""
    random, held = np.random.default_rng(11), 0
    truth = 2.0 ** -(2**0.7)
    for _ in range(60):
        life = 8.0 * (random.exponential(size=150) / np.log(2)) ** (1 / 0.7)
        limit = random.uniform(20, 36, 150)
        patients = Patients(np.minimum(life, limit), life <= limit)
        known = durable_response(patients, k=2)
        curve = kaplan_meier(patients.time, patients.event)
        facts = [
            fact("a", "median", known.median, low=known.median_low, high=known.median_high),
            fact("a", "n", 150.0),
            *(fact("a", "survival", curve.at(time), time=time) for time in (12.0, 18.0)),
        ]
        curves = published_curves(facts, draws=300)
        found = published_responses(curves, k=2, reference="own", comparators={}).responses[0]
        assert isinstance(found.estimate, Proportion)
        held += found.estimate.ci_low <= truth <= found.estimate.ci_high
    assert held >= 54  # 60 x 95% less two and a half standard errors
