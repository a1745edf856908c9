"""The covariance of a trial's arms: its diagonal, its contrasts, and simulated trials."""

import numpy as np
import pytest

from perdure.durable import durable_ensemble, durable_trial
from perdure.records import ArmCovariance, Patients, Proportion, Reference

COMPARATORS = {"a": "c", "b": "c"}


def trial(random: np.random.Generator, n: int = 200) -> dict[str, Patients]:
    arms = {}
    for name, scale in (("a", 14.0), ("b", 11.0), ("c", 9.0)):
        time, stop = random.exponential(scale, n), random.uniform(20, 60, n)
        arms[name] = Patients(np.minimum(time, stop), (time <= stop).astype(int))
    return arms


def of(found: ArmCovariance, first: str, second: str) -> float:
    value = found.between(first, second)
    assert value is not None
    return value


@pytest.mark.parametrize("reference", ["own", "control", "trial"])
def test_a_contrast_has_the_variance_that_the_matrix_gives(reference: Reference) -> None:
    arms = trial(np.random.default_rng(1))
    found = durable_trial(arms, k=2, reference=reference, comparators=COMPARATORS)
    shared = found.covariance
    for one in found.responses:
        assert isinstance(one.estimate, Proportion)
        assert of(shared, one.arm, one.arm) == pytest.approx((one.estimate.se or 0) ** 2)
    for contrast in found.contrasts:
        variance = of(shared, contrast.arm, contrast.arm) + of(shared, "c", "c")
        variance -= 2 * of(shared, contrast.arm, "c")
        assert contrast.se == pytest.approx(variance**0.5, rel=1e-9)
    assert (of(shared, "a", "b") == 0) == (reference == "own")


@pytest.mark.slow
def test_arms_that_share_a_control_vary_together_in_simulated_trials() -> None:
    random = np.random.default_rng(2)
    values, matrices = [], []
    for _ in range(600):
        found = durable_trial(trial(random), k=2, reference="control", comparators=COMPARATORS)
        values.append([one.proportion for one in found.responses])
        matrices.append(found.covariance.matrix)
    seen, said = np.cov(np.array(values).T), np.mean(matrices, axis=0)
    # 600 repeats: a covariance is known to about a tenth of the product of the errors
    scale = np.sqrt(np.outer(np.diag(said), np.diag(said)))
    assert np.abs((seen - said) / scale).max() < 0.2
    assert said[0, 1] / scale[0, 1] > 0.2


def test_histories_add_what_they_share() -> None:
    arms = trial(np.random.default_rng(3))
    later = {name: Patients(one.time * 1.05, one.event) for name, one in arms.items()}
    alone = durable_trial(arms, k=2, reference="control", comparators=COMPARATORS)
    same = durable_ensemble(
        arms, {"c": [arms["c"]] * 3}, k=2, reference="control", comparators=COMPARATORS
    )
    assert np.allclose(same.covariance.matrix, alone.covariance.matrix, rtol=1e-9)
    moved = durable_ensemble(
        arms, {"c": [arms["c"], later["c"]]}, k=2, reference="control", comparators=COMPARATORS
    )
    # a later control moves the threshold of both test arms the same way
    assert of(moved.covariance, "a", "b") > of(alone.covariance, "a", "b")


def test_an_arm_without_an_error_is_not_in_the_matrix() -> None:
    zero = Patients([1.0, 2, 3, 4], [1, 1, 1, 1])
    found = durable_trial({"a": zero}, k=3)
    assert found.covariance.arms == ()
    assert found.covariance.between("a", "a") is None
