"""The evidence of each reconstruction, and what a run can be cited by."""

from dataclasses import dataclass

from perdure.plots.wording import NOTHING, count, decimals, months, percent
from perdure.records import AnalysisResult, ArmResult, Evidence
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table

__all__ = ["evidence_table", "provenance_table"]


@dataclass(frozen=True)
class _Fit:
    analysis: AnalysisResult
    arm: ArmResult
    evidence: Evidence


def evidence_table(findings: Findings) -> Table | None:
    """Return how well each reconstruction fits what was published; None where none was made."""
    rows = [
        _Fit(analysis, arm, arm.evidence)
        for analysis in findings.results.analyses
        for arm in analysis.arms
        if arm.evidence is not None
    ]
    if not rows:
        return None

    def missed(fit: _Fit) -> str:
        if not fit.evidence.risk:
            return "no table"
        return f"{fit.evidence.risk_mismatch} in {len(fit.evidence.risk)}"

    columns: list[Column[_Fit]] = [
        Column(
            "Trial",
            lambda fit: findings.place_label(fit.analysis),
            {
                "trial": lambda fit: fit.analysis.trial,
                "analysis": lambda fit: fit.analysis.analysis,
            },
        ),
        Column(
            "Arm",
            lambda fit: findings.arm_label(fit.analysis.trial, fit.arm.arm),
            {"arm": lambda fit: fit.arm.arm},
        ),
        Column(
            "Endpoint",
            lambda fit: fit.analysis.endpoint,
            {"endpoint": lambda fit: fit.analysis.endpoint},
        ),
        Column(
            "Beside the curve",
            lambda fit: ", ".join(fact for fact in fit.evidence.used if fact != "curve") or NOTHING,
            {
                "used": lambda fit: " + ".join(fit.evidence.used),
                "method": lambda fit: fit.arm.method,
            },
        ),
        Column(
            "RMSE, points",
            lambda fit: percent(fit.evidence.rmse, 2),
            {"rmse": lambda fit: fit.evidence.rmse},
            numeric=True,
        ),
        Column(
            "Largest distance, points",
            lambda fit: percent(fit.evidence.max_distance, 2),
            {
                "max_distance": lambda fit: fit.evidence.max_distance,
                "max_distance_px": lambda fit: fit.evidence.max_distance_px,
            },
            numeric=True,
        ),
        Column(
            "Numbers at risk missed",
            missed,
            {
                "risk_mismatch": lambda fit: fit.evidence.risk_mismatch,
                "risk_cells": lambda fit: len(fit.evidence.risk),
            },
            numeric=True,
        ),
        Column(
            "n rebuilt / reported",
            lambda fit: _pair(count(fit.evidence.n), count(fit.evidence.n_reported)),
            {
                "n": lambda fit: fit.evidence.n,
                "n_reported": lambda fit: fit.evidence.n_reported,
            },
            numeric=True,
        ),
        Column(
            "Events rebuilt / reported",
            lambda fit: _pair(_events(fit.evidence), count(fit.evidence.events_reported)),
            {
                "events": lambda fit: fit.evidence.events,
                "events_low": lambda fit: fit.evidence.events_low,
                "events_high": lambda fit: fit.evidence.events_high,
                "events_reported": lambda fit: fit.evidence.events_reported,
            },
            numeric=True,
        ),
        Column(
            "Median rebuilt / reported, months",
            lambda fit: _pair(_median(fit.evidence), months(fit.evidence.median_reported)),
            {
                "median_months": lambda fit: fit.evidence.median,
                "median_reported_months": lambda fit: fit.evidence.median_reported,
            },
            numeric=True,
        ),
    ]
    if any(fit.evidence.hazard_ratio_reported is not None for fit in rows):
        columns.append(_hazard_ratios())
    return build_table(
        "evidence",
        "Evidence of the reconstructions",
        columns,
        rows,
        notes=[
            "Distances: from the published points to the rebuilt curve, in percentage points.",
            "Numbers at risk missed: patients, summed over the printed cells.",
        ],
        group=lambda fit: (fit.analysis.trial, fit.analysis.analysis, fit.analysis.endpoint),
    )


def _hazard_ratios() -> Column[_Fit]:
    """Return the column of hazard ratios, rebuilt and reported; of a control there is none."""

    def pair(fit: _Fit) -> str:
        found, reported = fit.evidence.hazard_ratio, fit.evidence.hazard_ratio_reported
        if reported is None:
            return NOTHING
        return _pair(NOTHING if found is None else decimals(found, 2), decimals(reported, 2))

    return Column(
        "Hazard ratio rebuilt / reported",
        pair,
        {
            "hazard_ratio": lambda fit: fit.evidence.hazard_ratio,
            "hazard_ratio_low": lambda fit: fit.evidence.hazard_ratio_low,
            "hazard_ratio_high": lambda fit: fit.evidence.hazard_ratio_high,
            "hazard_ratio_reported": lambda fit: fit.evidence.hazard_ratio_reported,
        },
        numeric=True,
    )


def _pair(rebuilt: str, reported: str) -> str:
    return f"{rebuilt} / {reported}"


def _events(found: Evidence) -> str:
    """Return the events, with the ensemble's interval where the draws differ."""
    low, high = found.events_low, found.events_high
    if low is None or high is None or low == high:
        return count(found.events)
    return f"{count(found.events)} ({count(low)}–{count(high)})"


def _median(evidence: Evidence) -> str:
    return "not reached" if evidence.median is None else decimals(evidence.median, 1)


def provenance_table(findings: Findings) -> Table:
    """Return what the run can be cited by and repeated from."""
    columns: list[Column[tuple[str, str]]] = [
        Column("What", lambda item: item[0].replace("_", " "), {"what": lambda item: item[0]}),
        Column("Value", lambda item: item[1] or NOTHING, {"value": lambda item: item[1]}),
    ]
    items = list(findings.results.provenance.items())
    return build_table("provenance", "What this report was made with", columns, items)
