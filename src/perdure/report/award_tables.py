"""The table of what value frameworks give for a tail, and of how sure that is."""

from dataclasses import dataclass

from perdure.plots.wording import NOTHING, decimals, months, percent
from perdure.records import AnalysisResult, ArmAwards, AwardCriterion, TailAward
from perdure.report.findings import Findings
from perdure.report.place_columns import trial_column
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["award_table"]

UNVERIFIED = "unverified"


@dataclass(frozen=True)
class _Judged:
    analysis: AnalysisResult
    arms: ArmAwards
    award: TailAward


def award_table(findings: Findings, endpoint: str) -> Table | None:
    """Return each rule applied to each arm and its comparator; None where there is none."""
    rows = [
        _Judged(analysis, arms, award)
        for analysis, tail in findings.tails(endpoint)
        for arms in tail.awards
        for award in arms.awards
    ]
    if not rows:
        return None
    loose = any(not row.award.verified for row in rows)
    resamples = max(row.award.replicates for row in rows)
    return build_table(
        file_name("value-frameworks", endpoint),
        f"What value frameworks give for the tail: {endpoint}",
        [*_place_columns(findings), *_rule_columns(), *_verdict_columns()],
        rows,
        notes=[
            f"Probability: share of {resamples} resamples of the patients in which the rule is met;"
            " from those in which it is judged and met, to those in which it may be."
            if resamples
            else "",
            "Unverified: the rule\u2019s constants were not checked against the publication itself;"
            " the CSV file says how far they were."
            if loose
            else "",
            *dict.fromkeys(f"{row.award.label}: {row.award.caveat}." for row in rows),
        ],
        group=lambda row: (
            row.analysis.trial,
            row.analysis.analysis,
            row.arms.arm,
            row.arms.comparator,
        ),
    )


def _place_columns(findings: Findings) -> list[Column[_Judged]]:
    def pair(row: _Judged) -> str:
        arms = (row.arms.arm, row.arms.comparator)
        return " v ".join(findings.arm_label(row.analysis.trial, arm) for arm in arms)

    return [
        trial_column(findings),
        Column(
            "Arms",
            pair,
            {"arm": lambda row: row.arms.arm, "comparator": lambda row: row.arms.comparator},
            once=True,
        ),
    ]


def _rule_columns() -> list[Column[_Judged]]:
    """Return the framework's rule, its version, and what it asks for."""

    def rule(row: _Judged) -> str:
        mark = "" if row.award.verified else f" ({UNVERIFIED})"
        return f"{row.award.framework}, {row.award.version}{mark}"

    return [
        Column(
            "Framework",
            rule,
            {
                "rule": lambda row: row.award.rule,
                "framework": lambda row: row.award.framework,
                "version": lambda row: row.award.version,
                "verified": lambda row: "yes" if row.award.verified else UNVERIFIED,
                "checked": lambda row: row.award.checked,
                "doi": lambda row: row.award.doi,
            },
            link=lambda row: f"https://doi.org/{row.award.doi}" if row.award.doi else "",
        ),
        Column(
            "Gives",
            lambda row: f"{row.award.title}: {row.award.award}",
            {
                "title": lambda row: row.award.title,
                "award": lambda row: row.award.award,
                "points": lambda row: row.award.points,
                "grade": lambda row: row.award.grade,
            },
        ),
        Column(
            "At, months",
            lambda row: months(row.award.time),
            {
                "time_months": lambda row: row.award.time,
                "comparator_median_months": lambda row: row.award.comparator_median,
            },
            numeric=True,
        ),
        Column(
            "Criteria",
            lambda row: "; ".join(_criterion(one) for one in row.award.criteria) or NOTHING,
            {"criteria": lambda row: "; ".join(_criterion(one) for one in row.award.criteria)},
        ),
    ]


def _criterion(one: AwardCriterion) -> str:
    """Return a condition with what was found and what is asked for.

    Examples
    --------
    >>> _criterion(AwardCriterion("share", 0.104, 0.1, strict=True, met=True))
    'share: 0.104 (more than 0.1), met'
    >>> _criterion(AwardCriterion("share", 0.1523, 0.1, strict=True, met=True))
    'share: 0.15 (more than 0.1), met'
    """
    asked = f"{'more than' if one.strict else 'at least'} {one.threshold:g}"
    value = one.reason or "not known"
    if one.value is not None:
        # so near the bound that two decimals would hide on which side it lies: more of them
        near = (digits for digits in range(2, 7) if round(one.value, digits) != one.threshold)
        value = decimals(one.value, next(near, 2))
    return f"{one.name}: {value} ({asked}), {_met(one.met)}"


def _met(met: bool | None) -> str:
    return {True: "met", False: "not met", None: "not judged"}[met]


def _verdict_columns() -> list[Column[_Judged]]:
    """Return whether the rule is met, and how often in resamples."""

    def met(row: _Judged) -> str:
        why = f": {row.award.reason}" if row.award.reason else ""
        return f"{_met(row.award.met)}{why}"

    def chance(row: _Judged) -> str:
        if not row.award.replicates or row.award.probability is None:
            return NOTHING
        low, high = (
            percent(value, 0) for value in (row.award.probability_low, row.award.probability_high)
        )
        return low if low == high else f"{percent(row.award.probability, 0)} ({low} to {high})"

    return [
        Column(
            "Met?",
            met,
            {
                "met": lambda row: _met(row.award.met),
                "reason": lambda row: row.award.reason,
                "caveat": lambda row: row.award.caveat,
            },
        ),
        Column(
            "Probability, %",
            chance,
            {
                "probability": lambda row: row.award.probability,
                "probability_low": lambda row: row.award.probability_low,
                "probability_high": lambda row: row.award.probability_high,
                "not_judged": lambda row: row.award.not_judged,
                "replicates": lambda row: row.award.replicates,
            },
            numeric=True,
        ),
    ]
