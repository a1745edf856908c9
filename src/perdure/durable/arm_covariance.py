"""The covariance matrix of the durable responses of a trial's arms, observed or rebuilt."""

from collections.abc import Mapping, Sequence

import numpy as np

from perdure.durable.proportion import Estimate
from perdure.durable.sample import covariance
from perdure.records import Proportion
from perdure.records.arm_covariance import ArmCovariance

__all__ = ["arm_covariance", "covariance_over_histories"]


def arm_covariance(
    estimates: Mapping[str, Estimate], histories: Sequence[Mapping[str, Estimate]] = ()
) -> ArmCovariance:
    """Return the covariance matrix of the arms' proportions.

    Parameters
    ----------
    estimates : mapping of str to Estimate
        Of every arm.
    histories : sequence of mapping of str to Estimate, optional
        The estimates in each history, where arms were rebuilt; ``estimates`` are then combined.

    Returns
    -------
    ArmCovariance
        Of the arms with a standard error. Covariances come from the patients that two estimates
        share; over histories, their mean within plus what the estimates share among histories.
    """
    errors = {
        arm: one.value.se
        for arm, one in estimates.items()
        if isinstance(one.value, Proportion) and one.value.se
    }
    drawn = histories or [estimates]
    matrix = np.diag([error**2 for error in errors.values()])
    arms = tuple(errors)
    for i, first in enumerate(arms):
        for j, second in enumerate(arms[:i]):
            shared = covariance_over_histories(first, second, drawn)
            most = errors[first] * errors[second]
            matrix[i, j] = matrix[j, i] = min(max(shared, -most), most)
    return ArmCovariance(arms, tuple(tuple(row) for row in matrix.tolist()))


def covariance_over_histories(
    first: str, second: str, drawn: Sequence[Mapping[str, Estimate]]
) -> float:
    """Return the covariance of two arms: within histories on average, and among them.

    Histories in which one of the two has no proportion do not count.
    """
    each = [
        (a.value.value, b.value.value, covariance(a.influence, b.influence))
        for a, b in ((draw[first], draw[second]) for draw in drawn)
        if isinstance(a.value, Proportion) and isinstance(b.value, Proportion)
    ]
    if not each:
        return 0.0
    values = np.array(each)
    shared = float(values[:, 2].mean())
    if len(each) > 1:
        shared += (1 + 1 / len(each)) * float(np.cov(values[:, :2].T)[0, 1])
    return shared
