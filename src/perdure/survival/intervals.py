"""Pointwise confidence intervals of survival, on five scales."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.survival.kaplan_meier import KaplanMeier

__all__ = [
    "INTERVAL_KINDS",
    "Interval",
    "IntervalKind",
    "confidence_interval",
    "limits",
    "normal_quantile",
]

IntervalKind = Literal["plain", "log", "log-log", "logit", "arcsin"]
"""The scale on which an interval of survival is symmetric."""
INTERVAL_KINDS: tuple[IntervalKind, ...] = get_args(IntervalKind)


@dataclass(frozen=True, eq=False)
class Interval:
    """Lower and upper limits, in the shape of what was asked for."""

    low: Floats
    high: Floats


def confidence_interval(
    curve: KaplanMeier, kind: IntervalKind = "log-log", level: float = 0.95
) -> Interval:
    """Return the limits of survival at each row of a curve, from Greenwood's variance.

    Parameters
    ----------
    curve : KaplanMeier
    kind : {"plain", "log", "log-log", "logit", "arcsin"}
        The scale on which the interval is symmetric. ``plain`` and ``log`` are cut at 0 and 1.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval
        ``low`` and ``high`` of shape (rows,). Greenwood's variance says nothing where survival is
        0, nor before the first event on the last three scales: nan there, as in R.
        (:func:`thomas_grunkemeier` has an answer there.) Before the first event ``plain`` and
        ``log`` are [1, 1].

    Raises
    ------
    InputError
        If the kind is unknown or the level is not between 0 and 1.

    Notes
    -----
    Kalbfleisch and Prentice 1980 (log-log); Borgan and Liestøl 1990, Scand J Stat 17:35 (arcsin).
    Agrees with ``survfit(conf.type = kind)`` of R.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> interval = confidence_interval(kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1]))
    >>> interval.low.round(3), interval.high.round(3)
    (array([0.128, 0.058, 0.058,   nan]), array([0.961, 0.845, 0.845,   nan]))
    """
    if kind not in _LIMITS:
        remedy = f"choose one of {', '.join(INTERVAL_KINDS)}"
        raise InputError(Problem("unknown kind of interval", remedy, value=str(kind)))
    z = normal_quantile(level)
    low = np.full(curve.time.size, np.nan)
    high = low.copy()
    if kind in ("plain", "log"):
        low[curve.survival == 1] = high[curve.survival == 1] = 1.0
    inside = (curve.survival > 0) & (curve.survival < 1)
    reach = z * np.sqrt(curve.variance_sum[inside])
    low[inside], high[inside] = _LIMITS[kind](curve.survival[inside], reach)
    return Interval(low, high)


def limits(
    value: ArrayLike, se: ArrayLike, kind: IntervalKind = "log-log", *, z: float
) -> Interval:
    """Return the limits of a proportion from its standard error, on any of the five scales.

    Parameters
    ----------
    value : array_like of float
        Above 0 and below 1.
    se : array_like of float
        On the proportion's own scale.
    kind : {"plain", "log", "log-log", "logit", "arcsin"}
    z : float
        Standard errors from the estimate to each limit: :func:`normal_quantile` of a level.

    Returns
    -------
    Interval
        In the shape of ``value``; within [0, 1].

    Raises
    ------
    InputError
        If the kind is unknown, or a value is 0, 1 or outside.

    Examples
    --------
    >>> found = limits(0.25, 0.05, z=1.96)
    >>> round(float(found.low), 3), round(float(found.high), 3)
    (0.159, 0.352)
    """
    if kind not in _LIMITS:
        remedy = f"choose one of {', '.join(INTERVAL_KINDS)}"
        raise InputError(Problem("unknown kind of interval", remedy, value=str(kind)))
    p = np.asarray(value, dtype=np.float64)
    if not ((p > 0) & (p < 1)).all():
        remedy = "use a likelihood interval for 0 and 1"
        raise InputError(Problem("a proportion is not between 0 and 1", remedy, value=str(value)))
    with np.errstate(over="ignore", under="ignore"):  # a limit that far out is 0 or 1
        low, high = _LIMITS[kind](p, z * np.asarray(se, dtype=np.float64) / p)
    return Interval(np.asarray(low), np.asarray(high))


def normal_quantile(level: float) -> float:
    """Return how many standard errors reach from an estimate to each limit: 1.96 for 0.95.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0 < level < 1 or (1 + level) / 2 == 1:
        raise InputError(
            Problem("a confidence level lies between 0 and 1", "give 0.95", value=str(level))
        )
    return NormalDist().inv_cdf((1 + level) / 2)


def _plain(survival: Floats, reach: Floats) -> tuple[Floats, Floats]:
    half = survival * reach
    return np.maximum(survival - half, 0.0), np.minimum(survival + half, 1.0)


def _log(survival: Floats, reach: Floats) -> tuple[Floats, Floats]:
    return survival * np.exp(-reach), np.minimum(survival * np.exp(reach), 1.0)


def _log_log(survival: Floats, reach: Floats) -> tuple[Floats, Floats]:
    power = np.exp(-reach / np.log(survival))
    return survival**power, survival ** (1 / power)


def _logit(survival: Floats, reach: Floats) -> tuple[Floats, Floats]:
    odds = survival / (1 - survival)
    factor = np.exp(reach / (1 - survival))
    return odds / (odds + factor), odds / (odds + 1 / factor)


def _arcsin(survival: Floats, reach: Floats) -> tuple[Floats, Floats]:
    angle = np.arcsin(np.sqrt(survival))
    half = reach / 2 * np.sqrt(survival / (1 - survival))
    low, high = np.maximum(angle - half, 0.0), np.minimum(angle + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


_LIMITS: dict[IntervalKind, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsin": _arcsin,
}
"""From survival and z times the standard error of its logarithm to the limits."""
