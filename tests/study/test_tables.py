"""What is written comes back bit for bit, and every usual way to save a CSV reads the same."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from perdure.errors import InputError, Problem
from perdure.study import read_table, write_table

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
CELLS = st.text(
    st.characters(codec="cp1252", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1
)
SHARED_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)


@SHARED_FOLDER
@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=20))
def test_floats_come_back_bit_for_bit(tmp_path: Path, rows: list[tuple[float, float]]) -> None:
    path = tmp_path / "floats.csv"
    write_table(path, ("a", "b"), [(a, np.float64(b)) for a, b in rows])
    table = read_table(path)
    problems: list[Problem] = []
    for name, at in (("a", 0), ("b", 1)):
        back = table.numbers(name, problems)
        assert back.tobytes() == np.array([row[at] for row in rows]).tobytes()
    assert problems == []


@SHARED_FOLDER
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_text_comes_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "text.csv"
    write_table(path, ("a", "b"), rows)
    assert read_table(path).rows == tuple(rows)


@SHARED_FOLDER
@given(
    st.lists(st.tuples(CELLS, st.decimals(-1000, 1000, places=3)), min_size=1, max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "cp1252"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_way_to_save_reads_the_same(
    tmp_path: Path, rows: list[tuple[str, object]], encoding: str, separator: str, line_end: str
) -> None:
    comma = separator != ","
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator=line_end)
    writer.writerow(("label", "value"))
    for label, value in rows:
        number = str(value).replace(".", ",") if comma else str(value)
        writer.writerow((f"é{label}", number))
    mark = {"utf-16-be": b"\xfe\xff", "utf-16-le": b"\xff\xfe"}.get(encoding, b"")
    saved = buffer.getvalue().encode(encoding)
    if encoding == "cp1252":
        # The bytes of "é¡¡" are those of one letter in UTF-8 too: nobody can tell which was meant.
        assume(saved.decode("utf-8", errors="replace") != saved.decode("utf-8", errors="ignore"))
    path = tmp_path / "saved.csv"
    path.write_bytes(mark + saved)
    table = read_table(path)
    assert table.header == ("label", "value")
    assert table.rows == tuple((f"é{label}", str(value)) for label, value in rows)
    assert table.lines == tuple(range(2, len(rows) + 2))
    said = "".join(table.notices)
    assert ("UTF-16" in said) == encoding.startswith("utf-16")
    assert ("Latin-1" in said) == (encoding == "cp1252")
    assert ("decimal commas" in said) == comma


def written(folder: Path, content: bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content)
    return path


def test_rows_are_counted_as_an_editor_counts(tmp_path: Path) -> None:
    content = b'\n\ntime,note\n1,"two\nlines"\n\n2,"a ""quoted"" word"\r\n , \n3,x\n'
    table = read_table(written(tmp_path, content))
    assert table.lines == (4, 7, 9)
    assert table.rows == (("1", "two\nlines"), ("2", 'a "quoted" word'), ("3", "x"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n \n,,\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"time,sur\0vival\n0,1\n", "not a text file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
        (b"\xff\xfet\0i\0m", "not a text file"),
        (b"time,\x81\x8d\n", "not a text file"),
        (b"PK\x03\x04\x14\0\x06\0", "not a text file"),
        (
            b'time,x\n"' + b"a" * 200_000 + b'",1\n',
            "row 2: a cell in this row has more than 131072",
        ),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_table(written(tmp_path, content))
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_a_folder_named_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(InputError, match=r"x\.csv: the file cannot be opened: is a directory"):
        read_table(tmp_path / "x.csv")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be opened: permission denied"):
        read_table(tmp_path / "x.csv")


def test_a_very_long_cell_is_shown_in_part(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"time,x\n" + b"9" * 5000 + b"z,1\n"))
    problems: list[Problem] = []
    assert math.isnan(table.numbers("time", problems)[0])
    assert len(str(problems[0])) < 200


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0", 0), ("120", 120), ("120.0", 120), ("1e3", 1000), ("1000000", 1_000_000), ("", math.nan)],
)
def test_counts(tmp_path: Path, cell: str, value: float) -> None:
    problems: list[Problem] = []
    table = read_table(written(tmp_path, f"n,x\n{cell},1\n".encode()))
    assert table.counts("n", problems)[0] == pytest.approx(value, nan_ok=True)
    assert problems == []


@pytest.mark.parametrize(
    "cell", ["1.5", "-1", "1000001", "1e300", "1 200", "1_200", "twelve", "nan", "inf", "−5"]
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_no_counts(tmp_path: Path, cell: str, separator: str) -> None:
    problems: list[Problem] = []
    table = read_table(written(tmp_path, f"n{separator}x\n{cell}{separator}1\n".encode()))
    table.counts("n", problems)
    assert [(problem.row, problem.column, problem.value) for problem in problems] == [
        (2, "n", cell)
    ]


def test_columns_and_records(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"a,b\n1,\n,2\n"))
    assert table.records() == [(2, {"a": "1"}), (3, {"b": "2"})]
    with pytest.raises(KeyError):
        table.column("c")


@pytest.mark.parametrize("name", [b'"trial\nA,1"', b"x" * 101])
def test_a_header_that_runs_on(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(InputError, match="row 1: the name of column 1 is too long") as caught:
        read_table(written(tmp_path, name + b",b\n1,2\n"))
    assert len(caught.value.problems) == 1
