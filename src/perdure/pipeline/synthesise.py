"""From the arms of all trials to pooled answers: one synthesis an endpoint, reference, grouping."""

from collections.abc import Mapping, Sequence

from perdure.pool import pool_by_class
from perdure.records import AnalysisResult, ArmEstimate, Synthesis, Trial, classes_of
from perdure.study import Settings

__all__ = ["synthesise"]


def synthesise(
    analyses: Sequence[AnalysisResult], trials: Sequence[Trial], settings: Settings
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
                        test=settings.pool.test,
                    )
                    for by, classes in groupings.items()
                ]
    return tuple(found)


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
