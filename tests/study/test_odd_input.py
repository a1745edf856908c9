"""Whatever lies in the folder, only an InputError comes out, and no file is touched."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from perdure.errors import InputError, Problem
from perdure.study import Study

Opened = Callable[[Path], tuple[Problem, ...]]

SPLICES = (
    *(b",", b";", b"\t", b"\n", b"\r", b'"', b"'", b"-", b".", b"\0", b"\xff", b"\xe9", b"[", b"]"),
    *(
        b"=",
        b"_",
        b"#",
        b"nan",
        b"inf",
        b"1e400",
        b"-0",
        b"1,000",
        b"\xe2\x88\x92",
        b"\xef\xbb\xbf",
    ),
    *(b"\xff\xfe", b'"""', b"EX1", b"nivo", b"PFS", b"trial", b"\n\n", b"0", b"9" * 400),
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at, to = sorted(rng.choices(range(len(content) + 1), k=2))
        kind = rng.randrange(5)
        if kind == 0:
            content = content[:at] + rng.choice(SPLICES) + content[at:]
        elif kind == 1:
            content = content[:at] + content[min(to, at + 8) :]
        elif kind == 2:
            content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
        elif kind == 3:
            content = content[:to] + content[at:to] + content[to:]
        else:
            content = content[:at] if rng.random() < 0.3 else content[:at] + content[at + 1 :]
    return content


@pytest.mark.parametrize("seed", range(8))
def test_only_input_errors_come_out(study: Path, seed: int) -> None:
    rng = random.Random(seed)
    whole = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    refused = 0
    for _ in range(120):
        path = rng.choice(sorted(whole))
        content = mutated(whole[path], rng)
        path.write_bytes(content)
        problems: tuple[Problem, ...] = ()
        try:
            Study.open(study)
        except InputError as error:
            problems = error.problems
        refused += bool(problems)
        for problem in problems:
            assert len(str(problem)) < 700
            assert "\n" not in str(problem)
        assert path.read_bytes() == content
        path.write_bytes(whole[path])
    assert 20 < refused < 120


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\0" * 100, b"\x89PNG\r\n\x1a\n", b"\xff", b"a" * 300_000, b'"']
)
def test_any_file_may_be_anything(study: Path, problems_of: Opened, content: bytes) -> None:
    for path in [path for path in study.rglob("*") if path.is_file()]:
        before = path.read_bytes()
        path.write_bytes(content)
        name = path.relative_to(study).as_posix()
        assert {problem.file for problem in problems_of(study)} >= {name}
        path.write_bytes(before)


def test_any_file_may_be_a_folder_and_the_reverse(study: Path, problems_of: Opened) -> None:
    for path in [path for path in study.rglob("*") if path.is_file()]:
        before = path.read_bytes()
        path.unlink()
        path.mkdir()
        problems = problems_of(study)
        assert [problem.file for problem in problems] == [path.relative_to(study).as_posix()]
        assert "is a directory" in problems[0].message
        path.rmdir()
        path.write_bytes(before)
    (study / "curves").rename(study.parent / "away")
    (study / "curves").write_text("x")
    assert ("curves", "the folder cannot be read: not a directory") in [
        (problem.file, problem.message) for problem in problems_of(study)
    ]


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, ""])
def test_a_name_that_cannot_be_a_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"perdure new DIR"):
        Study.open(tmp_path / "sub" / name)


@pytest.mark.parametrize("what", ["study.toml", "curves"])
def test_without_permission(
    study: Path, monkeypatch: pytest.MonkeyPatch, problems_of: Opened, what: str
) -> None:
    real_bytes, real_names = Path.read_bytes, Path.iterdir

    def read_bytes(path: Path) -> bytes:
        if path.name == what:
            raise PermissionError(13, "Permission denied")
        return real_bytes(path)

    def iterdir(path: Path) -> object:
        if path.name == what:
            raise PermissionError(13, "Permission denied")
        return real_names(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", iterdir)
        if what == "study.toml":
            patch.setattr(Path, "read_bytes", read_bytes)
        with pytest.raises(InputError) as caught:
            Study.open(study)
    assert (what, "permission denied") in [
        (problem.file, problem.message.rpartition(": ")[2]) for problem in caught.value.problems
    ]


def test_brackets_without_end(study: Path, problems_of: Opened) -> None:
    (study / "study.toml").write_text("title = " + "[" * 100_000)
    (problem,) = problems_of(study)
    assert problem.file == "study.toml"
