"""The falling sequence nearest to a wobbling one."""

import numpy as np
from numpy.typing import ArrayLike

from perdure.records import Floats

__all__ = ["isotonic"]


def isotonic(values: ArrayLike) -> Floats:
    """Return the non-increasing sequence nearest to ``values`` by least squares.

    Pool adjacent violators: means of neighbouring blocks are merged until none rises (Barlow et
    al., Statistical Inference under Order Restrictions, 1972). A running minimum would be biased
    down by reading errors; means of them are not.

    Parameters
    ----------
    values : array_like of float, shape (points,)

    Returns
    -------
    ndarray of float, shape (points,)

    Examples
    --------
    >>> isotonic([1.0, 0.7, 0.8, 0.2])
    array([1.  , 0.75, 0.75, 0.2 ])
    """
    means: list[float] = []
    sizes: list[int] = []
    for value in np.asarray(values, dtype=np.float64).tolist():
        mean, size = value, 1
        while means and means[-1] < mean:
            last, count = means.pop(), sizes.pop()
            mean = (last * count + mean * size) / (count + size)
            size += count
        means.append(mean)
        sizes.append(size)
    return np.repeat(means, sizes)
