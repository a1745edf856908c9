"""How the methods tell of the search, of risk of bias and of certainty: by the study's authors."""

from collections.abc import Sequence

from perdure.plots.wording import count
from perdure.records import PrismaFlow, Trial
from perdure.report.citations import GUYATT, PAGE, STERNE
from perdure.report.sentences import Pieces, some
from perdure.study import Settings

__all__ = ["appraisal"]


def appraisal(settings: Settings, trials: Sequence[Trial]) -> Pieces:
    """Yield what was done before and after the numbers; nothing where study.toml has none of it."""
    if settings.prisma is not None:
        yield from _flow(settings.prisma)
    judged = sum(trial.risk_of_bias is not None for trial in trials)
    if judged:
        yield f"Risk of bias of {judged} of {some(len(trials), 'trial')} was judged by RoB 2"
        yield STERNE
        yield ". "
    if settings.certainty:
        yield f"Certainty of {some(len(settings.certainty), 'outcome')} was judged by GRADE"
        yield GUYATT
        yield ". "


def _flow(flow: PrismaFlow) -> Pieces:
    yield (
        f"Of {count(flow.records_screened)} records screened,"
        f" {count(flow.reports_assessed + flow.other_reports_assessed)} reports were assessed and"
        f" {some(flow.studies_included, 'study', 'studies')} included; the flow is given as PRISMA"
        " 2020 has it"
    )
    yield PAGE
    yield ". "
