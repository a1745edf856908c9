"""Vectors of arms, with parts that are not seen, as the likelihood takes them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Bools, Floats

__all__ = ["VectorData", "vector_data"]


@dataclass(frozen=True, eq=False)
class VectorData:
    """Vectors of N arms in d coordinates, with p moderators.

    Attributes
    ----------
    value : array of float, shape (N, d)
        0 where not seen.
    seen : array of bool, shape (N, d)
    sampling : array of float, shape (N, d, d)
        0 where not seen.
    design : array of float, shape (N, p)
        The same moderators for every coordinate, each with coefficients of its own.
    kept : array of bool, shape (d p,)
        Coefficients, coordinate by coordinate, that anything is seen of.
    beyond : array of float, shape (N,)
        What the first coordinate is known to exceed; nan for arms that show something.
    beyond_variance : array of float, shape (N,)
        Sampling variance of that coordinate.
    """

    value: Matrix
    seen: NDArray[np.bool_]
    sampling: NDArray[np.float64]
    design: Matrix
    kept: Bools
    beyond: Floats
    beyond_variance: Floats

    @cached_property
    def pairs(self) -> NDArray[np.bool_]:
        """Pairs of coordinates seen together, shape (N, d, d)."""
        return np.asarray(self.seen[:, :, None] & self.seen[:, None, :], dtype=np.bool_)

    @cached_property
    def products(self) -> Matrix:
        """Products of moderators, shape (N, p p)."""
        n, p = self.design.shape
        return (self.design[:, :, None] * self.design[:, None, :]).reshape(n, p * p)

    @cached_property
    def bounded(self) -> Bools:
        """Which arms show only that the first coordinate lies beyond."""
        return np.isfinite(self.beyond)

    @cached_property
    def whole(self) -> bool:
        """Whether every coefficient is kept."""
        return bool(self.kept.all())

    @cached_property
    def plain_log_determinant(self) -> float:
        """The log determinant of X'X, a constant of the restricted likelihood."""
        d = self.value.shape[1]
        total = (self.seen.T.astype(float) @ self.products).reshape(
            d, self.design.shape[1], self.design.shape[1]
        )
        p = self.design.shape[1]
        kept = self.kept.reshape(d, p)
        return sum(
            float(np.linalg.slogdet(part[np.ix_(use, use)]).logabsdet)
            for part, use in zip(total, kept, strict=True)
            if use.any()
        )

    def stacked(self, parts: NDArray[np.float64]) -> Matrix:
        """Return sum of (part of each arm) x (x x'), as a matrix of the kept coefficients.

        Parameters
        ----------
        parts : array of float, shape (N, d, d)
        """
        n, d = self.value.shape
        p = self.design.shape[1]
        total = (parts.reshape(n, d * d).T @ self.products).reshape(d, d, p, p)
        full = total.transpose(0, 2, 1, 3).reshape(d * p, d * p)
        return full if self.whole else np.asarray(full[np.ix_(self.kept, self.kept)])

    def spread(self, beta: Floats) -> Matrix:
        """Return coefficients by coordinate, shape (d, p); 0 where nothing is seen of one."""
        found = np.zeros(self.kept.size)
        found[self.kept] = beta
        return found.reshape(self.value.shape[1], self.design.shape[1])


def vector_data(
    value: ArrayLike,
    sampling: ArrayLike,
    design: ArrayLike | None = None,
    beyond: ArrayLike | None = None,
    beyond_variance: ArrayLike | None = None,
) -> VectorData:
    """Return vectors as the likelihood takes them.

    Parameters
    ----------
    value : array_like of float, shape (N, d)
        nan where not seen.
    sampling : array_like of float, shape (N, d, d)
        Sampling covariances; what belongs to a value that is not seen is not looked at.
    design : array_like of float, shape (N, p), optional
        Default an intercept.
    beyond : array_like of float, shape (N,), optional
        What the first coordinate exceeds, for arms without any value; nan for the others.
    beyond_variance : array_like of float, shape (N,), optional
        Sampling variance of the first coordinate of such arms; default the median of those seen.

    Raises
    ------
    InputError
        If shapes do not fit, an arm shows nothing at all, a sampling covariance is not symmetric or
        has a negative variance, or moderators depend on each other where a coordinate is seen.

    Examples
    --------
    >>> vector_data([[1.0, np.nan]], [[[1.0, 0.0], [0.0, 1.0]]]).seen.tolist()
    [[True, False]]
    """
    values = np.array(value, dtype=np.float64)
    spread = np.array(sampling, dtype=np.float64)
    if values.ndim != 2 or not values.size or spread.shape != (*values.shape, values.shape[1]):
        raise InputError(
            Problem(
                "vectors and their covariances do not fit",
                "give N vectors of d values and N matrices of d by d",
                value=f"{values.shape} and {spread.shape}",
            )
        )
    n, d = values.shape
    x = np.ones((n, 1)) if design is None else np.array(design, dtype=np.float64)
    bound = np.full(n, np.nan) if beyond is None else np.array(beyond, dtype=np.float64)
    if x.ndim != 2 or len(x) != n or bound.shape != (n,) or not np.isfinite(x).all():
        raise InputError(
            Problem("moderators or bounds do not fit the vectors", f"give {n} finite rows")
        )
    seen = np.isfinite(values)
    _check_shown(seen, bound)
    pairs = seen[:, :, None] & seen[:, None, :]
    spread = np.where(pairs, spread, 0.0)
    _check_covariances(spread)
    first = np.diagonal(spread, axis1=1, axis2=2)[:, 0][seen[:, 0]]
    usual = float(np.median(first)) if first.size else 0.0
    variance = np.full(n, usual)
    if beyond_variance is not None:
        given = np.array(beyond_variance, dtype=np.float64)
        variance = np.where(np.isfinite(given), given, usual)
    kept = np.zeros((d, x.shape[1]), dtype=bool)
    for at in range(d):
        kept[at] = _kept(x[seen[:, at]], at)
    return VectorData(
        np.where(seen, values, 0.0), seen, spread, x, kept.reshape(-1), bound, variance
    )


def _kept(x: Matrix, at: int) -> NDArray[np.bool_]:
    """Return which moderators a coordinate has coefficients of."""
    used = np.asarray((x != 0).any(axis=0)) if len(x) else np.zeros(x.shape[1], dtype=bool)
    if used.any() and np.linalg.matrix_rank(x[:, used]) < used.sum():
        raise InputError(
            Problem(
                f"moderators depend on each other in the arms that show coordinate {at + 1}",
                "use fewer moderators, or leave that coordinate out",
            )
        )
    return used


def _check_shown(seen: NDArray[np.bool_], bound: Floats) -> None:
    nothing = np.flatnonzero(~seen.any(axis=1) & ~np.isfinite(bound))
    if nothing.size:
        raise InputError(
            Problem(f"arm {nothing[0] + 1} shows nothing", "leave it out, or give what it exceeds")
        )
    both = np.flatnonzero(seen.any(axis=1) & np.isfinite(bound))
    if both.size:
        raise InputError(
            Problem(f"arm {both[0] + 1} has values and a bound", "give the one or the other")
        )


def _check_covariances(spread: NDArray[np.float64]) -> None:
    finite = np.isfinite(spread).all(axis=(1, 2))
    tolerance = 1e-9 * np.abs(np.where(np.isfinite(spread), spread, 0)).max(axis=(1, 2))
    lopsided = np.abs(spread - spread.transpose(0, 2, 1)).max(axis=(1, 2)) > tolerance
    wrong = np.flatnonzero(~finite | lopsided)
    if not wrong.size:
        wrong = np.flatnonzero(np.linalg.eigvalsh(spread)[:, 0] < -1e-6 * (tolerance / 1e-9))
    if wrong.size:
        raise InputError(
            Problem(
                f"the sampling covariance of arm {wrong[0] + 1} is not one",
                "give a symmetric matrix without negative variances",
            )
        )
