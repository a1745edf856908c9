"""How variances and correlations of random effects follow from free parameters.

A structure maps its parameters to the coefficients c of the components that
:mod:`perdure.pool.mixed.components` knows: one a level for random intercepts, one an entry (a <= b)
of the matrix G of m outcomes.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = [
    "Factor",
    "Heteroscedastic",
    "Linear",
    "Structure",
    "StructureName",
    "correlation_held",
    "covariance_of",
    "entries",
    "held",
    "intercepts",
    "outcome_structure",
    "parameters_of",
    "variance_held",
]

StructureName = Literal["UN", "CS", "HCS", "DIAG", "ID"]


@dataclass(frozen=True, eq=False)
class Linear:
    """Coefficients that are linear in the parameters: offset + matrix @ parameters."""

    offset: Floats
    matrix: Matrix
    lower: Floats
    upper: Floats

    def coefficients(self, parameters: Floats) -> Floats:
        """Return the coefficients of the components."""
        return np.asarray(self.offset + self.matrix @ parameters)

    def jacobian(self, parameters: Floats) -> Matrix:
        """Return their derivatives."""
        return self.matrix


@dataclass(frozen=True, eq=False)
class Factor:
    """G = L L' with L linear in the parameters: it is a covariance whatever they are.

    Attributes
    ----------
    patterns : array of float, shape (q, m, m)
        L is their sum, each times its parameter.
    lower, upper : array of float, shape (q,)
    fixed : int
        So many first columns have zeros by pattern; the others can be turned, which leaves G.
    """

    patterns: NDArray[np.float64]
    lower: Floats
    upper: Floats
    fixed: int = 0

    def coefficients(self, parameters: Floats) -> Floats:
        """Return the coefficients of the components."""
        factor = np.tensordot(parameters, self.patterns, 1)
        return _entries(factor @ factor.T)

    def jacobian(self, parameters: Floats) -> Matrix:
        """Return their derivatives."""
        half = self.patterns @ np.tensordot(parameters, self.patterns, 1).T
        return _entries(half + np.swapaxes(half, 1, 2)).T

    def second(self, parameters: Floats, score: Floats) -> Matrix:
        """Return second derivatives weighted by the score."""
        weight = covariance_of(score, self.patterns.shape[1])
        weight = (
            weight + np.diag(np.diagonal(weight))
        ) / 2  # an entry off the diagonal is in twice
        q = self.patterns.shape[0]
        return np.asarray(
            2 * self.patterns.reshape(q, -1) @ (weight @ self.patterns).reshape(q, -1).T
        )

    def turns(self, parameters: Floats) -> Matrix:
        """Return the directions in which L turns and G stays, a column each."""
        factor = np.tensordot(parameters, self.patterns, 1)
        q, m = self.patterns.shape[:2]
        found = []
        for a, b in combinations(range(self.fixed, m), 2):
            turned = np.zeros((m, m))
            turned[:, a], turned[:, b] = factor[:, b], -factor[:, a]
            found.append(self.patterns.reshape(q, -1) @ turned.ravel())
        return np.array(found).reshape(-1, q).T


@dataclass(frozen=True, eq=False)
class Heteroscedastic:
    """G with a standard deviation for each of m outcomes and, last, one correlation."""

    m: int
    lower: Floats
    upper: Floats

    def coefficients(self, parameters: Floats) -> Floats:
        """Return the coefficients of the components."""
        sd, rho = parameters[:-1], parameters[-1]
        g = np.outer(sd, sd) * rho
        np.fill_diagonal(g, sd**2)
        return _entries(g)

    def jacobian(self, parameters: Floats) -> Matrix:
        """Return their derivatives."""
        sd, rho = parameters[:-1], parameters[-1]
        found = np.zeros((len(entries(self.m)), self.m + 1))
        for at, (a, b) in enumerate(entries(self.m)):
            if a == b:
                found[at, a] = 2 * sd[a]
            else:
                found[at, [a, b, self.m]] = rho * sd[b], rho * sd[a], sd[a] * sd[b]
        return found

    def second(self, parameters: Floats, score: Floats) -> Matrix:
        """Return second derivatives weighted by the score."""
        sd, rho = parameters[:-1], parameters[-1]
        found = np.zeros((self.m + 1, self.m + 1))
        for weight, (a, b) in zip(score, entries(self.m), strict=True):
            if a == b:
                found[a, a] += 2 * weight
            else:
                found[a, b] += rho * weight
                found[a, self.m] += sd[b] * weight
                found[b, self.m] += sd[a] * weight
        return np.asarray(found + np.triu(found, 1).T)


Structure = Linear | Factor | Heteroscedastic


def entries(m: int) -> list[tuple[int, int]]:
    """Return the entries (a, b), a <= b, of a symmetric matrix in the order of the components.

    Examples
    --------
    >>> entries(2)
    [(0, 0), (0, 1), (1, 1)]
    """
    return [(a, b) for a in range(m) for b in range(a, m)]


def _entries(g: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return those entries of the last two axes."""
    a, b = np.triu_indices(g.shape[-1])
    return g[..., a, b]


def covariance_of(coefficients: Floats, m: int) -> Matrix:
    """Return G from the coefficients of its entries.

    Examples
    --------
    >>> covariance_of(np.array([1.0, 0.5, 2.0]), 2)
    array([[1. , 0.5],
           [0.5, 2. ]])
    """
    g = np.zeros((m, m))
    at = np.triu_indices(m)
    g[at] = coefficients
    g.T[at] = coefficients
    return g


def intercepts(levels: int) -> Linear:
    """Return the structure of random intercepts: a variance a level, not below 0.

    Examples
    --------
    >>> intercepts(2).coefficients(np.array([0.1, 0.2]))
    array([0.1, 0.2])
    """
    return _free_linear(np.eye(levels))


def _free_linear(matrix: Matrix) -> Linear:
    """Return variances, not below 0, times their patterns."""
    rows, columns = matrix.shape
    return Linear(np.zeros(rows), matrix, np.zeros(columns), np.full(columns, np.inf))


def outcome_structure(name: StructureName, m: int) -> Structure:
    """Return the structure of G for m outcomes.

    UN: any covariance; CS: one variance and one correlation, not below -1 / (m - 1); HCS: a
    variance each and one correlation; DIAG: a variance each; ID: one variance.

    Examples
    --------
    >>> outcome_structure("CS", 2).coefficients(np.array([3.0, 1.0]))
    array([2., 1., 2.])
    """
    diagonal = np.array([float(a == b) for a, b in entries(m)])
    if name == "ID":
        return _free_linear(diagonal[:, None])
    if name == "DIAG":
        return _free_linear(
            np.array([[float(a == b == at) for at in range(m)] for a, b in entries(m)])
        )
    if name == "CS":
        # by eigenvalues, of the mean and of what is around it, each not below 0
        mean = np.full(diagonal.size, 1 / m)
        return _free_linear(np.column_stack((mean, diagonal - mean)))
    if name == "HCS":
        lower = np.append(np.zeros(m), -1 / (m - 1))
        return Heteroscedastic(m, lower, np.append(np.full(m, np.inf), 1.0))
    return _unstructured(m)


def _unstructured(m: int, first: tuple[int, ...] = (), rho: float | None = None) -> Factor:
    """Return the square factor of G; rows named ``first`` are turned into the first columns.

    A square factor has more entries than G, and turning it changes nothing; a triangular one leads
    along narrow bent valleys where G has less than full rank. With ``rho`` the correlation of the
    two first is held: the second's two entries share one parameter.
    """
    patterns = []
    for row in (*first, *(row for row in range(m) if row not in first)):
        if row in first:
            pattern = np.zeros((m, m))
            second = rho is not None and row == first[-1]
            pattern[row, :2] = (rho, np.sqrt(1 - rho**2)) if second and rho is not None else (1, 0)
            patterns.append(pattern)
            continue
        for column in range(m):
            pattern = np.zeros((m, m))
            pattern[row, column] = 1
            patterns.append(pattern)
    q = len(patterns)
    lower = np.full(q, -np.inf)
    if rho is not None:
        lower[:2] = 0.0  # a sign would turn the correlation round
    return Factor(np.array(patterns), lower, np.full(q, np.inf), len(first))


def parameters_of(structure: Structure, g: Matrix) -> Floats:
    """Return parameters whose G is near ``g``, to start a search from.

    Examples
    --------
    >>> parameters_of(outcome_structure("HCS", 2), np.array([[4.0, 1.0], [1.0, 1.0]]))
    array([2. , 1. , 0.5])
    """
    m = g.shape[0]
    found: Floats
    if isinstance(structure, Factor):
        # rows with fewer columns come first in the Cholesky factor
        order = np.argsort((structure.patterns != 0).any(axis=0).sum(axis=1), kind="stable")
        ridge = 1e-9 * float(np.trace(g)) * np.eye(m)
        factor = np.zeros((m, m))
        factor[order] = np.linalg.cholesky((g + ridge)[np.ix_(order, order)])
        norm = (structure.patterns**2).sum(axis=(1, 2))
        found = np.asarray((structure.patterns * factor).sum(axis=(1, 2)) / norm)
    elif isinstance(structure, Heteroscedastic):
        sd = np.sqrt(np.diagonal(g)).tolist()
        pairs = [g[a, b] / (sd[a] * sd[b]) for a, b in combinations(range(m), 2) if sd[a] * sd[b]]
        found = np.array([*sd, float(np.mean(pairs)) if pairs else 0.0])
    else:
        target = _entries(g) - structure.offset
        found = np.asarray(
            np.linalg.lstsq(structure.matrix, target, rcond=None)[0], dtype=np.float64
        )
    return np.clip(found, structure.lower, structure.upper)


def held(structure: Structure, at: int, value: float) -> Structure:
    """Return the structure with one parameter held at a value.

    Examples
    --------
    >>> held(intercepts(2), 0, 0.3).upper
    array([0.3, inf])
    """
    lower, upper = structure.lower.copy(), structure.upper.copy()
    lower[at] = upper[at] = value
    return replace(structure, lower=lower, upper=upper)


def variance_held(name: StructureName, m: int, at: int, value: float) -> Structure:
    """Return the structure of G with the variance of one outcome held (or the only variance).

    Examples
    --------
    >>> variance_held("CS", 2, 0, 2.0).coefficients(np.array([0.5]))
    array([2., 1., 2.])
    """
    if name in ("ID", "DIAG"):
        return held(outcome_structure(name, m), at, value)
    if name == "HCS":
        return held(outcome_structure(name, m), at, float(np.sqrt(value)))
    if name == "CS":
        diagonal = np.array([float(a == b) for a, b in entries(m)])
        rho = value * (1 - diagonal)[:, None]
        return Linear(value * diagonal, rho, np.array([-1 / (m - 1)]), np.ones(1))
    return held(_unstructured(m, (at,)), 0, float(np.sqrt(value)))


def correlation_held(name: StructureName, m: int, pair: tuple[int, int], value: float) -> Structure:
    """Return the structure of G with the correlation of two outcomes held (or the only one).

    Examples
    --------
    >>> correlation_held("UN", 2, (0, 1), 0.5).coefficients(np.array([1.0, 2.0]))
    array([1., 1., 4.])
    """
    if name == "HCS":
        return held(outcome_structure(name, m), m, value)
    if name == "CS":
        diagonal = np.array([float(a == b) for a, b in entries(m)])
        return _free_linear((diagonal + value * (1 - diagonal))[:, None])
    return _unstructured(m, pair, value)
