"""The likelihood of effects that were published by their p values."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, roots_legendre

from perdure.records import Floats, Ints
from perdure.records.small_study import SelectionFamily

__all__ = ["Published", "published"]

NODES = 12
"""Nodes of Gauss and Legendre on a panel that is one standard error wide or less."""
OUTSIDE = 9.0
"""Beyond so many standard errors p is 0 or 1 to the last digit, and weights are constant."""
CENSORED = 1e-5
"""Beta weights take p below this, or within this of 1, as this: they have poles at 0 and 1, where
a single effect would decide (the published advice, and metafor's default)."""
NOTHING = -1e300
"""Stands for the log of a likelihood of 0."""


@dataclass(frozen=True, eq=False)
class Published:
    """Effects with their p values, and the family of the selection function.

    Attributes
    ----------
    y, se : array of float, shape (k,)
        Turned so that positive effects have small p values, if only one side has.
    family : {"stepfun", "beta", "halfnorm", "negexp"}
    two_sided : bool
    steps : tuple of float
        Upper ends of the intervals of p of a step function; the last is 1.
    interval : array of int, shape (k,)
        Each effect's interval.
    """

    y: Floats
    se: Floats
    family: SelectionFamily
    two_sided: bool
    steps: tuple[float, ...]
    interval: Ints

    @property
    def counts(self) -> tuple[int, ...]:
        """Effects in each interval of p."""
        return tuple(np.bincount(self.interval, minlength=len(self.steps)).tolist())

    @property
    def parameters(self) -> int:
        """How many parameters the selection function has that are free."""
        return {"stepfun": len(self.steps) - 1, "beta": 2}.get(self.family, 1)

    def log_likelihood(self, mean: float, tau2: float, delta: Floats) -> float:
        """Return the log-likelihood; ``delta`` are the free parameters of the selection function.

        Effects have density w(p) f(y) / A, f normal with variance v + tau2, A the integral of w f
        (Hedges 1992, Stat Sci 7:246, doi 10.1214/ss/1177011364; Vevea and Hedges 1995,
        doi 10.1007/BF02294384).
        """
        total = self.se**2 + tau2
        plain = -0.5 * float(np.log(2 * np.pi * total).sum() + ((self.y - mean) ** 2 / total).sum())
        shift, width = mean / self.se, np.sqrt(total) / self.se
        if self.family == "stepfun":
            log_weights = np.concatenate(
                ([0.0], np.log(np.maximum(delta, np.finfo(np.float64).tiny)))
            )
            weighed = float(log_weights[self.interval].sum())
            normal = self._share(shift, width) @ np.exp(log_weights)
            if not (normal > 0).all():
                return NOTHING
            return plain + weighed - float(np.log(normal).sum())
        log_normal = self._log_integral(shift, width, delta)
        return plain + float(self._log_weight(self.y / self.se, delta).sum() - log_normal.sum())

    def _share(self, shift: Floats, width: Floats) -> Floats:
        """Return how probable each interval of p is, shape (k, intervals)."""
        ends = np.array(self.steps[:-1])
        cuts = -ndtri(ends / 2 if self.two_sided else ends)
        above = ndtr((shift[:, None] - cuts) / width[:, None])
        if self.two_sided:
            above += ndtr((-shift[:, None] - cuts) / width[:, None])
        edges = np.concatenate((np.zeros((shift.size, 1)), above, np.ones((shift.size, 1))), axis=1)
        return np.diff(edges, axis=1)

    def _log_weight(self, z: Floats, delta: Floats) -> Floats:
        """Return the log of the selection function at z values."""
        log_p = np.log(2) + log_ndtr(-np.abs(z)) if self.two_sided else log_ndtr(-z)
        if self.family == "beta":
            log_q = (
                np.log(np.maximum(-np.expm1(log_p), CENSORED)) if self.two_sided else log_ndtr(z)
            )
            ends = np.log(CENSORED), np.log1p(-CENSORED)
            log_p, log_q = np.clip(log_p, *ends), np.clip(log_q, *ends)
            return np.asarray((delta[0] - 1) * log_p + (delta[1] - 1) * log_q)
        power = 2 if self.family == "halfnorm" else 1
        return np.asarray(-delta[0] * np.exp(power * log_p))

    def _log_integral(self, shift: Floats, width: Floats, delta: Floats) -> Floats:
        """Return log A of each effect: panels where weights change, normal tails where not."""
        z, log_weight, edge = _grid(self.family == "beta", two_sided=self.two_sided)
        log_density = -0.5 * ((z - shift[:, None]) / width[:, None]) ** 2
        log_density -= np.log(width * np.sqrt(2 * np.pi))[:, None]
        inside = log_density + log_weight + self._log_weight(z, delta)
        above, below = self._log_weight(np.array([edge, -edge]), delta)
        right = above + log_ndtr((shift - edge) / width)
        left = below + log_ndtr((-edge - shift) / width)
        terms = np.column_stack((inside, right, left))
        highest = terms.max(axis=1)
        return np.asarray(highest + np.log(np.exp(terms - highest[:, None]).sum(axis=1)))


@lru_cache(maxsize=4)
def _grid(beta: bool, *, two_sided: bool) -> tuple[Floats, Floats, float]:
    """Return nodes, the logs of their weights, and the edge beyond which weights are constant."""
    tail = CENSORED / 2 if two_sided else CENSORED
    edge = -float(ndtri(tail)) if beta else OUTSIDE
    edges = np.arange(np.ceil(edge)).astype(np.float64)
    if two_sided:
        # 1 - p is censored below this z, and beta weights rise towards it as a power
        first = float(ndtri(0.5 + CENSORED / 2))
        shrinking = np.geomspace(first, 1.0, 10)
        edges = np.concatenate(([0.0], shrinking[:-1], edges[1:]))
    edges = np.append(edges, edge)
    node, weight = (np.asarray(part) for part in roots_legendre(NODES))
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (node + 1)).ravel()
    log_weight = np.log((half * weight).ravel())
    return np.concatenate((-z[::-1], z)), np.concatenate((log_weight[::-1], log_weight)), edge


def published(
    y: Floats,
    v: Floats,
    family: SelectionFamily,
    alternative: str,
    steps: Sequence[float],
) -> Published:
    """Return effects with what a selection model needs of them.

    Examples
    --------
    >>> y, v = np.array([0.5, 0.1]), np.array([0.04, 0.04])
    >>> published(y, v, "stepfun", "greater", [0.05]).counts
    (1, 1)
    """
    turned = -y if alternative == "less" else y
    se = np.sqrt(v)
    two_sided = alternative == "two-sided"
    z = turned / se
    p = 2 * ndtr(-np.abs(z)) if two_sided else ndtr(-z)
    ends = (*sorted(step for step in steps if step < 1), 1.0)
    interval = np.searchsorted(np.array(ends), p, side="left").astype(np.int64)
    return Published(turned, se, family, two_sided, ends, interval)
