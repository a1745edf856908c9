"""Patients on disk are read back by others: pandas for Stata, R for its script."""

import csv
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from perdure.errors import InputError
from perdure.records import Patients
from perdure.study import ArmPatients, PatientTable, patient_table, write_patients

NASTY = 'β-arm "x", \\n '


@pytest.fixture
def table() -> PatientTable:
    """Two arms, one in days, with names that need care in every form."""

    def arm(name: str, label: str, patients: Patients, *, rebuilt: bool) -> ArmPatients:
        return ArmPatients(
            trial="T1",
            trial_label="NA",
            endpoint="OS",
            analysis="",
            primary=True,
            arm=name,
            arm_label=label,
            drug_class="=1+1",
            patients=patients,
            rebuilt=rebuilt,
        )

    days = Patients([30.4375, 60.875, 91.3125], [1, 0, 1], "days")
    return patient_table(
        [
            arm("new", NASTY, days, rebuilt=True),
            arm("old", "+ chemo", Patients([0.1, 0.7], [1, 0]), rebuilt=False),
        ],
        "months",
    )


def test_csv_has_its_labels_beside_it(table: PatientTable, tmp_path: Path) -> None:
    files = write_patients(table, tmp_path / "p.csv", "csv")
    assert [path.name for path in files] == ["p.csv", "p.labels.csv"]
    with files[0].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["time"]) for row in rows] == [1, 2, 3, 0.1, 0.7]
    assert [row["rebuilt"] for row in rows] == ["1", "1", "1", "0", "0"]
    assert rows[0]["arm_label"] == NASTY
    assert rows[4]["arm_label"] == "'+ chemo"
    with files[1].open(newline="", encoding="utf-8") as file:
        labels = {row["column"]: row for row in csv.DictReader(file)}
    assert set(labels) == set(rows[0])
    assert labels["time"]["label"] == "Time to event or censoring (months)"
    assert labels["event"]["codes"] == "0 censored; 1 event"


def test_stata_holds_labels_and_values(table: PatientTable, tmp_path: Path) -> None:
    (path,) = write_patients(table, tmp_path / "p.dta", "stata")
    with pd.read_stata(path, iterator=True) as reader:
        frame = reader.read()
        assert reader.variable_labels()["time"] == "Time to event or censoring (months)"
        assert reader.value_labels()["event"] == {0: "censored", 1: "event"}
    assert frame["time"].tolist() == [1, 2, 3, 0.1, 0.7]
    assert frame["event"].tolist() == ["event", "censored", "event", "event", "censored"]
    assert frame["rebuilt"].tolist() == ["rebuilt"] * 3 + ["as given"] * 2
    assert frame["arm_label"].tolist() == [NASTY] * 3 + ["+ chemo"] * 2
    assert frame["trial_label"].tolist() == ["NA"] * 5
    first = path.read_bytes()
    write_patients(table, path, "stata")
    assert path.read_bytes() == first


def test_text_that_is_very_long(tmp_path: Path) -> None:
    label = "ß" * 3000
    one = Patients([1.0], [1])
    primary = True
    arm = ArmPatients("T", "T", "OS", "", primary, "a", label, "", one, rebuilt=False)
    (path,) = write_patients(patient_table([arm], "months"), tmp_path / "p.dta", "stata")
    assert pd.read_stata(path)["arm_label"].tolist() == [label]


READ_BACK = """\
source("my patients.R", chdir = TRUE)
stopifnot(identical(levels(patients$arm), c("new", "old")))
stopifnot(is.numeric(patients$event), patients$event == c(1, 0, 1, 1, 0))
stopifnot(identical(as.character(patients$rebuilt), rep(c("rebuilt", "as given"), c(3, 2))))
stopifnot(identical(attr(patients$time, "label"), "Time to event or censoring (months)"))
stopifnot(!anyNA(patients), levels(patients$trial_label) == "NA")
stopifnot(levels(patients$drug_class) == "=1+1", levels(patients$arm_label)[2] == "+ chemo")
cat(patients$time, levels(patients$arm_label)[1], sep = "\\n")
"""


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_r_reads_its_script(table: PatientTable, tmp_path: Path, locale: str) -> None:
    write_patients(table, tmp_path / "my patients.R", "r")
    (tmp_path / "read.R").write_text(READ_BACK, encoding="utf-8")
    said = subprocess.run(
        ["Rscript", "--vanilla", "read.R"],
        cwd=tmp_path,
        env={"LC_ALL": locale, "PATH": "/usr/bin:/bin:/usr/local/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[:5] == ["1", "2", "3", "0.1", "0.7"]
    assert lines[5] in (NASTY, NASTY.replace("β", "<U+03B2>"))


def test_the_ending_says_the_form(table: PatientTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.dta"):
        write_patients(table, tmp_path / "p.csv", "stata")
    assert not list(tmp_path.iterdir())
