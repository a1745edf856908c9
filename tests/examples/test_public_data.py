"""What is fetched from public repositories is read rightly, once, and is what was described."""

import io
import shutil
import subprocess
from pathlib import Path
from urllib.error import URLError

import public_data
import pytest
from public_data import check_arm, content_at, patients_by_arm, patients_of_rda

ADDRESS = "https://raw.githubusercontent.com/o/r/1a/x.csv"
IN_R = """
x <- data.frame(time = c(1.5, 2, 3.25), event = c(1L, 0L, 1L), arm = factor(c("a", "b", "b")))
class(x) <- c("kmdata", "data.frame")
`T(a)_1` <- x
save("T(a)_1", file = "{path}", compress = "xz")
"""


def test_records_of_a_data_frame_are_read_as_a_table() -> None:
    records = [{"time": 1.5, "event": 1.0, "arm": "a"}, {"time": 2.0, "event": 0.0, "arm": "b"}]
    assert patients_by_arm(records) == {"a": [(1.5, 1)], "b": [(2.0, 0)]}


def test_an_r_data_file_as_kmdata_has_them_is_read(tmp_path: Path) -> None:
    pytest.importorskip("rdata", reason="R data files need rdata, which perdure does not")
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("needs R to write an R data file")
    path = tmp_path / "x.rda"
    subprocess.run([program, "-e", IN_R.replace("{path}", str(path))], check=True)
    assert patients_of_rda(path.read_bytes()) == {"a": [(1.5, 1)], "b": [(2.0, 0), (3.25, 1)]}


def test_another_data_set_is_refused() -> None:
    row = {"n": "2", "events": "1", "sum_of_times": "5.00", "sum_of_event_times": "2.00"}
    check_arm("x", "a", row, [(2.0, 1), (3.0, 0)], "arms.csv")
    with pytest.raises(SystemExit, match=r"x, arm a: sum_of_times is 5\.5 and not 5, as arms"):
        check_arm("x", "a", row, [(2.0, 1), (3.5, 0)], "arms.csv")


def test_what_was_fetched_is_kept_and_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(address: str, timeout: float) -> io.BytesIO:
        asked.append(address)
        return io.BytesIO(b"time,event,arm\n")

    monkeypatch.setattr(public_data, "urlopen", answer)
    first = content_at(ADDRESS, tmp_path)
    assert content_at(ADDRESS, tmp_path) == first == (tmp_path / "x.csv").read_bytes()
    assert asked == [ADDRESS]
    (tmp_path / "x.csv").write_bytes(b"spoilt")
    assert content_at(ADDRESS, tmp_path) == first
    assert asked == [ADDRESS, ADDRESS]


def test_without_network_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(address: str, timeout: float) -> None:
        raise URLError("no route")

    monkeypatch.setattr(public_data, "urlopen", fail)
    with pytest.raises(SystemExit, match=r"x\.csv could not be fetched \(no route\).*--from"):
        content_at(ADDRESS, tmp_path)
    assert list(tmp_path.iterdir()) == []
