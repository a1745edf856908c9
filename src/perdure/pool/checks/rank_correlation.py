"""Kendall's rank correlation, exact without ties."""

import numpy as np
from scipy.special import ndtr

from perdure.records import Floats

__all__ = ["kendall"]


def kendall(a: Floats, b: Floats) -> tuple[float, float, bool]:
    """Return Kendall's tau-b, its two-sided p value, and whether that is exact.

    Without ties p is of the exact distribution of the number of concordant pairs, else normal
    with the variance for ties and without a continuity correction (Kendall 1970, Rank Correlation
    Methods, chapters 4 and 5): as R's ``cor.test(exact = TRUE)``.

    Parameters
    ----------
    a, b : array of float, shape (n,)
        n at least 2, neither constant.

    Examples
    --------
    >>> kendall(np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0]))
    (0.333..., 1.0, True)
    """
    n = a.size
    signs = np.sign(a[:, None] - a) * np.sign(b[:, None] - b)
    score = float(signs.sum()) / 2
    pairs = n * (n - 1) / 2
    ties = [np.unique(values, return_counts=True)[1].astype(np.float64) for values in (a, b)]
    first, second = ((t * (t - 1)).sum() for t in ties)
    tau = score / float(np.sqrt((pairs - first / 2) * (pairs - second / 2)))
    if first == second == 0:
        return tau, _exact(n, round((pairs + score) / 2)), True
    variance = n * (n - 1) * (2 * n + 5) / 18
    variance -= sum(float((t * (t - 1) * (2 * t + 5)).sum()) for t in ties) / 18
    variance += float(first * second) / (2 * n * (n - 1))
    if n > 2:
        thirds = [float((t * (t - 1) * (t - 2)).sum()) for t in ties]
        variance += thirds[0] * thirds[1] / (9 * n * (n - 1) * (n - 2))
    return tau, float(2 * ndtr(-abs(score) / np.sqrt(variance))), False


def _exact(n: int, concordant: int) -> float:
    """Return twice the smaller tail of the number of concordant pairs, not above 1.

    Permutations of m by their inversions are those of m - 1, shifted by 0 to m - 1 and added up.
    """
    share = np.ones(1)
    for m in range(2, n + 1):
        share = np.convolve(share, np.full(m, 1 / m))
    lower = float(share[: concordant + 1].sum())
    upper = float(share[concordant:].sum())
    return min(1.0, 2 * min(lower, upper))
