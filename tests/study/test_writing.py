"""A file is written whole or not at all, whatever happens meanwhile."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perdure.errors import OutputError
from perdure.study import write_files, write_table, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("at", ["fsync", "replace", "write"])
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "share of the disk"),
        (OSError(errno.EACCES, "Permission denied"), "may not write there"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (KeyboardInterrupt(), None),
        (MemoryError(), None),
    ],
)
def test_the_old_file_stays_whatever_stops_the_writing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: str,
    trouble: BaseException,
    says: str | None,
) -> None:
    path = tmp_path / "results" / "estimates.csv"
    write_text(path, "old\n")

    def stop(*_: object, **__: object) -> None:
        raise trouble

    if at == "fsync":
        monkeypatch.setattr(os, "fsync", stop)
    elif at == "replace":
        monkeypatch.setattr(Path, "replace", stop)
    else:
        monkeypatch.setattr(Path, "open", _open_that_stops(trouble))
    expected = type(trouble) if says is None else OutputError
    with pytest.raises(expected) as caught:
        write_text(path, "new\n" * 1000)
    monkeypatch.undo()
    if says is not None:
        assert says in str(caught.value)
        assert str(path) in str(caught.value)
        assert "Errno" not in str(caught.value)
    assert path.read_text() == "old\n"
    assert names(path.parent) == ["estimates.csv"]


class _Half:
    """A file that takes half of what it is given, and then fails."""

    def __init__(self, path: Path, mode: str, trouble: BaseException) -> None:
        self.file, self.trouble = io.FileIO(path, mode), trouble

    def __enter__(self) -> "_Half":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, content: bytes) -> None:
        self.file.write(content[: len(content) // 2])
        raise self.trouble


def _open_that_stops(trouble: BaseException) -> Callable[[Path, str], _Half]:
    return lambda path, mode: _Half(path, mode, trouble)


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():  # not Linux: the test above shows the same
        return
    folder = tmp_path / "results"
    folder.mkdir()
    path = folder / "estimates.csv"
    path.write_text("old\n")
    (folder / f".{path.name}.{os.getpid()}.part").symlink_to(full)
    with pytest.raises(OutputError, match="the disk is full; make room"):
        write_text(path, "new\n")
    assert path.read_text() == "old\n"
    assert names(folder) == ["estimates.csv"]


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(OutputError, match="a file stands where a folder should be"):
        write_text(tmp_path / "results" / "estimates.csv", "new\n")
    with pytest.raises(OutputError, match="a file stands where a folder should be"):
        write_text(tmp_path / "results" / "deep" / "estimates.csv", "new\n")
    assert (tmp_path / "results").read_text() == "mine"


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "estimates.csv").mkdir()
    with pytest.raises(OutputError, match="a folder stands where the file should be"):
        write_text(tmp_path / "estimates.csv", "new\n")
    assert names(tmp_path) == ["estimates.csv"]


def test_ctrl_c_while_the_rows_are_made(tmp_path: Path) -> None:
    path = tmp_path / "estimates.csv"
    write_table(path, ("x",), [(1,)])

    def rows() -> Iterator[tuple[int]]:
        yield (2,)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(path, ("x",), rows())
    assert path.read_text() == "x\n1\n"
    assert names(tmp_path) == ["estimates.csv"]


def test_text_is_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "Überleben\nκ\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "Überleben\nκ\n".encode()


def test_several_files_are_all_written_or_none(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_bytes(b"old")
    other.mkdir()
    with pytest.raises(OutputError, match=r"other\.csv could not be written: a folder stands"):
        write_files({one: b"new", other: b"new"})
    assert one.read_bytes() == b"old"
    assert names(tmp_path) == ["one.csv", "other.csv"]
    other.rmdir()
    write_files({one: b"new", other: b"newer"})
    assert (one.read_bytes(), other.read_bytes()) == (b"new", b"newer")
    assert names(tmp_path) == ["one.csv", "other.csv"]


def test_a_folder_that_is_here_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (Path(), Path(".."), Path("/")):
        with pytest.raises(OutputError, match="a folder stands where the file should be"):
            write_text(path, "new")
