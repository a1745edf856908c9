"""The analyses of a study with the arms that have no patients: published, or not read."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.pipeline.analyse import without_curve
from perdure.records import AnalysisResult, ArmEstimate, ArmResult
from perdure.study import Study

__all__ = ["with_published"]


def with_published(
    found: Sequence[AnalysisResult], published: Sequence[ArmEstimate], study: Study
) -> tuple[AnalysisResult, ...]:
    """Return the analyses with what was published, and with the arms that have no curve."""
    found = _with_the_unread(found, study)
    rows: dict[tuple[str, str], list[ArmEstimate]] = {}
    for row in published:
        rows.setdefault((row.trial, row.endpoint), []).append(row)
    analyses = [
        _extended(analysis, rows.pop((analysis.trial, analysis.endpoint), []))
        if analysis.primary
        else analysis
        for analysis in found
    ]
    for (trial, endpoint), mine in rows.items():
        blank = AnalysisResult(
            trial, endpoint, "", primary=True, arms=(), estimates=(), contrasts=()
        )
        analyses.append(_extended(blank, mine))
    order = {trial.trial: at for at, trial in enumerate(study.trials)}
    endpoints = list(study.settings.endpoints)
    return tuple(
        sorted(analyses, key=lambda one: (order[one.trial], endpoints.index(one.endpoint)))
    )


def _with_the_unread(found: Sequence[AnalysisResult], study: Study) -> tuple[AnalysisResult, ...]:
    """Return every analysis with its arms whose figures could not be read: not estimable."""
    known = {(one.trial, one.endpoint, one.analysis): one for one in found}
    trials = {trial.trial: trial for trial in study.trials}
    extended = []
    for one in study.analyses:
        place = (one.trial, one.endpoint, one.analysis)
        result = known.get(place) or AnalysisResult(*place, one.primary, (), (), ())
        rows = without_curve(one, trials[one.trial], study.settings)
        extended.append(_extended(result, rows) if rows else result)
    return tuple(extended)


def _extended(analysis: AnalysisResult, rows: Sequence[ArmEstimate]) -> AnalysisResult:
    """Return an analysis with published estimates added."""
    names = {row.response.arm: row.source for row in rows}
    arms = tuple(ArmResult(name, source, None, None, None, None) for name, source in names.items())
    return replace(analysis, arms=analysis.arms + arms, estimates=(*analysis.estimates, *rows))
