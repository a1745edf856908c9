"""What each patient adds to the Kaplan-Meier estimate."""

import numpy as np
from numpy.typing import ArrayLike

from perdure.records import Bools, Floats, Ints, Patients
from perdure.survival.kaplan_meier import KaplanMeier, kaplan_meier
from perdure.survival.ties import distinct_times

__all__ = ["curve_influence", "influence"]


def influence(time: ArrayLike, event: ArrayLike, at: ArrayLike) -> Floats:
    r"""Return the influence of each patient on survival at each time asked for.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    at : float or array_like of float, shape (m,)
        Within the curve; in the unit of ``time``.

    Returns
    -------
    array of float, shape (n, m)
        0 before the first event, and where survival is 0. Columns sum to 0; the sum of their
        squares over n squared is Greenwood's variance, ties included.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`, or if a time of ``at`` lies outside the curve.

    Notes
    -----
    The derivative of survival with respect to the weight of patient i, times n (the infinitesimal
    jackknife; Efron 1981, doi 10.1080/01621459.1981.10477650):

    .. math:: \psi_i(t) = -n \hat S(t) \sum_{t_j \le t}
        \frac{1\{T_i = t_j, \delta_i = 1\} - 1\{T_i \ge t_j\} d_j / n_j}{n_j - d_j}

    Examples
    --------
    >>> influence([1, 2, 3, 4], [1, 1, 0, 1], 2.0)[:, 0]
    array([-0.5, -0.5,  0.5,  0.5])
    """
    patients = Patients(time, event)
    curve = kaplan_meier(patients.time, patients.event)
    _, row = distinct_times(patients.time)
    return curve_influence(curve, row, patients.event, at)


def curve_influence(curve: KaplanMeier, row: Ints, event: Bools, at: ArrayLike) -> Floats:
    """Return :func:`influence` of the patients of a curve that is at hand.

    Parameters
    ----------
    curve : KaplanMeier
        Of the patients.
    row : array of int, shape (n,)
        Which row of the curve each patient's time is.
    event : array of bool, shape (n,)
    at : float or array_like of float, shape (m,)

    Returns
    -------
    array of float, shape (n, m)

    Raises
    ------
    InputError
        If a time of ``at`` lies outside the curve.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2], [1, 0])
    >>> curve_influence(curve, np.array([0, 1]), np.array([True, False]), 1.0)[:, 0]
    array([-0.5,  0.5])
    """
    rows = curve.rows_until(np.atleast_1d(at))
    survival = np.where(rows > 0, curve.survival[rows - 1], 0.0)  # psi is 0 before the first row
    staying = curve.n_at_risk - curve.events
    alive = staying > 0  # the last row may end at 0, where psi is 0
    own_event = np.zeros(curve.time.size)
    np.divide(1.0, staying, out=own_event, where=alive)
    variance_sum = np.where(alive, curve.variance_sum, 0.0)
    seen = row[:, np.newaxis] < rows
    last_seen = np.minimum(row[:, np.newaxis], rows - 1)
    shift = variance_sum[last_seen] - seen * (event * own_event[row])[:, np.newaxis]
    return np.asarray(curve.n * survival * shift)
