"""Vectors of arms: the joint estimates' numbers, and what an arm does not show."""

from math import log

import numpy as np
import pytest

from perdure.durable import Ask, joint_estimates
from perdure.durable.arm_vector import arm_vectors
from perdure.errors import InputError
from perdure.records import Patients, Reference
from perdure.survival import kaplan_meier

MULTIPLES = (1.5, 2.0, 3.0)


def arm(random: np.random.Generator, scale: float, end: float, n: int = 150) -> Patients:
    time, stop = random.exponential(scale, n), random.uniform(0.7 * end, end, n)
    return Patients(np.minimum(time, stop), (time <= stop).astype(int))


@pytest.mark.parametrize("reference", ["own", "control", "trial"])
def test_values_and_covariances_are_the_joint_estimates(reference: Reference) -> None:
    random = np.random.default_rng(1)
    arms = {"a": arm(random, 12, 60), "b": arm(random, 9, 60)}
    controls = {"a": "b"}
    asks = [Ask("a", "E", None, reference, quantity="log median")]
    asks += [Ask("a", "E", k, reference) for k in MULTIPLES]
    joint = joint_estimates({"E": arms}, asks, comparators=controls)
    found = arm_vectors(
        arms, trial="T", multiples=MULTIPLES[::-1], reference=reference, comparators=controls
    )[0]
    assert found.name == "T, a"
    assert found.multiples == MULTIPLES
    assert [found.log_median, *found.proportions] == pytest.approx(joint.value, rel=1e-12)
    assert np.array(found.covariance) == pytest.approx(joint.covariance, rel=1e-9, abs=1e-14)
    assert (found.zeros, dict(found.reasons), found.median_bound) == ((), {}, None)


def test_what_is_not_reached_has_a_reason_and_the_end_of_the_curve_is_told() -> None:
    random = np.random.default_rng(2)
    patients = arm(random, 14, 24)
    found = arm_vectors({"a": patients}, multiples=MULTIPLES)[0]
    assert found.multiples == (1.5, 2.0)
    assert "past the end of follow-up" in found.reasons[3.0]
    curve = kaplan_meier(patients.time, patients.event)
    assert found.end_time == curve.end_time
    assert found.end_survival == curve.survival[-1]
    assert found.end_se == pytest.approx(curve.standard_error_at(curve.end_time))


def test_a_median_that_is_not_reached_leaves_its_bound() -> None:
    found = arm_vectors({"a": Patients([1.0, 2, 3, 4, 5], [1, 1, 0, 0, 0])})[0]
    assert found.log_median is None
    assert found.multiples == ()
    assert found.covariance == ()
    assert found.median_bound == pytest.approx(log(5))
    assert found.end_survival == pytest.approx(0.6)


def test_a_curve_that_reached_zero_says_where() -> None:
    time = [1.0, 2, 3, 4, 5, 6, 7, 8, 9]
    found = arm_vectors({"a": Patients(time, [1] * 9)}, multiples=(1.5, 2.0, 3.0))[0]
    assert found.zeros == (2.0, 3.0)
    assert found.multiples == (1.5,)
    assert found.end_se is None


@pytest.mark.parametrize(
    ("multiples", "reference", "said"),
    [
        ((), "own", "multiples are not"),
        ((1.0, 2.0), "own", "multiples are not"),
        ((2.0, 2.0), "own", "multiples are not"),
        ((2.0,), "fixed", "has no median"),
        ((2.0,), "median", "unknown reference"),
    ],
)
def test_bad_input_is_refused(
    multiples: tuple[float, ...], reference: Reference, said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        arm_vectors({"a": Patients([1], [1])}, multiples=multiples, reference=reference)
