"""Whole histories of an arm: who left when, in every draw; and the patients that they mean."""

from dataclasses import dataclass, replace

import numpy as np

from perdure.records import Floats, Ints, Patients, TimeUnit

__all__ = ["Histories"]

_CENSORED_AT = 0.125
_JUST_AFTER = 1 + 1e-7
_EVENTS_FROM, _EVENTS_TO = 0.25, 0.75
"""Within a block: censorings come first, then its events, evenly."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Draws of the chain; arrays of shape (draws, nodes).

    Attributes
    ----------
    time : ndarray of float, shape (nodes,)
    exact : bool
        Whether events happen at the nodes themselves, or somewhere in the block before.
    end_time : float
        When those who remain at the end leave.
    events, censored : ndarray of int
        Of the block that leads to each node.
    survival : ndarray of float
        At each node.
    log_probability : ndarray of float, shape (draws,)
        Of each history with its levels of the censoring hazard and all that was seen, but for a
        constant.
    n : int
    """

    time: Floats
    exact: bool
    end_time: float
    events: Ints
    censored: Ints
    survival: Floats
    log_probability: Floats
    n: int

    @property
    def total(self) -> Ints:
        """Events of each draw."""
        return np.asarray(self.events.sum(axis=1))

    @property
    def at_risk(self) -> Ints:
        """Number at risk at each node, after what happens there."""
        return self.n - np.cumsum(self.events + self.censored, axis=1)

    def some(self, draws: Ints) -> "Histories":
        """Return chosen draws."""
        return replace(
            self,
            events=self.events[draws],
            censored=self.censored[draws],
            survival=self.survival[draws],
            log_probability=self.log_probability[draws],
        )

    def with_last(self, events: Ints) -> "Histories":
        """Return the draws with so many more events just after the end, of those who remain."""
        left = np.maximum(self.at_risk[:, -1], 1)
        survival = self.survival[:, -1] * (1 - events / left)
        return replace(
            self,
            time=np.append(self.time, _JUST_AFTER * self.end_time),
            end_time=_JUST_AFTER * self.end_time,
            events=np.column_stack((self.events, events)),
            censored=np.column_stack((self.censored, np.zeros_like(events))),
            survival=np.column_stack((self.survival, survival)),
        )

    def evenly(self, draws: int) -> "Histories":
        """Return so many draws evenly from all, since neighbours share ancestors."""
        size = self.events.shape[0]
        return self if draws == size else self.some(np.arange(draws) * size // draws)

    def patients(
        self, draw: int, unit: TimeUnit, random: np.random.Generator | None = None
    ) -> Patients:
        """Return one draw as patients, sorted by time, events first.

        Where in its block somebody leaves is not known: in the middle, or at random where a
        generator is given, so that an ensemble knows times no better than the figure does.
        """
        start = np.concatenate(([0.0], self.time[:-1]))
        block = self.time - start
        events, censored = self.events[draw], self.censored[draw]
        if self.exact:
            died = np.repeat(self.time, events)
            left = np.repeat(start, censored) + _evenly(censored, 0, 1) * np.repeat(block, censored)
        else:
            place = _evenly(events, _EVENTS_FROM, _EVENTS_TO)
            first = np.full(block.size, 2 * _CENSORED_AT)
            within = np.full(int(censored.sum()), 0.5)
            if random is not None:
                place = random.random(place.size)
                first = np.ones(block.size)
                np.minimum.at(first, np.repeat(np.arange(block.size), events), place)
                within = random.random(within.size)
            died = np.repeat(start, events) + place * np.repeat(block, events)
            left = np.repeat(start, censored) + within * np.repeat(first * block, censored)
        stayed = np.full(self.n - died.size - left.size, self.end_time)
        died = np.where(died >= self.time[-1], self.end_time, died)
        time = np.concatenate((died, left, stayed))
        event = np.repeat([True, False], [died.size, left.size + stayed.size])
        order = np.lexsort((~event, time))
        return Patients(time[order], event[order], unit)


def _evenly(counts: Ints, low: float, high: float) -> Floats:
    """Return for each of ``counts`` where in its block it lies: evenly from low to high."""
    ends = np.cumsum(counts)
    place = np.arange(int(ends[-1])) - np.repeat(ends - counts, counts)
    return np.asarray(low + (high - low) * (place + 0.5) / np.repeat(counts, counts))
