"""Flow, risk of bias, characteristics and certainty: in the report where the study has them."""

from dataclasses import replace

from perdure.records import Certainty, PrismaFlow, RiskOfBias
from perdure.report.appraisal import certainty_blocks, flow_blocks, risk_of_bias_blocks
from perdure.report.blocks import FigureBlock, Prose, TableBlock, blocks_of
from perdure.report.characteristics import characteristics_table
from perdure.report.findings import Findings
from perdure.report.methods_text import methods_text, references_of
from perdure.report.sections import report_sections

FLOW = PrismaFlow(90, 60, 30, 30, 5, records_from_databases=90, reports_excluded={"design": 25})
LOW = RiskOfBias(("low", "low", "low", "low", None), "low")


def appraised(findings: Findings) -> Findings:
    first, *others = findings.trials
    settings = replace(
        findings.settings,
        prisma=FLOW,
        certainty=(Certainty("Durable PFS", "low", ("few trials", "indirect")),),
    )
    trials = (
        replace(
            first,
            registry_id="NCT01234567",
            risk_of_bias=LOW,
            moderators={"country": "Utopia", "rob_overall": "low"},
        ),
        *others,
    )
    return replace(findings, settings=settings, trials=trials)


def test_a_study_without_them_has_no_section(findings: Findings) -> None:
    names = {section.name for section in report_sections(findings)}
    assert names.isdisjoint({"flow", "risk-of-bias", "certainty"})
    plain = methods_text(findings.results, findings.settings, findings.trials)
    assert plain == methods_text(findings.results, findings.settings)


def test_a_study_with_them_has_all_and_cites(findings: Findings) -> None:
    found = appraised(findings)
    sections = {section.name: section for section in report_sections(found)}
    order = list(sections)
    assert order.index("flow") < order.index("trials") < order.index("risk-of-bias")
    assert sections["certainty"].blocks
    names = {one.table.name for one in blocks_of(sections.values()) if isinstance(one, TableBlock)}
    assert {"characteristics", "risk_of_bias", "certainty"} <= names
    paragraphs = methods_text(found.results, found.settings, found.trials)
    cited = [citation.key for citation in references_of(paragraphs)]
    assert cited[:3] == ["page-prisma", "sterne-rob2", "guyatt-grade"]
    words = paragraphs[0].words
    assert f"of 1 of {len(found.trials)} trials" in words


def test_a_flow_of_other_trials_says_so(findings: Findings) -> None:
    found = appraised(findings)
    prose, figure = flow_blocks(found)
    assert isinstance(prose, Prose)
    assert f"5 studies in the review; this study holds {len(found.trials)} trials" in prose.text
    assert isinstance(figure, FigureBlock)
    assert "records screened 90" in figure.pictures[0].alt
    flow = replace(FLOW, studies_included=len(found.trials))
    same = replace(found, settings=replace(found.settings, prisma=flow))
    assert len(list(flow_blocks(same))) == 1


def test_who_was_not_judged_is_named(findings: Findings) -> None:
    found = appraised(findings)
    prose, grid, summary, table = risk_of_bias_blocks(found)
    assert isinstance(prose, Prose)
    assert all(trial.label in prose.text for trial in found.trials[1:])
    assert isinstance(grid, FigureBlock)
    assert isinstance(summary, FigureBlock)
    assert "1 low, 0 some concerns, 0 high, of 1 trial" in summary.pictures[0].alt
    assert isinstance(table, TableBlock)
    assert table.table.columns[1:] == (*(f"rob_d{at}" for at in range(1, 6)), "rob_overall")
    assert table.table.records[0][0] == found.trials[0].trial
    assert table.table.records[0][1:] == ("low", "low", "low", "low", None, "low")


def test_many_trials_go_on_in_a_second_picture(findings: Findings) -> None:
    first = appraised(findings).trials[0]
    many = tuple(replace(first, trial=f"T{at}") for at in range(41))
    grid, *_ = risk_of_bias_blocks(replace(findings, trials=many))
    assert isinstance(grid, FigureBlock)
    assert [one.name for one in grid.pictures] == ["risk_of_bias.1", "risk_of_bias.2"]


def test_characteristics_hold_what_was_published(findings: Findings) -> None:
    table = characteristics_table(appraised(findings))
    assert table is not None
    heads = [head.text for head in table.heads]
    assert heads[:3] == ["Trial", "Registry", "Country"]
    assert "rob_overall" not in table.columns
    assert table.groups[0][0][1].link == "https://clinicaltrials.gov/study/NCT01234567"
    assert len(table.records) == sum(len(trial.arms) for trial in findings.trials)
    bare = tuple(
        replace(
            trial,
            registry_id="",
            moderators={},
            arms=tuple(replace(arm, drug="", reported={}, moderators={}) for arm in trial.arms),
        )
        for trial in findings.trials
    )
    assert characteristics_table(replace(findings, trials=bare)) is None


def test_certainty_is_a_table(findings: Findings) -> None:
    (block,) = certainty_blocks(appraised(findings))
    assert isinstance(block, TableBlock)
    assert block.table.records == (("Durable PFS", "low", "few trials; indirect"),)
    assert list(certainty_blocks(findings)) == []
