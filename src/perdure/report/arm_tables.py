"""Tables with one row an arm: the trials, their durable response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from perdure.plots.wording import (
    NOTHING,
    count,
    interval,
    months,
    percent,
    points,
    short_reason,
)
from perdure.records import (
    Arm,
    ArmEstimate,
    NotEstimable,
    Proportion,
    Reference,
    Source,
    Trial,
)
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["response_table", "trial_table"]


SOURCES: dict[Source, str] = {
    "patients": "patients",
    "curve": "rebuilt",
    "facts": "published facts",
    "published": "published",
}
"""Where an arm's number comes from, in a word."""


def _source(row: ArmEstimate) -> str:
    """Return where an arm's number comes from; what nobody checked says so."""
    word = SOURCES[row.source]
    return f"{word}, from memory" if row.certainty == "from memory" else word


@dataclass(frozen=True)
class _TrialArm:
    trial: Trial
    arm: Arm


def trial_table(findings: Findings) -> Table:
    """Return the trials and their arms as the study describes them."""
    rows = [_TrialArm(trial, arm) for trial in findings.trials for arm in trial.arms]

    entered = {
        (analysis.trial, arm.arm): arm.patients.n
        for analysis in findings.results.analyses
        for arm in analysis.arms
        if arm.patients is not None
    }

    def patients(row: _TrialArm) -> int | None:
        stated = [row.arm.n, *(row.arm.reported_for(name).n for name in findings.endpoints)]
        found = (size for size in stated if size is not None)
        return next(found, entered.get((row.trial.trial, row.arm.arm)))

    def comparator(row: _TrialArm) -> str:
        name = row.arm.comparator
        return findings.arm_label(row.trial.trial, name) if name else NOTHING

    columns = [
        *_trial_columns(),
        Column(
            "Arm",
            lambda row: row.arm.label or row.arm.arm,
            {"arm": lambda row: row.arm.arm, "arm_label": lambda row: row.arm.label},
        ),
        Column(
            "Class",
            lambda row: row.arm.drug_class or NOTHING,
            {"drug_class": lambda row: row.arm.drug_class},
        ),
        Column("Compared with", comparator, {"comparator": lambda row: row.arm.comparator}),
        Column("n", lambda row: count(patients(row)), {"n": patients}, numeric=True),
        Column(
            "DOI",
            lambda row: row.trial.doi or NOTHING,
            {"doi": lambda row: row.trial.doi},
            once=True,
            link=lambda row: f"https://doi.org/{row.trial.doi}" if row.trial.doi else "",
        ),
    ]
    kept = [
        column
        for column in columns
        if column.head in ("Trial", "Arm", "n") or any(column.show(row) != NOTHING for row in rows)
    ]
    return build_table("trials", "Trials and arms", kept, rows, group=lambda row: row.trial.trial)


def _trial_columns() -> list[Column[_TrialArm]]:
    """Return what trials.csv says of a trial, shown once for its arms."""

    def fact(head: str, name: str) -> Column[_TrialArm]:
        return Column(
            head,
            lambda row: str(getattr(row.trial, name) or NOTHING),
            {name: lambda row: getattr(row.trial, name)},
            once=True,
        )

    return [
        Column(
            "Trial",
            lambda row: row.trial.label or row.trial.trial,
            {
                "trial": lambda row: row.trial.trial,
                "label": lambda row: row.trial.label,
                "registry_id": lambda row: row.trial.registry_id,
                "phase": lambda row: row.trial.phase,
            },
        ),
        fact("Year", "year"),
        fact("Tumour", "tumour"),
        fact("Line", "line"),
    ]


def response_table(findings: Findings, endpoint: str, reference: Reference) -> Table:
    """Return the durable response of every arm of an endpoint under a reference."""
    rows = findings.estimates(endpoint, reference)
    own = reference == "own"
    columns: list[Column[ArmEstimate]] = [
        _trial_column(findings),
        Column(
            "Arm",
            lambda row: findings.arm_label(row.trial, row.response.arm),
            {"arm": lambda row: row.response.arm},
        ),
        Column(
            "Source",
            _source,
            {"source": lambda row: row.source, "certainty": lambda row: row.certainty},
        ),
        *_follow_up_columns(),
        *_proportion_columns(),
    ]
    if own:
        columns.insert(
            -1,
            Column(
                "Excess, points",
                lambda row: points(row.response.excess),
                {"excess": lambda row: row.response.excess},
                numeric=True,
            ),
        )
    rule = findings.rule(endpoint, reference)
    return build_table(
        file_name("durable-response", endpoint, reference),
        f"Durable response of each arm: {endpoint} beyond {rule}",
        columns,
        rows,
        notes=_response_notes(findings, rows, own=own),
        group=lambda row: (row.trial, row.analysis),
    )


def _response_notes(findings: Findings, rows: Sequence[ArmEstimate], *, own: bool) -> list[str]:
    """Return what a reader needs to know of the words in the table, and of no others."""
    seen = {row.response.status for row in rows}
    sensitivity = any(not row.primary for row in rows)
    return [
        (
            "CI, 95% confidence interval. Follow-up: median, by reverse Kaplan-Meier."
            " At risk: patients at the threshold."
        ),
        "Excess: durable response minus 2 to the power −k, which an arm with a constant hazard"
        " shows whatever its median."
        if own and any(row.response.excess is not None for row in rows)
        else "",
        f"Thin: fewer than {findings.settings.thin} patients at risk at the threshold."
        if "thin" in seen
        else "",
        "Zero: the curve reached 0 before the threshold." if "zero" in seen else "",
        "Likelihood: the likelihood interval in per cent, for arms with few patients at risk."
        if any(_has_likelihood(row) for row in rows)
        else "",
        "Not estimable: the limits in brackets are bounds from the sample's curve, and not a"
        " confidence interval; limit: the upper one with its sampling error, in per cent."
        if "not estimable" in seen
        else "",
        "Not pooled: a sensitivity analysis." if sensitivity else "",
        (
            "Published facts: no curve is at hand; the number is that of the curves that agree with"
            " what was printed. From memory: a fact behind it was not verified."
        )
        if any(row.source == "facts" for row in rows)
        else "",
    ]


def _has_likelihood(row: ArmEstimate) -> bool:
    found = row.response.estimate
    return isinstance(found, Proportion) and found.likelihood_low is not None


def _trial_column(findings: Findings) -> Column[ArmEstimate]:
    return Column(
        "Trial",
        findings.place_label,
        {
            "trial": lambda row: row.trial,
            "analysis": lambda row: row.analysis,
            "primary": lambda row: "yes" if row.primary else "no",
        },
    )


def _follow_up_columns() -> list[Column[ArmEstimate]]:
    """Return what is known of an arm before its threshold; times in months."""

    def median(row: ArmEstimate) -> str:
        found = row.response
        limits = interval(months(found.median_low), months(found.median_high))
        if found.median is None:
            shown = NOTHING if row.source == "published" else "not reached"
        else:
            shown = months(found.median)
        return f"{shown} ({limits})" if limits else shown

    return [
        Column(
            "n", lambda row: count(row.response.n), {"n": lambda row: row.response.n}, numeric=True
        ),
        Column(
            "Events",
            lambda row: count(row.response.events),
            {"events": lambda row: row.response.events},
            numeric=True,
        ),
        Column(
            "Median (CI), months",
            median,
            {
                "median_months": lambda row: row.response.median,
                "median_low_months": lambda row: row.response.median_low,
                "median_high_months": lambda row: row.response.median_high,
            },
            numeric=True,
        ),
        Column(
            "Follow-up, months",
            lambda row: months(row.response.follow_up),
            {"follow_up_months": lambda row: row.response.follow_up},
            numeric=True,
        ),
        Column(
            "Threshold, months",
            lambda row: months(row.response.threshold),
            {"threshold_months": lambda row: row.response.threshold},
            numeric=True,
        ),
    ]


def _proportion_columns() -> list[Column[ArmEstimate]]:
    """Return the durable response of an arm, or the bounds and the reason."""

    def number(row: ArmEstimate) -> Proportion | None:
        found = row.response.estimate
        return found if isinstance(found, Proportion) else None

    def bounds(row: ArmEstimate) -> NotEstimable | None:
        found = row.response.estimate
        return found if isinstance(found, NotEstimable) else None

    def of(part: Callable[[ArmEstimate], object], name: str, row: ArmEstimate) -> object:
        return getattr(part(row), name, None)

    def shown(row: ArmEstimate) -> str:
        found = row.response.estimate
        if isinstance(found, NotEstimable):
            return f"{NOTHING} [{interval(percent(found.low), percent(found.high))}]"
        limits = interval(percent(found.ci_low), percent(found.ci_high))
        return f"{percent(found.value)} ({limits})"

    def status(row: ArmEstimate) -> str:
        found = row.response.estimate
        parts = [short_reason(row.response)]
        if isinstance(found, NotEstimable):
            parts.append(f"limit {percent(found.limit)}" if found.limit > found.high else "")
        elif found.likelihood_low is not None:
            limits = interval(percent(found.likelihood_low), percent(found.likelihood_high))
            parts.append(f"likelihood {limits}")
        more = "; ".join(part for part in parts if part)
        return f"{row.response.status}: {more}" if more else row.response.status

    return [
        Column(
            "At risk",
            lambda row: count(found.n_at_risk if (found := number(row)) else None),
            {"n_at_risk": lambda row: found.n_at_risk if (found := number(row)) else None},
            numeric=True,
        ),
        Column(
            "Durable response (CI), %",
            shown,
            {
                "proportion": lambda row: row.response.proportion,
                "se": partial(of, number, "se"),
                "ci_low": partial(of, number, "ci_low"),
                "ci_high": partial(of, number, "ci_high"),
                "interval": partial(of, number, "interval"),
                "likelihood_low": partial(of, number, "likelihood_low"),
                "likelihood_high": partial(of, number, "likelihood_high"),
                "bound_low": partial(of, bounds, "low"),
                "bound_high": partial(of, bounds, "high"),
                "bound_limit": partial(of, bounds, "limit"),
            },
            numeric=True,
        ),
        Column(
            "Status",
            status,
            {
                "status": lambda row: row.response.status,
                "reason": lambda row: row.response.reason,
                "source": lambda row: row.source,
            },
        ),
    ]
