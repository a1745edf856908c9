"""One answer from several data sets that could all be the true one: Rubin's rules."""

from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.survival.intervals import normal_quantile

__all__ = ["Combined", "combine", "ensemble_interval", "t_quantile"]

_NORMAL_FROM = 1e7
"""With so many degrees of freedom t is normal to the last digit."""


@dataclass(frozen=True)
class Combined:
    """Estimates of one quantity from several data sets, combined.

    Attributes
    ----------
    estimate : float
        Their mean.
    within, between : float
        Mean of their variances, and variance among them.
    variance : float
        within + (1 + 1 / m) between.
    df : float
        Degrees of freedom; infinite where the data sets agree.
    low, high : float
        Limits from Student's t.
    """

    estimate: float
    within: float
    between: float
    variance: float
    df: float
    low: float
    high: float

    @property
    def se(self) -> float:
        """Standard error: the square root of the total variance."""
        return sqrt(self.variance)

    @property
    def share(self) -> float:
        """Share of the variance that comes from not knowing which data set is true."""
        return 0.0 if self.variance == 0 else 1 - self.within / self.variance


def combine(estimates: ArrayLike, variances: ArrayLike, *, level: float = 0.95) -> Combined:
    """Combine estimates of one quantity from several data sets by Rubin's rules.

    Parameters
    ----------
    estimates : array_like of float, shape (m,)
        On a scale on which they are about normal.
    variances : array_like of float, shape (m,)
        Squared standard errors.
    level : float
        Of the interval.

    Returns
    -------
    Combined

    Raises
    ------
    InputError
        If there is no estimate, lengths differ, or a value is not finite.

    Notes
    -----
    Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987, equations 3.1.2 to 3.1.8.

    Examples
    --------
    >>> found = combine([1.0, 1.2, 0.8], [0.04, 0.05, 0.03])
    >>> round(found.estimate, 6), round(found.variance, 6), round(found.df, 3)
    (1.0, 0.093333, 6.125)
    >>> combine([0.3], [0.01]).df
    inf
    """
    values = np.atleast_1d(np.asarray(estimates, dtype=np.float64))
    squares = np.atleast_1d(np.asarray(variances, dtype=np.float64))
    if values.size == 0 or values.size != squares.size:
        found = f"{values.size} estimates and {squares.size} variances"
        raise InputError(Problem("an estimate needs one variance each", "give pairs", value=found))
    if not (np.isfinite(values).all() and np.isfinite(squares).all() and (squares >= 0).all()):
        raise InputError(
            Problem("an estimate or a variance is no number", "leave it out, and say so")
        )
    m = values.size
    within = float(squares.mean())
    same = bool((values == values[0]).all())
    estimate = float(values[0]) if same else float(values.mean())
    between = 0.0 if same else float(values.var(ddof=1))
    extra = (1 + 1 / m) * between
    df = inf if extra == 0 else (m - 1) * (1 + within / extra) ** 2
    variance = within + extra
    spread = _quantile(level, df) * sqrt(variance)
    return Combined(estimate, within, between, variance, df, estimate - spread, estimate + spread)


def ensemble_interval(values: ArrayLike, *, level: float = 0.9) -> tuple[Floats, Floats]:
    """Return limits that a further draw is between, with at least the given probability.

    Of m draws the r-th smallest and the r-th largest, r = (m + 1)(1 - level) / 2 rounded down:
    one more draw like them lies between with probability 1 - 2 r / (m + 1), whatever their
    distribution. Of too few draws, the smallest and the largest.

    Parameters
    ----------
    values : array_like of float, shape (draws, ...)
        One quantity, or several beside each other; infinite where it is not reached.
    level : float

    Returns
    -------
    low, high : ndarray of float, shape (...)

    Examples
    --------
    >>> low, high = ensemble_interval(np.arange(50.0))
    >>> float(low), float(high)
    (1.0, 48.0)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=0)
    rank = max(int((ordered.shape[0] + 1) * (1 - level) / 2 + 1e-9), 1)
    return ordered[rank - 1], ordered[-rank]


def t_quantile(z: float, df: float) -> float:
    """Return the quantile of Student's t that has as much beyond it as ``z`` of the normal.

    ``z`` is not negative.

    Examples
    --------
    >>> round(t_quantile(1.959964, 10.0), 4), t_quantile(1.0, inf)
    (2.2281, 1.0)
    """
    if not isfinite(df) or df > _NORMAL_FROM:
        return z
    from scipy.special import ndtr, stdtrit

    return abs(float(stdtrit(df, float(ndtr(-z)))))  # far out scipy's infinity has lost its sign


def _quantile(level: float, df: float) -> float:
    """Return the two-sided quantile of Student's t."""
    normal = normal_quantile(level)
    if not isfinite(df) or df > _NORMAL_FROM:
        return normal
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))
