"""References as programs and people write them: too long, with other signs, in LaTeX, by hand."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands import perdure
from perdure.errors import InputError
from perdure.study import Study, new_from
from perdure.study.references import FoundTrial, read_found_trials

LONG = "word " * 40_000

PATIENTS = "arm,time,event\n" + "a,3,1\na,9,0\n" * 5 + "b,2,1\nb,4,0\n" * 5


def read(folder: Path, name: str, text: str | bytes) -> tuple[list[FoundTrial], tuple[str, ...]]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    found, said = read_found_trials([folder / name])
    return list(found), said


def opened(folder: Path) -> Study:
    """A study that was started, with an arm and patients of each of its trials."""
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as file:
        trials = [row["trial"] for row in csv.DictReader(file)]
    rows = "".join(f"{trial},a,A,b\n{trial},b,B,\n" for trial in trials)
    (folder / "arms.csv").write_text(f"trial,arm,label,comparator\n{rows}")
    text = (folder / "study.toml").read_text().replace('by = ["drug_class"]', 'by = ["phase"]')
    (folder / "study.toml").write_text(text)
    for trial in trials:
        (folder / "patients" / f"{trial}.OS.csv").write_text(PATIENTS)
    return Study.open(folder)


RIS_PARTS = {"AU": "Reck, Martin", "TI": "A title", "PY": "2016", "DO": "10.1/x", "AB": "Text."}


@pytest.mark.parametrize("tag", [*RIS_PARTS, "TY", "N1", "UR", "KW"])
def test_no_field_of_a_reference_is_too_long(tmp_path: Path, tag: str) -> None:
    parts = {"TY": "JOUR", **RIS_PARTS, tag: "10.1/" + "x" * 200_000 if tag == "DO" else LONG}
    lines = "".join(f"{name}  - {value}\n" for name, value in parts.items())
    (tmp_path / "a.ris").write_text(f"{lines}ER  - \n")
    said = new_from(tmp_path / "new", [tmp_path / "a.ris"])
    (trial,) = opened(tmp_path / "new").trials
    assert len(trial.label) <= 103
    assert "word word" not in trial.label  # an abstract is no name
    cells = (tmp_path / "new" / "trials.csv").read_text().splitlines()[1]
    assert len(cells) < 1500
    told = [one for one in said if one.startswith("trial ") and "characters" in one]
    assert len(told) == (tag in ("AU", "TI", "DO"))
    assert all(" 199999 characters" in one or " 200005 characters" in one for one in told)


@pytest.mark.parametrize("form", ["nbib", "bib", "json"])
def test_no_form_makes_a_cell_that_cannot_be_read(tmp_path: Path, form: str) -> None:
    groups = [
        {"label": LONG, "type": kind, "interventionNames": [f"Drug: {LONG}"]} for kind in "ab"
    ]
    registry = {
        "identificationModule": {"nctId": "NCT00000001", "acronym": LONG, "briefTitle": LONG},
        "conditionsModule": {"conditions": [LONG]},
        "designModule": {"phases": ["PHASE3"] * 100_000},
        "armsInterventionsModule": {"armGroups": groups},
    }
    text = {
        "nbib": f"PMID- 1\nFAU - {LONG}\nTI  - {LONG}\nDP  - 2016\nAB  - {LONG}\n",
        "bib": f"@article{{k, author={{{LONG}}}, title={{{LONG}}}, year=2016, note={{{LONG}}}}}",
        "json": json.dumps({"protocolSection": registry}),
    }[form]
    (tmp_path / f"a.{form}").write_text(text)
    new_from(tmp_path / "new", [tmp_path / f"a.{form}"])
    (trial,) = opened(tmp_path / "new").trials
    assert 0 < len(trial.label) <= 103
    for name in ("trials.csv", "started_from.txt"):
        for line in (tmp_path / "new" / name).read_text().splitlines():
            assert len(line) < 3000


def test_an_over_long_cell_of_a_study_is_said_by_file_and_row(tmp_path: Path) -> None:
    (tmp_path / "a.ris").write_text("TY  - JOUR\nAU  - Reck, M\nER  - \n")
    new_from(tmp_path / "new", [tmp_path / "a.ris"])
    table = tmp_path / "new" / "trials.csv"
    table.write_text(f"{table.read_text()}Other,{LONG},,,,,,,\n")
    with pytest.raises(InputError) as caught:
        Study.open(tmp_path / "new")
    assert str(caught.value.problems[0]) == (
        "trials.csv, row 3: a cell in this row has more than 131072 characters. Shorten its text,"
        " or close its quotation mark."
    )


# Tags of RIS


@pytest.mark.parametrize("between", ["  - ", " - ", " -", "\t- ", "\u00a0\u00a0- ", "   -  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tags_of_ris(tmp_path: Path, between: str, end: str) -> None:
    tags = {"TY": "JOUR", **RIS_PARTS, "ER": ""}
    text = end.join(f"{tag}{between}{value}" for tag, value in tags.items()) + end
    (one,), said = read(tmp_path, "a.ris", text)
    assert (one.label, one.title, one.doi) == ("Reck 2016", "A title", "10.1/x")
    if between == "  - ":
        assert said == ()
    else:
        assert len(said) == 1
        assert "the first is in row 1" in said[0]


def test_running_text_is_no_tag(tmp_path: Path) -> None:
    """Words that end a line of an abstract are not taken for the end of a record, or a field."""
    for between in ("  - ", " - "):
        lines = ["TY|JOUR", "AU|Reck, M", "AB|Patients were", "ER - positive or", "PD-1 high;"]
        lines += ["OS - overall survival, HR - hazard ratio", "ER|"]
        text = "\n".join(lines).replace("|", between) + "\n"
        found, _ = read(tmp_path, "a.ris", text)
        assert [one.label for one in found] == ["Reck"]
        assert "ER - positive or PD-1 high; OS - overall" in found[0].text


def test_a_tag_without_white_space_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.ris", "TY-JOUR\nAU-Reck, M\nER-\n\nTY-JOUR\nER-\n")
    assert str(caught.value) == (
        "a.ris, row 1: the line is in no record (found 'TY-JOUR'). Begin each record with TY, two"
        " spaces, a dash and a space, and its type: TY  - JOUR."
    )


# BibTeX


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ('x # " of y"', "Nivolumab of y"),
        ('"A trial of " # x', "A trial of Nivolumab"),
        ("{A } # {trial} # 2", "A trial2"),
        ("X", "Nivolumab"),
        ("both", "Nivolumab versus docetaxel"),
        ('{Both # " kept"}', 'Both # " kept"'),
        ("{Responses in 25% of patients}", "Responses in 25% of patients"),
        (r"{{PD-1} in 30\% \& more}", "PD-1 in 30% & more"),
        (r'"M{\"u}ller {"}said{"}"', 'Müller "said"'),
    ],
)
def test_texts_of_bibtex(tmp_path: Path, value: str, title: str) -> None:
    text = '@string{x = "Nivolumab"}\n@string{both = x # { versus } # "docetaxel"}\n'
    (one,), said = read(tmp_path, "a.bib", f"{text}@article{{k, title = {value}, year = 2015}}\n")
    assert (one.title, one.year, one.remarks, said) == (title, 2015, (), ())


def test_a_text_has_the_meaning_that_it_has_there(tmp_path: Path) -> None:
    """As BibTeX: a name that is given another text has the old one before that."""
    entry = "@article{{{0}, title = x # {{ {0}}}}}\n"
    text = f'@string{{x="A"}}\n{entry.format(1)}@string{{X="B"}}\n{entry.format(2)}'
    found, _ = read(tmp_path, "a.bib", text)
    assert [one.title for one in found] == ["A 1", "B 2"]


def test_a_name_without_a_text_is_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "a.bib", '@article{k, title = drug # " in NSCLC", month = jan}\n')
    assert one.title == "drug in NSCLC"
    assert one.remarks == (
        "its title names drug, and no @string says what that is: kept as it stands",
    )


WHOLE = "@article{b,\n  title = {y}}\n"


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ("@article{a,\n  title = {x},\n  year = 2015\n\n" + WHOLE, 1, "does not end"),
        ("@article{a,\n  title = {x,\n  year = 2015\n}\n" + WHOLE, 1, "does not end"),
        ('@article{a,\n  title = "x,\n  year = 2015\n}\n' + WHOLE, 1, "does not end"),
        (WHOLE + "@article{a,\n  title = {x}\n", 3, "does not end"),
        ("@article{\n  title = {x}}\n" + WHOLE, 1, "has no key"),
        ("@article{a,\n  title {x}}\n" + WHOLE, 1, "cannot be read as BibTeX"),
        ("@article{a,\n  title = {x}\n  year = {2015}}\n" + WHOLE, 2, "no comma ends the field"),
        ("@article{a,\n  title = {x}},\n  year = {2015}}\n" + WHOLE, 2, "is in no entry"),
        ("@article{a,\n  year = 2015,\n  Year = 2016}\n" + WHOLE, 3, "the field year twice"),
    ],
)
def test_what_is_wrong_in_bibtex_is_one_sentence(
    tmp_path: Path, text: str, row: int, says: str
) -> None:
    """And nothing of the parser's own reaches the terminal."""
    (tmp_path / "a.bib").write_text(text)
    done = perdure("new", tmp_path / "new", "--from", tmp_path / "a.bib")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: a.bib, row {row}: ")
    assert says in line
    assert not (tmp_path / "new").exists()


def test_the_parsers_own_words_stay_out_of_the_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError):
        read(tmp_path, "a.bib", "@article{a,\n  title = {x},\n")
    assert caplog.records == []


def test_fields_that_no_study_takes_may_be_there_twice(tmp_path: Path) -> None:
    text = "@article{k, title = {x}, title = {x}, keywords = {a}, keywords = {b}}\n"
    (one,), said = read(tmp_path, "a.bib", text)
    assert (one.title, said) == ("x", ())


@pytest.mark.parametrize(
    ("authors", "label"),
    [
        ("Reck, M., Rodriguez, D., Robinson, A., Hui, R.", "Reck"),
        ("{KEYNOTE-024 and CheckMate Investigators}", "KEYNOTE-024 and CheckMate Investigators"),
        (r"Rodr{\'\i}guez-Abreu, Delvys and others", "Rodríguez-Abreu"),
        ("van der Berg, Jan", "van der Berg"),
        ("Reck, Martin,", "Reck"),
        ("", ""),
    ],
)
def test_authors_of_bibtex(tmp_path: Path, authors: str, label: str) -> None:
    (one,), _ = read(tmp_path, "a.bib", f"@article{{k, author = {{{authors}}}, title = {{x}}}}\n")
    assert one.label == label


# Files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("form", ["ris", "nbib", "bib", "json"])
def test_encodings(tmp_path: Path, form: str, encoding: str) -> None:
    text = {
        "ris": "TY  - JOUR\r\nAU  - Müller, Jörg\r\nTI  - Über\r\nER  - \r\n",
        "nbib": "PMID- 1\r\nFAU - Müller, Jörg\r\nTI  - Über\r\n",
        "bib": "@article{k,\r\n author = {Müller, Jörg},\r\n title = {Über}}\r\n",
        "json": '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001",'
        ' "acronym": "Müller", "briefTitle": "Über"}}}',
    }[form]
    (one,), said = read(tmp_path, f"a.{form}", text.encode(encoding))
    assert (one.label, one.title) == ("Müller", "Über")
    expected = {"cp1252": "Latin-1", "utf-16": "UTF-16"}.get(encoding)
    assert (len(said) == 1 and expected in said[0]) if expected else said == ()


def test_files_put_together_may_have_a_mark_in_them(tmp_path: Path) -> None:
    record = "\ufeffTY  - JOUR\nAU  - {}, M\nER  - \n"
    found, _ = read(tmp_path, "a.ris", record.format("Reck") + record.format("Brahmer"))
    assert [one.label for one in found] == ["Reck", "Brahmer"]


def test_empty_fields_are_no_fault(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "a.nbib", "PMID- 1\nAB  - \nTI  - \nFAU - \nAU  - Reck M\n")
    found += read(tmp_path, "b.ris", "TY  - JOUR\nAU  - \nTI  -\nA1  - Reck, M\nER  -\n")[0]
    found += read(tmp_path, "c.bib", '@article{k, author = {Reck, M}, title = "", year = }\n')[0]
    assert [(one.label, one.title, one.year) for one in found] == [("Reck", "", None)] * 3


def test_signs_that_no_table_can_hold_are_left_out(tmp_path: Path) -> None:
    """JSON can name halves of signs, signs that end a text, and signs that steer a terminal."""
    odd = "A\ud800\0\x1b[31m b\x07"
    groups = [{"label": odd, "interventionNames": [f"Drug: {odd}"]}, {"label": f"{odd}2"}]
    study = {
        "identificationModule": {"nctId": "NCT00000001", "acronym": odd, "briefTitle": odd},
        "conditionsModule": {"conditions": [odd, f"{odd}2"]},
        "armsInterventionsModule": {"armGroups": groups},
    }
    (tmp_path / "a.json").write_text(json.dumps({"protocolSection": study}))
    said = new_from(tmp_path / "new", [tmp_path / "a.json"])
    assert not any("\x1b" in one for one in said)
    (trial,) = opened(tmp_path / "new").trials
    assert trial.label == "A[31m b"


def test_counts_that_say_nothing(tmp_path: Path) -> None:
    """Of two groups of one name nobody knows which is the arm; no trial has so many patients."""
    numbers = {"a": "10", "b": "20", "c": "9" * 5000, "d": "30", "e": "2000000"}
    titles = {"a": "Placebo", "b": "placebo", "c": "Drug", "d": "Other", "e": "Many"}
    flow = {
        "groups": [{"id": one, "title": title} for one, title in titles.items()],
        "periods": [
            {
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [
                            {"groupId": one, "numSubjects": n} for one, n in numbers.items()
                        ],
                    }
                ]
            }
        ],
    }
    labels = ["Placebo", "Drug", "Other", "Many"]
    for more, counts in (([], [None, None, 30, None]), (["other "], [None] * 5)):
        groups = [{"label": one} for one in (*labels, *more)]
        section = {
            "identificationModule": {"nctId": "NCT00000001"},
            "armsInterventionsModule": {"armGroups": groups},
        }
        study = {
            "protocolSection": section,
            "resultsSection": {"participantFlowModule": flow},
        }
        (one,), _ = read(tmp_path, "a.json", json.dumps(study))
        assert [arm.n for arm in one.arms] == counts


@pytest.mark.parametrize(
    "number", ["NCT1", "nct00000001", "NCT000000011", "NCT０００００００１", "x" * 9999]
)
def test_a_number_that_is_none(tmp_path: Path, number: str) -> None:
    study = {"protocolSection": {"identificationModule": {"nctId": number}}}
    with pytest.raises(InputError, match="study 1 is no number such as NCT") as caught:
        read(tmp_path, "a.json", json.dumps(study))
    assert len(str(caught.value)) < 300


def test_names_of_files_that_are_no_text(tmp_path: Path) -> None:
    """Old disks have names in Latin-1; they are shown as far as they can be."""
    source, target = (tmp_path / os.fsdecode(name) for name in (b"B\xfccher.ris", b"\xfcber"))
    source.write_text("TY  - JOUR\nAU  - Reck, M\nER  - \n")
    words = [
        "-c",
        "from perdure.cli import main; main()",
        "new",
        str(target),
        "--from",
        str(source),
    ]
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "read B?cher.ris" in (target / "started_from.txt").read_text("utf-8")
    assert (target / "README.txt").is_file()


def test_very_many_records_are_told_in_few_lines(tmp_path: Path) -> None:
    """Ten thousand trials of one name have names of their own, and the terminal stays short."""
    records = (f"TY  - JOUR\nAU  - Wang, X\nTI  - Trial {at}\nER  - \n" for at in range(10_000))
    (tmp_path / "a.ris").write_text("".join(records))
    done = perdure("new", tmp_path / "new", "--from", tmp_path / "a.ris")
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 41
    assert "9961 more are in" in done.stderr.splitlines()[-1]
    with (tmp_path / "new" / "trials.csv").open(newline="") as file:
        assert len({row["trial"].lower() for row in csv.DictReader(file)}) == 10_000
    assert len((tmp_path / "new" / "started_from.txt").read_text().splitlines()) > 10_000
