"""The density of events at a time: the curve's slope around it."""

from perdure.survival import KaplanMeier

__all__ = ["density"]


def density(curve: KaplanMeier, time: float, bandwidth: float | None = None) -> float:
    """Return the density of events at ``time``, per unit of time.

    The slope of the curve from ``time`` (1 - b) to ``time`` (1 + b). The relative bandwidth b
    shrinks with the number of events as a kernel's does, as events^(-1/5): 0.40 at 100 events,
    0.28 at 600. Where the curve ends inside, the window ends with it; a window without an event is
    widened until it has one.

    Parameters
    ----------
    curve : KaplanMeier
    time : float
        Within follow-up, above 0.
    bandwidth : float, optional
        Half-width of the window relative to ``time``, above 0.

    Returns
    -------
    float
        0 only for a curve without events after time 0.

    Notes
    -----
    Under the own reference the 95% interval covered the truth in 93.8 to 97.2% of simulated arms
    with 10 or more expected at risk at the threshold (``validation/own_reference.md``).

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> even = kaplan_meier(range(1, 101), [1] * 100)
    >>> round(density(even, 50.0), 3)
    0.01
    """
    events = int(curve.events[curve.time > 0].sum())
    if events == 0:
        return 0.0
    width = events**-0.2 if bandwidth is None else bandwidth
    while True:  # ends: at the latest once the window holds every event
        start = max(time * (1 - width), 0.0)
        stop = min(time * (1 + width), curve.end_time)
        fall = curve.at(start) - curve.at(stop)
        if stop > start and fall > 0:
            return fall / (stop - start)
        width *= 2
