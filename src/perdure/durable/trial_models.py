"""Parametric models of every arm of a trial, at the thresholds that its durable responses have."""

from collections.abc import Mapping
from math import sqrt

from perdure.durable.extrapolate import ReferenceMedian, durable_models
from perdure.durable.response import check_arms, thresholds_of
from perdure.durable.sample import TrialSamples, covariance
from perdure.durable.threshold import Threshold
from perdure.records import ArmModels, Patients, Reference

__all__ = ["trial_models"]


def trial_models(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
    level: float = 0.95,
) -> tuple[ArmModels, ...]:
    """Return what every model says of durable response, arm by arm: extrapolated where it is.

    Parameters
    ----------
    arms, k, reference, comparators, time, level
        As in :func:`perdure.durable.durable_trial`.

    Returns
    -------
    tuple of ArmModels
        Under an arm's own median (and for a control under ``control``) the threshold is k times
        the model's own median; elsewhere k times the Kaplan-Meier median of the reference, with
        its variance, taken as independent of the model. An arm without a threshold has no models
        and the reason.

    Raises
    ------
    InputError
        As there.

    Examples
    --------
    >>> arm = Patients([2, 3, 4, 6, 8, 11, 15, 22, 30, 30], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    >>> trial_models({"a": arm})[0].models[0].model
    'exponential'
    """
    controls = comparators or {}
    check_arms(arms, reference, controls, time)
    thresholds = thresholds_of(TrialSamples(arms), reference, k, controls, time)
    return tuple(_of_arm(arm, patients, thresholds[arm], level) for arm, patients in arms.items())


def _of_arm(arm: str, patients: Patients, threshold: Threshold, level: float) -> ArmModels:
    """Return one arm's models; a model may know a median that the curve does not reach."""
    if threshold.reference == "fixed":
        return ArmModels(arm, durable_models(patients, threshold=threshold.time, level=level))
    basis = () if threshold.basis is None else tuple(threshold.basis.arms)
    if basis == (arm,):
        return ArmModels(arm, durable_models(patients, k=threshold.k, level=level))
    if threshold.median is None or threshold.k is None:
        return ArmModels(arm, (), threshold.reason)
    se = sqrt(covariance(threshold.influence, threshold.influence)) / threshold.k
    median = ReferenceMedian(threshold.median, se)
    return ArmModels(arm, durable_models(patients, k=threshold.k, reference=median, level=level))
