"""Arms known by published facts go the whole way: marked everywhere, pooled only where asked."""

import csv
from pathlib import Path

import pytest

from perdure.pipeline import run
from perdure.pipeline.published_facts import facts_results, with_facts
from perdure.records import AnalysisResult
from perdure.study import Study

ROWS = """\
trial,arm,endpoint,fact,time,value,low,high,level,against,certainty,source
A,new,OS,median,,9.2,7.3,13.3,,,verified,abstract
A,new,OS,survival,24,0.23,0.16,0.31,,,verified,abstract
A,new,OS,n,,135,,,,,verified,abstract
A,old,OS,median,,6.0,5.1,7.3,,,from memory,a talk
A,old,OS,n,,137,,,,,verified,abstract
B,one,OS,median,,8.0,6.5,10,,,verified,abstract
B,one,OS,n,,90,,,,,verified,abstract
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "study.toml": 'title = "Facts"\ntime_unit = "months"\nreference = ["own", "control"]\n'
        '\n[endpoints.OS]\nk = 2\n\n[pool]\nby = ["drug_class"]\n',
        "trials.csv": "trial,label\nA,Trial A\nB,Trial B\n",
        "arms.csv": "trial,arm,drug_class,comparator\nA,new,inhibitor,old\nA,old,chemotherapy,\n"
        "B,one,inhibitor,\n",
        "published_facts.csv": ROWS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def asked(folder: Path, pooled: str) -> Study:
    path = folder / "study.toml"
    path.write_text(f'{path.read_text()}\n[published_facts]\npooled = "{pooled}"\n')
    return Study.open(folder)


def entered(study: Study) -> tuple[AnalysisResult, ...]:
    return with_facts((), study, facts_results(study))


def test_left_out_of_the_pool_and_marked_in_tables_and_report(folder: Path) -> None:
    summary = run(folder)
    with (folder / "results" / "estimates.csv").open(encoding="utf-8") as handle:
        rows = {(row["trial"], row["arm"], row["reference"]): row for row in csv.DictReader(handle)}
    assert {row["source"] for row in rows.values()} == {"facts"}
    assert {row["primary"] for row in rows.values()} == {"no"}
    sure = {place[:2]: row["certainty"] for place, row in rows.items()}
    assert sure == {
        ("A", "new"): "verified",
        ("A", "old"): "from memory",
        ("B", "one"): "verified",
    }
    assert 0.2 < float(rows["A", "new", "own"]["proportion"]) < 0.4
    assert "beyond the latest published point" in rows["B", "one", "own"]["caution"]
    assert not any(row["estimate"] for row in _table(folder, "pooled.csv"))
    facts = _table(folder, "published_facts.csv")
    assert len(facts) == ROWS.count("\n") - 1
    assert {row["source"] for row in facts if row["certainty"] == "from memory"} == {"a talk"}
    assert float(_table(folder, "published_curves.csv")[0]["survival"]) == 1
    page = summary.report.read_text(encoding="utf-8")
    assert "published facts, from memory" in page
    assert "Arms known by facts alone are not in the pooled analyses" in page
    assert run(folder).stale is False


def test_only_what_was_verified_is_pooled_where_that_is_asked(folder: Path) -> None:
    found = entered(asked(folder, "verified"))
    primary = {(one.trial, arm.arm) for one in found if one.primary for arm in one.arms}
    assert primary == {("A", "new"), ("B", "one")}
    rest = {(one.trial, arm.arm) for one in found if not one.primary for arm in one.arms}
    assert rest == {("A", "old")}


def test_facts_that_contradict_each_other_are_said_and_not_pooled_as_verified(
    folder: Path,
) -> None:
    more = "A,old,OS,survival,12,0.24,0.17,0.31,,,verified,abstract\n"
    ratio = "A,new,OS,hazard ratio,,{},,old,verified,abstract\n"
    rows = ROWS.replace("from memory", "verified") + more
    for limits, pooled in (("0.59,0.44,0.79", {"A", "B"}), ("1.69,1.27,2.27", {"B"})):
        (folder / "published_facts.csv").write_text(rows + ratio.format(limits))
        summary = run(folder)
        said = [one for one in summary.notices if "contradict each other" in one]
        assert bool(said) == (pooled == {"B"})
        assert all("the hazard ratio of new against old (1.69)" in one for one in said)
        if said:
            study = asked(folder, "verified")
            assert {one.trial for one in entered(study) if one.primary} == pooled


def test_a_threshold_beyond_the_facts_is_never_pooled(folder: Path) -> None:
    found = entered(asked(folder, "all"))
    own = {
        (one.trial, one.response.arm): one.response
        for analysis in found
        for one in analysis.estimates
        if one.response.reference == "own"
    }
    assert own["A", "new"].proportion is not None
    for place in (("A", "old"), ("B", "one")):
        assert own[place].proportion is None
        assert "beyond the latest published point" in (own[place].reason or "")


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "results" / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
