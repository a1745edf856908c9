"""The Kaplan-Meier curve of patients, and what is read off it at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints, Patients
from perdure.survival.ties import sorted_times

__all__ = ["SAME_TIME", "KaplanMeier", "kaplan_meier", "product_limit", "reverse_kaplan_meier"]

SAME_TIME = 1e-9
"""A time asked for and a time of the curve are one when they are this close, relatively."""


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve: one row for each distinct time of an event or a censoring.

    Right-continuous: the drop at a time belongs to the survival at that time.

    Attributes
    ----------
    time : array of float, shape (rows,)
        Increasing, in the unit of the patients' times.
    n_at_risk : array of int, shape (rows,)
        Patients with time >= this one. A patient censored at the time of an event is at risk for
        it.
    events, censored : array of int, shape (rows,)
    survival : array of float, shape (rows,)
    variance_sum : array of float, shape (rows,)
        Sum of d / (n (n - d)) to this row: the variance of log survival (Greenwood 1926).
        Infinite once survival is 0.

    Examples
    --------
    >>> curve = kaplan_meier([2, 3, 3, 5], [1, 1, 0, 0])
    >>> curve.time, curve.survival
    (array([2., 3., 5.]), array([0.75, 0.5 , 0.5 ]))
    >>> curve.at(4), curve.at_risk(4)
    (0.5, 1)
    """

    time: Floats
    n_at_risk: Ints
    events: Ints
    censored: Ints
    survival: Floats
    variance_sum: Floats

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.n_at_risk[0])

    @property
    def end_time(self) -> float:
        """The last time, of an event or a censoring."""
        return float(self.time[-1])

    @property
    def standard_error(self) -> Floats:
        """Greenwood's standard error of survival, shape (rows,).

        Not defined where survival is 0: nan there, as in R.
        """
        error = np.full(self.time.size, np.nan)
        np.multiply(self.survival, np.sqrt(self.variance_sum), out=error, where=self.survival > 0)
        return error

    def rows_until(self, time: ArrayLike) -> Ints:
        """Return how many rows of the curve lie at or before each time; 0 before the first.

        A row whose time is the same but for rounding (1e-9, relatively) counts: 3 times a median
        of 0.1 is the event at 0.3.

        Raises
        ------
        InputError
            If a time is missing, before 0, or beyond the end of a curve that has not reached 0.
        """
        times = np.asarray(time, dtype=np.float64)
        last = np.inf if self.survival[-1] == 0 else self.end_time * (1 + SAME_TIME)
        inside = (times >= 0) & (times <= last)
        if not inside.all():
            raise InputError(
                Problem(
                    f"the curve is known from 0 to {self.end_time:.12g}",
                    "ask for a time inside: a curve is never extended",
                    value=f"{times[~inside][0]:.12g}",
                )
            )
        return self.time.searchsorted(times * (1 + SAME_TIME), side="right")

    @overload
    def at(self, time: float) -> float: ...
    @overload
    def at(self, time: Sequence[float] | NDArray[np.floating]) -> Floats: ...
    def at(self, time: float | Sequence[float] | NDArray[np.floating]) -> float | Floats:
        """Return survival at ``time``, in the shape of ``time``.

        A curve that has reached 0 stays there for ever.

        Raises
        ------
        InputError
            If a time is missing, before 0, or beyond the end of a curve that has not reached 0.

        Examples
        --------
        >>> kaplan_meier([1, 2, 4], [1, 1, 0]).at([0, 1, 3.9]).round(3)
        array([1.   , 0.667, 0.333])
        """
        rows = self.rows_until(time)
        survival = np.where(rows > 0, self.survival[rows - 1], 1.0)
        return float(survival) if survival.ndim == 0 else survival

    def standard_error_at(self, time: float) -> float | None:
        """Return Greenwood's standard error at ``time``; None where survival is 0.

        Raises
        ------
        InputError
            As for :meth:`at`.
        """
        rows = int(self.rows_until(time))
        if rows == 0:
            return 0.0
        if self.survival[rows - 1] == 0:
            return None
        return float(self.survival[rows - 1] * np.sqrt(self.variance_sum[rows - 1]))

    @overload
    def at_risk(self, time: float) -> int: ...
    @overload
    def at_risk(self, time: Sequence[float] | NDArray[np.floating]) -> Ints: ...
    def at_risk(self, time: float | Sequence[float] | NDArray[np.floating]) -> int | Ints:
        """Return the number of patients with time >= ``time``; 0 beyond the end.

        Raises
        ------
        InputError
            If a time is missing or before 0.

        Examples
        --------
        >>> kaplan_meier([1, 2, 4], [1, 1, 0]).at_risk([0, 2, 2.5, 9])
        array([3, 2, 1, 0])
        """
        times = np.asarray(time, dtype=np.float64)
        if not (times >= 0).all():
            remedy = "ask for a time of 0 or later"
            raise InputError(Problem("numbers at risk are counted from time 0", remedy))
        rows = self.time.searchsorted(times * (1 - SAME_TIME), side="left")
        n = np.append(self.n_at_risk, 0)[rows]
        return int(n) if n.ndim == 0 else n


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    """Compute the Kaplan-Meier curve of patients.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Time to event or censoring, in any one unit. Times that differ by rounding are tied.
    event : array_like of bool or 0/1, shape (n,)

    Returns
    -------
    KaplanMeier

    Raises
    ------
    InputError
        If there is no patient, lengths differ, a time is missing or negative, or an event is not
        0 or 1.

    Notes
    -----
    Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452. Agrees with ``survfit`` of R.

    Examples
    --------
    >>> kaplan_meier([6, 6, 6, 7, 10], [1, 1, 0, 1, 0]).survival.round(3)
    array([0.6, 0.3, 0.3])
    """
    patients = Patients(time, event)
    order, ordered, begins = sorted_times(patients.time)
    starts = begins.nonzero()[0]
    n_at_risk = patients.n - starts
    events = np.add.reduceat(patients.event[order], starts, dtype=np.int64)
    staying = n_at_risk - events
    leaving = n_at_risk.copy()
    leaving[:-1] -= n_at_risk[1:]
    with np.errstate(divide="ignore"):  # survival is 0 after the last patient's event
        variance_sum = (events / (n_at_risk * staying)).cumsum()
    curve = KaplanMeier(
        ordered[starts],
        n_at_risk,
        events,
        leaving - events,
        (staying / n_at_risk).cumprod(),
        variance_sum,
    )
    for array in vars(curve).values():
        array.flags.writeable = False
    return curve


def reverse_kaplan_meier(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    """Compute the curve of follow-up: censoring is the event, and an event ends the view of it.

    Its median is the median follow-up.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
        Of the patients' own endpoint, not reversed.

    Returns
    -------
    KaplanMeier

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`.

    Notes
    -----
    Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X. Patients with an event count as at
    risk for a censoring at the same time, as in R's ``survfit(Surv(time, 1 - status) ~ 1)``;
    ``prodlim`` takes them out first.

    Examples
    --------
    >>> reverse_kaplan_meier([1, 2, 3, 4], [1, 0, 0, 1]).survival.round(3)
    array([1.   , 0.667, 0.333, 0.333])
    """
    patients = Patients(time, event)
    return kaplan_meier(patients.time, ~patients.event)


def product_limit(events: ArrayLike, at_risk: ArrayLike) -> Floats:
    """Return survival after each time from counts, over any leading axes (draws, arms).

    Parameters
    ----------
    events : array_like of int, shape (..., times)
    at_risk : array_like of int, shape (..., times)
        At each time, before its events. Where nobody is at risk survival stays what it was, so
        that rows of different lengths can be padded with 0.

    Returns
    -------
    array of float, shape (..., times)

    Raises
    ------
    InputError
        If shapes differ, a count is negative or missing, or there are more events than patients
        at risk.

    Examples
    --------
    >>> product_limit([[1, 1, 0], [0, 2, 0]], [[4, 2, 0], [4, 3, 1]]).round(3)
    array([[0.75 , 0.375, 0.375],
           [1.   , 0.333, 0.333]])
    """
    d, n = np.asarray(events), np.asarray(at_risk)
    if d.shape != n.shape or not ((d >= 0) & (d <= n)).all():
        raise InputError(
            Problem(
                "a number of events must lie between 0 and its number at risk",
                "give two arrays of one shape, events among those at risk",
            )
        )
    staying = np.ones(n.shape)
    np.divide(n - d, n, out=staying, where=n > 0)
    return staying.cumprod(axis=-1)
