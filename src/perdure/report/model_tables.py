"""The table of parametric models: what they say where the curve has ended, always so labelled."""

from dataclasses import dataclass

from perdure.plots.wording import NOTHING, decimals, interval, months, percent
from perdure.records import AnalysisResult, ModelEstimate
from perdure.report.findings import Findings
from perdure.report.place_columns import arm_column, trial_column
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["model_table"]

BEST = 3
"""Models of an arm that the page shows; results/models.csv has all."""

EXTRAPOLATED = (
    "A model goes on where the curve has ended: what lies past the end of follow-up is"
    " extrapolated, rests on the shape assumed, and is not pooled."
)
ALL = (
    f"The {BEST} models of each arm with the lowest AIC; results/models.csv has all, those that"
    " could not be fitted with the reason."
)


@dataclass(frozen=True)
class _Modelled:
    analysis: AnalysisResult
    arm: str
    model: ModelEstimate


def model_table(findings: Findings, endpoint: str) -> Table | None:
    """Return the best models of every arm by AIC; None where none was asked for."""
    rows = [
        _Modelled(analysis, arm.arm, model)
        for analysis, tail in findings.tails(endpoint)
        for arm in tail.models
        for model in arm.models[:BEST]
    ]
    if not rows:
        return None
    rule = findings.rule(endpoint, findings.settings.reference[0])
    return build_table(
        file_name("models", endpoint),
        f"Durable response by parametric models: {endpoint} beyond {rule}",
        [*_place(findings), *_numbers()],
        rows,
        notes=[
            EXTRAPOLATED,
            ALL,
            "Under the own median the threshold is k times the model’s own median.",
        ],
        group=lambda row: (row.analysis.trial, row.analysis.analysis),
    )


def _place(findings: Findings) -> list[Column[_Modelled]]:
    return [
        trial_column(findings),
        arm_column(findings, lambda row: row.arm),
    ]


def _numbers() -> list[Column[_Modelled]]:
    def shown(value: float | None, low: float | None, high: float | None) -> str:
        limits = interval(percent(low), percent(high))
        text = percent(value)
        return f"{text} ({limits})" if limits and value is not None else text

    def where(row: _Modelled) -> str:
        if row.model.proportion is None:
            return row.model.reason or NOTHING
        if not row.model.extrapolated:
            return "within follow-up"
        return f"extrapolated by {months(row.model.beyond)} months"

    return [
        Column(
            "Model",
            lambda row: row.model.model + (" (experimental)" if row.model.experimental else ""),
            {
                "model": lambda row: row.model.model,
                "experimental": lambda row: "yes" if row.model.experimental else "no",
            },
        ),
        Column(
            "AIC",
            lambda row: decimals(row.model.aic, 1),
            {"aic": lambda row: row.model.aic, "bic": lambda row: row.model.bic},
            numeric=True,
        ),
        Column(
            "Durable response (CI), %",
            lambda row: shown(row.model.proportion, row.model.ci_low, row.model.ci_high),
            {
                "proportion": lambda row: row.model.proportion,
                "se": lambda row: row.model.se,
                "ci_low": lambda row: row.model.ci_low,
                "ci_high": lambda row: row.model.ci_high,
            },
            numeric=True,
        ),
        Column(
            "Cured (CI), %",
            lambda row: shown(row.model.cured, row.model.cured_low, row.model.cured_high),
            {
                "cured": lambda row: row.model.cured,
                "cured_low": lambda row: row.model.cured_low,
                "cured_high": lambda row: row.model.cured_high,
            },
            numeric=True,
        ),
        Column(
            "Where",
            where,
            {
                "extrapolated": lambda row: "yes" if row.model.extrapolated else "no",
                "threshold_months": lambda row: row.model.threshold,
                "reason": lambda row: row.model.reason,
            },
        ),
    ]
