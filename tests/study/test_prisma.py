"""Counts of a flow that was built from its parts add up; one count that is changed is named."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import Problem
from perdure.records import PrismaFlow, RiskOfBias
from perdure.study import Study
from perdure.study.prisma import contradictions

FLOW = """
[prisma]
records_from_databases = 940
records_from_registers = 60
removed_duplicates = 200
records_screened = 800
records_excluded = 700
reports_sought = 100
reports_not_retrieved = 2
reports_assessed = 98
reports_excluded = { "not randomised" = 50, "no curve" = 45 }
studies_included = 2
reports_included = 3
"""


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def with_flow(study: Path, flow: str) -> Path:
    path = study / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + flow, encoding="utf-8")
    return study


@st.composite
def flows(draw: st.DrawFn) -> PrismaFlow:
    """A review followed forward, each record on its way."""
    number = st.integers(1, 900)

    def some() -> int:
        return draw(number)

    included, excluded, missed = some(), {"design": some(), "no curve": some()}, some()
    other, other_excluded = some(), {"abstract only": some()}
    assessed = included + sum(excluded.values())
    sought = assessed + missed
    dropped, removed = some(), (some(), some(), some())
    screened = sought + dropped
    registers = draw(st.integers(1, screened))
    citations = other + sum(other_excluded.values())
    reports = included + other
    studies = draw(st.integers(1, reports))
    before = some()
    return PrismaFlow(
        records_from_databases=screened + sum(removed) - registers,
        records_from_registers=registers,
        removed_duplicates=removed[0],
        removed_by_automation=removed[1],
        removed_for_other_reasons=removed[2],
        records_screened=screened,
        records_excluded=dropped,
        reports_sought=sought,
        reports_not_retrieved=missed,
        reports_assessed=assessed,
        reports_excluded=excluded,
        records_from_citations=citations,
        other_reports_sought=citations,
        other_reports_assessed=citations,
        other_reports_excluded=other_excluded,
        studies_included=studies,
        reports_included=reports,
        previous_studies=before,
        total_studies=before + studies,
    )


COUNTS = [
    one.name
    for one in dataclasses.fields(PrismaFlow)
    if one.name not in ("note", "reports_excluded", "other_reports_excluded")
    and not one.name.endswith(("_websites", "_organisations", "_reports", "other_reports_not"))
    and one.name != "other_reports_not_retrieved"
]


@given(flows(), st.sampled_from(COUNTS), st.integers(1, 50))
def test_one_wrong_count_is_named(flow: PrismaFlow, key: str, by: int) -> None:
    assert contradictions(flow) == ()
    wrong = dataclasses.replace(flow, **{key: getattr(flow, key) + by})
    found = contradictions(wrong)
    assert found
    assert all(key in one.message for one in found)


@given(flows(), st.sampled_from(["reports_excluded", "other_reports_excluded"]))
def test_a_reason_that_is_left_out_is_missed(flow: PrismaFlow, key: str) -> None:
    fewer: Any = dict(list(getattr(flow, key).items())[1:])
    (found,) = contradictions(dataclasses.replace(flow, **{key: fewer}))
    assert found.key == "reports_included"


def test_records_from_nowhere() -> None:
    (found,) = contradictions(PrismaFlow(90, 60, 30, 30, 30))
    assert found.message == (
        "records_from_databases + records_from_registers 0, and records_screened is 90"
    )


def test_a_study_has_a_report() -> None:
    none_left = PrismaFlow(90, 60, 30, 30, 2, 0, 90, reports_excluded={"design": 30})
    assert [one.key for one in contradictions(none_left)] == ["studies_included"]


def test_a_flow_is_read(study: Path) -> None:
    flow = Study.open(with_flow(study, FLOW)).settings.prisma
    assert flow is not None
    assert flow.reports_excluded == {"not randomised": 50, "no curve": 45}
    assert flow.removed_by_automation == 0
    assert not flow.other_methods


Problems = Callable[[Path], tuple[Problem, ...]]


def test_a_contradiction_names_its_keys(study: Path, problems_of: Problems) -> None:
    with_flow(study, FLOW.replace("= 700", "= 690"))
    (problem,) = problems_of(study)
    assert problem.message == (
        "the counts of [prisma] do not add up: records_screened 800 - records_excluded 690 = 110,"
        " and reports_sought is 100"
    )
    text = (study / "study.toml").read_text().splitlines()
    assert problem.row is not None
    assert text[problem.row - 1] == "reports_sought = 100"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("records_screened", "record_screened", "Did you mean records_screened?"),
        ("= 940", "= -1", "prisma.records_from_databases must be at least 0"),
        ("= 50,", "= 5.5,", "prisma.reports_excluded.not randomised is not a whole number"),
        ("studies_included = 2\n", "", "prisma.studies_included is missing"),
        ("reports_included = 3", "", "studies_included"),
    ],
)
def test_wrong_keys_and_counts(
    study: Path, problems_of: Problems, old: str, new: str, says: str
) -> None:
    flow = (
        FLOW.replace("studies_included = 2", "studies_included = 4")
        if not new and ("reports" in old)
        else FLOW
    )
    with_flow(study, flow.replace(old, new, 1))
    assert any(says in str(problem) for problem in problems_of(study))


def test_certainty_is_read(study: Path, problems_of: Problems) -> None:
    text = '\n[certainty."Durable PFS, a v b"]\nlevel = "very low"\nreasons = "few trials"\n'
    (found,) = Study.open(with_flow(study, text)).settings.certainty
    assert (found.outcome, found.level) == ("Durable PFS, a v b", "very low")
    assert found.reasons == ("few trials",)
    rewrite(study / "study.toml", "very low", "poor")
    (problem,) = problems_of(study)
    assert "'high', 'moderate', 'low' or 'very low'" in problem.remedy
    assert problem.row == len((study / "study.toml").read_text().splitlines()) - 1


JUDGED = """\
trial,label,year,line,rob_d1,rob_d2,rob_d3,rob_d4,rob_d5,rob_overall
EX1,Example 1,2018,first,Low,low,Some_concerns,low,low,some concerns
EX2,Example 2,2019,second,,,,,,
"""


def test_risk_of_bias_is_read_and_groups(study: Path) -> None:
    (study / "trials.csv").write_text(JUDGED)
    rewrite(study / "study.toml", '["drug_class"]', '["drug_class", "rob_overall"]')
    first, second = Study.open(study).trials
    assert first.risk_of_bias == RiskOfBias(
        ("low", "low", "some concerns", "low", "low"), "some concerns"
    )
    assert first.moderators["rob_overall"] == "some concerns"
    assert second.risk_of_bias is None


def test_an_odd_overall_judgement_is_said(study: Path) -> None:
    (study / "trials.csv").write_text(JUDGED.replace("low,some concerns\n", "low,low\n"))
    (notice,) = Study.open(study).notices
    assert notice == (
        "trials.csv, trial EX1: risk of bias: overall is low, and the worst domain is some concerns"
    )


def test_a_judgement_of_another_name(study: Path, problems_of: Problems) -> None:
    (study / "trials.csv").write_text(JUDGED.replace("Some_concerns", "unclear"))
    (problem,) = problems_of(study)
    assert (problem.file, problem.row, problem.column) == ("trials.csv", 2, "rob_d3")
    assert "'low', 'some concerns' or 'high'" in problem.remedy
