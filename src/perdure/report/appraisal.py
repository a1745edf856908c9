"""What the study's authors say of their evidence: flow of the search, risk of bias, certainty."""

from collections.abc import Iterable, Iterator

from perdure.plots import JudgedTrial, prisma_plot, risk_of_bias_plot, risk_of_bias_summary
from perdure.plots.wording import NOTHING
from perdure.records import (
    DOMAINS,
    JUDGEMENTS,
    Certainty,
    Judgement,
    PrismaFlow,
    RiskOfBias,
    Trial,
)
from perdure.report.blocks import Block, FigureBlock, Picture, Prose, TableBlock
from perdure.report.findings import Findings
from perdure.report.sentences import some
from perdure.report.tables import Column, Table, build_table, file_name
from perdure.study import RISK_OF_BIAS

__all__ = ["certainty_blocks", "flow_blocks", "risk_of_bias_blocks"]

MOST_TRIALS = 40
"""In one picture; more go on in the next."""

_Judged = tuple[Trial, RiskOfBias]


def flow_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the PRISMA flow, where study.toml has its counts."""
    flow = findings.settings.prisma
    if flow is None:
        return
    trials = len(findings.trials)
    if trials != flow.studies_in_review:
        yield Prose(
            f"The flow ends with {some(flow.studies_in_review, 'study', 'studies')} in the review;"
            f" this study holds {some(trials, 'trial')}."
        )
    svg = prisma_plot(flow).decode()
    notes = ("A record is a title and abstract; a report is a full text.",)
    alt = f"Flow diagram: {', '.join(_told(flow))}."
    yield FigureBlock("PRISMA 2020 flow diagram", notes, (Picture("prisma", svg, alt),))


def _told(flow: PrismaFlow) -> Iterator[str]:
    """Yield the boxes of the diagram in words, for those who do not see it."""
    yield f"records screened {flow.records_screened}"
    yield f"excluded {flow.records_excluded}"
    yield f"reports sought {flow.reports_sought}"
    yield f"not retrieved {flow.reports_not_retrieved}"
    yield f"assessed {flow.reports_assessed}"
    yield f"excluded {sum(flow.reports_excluded.values())}"
    if flow.other_methods:
        yield f"reports by other methods assessed {flow.other_reports_assessed}"
    yield f"studies included {flow.studies_included}"


def risk_of_bias_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the judgements of the trials that were judged, as pictures and as a table."""
    rows = [
        JudgedTrial(trial.label or trial.trial, trial.risk_of_bias)
        for trial in findings.trials
        if trial.risk_of_bias is not None
    ]
    if not rows:
        return
    left = [trial.label for trial in findings.trials if trial.risk_of_bias is None]
    if left:
        yield Prose(f"Risk of bias was not judged of {', '.join(left)}.")
    pages = [rows[at : at + MOST_TRIALS] for at in range(0, len(rows), MOST_TRIALS)]
    yield FigureBlock(
        "Risk of bias of each trial, by the domains of RoB 2",
        ("As the study’s authors judged it; each sign is in the table too.",),
        tuple(
            Picture(
                file_name("risk_of_bias", str(at) if len(pages) > 1 else ""),
                risk_of_bias_plot(page).decode(),
                "; ".join(
                    f"{one.label}: overall {one.judged.overall or 'not judged'}" for one in page
                ),
            )
            for at, page in enumerate(pages, start=1)
        ),
    )
    overall = [one.judged.overall for one in rows]
    counts = ", ".join(f"{overall.count(word)} {word}" for word in JUDGEMENTS)
    yield FigureBlock(
        "Risk of bias over the trials",
        ("Every trial counts alike, whatever its size.",),
        (
            Picture(
                "risk_of_bias_summary",
                risk_of_bias_summary(rows).decode(),
                f"Overall: {counts}, of {some(len(rows), 'trial')}.",
            ),
        ),
    )
    yield TableBlock(_risk_table(findings.trials))


def _risk_table(trials: Iterable[Trial]) -> Table:
    rows = [(trial, one) for trial in trials if (one := trial.risk_of_bias) is not None]
    heads = (*(f"D{at} {name}" for at, name in enumerate(DOMAINS, start=1)), "Overall")

    def column(at: int) -> Column[_Judged]:
        def cell(row: _Judged) -> Judgement | None:
            _, judged = row
            return (*judged.domains, judged.overall)[at]

        return Column(heads[at], lambda row: cell(row) or NOTHING, {RISK_OF_BIAS[at]: cell})

    first = Column[_Judged](
        "Trial", lambda row: row[0].label or row[0].trial, {"trial": lambda row: row[0].trial}
    )
    columns = [first, *(column(at) for at in range(len(heads)))]
    return build_table("risk_of_bias", "Risk of bias by RoB 2", columns, rows)


def certainty_blocks(findings: Findings) -> Iterator[Block]:
    """Yield how certain the evidence is, where study.toml says it."""
    rows = findings.settings.certainty
    if not rows:
        return
    columns: list[Column[Certainty]] = [
        Column("Outcome", lambda row: row.outcome, {"outcome": lambda row: row.outcome}),
        Column("Certainty", lambda row: row.level, {"certainty": lambda row: row.level}),
        Column(
            "Why",
            lambda row: "; ".join(row.reasons) or NOTHING,
            {"reasons": lambda row: "; ".join(row.reasons)},
        ),
        Column("Note", lambda row: row.note or NOTHING, {"note": lambda row: row.note}),
    ]
    kept = [column for column in columns if column.head != "Note" or any(row.note for row in rows)]
    notes = ["As the study’s authors judged it by GRADE; perdure computes none of it."]
    yield TableBlock(build_table("certainty", "Certainty of the evidence", kept, rows, notes=notes))
