"""Several questions at once: adjusted p values, and intervals that hold together."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import chdtrc, fdtrc, ndtri

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient, upper_quantile
from perdure.records import Floats
from perdure.records.multiplicity import Simultaneous, Term

__all__ = ["PAdjustment", "adjusted_p", "simultaneous"]

PAdjustment = Literal["holm", "hochberg", "bonferroni", "BH", "BY", "none"]

REPLICATES = 8
"""Independent sets of directions, from whose spread the error of integration is told."""
DIRECTIONS = 4096
"""In each set."""
NEGLIGIBLE = 1e-10
"""Eigenvalue of a correlation matrix, of its largest, that is rounding."""


def adjusted_p(p: ArrayLike, method: PAdjustment = "holm") -> Floats:
    """Return p values adjusted for their number.

    Parameters
    ----------
    p : array_like of float, shape (m,)
    method : {"holm", "hochberg", "bonferroni", "BH", "BY", "none"}
        Holm (1979) and Bonferroni hold the chance of any false finding, whatever the dependence;
        Hochberg (1988, doi 10.1093/biomet/75.4.800) for independent or positively dependent tests.
        BH (Benjamini and Hochberg 1995, doi 10.1111/j.2517-6161.1995.tb02031.x) and BY (Benjamini
        and Yekutieli 2001, doi 10.1214/aos/1013699998; any dependence) hold the share of false
        findings. Names and values are those of R's p.adjust.

    Raises
    ------
    InputError
        If a value is not from 0 to 1, there is none, or the method is unknown.

    Examples
    --------
    >>> adjusted_p([0.01, 0.04, 0.03]).round(3)
    array([0.03, 0.06, 0.06])
    """
    values = np.array(p, dtype=np.float64)
    if values.ndim != 1 or not values.size or not ((values >= 0) & (values <= 1)).all():
        raise InputError(
            Problem("p values are not numbers from 0 to 1", "leave out those that are missing")
        )
    if method not in get_args(PAdjustment):
        raise InputError(
            Problem(
                "unknown adjustment",
                f"choose one of {', '.join(get_args(PAdjustment))}",
                value=str(method),
            )
        )
    m = values.size
    if method in {"bonferroni", "none"}:
        return np.minimum(1.0, values * (m if method == "bonferroni" else 1))
    order = np.argsort(values, kind="stable")
    rank = np.arange(1, m + 1)
    ascending = values[order]
    if method == "holm":
        stepped = np.maximum.accumulate((m - rank + 1) * ascending)
    else:
        factor = {
            "hochberg": m - rank + 1.0,
            "BH": m / rank,
            "BY": m / rank * float((1 / rank).sum()),
        }[method]
        stepped = np.minimum.accumulate((factor * ascending)[::-1])[::-1]
    found = np.empty(m)
    found[order] = np.minimum(1.0, stepped)
    return found


def simultaneous(
    terms: Sequence[str],
    contrasts: ArrayLike,
    beta: ArrayLike,
    covariance: ArrayLike,
    df: float | None = None,
    *,
    level: float = 0.95,
    seed: int = 1,
) -> Simultaneous:
    """Judge contrasts together: single-step p values and simultaneous intervals.

    With all correlations known, P(any |t| >= c) is that of the largest of correlated normal or t
    statistics (Hothorn, Bretz and Westfall 2008, doi 10.1002/bimj.200810425). It is integrated
    over directions: in a direction u, where the largest of |A u| is h (A A' the correlation
    matrix, of rank r), it is P(F(r, df) >= c^2 / (r h^2)), so that only directions are drawn and
    small p values keep their digits.

    Parameters
    ----------
    terms : sequence of str, length m
    contrasts : array_like of float, shape (m, p)
        They may depend on each other, as all pairs of several means do.
    beta : array_like of float, shape (p,)
    covariance : array_like of float, shape (p, p)
    df : float or None
        Of one common estimate of scale; None for a normal distribution.
    level : float
    seed : int
        Of the random shifts of the lattice of directions.

    Returns
    -------
    Simultaneous
        Exact for one rank; by equally spaced directions for two; else by quasi-Monte Carlo on
        Richtmyer's lattice, with the standard error stated.

    Raises
    ------
    InputError
        If sizes differ, a contrast has no variance, or the level or df cannot be.

    Examples
    --------
    >>> found = simultaneous(
    ...     ["b - a", "c - a"], [[-1, 1, 0], [-1, 0, 1]], [0.0, 0.5, 0.9], np.eye(3) * 0.08
    ... )
    >>> [(term.term, round(term.p, 4), round(term.p_adjusted, 4)) for term in found.terms]
    [('b - a', 0.2113, 0.3507), ('c - a', 0.0244, 0.0455)]
    >>> round(found.critical, 3)
    2.212
    """
    rows = np.atleast_2d(np.array(contrasts, dtype=np.float64))
    mean, spread = np.array(beta, dtype=np.float64), np.array(covariance, dtype=np.float64)
    _check(terms, rows, mean, spread, df, level)
    estimates = rows @ mean
    variance = np.einsum("ij,jk,ik->i", rows, spread, rows)
    if not (variance > 0).all():
        raise InputError(
            Problem(
                "a contrast has no variance",
                "leave it out",
                value=terms[int(np.flatnonzero(~(variance > 0))[0])],
            )
        )
    se = np.sqrt(variance)
    scaled = rows / se[:, None]
    largest, rank = _largest(scaled @ spread @ scaled.T, seed)
    critical = _critical(largest, rank, df, level, len(terms))
    found, worst = [], _probability(largest, rank, df, critical)[1]
    for term, estimate, error in zip(terms, estimates.tolist(), se.tolist(), strict=True):
        alone = coefficient(term, estimate, error**2, df, level)
        together, off = _probability(largest, rank, df, abs(estimate) / error)
        worst = max(worst, off)
        half = critical * error
        # Rounding of the integral must not make several tests surer than one.
        adjusted = min(1.0, max(together, alone.p))
        found.append(
            Term(term, estimate, error, estimate - half, estimate + half, alone.p, adjusted)
        )
    return Simultaneous(tuple(found), critical, df, level, worst)


def _check(
    terms: Sequence[str],
    rows: Matrix,
    mean: Floats,
    spread: Matrix,
    df: float | None,
    level: float,
) -> None:
    """Refuse what does not fit together."""
    p = mean.size
    if rows.shape != (len(terms), p) or spread.shape != (p, p) or mean.ndim != 1 or not terms:
        raise InputError(
            Problem(
                "contrasts do not fit the coefficients",
                "give one row a contrast, one column a coefficient, and their covariance",
                value=f"{len(terms)} terms, {' x '.join(map(str, rows.shape))} contrasts, {p}"
                " coefficients",
            )
        )
    if not (np.isfinite(rows).all() and np.isfinite(mean).all() and np.isfinite(spread).all()):
        raise InputError(Problem("a coefficient or its covariance is missing", "leave it out"))
    if df is not None and not df > 0:
        raise InputError(
            Problem("degrees of freedom are not positive", "leave them out", value=f"{df}")
        )
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )


def _largest(correlation: Matrix, seed: int) -> tuple[Matrix, int]:
    """Return the largest statistic in each direction, by sets of directions, and the rank."""
    value, vector = np.linalg.eigh((correlation + correlation.T) / 2)
    kept = value > NEGLIGIBLE * value[-1]
    root = vector[:, kept] * np.sqrt(value[kept])
    rank = root.shape[1]
    if rank == 1:
        return np.ones((1, 1)), 1
    n = DIRECTIONS
    found = []
    for at in range(REPLICATES):
        if rank == 2:  # one angle, on which equally spaced points are best
            angle = np.pi * (np.arange(n) + (at + 0.5) / REPLICATES) / n
            directions = np.column_stack((np.cos(angle), np.sin(angle)))
        else:
            shift = np.random.default_rng([seed, at]).random(rank)
            lattice = (np.arange(1, n + 1)[:, None] * np.sqrt(_primes(rank)) + shift) % 1
            # A point on the edge would be an infinite normal deviate.
            normal = ndtri(np.clip(lattice, 1e-12, 1 - 1e-12))
            directions = normal / np.sqrt((normal**2).sum(axis=1))[:, None]
        found.append(np.abs(directions @ root.T).max(axis=1))
    return np.array(found), rank


def _primes(count: int) -> Floats:
    """Return the first primes."""
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return np.array(found, dtype=np.float64)


def _exceeding(largest: Matrix, rank: int, df: float | None, statistic: float) -> Matrix:
    """Return the probability of a larger statistic in each direction."""
    squared = (statistic / largest) ** 2
    found = chdtrc(rank, squared) if df is None else fdtrc(rank, df, squared / rank)
    return np.asarray(found)


def _probability(
    largest: Matrix, rank: int, df: float | None, statistic: float
) -> tuple[float, float]:
    """Return the probability of a larger statistic, with the standard error of its integral."""
    sets = _exceeding(largest, rank, df, statistic).mean(axis=1)
    error = float(sets.std(ddof=1) / np.sqrt(sets.size)) if sets.size > 1 else 0.0
    return float(sets.mean()), error


def _critical(largest: Matrix, rank: int, df: float | None, level: float, m: int) -> float:
    """Return the quantile of the largest statistic, between those of one and of Bonferroni."""
    low = upper_quantile(df, level)
    if rank == 1:
        return low
    high = upper_quantile(df, 1 - (1 - level) / m)

    def excess(c: float) -> float:
        return float(_exceeding(largest, rank, df, c).mean()) - (1 - level)

    return float(brentq(excess, 0.99 * low, 1.01 * high, xtol=1e-10))
