"""Quantiles of time, the median above all, and the interval that inverts the curve's limits."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.survival.intervals import IntervalKind, confidence_interval
from perdure.survival.kaplan_meier import KaplanMeier

__all__ = ["Quantile", "Tie", "median", "quantile"]

Tie = Literal["midpoint", "first"]
"""What a quantile is where the curve is flat just there: the middle of it, or its first time."""

SAME_SURVIVAL = 1e-9
"""Survival this close to the one asked for is equal to it."""


@dataclass(frozen=True)
class Quantile:
    """A quantile of time and its limits; None where the curve, or its limit, does not fall so far.

    Attributes
    ----------
    value, low, high : float or None
        In the unit of the curve's times.
    """

    value: float | None
    low: float | None
    high: float | None


def quantile(
    curve: KaplanMeier,
    p: float = 0.5,
    *,
    kind: IntervalKind = "log-log",
    level: float = 0.95,
    tie: Tie = "midpoint",
) -> Quantile:
    """Return the time by which a proportion ``p`` has had the event, with its interval.

    Parameters
    ----------
    curve : KaplanMeier
    p : float
        Between 0 and 1: 0.25 is the first quartile of time.
    kind, level
        Of the interval of survival: see :func:`confidence_interval`.
    tie : {"midpoint", "first"}
        The first time at which survival is below 1 - p; where survival equals 1 - p (to 1e-9) on
        [a, b), it is (a + b) / 2, R's rule, or a. A curve that stays there has its end for b.

    Returns
    -------
    Quantile
        ``low`` and ``high`` are the same quantile of the lower and upper limits of survival
        (Brookmeyer and Crowley 1982, doi 10.2307/2530286). Limits that are not defined, where
        survival is 0, are not reached: None, as R's NA.

    Raises
    ------
    InputError
        If p or the level is not between 0 and 1, or the kind or tie is unknown.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    >>> quantile(curve, 0.5)
    Quantile(value=2.5, low=1.0, high=None)
    >>> quantile(curve, 0.5, tie="first").value
    2.0
    """
    if not 0 < p < 1:
        raise InputError(Problem("p lies between 0 and 1", "give 0.5 for a median", value=str(p)))
    if tie not in ("midpoint", "first"):
        raise InputError(Problem("unknown tie", "choose midpoint or first", value=str(tie)))
    limits = confidence_interval(curve, kind, level)
    value, low, high = (
        _falls_to(1 - p, curve.time, survival, tie)
        for survival in (curve.survival, limits.low, limits.high)
    )
    return Quantile(value, low, high)


def median(
    curve: KaplanMeier,
    *,
    kind: IntervalKind = "log-log",
    level: float = 0.95,
    tie: Tie = "midpoint",
) -> Quantile:
    """Return the median time with its interval: :func:`quantile` at 0.5.

    Raises
    ------
    InputError
        As for :func:`quantile`.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> median(kaplan_meier([2, 3, 5, 8, 9], [1, 1, 1, 0, 0])).value
    5.0
    """
    return quantile(curve, 0.5, kind=kind, level=level, tie=tie)


def _falls_to(target: float, time: Floats, survival: Floats, tie: Tie) -> float | None:
    """Return when ``survival`` reaches the target; nan counts as not known to have reached it."""
    reached = np.flatnonzero(survival <= target + SAME_SURVIVAL)
    if reached.size == 0:
        return None
    first = reached[0]
    if tie == "first" or survival[first] < target - SAME_SURVIVAL:
        return float(time[first])
    below = np.flatnonzero(survival < target - SAME_SURVIVAL)
    return float(time[first] + time[below[0] if below.size else -1]) / 2
