"""Durable response of one arm against its comparator, with their joint covariance."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import erfc, exp, inf, log, sqrt

from perdure.durable.proportion import Estimate
from perdure.durable.sample import covariance
from perdure.durable.threshold import Threshold
from perdure.records import Contrast, NotEstimable, Proportion
from perdure.survival import normal_quantile

__all__ = ["contrast", "contrast_of"]

_FARTHEST = 38.0
"""Standard errors beyond which a p value is 0 to the last digit of a float."""


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
    value inverts the interval of the difference: it is below 0.05 where that leaves out 0.
    """
    (arm, first), (comparator, second) = estimates.items()
    blank = Contrast(arm, comparator, threshold.k, threshold.reference)
    for name, estimate in estimates.items():
        if isinstance(estimate.value, NotEstimable):
            return replace(blank, reason=f"{name}: {estimate.value.reason}")
    shared = covariance(first.influence, second.influence)
    return contrast_of(blank, first, second, shared, normal_quantile(level))


def contrast_of(
    blank: Contrast, first: Estimate, second: Estimate, shared: float, z: float
) -> Contrast:
    """Return a contrast of two estimates with limits, and ``shared`` covariance between them."""
    a, b = first.value, second.value
    assert isinstance(a, Proportion)  # noqa: S101 - contrast and durable_ensemble see to it
    assert isinstance(b, Proportion)  # noqa: S101
    rho = 0.0
    if a.se and b.se:
        rho = min(max(shared / (a.se * b.se), -1.0), 1.0)

    def between(scale: Callable[[float], float], z: float) -> tuple[float, float]:
        return _recovered(scale, a.value, b.value, _at(first, z), _at(second, z), rho)

    low, high = between(_itself, z)
    found = replace(blank, difference=a.value - b.value, ci_low=low, ci_high=high)
    touching = _touching(lambda far: between(_itself, far), a.value - b.value)
    if touching is not None:
        found = replace(found, p_value=erfc(touching / sqrt(2)))
    if a.se is None or b.se is None:
        name, value = (blank.arm, a.value) if a.se is None else (blank.comparator, b.value)
        reason = f"{name}: {value:.0%} durable response, which has no standard error and no ratio"
        return replace(found, reason=reason)
    ratio_low, ratio_high = between(_log, z)
    odds_low, odds_high = between(_logit, z)
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


def _at(estimate: Estimate, z: float) -> tuple[float, float]:
    """Return the limits of an estimate that has some."""
    if estimate.limits is None:
        raise AssertionError("a proportion has limits")
    return estimate.limits(z)


def _recovered(
    scale: Callable[[float], float],
    a: float,
    b: float,
    limits_a: tuple[float, float],
    limits_b: tuple[float, float],
    rho: float,
) -> tuple[float, float]:
    """Return the limits of scale(a) - scale(b) from the limits of both."""
    difference = scale(a) - scale(b)
    down_a, up_a = scale(a) - scale(limits_a[0]), scale(limits_a[1]) - scale(a)
    down_b, up_b = scale(b) - scale(limits_b[0]), scale(limits_b[1]) - scale(b)
    return difference - _distance(down_a, up_b, rho), difference + _distance(up_a, down_b, rho)


def _distance(first: float, second: float, rho: float) -> float:
    if inf in (first, second):
        return inf
    return sqrt(max(first**2 + second**2 - 2 * rho * first * second, 0.0))


def _touching(limits: Callable[[float], tuple[float, float]], difference: float) -> float | None:
    """Return how many standard errors make an interval of the difference touch 0.

    None where the interval has no width, or no width there is reaches 0.
    """
    if difference == 0:
        low, high = limits(1.0)
        return 0.0 if high > low else None

    def past_zero(z: float) -> float:
        low, high = limits(z)
        return -low if difference > 0 else high

    if past_zero(_FARTHEST) < 0:
        low, high = limits(1.0)
        return _FARTHEST if high > low else None
    from scipy.optimize import brentq

    return float(brentq(past_zero, 0.0, _FARTHEST, xtol=1e-10))


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
