"""Pseudo-values of patients: a durable response plus what each patient adds to it.

They carry the threshold: where a median sets it, its patients have a term for every arm that is
judged by it. The jackknife does not (with the threshold recomputed it is inconsistent, with the
threshold held it forgets that the median was estimated).
"""

from collections.abc import Mapping

import numpy as np

from perdure.durable.proportion import estimate_proportion
from perdure.durable.response import THIN, check_arms, thresholds_of
from perdure.durable.sample import Influence, TrialSamples
from perdure.records import NotEstimable, Patients, Reference
from perdure.records.pseudo_values import PseudoValues

__all__ = ["pseudo_values"]


def pseudo_values(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    reference: Reference = "control",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
) -> PseudoValues:
    """Return the pseudo-values of a trial's patients for the durable response of each arm.

    Parameters
    ----------
    arms, k, reference, comparators, time
        As in :func:`perdure.durable.durable_trial`.

    Returns
    -------
    PseudoValues
        The mean of an arm's values is its durable response, and their covariance is the first-order
        covariance of the responses, both exactly. An arm of durable response 0 (or 1) has that
        value for every patient: it has no first-order error.

    Raises
    ------
    InputError
        As for :func:`perdure.durable.durable_trial`.

    Notes
    -----
    Andersen, Klein and Rosthoj 2003, doi 10.1093/biomet/90.1.15, for survival at a fixed time,
    with the infinitesimal jackknife in place of the jackknife (Parner, Andersen and Overgaard
    2023, doi 10.1007/s10985-023-09597-5), and the influence of the median beside that of the curve.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> arms = {name: Patients(random.exponential(10, 50), [1] * 50) for name in "ab"}
    >>> found = pseudo_values(arms, k=2, comparators={"a": "b"})
    >>> found.value.shape, bool(np.allclose(found.means(), found.estimate))
    ((100, 2), True)
    """
    controls = comparators or {}
    check_arms(arms, reference, controls, time)
    trial = TrialSamples(arms)
    thresholds = thresholds_of(trial, reference, k, controls, time)
    estimates, columns = {}, []
    missing: list[tuple[str, str]] = []
    for arm, sample in trial.arms.items():
        found = estimate_proportion(sample, thresholds[arm], thin=THIN)
        if isinstance(found.value, NotEstimable):
            missing.append((arm, found.value.reason))
            continue
        estimates[arm] = found.value.value
        columns.append(_column(arms, arm, found.value.value, found.influence))
    patient_arm = tuple(arm for arm, patients in arms.items() for _ in range(patients.n))
    value = np.column_stack(columns) if columns else np.empty((len(patient_arm), 0))
    value.flags.writeable = False
    return PseudoValues(
        arms=tuple(estimates),
        estimate=np.array(list(estimates.values())),
        patient_arm=patient_arm,
        value=value,
        reference=reference,
        k=None if reference == "fixed" else k,
        time=time if reference == "fixed" else None,
        missing=tuple(missing),
    )


def _column(
    arms: Mapping[str, Patients], arm: str, proportion: float, influence: Influence
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the value of every patient of the trial for the durable response of one arm."""
    size = arms[arm].n
    parts = []
    for name, patients in arms.items():
        own = proportion if name == arm else 0.0
        added = influence.get(name, np.zeros(patients.n))
        # a median over arms together moves with an arm's size, which is fixed by design
        parts.append(own + size * (added - added.mean()))
    return np.concatenate(parts)
