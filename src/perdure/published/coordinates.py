"""Coordinates of hazards in which published facts are straight.

A narrow interval of a median ties the hazards before it to each other along a thin curved ridge,
which no sampler walks well. Between two times of which something was published, the hazards are
therefore given by the logarithm of the cumulative hazard that is gained there, and by the logarithm
of each hazard over the segment's first: a fact about the curve at a time is then one about a few
coordinates, whatever the others. Up to a median, how far the curve's own median lies from it (on
the log scale, to first order) takes the place of what is gained: the error of a median in time is
an error of the curve that grows with the hazard, and that funnel is gone too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from perdure.published.products import product
from perdure.records import Floats

__all__ = ["Coordinates"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """How coordinates and log hazards of a trial's arms belong together.

    Attributes
    ----------
    edges : array of float, shape (intervals,)
        Where each interval of hazards begins; the last has no end.
    segments : tuple of tuple of (int, int)
        For each arm, the intervals from one published time to the next: first, and one after last.
        Intervals in no segment have their log hazards for coordinates.
    to_median : tuple of bool
        For each arm, whether its first segment ends at its published median.
    """

    edges: Floats
    segments: tuple[tuple[tuple[int, int], ...], ...]
    to_median: tuple[bool, ...]

    @classmethod
    def of(
        cls, edges: Floats, times: Sequence[Sequence[float]], medians: Sequence[float | None]
    ) -> "Coordinates":
        """Return the coordinates for arms of which something was published at ``times``.

        Every time must be an edge; ``medians`` are the published ones.
        """
        segments = []
        for mine in times:
            ends = [0, *np.searchsorted(edges, sorted({*mine})).tolist()]
            segments.append(tuple(pairwise(ends)))
        first = tuple(
            bool(mine) and median == min(mine) for mine, median in zip(times, medians, strict=True)
        )
        return cls(edges, tuple(segments), first)

    def log_hazards(self, points: Array) -> tuple[Array, Array]:
        """Return the log hazards of points, shape (draws, arms, intervals), and log volumes.

        A log volume, shape (draws, arms), is that of a step of log hazards over a step of points.

        Examples
        --------
        >>> edges = np.array([0.0, 1.0, 2.0])
        >>> coordinates = Coordinates.of(edges, [[2.0]], [None])
        >>> point = np.array([[[np.log(6.0), np.log(2.0), 0.0]]])  # gains 6; second twice the first
        >>> np.exp(coordinates.log_hazards(point)[0]).round(6)
        array([[[2., 4., 1.]]])
        """
        found = points.copy()
        volume = np.zeros(points.shape[:2])
        widths = np.diff(self.edges)
        for arm, segments in enumerate(self.segments):
            for first, end in segments:
                inside = product(np.exp(points[:, arm, first + 1 : end]), widths[first + 1 : end])
                spread = np.log(widths[first] + inside)
                gained = points[:, arm, first]
                if first == 0 and self.to_median[arm]:
                    last = points[:, arm, end - 1] if end > 1 else np.zeros(len(points))
                    slope = last - spread + np.log(self.edges[end])
                    gained = np.log(np.log(2)) - np.exp(slope) * gained
                    volume[:, arm] = slope
                found[:, arm, first] = gained - spread
                found[:, arm, first + 1 : end] += found[:, arm, first, None]
        return found, volume

    def points(self, log_hazards: Array) -> Array:
        """Return the coordinates of log hazards: the inverse of ``log_hazards``.

        Examples
        --------
        >>> coordinates = Coordinates.of(np.array([0.0, 1.0, 2.0]), [[2.0]], [None])
        >>> coordinates.points(np.log([[[2.0, 4.0, 1.0]]])).round(3)
        array([[[1.792, 0.693, 0.   ]]])
        """
        found = log_hazards.copy()
        widths = np.diff(self.edges)
        for arm, segments in enumerate(self.segments):
            for first, end in segments:
                gained = product(np.exp(log_hazards[:, arm, first:end]), widths[first:end])
                begun = log_hazards[:, arm, first]
                found[:, arm, first] = np.log(gained)
                found[:, arm, first + 1 : end] -= begun[:, None]
                if first == 0 and self.to_median[arm]:
                    slope = log_hazards[:, arm, end - 1] + np.log(self.edges[end] / gained)
                    found[:, arm, first] = (np.log(np.log(2)) - np.log(gained)) / np.exp(slope)
        return found
