"""How well survival curves agree with published facts: residuals, and how these vary together.

Kaplan-Meier estimates of one sample err together. On the scale of the cumulative hazard their
errors are sums over time, so that two of them, at s < t, have the correlation of v(s) and v(t),
(v(s) / v(t))^1/2, v being the variance; a median is such an estimate at its own time. A hazard
ratio errs with the curves of both its arms: with the cumulative hazard H of an arm with d events
its covariance is H / d, and -H / d for the arm in its denominator (first order, for proportional
hazards and one follow-up). So no fact is counted as if it came from other patients.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from perdure.published.hazards import Hazards, cox_limit
from perdure.published.products import times_transposed
from perdure.records import Floats, PublishedFact

__all__ = ["CENSORED", "Agreement", "Sizes", "agreement_of", "events_of_pair"]

CENSORED = 1.5
"""Variance of a Kaplan-Meier estimate over that of as many patients without censoring.

Used where no interval was printed: nine in ten of 330 real arms have less at their median.
"""

_LN2 = float(np.log(2))
_OWN_NOISE = 0.05
"""Share of a fact's variance that is its own: rounding, ties, another way to interpolate."""

Residual = Callable[[Hazards], Floats]


@dataclass(frozen=True)
class Sizes:
    """Patients of each arm, and those who had an event, as far as they are known."""

    n: Mapping[str, float]
    events: Mapping[str, float]


@dataclass(frozen=True)
class _Term:
    """A fact as a standard normal residual, and what its correlation needs."""

    fact: PublishedFact
    residual: Residual
    arm: int
    hazard: float
    """Cumulative hazard at the fact's time; 0 for a hazard ratio."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """All facts of a trial's endpoint.

    Attributes
    ----------
    terms : tuple of PublishedFact
        Those with a residual, in order.
    root : array of float, shape (terms, terms)
        Takes residuals to uncorrelated ones.
    """

    terms: tuple[PublishedFact, ...]
    root: NDArray[np.float64]
    _residuals: tuple[Residual, ...]
    _bounds: tuple[Residual, ...]

    def residuals(self, hazards: Hazards) -> NDArray[np.float64]:
        """Return the standardised residuals of facts, shape (draws, terms)."""
        draws = len(hazards.hazard)
        if not self._residuals:
            return np.zeros((draws, 0))
        return np.stack([one(hazards) for one in self._residuals], axis=1)

    def misfits(self, hazards: Hazards) -> NDArray[np.float64]:
        """Return numbers whose squares add up to -2 x log-likelihood, shape (draws, ...)."""
        normal = times_transposed(self.residuals(hazards), self.root)
        bounds = [np.sqrt(-2 * log_ndtr(one(hazards))) for one in self._bounds]
        return np.column_stack([normal, *bounds]) if bounds else normal


def agreement_of(arms: Sequence[str], facts: Sequence[PublishedFact], sizes: Sizes) -> Agreement:
    """Return the likelihood of a trial's curves given its published facts.

    A fact that needs the number of patients is used only where that is known: a hazard ratio needs
    it of both arms, numbers at risk and anything without an interval of its own arm.
    """
    place = {arm: at for at, arm in enumerate(arms)}
    terms: list[_Term] = []
    bounds: list[Residual] = []
    for fact in facts:
        arm = place[fact.arm]
        if fact.kind == "median" and fact.value is None:
            bounds += _not_reached(fact, arm, sizes)
        elif fact.kind == "median":
            terms.append(_Term(fact, _median(fact, arm, sizes), arm, _LN2))
        elif fact.kind == "survival":
            terms.append(_survival(fact, arm, sizes))
        elif fact.kind == "hazard ratio":
            terms += _ratio(fact, place, sizes)
        elif fact.kind in ("at risk", "events") and fact.time is not None:
            bounds += _counted(fact, arm, sizes)
    correlation = _correlation(terms, place, sizes)
    root = np.linalg.inv(np.linalg.cholesky(correlation)) if terms else np.zeros((0, 0))
    return Agreement(
        tuple(term.fact for term in terms),
        root,
        tuple(term.residual for term in terms),
        tuple(bounds),
    )


def _quantile(fact: PublishedFact) -> float:
    """Return the normal quantile of a fact's interval."""
    return float(ndtri((1 + fact.level) / 2))


def _log_error(hazard: float, n: float) -> float:
    """Return the error of log cumulative hazard that n patients leave, with some censoring."""
    return float(np.sqrt(CENSORED * np.expm1(hazard) / n) / hazard)


def _median(fact: PublishedFact, arm: int, sizes: Sizes) -> Residual:
    """Return the residual of a median: log-normal on each side that has a limit.

    A side without a limit errs on the scale of the curve, as n patients do: what follows the
    median is then free to be as flat as it may.
    """
    value = float(fact.value or 0)
    free = _log_error(_LN2, sizes.n.get(fact.arm, np.inf)) if fact.arm in sizes.n else np.inf
    rounding = fact.rounding / value / np.sqrt(3)
    z = _quantile(fact)

    def side(limit: float | None) -> float | None:
        if limit is None or limit <= 0:
            return None
        return float(np.hypot(abs(np.log(limit / value)) / z, rounding)) or None

    below, above = side(fact.low), side(fact.high)

    def residual(hazards: Hazards) -> Floats:
        later = np.log(hazards.median(arm) / value)
        on_curve = (np.log(_LN2) - np.log(hazards.cumulative(arm, value))) / free
        early = on_curve if below is None else later / below
        late = on_curve if above is None else later / above
        # The sign is that of a curve that lies too high, as it is for every fact.
        return np.where(later < 0, early, late)

    return residual


def _survival(fact: PublishedFact, arm: int, sizes: Sizes) -> _Term:
    """Return the residual of survival at a time: normal on the scale of log(-log)."""
    value, time = float(fact.value or 0), float(fact.time or 0)
    least = max(fact.rounding / 2, 1e-4)
    value = min(max(value, least), 1 - least)
    hazard = float(-np.log(value))
    if fact.low is not None and fact.high is not None and 0 < fact.low < fact.high < 1:
        width = np.log(np.log(fact.low) / np.log(fact.high))
        error = float(width) / (2 * _quantile(fact))
    else:
        error = _log_error(hazard, sizes.n[fact.arm])
    error = float(np.hypot(error, fact.rounding / np.sqrt(3) / (value * hazard)))

    def residual(hazards: Hazards) -> Floats:
        found: Floats = (np.log(hazard) - np.log(hazards.cumulative(arm, time))) / error
        return found

    return _Term(fact, residual, arm, hazard)


def _ratio(fact: PublishedFact, place: Mapping[str, int], sizes: Sizes) -> list[_Term]:
    """Return the residual of a hazard ratio: normal on the log scale."""
    against = fact.against
    if against not in place or against is None or not {fact.arm, against} <= sizes.n.keys():
        return []
    error = _ratio_error(fact, sizes)
    if error is None or fact.value is None:
        return []
    first, second = sizes.n[fact.arm], sizes.n[against]
    share = first / (first + second)
    events = events_of_pair(fact, sizes) / (first + second)
    value, arm, other = float(np.log(fact.value)), place[fact.arm], place[against]

    def residual(hazards: Hazards) -> Floats:
        found = cox_limit(hazards, arm, other, share=share, events=min(events, 0.98))
        # A ratio that is too small is a curve of the arm that lies too high.
        return (value - found) / error

    return [_Term(fact, residual, arm, 0.0)]


def _ratio_error(fact: PublishedFact, sizes: Sizes) -> float | None:
    """Return the standard error of a log hazard ratio: of its interval, or of the events."""
    if fact.value is None:
        return None
    rounding = fact.rounding / fact.value / np.sqrt(3)
    if fact.low and fact.high:
        width = np.log(fact.high / fact.low) / (2 * _quantile(fact))
        return float(np.hypot(width, rounding))
    counts = [sizes.events.get(fact.arm), sizes.events.get(fact.against or "")]
    if counts[0] and counts[1]:
        return float(np.hypot(np.sqrt(1 / counts[0] + 1 / counts[1]), rounding))
    return None


def events_of_pair(fact: PublishedFact, sizes: Sizes) -> float:
    """Return the events behind a hazard ratio, from its interval where they were not printed.

    Where hazards are not proportional Cox's model tends to another ratio after more events.
    """
    pair = (fact.arm, fact.against or "")
    if all(arm in sizes.events for arm in pair):
        return sum(sizes.events[arm] for arm in pair)
    error = _ratio_error(fact, sizes) or 1.0
    first, second = (sizes.n[arm] for arm in pair)
    return (first + second) ** 2 / (first * second) / error**2


def _not_reached(fact: PublishedFact, arm: int, sizes: Sizes) -> list[Residual]:
    """Return the bound of a median that was not reached when follow-up ended."""
    if fact.time is None or fact.arm not in sizes.n:
        return []
    time, error = fact.time, _log_error(_LN2, sizes.n[fact.arm])
    return [lambda hazards: (np.log(_LN2) - np.log(hazards.cumulative(arm, time))) / error]


def _counted(fact: PublishedFact, arm: int, sizes: Sizes) -> list[Residual]:
    """Return the bound of numbers at risk, or of events: the rest may have been censored."""
    n = sizes.n.get(fact.arm)
    if n is None or fact.time is None or fact.value is None:
        return []
    share, time, sign = fact.value / n, fact.time, 1.0
    if fact.kind == "events":
        share, sign = 1 - share, -1.0

    def bound(hazards: Hazards) -> Floats:
        survival = hazards.survival(arm, time)
        error = np.sqrt(np.maximum(survival * (1 - survival), 0.25 / n) / n)
        return sign * (survival - share) / error

    return [bound]


def _correlation(
    terms: Sequence[_Term], place: Mapping[str, int], sizes: Sizes
) -> NDArray[np.float64]:
    """Return how the errors of the facts vary together; positive definite."""
    matrix = np.eye(len(terms))
    for first, second in combinations(range(len(terms)), 2):
        found = _between(terms[first], terms[second], place, sizes)
        matrix[first, second] = matrix[second, first] = found * (1 - _OWN_NOISE)
    while len(terms) and np.linalg.eigvalsh(matrix)[0] < 0.02:
        matrix = 0.9 * matrix + 0.1 * np.eye(len(terms))
    return matrix


def _between(first: _Term, second: _Term, place: Mapping[str, int], sizes: Sizes) -> float:
    """Return the correlation of two facts."""
    if first.hazard and second.hazard:
        if first.arm != second.arm:
            return 0.0
        spread = sorted((np.expm1(first.hazard), np.expm1(second.hazard)))
        return float(np.sqrt(spread[0] / spread[1]))
    if not first.hazard and not second.hazard:
        return _between_ratios(first.fact, second.fact, sizes)
    ratio, curve = (first, second) if not first.hazard else (second, first)
    fact = ratio.fact
    arms = (fact.arm, fact.against or "")
    if curve.fact.arm not in arms:
        return 0.0
    error = _ratio_error(fact, sizes) or 1.0
    n, events = sizes.n[curve.fact.arm], _events_of(curve.fact.arm, fact, sizes)
    spread_here = float(np.sqrt(CENSORED * np.expm1(curve.hazard) / n))
    found = min(curve.hazard / events / (error * spread_here), 0.9)
    # A curve that lies too high makes the ratio of its arm too small: both residuals agree in sign.
    return found if curve.fact.arm == fact.arm else -found


def _between_ratios(first: PublishedFact, second: PublishedFact, sizes: Sizes) -> float:
    """Return the correlation of two hazard ratios: that of the arms that they share."""
    errors = (_ratio_error(first, sizes) or 1.0) * (_ratio_error(second, sizes) or 1.0)
    total = 0.0
    for mine, sign_mine in ((first.arm, 1), (first.against, -1)):
        for other, sign_other in ((second.arm, 1), (second.against, -1)):
            if mine == other and mine is not None:
                total += sign_mine * sign_other / _events_of(mine, first, sizes) / errors
    return float(np.clip(total, -0.9, 0.9))


def _events_of(arm: str, ratio: PublishedFact, sizes: Sizes) -> float:
    """Return an arm's events, or its share of those behind a hazard ratio."""
    if arm in sizes.events:
        return sizes.events[arm]
    pair = sizes.n[ratio.arm] + sizes.n[ratio.against or ""]
    return events_of_pair(ratio, sizes) * sizes.n[arm] / pair
