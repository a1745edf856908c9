"""Durable response of arms that were rebuilt: every history its own answer, combined.

Which of the histories that fit a published curve is the true one is not known. Each draw of the
ensemble gets its own median, threshold, proportion and variance; Rubin's rules add the variance
among draws to the mean variance within them, on the log(-log) scale for a proportion (methods,
section 4). A contrast takes the arms' combined limits, and the covariance between arms that is left
of the combined variances of both and of their difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, log

import numpy as np

from perdure.durable.contrast import contrast_of
from perdure.durable.proportion import LARGEST, DurableInterval, Estimate, Limits
from perdure.durable.response import THIN, TrialDurability, durable_trial
from perdure.errors import InputError, Problem
from perdure.records import (
    Contrast,
    DurableResponse,
    NotEstimable,
    Patients,
    Proportion,
    Reference,
)
from perdure.survival import (
    Combined,
    combine,
    kaplan_meier,
    normal_quantile,
    t_quantile,
    thomas_grunkemeier,
)

__all__ = ["durable_ensemble"]

_FEW = 0.05
"""Histories without an answer, up to this share, are left out; with more there is no answer."""


def durable_ensemble(
    arms: Mapping[str, Patients],
    ensembles: Mapping[str, Sequence[Patients]],
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
    thin: int = THIN,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
) -> TrialDurability:
    """Estimate durable response of a trial's arms, some of them rebuilt from curves.

    Parameters
    ----------
    arms : mapping of str to Patients
        Observed patients, or the one history of an arm that was rebuilt.
    ensembles : mapping of str to sequence of Patients
        Draws of the arms that were rebuilt, as many for each; draw i of one arm is taken with
        draw i of the others. An arm without draws is the same in all of them.
    k, reference, comparators, time, thin, level, interval
        As in :func:`durable_trial`. What is combined has its interval on the log(-log) scale.

    Returns
    -------
    TrialDurability
        Medians, thresholds and numbers at risk are those of ``arms``; proportions and contrasts
        are combined. Without ensembles, what :func:`durable_trial` returns.

    Raises
    ------
    InputError
        As :func:`durable_trial`; and if ensembles differ in size or name no arm.

    Examples
    --------
    >>> patients = Patients([1, 1, 2, 2, 3, 5, 9, 12], [1, 1, 1, 1, 1, 1, 0, 0])
    >>> other = Patients([1, 1, 2, 2, 3, 6, 9, 12], [1, 1, 1, 1, 1, 1, 0, 0])
    >>> found = durable_ensemble({"a": patients}, {"a": [patients, other]}, k=2)
    >>> one = durable_trial({"a": patients}, k=2)
    >>> found.responses[0].estimate.se > one.responses[0].estimate.se
    True
    """
    options = {
        "k": k,
        "reference": reference,
        "comparators": comparators,
        "time": time,
        "thin": thin,
        "level": level,
        "interval": interval,
    }
    single = durable_trial(arms, **options)  # type: ignore[arg-type]
    sizes = {len(draws) for draws in ensembles.values()}
    if len(sizes) > 1 or not set(ensembles) <= set(arms):
        raise InputError(
            Problem(
                "ensembles differ in size, or name an arm that there is not",
                "rebuild all arms of a trial with as many draws",
                value=", ".join(f"{arm}: {len(draws)}" for arm, draws in ensembles.items()),
            )
        )
    if not sizes or 0 in sizes:
        return single
    drawn = [
        durable_trial({**arms, **{arm: draws[at] for arm, draws in ensembles.items()}}, **options)  # type: ignore[arg-type]
        for at in range(sizes.pop())
    ]
    responses = [
        _response(one, [draw.responses[at] for draw in drawn], arms[one.arm], level)
        for at, one in enumerate(single.responses)
    ]
    by_arm = {one.arm: one.estimate for one in responses}
    contrasts = [
        _contrast(one, [draw.contrasts[at] for draw in drawn], by_arm, drawn, level)
        for at, one in enumerate(single.contrasts)
    ]
    return TrialDurability(tuple(responses), tuple(contrasts))


def _response(
    single: DurableResponse, draws: Sequence[DurableResponse], patients: Patients, level: float
) -> DurableResponse:
    """Return one arm's response with the proportion of all its histories."""
    found = [draw.estimate for draw in draws if isinstance(draw.estimate, Proportion)]
    missing = len(draws) - len(found)
    if missing > _FEW * len(draws):
        return replace(single, estimate=_none(single, draws, missing))
    if isinstance(single.estimate, NotEstimable):
        single = next(draw for draw in draws if isinstance(draw.estimate, Proportion))
    estimate = _proportion(single.estimate, found, level)
    if isinstance(estimate, Proportion) and estimate.se and estimate.status == "thin":
        estimate = _with_likelihood(estimate, patients, single.threshold, level)
    return replace(single, estimate=estimate)


def _with_likelihood(
    found: Proportion, patients: Patients, threshold: float | None, level: float
) -> Proportion:
    """Return a thin proportion with the likelihood interval of one history, as wide as all."""
    curve = kaplan_meier(patients.time, patients.event)
    if threshold is None or threshold > curve.end_time or found.se is None:
        return replace(found, likelihood_low=None, likelihood_high=None)
    greenwood = curve.standard_error_at(threshold)
    if not greenwood:
        return replace(found, likelihood_low=None, likelihood_high=None)
    chi2 = (normal_quantile(level) * found.se / greenwood) ** 2
    beside = thomas_grunkemeier(patients.time, patients.event, threshold, chi2=chi2)
    return replace(found, likelihood_low=float(beside.low), likelihood_high=float(beside.high))


def _none(single: DurableResponse, draws: Sequence[DurableResponse], missing: int) -> NotEstimable:
    """Return why there is no number, in how many histories, and bounds that hold in all."""
    without = [draw.estimate for draw in draws if isinstance(draw.estimate, NotEstimable)]
    own = single.estimate if isinstance(single.estimate, NotEstimable) else without[0]
    reason = own.reason
    if missing < len(draws):
        reason += f" in {missing} of {len(draws)} histories that fit the curve"
    return NotEstimable(
        reason,
        min(one.low for one in without),
        max(one.high for one in without),
        max(one.limit for one in without),
    )


def _proportion(
    single: Proportion | NotEstimable, found: Sequence[Proportion], level: float
) -> Proportion | NotEstimable:
    """Return the histories' proportions combined; 0 or 1 in most of them stays what it is."""
    inside = [one for one in found if one.se is not None]
    if isinstance(single, NotEstimable) or single.se is None or len(inside) < len(found) / 2:
        return single
    if all(one == single for one in inside):
        return replace(single, draws=len(found), rebuilt_share=0.0)
    both = _on_log_minus_log(inside, level)
    middle = exp(-exp(both.estimate))
    return replace(
        single,
        value=middle,
        se=both.se * middle * -log(middle),
        ci_low=exp(-exp(min(both.high, LARGEST))),
        ci_high=exp(-exp(min(both.low, LARGEST))),
        draws=len(inside),
        rebuilt_share=both.share,
        interval="log-log",
    )


def _on_log_minus_log(inside: Sequence[Proportion], level: float) -> Combined:
    """Return proportions combined on the scale of log(-log p)."""
    value = np.array([one.value for one in inside])
    se = np.array([one.se for one in inside], dtype=np.float64)
    scale = np.abs(value * np.log(value))
    return combine(np.log(-np.log(value)), (se / scale) ** 2, level=level)


def _contrast(
    single: Contrast,
    draws: Sequence[Contrast],
    arms: Mapping[str, Proportion | NotEstimable],
    drawn: Sequence[TrialDurability],
    level: float,
) -> Contrast:
    """Return a contrast of all histories; without a number where too many have none."""
    found = [draw for draw in draws if draw.se is not None and draw.difference is not None]
    missing = len(draws) - len(found)
    if missing > _FEW * len(draws):
        without = next(draw for draw in draws if draw.se is None)
        if missing == len(draws):
            return single if single.se is None else without
        reason = f"{without.reason} in {missing} of {len(draws)} histories that fit the curve"
        return Contrast(single.arm, single.comparator, single.k, single.reference, reason=reason)
    if all(one == single for one in found):
        return single
    difference = combine(
        [one.difference for one in found if one.difference is not None],
        [one.se**2 for one in found if one.se is not None],
        level=level,
    )
    first = _with_limits(single.arm, arms, drawn, level)
    second = _with_limits(single.comparator, arms, drawn, level)
    variances = sum(
        one.value.se**2
        for one in (first, second)
        if isinstance(one.value, Proportion) and one.value.se
    )
    shared = (variances - difference.variance) / 2
    blank = Contrast(single.arm, single.comparator, single.k, single.reference)
    return contrast_of(blank, first, second, shared, normal_quantile(level))


def _with_limits(
    arm: str,
    arms: Mapping[str, Proportion | NotEstimable],
    drawn: Sequence[TrialDurability],
    level: float,
) -> Estimate:
    """Return a combined proportion whose limits can be asked for at any width."""
    value = arms[arm]
    if not isinstance(value, Proportion) or not value.se:
        raise AssertionError("a contrast with a standard error has two proportions with one")
    own = [one.estimate for draw in drawn for one in draw.responses if one.arm == arm]
    inside = [one for one in own if isinstance(one, Proportion) and one.se is not None]
    df = _on_log_minus_log(inside, level).df
    centre, se = log(-log(value.value)), value.se / (value.value * -log(value.value))

    def limits(z: float) -> tuple[float, float]:
        reach = t_quantile(z, df) * se
        return exp(-exp(min(centre + reach, LARGEST))), exp(-exp(min(centre - reach, LARGEST)))

    chosen: Limits = limits
    return Estimate(value, {}, chosen)
