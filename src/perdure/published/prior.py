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
from perdure.published.products import times_transposed
from perdure.records import Floats

__all__ = ["HazardPrior", "hazard_prior"]

WALK = 1.0
"""Variance of the log hazard's walk over one unit of log time."""

SHARED = 0.5
"""Share of the walk's variance that the arms of a trial have in common."""

LEVEL = 3.0
"""Standard deviation of the log hazard's level, of each arm for itself: all but flat."""


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
        Takes log hazards less the centre to independent standard normal numbers.
    """

    edges: Floats
    arms: int
    centre: float
    root: NDArray[np.float64]

    def misfits(self, log_hazards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return numbers whose squares add up to -2 x log-density of the walk, one row a draw."""
        walk: NDArray[np.float64] = (log_hazards - self.centre).reshape(len(log_hazards), -1)
        return times_transposed(walk, self.root)

    def log_weight(self, hazards: Hazards) -> Floats:
        """Return what makes every median as likely as another on the log scale, in each draw.

        Without it curves whose hazard is high at the median would be preferred: a change of level
        moves their median least.
        """
        slopes = [np.log(hazards.slope_at_median(arm)) for arm in range(self.arms)]
        weight: Floats = -np.sum(slopes, axis=0)
        return weight


def hazard_prior(edges: Floats, arms: int, typical: float) -> HazardPrior:
    """Return the prior of so many arms whose events come around a ``typical`` time.

    Examples
    --------
    >>> prior = hazard_prior(np.array([0.0, 1.0, 2.0, 4.0]), 2, typical=2.0)
    >>> constant = np.full((1, 2, 4), np.log(np.log(2) / 2))  # the median of both arms is 2
    >>> bool(np.allclose(prior.misfits(constant), 0))
    True
    """
    inner = np.sqrt(edges[1:-1] * edges[2:])
    middle = np.concatenate(([edges[1] / 2], inner, [edges[-1] * 1.1]))
    place = np.log(middle / typical)
    side = np.sign(place)
    same = side[:, None] == side[None, :]
    walk = np.where(same, np.minimum(np.abs(place)[:, None], np.abs(place)[None, :]), 0.0)
    common = WALK * SHARED * walk
    own = LEVEL**2 + WALK * (1 - SHARED) * walk
    covariance = np.kron(np.ones((arms, arms)), common) + np.kron(np.eye(arms), own)
    root = np.linalg.inv(np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance))))
    return HazardPrior(
        edges, arms, float(np.log(np.log(2) / typical)), np.asarray(root, np.float64)
    )
