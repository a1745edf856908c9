"""published_facts.csv is read whole, or refused with every problem at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from perdure.errors import Problem
from perdure.study import Study

Opened = Callable[[Path], tuple[Problem, ...]]

HEAD = "trial,arm,endpoint,fact,time,value,low,high,level,against,certainty,source\n"

GOOD = """\
EX1,nivo,OS,median,,9.20,7.3,NR,,,verified,abstract
EX1,nivo,OS,survival,12,0.42,,,,,verified,abstract
EX1,nivo,OS,hazard ratio,,0.59,0.40,0.85,0.98,chemo,from memory,a talk
EX1,chemo,OS,median,,6.0,5.1,7.3,,,verified,abstract
"""


def with_facts(folder: Path, rows: str, settings: str = "") -> Path:
    (folder / "published_facts.csv").write_text(HEAD + rows)
    study = folder / "study.toml"
    study.write_text(study.read_text() + settings)
    return folder


def test_facts_are_read_in_months_with_their_digits_and_n(study: Path) -> None:
    (one,) = Study.open(with_facts(study, GOOD)).facts
    assert (one.trial, one.endpoint, one.arms) == ("EX1", "OS", ("nivo", "chemo"))
    median, survival, ratio = one.facts[:3]
    assert (median.value, median.low, median.high) == (9.2, 7.3, None)
    assert median.rounding == pytest.approx(0.005)
    assert (survival.time, survival.value, survival.level) == (12, 0.42, 0.95)
    assert (ratio.against, ratio.level, ratio.certainty) == ("chemo", 0.98, "from memory")
    counts = {(fact.arm, fact.kind): fact.value for fact in one.facts if fact.source == "arms.csv"}
    assert counts == {("nivo", "n"): 210, ("chemo", "n"): 208}


def test_another_number_of_patients_than_in_the_table_of_arms_is_said(study: Path) -> None:
    more = GOOD + "{},nivo,OS,n,,{},,,,,verified,abstract\n"
    trial = GOOD.splitlines()[1].split(",")[0]
    same = Study.open(with_facts(study, more.format(trial, 210)))
    assert not any("in arms.csv" in notice for notice in same.notices)
    other = Study.open(with_facts(study, more.format(trial, 310)))
    [said] = [notice for notice in other.notices if "in arms.csv" in notice]
    assert "n is 310 here and 210 in arms.csv" in said


def test_facts_from_memory_are_left_out_where_asked(study: Path) -> None:
    opened = Study.open(with_facts(study, GOOD, "\n[published_facts]\nfrom_memory = false\n"))
    assert all(fact.certainty == "verified" for fact in opened.facts[0].facts)
    assert any("1 fact from memory left out" in notice for notice in opened.notices)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("EX1,niv,OS,median,,9,7,12,,,verified,x", "niv"),
        ("EX1,nivo,DFS,median,,9,7,12,,,verified,x", "DFS"),
        ("EX1,nivo,OS,mean,,9,7,12,,,verified,x", "fact"),
        ("EX1,nivo,OS,median,,9,10,12,,,verified,x", "outside its interval"),
        ("EX1,nivo,OS,median,,NR,,,,,verified,x", "of a time only"),
        ("EX1,nivo,OS,survival,,0.4,,,,,verified,x", "needs its time"),
        ("EX1,nivo,OS,survival,12,42,,,,,verified,x", "a proportion"),
        ("EX1,nivo,OS,hazard ratio,,0.6,0.4,0.9,,,verified,x", "denominator"),
        ("EX1,nivo,OS,median,,9,7,12,,chemo,verified,x", "only a hazard ratio"),
        ("EX1,nivo,OS,median,,9,7,12,,,sure,x", "certainty"),
        ("EX1,nivo,OS,median,,9,7,12,,,verified,", "source"),
        ("EX1,nivo,OS,n,,210,,,,,verified,x", "neither a median nor survival"),
        ("EX2,ipi,OS,median,,9,,,,,verified,x", "n is not known"),
        ("EX1,nivo,OS,median,,abc,,,,,verified,x", "no number"),
        ("EX1,nivo,OS,n,,12.5,,,,,verified,x", "is a count"),
        (
            "EX1,nivo,OS,survival,24,0.53,,,,,verified,x\nEX1,nivo,OS,survival,12,0.42,,,,,verified,x",
            "survival rises from 0.42 to 0.53",
        ),
        (
            "EX1,nivo,OS,median,,9,7,12,,,verified,x\nEX1,nivo,OS,events,,211,,,,,verified,x",
            "211 events are more than its 210 patients",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    study: Path, problems_of: Opened, row: str, said: str
) -> None:
    with_facts(study, f"{row}\n")
    problems = problems_of(study)
    assert any(said in str(problem) for problem in problems), [str(one) for one in problems]
    assert all(problem.file == "published_facts.csv" for problem in problems)


def test_survival_that_is_as_high_within_its_rounding_is_taken(study: Path) -> None:
    point = "EX1,nivo,OS,survival,{},{},,,,,verified,x\n"
    rows = point.format(12, "0.42") + point.format(18, "0.424")
    assert len(Study.open(with_facts(study, rows)).facts) == 1


def test_a_fact_that_is_there_twice_is_refused(study: Path, problems_of: Opened) -> None:
    with_facts(study, GOOD + GOOD.splitlines()[0] + "\n")
    problems = problems_of(study)
    assert [problem.row for problem in problems] == [6]
