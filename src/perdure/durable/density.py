"""The hazard at a time, smoothed, and with it the density of events there."""

from typing import overload

import numpy as np

from perdure.records import Floats, Ints
from perdure.survival import KaplanMeier

__all__ = ["density", "hazard"]


@overload
def hazard(curve: KaplanMeier, time: float, *, smoothing: float = 1.0) -> float: ...
@overload
def hazard(curve: KaplanMeier, time: Floats, *, smoothing: float = 1.0) -> Floats: ...
def hazard(curve: KaplanMeier, time: float | Floats, *, smoothing: float = 1.0) -> float | Floats:
    """Return the hazard at ``time``, per unit of time.

    Events over time at risk, from ``time`` (1 - b) to ``time`` (1 + b). The relative bandwidth b
    shrinks with the number of events as a kernel's does, as events^(-1/5): 0.40 at 100 events,
    0.28 at 600. Where the curve ends inside, the window ends with it; a window without an event is
    widened until it has one.

    Parameters
    ----------
    curve : KaplanMeier
    time : float or array of float
        Within follow-up, above 0.
    smoothing : float
        Bandwidth as a multiple of the default, above 0: to see what an answer owes to it.

    Returns
    -------
    float or array of float
        In the shape of ``time``; 0 only for a curve without events after time 0.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> round(hazard(kaplan_meier([2, 3, 4, 5, 6, 7], [1, 1, 1, 0, 0, 0]), 3.0), 3)
    0.141
    """
    times = np.asarray(time, dtype=np.float64)
    counted = np.concatenate([[0], np.where(curve.time > 0, curve.events, 0).cumsum()])
    total = int(counted[-1])
    if total == 0:
        found = np.zeros(times.shape)
    else:
        found = _rate(curve, times, counted, smoothing * total**-0.2)
    return float(found) if times.ndim == 0 else found


@overload
def density(curve: KaplanMeier, time: float, *, smoothing: float = 1.0) -> float: ...
@overload
def density(curve: KaplanMeier, time: Floats, *, smoothing: float = 1.0) -> Floats: ...
def density(curve: KaplanMeier, time: float | Floats, *, smoothing: float = 1.0) -> float | Floats:
    """Return the density of events at ``time``, per unit of time: survival times the hazard.

    A hazard bends less than a curve, so that a wide window leads little astray: for a constant
    hazard none is too wide. Counting time at risk gives the last few patients no more weight than
    they have. Intervals that rest on it, and what half and twice the bandwidth
    change, are tried in ``validation/coverage.md``.

    Parameters
    ----------
    curve, time, smoothing
        As for :func:`hazard`.

    Returns
    -------
    float or array of float

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> even = kaplan_meier(range(1, 101), [1] * 100)
    >>> round(density(even, 50.0), 3)
    0.01
    """
    survival = curve.at(time)
    found = survival * hazard(curve, time, smoothing=smoothing)
    return float(found) if isinstance(found, float) else np.asarray(found)


def _rate(curve: KaplanMeier, times: Floats, counted: Ints, bandwidth: float) -> Floats:
    """Return events over time at risk in each time's window, widened until it holds an event."""
    edges = np.concatenate([[0.0], curve.time])
    exposure = np.concatenate([[0.0], (np.diff(edges) * curve.n_at_risk).cumsum()])
    width = np.full(times.shape, bandwidth)
    while True:  # ends: at the latest once every window holds every event
        start = np.maximum(times * (1 - width), 0.0)
        stop = np.minimum(times * (1 + width), curve.end_time)
        first = curve.time.searchsorted(start, side="right")
        last = curve.time.searchsorted(stop, side="right")
        events = counted[last] - counted[first]
        if (events > 0).all():
            lived = np.interp(stop, edges, exposure) - np.interp(start, edges, exposure)
            return np.asarray(events / lived)
        width = np.where(events == 0, 1.3 * width, width)
