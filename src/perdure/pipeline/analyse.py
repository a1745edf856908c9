"""One analysis, from its files to durable response: reconstruct where needed, then estimate."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from perdure.durable import TrialDurability, durable_ensemble
from perdure.errors import InputError, Problem
from perdure.pipeline.tails import tails
from perdure.pipeline.variations import variations
from perdure.pool import published_effect
from perdure.reconstruct import jointly, reconstruct, rounded
from perdure.records import (
    AnalysisResult,
    ArmCovariance,
    ArmEstimate,
    ArmResult,
    DurableResponse,
    NotEstimable,
    Patients,
    Proportion,
    Reconstruction,
    Reported,
    Trial,
    TrialContrast,
    months_per,
)
from perdure.records.sensitivity_analysis import Variation, VariedEstimates
from perdure.study import Analysis, ArmInput, PublishedEstimate, Settings

__all__ = ["estimate", "published_estimates", "rebuild", "without_curve"]


def rebuild(analysis: Analysis, trial: Trial, settings: Settings) -> dict[str, Reconstruction]:
    """Return the reconstruction of every arm of an analysis that entered by a curve.

    Times are in the analysis's own unit, so that a reader knows what is said of them. A published
    hazard ratio is compared with the rebuilt one, or imposed, where both its arms are rebuilt.

    Raises
    ------
    InputError
        If an arm's facts contradict each other; the problem names the analysis and the arm.
    """
    found = {
        arm.arm: _rebuilt(arm, analysis, trial, settings)
        for arm in analysis.arms
        if arm.patients is None
    }
    curves = {arm.arm: arm.curve for arm in analysis.arms if arm.curve is not None}
    for control in dict.fromkeys(trial.arm(arm).comparator for arm in found):
        printed = {
            arm: reported.hr_printed or reported.hr
            for arm in found
            if trial.arm(arm).comparator == control
            and (reported := trial.arm(arm).reported_for(analysis.endpoint)).hr is not None
        }
        if control in found and printed:
            seed = _seed(settings.seed, analysis.stem, control)
            own = "hr" in settings.own
            found = jointly(found, curves, control, printed, own=own, seed=seed)
    for control, printed in _ratios_in_figures(analysis, trial, found).items():
        found = jointly(found, curves, control, printed)
    return found


def _ratios_in_figures(
    analysis: Analysis, trial: Trial, rebuilt: Collection[str]
) -> dict[str, dict[str, float | str]]:
    """Return hazard ratios that figures print of two arms, by control and arm: checks."""
    overlays = {arm.arm: arm.origin.overlay for arm in analysis.arms if arm.origin is not None}
    found: dict[str, dict[str, float | str]] = {}
    for arm in analysis.arms:
        control, ratio = trial.arm(arm.arm).comparator, arm.printed.hr
        if ratio is None or control not in rebuilt or control is None:
            continue
        if overlays.get(control) == overlays[arm.arm]:
            found.setdefault(control, {})[arm.arm] = ratio
    return found


def estimate(
    analysis: Analysis,
    trial: Trial,
    settings: Settings,
    rebuilt: Mapping[str, Reconstruction],
) -> AnalysisResult:
    """Return everything that is estimated of one endpoint of one trial at one cut-off, in months.

    Durable response of every arm, observed or rebuilt, under every reference of the settings: in
    every history of the rebuilt ones, and combined.
    """
    rebuilt = {arm: found.in_unit("months") for arm, found in rebuilt.items()}
    arms = tuple(_arm(found, rebuilt.get(found.arm)) for found in analysis.arms)
    ensembles = {arm: found.ensemble for arm, found in rebuilt.items() if found.ensemble}
    patients = {arm.arm: arm.patients for arm in arms if arm.patients is not None}
    sources = {arm.arm: arm.source for arm in arms}
    comparators = {
        arm.arm: arm.comparator
        for arm in trial.arms
        if arm.arm in patients and arm.comparator in patients
    }
    chosen = settings.endpoints[analysis.endpoint]
    estimates: list[ArmEstimate] = []
    contrasts: list[TrialContrast] = []
    covariances: dict[str, ArmCovariance] = {}
    place = (analysis.trial, analysis.endpoint, analysis.analysis, analysis.primary)

    def answered(variation: Variation) -> TrialDurability:
        return durable_ensemble(
            patients,
            ensembles if variation.histories else {},
            k=variation.k,
            reference=variation.reference,
            comparators=comparators,
            time=settings.fixed_time_months(analysis.endpoint),
            thin=settings.thin,
            interval=settings.interval,
        )

    def in_words(found: TrialDurability) -> tuple[ArmEstimate, ...]:
        return tuple(
            ArmEstimate(*place, sources[response.arm], _said(response, trial, patients))
            for response in found.responses
        )

    for reference in settings.reference:
        found = answered(Variation(reference, chosen.k))
        estimates += in_words(found)
        contrasts += [TrialContrast(*place, contrast) for contrast in found.contrasts]
        covariances[reference] = found.covariance
    asked = variations(settings, analysis.endpoint, rebuilt=bool(ensembles))
    varied = tuple(
        VariedEstimates(one, in_words(found), found.covariance)
        for one in (asked if analysis.primary else ())
        for found in [answered(one)]
    )
    tail = tails(
        patients,
        ensembles,
        endpoint=analysis.endpoint,
        k=chosen.k,
        references=settings.reference,
        comparators=comparators,
        fixed_time=settings.fixed_time_months(analysis.endpoint),
        thin=settings.thin,
        seed=_seed(settings.seed, analysis.stem, "tails"),
        models=settings.models,
    )
    return AnalysisResult(
        *place, arms, tuple(estimates), tuple(contrasts), tail, covariances, varied
    )


def _said(
    response: DurableResponse, trial: Trial, known: Mapping[str, Patients]
) -> DurableResponse:
    """Return the response; where its control's survival is not known, that is the reason."""
    control = trial.arm(response.arm).comparator
    estimate = response.estimate
    if response.reference != "control" or control is None or control in known:
        return response
    if not isinstance(estimate, NotEstimable):
        return response
    reason = f"the survival of its control arm '{control}' is not known in this analysis"
    return replace(response, estimate=replace(estimate, reason=reason))


def _arm(found: ArmInput, rebuilt: Reconstruction | None) -> ArmResult:
    """Return one arm's patients in months, observed or rebuilt."""
    if found.patients is not None:
        patients: Patients = found.patients.in_unit("months")
        return ArmResult(found.arm, "patients", patients, None, None, None, found.notices)
    if rebuilt is None or found.curve is None:
        raise AssertionError("an arm of an analysis has patients or a curve")
    return ArmResult(
        found.arm,
        "curve",
        rebuilt.patients,
        found.curve.in_unit("months"),
        rebuilt.evidence,
        rebuilt.method,
        (*found.notices, *rebuilt.warnings),
        found.origin,
    )


def _rebuilt(
    found: ArmInput, analysis: Analysis, trial: Trial, settings: Settings
) -> Reconstruction:
    """Return the patients behind one arm's curve, in the analysis's unit."""
    if found.curve is None:
        raise AssertionError("an arm of an analysis has patients or a curve")
    reported = trial.arm(found.arm).reported_for(analysis.endpoint)
    factor = months_per(settings.time_unit) / months_per(analysis.time_unit)
    median = None
    own = [what for what in ("median", "survival") if what in settings.own]
    if reported.median is not None:
        median = rounded(reported.median_printed or reported.median).scaled(factor)
    elif found.printed.median is not None:  # as it was read: it never constrains
        median = rounded(found.printed.median)
        own = [what for what in own if what != "median"]
    try:
        return reconstruct(
            found.curve,
            found.numbers_at_risk,
            n=reported.n if reported.n is not None else _n_without_table(found),
            events=reported.events,
            median=median,
            landmarks=[(time * factor, survival) for time, survival in reported.survival],
            marks=found.marks,
            own=own,
            method=settings.method,
            draws=settings.draws,
            seed=_seed(settings.seed, analysis.stem, found.arm),
        )
    except InputError as error:
        what = f"arm {found.arm} of {analysis.stem} cannot be rebuilt"
        raise InputError(
            Problem(f"{what}: {problem.message}", problem.remedy, value=problem.value)
            for problem in error.problems
        ) from error


def _n_without_table(found: ArmInput) -> int | None:
    """Return the number of patients that a figure prints, where it has no table that tells it."""
    return found.printed.n if found.numbers_at_risk is None else None


def _seed(seed: int, stem: str, arm: str) -> int:
    """Return the arm's own seed: the same whatever else is in the study, and who works on it."""
    return int.from_bytes(sha256(f"{seed}/{stem}/{arm}".encode()).digest()[:6], "big")


def published_estimates(
    published: Sequence[PublishedEstimate], trials: Sequence[Trial], settings: Settings
) -> tuple[tuple[ArmEstimate, ...], tuple[str, ...]]:
    """Return the published estimates that answer the study's question, and notes on the others.

    An estimate is used where its k and its reference are the study's; one made at another
    threshold answers another question, is left out and is named.
    """
    arms = {trial.trial: trial for trial in trials}
    used: list[ArmEstimate] = []
    notes: list[str] = []
    for row in published:
        k = settings.endpoints[row.endpoint].k
        fits = row.reference in settings.reference and (row.reference == "fixed" or row.k == k)
        if not fits:
            notes.append(
                f"published_estimates.csv: {row.trial}, arm {row.arm}, {row.endpoint} is left out:"
                f" it was made at k = {row.k:g}, reference {row.reference}; the study asks for"
                f" k = {k:g}, reference {' or '.join(settings.reference)}"
            )
            continue
        reported = arms[row.trial].arm(row.arm).reported_for(row.endpoint)
        response = _published(row, reported, months_per(settings.time_unit))
        place = (row.trial, row.endpoint)
        used.append(ArmEstimate(*place, "", primary=True, source="published", response=response))
    return tuple(used), tuple(notes)


def without_curve(analysis: Analysis, trial: Trial, settings: Settings) -> tuple[ArmEstimate, ...]:
    """Return the arms of an analysis whose figure could not be read: not estimable, and why."""
    place = (analysis.trial, analysis.endpoint, analysis.analysis, analysis.primary)
    chosen = settings.endpoints[analysis.endpoint]
    return tuple(
        ArmEstimate(
            *place,
            "curve",
            DurableResponse(
                arm=arm,
                n=trial.arm(arm).reported_for(analysis.endpoint).n,
                events=trial.arm(arm).reported_for(analysis.endpoint).events,
                median=None,
                median_low=None,
                median_high=None,
                follow_up=None,
                k=None if reference == "fixed" else chosen.k,
                reference=reference,
                threshold=None,
                estimate=NotEstimable(f"no curve: {reason}"),
            ),
        )
        for reference in settings.reference
        for arm, reason in analysis.without_curve.items()
    )


def _published(row: PublishedEstimate, reported: Reported, months: float) -> DurableResponse:
    """Return a published proportion as the record that the pool takes; ``months`` a time unit."""
    effect = published_effect(row.proportion, row.ci_low, row.ci_high)
    se = None if effect is None else effect.se * row.proportion * (1 - row.proportion)
    return DurableResponse(
        arm=row.arm,
        n=reported.n,
        events=reported.events,
        median=None if reported.median is None else reported.median * months,
        median_low=None,
        median_high=None,
        follow_up=None,
        k=None if row.reference == "fixed" else row.k,
        reference=row.reference,
        threshold=None,
        estimate=Proportion(
            row.proportion,
            se,
            row.ci_low,
            row.ci_high,
            None,
            "zero" if row.proportion == 0 else "estimable",
            interval="as published",
        ),
    )
