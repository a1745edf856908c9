"""The likelihood of variance components, block by block of effects that depend on each other.

Everywhere y ~ N(X beta, M) with M = V + sum of c_j A_j: V known, A_j symmetric, c the coefficients
of the components. M falls into blocks; those of like size are stacked, so that one call of the
linear algebra serves many trials.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.pool.models.least_squares import Matrix, orthonormal
from perdure.records import Floats
from perdure.records.arrays import Ints

__all__ = [
    "Batch",
    "Blocks",
    "Curvature",
    "Part",
    "Stack",
    "Whitened",
    "arranged",
    "curvature",
    "log_likelihoods",
    "whitened",
]

Stack = NDArray[np.float64]
"""An array of float with more than two dimensions: matrices on its last two."""
SMALL = 30_000
"""Numbers in all padded blocks up to which one batch is quicker than several."""
MOST_AT_ONCE = 2_000_000
"""Numbers that likelihoods at many coefficients may hold in memory at once."""
LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Part:
    """A symmetric matrix A of zeros and ones, by its rule.

    Attributes
    ----------
    unit : array of int, shape (k,)
        A is 0 for effects of different units.
    kind : array of int, shape (k,), or None
        What each effect measures; None where that does not matter: A is 1 for the same unit.
    pair : (int, int)
        The two kinds for which A is 1.
    """

    unit: Ints
    kind: Ints | None = None
    pair: tuple[int, int] = (0, 0)

    def between(self, rows: Ints) -> Stack:
        """Return A for stacked rows; they may point one beyond the last effect, where A is 0."""
        unit = np.append(self.unit, -1)[rows]
        same = (unit[:, :, None] == unit[:, None, :]) & (unit >= 0)[:, :, None]
        if self.kind is not None:
            kind = np.append(self.kind, -1)[rows]
            first, second = (kind == which for which in self.pair)
            ordered = first[:, :, None] & second[:, None, :]
            same &= ordered | np.swapaxes(ordered, 1, 2)
        return np.asarray(same, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Batch:
    """Blocks of one padded size n.

    Attributes
    ----------
    rows : array of int, shape (b, n)
        Effects of each block; the number of effects where there is none.
    sampling : array of float, shape (b, n, n)
        V; the identity where there is no effect.
    parts : array of float, shape (j, b, n, n)
        A_j; 0 where there is no effect.
    columns : array of float, shape (b, n, p + 1)
        The basis of X, and y beside it; 0 where there is no effect.
    """

    rows: Ints
    sampling: Stack
    parts: Stack
    columns: Stack

    def marginal(self, coefficients: Floats) -> Stack:
        """Return M."""
        j = self.parts.shape[0]
        added = coefficients @ self.parts.reshape(j, -1)
        return np.asarray(self.sampling + added.reshape(self.sampling.shape))


@dataclass(frozen=True, eq=False)
class Blocks:
    """Effects arranged for the likelihood.

    Attributes
    ----------
    k : int
    batches : tuple of Batch
    basis : array of float, shape (k, p)
        Orthonormal, with the span of X: its restricted likelihood needs no term of X'X.
    triangle : array of float, shape (p, p)
        ``basis @ triangle`` is X.
    loading : array of float, shape (p,)
        ``basis.T @ y``; the batches hold y without it, which leaves the likelihood as it is.
    """

    k: int
    batches: tuple[Batch, ...]
    basis: Matrix
    triangle: Matrix
    loading: Floats

    def gathered(self, stacks: Sequence[Stack]) -> NDArray[np.float64]:
        """Return rows of the batches in the order of the effects."""
        found = np.zeros((self.k + 1, *stacks[0].shape[2:]))
        for batch, stack in zip(self.batches, stacks, strict=True):
            found[batch.rows] = stack
        return found[: self.k]

    def full(self, stacks: Sequence[Stack]) -> Matrix:
        """Return a matrix of all effects, 0 between blocks."""
        found = np.zeros((self.k + 1, self.k + 1))
        for batch, stack in zip(self.batches, stacks, strict=True):
            found[batch.rows[:, :, None], batch.rows[:, None, :]] = stack
        return found[: self.k, : self.k]


@dataclass(frozen=True, eq=False)
class Whitened:
    """A least-squares fit with M known: everything multiplied by the root of its inverse.

    Attributes
    ----------
    roots : tuple of array of float, shape (b, n, n)
        Inverse of the lower Cholesky factor of M, a batch each.
    q : array of float, shape (N, p)
        Orthonormal basis of the whitened X, padded rows of all batches below each other.
    r : array of float, shape (p, p)
    loading : array of float, shape (p,)
        ``q.T`` times the whitened y.
    residual : array of float, shape (N,)
    log_determinant : float
        Of M.
    """

    roots: tuple[Stack, ...]
    q: Matrix
    r: Matrix
    loading: Floats
    residual: Floats
    log_determinant: float

    def log_likelihood(self, k: int, *, restricted: bool) -> float:
        """Return the log-likelihood of k effects, or the restricted one."""
        total = self.log_determinant + float(self.residual @ self.residual)
        if not restricted:
            return float(-0.5 * (total + k * LOG_TWO_PI))
        p = self.r.shape[0]
        total += 2 * float(np.log(np.abs(np.diagonal(self.r))).sum())
        return float(-0.5 * (total + (k - p) * LOG_TWO_PI))


@dataclass(frozen=True, eq=False)
class Curvature:
    """A log-likelihood with its slope and information by the coefficients of the components.

    Attributes
    ----------
    value : float
    score : array of float, shape (j,)
    expected, observed : array of float, shape (j, j)
    full : array of float, shape (j, j)
        The expected information of the full likelihood, also where that is restricted.
    """

    value: float
    score: Floats
    expected: Matrix
    observed: Matrix
    full: Matrix


def arranged(
    y: Floats, x: Matrix, v: Matrix | Floats, parts: Sequence[Part], block: Ints
) -> Blocks:
    """Arrange effects into stacked blocks.

    Parameters
    ----------
    y : array of float, shape (k,)
    x : array of float, shape (k, p)
        Of full rank.
    v : array of float, shape (k, k) or (k,)
        V, or its diagonal where it has nothing else.
    parts : sequence of Part
        The rules of A_j.
    block : array of int, shape (k,)
        The block of each effect: 0, 1, ..., each used.

    Examples
    --------
    >>> trial = np.array([0, 1, 0])
    >>> blocks = arranged(np.arange(3.0), np.ones((3, 1)), np.ones(3), [Part(trial)], trial)
    >>> blocks.batches[0].rows.tolist()
    [[0, 2], [1, 3]]
    >>> blocks.full([batch.marginal(np.array([0.5])) for batch in blocks.batches])
    array([[1.5, 0. , 0.5],
           [0. , 1.5, 0. ],
           [0.5, 0. , 1.5]])
    """
    k, p = x.shape
    basis, triangle = orthonormal(x)
    loading = y @ basis
    columns = np.zeros((k + 1, p + 1))
    columns[:k, :p] = basis
    columns[:k, p] = y - basis @ loading
    batches = []
    for rows in _padded_rows(block, k):
        stacked = np.stack([part.between(rows) for part in parts])
        batches.append(Batch(rows, _sampling(v, rows, k), stacked, columns[rows]))
    return Blocks(k, tuple(batches), basis, triangle, loading)


def _padded_rows(block: Ints, k: int) -> list[Ints]:
    """Return the rows of blocks, those of like size in one array, filled up with k."""
    sizes = np.bincount(block)
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(sizes)
    place = np.arange(k) - np.repeat(ends - sizes, sizes)
    if sizes.size * int(sizes.max()) ** 2 <= SMALL:
        width = np.full(sizes.size, int(sizes.max()))
    else:
        width = 2 ** np.ceil(np.log2(sizes)).astype(np.int64)
    found = []
    for size in sorted(set(width.tolist())):
        inside = np.flatnonzero(width == size)
        rows = np.full((inside.size, min(size, int(sizes.max()))), k, dtype=np.int64)
        at = np.full(sizes.size, -1)
        at[inside] = np.arange(inside.size)
        slot = at[block[order]]
        kept = slot >= 0
        rows[slot[kept], place[kept]] = order[kept]
        found.append(rows)
    return found


def _sampling(v: Matrix | Floats, rows: Ints, k: int) -> Stack:
    """Return V of stacked rows."""
    b, n = rows.shape
    if v.ndim == 1:
        found = np.zeros((b, n, n))
        at = np.arange(n)
        found[:, at, at] = np.append(v, 1.0)[rows]
        return found
    wide = np.zeros((k + 1, k + 1))
    wide[:k, :k] = v
    found = wide[rows[:, :, None], rows[:, None, :]]
    padding = rows == k
    found[padding[:, :, None] & np.eye(n, dtype=np.bool_)] = 1.0
    return found


def whitened(blocks: Blocks, coefficients: Floats) -> Whitened:
    """Fit beta by generalised least squares with M given.

    Raises
    ------
    numpy.linalg.LinAlgError
        If M is not positive definite.

    Examples
    --------
    >>> trial = np.array([0, 1])
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(trial)], trial)
    >>> round(whitened(blocks, np.array([1.0])).log_likelihood(2, restricted=True), 6)
    -1.765512
    """
    roots, log_determinant, rows = [], 0.0, []
    for batch in blocks.batches:
        lower = np.linalg.cholesky(batch.marginal(coefficients))
        log_determinant += 2 * float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
        root = np.linalg.inv(lower)
        roots.append(root)
        rows.append((root @ batch.columns).reshape(-1, batch.columns.shape[2]))
    white = rows[0] if len(rows) == 1 else np.concatenate(rows)
    q, r = orthonormal(white[:, :-1])
    loading = white[:, -1] @ q
    return Whitened(tuple(roots), q, r, loading, white[:, -1] - q @ loading, log_determinant)


def curvature(blocks: Blocks, coefficients: Floats, *, restricted: bool) -> Curvature:
    """Return the log-likelihood with its derivatives by the coefficients.

    With P = M^-1 - M^-1 X (X'M^-1X)^-1 X'M^-1: score (y'P A_j P y - tr(P A_j)) / 2, expected
    information tr(P A_j P A_l) / 2, observed y'P A_j P A_l P y less the expected; in the traces of
    the full likelihood M^-1 stands for P (Harville 1977, J Am Stat Assoc 72:320, doi
    10.1080/01621459.1977.10480998; Gilmour, Thompson and Cullis 1995, Biometrics 51:1440, doi
    10.2307/2533274).

    Examples
    --------
    >>> trial = np.array([0, 1])
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(trial)], trial)
    >>> round(curvature(blocks, np.array([1.0]), restricted=True).score.item(), 12)
    0.0
    """
    fit = whitened(blocks, coefficients)
    beside = np.column_stack((fit.q, fit.residual))
    width = beside.shape[1]
    j = coefficients.size
    flat, moved, trace, start = [], [], np.zeros(j), 0
    for batch, root in zip(blocks.batches, fit.roots, strict=True):
        b, n = batch.rows.shape
        scaled = root @ batch.parts @ np.swapaxes(root, 1, 2)
        trace += np.trace(scaled, axis1=2, axis2=3).sum(axis=1)
        here = beside[start : start + b * n].reshape(b, n, width)
        moved.append((scaled @ here).reshape(j, b * n, width))
        flat.append(scaled.reshape(j, -1))
        start += b * n
    along = moved[0] if len(moved) == 1 else np.concatenate(moved, axis=1)
    residual = np.ascontiguousarray(along[:, :, -1])
    inner = beside.T @ along
    squares = flat[0] @ flat[0].T
    for other in flat[1:]:
        squares = squares + other @ other.T
    full = 0.5 * squares
    if restricted:
        trace -= np.trace(inner[:, :-1, :-1], axis1=1, axis2=2)
        columns = np.ascontiguousarray(along[:, :, :-1]).reshape(j, -1)
        small = np.ascontiguousarray(inner[:, :-1, :-1]).reshape(j, -1)
        squares = squares - 2 * columns @ columns.T + small @ small.T
    crossed = inner[:, :-1, -1]
    expected = 0.5 * squares
    return Curvature(
        value=fit.log_likelihood(blocks.k, restricted=restricted),
        score=0.5 * (inner[:, -1, -1] - trace),
        expected=expected,
        observed=residual @ residual.T - crossed @ crossed.T - expected,
        full=full,
    )


def log_likelihoods(blocks: Blocks, coefficients: Matrix, *, restricted: bool) -> Floats:
    """Return the log-likelihood at each row of coefficients, for choosing where to start.

    Quicker and less exact than :func:`curvature`; -inf where M is not positive definite.

    Examples
    --------
    >>> trial = np.array([0, 1])
    >>> blocks = arranged(np.array([1.0, 3.0]), np.ones((2, 1)), np.ones(2), [Part(trial)], trial)
    >>> log_likelihoods(blocks, np.array([[0.0], [1.0]]), restricted=True).round(4)
    array([-1.9189, -1.7655])
    """
    size = sum(batch.sampling.size for batch in blocks.batches)
    step = max(1, MOST_AT_ONCE // size)
    pieces = [coefficients[at : at + step] for at in range(0, len(coefficients), step)]
    return np.concatenate([_several(blocks, piece, restricted=restricted) for piece in pieces])


def _several(blocks: Blocks, coefficients: Matrix, *, restricted: bool) -> Floats:
    """Return log-likelihoods at rows of coefficients in one sweep, or one by one if it fails."""
    g, p = coefficients.shape[0], blocks.basis.shape[1]
    total, gram = np.zeros(g), np.zeros((g, p + 1, p + 1))
    try:
        for batch in blocks.batches:
            b, n = batch.rows.shape
            added = coefficients @ batch.parts.reshape(coefficients.shape[1], -1)
            lower = np.linalg.cholesky(batch.sampling + added.reshape(g, b, n, n))
            total += 2 * np.log(np.diagonal(lower, axis1=2, axis2=3)).sum(axis=(1, 2))
            white = np.linalg.solve(lower, batch.columns).reshape(g, b * n, p + 1)
            gram += np.swapaxes(white, 1, 2) @ white
        pivots = np.diagonal(np.linalg.cholesky(gram), axis1=1, axis2=2)
    except np.linalg.LinAlgError:
        if g == 1:
            return np.array([_one(blocks, coefficients[0], restricted=restricted)])
        rows = [_several(blocks, row[None], restricted=restricted) for row in coefficients]
        return np.concatenate(rows)
    total += pivots[:, -1] ** 2
    if not restricted:
        return np.asarray(-0.5 * (total + blocks.k * LOG_TWO_PI))
    total += 2 * np.log(pivots[:, :-1]).sum(axis=1)
    return np.asarray(-0.5 * (total + (blocks.k - p) * LOG_TWO_PI))


def _one(blocks: Blocks, coefficients: Floats, *, restricted: bool) -> float:
    """Return the exact log-likelihood, -inf where M is not positive definite."""
    try:
        fit = whitened(blocks, coefficients)
    except np.linalg.LinAlgError:
        return -np.inf
    return fit.log_likelihood(blocks.k, restricted=restricted)
