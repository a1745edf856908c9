"""Which treatment is better: P-scores and probabilities of ranks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats
from perdure.records.network import Rank

__all__ = ["rank_treatments"]


def rank_treatments(
    treatments: Sequence[str],
    effects: ArrayLike,
    covariance: ArrayLike,
    df: float | None = None,
    *,
    larger_is_better: bool = True,
    draws: int = 20_000,
    seed: int = 1,
) -> tuple[Rank, ...]:
    """Return where treatments stand, the best first.

    Ranks hide uncertainty: the first of several that are alike is first by chance.

    Parameters
    ----------
    treatments : sequence of str, length T
    effects : array_like of float, shape (T,)
        Against any one reference, which may be one of them with an effect and variances of 0.
    covariance : array_like of float, shape (T, T)
    df : float or None
        Of a t distribution; None for a normal one.
    larger_is_better : bool
    draws : int
        Simulated sets of effects; the error of a probability is below 0.5 / sqrt(draws).
    seed : int

    Returns
    -------
    tuple of Rank
        P-scores are exact: the mean over the other treatments of one minus the one-sided p value
        that this one is better (Ruecker and Schwarzer 2015, doi 10.1186/s12874-015-0060-8); their
        mean is 1/2.

    Raises
    ------
    InputError
        If shapes differ, there are fewer than two treatments, or no draw is asked for.

    Examples
    --------
    >>> found = rank_treatments(["a", "b"], [0.0, 1.0], [[0.0, 0.0], [0.0, 1.0]])
    >>> [(rank.treatment, round(rank.p_score, 4)) for rank in found]
    [('b', 0.8413), ('a', 0.1587)]
    >>> round(found[0].probabilities[0], 2)
    0.84
    """
    mean, spread = np.array(effects, dtype=np.float64), np.array(covariance, dtype=np.float64)
    t = len(treatments)
    if t < 2 or mean.shape != (t,) or spread.shape != (t, t) or draws < 1:
        raise InputError(
            Problem(
                "there is nothing to rank, or sizes differ",
                "give two treatments or more with effects, a square covariance and draws",
                value=f"{t} treatments, {mean.size} effects, {draws} draws",
            )
        )
    sign = 1.0 if larger_is_better else -1.0
    scores = _p_scores(sign * mean, spread, df)
    drawn = _simulated(sign * mean, spread, df, draws, seed)
    place = np.argsort(np.argsort(-drawn, axis=1), axis=1)
    probabilities = np.array([np.bincount(place[:, at], minlength=t) / draws for at in range(t)])
    order = np.argsort(-scores, kind="stable")
    ranks = np.arange(1, t + 1)
    return tuple(
        Rank(
            treatments[at],
            float(scores[at]),
            tuple(probabilities[at].tolist()),
            float(probabilities[at] @ ranks),
            float(np.cumsum(probabilities[at])[:-1].mean()),
        )
        for at in order.tolist()
    )


def _p_scores(mean: Floats, spread: Matrix, df: float | None) -> Floats:
    """Return the mean certainty of being larger than another."""
    variance = np.diagonal(spread)
    se = np.sqrt(np.maximum(variance[:, None] + variance - 2 * spread, 0.0))
    difference = mean[:, None] - mean
    # Two that are known without error: certain, or the same.
    ratio = np.where(difference == 0, 0.0, np.copysign(np.inf, difference))
    np.divide(difference, se, out=ratio, where=se > 0)
    sure = ndtr(ratio) if df is None else stdtr(df, ratio)
    return np.asarray((sure.sum(axis=1) - 0.5) / (mean.size - 1))


def _simulated(mean: Floats, spread: Matrix, df: float | None, draws: int, seed: int) -> Matrix:
    """Return draws from the distribution of the effects."""
    random = np.random.default_rng(seed)
    value, vector = np.linalg.eigh((spread + spread.T) / 2)
    root = vector * np.sqrt(np.maximum(value, 0.0))
    noise = random.standard_normal((draws, mean.size)) @ root.T
    if df is not None:
        noise *= np.sqrt(df / random.chisquare(df, draws))[:, None]
    return np.asarray(mean + noise)
