"""Which effects depend on each other: groupings, known covariances, and the blocks they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.models.inputs import validated
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats
from perdure.records.arrays import Ints

__all__ = [
    "Grouping",
    "grouping",
    "groupings",
    "independent_blocks",
    "sampling_covariance",
    "shared_sampling",
]

ASYMMETRY = 1e-8
"""Relative difference of two halves of a covariance up to which it is rounding."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Effects put into groups.

    Attributes
    ----------
    name : str
    groups : tuple of str
        In order of first appearance.
    codes : array of int, shape (k,)
        Each effect's group.
    """

    name: str
    groups: tuple[str, ...]
    codes: Ints


def grouping(name: str, labels: Sequence[object], k: int) -> Grouping:
    """Return the groups that labels make.

    Raises
    ------
    InputError
        If there is not one label an effect, or one is empty.

    Examples
    --------
    >>> grouping("trial", ["B", "A", "B"], 3).codes.tolist()
    [0, 1, 0]
    """
    texts = [str(label) for label in labels]
    if len(texts) != k:
        found = f"{k} effects, {len(texts)} labels"
        raise InputError(
            Problem(
                f"lengths differ at {name}", "give each effect a label", None, None, None, found
            )
        )
    empty = [at + 1 for at, text in enumerate(texts) if not text.strip()]
    if empty:
        rows = ", ".join(str(at) for at in empty[:5])
        raise InputError(
            Problem(
                f"the level {name} has no label for effect {rows}", "give it, or leave the row out"
            )
        )
    at = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    codes = np.fromiter((at[text] for text in texts), np.int64, k)
    return Grouping(name, tuple(at), codes)


def groupings(
    levels: Mapping[str, Sequence[object]] | Sequence[Sequence[object]], k: int, *, nested: bool
) -> tuple[Grouping, ...]:
    """Return the levels of a model, the outermost first.

    Nested, a group is what shares its label and all outer labels: arm 1 of trial A is not arm 1 of
    trial B.

    Raises
    ------
    InputError
        If there is no level, a label is missing, or two levels group the effects alike.

    Examples
    --------
    >>> [level.groups for level in groupings([["A", "A", "B"], [1, 2, 1]], 3, nested=True)]
    [('A', 'B'), ('A/1', 'A/2', 'B/1')]
    """
    named: Mapping[str, Sequence[object]]
    named = levels if isinstance(levels, Mapping) else _numbered(levels)
    if not named:
        raise InputError(Problem("there is no level", "name at least one grouping, as trial"))
    found: list[Grouping] = []
    for name, labels in named.items():
        level = grouping(name, labels, k)
        if nested and found:
            outer = found[-1]
            paths = [
                f"{outer.groups[above]}/{level.groups[own]}"
                for above, own in zip(outer.codes.tolist(), level.codes.tolist(), strict=True)
            ]
            level = grouping(name, paths, k)
        for other in found:
            if np.array_equal(other.codes, level.codes):
                raise InputError(
                    Problem(
                        f"the levels {other.name} and {name} group the effects alike, so that their"
                        " variances cannot be told apart",
                        "leave one of the two out",
                    )
                )
        found.append(level)
    return tuple(found)


def _numbered(levels: Sequence[Sequence[object]]) -> dict[str, Sequence[object]]:
    """Return unnamed levels with names."""
    return {f"level {at + 1}": labels for at, labels in enumerate(levels)}


def sampling_covariance(
    y: ArrayLike, v: ArrayLike | Sequence[ArrayLike], label: Sequence[str] | None = None
) -> tuple[Floats, Floats | Matrix]:
    """Return effects and their sampling covariance, checked.

    Parameters
    ----------
    y : array_like of float, shape (k,)
    v : array_like of float, shape (k,) or (k, k), or sequence of array_like
        Variances, a covariance matrix, or its diagonal blocks in the order of the effects.
    label : sequence of str, optional
        Names the effects in messages.

    Returns
    -------
    tuple of array
        The variances alone where there is no covariance.

    Raises
    ------
    InputError
        If shapes do not fit, a value is missing, a variance is not positive, or the matrix is not
        symmetric.

    Examples
    --------
    >>> sampling_covariance([0, 1, 2], [[[2.0, 1.0], [1.0, 2.0]], [[3.0]]])[1].tolist()
    [[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]
    """
    matrix = _assembled(v)
    if matrix.ndim == 1:
        return validated(y, matrix, label)
    k = matrix.shape[0]
    if matrix.ndim != 2 or matrix.shape[1] != k:
        found = " x ".join(str(size) for size in matrix.shape)
        raise InputError(
            Problem("the sampling covariance is not square", "give k rows of k", value=found)
        )
    effects, _ = validated(y, np.diagonal(matrix), label)
    if not np.isfinite(matrix).all():
        raise InputError(
            Problem("a sampling covariance is missing or infinite", "give 0 where there is none")
        )
    size = np.sqrt(np.diagonal(matrix))
    off = np.abs(matrix - matrix.T) > ASYMMETRY * np.outer(size, size)
    if off.any():
        row, column = np.argwhere(off)[0].tolist()
        raise InputError(
            Problem(
                f"the sampling covariance of effects {row + 1} and {column + 1} is not that of"
                f" {column + 1} and {row + 1}",
                "give a symmetric matrix",
            )
        )
    matrix = (matrix + matrix.T) / 2
    if np.count_nonzero(matrix) == k:
        return effects, np.ascontiguousarray(np.diagonal(matrix))
    return effects, matrix


def _assembled(v: ArrayLike | Sequence[ArrayLike]) -> Floats | Matrix:
    """Return variances or one matrix."""
    if isinstance(v, Sequence) and any(np.ndim(part) == 2 for part in v):
        blocks = [np.atleast_2d(np.asarray(part, dtype=np.float64)) for part in v]
        ends = np.cumsum([0, *(block.shape[0] for block in blocks)])
        matrix = np.zeros((int(ends[-1]), int(ends[-1])))
        for block, start, end in zip(blocks, ends[:-1], ends[1:], strict=True):
            if block.shape[0] != block.shape[1]:
                found = f"{block.shape[0]} x {block.shape[1]}"
                raise InputError(
                    Problem(
                        "a block of the sampling covariance is not square",
                        "give n rows of n",
                        value=found,
                    )
                )
            matrix[start:end, start:end] = block
        return matrix
    return np.array(v, dtype=np.float64)


def independent_blocks(codes: Sequence[Ints], v: Floats | Matrix) -> Ints:
    """Return each effect's block: effects are in one if a group or a covariance connects them.

    Examples
    --------
    >>> independent_blocks([np.array([0, 1, 1, 2])], np.ones(4)).tolist()
    [0, 1, 1, 2]
    """
    k = codes[0].size
    block = np.arange(k)
    pairs = np.nonzero(np.triu(v, 1)) if v.ndim == 2 else None
    while True:
        before = block
        for code in codes:
            smallest = np.full(int(code.max()) + 1, k)
            np.minimum.at(smallest, code, block)
            block = smallest[code]
        if pairs is not None:
            block = block.copy()
            low = np.minimum(block[pairs[0]], block[pairs[1]])
            np.minimum.at(block, pairs[0], low)
            np.minimum.at(block, pairs[1], low)
        if np.array_equal(block, before):
            return np.unique(block, return_inverse=True)[1].astype(np.int64)


def shared_sampling(v: Floats, trial: Sequence[object], correlation: float) -> Floats | Matrix:
    """Return sampling variances with one correlation of the errors inside each trial.

    Tables of estimates seldom have the covariances of effects on the same patients; one
    correlation, and others beside it, shows what hangs on them.

    Raises
    ------
    InputError
        If the correlation is not from -1 to 1, without the ends.

    Examples
    --------
    >>> shared_sampling(np.array([0.04, 0.09]), ["A", "A"], 0.5).round(3).tolist()
    [[0.04, 0.03], [0.03, 0.09]]
    """
    if not -1 < correlation < 1:
        raise InputError(
            Problem(
                "a correlation of errors is not between -1 and 1",
                "0 is none; 0.5 is often supposed of two outcomes",
                value=f"{correlation:g}",
            )
        )
    if correlation == 0:
        return v
    label = np.array([str(one) for one in trial])
    found = np.sqrt(np.outer(v, v)) * np.where(label[:, None] == label, correlation, 0.0)
    np.fill_diagonal(found, v)
    return found
