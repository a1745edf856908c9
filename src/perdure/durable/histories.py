"""One proportion from those of many histories that fit a curve.

Where every history has a proportion between 0 and 1 with a standard error, Rubin's rules combine
them on the scale of log(-log). Where some are 0 or 1, which has no such scale, the histories'
confidence distributions are mixed, each with the same weight. Which history stands for the arm
elsewhere makes no difference.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, inf, log, sqrt

import numpy as np

from perdure.durable.proportion import LARGEST, Estimate, Limits
from perdure.records import Proportion
from perdure.survival import Combined, combine, normal_quantile, t_quantile

__all__ = ["combined_histories"]


def combined_histories(found: Sequence[Estimate], level: float) -> Estimate:
    """Return the proportions of all histories as one estimate, with limits for any width.

    Parameters
    ----------
    found : sequence of Estimate
        Each with a proportion and limits.
    level : float

    Returns
    -------
    Estimate
        Without influence: which patient adds what differs from history to history.

    Notes
    -----
    Rubin 1987, equations 3.1.2 to 3.1.8. In a mixture a history at 0 counts with the likelihood
    that its own upper limit shows, and with that limit over its number of standard errors for a
    standard error; one at 1 likewise.
    """
    each = [one.value for one in found if isinstance(one.value, Proportion)]
    first = each[0]
    if all((one.value, one.se) == (first.value, first.se) for one in each):
        same = replace(first, draws=len(each), rebuilt_share=0.0)
        return Estimate(same, {}, found[0].limits)
    if any(one.se is None for one in each):
        return _mixed(each, level)
    return _by_rubin(each, level)


def _by_rubin(each: Sequence[Proportion], level: float) -> Estimate:
    """Return proportions that all have a standard error, combined on the log(-log) scale."""
    both = _on_log_minus_log(each, level)
    limits = _symmetric(both)
    value = exp(-exp(both.estimate))
    low, high = limits(normal_quantile(level))
    beside = _likelihood(each, both)
    thin = sum(one.status == "thin" for one in each) > len(each) / 2
    found = replace(
        each[0],
        value=value,
        se=both.se * value * -log(value),
        ci_low=low,
        ci_high=high,
        status="thin" if thin else "estimable",
        draws=len(each),
        rebuilt_share=both.share,
        interval="log-log",
        likelihood_low=beside[0] if thin else None,
        likelihood_high=beside[1] if thin else None,
    )
    return Estimate(found, {}, limits)


def _on_log_minus_log(each: Sequence[Proportion], level: float) -> Combined:
    value = np.array([one.value for one in each])
    se = np.array([one.se for one in each], dtype=np.float64)
    return combine(np.log(-np.log(value)), (se / (value * np.log(value))) ** 2, level=level)


def _symmetric(both: Combined) -> Limits:
    """Return limits by Student's t with the degrees of freedom of Rubin's rules."""

    def limits(z: float) -> tuple[float, float]:
        reach = t_quantile(z, both.df) * both.se
        ends = (both.estimate + reach, both.estimate - reach)
        low, high = (exp(-exp(min(end, LARGEST))) for end in ends)
        return low, high

    return limits


def _likelihood(each: Sequence[Proportion], both: Combined) -> tuple[float | None, float | None]:
    """Return the mean likelihood interval of thin histories, put round the combined proportion.

    Its arms on the log(-log) scale are widened as the standard error is by the other histories.
    """
    thin = [
        (one.value, one.likelihood_low, one.likelihood_high)
        for one in each
        if one.likelihood_low is not None and one.likelihood_high is not None
    ]
    if not thin or both.within == 0:
        return None, None
    wider = sqrt(both.variance / both.within)
    down = float(np.mean([_scale(low) - _scale(value) for value, low, _ in thin]))
    up = float(np.mean([_scale(value) - _scale(high) for value, _, high in thin]))
    return (
        exp(-exp(min(both.estimate + wider * down, LARGEST))),
        exp(-exp(min(both.estimate - wider * up, LARGEST))),
    )


def _scale(value: float) -> float:
    """Return log(-log p); without end at 0 and 1."""
    if value <= 0:
        return inf
    return log(-log(value)) if value < 1 else -inf


def _mixed(each: Sequence[Proportion], level: float) -> Estimate:
    """Return proportions of which some are 0 or 1."""
    z = normal_quantile(level)
    value = np.array([one.value for one in each])
    errors = np.array([_error(one, z) for one in each])
    between = 0.0 if np.ptp(value) == 0 else (1 + 1 / value.size) * float(value.var(ddof=1))
    variance = float(np.mean(errors**2)) + between
    mean = float(value.mean())
    distribution = _Mixture(each, z)
    low, high = distribution.limits(z)
    edge = mean in (0.0, 1.0)
    found = replace(
        each[0],
        value=mean,
        se=None if edge else sqrt(variance),
        ci_low=min(low, mean),
        ci_high=max(high, mean),
        status="zero" if mean == 0 else "thin",
        draws=len(each),
        rebuilt_share=between / variance,
        interval="likelihood",
        likelihood_low=None,
        likelihood_high=None,
    )
    return Estimate(found, {}, distribution.limits)


def _error(one: Proportion, z: float) -> float:
    """Return a history's standard error; at 0 or 1 what its likelihood interval amounts to."""
    return (one.ci_high - one.ci_low) / z if one.se is None else one.se


class _Mixture:
    """Confidence distributions of several histories, mixed.

    A history with a standard error is normal on the log(-log) scale. One at 0 has half of its
    weight there, and the other half as a binomial likelihood of the size that its limit shows.
    """

    def __init__(self, each: Sequence[Proportion], z: float) -> None:
        inside = [one for one in each if one.se]
        self.centre = np.array([_scale(one.value) for one in inside])
        self.spread = np.array([(one.se or 0.0) / (one.value * -log(one.value)) for one in inside])
        self.at_zero = np.array(
            [-(z**2) / (2 * np.log1p(-one.ci_high)) for one in each if one.value == 0]
        )
        self.at_one = np.array([-(z**2) / (2 * log(one.ci_low)) for one in each if one.value == 1])
        self.size = len(each)

    def below(self, p: float) -> float:
        """Return the confidence that the proportion is not above ``p``, between 0 and 1."""
        from scipy.special import ndtr

        inside = ndtr((self.centre - _scale(p)) / self.spread)
        zero = ndtr(np.sqrt(-2 * self.at_zero * np.log1p(-p)))
        one = ndtr(-np.sqrt(-2 * self.at_one * np.log(p)))
        return float((inside.sum() + zero.sum() + one.sum()) / self.size)

    def quantile(self, share: float) -> float:
        """Return the proportion that has this much of the confidence below it."""
        from scipy.optimize import brentq

        least, most = 1e-15, 1 - 1e-15
        if self.below(least) >= share:
            return 0.0
        if self.below(most) <= share:
            return 1.0
        return float(brentq(lambda p: self.below(p) - share, least, most, xtol=1e-14))

    def limits(self, z: float) -> tuple[float, float]:
        """Return the limits at a number of standard errors."""
        from scipy.special import ndtr

        return self.quantile(float(ndtr(-z))), self.quantile(float(ndtr(z)))
