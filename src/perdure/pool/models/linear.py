"""Linear questions to the coefficients of a fit: contrasts, joint tests, predicted values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Coefficient, Floats, JointTest, Predicted

__all__ = [
    "but_rounding",
    "coefficient",
    "combination",
    "joint_test",
    "predicted",
    "upper_quantile",
]


ROUNDING = 1e-12
"""A combination below this share of its terms is 0 but for rounding."""


def coefficient(
    term: str, estimate: float, variance: float, df: float | None, level: float
) -> Coefficient:
    """Return an estimate with its interval and p value; no width where the variance is 0.

    Examples
    --------
    >>> found = coefficient("mean", 0.5, 0.04, None, 0.95)
    >>> round(found.ci_low, 3), round(found.ci_high, 3), round(found.p, 4)
    (0.108, 0.892, 0.0124)
    """
    se = float(np.sqrt(variance))
    half = upper_quantile(df, level) * se
    # An estimate without error: certain to differ from 0, or certain not to.
    statistic = estimate / se if se > 0 else np.copysign(np.inf, estimate) if estimate else 0.0
    tail = ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))
    return Coefficient(term, estimate, se, df, estimate - half, estimate + half, float(2 * tail))


def upper_quantile(df: float | None, level: float) -> float:
    """Return the upper quantile of the two-sided interval: t with ``df``, or normal.

    Examples
    --------
    >>> round(upper_quantile(None, 0.95), 4), round(upper_quantile(5, 0.95), 4)
    (1.96, 2.5706)
    """
    upper = (1 + level) / 2
    return float(ndtri(upper) if df is None else stdtrit(df, upper))


def combination(
    term: str,
    weights: ArrayLike,
    beta: Floats,
    covariance: Matrix,
    df: float | None,
    level: float,
) -> Coefficient:
    """Return a linear combination of coefficients as a coefficient of its own.

    Examples
    --------
    >>> beta, covariance = np.array([0.1, 1.0]), np.diag([0.1, 0.05])
    >>> combination("second - first", [-1, 1], beta, covariance, None, 0.95).estimate
    0.9
    """
    row = np.asarray(weights, dtype=np.float64)
    estimate, scale = float(row @ beta), float(np.abs(row) @ np.abs(beta))
    variance = float(row @ covariance @ row)
    return coefficient(term, but_rounding(estimate, scale), variance, df, level)


def but_rounding(value: float, scale: float) -> float:
    """Return a sum, as 0 where it is but the rounding of terms of this size.

    Examples
    --------
    >>> but_rounding(0.1 + 0.2 - 0.3, 0.6), but_rounding(0.1, 0.6)
    (0.0, 0.1)
    """
    return 0.0 if abs(value) <= ROUNDING * scale else value


def joint_test(
    terms: Sequence[str], contrasts: ArrayLike, beta: Floats, covariance: Matrix, df: float | None
) -> JointTest:
    """Test that several linear combinations of the coefficients are all 0.

    Parameters
    ----------
    terms : sequence of str
        What is tested, in words.
    contrasts : array_like of float, shape (m, p)
        One combination a row.
    beta, covariance
        Of the fit.
    df : float or None
        Denominator's degrees of freedom; None for a chi-square.

    Raises
    ------
    InputError
        If rows depend on each other.

    Examples
    --------
    >>> beta, covariance = np.array([0.1, 1.0]), np.diag([0.1, 0.05])
    >>> round(joint_test(["both"], np.eye(2), beta, covariance, None).statistic, 6)
    20.1
    """
    rows = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    m = rows.shape[0]
    if np.linalg.matrix_rank(rows) < m:
        raise InputError(
            Problem(
                "the combinations that are tested together depend on each other",
                "leave out those that the others already say",
                value=", ".join(terms),
            )
        )
    scale = np.abs(rows) @ np.abs(beta)
    found = np.where(np.abs(rows @ beta) <= ROUNDING * scale, 0.0, rows @ beta)
    spread = rows @ covariance @ rows.T
    if not np.any(spread):
        # As for one coefficient without error: certainly 0, or certainly not.
        statistic = np.inf if np.any(found) else 0.0
    else:
        statistic = float(found @ np.linalg.solve(spread, found))
    if df is None:
        return JointTest(tuple(terms), statistic, m, None, float(chdtrc(m, statistic)))
    return JointTest(tuple(terms), statistic / m, m, df, float(fdtrc(m, df, statistic / m)))


def predicted(
    labels: Sequence[str],
    rows: ArrayLike,
    beta: Floats,
    covariance: Matrix,
    df: float | None,
    level: float,
    between: float | None,
) -> tuple[Predicted, ...]:
    """Return the model's mean at rows of the design, with its interval and its prediction interval.

    Parameters
    ----------
    labels : sequence of str
        One a row.
    rows : array_like of float, shape (m, p)
    beta, covariance, df, level
        Of the fit.
    between : float or None
        Variance of true effects around the mean; None for no prediction interval.

    Examples
    --------
    >>> row = predicted(["a"], [[1]], np.array([0.4]), np.array([[0.01]]), None, 0.95, 0.03)[0]
    >>> round(row.ci_low, 3), round(row.prediction_low, 3)
    (0.204, 0.008)
    """
    found = []
    for label, row in zip(labels, np.asarray(rows, dtype=np.float64), strict=True):
        mean = combination(label, row, beta, covariance, df, level)
        low = high = None
        if between is not None:
            half = upper_quantile(df, level) * float(np.sqrt(mean.se**2 + between))
            low, high = mean.estimate - half, mean.estimate + half
        found.append(
            Predicted(label, mean.estimate, mean.se, df, mean.ci_low, mean.ci_high, low, high)
        )
    return tuple(found)
