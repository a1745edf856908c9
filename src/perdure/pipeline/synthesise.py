"""From the arms of all trials to pooled answers: one synthesis an endpoint, reference, grouping."""

from collections.abc import Iterator, Mapping, Sequence

from perdure.pipeline.one_stage import one_stage_answer
from perdure.pool import (
    ContrastMeasure,
    TrialArms,
    compare_classes,
    pool_by_class,
    pool_class_network,
    pool_contrasts,
)
from perdure.records import (
    AnalysisResult,
    ArmCovariance,
    ArmEstimate,
    ContrastSynthesis,
    Proportion,
    Reference,
    Synthesis,
    Trial,
    classes_of,
)
from perdure.records.class_models import ClassModels
from perdure.records.network import ClassNetwork
from perdure.study import Settings

__all__ = [
    "synthesise",
    "synthesise_contrasts",
    "synthesise_models",
    "synthesise_networks",
    "trials_asked",
]

MEASURES: tuple[ContrastMeasure, ...] = ("log odds ratio", "log ratio", "difference")


def synthesise(
    analyses: Sequence[AnalysisResult],
    trials: Sequence[Trial],
    settings: Settings,
    *,
    scale: str = "logit",
) -> tuple[Synthesis, ...]:
    """Pool the primary analyses, by every grouping that the settings name.

    Endpoints without any arm are left out; the order is that of the settings.
    """
    groupings = {by: classes_of(trials, by) for by in settings.pool.by}
    found: list[Synthesis] = []
    for endpoint in settings.endpoints:
        for reference in settings.reference:
            estimates = [
                estimate
                for analysis in analyses
                for estimate in analysis.estimates
                if _belongs(estimate, endpoint, reference)
            ]
            if estimates:
                found += [
                    pool_by_class(
                        _in_order(estimates, classes),
                        classes,
                        by=by,
                        model=settings.pool.model,
                        method=settings.pool.method,
                        test=settings.pool.chosen_test,
                        scale=scale,
                    )
                    for by, classes in groupings.items()
                ]
    return tuple(found)


def synthesise_contrasts(
    analyses: Sequence[AnalysisResult],
    trials: Sequence[Trial],
    settings: Settings,
    *,
    measures: Sequence[ContrastMeasure] = MEASURES,
    each_left_out: bool = True,
) -> tuple[ContrastSynthesis, ...]:
    """Pool the contrasts of the primary analyses: each endpoint, reference and measure.

    Contrasts are grouped by the first grouping of the settings.
    """
    by = settings.pool.by[0]
    classes = classes_of(trials, by)
    return tuple(
        pool_contrasts(
            compared,
            endpoint=endpoint,
            measure=measure,
            classes=classes,
            by=by,
            model=settings.pool.model,
            method=settings.pool.method,
            test=settings.pool.chosen_test,
            each_left_out=each_left_out,
        )
        for endpoint, _, arms in _questions(analyses, trials, settings)
        if (compared := [one for one in arms if one.comparators])
        for measure in measures
    )


def synthesise_networks(
    analyses: Sequence[AnalysisResult], trials: Sequence[Trial], settings: Settings
) -> tuple[ClassNetwork, ...]:
    """Compare the classes of the first grouping through common controls.

    Where there are two classes only, contrasts within trials say the same: there is no network.
    """
    by = settings.pool.by[0]
    classes = classes_of(trials, by)
    return tuple(
        pool_class_network(
            arms,
            classes,
            endpoint=endpoint,
            by=by,
            model=settings.pool.model,
            method=settings.pool.method,
            test=settings.pool.chosen_test,
            seed=settings.seed,
        )
        for endpoint, _, arms in _questions(analyses, trials, settings)
        if len({classes.get((one.trial, arm), "") for one in arms for arm in one.responses} - {""})
        > 2
    )


def synthesise_models(
    analyses: Sequence[AnalysisResult], trials: Sequence[Trial], settings: Settings
) -> tuple[ClassModels, ...]:
    """Compare the classes of the first grouping by several models side by side."""
    by = settings.pool.by[0]
    classes = classes_of(trials, by)
    known = {trial.trial: trial for trial in trials}
    return tuple(
        compare_classes(
            arms,
            classes,
            endpoint=endpoint,
            by=by,
            one_stage=one_stage_answer(analyses, known, settings, endpoint, reference, classes),
            model=settings.pool.model,
            method=settings.pool.method,
            test=settings.pool.chosen_test,
        )
        for endpoint, reference, arms in _questions(analyses, trials, settings, least=1)
    )


def trials_asked(
    analyses: Sequence[AnalysisResult], trials: Sequence[Trial], settings: Settings
) -> list[TrialArms]:
    """Return the trials with two arms or more of settings that ask one question."""
    return next((arms for _, _, arms in _questions(analyses, trials, settings)), [])


def _questions(
    analyses: Sequence[AnalysisResult],
    trials: Sequence[Trial],
    settings: Settings,
    *,
    least: int = 2,
) -> Iterator[tuple[str, Reference, list[TrialArms]]]:
    """Yield each endpoint and reference with the trials of so many arms or more."""
    known = {trial.trial: trial for trial in trials}
    for endpoint in settings.endpoints:
        for reference in settings.reference:
            found = [
                _trial_arms(analysis, known[analysis.trial], reference)
                for analysis in analyses
                if analysis.primary and analysis.endpoint == endpoint
            ]
            arms = [one for one in found if len(one.responses) >= least]
            if arms:
                yield endpoint, reference, arms


def _trial_arms(analysis: AnalysisResult, trial: Trial, reference: Reference) -> TrialArms:
    """Return the arms of a trial, with how they vary together.

    Published estimates of arms without patients are independent of each other.
    """
    responses = {
        one.response.arm: one.response
        for one in analysis.estimates
        if one.response.reference == reference
    }
    comparators = {
        arm.arm: arm.comparator
        for arm in trial.arms
        if arm.comparator and arm.arm in responses and arm.comparator in responses
    }
    shared = analysis.covariances.get(reference)
    errors = {
        arm: one.estimate.se
        for arm, one in responses.items()
        if isinstance(one.estimate, Proportion) and one.estimate.se
    }
    matrix = tuple(
        tuple(
            errors[first] ** 2
            if first == second
            else (shared.between(first, second) or 0.0)
            if shared
            else 0.0
            for second in errors
        )
        for first in errors
    )
    return TrialArms(trial.trial, responses, ArmCovariance(tuple(errors), matrix), comparators)


def _in_order(
    estimates: Sequence[ArmEstimate], classes: Mapping[tuple[str, str], str]
) -> list[ArmEstimate]:
    """Return the estimates by class, classes as arms.csv has them: one order in every table."""
    order = {name: at for at, name in enumerate(dict.fromkeys(classes.values()))}
    return sorted(estimates, key=lambda one: order[classes.get((one.trial, one.response.arm), "")])


def _belongs(estimate: ArmEstimate, endpoint: str, reference: str) -> bool:
    """Say whether an estimate enters the synthesis of this endpoint and reference."""
    return (
        estimate.primary
        and estimate.endpoint == endpoint
        and estimate.response.reference == reference
    )
