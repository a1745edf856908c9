"""Durable response of arms that were rebuilt: every history its own answer, combined.

Which of the histories that fit a published curve is the true one is not known. Each draw of the
ensemble gets its own median, threshold, proportion and variance; what differs among draws adds to
the variance within them (methods, section 4). A contrast takes the arms' combined limits, and the
covariance of the arms within draws and among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from perdure.durable.arm_covariance import arm_covariance, covariance_over_histories
from perdure.durable.contrast import contrast_of
from perdure.durable.histories import combined_histories
from perdure.durable.proportion import DurableInterval, Estimate, estimate_proportion
from perdure.durable.response import THIN, TrialDurability, durable_trial, thresholds_of
from perdure.durable.sample import TrialSamples
from perdure.errors import InputError, Problem
from perdure.records import Contrast, DurableResponse, NotEstimable, Patients, Proportion, Reference

__all__ = ["durable_ensemble", "paired_histories"]

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
    histories = paired_histories(arms, ensembles)
    controls = comparators or {}
    single = durable_trial(
        arms,
        k=k,
        reference=reference,
        comparators=controls,
        time=time,
        thin=thin,
        level=level,
        interval=interval,
    )
    if not any(ensembles.values()):
        return single
    drawn: list[Mapping[str, Estimate]] = []
    times: dict[str, list[float]] = {arm: [] for arm in arms}
    for history in histories:
        trial = TrialSamples(history)
        thresholds = thresholds_of(trial, reference, k, controls, time)
        for arm, threshold in thresholds.items():
            times[arm] += [] if threshold.time is None else [threshold.time]
        drawn.append(
            {
                arm: estimate_proportion(
                    sample, thresholds[arm], thin=thin, level=level, interval=interval
                )
                for arm, sample in trial.arms.items()
            }
        )
    combined = {
        one.arm: _combined(one.estimate, [draw[one.arm] for draw in drawn], level)
        for one in single.responses
    }
    return TrialDurability(
        tuple(_response(one, combined[one.arm], times[one.arm]) for one in single.responses),
        tuple(_contrast(one, combined, drawn) for one in single.contrasts),
        arm_covariance(combined, drawn),
    )


def paired_histories(
    arms: Mapping[str, Patients], ensembles: Mapping[str, Sequence[Patients]]
) -> list[Mapping[str, Patients]]:
    """Return the patients of all arms in each draw; ``arms`` itself where there are no draws.

    Raises
    ------
    InputError
        If ensembles differ in size or name no arm.

    Examples
    --------
    >>> one = Patients([1], [1])
    >>> len(paired_histories({"a": one, "b": one}, {"a": [one, one, one]}))
    3
    """
    sizes = {len(draws) for draws in ensembles.values()}
    if len(sizes) > 1 or not set(ensembles) <= set(arms):
        raise InputError(
            Problem(
                "ensembles differ in size, or name an arm that there is not",
                "rebuild all arms of a trial with as many draws",
                value=", ".join(f"{arm}: {len(draws)}" for arm, draws in ensembles.items()),
            )
        )
    size = next(iter(sizes), 0)
    if size == 0:
        return [arms]
    return [{**arms, **{arm: draws[at] for arm, draws in ensembles.items()}} for at in range(size)]


def _response(
    single: DurableResponse, combined: Estimate, times: Sequence[float]
) -> DurableResponse:
    """Return the record with the combined estimate; a threshold that the one history lacks.

    That is the median of the others'.
    """
    threshold = single.threshold
    if threshold is None and times and isinstance(combined.value, Proportion):
        threshold = float(np.median(times))
    return replace(single, threshold=threshold, estimate=combined.value)


def _combined(
    single: Proportion | NotEstimable, draws: Sequence[Estimate], level: float
) -> Estimate:
    """Return one arm's estimate over all its histories."""
    found = [draw for draw in draws if isinstance(draw.value, Proportion)]
    without = [draw.value for draw in draws if isinstance(draw.value, NotEstimable)]
    if len(without) > _FEW * len(draws):
        return Estimate(_none(single, without, len(draws)), {})
    both = combined_histories(found, level)
    if isinstance(single, Proportion) and isinstance(both.value, Proportion):
        return replace(both, value=replace(both.value, n_at_risk=single.n_at_risk))
    return both


def _none(
    single: Proportion | NotEstimable, without: Sequence[NotEstimable], draws: int
) -> NotEstimable:
    """Return why there is no number, in how many histories, and bounds that hold in all."""
    reason = single.reason if isinstance(single, NotEstimable) else without[0].reason
    if len(without) < draws:
        reason += f" in {len(without)} of {draws} histories that fit the curve"
    return NotEstimable(
        reason,
        min(one.low for one in without),
        max(one.high for one in without),
        max(one.limit for one in without),
    )


def _contrast(
    single: Contrast,
    combined: Mapping[str, Estimate],
    drawn: Sequence[Mapping[str, Estimate]],
) -> Contrast:
    """Return a contrast of the combined arms; without a number where one of them has none."""
    pair = (single.arm, single.comparator)
    blank = Contrast(*pair, single.k, single.reference, level=single.level, time=single.time)
    for arm in pair:
        value = combined[arm].value
        if isinstance(value, NotEstimable):
            return replace(blank, reason=f"{arm}: {value.reason}")
    shared = covariance_over_histories(*pair, drawn)
    first, second = (combined[arm] for arm in pair)
    return contrast_of(blank, first, second, shared)
