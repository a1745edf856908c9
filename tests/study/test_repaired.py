"""What is repaired or read in an unusual way is said, and said once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from perdure.errors import Problem
from perdure.study import Study

NIVO = "curves/EX1.PFS.nivo.csv"
RISK = "risk/EX1.PFS.csv"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_valid_study_says_nothing(study: Path) -> None:
    opened = Study.open(study)
    assert opened.notices == ()
    assert [(one.trial, one.endpoint) for one in opened.analyses] == [
        ("EX1", "PFS"),
        ("EX2", "PFS"),
    ]
    nivo, chemo = opened.analyses[0].arms
    assert (nivo.source, chemo.source) == ("curve", "curve")
    assert nivo.curve is not None
    np.testing.assert_array_equal(nivo.curve.survival, [1, 0.8, 0.62, 0.4, 0.3])
    assert nivo.numbers_at_risk is not None
    np.testing.assert_array_equal(nivo.numbers_at_risk.n, [210, 98, 40])
    atezo = opened.analyses[1].arms[0].patients
    assert atezo is not None
    assert (atezo.n, atezo.events) == (4, 2)
    assert opened.published[0].proportion == 0.11
    assert opened.trials[0].arms[0].reported_for("PFS").events == 139
    assert opened.trials[0].arms[0].reported_for("OS").n == 210


def test_per_cent_is_read_and_said(study: Path) -> None:
    (study / NIVO).write_text("time,survival\n0,100\n2,80\n4,62\n8,40\n12.5,30\n")
    opened = Study.open(study)
    (notice,) = opened.notices
    assert notice.startswith(f"{NIVO}: ")
    assert "per cent" in notice
    curve = opened.analyses[0].arms[0].curve
    assert curve is not None
    np.testing.assert_allclose(curve.survival, [1, 0.8, 0.62, 0.4, 0.3], rtol=1e-15)


def test_a_small_rise_is_made_monotone_and_said(study: Path) -> None:
    rewrite(study / NIVO, "4,0.62", "4,0.82")
    opened = Study.open(study)
    (notice,) = opened.notices
    assert "0.020" in notice
    assert "least squares" in notice
    curve = opened.analyses[0].arms[0].curve
    assert curve is not None
    np.testing.assert_allclose(curve.survival, [1, 0.81, 0.81, 0.4, 0.3])


def test_a_repeated_time_is_a_vertical_step(study: Path) -> None:
    rewrite(study / NIVO, "4,0.62", "4,0.8\n4,0.62")
    opened = Study.open(study)
    assert opened.notices == ()
    curve = opened.analyses[0].arms[0].curve
    assert curve is not None
    assert curve.at(4.0) == 0.62
    assert curve.at(3.99) == 0.8


def test_one_number_at_risk_that_is_larger_is_left_out_by_name(study: Path) -> None:
    rewrite(study / RISK, "6,98,41", "6,98,41\n9,198,20")
    opened = Study.open(study)
    (notice,) = opened.notices
    assert notice.startswith(f"{RISK}, column nivo: ")
    assert "row 4" in notice
    assert "198" in notice
    nivo, chemo = (arm.numbers_at_risk for arm in opened.analyses[0].arms)
    assert nivo is not None
    assert chemo is not None
    np.testing.assert_array_equal(nivo.n, [210, 98, 40])
    np.testing.assert_array_equal(chemo.n, [208, 41, 20, 9])


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Latin-1"),
    ],
)
@pytest.mark.parametrize("name", ["study.toml", "trials.csv", "arms.csv"])
def test_encodings_are_read_and_said(
    study: Path, name: str, encoding: str, says: str | None
) -> None:
    if name == "study.toml":
        rewrite(study / name, "Two trials", "Überleben")
    else:
        rewrite(study / name, "Example 1" if name == "trials.csv" else "Nivolumab", "Überleben")
    path = study / name
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + path.read_text(encoding="utf-8").encode(encoding))
    opened = Study.open(study)
    found = (opened.settings.title, opened.trials[0].label, opened.trials[0].arms[0].label)
    assert "Überleben" in found
    assert [
        notice.startswith(f"{name}: ") and str(says) in notice for notice in opened.notices
    ] == ([] if says is None else [True])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_decimal_commas(study: Path, separator: str) -> None:
    before = Study.open(study)
    for path in study.rglob("*.csv"):
        text = path.read_text().replace(",", separator).replace(".", ",")
        path.write_text(text)
    (study / "published_estimates.csv").write_text(
        (study / "published_estimates.csv").read_text().replace("0,", "0,")
    )
    after = Study.open(study)
    assert len(after.notices) == 7
    assert all("between the columns" in notice for notice in after.notices)
    assert after.published == before.published
    assert after.trials == before.trials
    for one, other in zip(before.analyses, after.analyses, strict=True):
        for arm, same in zip(one.arms, other.arms, strict=True):
            if arm.curve is not None and same.curve is not None:
                np.testing.assert_array_equal(arm.curve.time, same.curve.time)
                np.testing.assert_array_equal(arm.curve.survival, same.curve.survival)
            if arm.patients is not None and same.patients is not None:
                np.testing.assert_array_equal(arm.patients.time, same.patients.time)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("arms.csv", ";210;", ";1,000;"), (RISK, "0;210", "0;1,000"), (RISK, "0;210", "0;1,210")],
)
def test_a_thousand_is_never_read_as_one(
    study: Path,
    problems_of: Callable[[Path], tuple[Problem, ...]],
    file: str,
    old: str,
    new: str,
) -> None:
    path = study / file
    path.write_text(path.read_text().replace(",", ";"))
    rewrite(path, old, new)
    (problem,) = problems_of(study)
    assert "thousand" in str(problem)
    assert (problem.file, problem.row) == (file, 2)


def test_what_spreadsheets_leave_is_no_fault(study: Path) -> None:
    (study / NIVO).write_bytes(
        b"time , survival,,\r\n\r\n 0, 1,,\r\n2,0.8 ,,\r\n,,,\r\n"
        b"4,0.62,,\r\n8,0.4,,\r\n12.5,0.3,,\r\n\r\n"
    )
    rewrite(study / RISK, "6,98,41", "6,98.0,41.0")
    rewrite(study / "arms.csv", "210", "210.0")
    opened = Study.open(study)
    assert opened.notices == ()
    assert opened.trials[0].arms[0].n == 210


def test_minus_nought_is_nought(study: Path) -> None:
    rewrite(study / NIVO, "0,1", "-0,1")
    curve = Study.open(study).analyses[0].arms[0].curve
    assert curve is not None
    assert curve.time[0] == 0


def test_a_link_to_a_study_is_a_study(study: Path, tmp_path: Path) -> None:
    link = tmp_path / "a link"
    link.symlink_to(study, target_is_directory=True)
    assert len(Study.open(link).analyses) == 2
    assert len(Study.open(str(link)).analyses) == 2


def test_a_single_arm_needs_no_column_arm(study: Path) -> None:
    rewrite(study / "trials.csv", "EX2,", "EX3,,2020,first\nEX2,")
    rewrite(study / "arms.csv", "EX2,atezo", "EX3,pembro,,anti-PD-1,,2,,\nEX2,atezo")
    (study / "patients" / "EX3.OS.csv").write_text("time,event\n3,1\n5,0\n")
    (study / "curves" / "EX3.PFS.pembro.csv").write_text("time,survival\n0,1\n5,0\n")
    (study / "risk" / "EX3.PFS.csv").write_text("time,n_at_risk\n0,2\n")
    opened = Study.open(study)
    assert [(one.trial, one.endpoint) for one in opened.analyses] == [
        ("EX1", "PFS"),
        ("EX3", "PFS"),
        ("EX3", "OS"),
        ("EX2", "PFS"),
    ]
    assert opened.analyses[2].arms[0].arm == "pembro"
    assert opened.analyses[1].arms[0].numbers_at_risk is not None
