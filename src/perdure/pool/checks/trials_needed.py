"""How many more trials, or how large a one, an interval of a wanted width takes."""

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects
from perdure.records.next_trial import TrialsNeeded

__all__ = ["trials_for_half_width"]

MOST_TRIALS = 10**9


def trials_for_half_width(
    y: ArrayLike,
    v: ArrayLike,
    planned_v: float,
    half_width: float,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
) -> TrialsNeeded:
    """Return how many more trials make the pooled interval no wider than wanted.

    The half-width expected with m more trials is q / sqrt(sum(1 / (v + tau2)) + m / (planned_v +
    tau2)), tau2 held at its estimate, q normal or of t with the degrees of freedom that m adds;
    the factor of Hartung and Knapp is at its expectation, 1. The interval at hand has its own
    factor, so that it may be wider or narrower than the formula at m = 0.

    Parameters
    ----------
    y, v, model, method, test, level
        As in :func:`perdure.pool.pool`.
    planned_v : float
        Sampling variance of each further trial.
    half_width : float
        On the scale of the effects.

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool`; if a variance or the half-width is not positive, the
        half-width takes more than 1,000,000,000 trials, or one effect is given for a random model.

    Examples
    --------
    >>> needed = trials_for_half_width([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02], 0.03, 0.2)
    >>> needed.n_trials, round(needed.half_width_reached, 3), needed.single_v is None
    (10, 0.191, True)
    >>> needed.reason
    'no single trial is large enough: ...'
    """
    _check_positive(planned_v, half_width)
    fit = fit_effects(y, v, model=model, method=method, test=test, level=level)
    if fit.y.size < 2 and model == "random":
        raise InputError(
            Problem("one effect says nothing of tau2", "give two, or use the common effect")
        )
    if _half_width(fit, planned_v, MOST_TRIALS) > half_width:
        raise InputError(
            Problem("the half-width is out of reach", "give a larger one", value=f"{half_width:g}")
        )
    high = 1
    while _half_width(fit, planned_v, high) > half_width:
        high *= 2
    low = -1  # more than this many are needed
    while high - low > 1:
        middle = (low + high) // 2
        if _half_width(fit, planned_v, middle) > half_width:
            low = middle
        else:
            high = middle
    single, reason = _single(fit, half_width)
    return TrialsNeeded(
        half_width=half_width,
        planned_v=planned_v,
        n_trials=high,
        half_width_reached=_half_width(fit, planned_v, high),
        single_v=single,
        tau2=fit.between,
        reason=reason,
    )


def _weight(fit: Fit) -> float:
    """Return the sum of weights now."""
    return float((1 / (fit.v + fit.between)).sum())


def _half_width(fit: Fit, planned_v: float, m: int) -> float:
    """Return the half-width expected with ``m`` more trials."""
    df = None if fit.df is None else fit.df + m
    weight = _weight(fit) + m / (planned_v + fit.between)
    return upper_quantile(df, fit.level) / float(np.sqrt(weight))


def _single(fit: Fit, half_width: float) -> tuple[float | None, str | None]:
    """Return the largest variance with which one more trial does."""
    df = None if fit.df is None else fit.df + 1
    lacking = (upper_quantile(df, fit.level) / half_width) ** 2 - _weight(fit)
    if lacking <= 0:
        return None, "one more trial of any size is enough"
    variance = 1 / lacking - fit.between
    if variance > 0:
        return variance, None
    return None, (
        "no single trial is large enough: true effects differ between trials (tau2"
        f" {fit.between:.3g}), and one trial shows only its own"
    )


def _check_positive(planned_v: float, half_width: float) -> None:
    problems = [
        Problem(f"{what} is not a positive number", "correct it", value=f"{value}")
        for what, value in (
            ("the planned variance", planned_v),
            ("the half-width", half_width),
        )
        if not 0 < value < np.inf
    ]
    if problems:
        raise InputError(problems)
