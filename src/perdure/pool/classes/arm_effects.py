"""The arms of trials, which of them can be pooled, and where they stand on a scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.effects.scales import Scale
from perdure.pool.models.least_squares import Matrix
from perdure.records import ArmCovariance, DurableResponse, Floats, NotEstimable

__all__ = ["ArmEffects", "TrialArms", "arm_effects", "checked_trials", "why_not_pooled"]


@dataclass(frozen=True)
class TrialArms:
    """The arms of one trial at one threshold.

    Attributes
    ----------
    trial : str
    responses : mapping of str to DurableResponse
        By arm; one endpoint, k and reference.
    covariance : ArmCovariance
        Of their proportions.
    comparators : mapping of str to str
        The control of each arm that has one.
    """

    trial: str
    responses: Mapping[str, DurableResponse]
    covariance: ArmCovariance
    comparators: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class ArmEffects:
    """Arms on a scale, with the covariance of their sampling errors.

    Attributes
    ----------
    y : array of float, shape (arms,)
    covariance : array of float, shape (arms, arms)
        0 between arms of different trials.
    """

    y: Floats
    covariance: Matrix


def arm_effects(arms: Sequence[tuple[TrialArms, str]], scale: Scale) -> ArmEffects:
    """Return arms as effects on a scale: g(p) with the covariance G S G of the delta method.

    Arms of one trial have the covariance of their trial, 0 where it is not known.

    Parameters
    ----------
    arms : sequence of (TrialArms, str)
        Trials and the names of arms in them.
    scale : Scale

    Raises
    ------
    InputError
        If an arm cannot be pooled (:func:`why_not_pooled`): every one is named.

    Examples
    --------
    >>> from perdure.pool.effects.scales import SCALES
    >>> from perdure.records import Proportion
    >>> def response(arm, p):
    ...     found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    ...     return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)
    >>> shared = ArmCovariance(("new", "old"), ((0.0016, 0.0002), (0.0002, 0.0016)))
    >>> both = {"new": response("new", 0.5), "old": response("old", 0.2)}
    >>> trial = TrialArms("A", both, shared, {"new": "old"})
    >>> found = arm_effects([(trial, "new"), (trial, "old")], SCALES["logit"])
    >>> found.y.round(3).tolist(), found.covariance.round(4).tolist()
    ([0.0, -1.386], [[0.0256, 0.005], [0.005, 0.0625]])
    """
    problems, y, slopes = [], [], []
    for trial, name in arms:
        response = trial.responses[name]
        found, reason = response.estimate, why_not_pooled(response)
        if isinstance(found, NotEstimable) or reason is not None:
            problems.append(
                Problem(
                    f"arm {name} of trial {trial.trial} cannot be pooled: {reason}",
                    "leave it out",
                )
            )
        else:
            y.append(scale.value(found.value))
            slopes.append(scale.slope(found.value))
    if problems:
        raise InputError(problems)
    spread = np.zeros((len(arms), len(arms)))
    for i, (trial, name) in enumerate(arms):
        for j, (other, second) in enumerate(arms):
            if other.trial == trial.trial:
                spread[i, j] = trial.covariance.between(name, second) or 0.0
    slope = np.array(slopes, dtype=np.float64)
    return ArmEffects(np.array(y, dtype=np.float64), slope[:, None] * spread * slope)


def checked_trials(trials: Sequence[TrialArms]) -> DurableResponse:
    """Return one response once all are known to ask the same question."""
    every = [(one.trial, response) for one in trials for response in one.responses.values()]
    if not every:
        raise InputError(Problem("there is no trial", "give the arms of at least one"))
    names = [one.trial for one in trials]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            Problem("a trial comes twice", "give its primary analysis only", value=twice)
        )
    first = every[0][1]
    asked = (first.k, first.reference)
    problems = [
        Problem(
            f"arm {response.arm} of trial {trial} asks another question",
            "pool one k and reference at a time",
            value=f"k {response.k}, reference {response.reference}",
        )
        for trial, response in every
        if (response.k, response.reference) != asked
    ]
    if problems:
        raise InputError(problems)
    return first


def why_not_pooled(response: DurableResponse) -> str | None:
    """Return why an arm cannot be in a contrast's model."""
    found = response.estimate
    if isinstance(found, NotEstimable):
        return found.reason
    if not found.se or not 0 < found.value < 1:
        return f"{found.value:.0%} durable response, which has no standard error"
    return None
