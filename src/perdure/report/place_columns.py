"""The first columns of tables on tails: which trial and analysis, which arm."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from perdure.records import AnalysisResult
from perdure.report.findings import Findings
from perdure.report.tables import Column

__all__ = ["Placed", "arm_column", "trial_column"]


class Placed(Protocol):
    """A row that belongs to an analysis."""

    @property
    def analysis(self) -> AnalysisResult:
        """The analysis."""
        ...


Row = TypeVar("Row", bound=Placed)


def trial_column(findings: Findings) -> Column[Row]:
    """Return the column that names the trial, and the analysis where it has several."""
    return Column(
        "Trial",
        lambda row: findings.place_label(row.analysis),
        {
            "trial": lambda row: row.analysis.trial,
            "analysis": lambda row: row.analysis.analysis,
        },
    )


def arm_column(findings: Findings, arm: Callable[[Row], str]) -> Column[Row]:
    """Return the column that names the arm which ``arm`` takes from a row."""
    return Column(
        "Arm",
        lambda row: findings.arm_label(row.analysis.trial, arm(row)),
        {"arm": arm},
    )
