"""Products of matrices that are the same to the bit whatever the number of threads.

The library that multiplies matrices for numpy adds in another order on other numbers of threads,
and a chain of draws carries the last bit of a number into all of it.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["product", "times_transposed"]

Array = NDArray[np.float64]


def product(one: Array, other: Array) -> Array:
    """Return the product of two matrices, or of a matrix and a vector.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]))
    array([21., 43.])
    """
    pattern = "ij,j->i" if other.ndim == 1 else "ij,jk->ik"
    found: Array = np.einsum(pattern, one, other, optimize=False)
    return found


def times_transposed(points: Array, matrix: Array) -> Array:
    """Return each row of ``points`` multiplied by a matrix: ``points @ matrix.T``.

    Examples
    --------
    >>> times_transposed(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [3.0, 4.0]]))
    array([[ 1., 11.]])
    """
    found: Array = np.einsum("ij,kj->ik", points, matrix, optimize=False)
    return found
