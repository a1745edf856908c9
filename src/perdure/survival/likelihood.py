"""The likelihood-ratio interval of survival, which holds where Greenwood's variance gives out."""

from math import exp, inf

import numpy as np
from numpy.typing import ArrayLike

from perdure.records import Floats, Patients
from perdure.survival.intervals import Interval, normal_quantile
from perdure.survival.kaplan_meier import KaplanMeier, kaplan_meier

__all__ = ["thomas_grunkemeier"]


def thomas_grunkemeier(
    time: ArrayLike,
    event: ArrayLike,
    at: ArrayLike,
    level: float = 0.95,
    *,
    chi2: float | None = None,
) -> Interval:
    r"""Return the likelihood-ratio interval of survival at each time asked for.

    All values of S(t) whose nonparametric likelihood is not less than the largest by more than a
    chi-square quantile on one degree of freedom. It never leaves [0, 1], is not symmetric, and
    does not fail at the ends.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    at : float or array_like of float
        Within the curve; in the unit of ``time``.
    level : float
        Between 0 and 1.
    chi2 : float, optional
        Twice the log-likelihood that the limits may lose, above 0, in place of the quantile of
        ``level``.

    Returns
    -------
    Interval
        ``low`` and ``high`` in the shape of ``at``. Where survival is 0, low is 0. Where there
        was no event yet, high is 1 and low is :math:`\exp(-\chi^2 / 2n)` with n at risk at t, the
        value if all that is lost were lost at t; at time 0 itself it is [1, 1] without an event.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if a time of ``at`` lies outside the curve, or the level is
        not between 0 and 1.

    Notes
    -----
    Thomas and Grunkemeier 1975, doi 10.1080/01621459.1975.10480315. Under the constraint the
    hazard at :math:`t_j` is :math:`d_j / (n_j + \lambda)`; the two roots in :math:`\lambda` of

    .. math:: 2 \sum_{t_j \le t} \left[ n_j \log\left(1 + \frac{\lambda}{n_j}\right) -
        (n_j - d_j) \log\left(1 + \frac{\lambda}{n_j - d_j}\right) \right] = \chi^2

    give the limits :math:`\prod (1 - d_j / (n_j + \lambda))`.

    Examples
    --------
    >>> interval = thomas_grunkemeier([1, 2, 3, 4], [1, 1, 1, 1], [2.0, 4.0])
    >>> interval.low.round(3), interval.high.round(3)
    (array([0.107, 0.   ]), array([0.893, 0.381]))
    """
    patients = Patients(time, event)
    curve = kaplan_meier(patients.time, patients.event)
    lost = normal_quantile(level) ** 2 if chi2 is None else chi2
    times = np.asarray(at, dtype=np.float64)
    rows = curve.rows_until(times)
    limits = [
        _limits(curve, int(count), float(when), lost)
        for count, when in zip(rows.flat, times.flat, strict=True)
    ]
    low, high = np.array(limits, dtype=np.float64).reshape(-1, 2).T
    return Interval(low.reshape(times.shape), high.reshape(times.shape))


def _limits(curve: KaplanMeier, rows: int, time: float, chi2: float) -> tuple[float, float]:
    """Return both limits at ``time``, with ``rows`` of the curve at or before it."""
    with_events = np.flatnonzero(curve.events[:rows])
    if with_events.size == 0:
        return (1.0 if time == 0 else exp(-chi2 / (2 * curve.at_risk(time)))), 1.0
    d = curve.events[with_events].astype(np.float64)
    n = curve.n_at_risk[with_events].astype(np.float64)
    fewest_left = float((n - d).min())
    low = 0.0 if fewest_left == 0 else _limit(d, n, chi2, -fewest_left)
    return low, _limit(d, n, chi2, inf)


def _limit(d: Floats, n: Floats, chi2: float, end: float) -> float:
    """Return the limit whose multiplier lies between 0 and ``end``.

    The ratio rises all the way, steeply at the end: the root is first closed in on from there, so
    that nothing can go astray.
    """
    from scipy.optimize import brentq

    def multiplier(share: float) -> float:
        return share / (1 - share) if end == inf else share * end

    def beyond(share: float) -> float:
        return _likelihood_ratio(d, n, multiplier(share)) - chi2

    low, high = 0.0, 0.5
    while beyond(high) < 0:
        low, high = high, (1 + high) / 2
        if high == 1:  # cannot be told from the end
            return 1.0 if end == inf else float(np.prod((n - d + low * end) / (n + low * end)))
    found = multiplier(float(brentq(beyond, low, high, xtol=1e-16, rtol=1e-15)))
    return float(np.prod((n - d + found) / (n + found)))


def _likelihood_ratio(d: Floats, n: Floats, multiplier: float) -> float:
    """Return twice the log-likelihood lost by the constraint that the multiplier belongs to."""
    left = n - d
    left = left[left > 0]
    lost = np.dot(n, np.log1p(multiplier / n)) - np.dot(left, np.log1p(multiplier / left))
    return float(2 * lost)
