"""Tables of what has no number: how many arms of which class, and which arms, and why."""

from dataclasses import dataclass

from perdure.plots.wording import NOTHING, interval, percent
from perdure.records import ClassRow, LeftOut, NotEstimable, Synthesis
from perdure.report.findings import Findings, column_head
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["gap_table", "left_out_table"]


def gap_table(findings: Findings, synthesis: Synthesis) -> Table:
    """Return how many arms of each class have a number, and how many have none."""
    states: dict[str, dict[str, int]] = {row.name: {} for row in synthesis.rows}
    classes = findings.classes(synthesis.by)
    for row in findings.estimates(synthesis.endpoint, synthesis.reference):
        name = classes.get((row.trial, row.response.arm), "")
        if row.primary and name in states:
            states[name][row.response.status] = states[name].get(row.response.status, 0) + 1

    def number(status: str) -> Column[ClassRow]:
        return Column(
            status.capitalize(),
            lambda row: str(states[row.name].get(status, 0)),
            {status.replace(" ", "_"): lambda row: states[row.name].get(status, 0)},
            numeric=True,
        )

    columns: list[Column[ClassRow]] = [
        Column(
            column_head(synthesis.by),
            lambda row: row.name,
            {"class": lambda row: row.name},
        ),
        Column(
            "Arms", lambda row: str(row.n_arms), {"n_arms": lambda row: row.n_arms}, numeric=True
        ),
        *(number(status) for status in ("estimable", "thin", "zero", "not estimable")),
        Column(
            "Not estimable, %",
            lambda row: percent(1 - row.n_estimable / row.n_arms, 0),
            {"share_not_estimable": lambda row: 1 - row.n_estimable / row.n_arms},
            numeric=True,
        ),
    ]
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    return build_table(
        file_name("gaps", synthesis.endpoint, synthesis.reference, synthesis.by),
        f"Where the gaps fall: {synthesis.endpoint} beyond {rule}",
        columns,
        synthesis.rows,
        notes=["Thin and zero arms have a durable response too; other tables count them in."],
    )


@dataclass(frozen=True)
class _Missing:
    synthesis: Synthesis
    arm: LeftOut
    bounds: NotEstimable | None


def left_out_table(findings: Findings, synthesis: Synthesis) -> Table | None:
    """Return the arms that a synthesis could not use, each with its reason; None without any."""
    if not synthesis.left_out:
        return None
    known = {
        (row.trial, row.response.arm): row.response.estimate
        for row in findings.estimates(synthesis.endpoint, synthesis.reference)
        if row.primary
    }

    def bounds(arm: LeftOut) -> NotEstimable | None:
        found = known.get((arm.trial, arm.arm))
        return found if isinstance(found, NotEstimable) else None

    rows = [_Missing(synthesis, arm, bounds(arm)) for arm in synthesis.left_out]
    columns: list[Column[_Missing]] = [
        Column(
            "Trial",
            lambda row: findings.trial_label(row.arm.trial),
            {"trial": lambda row: row.arm.trial},
        ),
        Column(
            "Arm",
            lambda row: findings.arm_label(row.arm.trial, row.arm.arm),
            {"arm": lambda row: row.arm.arm},
        ),
        Column(
            column_head(synthesis.by),
            lambda row: row.arm.name or NOTHING,
            {"class": lambda row: row.arm.name},
        ),
        Column(
            "Bounds, %",
            lambda row: (
                interval(percent(row.bounds.low), percent(row.bounds.high))
                if row.bounds
                else NOTHING
            ),
            {
                "bound_low": lambda row: row.bounds.low if row.bounds else None,
                "bound_high": lambda row: row.bounds.high if row.bounds else None,
            },
            numeric=True,
        ),
        Column(
            "Upper limit, %",
            lambda row: percent(row.bounds.limit if row.bounds else None),
            {"bound_limit": lambda row: row.bounds.limit if row.bounds else None},
            numeric=True,
        ),
        Column(
            "Why",
            lambda row: row.arm.reason,
            {"status": lambda row: row.arm.status, "reason": lambda row: row.arm.reason},
        ),
    ]
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    return build_table(
        file_name("left-out", synthesis.endpoint, synthesis.reference, synthesis.by),
        f"Arms that are not in the pooled model: {synthesis.endpoint} beyond {rule}",
        columns,
        rows,
        group=lambda row: row.arm.trial,
    )
