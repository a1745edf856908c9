"""What is taken for granted of survival curves before anything was published.

The logarithm of the hazard is a random walk over log time. From there all else follows: constant
hazards, rising ones, long flat tails and bursts are all drawn; a time multiplied by e moves the
logarithm by a standard deviation of 1. Half of that variance is common to the arms of a trial, as
in real trials (validation/published.md), and half an arm's own, so that hazards need not be
proportional. The levels are all but free.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.published.hazards import Hazards
from perdure.records import Floats

__all__ = ["HazardPrior", "hazard_prior"]

WALK = 1.0
"""Variance of the log hazard's walk over one unit of log time."""

SHARED = 0.5
"""Share of the walk's variance that the arms of a trial have in common."""

LEVEL = 3.0
"""Standard deviation of the log hazard's level in a trial."""

BETWEEN = 1.0
"""Standard deviation of an arm's level around its trial's."""


@dataclass(frozen=True, eq=False)
class HazardPrior:
    """A normal prior of the log hazards of a trial's arms.

    Attributes
    ----------
    edges : array of float, shape (intervals,)
    arms : int
    centre : float
        Mean of every log hazard.
    root : array of float, shape (arms x intervals, arms x intervals)
        Takes standard normal numbers to log hazards around the centre.
    """

    edges: Floats
    arms: int
    centre: float
    root: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many standard normal numbers make one draw."""
        return len(self.root)

    def hazards(self, standard: NDArray[np.float64]) -> Hazards:
        """Return the curves of standard normal numbers, shape (draws, size)."""
        log_hazard = self.centre + standard @ self.root.T
        return Hazards.of(self.edges, log_hazard.reshape(len(standard), self.arms, -1))


def hazard_prior(edges: Floats, arms: int, typical: float) -> HazardPrior:
    """Return the prior of so many arms whose events come around a ``typical`` time.

    Examples
    --------
    >>> prior = hazard_prior(np.array([0.0, 1.0, 2.0, 4.0]), 2, typical=2.0)
    >>> prior.size, prior.hazards(np.zeros((1, 8))).median(0).round(3)
    (8, array([2.]))
    """
    inner = np.sqrt(edges[1:-1] * edges[2:])
    middle = np.concatenate(([edges[1] / 2], inner, [edges[-1] * 1.1]))
    place = np.log(middle / typical)
    side = np.sign(place)
    same = side[:, None] == side[None, :]
    walk = np.where(same, np.minimum(np.abs(place)[:, None], np.abs(place)[None, :]), 0.0)
    common = LEVEL**2 + WALK * SHARED * walk
    own = BETWEEN**2 + WALK * (1 - SHARED) * walk
    covariance = np.kron(np.ones((arms, arms)), common) + np.kron(np.eye(arms), own)
    root = np.asarray(np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance))), np.float64)
    return HazardPrior(edges, arms, float(np.log(np.log(2) / typical)), root)
