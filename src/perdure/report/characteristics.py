"""What was published of trials and arms beside their curves, as trials.csv and arms.csv have it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from perdure.plots.wording import NOTHING, count, months
from perdure.records import Arm, Trial, months_per
from perdure.report.findings import Findings, column_head
from perdure.report.tables import Column, Table, build_table
from perdure.study import RISK_OF_BIAS

__all__ = ["characteristics_table"]


@dataclass(frozen=True)
class _TrialArm:
    trial: Trial
    arm: Arm


_Cells = Callable[[_TrialArm], Mapping[str, str]]


def characteristics_table(findings: Findings) -> Table | None:
    """Return what else is known of each arm; None where the two files say no more than names.

    Columns without a single cell are left out; so are those of the table of trials and arms.
    """
    rows = [_TrialArm(trial, arm) for trial in findings.trials for arm in trial.arms]
    found = [*_of_trials(findings), *_of_arms(findings)]
    kept = [one for one in found if any(one.show(row) != NOTHING for row in rows)]
    if not kept:
        return None
    names = [
        Column[_TrialArm](
            "Trial",
            lambda row: row.trial.label or row.trial.trial,
            {"trial": lambda row: row.trial.trial},
        ),
        Column[_TrialArm](
            "Arm", lambda row: row.arm.label or row.arm.arm, {"arm": lambda row: row.arm.arm}
        ),
    ]
    of_trials = [one for one in kept if one.once]
    of_arms = [one for one in kept if not one.once]
    timed = any(one.head.endswith("median") for one in kept)
    return build_table(
        "characteristics",
        "Characteristics of trials and arms",
        [names[0], *of_trials, names[1], *of_arms],
        rows,
        notes=[
            "As trials.csv and arms.csv have it: published, not computed.",
            "Medians in months." if timed else "",
        ],
        group=lambda row: row.trial.trial,
    )


def _of_trials(findings: Findings) -> Iterator[Column[_TrialArm]]:
    yield Column(
        "Registry",
        lambda row: row.trial.registry_id or NOTHING,
        {"registry_id": lambda row: row.trial.registry_id},
        once=True,
        link=lambda row: _registry_page(row.trial.registry_id),
    )
    spare = (name for trial in findings.trials for name in trial.moderators)
    of_arms = {name for trial in findings.trials for arm in trial.arms for name in arm.moderators}
    for name in dict.fromkeys(spare):
        if name not in RISK_OF_BIAS:
            field = f"trial_{name}" if name in of_arms else name
            yield _free(name, field, lambda row: row.trial.moderators, once=True)


def _registry_page(registry_id: str) -> str:
    found = re.fullmatch(r"NCT\d{8}", registry_id)
    return f"https://clinicaltrials.gov/study/{found[0]}" if found else ""


def _of_arms(findings: Findings) -> Iterator[Column[_TrialArm]]:
    yield Column("Drug", lambda row: row.arm.drug or NOTHING, {"drug": lambda row: row.arm.drug})
    for endpoint in findings.endpoints:
        yield from _published(endpoint, months_per(findings.settings.time_unit))
    spare = (name for trial in findings.trials for arm in trial.arms for name in arm.moderators)
    for name in dict.fromkeys(spare):
        yield _free(name, name, lambda row: row.arm.moderators)


def _published(endpoint: str, unit: float) -> Iterator[Column[_TrialArm]]:
    """Yield the numbers of one endpoint; ``unit`` is the study's time unit in months."""

    def median(row: _TrialArm) -> float | None:
        value = row.arm.reported_for(endpoint).median
        return None if value is None else value * unit

    def median_as_printed(row: _TrialArm) -> str:
        said = row.arm.reported_for(endpoint)
        printed = said.median_printed if unit == 1 else None
        return printed or months(median(row))

    def ratio(row: _TrialArm) -> str:
        said = row.arm.reported_for(endpoint)
        return said.hr_printed or (NOTHING if said.hr is None else f"{said.hr:g}")

    def events(row: _TrialArm) -> int | None:
        return row.arm.reported_for(endpoint).events

    yield Column(
        f"{endpoint} events",
        lambda row: count(events(row)),
        {f"events_{endpoint}": events},
        numeric=True,
    )
    yield Column(
        f"{endpoint} median",
        median_as_printed,
        {f"median_{endpoint}_months": median},
        numeric=True,
    )
    yield Column(
        f"{endpoint} hazard ratio",
        ratio,
        {f"hr_{endpoint}": lambda row: row.arm.reported_for(endpoint).hr},
        numeric=True,
    )


def _free(name: str, field: str, cells: _Cells, *, once: bool = False) -> Column[_TrialArm]:
    """Return a free column; ``field`` is its name in the CSV file."""

    def cell(row: _TrialArm) -> str:
        return cells(row).get(name, "")

    return Column(column_head(name), lambda row: cell(row) or NOTHING, {field: cell}, once=once)
