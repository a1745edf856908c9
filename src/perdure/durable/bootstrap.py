"""The second, density-free way: patients drawn again, the threshold computed anew each time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perdure.durable.response import check_arms
from perdure.durable.sample import TrialSamples
from perdure.durable.threshold import check_multiple
from perdure.errors import InputError, Problem
from perdure.records import Bootstrap, Floats, Patients, Reference, TrialBootstrap
from perdure.survival import SAME_TIME, Resampled, resample, resampled_together

__all__ = ["durable_bootstrap"]

FEWEST = 100
"""Fewer replicates than this have no tail to read a limit from."""


@dataclass(frozen=True, eq=False)
class _Replicates:
    """What each replicate says: one value, or the two bounds between which it lies."""

    low: Floats
    high: Floats


def durable_bootstrap(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
    replicates: int = 2000,
    seed: int = 20190519,
    level: float = 0.95,
) -> TrialBootstrap:
    """Return bootstrap standard errors and percentile intervals of a trial's durable responses.

    Patients are drawn with replacement within arm, and median and threshold computed anew in each
    replicate: no density of events is needed. A replicate without a median, or whose curve ends
    before its threshold, says only that the proportion lies between 0 and its last survival; a
    limit that more replicates than (1 - level) / 2 could move is not identified.

    Parameters
    ----------
    arms, k, reference, comparators, time, level
        As in :func:`perdure.durable.durable_trial`.
    replicates : int
        100 or more.
    seed : int
        The same seed gives the same answer.

    Returns
    -------
    TrialBootstrap

    Raises
    ------
    InputError
        As for :func:`perdure.durable.durable_trial`, or if there are too few replicates.

    Notes
    -----
    Efron 1981, doi 10.1080/01621459.1981.10477650.

    Examples
    --------
    >>> patients = Patients(np.random.default_rng(1).exponential(10, 100), [1] * 100)
    >>> found = durable_bootstrap({"a": patients}, k=2, replicates=200).arms[0]
    >>> found.ci_low < 0.25 < found.ci_high
    True
    """
    controls = comparators or {}
    check_arms(arms, reference, controls, time)
    if reference != "fixed":
        k = check_multiple(k)
    if replicates < FEWEST:
        remedy = f"ask for {FEWEST} or more, such as 2000"
        raise InputError(Problem("too few replicates", remedy, value=str(replicates)))
    random = np.random.default_rng(seed)
    samples = TrialSamples(arms).arms
    drawn = {arm: resample(sample.curve, replicates, random) for arm, sample in samples.items()}
    thresholds = _thresholds(drawn, reference, k, controls, time)
    each = {arm: _beyond(curves, thresholds[arm]) for arm, curves in drawn.items()}
    settings = (replicates, seed, level)
    return TrialBootstrap(
        tuple(_summary(arm, None, one, *settings) for arm, one in each.items()),
        tuple(
            _summary(
                arm,
                control,
                _Replicates(each[arm].low - each[control].high, each[arm].high - each[control].low),
                *settings,
            )
            for arm, control in controls.items()
            if control is not None
        ),
    )


def _thresholds(
    drawn: Mapping[str, Resampled],
    reference: Reference,
    k: float | None,
    comparators: Mapping[str, str | None],
    time: float | None,
) -> dict[str, Floats]:
    """Return each arm's threshold in every replicate; infinite where there is no median.

    An arm that has no reference has none in any replicate.
    """
    some = next(iter(drawn.values()))
    shape = some.survival.shape[0]
    if reference == "fixed" or k is None:
        return {arm: np.full(shape, time or np.inf) for arm in drawn}
    if reference == "own":
        return {arm: k * curves.median for arm, curves in drawn.items()}
    if reference == "trial":
        return dict.fromkeys(drawn, k * resampled_together(list(drawn.values())).median)
    controls = {control for control in comparators.values() if control is not None}
    whose = {arm: comparators.get(arm) or arm for arm in drawn}
    return {
        arm: k * drawn[whose[arm]].median if whose[arm] in controls else np.full(shape, np.inf)
        for arm in drawn
    }


def _beyond(curves: Resampled, threshold: Floats) -> _Replicates:
    """Return the proportion beyond the threshold in each replicate, or its bounds."""
    value = curves.at(threshold)
    known = (threshold <= curves.end_time * (1 + SAME_TIME)) | (curves.last_survival == 0)
    return _Replicates(np.where(known, value, 0.0), value)


def _summary(
    arm: str, comparator: str | None, found: _Replicates, replicates: int, seed: int, level: float
) -> Bootstrap:
    """Return the standard error and the limits that the replicates identify."""
    unknown = float(np.mean(found.high > found.low))
    tail = (1 - level) / 2
    low, low_if = np.quantile(found.low, tail), np.quantile(found.high, tail)
    high, high_if = np.quantile(found.high, 1 - tail), np.quantile(found.low, 1 - tail)
    few = unknown <= tail
    reason = None
    if not few:
        reason = (
            f"{unknown:.1%} of the replicates have no median, or end before their threshold:"
            " what they could move is not identified"
        )
    return Bootstrap(
        arm=arm,
        comparator=comparator,
        se=float(np.std(found.high, ddof=1)) if few else None,
        ci_low=float(low) if few or low == low_if else None,
        ci_high=float(high) if few or high == high_if else None,
        not_known=unknown,
        replicates=replicates,
        seed=seed,
        reason=reason,
    )
