"""Are small trials different: tests of the funnel's symmetry, and what a trial without end says."""

from collections.abc import Sequence
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import effect_names, mean_only
from perdure.pool.checks.rank_correlation import kendall
from perdure.pool.models.between_arms import Method
from perdure.pool.models.random_effects import Fit, Model, fit_effects
from perdure.records import Floats
from perdure.records.small_study import (
    FailSafe,
    Funnel,
    FunnelContour,
    FunnelPoint,
    PetPeese,
    Predictor,
    RankTest,
    RegressionTest,
)

__all__ = ["fail_safe_n", "funnel", "pet_peese", "rank_test", "refit", "regression_test"]

ALIKE = 1e-9
"""Predictors whose range is below this share of the largest are equal."""


def refit(
    fit: Fit, y: Floats, v: Floats, moderators: ArrayLike | None = None, terms: Sequence[str] = ()
) -> Fit:
    """Fit the model of ``fit``, its method, test and level, to other effects or another design.

    Examples
    --------
    >>> fit = fit_effects([0.1, 0.6, 0.9], [0.04, 0.05, 0.03])
    >>> refit(fit, fit.y[:2], fit.v[:2]).pooled.n_effects
    2
    """
    pooled = fit.pooled
    return fit_effects(
        y,
        v,
        model=cast("Model", pooled.model),
        method="REML" if pooled.method == "FE" else cast("Method", pooled.method),
        test=pooled.test,
        moderators=moderators,
        terms=terms or None,
        level=fit.level,
    )


def regression_test(
    fit: Fit,
    *,
    model: Literal["same", "lm"] = "same",
    predictor: Predictor = "se",
    n: ArrayLike | None = None,
) -> RegressionTest:
    """Test whether effects change with their precision: Egger's test and its relatives.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`; its moderators are kept beside the predictor.
    model : {"same", "lm"}
        The model of ``fit`` with one more moderator (Sterne and Egger 2005), or weighted least
        squares with a free residual scale, which is Egger's own test (Egger and others 1997, BMJ
        315:629, doi 10.1136/bmj.315.7109.629).
    predictor : {"se", "variance", "inverse n", "inverse root n"}
        A proportion's standard error depends on the proportion itself, so that a funnel without
        any bias leans: there 1 / n is the safer predictor (Peters and others 2006, doi
        10.1001/jama.295.6.676), n the patients or, under censoring, the effective number.
    n : array_like of float, shape (k,), optional
        For "inverse n" and "inverse root n".

    Raises
    ------
    InputError
        If the predictor is unknown, ``n`` is missing or not positive.

    Examples
    --------
    >>> fit = fit_effects([0.1, 0.2, 0.6, 0.7], [0.01, 0.04, 0.09, 0.16], model="common")
    >>> test = regression_test(fit, model="lm")
    >>> round(test.slope.estimate, 3), round(test.limit.estimate, 3)
    (2.038, -0.115)
    >>> regression_test(fit_effects([0.1, 0.3, 0.5], [0.04] * 3)).reason
    'all standard errors are equal: nothing can be said of small trials'
    """
    values, words = _predictor(fit, predictor, n)
    k, p = fit.x.shape
    kind = "lm" if model == "lm" else cast("Literal['random', 'common']", fit.pooled.model)
    reason = None
    if k < p + 2:
        reason = f"{k} effects are too few for a line: {p + 2} are needed"
    elif np.ptp(values) <= ALIKE * values.max():
        reason = f"all {words} are equal: nothing can be said of small trials"
    if reason is None:
        terms = (*fit.terms, predictor)
        design = np.column_stack((fit.x, values))
        if model == "lm":
            found = fit_effects(
                fit.y,
                fit.v,
                model="common",
                test="knha",
                moderators=design,
                terms=terms,
                level=fit.level,
            )
        else:
            found = refit(fit, fit.y, fit.v, design, terms)
        slope = found.pooled.coefficients[-1]
        limit = found.pooled.coefficients[0] if p == 1 and (fit.x == 1).all() else None
        if slope.se > 0:
            statistic = slope.estimate / slope.se
            sentence = _regression_sentence(slope.p, 1 - fit.level, words)
            return RegressionTest(kind, predictor, k, slope, statistic, limit, sentence)
        reason = "the effects lie on one line, without error: there is nothing to test against"
    sentence = f"No regression test: {reason}."
    return RegressionTest(kind, predictor, k, None, None, None, sentence, reason)


def _predictor(fit: Fit, predictor: Predictor, n: ArrayLike | None) -> tuple[Floats, str]:
    """Return the predictor's values, and what they are called."""
    if predictor not in get_args(Predictor):
        allowed = ", ".join(get_args(Predictor))
        raise InputError(
            Problem("unknown predictor", f"choose one of {allowed}", value=str(predictor))
        )
    if predictor == "se":
        return np.sqrt(fit.v), "standard errors"
    if predictor == "variance":
        return fit.v, "variances"
    if n is None:
        raise InputError(Problem(f"the predictor {predictor} needs n", "give each effect's n"))
    size = np.asarray(n, dtype=np.float64)
    if size.shape != fit.y.shape:
        raise InputError(
            Problem("lengths differ", f"give {fit.y.size} n, one an effect", value=str(size.size))
        )
    wrong = np.flatnonzero(~((size > 0) & (size < np.inf)))
    if wrong.size:
        raise InputError(
            [
                Problem(
                    f"n of effect {at + 1} is not a positive number",
                    "give its patients, or leave the effect out",
                    value=f"{size[at]:g}",
                )
                for at in wrong.tolist()
            ]
        )
    return 1 / (size if predictor == "inverse n" else np.sqrt(size)), "numbers of patients"


def _regression_sentence(p: float, alpha: float, words: str) -> str:
    """Return the test's answer in words."""
    if p < alpha:
        return (
            f"Effects change with their {words} (p = {p:.2g}): small trials differ from large ones,"
            " whether by what was published or by what they are."
        )
    return (
        f"No sign that effects change with their {words} (p = {p:.2g}); with few trials the test"
        " sees only large differences."
    )


def rank_test(fit: Fit) -> RankTest:
    """Test whether effects and variances are ranked alike (Begg and Mazumdar).

    Kendall's tau between the variances and (y - m) / (v - 1 / sum(1 / v))^1/2, m the common-effect
    mean (Begg and Mazumdar 1994, Biometrics 50:1088, doi 10.2307/2533446). P is exact without ties,
    whatever the number of effects, else normal with the variance for ties.

    Raises
    ------
    InputError
        If the model has moderators.

    Examples
    --------
    >>> found = rank_test(fit_effects([0.1, 0.2, 0.6, 0.7], [0.01, 0.04, 0.09, 0.16]))
    >>> round(found.tau, 3), round(found.p, 4)
    (0.667, 0.3333)
    """
    mean_only(fit, "the rank test")
    k = fit.y.size
    reason = None
    if k < 3:
        reason = f"{k} effects are too few to rank: 3 are needed"
    elif np.ptp(fit.y) == 0:
        reason = "all effects are equal: there is nothing to rank"
    elif np.ptp(fit.v) == 0:
        reason = "all variances are equal: there is nothing to rank"
    if reason is not None:
        return RankTest(k, None, None, exact=False, reason=reason)
    weight = 1 / fit.v
    center = float(weight @ fit.y / weight.sum())
    # v - 1 / sum(w) is v times the others' share of the weights: no difference of near equals
    others = weight @ (1 - np.eye(k))
    standard = (fit.y - center) / np.sqrt(fit.v * others / weight.sum())
    tau, p, exact = kendall(standard, fit.v)
    return RankTest(k, tau, p, exact)


def pet_peese(fit: Fit, *, alpha: float = 0.05) -> PetPeese:
    """Estimate the mean of a trial without error by PET, or by PEESE where PET finds an effect.

    Weighted least squares with a free residual scale, on the standard error (PET) and on the
    variance (PEESE); the intercept is the estimate. PET's is too close to 0 where there is an
    effect, PEESE's is too far from it where there is none: the conditional estimator takes PEESE if
    PET's intercept differs from 0 by a t test (Stanley and Doucouliagos 2014, Res Synth Methods
    5:60, doi 10.1002/jrsm.1095).

    Parameters
    ----------
    fit : Fit
        Without moderators; only its effects and level are used.
    alpha : float
        Two-sided, of that t test; 0.1 for a one-sided test at 5%.

    Raises
    ------
    InputError
        If the model has moderators or alpha is not between 0 and 1.

    Examples
    --------
    >>> found = pet_peese(fit_effects([0.1, 0.2, 0.6, 0.7], [0.01, 0.04, 0.09, 0.16]))
    >>> found.chosen, round(found.estimate.estimate, 3)
    ('PET', -0.115)
    """
    mean_only(fit, "PET-PEESE")
    _check_alpha(alpha)
    k = fit.y.size
    tests = [
        regression_test(fit, model="lm", predictor="se"),
        regression_test(fit, model="lm", predictor="variance"),
    ]
    pet, peese = (found.limit for found in tests)
    if pet is None or peese is None:
        reason = tests[0].reason or tests[1].reason
        return PetPeese(k, None, None, None, None, None, None, reason)
    chosen: Literal["PET", "PEESE"] = "PEESE" if pet.p < alpha else "PET"
    estimate = peese if chosen == "PEESE" else pet
    return PetPeese(k, pet, peese, tests[0].slope, tests[1].slope, chosen, estimate)


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise InputError(
            Problem("a p value is not between 0 and 1", "0.05 is usual", value=f"{alpha}")
        )


def funnel(
    fit: Fit,
    *,
    names: Sequence[str] | None = None,
    null: float = 0.0,
    levels: Sequence[float] = (0.1, 0.05, 0.01),
) -> Funnel:
    """Return what a funnel plot shows: effects, the mean, and contours of significance.

    Contours: Peters and others 2008 (J Clin Epidemiol 61:991, doi 10.1016/j.jclinepi.2007.11.010).

    Parameters
    ----------
    fit : Fit
        Without moderators.
    names : sequence of str, optional
        Of the effects.
    null : float
        The value that effects are tested against.
    levels : sequence of float
        Two-sided p values of the contours.

    Examples
    --------
    >>> found = funnel(fit_effects([0.1, 0.5], [0.01, 0.04]))
    >>> [(line.p, round(line.right, 3)) for line in found.contours]
    [(0.1, 0.329), (0.05, 0.392), (0.01, 0.515)]
    """
    mean_only(fit, "a funnel plot")
    for level in levels:
        _check_alpha(level)
    se = np.sqrt(fit.v)
    points = funnel_points(effect_names(names, fit.y.size), fit.y, se, null)
    widest = float(se.max())
    center = float(fit.beta[0])
    contours = tuple(_contour(level, null, widest) for level in levels)
    return Funnel(center, points, contours, _contour(1 - fit.level, center, widest))


def funnel_points(
    names: Sequence[str], y: Floats, se: Floats, null: float
) -> tuple[FunnelPoint, ...]:
    """Return effects with their p values.

    Examples
    --------
    >>> round(funnel_points(["A"], np.array([1.96]), np.array([1.0]), 0.0)[0].p, 3)
    0.05
    """
    p = 2 * ndtr(-np.abs(y - null) / se)
    columns = (y.tolist(), se.tolist(), p.tolist())
    return tuple(FunnelPoint(*values) for values in zip(names, *columns, strict=True))


def _contour(p: float, null: float, se: float) -> FunnelContour:
    half = float(-ndtri(p / 2)) * se
    return FunnelContour(p, null, null - half, null + half, se)


def fail_safe_n(fit: Fit, *, alpha: float = 0.05) -> FailSafe:
    """Count the effects of 0 that would take the significance of the summed z values away.

    Rosenthal 1979 (Psychol Bull 86:638, doi 10.1037/0033-2909.86.3.638): n = (sum z)^2 / z_alpha^2
    - k, rounded up. Old and asked for; it knows nothing of heterogeneity or of size.

    Parameters
    ----------
    fit : Fit
        Without moderators; only its effects and variances are used.
    alpha : float
        One-sided.

    Examples
    --------
    >>> fail_safe_n(fit_effects([0.5, 0.4, 0.6], [0.04, 0.03, 0.05])).n
    18
    """
    mean_only(fit, "a fail-safe number")
    _check_alpha(alpha)
    total, k = float((fit.y / np.sqrt(fit.v)).sum()), fit.y.size
    p = float(ndtr(-abs(total) / np.sqrt(k)))
    missing = (total / float(ndtri(alpha))) ** 2 - k if p < alpha else 0.0
    return FailSafe(int(np.ceil(max(0.0, missing))), p, alpha)
