"""The likelihood of arms that show vectors, of which parts are missing or known to lie beyond.

Each arm has a vector z (the log of its reference median and its durable response at several
multiples, for example) with sampling covariance S and mean B'x; true vectors vary around it with
covariance T. What is not seen is left out of the arm's vector, which is right where what decides
that is in the part that is seen. An arm that shows nothing but that its first coordinate lies
beyond c adds the logarithm of the normal probability of that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from perdure.pool.missing.vector_data import VectorData
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["Evaluation", "evaluate"]

_LOG_TWO_PI = float(np.log(2 * np.pi))
_NEWTON_STEPS = 50


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The likelihood at a covariance between arms, with the best coefficients for it.

    Attributes
    ----------
    log_likelihood : float
        Restricted, if so asked (with the term of X'X, as everywhere in this stage).
    slope : array of float, shape (d, d)
        Symmetric; the change of the likelihood with T is the sum of ``slope`` times the change.
    beta : array of float, shape (kept,)
    information : array of float, shape (kept, kept)
        Of the coefficients, T known.
    score, weight : array of float
        Of each arm: what it adds to the score, shape (N, kept), and its weight matrix, (N, d, d),
        with the curvature of a bound in its first place.
    """

    log_likelihood: float
    slope: Matrix
    beta: Floats
    information: Matrix
    score: Matrix
    weight: NDArray[np.float64]


def evaluate(data: VectorData, between: Matrix, *, restricted: bool) -> Evaluation:
    """Return the likelihood maximised over the coefficients.

    Parameters
    ----------
    data : VectorData
    between : array of float, shape (d, d)
        T.
    restricted : bool
        Not with arms that show a bound only: their part has no restricted likelihood.

    Raises
    ------
    numpy.linalg.LinAlgError
        If T + S is not positive definite.

    Examples
    --------
    >>> data = VectorData(
    ...     np.array([[0.0], [2.0]]), np.ones((2, 1), bool), np.ones((2, 1, 1)), np.ones((2, 1)),
    ...     np.ones(1, bool), np.full(2, np.nan), np.zeros(2),
    ... )
    >>> found = evaluate(data, np.array([[1.0]]), restricted=False)
    >>> found.beta.tolist(), round(found.log_likelihood, 4)
    ([1.0], -3.031)
    """
    n, d = data.value.shape
    spread = np.where(data.pairs, between + data.sampling, np.eye(d))
    inverse_root = np.linalg.inv(np.linalg.cholesky(spread))
    weight = (inverse_root.transpose(0, 2, 1) @ inverse_root) * data.pairs
    log_determinant = -2 * float(np.log(np.diagonal(inverse_root, axis1=1, axis2=2)).sum())
    information = data.stacked(weight)
    pull = (np.einsum("nce,ne->nc", weight, data.value).T @ data.design).reshape(-1)[data.kept]
    beta = np.asarray(np.linalg.solve(information, pull))
    bound = _Bound(data, float(between[0, 0]))
    if bound.arms.size:
        beta = bound.raised(beta, information, pull)
    coefficients = data.spread(beta)
    residual = (data.value - data.design @ coefficients.T) * data.seen
    loading = np.einsum("nce,ne->nc", weight, residual)
    slope = loading.T @ loading - weight.sum(axis=0)
    count, value = int(data.seen.sum()), -log_determinant - float((loading * residual).sum())
    if restricted:
        bread = np.linalg.inv(information)
        count -= beta.size
        value += data.plain_log_determinant - float(np.linalg.slogdet(information).logabsdet)
        full = np.zeros((data.kept.size, data.kept.size))
        full[np.ix_(data.kept, data.kept)] = bread
        p = data.design.shape[1]
        shared = full.reshape(d, p, d, p).transpose(0, 2, 1, 3).reshape(d * d, p * p)
        error = (data.products @ shared.T).reshape(n, d, d)
        slope = slope + (weight @ error @ weight).sum(axis=0)
    value, slope = 0.5 * (value - count * _LOG_TWO_PI), 0.5 * slope
    if bound.arms.size:
        value += bound.log_probability(coefficients)
        slope[0, 0] += bound.slope(coefficients)
        bound.add_to(coefficients, loading, weight)
        information = data.stacked(weight)
    score = (loading[:, :, None] * data.design[:, None, :]).reshape(n, -1)[:, data.kept]
    return Evaluation(value, slope, beta, information, score, weight)


class _Bound:
    """The arms that show only that their first coordinate lies beyond something."""

    def __init__(self, data: VectorData, between: float) -> None:
        self.data = data
        self.arms = np.flatnonzero(data.bounded)
        self.x = data.design[self.arms]
        self.sd = np.sqrt(between + data.beyond_variance[self.arms])

    def _z(self, coefficients: Matrix) -> Floats:
        return np.asarray(
            (self.x @ coefficients[0] - self.data.beyond[self.arms]) / self.sd, dtype=np.float64
        )

    def _ratio(self, z: Floats) -> Floats:
        """Return the normal density over the probability, phi(z) / Phi(z)."""
        return np.exp(-0.5 * z * z - 0.5 * _LOG_TWO_PI - log_ndtr(z))

    def log_probability(self, coefficients: Matrix) -> float:
        return float(log_ndtr(self._z(coefficients)).sum())

    def slope(self, coefficients: Matrix) -> float:
        """Return the change of the log probability with the variance."""
        z = self._z(coefficients)
        return float((-self._ratio(z) * z / (2 * self.sd**2)).sum())

    def add_to(self, coefficients: Matrix, loading: Matrix, weight: NDArray[np.float64]) -> None:
        """Put score and curvature of the arms into their first coordinate."""
        z = self._z(coefficients)
        ratio = self._ratio(z)
        loading[self.arms, 0] = ratio / self.sd
        weight[self.arms, 0, 0] = ratio * (ratio + z) / self.sd**2

    def raised(self, beta: Floats, information: Matrix, pull: Floats) -> Floats:
        """Return the coefficients that the bounds allow for, by Newton's steps (it is concave)."""
        data = self.data
        first = np.flatnonzero(data.kept[: data.design.shape[1]])
        x = self.x[:, first]
        at = slice(0, first.size)
        for _ in range(_NEWTON_STEPS):
            z = self._z(data.spread(beta))
            ratio = self._ratio(z)
            score = pull - information @ beta
            score[at] += x.T @ (ratio / self.sd)
            curvature = information.copy()
            curvature[at, at] += (x * (ratio * (ratio + z) / self.sd**2)[:, None]).T @ x
            step = np.linalg.solve(curvature, score)
            beta = beta + step
            if float(step @ score) < 1e-22:
                break
        return beta
