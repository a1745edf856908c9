"""Sampling covariances of vectors that do not depend on what each arm happened to show.

An arm's own estimate of its covariance goes with its estimates: where no event falls between 2.5
and 3 times the median, the difference of the two proportions is 0 and so is its estimated variance.
Weights taken from it pull the pooled vector towards such arms. The mean over arms of n times the
covariance, over the arm's n again, is right on average and does not know the arm's estimates (the
idea for risk ratios: Berkey et al. 1995, doi 10.1002/sim.4780140406). What it changes is in
``validation/pooling_missing.md``.
"""

import numpy as np
from numpy.typing import NDArray

from perdure.pool.models.least_squares import Matrix
from perdure.records import Bools, Floats

__all__ = ["averaged"]


def averaged(seen: NDArray[np.bool_], sampling: NDArray[np.float64], size: Floats) -> Matrix:
    """Return n times the sampling covariance, averaged over the arms that show both coordinates.

    Parameters
    ----------
    seen : array of bool, shape (N, d)
    sampling : array of float, shape (N, d, d)
    size : array of float, shape (N,)
        Patients of each arm.

    Returns
    -------
    array of float, shape (d, d)
        Without negative eigenvalues; 0 for coordinates that no arm shows together.

    Examples
    --------
    >>> seen = np.array([[True, True], [True, False]])
    >>> sampling = np.array([[[0.02, 0.01], [0.01, 0.04]], [[0.04, 0.0], [0.0, 0.0]]])
    >>> averaged(seen, sampling, np.array([100.0, 100.0])).round(6).tolist()
    [[3.0, 1.0], [1.0, 4.0]]
    """
    pairs: Bools = seen[:, :, None] & seen[:, None, :]
    total = np.where(pairs, sampling * size[:, None, None], 0.0).sum(axis=0)
    mean = total / np.maximum(pairs.sum(axis=0), 1)
    # means over different arms need not fit together
    share, basis = np.linalg.eigh((mean + mean.T) / 2)
    return np.asarray((basis * np.maximum(share, 0.0)) @ basis.T)
