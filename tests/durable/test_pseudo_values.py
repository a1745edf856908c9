"""Pseudo-values: means and covariances are the estimates' own, whatever the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable import durable_trial
from perdure.durable.pseudo_values import pseudo_values
from perdure.errors import InputError
from perdure.records import Patients, Reference

COMPARATORS = {"a": "c", "b": "c"}


def trial(seed: int, n: int = 120, *, ties: bool = False) -> dict[str, Patients]:
    random, arms = np.random.default_rng(seed), {}
    for name, scale, size in (("a", 14.0, n), ("b", 11.0, n + 30), ("c", 9.0, n + 7)):
        time, stop = random.exponential(scale, size), random.uniform(25, 60, size)
        seen = np.minimum(time, stop)
        arms[name] = Patients(np.ceil(seen * 2) / 2 if ties else seen, (time <= stop).astype(int))
    return arms


@pytest.mark.parametrize("reference", ["own", "control", "trial", "fixed"])
@pytest.mark.parametrize("ties", [False, True])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_means_and_covariances_are_those_of_the_estimates(
    reference: Reference, ties: bool, seed: int
) -> None:
    arms = trial(seed, ties=ties)
    k, time = (None, 15.0) if reference == "fixed" else (2.0, None)
    found = pseudo_values(arms, k=k, reference=reference, comparators=COMPARATORS, time=time)
    expected = durable_trial(arms, k=k, reference=reference, comparators=COMPARATORS, time=time)
    assert found.arms == expected.covariance.arms == ("a", "b", "c")
    assert found.means() == pytest.approx([one.proportion for one in expected.responses], rel=1e-12)
    assert found.estimate == pytest.approx(found.means(), rel=1e-12)
    matrix = np.array(expected.covariance.matrix)
    assert found.covariance() == pytest.approx(matrix, rel=1e-9, abs=1e-15)


def test_the_control_has_a_term_for_every_arm_that_its_median_judges() -> None:
    arms = trial(1)
    found = pseudo_values(arms, k=2.0, reference="control", comparators=COMPARATORS)
    of_control = found.value[np.array(found.patient_arm) == "c"]
    assert np.abs(of_control[:, :2]).max(axis=0).min() > 0.1
    rows = found.rows()
    assert len(rows.value) == found.value.shape[0] + 2 * arms["c"].n
    assert rows.member.sum() == found.value.shape[0]
    own = pseudo_values(arms, k=2.0, reference="own").rows()
    assert own.member.all()


def test_without_censoring_and_at_a_fixed_time_they_are_who_lives_on() -> None:
    time = np.arange(1.0, 11.0)
    found = pseudo_values({"a": Patients(time, [1] * 10)}, k=None, reference="fixed", time=6.5)
    assert found.value[:, 0] == pytest.approx((time > 6.5).astype(float), abs=1e-12)


def test_zero_is_a_value_and_what_is_not_estimable_has_a_reason() -> None:
    arms = {
        "zero": Patients([1.0, 2, 3, 4, 5], [1] * 5),
        "short": Patients([1.0, 2, 3, 4, 5], [1, 1, 1, 0, 0]),
    }
    found = pseudo_values(arms, k=2.0, reference="own")
    assert found.arms == ("zero",)
    assert not found.value.any()
    assert found.missing[0][0] == "short"
    assert "past the end of follow-up" in found.missing[0][1]
    nothing = pseudo_values({"short": arms["short"]}, k=2.0, reference="own")
    assert nothing.value.shape == (5, 0)
    assert nothing.rows().value.size == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"(?i)there is no arm"):
        pseudo_values({})
    with pytest.raises(InputError, match=r"(?i)k must be 1 or more"):
        pseudo_values(trial(1), k=0.5, reference="own")
