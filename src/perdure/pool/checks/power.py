"""What a meta-analysis can detect, before its effects are known."""

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad
from scipy.special import chdtri, nctdtr, ndtr

from perdure.errors import InputError, Problem
from perdure.pool.models.inputs import validated
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Test
from perdure.records.next_trial import PooledPower

__all__ = ["pooled_power"]


def pooled_power(
    true_effect: float,
    v: ArrayLike,
    *,
    tau2: float = 0.0,
    test: Test = "z",
    level: float = 0.95,
) -> PooledPower:
    """Return the power of a meta-analysis whose effects will have the variances ``v``.

    Hedges and Pigott 2001 (doi 10.1037/1082-989X.6.3.203): the pooled effect over its standard
    error is normal around lambda = true effect / se, se^2 = 1 / sum(1 / (v + tau2)); power is the
    probability that it exceeds the quantile on either side. For Hartung-Knapp the ratio is
    noncentral t with the same lambda. tau2 is taken as known, so that with few trials power is
    approximate (Jackson and Turner 2017, doi 10.1002/jrsm.1240).

    Parameters
    ----------
    true_effect : float
        Mean of the true effects.
    v : array_like of float, shape (k,)
        Sampling variances.
    tau2 : float
        Variance of the true effects; 0 for a common effect.
    test : {"z", "t", "knha", "adhoc"}
        As in :func:`perdure.pool.pool`; all but z need two effects.
    level : float

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool` of variances; if tau2 is negative, the true effect not finite,
        or one effect is to be tested by t.

    Examples
    --------
    Ten trials of 25 patients an arm, effect 0.2:

    >>> round(pooled_power(0.2, [0.0804] * 10).power, 3)
    0.607
    """
    variances = np.array(v, dtype=np.float64)
    _, variances = validated(np.zeros(variances.shape), variances)
    _check(true_effect, tau2, test, level, variances.size)
    se = float(1 / np.sqrt((1 / (variances + tau2)).sum()))
    df = None if test == "z" else float(variances.size - 1)
    shift, quantile = abs(true_effect) / se, upper_quantile(df, level)
    if test == "knha" and df is not None:
        power = float(nctdtr(df, -shift, -quantile) + nctdtr(df, shift, -quantile))
    elif test == "adhoc" and df is not None:
        power = _never_narrower(shift, quantile, df)
    else:
        power = _outside(shift, quantile)
    return PooledPower(true_effect, tau2, se, test, df, power, level)


def _outside(shift: float, quantile: float) -> float:
    """Return the probability that a normal around ``shift`` is beyond the quantile."""
    return float(ndtr(shift - quantile) + ndtr(-shift - quantile))


def _never_narrower(shift: float, quantile: float, df: float) -> float:
    """Return power where the factor of Hartung and Knapp is not below 1: a mean over it."""

    def power(tail: float) -> float:
        factor = max(1.0, float(chdtri(df, tail)) / df)
        return _outside(shift, quantile * np.sqrt(factor))

    return float(quad(power, 0, 1, limit=200)[0])


def _check(true_effect: float, tau2: float, test: str, level: float, k: int) -> None:
    """Refuse what has no power."""
    problems = []
    if not np.isfinite(true_effect):
        problems.append(
            Problem("the true effect is not a finite number", "give one", value=f"{true_effect}")
        )
    if not 0 <= tau2 < np.inf:
        problems.append(
            Problem("tau2 is not 0 or a positive number", "correct it", value=f"{tau2}")
        )
    if test not in get_args(Test):
        problems.append(
            Problem("unknown test", f"choose one of {', '.join(get_args(Test))}", value=test)
        )
    if not 0 < level < 1:
        problems.append(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if test != "z" and k < 2:
        problems.append(Problem("one effect has no t distribution", "use the test z"))
    if problems:
        raise InputError(problems)
