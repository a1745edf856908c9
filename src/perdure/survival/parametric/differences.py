"""Derivatives of smooth functions by central differences of high order, many points at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perdure.records import Floats

__all__ = ["Derivatives", "derivatives", "gradient"]

Function = Callable[[Floats], Floats]
"""From points, shape (points, parameters), to values, shape (points, ...)."""

_FIRST = {
    4: (2 / 3, -1 / 12),
    8: (4 / 5, -1 / 5, 4 / 105, -1 / 280),
}
_SECOND = {
    4: (4 / 3, -1 / 12),
    8: (8 / 5, -1 / 5, 8 / 315, -1 / 560),
}
"""Weights by order, for 1, 2, ... steps; Fornberg 1988, doi 10.1090/S0025-5718-1988-0935077-0."""
_LARGEST = 1e100


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Value, gradient and Hessian of a function at a point, in given directions.

    ``finite`` is False where some value around the point is not a number, or so large that its
    square is none; then the gradient and the Hessian are 0.
    """

    value: float
    gradient: Floats
    hessian: Floats
    finite: bool


def derivatives(
    function: Function, centre: Floats, directions: Floats, step: float, order: int = 8
) -> Derivatives:
    """Return value, gradient and Hessian along the columns of ``directions``.

    Mixed second derivatives come from steps along two columns together.

    Examples
    --------
    >>> def quartic(points):
    ...     return points[:, 0] ** 4 + points[:, 0] * points[:, 1]
    >>> found = derivatives(quartic, np.array([1.0, 2.0]), np.eye(2), 0.1)
    >>> found.gradient.round(9), found.hessian.round(7)
    (array([6., 1.]), array([[12.,  1.],
           [ 1.,  0.]]))
    """
    size = directions.shape[1]
    left, right = np.triu_indices(size, 1)
    along = np.concatenate([directions, directions[:, left] + directions[:, right]], axis=1).T
    reach = order // 2
    counts = np.arange(1, reach + 1) * step
    moves = along[:, np.newaxis, :] * counts[:, np.newaxis]
    points = np.concatenate([(centre + moves), (centre - moves)]).reshape(-1, centre.size)
    values = function(np.concatenate([centre[np.newaxis], points]))
    value = float(values[0])
    if not (np.abs(values) < _LARGEST).all():
        return Derivatives(value, np.zeros(size), np.zeros((size, size)), finite=False)
    ahead, behind = (values[1:] - value).reshape(2, -1, reach)
    first = (ahead - behind)[:size] @ np.array(_FIRST[order]) / step
    second = (ahead + behind) @ np.array(_SECOND[order]) / step**2
    hessian = np.diag(second[:size])
    mixed = (second[size:] - second[left] - second[right]) / 2
    hessian[left, right] = hessian[right, left] = mixed
    return Derivatives(value, first, hessian, finite=True)


def gradient(function: Function, centre: Floats, directions: Floats, step: float) -> Floats:
    """Return slopes along the columns of ``directions``, shape (directions, ...): order 8.

    Examples
    --------
    >>> gradient(lambda points: np.exp(points), np.array([0.0]), np.eye(1), 0.1).round(9)
    array([[1.]])
    """
    counts = np.arange(1, 5) * step
    moves = directions.T[:, np.newaxis, :] * counts[:, np.newaxis]
    points = np.concatenate([centre + moves, centre - moves]).reshape(-1, centre.size)
    values = function(points)
    ahead, behind = values.reshape(2, directions.shape[1], 4, *values.shape[1:])
    return np.tensordot(ahead - behind, np.array(_FIRST[8]), axes=(1, 0)) / step
