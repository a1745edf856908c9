"""Durable response of one arm against its comparator, with their joint covariance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, erfc, exp, inf, log, sqrt

from perdure.durable.proportion import Estimate, Limits
from perdure.durable.sample import covariance
from perdure.durable.threshold import Threshold
from perdure.records import Contrast, NotEstimable, Proportion
from perdure.survival import normal_quantile

__all__ = ["contrast", "contrast_of"]

Scale = Callable[[float], float]
"""What a limit is put on before it is compared: itself, its logarithm, its logit."""

_STEP = 0.1
"""Standard errors between two widths of an interval at which it is looked at."""
_SURE = 10.0
"""From here on, p below 1e-22, coarser steps do."""
_FARTHEST = 38.0
"""Standard errors beyond which a p value is 0 to the last digit of a float."""
_SEARCHED = (
    *(_STEP * at for at in range(1, round(_SURE / _STEP) + 1)),
    *(_SURE + at for at in range(1, round(_FARTHEST - _SURE) + 1)),
)
_SAME = 1e-12
"""Proportions that differ by less are equal but for rounding."""


def contrast(
    threshold: Threshold, estimates: Mapping[str, Estimate], *, level: float = 0.95
) -> Contrast:
    """Compare two arms of one trial: difference, ratio and odds ratio of durable response.

    The covariance comes from the patients that both estimates rest on: under ``control`` and
    ``trial`` the arms share a threshold that was estimated.

    Parameters
    ----------
    threshold : Threshold
        Of the arm.
    estimates : mapping of str to Estimate
        Of the arm and of its comparator, in this order.
    level : float

    Returns
    -------
    Contrast
        With a ``reason`` where an arm has no estimate; an arm at 0 or 1 has a difference with an
        interval, and no ratios.

    Notes
    -----
    The limits of the difference, of the log ratio and of the log odds ratio recover the variance
    that the arms' own limits show, each on the side that faces the other arm (Zou and Donner 2008,
    doi 10.1002/sim.3095; Newcombe 1998). So they are not symmetric where the arms' are not. The p
    value inverts the interval of the difference: it is below 0.05 where that leaves out 0, and
    comes from the narrowest interval that reaches 0.
    """
    (arm, first), (comparator, second) = estimates.items()
    fixed = threshold.time if threshold.reference == "fixed" else None
    blank = Contrast(arm, comparator, threshold.k, threshold.reference, level=level, time=fixed)
    for name, estimate in estimates.items():
        if isinstance(estimate.value, NotEstimable):
            return replace(blank, reason=f"{name}: {estimate.value.reason}")
    shared = covariance(first.influence, second.influence)
    return contrast_of(blank, first, second, shared)


def contrast_of(blank: Contrast, first: Estimate, second: Estimate, shared: float) -> Contrast:
    """Return a contrast of two estimates with limits, and ``shared`` covariance between them."""
    a, b = first.value, second.value
    assert isinstance(a, Proportion)  # noqa: S101 - contrast and durable_ensemble see to it
    assert isinstance(b, Proportion)  # noqa: S101
    z, rho = normal_quantile(blank.level), 0.0
    if a.se and b.se:
        rho = min(max(shared / (a.se * b.se), -1.0), 1.0)
    pair = _Pair(a.value, b.value, _limits_of(first), _limits_of(second), rho)
    difference = a.value - b.value
    low, high = pair.limits(_itself, z)
    if abs(difference) < _SAME:
        difference, low, high = 0.0, min(low, 0.0), max(high, 0.0)
    found = replace(blank, difference=difference, ci_low=low, ci_high=high)
    touching = _touching(pair, difference)
    if touching is not None:
        found = replace(found, p_value=erfc(touching / sqrt(2)))
    if a.se is None or b.se is None:
        name, value = (blank.arm, a.value) if a.se is None else (blank.comparator, b.value)
        reason = f"{name}: {value:.0%} durable response, which has no standard error and no ratio"
        return replace(found, reason=reason)
    ratio_low, ratio_high = pair.limits(_log, z)
    odds_low, odds_high = pair.limits(_logit, z)
    return replace(
        found,
        se=sqrt(max(a.se**2 + b.se**2 - 2 * shared, 0.0)),
        ratio=a.value / b.value,
        ratio_low=_power(ratio_low),
        ratio_high=_power(ratio_high),
        odds_ratio=_power(_logit(a.value) - _logit(b.value)),
        odds_ratio_low=_power(odds_low),
        odds_ratio_high=_power(odds_high),
    )


def _limits_of(estimate: Estimate) -> Limits:
    """Return the limits of an estimate that has some; each width is worked out once."""
    if estimate.limits is None:
        raise AssertionError("a proportion has limits")
    return cache(estimate.limits)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two estimates, their own limits for any number of standard errors, and their correlation."""

    first: float
    second: float
    first_limits: Limits
    second_limits: Limits
    rho: float

    def distances(self, scale: Scale, z: float) -> tuple[float, float]:
        """Return how far the limits lie below and above scale(first) - scale(second)."""
        a, b = scale(self.first), scale(self.second)
        low_a, high_a = (scale(limit) for limit in self.first_limits(z))
        low_b, high_b = (scale(limit) for limit in self.second_limits(z))
        return (
            _distance(max(a - low_a, 0.0), max(high_b - b, 0.0), self.rho),
            _distance(max(high_a - a, 0.0), max(b - low_b, 0.0), self.rho),
        )

    def limits(self, scale: Scale, z: float) -> tuple[float, float]:
        """Return the limits of scale(first) - scale(second).

        An arm's limits come to a standstill near 0 and 1. Where the arms are correlated, those of
        the difference would then come back with more standard errors: so they are the farthest of
        all up to ``z``, and a wider level never has a narrower interval.
        """
        each = [self.distances(scale, width) for width in self._widths(z)]
        centre = scale(self.first) - scale(self.second)
        return centre - max(below for below, _ in each), centre + max(above for _, above in each)

    def _widths(self, z: float) -> list[float]:
        """Return the widths that are looked at; ``z`` alone where none before can be farther."""
        if self.rho <= 0:
            return [z]
        return [*(_STEP * at for at in range(1, ceil(z / _STEP))), z]


def _distance(first: float, second: float, rho: float) -> float:
    if inf in (first, second):
        return inf
    return sqrt(max(first**2 + second**2 - 2 * rho * first * second, 0.0))


def _touching(pair: _Pair, difference: float) -> float | None:
    """Return how many standard errors first make the interval of the difference reach 0.

    None where the interval has no width; ``_FARTHEST`` where none up to that reaches 0.
    """
    if max(pair.distances(_itself, 1.0)) == 0:
        return None
    if difference == 0:
        return 0.0
    side = 0 if difference > 0 else 1

    def past_zero(z: float) -> float:
        return pair.distances(_itself, z)[side] - abs(difference)

    near = 0.0
    if past_zero(near) >= 0:  # a mixture's middle is not its mean
        return near
    for far in _SEARCHED if pair.rho > 0 else (_FARTHEST,):
        if past_zero(far) >= 0:
            from scipy.optimize import brentq

            return float(brentq(past_zero, near, far, xtol=1e-10))
        near = far
    return _FARTHEST


def _itself(value: float) -> float:
    return value


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf


def _logit(value: float) -> float:
    if value >= 1:
        return inf
    return log(value / (1 - value)) if value > 0 else -inf


def _power(value: float) -> float | None:
    """Return e to the power of a limit; None where it is without end."""
    return exp(value) if value < 700 else None
