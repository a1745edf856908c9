"""How probable all that is still to be seen is, from each state of the chain: a backward pass.

The grid of node c holds, for each number at risk and each level of the censoring hazard, values of
survival that are evenly apart; between them values are interpolated.
"""

from math import ceil, floor, inf, log

import numpy as np
from numba import njit

from perdure.reconstruct.chain import (
    BURST_CENSORED,
    EDGE,
    LARGEST,
    LARGEST_TILT,
    Chain,
    censored,
    counts,
    logarithms,
    looked_up,
    within,
)
from perdure.records.arrays import Floats, Ints

__all__ = ["backward"]


@njit(cache=True, error_model="numpy")
def backward(
    chain: Chain,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    largest: Floats,
) -> tuple[int, float]:
    """Fill ``after`` and ``before``: how probable all that is still to come is, from each state.

    ``after`` is before the next block, ``before`` after its censorings. Node c's values start at
    ``after_at[c]`` and ``before_at[c]``; they are multiples of the largest of ``after`` at the next
    node, with which ``largest``, of shape (nodes,), is filled. Returns the node from which nothing
    is possible (-1 where all is well) and the log likelihood of all that was seen, but for what is
    known at node 0.
    """
    levels = chain.multiple.size
    last = chain.low.size - 1
    here = chain.width[last]
    for n in range(chain.low[last], chain.high[last] + 1):
        base = after_at[last] + (n - chain.low[last]) * levels * here
        after[base : base + levels * here] = chain.ending[n]
    largest[last] = max(chain.ending[chain.low[last] : chain.high[last] + 1].max(), 0.0)
    row = np.empty(chain.high[0] + 2)
    weights = np.empty(chain.width.max())
    total = 0.0
    for c in range(last, -1, -1):
        if c < last:
            per_largest = 1.0 / largest[c + 1]
            _before_events(chain, c, per_largest, after, after_at, before, before_at, row, weights)
            _before_censorings(chain, c, after, after_at, before, before_at, row)
            size = (chain.high[c] - chain.low[c] + 1) * levels * chain.width[c]
            largest[c] = _largest(after, after_at[c], size)
        if largest[c] <= 0.0:
            return c, -inf
        total += log(largest[c])
    total -= log(largest[0])
    first = 0.0
    place = min((1.0 - chain.start[0]) / chain.spacing[0], chain.width[0] - 1.0)
    j = min(int(place), chain.width[0] - 2)
    for r in range(levels):
        at = after_at[0] + r * chain.width[0] + j
        first += chain.share[r] * (after[at] * (1 - place + j) + after[at + 1] * (place - j))
    if first <= 0.0:
        return 0, -inf
    return -1, total + log(first)


@njit(cache=True, error_model="numpy")
def _before_events(
    chain: Chain,
    c: int,
    factor: float,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    row: Floats,
    weights: Floats,
) -> None:
    """Fill ``before`` at node c: what is to come after the next block's censorings."""
    b = c + 1
    levels = chain.multiple.size
    low = chain.low[b]
    here, there = chain.width[c], chain.width[b]
    start, spacing = chain.start[c], chain.spacing[c]
    highest = start + (here - 1) * spacing
    bottom, top = within(chain, b)
    sharpness = 1.0 / (chain.scale[b] * chain.step) if chain.seen[b] != 0 else 0.0
    chance = logarithms(chain.event[b])
    for m in range(low, chain.high[c] + 1):
        base = before_at[c] + (m - low) * levels * here
        before[base : base + levels * here] = 0.0
        if m == 0:
            _nobody_left(chain, c, factor, after, after_at[b], before, base)
            continue
        if highest <= 0.0:
            continue
        # With more events survival falls below the next grid, from wherever it is.
        least = max(0, m - chain.high[b])
        most = min(m - low, chain.most[b], floor(m * (1.0 - bottom / highest)))
        if most < least:
            continue
        counts(m, chance, least, most, chain.burst[b], chain.log_factorial, row)
        for d in range(least, most + 1):
            ratio = (m - d) / m
            first, final = _landing(start, spacing, here, ratio, bottom, top)
            w = factor * row[d - least]
            if chain.tilt != 1.0:
                w *= min(chain.tilt**d, LARGEST_TILT)
            off = start * ratio - chain.reading[b]
            _seen(w, off, spacing * ratio, first, final, sharpness, chain.table, weights)
            _add_moved(
                weights,
                (start * ratio - chain.start[b]) / chain.spacing[b],
                spacing * ratio / chain.spacing[b],
                first,
                final,
                after,
                after_at[b] + (m - d - low) * levels * there,
                there,
                before,
                base,
                here,
                levels,
            )


@njit(cache=True, error_model="numpy")
def _nobody_left(
    chain: Chain,
    c: int,
    factor: float,
    after: Floats,
    after_at: int,
    before: Floats,
    base: int,
) -> None:
    """Fill ``before`` for nobody at risk: possible only where survival is 0 and stays there."""
    b = c + 1
    if chain.start[c] > 0.0 or chain.start[b] > 0.0 or chain.floor[b] > EDGE:
        return
    e = factor
    if chain.seen[b] != 0:
        e *= looked_up(chain.table, chain.reading[b] / (chain.scale[b] * chain.step))
    for r in range(chain.multiple.size):
        before[base + r * chain.width[c]] = e * after[after_at + r * chain.width[b]]


@njit(cache=True, error_model="numpy")
def _landing(
    start: float, spacing: float, here: int, ratio: float, bottom: float, top: float
) -> tuple[int, int]:
    """Return the first and the last state from which survival moves to between bottom and top."""
    first = 1 if start <= 0.0 else 0  # somebody is at risk, so that survival is not 0
    if ratio <= 0.0:
        return first, here - 1 if bottom <= 0.0 else -1
    low, high = (bottom / ratio - start) / spacing, (top / ratio - start) / spacing
    return max(first, ceil(low - 1e-9)), min(here - 1, floor(min(high, here) + 1e-9))


@njit(cache=True, error_model="numpy")
def _seen(
    w: float,
    off: float,
    by: float,
    first: int,
    final: int,
    sharpness: float,
    table: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` from first to final: how probable the reading is from each state, weighted."""
    last = table.size - 2
    for g in range(first, final + 1):
        place = abs(off + g * by) * sharpness
        at = min(int(place), last)
        part = min(place - at, 1.0)
        out[g] = w * (table[at] * (1 - part) + table[at + 1] * part)
    if sharpness == 0.0:
        out[first : final + 1] = w


@njit(cache=True, error_model="numpy")
def _add_moved(
    weights: Floats,
    place: float,
    by: float,
    first: int,
    final: int,
    after: Floats,
    after_base: int,
    there: int,
    before: Floats,
    base: int,
    here: int,
    levels: int,
) -> None:
    """Add to states that lie evenly apart what comes once survival has moved, weighted.

    State g falls at ``place + g * by`` of the next grid. Neighbours that fall between the next
    pair of its values each are added up together, in a loop without look-ups.
    """
    g = first
    while g <= final:
        x = min(max(place + g * by, 0.0), there - 1.0)
        j = min(int(x), there - 2)
        part = x - j
        run = 1
        if by < 1.0:
            run = int(part / (1.0 - by)) + 1
        elif by > 1.0:
            run = int((1.0 - part) / (by - 1.0)) + 1
        else:
            run = there
        run = max(1, min(run, final - g + 1, there - 1 - j))
        for r in range(levels):
            to, of = base + r * here + g, after_base + r * there + j
            _add_run(weights, g, part, by - 1.0, run, after, of, before, to)
        g += run


@njit(cache=True, error_model="numpy")
def _add_run(
    weights: Floats,
    g: int,
    part: float,
    by: float,
    run: int,
    after: Floats,
    of: int,
    before: Floats,
    to: int,
) -> None:
    for i in range(run):
        p = part + i * by
        before[to + i] += weights[g + i] * (after[of + i] * (1 - p) + after[of + i + 1] * p)


@njit(cache=True, error_model="numpy")
def _before_censorings(
    chain: Chain,
    c: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    row: Floats,
) -> None:
    """Fill ``after`` at node c from ``before``."""
    b = c + 1
    levels = chain.multiple.size
    here = chain.width[c]
    low, high = chain.low[b], chain.high[c]
    marked, move = chain.marked[b], chain.move[b]
    possible = chain.censoring[b] > 0.0
    for n in range(chain.low[c], high + 1):
        base = after_at[c] + (n - chain.low[c]) * levels * here
        after[base : base + levels * here] = 0.0
        for r in range(levels):
            p = min(chain.censoring[b] * chain.multiple[r], LARGEST)
            least, most = censored(n, p, low, high, marked, chain.reach, possible)
            if most < least:
                continue
            chance = logarithms(p)
            counts(n, chance, least, most, BURST_CENSORED, chain.log_factorial, row)
            for k in range(least, most + 1):
                at = before_at[c] + ((n - k - low) * levels + r) * here
                _add_scaled(row[k - least], before, at, after, base + r * here, here)
        if move > 0.0 and levels > 1:
            _mix_levels(chain.share, move, after, base, here)


@njit(cache=True, error_model="numpy", fastmath={"nnan", "nsz"})
def _largest(values: Floats, start: int, size: int) -> float:
    top = 0.0
    for at in range(start, start + size):
        top = max(top, values[at])
    return top


@njit(cache=True, error_model="numpy")
def _add_scaled(
    w: float, source: Floats, source_at: int, target: Floats, target_at: int, size: int
) -> None:
    for g in range(size):
        target[target_at + g] += w * source[source_at + g]


@njit(cache=True, error_model="numpy")
def _mix_levels(share: Floats, move: float, after: Floats, base: int, here: int) -> None:
    """Let the level of the censoring hazard move before the block."""
    levels = share.size
    for g in range(here):
        mean = 0.0
        for r in range(levels):
            mean += share[r] * after[base + r * here + g]
        for r in range(levels):
            at = base + r * here + g
            after[at] = (1 - move) * after[at] + move * mean
