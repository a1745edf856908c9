"""The area under a stretch of the Kaplan-Meier curve, and what each patient adds to it."""

from math import inf

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints, Patients
from perdure.survival.kaplan_meier import KaplanMeier, kaplan_meier
from perdure.survival.ties import distinct_times

__all__ = ["area", "area_influence"]


def area(curve: KaplanMeier, start: float, stop: float) -> float:
    """Return the area under the curve from ``start`` to ``stop``, in the unit of its times.

    Parameters
    ----------
    curve : KaplanMeier
    start, stop : float
        Not negative, and in this order; within the curve, unless it has reached 0.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the times are out of order, or beyond the end of a curve that has not reached 0.

    Examples
    --------
    >>> area(kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1]), 1.5, 2.5)
    0.625
    """
    areas, _ = _areas(curve, start, stop)
    return float(areas.sum())


def area_influence(time: ArrayLike, event: ArrayLike, start: float, stop: float) -> Floats:
    r"""Return the influence of each patient on the area from ``start`` to ``stop``.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    start, stop : float
        As for :func:`area`.

    Returns
    -------
    array of float, shape (n,)
        It sums to 0; from a start of 0 the sum of squares over n squared is the variance of
        :func:`restricted_mean`.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier` and :func:`area`.

    Notes
    -----
    The integral of :func:`influence` over the stretch. With :math:`A_j` the part of the area that
    lies after the event time :math:`t_j`:

    .. math:: -n \sum_{t_j \le stop} A_j
        \frac{1\{T_i = t_j, \delta_i = 1\} - 1\{T_i \ge t_j\} d_j / n_j}{n_j - d_j}

    Examples
    --------
    >>> area_influence([1, 2, 3, 4], [1, 1, 1, 1], 0.0, 2.5)
    array([-1. ,  0. ,  0.5,  0.5])
    """
    patients = Patients(time, event)
    curve = kaplan_meier(patients.time, patients.event)
    _, row = distinct_times(patients.time)
    areas, rows = _areas(curve, start, stop)
    after = np.zeros(curve.time.size)
    after[:rows] = areas[::-1].cumsum()[::-1][1:]
    staying = curve.n_at_risk - curve.events
    each = np.zeros(curve.time.size)
    np.divide(after, staying, out=each, where=staying > 0)  # nothing is left where nobody stays
    shared = (each * curve.events / curve.n_at_risk).cumsum()
    return patients.n * (shared[row] - patients.event * each[row])


def _areas(curve: KaplanMeier, start: float, stop: float) -> tuple[Floats, int]:
    """Return the areas of the steps to ``stop``, cut off before ``start``, and the rows therein.

    One more area than rows: the first is that before the first row.
    """
    if not 0 <= start <= stop < inf:
        raise InputError(
            Problem(
                "an area needs a start of 0 or later, and a stop not before it",
                "give two times in order",
                value=f"{start:.12g} to {stop:.12g}",
            )
        )
    rows: Ints = curve.rows_until(np.array([start, stop]))
    until = int(rows[1])
    edges = np.concatenate([[0.0], np.minimum(curve.time[:until], stop), [stop]])
    survival = np.concatenate([[1.0], curve.survival[:until]])
    return np.diff(np.clip(edges, start, stop)) * survival, until
