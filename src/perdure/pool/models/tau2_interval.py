"""Confidence intervals of tau2, and of I2 and H2 with it: Q-profile and profile likelihood."""

from typing import Literal, cast

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from perdure.errors import InputError, Problem
from perdure.pool.models.between_arms import Method, tau2_at, tau2_standard_error, typical_variance
from perdure.pool.models.least_squares import log_likelihood, weighted_least_squares
from perdure.pool.models.random_effects import Fit
from perdure.records import Heterogeneity

__all__ = ["heterogeneity"]

Interval = Literal["Q-profile", "profile likelihood"]
FURTHEST = 1e12
"""A limit beyond so many times the largest plausible tau2 is infinite."""


def heterogeneity(fit: Fit, *, interval: Interval = "Q-profile") -> Heterogeneity:
    """Return tau2 of a random-effects model with its interval, and I2 and H2 with theirs.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, model "random", two effects more than moderators.
    interval : {"Q-profile", "profile likelihood"}
        Q-profile: all tau2 at which Q with weights 1 / (v + tau2) lies between the quantiles of a
        chi-square on k - p (Viechtbauer 2007, doi 10.1002/sim.2514); exact for known variances,
        whatever the estimator. Profile likelihood: all tau2 whose (restricted) likelihood is
        within half a chi-square quantile of the highest (Hardy and Thompson 1996, doi
        10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A); for ML and REML.

    Raises
    ------
    InputError
        If the model has no tau2, or the likelihood's interval is asked of a moment estimator.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> found = heterogeneity(fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02]))
    >>> round(found.tau2_low, 3), round(found.tau2_high, 3), round(found.i2_high)
    (0.002, 1.541, 98)
    """
    pooled = fit.pooled
    k, p = fit.x.shape
    if pooled.model != "random" or pooled.tau2 is None or k <= p:
        raise InputError(
            Problem(
                "this model has no variance between true effects",
                "pool two effects or more with random effects",
            )
        )
    if interval == "profile likelihood":
        low, high, reason = _profile(fit)
    else:
        low, high, reason = _q_profile(fit)
    typical = typical_variance(weighted_least_squares(fit.y, fit.x, fit.v))
    values = np.array([pooled.tau2, low, high])
    i2 = [100.0 if value == np.inf else 100 * value / (value + typical) for value in values]
    h2 = (1 + values / typical).tolist()
    return Heterogeneity(
        tau2=pooled.tau2,
        se=tau2_standard_error(fit.y, fit.v, fit.x, cast("Method", pooled.method), pooled.tau2),
        tau2_low=low,
        tau2_high=high,
        tau_low=float(np.sqrt(low)),
        tau_high=float(np.sqrt(high)),
        i2=i2[0],
        i2_low=i2[1],
        i2_high=i2[2],
        h2=h2[0],
        h2_low=h2[1],
        h2_high=h2[2],
        interval=interval,
        reason=reason,
    )


def _q_profile(fit: Fit) -> tuple[float, float, str | None]:
    """Return the two tau2 at which Q meets the quantiles, and what they cannot say."""
    k, p = fit.x.shape
    tail = (1 - fit.level) / 2
    low, high = (
        tau2_at(fit.y, fit.v, fit.x, float(chdtri(k - p, share))) for share in (tail, 1 - tail)
    )
    q = weighted_least_squares(fit.y, fit.x, fit.v).residual_sum
    if high == 0 and q < chdtri(k - p, 1 - tail):
        reason = "the effects are more alike than their errors allow: no tau2 fits, so it is 0 to 0"
        return 0.0, 0.0, reason
    return low, high, None


def _profile(fit: Fit) -> tuple[float, float, str | None]:
    """Return the tau2 on either side of the estimate where the likelihood has fallen enough."""
    method = fit.pooled.method
    if method not in ("ML", "REML"):
        raise InputError(
            Problem(
                f"the method {method} does not maximise a likelihood",
                "ask for the Q-profile interval, or use REML or ML",
            )
        )

    def height(tau2: float) -> float:
        inner = weighted_least_squares(fit.y, fit.x, fit.v + tau2)
        return log_likelihood(inner, fit.x, restricted=method == "REML")

    tau2 = fit.between
    # not fit.pooled.log_likelihood: that of correlated effects is in other coordinates
    cut = height(tau2) - float(chdtri(1, 1 - fit.level)) / 2

    def above(tau2: float) -> float:
        return height(tau2) - cut

    low = 0.0 if above(0.0) >= 0 else float(brentq(above, 0.0, tau2, xtol=1e-300, rtol=1e-14))
    far = max(2 * tau2, float(fit.v.max()))
    end = FURTHEST * max(far, float(np.ptp(fit.y)) ** 2)
    while above(far) > 0:
        far *= 4
        if far > end:
            return low, np.inf, "the likelihood never falls far enough: there is no upper limit"
    return low, float(brentq(above, tau2, far, xtol=1e-300, rtol=1e-14)), None
