"""Weighted least squares by an orthonormal basis: what every model of this stage rests on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.records import Floats

__all__ = ["Matrix", "WeightedFit", "log_likelihood", "orthonormal", "weighted_least_squares"]

Matrix = NDArray[np.float64]
"""A two-dimensional array of floats."""


@dataclass(frozen=True, eq=False)
class WeightedFit:
    """A least-squares fit of k effects on p columns with weights w = 1 / variance.

    Attributes
    ----------
    weight, root : array of float, shape (k,)
        w and sqrt(w).
    basis : array of float, shape (k, p)
        Orthonormal, with the span of the columns of sqrt(w) X.
    triangle : array of float, shape (p, p)
        ``basis @ triangle`` is sqrt(w) X.
    loading : array of float, shape (p,)
        ``basis.T @ (sqrt(w) y)``.
    residual : array of float, shape (k,)
        sqrt(w) (y - X beta).
    """

    weight: Floats
    root: Floats
    basis: Matrix
    triangle: Matrix
    loading: Floats
    residual: Floats

    @property
    def residual_sum(self) -> float:
        """The weighted residual sum of squares: y' P y."""
        return float(self.residual @ self.residual)

    @property
    def log_determinant(self) -> float:
        """The log determinant of X' W X."""
        return 2 * float(np.log(np.abs(np.diagonal(self.triangle))).sum())

    @property
    def trace(self) -> float:
        """The trace of P = W - W X (X' W X)^-1 X' W."""
        return float(self.weight @ (1 - (self.basis**2).sum(axis=1)))

    def solve(self) -> tuple[Floats, Matrix]:
        """Return the coefficients and (X' W X)^-1."""
        alone = len(self.loading) == 1
        inverse = 1 / self.triangle if alone else np.linalg.inv(self.triangle)
        return inverse @ self.loading, inverse @ inverse.T


def weighted_least_squares(y: Floats, x: Matrix, variance: Floats) -> WeightedFit:
    """Fit ``y`` on the columns of ``x`` with weights 1 / ``variance``.

    Parameters
    ----------
    y, variance : array of float, shape (k,)
        Variances positive.
    x : array of float, shape (k, p)
        Of full rank.

    Examples
    --------
    >>> fit = weighted_least_squares(np.array([1.0, 4.0]), np.ones((2, 1)), np.array([1.0, 2.0]))
    >>> round(float(fit.solve()[0][0]), 6), round(fit.residual_sum, 6)
    (2.0, 3.0)
    """
    weight = 1 / variance
    root = np.sqrt(weight)
    basis, triangle = orthonormal(root[:, None] * x)
    scaled = root * y
    loading = scaled @ basis
    return WeightedFit(weight, root, basis, triangle, loading, scaled - basis @ loading)


def log_likelihood(fit: WeightedFit, x: Matrix, *, restricted: bool) -> float:
    """Return the log-likelihood of normal effects, or the restricted one with the term of X'X.

    Examples
    --------
    >>> y, x = np.array([0.0, 2.0]), np.ones((2, 1))
    >>> fit = weighted_least_squares(y, x, np.ones(2))
    >>> round(log_likelihood(fit, x, restricted=False), 4)
    -2.8379
    """
    k, p = int(x.shape[0]), int(x.shape[1])
    log_two_pi = math.log(2 * math.pi)
    full = float(np.log(fit.weight).sum()) - fit.residual_sum
    if not restricted:
        return 0.5 * (full - k * log_two_pi)
    square = x.T @ x
    plain = math.log(square.item()) if p == 1 else float(np.linalg.slogdet(square).logabsdet)
    return 0.5 * (full + plain - fit.log_determinant - (k - p) * log_two_pi)


def orthonormal(columns: Matrix) -> tuple[Matrix, Matrix]:
    """Return an orthonormal basis of ``columns`` and the triangle that leads back to them.

    Examples
    --------
    >>> basis, triangle = orthonormal(np.array([[3.0], [4.0]]))
    >>> basis.ravel(), triangle.item()
    (array([0.6, 0.8]), 5.0)
    """
    if columns.shape[1] == 1:  # an intercept alone, the usual case, needs no factorisation
        norm = math.sqrt(np.vdot(columns, columns))
        return columns / norm, np.array([[norm]])
    basis, triangle = np.linalg.qr(columns)
    return basis, triangle
