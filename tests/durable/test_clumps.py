"""Progression seen at scans: the median is one of few dates, and errors must say so."""

import numpy as np
import pytest

from perdure.durable import durability_profile, durable_trial
from perdure.durable.clumps import is_clumped
from perdure.durable.sample import Sample
from perdure.records import Patients, Proportion, Reference


def scanned(random: np.random.Generator, n: int, every: float, cured: float = 0.3) -> Patients:
    time = random.exponential(2.6, n)
    time[random.random(n) < cured] = np.inf
    if every:
        time = np.ceil(time / every) * every
    stop = random.uniform(20, 30, n)
    return Patients(np.minimum(time, stop), (time <= stop).astype(int))


def clumped(patients: Patients, median: float) -> bool:
    sample = Sample({"a": patients})
    return is_clumped(sample.curve, sample.influence_on_survival(median))


@pytest.mark.parametrize("n", [60, 200, 600])
def test_scans_are_found(n: int) -> None:
    random = np.random.default_rng(n)
    assert all(clumped(scanned(random, n, 2.0), 4.0) for _ in range(50))


@pytest.mark.parametrize("n", [10, 60, 600])
def test_continuous_times_are_not_taken_for_scans(n: int) -> None:
    random = np.random.default_rng(n)
    assert not any(clumped(scanned(random, n, 0.0), 3.3) for _ in range(50))


@pytest.mark.parametrize("lost", [0.4, 0.7])
def test_the_height_of_a_step_where_few_are_left_makes_no_scan(lost: float) -> None:
    # the last patients before the median fall alone, each a third or more of what is left
    random = np.random.default_rng(5)
    few = 0
    for _ in range(200):
        time, stop = random.weibull(1.3, 60), random.exponential(1 / lost, 60)
        patients = Patients(np.minimum(time, stop), time <= stop)
        estimate = durable_trial({"a": patients}, k=1).responses[0]
        if estimate.threshold is not None:
            few += 1
            assert not clumped(patients, estimate.threshold)
    assert few > 100


def test_a_median_that_no_error_moves_leaves_greenwoods_error() -> None:
    arms = {"t": Patients([0.2, 0.7, 0.9], [1, 0, 1]), "c": Patients([0.5, 0.5], [1, 1])}
    moved = durable_trial(arms, k=1, reference="control", comparators={"t": "c"})
    fixed = durable_trial(arms, reference="fixed", time=0.5)
    one, other = (found.responses[0].estimate for found in (moved, fixed))
    assert isinstance(one, Proportion)
    assert isinstance(other, Proportion)
    assert one.se
    assert one.se == pytest.approx(other.se, rel=1e-12)


def test_one_possible_date_of_the_median_leaves_greenwoods_error() -> None:
    # half of the patients fall at 4: no error of this curve moves its median from there
    patients = Patients([2] * 300 + [4] * 400 + [12] * 100 + [30] * 200, [1] * 800 + [0] * 200)
    own = durable_trial({"a": patients}, k=3).responses[0].estimate
    fixed = durable_trial({"a": patients}, reference="fixed", time=12.0).responses[0].estimate
    assert isinstance(own, Proportion)
    assert isinstance(fixed, Proportion)
    assert own.se == pytest.approx(fixed.se, rel=1e-9)


@pytest.mark.parametrize(("n", "every"), [(100, 2.0), (400, 2.0), (150, 1.5)])
def test_the_error_is_that_of_simulated_trials(n: int, every: float) -> None:
    random = np.random.default_rng(7)
    values, errors = [], []
    for _ in range(400):
        found = durable_trial({"a": scanned(random, n, every)}, k=3).responses[0].estimate
        assert isinstance(found, Proportion)
        values.append(found.value)
        errors.append(found.se or 0.0)
    # the smoothed density alone says 0.74 to 0.83 here; 400 repeats know the ratio to 0.035
    assert 0.87 < np.mean(errors) / np.std(values) < 1.15


@pytest.mark.parametrize("reference", ["own", "control"])
def test_a_profile_has_the_single_estimates_errors(reference: Reference) -> None:
    random = np.random.default_rng(3)
    arms = {"t": scanned(random, 200, 2.0), "c": scanned(random, 200, 2.0, 0.15)}
    profile = durability_profile(arms, reference=reference, comparators={"t": "c"})
    single = durable_trial(arms, k=3, reference=reference, comparators={"t": "c"})
    for drawn, one in zip(profile.profiles, single.responses, strict=True):
        at = list(drawn.k).index(3.0)
        assert isinstance(one.estimate, Proportion)
        assert drawn.se[at] == pytest.approx(one.estimate.se, rel=1e-9)
