"""The hidden Markov chain behind a curve: how many are at risk, and where survival stands exactly.

In the block that leads to a node of the figure k patients are censored, then d have an event. The
state is the number at risk, the level of the censoring hazard, and survival, which moves by the
factor 1 - d / (number at risk) and is seen through the reading error. `backward` tells, on a grid,
how probable all that is still to be seen is from each state; `forward` draws whole histories with
exact survival, guided by it.

Numba compiles these loops on first use and keeps the result. The chain is taken apart once a node:
handed down whole, its many arrays cost more than the sums.
"""

from math import exp, inf, log
from typing import NamedTuple

import numpy as np
from numba import njit

from perdure.records.arrays import Floats, Ints

__all__ = [
    "BURST_CENSORED",
    "EDGE",
    "LARGEST",
    "LARGEST_TILT",
    "TINY",
    "UNMARKED",
    "Chain",
    "censored",
    "counts",
    "logarithms",
    "looked_up",
    "within",
]

EDGE = 1e-12
"""Survival this far off a limit is on it."""

TINY = 1e-300
"""No probability is taken to be smaller in a logarithm."""

_UNDERFLOW = 1e-250
"""Smaller probabilities are computed afresh and not from their neighbour."""

LARGEST = 0.5
"""No block censors a patient with a probability above this."""

LARGEST_TILT = 1e100
"""No history is favoured by more for its events in one block."""

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


BURST_CENSORED = 0.01
"""Share of blocks in which the number of censorings is heavy-tailed."""


@njit(cache=True, error_model="numpy")
def looked_up(table: Floats, place: float) -> float:
    """Return a table's value between its entries, its last one beyond them."""
    at = int(place)
    if at >= table.size - 1:
        return float(table[table.size - 1])
    part = place - at
    return float(table[at] * (1 - part) + table[at + 1] * part)


@njit(cache=True, error_model="numpy")
def logarithms(p: float) -> tuple[float, float, float]:
    """Return log p, log(1 - p) and the odds, as `counts` wants them."""
    if p <= 0.0:
        return -inf, 0.0, 0.0
    return log(p), log(1.0 - p), p / (1.0 - p)


@njit(cache=True, error_model="numpy")
def counts(
    n: int,
    chance: tuple[float, float, float],
    first: int,
    last: int,
    burst: float,
    log_factorial: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` with the probabilities of first..last of n: binomial, with a heavy tail."""
    log_p, log_q, odds = chance
    if odds <= 0.0:
        for count in range(first, last + 1):
            out[count - first] = 1.0 if count == 0 else 0.0
        return
    binomial = 0.0
    for count in range(first, last + 1):
        if binomial < _UNDERFLOW:
            ways = log_factorial[n] - log_factorial[count] - log_factorial[n - count]
            binomial = exp(ways + count * log_p + (n - count) * log_q)
        out[count - first] = (1 - burst) * binomial + burst / ((count + 1.0) * (count + 2.0))
        binomial *= odds * (n - count) / (count + 1.0)


@njit(cache=True, error_model="numpy")
def censored(
    n: int, p: float, low: int, high: int, marked: int, reach: int, possible: bool
) -> tuple[int, int]:
    """Return the fewest and the most censorings of a block.

    ``low`` and ``high`` bound the number at risk after them.
    """
    least = max(0, n - high)
    most = n - low
    if not possible or marked == 0:
        return least, min(most, 0)
    mean = n * p
    likely = int(mean + 6.0 * np.sqrt(mean * (1 - p) + 0.05) + 2.0)
    least = max(least, marked)
    return least, min(most, max(likely, reach, least))


@njit(cache=True, error_model="numpy")
def within(chain: Chain, node: int) -> tuple[float, float]:
    """Return the least and the most that survival may be at a node: on its grid, in its limits."""
    end = chain.start[node] + (chain.width[node] - 1) * chain.spacing[node]
    bottom = max(chain.start[node], chain.floor[node]) - EDGE
    return bottom, min(end, chain.ceiling[node]) + EDGE
