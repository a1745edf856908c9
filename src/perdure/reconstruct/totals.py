"""Draws of a chain, and among them those that meet a reported total of events."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from perdure.reconstruct.budget import Budget, OutOfTimeError
from perdure.reconstruct.ensemble import Fit, InfeasibleError, fit
from perdure.reconstruct.facts import Facts
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.reading import Reading

__all__ = ["drawn", "joined"]

_FEWEST = 25
"""Of fewer particles all may be led astray by the grid's rounding."""

_FINER = (1.0, 2.0, 4.0)
_SEARCHES = 8
_OFTEN = 0.1
"""Where so many draws meet the total by themselves, more are drawn and none are guided."""

_LARGEST_STEP = 4.0

_OUT_OF_REACH = 10.0
"""A total of events to which a tilt as strong (in logarithms) brings no nearer is given up."""

_AT_THE_END = (
    "the curve shows one event fewer than were reported; it was put at the curve's end, where the"
    " last drop is easily lost"
)

_STOPPED = (
    "the search was stopped when its time was up: what it had found by then is given; for better,"
    " raise the time limit or give more numbers at risk"
)


def joined(parts: list[Histories]) -> Histories:
    """Return draws of one arm as one."""
    nodes = max(part.time.size for part in parts)
    parts = [
        part if part.time.size == nodes else part.with_last(np.zeros(part.total.size, np.int64))
        for part in parts
    ]
    return replace(
        parts[0],
        events=np.concatenate([part.events for part in parts]),
        censored=np.concatenate([part.censored for part in parts]),
        survival=np.concatenate([part.survival for part in parts]),
        log_probability=np.concatenate([part.log_probability for part in parts]),
    )


def _refined(
    facts: Facts,
    reading: Reading,
    found: Fit,
    draws: int,
    seed: int,
    budget: Budget,
    tilt: float = 0.0,
) -> Histories:
    """Return draws, on a finer grid where the first is too coarse for any draw to reach the end."""
    particles = max(draws, _FEWEST)
    for fineness in _FINER:
        try:
            return found.draw(facts, reading, int(particles * fineness), seed).evenly(draws)
        except InfeasibleError:
            finer = {"tilt": float(np.exp(tilt)), "fineness": 2 * fineness}
            found = fit(facts, reading, **finer, budget=budget)
    return found.draw(facts, reading, int(particles * 2 * _FINER[-1]), seed).evenly(draws)


def drawn(
    facts: Facts,
    fitted: tuple[Reading, Fit],
    draws: int,
    seed: int,
    budget: Budget,
    notes: list[str],
) -> Histories:
    """Return draws; where a total of events is known, those that meet it, or the nearest."""
    reading, found = fitted
    if facts.events is None:
        return _refined(facts, reading, found, draws, seed, budget)
    kept: list[Histories] = []
    nearest: Histories | None = None
    for tried in _searched(facts, reading, found, draws, seed, budget, notes):
        off = np.abs(tried.total - facts.events)
        exact = np.flatnonzero(off == 0)
        if exact.size:
            kept.append(tried.some(exact))
            if sum(one.total.size for one in kept) >= draws:
                break
        elif nearest is None and (late := _one_more_at_the_end(facts, tried)) is not None:
            notes.append(_AT_THE_END)
            return late.evenly(draws)
        if nearest is None or off.min() < np.abs(nearest.total - facts.events).min():
            nearest = tried.some(np.flatnonzero(off == off.min()))
    if kept:
        return joined(kept).evenly(draws)
    if nearest is None:
        raise InfeasibleError(0)
    return nearest.evenly(draws)


def _one_more_at_the_end(facts: Facts, tried: Histories) -> Histories | None:
    """Return the draws with an event at the end, where that makes the total, or None.

    The drop at the very end of a curve is easily lost when it is digitised.
    """
    if facts.remaining > 0:
        return None
    short = (tried.total == (facts.events or 0) - 1) & (tried.at_risk[:, -1] > 0)
    if short.mean() < _OFTEN:
        return None
    late = tried.some(np.flatnonzero(short))
    return late.with_last(np.ones(late.total.size, np.int64))


def _searched(
    facts: Facts,
    reading: Reading,
    found: Fit,
    draws: int,
    seed: int,
    budget: Budget,
    notes: list[str],
) -> Iterator[Histories]:
    """Yield draws whose totals of events are led nearer to the reported one."""
    if facts.events is None:
        return
    rng = np.random.default_rng(seed)
    tilt, before = 0.0, np.inf
    around: dict[bool, tuple[float, float]] = {}
    for _ in range(_SEARCHES):
        mine = int(rng.integers(2**62))
        try:
            tried = _refined(facts, reading, found, max(draws, 50), mine, budget, tilt)
            yield tried
            off, spread = facts.events - tried.total.mean(), max(float(tried.total.std()), 0.4)
            often = np.mean(tried.total == facts.events) >= _OFTEN
            if often or abs(off) < 0.5 * spread:
                continue
            if abs(tilt) > _OUT_OF_REACH and abs(off) > before - 0.5:
                return
            before = abs(off)
            around[off <= 0] = (tilt, -off)
            step = tilt + float(np.clip(off / spread**2, -_LARGEST_STEP, _LARGEST_STEP))
            tilt = step if len(around) < 2 else _between(around[False], around[True])
            found = fit(facts, reading, tilt=float(np.exp(tilt)), budget=budget)
        except OutOfTimeError:
            notes.append(_STOPPED)
            return
        except InfeasibleError:
            # So many events, or so few, fit no history on the grid.
            if tilt == 0.0:
                raise
            return


def _between(low: tuple[float, float], high: tuple[float, float]) -> float:
    """Return the tilt at which the mean is right, from one with too few and one with too many."""
    share = -low[1] / (high[1] - low[1])
    return low[0] + float(np.clip(share, 0.1, 0.9)) * (high[0] - low[0])
