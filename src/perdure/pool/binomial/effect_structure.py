"""How random effects reach the rows, and the Hessian of their log density solved accordingly."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats, Ints

__all__ = ["DenseEffects", "Hessian", "NestedEffects", "PairedEffects", "RandomEffects"]


class Hessian(Protocol):
    """I + A' diag(w) A, factorised; A the loadings of all rows on all effects."""

    @property
    def log_determinant(self) -> float:
        """Its log determinant."""

    def solve(self, right: Floats) -> Floats:
        """Return the inverse times a vector."""

    def products(self, component: int) -> Floats:
        """Return the diagonal of A H^-1 Z', Z the component's own loadings, shape (rows,)."""


class RandomEffects(Protocol):
    """Standard normal effects u that reach the rows as A u, A = sum of sd x Z over components."""

    @property
    def size(self) -> int:
        """The number of effects."""

    def forward(self, weights: Floats, u: Floats) -> Floats:
        """Return the sum of weight x Z u over components, shape (rows,)."""

    def backward(self, weights: Floats, rows: Floats) -> Floats:
        """Return the sum of weight x Z' rows over components, shape (effects,)."""

    def hessian(self, sd: Floats, w: Floats) -> Hessian:
        """Return I + A' diag(w) A."""


@dataclass(frozen=True, eq=False)
class DenseEffects:
    """Any loadings.

    Attributes
    ----------
    loadings : array of float, shape (components, rows, effects)

    Examples
    --------
    >>> effects = DenseEffects(np.ones((1, 2, 1)))
    >>> effects.forward(np.array([0.5]), np.array([3.0])).tolist()
    [1.5, 1.5]
    """

    loadings: Floats

    @property
    def size(self) -> int:
        """The number of effects."""
        return int(self.loadings.shape[2])

    def forward(self, weights: Floats, u: Floats) -> Floats:
        """Return the sum of weight x Z u over components."""
        return np.asarray(weights @ (self.loadings @ u))

    def backward(self, weights: Floats, rows: Floats) -> Floats:
        """Return the sum of weight x Z' rows over components."""
        return np.asarray(weights @ np.einsum("crk,r->ck", self.loadings, rows))

    def hessian(self, sd: Floats, w: Floats) -> "_DenseHessian":
        """Return I + A' diag(w) A."""
        a = np.tensordot(sd, self.loadings, axes=1)
        matrix = (a * w[:, None]).T @ a + np.eye(self.size)
        return _DenseHessian(self.loadings, a, matrix)


@dataclass(frozen=True, eq=False)
class _DenseHessian:
    loadings: Floats
    a: Matrix
    matrix: Matrix

    @property
    def log_determinant(self) -> float:
        return 2 * float(np.log(np.diagonal(np.linalg.cholesky(self.matrix))).sum())

    def solve(self, right: Floats) -> Floats:
        return np.asarray(np.linalg.solve(self.matrix, right))

    def products(self, component: int) -> Floats:
        inverse = np.linalg.inv(self.matrix)
        return np.asarray(((self.a @ inverse) * self.loadings[component]).sum(axis=1))


@dataclass(frozen=True, eq=False)
class NestedEffects:
    """One effect a trial and one an arm in it; components are trials, then arms.

    Effects are those of the trials followed by those of the arms. The arms' part of the Hessian is
    diagonal, so that all is linear in the number of arms.

    Attributes
    ----------
    starts : array of int, shape (trials,)
        First arm of each trial; its arms are next to each other.
    rows : int
        Arms.

    Examples
    --------
    >>> effects = NestedEffects(np.array([0, 2]), 3)
    >>> effects.forward(np.array([1.0, 1.0]), np.array([10.0, 20.0, 1.0, 2.0, 3.0])).tolist()
    [11.0, 12.0, 23.0]
    """

    starts: Ints
    rows: int

    @property
    def size(self) -> int:
        """The number of effects."""
        return int(self.starts.size) + self.rows

    def spread(self, trials: Floats) -> Floats:
        """Return each trial's value at its arms."""
        sizes = np.diff(np.append(self.starts, self.rows))
        return np.asarray(np.repeat(trials, sizes, axis=0))

    def summed(self, rows: Floats) -> Floats:
        """Return the sum over the arms of each trial."""
        return np.asarray(np.add.reduceat(rows, self.starts))

    def forward(self, weights: Floats, u: Floats) -> Floats:
        """Return the sum of weight x Z u over components."""
        trials, arms = np.split(u, [self.starts.size])
        return np.asarray(weights[0] * self.spread(trials) + weights[1] * arms)

    def backward(self, weights: Floats, rows: Floats) -> Floats:
        """Return the sum of weight x Z' rows over components."""
        return np.concatenate((weights[0] * self.summed(rows), weights[1] * rows))

    def hessian(self, sd: Floats, w: Floats) -> "NestedHessian":
        """Return I + A' diag(w) A."""
        arms = 1 + sd[1] ** 2 * w
        return NestedHessian(
            self, sd, sd[0] * sd[1] * w, arms, 1 + sd[0] ** 2 * self.summed(w / arms)
        )


@dataclass(frozen=True, eq=False)
class NestedHessian:
    """The Hessian of nested effects, the arms eliminated first.

    Attributes
    ----------
    effects : NestedEffects
    sd : array of float, shape (2,)
    between : array of float, shape (rows,)
        Each arm's entry with its trial.
    arms : array of float, shape (rows,)
        The arms' diagonal.
    trials : array of float, shape (trials,)
        The trials' diagonal after the arms are eliminated: 1 / variance of a trial's effect.
    """

    effects: NestedEffects
    sd: Floats
    between: Floats
    arms: Floats
    trials: Floats

    @property
    def log_determinant(self) -> float:
        """Its log determinant."""
        return float(np.log(self.arms).sum() + np.log(self.trials).sum())

    def solve(self, right: Floats) -> Floats:
        """Return the inverse times a vector."""
        trial, arm = np.split(right, [self.effects.starts.size])
        above = (trial - self.effects.summed(self.between * arm / self.arms)) / self.trials
        below = (arm - self.between * self.effects.spread(above)) / self.arms
        return np.concatenate((above, below))

    def products(self, component: int) -> Floats:
        """Return the diagonal of A H^-1 Z', Z the component's own loadings."""
        trial = self.effects.spread(1 / self.trials)
        across = -self.between / self.arms * trial
        if component == 0:
            return np.asarray(self.sd[0] * trial + self.sd[1] * across)
        arm = 1 / self.arms - self.between / self.arms * across
        return np.asarray(self.sd[0] * across + self.sd[1] * arm)


@dataclass(frozen=True, eq=False)
class PairedEffects:
    """An intercept and a treatment effect a trial, independent of each other.

    Effects are the trials' intercepts followed by their treatment effects; so are the components.

    Attributes
    ----------
    starts : array of int, shape (trials,)
        First row of each trial; its rows are next to each other.
    loading : array of float, shape (rows,)
        With which the treatment effect enters each row.

    Examples
    --------
    >>> effects = PairedEffects(np.array([0]), np.array([0.5, -0.5]))
    >>> effects.forward(np.ones(2), np.array([10.0, 1.0])).tolist()
    [10.5, 9.5]
    """

    starts: Ints
    loading: Floats

    @property
    def size(self) -> int:
        """The number of effects."""
        return 2 * int(self.starts.size)

    def spread(self, trials: Floats) -> Floats:
        """Return each trial's value at its rows."""
        sizes = np.diff(np.append(self.starts, self.loading.size))
        return np.asarray(np.repeat(trials, sizes))

    def summed(self, rows: Floats) -> Floats:
        """Return the sum over the rows of each trial."""
        return np.asarray(np.add.reduceat(rows, self.starts))

    def forward(self, weights: Floats, u: Floats) -> Floats:
        """Return the sum of weight x Z u over components."""
        intercepts, treatments = np.split(u, 2)
        along = weights[1] * self.loading * self.spread(treatments)
        return np.asarray(weights[0] * self.spread(intercepts) + along)

    def backward(self, weights: Floats, rows: Floats) -> Floats:
        """Return the sum of weight x Z' rows over components."""
        both = weights[0] * self.summed(rows), weights[1] * self.summed(self.loading * rows)
        return np.concatenate(both)

    def hessian(self, sd: Floats, w: Floats) -> "PairedHessian":
        """Return I + A' diag(w) A."""
        z = self.loading
        return PairedHessian(
            self,
            sd,
            1 + sd[0] ** 2 * self.summed(w),
            sd[0] * sd[1] * self.summed(z * w),
            1 + sd[1] ** 2 * self.summed(z**2 * w),
        )


@dataclass(frozen=True, eq=False)
class PairedHessian:
    """The Hessian of paired effects: two by two for each trial.

    Attributes
    ----------
    effects : PairedEffects
    sd : array of float, shape (2,)
    first, between, second : array of float, shape (trials,)
        Its entries.
    """

    effects: PairedEffects
    sd: Floats
    first: Floats
    between: Floats
    second: Floats

    @property
    def determinant(self) -> Floats:
        """Of each trial's part."""
        return np.asarray(self.first * self.second - self.between**2)

    @property
    def log_determinant(self) -> float:
        """Its log determinant."""
        return float(np.log(self.determinant).sum())

    def solve(self, right: Floats) -> Floats:
        """Return the inverse times a vector."""
        one, other = np.split(right, 2)
        both = self.second * one - self.between * other, self.first * other - self.between * one
        return np.concatenate(both) / np.tile(self.determinant, 2)

    def products(self, component: int) -> Floats:
        """Return the diagonal of A H^-1 Z', Z the component's own loadings."""
        z, spread = self.effects.loading, self.effects.spread
        inverse = 1 / self.determinant
        across = spread(-self.between * inverse)
        if component == 0:
            return np.asarray(self.sd[0] * spread(self.second * inverse) + self.sd[1] * z * across)
        own = spread(self.first * inverse)
        return np.asarray((self.sd[0] * across + self.sd[1] * z * own) * z)
