"""How much would one more trial change the answer, how many are needed, and with what power."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError, Problem
from perdure.pool.inputs import validated
from perdure.pool.linear import upper_quantile
from perdure.pool.random_effects import Fit, Method, Model, Test, fit_effects, pool
from perdure.records import Floats
from perdure.records.next_trial import NextTrial, Spread, TrialsNeeded

__all__ = ["next_trial", "trials_needed"]

MOST_TRIALS = 1_000_000
FARTHEST = 4.5
"""Normal deviate beyond which the answer is taken to stay as it is: 3e-6 on either side."""


def next_trial(
    y: ArrayLike,
    v: ArrayLike,
    variance: float,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    nodes: int = 200,
) -> NextTrial:
    """Return what a further trial of a given size may find, and what the answer may then be.

    Its estimate is predicted to be the mean plus sqrt(se^2 + tau2 + variance) times a deviate of
    the model's reference distribution (normal, or t on k - 1 degrees of freedom; Higgins,
    Thompson and Spiegelhalter 2009, doi 10.1111/j.1467-985X.2008.00552.x). The whole model, tau2
    included, is fitted again with each of ``nodes`` values across that distribution.

    Parameters
    ----------
    y, v : array_like of float, shape (k,)
        The effects so far and their sampling variances.
    variance : float
        Planned sampling variance of the further trial's effect.
    model, method, test, level
        As in :func:`perdure.pool.pool`.
    nodes : int
        Of the quadrature over the predictive distribution, equally spaced as normal deviates.
        Limits are taken as straight lines between them.

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool`; if the variance is not positive, or there is one trial only
        (which says nothing of how true effects differ) and the model is random.

    Notes
    -----
    The prediction takes tau2 as known and the trials so far as those that would be repeated: it
    answers what the model expects, and is no better than the model.

    Examples
    --------
    >>> found = next_trial([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02], 0.02)
    >>> print(f"{found.estimate_low:.2f} to {found.estimate_high:.2f}")
    -0.63 to 1.63
    >>> found.significant, round(found.p_significant, 2)
    (False, 0.79)
    """
    effects, variances = validated(y, v)
    _check_variance(variance, variances)
    if nodes < 10:
        raise InputError(Problem("nodes are too few", "take 100 or more", value=str(nodes)))
    if model == "random" and effects.size < 2:
        raise InputError(
            Problem(
                "one trial says nothing of how true effects differ",
                "take a common effect, or wait for a second trial",
            )
        )
    fit = fit_effects(effects, variances, model=model, method=method, test=test, level=level)
    mean = fit.pooled.coefficients[0]
    quantile = upper_quantile(fit.df, level)
    spread = float(np.sqrt(mean.se**2 + fit.between))
    whole = float(np.sqrt(mean.se**2 + fit.between + variance))
    chance = ndtr(np.linspace(-FARTHEST, FARTHEST, nodes))
    deviate = np.asarray(
        ndtri(chance) if fit.df is None else stdtrit(fit.df, chance), dtype=np.float64
    )

    def positive(values: Floats) -> float:
        return _positive(values, deviate, fit.df)

    extended = np.append(variances, variance)
    after = [
        pool(
            np.append(effects, value),
            extended,
            model=model,
            method=method,
            test=test,
            level=level,
        ).coefficients[0]
        for value in (mean.estimate + whole * deviate).tolist()
    ]
    estimate = np.array([one.estimate for one in after])
    low = np.array([one.ci_low for one in after])
    high = np.array([one.ci_high for one in after])
    above, below = positive(low), positive(-high)
    upward = mean.estimate > 0
    significant = mean.ci_low > 0 or mean.ci_high < 0
    p_significant = above + below
    p_opposite = below if upward else above
    same = above if upward else below
    tails = ((1 - level) / 2, (1 + level) / 2)
    return NextTrial(
        now=fit.pooled,
        variance=float(variance),
        true_low=mean.estimate - quantile * spread,
        true_high=mean.estimate + quantile * spread,
        estimate_low=mean.estimate - quantile * whole,
        estimate_high=mean.estimate + quantile * whole,
        estimate=_spread(estimate, chance, tails),
        ci_low=_spread(low, chance, tails),
        ci_high=_spread(high, chance, tails),
        half_width=_spread((high - low) / 2, chance, tails),
        significant=significant,
        p_significant=p_significant,
        p_opposite=p_opposite,
        p_sign=positive(-estimate if upward else estimate),
        p_conclusion=1 - same if significant else p_significant,
        level=level,
    )


def trials_needed(
    y: ArrayLike,
    v: ArrayLike,
    variance: float,
    half_width: float,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
) -> TrialsNeeded:
    """Return how many further trials of a given size bring the interval to a half-width.

    Expected at the tau2 of the trials so far: q / sqrt(W + n / (variance + tau2)), W the sum of
    their weights 1 / (v + tau2) and q the quantile of the reference distribution with n trials
    more (Hartung and Knapp's factor is 1 on average).

    Parameters
    ----------
    y, v, variance
        As in :func:`next_trial`.
    half_width : float
        Of the interval, on the scale of the effects.
    model, method, test, level
        As in :func:`perdure.pool.pool`.

    Raises
    ------
    InputError
        As :func:`next_trial`, or if the half-width is not positive.

    Examples
    --------
    >>> found = trials_needed([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02], 0.02, 0.2)
    >>> found.trials, round(found.half_width_now, 2), round(found.half_width_then, 3)
    (9, 0.53, 0.193)
    """
    effects, variances = validated(y, v)
    _check_variance(variance, variances)
    if not 0 < half_width < np.inf:
        raise InputError(
            Problem("a half-width is not positive", "give one above 0", value=f"{half_width}")
        )
    if model == "random" and effects.size < 2:
        raise InputError(
            Problem(
                "one trial says nothing of how true effects differ",
                "take a common effect, or wait for a second trial",
            )
        )
    fit = fit_effects(effects, variances, model=model, method=method, test=test, level=level)
    mean = fit.pooled.coefficients[0]
    now = (mean.ci_high - mean.ci_low) / 2
    if now <= half_width:
        return TrialsNeeded(0, half_width, now, now)
    expected = _expected_half_width(fit, variance)
    if expected(MOST_TRIALS) > half_width:
        reason = f"more than {MOST_TRIALS} trials of this size are needed"
        return TrialsNeeded(None, half_width, now, None, reason)
    low, high = 0, MOST_TRIALS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if expected(middle) > half_width else (low, middle)
    return TrialsNeeded(high, half_width, now, expected(high))


def _expected_half_width(fit: Fit, variance: float) -> Callable[[int], float]:
    """Return the half-width expected with n trials more."""
    information = float((1 / (fit.v + fit.between)).sum())
    each = 1 / (variance + fit.between)

    def expected(n: int) -> float:
        df = None if fit.df is None else fit.df + n
        return upper_quantile(df, fit.level) / float(np.sqrt(information + n * each))

    return expected


def _check_variance(variance: float, variances: Floats) -> None:
    """Refuse a planned variance that a model could not take."""
    if not 0 < variance < np.inf:
        raise InputError(
            Problem(
                "the variance of the further trial is not a positive number",
                "give the sampling variance that its size promises",
                value=f"{variance}",
            )
        )
    validated(np.zeros(variances.size + 1), np.append(variances, variance))


def _spread(values: Floats, chance: Floats, tails: tuple[float, float]) -> Spread:
    """Return the middle and the limits of values, each for its part of the distribution."""
    edges = np.concatenate(([0.0], (chance[1:] + chance[:-1]) / 2, [1.0]))
    order = np.argsort(values, kind="stable")
    mass = np.diff(edges)[order]
    middle = np.cumsum(mass) - mass / 2
    low, median, high = np.interp([tails[0], 0.5, tails[1]], middle, values[order]).tolist()
    return Spread(low, median, high)


def _positive(values: Floats, deviate: Floats, df: float | None) -> float:
    """Return the probability that a curve through the nodes is above 0."""
    left, right = values[:-1], values[1:]
    crossing = (left > 0) != (right > 0)
    share = np.where(crossing, left / np.where(crossing, left - right, 1.0), 0.0)
    at = deviate[:-1] + share * np.diff(deviate)

    def below(x: Floats) -> Floats:
        return np.asarray(ndtr(x) if df is None else stdtr(df, x))

    until, since = below(at) - below(deviate[:-1]), below(deviate[1:]) - below(at)
    inside = np.where(left > 0, np.where(crossing, until, since), np.where(crossing, since, 0.0))
    ends = float(below(deviate[:1])[0]) * (int(values[0] > 0) + int(values[-1] > 0))
    return float(inside.sum()) + ends
