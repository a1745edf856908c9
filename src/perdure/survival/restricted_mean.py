"""The restricted mean: the area under the curve to a stated time."""

from dataclasses import dataclass
from math import inf

import numpy as np

from perdure.errors import InputError, Problem
from perdure.survival.kaplan_meier import KaplanMeier

__all__ = ["RestrictedMean", "restricted_mean"]


@dataclass(frozen=True)
class RestrictedMean:
    """Mean time to the event within ``tau``, in the unit of the curve's times.

    Attributes
    ----------
    value : float
    se : float
        0 where no event before ``tau`` makes it uncertain.
    """

    value: float
    se: float


def restricted_mean(curve: KaplanMeier, tau: float) -> RestrictedMean:
    """Return the mean of min(time, tau): the area under the curve from 0 to ``tau``.

    Parameters
    ----------
    curve : KaplanMeier
    tau : float
        Positive. Within the curve, unless the curve has reached 0, after which nothing is added.

    Returns
    -------
    RestrictedMean

    Raises
    ------
    InputError
        If tau is not positive and finite, or beyond the end of a curve that has not reached 0. (R
        carries the last survival forward there; a curve is never extended here.)

    Notes
    -----
    The variance is the sum over event times of (area from there to tau)² d / (n (n - d)), without
    the factor events / (events - 1) that some programs add; the term in which survival reaches 0
    is 0. Agrees with R's ``summary(survfit, rmean = tau)``, which has no answer for a tau before
    the first time: tau itself here.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> restricted_mean(kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1]), 2.5)
    RestrictedMean(value=2.0, se=0.306...)
    """
    if not 0 < tau < inf:
        raise InputError(
            Problem("a restricted mean needs a finite time above 0", "give tau", value=str(tau))
        )
    rows = int(curve.rows_until(tau))
    edges = np.concatenate([[0.0], np.minimum(curve.time[:rows], tau), [tau]])
    areas = np.diff(edges) * np.concatenate([[1.0], curve.survival[:rows]])
    beyond = areas[::-1].cumsum()[::-1]
    d, n = curve.events[:rows], curve.n_at_risk[:rows]
    left = n > d
    variance = np.dot(beyond[1:][left] ** 2, d[left] / (n[left] * (n[left] - d[left])))
    return RestrictedMean(float(beyond[0]), float(np.sqrt(variance)))
