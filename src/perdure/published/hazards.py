"""Survival curves with a constant hazard in each interval of time, many at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.records import Floats

__all__ = ["Hazards", "cox_limit", "interval_edges"]

STEP = 0.2
"""Width of an interval on the scale of log time: a fifth of the time at which it begins."""

_NEWTON = 12


def interval_edges(earliest: float, latest: float) -> Floats:
    """Return the times at which intervals begin: 0, then equally spaced on the log scale.

    Examples
    --------
    >>> interval_edges(1, 2).round(2)
    array([0.  , 1.  , 1.19, 1.41, 1.68, 2.  ])
    """
    number = int(np.ceil(np.log(latest / earliest) / STEP)) + 1
    return np.concatenate(([0.0], np.geomspace(earliest, latest, number)))


@dataclass(frozen=True, eq=False)
class Hazards:
    """Hazards of several arms in many draws.

    Attributes
    ----------
    edges : array of float, shape (intervals,)
        Where each interval begins; the first at 0, the last has no end.
    hazard : array of float, shape (draws, arms, intervals)
    """

    edges: Floats
    hazard: NDArray[np.float64]
    at_edges: NDArray[np.float64]
    """Cumulative hazard where each interval begins, in the shape of ``hazard``."""

    @classmethod
    def of(cls, edges: Floats, log_hazard: NDArray[np.float64]) -> "Hazards":
        """Return the curves of these logarithms of hazards.

        Examples
        --------
        >>> Hazards.of(np.array([0.0, 1.0]), np.log([[[1.0, 2.0]]])).cumulative(0, 3.0)
        array([5.])
        """
        hazard = np.exp(np.clip(log_hazard, -40.0, 12.0))
        steps = hazard[..., :-1] * np.diff(edges)
        start = np.zeros((*hazard.shape[:-1], 1))
        return cls(edges, hazard, np.concatenate((start, np.cumsum(steps, axis=-1)), axis=-1))

    def cumulative(self, arm: int, time: float | Floats) -> Floats:
        """Return the cumulative hazard of an arm at a time, or at one time a draw."""
        times = np.broadcast_to(time, self.hazard.shape[:1])
        at = np.searchsorted(self.edges, times, side="right") - 1
        rows = np.arange(times.size)
        slope = self.hazard[rows, arm, at]
        found: Floats = self.at_edges[rows, arm, at] + slope * (times - self.edges[at])
        return found

    def survival(self, arm: int, time: float | Floats) -> Floats:
        """Return the survival of an arm at a time, or at one time a draw."""
        return np.exp(-self.cumulative(arm, time))

    def time_at(self, arm: int, cumulative: float) -> Floats:
        """Return when each draw's cumulative hazard reaches a value."""
        at = (self.at_edges[:, arm] <= cumulative).sum(axis=1) - 1
        rows = np.arange(at.size)
        left = cumulative - self.at_edges[rows, arm, at]
        reached: Floats = self.edges[at] + left / self.hazard[rows, arm, at]
        return reached

    def slope_at_median(self, arm: int) -> Floats:
        """Return the median times the hazard there, over log 2, in each draw: 1 if constant."""
        middle = self.median(arm)
        at = np.searchsorted(self.edges, middle, side="right") - 1
        found: Floats = self.hazard[np.arange(at.size), arm, at] * middle / np.log(2)
        return found

    def median(self, arm: int) -> Floats:
        """Return the median of each draw."""
        return self.time_at(arm, float(np.log(2)))


def cox_limit(
    hazards: Hazards, arm: int, against: int, *, share: float, events: float
) -> NDArray[np.float64]:
    """Return the log hazard ratio that Cox's model estimates in a large trial, in each draw.

    Where hazards are not proportional the model's ratio is an average of theirs, over the events
    that were seen: those before all patients were censored together, when ``events`` of them had
    had one.

    Parameters
    ----------
    arm, against : int
    share : float
        Of the patients of the two arms, those in ``arm``.
    events : float
        Of the patients of the two arms, those who had an event.

    Examples
    --------
    >>> edges = interval_edges(0.1, 20)
    >>> log_hazard = np.broadcast_to(np.log([[[0.1], [0.2]]]), (1, 2, edges.size))
    >>> np.exp(cox_limit(Hazards.of(edges, log_hazard), 0, 1, share=0.5, events=0.8)).round(2)
    array([0.5])
    """
    pair = (arm, against)
    shares = (share, 1 - share)
    living = [
        part * np.exp(-hazards.at_edges[:, one]) for part, one in zip(shares, pair, strict=True)
    ]
    ends = [np.concatenate((one[:, 1:], np.zeros((len(one), 1))), axis=1) for one in living]
    lost = [start - end for start, end in zip(living, ends, strict=True)]
    middle = [
        np.sqrt(start * np.maximum(end, 1e-300)) for start, end in zip(living, ends, strict=True)
    ]
    both = lost[0] + lost[1]
    before = np.cumsum(both, axis=1) - both
    seen = np.clip((events - before) / np.maximum(both, 1e-300), 0.0, 1.0)
    mine, all_events = (seen * lost[0]).sum(axis=1), seen * both
    odds = middle[0] / np.maximum(middle[1], 1e-300)
    beta = np.zeros(len(odds))
    for _ in range(_NEWTON):
        ratio = odds * np.exp(beta)[:, None]
        expected = ratio / (1 + ratio)
        slope = np.maximum((all_events * expected * (1 - expected)).sum(axis=1), 1e-12)
        step = (mine - (all_events * expected).sum(axis=1)) / slope
        beta = np.clip(beta + np.clip(step, -1.0, 1.0), -8.0, 8.0)
        if np.abs(step).max() < 1e-6:
            break
    return beta
