"""Durable response of arms that were rebuilt: every history its own answer, combined.

Which of the histories that fit a published curve is the true one is not known. Each draw of the
ensemble gets its own median, threshold, proportion and variance; Rubin's rules add the variance
among draws to the mean variance within them, on the log(-log) scale for a proportion, on its own
scale for a difference, on the log scale for a ratio (methods, section 4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import erfc, exp, log, sqrt

import numpy as np

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
from perdure.survival import combine, normal_quantile

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
) -> TrialDurability:
    """Estimate durable response of a trial's arms, some of them rebuilt from curves.

    Parameters
    ----------
    arms : mapping of str to Patients
        Observed patients, or the one history of an arm that was rebuilt.
    ensembles : mapping of str to sequence of Patients
        Draws of the arms that were rebuilt, as many for each; draw i of one arm is taken with
        draw i of the others. An arm without draws is the same in all of them.
    k, reference, comparators, time, thin, level
        As in :func:`durable_trial`.

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
        _response(one, [draw.responses[at] for draw in drawn], level)
        for at, one in enumerate(single.responses)
    ]
    contrasts = [
        _contrast(one, [draw.contrasts[at] for draw in drawn], level)
        for at, one in enumerate(single.contrasts)
    ]
    return TrialDurability(tuple(responses), tuple(contrasts))


def _response(
    single: DurableResponse, draws: Sequence[DurableResponse], level: float
) -> DurableResponse:
    """Return one arm's response with the proportion of all its histories."""
    found = [draw.estimate for draw in draws if isinstance(draw.estimate, Proportion)]
    missing = len(draws) - len(found)
    if missing > _FEW * len(draws):
        return replace(single, estimate=_none(single, draws, missing))
    if isinstance(single.estimate, NotEstimable):
        single = next(draw for draw in draws if isinstance(draw.estimate, Proportion))
    return replace(single, estimate=_proportion(single.estimate, found, level))


def _none(single: DurableResponse, draws: Sequence[DurableResponse], missing: int) -> NotEstimable:
    """Return why there is no number, in how many histories, and bounds that hold in all."""
    without = [draw.estimate for draw in draws if isinstance(draw.estimate, NotEstimable)]
    own = single.estimate if isinstance(single.estimate, NotEstimable) else without[0]
    reason = own.reason
    if missing < len(draws):
        reason += f" in {missing} of {len(draws)} histories that fit the curve"
    return NotEstimable(reason, min(one.low for one in without), max(one.high for one in without))


def _proportion(
    single: Proportion | NotEstimable, found: Sequence[Proportion], level: float
) -> Proportion | NotEstimable:
    """Return the histories' proportions combined; 0 or 1 in most of them stays what it is."""
    inside = [one for one in found if one.se is not None]
    if isinstance(single, NotEstimable) or single.se is None or len(inside) < len(found) / 2:
        return single
    if all(one == single for one in inside):
        return replace(single, draws=len(found), rebuilt_share=0.0)
    value = np.array([one.value for one in inside])
    se = np.array([one.se for one in inside], dtype=np.float64)
    scale = np.abs(value * np.log(value))
    combined = combine(np.log(-np.log(value)), (se / scale) ** 2, level=level)
    middle = exp(-exp(combined.estimate))
    return replace(
        single,
        value=middle,
        se=combined.se * middle * -log(middle),
        ci_low=exp(-exp(combined.high)),
        ci_high=exp(-exp(combined.low)),
        draws=len(inside),
        rebuilt_share=combined.share,
    )


def _contrast(single: Contrast, draws: Sequence[Contrast], level: float) -> Contrast:
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
    z = normal_quantile(level)
    ratios = [
        (log(one.ratio), (log(one.ratio_high / one.ratio_low) / (2 * z)) ** 2)
        for one in found
        if one.ratio and one.ratio_low and one.ratio_high
    ]
    ratio = combine(*zip(*ratios, strict=True), level=level)
    return replace(
        single,
        difference=difference.estimate,
        se=difference.se,
        ci_low=difference.low,
        ci_high=difference.high,
        p_value=erfc(abs(difference.estimate) / difference.se / sqrt(2)),
        ratio=exp(ratio.estimate),
        ratio_low=exp(ratio.low),
        ratio_high=exp(ratio.high),
        reason=None,
    )
