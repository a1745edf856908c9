"""The maximum of a likelihood over coefficients and standard deviations, with its curvature."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog, minimize

from perdure.errors import InputError, Problem
from perdure.pool.binomial.exponential_family import CountModel
from perdure.pool.binomial.quadrature import Marginal
from perdure.pool.models.least_squares import Matrix, orthonormal
from perdure.records import Bools, Floats

__all__ = ["Optimum", "fixed_effects", "maximise", "refuse_infinite"]

Likelihood = Callable[[Floats, Floats], Marginal]
"""From linear predictors (rows,) and standard deviations to a marginal likelihood."""

MOST_STEPS = 100
NEWTON_STEPS = 12
DECREMENT = 1e-18
"""Half the Newton step's gain in log-likelihood below which the search has ended."""
SETTLED = 1e-10
"""The same, where rounding or quadrature leaves no more to gain: a larger one is no maximum."""
SLACK = 1e-5
"""Share of the log-likelihood by which a Newton step may lose: slopes of nested quadrature are
those of the exact likelihood, so that its maximum is where they are 0."""
FLAT = 1e-8
"""Of the smallest eigenvalue of the information, scaled to a diagonal of 1."""
NEAR_ZERO = 0.02
"""A standard deviation below this is tried at 0, the boundary."""
LARGEST_SD = 30.0
"""On the logit scale: there proportions are 0 or 1, and the likelihood has no maximum."""


NO_MAXIMUM = Problem(
    "the likelihood of the counts has no clear maximum",
    "they do not tell the variance between them from chance, or differ too much for so few points"
    " of quadrature: use fewer moderators or no random effect, or more points",
)


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the likelihood is largest.

    Attributes
    ----------
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        Of ``beta``: its block of the inverse observed information of all parameters.
    sd : array of float, shape (components,)
        Not negative.
    log_likelihood : float
    """

    beta: Floats
    covariance: Matrix
    sd: Floats
    log_likelihood: float


def fixed_effects(model: CountModel, x: Matrix, offset: Floats) -> Optimum:
    """Return the maximum without random effects, by damped Newton steps.

    Parameters
    ----------
    model : CountModel
    x : array of float, shape (rows, p)
        Of full rank.
    offset : array of float, shape (rows,)
        Part of the linear predictor that is known.

    Raises
    ------
    InputError
        If it does not converge.

    Examples
    --------
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([3.0, 4.0]), np.array([10.0, 11.0]))
    >>> round(float(fixed_effects(model, np.ones((2, 1)), np.zeros(2)).beta[0]), 6)
    -0.693147
    """
    basis, triangle = orthonormal(x)
    value = np.zeros(x.shape[1])
    best = model.log_likelihood(offset)
    for _ in range(MOST_STEPS):
        theta = (offset + basis @ value)[:, None]
        _, mean, variance, _ = (part[:, 0] for part in model.cumulants(theta))
        information = (basis * variance[:, None]).T @ basis
        slope = basis.T @ (model.y - mean)
        step = np.linalg.solve(information, slope)
        if float(step @ slope) < DECREMENT:
            inverse = np.linalg.inv(triangle)
            covariance = inverse @ np.linalg.inv(information) @ inverse.T
            return Optimum(inverse @ value, covariance, np.zeros(0), best)
        share = 1.0
        while share > 1e-8:
            following = model.log_likelihood(offset + basis @ (value + share * step))
            if following >= best - 1e-12 * (1 + abs(best)):
                break
            share /= 2
        value, best = value + share * step, following
    raise InputError(
        Problem(
            "the coefficients did not converge",
            "an effect may be infinite: look for a class whose arms all have 0 or all events",
        )
    )


def maximise(
    likelihood: Likelihood,
    x: Matrix,
    offset: Floats,
    start: Floats,
    deviations: tuple[tuple[float, ...], ...],
) -> Optimum:
    """Return the maximum over coefficients and standard deviations.

    A quasi-Newton climb from every start, Newton's steps from the best; a standard deviation near 0
    is tried at 0, where the likelihood, even in it, is always level.

    Parameters
    ----------
    likelihood : callable
    x : array of float, shape (rows, p)
        Of full rank.
    offset : array of float, shape (rows,)
    start : array of float, shape (p,)
        Coefficients to start from.
    deviations : tuple of tuple of float
        Standard deviations to start from, one tuple a start.

    Raises
    ------
    InputError
        If the search does not converge, or a standard deviation goes beyond all bounds.

    Examples
    --------
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> from perdure.pool.binomial.quadrature import RandomEffect, adaptive_quadrature
    >>> model = binomial_model(np.array([3.0, 9.0, 1.0]), np.full(3, 12.0))
    >>> arms = RandomEffect(np.ones(3), np.arange(3))
    >>> found = maximise(
    ...     lambda eta, sd: adaptive_quadrature(model, arms, eta, float(sd[0]), 15),
    ...     np.ones((3, 1)), np.zeros(3), np.zeros(1), ((0.5,),),
    ... )
    >>> round(float(found.beta[0]), 3), round(float(found.sd[0]), 3)
    (-0.763, 1.326)
    """
    basis, triangle = orthonormal(x)
    p = x.shape[1]
    search = _Search(likelihood, basis, offset, p)
    found = [
        search.climb(np.concatenate((triangle @ start, np.asarray(sd, dtype=np.float64))))
        for sd in deviations
    ]
    at = max(found, key=search.value)
    at[p:] = np.abs(at[p:])
    free = np.ones(at.size, dtype=bool)
    at, hessian = search.polish(at, free)
    for component in range(p, at.size):
        if at[component] < NEAR_ZERO:
            at, hessian, free = _at_boundary(search, at, hessian, free, component)
    # At a boundary the likelihood is even, so that coefficients are not correlated with it.
    covariance = np.linalg.inv(hessian)[:p, :p]
    inverse = np.linalg.inv(triangle)
    return Optimum(inverse @ at[:p], inverse @ covariance @ inverse.T, at[p:], search.value(at))


class _Search:
    """A likelihood as a function of one vector: coefficients on the basis, then deviations."""

    def __init__(self, likelihood: Likelihood, basis: Matrix, offset: Floats, p: int) -> None:
        self.likelihood, self.basis, self.offset, self.p = likelihood, basis, offset, p

    def both(self, at: Floats) -> tuple[float, Floats]:
        """Return the log-likelihood and its slope."""
        found = self.likelihood(self.offset + self.basis @ at[: self.p], at[self.p :])
        return found.log_likelihood, np.concatenate((self.basis.T @ found.by_eta, found.by_sd))

    def value(self, at: Floats) -> float:
        """Return the log-likelihood."""
        return self.both(at)[0]

    def climb(self, start: Floats) -> Floats:
        """Return a point near the maximum above ``start``."""

        def downhill(at: Floats) -> tuple[float, Floats]:
            value, slope = self.both(at)
            return -value, -slope

        free = start.size - self.p
        found = minimize(
            downhill,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(None, None)] * self.p + [(-LARGEST_SD, LARGEST_SD)] * free,
            options={"ftol": 1e-14, "gtol": 1e-6, "maxiter": 500},
        )
        at: Floats = np.asarray(found.x, dtype=np.float64)
        if np.abs(at[self.p :]).max(initial=0) > 0.99 * LARGEST_SD:
            raise InputError(
                Problem(
                    "the variance of the random effects grows beyond all bounds",
                    "proportions are almost all 0 or 1: pool them on another scale",
                )
            )
        return at

    def polish(self, at: Floats, free: Bools) -> tuple[Floats, Matrix]:
        """Return the maximum over the free parameters, and the observed information there."""
        value, slope = self.both(at)
        for _ in range(NEWTON_STEPS):
            hessian = self.information(at, free)
            step = np.zeros_like(at)
            step[free] = np.linalg.solve(_positive(hessian), slope[free])
            gain = float(step @ slope)
            share = 1.0
            following, new_slope = self.both(at + step)
            while following < value - SLACK * (1 + abs(value)) and share > 1e-4:
                share /= 2
                following, new_slope = self.both(at + share * step)
            at, value, slope = at + share * step, following, new_slope
            if gain < DECREMENT:
                break
        else:
            if gain > SETTLED:
                raise InputError(NO_MAXIMUM)
        hessian = self.information(at, free)
        scale = np.sqrt(np.abs(np.diagonal(hessian)))
        if not scale.all() or np.linalg.eigvalsh(hessian / np.outer(scale, scale))[0] < FLAT:
            raise InputError(NO_MAXIMUM)
        return at, hessian

    def information(self, at: Floats, free: Bools) -> Matrix:
        """Return minus the second derivatives, by differences of slopes with error of order h^4."""
        places = np.flatnonzero(free)
        rows = []
        for place in places.tolist():
            h = np.zeros_like(at)
            h[place] = 2e-3 * max(abs(float(at[place])), 0.1)
            one = self.both(at - h)[1] - self.both(at + h)[1]
            two = self.both(at - 2 * h)[1] - self.both(at + 2 * h)[1]
            rows.append((8 * one - two)[free] / (12 * h[place]))
        matrix: Matrix = np.array(rows)
        return np.asarray((matrix + matrix.T) / 2)


def _positive(hessian: Matrix) -> Matrix:
    """Return the matrix with its eigenvalues made positive, so that a step goes uphill."""
    values, vectors = np.linalg.eigh(hessian)
    floor = 1e-10 * float(np.abs(values).max())
    return np.asarray((vectors * np.maximum(np.abs(values), floor)) @ vectors.T)


def _at_boundary(
    search: _Search, at: Floats, hessian: Matrix, free: Bools, component: int
) -> tuple[Floats, Matrix, Bools]:
    """Return the maximum with a standard deviation at 0, where the likelihood falls from there."""
    fixed, tried = free.copy(), at.copy()
    fixed[component], tried[component] = False, 0.0
    tried, curvature = search.polish(tried, fixed)
    nearby = tried.copy()
    nearby[component] = 1e-3
    if search.both(nearby)[1][component] < 0 and search.value(tried) >= search.value(at) - 1e-9:
        return tried, curvature, fixed
    return at, hessian, free


def refuse_infinite(x: Matrix, empty: Bools, full: Bools, terms: tuple[str, ...]) -> None:
    """Refuse a design under which the likelihood grows for ever along some direction.

    A direction b for which x b is 0 in rows with events and non-events, not above 0 in rows without
    events, not below 0 in rows with nothing else, and not 0 everywhere (Albert and Anderson 1984,
    Biometrika 71:1, doi 10.1093/biomet/71.1.1).

    Parameters
    ----------
    x : array of float, shape (rows, p)
    empty, full : array of bool, shape (rows,)
        Rows without events, rows with nothing else.
    terms : tuple of str
        Of the columns.

    Raises
    ------
    InputError
        Naming the terms whose estimates are infinite.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    >>> empty = np.array([False, False, True, True])
    >>> refuse_infinite(x, empty, ~empty & False, ("intercept", "b"))
    Traceback (most recent call last):
    perdure.errors.InputError: The estimate of b is infinite (found '2 arms with 0 events')...
    """
    if not (empty | full).any():
        return
    sign = np.where(empty, -1.0, 1.0)[:, None] * x
    ends = empty | full
    inside = x[~ends]
    found = linprog(
        -sign[ends].sum(axis=0),
        A_ub=-sign[ends],
        b_ub=np.zeros(int(ends.sum())),
        A_eq=inside,
        b_eq=np.zeros(inside.shape[0]),
        bounds=(-1, 1),
    )
    direction = np.asarray(found.x, dtype=np.float64)
    gain = float(np.abs(x[ends] @ direction).sum())
    if gain <= 1e-7 * max(1.0, float(np.abs(x).max())):
        return
    names = [term for term, part in zip(terms, direction, strict=True) if abs(part) > 1e-7]
    moving = np.abs(x @ direction) > 1e-7
    what = [
        f"{int((moving & rows).sum())} arms with {which} events"
        for rows, which in ((empty, "0"), (full, "nothing but"))
        if (moving & rows).any()
    ]
    raise InputError(
        Problem(
            f"the estimate of {', '.join(names)} is infinite",
            "leave these arms out and say so, or pool on the arcsine scale",
            value=", ".join(what),
        )
    )
