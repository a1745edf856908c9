"""Step functions cut down to what a figure can show."""

from collections.abc import Sequence

import numpy as np

from perdure.records import Curve, Floats, Patients
from perdure.survival import kaplan_meier

__all__ = ["nearest_k", "published_dots", "steps_at", "survival_steps", "tail_steps"]


def survival_steps(patients: Patients, finest: float) -> tuple[Floats, Floats]:
    """Return the Kaplan-Meier curve's corners, from (0, 1) to the end of follow-up.

    Steps that lie closer together than ``finest`` (months) become one at the last of them.

    Examples
    --------
    >>> time, survival = survival_steps(Patients([1, 2, 2.001, 5], [1, 1, 1, 0]), 0.1)
    >>> time, survival
    (array([0.   , 1.   , 2.001, 5.   ]), array([1.  , 0.75, 0.25, 0.25]))
    """
    km = kaplan_meier(patients.time, patients.event)
    time, survival = np.asarray(km.time), np.asarray(km.survival)
    drops = np.flatnonzero(np.diff(survival, prepend=1.0) < 0)
    time, survival = time[drops], survival[drops]
    column = np.floor(time / finest)
    last = np.append(np.diff(column) > 0, True)[: time.size]
    end = float(patients.time.max())
    final = survival[-1:] if survival.size else np.ones(1)
    return (
        np.concatenate([[0.0], time[last], [end]]),
        np.concatenate([[1.0], survival[last], final]),
    )


def steps_at(time: Floats, survival: Floats, at: Floats) -> Floats:
    """Return a right-continuous step function at some times; NaN beyond its last one.

    Examples
    --------
    >>> steps_at(np.array([0.0, 2.0]), np.array([1.0, 0.5]), np.array([1.0, 2.0, 3.0]))
    array([1. , 0.5, nan])
    """
    found = survival[np.searchsorted(time, at, side="right") - 1]
    return np.where(at > time[-1], np.nan, found)


def tail_steps(time: Floats, survival: Floats, threshold: float) -> tuple[Floats, Floats]:
    """Return the part of a step function from ``threshold`` on; empty where it ends before.

    Examples
    --------
    >>> tail_steps(np.array([0.0, 2.0, 6.0]), np.array([1.0, 0.5, 0.2]), 3.0)
    (array([3., 6.]), array([0.5, 0.2]))
    """
    if threshold >= time[-1]:
        return np.empty(0), np.empty(0)
    beyond = time > threshold
    start = steps_at(time, survival, np.array([threshold]))
    return np.append(threshold, time[beyond]), np.append(start, survival[beyond])


def published_dots(curve: Curve, across: float, down: float) -> tuple[Floats, Floats]:
    """Return the curve's points in months, without those within a dot of the last one kept.

    ``across`` (months) and ``down`` (survival) are a dot's width and height.

    Examples
    --------
    >>> published_dots(Curve([0, 0.01, 3], [1, 1, 0.5]), 0.1, 0.01)
    (array([0., 3.]), array([1. , 0.5]))
    """
    months = curve.in_unit("months")
    cell = np.stack([np.floor(months.time / across), np.floor(months.survival / down)])
    first = np.append(True, (np.diff(cell, axis=1) != 0).any(axis=0))
    return months.time[first], months.survival[first]


def nearest_k(values: Sequence[float], k: float) -> int | None:
    """Return the place of the value of a profile that is nearest to k; None beyond its ends.

    Up to one step of the profile beyond an end still counts: a profile starts just above 1.

    Examples
    --------
    >>> nearest_k([1.1, 1.2, 1.3], 1.22), nearest_k([1.1, 1.2, 1.3], 1.0)
    (1, 0)
    >>> nearest_k([1.1, 1.2, 1.3], 2.0)
    """
    step = values[1] - values[0] if len(values) > 1 else 0.0
    if not values[0] - step * (1 + 1e-9) <= k <= values[-1] + step * (1 + 1e-9):
        return None
    return min(range(len(values)), key=lambda place: abs(values[place] - k))
