"""From the facts of an arm to histories that agree with all of them.

Every search here is bounded: a reading error that fits no history is widened a few times, a total
of events is sought a few times, and what is not met is said.
"""

from dataclasses import dataclass, replace

import numpy as np

from perdure.reconstruct.contradiction import without_contradictions
from perdure.reconstruct.ensemble import Fit, InfeasibleError, fit
from perdure.reconstruct.facts import Facts
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.reading import Reading, clicked, reading_of, strays_of
from perdure.records import Floats, Ints

__all__ = ["Posterior", "sample"]

_WIDER = 1.5
_WIDEST = 0.1
"""A reading error is not widened beyond this."""

_STEPS_WIDER = 2.0
_STEPS_WIDEST = 6e-4
"""Points that fit no history to this half-width are clicks and not steps."""

_CLICK_ERRORS = (0.001, 0.002, 0.0035, 0.005, 0.007, 0.01, 0.015)
_USUAL_CLICK = 3
_NEGLIGIBLE = 4.0
"""An error of clicks less likely than another by this (in logarithms) is not drawn from."""

_LEAST_TOLERANCE = 0.005
"""Numbers at risk may miss the curve by this before they contradict it."""

_MANY_CELLS = 2e6
"""With more states only the usual error of clicks is tried."""

_FEWEST = 25
"""Of fewer particles all may be led astray by the grid's rounding."""

_FINER = (1.0, 2.0, 4.0)
_SEARCHES = 6
_COARSE = 0.4
"""Fineness of the grid from which strays are counted."""

_TO_COUNT = 20
"""Draws from which points off their row are counted."""

_OFTEN = 0.1
"""Where so many draws meet the total by themselves, more are drawn and none are guided."""

_LARGEST_STEP = 4.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """Histories drawn, how the curve was read, which facts they meet, and what had to be said."""

    histories: Histories
    reading: Reading
    log_likelihood: float
    facts: Facts
    notes: tuple[str, ...]


def sample(facts: Facts, *, draws: int, seed: int) -> Posterior:
    """Draw histories that fit the curve, the numbers at risk and the total of events.

    Parameters
    ----------
    facts : Facts
    draws : int
        How many histories.
    seed : int

    Returns
    -------
    Posterior
    """
    facts, readings, notes = _agreeing(facts, reading_of(facts.curve))
    weights = np.array([found.log_likelihood for _, found in readings])
    shares = np.exp(weights - weights.max())
    shares /= shares.sum()
    rng = np.random.default_rng(seed)
    counts = _apportioned(shares, draws)
    parts = []
    best = int(np.argmax(weights))
    for at in np.argsort(-weights, kind="stable").tolist():
        if not counts[at]:
            continue
        mine = int(rng.integers(2**62))
        try:
            parts.append(_drawn(facts, readings[at], int(counts[at]), mine))
        except InfeasibleError:
            # A reading error that few draws asked for, and that none survives.
            if at == best:
                raise
            parts.append(_drawn(facts, readings[best], int(counts[at]), mine))
    histories = _joined(parts)
    if facts.events is not None:
        exact = np.flatnonzero(histories.total == facts.events)
        if exact.size:
            histories = histories.some(exact).evenly(draws)
    return Posterior(
        histories,
        readings[best][0],
        float(weights[best]),
        facts,
        tuple(dict.fromkeys(notes)),
    )


def _agreeing(facts: Facts, reading: Reading) -> tuple[Facts, list[tuple[Reading, Fit]], list[str]]:
    """Return the facts that agree, with what fits them, and what had to be said.

    Points that are fine enough to be steps, and fit no history as such, are clicks: what
    contradicts them is judged anew, by their larger error.
    """
    agreeing = without_contradictions(facts, max(3 * reading.reach, _LEAST_TOLERANCE))
    notes = list(agreeing.warnings[len(facts.warnings) :])
    try:
        return (*_feasible(agreeing, reading, notes), notes)
    except InfeasibleError:
        if reading.kind != "steps":
            raise
    return _agreeing(facts, clicked(facts.curve, _CLICK_ERRORS[_USUAL_CLICK]))


_TOO_MUCH = {
    "limits": "no history meets the published median or survival that is said to be the curve's"
    " own; it was left out",
    "marks": "no history has all the censoring marks; they were left out",
}


def _feasible(
    facts: Facts, reading: Reading, notes: list[str]
) -> tuple[Facts, list[tuple[Reading, Fit]]]:
    """Return the facts that a history meets, with what fits: too many are left out, and named."""
    for fact, said in _TOO_MUCH.items():
        if fact not in facts.used:
            continue
        trial: list[str] = []
        try:
            found = _counted(facts, reading, trial)
        except InfeasibleError:
            facts = facts.without(fact, said)
            notes.append(said)
        else:
            notes += trial
            return found
    return _counted(facts, reading, notes)


def _counted(
    facts: Facts, reading: Reading, notes: list[str]
) -> tuple[Facts, list[tuple[Reading, Fit]]]:
    """Return the facts with the way in which numbers at risk were counted, and what fits.

    It matters where the curve drops at a printed time. Patients up to the time are at risk (>= t);
    some software prints those beyond it (> t), which is taken where it is more probable, and said.
    """
    drops = facts.curve.time[1:][np.diff(facts.curve.read) < 0]
    together = np.isin([time for time, _ in facts.ticks if time > 0], drops)
    if reading.kind != "steps" or not together.any():
        return facts, _readings(facts, reading, notes)
    said: tuple[list[str], list[str]] = ([], [])
    other = replace(facts, beyond=True)
    found = []
    for one, words in zip((facts, other), said, strict=True):
        try:
            found.append(_readings(one, reading, words))
        except InfeasibleError:
            found.append([])
    likely = [max((fit.log_likelihood for _, fit in fits), default=-np.inf) for fits in found]
    if max(likely) == -np.inf:
        raise InfeasibleError(0)
    at = int(np.argmax(likely))
    notes += said[at]
    if at == 1:
        notes.append(
            "the numbers at risk fit the curve better as patients beyond each printed time (> t)"
            " than as those up to it (>= t), and were read so"
        )
    return (facts, other)[at], found[at]


def _apportioned(shares: Floats, draws: int) -> Ints:
    """Return whole counts in proportion to shares: largest remainders."""
    exact = shares * draws
    counts: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: draws - int(counts.sum())]] += 1
    return counts


def _joined(parts: list[Histories]) -> Histories:
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        events=np.concatenate([part.events for part in parts]),
        censored=np.concatenate([part.censored for part in parts]),
        survival=np.concatenate([part.survival for part in parts]),
    )


def _readings(facts: Facts, reading: Reading, notes: list[str]) -> list[tuple[Reading, Fit]]:
    """Return the reading errors that fit, with the chain of each."""
    if reading.kind == "steps":
        stated = reading
        reading = replace(reading, half_width=min(reading.half_width, reading.digits))
        found = _widened(facts, reading, _STEPS_WIDER, 0.02 if reading.stated else _STEPS_WIDEST)
        if found is None:
            raise InfeasibleError(0)
        if stated.stated and found[0].half_width > stated.half_width:
            notes.append(_said(stated, found[0]))
        return [found]
    if reading.kind == "clicks":
        fits = _clicks(facts)
        if fits:
            return fits
        reading = clicked(facts.curve, _CLICK_ERRORS[-1])
    strays = len(reading.strays) > 1
    found = _widened(facts, reading, _WIDER, _WIDEST, _COARSE if strays else 1.0)
    if found is None:
        raise InfeasibleError(0)
    if strays:
        found = _strays_counted(facts, *found)
    if found[0].half_width > reading.half_width:
        notes.append(_said(reading, found[0]))
    return [found]


def _clicks(facts: Facts) -> list[tuple[Reading, Fit]]:
    """Return the errors of clicks that fit, from the usual one on to both sides while they do."""
    found: dict[int, tuple[Reading, Fit]] = {}
    for side in (1, -1):
        at = _USUAL_CLICK
        while 0 <= at < len(_CLICK_ERRORS):
            tried = clicked(facts.curve, _CLICK_ERRORS[at])
            try:
                found.setdefault(at, (tried, fit(facts, tried)))
            except InfeasibleError:
                pass
            else:
                if found[at][1].after.size > _MANY_CELLS:
                    return list(found.values())
                best = max(fit.log_likelihood for _, fit in found.values())
                if found[at][1].log_likelihood < best - _NEGLIGIBLE:
                    break
            at += side
    return list(found.values())


def _strays_counted(facts: Facts, reading: Reading, found: Fit) -> tuple[Reading, Fit]:
    """Return the reading with strays counted from where survival most likely was, and its chain.

    Counted from the isotonic curve, which follows them, there are too few.
    """
    try:
        tried = found.draw(facts, reading, _TO_COUNT, 0)
    except InfeasibleError:
        return reading, fit(facts, reading)
    seen = found.columns.seen
    off = found.columns.reading[seen] - tried.survival[:, seen]
    better = replace(reading, strays=strays_of(off / (2 * reading.half_width)))
    try:
        return better, fit(facts, better)
    except InfeasibleError:
        return reading, fit(facts, reading)


def _said(before: Reading, after: Reading) -> str:
    return (
        f"no history fits the curve and the numbers within {before.half_width:.2g} of survival; the"
        f" reading error was widened to {after.half_width:.2g}"
    )


def _widened(
    facts: Facts, reading: Reading, factor: float, widest: float, fineness: float = 1.0
) -> tuple[Reading, Fit] | None:
    """Return the smallest reading error, from the given one up, that fits a history."""
    while reading.half_width <= widest:
        try:
            found = fit(facts, reading, fineness=fineness)
            if reading.kind == "steps":
                # The grid rounds, and steps are too fine for that: a history must really be there.
                found.draw(facts, reading, _FEWEST, 0)
        except InfeasibleError:
            reading = reading.wider(factor)
        else:
            return reading, found
    return None


def _refined(
    facts: Facts, reading: Reading, found: Fit, draws: int, seed: int, tilt: float = 0.0
) -> Histories:
    """Return draws, on a finer grid where the first is too coarse for any draw to reach the end."""
    particles = max(draws, _FEWEST)
    for fineness in _FINER:
        try:
            return found.draw(facts, reading, int(particles * fineness), seed).evenly(draws)
        except InfeasibleError:
            found = fit(facts, reading, tilt=float(np.exp(tilt)), fineness=2 * fineness)
    return found.draw(facts, reading, int(particles * 2 * _FINER[-1]), seed).evenly(draws)


def _drawn(facts: Facts, fitted: tuple[Reading, Fit], draws: int, seed: int) -> Histories:
    """Return draws; where a total of events is known, those that meet it."""
    reading, found = fitted
    if facts.events is None:
        return _refined(facts, reading, found, draws, seed)
    rng = np.random.default_rng(seed)
    wanted, tilt = facts.events, 0.0
    kept: list[Histories] = []
    nearest: Histories | None = None
    for _ in range(_SEARCHES):
        tried = _refined(facts, reading, found, max(draws, 50), int(rng.integers(2**62)), tilt)
        total = tried.total
        exact = np.flatnonzero(total == wanted)
        if exact.size:
            kept.append(tried.some(exact))
            if sum(one.total.size for one in kept) >= draws:
                break
        off = np.abs(total - wanted)
        if nearest is None or off.min() < np.abs(nearest.total - wanted).min():
            nearest = tried.some(np.flatnonzero(off == off.min()))
        if exact.size < _OFTEN * total.size:
            step = (wanted - total.mean()) / max(float(total.var()), 0.15)
            tilt += float(np.clip(step, -_LARGEST_STEP, _LARGEST_STEP))
            found = fit(facts, reading, tilt=float(np.exp(tilt)))
    if kept:
        joined = _joined(kept)
        return joined.evenly(draws)
    if nearest is None:
        raise AssertionError("a search draws at least once")
    return nearest.evenly(draws)
