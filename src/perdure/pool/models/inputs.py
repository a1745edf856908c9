"""What a model needs of its input: effects with variances, and a design that can be fitted."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["INTERCEPT", "design_matrix", "validated"]

INTERCEPT = "intercept"
WIDEST_RATIO = 1e10
"""Of the largest to the smallest variance: beyond it fewer than six digits would be right."""
LARGEST = 1e50
"""Of an effect or a variance (and of 1 / variance): beyond it squares of squares overflow."""


def validated(
    y: ArrayLike, v: ArrayLike, trial: Sequence[str] | None = None
) -> tuple[Floats, Floats]:
    """Return effects and variances as arrays that a model can be fitted to.

    Raises
    ------
    InputError
        As :func:`pool`: every effect that is not finite and every variance that is not positive is
        named.

    Examples
    --------
    >>> validated([0.1, 0.2], [0.01, 0.0], trial=["A", "B"])
    Traceback (most recent call last):
    perdure.errors.InputError: The variance of effect 2 (B) is not a positive number (found '0')...
    """
    effects, variances = np.array(y, dtype=np.float64), np.array(v, dtype=np.float64)
    sizes = {effects.shape, variances.shape, effects.shape if trial is None else (len(trial),)}
    if len(sizes) > 1 or effects.ndim != 1:
        found = f"{effects.size} effects, {variances.size} variances"
        found += "" if trial is None else f", {len(trial)} trials"
        raise InputError(Problem("lengths differ", "give one of each an effect", value=found))
    if not effects.size:
        raise InputError(Problem("there is no effect to pool", "give at least one"))
    problems = [
        Problem(
            f"{what} of {_named(at, trial)} is not a {kind} number", remedy, value=f"{values[at]:g}"
        )
        for what, kind, values, wrong, remedy in (
            ("the value", "finite", effects, ~np.isfinite(effects), "leave it out, or correct it"),
            (
                "the variance",
                "positive",
                variances,
                ~((variances > 0) & (variances < np.inf)),
                "an effect needs its sampling variance; leave it out where there is none",
            ),
        )
        for at in np.flatnonzero(wrong).tolist()
    ]
    if problems:
        raise InputError(problems)
    smallest, largest = float(variances.min()), float(variances.max())
    if max(float(np.abs(effects).max()), largest, 1 / smallest) > LARGEST:
        raise InputError(
            Problem("effects or variances are too large or too small", "check their scale")
        )
    if largest > WIDEST_RATIO * smallest:
        raise InputError(
            Problem(
                f"the variance of {_named(int(variances.argmin()), trial)} is less than"
                f" {1 / WIDEST_RATIO:g} of another",
                "check its standard error",
                value=f"{smallest:g}",
            )
        )
    return effects, variances


def _named(at: int, trial: Sequence[str] | None) -> str:
    """Return how a message calls an effect."""
    return f"effect {at + 1}" if trial is None else f"effect {at + 1} ({trial[at]})"


def design_matrix(
    k: int, moderators: ArrayLike | None, terms: Sequence[str] | None, spare: int
) -> tuple[Matrix, tuple[str, ...]]:
    """Return a design matrix that can be fitted, and the names of its columns.

    Parameters
    ----------
    k : int
        Effects.
    moderators : array_like of float, shape (k, p), or None
        None: an intercept.
    terms : sequence of str or None
    spare : int
        How many more effects than columns are needed.

    Raises
    ------
    InputError
        If a value is missing, columns depend on each other, or effects are too few.

    Examples
    --------
    >>> design_matrix(2, None, None, 1)[1]
    ('intercept',)
    """
    if moderators is None:
        return np.ones((k, 1)), (INTERCEPT,)
    x = np.array(moderators, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != k or x.shape[1] == 0:
        found = " x ".join(str(size) for size in x.shape)
        raise InputError(
            Problem("moderators do not fit the effects", f"give {k} rows of columns", value=found)
        )
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise InputError(
            Problem(f"a moderator of effect {row + 1} is missing", "give it, or leave the row out")
        )
    p = x.shape[1]
    names = tuple(terms) if terms is not None else tuple(f"x{at + 1}" for at in range(p))
    if len(names) != p:
        raise InputError(
            Problem("terms do not fit the moderators", f"give {p} of them", value=", ".join(names))
        )
    if k < p + spare:
        raise InputError(
            Problem(
                f"{k} effects are too few for {p} coefficients",
                "pool without moderators, or with fewer",
                value=", ".join(names[:6]) + (f" and {p - 6} more" if p > 6 else ""),
            )
        )
    norm = np.sqrt((x**2).sum(axis=0))
    if not norm.all() or np.linalg.matrix_rank(x / norm) < p:
        raise InputError(
            Problem(
                "moderators depend on each other",
                "leave out a column that the others already say",
                value=", ".join(names),
            )
        )
    return x, names
