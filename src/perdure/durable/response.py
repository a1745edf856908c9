"""The stage's door: patients of an arm, or of a trial's arms, in; durable response out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perdure.durable.arm_covariance import arm_covariance
from perdure.durable.contrast import contrast
from perdure.durable.proportion import DurableInterval, Estimate, estimate_proportion
from perdure.durable.sample import Sample, TrialSamples
from perdure.durable.threshold import (
    Threshold,
    caution_about,
    check_multiple,
    fixed_threshold,
    no_reference,
    threshold_of,
)
from perdure.errors import InputError, Problem
from perdure.records import (
    REFERENCES,
    ArmCovariance,
    Contrast,
    DurableResponse,
    Patients,
    Proportion,
    Reference,
)
from perdure.survival import median

__all__ = [
    "THIN",
    "TrialDurability",
    "check_arms",
    "durable_references",
    "durable_response",
    "durable_trial",
    "of_samples",
    "thresholds_of",
]

THIN = 10
"""Fewer patients than this at risk at the threshold make a durable response thin."""


@dataclass(frozen=True)
class TrialDurability:
    """Durable response of a trial's arms under one reference, and the contrasts between them.

    Attributes
    ----------
    responses : tuple of DurableResponse
        One an arm, in the order given.
    contrasts : tuple of Contrast
        One for each arm that has a comparator.
    covariance : ArmCovariance
        Of the arms' proportions.
    """

    responses: tuple[DurableResponse, ...]
    contrasts: tuple[Contrast, ...]
    covariance: ArmCovariance


def durable_response(
    patients: Patients,
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    time: float | None = None,
    arm: str = "arm",
    thin: int = THIN,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
    smoothing: float = 1.0,
) -> DurableResponse:
    """Estimate the durable response of one arm: the proportion beyond k times its own median.

    Parameters
    ----------
    patients : Patients
    k : float, optional
        Multiple of the median, 1 or more: 3 for PFS and 2 for OS in the paper. Not used by
        ``fixed``.
    reference : {"own", "fixed"}
        ``control`` and ``trial`` need the other arms: see :func:`durable_trial`.
    time : float, optional
        The threshold of ``fixed``, in the patients' time unit.
    arm : str
        Name of the arm in the result.
    thin : int
    level : float
        Of the interval.
    interval : {"log-log", "plain", "log", "logit", "arcsin", "likelihood"}
        The scale on which it is symmetric; or of Thomas and Grunkemeier's kind, for small tails.
    smoothing : float
        Bandwidth of the density of events, as a multiple of the default.

    Returns
    -------
    DurableResponse
        With a ``Proportion``, or ``NotEstimable`` with its reason and bounds.

    Raises
    ------
    InputError
        If k is below 1, the reference is unknown, or ``fixed`` has no time.

    Notes
    -----
    Pons-Tostivint et al. 2019, doi 10.1200/PO.18.00114. The variance carries the estimation of the
    median to first order.

    Examples
    --------
    >>> patients = Patients([1, 1, 2, 2, 3, 5, 9, 12], [1, 1, 1, 1, 1, 1, 0, 0])
    >>> response = durable_response(patients, k=2)
    >>> response.threshold, response.proportion
    (5.0, 0.25)
    """
    if reference in ("control", "trial"):
        raise InputError(
            Problem(
                f"the reference {reference} needs the other arms of the trial",
                "call durable_trial with all its arms",
            )
        )
    return durable_trial(
        {arm: patients},
        k=k,
        reference=reference,
        time=time,
        thin=thin,
        level=level,
        interval=interval,
        smoothing=smoothing,
    ).responses[0]


def durable_trial(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
    thin: int = THIN,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
    smoothing: float = 1.0,
) -> TrialDurability:
    """Estimate the durable response of every arm of a trial, and the contrasts between them.

    Parameters
    ----------
    arms : mapping of str to Patients
        The trial's arms, all in one time unit.
    k, time, thin, level, interval, smoothing
        As in :func:`durable_response`.
    reference : {"own", "control", "trial", "fixed"}
        Whose median the threshold is a multiple of.
    comparators : mapping of str to str or None, optional
        The control of each arm that has one. An arm that is neither compared nor a control has no
        ``control`` reference, and says so.

    Returns
    -------
    TrialDurability

    Raises
    ------
    InputError
        If there is no arm, units differ, a comparator is not an arm, k is below 1, the reference
        is unknown, or ``fixed`` has no time.

    Examples
    --------
    >>> control = Patients([1, 2, 3, 4, 5, 6, 7, 8, 9], [1] * 9)
    >>> treated = Patients([1, 2, 4, 5, 8, 9, 12, 12, 12], [1, 1, 1, 1, 1, 1, 0, 0, 0])
    >>> trial = durable_trial(
    ...     {"control": control, "treated": treated},
    ...     k=1.5, reference="control", comparators={"treated": "control"},
    ... )
    >>> [round(response.proportion, 3) for response in trial.responses]
    [0.222, 0.556]
    >>> round(trial.contrasts[0].difference, 3)
    0.333
    """
    controls = comparators or {}
    check_arms(arms, reference, controls, time)
    return of_samples(
        TrialSamples(arms),
        k=k,
        reference=reference,
        comparators=controls,
        time=time,
        thin=thin,
        level=level,
        interval=interval,
        smoothing=smoothing,
    )


def durable_references(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    references: Sequence[Reference] = REFERENCES,
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
    thin: int = THIN,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
    smoothing: float = 1.0,
) -> dict[Reference, TrialDurability]:
    """Return :func:`durable_trial` under several references; what they share is computed once.

    Parameters
    ----------
    arms, k, comparators, time, thin, level, interval, smoothing
        As for :func:`durable_trial`.
    references : sequence of {"own", "control", "trial", "fixed"}

    Returns
    -------
    dict of {"own", "control", "trial", "fixed"} to TrialDurability

    Raises
    ------
    InputError
        As :func:`durable_trial`.

    Examples
    --------
    >>> control = Patients([1, 2, 3, 4, 5, 6, 7, 8, 9], [1] * 9)
    >>> treated = Patients([1, 2, 4, 5, 8, 9, 12, 12, 12], [1, 1, 1, 1, 1, 1, 0, 0, 0])
    >>> found = durable_references(
    ...     {"c": control, "t": treated}, k=1.5, time=6.0, comparators={"t": "c"}
    ... )
    >>> [round(one.responses[1].proportion, 3) for one in found.values()]
    [0.333, 0.556, 0.444, 0.556]
    """
    controls = comparators or {}
    for reference in references:
        check_arms(arms, reference, controls, time)
    trial = TrialSamples(arms)
    return {
        reference: of_samples(
            trial,
            k=k,
            reference=reference,
            comparators=controls,
            time=time,
            thin=thin,
            level=level,
            interval=interval,
            smoothing=smoothing,
        )
        for reference in references
    }


def of_samples(
    trial: TrialSamples,
    *,
    k: float | None,
    reference: Reference,
    comparators: Mapping[str, str | None],
    time: float | None,
    thin: int = THIN,
    level: float = 0.95,
    interval: DurableInterval = "log-log",
    smoothing: float = 1.0,
) -> TrialDurability:
    """Return :func:`durable_trial` of arms that may be asked again, under another k or reference.

    What was asked for is not checked: see :func:`check_arms`.
    """
    thresholds = thresholds_of(trial, reference, k, comparators, time, smoothing=smoothing)
    estimates = {
        arm: estimate_proportion(
            sample,
            thresholds[arm],
            thin=thin,
            level=level,
            interval=interval,
            smoothing=smoothing,
        )
        for arm, sample in trial.arms.items()
    }
    return TrialDurability(
        tuple(
            _response(arm, sample, thresholds[arm], estimates[arm], level)
            for arm, sample in trial.arms.items()
        ),
        tuple(
            contrast(
                thresholds[arm], {arm: estimates[arm], control: estimates[control]}, level=level
            )
            for arm in trial.arms
            if (control := comparators.get(arm)) is not None
        ),
        arm_covariance(estimates),
    )


def check_arms(
    arms: Mapping[str, Patients],
    reference: str,
    comparators: Mapping[str, str | None],
    time: float | None,
) -> None:
    """Refuse what cannot be computed.

    Raises
    ------
    InputError
        As for :func:`durable_trial`.
    """
    if not arms:
        raise InputError(Problem("there is no arm", "give the patients of at least one arm"))
    if reference not in REFERENCES:
        remedy = f"choose one of {', '.join(REFERENCES)}"
        raise InputError(Problem("unknown reference", remedy, value=str(reference)))
    if reference == "fixed" and time is None:
        raise InputError(Problem("the reference fixed has no time", "give the milestone's time"))
    for arm, control in comparators.items():
        for name in (arm, control):
            if name is not None and name not in arms:
                remedy = f"use one of {', '.join(arms)}"
                raise InputError(Problem("a comparator names no arm", remedy, value=name))
        if arm == control:
            raise InputError(
                Problem("an arm is its own comparator", "name its control, or none", value=arm)
            )


def thresholds_of(
    trial: TrialSamples,
    reference: Reference,
    k: float | None,
    comparators: Mapping[str, str | None],
    time: float | None = None,
    *,
    smoothing: float = 1.0,
) -> dict[str, Threshold]:
    """Return the threshold of each arm; arms with one reference share one threshold.

    Raises
    ------
    InputError
        If k is missing or below 1.
    """
    samples = trial.arms
    if reference == "fixed" and time is not None:
        return dict.fromkeys(samples, fixed_threshold(time))
    k = check_multiple(k)
    if reference == "own":
        return {
            arm: threshold_of("own", k, sample, smoothing=smoothing)
            for arm, sample in samples.items()
        }
    if reference == "trial":
        shared_by_all = threshold_of("trial", k, trial.together, smoothing=smoothing)
        return dict.fromkeys(samples, shared_by_all)
    controls = {control for control in comparators.values() if control is not None}
    shared = {
        control: threshold_of("control", k, samples[control], smoothing=smoothing)
        for control in sorted(controls)
    }
    alone = no_reference("control", k, "the arm has no comparator, and is none: no control median")
    return {arm: shared.get(comparators.get(arm) or arm, alone) for arm in samples}


def _response(
    arm: str, sample: Sample, threshold: Threshold, estimate: Estimate, level: float
) -> DurableResponse:
    """Return the record of one arm."""
    patients = sample.patients
    own = median(sample.curve, level=level)
    return DurableResponse(
        arm=arm,
        n=patients.n,
        events=patients.events,
        median=own.value,
        median_low=own.low,
        median_high=own.high,
        follow_up=sample.follow_up,
        k=threshold.k,
        reference=threshold.reference,
        threshold=threshold.time,
        estimate=estimate.value,
        time_unit=patients.time_unit,
        caution=caution_about(threshold) if isinstance(estimate.value, Proportion) else None,
    )
