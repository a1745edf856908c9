"""The proportion of an arm beyond a threshold, with the variance that the threshold brings.

The estimate p = S(k m) moves with the patients of the arm and, through the median m, with those
that the median was estimated from. One influence value for each of these patients carries both;
sums of their products give every variance and covariance, whichever reference is chosen
(methods, section 2).
"""

from dataclasses import dataclass

import numpy as np

from perdure.durable.density import density
from perdure.durable.sample import Influence, Sample, covariance
from perdure.durable.threshold import Threshold
from perdure.records import NotEstimable, Proportion, Status
from perdure.survival import SAME_TIME, normal_quantile, thomas_grunkemeier

__all__ = ["Estimate", "estimate_proportion"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A proportion, or why there is none, and the influence of every patient on it."""

    value: Proportion | NotEstimable
    influence: Influence


def estimate_proportion(
    arm: Sample, threshold: Threshold, *, thin: int, level: float = 0.95
) -> Estimate:
    """Return the proportion of an arm beyond the threshold, S(k m), or why there is none.

    Parameters
    ----------
    arm : Sample
        Of one arm.
    threshold : Threshold
    thin : int
        Fewer patients than this at risk at the threshold make the status ``thin``.
    level : float
        Of the log(-log) interval.

    Notes
    -----
    First order: p moves by psi(km) of the arm and by -k f(km) / f_ref(m) times psi_ref(m) of the
    reference's patients (methods, section 2). A proportion of 0 or 1 has a likelihood interval
    (Thomas and Grunkemeier 1975) and no standard error.
    """
    curve, time = arm.curve, threshold.time
    if time is None or time > curve.end_time * (1 + SAME_TIME):
        return Estimate(_without_threshold(arm, threshold, level), {})
    value, at_risk = curve.at(time), curve.at_risk(time)
    if value in (0.0, 1.0):
        return Estimate(_at_the_edge(arm, time, thin, level), {})
    influence = _influence(arm, threshold, time)
    se = float(np.sqrt(max(covariance(influence, influence), 0.0)))
    low, high = _log_minus_log(value, se, level)
    status: Status = "thin" if at_risk < thin else "estimable"
    return Estimate(Proportion(value, se, low, high, at_risk, status), influence)


def _influence(arm: Sample, threshold: Threshold, time: float) -> Influence:
    """Return what each patient of the arm, and of the reference, adds to the proportion."""
    parts = dict(arm.influence_on_survival(time))
    basis, median = threshold.basis, threshold.median
    if basis is None or median is None or threshold.k is None:
        return parts
    slope = threshold.k * density(arm.curve, time) / density(basis.curve, median)
    for name, part in basis.influence_on_survival(median).items():
        parts[name] = parts[name] - slope * part if name in parts else -slope * part
    return parts


def _log_minus_log(value: float, se: float, level: float) -> tuple[float, float]:
    """Return the interval that is symmetric on the scale of log(-log p)."""
    spread = normal_quantile(level) * se / (value * abs(np.log(value)))
    return float(value ** np.exp(spread)), float(value ** np.exp(-spread))


def _at_the_edge(arm: Sample, time: float, thin: int, level: float) -> Proportion:
    """Return a proportion of 0 or 1: a likelihood interval, and no standard error."""
    value, at_risk = arm.curve.at(time), arm.curve.at_risk(time)
    interval = thomas_grunkemeier(arm.patients.time, arm.patients.event, time, level=level)
    if value == 0:
        return Proportion(0.0, None, 0.0, float(interval.high), at_risk, "zero")
    status: Status = "thin" if at_risk < thin else "estimable"
    return Proportion(1.0, None, float(interval.low), 1.0, at_risk, status)


def _without_threshold(
    arm: Sample, threshold: Threshold, level: float
) -> Proportion | NotEstimable:
    """Return what is known where the curve does not reach the threshold.

    A curve that has fallen to 0 before is known for ever: that is an answer, of 0.
    """
    end, unit = arm.curve.end_time, arm.time_unit
    last = arm.curve.at(end)
    if last == 0 and threshold.at_least >= end:
        found = _at_the_edge(arm, end, thin=0, level=level)
        return Proportion(0.0, None, 0.0, found.ci_high, 0, "zero")
    high = arm.curve.at(min(end, threshold.at_least))
    if threshold.time is not None:
        reason = (
            f"the threshold ({threshold.time:.1f} {unit}) lies past the end of follow-up"
            f" ({end:.1f} {unit}, survival {last:.2f})"
        )
    else:
        reason = threshold.reason
    return NotEstimable(reason, 0.0, high)
