"""Tables with one row an arm: the trials, their durable response, their contrasts."""

from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.wording import (
    NOTHING,
    count,
    decimals,
    interval,
    months,
    p_value,
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
    TrialContrast,
)
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["contrast_table", "response_table", "trial_table"]


SOURCES: dict[Source, str] = {"patients": "patients", "curve": "rebuilt", "published": "published"}
"""Where an arm's number comes from, in a word."""


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
        Column("Source", lambda row: SOURCES[row.source], {"source": lambda row: row.source}),
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
        "Not estimable: the limits in brackets are bounds from the sample's curve, and not a"
        " confidence interval."
        if "not estimable" in seen
        else "",
        "Not pooled: a sensitivity analysis." if sensitivity else "",
    ]


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

    def shown(row: ArmEstimate) -> str:
        found = row.response.estimate
        if isinstance(found, NotEstimable):
            return f"{NOTHING} [{interval(percent(found.low), percent(found.high))}]"
        limits = interval(percent(found.ci_low), percent(found.ci_high))
        return f"{percent(found.value)} ({limits})"

    def status(row: ArmEstimate) -> str:
        reason = short_reason(row.response)
        return f"{row.response.status}: {reason}" if reason else row.response.status

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
                "se": lambda row: found.se if (found := number(row)) else None,
                "ci_low": lambda row: found.ci_low if (found := number(row)) else None,
                "ci_high": lambda row: found.ci_high if (found := number(row)) else None,
                "bound_low": lambda row: found.low if (found := bounds(row)) else None,
                "bound_high": lambda row: found.high if (found := bounds(row)) else None,
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


def contrast_table(findings: Findings, endpoint: str, reference: Reference) -> Table | None:
    """Return the contrasts between the arms of each trial; None where there is none."""
    rows = findings.contrasts(endpoint, reference)
    if not rows:
        return None

    columns = _contrast_columns(findings)
    if not any(row.contrast.reason for row in rows):
        columns.pop()
    note = (
        "Each arm is judged at its own threshold: this says whose tail is heavier for its median,"
        " and is not a randomised comparison."
        if reference == "own"
        else "Both arms of a pair are judged at one threshold: randomisation holds."
    )
    return build_table(
        file_name("contrasts", endpoint, reference),
        f"Contrasts within trials: {endpoint} beyond {findings.rule(endpoint, reference)}",
        columns,
        rows,
        notes=[note],
        group=lambda row: (row.trial, row.analysis),
    )


def _contrast_columns(findings: Findings) -> list[Column[TrialContrast]]:
    """Return difference, ratio and p value; the last column says why there is none."""

    def pair(row: TrialContrast) -> str:
        arm = findings.arm_label(row.trial, row.contrast.arm)
        return f"{arm} v {findings.arm_label(row.trial, row.contrast.comparator)}"

    def difference(row: TrialContrast) -> str:
        found = row.contrast
        limits = interval(points(found.ci_low), points(found.ci_high))
        text = points(found.difference)
        return f"{text} ({limits})" if limits else text

    def ratio(row: TrialContrast) -> str:
        found = row.contrast
        limits = interval(decimals(found.ratio_low, 2), decimals(found.ratio_high, 2))
        text = decimals(found.ratio, 2)
        return f"{text} ({limits})" if limits else text

    return [
        Column(
            "Trial",
            findings.place_label,
            {"trial": lambda row: row.trial, "analysis": lambda row: row.analysis},
        ),
        Column(
            "Arms",
            pair,
            {
                "arm": lambda row: row.contrast.arm,
                "comparator": lambda row: row.contrast.comparator,
            },
        ),
        Column(
            "Difference (CI), points",
            difference,
            {
                "difference": lambda row: row.contrast.difference,
                "se": lambda row: row.contrast.se,
                "ci_low": lambda row: row.contrast.ci_low,
                "ci_high": lambda row: row.contrast.ci_high,
            },
            numeric=True,
        ),
        Column(
            "Ratio (CI)",
            ratio,
            {
                "ratio": lambda row: row.contrast.ratio,
                "ratio_low": lambda row: row.contrast.ratio_low,
                "ratio_high": lambda row: row.contrast.ratio_high,
            },
            numeric=True,
        ),
        Column(
            "P (difference)",
            lambda row: p_value(row.contrast.p_value),
            {"p": lambda row: row.contrast.p_value},
            numeric=True,
        ),
        Column(
            "Not estimable because",
            lambda row: row.contrast.reason or "",
            {"reason": lambda row: row.contrast.reason},
        ),
    ]
