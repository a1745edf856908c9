"""The variance between true effects, tau2: estimators by moments and by likelihood."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import chdtri

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix, WeightedFit, weighted_least_squares
from perdure.records import Floats

__all__ = ["Method", "estimate_tau2", "tau2_at", "tau2_standard_error", "typical_variance"]

Method = Literal["REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"]
"""Restricted and full likelihood; DerSimonian-Laird; Paule-Mandel by the mean and by the median;
empirical Bayes; Hedges; Hunter-Schmidt without and with a correction for few effects;
Sidik-Jonkman."""

TOLERANCE = 1e-13
"""A step of this share of the typical total variance ends the search for tau2."""
NEWTON = 1e-8
"""The same where the step is Newton's: what it leaves is of the order of its square."""
SCORING_STEPS = 25
"""After so many steps the search halves its bracket instead."""
MOST_STEPS = 400
"""Halving ends long before; the loop is bounded all the same."""
CLOSE = 0.1
"""Relative score within which the observed information takes over from the expected one."""


def estimate_tau2(
    y: Floats, v: Floats, x: Matrix, method: Method, common: WeightedFit | None = None
) -> float:
    """Return tau2 by one of ten estimators, not below 0.

    Parameters
    ----------
    y, v : array of float, shape (k,)
        Effects and their sampling variances.
    x : array of float, shape (k, p)
        Of full rank; p < k.
    method : str
        DL: DerSimonian and Laird 1986 (doi 10.1016/0197-2456(86)90046-2). HE: Hedges 1983
        (unweighted residuals). HS, HSk: Hunter and Schmidt 1990, without and with k / (k - p).
        SJ: Sidik and Jonkman 2005 (doi 10.1111/j.1467-9876.2005.00489.x), started from the
        variance of the effects over k; never 0. PM, EB: Paule and Mandel 1982, Q with weights 1 /
        (v + tau2) equals k - p; Morris's empirical Bayes is the same number. PMM: equals the
        median of a chi-square on k - p instead. ML, REML: Viechtbauer 2005 (doi
        10.3102/10769986030003261).
    common : WeightedFit, optional
        The fit with weights 1 / v, where it is at hand.

    Raises
    ------
    InputError
        If a search does not converge.

    Examples
    --------
    >>> y, v = np.array([0.2, 0.9]), np.array([0.05, 0.08])
    >>> [round(estimate_tau2(y, v, np.ones((2, 1)), method), 3) for method in ("DL", "PM", "ML")]
    [0.18, 0.18, 0.0...]
    """
    if method in ("REML", "ML"):
        return _likelihood(y, v, x, restricted=method == "REML")
    if common is None:
        common = weighted_least_squares(y, x, v)
    return ESTIMATORS[method](y, v, x, common)


def tau2_standard_error(y: Floats, v: Floats, x: Matrix, method: Method, tau2: float) -> float:
    """Return the standard error of tau2, from the variance of what the method equates.

    A moment estimator is (y' A y - c) / tr(A) with a fixed A, so that its variance is 2 tr(A S A
    S) / tr(A)^2, S = diag(v + tau2). ML and REML have their expected information; PM, PMM and EB
    the delta method on their equation.

    Examples
    --------
    >>> y, v = np.array([0.2, 0.9]), np.array([0.05, 0.08])
    >>> round(tau2_standard_error(y, v, np.ones((2, 1)), "REML", 0.18), 4)
    0.3465
    """
    k, p = x.shape
    fit = weighted_least_squares(y, x, v + tau2)
    if method == "ML":
        return float(np.sqrt(2 / (fit.weight**2).sum()))
    if method == "REML":
        return float(np.sqrt(2 / _trace_of_square(fit)))
    if method in ("PM", "PMM", "EB"):
        return float(np.sqrt(2 * k**2 / (k - p)) / fit.weight.sum())
    fixed, scale = _moments(y, v, x, method)
    a = np.diag(fixed.weight) - _hat(fixed)
    twice = a * (v + tau2)
    variance = 2 * float((twice * twice.T).sum())
    return float(np.sqrt(variance) * scale)


def _moments(y: Floats, v: Floats, x: Matrix, method: Method) -> tuple[WeightedFit, float]:
    """Return the fit whose residual sum a moment estimator uses, and tau2 for a unit of it."""
    k, p = x.shape
    if method == "HE":
        return weighted_least_squares(y, x, np.ones_like(v)), 1 / (k - p)
    if method == "SJ":
        start = _start_of_sidik_jonkman(y)
        return weighted_least_squares(y, x, v + start), start / (k - p)
    common = weighted_least_squares(y, x, v)
    whole = float(common.weight.sum())
    return common, {"HS": 1 / whole, "HSk": k / (k - p) / whole}.get(method, 1 / common.trace)


def typical_variance(common: WeightedFit) -> float:
    """Return the typical sampling variance, (k - p) / trace(P), that I2 and H2 are relative to.

    Higgins and Thompson (2002, Stat Med 21:1539, doi 10.1002/sim.1186, equation 9).
    """
    return _df(common) / common.trace


def tau2_at(y: Floats, v: Floats, x: Matrix, target: float) -> float:
    """Return the tau2 at which Q, with weights 1 / (v + tau2), equals ``target``; 0 if none does.

    Q falls and is convex in tau2, so that Newton's steps from 0 climb to the root and never pass
    it (DerSimonian and Kacker 2007, doi 10.1016/j.cct.2006.04.004).

    Examples
    --------
    >>> y, v = np.array([0.2, 0.9]), np.array([0.05, 0.08])
    >>> round(tau2_at(y, v, np.ones((2, 1)), 1.0), 12)
    0.18
    """
    tau2 = 0.0
    for _ in range(MOST_STEPS):
        fit = weighted_least_squares(y, x, v + tau2)
        scaled = fit.root * fit.residual
        slope = float(scaled @ scaled)
        if fit.residual_sum <= target or slope == 0:
            return tau2
        step = (fit.residual_sum - target) / slope
        tau2 += step
        if step <= TOLERANCE * tau2:
            return tau2
    raise InputError(_no_end("PM"))


def _paule_mandel(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    return tau2_at(y, v, x, float(_df(common)))


def _median_unbiased(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    return tau2_at(y, v, x, float(chdtri(_df(common), 0.5)))


def _dersimonian_laird(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    return max(0.0, (common.residual_sum - _df(common)) / common.trace)


def _hedges(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    plain = weighted_least_squares(y, x, np.ones_like(v))
    leverage = (plain.basis**2).sum(axis=1)
    return max(0.0, float(plain.residual_sum - v @ (1 - leverage)) / _df(plain))


def _hunter_schmidt(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    return max(0.0, float((common.residual_sum - y.size) / common.weight.sum()))


def _hunter_schmidt_few(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    enlarged = common.residual_sum * y.size / _df(common)
    return max(0.0, float((enlarged - y.size) / common.weight.sum()))


def _sidik_jonkman(y: Floats, v: Floats, x: Matrix, common: WeightedFit) -> float:
    start = _start_of_sidik_jonkman(y)
    if start == 0:
        return 0.0
    return start * weighted_least_squares(y, x, v + start).residual_sum / _df(common)


def _start_of_sidik_jonkman(y: Floats) -> float:
    """Return the variance of the effects, over k."""
    return float(((y - y.mean()) ** 2).mean())


ESTIMATORS: dict[str, Callable[[Floats, Floats, Matrix, WeightedFit], float]] = {
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "EB": _paule_mandel,
    "PMM": _median_unbiased,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "HSk": _hunter_schmidt_few,
    "SJ": _sidik_jonkman,
}


def _likelihood(y: Floats, v: Floats, x: Matrix, *, restricted: bool) -> float:
    """Return tau2 at a maximum of the likelihood, not below 0.

    Fisher scoring from Hedges's estimate, Newton's step near the maximum, inside a bracket that is
    halved where they do not get there. Where variances differ by factors of hundreds the likelihood
    can have two maxima: this is the one uphill from the start, as in metafor.
    """
    tau2, upper = _start_and_bound(y, v, x, restricted=restricted)
    lower = -1.0  # below the boundary until the score there is known to be positive
    for step_number in range(MOST_STEPS):
        score, information, scale, last = _score(y, v, x, tau2, restricted=restricted)
        if score > 0:
            lower = tau2
        elif tau2 == 0:
            return 0.0
        else:
            upper = tau2
        step = score / information
        proposal = max(tau2 + step, 0.0) if lower < 0 else tau2 + step
        if abs(step) <= last:
            return max(proposal, 0.0)
        if not lower < proposal < upper or step_number >= SCORING_STEPS:
            proposal = (lower + upper) / 2 if lower >= 0 else 0.0
            if abs(proposal - tau2) <= TOLERANCE * scale:
                return proposal
        tau2 = proposal
    raise InputError(_no_end("REML" if restricted else "ML"))


def _no_end(method: str) -> Problem:
    return Problem(
        f"the {method} estimate of tau2 did not converge in {MOST_STEPS} steps",
        "check the effects and their standard errors, or use the method DL",
    )


def _df(fit: WeightedFit) -> int:
    """Return k - p."""
    k, p = fit.basis.shape
    return int(k - p)


def _hat(fit: WeightedFit) -> Matrix:
    """Return W X (X' W X)^-1 X' W."""
    scaled = fit.root[:, None] * fit.basis
    return scaled @ scaled.T


def _trace_of_square(fit: WeightedFit) -> float:
    """Return tr(PP)."""
    return _traces(fit)[1]


def _traces(fit: WeightedFit) -> tuple[float, float]:
    """Return tr(P) and tr(PP)."""
    weight, basis = fit.weight, fit.basis
    weighted = basis.T * weight
    inner = weighted @ basis
    squared = float(weight @ weight) - 2 * float(np.vdot(weighted, weighted))
    return (
        float(fit.root @ fit.root) - float(np.vdot(weighted, basis.T)),
        squared + float(np.vdot(inner, inner)),
    )


def _start_and_bound(y: Floats, v: Floats, x: Matrix, *, restricted: bool) -> tuple[float, float]:
    """Return Hedges's estimate of tau2, and a value that no maximum exceeds.

    At a maximum y'PPy = tr(P) (REML) or tr(W) (ML). With s = tau2 + min(v) and d = max(v) - min(v)
    the left is at most R / s^2 (R: unweighted residual sum), the right at least m / (s + d), m = k
    - p or k: a quadratic in s.
    """
    plain = weighted_least_squares(y, x, np.ones_like(v))
    df, residual, smallest = _df(plain), plain.residual_sum, float(v.min())
    start = (residual - v @ (1 - (plain.basis**2).sum(axis=1))) / df
    spread = float(v.max()) - smallest
    half = residual / (2 * (df if restricted else y.size))
    bound = half + np.sqrt(half**2 + 2 * half * spread) - smallest
    # Twice the bound: with equal variances the maximum lies on it.
    upper = float(2 * max(bound, smallest))
    return min(float(max(start, 0.0)), upper), upper


def _score(
    y: Floats, v: Floats, x: Matrix, tau2: float, *, restricted: bool
) -> tuple[float, float, float, float]:
    """Return the slope of twice the log-likelihood in tau2, an information, a scale, a last step.

    The expected information takes long steps well, the observed one ends exactly. A step as short
    as the last one leads to the maximum.
    """
    fit = weighted_least_squares(y, x, v + tau2)
    if restricted:
        trace, trace_square = _traces(fit)
    else:
        trace, trace_square = float(fit.weight.sum()), float(fit.weight @ fit.weight)
    py = fit.root * fit.residual
    twice = fit.root * py
    along = twice @ fit.basis
    score = float(py @ py) - trace
    observed = 2 * float(twice @ twice - along @ along) - trace_square
    scale = trace / trace_square
    if observed <= 0 or abs(score) >= CLOSE * trace:
        return score, trace_square, scale, TOLERANCE * scale
    return score, observed, scale, NEWTON * min(1.0, observed / trace_square) * scale
