"""Archives and patients from the command line: exit status, words, and what R and others need."""

import csv
from pathlib import Path

import pytest

from commands import perdure

STUDY = """\
title = "One trial"
time_unit = "months"

[endpoints.OS]
k = 2

[reconstruct]
method = "guyot"
"""

FILES = {
    "study.toml": STUDY,
    "trials.csv": "trial,label\nT1,Trial one\nT2,Trial two\n",
    "arms.csv": "trial,arm,label,drug_class,comparator\n"
    "T1,a,A,one,b\nT1,b,B,two,\nT2,c,C,one,d\nT2,d,D,two,\n",
    "patients/T1.OS.csv": "arm,time,event\n" + "a,3.5,1\na,9,0\n" * 5 + "b,2,1\nb,4,0\n" * 5,
    "published_estimates.csv": "trial,arm,endpoint,k,reference,proportion,ci_low,ci_high\n"
    "T2,c,OS,2,own,0.3,0.2,0.4\nT2,d,OS,2,own,0.2,0.1,0.3\n",
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "study"


def test_export_and_import(study: Path, tmp_path: Path) -> None:
    (study / "notes.txt").write_text("mine")
    said = perdure("export", study, "-o", tmp_path / "study.zip")
    assert said.returncode == 0
    assert "notes.txt" in said.stderr
    assert "wrote 5 files" in said.stdout
    said = perdure("import", tmp_path / "study.zip", "-o", tmp_path / "again")
    assert said.returncode == 0
    assert perdure("check", tmp_path / "again").returncode == 0
    said = perdure("import", tmp_path / "study.zip", "-o", tmp_path / "again")
    assert said.returncode == 1
    assert "not empty" in said.stderr


def test_patients_of_arms_that_have_any(study: Path, tmp_path: Path) -> None:
    said = perdure("export", study, "--patients", "csv", "-o", tmp_path / "p.csv")
    assert said.returncode == 0, said.stderr
    assert "T2.OS, arm c: known by a published estimate only" in said.stderr
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["arm"] for row in rows] == ["a"] * 10 + ["b"] * 10
    assert {row["rebuilt"] for row in rows} == {"0"}


def test_wrong_usage(study: Path, tmp_path: Path) -> None:
    target = tmp_path / "p.csv"
    for words in (["--patients", "spss"], ["--patients", "csv", "--results"]):
        assert perdure("export", study, *words, "-o", target).returncode == 2
    assert perdure("export", study).returncode == 2
    assert not target.exists()


def test_rebuilt_patients_and_results_are_those_of_the_files(study: Path, tmp_path: Path) -> None:
    (study / "published_estimates.csv").unlink()
    (study / "curves").mkdir()
    for arm, end in (("c", 0.3), ("d", 0.1)):
        rows = f"time,survival\n0,1\n2,0.7\n5,0.45\n9,{end}\n14,{end}\n"
        (study / "curves" / f"T2.OS.{arm}.csv").write_text(rows)
    (study / "risk").mkdir()
    (study / "risk" / "T2.OS.csv").write_text("time,c,d\n0,40,40\n6,16,15\n12,8,3\n")
    target = tmp_path / "p.csv"
    said = perdure("export", study, "--patients", "csv", "-o", target)
    assert said.returncode == 1
    assert "perdure run" in said.stderr
    assert perdure("run", study).returncode == 0
    assert perdure("export", study, "--patients", "csv", "-o", target).returncode == 0
    with target.open(newline="") as file:
        rebuilt = [row for row in csv.DictReader(file) if row["rebuilt"] == "1"]
    with (study / "results" / "patients" / "T2.OS.csv").open(newline="") as file:
        kept = list(csv.DictReader(file))
    assert [(row["arm"], float(row["time"]), row["event"]) for row in rebuilt] == [
        (row["arm"], float(row["time"]), row["event"]) for row in kept
    ]
    archive = tmp_path / "whole.zip"
    assert perdure("export", study, "--results", "--report", "-o", archive).returncode == 0
    assert perdure("import", archive, "-o", tmp_path / "again").returncode == 0
    assert "nothing was stale" in perdure("run", tmp_path / "again").stderr
    (study / "trials.csv").write_text(FILES["trials.csv"].replace("Trial one", "Another"))
    for words in (["--results"], ["--report"], ["--patients", "csv"]):
        place = target if "csv" in words else archive
        said = perdure("export", study, *words, "-o", place)
        assert said.returncode == 1
        assert "perdure run" in said.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "study/study.toml"),
        ("-o", "study/figures/new.zip"),
        ("-o", "study/arms.csv", "--patients", "csv"),
        ("-o", "study/patients/T1.OS.csv", "--patients", "csv"),
        ("-o", "study/arms.R", "--patients", "r"),
        ("-o", "archive"),
    ],
)
def test_nothing_of_the_study_is_written_over(
    study: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    done = perdure("export", "study", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert "would be lost" in done.stderr or ".zip" in done.stderr
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before
