"""Durable response of one arm against its comparator, with their joint covariance."""

from collections.abc import Mapping
from dataclasses import replace
from math import erfc

import numpy as np

from perdure.durable.proportion import Estimate
from perdure.durable.sample import covariance
from perdure.durable.threshold import Threshold
from perdure.records import Contrast, NotEstimable
from perdure.survival import normal_quantile

__all__ = ["contrast"]


def contrast(
    threshold: Threshold, estimates: Mapping[str, Estimate], *, level: float = 0.95
) -> Contrast:
    """Compare two arms of one trial: difference and ratio of their durable responses.

    The covariance comes from the patients that both estimates rest on: under ``control`` and
    ``trial`` the arms share a threshold that was estimated. The interval of the difference is
    symmetric, that of the ratio is symmetric on the log scale.

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
        With a ``reason`` where an arm has no estimate or no standard error.
    """
    (arm, first), (comparator, second) = estimates.items()
    blank = Contrast(arm, comparator, threshold.k, threshold.reference)
    a, b = first.value, second.value
    if isinstance(a, NotEstimable):
        return replace(blank, reason=f"{arm}: {a.reason}")
    if isinstance(b, NotEstimable):
        return replace(blank, reason=f"{comparator}: {b.reason}")
    difference = a.value - b.value
    if a.se is None or b.se is None:
        which = f"{arm}: {a.value:.0%}" if a.se is None else f"{comparator}: {b.value:.0%}"
        reason = f"{which} durable response, which has no standard error"
        return replace(blank, difference=difference, reason=reason)
    z = normal_quantile(level)
    shared = covariance(first.influence, second.influence)
    se = float(np.sqrt(max(a.se**2 + b.se**2 - 2 * shared, 0.0)))
    relative = (a.se / a.value) ** 2 + (b.se / b.value) ** 2 - 2 * shared / (a.value * b.value)
    spread = float(np.exp(z * np.sqrt(max(relative, 0.0))))
    ratio = a.value / b.value
    return replace(
        blank,
        difference=difference,
        se=se,
        ci_low=difference - z * se,
        ci_high=difference + z * se,
        p_value=erfc(abs(difference) / se / np.sqrt(2)) if se > 0 else None,
        ratio=ratio,
        ratio_low=ratio / spread,
        ratio_high=ratio * spread,
    )
