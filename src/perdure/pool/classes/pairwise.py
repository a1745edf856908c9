"""Which classes differ, and which are alike: every pair of means."""

from collections.abc import Sequence
from itertools import combinations
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from perdure.errors import InputError, Problem
from perdure.pool.classes.multiplicity import PAdjustment, adjusted_p, simultaneous
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import combination
from perdure.records import Coefficient, Floats
from perdure.records.multiplicity import (
    Adjustment,
    PairDifference,
    PairVerdict,
    PairwiseTable,
)

__all__ = ["alike_p", "pairwise_table"]

NOT_ALIKE = (
    "That two classes do not differ significantly does not show that they are alike: give an"
    " equivalence margin to ask that."
)


def pairwise_table(
    names: Sequence[str],
    means: ArrayLike,
    covariance: ArrayLike,
    df: float | None = None,
    *,
    margin: float | None = None,
    adjustment: Adjustment = "single-step",
    level: float = 0.95,
    seed: int = 1,
) -> PairwiseTable:
    """Compare every pair of means of one fit.

    Parameters
    ----------
    names : sequence of str, length g
        Of the classes.
    means : array_like of float, shape (g,)
        On the model's scale, all against one reference (0 for a reference level itself).
    covariance : array_like of float, shape (g, g)
    df : float or None
        Of the fit; None for a normal distribution.
    margin : float, optional
        Classes are alike if their difference is shown to lie between -margin and margin: two
        one-sided tests (Schuirmann 1987, doi 10.1007/BF01068419). Chosen before the data are
        seen, on the model's scale. Without one alike is not judged.
    adjustment : {"single-step", "holm", "hochberg", "bonferroni", "BH", "BY", "none"}
        Of p values for the number of pairs; single-step uses the correlations of the differences
        (Tukey's test where the layout is balanced). Tests of being alike are adjusted in the same
        way, by Holm where it is single-step.
    level : float
        Of the intervals; 1 - level is the bound of p in the verdicts.
    seed : int
        Of the integration of the single-step test.

    Raises
    ------
    InputError
        If there are fewer than two names, two are the same, sizes differ, the margin is not
        positive, or an option is unknown.

    Examples
    --------
    >>> table = pairwise_table(["ICI", "chemo"], [0.1, 0.0], np.eye(2) * 0.002, margin=0.25)
    >>> row = table.rows[0]
    >>> print(f"{row.estimate:.2f} p {row.p:.3f}, alike p {row.p_alike:.4f}: {row.verdict}")
    0.10 p 0.114, alike p 0.0089: alike
    """
    beta, spread = np.array(means, dtype=np.float64), np.array(covariance, dtype=np.float64)
    g = len(names)
    _check(names, beta, spread, margin, adjustment)
    pairs = list(combinations(range(g), 2))
    rows = np.zeros((len(pairs), g))
    for at, (one, other) in enumerate(pairs):
        rows[at, one], rows[at, other] = 1, -1
    terms = [f"{names[one]} - {names[other]}" for one, other in pairs]
    found = [
        combination(term, row, beta, spread, df, level)
        for term, row in zip(terms, rows, strict=True)
    ]
    for coefficient in found:
        if not coefficient.se > 0:
            raise InputError(
                Problem("a difference has no variance", "leave it out", value=coefficient.term)
            )
    if adjustment == "single-step":
        together = simultaneous(terms, rows, beta, spread, df, level=level, seed=seed)
        adjusted = [term.p_adjusted for term in together.terms]
    else:
        adjusted = adjusted_p([c.p for c in found], adjustment).tolist()
    alike_adjustment: PAdjustment = "holm" if adjustment == "single-step" else adjustment
    alike: list[float | None] = [None] * len(pairs)
    alike_adjusted: list[float | None] = [None] * len(pairs)
    if margin is not None:
        single = [alike_p(c, margin) for c in found]
        alike = list(single)
        alike_adjusted = list(adjusted_p(single, alike_adjustment).tolist())
    return PairwiseTable(
        tuple(
            PairDifference(
                names[one],
                names[other],
                found[at].estimate,
                found[at].se,
                found[at].ci_low,
                found[at].ci_high,
                found[at].p,
                adjusted[at],
                alike[at],
                alike_adjusted[at],
                _verdict(adjusted[at], alike_adjusted[at], 1 - level),
            )
            for at, (one, other) in enumerate(pairs)
        ),
        adjustment,
        alike_adjustment,
        margin,
        df,
        level,
        (NOT_ALIKE,) if margin is None else (),
    )


def alike_p(difference: Coefficient, margin: float) -> float:
    """Return the p value of two one-sided tests that a difference is beyond the margin.

    It is below 0.05 if and only if the 90% interval lies within the margin.

    Examples
    --------
    >>> from perdure.pool.models.linear import coefficient
    >>> round(alike_p(coefficient("a - b", 0.0, 0.01, None, 0.95), 0.196), 3)
    0.025
    """
    # The nearer bound is the harder to exclude.
    statistic = (abs(difference.estimate) - margin) / difference.se
    tail = ndtr(statistic) if difference.df is None else stdtr(difference.df, statistic)
    return float(tail)


def _verdict(p: float, alike: float | None, alpha: float) -> PairVerdict:
    """Return what is shown of a pair."""
    differ = p < alpha
    if alike is None:
        return "different" if differ else "not different"
    if alike < alpha:
        return "different, but alike" if differ else "alike"
    return "different" if differ else "undecided"


def _check(
    names: Sequence[str],
    beta: Floats,
    spread: Matrix,
    margin: float | None,
    adjustment: str,
) -> None:
    """Refuse what cannot be compared."""
    g = len(names)
    if g < 2 or beta.shape != (g,) or spread.shape != (g, g):
        raise InputError(
            Problem(
                "means do not fit the classes",
                "give two classes or more, a mean for each and their covariance",
                value=f"{g} classes, {beta.size} means",
            )
        )
    if len(set(names)) < g:
        raise InputError(
            Problem("two classes have one name", "name them apart", value=", ".join(names))
        )
    if not (np.isfinite(beta).all() and np.isfinite(spread).all()):
        raise InputError(Problem("a mean or its covariance is missing", "leave the class out"))
    if margin is not None and not 0 < margin < np.inf:
        raise InputError(
            Problem("the equivalence margin is not positive", "give one above 0", value=f"{margin}")
        )
    if adjustment not in get_args(Adjustment):
        raise InputError(
            Problem(
                "unknown adjustment",
                f"choose one of {', '.join(get_args(Adjustment))}",
                value=str(adjustment),
            )
        )
