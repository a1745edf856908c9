"""Draws from a density that is nearly normal: its mode, then elliptical slices around it.

Murray, Adams and MacKay 2010 (elliptical slice sampling) around a normal approximation, as
Nishihara, Murray and Adams 2014 have it. Every draw is a chain of its own: draws are independent.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perdure.published.products import product, times_transposed

__all__ = ["posterior_draws"]

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[Array, Array]]
"""From points, shape (points, size), to numbers whose squares add up to -2 x log-density, and a log
weight that is added to it: what is not smooth belongs there, since the mode is looked for
without."""

SWEEPS = 40
"""Slices a chain: its first point is drawn from the approximation."""

WIDER = 1.1
"""The approximation is this much wider than the curvature at the mode says: tails may be heavy."""

_DIFFERENCE = 1e-4


def posterior_draws(density: Density, start: Array, draws: int, rng: np.random.Generator) -> Array:
    """Return points drawn from a density.

    Parameters
    ----------
    density : callable
        From points, shape (points, size), to numbers whose squares add up to -2 x log-density,
        and a log weight of each point.
    start : array of float, shape (size,)
        Where the mode is looked for.
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    array of float, shape (draws, size)

    Examples
    --------
    A standard normal prior of two numbers, the first seen as 1 with an error of 1 / 3:

    >>> def density(point):
    ...     return np.column_stack([point, 3 * (point[:, 0] - 1)]), np.zeros(len(point))
    >>> found = posterior_draws(density, np.zeros(2), 2000, np.random.default_rng(1))
    >>> mean, error = found.mean(axis=0), found.std(axis=0)  # 9 / 10 and 0; 10^-1/2 and 1
    >>> mean.round(1) + 0, error.round(1)
    (array([0.9, 0. ]), array([0.3, 1. ]))
    """
    size = len(start)

    def misfits(points: Array) -> Array:
        return density(points)[0]

    mode = _mode(misfits, start)
    slopes = _slopes(misfits, mode)
    root = (
        WIDER * np.linalg.inv(np.linalg.cholesky(product(slopes.T, slopes) + 1e-9 * np.eye(size))).T
    )

    def rest(points: Array) -> Array:
        """Return the log density less that of the approximation."""
        apart, weight = density(mode + times_transposed(points, root))
        found: Array = weight - 0.5 * ((apart**2).sum(axis=1) - (points**2).sum(axis=1))
        return np.where(np.isfinite(found), found, -np.inf)

    points = rng.standard_normal((draws, size))
    height = rest(points)
    for _ in range(SWEEPS):
        points, height = _slice(points, height, rest, rng)
    return mode + times_transposed(points, root)


def _slice(
    points: Array, height: Array, rest: Callable[[Array], Array], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return every chain's next point on an ellipse through its last one."""
    other = rng.standard_normal(points.shape)
    level = height + np.log(rng.random(len(points)))
    angle = rng.random(len(points)) * 2 * np.pi
    low, high = angle - 2 * np.pi, angle.copy()
    found, reached = points.copy(), height.copy()
    open_ = np.arange(len(points))
    while open_.size:
        turn = angle[open_, None]
        new = points[open_] * np.cos(turn) + other[open_] * np.sin(turn)
        heights = rest(new)
        taken = (heights > level[open_]) | (np.abs(high - low)[open_] < 1e-9)
        found[open_[taken]], reached[open_[taken]] = new[taken], heights[taken]
        open_ = open_[~taken]
        below = angle[open_] < 0
        low[open_[below]] = angle[open_[below]]
        high[open_[~below]] = angle[open_[~below]]
        angle[open_] = low[open_] + rng.random(open_.size) * (high - low)[open_]
    return found, reached


def _slopes(misfits: Callable[[Array], Array], point: Array) -> Array:
    """Return the derivatives of the misfits by the point, shape (misfits, size)."""
    steps = _DIFFERENCE * np.eye(len(point))
    found: Array = (misfits(point + steps) - misfits(point - steps)).T / (2 * _DIFFERENCE)
    return found


def _mode(misfits: Callable[[Array], Array], start: Array) -> Array:
    """Return the most probable point, by Levenberg's and Marquardt's steps."""
    point, damping = start.copy(), 1.0

    def cost(place: Array) -> float:
        return float((misfits(place[None]) ** 2).sum())

    now = cost(point)
    for _ in range(200):
        slopes = _slopes(misfits, point)
        gradient = product(slopes.T, misfits(point[None])[0])
        step = -np.linalg.solve(product(slopes.T, slopes) + damping * np.eye(len(point)), gradient)
        new = cost(point + step)
        if not new < now:
            damping *= 4
            if damping > 1e8:
                break
            continue
        small = now - new < 1e-8 * (1 + now)
        point, now, damping = point + step, new, damping / 3
        if small:
            break
    return point
