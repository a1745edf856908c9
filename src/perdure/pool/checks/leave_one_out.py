"""Does one effect, or one trial, carry the answer: the model without each in turn."""

from collections.abc import Sequence

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.checks.subsets import fit_subsets, refitted_rows
from perdure.pool.models.random_effects import Fit
from perdure.records.sensitivity import Change, LeaveOneOut, Refitted, Unit

__all__ = ["conclusions", "effect_names", "leave_one_out", "mean_only"]

MOST_NAMES = 5
"""A sentence names so many units, and counts the others."""


def leave_one_out(
    fit: Fit,
    *,
    names: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
) -> LeaveOneOut:
    """Fit the model again without each effect, or without each trial, in turn.

    The conclusion is the sign of the mean and whether its interval leaves out 0; a unit without
    which either is another one is named.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, without moderators, of two effects or more.
    names : sequence of str, optional
        Of the effects; default their numbers.
    trial : sequence of str, optional
        Each effect's trial: all effects of a trial are then left out together.

    Returns
    -------
    LeaveOneOut

    Raises
    ------
    InputError
        If the model has moderators, lengths differ, or there is one effect or one trial only.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.2, 0.9], [0.04, 0.05, 0.01], model="common")
    >>> found = leave_one_out(fit, names=["A", "B", "C"])
    >>> [round(row.estimate, 3) for row in found.rows]
    [0.783, 0.74, 0.144]
    >>> found.carried_by
    'C'
    >>> print(found.sentence)
    Without C the mean of 0.666 (95% interval 0.503 to 0.828) becomes 0.144 (-0.148 to 0.437):
    its interval then includes 0. No other effect changes the conclusion.
    """
    mean_only(fit, "leave-one-out")
    k = fit.y.size
    if trial is None:
        unit: Unit = "effect"
        labels = effect_names(names, k)
        keep = ~np.eye(k, dtype=bool)
    else:
        unit = "trial"
        of_effect = effect_names(trial, k)
        labels = tuple(dict.fromkeys(of_effect))
        keep = np.array([[one != label for one in of_effect] for label in labels])
    if len(labels) < 2:
        raise InputError(
            Problem(
                f"there is one {unit} only: without it nothing is left",
                f"give two {unit}s or more",
                value=labels[0],
            )
        )
    every = np.ones((1, k), dtype=bool)
    fits = fit_subsets(fit, np.concatenate((every, keep)))
    whole, *rows = refitted_rows(fits, ("all", *labels), fit.level)
    return conclusions(unit, whole, tuple(rows), fit.level)


def conclusions(
    unit: Unit, whole: Refitted, rows: tuple[Refitted, ...], level: float
) -> LeaveOneOut:
    """Return refits without each unit, with those without which the conclusion is another.

    Parameters
    ----------
    unit : {"effect", "trial"}
    whole : Refitted
        With all of them.
    rows : tuple of Refitted
        Without each.
    level : float
        Of the intervals.

    Examples
    --------
    >>> def mean(name, estimate):
    ...     limits = (estimate - 1, estimate + 1)
    ...     return Refitted(name, 2, estimate, 0.5, None, *limits, 0.1, 1.0, 1, 0.3, 0.0, 0.0, 1.0)
    >>> found = conclusions("trial", mean("all", 1.5), (mean("A", 2.0), mean("B", 0.5)), 0.95)
    >>> found.carried_by, found.changes
    ('B', (('B', 'significance'),))
    """
    changed = [(row, found) for row in rows if (found := _change(whole, row))]
    changes = tuple((row.name, found) for row, found in changed)
    carried_by = changes[0][0] if len(changes) == 1 else None
    sentence = _sentence(unit, whole, rows, changed, level)
    return LeaveOneOut(unit, whole, rows, changes, carried_by, sentence)


def effect_names(names: Sequence[str] | None, k: int) -> tuple[str, ...]:
    """Return the effects' names, or their numbers.

    Raises
    ------
    InputError
        If there is not one name an effect.

    Examples
    --------
    >>> effect_names(None, 2)
    ('1', '2')
    """
    if names is None:
        return tuple(str(at + 1) for at in range(k))
    if len(names) != k:
        raise InputError(
            Problem("lengths differ", f"give {k} names, one an effect", value=str(len(names)))
        )
    return tuple(names)


def mean_only(fit: Fit, what: str) -> None:
    """Refuse a model that has more than a mean.

    Raises
    ------
    InputError
        If the design is not an intercept alone.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> mean_only(fit_effects([0.1, 0.2], [0.04, 0.05]), "leave-one-out")
    """
    if fit.x.shape[1] != 1 or not bool((fit.x == 1).all()):
        raise InputError(
            Problem(
                f"{what} is of a mean, and this model has moderators",
                "pool without them; influence() is for models with moderators",
                value=", ".join(fit.terms),
            )
        )


def _significant(row: Refitted) -> bool:
    """Return whether the interval leaves out 0."""
    return row.ci_low > 0 or row.ci_high < 0


def _change(whole: Refitted, row: Refitted) -> Change | None:
    """Return in what the conclusions differ."""
    sign = bool(np.sign(whole.estimate) != np.sign(row.estimate))
    significance = _significant(whole) != _significant(row)
    if sign and significance:
        return "sign and significance"
    if sign:
        return "sign"
    return "significance" if significance else None


def _sentence(
    unit: str,
    whole: Refitted,
    rows: tuple[Refitted, ...],
    changed: list[tuple[Refitted, Change]],
    level: float,
) -> str:
    """Return what a reader wants to know."""
    per_cent = f"{100 * level:g}%"
    if not changed:
        lowest, highest = (f(row.estimate for row in rows) for f in (min, max))
        return (
            f"No single {unit} carries the result: without one the mean lies between {lowest:.3f}"
            f" and {highest:.3f} (all: {whole.estimate:.3f}), and neither its sign nor whether its"
            f" {per_cent} interval leaves out 0 changes."
        )
    if len(changed) == 1:
        row, change = changed[0]
        return (
            f"Without {row.name} the mean of {whole.estimate:.3f} ({per_cent} interval"
            f" {whole.ci_low:.3f} to {whole.ci_high:.3f}) becomes {row.estimate:.3f}"
            f" ({row.ci_low:.3f} to {row.ci_high:.3f}): {_becomes(row, change)}. No other {unit}"
            " changes the conclusion."
        )
    shown = ", ".join(f"{row.name} ({change})" for row, change in changed[:MOST_NAMES])
    more = len(changed) - MOST_NAMES
    others = f" and {more} more" if more > 0 else ""
    return (
        f"The conclusion hangs on more than one {unit}: leaving out any of {len(changed)} changes"
        f" it ({shown}{others})."
    )


def _becomes(row: Refitted, change: Change) -> str:
    """Return how the conclusion differs."""
    parts = []
    if change != "significance":
        parts.append("its sign changes")
    if change != "sign":
        parts.append(f"its interval then {'leaves out' if _significant(row) else 'includes'} 0")
    return " and ".join(parts)
