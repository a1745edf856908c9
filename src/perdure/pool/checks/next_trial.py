"""How much one more trial would change the answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError, Problem
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects
from perdure.records import Coefficient, Floats
from perdure.records.next_trial import NextTrial

__all__ = ["next_trial"]

REACH = 5.0
"""Normal scores that the outcomes of the trial are looked at over: all but 6 in 10 million."""
NODES = 161
FINE = 20_000
"""Equal shares of probability for quantiles of what is not monotone."""


@dataclass(frozen=True)
class _Belief:
    """A distribution of the new trial's estimate: normal, or t with ``df``."""

    mean: float
    scale: float
    df: float | None

    def below(self, value: float) -> float:
        z = (value - self.mean) / self.scale
        return float(ndtr(z) if self.df is None else stdtr(self.df, z))

    def at(self, score: Floats) -> Floats:
        """Return the values whose probabilities are those of normal scores."""
        z = score if self.df is None else np.sign(score) * -stdtrit(self.df, ndtr(-np.abs(score)))
        return np.asarray(self.mean + self.scale * z)


def next_trial(
    y: ArrayLike,
    v: ArrayLike,
    planned_v: float,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    true_effect: float | None = None,
    level: float = 0.95,
) -> NextTrial:
    """Return what one more trial of a given precision is expected to do to a pooled answer.

    The new trial's estimate is predicted around the pooled effect with the variance se^2 + tau2 +
    planned_v, normal or t as the interval is (Higgins, Thompson and Spiegelhalter 2009, doi
    10.1111/j.1467-985X.2008.00552.x). For every outcome the whole model is fitted again, tau2
    included; the outcomes at which an interval touches 0 are found as roots, so that chances are
    exact given the prediction and nothing is simulated. Conditional power supposes a mean true
    effect instead, and an estimate with the variance tau2 + planned_v around it (Roloff, Higgins
    and Sutton 2013, doi 10.1002/sim.5524).

    Parameters
    ----------
    y, v, model, method, test, level
        As in :func:`perdure.pool.pool`; of the effects at hand.
    planned_v : float
        Sampling variance of the new trial's estimate: see
        :func:`perdure.pool.checks.planned_trial.planned_variance`.
    true_effect : float, optional
        For conditional power; default the pooled effect.

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool`; if the planned variance is not positive, the true effect not
        finite, or one effect is given for a random model.

    Examples
    --------
    >>> found = next_trial([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02], 0.03)
    >>> print(found.sentence)
    Now 0.50 (-0.03 to 1.04), which does not exclude 0; the chance that one more trial changes that
    is 79%. Its own estimate is expected between -0.67 and 1.68.
    """
    fit = fit_effects(y, v, model=model, method=method, test=test, level=level)
    _check(fit, model, planned_v, true_effect)
    now, tau2 = fit.pooled.coefficients[0], fit.between

    def updated(outcome: float) -> Coefficient:
        again = fit_effects(
            np.append(fit.y, outcome),
            np.append(fit.v, planned_v),
            model=model,
            method=method,
            test=test,
            level=level,
        )
        return again.pooled.coefficients[0]

    true_spread = float(np.sqrt(now.se**2 + tau2))
    spread = float(np.sqrt(now.se**2 + tau2 + planned_v))
    predicted = _Belief(now.estimate, spread, fit.df)
    supposed = _Belief(
        now.estimate if true_effect is None else true_effect, float(np.sqrt(tau2 + planned_v)), None
    )
    scores = np.linspace(-REACH, REACH, NODES)
    outcomes = np.concatenate((predicted.at(scores), supposed.at(scores)))
    after = [updated(outcome) for outcome in outcomes.tolist()]

    def chances(question: Callable[[Coefficient], float]) -> tuple[float, float]:
        """Return how probable a positive answer is, as predicted and as supposed."""
        answers = np.array([question(found) for found in after])
        where = _where_positive(lambda outcome: question(updated(outcome)), outcomes, answers)
        return _chance(where, predicted), _chance(where, supposed)

    above, power_above = chances(lambda found: found.ci_low)
    below, power_below = chances(lambda found: -found.ci_high)
    positive, _ = chances(lambda found: found.estimate)
    after = after[: scores.size]
    half = np.array([(found.ci_high - found.ci_low) / 2 for found in after])
    effect = np.array([found.estimate for found in after])
    shares = ((1 - level) / 2, 0.5, (1 + level) / 2)
    if (np.diff(effect) > 0).all():
        ends = predicted.at(ndtri(np.array(shares)))
        low, median, high = (updated(outcome).estimate for outcome in ends.tolist())
    else:
        low, median, high = _quantiles(effect, scores, shares)
    quantile = upper_quantile(fit.df, level)
    found = NextTrial(
        now=now,
        n_effects=fit.y.size,
        tau2=tau2,
        planned_v=planned_v,
        true_low=now.estimate - quantile * true_spread,
        true_high=now.estimate + quantile * true_spread,
        estimate_low=now.estimate - quantile * spread,
        estimate_high=now.estimate + quantile * spread,
        updated_median=median,
        updated_low=low,
        updated_high=high,
        half_width_now=(now.ci_high - now.ci_low) / 2,
        half_width_median=_quantiles(half, scores, (0.5,))[0],
        chance_above=above,
        chance_below=below,
        chance_change=1 - _stays(now, above, below),
        chance_sign=1 - positive if now.estimate > 0 else positive,
        true_effect=supposed.mean,
        conditional_power=power_above if supposed.mean >= 0 else power_below,
        level=level,
        sentence="",
    )
    return _with_sentence(found)


def _where_positive(
    function: Callable[[float], float], nodes: Floats, values: Floats
) -> list[tuple[float, float]]:
    """Return the intervals of outcomes in which a function is positive; open at the ends."""
    order = np.argsort(nodes, kind="stable")
    nodes, values = _with_peaks(function, nodes[order], values[order])
    positive = values > 0
    edges = [-np.inf]
    for at in np.flatnonzero(positive[:-1] != positive[1:]).tolist():
        left, right = float(nodes[at]), float(nodes[at + 1])
        if values[at] * values[at + 1] == 0:  # a node is the root
            edges.append(left if values[at] == 0 else right)
        else:
            edges.append(_root(function, left, right))
    edges.append(np.inf)
    first = 0 if positive[0] else 1
    return list(zip(edges[first:-1:2], edges[first + 1 :: 2], strict=False))


def _root(function: Callable[[float], float], left: float, right: float) -> float:
    """Return where a function crosses 0 between two outcomes."""
    try:
        return float(brentq(function, left, right, rtol=1e-13))
    except RuntimeError as error:
        raise InputError(
            Problem(
                "the chances of a further trial cannot be computed",
                "check the scale of the effects and their errors",
            )
        ) from error


def _with_peaks(
    function: Callable[[float], float], nodes: Floats, values: Floats
) -> tuple[Floats, Floats]:
    """Add the peaks and troughs that cross 0 between two nodes and are back at the next."""
    found: list[tuple[int, float, float]] = []
    for at in range(1, nodes.size - 1):
        side = -1.0 if values[at] > 0 else 1.0
        nearest = side * values[at]
        if nearest < max(side * values[at - 1], side * values[at + 1]) or values[at] == 0:
            continue
        best = minimize_scalar(
            lambda outcome, side=side: -side * function(outcome),
            bounds=(float(nodes[at - 1]), float(nodes[at + 1])),
            method="bounded",
        )
        if best.fun < 0:
            found.append((at + int(best.x > nodes[at]), float(best.x), -side * float(best.fun)))
    if not found:
        return nodes, values
    where = [at for at, _, _ in found]
    return (
        np.insert(nodes, where, [outcome for _, outcome, _ in found]),
        np.insert(values, where, [value for _, _, value in found]),
    )


def _chance(intervals: list[tuple[float, float]], belief: _Belief) -> float:
    """Return the probability of intervals of outcomes."""
    return float(sum(belief.below(high) - belief.below(low) for low, high in intervals))


def _quantiles(values: Floats, scores: Floats, at: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of a function of the outcome that is known at normal scores."""
    middle = ndtri((np.arange(FINE) + 0.5) / FINE)
    spread = np.interp(middle, scores, values)
    return tuple(float(value) for value in np.quantile(spread, at))


def _stays(now: Coefficient, above: float, below: float) -> float:
    """Return the chance that the conclusion stays what it is."""
    if now.ci_low > 0:
        return above
    if now.ci_high < 0:
        return below
    return max(0.0, 1 - above - below)


def _with_sentence(found: NextTrial) -> NextTrial:
    """Return the record with its answer in words."""
    now = found.now
    excludes = now.ci_low > 0 or now.ci_high < 0
    said = (
        f"Now {now.estimate:.2f} ({now.ci_low:.2f} to {now.ci_high:.2f}), which"
        f" {'excludes' if excludes else 'does not exclude'} 0; the chance that one more trial"
        f" changes that is {100 * found.chance_change:.0f}%. Its own estimate is expected between"
        f" {found.estimate_low:.2f} and {found.estimate_high:.2f}."
    )
    return replace(found, sentence=said)


def _check(fit: Fit, model: str, planned_v: float, true_effect: float | None) -> None:
    """Refuse what cannot be predicted."""
    problems = []
    if fit.y.size < 2 and model == "random":
        problems.append(
            Problem(
                "one effect says nothing of how much trials differ",
                "give two, or use the common effect",
            )
        )
    if not 0 < planned_v < np.inf:
        problems.append(
            Problem(
                "the planned variance is not a positive number", "correct it", value=f"{planned_v}"
            )
        )
    if true_effect is not None and not np.isfinite(true_effect):
        problems.append(
            Problem("the true effect is not a finite number", "give one", value=f"{true_effect}")
        )
    if problems:
        raise InputError(problems)
