"""Results are stale when what they rest on has changed, and only then."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import perdure
from perdure.study import (
    Provenance,
    Study,
    analysis_key,
    input_digests,
    output_digests,
    read_provenance,
    write_provenance,
)


def keys(folder: Path) -> list[str]:
    opened = Study.open(folder)
    trials = {trial.trial: trial for trial in opened.trials}
    return [analysis_key(one, trials[one.trial], opened.settings) for one in opened.analyses]


def rewrite(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("study.toml", "k = 3", "k = 2.5"),
        ("study.toml", '"own", "control"', '"own"'),
        ("study.toml", "[pool]", "[estimate]\nthin = 20\n[pool]"),
        ("study.toml", '"months"', '"weeks"'),
        ("curves/EX1.PFS.nivo.csv", "4,0.62", "4,0.621"),
        ("risk/EX1.PFS.csv", "time,", "Time (weeks),"),
        ("curves/EX1.PFS.nivo.csv", "4,0.62", "4.01,0.62"),
        ("risk/EX1.PFS.csv", "6,98", "6,97"),
        ("risk/EX1.PFS.csv", "6,98", "6.5,98"),
        ("arms.csv", "139", "140"),
        ("arms.csv", "5.1", "5.2"),
        ("arms.csv", "chemo,210", ",210"),
    ],
)
def test_what_the_answer_rests_on_moves_the_key(study: Path, file: str, old: str, new: str) -> None:
    before = keys(study)
    rewrite(study, file, old, new)
    after = keys(study)
    assert after[0] != before[0]
    if file != "study.toml":
        assert after[1] == before[1]


def test_n_moves_the_key(study: Path) -> None:
    (study / "risk" / "EX1.PFS.csv").unlink()
    before = keys(study)
    rewrite(study, "arms.csv", "210", "211")
    assert keys(study)[0] != before[0]


def test_the_unit_of_one_data_set_moves_its_key_alone(study: Path) -> None:
    before = keys(study)
    (study / "analyses.csv").write_text("trial,endpoint,primary,time_unit\nEX1,PFS,yes,weeks\n")
    after = keys(study)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_the_method_moves_the_key(study: Path) -> None:
    opened = Study.open(study)
    found = analysis_key(opened.analyses[0], opened.trials[0], opened.settings)
    object.__setattr__(opened.settings, "method", "another")
    assert analysis_key(opened.analyses[0], opened.trials[0], opened.settings) != found


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("study.toml", "Two trials", "Another title"),
        ("study.toml", '["drug_class"]', '["line"]'),
        ("study.toml", "[pool]", '[pool]\nmodel = "common"\nmethod = "DL"\ntest = "z"'),
        ("study.toml", "k = 2", "k = 2.5"),  # of the other endpoint
        ("trials.csv", "Example 1", "First example"),
        ("trials.csv", "first", "second"),
        ("arms.csv", "anti-PD-1", "inhibitor"),
        ("arms.csv", "Nivolumab", "nivolumab"),
        ("curves/EX1.PFS.nivo.csv", "4,0.62", "\n 4.0 , 0.620"),
    ],
)
def test_words_and_pooling_do_not_move_the_key(study: Path, file: str, old: str, new: str) -> None:
    before = keys(study)
    rewrite(study, file, old, new)
    assert keys(study) == before


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace(",", ";").replace(".", ",").encode(),
        lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode(),
    ],
)
def test_saving_again_in_another_way_does_not_move_the_key(
    study: Path, saved: Callable[[str], bytes]
) -> None:
    before = keys(study)
    for kind in ("curves", "risk", "patients"):
        for path in (study / kind).iterdir():
            path.write_bytes(saved(path.read_text()))
    assert keys(study) == before


def test_every_input_is_hashed(study: Path) -> None:
    (study / "curves" / "EX1.PFS.nivo.csv").rename(study / "curves" / "EX1.PFS.nivo.CSV")
    before = input_digests(study)
    assert sorted(before) == sorted(
        path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file()
    )
    rewrite(study, "curves/EX1.PFS.nivo.CSV", "0.62", "0.61")
    after = input_digests(study)
    assert {name for name in before if before[name] != after[name]} == {"curves/EX1.PFS.nivo.CSV"}


def made(study: Path) -> Provenance:
    return Provenance(
        perdure=perdure.__version__,
        libraries={"numpy": "2"},
        seed=1,
        inputs=input_digests(study),
        outputs=output_digests(study),
        headline=("A headline: κ",),
        notices=(),
        analyses=2,
    )


def test_provenance_comes_back(study: Path) -> None:
    (study / "report").mkdir()
    (study / "report" / "index.html").write_text("<p>")
    provenance = made(study)
    write_provenance(study / "results", provenance)
    back = read_provenance(study / "results")
    assert back == provenance
    assert back.is_current(study, input_digests(study))
    (study / "report" / "index.html").write_text("<p>edited")
    assert not back.is_current(study, input_digests(study))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\0",
        b"[" * 100_000,
        b'{"perdure": "1"}',
        b'{"seed": Infinity}',
    ],
)
def test_corrupt_provenance_is_none(study: Path, content: bytes) -> None:
    results = study / "results"
    results.mkdir()
    (results / "provenance.json").write_bytes(content)
    assert read_provenance(results) is None


@pytest.mark.parametrize("key", ["seed", "analyses", "inputs", "libraries", "headline"])
@pytest.mark.parametrize("value", [None, "x", float("inf"), [1], {"a": [1]}])
def test_provenance_with_a_wrong_part_is_none_or_stale(
    study: Path, key: str, value: object
) -> None:
    results = study / "results"
    write_provenance(results, made(study))
    path = results / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    found = read_provenance(results)
    if key in ("seed", "analyses"):
        assert found is None
    elif key == "inputs":
        assert found is None or not found.is_current(study, input_digests(study))


def test_there_may_be_no_provenance(tmp_path: Path) -> None:
    assert read_provenance(tmp_path) is None
    assert read_provenance(tmp_path / "nowhere") is None
