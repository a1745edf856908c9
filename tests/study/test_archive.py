"""A study goes into one archive and comes out as it was; an archive that is not whole stays out."""

import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from perdure.errors import InputError, OutputError
from perdure.study import Study, archive, export_study, import_study

Files = dict[str, bytes]


def contents(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def packed(path: Path, files: Mapping[str, bytes], *, listed: bool = True) -> Path:
    """A zip file as anyone might make it, with a list of checksums as sha256sum prints it."""
    sums = "".join(f"{hashlib.sha256(one).hexdigest()}  {name}\n" for name, one in files.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if listed:
            file.writestr("SHA256SUMS", sums)
        for name, content in files.items():
            file.writestr(name, content)
    return path


def refused(source: Path, target: Path) -> str:
    """What is said of an archive that must leave nothing behind."""
    before = sorted(target.parent.rglob("*"))
    with pytest.raises(InputError) as caught:
        import_study(source, target)
    assert sorted(target.parent.rglob("*")) == before
    return str(caught.value)


def test_a_study_comes_out_as_it_went_in(study: Path, tmp_path: Path) -> None:
    (study / "notes.txt").write_text("not an input")
    (study / "papers").mkdir()
    (study / "papers" / "EX1.pdf").write_bytes(b"not an input either")
    names, left_out = export_study(study, tmp_path / "study.zip")
    assert left_out == ("notes.txt", "papers/")
    assert import_study(tmp_path / "study.zip", tmp_path / "again") == names
    there = contents(study)
    assert contents(tmp_path / "again") == {name: there[name] for name in names}
    assert Study.open(tmp_path / "again").trials == Study.open(study).trials


def test_other_tools_read_the_archive(study: Path, tmp_path: Path) -> None:
    export_study(study, tmp_path / "study.zip")
    with zipfile.ZipFile(tmp_path / "study.zip") as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "out")
    check = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path / "out",
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(check.stdout.splitlines()) == len(contents(tmp_path / "out")) - 1


def test_the_same_files_make_the_same_bytes(study: Path, tmp_path: Path) -> None:
    export_study(study, tmp_path / "a.zip")
    import_study(tmp_path / "a.zip", tmp_path / "elsewhere" / "other name")
    for path in study.rglob("*.csv"):
        path.touch()
        path.chmod(0o600)
    export_study(study, tmp_path / "b.zip")
    export_study(tmp_path / "elsewhere" / "other name", tmp_path / "c.zip")
    first = (tmp_path / "a.zip").read_bytes()
    assert (tmp_path / "b.zip").read_bytes() == first
    assert (tmp_path / "c.zip").read_bytes() == first


def test_an_empty_folder_is_filled_and_a_full_one_is_not(study: Path, tmp_path: Path) -> None:
    export_study(study, tmp_path / "study.zip")
    (tmp_path / "empty").mkdir()
    import_study(tmp_path / "study.zip", tmp_path / "empty")
    said = refused(tmp_path / "study.zip", tmp_path / "empty")
    assert "not empty" in said


def test_no_damage_gets_in(study: Path, tmp_path: Path) -> None:
    """A wrong byte in a date of the zip file harms nothing; anywhere else it is refused."""
    export_study(study, tmp_path / "study.zip")
    whole = (tmp_path / "study.zip").read_bytes()
    path, target = tmp_path / "damaged.zip", tmp_path / "new"
    refusals = 0
    places = range(0, len(whole), 101)
    for at in places:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            import_study(path, target)
        except InputError:
            refusals += 1
            assert not target.exists()
            continue
        there = contents(study)
        assert contents(target) == there
        shutil.rmtree(target)
    assert refusals > 0.7 * len(places)


def test_an_archive_of_another_kind_of_zip_is_refused(study: Path, tmp_path: Path) -> None:
    """Its directory says that another version of zip is needed to unpack it."""
    export_study(study, tmp_path / "study.zip")
    content = bytearray((tmp_path / "study.zip").read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 210
    (tmp_path / "study.zip").write_bytes(content)
    assert "cannot be read as a zip file" in refused(tmp_path / "study.zip", tmp_path / "new")


def test_a_cut_archive_is_refused(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    export_study(study, path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "damaged" in refused(path, tmp_path / "new")
    assert "no such file" in refused(tmp_path / "none.zip", tmp_path / "new")


def _without_arms(files: Files) -> None:
    del files["arms.csv"]


def _changed(files: Files) -> None:
    files["arms.csv"] += b" "


def _more(files: Files) -> None:
    files["curves/more.csv"] = b"x"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without_arms, "incomplete: a file is missing (found 'arms.csv')"),
        (_changed, "not the one that was packed (found 'arms.csv')"),
        (_more, "SHA256SUMS does not name a file (found 'curves/more.csv')"),
    ],
)
def test_what_the_checksums_do_not_bear_out(
    study: Path, tmp_path: Path, change: Callable[[Files], None], says: str
) -> None:
    export_study(study, tmp_path / "study.zip")
    with zipfile.ZipFile(tmp_path / "study.zip") as file:
        files = {name: file.read(name) for name in file.namelist()}
    change(files)
    said = refused(packed(tmp_path / "other.zip", files, listed=False), tmp_path / "new")
    assert says in said


@pytest.mark.parametrize(
    "name",
    [
        *("../out.csv", "/tmp/out.csv", "C:/out.csv", "curves/../../out.csv", "a//b", "./a"),
        *("nul", "figures/com1.png", "name.", "a\x01b", "CURVES/x.csv"),
    ],
)
def test_unsafe_names(tmp_path: Path, name: str) -> None:
    files = {"study.toml": b"", "curves/x.csv": b"", name: b"gotcha"}
    assert "not safe" in refused(packed(tmp_path / "bad.zip", files), tmp_path / "in" / "new")


def test_backslashes_are_not_unpacked(tmp_path: Path) -> None:
    content = packed(tmp_path / "a.zip", {"study.toml": b"", "xxNout.csv": b""}).read_bytes()
    (tmp_path / "b.zip").write_bytes(content.replace(b"xxNout.csv", b"..\\out.csv"))
    assert "not safe" in refused(tmp_path / "b.zip", tmp_path / "new")


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    """No program writes one; here the last name becomes a remark of the zip file's directory."""
    content = bytearray(packed(tmp_path / "a.zip", {"study.toml": b"", "a": b""}).read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 28], content[at + 32] = 0, 1
    (tmp_path / "b.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        assert "" in file.namelist()
    assert "not safe" in refused(tmp_path / "b.zip", tmp_path / "new")


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("figures/a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as file:
        file.writestr("study.toml", b"")
        file.writestr(link, b"/etc/passwd")
    assert "a link" in refused(tmp_path / "link.zip", tmp_path / "new")


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "NOT_SMALL", 10_000)
    bomb = packed(tmp_path / "bomb.zip", {"study.toml": b"", "curves/a.csv": bytes(1_000_000)})
    assert "more than 100 times its size" in refused(bomb, tmp_path / "new")
    monkeypatch.setattr(archive, "MOST_BYTES", 900_000)
    assert "bytes; 900000 are the most" in refused(bomb, tmp_path / "new")
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    assert "3 files" in refused(bomb, tmp_path / "new")


def test_what_is_no_study(study: Path, tmp_path: Path) -> None:
    for files, listed in (({"study.toml": b""}, False), ({"arms.csv": b""}, True)):
        bad = packed(tmp_path / "bad.zip", files, listed=listed)
        assert re.search(r"has no (SHA256SUMS|study\.toml)", refused(bad, tmp_path / "new"))
    with pytest.raises(InputError, match="not a study"):
        export_study(tmp_path, tmp_path / "study.zip")
    with pytest.raises(InputError, match="no results/ to export"):
        export_study(study, tmp_path / "study.zip", results=True)
    assert not (tmp_path / "study.zip").exists()


def test_names_that_another_system_cannot_hold(study: Path, tmp_path: Path) -> None:
    (study / "figures").mkdir()
    (study / "figures" / "a:b.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"figures/a:b\.png: the name is not safe"):
        export_study(study, tmp_path / "study.zip")
    (study / "figures" / "a:b.png").unlink()
    for name in ("A.png", "a.png"):
        (study / "figures" / name).write_bytes(b"")
    with pytest.raises(InputError, match="same file on some systems"):
        export_study(study, tmp_path / "study.zip")


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"study.toml": b"x"})
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), bytes(content)):
            content[found.start() + at] |= 1
    path.write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.infolist()[0].flag_bits & 1
    assert "cannot be unpacked" in refused(path, tmp_path / "new")


# An archive that somebody forged: its list of checksums names whatever it holds


@pytest.mark.parametrize(
    "name",
    [
        *(".bashrc", "setup.py", "Makefile", "study.toml.exe", "curves/run.sh", "curves/a/b.csv"),
        *("figures/a.html", "figures/.png", ".git/hooks/pre-commit", "results", "bin/perdure"),
        *("curves/.a.csv", "STUDY.TOML.csv", "patients/a.csv/b.csv", "Curves/a.csv", "SHA256SUMS2"),
    ],
)
def test_only_files_of_a_study_get_in(tmp_path: Path, name: str) -> None:
    forged = packed(tmp_path / "forged.zip", {"study.toml": b"", name: b"gotcha"})
    assert f"no file of a study (found {name!r})" in refused(forged, tmp_path / "new")


@pytest.mark.parametrize(
    "name",
    [
        *("arms.csv", "figures.csv", "README.txt", "started_from.txt", "curves/T1.OS.a.CSV"),
        *("figures/deep/er/a.svgz", "results/patients/T1.OS.csv", "report/figures/a.svg"),
        *("patients/T1.OS.csv", "risk/T1.OS.csv", "figures/Über 2.PDF", "report/index.html"),
    ],
)
def test_files_of_a_study_get_in(tmp_path: Path, name: str) -> None:
    whole = packed(tmp_path / "whole.zip", {"study.toml": b"", name: b"here"})
    assert import_study(whole, tmp_path / "new") == ("study.toml", name)
    assert (tmp_path / "new" / name).read_bytes() == b"here"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("figures/com¹.png", "not safe on every machine"),
        ("figures/CONOUT$.png", "not safe on every machine"),
        ("figures/a\u2028b.png", "not safe on every machine"),
        ("figures/" + "a" * 250 + ".png", "the name is too long"),
        ("report/" + "a/" * 500 + "x", "the name is too long"),
        ("figures/" + "ü" * 125 + ".png", "the name is too long"),
        ("figures/B/c.png", "figures/b is the same folder on some systems"),
        ("figures/A.PNG", "figures/a.png is the same file on some systems"),
        ("figures/a.png/b.png", "figures/a.png is a file and a folder at once"),
        ("figures/A.png/b.png", "figures/a.png is a file and a folder at once"),
        ("figures/b", "figures/b is a file and a folder at once"),
    ],
)
def test_names_that_cannot_stand_together(tmp_path: Path, name: str, says: str) -> None:
    files = {"study.toml": b"", "figures/a.png": b"", "figures/b/c.png": b"", name: b"gotcha"}
    assert says in refused(packed(tmp_path / "forged.zip", files), tmp_path / "in" / "new")


def test_what_export_packs_import_takes(study: Path, tmp_path: Path) -> None:
    """And leaves out what other systems put beside files, as reading the study does."""
    for name in ("curves/._EX1.PFS.nivo.csv", "patients/~$EX2.PFS.csv", "figures/._a.png"):
        (study / name).parent.mkdir(exist_ok=True)
        (study / name).write_bytes(b"of another system")
    (study / "figures" / "deep").mkdir()
    (study / "figures" / "deep" / "a.PNG").write_bytes(b"a figure")
    names, _ = export_study(study, tmp_path / "study.zip")
    assert "figures/deep/a.PNG" in names
    assert not [name for name in names if "._" in name or "~" in name]
    assert import_study(tmp_path / "study.zip", tmp_path / "again") == names
    assert Study.open(tmp_path / "again").trials == Study.open(study).trials


def test_a_name_that_ends_a_line_elsewhere_is_refused_when_it_is_packed(
    study: Path, tmp_path: Path
) -> None:
    (study / "figures").mkdir()
    (study / "figures" / "a\u2028b.png").write_bytes(b"")
    with pytest.raises(InputError, match="not safe on every machine"):
        export_study(study, tmp_path / "study.zip")


# Where it is unpacked


def test_the_current_folder_is_filled_if_it_is_empty(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, _ = export_study(study, tmp_path / "study.zip")
    (tmp_path / "here").mkdir()
    before = (tmp_path / "here").stat().st_ino
    monkeypatch.chdir(tmp_path / "here")
    assert import_study("../study.zip", ".") == names
    assert (tmp_path / "here").stat().st_ino == before  # a shell that is there stays there
    assert set(contents(Path())) == set(names)
    with pytest.raises(InputError, match="not empty"):
        import_study("../study.zip", ".")


def test_a_link_to_an_empty_folder_is_followed(study: Path, tmp_path: Path) -> None:
    names, _ = export_study(study, tmp_path / "study.zip")
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    assert import_study(tmp_path / "study.zip", tmp_path / "link") == names
    assert (tmp_path / "link").is_symlink()
    assert set(contents(tmp_path / "disk")) == set(names)


@pytest.mark.parametrize("target", ["link", "link/new", "link/deep/new"])
def test_a_link_to_nothing_is_told(study: Path, tmp_path: Path, target: str) -> None:
    export_study(study, tmp_path / "study.zip")
    (tmp_path / "link").symlink_to("nowhere")
    said = refused(tmp_path / "study.zip", tmp_path / target)
    assert "There is a link to a place that is not there" in said
    assert f"Delete the link {tmp_path / 'link'}, or name a new folder" in said


@pytest.mark.parametrize("target", ["there/..", "new/..", "loop", "file", "file/new"])
def test_places_that_are_none(study: Path, tmp_path: Path, target: str) -> None:
    export_study(study, tmp_path / "study.zip")
    (tmp_path / "there").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"folder"):
        import_study(tmp_path / "study.zip", tmp_path / target)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("fails", ["fsync", "rename"])
def test_nothing_half_written_is_left(
    study: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
    error: BaseException,
    fails: str,
) -> None:
    """The third file cannot be written, or the last cannot be put in its place."""
    export_study(study, tmp_path / "study.zip")
    target = tmp_path / "in" / "new"
    if there:
        target.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    real: Callable[..., Any] = os.fsync if fails == "fsync" else Path.rename
    calls: list[Any] = []

    def failing(*arguments: Any) -> Any:
        calls.append(arguments)
        last = fails == "rename" and Path(arguments[1]).name in ("study.toml", "new")
        if last or (fails == "fsync" and len(calls) == 3):
            raise error
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os if fails == "fsync" else Path, fails, failing)
        with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
            import_study(tmp_path / "study.zip", target)
    assert calls
    assert sorted(tmp_path.rglob("*")) == before
    if isinstance(error, OSError):
        assert "the disk is full; make room and run again" in str(caught.value)
        assert ".part" not in str(caught.value)


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    """What unpacks to a hundred times its size may be a bomb below the limit: a part at a time."""
    files = {"study.toml": b"", "curves/a.csv": bytes(64_000_000)}
    source = packed(tmp_path / "large.zip", files)
    del files
    tracemalloc.start()
    try:
        import_study(source, tmp_path / "new")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 16_000_000
    assert (tmp_path / "new" / "curves" / "a.csv").stat().st_size == 64_000_000
