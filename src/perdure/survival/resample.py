"""Curves of patients drawn again with replacement, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perdure.records import Bools, Floats, Ints
from perdure.survival.kaplan_meier import SAME_TIME, KaplanMeier, product_limit
from perdure.survival.quantile import SAME_SURVIVAL

__all__ = ["Resampled", "resample", "resampled_together", "unchanged"]


@dataclass(frozen=True, eq=False)
class Resampled:
    """Kaplan-Meier curves of resampled patients, on the rows of the curve they were drawn from.

    Attributes
    ----------
    time : array of float, shape (rows,)
    at_risk, events : array of int, shape (replicates, rows)
        A row that no patient of a replicate has keeps the survival of the row before.
    survival : array of float, shape (replicates, rows)

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> same = unchanged(kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]))
    >>> same.survival, same.end_time, same.last_event
    (array([[0.75, 0.5 , 0.5 , 0.5 ]]), array([4.]), array([2.]))
    """

    time: Floats
    at_risk: Ints
    events: Ints
    survival: Floats

    @property
    def end_time(self) -> Floats:
        """The last time of a patient, shape (replicates,)."""
        return self._last(self.at_risk > 0)

    @property
    def last_event(self) -> Floats:
        """The last time of an event, shape (replicates,); -inf in a replicate without any."""
        return np.where(self.events.any(axis=1), self._last(self.events > 0), -np.inf)

    @property
    def last_survival(self) -> Floats:
        """Survival at the end, shape (replicates,)."""
        return self.survival[:, -1]

    @property
    def median(self) -> Floats:
        """The median of each replicate by the rule of :func:`perdure.survival.median`.

        Infinite where it is not reached; shape (replicates,).
        """
        below = self.survival < 0.5 - SAME_SURVIVAL
        reached = self.survival <= 0.5 + SAME_SURVIVAL
        first = self.time[reached.argmax(axis=1)]
        last = np.where(below.any(axis=1), self.time[below.argmax(axis=1)], self.end_time)
        at_once = (below == reached).all(axis=1)  # it is never one half exactly
        middle = np.where(at_once, first, (first + last) / 2)
        return np.where(reached.any(axis=1), middle, np.inf)

    def at(self, time: Floats) -> Floats:
        """Return survival of each replicate at its own time; the last value beyond its end.

        Parameters
        ----------
        time : array of float, shape (replicates,)
            Not negative, or infinite.
        """
        rows = self.time.searchsorted(time * (1 + SAME_TIME), side="right")
        chosen = self.survival[np.arange(rows.size), np.maximum(rows, 1) - 1]
        return np.where(rows > 0, chosen, 1.0)

    def _last(self, present: Bools) -> Floats:
        """Return the time of the last row that is present in each replicate."""
        rows: Ints = present.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
        return np.asarray(self.time[rows])


def resample(curve: KaplanMeier, replicates: int, random: np.random.Generator) -> Resampled:
    """Draw the patients of a curve again with replacement, as many as there were.

    Patients with one time and one outcome are alike, so that each replicate is one multinomial
    draw of counts.

    Parameters
    ----------
    curve : KaplanMeier
    replicates : int
    random : numpy.random.Generator

    Returns
    -------
    Resampled

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
    >>> resample(curve, 3, np.random.default_rng(1)).at_risk[:, 0]
    array([4, 4, 4])
    """
    cells = np.concatenate([curve.events, curve.censored])
    drawn = random.multinomial(curve.n, cells / curve.n, size=replicates)
    events, censored = np.split(drawn, 2, axis=1)
    return _counted(curve.time, events, censored)


def resampled_together(parts: Sequence[Resampled]) -> Resampled:
    """Return the curves of several arms' patients together, replicate by replicate.

    Parameters
    ----------
    parts : sequence of Resampled
        With as many replicates each.

    Examples
    --------
    >>> from perdure.survival import kaplan_meier
    >>> one, two = (unchanged(kaplan_meier([1, late], [1, 1])) for late in (2, 3))
    >>> resampled_together([one, two]).survival
    array([[0.5 , 0.25, 0.  ]])
    """
    time, row = np.unique(np.concatenate([part.time for part in parts]), return_inverse=True)
    shape = (parts[0].survival.shape[0], time.size)
    events, censored = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    start = 0
    for part in parts:
        here = row[start : start + part.time.size]
        start += part.time.size
        leaving = part.at_risk.copy()
        leaving[:, :-1] -= part.at_risk[:, 1:]
        events[:, here] += part.events
        censored[:, here] += leaving - part.events
    return _counted(time, events, censored)


def unchanged(curve: KaplanMeier) -> Resampled:
    """Return the curve itself as the only replicate."""
    return _counted(curve.time, curve.events[np.newaxis], curve.censored[np.newaxis])


def _counted(time: Floats, events: Ints, censored: Ints) -> Resampled:
    """Return the curves of counts, shape (replicates, rows)."""
    at_risk = (events + censored)[:, ::-1].cumsum(axis=1)[:, ::-1]
    return Resampled(time, at_risk, events, product_limit(events, at_risk))
