"""What a model needs of its input: effects with variances, and a design that can be fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["INTERCEPT", "Fault", "design_matrix", "faults", "validated"]

INTERCEPT = "intercept"
WIDEST_RATIO = 1e10
"""Of the largest to the smallest variance: beyond it fewer than six digits would be right."""
LARGEST = 1e50
"""Of an effect or a variance (and of 1 / variance): beyond it squares of squares overflow."""


@dataclass(frozen=True)
class Fault:
    """A number that no model can be fitted to.

    Attributes
    ----------
    at : int
        Of which effect, from 0.
    what : {"value", "variance"}
    says, remedy : str
        What is wrong with it, and what to do.
    value : float
    """

    at: int
    what: Literal["value", "variance"]
    says: str
    remedy: str
    value: float


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
            f"the {found.what} of {_named(found.at, trial)} {found.says}",
            found.remedy,
            value=f"{found.value:g}",
        )
        for found in faults(effects, variances)
    ]
    if problems:
        raise InputError(problems)
    return effects, variances


def faults(effects: Floats, variances: Floats) -> list[Fault]:
    """Return every number that keeps a model from being fitted.

    Examples
    --------
    >>> faults(np.array([0.1, np.nan]), np.array([0.01, 0.02]))[0].says
    'is not a finite number'
    """
    found = [
        Fault(at, "value", "is not a finite number", "leave it out, or correct it", effects[at])
        for at in np.flatnonzero(~np.isfinite(effects)).tolist()
    ]
    found += [
        Fault(
            at,
            "variance",
            "is not a positive number",
            "an effect needs its sampling variance; leave it out where there is none",
            variances[at],
        )
        for at in np.flatnonzero(~((variances > 0) & (variances < np.inf))).tolist()
    ]
    return found if found or not effects.size else _out_of_scale(effects, variances)


def _out_of_scale(effects: Floats, variances: Floats) -> list[Fault]:
    """Return what is too large or too small to be computed with."""
    smallest, largest = float(variances.min()), float(variances.max())
    if max(float(np.abs(effects).max()), largest) > LARGEST or smallest < 1 / LARGEST:
        beyond = [
            Fault(at, "value", f"is beyond {LARGEST:g}", "check its scale", effects[at])
            for at in np.flatnonzero(np.abs(effects) > LARGEST).tolist()
        ]
        outside = (variances > LARGEST) | (variances < 1 / LARGEST)
        says = f"is not from {1 / LARGEST:g} to {LARGEST:g}"
        return beyond + [
            Fault(at, "variance", says, "check its scale", variances[at])
            for at in np.flatnonzero(outside).tolist()
        ]
    if largest <= WIDEST_RATIO * smallest:
        return []
    at = int(variances.argmin())
    says = f"is less than {1 / WIDEST_RATIO:g} of another"
    return [Fault(at, "variance", says, "check its standard error", variances[at])]


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
