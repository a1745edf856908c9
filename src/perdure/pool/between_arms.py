"""The variance between true effects, tau2: by moments (DL) and by restricted likelihood (REML)."""

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.least_squares import Matrix, WeightedFit, weighted_least_squares
from perdure.records import Floats

__all__ = ["dersimonian_laird", "restricted_likelihood", "typical_variance"]

TOLERANCE = 1e-13
"""A step of this share of the typical total variance ends the search for tau2."""
SCORING_STEPS = 25
"""After so many steps the search halves its bracket instead."""
MOST_STEPS = 400
"""Halving ends long before; the loop is bounded all the same."""
CLOSE = 0.1
"""Relative score within which the observed information takes over from the expected one."""


def dersimonian_laird(common: WeightedFit) -> float:
    """Return tau2 by the method of moments from the common-effect fit.

    DerSimonian and Laird (1986, Control Clin Trials 7:177, doi 10.1016/0197-2456(86)90046-2); with
    moderators: Q minus its degrees of freedom over the trace of P, not below 0.

    Examples
    --------
    >>> y, v = np.array([0.2, 0.9]), np.array([0.05, 0.08])
    >>> round(dersimonian_laird(weighted_least_squares(y, np.ones((2, 1)), v)), 6)
    0.18
    """
    return max(0.0, (common.residual_sum - _df(common)) / common.trace)


def typical_variance(common: WeightedFit) -> float:
    """Return the typical sampling variance, (k - p) / trace(P), that I2 and H2 are relative to.

    Higgins and Thompson (2002, Stat Med 21:1539, doi 10.1002/sim.1186, equation 9).
    """
    return _df(common) / common.trace


def restricted_likelihood(y: Floats, v: Floats, x: Matrix) -> float:
    """Return tau2 at a maximum of the restricted likelihood, not below 0.

    Fisher scoring from the Hedges-Olkin estimate (Viechtbauer 2005, J Educ Behav Stat 30:261, doi
    10.3102/10769986030003261), Newton's step near the maximum, inside a bracket that is halved
    where they do not get there. Where variances differ by factors of hundreds the likelihood can
    have two maxima: this is the one uphill from the start, as in metafor.

    Parameters
    ----------
    y, v : array of float, shape (k,)
        Effects and their sampling variances.
    x : array of float, shape (k, p)
        Of full rank; p < k.

    Raises
    ------
    InputError
        If the search does not converge.

    Examples
    --------
    >>> y, v = np.array([0.2, 0.9]), np.array([0.05, 0.08])
    >>> round(restricted_likelihood(y, v, np.ones((2, 1))), 12)
    0.18
    """
    tau2, upper = _start_and_bound(y, v, x)
    lower = -1.0  # below the boundary until the score there is known to be positive
    for step_number in range(MOST_STEPS):
        score, information, scale = _score(y, v, x, tau2)
        if score > 0:
            lower = tau2
        elif tau2 == 0:
            return 0.0
        else:
            upper = tau2
        step = score / information
        proposal = max(tau2 + step, 0.0) if lower < 0 else tau2 + step
        if abs(step) <= TOLERANCE * scale:
            return max(proposal, 0.0)
        if not lower < proposal < upper or step_number >= SCORING_STEPS:
            proposal = (lower + upper) / 2 if lower >= 0 else 0.0
            if abs(proposal - tau2) <= TOLERANCE * scale:
                return proposal
        tau2 = proposal
    raise InputError(
        Problem(
            f"the REML estimate of tau2 did not converge in {MOST_STEPS} steps",
            "check the effects and their standard errors, or use the method DL",
        )
    )


def _df(fit: WeightedFit) -> int:
    """Return k - p."""
    k, p = fit.basis.shape
    return int(k - p)


def _start_and_bound(y: Floats, v: Floats, x: Matrix) -> tuple[float, float]:
    """Return the Hedges-Olkin estimate of tau2, and a value that no maximum exceeds.

    At a maximum y'PPy = tr(P). With s = tau2 + min(v) and d = max(v) - min(v) the left is at most
    R / s^2 (R: unweighted residual sum), the right at least (k - p) / (s + d): a quadratic in s.
    """
    plain = weighted_least_squares(y, x, np.ones_like(v))
    df, residual, smallest = _df(plain), plain.residual_sum, float(v.min())
    start = (residual - v @ (1 - (plain.basis**2).sum(axis=1))) / df
    spread = float(v.max()) - smallest
    half = residual / (2 * df)
    bound = half + np.sqrt(half**2 + 2 * half * spread) - smallest
    # Twice the bound: with equal variances the maximum lies on it.
    return float(max(start, 0.0)), float(2 * max(bound, smallest))


def _score(y: Floats, v: Floats, x: Matrix, tau2: float) -> tuple[float, float, float]:
    """Return the slope of twice the restricted log-likelihood in tau2, an information, a scale.

    The expected information takes long steps well, the observed one ends exactly.
    """
    fit = weighted_least_squares(y, x, v + tau2)
    weight, basis = fit.weight, fit.basis
    leverage = (basis**2).sum(axis=1)
    trace = float(weight @ (1 - leverage))
    inner = (basis * weight[:, None]).T @ basis
    trace_square = float(weight**2 @ (1 - 2 * leverage) + (inner**2).sum())
    root = np.sqrt(weight)
    py = root * fit.residual
    twice = root * py
    along = twice @ basis
    score = float(py @ py) - trace
    observed = 2 * float(twice @ twice - along @ along) - trace_square
    newton = observed > 0 and abs(score) < CLOSE * trace
    return score, observed if newton else trace_square, trace / trace_square
