"""How the answer came about: the model refitted as effects came in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import effect_names, mean_only
from perdure.pool.checks.subsets import fit_subsets, refitted_rows
from perdure.pool.models.random_effects import Fit
from perdure.records.sensitivity import Cumulative

__all__ = ["cumulative"]


def cumulative(
    fit: Fit,
    order: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    ties_together: bool = False,
) -> Cumulative:
    """Fit the model again and again as effects come in by year, or by any other order.

    Cumulative meta-analysis: Lau and others 1992 (N Engl J Med 327:248, doi
    10.1056/NEJM199207233270406). Intervals are each at the level of the model: looking at every
    row for the first that leaves out 0 is not a test at that level.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, without moderators.
    order : array_like of float, shape (k,)
        A year or a rank for each effect, ascending; equal ones keep the order of the effects.
    names : sequence of str, optional
        Of the effects; default their numbers.
    ties_together : bool
        Whether effects of one year enter in one row.

    Raises
    ------
    InputError
        If the model has moderators, lengths differ, or a year is missing (it is named).

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.6, 0.9], [0.04, 0.05, 0.03], model="common")
    >>> found = cumulative(fit, [2019, 2015, 2019], names=["A", "B", "C"], ties_together=True)
    >>> [(row.name, row.n_effects, round(row.estimate, 3)) for row in found.rows]
    [('B', 1, 0.6), ('A, C', 3, 0.568)]
    """
    mean_only(fit, "cumulative pooling")
    k = fit.y.size
    labels = effect_names(names, k)
    years = np.asarray(order, dtype=np.float64)
    if years.shape != (k,):
        raise InputError(Problem("lengths differ", f"give {k} years", value=str(years.size)))
    missing = np.flatnonzero(~np.isfinite(years))
    if missing.size:
        raise InputError(
            [
                Problem(
                    f"the year of effect {at + 1} ({labels[at]}) is not a number",
                    "give it, or leave the effect out",
                )
                for at in missing.tolist()
            ]
        )
    sequence = np.argsort(years, kind="stable")
    ranked = years[sequence]
    last = np.flatnonzero(np.append(np.diff(ranked) > 0, True)) if ties_together else np.arange(k)
    position = np.empty(k, dtype=np.int64)
    position[sequence] = np.arange(k)
    keep = position[None, :] <= last[:, None]
    entered, before = [], 0
    for end in last.tolist():
        entered.append(", ".join(labels[at] for at in sequence[before : end + 1].tolist()))
        before = end + 1
    rows = refitted_rows(fit_subsets(fit, keep), tuple(entered), fit.level)
    return Cumulative(rows, tuple(ranked[last].tolist()))
