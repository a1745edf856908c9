"""The published method of Guyot et al. 2012: events and censorings, one risk interval at a time.

Guyot P, Ades AE, Ouwens MJNM, Welton NJ. BMC Med Res Methodol 2012;12:9,
doi 10.1186/1471-2288-12-9. Between two printed numbers at risk, censorings are spread evenly; at
each drop of the curve the number of events is the whole number nearest to what the drop asks for,
given who is at risk and where the rebuilt curve stands; the number of censorings is adjusted until
the next printed number is met. Written from the paper's description.

Where this differs from the paper: the curve comes monotone by least squares and not by a running
minimum; an event happens only where the curve drops; in the last interval as many patients are
censored evenly up to the end of the curve as its drops allow, where the paper carries on the
earlier rate of censoring; and a reported number of events is met, where the last interval alone
cannot, by spreading the censorings of one interval, or of all, earlier or later than evenly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, log

import numpy as np

from perdure.reconstruct.facts import Facts
from perdure.records import Curve, Patients

__all__ = ["guyot"]

_FIT = 0.01
"""How closely the rebuilt curve must follow the last interval, where censoring is free."""

_ROUNDING = 2
"""Events more than patients who leave an interval, by at most so many (or 1%), are rounding."""

_ROUNDS = 40
"""At most so many adjustments of one interval's censorings."""

_SPREADS = tuple(
    sorted((1.15**power for power in range(-11, 12)), key=lambda spread: abs(log(spread)))
)
"""Powers by which censorings lie later (above 1) or earlier than even; even comes first."""


@dataclass(frozen=True)
class _Interval:
    """The stretch between two printed numbers, with the curve's drops in it."""

    start: float
    end: float
    at_risk: int
    times: tuple[float, ...]
    targets: tuple[float, ...]

    def before_last_drop(self) -> "_Interval":
        """Return the stretch up to its last drop, without it."""
        return replace(self, end=self.times[-1], times=self.times[:-1], targets=self.targets[:-1])

    def censored_before(self, time: float, censored: int, spread: float) -> int:
        """Return how many of the spread censorings lie before ``time``."""
        if self.end <= self.start:
            return 0
        share: float = ((time - self.start) / (self.end - self.start)) ** (1 / spread)
        return min(censored, max(0, ceil(censored * share - 0.5 - 1e-9)))

    def censoring_times(self, censored: int, spread: float) -> list[float]:
        """Return the times of censorings spread over the interval; evenly for a spread of 1."""
        length = self.end - self.start
        shares = (np.arange(censored) + 0.5) / max(censored, 1)
        return [float(time) for time in self.start + length * shares**spread]


@dataclass(frozen=True)
class _Walk:
    """Events at each drop of an interval, for a number of censorings."""

    censored: int
    events: tuple[int, ...]
    survival: float
    misfit: float

    @property
    def dead(self) -> int:
        """All events of the interval."""
        return sum(self.events)


@dataclass(frozen=True)
class _Part:
    """What an interval adds to the patients."""

    event_times: list[float]
    censoring_times: list[float]
    survival: float

    @property
    def size(self) -> int:
        """Patients who leave in this interval."""
        return len(self.event_times) + len(self.censoring_times)


def guyot(facts: Facts) -> Patients:
    """Rebuild the patients behind a curve by the method of Guyot et al. 2012.

    Printed numbers at risk are met exactly unless the curve contradicts them by more than
    rounding: then the curve is followed. Never more patients than there are, and every loop is
    bounded, so that the method answers whatever it is given.

    Parameters
    ----------
    facts : Facts
        What is known, from `perdure.reconstruct.gather`.

    Returns
    -------
    Patients
        In the curve's time unit, sorted by time; events before censorings at one time.

    Examples
    --------
    >>> from perdure.reconstruct import gather
    >>> from perdure.records import NumbersAtRisk
    >>> curve = Curve([0, 2, 4, 8], [1.0, 0.8, 0.6, 0.3])
    >>> patients = guyot(gather(curve, NumbersAtRisk([0, 5], [10, 5])))
    >>> patients.n, patients.events
    (10, 5)
    """
    intervals = len(facts.ticks)
    best = _rebuilt(facts, (1.0,) * intervals)
    for spreads in _uneven(intervals):
        if facts.events is None or best.events == facts.events:
            break
        patients = _rebuilt(facts, spreads)
        if abs(patients.events - facts.events) < abs(best.events - facts.events):
            best = patients
    return best


def _uneven(intervals: int) -> Iterator[tuple[float, ...]]:
    """Return how else censorings may be spread in each interval, the nearest to even first.

    Ever less even, in one interval alone or in all alike.
    """
    for spread in _SPREADS[1:]:
        for at in range(intervals if intervals > 1 else 0):
            yield (*(1.0,) * at, spread, *(1.0,) * (intervals - at - 1))
        yield (spread,) * intervals


def _rebuilt(facts: Facts, spreads: tuple[float, ...]) -> Patients:
    """Return the patients of all intervals, with censorings spread as told in each."""
    survival, at_risk = 1.0, facts.n
    events: list[float] = []
    censorings: list[float] = []
    for ((start, _), (end, printed)), spread in zip(pairwise(facts.ticks), spreads, strict=False):
        interval = _interval(facts.curve, start, end, at_risk, open_end=False)
        part = _closed(interval, survival, max(0, at_risk - printed), spread)
        events += part.event_times
        censorings += part.censoring_times
        at_risk -= part.size
        survival = part.survival
    start = facts.ticks[-1][0]
    interval = _interval(facts.curve, start, facts.curve.end_time, at_risk, open_end=True)
    wanted = None if facts.events is None else facts.events - len(events)
    part = _tail(facts, interval, survival, spreads[-1], wanted)
    return _patients(facts, events + part.event_times, censorings + part.censoring_times)


def _interval(curve: Curve, start: float, end: float, at_risk: int, *, open_end: bool) -> _Interval:
    """Return the drops of the curve from ``start`` to just before ``end``, or to it."""
    before = np.concatenate(([1.0], curve.survival[:-1]))
    inside = (curve.time >= start) & ((curve.time <= end) if open_end else (curve.time < end))
    drops = inside & (curve.survival < before)
    return _Interval(
        start,
        end,
        at_risk,
        tuple(curve.time[drops].tolist()),
        tuple(curve.survival[drops].tolist()),
    )


def _walk(interval: _Interval, survival: float, censored: int, spread: float) -> _Walk:
    """Follow the curve's drops with whole events, given how many are censored on the way."""
    events: list[int] = []
    dead, misfit = 0, 0.0
    for time, target in zip(interval.times, interval.targets, strict=True):
        here = interval.at_risk - dead - interval.censored_before(time, censored, spread)
        drop = 0
        if here > 0 and survival > 0:
            drop = min(here, max(0, floor(here * (1 - target / survival) + 0.5)))
            survival *= 1 - drop / here
        dead += drop
        events.append(drop)
        misfit = max(misfit, abs(survival - target))
    return _Walk(censored, tuple(events), survival, misfit)


def _balanced(interval: _Interval, survival: float, leaving: int, spread: float) -> _Walk:
    """Return the walk whose events and censorings come nearest to the patients who leave."""
    seen: dict[int, _Walk] = {}
    target = interval.targets[-1] if interval.targets else survival
    staying = interval.at_risk * target / survival if survival > 0 else 0.0
    censored = max(0, min(leaving, round(staying - (interval.at_risk - leaving))))
    for _ in range(_ROUNDS):
        walk = seen[censored] = _walk(interval, survival, censored, spread)
        censored = max(0, min(leaving, leaving - walk.dead))
        if censored in seen:
            break
    return min(seen.values(), key=lambda walk: abs(leaving - walk.dead - walk.censored))


def _closed(interval: _Interval, survival: float, leaving: int, spread: float) -> _Part:
    """Return who leaves between two printed numbers."""
    walk = _balanced(interval, survival, leaving, spread)
    events = list(walk.events)
    surplus = walk.dead - leaving
    if 0 < surplus <= max(_ROUNDING, interval.at_risk // 100):
        events = _fewer(events, surplus)
    wanted = max(0, leaving - sum(events))
    censorings = interval.censoring_times(walk.censored, spread)[:wanted]
    last = interval.times[-1] if interval.times else interval.start
    censorings += [(last + interval.end) / 2] * (wanted - len(censorings))
    return _part(interval, survival, events, censorings)


def _fewer(events: list[int], surplus: int) -> list[int]:
    """Return the events without the last ``surplus`` of them; the next interval catches up."""
    kept = list(events)
    for at in reversed(range(len(kept))):
        out = min(kept[at], surplus)
        kept[at] -= out
        surplus -= out
    return kept


def _tail(
    facts: Facts, interval: _Interval, survival: float, spread: float, wanted: int | None
) -> _Part:
    """Return who leaves after the last printed number: everyone.

    Candidates differ in how many are still at risk at the end of the curve. The fewest that
    let the curve be followed closely are taken, or those that come nearest to the wanted events.
    """
    falls_to_zero = bool(interval.targets) and interval.targets[-1] * facts.n < 0.5
    reach = interval.before_last_drop() if falls_to_zero else interval
    walks = [
        _ending(reach, survival, staying, spread, to_zero=falls_to_zero)
        for staying in _ending_with(interval.at_risk, max(facts.remaining, 1))
    ]
    nearest = min(walk.misfit for walk in walks)
    closeness = max(_FIT, 2 * (facts.curve.resolution or 0.0), nearest + 1e-9)
    close = [walk for walk in walks if walk.misfit <= closeness]
    chosen = close[0]
    if wanted is not None:
        chosen = min(close, key=lambda walk: abs(walk.dead - wanted))
    censorings = reach.censoring_times(chosen.censored, spread)
    censorings += [interval.end] * (interval.at_risk - chosen.dead - chosen.censored)
    return _part(interval, survival, list(chosen.events), censorings)


def _ending(
    reach: _Interval, survival: float, staying: int, spread: float, *, to_zero: bool
) -> _Walk:
    """Return a walk that ends with about ``staying`` at risk; a drop to 0 takes all of them."""
    walk = _balanced(reach, survival, reach.at_risk - staying, spread)
    censored = min(walk.censored, reach.at_risk - walk.dead)
    if not to_zero:
        return replace(walk, censored=censored)
    last = reach.at_risk - walk.dead - censored
    return _Walk(censored, (*walk.events, last), 0.0, walk.misfit)


def _ending_with(at_risk: int, least: int) -> list[int]:
    """Return how many may still be at risk at the end: from the fewest to all, ever more apart."""
    numbers = []
    number = max(1, least)
    while number < at_risk:
        numbers.append(number)
        number += max(1, number // 3)
    return [*numbers, at_risk]


def _part(
    interval: _Interval, survival: float, events: list[int], censorings: list[float]
) -> _Part:
    """Return an interval's patients, and where the rebuilt curve stands after them."""
    gone = np.sort(censorings)
    dead = 0
    for time, drop in zip(interval.times, events, strict=True):
        here = interval.at_risk - dead - int(np.searchsorted(gone, time))
        if drop:
            survival *= 1 - drop / max(here, drop)
        dead += drop
    times = np.repeat(interval.times, events).tolist() if events else []
    return _Part(times, censorings, survival)


def _patients(facts: Facts, events: list[float], censorings: list[float]) -> Patients:
    """Return the patients in order, the last of them where the table says that they leave."""
    time = np.array(events + censorings)
    event = np.repeat([True, False], [len(events), len(censorings)])
    time[time >= facts.curve.end_time] = facts.end_time
    if facts.left_by is not None:
        late = time >= facts.left_by
        points = facts.curve.time[facts.curve.time < facts.left_by]
        time[late] = points[-1]
    order = np.lexsort((~event, time))
    return Patients(time[order], event[order], facts.curve.time_unit)
