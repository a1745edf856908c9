"""published_estimates.csv: entering at the last stage, with a proportion and its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perdure.errors import Problem
from perdure.records import Reference, Trial
from perdure.study.faults import rows_of
from perdure.study.roster import table_of, unknown
from perdure.study.schema import PublishedRow
from perdure.study.settings import Settings

__all__ = ["PublishedEstimate", "read_published"]

FILE = "published_estimates.csv"


@dataclass(frozen=True)
class PublishedEstimate:
    """A durable proportion as published: one row of published_estimates.csv."""

    trial: str
    arm: str
    endpoint: str
    k: float | None
    reference: Reference
    proportion: float
    ci_low: float
    ci_high: float


def read_published(
    folder: Path,
    settings: Settings,
    trials: Sequence[Trial],
    problems: list[Problem],
    notices: list[str],
) -> tuple[PublishedEstimate, ...]:
    """Return the published estimates; without the file there are none."""
    if not (folder / FILE).exists():
        return ()
    table = table_of(folder, FILE, problems, notices)
    if table is None:
        return ()
    required = ("trial", "arm", "endpoint", "reference", "proportion", "ci_low", "ci_high")
    arms = {trial.trial: [arm.arm for arm in trial.arms] for trial in trials}
    found: dict[tuple[object, ...], PublishedEstimate] = {}
    first: dict[tuple[object, ...], int] = {}
    for line, row in rows_of(table, PublishedRow, required, problems):
        wrong = _wrong(row, line, arms, settings)
        key = (row.trial, row.arm, row.endpoint, row.reference, row.k)
        if key in first:
            message = f"this estimate is there twice (first in row {first[key]})"
            wrong.append(Problem(message, "keep one row", FILE, line, "arm", row.arm))
        first.setdefault(key, line)
        problems += wrong
        if not wrong:
            found[key] = PublishedEstimate(**row.model_dump())
    return tuple(found.values())


def _wrong(
    row: PublishedRow, line: int, arms: Mapping[str, Sequence[str]], settings: Settings
) -> list[Problem]:
    """Return what is wrong with one row."""
    problems = []
    if row.trial not in arms:
        problems.append(unknown("trial", row.trial, arms, FILE, line, "trials.csv"))
    elif row.arm not in arms[row.trial]:
        problems.append(unknown("arm", row.arm, arms[row.trial], FILE, line, "arms.csv"))
    if row.endpoint not in settings.endpoints:
        choices = settings.endpoints
        problems.append(unknown("endpoint", row.endpoint, choices, FILE, line, "study.toml"))
    if row.ci_low == row.ci_high:
        message = "the interval has no width"
        remedy = "write the two limits of the 95% interval"
        problems.append(Problem(message, remedy, FILE, line, "ci_low", f"{row.ci_low:g}"))
    elif not row.ci_low <= row.proportion <= row.ci_high:
        said = f"{row.proportion:g} ({row.ci_low:g} to {row.ci_high:g})"
        remedy = "correct proportion, ci_low or ci_high"
        message = "the proportion lies outside its interval"
        problems.append(Problem(message, remedy, FILE, line, "proportion", said))
    if row.k is None and row.reference != "fixed":
        problems.append(
            Problem("k is missing", "write the multiple of the median", FILE, line, "k")
        )
    return problems
