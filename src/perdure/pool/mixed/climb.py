"""The way up a likelihood of variance components between bounds."""

from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.mixed.components import Blocks, curvature
from perdure.pool.mixed.structures import Factor, Heteroscedastic, Structure
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats
from perdure.records.arrays import Bools

__all__ = ["Peak", "climb"]

LAST_GAIN = 1e-12
"""A Newton step that raises the log-likelihood by less is the last: what is left is its square."""
NEWTON_BELOW = 0.3
"""Gain of a Newton step up to which it is taken instead of a scoring step."""
FLAT = 1e-9
"""An eigenvalue below this, for a diagonal of 1, is a direction that the likelihood ignores."""
DAMPING = 1e-4
"""Added to the information of standard deviations and factors, as a share of its trace."""
MOST_STEPS = 300
SADDLE_BELOW = 1e-6
"""Expected gain of a scoring step below which a point that is no maximum is left sideways."""
SHORTEST = 1e-10
"""Share of a step below which it is given up."""
ROUNDING = 1e-12
"""Relative noise of a log-likelihood."""


@dataclass(frozen=True, eq=False)
class Peak:
    """A point of the likelihood with its shape there, by the structure's parameters."""

    parameters: Floats
    value: float
    gradient: Floats
    expected: Matrix
    observed: Matrix


def climb(blocks: Blocks, structure: Structure, start: Floats, *, restricted: bool) -> Peak:
    """Return the maximum uphill from a start.

    Fisher scoring far from the maximum, Newton near it; each step solves its quadratic between the
    bounds, so that a variance lands on 0 exactly, and is shortened until the likelihood rises. A
    saddle is left along its upward curve.

    Raises
    ------
    InputError
        If there is no maximum within 300 steps.

    Examples
    --------
    >>> from perdure.pool.mixed.components import Part, arranged
    >>> from perdure.pool.mixed.structures import intercepts
    >>> trial = np.array([0, 1])
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(trial)], trial)
    >>> climb(blocks, intercepts(1), np.array([0.1]), restricted=True).parameters.round(9)
    array([1.])
    """
    point = _point(blocks, structure, start, restricted=restricted)
    for _ in range(MOST_STEPS):
        free = _free(structure, point)
        if not free.any():
            return point
        step, gain, newton = _step(structure, point, free)
        following = None
        if gain < SADDLE_BELOW and not newton:
            upward = _upward_curve(point, free)
            if upward is not None:
                following = _along(blocks, structure, point, upward, restricted=restricted)
        if following is None:
            following = _along(blocks, structure, point, step, restricted=restricted)
            if gain <= LAST_GAIN * max(1.0, abs(point.value)):
                return point if following is None else following
        if following is None:
            if gain <= 1e-9:  # rounding hides what is left to gain
                return point
            break
        point = following
    raise InputError(
        Problem(
            "the variance components did not converge",
            "use fewer of them, a simpler structure, or check the effects and their variances",
        )
    )


def _point(blocks: Blocks, structure: Structure, parameters: Floats, *, restricted: bool) -> Peak:
    """Return the likelihood and its shape by the structure's parameters."""
    found = curvature(blocks, structure.coefficients(parameters), restricted=restricted)
    jacobian = structure.jacobian(parameters)
    expected = jacobian.T @ found.expected @ jacobian
    observed = jacobian.T @ found.observed @ jacobian
    if isinstance(structure, Heteroscedastic | Factor):
        second = structure.second(parameters, found.score)
        observed = observed - second
        # of the curvature of the map itself what holds a step back: without it steps towards a
        # covariance of less than full rank leap over it, back and forth
        values, vectors = np.linalg.eigh(-second)
        expected = expected + (vectors * np.maximum(values, 0.0)) @ vectors.T
        # an entry near 0 has next to no information of its own, and its step no length
        expected = expected + DAMPING * float(np.trace(expected)) * np.eye(parameters.size)
    if isinstance(structure, Factor):
        # a turn of the factor changes nothing: it is made steep, so that no step is made along it
        turns = structure.turns(parameters)
        size = float((turns**2).sum())
        steep = turns @ turns.T * (float(np.trace(expected)) / size if size > 0 else 0.0)
        observed, expected = observed + steep, expected + steep
    return Peak(parameters, found.value, found.score @ jacobian, expected, observed)


def _free(structure: Structure, point: Peak) -> Bools:
    """Return which parameters are not stopped by a bound."""
    low = (point.parameters <= structure.lower) & (point.gradient <= 0)
    high = (point.parameters >= structure.upper) & (point.gradient >= 0)
    return np.asarray(~(low | high) & (structure.lower < structure.upper))


def _step(structure: Structure, point: Peak, free: Bools) -> tuple[Floats, float, bool]:
    """Return a step, what it should gain, and whether it is Newton's."""
    observed = _definite(point.observed, free, worst=-1e-8)
    if observed is not None:
        newton = _between_bounds(structure, point, free, observed)
        gain = 0.5 * float(newton @ point.gradient)
        if 0 <= gain < NEWTON_BELOW:
            return newton, gain, True
    expected = _definite(point.expected, free, worst=-np.inf)
    step = _between_bounds(structure, point, free, point.expected if expected is None else expected)
    return step, 0.5 * float(step @ point.gradient), False


def _inside(information: Matrix, free: Bools) -> Matrix:
    """Return the rows and columns of the free parameters."""
    return information if free.all() else information[free][:, free]


def _scaled(information: Matrix, free: Bools) -> tuple[Matrix, Floats]:
    """Return the information of the free parameters with a diagonal of about 1, and the scale."""
    inside = _inside(information, free)
    scale = np.sqrt(np.abs(np.diagonal(inside)))
    scale[scale == 0] = 1.0
    return inside / (scale[:, None] * scale), scale


def _definite(information: Matrix, free: Bools, *, worst: float) -> Matrix | None:
    """Return the information with what is flat made steep enough to be solved.

    None where it curves the wrong way: its smallest eigenvalue, for a diagonal of 1, is below
    ``worst``.
    """
    inside, scale = _scaled(information, free)
    try:
        np.linalg.cholesky(inside - FLAT * np.eye(scale.size))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(inside)
        if values[0] < worst:
            return None
        # a flat direction is given the steepness of the others: hardly a step is made along it
        steep = np.where(np.abs(values) < FLAT, 1.0, np.maximum(values, FLAT))
        lifted = (vectors * steep) @ vectors.T * (scale[:, None] * scale)
        found = information.copy()
        found[np.ix_(free, free)] = lifted
        return found
    return information


def _between_bounds(structure: Structure, point: Peak, free: Bools, information: Matrix) -> Floats:
    """Return the step to the top of the quadratic between the bounds.

    Parameters that would go beyond are put on their bound and the others solved again.
    """
    step = np.zeros(point.parameters.size)
    moving = free
    while moving.any():
        pull = point.gradient - information @ np.where(moving, 0.0, step)
        step[moving] = np.linalg.solve(_inside(information, moving), pull[moving])
        target = point.parameters + step
        low, high = moving & (target < structure.lower), moving & (target > structure.upper)
        beyond = low | high
        if not beyond.any():
            break
        step[low] = (structure.lower - point.parameters)[low]
        step[high] = (structure.upper - point.parameters)[high]
        moving = moving & ~beyond
    return step


def _along(
    blocks: Blocks, structure: Structure, point: Peak, step: Floats, *, restricted: bool
) -> Peak | None:
    """Return the first point along the step, halved as often as needed, that is higher."""
    share = 1.0
    noise = ROUNDING * max(1.0, abs(point.value))
    rise = max(0.0, float(step @ point.gradient))
    while share > SHORTEST:
        target = np.clip(point.parameters + share * step, structure.lower, structure.upper)
        try:
            found = _point(blocks, structure, target, restricted=restricted)
        except np.linalg.LinAlgError:
            found = None
        if found is not None and found.value >= point.value + 1e-4 * share * rise - noise:
            return found
        share /= 4
    return None


def _upward_curve(point: Peak, free: Bools) -> Floats | None:
    """Return a direction in which a point without slope is the lowest and not the highest."""
    inside, scale = _scaled(point.observed, free)
    values, vectors = np.linalg.eigh(inside)
    if values[0] > -1e-6:
        return None
    step = np.zeros(point.parameters.size)
    step[free] = vectors[:, 0] / scale
    return -step if step @ point.gradient < 0 else step
