"""The proportion of an arm beyond a threshold, with the variance that the threshold brings.

The estimate p = S(k m) moves with the patients of the arm and, through the median m, with those
that the median was estimated from. One influence value for each of these patients carries both;
sums of their products give every variance and covariance, whichever reference is chosen
(methods, section 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log
from typing import Literal, get_args

import numpy as np

from perdure.durable.clumps import slope_over_dates
from perdure.durable.density import density
from perdure.durable.sample import Influence, Sample, combined, covariance
from perdure.durable.threshold import Threshold
from perdure.errors import InputError, Problem
from perdure.records import NotEstimable, Proportion, Status
from perdure.survival import (
    INTERVAL_KINDS,
    SAME_TIME,
    IntervalKind,
    limits,
    normal_quantile,
    thomas_grunkemeier,
)

__all__ = ["INTERVALS", "LARGEST", "DurableInterval", "Estimate", "Limits", "estimate_proportion"]

DurableInterval = Literal["plain", "log", "log-log", "logit", "arcsin", "likelihood"]
"""The scale on which an interval is symmetric, or the likelihood's own."""
INTERVALS: tuple[DurableInterval, ...] = get_args(DurableInterval)

LARGEST = 700.0
"""The largest power of e that a float holds."""

_ROUNDING = 1e-12
"""A variance below this share of Greenwood's is 0 but for rounding."""

Limits = Callable[[float], tuple[float, float]]
"""From a number of standard errors to the two limits."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A proportion, or why there is none; the influence of every patient on it, and its limits.

    ``influence`` is empty where there is no standard error; ``limits`` gives the interval for any
    number of standard errors, and is None where there is no proportion.
    """

    value: Proportion | NotEstimable
    influence: Influence
    limits: Limits | None = None


def estimate_proportion(
    arm: Sample,
    threshold: Threshold,
    *,
    thin: int,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
    smoothing: float = 1.0,
) -> Estimate:
    """Return the proportion of an arm beyond the threshold, S(k m), or why there is none.

    Parameters
    ----------
    arm : Sample
        Of one arm.
    threshold : Threshold
    thin : int
        Fewer patients than this at risk at the threshold make the status ``thin``; such a
        proportion has a likelihood interval beside the other.
    level : float
    interval : {"log-log", "plain", "log", "logit", "arcsin", "likelihood"}
    smoothing : float
        Bandwidth of the density, as a multiple of the default.

    Raises
    ------
    InputError
        If the interval is unknown.

    Notes
    -----
    First order: p moves by psi(km) of the arm and by -f(km) times what each patient of the
    reference adds to the threshold (methods, section 2); where the median is one of few dates, see
    :func:`perdure.durable.clumps.slope_over_dates`. The likelihood interval is that of Thomas
    and Grunkemeier 1975 with the chi-square quantile multiplied by the variance over Greenwood's,
    so that it too carries the threshold. A proportion of 0 or 1 has a likelihood interval only,
    and no standard error.
    """
    if interval not in INTERVALS:
        remedy = f"choose one of {', '.join(INTERVALS)}"
        raise InputError(Problem("unknown kind of interval", remedy, value=str(interval)))
    curve, time = arm.curve, threshold.time
    z = normal_quantile(level)
    if time is None or time > curve.end_time * (1 + SAME_TIME):
        return _past_the_end(arm, threshold, z)
    value, at_risk = curve.at(time), curve.at_risk(time)
    status: Status = "thin" if at_risk < thin else "estimable"
    if value in (0.0, 1.0):
        return _at_the_edge(arm, time, z, "zero" if value == 0 else status)
    influence = arm.influence_on_survival(time)
    greenwood = covariance(influence, influence)
    if threshold.influence:
        influence = _moved(arm, threshold, influence, smoothing)
    variance = covariance(influence, influence)
    if variance < _ROUNDING * greenwood:  # at k = 1 the own median leaves nothing to vary
        variance = 0.0
    se = float(np.sqrt(variance))
    by_likelihood = _likelihood(arm, time, variance / greenwood)
    chosen = (
        by_likelihood
        if interval == "likelihood"
        else _symmetric(value, se, _symmetric_on(interval))
    )
    low, high = chosen(z)
    beside = by_likelihood(z) if status == "thin" else (None, None)
    found = Proportion(
        value,
        se,
        low,
        high,
        at_risk,
        status,
        interval=interval,
        likelihood_low=beside[0],
        likelihood_high=beside[1],
    )
    return Estimate(found, influence, chosen)


def _moved(arm: Sample, threshold: Threshold, influence: Influence, smoothing: float) -> Influence:
    """Return the influence on S(k m), with what each patient adds through the median."""
    basis, k, time = threshold.basis, threshold.k, threshold.time
    if threshold.at_median and basis is not None and k is not None:
        columns = {name: part[:, None] for name, part in influence.items()}
        slope = slope_over_dates(arm, basis, threshold.at_median, columns, np.array([k]))
        return combined([(1.0, influence), (-float(slope[0]), threshold.at_median)])
    slope_there = density(arm.curve, time or 0.0, smoothing=smoothing)
    return combined([(1.0, influence), (-slope_there, threshold.influence)])


def _symmetric_on(interval: DurableInterval) -> IntervalKind:
    return next(kind for kind in INTERVAL_KINDS if kind == interval)


def _symmetric(value: float, se: float, kind: IntervalKind) -> Limits:
    """Return the limits that are symmetric on a scale."""

    def at(z: float) -> tuple[float, float]:
        if kind == "log-log":  # the default, and asked for many times by a contrast
            power = exp(min(-z * se / (value * log(value)), LARGEST))
            return value**power, value ** (1 / power)
        found = limits(value, se, kind, z=z)
        return float(found.low), float(found.high)

    return at


def _likelihood(arm: Sample, time: float, variance_ratio: float) -> Limits:
    """Return the likelihood's limits, for a variance that is so many times Greenwood's."""
    patients = arm.patients

    def at(z: float) -> tuple[float, float]:
        if z == 0 or variance_ratio == 0:
            value = arm.curve.at(time)
            return value, value
        found = thomas_grunkemeier(patients.time, patients.event, time, chi2=variance_ratio * z * z)
        return float(found.low), float(found.high)

    return at


def _at_the_edge(arm: Sample, time: float, z: float, status: Status) -> Estimate:
    """Return a proportion of 0 or 1: a likelihood interval, and no standard error."""
    value = arm.curve.at(time)
    by_likelihood = _likelihood(arm, min(time, arm.curve.end_time), 1.0)
    low, high = by_likelihood(z)
    found = Proportion(
        value, None, low, high, arm.curve.at_risk(time), status, interval="likelihood"
    )
    return Estimate(found, {}, by_likelihood)


def _past_the_end(arm: Sample, threshold: Threshold, z: float) -> Estimate:
    """Return what is known where the curve does not reach the threshold.

    A curve that has fallen to 0 before is known for ever: that is an answer, of 0.
    """
    end, unit = arm.curve.end_time, arm.time_unit
    last = arm.curve.at(end)
    if last == 0 and threshold.at_least >= end:
        return _at_the_edge(arm, max(end, threshold.at_least), z, "zero")
    until = min(end, threshold.at_least)
    if threshold.time is not None:
        reason = (
            f"the threshold ({threshold.time:.1f} {unit}) lies past the end of follow-up"
            f" ({end:.1f} {unit}, survival {last:.2f})"
        )
    else:
        reason = threshold.reason
    return Estimate(NotEstimable(reason, 0.0, arm.curve.at(until), _upper_limit(arm, until, z)), {})


def _upper_limit(arm: Sample, time: float, z: float) -> float:
    """Return the upper limit of survival at a time that is not estimated."""
    value, se = arm.curve.at(time), arm.curve.standard_error_at(time)
    if value in (0.0, 1.0) or se is None:
        return 1.0 if value == 1 else _likelihood(arm, time, 1.0)(z)[1]
    return _symmetric(value, se, "log-log")(z)[1]
