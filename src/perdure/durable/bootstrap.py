"""The second, density-free way: patients drawn again, the threshold computed anew each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perdure.durable.ensemble import paired_histories
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
class _Thresholds:
    """A threshold in each replicate, infinite where there is none, and a time it is not before."""

    time: Floats
    at_least: Floats


@dataclass(frozen=True, eq=False)
class _Replicates:
    """What each replicate says: one value, or the two bounds between which it lies."""

    low: Floats
    high: Floats


def durable_bootstrap(
    arms: Mapping[str, Patients],
    ensembles: Mapping[str, Sequence[Patients]] | None = None,
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
    ensembles : mapping of str to sequence of Patients, optional
        Histories of arms that were rebuilt, as in :func:`perdure.durable.durable_ensemble`: the
        replicates are spread over them, so that they too are part of the spread.
    replicates : int
        100 or more, in all.
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
    histories = paired_histories(arms, ensembles or {})
    random = np.random.default_rng(seed)
    sizes = np.full(len(histories), replicates // len(histories))
    sizes[: replicates % len(histories)] += 1
    parts = [
        _drawn(trial, int(size), reference, k, controls, time, random)
        for trial, size in zip(histories, sizes, strict=True)
        if size > 0
    ]
    each = {
        arm: _Replicates(
            np.concatenate([part[arm].low for part in parts]),
            np.concatenate([part[arm].high for part in parts]),
        )
        for arm in arms
    }
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


def _drawn(
    arms: Mapping[str, Patients],
    replicates: int,
    reference: Reference,
    k: float | None,
    comparators: Mapping[str, str | None],
    time: float | None,
    random: np.random.Generator,
) -> dict[str, _Replicates]:
    """Return what so many replicates of one set of patients say of each arm."""
    samples = TrialSamples(arms).arms
    drawn = {arm: resample(sample.curve, replicates, random) for arm, sample in samples.items()}
    thresholds = _thresholds(drawn, reference, k, comparators, time)
    return {arm: _beyond(curves, thresholds[arm]) for arm, curves in drawn.items()}


def _thresholds(
    drawn: Mapping[str, Resampled],
    reference: Reference,
    k: float | None,
    comparators: Mapping[str, str | None],
    time: float | None,
) -> dict[str, _Thresholds]:
    """Return each arm's threshold in every replicate."""
    none = np.zeros(next(iter(drawn.values())).survival.shape[0])
    if k is None or reference == "fixed":
        fixed = none + (np.inf if time is None else time)
        return dict.fromkeys(drawn, _Thresholds(fixed, fixed))
    if reference == "own":
        return {arm: _times_median(k, curves) for arm, curves in drawn.items()}
    if reference == "trial":
        together = resampled_together(list(drawn.values()))
        return dict.fromkeys(drawn, _times_median(k, together))
    controls = {control for control in comparators.values() if control is not None}
    alone = _Thresholds(none + np.inf, none)
    whose = {arm: comparators.get(arm) or arm for arm in drawn}
    return {
        arm: _times_median(k, drawn[whose[arm]]) if whose[arm] in controls else alone
        for arm in drawn
    }


def _times_median(k: float, curves: Resampled) -> _Thresholds:
    """Return k times the median; where it is not reached, not before k times the end.

    Where half of the patients have the event at time 0 there is no threshold at all.
    """
    median = curves.median
    at_once = median <= 0
    time = np.where(at_once, np.inf, k * median)
    not_before = np.where(np.isfinite(time), time, k * curves.end_time)
    return _Thresholds(time, np.where(at_once, 0.0, not_before))


def _beyond(curves: Resampled, threshold: _Thresholds) -> _Replicates:
    """Return the proportion beyond the threshold in each replicate, or its bounds."""
    end = curves.end_time
    value = curves.at(np.minimum(threshold.at_least, end))
    reached = threshold.time <= end * (1 + SAME_TIME)
    for_ever = (curves.last_survival == 0) & (threshold.at_least >= end)
    return _Replicates(np.where(reached | for_ever, value, 0.0), value)


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
