"""Durable response pooled by class of arm: the plain mean, the model, and the classes compared."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from perdure.errors import InputError, Problem
from perdure.pool.effects.effect import Effect, logit_effect
from perdure.pool.effects.scales import SCALES, Scale
from perdure.pool.models.groups import Group, GroupDifference, Groups, pool_by_group
from perdure.pool.models.random_effects import Method, Model, Test
from perdure.records import (
    ArmEstimate,
    ClassDifference,
    ClassRow,
    LeftOut,
    NotEstimable,
    Synthesis,
)

__all__ = ["pool_by_class"]

LARGEST_LOG = 700.0
"""The exponential of more would overflow: an odds ratio is cut there."""


class _Arm(NamedTuple):
    """An arm in its class, as an effect, or the reason why the model cannot have it."""

    estimate: ArmEstimate
    name: str
    effect: Effect | None
    reason: str


def pool_by_class(
    estimates: Sequence[ArmEstimate],
    classes: Mapping[tuple[str, str], str],
    *,
    by: str,
    method: Method = "REML",
    test: Test | None = None,
    model: Model = "random",
    scale: str = "logit",
) -> Synthesis:
    """Pool durable response by class of arm, on the logit scale, and compare the classes.

    Observational: arms of different trials are put together, so that differences within trials and
    between trials mix. Each class has a tau2 of its own; the differences come from one
    meta-regression on class with one tau2. Beside them stands the unweighted mean of the arms'
    proportions, the summary of Pons-Tostivint et al. (2019, doi 10.1200/PO.18.00114). Arms are
    taken as independent, also two of one trial.

    Parameters
    ----------
    estimates : sequence of ArmEstimate
        One of each arm (the primary analysis), of one endpoint, k and reference.
    classes : mapping of (trial, arm) to str
        The class of each arm; missing or empty where there is none.
    by : str
        The column that the classes come from.
    method, test, model
        As in :func:`perdure.pool.pool`.
    scale : {"logit", "log-log", "arcsine", "log", "plain"}
        That proportions are pooled on; classes are compared, by odds ratios, on the logit only.

    Returns
    -------
    Synthesis
        Every arm that is not in the model is in ``left_out`` with its reason. An arm of status
        ``zero`` has no standard error: it counts as 0 in the plain mean and is not in the model.

    Raises
    ------
    InputError
        If there is no estimate, an arm comes twice, estimates of several endpoints, k or references
        are mixed, a standard error is negative or missing its number, or there is no such scale.

    Examples
    --------
    >>> from perdure.records import DurableResponse, Proportion
    >>> def arm(trial, name, p):
    ...     found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    ...     response = DurableResponse(
    ...         name, 100, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "own", 18.0, found
    ...     )
    ...     return ArmEstimate(trial, "PFS", "", True, "patients", response)
    >>> arms = [arm("A", "new", 0.30), arm("A", "old", 0.12), arm("B", "new", 0.22)]
    >>> classes = {("A", "new"): "ICI", ("B", "new"): "ICI", ("A", "old"): "chemotherapy"}
    >>> synthesis = pool_by_class(arms, classes, by="drug_class")
    >>> [(row.name, row.n_arms, round(row.mean_of_proportions, 2)) for row in synthesis.rows]
    [('ICI', 2, 0.26), ('chemotherapy', 1, 0.12)]
    >>> round(synthesis.differences[0].odds_ratio, 2)
    2.61
    """
    first = _checked(estimates)
    pooled_on = _scale(scale)
    arms = [_arm(estimate, classes, by, pooled_on) for estimate in estimates]
    groups = _pooled(arms, model, method, test)
    on_logit = scale == "logit"
    own = {group.name: group for group in groups.rows}
    names = dict.fromkeys(arm.name for arm in arms if arm.name)
    return Synthesis(
        endpoint=first.endpoint,
        k=first.response.k,
        reference=first.response.reference,
        by=by,
        rows=tuple(_row(name, arms, own.get(name), pooled_on) for name in names),
        differences=tuple(_odds_ratio(one) for one in groups.differences) if on_logit else (),
        regression=groups.regression if on_logit else None,
        left_out=tuple(
            LeftOut(
                arm.estimate.trial,
                arm.estimate.response.arm,
                arm.name,
                arm.estimate.response.status,
                arm.reason,
            )
            for arm in arms
            if arm.effect is None
        ),
        reason=groups.reason if on_logit else f"odds ratios are not pooled on the {scale} scale",
    )


def _scale(name: str) -> Scale:
    """Return a scale that needs nothing but a proportion and its error."""
    known = [one for one, scale in SCALES.items() if not scale.needs_size]
    if name not in known:
        raise InputError(Problem("unknown scale", f"choose one of {', '.join(known)}", value=name))
    return SCALES[name]


def _checked(estimates: Sequence[ArmEstimate]) -> ArmEstimate:
    """Return the first estimate once all are known to belong together and to be numbers."""
    if not estimates:
        raise InputError(Problem("there is no arm to pool", "give the estimates of some arms"))
    first = estimates[0]
    problems = []
    seen: set[tuple[str, str]] = set()
    for estimate in estimates:
        arm = (estimate.trial, estimate.response.arm)
        if arm in seen:
            problems.append(
                _problem(estimate, "comes twice", "give its primary analysis only", None)
            )
        seen.add(arm)
        if _question(estimate) != _question(first):
            found = "endpoint {}, k {}, reference {}".format(*_question(estimate))
            remedy = "pool one endpoint, k and reference at a time"
            problems.append(_problem(estimate, "asks another question", remedy, found))
        problems.extend(_bad_numbers(estimate))
    if problems:
        raise InputError(problems)
    return first


def _question(estimate: ArmEstimate) -> tuple[str, float | None, str]:
    """Return what an estimate is of."""
    return estimate.endpoint, estimate.response.k, estimate.response.reference


def _bad_numbers(estimate: ArmEstimate) -> list[Problem]:
    """Return what is wrong with a proportion and its standard error."""
    found = estimate.response.estimate
    if isinstance(found, NotEstimable):
        return []
    problems = []
    if not 0 <= found.value <= 1:
        message, remedy = "has a proportion outside 0 to 1", "give a proportion"
        problems.append(_problem(estimate, message, remedy, f"{found.value:g}"))
    if found.se is not None and not (found.se >= 0 and math.isfinite(found.se)):
        message, remedy = "has a standard error that is not a number from 0 up", "correct it"
        problems.append(_problem(estimate, message, remedy, f"{found.se:g}"))
    return problems


def _problem(estimate: ArmEstimate, message: str, remedy: str, value: str | None) -> Problem:
    """Return a problem that names the arm."""
    arm = f"arm {estimate.response.arm} of trial {estimate.trial}"
    return Problem(f"{arm} ({estimate.endpoint}) {message}", remedy, value=value)


def _arm(
    estimate: ArmEstimate, classes: Mapping[tuple[str, str], str], by: str, scale: Scale
) -> _Arm:
    """Return the arm with its class and its effect, or why it has none."""
    name = classes.get((estimate.trial, estimate.response.arm), "").strip()
    if not name:
        return _Arm(estimate, name, None, f"no {by} is given")
    found = estimate.response.estimate
    if isinstance(found, NotEstimable):
        return _Arm(estimate, name, None, found.reason)
    if found.value in (0.0, 1.0):
        reason = (
            f"a proportion of {found.value:g} has no standard error on the {scale.name} scale:"
            f" it counts as {found.value:g} in the plain mean and is not in the model"
        )
        return _Arm(estimate, name, None, reason)
    if not found.se:
        reason = "it has no standard error: it counts in the plain mean and is not in the model"
        return _Arm(estimate, name, None, reason)
    if scale.name == "logit":
        return _Arm(estimate, name, logit_effect(found.value, found.se), "")
    return _Arm(estimate, name, scale.effect(found.value, found.se), "")


def _pooled(arms: Sequence[_Arm], model: Model, method: Method, test: Test | None) -> Groups:
    """Pool the arms that have a logit."""
    modelled = [(arm, arm.effect) for arm in arms if arm.effect is not None]
    if not modelled:
        return Groups((), (), None, "no arm with a class has a standard error")
    return pool_by_group(
        [effect.y for _, effect in modelled],
        [effect.v for _, effect in modelled],
        [arm.name for arm, _ in modelled],
        model=model,
        method=method,
        test=test,
        trial=[arm.estimate.trial for arm, _ in modelled],
    )


def _row(name: str, arms: Sequence[_Arm], own: Group | None, scale: Scale) -> ClassRow:
    """Return one class: its plain mean, and its model back on the scale of proportions."""
    members = [arm.estimate.response for arm in arms if arm.name == name]
    found = [member.proportion for member in members if member.proportion is not None]
    mean = math.fsum(found) / len(found) if found else None
    if own is None:
        reason = "no arm is estimable" if not found else "no arm has a standard error"
        return ClassRow(
            name, len(members), len(found), mean, None, None, None, None, None, None, reason
        )
    pooled = own.pooled
    centre = pooled.coefficients[0]
    limits = scale.limits(centre.ci_low, centre.ci_high)
    further: tuple[float | None, float | None] = (None, None)
    if pooled.prediction_low is not None and pooled.prediction_high is not None:
        further = scale.limits(pooled.prediction_low, pooled.prediction_high)
    return ClassRow(
        name=name,
        n_arms=len(members),
        n_estimable=len(found),
        mean_of_proportions=mean,
        pooled=pooled,
        proportion=scale.back(centre.estimate),
        ci_low=limits[0],
        ci_high=limits[1],
        prediction_low=further[0],
        prediction_high=further[1],
        reason=own.reason,
    )


def _odds_ratio(pair: GroupDifference) -> ClassDifference:
    """Return a difference of logits as an odds ratio."""
    difference = pair.difference
    ratio, low, high = (
        math.exp(min(value, LARGEST_LOG))
        for value in (difference.estimate, difference.ci_low, difference.ci_high)
    )
    return ClassDifference(pair.first, pair.second, ratio, low, high, difference.p)
