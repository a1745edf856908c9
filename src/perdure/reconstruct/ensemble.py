"""The chain of an arm, set up from its facts, run backward, and sampled forward."""

from dataclasses import dataclass
from itertools import pairwise
from math import lgamma

import numpy as np

from perdure.reconstruct.backward import backward
from perdure.reconstruct.budget import Budget
from perdure.reconstruct.chain import UNMARKED, Chain
from perdure.reconstruct.columns import Columns, columns_of
from perdure.reconstruct.facts import Facts
from perdure.reconstruct.forward import forward
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.prior import Prior, prior_of
from perdure.reconstruct.reading import Reading, emission
from perdure.records import Floats, Ints

__all__ = ["Fit", "fit"]

_LEVELS = np.array([0.1, 1.0, 3.0])
_SHARES = np.array([0.45, 0.33, 0.22])
"""The hazard of censoring moves among multiples of the expected one; their mean is about 1."""

_STAY = 0.09
"""For about this share of the follow-up it stays at one level: as where patients who entered last
come to the end of their follow-up, somewhere between two printed numbers."""

_BURST = 0.15
"""Share of blocks with events whose number of them has a heavy tail, as on dates of scans."""

_PER_ROW = 40
"""Values of survival on the grid for one row of pixels: a long flat stretch has sharp edges."""

_PER_CLICK = 6
"""Values for the standard deviation of a click, which has none."""

_CELLS = 1.5e5
"""With fewer states than this the grid is made finer, up to twice."""

_MANY_CELLS = 4e6
"""With more it is made coarser."""

_FEWEST, _WIDEST = 8, 400
"""Values of survival on the grid of one node."""

_WORK = 2e7
"""Sums of censorings that a block may always have, shared among the states."""

_A_FEW = 8


class InfeasibleError(Exception):
    """No history at all fits, from a node on."""

    def __init__(self, node: int) -> None:
        super().__init__(node)
        self.node = node


@dataclass(frozen=True, eq=False)
class Fit:
    """The chain of an arm, run backward."""

    columns: Columns
    chain: Chain
    after: Floats
    after_at: Ints
    before: Floats
    before_at: Ints
    largest: Floats
    log_likelihood: float

    @property
    def coarseness(self) -> float:
        """How far values of survival lie apart on the grids of points that were read."""
        return float(np.median(self.chain.spacing[self.columns.seen]))

    def draw(self, facts: Facts, reading: Reading, draws: int, seed: int) -> Histories:
        """Return histories drawn forward."""
        nodes = self.columns.time.size
        uniforms = np.random.default_rng(seed).random((nodes, draws + 1, 3))
        events = np.zeros((draws, nodes), np.int64)
        censored = np.zeros((draws, nodes), np.int64)
        survival = np.ones((draws, nodes))
        likely = np.zeros(draws)
        arrays = (self.after, self.after_at, self.before, self.before_at, self.largest)
        node = forward(self.chain, *arrays, uniforms, events, censored, survival, likely)
        if node >= 0:
            raise InfeasibleError(int(node))
        return Histories(
            self.columns.time,
            reading.kind == "steps",
            facts.end_time if facts.left_by is None else float(self.columns.time[-1]),
            events,
            censored,
            survival,
            likely,
            facts.n,
        )


def fit(
    facts: Facts,
    reading: Reading,
    *,
    tilt: float = 1.0,
    fineness: float = 1.0,
    budget: Budget | None = None,
) -> Fit:
    """Set the chain of an arm up and run it backward.

    Parameters
    ----------
    facts : Facts
    reading : Reading
    tilt : float
        Factor on the weight of a history for each of its events.
    fineness : float
        How much finer than usual the grid of survival is.
    budget : Budget, optional
        How long it may take.

    Raises
    ------
    InfeasibleError
        If no history lies within the reading error of the curve.
    OutOfTimeError
        If there is no time for it.
    """
    limited = tuple(time for time, _, _ in facts.limits)
    columns = columns_of(facts, reading, extra=limited)
    chain = _chain(facts, reading, columns, prior_of(facts, columns), tilt, fineness)
    if budget is not None:
        budget.spend(_work(chain))
    levels = chain.multiple.size
    spans = chain.high - chain.low + 1
    after_at = _offsets(spans * levels * chain.width)
    middle = np.maximum(chain.high[:-1] - chain.low[1:] + 1, 0) * levels * chain.width[:-1]
    before_at = _offsets(middle)
    later = np.empty(int(after_at[-1]))
    sooner = np.empty(int(before_at[-1]))
    largest = np.empty(columns.time.size)
    node, log_likelihood = backward(chain, later, after_at, sooner, before_at, largest)
    if node >= 0:
        raise InfeasibleError(int(node))
    errors = reading.half_width * columns.scale[columns.seen]
    log_likelihood -= float(np.log(errors).sum())
    return Fit(columns, chain, later, after_at, sooner, before_at, largest, float(log_likelihood))


def _work(chain: Chain) -> float:
    """Return about how many sums the backward pass takes."""
    spans = (chain.high - chain.low + 1).astype(np.float64)
    falls = np.append(chain.high[1:] / np.maximum(chain.start[1:], 1e-3), 0.0)
    apart = (chain.width - 1) * chain.spacing
    events = np.minimum(2.0 * falls * np.append(apart[1:], 0.0) + 1.0, spans)
    mean = chain.high * chain.censoring * chain.multiple[-1]
    censorings = np.minimum(mean + 6.0 * np.sqrt(mean) + chain.reach + 2.0, spans)
    states = chain.multiple.size * spans * chain.width
    return float(states @ (events + censorings))


def _offsets(sizes: Ints) -> Ints:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def _chain(
    facts: Facts, reading: Reading, columns: Columns, prior: Prior, tilt: float, fineness: float
) -> Chain:
    start = np.maximum(columns.centre - columns.reach, 0.0)
    end = np.minimum(columns.centre + columns.reach, 1.0)
    width = _widths(reading, columns, end - start, fineness)
    states = _LEVELS.size * (columns.high - columns.low + 1) @ width
    event = prior.event.copy()
    blocks = columns.blocks
    if reading.kind != "steps":
        # Two nodes at one time have no event between them; nor has a curve that never falls.
        event[1:][blocks[1:] <= 0] = 0.0
        if not (columns.reading[columns.seen] < 1).any():
            event[:] = 0.0
    else:
        # Steps are where points fall; the curve's end is a point too.
        seen = np.flatnonzero(columns.seen)
        falls = np.diff(columns.reading[seen], prepend=1.0) < 0
        event[np.setdiff1d(np.arange(event.size), seen[falls])] = 0.0
    burst = -_BURST * np.expm1(-event * (columns.low + columns.high) / 2)
    move = -np.expm1(-blocks / (_STAY * columns.time[-1]))
    table, step = emission(reading)
    floor, ceiling = _limits(facts, columns)
    return Chain(
        low=columns.low,
        high=columns.high,
        start=start,
        width=width,
        spacing=np.maximum((end - start) / (width - 1), 1e-12),
        most=_most_events(facts, columns),
        event=event,
        censoring=prior.censoring,
        marked=_marked(facts, reading, columns),
        burst=burst,
        tilt=tilt,
        move=move,
        multiple=_LEVELS,
        share=_SHARES,
        reach=min(facts.n, int(_WORK / states)),
        seen=columns.seen.astype(np.int64),
        reading=columns.reading,
        scale=columns.scale,
        floor=floor,
        ceiling=ceiling,
        table=table,
        step=step,
        ending=prior.ending,
        log_factorial=np.array([lgamma(count + 1.0) for count in range(facts.n + 2)]),
    )


def _limits(facts: Facts, columns: Columns) -> tuple[Floats, Floats]:
    """Return the least and the most that survival can be at each node."""
    floor, ceiling = np.zeros(columns.time.size), np.ones(columns.time.size)
    for time, least, most in facts.limits:
        at = int(np.searchsorted(columns.time, time, side="right")) - 1
        if columns.time[at] == time:
            floor[at], ceiling[at] = max(floor[at], least), min(ceiling[at], most)
    return floor, ceiling


def _marked(facts: Facts, reading: Reading, columns: Columns) -> Ints:
    """Return how many censorings the marks show in each block, or that they were not read.

    Censorings come first in a block, so that a mark in a column of pixels belongs to the block
    that starts there.
    """
    marked = np.full(columns.time.size, UNMARKED)
    if facts.marks is None:
        return marked
    marked[1:] = 0
    shift = 0.0
    if reading.kind != "steps":
        blocks = columns.blocks
        shift = 0.5 * float(np.median(blocks[blocks > 0]))
    edges = columns.time - shift
    for mark in facts.marks:
        block = int(np.searchsorted(edges, mark, side="right"))
        if 0 < block < columns.time.size and columns.blocks[block] > 0:
            marked[block] += 1
    if facts.nearly:
        for near in np.flatnonzero(marked > 0).tolist():
            marked[max(near - 2, 1) : near + 3] = UNMARKED
    return marked


def _widths(reading: Reading, columns: Columns, extent: Floats, fineness: float) -> Ints:
    """Return how many values of survival the grid of each node has: as many as states allow.

    Where survival was not read it may lie anywhere in a wide stretch; a coarser grid does there.
    """
    spans = columns.high - columns.low + 1
    width = reading.half_width
    usual = width / _PER_CLICK if reading.kind == "clicks" else 2 * width / _PER_ROW
    most = int(np.clip(2 * _MANY_CELLS / (_LEVELS.size * spans.sum()), _FEWEST, _WIDEST) * fineness)

    def widths(spacing: float) -> Ints:
        return np.clip(np.ceil(extent / spacing - 1e-9).astype(np.int64) + 1, 2, most)

    spacing = usual
    while _LEVELS.size * (spans @ widths(spacing)) < _CELLS and spacing > usual / 2:
        spacing /= 1.25
    while _LEVELS.size * (spans @ widths(spacing)) > _MANY_CELLS and spacing < width:
        spacing *= 1.25
    return widths(spacing / fineness)


def _most_events(facts: Facts, columns: Columns) -> Ints:
    """Return how many events a block may hold: any number where the curve was read at both ends.

    Where it was not, the drop may be in any of several blocks, and four times an even share of it
    is enough for each.
    """
    most = np.full(columns.time.size, facts.n)
    read = np.flatnonzero(columns.seen)
    for first, last in pairwise(read.tolist()):
        if last - first > 1:
            drop = columns.centre[first] - columns.centre[last] + columns.reach[last]
            share = drop / max(columns.centre[first], 1e-9)
            even = facts.n * share / (last - first)
            most[first + 1 : last + 1] = min(facts.n, int(4 * even) + _A_FEW)
    return most
