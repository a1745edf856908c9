"""How true vectors of arms vary together: the covariance between arms, by few parameters.

``unstructured`` has every variance and covariance: ten arms do not tell fifteen numbers. ``line``
lets an arm differ from the others by its log median, by the height of its durable response at the
target multiple and by a slope in log k (three effects with six variances and covariances), and by
one scatter of single multiples about that line: seven parameters, however many multiples. A Weibull
arm is exactly such a line on the log(-log) scale, through the point (k = 1, one half).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["Structure", "StructureName", "line", "unstructured"]

StructureName = Literal["line", "unstructured"]


@dataclass(frozen=True, eq=False)
class Structure:
    """T = Z L L' Z' + psi^2 D, with L lower triangular.

    Attributes
    ----------
    name : {"line", "unstructured"}
    loadings : array of float, shape (d, q)
        Z.
    scattered : array of float, shape (d,)
        The diagonal of D, 1 or 0; all 0 where there is no psi.
    scale : array of float, shape (q,)
        Of the effects: parameters are in these units, so that a search finds its way.
    scatter_scale : float
    """

    name: StructureName
    loadings: Matrix
    scattered: Floats
    scale: Floats
    scatter_scale: float

    @cached_property
    def corner(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of a lower triangle."""
        return np.tril_indices(self.loadings.shape[1])

    @property
    def start(self) -> Floats:
        """Where to begin: independent effects, and a little scatter."""
        q = self.loadings.shape[1]
        lower = np.eye(q)[self.corner]
        return np.append(lower, 0.3) if self.scattered.any() else lower

    def between(self, parameters: Floats) -> Matrix:
        """Return T.

        Examples
        --------
        >>> unstructured(np.array([2.0])).between(np.array([0.5])).tolist()
        [[1.0]]
        """
        spread = self.loadings @ self._triangle(parameters)
        total = spread @ spread.T
        if self.scattered.any():
            total = total + np.diag(self.scattered * (self.scatter_scale * parameters[-1]) ** 2)
        return np.asarray(total)

    def gradient(self, parameters: Floats, slope: Matrix) -> Floats:
        """Return the gradient in the parameters of what changes with T by ``slope``."""
        inner = self.loadings.T @ slope @ self.loadings
        full = 2 * self.scale[:, None] * (inner @ self._triangle(parameters))
        found = full[self.corner]
        if self.scattered.any():
            moved = 2 * self.scatter_scale**2 * parameters[-1]
            found = np.append(found, moved * float(np.diagonal(slope) @ self.scattered))
        return found

    def _triangle(self, parameters: Floats) -> Matrix:
        q = self.loadings.shape[1]
        lower = np.zeros((q, q))
        lower[self.corner] = parameters[: len(self.corner[0])]
        return self.scale[:, None] * lower


def unstructured(scale: Floats) -> Structure:
    """Return the structure with every variance and covariance.

    Parameters
    ----------
    scale : array of float, shape (d,)
        About the standard deviation of each coordinate.

    Examples
    --------
    >>> unstructured(np.ones(2)).start.tolist()
    [1.0, 0.0, 1.0]
    """
    d = len(scale)
    return Structure("unstructured", np.eye(d), np.zeros(d), np.asarray(scale), 1.0)


def line(multiples: Floats, target: float, scale: Floats) -> Structure:
    """Return the structure of a log median and a line in log k, with scatter about the line.

    Parameters
    ----------
    multiples : array of float, shape (d - 1,)
    target : float
        One of them: where the height is measured.
    scale : array of float, shape (2,)
        About the standard deviations of the log median, and of the durable responses.

    Returns
    -------
    Structure
        Unstructured for one or two multiples: it has then as few parameters.

    Examples
    --------
    >>> line(np.array([1.5, 2.0, 3.0]), 3.0, np.ones(2)).loadings.round(2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, -1.0], [0.0, 1.0, -0.58], [0.0, 1.0, 0.0]]
    """
    if len(multiples) <= 2:
        return unstructured(np.append(scale[:1], np.repeat(scale[1], len(multiples))))
    along = np.log(np.asarray(multiples) / target)
    along = along / np.abs(along).max()
    d = len(multiples) + 1
    loadings = np.zeros((d, 3))
    loadings[0, 0] = 1.0
    loadings[1:, 1], loadings[1:, 2] = 1.0, along
    scattered = np.ones(d)
    scattered[0] = 0.0
    return Structure(
        "line", loadings, scattered, np.array([scale[0], scale[1], scale[1]]), float(scale[1])
    )
