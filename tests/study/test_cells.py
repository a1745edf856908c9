"""Text that a spreadsheet would compute is written as text, and read as it was."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.study import read_table, table_text
from perdure.study.cells import formula_proof, without_proof

FORMULAS = [
    '=HYPERLINK("http://a.b","x")',
    "+ bevacizumab",
    "-CI",
    "@home",
    "=1",
    "+/-",
    "--",
    "-1+2",
]


def raw(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("label", FORMULAS)
def test_a_label_that_is_a_formula_is_text_in_a_spreadsheet_and_itself_again_when_read(
    label: str, tmp_path: Path
) -> None:
    text = table_text(["trial", "label"], [["T1", label]])
    assert raw(text)[1] == ["T1", f"'{label}"]
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert read_table(path).column("label") == (label,)


@pytest.mark.parametrize(
    "cell",
    [-0.25, 3, "-0.25", "+4", "-1e-5", "-inf", "-", "anti-PD-1", "a=b", "", "'s-Hertogenbosch"],
)
def test_numbers_and_plain_text_are_written_as_they_are(cell: object) -> None:
    assert raw(table_text(["x", "y"], [[cell, 1]]))[1] == [str(cell), "1"]


def test_a_header_is_text_too() -> None:
    assert raw(table_text(["=cmd", "x"], []))[0] == ["'=cmd", "x"]


@given(st.text(alphabet="'=+-@\t\r ab1.e", max_size=8))
def test_no_text_is_lost_and_none_is_computed(text: str) -> None:
    written = formula_proof(text)
    assert without_proof(written) == text
    if written[:1] in {"=", "@", "\t", "\r"} or (written[:1] in {"+", "-"} and len(written) > 1):
        float(written)  # a number, and nothing else
