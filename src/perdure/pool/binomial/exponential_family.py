"""Counts given their linear predictor: log-likelihoods y theta - cumulant(theta), with slopes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, log_expit

from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["CountModel", "Cumulants", "binomial_model", "hypergeometric_model"]

Cumulants = tuple[Matrix, Matrix, Matrix, Matrix]
"""Cumulant function and its first three derivatives: mean, variance, third central moment."""


@dataclass(frozen=True, eq=False)
class CountModel:
    """The distribution of each row's count given its natural parameter theta.

    log f(y | theta) = y theta - cumulant(theta) + constant.

    Attributes
    ----------
    y : array of float, shape (rows,)
    cumulants : callable
        From theta, shape (rows, m), to the cumulant function and three derivatives, each the same
        shape.
    constant : float
        Sum of what does not depend on theta.
    """

    y: Floats
    cumulants: Callable[[Matrix], Cumulants]
    constant: float

    def log_likelihood(self, theta: Floats) -> float:
        """Return the log-likelihood of all rows, the constant included.

        Examples
        --------
        >>> model = binomial_model(np.array([1.0]), np.array([2.0]))
        >>> round(model.log_likelihood(np.zeros(1)), 6) == round(math.log(0.5), 6)
        True
        """
        cumulant = self.cumulants(theta[:, None])[0][:, 0]
        return float(self.y @ theta - cumulant.sum()) + self.constant


def binomial_model(events: Floats, n: Floats) -> CountModel:
    """Return the binomial of ``events`` among ``n``, which need not be whole.

    The constant is the sum of log gamma(n + 1) - log gamma(events + 1) - log gamma(n - events + 1):
    the binomial coefficient where counts are whole.

    Examples
    --------
    >>> model = binomial_model(np.array([3.0]), np.array([4.0]))
    >>> mean, variance = (float(part[0, 0]) for part in model.cumulants(np.zeros((1, 1)))[1:3])
    >>> mean, variance, round(math.exp(model.constant), 6)
    (2.0, 1.0, 4.0)
    """
    size = n[:, None]

    def cumulants(theta: Matrix) -> Cumulants:
        p, q = expit(theta), expit(-theta)
        variance = size * p * q
        return -size * log_expit(-theta), size * p, variance, variance * (q - p)

    coefficient = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    return CountModel(events, cumulants, float(coefficient.sum()))


def hypergeometric_model(events: Floats, n: Floats, cases: Floats, total: Floats) -> CountModel:
    """Return the noncentral hypergeometric: events in an arm given the margins of its table.

    theta is the log odds ratio; Fisher's distribution (Stijnen, Hamza and Özdemir 2010, Stat Med
    29:3046, doi 10.1002/sim.4040).

    Parameters
    ----------
    events, n, cases, total : array of float, shape (rows,)
        Whole numbers: events in the arm, its patients, events and patients of both arms.

    Examples
    --------
    >>> one = np.ones(1)
    >>> model = hypergeometric_model(one, 2 * one, 2 * one, 4 * one)
    >>> round(math.exp(model.log_likelihood(np.zeros(1))), 6)
    0.666667
    """
    low, high = np.maximum(0, cases - (total - n)), np.minimum(n, cases)
    width = int((high - low).max()) + 1
    support = low[:, None] + np.arange(width, dtype=np.float64)
    inside = support <= high[:, None]
    support = np.where(inside, support, low[:, None])
    rest = (total - n)[:, None]
    base = np.where(
        inside,
        _log_choose(n[:, None], support) + _log_choose(rest, cases[:, None] - support),
        -math.inf,
    )

    def cumulants(theta: Matrix) -> Cumulants:
        # support x theta would overflow where both are large; the maximum is taken off first
        terms = base[:, None, :] + support[:, None, :] * theta[:, :, None]
        top = terms.max(axis=2, keepdims=True)
        share = np.exp(terms - top)
        sums = share.sum(axis=2, keepdims=True)
        share = share / sums
        mean = (share * support[:, None, :]).sum(axis=2)
        apart = support[:, None, :] - mean[:, :, None]
        variance = (share * apart**2).sum(axis=2)
        third = (share * apart**3).sum(axis=2)
        return (top + np.log(sums))[:, :, 0], mean, variance, third

    observed = _log_choose(n, events) + _log_choose(total - n, cases - events)
    return CountModel(events, cumulants, float(observed.sum()))


def _log_choose(n: Matrix, k: Matrix) -> Matrix:
    """Return the log of the binomial coefficient."""
    found: Matrix = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found
