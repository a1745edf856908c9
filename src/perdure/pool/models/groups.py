"""Effects pooled group by group, and the groups compared in one meta-regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.classes.pairwise import pairwise_table
from perdure.pool.models.inputs import validated
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import (
    Fit,
    Method,
    Model,
    Test,
    fit_effects,
    needs_no_spare_effect,
    pool,
)
from perdure.records import Coefficient, Pooled
from perdure.records.multiplicity import Adjustment, PairwiseTable

__all__ = ["Group", "GroupDifference", "Groups", "group_design", "pool_by_group"]


@dataclass(frozen=True)
class Group:
    """One group's own model.

    Attributes
    ----------
    name : str
    pooled : Pooled
        With the group's own tau2.
    reason : str or None
        What one effect, or effects that are all equal, cannot tell.
    """

    name: str
    pooled: Pooled
    reason: str | None


@dataclass(frozen=True)
class GroupDifference:
    """The mean of ``first`` minus the mean of ``second``, on the scale given."""

    first: str
    second: str
    difference: Coefficient


@dataclass(frozen=True)
class Groups:
    """Groups pooled and compared.

    Attributes
    ----------
    rows : tuple of Group
        In order of first appearance.
    differences : tuple of GroupDifference
        Of every pair; empty with a ``reason``.
    regression : Pooled or None
        The meta-regression that the differences come from: the first group's mean, then every
        other group minus the first, one tau2 for all groups.
    reason : str or None
        Why there is no regression.
    pairs : PairwiseTable or None
        The differences judged together: p adjusted for their number, and whether groups are alike
        where a margin was given. None without differences, or where one has no error.
    """

    rows: tuple[Group, ...]
    differences: tuple[GroupDifference, ...]
    regression: Pooled | None
    reason: str | None
    pairs: PairwiseTable | None = None


def pool_by_group(
    y: ArrayLike,
    v: ArrayLike,
    group: Sequence[str],
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
    margin: float | None = None,
    adjustment: Adjustment = "holm",
) -> Groups:
    """Pool the effects of each group by itself, and compare groups in one meta-regression.

    A group's row has a tau2 of its own; the differences share one tau2, so that a small group
    borrows from the others, and need not equal the difference of two rows.

    Parameters
    ----------
    y, v : array_like of float, shape (k,)
        Effects and their sampling variances.
    group : sequence of str
        One an effect.
    model, method, test, trial, level
        As in :func:`perdure.pool.pool`.
    margin, adjustment
        As in :func:`perdure.pool.pairwise_table`; Holm's adjustment needs no integration.

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool` and :func:`perdure.pool.pairwise_table`.

    Examples
    --------
    >>> groups = pool_by_group([0.1, 0.3, 0.9, 1.2], [0.02] * 4, ["a", "a", "b", "b"])
    >>> [(row.name, round(row.pooled.coefficients[0].estimate, 3)) for row in groups.rows]
    [('a', 0.2), ('b', 1.05)]
    >>> round(groups.differences[0].difference.estimate, 3)
    -0.85
    """
    effects, variances = validated(y, v, trial)
    if len(group) != effects.size:
        found = f"{effects.size} effects, {len(group)} groups"
        raise InputError(Problem("lengths differ", "give each effect a group", value=found))
    labels = np.array(group, dtype=str)
    names = tuple(dict.fromkeys(group))
    rows = []
    for name in names:
        inside = np.flatnonzero(labels == name).tolist()
        pooled = pool(
            effects[inside],
            variances[inside],
            model=model,
            method=method,
            test=test,
            trial=None if trial is None else [trial[at] for at in inside],
            level=level,
        )
        rows.append(Group(name, pooled, _limits(pooled)))
    saturated = needs_no_spare_effect(model, test)
    reason = _why_no_comparison(names, effects.size, saturated=saturated)
    if reason is not None:
        return Groups(tuple(rows), (), None, reason)
    design, terms = group_design(group)
    fit = fit_effects(
        effects,
        variances,
        model=model,
        method=method,
        test=test,
        moderators=design,
        terms=terms,
        trial=trial,
        level=level,
    )
    pairs = _together(fit, names, margin, adjustment)
    return Groups(tuple(rows), _differences(fit, names), fit.pooled, None, pairs)


def group_design(group: Sequence[str]) -> tuple[Matrix, tuple[str, ...]]:
    """Return the design matrix of a factor whose first value is the reference level, and its terms.

    Examples
    --------
    >>> design, terms = group_design(["a", "b", "b"])
    >>> design.tolist(), terms
    ([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]], ('a', 'b - a'))
    """
    names = tuple(dict.fromkeys(group))
    design = np.array([[name == label for name in names] for label in group], dtype=np.float64)
    design[:, 0] = 1
    return design, (names[0], *(f"{name} - {names[0]}" for name in names[1:]))


def _differences(fit: Fit, names: tuple[str, ...]) -> tuple[GroupDifference, ...]:
    """Return every pair's difference; the first group's own column is 0 in the design."""
    columns = np.eye(len(names))
    columns[0] = 0
    return tuple(
        GroupDifference(
            names[first],
            names[second],
            fit.combination(f"{names[first]} - {names[second]}", columns[first] - columns[second]),
        )
        for first, second in combinations(range(len(names)), 2)
    )


def _together(
    fit: Fit, names: tuple[str, ...], margin: float | None, adjustment: Adjustment
) -> PairwiseTable | None:
    """Return the pairs judged together, the first group's mean as 0."""
    apart = np.eye(len(names))[1:]
    covariance = apart.T @ fit.covariance[1:, 1:] @ apart
    if not np.diagonal(covariance)[1:].all():
        return None
    return pairwise_table(
        names,
        fit.beta[1:] @ apart,
        covariance,
        fit.df,
        margin=margin,
        adjustment=adjustment,
        level=fit.level,
    )


def _limits(pooled: Pooled) -> str | None:
    """Return what this group's effects cannot tell."""
    if pooled.n_effects == 1:
        return (
            "one estimate only: its own normal interval; tau2, a Hartung-Knapp interval and a"
            " prediction interval need two"
        )
    if pooled.coefficients[0].se == 0:
        return "the estimates are equal: their Hartung-Knapp interval has no width"
    if pooled.model == "common":
        return "a common effect has no prediction interval"
    return None


def _why_no_comparison(names: tuple[str, ...], k: int, *, saturated: bool) -> str | None:
    """Return why the groups cannot be compared; ``saturated``: one effect a group is enough."""
    if len(names) < 2:
        return "only one group has estimates, so there is nothing to compare it with"
    if k == len(names) and not saturated:
        return "every group has one estimate only, which says nothing of the variance between them"
    return None
