"""A study goes into one archive and comes out as it was; an archive that is not whole stays out."""

import hashlib
import io
import re
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from perdure.errors import InputError
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
    files["more.csv"] = b"x"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without_arms, "incomplete: a file is missing (found 'arms.csv')"),
        (_changed, "not the one that was packed (found 'arms.csv')"),
        (_more, "SHA256SUMS does not name a file (found 'more.csv')"),
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


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("figures/a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as file:
        file.writestr("study.toml", b"")
        file.writestr(link, b"/etc/passwd")
    assert "a link" in refused(tmp_path / "link.zip", tmp_path / "new")


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "NOT_SMALL", 10_000)
    bomb = packed(tmp_path / "bomb.zip", {"study.toml": b"", "a.csv": bytes(1_000_000)})
    assert "more than 100 times its size" in refused(bomb, tmp_path / "new")
    monkeypatch.setattr(archive, "MOST_BYTES", 900_000)
    assert "bytes; 900000 are the most" in refused(bomb, tmp_path / "new")
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    assert "3 files" in refused(bomb, tmp_path / "new")


def test_what_is_no_study(study: Path, tmp_path: Path) -> None:
    for files, listed in (({"study.toml": b""}, False), ({"a.csv": b""}, True)):
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
