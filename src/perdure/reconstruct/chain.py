"""The hidden Markov chain behind a curve: how many are at risk, and where survival stands exactly.

In the block that leads to a node of the figure k patients are censored, then d have an event. The
state is the number at risk, the level of the censoring hazard, and survival, which moves by the
factor 1 - d / (number at risk) and is seen through the reading error. `backward` tells, on a grid,
how probable all that is still to be seen is from each state. `forward` draws whole histories with
exact survival, guided by it, and resamples those that the grid's rounding led astray (a twisted
particle filter: Whiteley and Lee 2014, doi 10.1214/13-AOS1167).

Numba compiles these loops on first use and keeps the result.
"""

from math import ceil, exp, floor, inf, log
from typing import NamedTuple

import numpy as np
from numba import njit

from perdure.records.arrays import Floats, Ints

__all__ = ["UNMARKED", "Chain", "backward", "forward"]

_EDGE = 1e-12
_UNDERFLOW = 1e-250
"""Smaller probabilities are computed afresh and not from their neighbour."""

_LARGEST = 0.5
"""No block censors a patient with a probability above this."""

UNMARKED = -1
"""Where it is not known how many censorings a block holds."""


class Chain(NamedTuple):
    """All that the chain's loops need; arrays of shape (nodes,) unless told otherwise.

    The grid of node c has ``width[c]`` values of survival from ``start[c]`` on,
    ``spacing[c]`` apart, for each number at risk from ``low[c]`` to ``high[c]`` and each level of
    the censoring hazard.
    """

    low: Ints
    high: Ints
    start: Floats
    width: Ints
    spacing: Floats
    most: Ints
    """No more events in the block than this."""
    event: Floats
    """Probability of an event in the block, for each patient at risk."""
    censoring: Floats
    """Probability of a censoring in the block, at level 1."""
    marked: Ints
    """At least so many censorings in the block; 0 is none at all, -1 is not known."""
    burst: Floats
    """Share of blocks in which the number of events is heavy-tailed."""
    tilt: float
    """Factor on the weight of a history for each event, to reach a reported total."""
    move: Floats
    """Probability that the level of the censoring hazard is drawn anew."""
    multiple: Floats
    """Censoring hazard of each level as a multiple; shape (levels,)."""
    share: Floats
    """How often each level is drawn; shape (levels,)."""
    reach: int
    """A block may censor at least so many, however improbable."""
    seen: Ints
    """1 where survival was read at the node."""
    reading: Floats
    scale: Floats
    """Reading error of the node, as a multiple of the table's."""
    floor: Floats
    ceiling: Floats
    """Limits of survival at the node."""
    table: Floats
    """Emission by distance between survival and reading, ``step`` apart."""
    step: float
    ending: Floats
    """Probability of the number at risk at the end; shape (n + 1,)."""
    log_factorial: Floats


_BURST_CENSORED = 0.01

_TEMPER = 0.1
"""Power of the weights: in full they put the grid's rounding right at the price of a few common
ancestors for all draws, which is the larger error (validation/reconstruct_coverage.md)."""

_ENOUGH = 0.6
"""Draws are resampled where their effective number falls below this share of them."""


@njit(cache=True)
def _emission(chain: Chain, node: int, survival: float) -> float:
    """Return how probable the reading of a node is, given survival there."""
    if survival < chain.floor[node] - _EDGE or survival > chain.ceiling[node] + _EDGE:
        return 0.0
    if chain.seen[node] == 0:
        return 1.0
    place = abs(survival - chain.reading[node]) / chain.scale[node] / chain.step
    at = int(place)
    if at >= chain.table.size - 1:
        return float(chain.table[chain.table.size - 1])
    part = place - at
    return float(chain.table[at] * (1 - part) + chain.table[at + 1] * part)


@njit(cache=True)
def _counts(
    n: int, p: float, first: int, last: int, burst: float, log_factorial: Floats, out: Floats
) -> None:
    """Fill ``out`` with the probabilities of first..last of n: binomial, with a heavy tail."""
    if p <= 0.0:
        for count in range(first, last + 1):
            out[count - first] = 1.0 if count == 0 else 0.0
        return
    log_p, log_q = log(p), log(1 - p)
    binomial, odds = 0.0, p / (1 - p)
    for count in range(first, last + 1):
        if binomial < _UNDERFLOW:
            ways = log_factorial[n] - log_factorial[count] - log_factorial[n - count]
            binomial = exp(ways + count * log_p + (n - count) * log_q)
        out[count - first] = (1 - burst) * binomial + burst / ((count + 1.0) * (count + 2.0))
        binomial *= odds * (n - count) / (count + 1.0)


@njit(cache=True)
def _events(chain: Chain, node: int, m: int, survival: float) -> tuple[int, int]:
    """Return the fewest and the most events with which survival stays on the grid of a node."""
    top = chain.start[node] + (chain.width[node] - 1) * chain.spacing[node]
    least = max(0, m - chain.high[node], ceil(m * (1 - (top + _EDGE) / survival)))
    bottom = floor(m * (1 - (chain.start[node] - _EDGE) / survival))
    return least, min(m - chain.low[node], m, bottom, chain.most[node])


@njit(cache=True)
def _censored(chain: Chain, node: int, n: int, p: float, high: int) -> tuple[int, int]:
    """Return the fewest and the most censorings of the block that leads to a node."""
    least = max(0, n - high)
    most = n - chain.low[node]
    if chain.censoring[node] <= 0.0 or chain.marked[node] == 0:
        return least, min(most, 0)
    mean = n * p
    likely = int(mean + 6.0 * np.sqrt(mean * (1 - p) + 0.05) + 2.0)
    least = max(least, chain.marked[node])
    return least, min(most, max(likely, chain.reach, least))


@njit(cache=True)
def _before_events(
    chain: Chain,
    c: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    row: Floats,
) -> None:
    """Fill ``before`` at node c: what is to come after the next block's censorings."""
    b = c + 1
    levels = chain.multiple.size
    here = chain.width[c]
    largest = chain.start[c] + (here - 1) * chain.spacing[c]
    for m in range(chain.low[b], chain.high[c] + 1):
        base = before_at[c] + (m - chain.low[b]) * levels * here
        before[base : base + levels * here] = 0.0
        if m == 0:
            _nobody_left(chain, c, after, after_at, before, base)
            continue
        if largest <= 0.0:
            continue
        least, most = _events(chain, b, m, largest)
        least = max(0, m - chain.high[b])
        if most < least:
            continue
        _counts(m, chain.event[b], least, most, chain.burst[b], chain.log_factorial, row)
        if chain.tilt != 1.0:
            for d in range(least, most + 1):
                row[d - least] *= chain.tilt**d
        for g in range(here):
            s = chain.start[c] + g * chain.spacing[c]
            if s > 0.0:
                _add_events(chain, c, m, s, least, most, after, after_at, before, base + g, row)


@njit(cache=True)
def _nobody_left(
    chain: Chain, c: int, after: Floats, after_at: Ints, before: Floats, base: int
) -> None:
    """Fill ``before`` for nobody at risk: possible only where survival is 0 and stays there."""
    b = c + 1
    if chain.start[c] == 0.0 and chain.start[b] == 0.0:
        e = _emission(chain, b, 0.0)
        for r in range(chain.multiple.size):
            before[base + r * chain.width[c]] = e * after[after_at[b] + r * chain.width[b]]


@njit(cache=True)
def _add_events(
    chain: Chain,
    c: int,
    m: int,
    survival: float,
    least: int,
    most: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    place: int,
    row: Floats,
) -> None:
    """Add up, for one state, what is to come after each possible number of events."""
    b = c + 1
    levels = chain.multiple.size
    here, there = chain.width[c], chain.width[b]
    first, last = _events(chain, b, m, survival)
    for d in range(first, min(last, most) + 1):
        moved = survival * (m - d) / m
        w = row[d - least] * _emission(chain, b, moved)
        if w <= 0.0:
            continue
        x = min(max((moved - chain.start[b]) / chain.spacing[b], 0.0), there - 1.0)
        j = min(int(x), there - 2)
        part = x - j
        at = after_at[b] + (m - d - chain.low[b]) * levels * there + j
        for r in range(levels):
            value = after[at + r * there] * (1 - part) + after[at + r * there + 1] * part
            before[place + r * here] += w * value


@njit(cache=True)
def _before_censorings(
    chain: Chain,
    c: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    row: Floats,
) -> float:
    """Fill ``after`` at node c from ``before``; return its largest value."""
    b = c + 1
    levels = chain.multiple.size
    here = chain.width[c]
    top = 0.0
    for n in range(chain.low[c], chain.high[c] + 1):
        base = after_at[c] + (n - chain.low[c]) * levels * here
        after[base : base + levels * here] = 0.0
        for r in range(levels):
            p = min(chain.censoring[b] * chain.multiple[r], _LARGEST)
            least, most = _censored(chain, b, n, p, chain.high[c])
            if most < least:
                continue
            _counts(n, p, least, most, _BURST_CENSORED, chain.log_factorial, row)
            for k in range(least, most + 1):
                w = row[k - least]
                at = before_at[c] + ((n - k - chain.low[b]) * levels + r) * here
                for g in range(here):
                    after[base + r * here + g] += w * before[at + g]
        if chain.move[b] > 0.0:
            _mix_levels(chain, b, after, base, here)
        for at in range(base, base + levels * here):
            top = max(top, after[at])
    return top


@njit(cache=True)
def _mix_levels(chain: Chain, b: int, after: Floats, base: int, here: int) -> None:
    """Let the level of the censoring hazard move before the block."""
    levels = chain.multiple.size
    for g in range(here):
        mean = 0.0
        for r in range(levels):
            mean += chain.share[r] * after[base + r * here + g]
        for r in range(levels):
            at = base + r * here + g
            after[at] = (1 - chain.move[b]) * after[at] + chain.move[b] * mean


@njit(cache=True)
def backward(
    chain: Chain, after: Floats, after_at: Ints, before: Floats, before_at: Ints
) -> tuple[int, float]:
    """Fill ``after`` and ``before``: how probable all that is still to come is, from each state.

    Returns the node from which nothing is possible (-1 where all is well) and the log likelihood
    of all that was seen, but for what is known at node 0.
    """
    levels = chain.multiple.size
    last = chain.low.size - 1
    here = chain.width[last]
    for n in range(chain.low[last], chain.high[last] + 1):
        base = after_at[last] + (n - chain.low[last]) * levels * here
        after[base : base + levels * here] = chain.ending[n]
    row = np.empty(chain.high[0] + 2)
    total = 0.0
    for c in range(last - 1, -1, -1):
        _before_events(chain, c, after, after_at, before, before_at, row)
        top = _before_censorings(chain, c, after, after_at, before, before_at, row)
        if top <= 0.0:
            return c, -inf
        size = (chain.high[c] - chain.low[c] + 1) * levels * chain.width[c]
        for at in range(after_at[c], after_at[c] + size):
            after[at] /= top
        size = (chain.high[c] - chain.low[c + 1] + 1) * levels * chain.width[c]
        for at in range(before_at[c], before_at[c] + size):
            before[at] /= top
        total += log(top)
    first = 0.0
    place = min((1.0 - chain.start[0]) / chain.spacing[0], chain.width[0] - 1.0)
    j = min(int(place), chain.width[0] - 2)
    for r in range(levels):
        at = after_at[0] + r * chain.width[0] + j
        first += chain.share[r] * (after[at] * (1 - place + j) + after[at + 1] * (place - j))
    if first <= 0.0:
        return 0, -inf
    return -1, total + log(first)


@njit(cache=True)
def _one_of(weights: Floats, size: int, uniform: float) -> int:
    """Return a position drawn with the given weights."""
    total = 0.0
    for at in range(size):
        total += weights[at]
    mark = uniform * total
    reached = weights[0]
    at = 0
    while reached < mark and at < size - 1:
        at += 1
        reached += weights[at]
    return at


@njit(cache=True)
def _move(
    chain: Chain,
    c: int,
    n: int,
    survival: float,
    level: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    rows: tuple[Floats, Floats, Floats],
    uniforms: Floats,
) -> tuple[int, int, float, int, float]:
    """Draw one block: its level, censorings, events; and by what its weight changes."""
    b = c + 1
    levels = chain.multiple.size
    here, there = chain.width[c], chain.width[b]
    x = min(max((survival - chain.start[c]) / chain.spacing[c], 0.0), here - 1.0)
    j = min(int(x), here - 2)
    part = x - j
    by_level, ks, ds = rows
    for r in range(levels):
        p = min(chain.censoring[b] * chain.multiple[r], _LARGEST)
        least, most = _censored(chain, b, n, p, chain.high[c])
        by_level[r] = 0.0
        if most < least:
            continue
        _counts(n, p, least, most, _BURST_CENSORED, chain.log_factorial, ks)
        for k in range(least, most + 1):
            at = before_at[c] + ((n - k - chain.low[b]) * levels + r) * here + j
            by_level[r] += ks[k - least] * (before[at] * (1 - part) + before[at + 1] * part)
        by_level[r] *= chain.move[b] * chain.share[r] + (1 - chain.move[b]) * (r == level)
    r = _one_of(by_level, levels, uniforms[0])
    if by_level[r] <= 0.0:
        return 0, 0, survival, r, -inf
    p = min(chain.censoring[b] * chain.multiple[r], _LARGEST)
    least, most = _censored(chain, b, n, p, chain.high[c])
    _counts(n, p, least, most, _BURST_CENSORED, chain.log_factorial, ks)
    for k in range(least, most + 1):
        at = before_at[c] + ((n - k - chain.low[b]) * levels + r) * here + j
        ks[k - least] *= before[at] * (1 - part) + before[at + 1] * part
    k = least + _one_of(ks, most - least + 1, uniforms[1])
    m = n - k
    at = before_at[c] + ((m - chain.low[b]) * levels + r) * here + j
    expected = before[at] * (1 - part) + before[at + 1] * part
    if m == 0:
        return 0, k, survival, r, 0.0
    first, last = _events(chain, b, m, survival)
    if last < first or expected <= 0.0:
        return 0, k, survival, r, -inf
    _counts(m, chain.event[b], first, last, chain.burst[b], chain.log_factorial, ds)
    total = 0.0
    for d in range(first, last + 1):
        moved = survival * (m - d) / m
        x = min(max((moved - chain.start[b]) / chain.spacing[b], 0.0), there - 1.0)
        jb = min(int(x), there - 2)
        at = after_at[b] + ((m - d - chain.low[b]) * levels + r) * there + jb
        value = after[at] * (1 - x + jb) + after[at + 1] * (x - jb)
        ds[d - first] *= chain.tilt**d * _emission(chain, b, moved) * value
        total += ds[d - first]
    if total <= 0.0:
        return 0, k, survival, r, -inf
    d = first + _one_of(ds, last - first + 1, uniforms[2])
    return d, k, survival * (m - d) / m, r, log(total / expected)


@njit(cache=True)
def _resampled(weight: Floats, uniform: float) -> Ints:
    """Return which particles go on: systematic resampling."""
    size = weight.size
    chosen = np.empty(size, np.int64)
    largest = weight.max()
    total = 0.0
    for p in range(size):
        total += exp(weight[p] - largest)
    j = 0
    reached = exp(weight[0] - largest) / total
    for p in range(size):
        mark = (uniform + p) / size
        while reached < mark and j < size - 1:
            j += 1
            reached += exp(weight[j] - largest) / total
        chosen[p] = j
    return chosen


@njit(cache=True)
def forward(
    chain: Chain,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    uniforms: Floats,
    events: Ints,
    censored: Ints,
    survival: Floats,
) -> int:
    """Draw histories: events and censorings of each block, survival at each node.

    ``uniforms`` has shape (nodes, draws + 1, 3), the outputs (draws, nodes). Returns the node
    that no draw reached, or -1.
    """
    draws, nodes = events.shape
    levels = chain.multiple.size
    size = chain.high[0] + 2
    rows = (np.empty(levels), np.empty(size), np.empty(size))
    n = np.full(draws, chain.high[0])
    s = np.ones(draws)
    level = np.empty(draws, np.int64)
    weight = np.zeros(draws)
    place = min((1.0 - chain.start[0]) / chain.spacing[0], chain.width[0] - 1.0)
    j = min(int(place), chain.width[0] - 2)
    for r in range(levels):
        at = after_at[0] + r * chain.width[0] + j
        rows[0][r] = chain.share[r] * (after[at] * (1 - place + j) + after[at + 1] * (place - j))
    for p in range(draws):
        level[p] = _one_of(rows[0], levels, uniforms[0, p, 0])
    for b in range(1, nodes):
        for p in range(draws):
            events[p, b], censored[p, b], survival[p, b] = 0, 0, s[p]
            if weight[p] == -inf:
                continue
            d, k, moved, r, gain = _move(
                chain,
                b - 1,
                n[p],
                s[p],
                level[p],
                after,
                after_at,
                before,
                before_at,
                rows,
                uniforms[b, p],
            )
            events[p, b], censored[p, b], survival[p, b] = d, k, moved
            n[p] -= d + k
            s[p] = moved
            level[p] = r
            weight[p] += _TEMPER * gain
        largest = weight.max()
        if largest == -inf:
            return b
        total, squares = 0.0, 0.0
        for p in range(draws):
            w = exp(weight[p] - largest)
            total += w
            squares += w * w
        if total * total < _ENOUGH * draws * squares or b == nodes - 1:
            chosen = _resampled(weight, uniforms[b, draws, 0])
            events[:, : b + 1] = events[chosen, : b + 1]
            censored[:, : b + 1] = censored[chosen, : b + 1]
            survival[:, : b + 1] = survival[chosen, : b + 1]
            n, s, level = n[chosen], s[chosen], level[chosen]
            weight[:] = 0.0
    return -1
