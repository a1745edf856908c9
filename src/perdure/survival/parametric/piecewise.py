"""The piecewise exponential: a constant hazard between cut points."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Bools, Floats
from perdure.survival.parametric.family import Family, Link, Unfit, columns

__all__ = ["PIECES", "PiecewiseExponential", "piecewise_exponential"]

PIECES = 4
"""Pieces unless cut points are given: about as many events in each."""


@dataclass(frozen=True)
class PiecewiseExponential(Family):
    """A constant hazard on each piece; the last one holds for ever.

    The cut at a time belongs to the piece before it. Rates are events over time at risk.

    Attributes
    ----------
    cuts : tuple of float
        Increasing, in the unit of the times; not counted as parameters.

    Notes
    -----
    Friedman 1982, doi 10.1214/aos/1176345693.

    Examples
    --------
    >>> family = PiecewiseExponential(cuts=(2.0,))
    >>> family.labels
    ('rate0', 'rate1')
    >>> family.log_survival(np.log([0.5, 0.1]), np.array([1.0, 12.0]))
    array([-0.5, -2. ])
    """

    name: str = "piecewise-exponential"
    labels: tuple[str, ...] = field(init=False)
    links: tuple[Link, ...] = field(init=False)
    density_at_zero: bool = True
    cuts: tuple[float, ...] = field(kw_only=True)

    def __post_init__(self) -> None:
        pieces = len(self.cuts) + 1
        object.__setattr__(self, "labels", tuple(f"rate{j}" for j in range(pieces)))
        object.__setattr__(self, "links", ("log",) * pieces)

    def exposure(self, time: Floats) -> Floats:
        """Return the time spent in each piece, shape (times, pieces)."""
        lower = np.array([0.0, *self.cuts])
        width = np.diff(np.array([*lower, np.inf]))
        spent: Floats = np.clip(time[:, np.newaxis] - lower, 0.0, width)
        return spent

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return log hazard and log survival together."""
        piece = np.searchsorted(np.array(self.cuts), time, side="left")
        return theta[..., piece] + self.log_survival(theta, time)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return minus the sum of rates times the time spent under them."""
        spent = self.exposure(time)
        total = np.zeros(np.broadcast_shapes((*theta.shape[:-1], 1), time.shape))
        for j, rate in enumerate(columns(theta)):
            total -= np.exp(rate) * spent[:, j]
        return total

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return the maximum itself."""
        piece = np.searchsorted(np.array(self.cuts), time[event], side="left")
        events = np.bincount(piece, minlength=len(self.labels))
        if not events.all():
            empty = int(np.flatnonzero(events == 0)[0])
            begin = (0.0, *self.cuts)[empty]
            raise Unfit(f"no event in the piece that begins at {begin:g}: choose other cut points")
        return [np.log(events / self.exposure(time).sum(axis=0))]


def piecewise_exponential(
    time: Floats, event: Bools, cuts: Sequence[float] | None = None
) -> PiecewiseExponential:
    """Return the family with given cut points, or with cuts at quantiles of the event times.

    The quantiles are event times themselves, so that no piece is without events.

    Examples
    --------
    >>> time = np.array([1.0, 2.0, 3.0, 4.0, 9.0])
    >>> piecewise_exponential(time, np.ones(5, dtype=bool)).cuts
    (2.0, 3.0, 4.0)
    """
    if cuts is None:
        shares = np.linspace(0, 1, PIECES + 1)[1:-1]
        seen = time[event]
        if np.unique(seen).size < 2:
            raise Unfit("too few different times of events for two pieces")
        found = np.unique(np.quantile(seen, shares, method="inverted_cdf"))
        return PiecewiseExponential(cuts=tuple(float(cut) for cut in found[found < seen.max()]))
    given = np.asarray(cuts, dtype=np.float64)
    if not (np.isfinite(given).all() and (given > 0).all() and (np.diff(given) > 0).all()):
        remedy = "give increasing times above 0"
        raise InputError(Problem("cut points must increase", remedy, value=str(list(cuts))))
    return PiecewiseExponential(cuts=tuple(float(cut) for cut in given))
