"""What the curve contradicts among the facts beside it: found, named, and left out."""

from dataclasses import replace

import numpy as np

from perdure.reconstruct.facts import REPORTED, Facts
from perdure.records import Floats

__all__ = ["without_contradictions"]

_DENSE, _GAP = 40, 3.0
"""Of so many points or more, those so many times further apart than usual have a gap between."""

_NEAR = 0.01
"""A tick may lie so far from where it was read, as a share of the follow-up."""


def without_contradictions(facts: Facts, tolerance: float) -> Facts:
    """Return the facts without those that cannot be, and a sentence for each.

    A published median or survival that is said to be the curve's own, and that it does not show,
    is left out. Of two numbers at risk the later is at most the earlier times the survival between
    them, since patients only leave. The largest set of numbers that agree with each other, and with
    the number of patients, is kept.

    Parameters
    ----------
    facts : Facts
    tolerance : float
        How far the curve may be from the truth, in survival.

    Examples
    --------
    >>> from perdure.reconstruct.facts import gather
    >>> from perdure.records import Curve, NumbersAtRisk
    >>> curve = Curve([0, 5, 10, 15], [1.0, 0.8, 0.5, 0.4])
    >>> facts = gather(curve, NumbersAtRisk([0, 6, 12, 14], [100, 30, 28, 28]))
    >>> found = without_contradictions(facts, 0.01)
    >>> found.ticks
    ((0.0, 100), (12.0, 28), (14.0, 28))
    """
    facts = _without_limits(facts, tolerance)
    times = np.array([time for time, _ in facts.ticks])
    numbers = np.array([number for _, number in facts.ticks], dtype=np.float64)
    slack = _NEAR * facts.curve.end_time
    top = _survival(facts, times - slack) + tolerance
    bottom = np.maximum(_least(facts, times + slack) - tolerance, 1e-9)
    possible = numbers * np.minimum(top[:, None], 1.0) / bottom + 1
    agree = numbers[:, None] <= possible
    length = np.ones(times.size)
    before = np.zeros(times.size, dtype=np.int64)
    for later in range(1, times.size):
        earlier = np.flatnonzero(agree[later, :later] & ((length > 1) | (times == 0))[:later])
        if not earlier.size:
            length[later] = -np.inf
            continue
        best = int(earlier[np.argmax(length[earlier])])
        length[later], before[later] = length[best] + 1, best
    kept = [int(np.flatnonzero(length == length.max())[-1])]
    while kept[-1] > 0:
        kept.append(int(before[kept[-1]]))
    facts = _without_too_many_left(facts, facts.ticks[max(kept)], slack, tolerance)
    out = sorted(set(range(times.size)) - set(kept))
    if not out:
        return facts
    return replace(
        facts,
        ticks=tuple(facts.ticks[at] for at in sorted(kept)),
        warnings=(*facts.warnings, *(_said(facts, at, kept, possible) for at in out)),
    )


def _without_too_many_left(
    facts: Facts, last: tuple[float, int], slack: float, tolerance: float
) -> Facts:
    """Return the facts with no more patients beyond the curve's end than it leaves."""
    time, number = last
    end = facts.curve.end_time
    top, bottom = _survival(facts, np.array([end, time + slack]))
    most = int(number * min(top + tolerance, 1.0) / max(bottom - tolerance, 1e-9)) + 1
    if facts.remaining <= most:
        return facts
    said = (
        f"curve and table contradict each other: after {number} at risk at {time:g}"
        f" {facts.curve.time_unit} at most {most} can be left at the curve's end, and"
        f" {facts.remaining} are printed beyond it, {facts.remaining - most} too many; this was"
        " left out"
    )
    return replace(facts, remaining=0, warnings=(*facts.warnings, said))


def _without_limits(facts: Facts, tolerance: float) -> Facts:
    """Return the facts without limits of survival that the curve does not meet."""
    slack = _NEAR * facts.curve.end_time
    kept, said = [], []
    for limit in facts.limits:
        time, least, most = limit
        near = np.array([time - slack, time + slack])
        highest, lowest = _survival(facts, near) + np.array([tolerance, -tolerance])
        off = max(least - highest, lowest - most)
        if off <= 0:
            kept.append(limit)
            continue
        here = float(_survival(facts, np.array([time]))[0])
        said.append(
            f"curve and published values contradict each other: they put survival at {time:g}"
            f" {facts.curve.time_unit} between {least:g} and {most:g}, and the curve has"
            f" {here:.3f} there, {max(least - here, here - most):.3f} off; this was left out"
        )
    if not said:
        return facts
    if any(_of_a_median(limit) for limit in facts.limits if limit not in kept):
        kept = [limit for limit in kept if not _of_a_median(limit)]  # its other half says nothing
    used = facts.used if kept else tuple(fact for fact in facts.used if fact != REPORTED)
    return replace(facts, limits=tuple(kept), used=used, warnings=(*facts.warnings, *said))


def _of_a_median(limit: tuple[float, float, float]) -> bool:
    """Whether a limit is one of a median's two: above one half before it, below after it."""
    return limit[1:] in ((0.5, 1.0), (0.0, 0.5))


def _survival(facts: Facts, times: Floats) -> Floats:
    """Return the curve's survival, 1 before its start and its last value after its end."""
    at = np.searchsorted(facts.curve.time, times, side="right") - 1
    return np.where(at < 0, 1.0, facts.curve.survival[np.maximum(at, 0)])


def _least(facts: Facts, times: Floats) -> Floats:
    """Return the least that the curve's survival can be: in a gap of its columns, that after it."""
    time = facts.curve.time
    last = time.size - 1
    if last < _DENSE:
        return _survival(facts, times)
    after = np.minimum(np.searchsorted(time, times), last)
    gap = time[after] - time[np.maximum(after - 1, 0)]
    wide = gap > _GAP * np.median(np.diff(time))
    return np.where(wide, facts.curve.survival[after], _survival(facts, times))


def _said(facts: Facts, out: int, kept: list[int], possible: Floats) -> str:
    unit = facts.curve.time_unit
    time, number = facts.ticks[out]
    for other in sorted(kept):
        first, second = min(other, out), max(other, out)
        most = possible[second, first]
        if facts.ticks[second][1] > most:
            said, count = facts.ticks[first]
            later, greater = facts.ticks[second]
            return (
                f"curve and table contradict each other: after {count} at risk at {said:g} {unit}"
                f" at most {int(most)} can be left at {later:g}, and {greater} are printed,"
                f" {greater - int(most)} too many; {number} at {time:g} was left out"
            )
    return (
        f"{number} at risk at {time:g} {unit} contradicts other numbers and the curve; it was left"
        " out"
    )
