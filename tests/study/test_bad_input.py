"""Each fault that people really have gets one plain sentence that names its place."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from perdure.errors import Problem
from perdure.study import Study

Opened = Callable[[Path], tuple[Problem, ...]]

NIVO = "curves/EX1.PFS.nivo.csv"
RISK = "risk/EX1.PFS.csv"
PATIENTS = "patients/EX2.PFS.csv"
PUBLISHED = "published_estimates.csv"


@dataclass(frozen=True)
class Fault:
    """One change of one file, and what must be said of it."""

    file: str
    old: str
    new: str
    says: tuple[str, ...]
    row: int | None = None
    column: str | None = None
    value: str | None = None
    said_of: str | None = None


FAULTS = {
    # columns
    "column missing": Fault(
        NIVO, "time,survival", "time,x", ("column survival is missing", "time, x")
    ),
    "column misspelt": Fault(
        NIVO, "survival", "survial", ("survival is missing", "'survial'", "rename")
    ),
    "column in capitals": Fault(PATIENTS, "event", "Event", ("event is missing", "'Event'")),
    "needed column of trials": Fault(
        "trials.csv", "trial,", "trail,", ("trial is missing", "'trail'")
    ),
    "needed column of arms": Fault("arms.csv", ",arm,", ",arms,", ("arm is missing", "'arms'")),
    "optional column misspelt": Fault(
        "arms.csv", "comparator", "comparater", ("comparater", "comparator")
    ),
    "American spelling": Fault("trials.csv", "line", "tumor", ("tumor", "tumour")),
    "reported column misspelt": Fault(
        "arms.csv", "events_PFS", "event_PFS", ("event_PFS", "events_PFS")
    ),
    "reported endpoint misspelt": Fault(
        "arms.csv", "events_PFS", "events_PSF", ("events_PSF", "events_PFS")
    ),
    "column twice": Fault("trials.csv", "year", "label", ("label", "twice"), row=1),
    "column without a name": Fault("trials.csv", "year", "", ("column 3 has no name",), row=1),
    # curves
    "rise": Fault(
        NIVO,
        "4,0.62",
        "4,0.85",
        ("rises from 0.8 (row 3)",),
        row=4,
        column="survival",
        value="0.85",
    ),
    "times out of order": Fault(
        NIVO, "4,0.62", "1,0.62", ("out of order", "sort"), row=4, column="time", value="1"
    ),
    "negative time": Fault(
        NIVO, "0,1\n", "-2,1\n", ("negative",), row=2, column="time", value="-2"
    ),
    "survival beyond 1": Fault(
        NIVO, "2,0.8", "2,1.2", ("outside 0 to 1",), row=3, column="survival", value="1.2"
    ),
    "cumulative incidence": Fault(
        NIVO,
        "0,1\n2,0.8\n4,0.62\n8,0.4\n12.5,0.3",
        "0,0\n2,0.2\n4,0.38\n8,0.6\n12.5,0.7",
        ("cumulative incidence",),
        column="survival",
    ),
    "not a number": Fault(
        NIVO, "2,0.8", "2,O.8", ("survival is not a number",), row=3, column="survival", value="O.8"
    ),
    "empty cell": Fault(NIVO, "2,0.8", "2,", ("survival is empty",), row=3, column="survival"),
    "nan": Fault(NIVO, "2,0.8", "nan,0.8", ("not a number",), row=3, column="time", value="nan"),
    "inf": Fault(NIVO, "2,0.8", "inf,0.8", ("not a number",), row=3, column="time", value="inf"),
    "1e400": Fault(
        NIVO, "2,0.8", "1e400,0.8", ("not a number",), row=3, column="time", value="1e400"
    ),
    "unicode minus": Fault(
        NIVO, "2,0.8", "−2,0.8", ("not a number",), row=3, column="time", value="−2"
    ),
    "underscore": Fault(
        NIVO, "2,0.8", "0_2,0.8", ("not a number",), row=3, column="time", value="0_2"
    ),
    "header only": Fault(NIVO, "0,1\n2,0.8\n4,0.62\n8,0.4\n12.5,0.3\n", "", ("no rows",)),
    "one point": Fault(NIVO, "2,0.8\n4,0.62\n8,0.4\n12.5,0.3\n", "", ("2 points",)),
    "ragged row": Fault(NIVO, "2,0.8", "2,0.8,7", ("3 cells", "header 2"), row=3),
    "short row": Fault(NIVO, "2,0.8", "2", ("1 cell", "header 2"), row=3),
    "decimal comma among commas": Fault(
        NIVO, "2,0.8", '2,"0,8"', ("not a number", "0.5"), row=3, column="survival", value="0,8"
    ),
    # numbers at risk
    "not whole": Fault(
        RISK, "6,98", "6,98.5", ("whole number",), row=3, column="nivo", value="98.5"
    ),
    "negative number at risk": Fault(
        RISK, "6,98", "6,-98", ("whole number",), row=3, column="nivo", value="-98"
    ),
    "number at risk with a thousands comma": Fault(
        RISK, "0,210", '0,"1,210"', ("thousand",), row=2, column="nivo", value="1,210"
    ),
    "number at risk with a thousands point": Fault(
        RISK, "0,210", "0,1.000", ("thousand",), row=2, column="nivo", value="1.000"
    ),
    "number at risk beyond belief": Fault(
        RISK, "0,210", "0,1e300", ("whole number",), row=2, column="nivo", value="1e300"
    ),
    "risk times out of order": Fault(
        RISK, "12,40", "5,40", ("out of order",), row=4, column="time", value="5"
    ),
    "risk column misspelt": Fault(
        RISK, "nivo", "nivol", ("nivol", "arms.csv", "nivo?"), column="nivol"
    ),
    "risk column of a stranger": Fault(
        RISK, "nivo", "other", ("other", "arms.csv"), column="other"
    ),
    "curve without its column": Fault(
        RISK,
        "time,nivo,chemo\n0,210,208\n6,98,41\n12,40,9",
        "time,nivo\n0,210\n6,98\n12,40",
        ("arm chemo", "no column"),
    ),
    "n contradicts the table": Fault(
        "arms.csv",
        "210",
        "211",
        ("210 at risk", "n = 211"),
        column="nivo",
        value="210",
        said_of=RISK,
    ),
    "n contradicts the patients": Fault(
        "arms.csv",
        "doce,4,2",
        "doce,5,2",
        ("4 patients", "n = 5"),
        column="arm",
        said_of=PATIENTS,
    ),
    # patients
    "event code": Fault(
        PATIENTS, "atezo,6,1", "atezo,6,2", ("1 (event) or 0",), row=3, column="event", value="2"
    ),
    "negative patient time": Fault(
        PATIENTS, "atezo,6,1", "atezo,-6,1", ("negative",), row=3, column="time", value="-6"
    ),
    "arm empty": Fault(PATIENTS, "atezo,6,1", ",6,1", ("arm is empty",), row=3, column="arm"),
    "arm misspelt": Fault(
        PATIENTS, "atezo,6", "atzo,6", ("arms.csv", "atezo?"), row=3, column="arm", value="atzo"
    ),
    # rosters
    "illegal trial": Fault(
        "trials.csv", "EX1", "EX 1", ("identifier", "label"), row=2, column="trial", value="EX 1"
    ),
    "dot in an arm": Fault(
        "arms.csv", "EX1,nivo", "EX1,ni.vo", ("identifier",), row=2, column="arm", value="ni.vo"
    ),
    "trial twice": Fault(
        "trials.csv", "EX2", "ex1", ("twice", "row 2"), row=3, column="trial", value="ex1"
    ),
    "arm twice": Fault(
        "arms.csv", "EX2,ipi", "EX2,DOCE", ("twice", "row 5"), row=6, column="arm", value="DOCE"
    ),
    "trial not in trials.csv": Fault(
        "arms.csv",
        "EX1,nivo",
        "EX11,nivo",
        ("trials.csv", "EX1?"),
        row=2,
        column="trial",
        value="EX11",
    ),
    "trial without arms": Fault(
        "trials.csv", "EX2,", "EX3,,,\nEX2,", ("no arm",), row=3, column="trial", value="EX3"
    ),
    "arm without data": Fault(
        "arms.csv",
        "EX2,ipi",
        "EX1,pembro,,,,,,\nEX2,ipi",
        ("nothing is known of arm pembro",),
        column="arm",
        value="pembro",
    ),
    "year": Fault(
        "trials.csv", "2018", "20x8", ("whole number",), row=2, column="year", value="20x8"
    ),
    "n not whole": Fault(
        "arms.csv", "210", "210.5", ("whole number",), row=2, column="n", value="210.5"
    ),
    "n with a thousands comma": Fault(
        "arms.csv", "210", '"1,210"', ("thousand",), row=2, column="n", value="1,210"
    ),
    "n with a thousands point": Fault(
        "arms.csv", "210", "1.000", ("thousand",), row=2, column="n", value="1.000"
    ),
    "n zero": Fault("arms.csv", "210", "0", ("at least 1",), row=2, column="n", value="0"),
    "events above n": Fault(
        "arms.csv", "139", "239", ("239 events in 210",), row=2, column="events_PFS", value="239"
    ),
    "events not whole": Fault(
        "arms.csv", "139", "139.5", ("whole number",), row=2, column="events_PFS", value="139.5"
    ),
    "median zero": Fault(
        "arms.csv", "5.1", "0", ("above 0",), row=2, column="median_PFS", value="0"
    ),
    "comparator unknown": Fault(
        "arms.csv",
        "chemo,210",
        "chem,210",
        ("no such arm", "chemo?"),
        row=2,
        column="comparator",
        value="chem",
    ),
    "comparator itself": Fault(
        "arms.csv",
        "chemo,210",
        "nivo,210",
        ("own comparator",),
        row=2,
        column="comparator",
        value="nivo",
    ),
    "comparator with a comparator": Fault(
        "arms.csv",
        "anti-CTLA-4,doce",
        "anti-CTLA-4,atezo",
        ("has a comparator, doce",),
        row=6,
        column="comparator",
        value="atezo",
    ),
    "grouping column misspelt": Fault(
        "arms.csv", "drug_class", "drugclass", ("drugclass is not known", "drug_class is not there")
    ),
    # study.toml
    "unknown unit": Fault(
        "study.toml",
        '"months"',
        '"fortnights"',
        ("time_unit", "'weeks'"),
        row=2,
        value="fortnights",
    ),
    "unknown key of a table": Fault("study.toml", "k = 2", "k = 2\nkk = 1", ("k?",), row=10),
    "k below 1": Fault(
        "study.toml", "k = 2", "k = 0.5", ("endpoints.OS.k", "at least 1"), row=9, value="0.5"
    ),
    "k missing": Fault("study.toml", "k = 2", "", ("endpoints.OS.k is missing",), row=8),
    "illegal endpoint": Fault(
        "study.toml", "[endpoints.OS]", '[endpoints."O.S"]', ("identifier",), row=8
    ),
    "unknown reference": Fault(
        "study.toml", '"control"', '"historical"', ("reference", "'trial'"), row=3
    ),
    "reference twice": Fault("study.toml", '"control"', '"own"', ("twice",), row=3),
    "fixed without a time": Fault(
        "study.toml",
        '"control"]\n\n[endpoints.PFS]\nk = 3',
        '"fixed"]\n\n[endpoints.PFS]\nfixed_time = 6\nk = 3',
        ("endpoints.OS", "fixed_time", "in months"),
        row=9,
    ),
    "endpoints by capitals": Fault(
        "study.toml", "[pool]", "[endpoints.Os]\nk=2\n[pool]", ("capitals",), row=11
    ),
    "broken TOML": Fault("study.toml", '= "months"', "= months", ("TOML", "quotation"), row=2),
    "grouping that is not there": Fault(
        "study.toml", '["drug_class"]', '["drug_clas"]', ("drug_clas", "drug_class?")
    ),
    # published estimates
    "per cent": Fault(
        PUBLISHED,
        "0.11",
        "11",
        ("at most 1", "0.25 for 25%"),
        row=2,
        column="proportion",
        value="11",
    ),
    "outside its interval": Fault(
        PUBLISHED, "0.11", "0.2", ("outside its interval",), row=2, column="proportion"
    ),
    "interval without width": Fault(
        PUBLISHED, "0.11,0.07,0.16", "0.1,0.1,0.1", ("no width",), row=2, column="ci_low"
    ),
    "published twice": Fault(
        PUBLISHED,
        "EX2,ipi,PFS,3,own,0.11,0.07,0.16\n",
        "EX2,ipi,PFS,3,own,0.11,0.07,0.16\nEX2,ipi,PFS,3.0,own,0.1,0.07,0.16\n",
        ("twice", "row 2"),
        row=3,
    ),
    "enters twice": Fault(
        PUBLISHED,
        "EX2,ipi,PFS,3,own,0.11,0.07,0.16\n",
        "EX2,ipi,PFS,3,own,0.11,0.07,0.16\nEX1,nivo,PFS,3,own,0.2,0.1,0.3\n",
        ("nivo", "EX1.PFS", "once"),
        column="arm",
        value="nivo",
    ),
    "published endpoint": Fault(
        PUBLISHED, "PFS", "PFF", ("study.toml", "PFS?"), row=2, column="endpoint", value="PFF"
    ),
    "published arm": Fault(
        PUBLISHED, "ipi", "ipo", ("arms.csv", "ipi?"), row=2, column="arm", value="ipo"
    ),
    "published without k": Fault(PUBLISHED, ",3,", ",,", ("k is missing",), row=2, column="k"),
    "published unknown column": Fault(PUBLISHED, "k,", "kk,", ("kk is not known", "k?")),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_gets_one_plain_sentence(study: Path, problems_of: Opened, fault: Fault) -> None:
    path = study / fault.file
    text = path.read_text(encoding="utf-8")
    assert fault.old in text
    path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
    found = problems_of(study)
    assert len(found) == 1, [str(problem) for problem in found]
    (problem,) = found
    for part in fault.says:
        assert part.lower() in str(problem).lower()
    assert (problem.file, problem.row) == (fault.said_of or fault.file, fault.row)
    if fault.column is not None:
        assert problem.column == fault.column
    if fault.value is not None:
        assert problem.value == fault.value


def test_an_unknown_key_names_the_nearest_beside_the_missing_one(
    study: Path, problems_of: Opened
) -> None:
    path = study / "study.toml"
    path.write_text(path.read_text().replace("time_unit", "timeunit"))
    said = sorted(str(problem) for problem in problems_of(study))
    assert len(said) == 2
    assert "time_unit is missing" in said[0] + said[1]
    assert any(one.startswith("study.toml, row 2") and "mean time_unit?" in one for one in said)


def test_every_problem_of_every_file_comes_at_once(study: Path, problems_of: Opened) -> None:
    for file, old, new in (
        ("study.toml", "drug_class", "class"),
        ("trials.csv", "2018", "soon"),
        ("arms.csv", "139", "many"),
        (NIVO, "4,0.62", "4,0.95"),
        ("curves/EX1.PFS.chemo.csv", "4,0.3", "4,x"),
        (RISK, "6,98", "6,9.8"),
        (PATIENTS, "atezo,6,1", "atezo,6,yes"),
        (PUBLISHED, "0.11", "11"),
    ):
        path = study / file
        path.write_text(path.read_text().replace(old, new, 1))
    (study / "curves" / "EX1.PFS.nivolumab.csv").write_text("time,survival\n")
    found = problems_of(study)
    assert sorted(str(problem.file) for problem in found) == sorted(
        [
            "study.toml",
            "trials.csv",
            "arms.csv",
            NIVO,
            "curves/EX1.PFS.chemo.csv",
            RISK,
            PATIENTS,
            PUBLISHED,
            "curves/EX1.PFS.nivolumab.csv",
        ]
    ), [str(problem) for problem in found]


def test_every_row_of_a_rise_is_named(study: Path, problems_of: Opened) -> None:
    (study / NIVO).write_text("time,survival\n0,1\n1,0.5\n2,0.6\n3,0.4\n4,0.5\n")
    assert [problem.row for problem in problems_of(study)] == [4, 6]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("curves/EX1.PFS.nivol.csv", ("arm nivol", "with nivo for nivol")),
        ("curves/EX1.PSF.nivo.csv", ("endpoint PSF", "with PFS for PSF")),
        ("curves/EX11.PFS.nivo.csv", ("trial EX11", "with EX1 for EX11")),
        ("curves/EX1.nivo.csv", ("name is not understood", "<trial>.<endpoint>.<arm>.csv")),
        ("curves/EX1.PFS.nivo.txt", ("name is not understood",)),
        ("curves/EX1.PFS.a b.nivo.csv", ("no identifier",)),
        ("curves/notes", ("name is not understood",)),
        ("risk/EX1.csv", ("name is not understood", "<trial>.<endpoint>.csv")),
        ("patients/EX2.DFS.csv", ("endpoint DFS", "study.toml")),
    ],
)
def test_a_misnamed_file_names_the_nearest(
    study: Path, problems_of: Opened, name: str, says: tuple[str, ...]
) -> None:
    (study / name).write_text("time,survival\n0,1\n1,0.5\n")
    (problem,) = problems_of(study)
    assert problem.file == name
    for part in says:
        assert part.lower() in str(problem).lower()


def test_a_file_that_is_there_twice_but_for_capitals(study: Path, problems_of: Opened) -> None:
    (study / "patients" / "EX2.PFS.CSV").write_bytes((study / PATIENTS).read_bytes())
    (problem,) = problems_of(study)
    assert problem.file == PATIENTS
    assert "capitals" in problem.message


def test_two_rises_are_delayed_entry(study: Path, problems_of: Opened) -> None:
    (study / RISK).write_text("time,nivo,chemo\n0,210,208\n6,98,41\n8,120,30\n10,90,20\n12,99,9\n")
    found = problems_of(study)
    assert [(problem.row, problem.column) for problem in found] == [(4, "nivo"), (6, "nivo")]
    assert all("delayed entry" in problem.message for problem in found)


def test_files_of_the_desktop_are_passed_over(study: Path) -> None:
    for name in (".DS_Store", "~$EX1.xlsx", ".~lock.EX1.csv#"):
        (study / "curves" / name).write_bytes(b"\0")
    assert Study.open(study).notices == ()


def test_numbers_at_risk_need_their_curve(study: Path, problems_of: Opened) -> None:
    (study / "curves" / "EX1.PFS.chemo.csv").unlink()
    (problem,) = problems_of(study)
    assert (problem.file, problem.column) == (RISK, "chemo")
    assert "curves/EX1.PFS.chemo.csv" in problem.remedy
    (study / "curves" / "EX1.PFS.nivo.csv").unlink()
    assert {problem.file for problem in problems_of(study)} == {RISK}


def test_an_empty_column_says_that_nothing_was_printed(study: Path) -> None:
    (study / RISK).write_text("time,nivo,chemo\n0,210,\n6,98,\n")
    opened = Study.open(study)
    assert opened.analyses[0].arms[1].numbers_at_risk is None
    assert any("chemo" in notice and "208" in notice for notice in opened.notices)


def test_without_numbers_at_risk_n_is_needed(study: Path, problems_of: Opened) -> None:
    (study / RISK).unlink()
    assert Study.open(study).analyses[0].arms[0].numbers_at_risk is None
    path = study / "arms.csv"
    path.write_text(path.read_text().replace("210,139", ","))
    (problem,) = problems_of(study)
    assert problem.file == NIVO
    assert "neither numbers at risk nor n" in problem.message


def test_an_arm_enters_by_patients_or_by_its_curve(study: Path, problems_of: Opened) -> None:
    (study / "patients" / "EX1.PFS.csv").write_text("arm,time,event\n" + "nivo,1,1\n" * 210)
    (problem,) = problems_of(study)
    assert problem.file == NIVO
    assert "patients/EX1.PFS.csv" in problem.message


def test_an_arm_without_an_endpoint_that_its_trial_has_is_told(study: Path) -> None:
    (study / "patients" / "EX2.OS.csv").write_text("arm,time,event\n" + "atezo,1,1\n" * 4)
    (notice,) = Study.open(study).notices
    assert "EX2" in notice
    assert "doce" in notice
    assert "ipi" in notice
    assert "OS" in notice


@pytest.mark.parametrize(
    ("rows", "row", "says"),
    [
        ("EX2,PFS,a,yes\nEX2,PFS,b,yes\n", 3, ("2 primary", "a and EX2.PFS.b")),
        ("EX2,PFS,a,no\nEX2,PFS,b,no\n", 3, ("no primary", "exactly one")),
        ("EX2,PFS,a,yes\n", None, ("2 analyses", "EX2.PFS.b")),
        ("EX2,PFS,a,maybe\nEX2,PFS,b,yes\n", 2, ("yes or no", "maybe")),
        ("EX2,PFS,a,yes\nEX2,PFS,b,no\nEX2,PFS,a,no\n", 4, ("twice", "row 2")),
        ("EX2,PFS,a,yes\nEX2,PFS,b,no\nEX2,PFS,c,no\n", 4, ("no file", "EX2.PFS")),
    ],
)
def test_exactly_one_analysis_is_primary(
    study: Path, problems_of: Opened, rows: str, row: int | None, says: tuple[str, ...]
) -> None:
    content = (study / PATIENTS).read_text()
    (study / PATIENTS).unlink()
    for name in "ab":
        (study / "patients" / f"EX2.PFS.{name}.csv").write_text(content)
    (study / "analyses.csv").write_text("trial,endpoint,analysis,primary\n" + rows)
    (problem,) = problems_of(study)
    assert (problem.file, problem.row) == ("analyses.csv", row)
    for part in says:
        assert part.lower() in str(problem).lower()


def test_two_analyses_of_which_one_is_primary(study: Path) -> None:
    content = (study / PATIENTS).read_text()
    (study / PATIENTS).rename(study / "patients" / "EX2.PFS.a.csv")
    (study / "patients" / "EX2.PFS.b.csv").write_text(content)
    (study / "analyses.csv").write_text(
        "trial,endpoint,analysis,primary,time_unit,label\n"
        "EX2,PFS,a,no,,early\nEX2,PFS,b,yes,Week,late\n"
    )
    _, early, late = Study.open(study).analyses
    assert (early.primary, late.primary) == (False, True)
    assert (early.time_unit, late.time_unit) == ("months", "weeks")
    assert late.label == "late"


def test_analyses_that_differ_by_capitals_only(study: Path, problems_of: Opened) -> None:
    content = (study / PATIENTS).read_text()
    (study / PATIENTS).rename(study / "patients" / "EX2.PFS.a.csv")
    (study / "patients" / "EX2.PFS.A.csv").write_text(content)
    (study / "analyses.csv").write_text(
        "trial,endpoint,analysis,primary\nEX2,PFS,a,no\nEX2,PFS,A,yes\n"
    )
    (problem,) = problems_of(study)
    assert "capitals" in problem.message


def test_a_folder_that_is_no_study(tmp_path: Path, problems_of: Opened) -> None:
    (problem,) = problems_of(tmp_path)
    assert "not a study" in problem.message
    assert "perdure new" in problem.remedy
    (problem,) = problems_of(tmp_path / "nowhere")
    assert "no such folder" in problem.message
    (tmp_path / "file").write_text("x")
    (problem,) = problems_of(tmp_path / "file")
    assert "not a folder" in problem.message


def test_a_missing_table(study: Path, problems_of: Opened) -> None:
    (study / "arms.csv").unlink()
    (problem,) = problems_of(study)
    assert str(problem).startswith("arms.csv: there is no such file")


def test_identifiers_in_doubt_come_first_and_alone(study: Path, problems_of: Opened) -> None:
    path = study / "arms.csv"
    path.write_text(path.read_text().replace("EX2,doce", "EX2,do ce"))
    (problem,) = problems_of(study)
    assert (problem.file, problem.column) == ("arms.csv", "arm")


def test_a_misnamed_file_is_not_told_again_as_a_missing_one(
    study: Path, problems_of: Opened
) -> None:
    (study / "analyses.csv").write_text("trial,endpoint,primary\nEX1,PFS,yes\nEX2,PFS,yes\n")
    (study / PATIENTS).rename(study / "patients" / "EX2.PSF.csv")
    (problem,) = problems_of(study)
    assert problem.file == "patients/EX2.PSF.csv"
