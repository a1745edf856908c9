"""One random effect a unit, integrated out by adaptive Gauss-Hermite quadrature."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import logsumexp

from perdure.errors import InputError, Problem
from perdure.pool.binomial.exponential_family import CountModel
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats, Ints

__all__ = ["Marginal", "RandomEffect", "adaptive_quadrature", "gauss_hermite", "modes"]

MOST_STEPS = 200
STEP = 1e-13
"""A step of this share of the mode (or of 1) ends the search for it."""


@dataclass(frozen=True, eq=False)
class RandomEffect:
    """A standard normal random effect that the rows of a unit share.

    theta = eta + sd x loading x u, u standard normal, one a unit.

    Attributes
    ----------
    loading : array of float, shape (rows,)
    starts : array of int, shape (units,)
        First row of each unit; its rows are next to each other.
    """

    loading: Floats
    starts: Ints

    def summed(self, rows: Matrix) -> Matrix:
        """Return the sum over the rows of each unit, shape (units, ...)."""
        total: Matrix = np.add.reduceat(rows, self.starts, axis=0)
        return total

    def spread(self, units: Matrix) -> Matrix:
        """Return each unit's value at its rows."""
        sizes = np.diff(np.append(self.starts, self.loading.size))
        repeated: Matrix = np.repeat(units, sizes, axis=0)
        return repeated


@dataclass(frozen=True, eq=False)
class Marginal:
    """A log-likelihood with the random effects integrated out, and its slopes.

    Attributes
    ----------
    log_likelihood : float
        The count model's constant included.
    by_eta : array of float, shape (rows,)
        Derivative in each row's linear predictor.
    by_sd : array of float, shape (components,)
        Derivative in the standard deviation of each component.
    modes : array of float, shape (units,)
        Of the random effects, in units of their standard deviation.
    """

    log_likelihood: float
    by_eta: Floats
    by_sd: Floats
    modes: Floats


@cache
def gauss_hermite(n_points: int) -> tuple[Floats, Floats]:
    """Return nodes and the logs of weight x exp(node^2), for the weight function exp(-x^2).

    Examples
    --------
    >>> nodes, log_weights = gauss_hermite(1)
    >>> float(nodes[0]), round(float(log_weights[0]), 6) == round(math.log(math.pi) / 2, 6)
    (0.0, True)
    """
    nodes, weights = np.polynomial.hermite.hermgauss(n_points)
    return nodes, np.log(weights) + nodes**2


def adaptive_quadrature(
    model: CountModel, effect: RandomEffect, eta: Floats, sd: float, n_points: int
) -> Marginal:
    """Return the marginal log-likelihood, nodes around each unit's mode (Liu and Pierce 1994).

    Biometrika 81:624 (doi 10.1093/biomet/81.3.624). One point is Laplace's approximation. The
    slopes are those of the approximation itself: nodes move with the parameters.

    Parameters
    ----------
    model : CountModel
    effect : RandomEffect
    eta : array of float, shape (rows,)
        Linear predictor without the random effect.
    sd : float
        Of the random effect; its sign does not matter.
    n_points : int

    Raises
    ------
    InputError
        If a mode is not found.

    Examples
    --------
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([3.0]), np.array([10.0]))
    >>> effect = RandomEffect(np.ones(1), np.array([0]))
    >>> for n_points in (1, 7, 25):
    ...     found = adaptive_quadrature(model, effect, np.zeros(1), 1.0, n_points)
    ...     print(round(found.log_likelihood, 5))
    -2.16374
    -2.15169
    -2.15168
    """
    z, s = effect.loading, sd
    u = modes(model, effect, eta[:, None], sd)[:, 0]
    theta = (eta + s * z * effect.spread(u))[:, None]
    _, mean, variance, third = (part[:, 0] for part in model.cumulants(theta))
    at_mode = _Curvature(effect, s, u, model.y - mean, variance, third)
    root = math.sqrt(2)
    x, log_weight = gauss_hermite(n_points)
    nodes = u[:, None] + root * at_mode.scale[:, None] * x
    thetas = eta[:, None] + s * z[:, None] * effect.spread(nodes)
    cumulant, means, *_ = model.cumulants(thetas)
    residual = model.y[:, None] - means
    terms = effect.summed(model.y[:, None] * thetas - cumulant) - nodes**2 / 2 + log_weight
    unit = logsumexp(terms, axis=1)
    share = np.exp(terms - unit[:, None])
    constant = math.log(2 / (2 * math.pi)) / 2
    total = float(unit.sum() + np.log(at_mode.scale).sum()) + u.size * constant + model.constant
    # How the integrand changes as its nodes move: with the mode, and with the scale.
    pull = effect.summed(z[:, None] * residual)
    slope = share * (s * pull - nodes)
    moved, widened = slope.sum(axis=1), root * at_mode.scale * (slope @ x) + 1
    by_eta = (effect.spread(share) * residual).sum(axis=1)
    by_eta += effect.spread(moved) * at_mode.mode_by_eta
    by_eta += effect.spread(widened) * at_mode.log_scale_by_eta
    by_sd = (share * nodes * pull).sum(axis=1)
    by_sd += moved * at_mode.mode_by_sd + widened * at_mode.log_scale_by_sd
    return Marginal(total, by_eta, np.array([by_sd.sum()]), u)


class _Curvature:
    """The integrand's mode and scale as functions of the parameters, by implicit derivatives."""

    def __init__(
        self, effect: RandomEffect, s: float, u: Floats, residual: Floats, w: Floats, third: Floats
    ) -> None:
        z = effect.loading
        z2w, z3t = effect.summed(z**2 * w), effect.summed(z**3 * third)
        second = -1 - s**2 * z2w
        self.scale: Floats = 1 / np.sqrt(-second)
        cubic = -(s**3) * z3t
        at_rows = effect.spread(second)
        self.mode_by_eta: Floats = s * z * w / at_rows
        second_by_eta = -(s**2) * z**2 * third + effect.spread(cubic) * self.mode_by_eta
        self.log_scale_by_eta: Floats = -0.5 * second_by_eta / at_rows
        self.mode_by_sd: Floats = -(effect.summed(z * residual) - s * u * z2w) / second
        second_by_sd = -2 * s * z2w - s**2 * u * z3t + cubic * self.mode_by_sd
        self.log_scale_by_sd: Floats = -0.5 * second_by_sd / second


def modes(model: CountModel, effect: RandomEffect, eta: Matrix, sd: float) -> Matrix:
    """Return each unit's mode of the integrand: the root of a decreasing slope.

    Newton's steps inside a bracket.

    Parameters
    ----------
    model : CountModel
    effect : RandomEffect
    eta : array of float, shape (rows, m)
        m linear predictors a row, each with a mode of its own.
    sd : float

    Returns
    -------
    array of float, shape (units, m)

    Raises
    ------
    InputError
        If a mode is not found.

    Examples
    --------
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([5.0]), np.array([10.0]))
    >>> modes(model, RandomEffect(np.ones(1), np.array([0])), np.zeros((1, 1)), 2.0).tolist()
    [[0.0]]
    """
    z = effect.loading[:, None]
    u = np.zeros((effect.starts.size, eta.shape[1]))
    low, high = np.full_like(u, -np.inf), np.full_like(u, np.inf)
    before = np.full_like(u, np.inf)
    for number in range(MOST_STEPS):
        _, mean, variance, _ = model.cumulants(eta + sd * z * effect.spread(u))
        slope = sd * effect.summed(z * (model.y[:, None] - mean)) - u
        if number == 0:  # the slope falls by at least 1 a unit of u
            low, high = np.minimum(0, slope), np.maximum(0, slope)
        low, high = np.where(slope > 0, u, low), np.where(slope < 0, u, high)
        step = slope / (1 + sd**2 * effect.summed(z**2 * variance))
        outside = (u + step < low) | (u + step > high)
        # Far out the slope is rounding error: then a narrow bracket tells that the root is found.
        settled = np.minimum(np.abs(step), high - low) <= STEP * (1 + np.abs(u))
        slow = outside | (np.abs(step) > before / 2)
        following = np.where(slow & ~settled, (low + high) / 2, u + step)
        before, u = np.abs(following - u), following
        if settled.all():
            return u
    raise InputError(
        Problem(
            "the mode of a random effect was not found",
            "check the counts: their scale may be extreme",
        )
    )
