"""References and registry entries of real trials, as their sources print them, start a study.

Facts of KEYNOTE-024 (NEJM 2016;375:1823-33) and CheckMate 017 (NEJM 2015;373:123-35); the layout of
the files is that of PubMed, of RIS exports, of BibTeX and of ClinicalTrials.gov's API version 2.
"""

import csv
import json
import sys
from pathlib import Path

import pytest

from perdure.errors import InputError
from perdure.study import Study, new_from
from perdure.study.references import read_found_trials

NBIB = """
PMID- 27718847
STAT- MEDLINE
DP  - 2016 Nov 10
TI  - Pembrolizumab versus Chemotherapy for PD-L1-Positive Non-Small-Cell Lung
      Cancer.
LID - 10.1056/NEJMoa1606774 [doi]
FAU - Reck, Martin
AU  - Reck M
FAU - Rodríguez-Abreu, Delvys
AU  - Rodríguez-Abreu D
PT  - Clinical Trial, Phase III
PT  - Randomized Controlled Trial
SI  - ClinicalTrials.gov/NCT02142738
"""

RIS = """\
TY  - JOUR
AU  - Brahmer, Julie
AU  - Reckamp, Karen L.
TI  - Nivolumab versus Docetaxel in Advanced Squamous-Cell
  Non-Small-Cell Lung Cancer
PY  - 2015/07/09
DO  - https://doi.org/10.1056/NEJMoa1504627
N2  - Funded by Bristol-Myers Squibb; CheckMate 017 ClinicalTrials.gov number, NCT01642004.
ER  -\x20

TY  - JOUR
A1  - Reck, Martin
T1  - Pembrolizumab versus Chemotherapy
Y1  - 2016///
DO  - 10.1056/nejmoa1606774
ER  -\x20
"""

BIBTEX = r"""
@string{nejm = "N Engl J Med"}
@article{one,
  author  = {Rodr{\'\i}guez-Abreu, Delvys and van der Berg, Jan},
  title   = {Pembrolizumab plus {Chemotherapy}},
  journal = nejm, year = 2018, doi = {10.1000/example}
}
"""

CTG = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT02142738",
            "briefTitle": "Study of Pembrolizumab (MK-3475) Compared to Platinum",
        },
        "conditionsModule": {"conditions": ["Non-Small Cell Lung Carcinoma"]},
        "designModule": {"phases": ["PHASE3"], "enrollmentInfo": {"count": 305}},
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": "Pembrolizumab",
                    "type": "EXPERIMENTAL",
                    "interventionNames": ["Biological: pembrolizumab", "Procedure: biopsy"],
                },
                {
                    "label": "Standard of Care (SOC) Treatment",
                    "type": "ACTIVE_COMPARATOR",
                    "interventionNames": ["Drug: carboplatin", "Drug: pemetrexed"],
                },
            ]
        },
    },
    "resultsSection": {
        "participantFlowModule": {
            "groups": [
                {"id": "FG000", "title": "Pembrolizumab"},
                {"id": "FG001", "title": "SOC Treatment"},
            ],
            "periods": [
                {
                    "milestones": [
                        {
                            "type": "STARTED",
                            "achievements": [
                                {"groupId": "FG000", "numSubjects": "154"},
                                {"groupId": "FG001", "numSubjects": "151"},
                            ],
                        }
                    ]
                }
            ],
        }
    },
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    texts = {"a.nbib": NBIB, "b.ris": RIS, "c.bib": BIBTEX, "d.json": json.dumps(CTG)}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name.partition(".")[2]: tmp_path / name for name in texts}


def test_pubmed(sources: dict[str, Path], tmp_path: Path) -> None:
    new_from(tmp_path / "new", [sources["nbib"]])
    (row,) = rows(tmp_path / "new" / "trials.csv")
    assert row == {
        "trial": "Reck-2016",
        "label": "Reck 2016",
        "year": "2016",
        "doi": "10.1056/NEJMoa1606774",
        "registry_id": "NCT02142738",
        "tumour": "",
        "line": "",
        "phase": "III",
        "title": "Pembrolizumab versus Chemotherapy for PD-L1-Positive Non-Small-Cell Lung Cancer.",
    }
    assert rows(tmp_path / "new" / "arms.csv") == []


def test_ris(sources: dict[str, Path]) -> None:
    (first, second), said = read_found_trials([sources["ris"]])
    assert (first.label, first.year, first.doi) == ("Brahmer 2015", 2015, "10.1056/NEJMoa1504627")
    assert first.title.endswith("Squamous-Cell Non-Small-Cell Lung Cancer")
    assert first.registry_id == ""  # a number in an abstract may be another trial's
    assert "NCT01642004" in first.remarks[0]
    assert (second.label, second.title) == ("Reck 2016", "Pembrolizumab versus Chemotherapy")
    assert said == ()


def test_ris_as_publishers_export_it(sources: dict[str, Path], tmp_path: Path) -> None:
    head = 'Provider: John Wiley & Sons, Ltd\r\nContent:text/plain; charset="UTF-8"\r\n\r\n'
    text = head + "Record #1 of 2\r\n" + RIS.replace("\n", "\r\n").replace("; CheckMate", "\u2028")
    (tmp_path / "wiley.ris").write_bytes(b"\xef\xbb\xbf" + text.encode())
    found, _ = read_found_trials([tmp_path / "wiley.ris"])
    plain, _ = read_found_trials([sources["ris"]])
    assert [(one.label, one.doi) for one in found] == [(one.label, one.doi) for one in plain]


def test_bibtex(sources: dict[str, Path]) -> None:
    ((one,), _) = read_found_trials([sources["bib"]])
    assert (one.label, one.year, one.doi) == ("Rodríguez-Abreu 2018", 2018, "10.1000/example")
    assert one.title == "Pembrolizumab plus Chemotherapy"


def test_without_the_extra_it_says_what_to_install(
    sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bibtexparser", None)
    with pytest.raises(InputError, match=r"pip install 'perdure\[references\]'"):
        read_found_trials([sources["bib"]])
    assert read_found_trials([sources["ris"]])


def test_a_registry_knows_arms(sources: dict[str, Path], tmp_path: Path) -> None:
    new_from(tmp_path / "new", [sources["json"]])
    (trial,) = rows(tmp_path / "new" / "trials.csv")
    assert (trial["trial"], trial["phase"], trial["year"]) == ("NCT02142738", "III", "")
    assert trial["tumour"] == "Non-Small Cell Lung Carcinoma"
    first, second = rows(tmp_path / "new" / "arms.csv")
    assert (first["arm"], first["drug"], first["n"]) == ("Pembrolizumab", "pembrolizumab", "154")
    assert first["comparator"] == second["arm"] == "Standard-of-Care-SOC-Treatment"
    assert second["drug"] == "carboplatin + pemetrexed"
    # The group is named otherwise in the flow: its number is not taken for this arm's.
    assert (second["n"], second["comparator"], second["drug_class"]) == ("", "", "")
    text = (tmp_path / "new" / "started_from.txt").read_text()
    assert "trial NCT02142738 (d.json, NCT02142738): empty: year, doi, line" in text
    assert "arm Pembrolizumab of trial NCT02142738: empty: drug_class, and" in text


def test_sources_of_one_trial_are_one_row(sources: dict[str, Path]) -> None:
    found, said = read_found_trials(sources.values())
    assert [one.label for one in found] == ["Brahmer 2015", "Rodríguez-Abreu 2018", "Reck 2016"]
    assert (found[2].doi, len(found[2].arms)) == ("10.1056/NEJMoa1606774", 2)
    assert said == (
        "b.ris, row 11: is a.nbib, row 2 again (same DOI), and left out",
        "d.json, NCT02142738 and a.nbib, row 2 are one trial, by registry number",
    )


def test_two_reports_of_one_trial_stay_two(sources: dict[str, Path], tmp_path: Path) -> None:
    later = NBIB.replace("NEJMoa1606774", "later").replace("2016 Nov 10", "2019 Mar")
    later = later.replace("PMID- 27718847", "PMID- 30000001")
    (tmp_path / "later.nbib").write_text(later)
    found, said = read_found_trials([sources["nbib"], tmp_path / "later.nbib", sources["json"]])
    assert [one.year for one in found] == [2016, 2019, None]
    assert "reports of one trial, NCT02142738?" in said[0]


def test_a_page_of_a_search_says_that_more_follow(tmp_path: Path) -> None:
    """As the registry's API pages what it finds: with a token for the next page, until the last."""
    page = {"studies": [CTG], "totalCount": 2}
    for token, pages in (({"nextPageToken": "NF0g5JKPm_gsxwo"}, 1), ({}, 0)):
        (tmp_path / "a.json").write_text(json.dumps(page | token))
        found, said = read_found_trials([tmp_path / "a.json"])
        assert (len(found), len(said)) == (1, pages)
        assert all("a.json: is one page of a search" in one for one in said)


def test_types_of_arms_that_do_not_tell_the_control(tmp_path: Path) -> None:
    study = json.loads(json.dumps(CTG))
    groups = study["protocolSection"]["armsInterventionsModule"]["armGroups"]
    groups[0]["type"] = "ACTIVE_COMPARATOR"
    (tmp_path / "a.json").write_text(json.dumps({"studies": [study]}))
    ((one,), _) = read_found_trials([tmp_path / "a.json"])
    assert [arm.control for arm in one.arms] == [None, None]


def test_the_started_study_says_what_it_lacks(sources: dict[str, Path], tmp_path: Path) -> None:
    new_from(tmp_path / "new", [sources["json"]])
    with pytest.raises(InputError) as caught:
        Study.open(tmp_path / "new")
    assert {problem.file for problem in caught.value.problems} == {"arms.csv"}
    assert all("nothing is known of arm" in str(one) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.ris", "TY  - JOUR\nAU  - X, Y\n\nTY  - JOUR\nER  - \n", "a.ris, row 1: the record"),
        ("a.ris", "TY  - JOUR\nAU  - X, Y\n", "a.ris, row 1: the record that begins here has no"),
        ("a.ris", "hello\n", "a.ris, row 1: the line is in no record"),
        ("a.ris", "", "there is no reference"),
        ("a.nbib", "TI  - a title\n", "a.nbib, row 1: the line is in no record"),
        ("a.nbib", "PMID- 1\nfree text\n", "a.nbib, row 2"),
        ("a.bib", "@article{a, title = {x}\n@article{b, title = {y}}\n", "a.bib, row 1: the entry"),
        (
            "a.bib",
            "@article{a, title={x}, title={y}}\n",
            "a.bib, row 1: the entry has the field title",
        ),
        ("a.bib", "just words", "no BibTeX entry"),
        ("a.json", "{", "the file is no JSON"),
        ("a.json", "[" * 100_000, "the file is no JSON"),
        ("a.json", '[{"protocolSection": []}, 3]', "study 2 is no study object"),
        ("a.json", '{"nctId": "NCT1"}', "study 1 is no study object"),
        ("a.json", '{"studies": []}', "there is no reference and no trial"),
        ("a.docx", "x", "Name it by its form: .ris, .bib, .nbib, .json"),
        ("none.ris", None, "no such file"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        new_from(tmp_path / "new", [tmp_path / name])
    assert says in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_odd_values_are_left_empty(tmp_path: Path) -> None:
    odd = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "acronym": 7},
            "conditionsModule": {"conditions": ["A", "B"]},
            "designModule": {"phases": ["NA", None]},
            "armsInterventionsModule": {"armGroups": [None, {"label": "=A"}, {"label": "a"}]},
        }
    }
    (tmp_path / "a.json").write_text(json.dumps(odd))
    new_from(tmp_path / "new", [tmp_path / "a.json"])
    (trial,) = rows(tmp_path / "new" / "trials.csv")
    assert (trial["phase"], trial["tumour"], trial["label"]) == ("", "", "NCT00000001")
    arms = rows(tmp_path / "new" / "arms.csv")
    assert [(arm["arm"], arm["label"]) for arm in arms] == [("A", "'=A"), ("a-2", "a")]
    assert "several conditions" in (tmp_path / "new" / "started_from.txt").read_text()
