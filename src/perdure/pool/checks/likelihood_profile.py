"""The likelihood over tau2 as a curve: whether the data know how far trials differ."""

import numpy as np
from scipy.special import chdtri

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import log_likelihood, weighted_least_squares
from perdure.pool.models.random_effects import Fit
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.records.likelihood_profile import LikelihoodProfile

__all__ = ["likelihood_profile"]

BEYOND = 1.5
"""The curve ends at so many times the upper limit."""
WITHOUT_END = 40.0
"""Without an upper limit: at so many times the estimate, or the largest sampling variance."""


def likelihood_profile(fit: Fit, *, points: int = 121) -> LikelihoodProfile:
    """Return the (restricted) log-likelihood over tau2, with its profile-likelihood interval.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, random effects by REML or ML; or ``independent`` of
        :func:`perdure.pool.fit_correlated`.
    points : int
        Of the curve, equally spaced in tau.

    Raises
    ------
    InputError
        If the model has no tau2, its method does not maximise a likelihood, or there are fewer than
        two points.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> found = likelihood_profile(fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02]))
    >>> highest = max(found.log_likelihood)
    >>> found.tau2[found.log_likelihood.index(highest)] == found.estimate
    True
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 3)
    (0.079, 0.0, 0.953)
    """
    if points < 2:
        raise InputError(Problem("a curve has two points or more", "ask for more", f"{points}"))
    restricted = fit.pooled.method == "REML"

    def height(tau2: float) -> float:
        inner = weighted_least_squares(fit.y, fit.x, fit.v + tau2)
        return log_likelihood(inner, fit.x, restricted=restricted)

    found = heterogeneity(fit, interval="profile likelihood")
    # a fit of correlated effects has the likelihood of the effects, and not of its own coordinates
    shift = fit.pooled.log_likelihood - height(fit.between)
    spread = max(found.tau2, float(fit.v.max()))
    end = BEYOND * found.tau2_high if np.isfinite(found.tau2_high) else WITHOUT_END * spread
    end = max(end, BEYOND * found.tau2) or spread
    grid = np.linspace(0.0, np.sqrt(end), points) ** 2
    values = np.unique(np.append(grid, found.tau2)).tolist()
    return LikelihoodProfile(
        tuple(values),
        tuple(height(tau2) + shift for tau2 in values),
        found.tau2,
        found.tau2_low,
        found.tau2_high,
        fit.level,
        float(chdtri(1, 1 - fit.level)) / 2,
    )
