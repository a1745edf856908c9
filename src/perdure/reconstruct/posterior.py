"""From the facts of an arm to histories that agree with all of them.

Every search is bounded, in steps and in time: a reading error that fits no history is widened a few
times, a total of events is sought a few times, and what is not met is said.
"""

from dataclasses import dataclass, replace

import numpy as np

from perdure.reconstruct.budget import Budget, OutOfTimeError
from perdure.reconstruct.contradiction import without_contradictions
from perdure.reconstruct.ensemble import Fit, InfeasibleError, fit
from perdure.reconstruct.facts import Facts
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.reading import Reading, clicked, reading_of, strays_of
from perdure.reconstruct.totals import drawn, joined
from perdure.records import Floats, Ints

__all__ = ["Posterior", "sample"]

_WIDER = 1.5
_WIDEST = 0.1
"""A reading error is not widened beyond this."""

_STEPS_WIDER = 2.0
_STEPS_WIDEST = 6e-4
_STATED_WIDEST = 0.02
"""Points that fit no history to this half-width are clicks and not steps."""

_CLICK_ERRORS = (0.001, 0.002, 0.0035, 0.005, 0.007, 0.01, 0.015)
_USUAL_CLICK = 3
_NEGLIGIBLE = 4.0
"""An error of clicks less likely than another by this (in logarithms) is not drawn from."""

_CLEARLY = 3.0
"""Numbers are taken to be patients beyond their time where that is so much likelier."""

_LEAST_TOLERANCE = 0.005
"""Numbers at risk may miss the curve by this before they contradict it."""

_MANY_CELLS = 2e6
"""With more states only the usual error of clicks is tried."""

_FEWEST = 25
"""Of fewer particles all may be led astray by the grid's rounding."""

_COARSE = 0.25
"""Fineness of the grid from which strays are counted."""

_TOO_COARSE = 0.4
"""Values of survival on the grid further apart than this, in half-widths, lead draws astray."""

_COARSE_GRID = (
    "so many patients with so few numbers at risk were followed on a coarse grid: the histories may"
    " differ by more than those drawn, and intervals be too narrow; give more numbers at risk"
)

_TO_COUNT = 20
"""Draws from which points off their row are counted."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Histories drawn, how the curve was read, which facts they meet, and what had to be said."""

    histories: Histories
    reading: Reading
    log_likelihood: float
    facts: Facts
    notes: tuple[str, ...]


def sample(facts: Facts, *, draws: int, seed: int, budget: Budget) -> Posterior:
    """Draw histories that fit the curve, the numbers at risk and the total of events.

    Parameters
    ----------
    facts : Facts
    draws : int
        How many histories.
    seed : int
    budget : Budget
        How long it may take; what it cuts short is said.

    Returns
    -------
    Posterior

    Raises
    ------
    InfeasibleError
        If no history fits.
    OutOfTimeError
        If the time was up before any did.
    """
    facts, readings, notes = _agreeing(facts, reading_of(facts.curve), budget)
    weights = np.array([found.log_likelihood for _, found in readings])
    shares = np.exp(weights - weights.max())
    shares /= shares.sum()
    rng = np.random.default_rng(seed)
    counts = _apportioned(shares, draws)
    parts: list[Histories] = []
    best = int(np.argmax(weights))
    for at in np.argsort(-weights, kind="stable").tolist():
        if not counts[at]:
            continue
        mine = int(rng.integers(2**62))
        try:
            parts.append(drawn(facts, readings[at], int(counts[at]), mine, budget, notes))
        except InfeasibleError:
            # The grid has histories that exact survival has not.
            if at == best:
                readings[best] = _wider_yet(facts, readings[best][0], notes, budget)
            parts.append(drawn(facts, readings[best], int(counts[at]), mine, budget, notes))
        if facts.events is not None and facts.events not in parts[0].total:
            # Where the likeliest reading has no such total, it is not sought further afield.
            parts = [parts[0].evenly(draws)]
            break
    if readings[best][1].coarseness > _TOO_COARSE * readings[best][0].half_width:
        notes.append(_COARSE_GRID)
    histories = joined(parts)
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


def _agreeing(
    facts: Facts, reading: Reading, budget: Budget
) -> tuple[Facts, list[tuple[Reading, Fit]], list[str]]:
    """Return the facts that agree, with what fits them, and what had to be said.

    Points that are fine enough to be steps, and fit no history as such, are clicks: what
    contradicts them is judged anew, by their larger error.
    """
    agreeing = without_contradictions(facts, max(3 * reading.reach, _LEAST_TOLERANCE))
    notes = list(agreeing.warnings[len(facts.warnings) :])
    try:
        return (*_feasible(agreeing, reading, notes, budget), notes)
    except InfeasibleError:
        if reading.kind != "steps":
            raise
    return _agreeing(facts, clicked(facts.curve, _CLICK_ERRORS[_USUAL_CLICK]), budget)


_TOO_MUCH = {
    "limits": "no history meets the published median or survival that is said to be the curve's"
    " own; it was left out",
    "marks": "no history has all the censoring marks; they were left out",
}


def _feasible(
    facts: Facts, reading: Reading, notes: list[str], budget: Budget
) -> tuple[Facts, list[tuple[Reading, Fit]]]:
    """Return the facts that a history meets, with what fits: too many are left out, and named."""
    given = {"limits": bool(facts.limits), "marks": facts.marks is not None}
    for fact, said in _TOO_MUCH.items():
        if not given[fact]:
            continue
        trial: list[str] = []
        fewer = facts.without(fact, said)
        if fact == "marks" and reading.kind != "steps":
            facts = _with_marks_nearly(facts, reading, budget)
        try:
            found = _counted(facts, reading, trial, budget)
        except InfeasibleError:
            found = None
        if found is not None and not trial:
            return found
        other = _counted(fewer, reading, [], budget)
        if found is not None and _error(found) <= _error(other):
            notes += trial
            return found
        # Without the fact a history fits at all, or nearer to the curve: it is what contradicts.
        facts = fewer
        notes.append(said)
    return _counted(facts, reading, notes, budget)


def _with_marks_nearly(facts: Facts, reading: Reading, budget: Budget) -> Facts:
    """Return the facts; where marks fit no history as they are, with marks a column off."""
    trial: list[str] = []
    try:
        _counted(facts, reading, trial, budget)
    except InfeasibleError:
        return replace(facts, nearly=True)
    return replace(facts, nearly=bool(trial))


def _error(found: tuple[Facts, list[tuple[Reading, Fit]]]) -> float:
    """Return the smallest reading error that was needed."""
    return min(reading.half_width for reading, _ in found[1])


def _counted(
    facts: Facts, reading: Reading, notes: list[str], budget: Budget
) -> tuple[Facts, list[tuple[Reading, Fit]]]:
    """Return the facts with the way in which numbers at risk were counted, and what fits.

    It matters where the curve drops at a printed time. Patients up to the time are at risk (>= t);
    some software prints those beyond it (> t), which is taken where it is more probable, and said.
    """
    drops = facts.curve.time[1:][np.diff(facts.curve.read) < 0]
    together = np.isin([time for time, _ in facts.ticks if time > 0], drops)
    if reading.kind != "steps" or not together.any():
        return facts, _readings(facts, reading, notes, budget)
    said: tuple[list[str], list[str]] = ([], [])
    other = replace(facts, beyond=True)
    found = []
    for one, words in zip((facts, other), said, strict=True):
        try:
            found.append(_readings(one, reading, words, budget))
        except InfeasibleError:
            found.append([])
    likely = [max((fit.log_likelihood for _, fit in fits), default=-np.inf) for fits in found]
    if max(likely) == -np.inf:
        raise InfeasibleError(0)
    at = int(likely[1] > likely[0] + _CLEARLY)
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


def _readings(
    facts: Facts, reading: Reading, notes: list[str], budget: Budget
) -> list[tuple[Reading, Fit]]:
    """Return the reading errors that fit, with the chain of each."""
    if reading.kind == "steps":
        widest = _STATED_WIDEST if reading.stated else _STEPS_WIDEST
        widest = max(widest, reading.half_width)
        found = _widened(facts, reading, _STEPS_WIDER, widest, budget)
    elif reading.kind == "clicks" and not reading.stated:
        fits = _clicks(facts, budget)
        if fits:
            return fits
        reading = clicked(facts.curve, _CLICK_ERRORS[-1])
        found = _widened(facts, reading, _WIDER, _WIDEST, budget)
    else:
        coarse = _COARSE if reading.rows_off else 1.0
        widest = max(_WIDEST, reading.half_width)
        found = _widened(facts, reading, _WIDER, widest, budget, coarse)
        if found is not None and reading.rows_off:
            found = _strays_counted(facts, *found, budget)
    if found is None:
        raise InfeasibleError(0)
    if found[0].half_width > reading.half_width and (reading.kind != "steps" or reading.stated):
        notes.append(_said(reading, found[0]))
    return [found]


def _clicks(facts: Facts, budget: Budget) -> list[tuple[Reading, Fit]]:
    """Return the errors of clicks that fit, from the usual one on to both sides while they do."""
    found: dict[int, tuple[Reading, Fit]] = {}
    for side in (1, -1):
        at = _USUAL_CLICK
        while 0 <= at < len(_CLICK_ERRORS):
            tried = clicked(facts.curve, _CLICK_ERRORS[at])
            try:
                if at not in found:
                    found[at] = (tried, fit(facts, tried, budget=budget))
            except OutOfTimeError:
                if not found:
                    raise
                return list(found.values())
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


def _strays_counted(
    facts: Facts, reading: Reading, found: Fit, budget: Budget
) -> tuple[Reading, Fit]:
    """Return the reading with strays counted from where survival most likely was, and its chain.

    Counted from the isotonic curve, which follows them, there are too few.
    """
    better = reading
    try:
        tried = found.draw(facts, reading, _TO_COUNT, 0)
    except InfeasibleError:
        pass
    else:
        seen = found.columns.seen
        off = found.columns.reading[seen] - tried.survival[:, seen]
        better = replace(reading, strays=strays_of(off / (2 * reading.half_width)))
    try:
        return better, fit(facts, better, budget=budget)
    except InfeasibleError:
        return reading, fit(facts, reading, budget=budget)


_NO_HISTORY = "no history fits the curve and the numbers within"


def _said(before: Reading, after: Reading) -> str:
    return (
        f"{_NO_HISTORY} {before.half_width:.2g} of survival; the reading error was widened to"
        f" {after.half_width:.2g}"
    )


def _half_width(reading: Reading) -> float:
    return reading.half_width


def _widened(
    facts: Facts,
    reading: Reading,
    factor: float,
    widest: float,
    budget: Budget,
    fineness: float = 1.0,
) -> tuple[Reading, Fit] | None:
    """Return the smallest reading error, from the given one up, that fits a history."""
    while reading.half_width <= widest:
        try:
            found = fit(facts, reading, fineness=fineness, budget=budget)
            if reading.kind == "steps":
                # The grid rounds, and steps are too fine for that: a history must really be there.
                found.draw(facts, reading, _FEWEST, 0)
        except InfeasibleError:
            reading = reading.wider(factor)
        else:
            return reading, found
    return None


def _wider_yet(
    facts: Facts, reading: Reading, notes: list[str], budget: Budget
) -> tuple[Reading, Fit]:
    """Return the smallest larger reading error within which a history is drawn."""
    wider = reading.wider(_WIDER)
    while wider.half_width <= _WIDEST:
        try:
            found = fit(facts, wider, budget=budget)
            found.draw(facts, wider, _FEWEST, 0)
        except InfeasibleError:
            wider = wider.wider(_WIDER)
        else:
            before = [note for note in notes if note.startswith(_NO_HISTORY)]
            for note in before:
                notes.remove(note)
            notes.append(_said(min(reading, reading_of(facts.curve), key=_half_width), wider))
            return wider, found
    raise InfeasibleError(0)
