"""The power of a meta-analysis: the chance that it finds an effect that is there."""

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, gammaln, ndtr

from perdure.errors import InputError, Problem
from perdure.pool.inputs import validated
from perdure.pool.linear import upper_quantile
from perdure.pool.random_effects import Method, Model, Test, pool
from perdure.records import Floats
from perdure.records.next_trial import Power

__all__ = ["power", "simulated_power"]

PANELS = 32
"""On either side of 1, of the integral over the root of the residual mean square."""
TAIL = 1e-15
"""Probability beyond that integral, at each end."""


def power(
    effect: float,
    v: ArrayLike,
    tau2: float = 0.0,
    *,
    model: Model = "random",
    test: Test | None = None,
    level: float = 0.95,
) -> Power:
    """Return the power of the test of the mean, with tau2 known.

    The mean has the variance 1 / sum(1 / (v + tau2)). Its ratio to the error is normal around
    effect / se (Hedges and Pigott 2001, doi 10.1037/1082-989X.6.3.203); with Hartung-Knapp it is
    noncentral t on k - 1 degrees of freedom. That tau2 must be estimated costs more than this where
    trials are few (Jackson and Turner 2017, doi 10.1002/jrsm.1240): see :func:`simulated_power`.

    Parameters
    ----------
    effect : float
        The true mean effect.
    v : array_like of float, shape (k,)
        Sampling variances of all trials, those at hand and those that are planned.
    tau2 : float
        The true variance between trials; 0 for a common effect.
    model, test, level
        As in :func:`perdure.pool.pool`.

    Raises
    ------
    InputError
        If a variance is not positive, tau2 is negative, or not 0 with a common effect, the effect
        is not finite, an option is unknown, or a test of one trial needs a second.

    Examples
    --------
    >>> round(power(0.3, [0.04] * 6, 0.02).power, 3)
    0.672
    >>> round(power(0.3, [0.04] * 6, 0.02, test="z").power, 3)
    0.851
    """
    variances, test = _checked(effect, v, tau2, model, test, level)
    k = variances.size
    se = float(1 / np.sqrt((1 / (variances + tau2)).sum()))
    away = abs(effect) / se
    df = None if test == "z" else float(k - 1)
    critical = upper_quantile(df, level)
    scale = 1.0
    if df is None or test == "t":
        right, wrong = float(ndtr(away - critical)), float(ndtr(-away - critical))
    else:
        factor, weight = _residual_root(df)
        if test == "adhoc":
            factor = np.maximum(1.0, factor)
        right = float(weight @ ndtr(away - critical * factor))
        wrong = float(weight @ ndtr(-away - critical * factor))
        scale = float(weight @ factor)
    return Power(
        effect=float(effect),
        tau2=float(tau2),
        n_trials=k,
        model=model,
        test=test,
        level=level,
        power=right + wrong,
        right=right,
        expected_half_width=critical * se * scale,
        error=0.0,
    )


def simulated_power(
    effect: float,
    v: ArrayLike,
    tau2: float = 0.0,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
) -> Power:
    """Return the power of the whole analysis, tau2 estimated, by simulated meta-analyses.

    Parameters
    ----------
    effect, v, tau2, model, test, level
        As in :func:`power`; ``tau2`` may be above 0 also with a common effect, to see what comes of
        trusting one.
    method : str
        Estimator of tau2.
    draws : int
        Simulated meta-analyses, each of the trials ``v`` with normal errors and true effects.
    seed : int

    Raises
    ------
    InputError
        As :func:`power`, or if no draw is asked for.

    Examples
    --------
    >>> found = simulated_power(0.3, [0.04] * 6, 0.02, draws=200)
    >>> print(f"{found.power:.2f} (standard error {found.error:.2f})")
    0.68 (standard error 0.03)
    """
    variances, test = _checked(effect, v, tau2, model, test, level, trusted=False)
    if draws < 1:
        raise InputError(Problem("no draw is asked for", "take 1000 or more", value=str(draws)))
    random = np.random.default_rng(seed)
    sd = np.sqrt(variances + tau2)
    above = below = 0
    width = 0.0
    for noise in random.standard_normal((draws, variances.size)):
        mean = pool(
            effect + sd * noise, variances, model=model, method=method, test=test, level=level
        ).coefficients[0]
        above += mean.ci_low > 0
        below += mean.ci_high < 0
        width += mean.ci_high - mean.ci_low
    found = (above + below) / draws
    return Power(
        effect=float(effect),
        tau2=float(tau2),
        n_trials=variances.size,
        model=model,
        test=test,
        level=level,
        power=found,
        right=(above if effect >= 0 else below) / draws,
        expected_half_width=float(width / (2 * draws)),
        error=float(np.sqrt(found * (1 - found) / draws)),
    )


def _residual_root(df: float) -> tuple[Floats, Floats]:
    """Return nodes and weights for the root of a chi-square over its degrees of freedom."""
    node, weight = np.polynomial.legendre.leggauss(16)
    low, high = np.sqrt(chdtri(df, np.array([1 - TAIL, TAIL])) / df).tolist()
    edges = np.concatenate((np.linspace(low, 1, PANELS + 1), np.linspace(1, high, PANELS + 1)[1:]))
    half = np.diff(edges)[:, None] / 2
    root = (edges[:-1, None] + half * (node + 1)).ravel()
    log_density = (
        np.log(2) + df / 2 * np.log(df / 2) - gammaln(df / 2) + (df - 1) * np.log(root)
    ) - df / 2 * root**2
    return root, np.asarray((half * weight).ravel() * np.exp(log_density))


def _checked(
    effect: float,
    v: ArrayLike,
    tau2: float,
    model: str,
    test: Test | None,
    level: float,
    *,
    trusted: bool = True,
) -> tuple[Floats, Test]:
    """Return variances and the test that will be used."""
    variances = np.atleast_1d(np.array(v, dtype=np.float64))
    _, variances = validated(np.zeros(variances.size), variances)
    if test is None:
        test = "z" if model == "common" else "knha"
    problems = [
        Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(value))
        for name, value, allowed in (
            ("model", model, get_args(Model)),
            ("test", test, get_args(Test)),
        )
        if value not in allowed
    ]
    if not np.isfinite(effect):
        problems.append(Problem("the effect is not finite", "give a number", value=f"{effect}"))
    if not 0 <= tau2 < np.inf:
        problems.append(Problem("tau2 is negative or not finite", "give a variance, or 0"))
    elif trusted and model == "common" and tau2 > 0:
        problems.append(
            Problem("a common effect has no tau2", "take random effects, or simulated_power")
        )
    if not 0 < level < 1:
        problems.append(Problem("a confidence level is not between 0 and 1", "0.95 is usual"))
    if test != "z" and variances.size < 2:
        problems.append(Problem("the test needs two trials", "give two variances, or test z"))
    if problems:
        raise InputError(problems)
    return variances, test
