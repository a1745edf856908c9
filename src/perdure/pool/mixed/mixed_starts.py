"""Where the search for variance components starts, so that a local maximum is not taken for all."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from perdure.errors import InputError, Problem
from perdure.pool.mixed.climb import Peak, climb
from perdure.pool.mixed.components import Blocks, curvature, log_likelihoods
from perdure.pool.mixed.structures import (
    Factor,
    Heteroscedastic,
    Linear,
    Structure,
    parameters_of,
)
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["highest", "highest_of", "identified"]

SHARES = {
    1: (0.0, 0.001, 0.01, 0.05, 0.15, 0.4, 0.8, 1.5, 4.0),
    2: (0.0, 0.003, 0.04, 0.3, 1.2),
    3: (0.0, 0.1, 0.5, 1.5),
}
"""Of the residual variance, tried for each of so many variances."""
FEW_SHARES = (0.05, 0.7)
MOST_GRID = 128
CORRELATIONS = (0.0, 0.5, 0.9, -0.4, -0.9)
SCALES = (1.0, 0.3, 0.05)
UNSEEN = 1e-9
"""An eigenvalue of the scaled information below this means that something cannot be estimated."""


def highest(blocks: Blocks, structure: Structure, variances: Floats, *, restricted: bool) -> Peak:
    """Return the highest maximum of the likelihood that a grid of starts leads to.

    Parameters
    ----------
    blocks : Blocks
    structure : Structure
    variances : array of float
        Rough size of each variance: of each level, or of each outcome.
    restricted : bool

    Examples
    --------
    >>> from perdure.pool.mixed.components import Part, arranged
    >>> from perdure.pool.mixed.structures import intercepts
    >>> trial = np.array([0, 1])
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(trial)], trial)
    >>> highest(blocks, intercepts(1), np.ones(1), restricted=True).parameters.round(9)
    array([1.])
    """
    starts = _starts(blocks, structure, variances, restricted=restricted)
    peak = highest_of(blocks, structure, starts, restricted=restricted)
    if not isinstance(structure, Linear) or peak.parameters.all():
        return peak
    others = [climb(blocks, structure, edge, restricted=restricted) for edge in _edges(peak)]
    return max([peak, *others], key=lambda peak: peak.value)


def highest_of(
    blocks: Blocks, structure: Structure, starts: Sequence[Floats], *, restricted: bool
) -> Peak:
    """Return the highest of the maxima uphill from several starts.

    A start from which the climb does not end is passed over.

    Raises
    ------
    InputError
        If no climb ends.
    """
    peaks: list[Peak] = []
    failed: InputError | None = None
    for start in starts:
        try:
            peaks.append(climb(blocks, structure, start, restricted=restricted))
        except InputError as error:
            failed = error
    if not peaks:
        raise failed or _nowhere()
    return max(peaks, key=lambda peak: peak.value)


def _edges(peak: Peak) -> list[Floats]:
    """Return starts at which all variance is one that is 0 at the peak."""
    total = float(peak.parameters.sum())
    zero = np.flatnonzero(peak.parameters == 0).tolist() if total > 0 else []
    return [np.where(np.arange(peak.parameters.size) == at, total, 0.0) for at in zero]


def _nowhere() -> InputError:
    """Return the error of a likelihood that can be computed nowhere."""
    return InputError(
        Problem(
            "the likelihood cannot be computed",
            "check the scale of the effects and of their variances",
        )
    )


def _starts(
    blocks: Blocks, structure: Structure, variances: Floats, *, restricted: bool
) -> list[Floats]:
    """Return the points to climb from."""
    q = structure.lower.size
    if q == 0:
        return [np.zeros(0)]
    linear = isinstance(structure, Linear) and not structure.lower.any()
    if linear and q in SHARES and np.isinf(structure.upper).all():
        size = variances if variances.size == q else variances.max()
        grid = np.array(list(product(SHARES[q], repeat=q))) * size
        values = _values(blocks, structure, grid, restricted=restricted)
        tops = _tops(values.reshape((len(SHARES[q]),) * q))
        return [grid[at] for at in tops]
    candidates, families = _candidates(structure, variances)
    values = _values(blocks, structure, candidates, restricted=restricted)
    best = [max(np.flatnonzero(families == f), key=lambda at: values[at]) for f in set(families)]
    return [candidates[at] for at in best if np.isfinite(values[at])]


def _values(
    blocks: Blocks, structure: Structure, parameters: Matrix, *, restricted: bool
) -> Floats:
    """Return the likelihood at rows of parameters."""
    coefficients = np.array([structure.coefficients(row) for row in parameters])
    return log_likelihoods(blocks, coefficients, restricted=restricted)


def _tops(values: NDArray[np.float64]) -> list[int]:
    """Return the points of a grid that no neighbour exceeds."""
    wide = np.pad(values, 1, constant_values=-np.inf)
    top = np.isfinite(values)
    for shift in product((0, 1, 2), repeat=values.ndim):
        window = tuple(slice(at, at + size) for at, size in zip(shift, values.shape, strict=True))
        top &= values >= wide[window]
    return np.flatnonzero(top).tolist()


def _candidates(structure: Structure, variances: Floats) -> tuple[Matrix, NDArray[np.int64]]:
    """Return starts for many variances or for correlations, and the family of each.

    The best of every family is climbed from.
    """
    if isinstance(structure, Linear) and structure.matrix.shape[0] == structure.matrix.shape[1]:
        rows = list(product(FEW_SHARES, repeat=structure.lower.size))[:MOST_GRID]
        grid = np.clip(np.array(rows) * variances, structure.lower, structure.upper)
        ranks = np.argsort(np.argsort(grid.sum(axis=1))) * 2 // len(rows)
        return grid, ranks.astype(np.int64)
    m = variances.size
    sd = np.sqrt(variances)
    found, families = [], []
    lowest = -1 / (m - 1) if m > 1 else 0.0
    for family, rho in enumerate(CORRELATIONS):
        for scale in SCALES:
            g = np.outer(sd, sd) * max(rho, 0.9 * lowest) * scale
            np.fill_diagonal(g, variances * scale)
            found.append(parameters_of(structure, g))
            families.append(family)
    for at in range(m if isinstance(structure, Heteroscedastic) else 0):
        # a variance that one correlation for all pairs presses to 0
        low = np.where(np.arange(m) == at, 1e-4, 1.0) * sd
        g = 0.9 * np.outer(low, low)
        np.fill_diagonal(g, low**2)
        for scale in SCALES:
            found.append(parameters_of(structure, g * scale))
            families.append(len(CORRELATIONS) + at)
    return np.array(found), np.array(families)


def identified(blocks: Blocks, structure: Structure, parameters: Floats) -> bool:
    """Return whether the effects say something of every parameter: their information is not flat.

    Examples
    --------
    >>> from perdure.pool.mixed.components import Part, arranged
    >>> from perdure.pool.mixed.structures import intercepts
    >>> one = np.zeros(2, dtype=np.int64)
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(one)], one)
    >>> identified(blocks, intercepts(1), np.ones(1))
    False
    """
    found = curvature(blocks, structure.coefficients(parameters), restricted=True)
    jacobian = structure.jacobian(parameters)
    if isinstance(structure, Factor):
        jacobian = np.eye(jacobian.shape[0])  # G itself: a factor can be turned
    information = jacobian.T @ found.expected @ jacobian
    size = np.sqrt(np.diagonal(jacobian.T @ found.full @ jacobian))
    if not size.all():
        return False
    return bool(np.linalg.eigvalsh(information / np.outer(size, size))[0] > UNSEEN)
