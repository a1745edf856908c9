"""Durable response by parametric models, labelled as extrapolated where it lies beyond the curve.

A model gives a number at any time, also where no patient was seen. Each estimate says how far
beyond the end of follow-up its threshold lies and how many patients it rests on; none is meant to
be pooled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, expm1, log

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats, ModelEstimate, Patients
from perdure.survival import KaplanMeier, kaplan_meier, normal_quantile
from perdure.survival.parametric import MODELS, Fit, NotFitted, fit

__all__ = ["MODELS", "ReferenceMedian", "durable_models"]

_FIXED_BY_MODEL = 1e-8
"""A standard error on the log(-log) scale below which nothing was estimated."""
_SURE = 1e-12
_HARDLY_ANY = 1e-3
"""A cured fraction that may be so small may be 0: the logit's interval never reaches 0 itself."""
_LEAST = -700.0
"""Logarithm of the least survival that a number can hold with its interval."""


@dataclass(frozen=True)
class ReferenceMedian:
    """A median of other patients, such as the control arm's, that the threshold is a multiple of.

    Attributes
    ----------
    median : float
        In the unit of the patients' times.
    se : float
        Its standard error, taken as independent of the arm; 0 if it is known.
    """

    median: float
    se: float = 0.0


@dataclass(frozen=True)
class _Question:
    """What is asked of every model."""

    k: float | None
    threshold: float | None
    reference: ReferenceMedian | None
    z: float


@dataclass(frozen=True)
class _Answer:
    """Survival at the threshold, with the variance of its log(-log), or why there is none."""

    threshold: float | None
    log_survival: float | None = None
    spread: float = 0.0
    reason: str | None = None
    notes: tuple[str, ...] = ()


def durable_models(
    patients: Patients,
    *,
    k: float | None = 3.0,
    models: Sequence[str] = MODELS,
    threshold: float | None = None,
    reference: ReferenceMedian | None = None,
    level: float = 0.95,
) -> tuple[ModelEstimate, ...]:
    """Estimate durable response of one arm by parametric models.

    Parameters
    ----------
    patients : Patients
    k : float or None
        Multiple of the median, 1 or more; not used with a ``threshold``.
    models : sequence of str
        Names from ``MODELS``.
    threshold : float, optional
        A fixed time instead of k times a median, in the patients' unit.
    reference : ReferenceMedian, optional
        A median of other patients; without it the model's own.
    level : float
        Of the intervals: on the log(-log) scale for the proportion, on the logit for the cured
        fraction.

    Returns
    -------
    tuple of ModelEstimate
        By AIC, the smallest first; then the models that could not be fitted, with their reasons.

    Raises
    ------
    InputError
        If k is below 1 or missing, a time is not positive, a model is unknown or named twice, or
        the level is not between 0 and 1.

    Notes
    -----
    p = S(k m; theta). With the model's own median m, m moves by (dS/dtheta) / f(m), so that
    d log p = d log S(km) + k h(km) dlog S(m) / h(m) with the signs of a falling curve; a stated
    median adds (k h(km))^2 times its variance. Akaike weights: Burnham and Anderson 2002,
    doi 10.1007/b97636.

    Examples
    --------
    >>> arm = Patients([2, 3, 4, 6, 8, 11, 15, 22, 30, 30], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    >>> best, other = durable_models(arm, k=3, models=["weibull", "exponential"])
    >>> best.model, round(best.median, 2), round(best.proportion, 3), best.se
    ('exponential', 11.35, 0.125, 0.0)
    >>> best.extrapolated, round(best.beyond, 2)
    (True, 4.05)
    >>> other.model, round(other.proportion, 3), round(other.ci_low, 3), round(other.ci_high, 3)
    ('weibull', 0.119, 0.018, 0.326)
    """
    question = _Question(k, threshold, reference, normal_quantile(level))
    _check(question, models)
    curve = kaplan_meier(patients.time, patients.event)
    found = [
        _estimate(fit(patients.time, patients.event, model), curve, question, patients.time_unit)
        for model in models
    ]
    fitted = sorted((one for one in found if one.aic is not None), key=lambda one: one.aic or 0.0)
    without = [one for one in found if one.aic is None]
    return (*_weighted(fitted), *without)


def _check(question: _Question, models: Sequence[str]) -> None:
    """Refuse what cannot be computed."""
    k, threshold, reference = question.k, question.threshold, question.reference
    unknown = [model for model in models if model not in MODELS]
    if unknown or len(set(models)) < len(models) or not models:
        remedy = f"name each once, of {', '.join(MODELS)}"
        raise InputError(Problem("no such models", remedy, value=", ".join(unknown or models)))
    if threshold is not None:
        if reference is not None:
            raise InputError(
                Problem("a fixed threshold has no reference median", "give one or the other")
            )
        if not (np.isfinite(threshold) and threshold > 0):
            remedy = "give a time"
            raise InputError(
                Problem("a fixed threshold must be a time above 0", remedy, value=f"{threshold}")
            )
        return
    if k is None or not (np.isfinite(k) and k >= 1):
        remedy = "give a multiple of the median, such as 3"
        raise InputError(Problem("k must be 1 or more", remedy, value=f"{k}"))
    if reference is not None and not (0 < reference.median < np.inf and 0 <= reference.se < np.inf):
        raise InputError(
            Problem(
                "a reference median is a time above 0, its standard error not negative",
                "give both as numbers",
                value=f"{reference.median}, {reference.se}",
            )
        )


def _weighted(fitted: Sequence[ModelEstimate]) -> tuple[ModelEstimate, ...]:
    """Return the estimates with their Akaike weights."""
    if not fitted:
        return ()
    lowest = fitted[0].aic or 0.0
    shares = np.array([exp(-((one.aic or 0.0) - lowest) / 2) for one in fitted])
    weights = (shares / shares.sum()).tolist()
    return tuple(replace(one, weight=weight) for one, weight in zip(fitted, weights, strict=True))


def _estimate(
    found: Fit | NotFitted, curve: KaplanMeier, question: _Question, time_unit: str
) -> ModelEstimate:
    """Return the record of one model."""
    blank = ModelEstimate(
        model=found.model,
        n=found.n,
        events=found.events,
        k=None if question.threshold is not None else question.k,
        end_of_follow_up=curve.end_time,
        share_at_risk=curve.at_risk(curve.end_time) / curve.n,
        time_unit=time_unit,
    )
    if isinstance(found, NotFitted):
        return replace(blank, reason=f"not fitted: {found.reason}")
    answer = _answer(found, question)
    own = question.threshold is None and question.reference is None
    proportion = None if answer.log_survival is None else exp(answer.log_survival)
    se, low, high = _interval(answer, question.z)
    cured, cured_low, cured_high, about_cured = _cured(found, question.z)
    estimate = replace(
        blank,
        parameters=found.parameters,
        log_likelihood=found.log_likelihood,
        aic=found.aic,
        bic=found.bic,
        bic_events=found.bic_events,
        median=found.quantile(0.5),
        threshold=answer.threshold,
        proportion=proportion,
        se=se,
        ci_low=low,
        ci_high=high,
        excess=proportion - 2.0**-question.k
        if own and proportion is not None and question.k is not None
        else None,
        cured=cured,
        cured_low=cured_low,
        cured_high=cured_high,
        experimental=found.family.experimental,
        reason=answer.reason,
        notes=(*answer.notes, *about_cured),
    )
    return estimate if answer.threshold is None else _placed(estimate, curve, answer.threshold)


def _placed(estimate: ModelEstimate, curve: KaplanMeier, threshold: float) -> ModelEstimate:
    """Return the estimate with where its threshold lies: inside follow-up or beyond."""
    beyond = max(threshold - curve.end_time, 0.0)
    at = min(threshold, curve.end_time)
    share = curve.at_risk(at) / curve.n
    where = (
        f"extrapolated: the threshold lies {beyond:.1f} {estimate.time_unit} beyond the end of"
        f" follow-up ({curve.end_time:.1f} {estimate.time_unit}), where {share:.1%} of the"
        " patients were at risk"
        if beyond > 0
        else f"inside follow-up: {share:.0%} of the patients are at risk at the threshold"
    )
    return replace(
        estimate,
        extrapolated=beyond > 0,
        beyond=beyond,
        share_at_risk=share,
        notes=(where, *estimate.notes),
    )


def _answer(found: Fit, question: _Question) -> _Answer:
    """Return survival at the threshold, and how sure the model is of it."""
    if question.threshold is not None:
        return _at(found, question.threshold, None, 0.0, ())
    k = question.k or 1.0
    reference = question.reference
    if reference is not None:
        return _at(found, k * reference.median, None, k * reference.se, ())
    median = found.quantile(0.5)
    if median is None:
        return _Answer(
            None,
            reason=f"the model's median is never reached: {found.cured:.0%} of its patients do not"
            " have the event",
        )
    return _at(found, k * median, median, 0.0, ())


def _at(
    found: Fit, threshold: float, median: float | None, se: float, notes: tuple[str, ...]
) -> _Answer:
    """Return survival at ``threshold``, which moves with the model's own ``median`` if given.

    ``se`` is that of a threshold that comes from other patients.
    """
    times = np.array([threshold] if median is None else [threshold, median])
    log_survival = float(found.log_survival_at(threshold))
    if not _LEAST < log_survival < 0:
        edge = "1" if log_survival == 0 else "0"
        return _Answer(
            threshold, reason=f"survival at the threshold is {edge} as far as a number can hold"
        )
    slopes = found.slopes(lambda thetas: found.family.log_survival(thetas, times))
    hazard = found.hazard_at(threshold)
    moves = slopes[:, 0]
    if median is not None:
        # log S(m) = log 1/2 all the way: m moves by (slope of log S at m) / hazard at m
        moves = moves - hazard * threshold / median * slopes[:, 1] / found.hazard_at(median)
    variance = float(moves @ moves) + (hazard * se) ** 2
    spread = variance**0.5 / -log_survival  # d log(-log p) = d log p / log p
    if spread < _FIXED_BY_MODEL:
        note = (
            f"every {found.model} curve has this proportion at this multiple of its own median:"
            " the model fixes it and the patients do not, so there is no interval"
        )
        notes = (*notes, note)
        spread = 0.0
    return _Answer(threshold, log_survival, spread, notes=notes)


def _interval(answer: _Answer, z: float) -> tuple[float | None, float | None, float | None]:
    """Return the standard error, and the limits that are symmetric for log(-log p)."""
    if answer.log_survival is None:
        return None, None, None
    if answer.spread == 0:
        return 0.0, None, None
    log_p = answer.log_survival
    se = exp(log_p) * -log_p * answer.spread
    reach = min(z * answer.spread, 700.0)
    return se, exp(log_p * exp(reach)), exp(log_p * exp(-reach))


def _cured(
    found: Fit, z: float
) -> tuple[float | None, float | None, float | None, tuple[str, ...]]:
    """Return the cured fraction, its interval on the logit, and what to say of it."""
    log_cured = float(found.family.log_cured(found.theta))
    if log_cured == -np.inf:
        return None, None, None, ()
    share = exp(log_cured)
    left = -expm1(log_cured)
    if share < _SURE or left < _SURE:
        return share, None, None, ("the cured fraction is at the edge: it has no interval",)

    def log_of_cured(thetas: Floats) -> Floats:
        return found.family.log_cured(thetas)

    moves = found.slopes(log_of_cured)
    if not np.isfinite(moves).all():
        note = "a cured fraction of 0 is as good an answer: it has no interval"
        return share, None, None, (note,)
    spread = float(moves @ moves) ** 0.5 / left  # d logit = d log pi / (1 - pi)
    logit = log_cured - log(left)
    low, high = (-np.logaddexp(0.0, -(logit + sign * z * spread)) for sign in (-1.0, 1.0))
    notes = []
    if found.model == "gompertz":
        notes.append("a Gompertz hazard that falls implies cured patients: nobody was seen to be")
    if exp(low) < _HARDLY_ANY:
        notes.append("the patients do not tell this cured fraction from 0")
    return share, exp(low), exp(high), tuple(notes)
