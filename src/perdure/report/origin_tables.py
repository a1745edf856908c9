"""The curves that perdure read in published figures: where, how surely, and what to check."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from perdure.plots.wording import NOTHING, decimals
from perdure.records import AnalysisResult, ArmResult, FigureOrigin
from perdure.report.blocks import Block, FigureBlock, Picture, Prose, TableBlock
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["origin_blocks"]

MOST_OVERLAYS = 40
"""More than this are not shown: the page would be too heavy to send."""


@dataclass(frozen=True)
class _Read:
    analysis: AnalysisResult
    arm: ArmResult
    origin: FigureOrigin


def origin_blocks(findings: Findings) -> Iterator[Block]:
    """Yield what to know of the curves that were read in figures; nothing where none were."""
    rows = [
        _Read(analysis, arm, arm.origin)
        for analysis in findings.results.analyses
        for arm in analysis.arms
        if arm.origin is not None
    ]
    if not rows:
        return
    doubted = sum(bool(row.origin.to_check) for row in rows)
    found = "None is in doubt" if not doubted else f"{doubted} of {len(rows)} should be looked at"
    yield Prose(
        "These curves were read by perdure in the published figures, without clicking."
        f" {found}. All are shown over their figures: what was read can be checked there."
    )
    yield TableBlock(_origin_table(findings, rows))
    yield from _overlays(findings, rows)


def _origin_table(findings: Findings, rows: list[_Read]) -> Table:
    columns: list[Column[_Read]] = [
        Column(
            "Trial",
            lambda row: findings.place_label(row.analysis),
            {
                "trial": lambda row: row.analysis.trial,
                "analysis": lambda row: row.analysis.analysis,
            },
        ),
        Column(
            "Arm",
            lambda row: findings.arm_label(row.analysis.trial, row.arm.arm),
            {"arm": lambda row: row.arm.arm},
        ),
        Column(
            "Endpoint",
            lambda row: row.analysis.endpoint,
            {"endpoint": lambda row: row.analysis.endpoint},
        ),
        Column(
            "Figure",
            lambda row: _figure(row.origin),
            {
                "file": lambda row: row.origin.file,
                "page": lambda row: row.origin.page,
                "panel": lambda row: row.origin.panel,
                "overlay": lambda row: row.origin.overlay,
            },
            link=lambda row: f"../{quote(row.origin.overlay)}",
        ),
        Column("Curve", lambda row: row.origin.label, {"label": lambda row: row.origin.label}),
        Column(
            "Certainty",
            lambda row: decimals(row.origin.certainty, 2),
            {"certainty": lambda row: row.origin.certainty},
            numeric=True,
        ),
        Column(
            "Numbers at risk",
            _risk,
            {"risk_from_figure": lambda row: "yes" if row.origin.risk else "no"},
        ),
        Column(
            "To check",
            lambda row: "; ".join(row.origin.to_check) or NOTHING,
            {"to_check": lambda row: "; ".join(row.origin.to_check)},
        ),
    ]
    return build_table(
        "curves_in_figures",
        "Curves that were read in figures",
        columns,
        rows,
        notes=[
            "Each figure leads to what was read, drawn over it.",
            "A file typed by hand, in curves/ or risk/, takes the place of what was read.",
        ],
        group=lambda row: (row.analysis.trial, row.analysis.analysis, row.analysis.endpoint),
    )


def _figure(origin: FigureOrigin) -> str:
    page = "" if origin.page is None else f", page {origin.page}"
    panel = "" if origin.panel is None else f", panel {origin.panel}"
    return f"{origin.file.removeprefix('figures/')}{page}{panel}"


def _risk(row: _Read) -> str:
    if row.origin.risk:
        return "from the figure"
    used = row.arm.evidence is not None and bool(row.arm.evidence.risk)
    return "typed by hand" if used else "none"


def _overlays(findings: Findings, rows: list[_Read]) -> Iterator[FigureBlock]:
    """Yield the figures with what was read drawn over them; those in doubt first."""
    order = sorted(rows, key=lambda row: not row.origin.to_check)
    origins = {row.origin.overlay: row.origin for row in reversed(order)}
    names = dict.fromkeys(row.origin.overlay for row in order)
    shown = [name for name in names if name in findings.overlays][:MOST_OVERLAYS]
    if not shown:
        return
    notes = ["Grey: the figure. In colour: what was read, with a word where one should look."]
    if len(shown) < len(names):
        notes.append(f"{len(shown)} of {len(names)}; all are in results/digitised.")
    yield FigureBlock(
        "What was read, over each figure",
        tuple(notes),
        tuple(
            Picture(
                file_name("overlay", *name.split("/")[-2:-1]),
                findings.overlays[name],
                f"What was read in {_figure(origins[name])}, drawn over it.",
            )
            for name in shown
        ),
        panels=True,
    )
