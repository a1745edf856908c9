"""An empty study explains itself: what it says to fill in, filled in, is a study."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from perdure.errors import InputError, OutputError, Problem
from perdure.study import Study, new

Opened = Callable[[Path], tuple[Problem, ...]]


def rows_of_readme(readme: str) -> dict[str, list[str]]:
    """Return the example rows under each file that README.txt names, as a reader copies them."""
    found: dict[str, list[str]] = {}
    file = ""
    for line in readme.splitlines():
        if named := re.match(r"(?:\d\. | {3,4}(?:[ce]\) )?)([\w./]+\.csv)\b", line):
            file = named[1]
        elif line.startswith("is pooled"):
            file = "analyses.csv"
        elif row := re.match(r" {4,}([\w.-]+(?:,(?! )[^,]*)+)$", line):
            found.setdefault(file, []).append(row[1])
    return found


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    folder = tmp_path / "my study"
    new(folder)
    return folder


def test_the_untouched_study_says_what_to_fill_in(fresh: Path, problems_of: Opened) -> None:
    assert [str(problem) for problem in problems_of(fresh)] == [
        "trials.csv: there are no rows yet. Write one row a trial.",
        "arms.csv: there are no rows yet. Write one row an arm.",
    ]


def test_the_examples_of_the_readme_make_a_study(fresh: Path) -> None:
    examples = rows_of_readme((fresh / "README.txt").read_text())
    assert sorted(examples) == [
        "analyses.csv",
        "arms.csv",
        "curves/EX1.PFS.chemo.csv",
        "curves/EX1.PFS.nivo.csv",
        "figures.csv",
        "patients/EX2.OS.csv",
        "published_estimates.csv",
        "published_facts.csv",
        "risk/EX1.PFS.csv",
        "trials.csv",
    ]
    more = examples.pop("analyses.csv")
    for name, rows in examples.items():
        path = fresh / name
        text = "\n".join(rows) + "\n"
        if path.exists():  # the header is there already
            assert path.read_text() == rows[0] + "\n"
        path.write_text(text)
    (fresh / "figures" / "EX1.pdf").write_bytes(b"a figure")
    opened = Study.open(fresh)
    assert opened.notices == ("study.toml: the title is still the template's",)
    assert [(one.panel, one.label, one.arm) for one in opened.figures] == [
        (2, "Nivolumab", "nivo"),
        (2, "Dacarbazine", "chemo"),
    ]
    assert [one.stem for one in opened.analyses] == ["EX1.PFS", "EX1.OS", "EX2.OS"]
    assert [[arm.source for arm in one.arms] for one in opened.analyses] == [
        ["curve", "curve"],
        [],
        ["patients", "patients"],
    ]
    assert len(opened.published) == 2
    assert [(one.trial, one.endpoint, one.arms) for one in opened.facts] == [
        ("EX1", "OS", ("nivo", "chemo"))
    ]
    assert [fact.kind for fact in opened.facts[0].facts if fact.certainty == "from memory"] == [
        "median"
    ]

    patients = fresh / "patients" / "EX2.OS.csv"
    patients.with_name("EX2.OS.2015.csv").write_bytes(patients.read_bytes())
    patients.rename(patients.with_name("EX2.OS.2018.csv"))
    (fresh / "analyses.csv").write_text("\n".join(more))
    assert [(one.stem, one.primary) for one in Study.open(fresh).analyses] == [
        ("EX1.PFS", True),
        ("EX1.OS", True),
        ("EX2.OS.2015", False),
        ("EX2.OS.2018", True),
    ]


def test_the_reference_control_without_comparators_is_said(fresh: Path) -> None:
    toml = fresh / "study.toml"
    toml.write_text(toml.read_text().replace('reference = ["own"]', 'reference = ["control"]'))
    (fresh / "trials.csv").write_text("trial\nA\n")
    (fresh / "arms.csv").write_text("trial,arm,drug_class\nA,x,c\nA,y,d\n")
    (fresh / "patients" / "A.PFS.csv").write_text("arm,time,event\nx,1,1\ny,2,1\n")
    said = Study.open(fresh).notices
    assert any("no arm of trial A has a comparator" in notice for notice in said)


def test_the_settings_are_those_that_the_template_shows(fresh: Path) -> None:
    for name, text in (
        ("trials.csv", "trial\nA\n"),
        ("arms.csv", "trial,arm,drug_class\nA,x,y\n"),
        ("patients/A.PFS.csv", "time,event\n1,1\n"),
    ):
        (fresh / name).write_text(text)
    settings = Study.open(fresh).settings
    assert (settings.time_unit, settings.reference) == ("months", ("own",))
    assert {name: one.k for name, one in settings.endpoints.items()} == {"PFS": 3, "OS": 2}
    assert (settings.thin, settings.pool.test, settings.pool.by) == (10, None, ("drug_class",))
    assert settings.fixed_time_months("PFS") is None


def test_commands_in_the_readme_can_be_copied(fresh: Path) -> None:
    assert f'perdure check "{fresh}"' in (fresh / "README.txt").read_text()


def test_nothing_is_overwritten(fresh: Path, tmp_path: Path) -> None:
    before = (fresh / "study.toml").read_bytes()
    with pytest.raises(InputError, match="not empty"):
        new(fresh)
    assert (fresh / "study.toml").read_bytes() == before
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(InputError, match="file of that name"):
        new(file)
    assert file.read_text() == "mine"
    with pytest.raises((InputError, OutputError), match="file"):
        new(file / "study")


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    new(tmp_path / "a" / "b")
    (tmp_path / "c").mkdir()
    new(str(tmp_path / "c"))
    assert (tmp_path / "c" / "curves").is_dir()
