"""Raw points -> `Curve`: what is read, repaired and refused.

The one place that decides it. A repair is always told, in the sentences that come back beside the
record; what cannot be repaired without guessing is an `InputError` that names every row.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.reconstruct.isotonic import isotonic
from perdure.reconstruct.places import Rows, finite
from perdure.reconstruct.rows import spikes
from perdure.records import Bools, Curve, Floats, Ints, TimeUnit

__all__ = ["LARGEST_RISE", "curve_from_points"]

LARGEST_RISE = 0.02
"""A curve that rises by more is refused; by less, it is made monotone and reported."""

_OVERSHOOT = 0.0051
"""How far rounding may carry survival outside 0 to 1: half a per cent, itself a rounded number."""

_SHORTEST, _LONGEST = 1e-4, 1e6
"""Between these a curve ends, in any unit of time."""

_FINEST = 1e-12
"""No curve is read as finely as this."""

_BEFORE_ZERO = 0.005
"""How far before 0 a time may lie, as a share of the follow-up, to be a reading error of 0."""

_FIRST_DROP = 0.05
"""A first point this far below 1 is worth a sentence: the start of the curve was not digitised."""

_ROUNDED = 0.0051
"""A first point this far below 1 is 1 to the digits of a per cent."""

_SET_ASIDE = 0.1
"""At most this share of the points is set aside as jumps off the curve."""

_NAMED = 5
"""So many points are named one by one."""

_SLACK = 1e-9


def curve_from_points(
    time: ArrayLike,
    survival: ArrayLike,
    *,
    time_unit: TimeUnit = "months",
    resolution: float | None = None,
    percent: bool | None = None,
    rows: Sequence[int] | None = None,
    file: str | None = None,
) -> tuple[Curve, tuple[str, ...]]:
    """Turn digitised points into a curve, and say what was repaired.

    Survival in per cent is read as such. A rise up to `LARGEST_RISE` is a reading error: the whole
    curve is made monotone by least squares. Points at a repeated time are a vertical step, read
    from the top down. A curve that starts after 0 gets the point (0, 1).

    Parameters
    ----------
    time, survival : array_like of float, shape (points,)
        In the order of the figure; survival as a proportion or in per cent.
    time_unit : {"days", "weeks", "months", "years"}
    resolution : float, optional
        Half-width of the reading error of survival, always as a proportion.
    percent : bool, optional
        Whether survival is in per cent; None: it is where a value lies above 1.5, and that is said.
    rows : sequence of int, optional
        Line of each point in ``file``, for the messages.
    file : str, optional

    Returns
    -------
    curve : Curve
    notices : tuple of str
        What was read in another way or repaired, one sentence each.

    Raises
    ------
    InputError
        If there are fewer than two points, a value is missing, a time is negative or out of order,
        survival leaves its range or rises by more than `LARGEST_RISE`: every such row is named.

    Examples
    --------
    >>> curve, notices = curve_from_points([0, 2, 4, 6], [100, 80, 81, 40])
    >>> curve.survival
    array([1.   , 0.805, 0.805, 0.4  ])
    >>> for notice in notices:
    ...     print(notice)
    survival was read as per cent, since it reaches 100
    1 of 4 points rises above the one before it, by at most 0.010; made monotone by least squares
    """
    place = Rows(file, rows, "point")
    times, given = finite(("time", "survival"), time, survival, place, 2)
    notices: list[str] = []
    times = _from_zero(times, place, notices)
    values = _proportion(given, percent, place, notices)
    _refuse_incidence(times, values, place)
    order = _down_steps(times, values, notices)
    place = replace(place, order=order)
    kept = _kept(values[order], given[order], place, notices)
    place = replace(place, order=order[kept])
    times, read, given = times[kept], values[order][kept], given[order][kept]
    values = _monotone(read, given, place, notices)
    times, values, read = _with_start(times, values, read, notices)
    if times[-1] <= 0:
        raise InputError(
            Problem("the curve ends at time 0", "digitise its whole length", file, column="time")
        )
    if not _SHORTEST <= times[-1] <= _LONGEST:
        end = f"{times[-1]:g}"
        message = f"no curve in {time_unit} is as {'long' if times[-1] > 1 else 'short'} as this"
        raise InputError(Problem(message, "check the axis of time", file, None, "time", end))
    return Curve(times, values, time_unit, _half_width(resolution, file), read), tuple(notices)


def _from_zero(times: Floats, place: Rows, notices: list[str]) -> Floats:
    """Return times from 0 on, in order; a reading error before 0 is set to 0."""
    early = (times < 0) & (times >= -_BEFORE_ZERO * times.max())
    if early.any():
        notices.append(f"{_counted(early, 'time')} just before 0 (to {times.min():g}); read as 0")
    times = np.where(early, 0.0, times)
    checks = (
        (times < 0, "time is negative", "count time from randomisation"),
        (np.diff(times, prepend=times[0]) < 0, "time is out of order", "sort the points by time"),
    )
    problems = [
        place.problem(int(at), message, remedy, "time", times[at])
        for wrong, message, remedy in checks
        for at in np.flatnonzero(wrong)
    ]
    if problems:
        raise InputError(problems)
    return times


def _proportion(values: Floats, percent: bool | None, place: Rows, notices: list[str]) -> Floats:
    """Return survival between 0 and 1; per cent is divided, overshoot by rounding is clipped."""
    highest = float(values.max())
    plain = 1.5 < highest <= 100 * (1 + _OVERSHOOT)
    if percent and highest <= 1.5:
        raise InputError(
            Problem(
                "survival is said to be in per cent, but none is above 1.5",
                "say that it is a proportion",
                place.file,
                column="survival",
                value=f"{highest:g}",
            )
        )
    if percent is None and plain:
        notices.append(f"survival was read as per cent, since it reaches {highest:g}")
    scaled = values / 100 if percent or (percent is None and plain) else values
    outside = (scaled < -_OVERSHOOT) | (scaled > 1 + _OVERSHOOT)
    if outside.any():
        ends = "0 to 100 per cent" if scaled is not values else "0 to 1"
        raise InputError(
            place.problem(
                int(at),
                f"survival is outside {ends}",
                "check the axis",
                "survival",
                values[at],
            )
            for at in np.flatnonzero(outside)
        )
    beyond = (scaled < 0) | (scaled > 1)
    if beyond.any():
        far = float(np.max(np.maximum(scaled - 1, -scaled)))
        notices.append(
            f"survival of {_counted(beyond, 'point')} outside 0 to 1 by rounding, by at most"
            f" {far:.4f}; set to the limit"
        )
    return np.clip(scaled, 0.0, 1.0)


def _refuse_incidence(times: Floats, values: Floats, place: Rows) -> None:
    """Refuse a curve that climbs from 0: it shows events, not survival."""
    if values[0] <= 0.1 and values[-1] > values[0] + LARGEST_RISE and np.ptp(times) > 0:
        raise InputError(
            Problem(
                f"the curve rises from {values[0]:g} to {values[-1]:g}: it seems to show cumulative"
                " incidence",
                "say so (--cumulative-incidence, or cumulative_incidence in analyses.csv), unless"
                " other events compete with this one",
                place.file,
                column="survival",
            )
        )


def _down_steps(times: Floats, values: Floats, notices: list[str]) -> Ints:
    """Return the order in which the points of each repeated time fall."""
    order = np.lexsort((-values, times))
    moved = order != np.arange(order.size)
    if moved.any():
        notices.append(
            f"{_counted(moved, 'point')} at a repeated time out of order; a vertical step was read"
            " from the top down"
        )
    return order


def _kept(values: Floats, given: Floats, place: Rows, notices: list[str]) -> Bools:
    """Return which points to keep: those that jump off the curve are set aside, and named.

    A point that its neighbours contradict is no reading of the curve (a mark, a grid line, another
    curve); where there are many, which of them are wrong is not known, and nothing is set aside.
    """
    kept = ~spikes(values)
    most = int(_SET_ASIDE * values.size)
    while (run := _worst_rise(values[kept])) is not None and (~kept).sum() < most:
        inside = np.flatnonzero(kept)
        left = [_misfit(np.delete(values[inside], at)) for at in run]
        kept[inside[run[int(np.argmin(left))]]] = False
    out = np.flatnonzero(~kept)
    if not out.size:
        return kept
    if out.size > most:
        return np.ones(values.size, dtype=np.bool_)
    named = ", ".join(f"{place.name(int(at))} ({given[at]:g})" for at in out[:_NAMED])
    more = f" and {out.size - _NAMED} more" if out.size > _NAMED else ""
    notices.append(
        f"{out.size} of {values.size} points {'jumps' if out.size == 1 else 'jump'} off the curve"
        f" of their neighbours and {'was' if out.size == 1 else 'were'} set aside: {named}{more}"
    )
    return kept


def _worst_rise(values: Floats) -> range | None:
    """Return the run of points that rises by most beyond `LARGEST_RISE`, if any does."""
    rise, start = _rises(values)
    at = int(np.argmax(rise))
    return range(int(start[at]), at + 1) if rise[at] > LARGEST_RISE + _SLACK else None


def _misfit(values: Floats) -> float:
    """Return how far values are from any that fall."""
    return float(np.sum((values - isotonic(values)) ** 2))


def _rises(values: Floats) -> tuple[Floats, Ints]:
    """Return how far each point lies above the start of its run of rises, and that start.

    Counted from the start, many small rises in a row add up.
    """
    before = np.concatenate((values[:1], values[:-1]))
    start = np.maximum.accumulate(np.where(values < before, np.arange(values.size), 0))
    return values - values[start], start


def _monotone(values: Floats, given: Floats, place: Rows, notices: list[str]) -> Floats:
    """Return the isotonic curve, or refuse rises that are more than a reading error."""
    before = np.concatenate((values[:1], values[:-1]))
    rise, start = _rises(values)
    large = rise > LARGEST_RISE + _SLACK
    peaks = large & ~np.append(large[1:] & (start[1:] == start[:-1]), [False])
    smooth = isotonic(values)
    drifting = np.abs(smooth - values) > LARGEST_RISE + _SLACK
    problems = [
        place.problem(
            int(at),
            f"survival rises from {given[start[at]]:g} ({place.name(int(start[at]))}); a rise of"
            f" more than {LARGEST_RISE:g} is not repaired",
            "digitise these points again, or leave out those of another curve or a mark",
            "survival",
            given[at],
        )
        for at in np.flatnonzero(peaks)
    ] or [
        place.problem(
            int(at),
            f"survival is {abs(smooth[at] - values[at]):.3f} away from any curve that falls",
            "digitise these points again",
            "survival",
            given[at],
        )
        for at in np.flatnonzero(drifting)
    ]
    if problems:
        raise InputError(problems)
    risen = values > before
    if risen.any():
        verb = "rises" if risen.sum() == 1 else "rise"
        notices.append(
            f"{risen.sum()} of {values.size} points {verb} above the one before it, by at most"
            f" {rise.max():.3f}; made monotone by least squares"
        )
    return smooth


def _with_start(
    times: Floats, values: Floats, read: Floats, notices: list[str]
) -> tuple[Floats, Floats, Floats]:
    """Return the curve from the point (0, 1) on, as every Kaplan-Meier curve starts."""
    if values[0] < 1 - _FIRST_DROP:
        notices.append(
            f"the first point is ({times[0]:g}, {values[0]:g}); survival was taken to be 1 up to it"
        )
    elif times[0] == 0 and values[0] < 1 - _ROUNDED:
        notices.append(f"survival at time 0 was read as {values[0]:g}; it was taken to be 1")
    if times[0] == 0 and values[0] >= 1 - LARGEST_RISE:
        return times, np.concatenate(([1.0], values[1:])), np.concatenate(([1.0], read[1:]))
    starts = [np.concatenate(([1.0], column)) for column in (values, read)]
    return np.concatenate(([0.0], times)), starts[0], starts[1]


def _half_width(resolution: float | None, file: str | None) -> float | None:
    """Return the resolution, or refuse one that is no half-width of a proportion."""
    if resolution is not None and not _FINEST <= resolution < 0.5:
        raise InputError(
            Problem(
                "the resolution is not between 0 and 0.5",
                "give half a pixel as a proportion of the axis, such as 0.001",
                file,
                column="resolution",
                value=f"{resolution:g}",
            )
        )
    return resolution


def _counted(chosen: Bools, noun: str) -> str:
    """Return how many are chosen, with the verb: "1 point is", "3 points are"."""
    count = int(chosen.sum())
    return f"{count} {noun} is" if count == 1 else f"{count} {noun}s are"
