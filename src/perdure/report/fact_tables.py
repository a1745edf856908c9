"""The table of arms known by published facts: each fact, its source, and what the curves say."""

from dataclasses import dataclass

from perdure.plots.wording import NOTHING, decimals, interval, months, percent
from perdure.records import AnalysisResult, FactCheck
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table

__all__ = ["fact_table"]


@dataclass(frozen=True)
class _Fact:
    """A fact with the analysis that it belongs to."""

    analysis: AnalysisResult
    check: FactCheck


def fact_table(findings: Findings) -> Table | None:
    """Return every published fact beside the curves that were drawn; None where there is none."""
    rows = [
        _Fact(analysis, check)
        for analysis in findings.results.analyses
        for arm in analysis.arms
        if arm.band is not None
        for check in arm.band.checks
    ]
    if not rows:
        return None
    columns = [
        Column(
            "Trial",
            lambda row: findings.trial_label(row.analysis.trial),
            {"trial": lambda row: row.analysis.trial},
        ),
        Column(
            "Arm",
            lambda row: findings.arm_label(row.analysis.trial, row.check.fact.arm),
            {"arm": lambda row: row.check.fact.arm},
        ),
        Column(
            "Endpoint",
            lambda row: row.analysis.endpoint,
            {"endpoint": lambda row: row.analysis.endpoint},
        ),
        Column("Fact", _named, {"fact": lambda row: row.check.fact.kind}),
        Column(
            "Published (CI)",
            lambda row: _printed(
                row, row.check.fact.value, row.check.fact.low, row.check.fact.high
            ),
            {
                "time_months": lambda row: row.check.fact.time,
                "value": lambda row: row.check.fact.value,
                "low": lambda row: row.check.fact.low,
                "high": lambda row: row.check.fact.high,
                "level": lambda row: row.check.fact.level,
            },
            numeric=True,
        ),
        Column(
            "Drawn curves",
            lambda row: _printed(row, row.check.drawn, row.check.low, row.check.high),
            {
                "drawn": lambda row: row.check.drawn,
                "drawn_low": lambda row: row.check.low,
                "drawn_high": lambda row: row.check.high,
                "disagrees": lambda row: "yes" if row.check.disagrees else "no",
            },
            numeric=True,
        ),
        Column(
            "How sure",
            lambda row: row.check.fact.certainty,
            {"certainty": lambda row: row.check.fact.certainty},
        ),
        Column(
            "Source",
            lambda row: row.check.fact.source,
            {"source": lambda row: row.check.fact.source},
        ),
    ]
    return build_table(
        "published-facts",
        "Published facts of arms, and what the curves drawn from them say",
        columns,
        rows,
        notes=(
            "From memory: nobody saw the number in its source; it is not verified.",
            (
                "Survival and its limits in per cent, times in months. Of n and events the curves"
                " say nothing: they set how sure the other facts are."
            ),
        ),
        group=lambda row: (row.analysis.trial, row.analysis.endpoint),
    )


def _named(row: _Fact) -> str:
    """Return what was printed, with its time or its denominator."""
    fact = row.check.fact
    if fact.against is not None:
        return f"{fact.kind} v {fact.against}"
    return fact.kind if fact.time is None else f"{fact.kind} at {months(fact.time)}"


def _printed(row: _Fact, value: float | None, low: float | None, high: float | None) -> str:
    """Return a number of a fact's kind with its limits."""
    kind = row.check.fact.kind
    if value is None:
        return "not reached" if kind == "median" else NOTHING

    def shown(number: float | None) -> str:
        if number is None:
            return ""
        if kind == "survival":
            return percent(number)
        return months(number) if kind == "median" else decimals(number, 2 if "ratio" in kind else 0)

    limits = interval(shown(low), shown(high)) if low is not None and high is not None else ""
    return f"{shown(value)} ({limits})" if limits else shown(value)
