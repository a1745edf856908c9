"""Whole histories drawn forward with exact survival, guided by the backward pass.

The grid rounds, so that draws are weighted by what it got wrong, and resampled where their weights
have drifted apart: a twisted particle filter (Whiteley and Lee 2014, doi 10.1214/13-AOS1167).
"""

from math import ceil, exp, floor, inf, log

import numpy as np
from numba import njit

from perdure.reconstruct.chain import (
    BURST_CENSORED,
    LARGEST,
    LARGEST_TILT,
    TINY,
    Chain,
    censored,
    counts,
    logarithms,
    looked_up,
    within,
)
from perdure.records.arrays import Floats, Ints

__all__ = ["forward"]

_ENOUGH = 0.5
"""Draws are resampled where their effective number falls below this share of them."""

_AT_ONCE = 4
"""So many counts of censorings are tried together."""


@njit(cache=True, error_model="numpy")
def forward(
    chain: Chain,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    largest: Floats,
    uniforms: Floats,
    events: Ints,
    censorings: Ints,
    survival: Floats,
    likely: Floats,
) -> int:
    """Draw histories: events and censorings of each block, survival at each node.

    ``uniforms`` has shape (nodes, draws + 1, 3), the outputs (draws, nodes); ``likely``, of shape
    (draws,), is filled with the logarithm of each history's probability together with all that was
    seen. Returns the node that no draw reached, or -1.
    """
    draws, nodes = events.shape
    levels = chain.multiple.size
    n = np.full(draws, chain.high[0])
    s = np.ones(draws)
    level = np.empty(draws, np.int64)
    weight = np.zeros(draws)
    place = min((1.0 - chain.start[0]) / chain.spacing[0], chain.width[0] - 1.0)
    j = min(int(place), chain.width[0] - 2)
    by_level = np.empty(levels)
    for r in range(levels):
        at = after_at[0] + r * chain.width[0] + j
        by_level[r] = chain.share[r] * (after[at] * (1 - place + j) + after[at + 1] * (place - j))
    for p in range(draws):
        level[p] = _one_of(by_level, levels, uniforms[0, p, 0])
        likely[p] = log(chain.share[level[p]])
    row = np.empty(chain.high[0] + 2)
    parent = np.empty((nodes, draws), np.int64)
    for b in range(1, nodes):
        _block(
            chain,
            b,
            after,
            after_at,
            before,
            before_at,
            largest[b],
            uniforms[b],
            n,
            s,
            level,
            weight,
            events[:, b],
            censorings[:, b],
            likely,
            row,
        )
        survival[:, b] = s
        if weight.max() == -inf:
            return b
        parent[b] = np.arange(draws)
        if _effective(weight) < _ENOUGH * draws or b == nodes - 1:
            parent[b] = _resampled(weight, uniforms[b, draws, 0])
            n, s, level = n[parent[b]], s[parent[b]], level[parent[b]]
            likely[:] = likely[parent[b]]
            weight[:] = 0.0
    last = chain.ending[n]
    for p in range(draws):
        likely[p] += log(last[p])
    _trace(parent, events, censorings, survival)
    return -1


@njit(cache=True, error_model="numpy")
def _effective(weight: Floats) -> float:
    """Return the effective number of draws with these logarithms of weights."""
    largest = weight.max()
    total, squares = 0.0, 0.0
    for p in range(weight.size):
        w = exp(weight[p] - largest)
        total += w
        squares += w * w
    return total * total / squares


@njit(cache=True, error_model="numpy")
def _trace(parent: Ints, events: Ints, censorings: Ints, survival: Floats) -> None:
    """Put every draw's own past before it, from the last node back."""
    nodes, draws = parent.shape
    at = np.arange(draws)
    for b in range(nodes - 1, 0, -1):
        at = parent[b][at]
        events[:, b] = events[at, b]
        censorings[:, b] = censorings[at, b]
        survival[:, b] = survival[at, b]


@njit(cache=True, error_model="numpy")
def _block(
    chain: Chain,
    b: int,
    after: Floats,
    after_at: Ints,
    before: Floats,
    before_at: Ints,
    largest: float,
    uniforms: Floats,
    n: Ints,
    s: Floats,
    level: Ints,
    weight: Floats,
    events: Ints,
    censorings: Ints,
    likely: Floats,
    row: Floats,
) -> None:
    """Move all draws through the block that leads to node b: first who is censored, then events."""
    c = b - 1
    levels = chain.multiple.size
    low, here = chain.low[b], chain.width[c]
    per_spacing = 1.0 / chain.spacing[c]
    for draw in range(n.size):
        events[draw], censorings[draw] = 0, 0
        if weight[draw] == -inf:
            continue
        x = min(max((s[draw] - chain.start[c]) * per_spacing, 0.0), here - 1.0)
        j = min(int(x), here - 2)
        part = x - j
        at = after_at[c] + (n[draw] - chain.low[c]) * levels * here + j
        r, mass = _level(
            after, at, part, here, chain.share, chain.move[b], level[draw], uniforms[draw, 0], row
        )
        p = min(chain.censoring[b] * chain.multiple[r], LARGEST)
        least, most = censored(
            n[draw], p, low, chain.high[c], chain.marked[b], chain.reach, chain.censoring[b] > 0.0
        )
        k, chance, expected = _drawn_censorings(
            n[draw],
            p,
            least,
            most,
            uniforms[draw, 1] * mass,
            chain.log_factorial,
            before,
            before_at[c] + r * here + j,
            low,
            levels * here,
            part,
            row,
        )
        moved = chain.move[b] * chain.share[r] + (1 - chain.move[b]) * (r == level[draw])
        likely[draw] += log(max(moved * chance, TINY))
        level[draw] = r
        censorings[draw] = k
        n[draw] -= k
        if expected <= 0.0:
            weight[draw] = -inf
    _events(
        chain,
        b,
        after,
        after_at[b],
        before,
        before_at[c],
        largest,
        uniforms,
        n,
        s,
        level,
        weight,
        events,
        likely,
        row,
    )


@njit(cache=True, error_model="numpy")
def _events(
    chain: Chain,
    b: int,
    after: Floats,
    after_at: int,
    before: Floats,
    before_at: int,
    largest: float,
    uniforms: Floats,
    n: Ints,
    s: Floats,
    level: Ints,
    weight: Floats,
    events: Ints,
    likely: Floats,
    row: Floats,
) -> None:
    """Draw the events of all draws at node b, and weigh each draw by what the grid got wrong."""
    c = b - 1
    levels = chain.multiple.size
    low, high = chain.low[b], chain.high[b]
    here, there = chain.width[c], chain.width[b]
    start, per_spacing = chain.start[b], 1.0 / chain.spacing[b]
    bottom, top = within(chain, b)
    sharpness = 1.0 / (chain.scale[b] * chain.step) if chain.seen[b] != 0 else 0.0
    chance = logarithms(chain.event[b])
    for draw in range(n.size):
        m = n[draw]
        if weight[draw] == -inf:
            continue
        if m == 0:
            if sharpness > 0.0:
                e = looked_up(chain.table, chain.reading[b] * sharpness)
                likely[draw] += log(max(e, TINY))
            continue
        least = max(0, m - high, ceil(m * (1 - top / s[draw])))
        most = min(m - low, chain.most[b], floor(m * (1 - bottom / s[draw])))
        if most < least:
            weight[draw] = -inf
            continue
        counts(m, chance, least, most, chain.burst[b], chain.log_factorial, row)
        total, drop = 0.0, s[draw] / m
        for d in range(least, most + 1):
            moved = drop * (m - d)
            x = min(max((moved - start) * per_spacing, 0.0), there - 1.0)
            i = min(int(x), there - 2)
            at = after_at + ((m - d - low) * levels + level[draw]) * there + i
            e = after[at] * (1 - x + i) + after[at + 1] * (x - i)
            if sharpness > 0.0:
                e *= looked_up(chain.table, abs(moved - chain.reading[b]) * sharpness)
            row[d - least] *= e
            if chain.tilt != 1.0:
                row[d - least] *= min(chain.tilt**d, LARGEST_TILT)
            total += row[d - least]
        x = min(max((s[draw] - chain.start[c]) / chain.spacing[c], 0.0), here - 1.0)
        i = min(int(x), here - 2)
        at = before_at + ((m - low) * levels + level[draw]) * here + i
        expected = largest * (before[at] * (1 - x + i) + before[at + 1] * (x - i))
        if total <= 0.0 or expected <= 0.0:
            weight[draw] = -inf
            continue
        d = least + _one_of(row, most - least + 1, uniforms[draw, 2])
        chosen = row[d - least]
        events[draw] = d
        n[draw] = m - d
        s[draw] *= (m - d) / m
        x = min(max((s[draw] - start) * per_spacing, 0.0), there - 1.0)
        i = min(int(x), there - 2)
        at = after_at + ((m - d - low) * levels + level[draw]) * there + i
        to_come = after[at] * (1 - x + i) + after[at + 1] * (x - i)
        likely[draw] += log(max(chosen / max(to_come, TINY), TINY))
        weight[draw] += log(total / expected)


@njit(cache=True, error_model="numpy")
def _level(
    after: Floats,
    at: int,
    part: float,
    here: int,
    share: Floats,
    move: float,
    level: int,
    uniform: float,
    sums: Floats,
) -> tuple[int, float]:
    """Draw the level of a block; return it and the sum over its censorings.

    ``after`` has the levels mixed already, which is undone: the sums need not be formed again.
    """
    levels = share.size
    if levels == 1:
        return 0, after[at] * (1 - part) + after[at + 1] * part
    mean = 0.0
    for r in range(levels):
        sums[r] = after[at + r * here] * (1 - part) + after[at + r * here + 1] * part
        mean += share[r] * sums[r]
    total = 0.0
    for r in range(levels):
        if 0.0 < move < 1.0:
            sums[r] = max((sums[r] - move * mean) / (1 - move), 0.0)
        total += sums[r] * (move * share[r] + (1 - move) * (r == level))
    mark = uniform * total
    reached = 0.0
    chosen = level
    for r in range(levels):
        chance = sums[r] * (move * share[r] + (1 - move) * (r == level))
        if chance > 0.0:
            chosen = r
            reached += chance
            if reached >= mark:
                break
    return chosen, sums[chosen]


@njit(cache=True, error_model="numpy")
def _drawn_censorings(
    n: int,
    p: float,
    least: int,
    most: int,
    mark: float,
    log_factorial: Floats,
    before: Floats,
    base: int,
    low: int,
    stride: int,
    part: float,
    row: Floats,
) -> tuple[int, float, float]:
    """Draw how many are censored; return it, its probability, and what is then to come.

    Counts are tried one by one until their sum reaches ``mark``: seldom more than a few.
    """
    reached = 0.0
    chosen, likely, expected = least, 0.0, 0.0
    chance = logarithms(p)
    for start in range(least, most + 1, _AT_ONCE):
        end = min(start + _AT_ONCE - 1, most)
        counts(n, chance, start, end, BURST_CENSORED, log_factorial, row)
        for k in range(start, end + 1):
            at = base + (n - k - low) * stride
            value = before[at] * (1 - part) + before[at + 1] * part
            if value > 0.0 and row[k - start] > 0.0:
                chosen, likely, expected = k, row[k - start], value
                reached += row[k - start] * value
                if reached >= mark:
                    return chosen, likely, expected
    return chosen, likely, expected


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def _resampled(weight: Floats, uniform: float) -> Ints:
    """Return which draws go on: systematic resampling."""
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
