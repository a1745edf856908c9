"""Arms of trials on a scale: the delta method by hand, and arms that cannot be pooled."""

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool.classes.arm_effects import TrialArms, arm_effects
from perdure.pool.effects.scales import SCALES
from perdure.records import ArmCovariance, DurableResponse, NotEstimable, Proportion


def response(arm: str, found: Proportion | NotEstimable) -> DurableResponse:
    return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)


def proportion(p: float, se: float | None = 0.1) -> Proportion:
    return Proportion(p, se, max(p - 0.1, 0.0), p + 0.1, 30, "zero" if p == 0 else "estimable")


def trial(name: str, *estimates: Proportion | NotEstimable) -> TrialArms:
    names = [f"arm{at}" for at in range(len(estimates))]
    matrix = np.where(np.eye(len(names)) == 1, 0.01, 0.002)
    return TrialArms(
        name,
        {arm: response(arm, one) for arm, one in zip(names, estimates, strict=True)},
        ArmCovariance(tuple(names), tuple(map(tuple, matrix.tolist()))),
        {},
    )


def test_arms_have_the_covariance_of_their_trial_and_none_across_trials() -> None:
    one, other = trial("A", proportion(0.5), proportion(0.2)), trial("B", proportion(0.5))
    found = arm_effects([(one, "arm0"), (one, "arm1"), (other, "arm0")], SCALES["logit"])
    assert found.y == pytest.approx([0.0, np.log(0.25), 0.0])
    # slopes 1 / p(1 - p): 4, 6.25, 4
    assert found.covariance == pytest.approx(
        np.array([[0.16, 0.05, 0.0], [0.05, 0.390625, 0.0], [0.0, 0.0, 0.16]])
    )


def test_arms_that_the_covariance_does_not_name_are_independent() -> None:
    one = trial("A", proportion(0.5), proportion(0.2))
    alone = TrialArms("A", one.responses, ArmCovariance(("arm0",), ((0.01,),)), {})
    found = arm_effects([(alone, "arm0")], SCALES["plain"])
    assert found.covariance.tolist() == [[0.01]]


def test_no_arm_is_no_effect() -> None:
    found = arm_effects([], SCALES["logit"])
    assert (found.y.shape, found.covariance.shape) == ((0,), (0, 0))


def test_every_arm_that_cannot_be_pooled_is_named() -> None:
    gap = NotEstimable("the median is not reached", 0.0, 0.6)
    one = trial("A", proportion(0.5), gap, proportion(0.0), proportion(0.3, None))
    with pytest.raises(InputError) as caught:
        arm_effects([(one, name) for name in one.responses], SCALES["plain"])
    said = [problem.message for problem in caught.value.problems]
    assert said == [
        "arm arm1 of trial A cannot be pooled: the median is not reached",
        "arm arm2 of trial A cannot be pooled: 0% durable response, which has no standard error",
        "arm arm3 of trial A cannot be pooled: 30% durable response, which has no standard error",
    ]
