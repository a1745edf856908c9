"""One reference is one trial, whichever files hold it and in whichever form; two stay two."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.study.references import FoundTrial, read_found_trials
from perdure.study.references.joining import joined

TITLE = "Nivolumab versus Docetaxel in Advanced Squamous-Cell Non-Small-Cell Lung Cancer"

RIS = f"TY  - JOUR\nAU  - Brahmer, Julie\nTI  - {TITLE}\nPY  - 2015\nER  - \n"

NBIB = f"PMID- 26028407\nFAU - Brahmer, Julie\nTI  - {TITLE}.\nDP  - 2015 Jul 9\n"

BIBTEX = f"@article{{b15, author={{Brahmer, Julie}}, title={{{{{TITLE}}}}}, year=2015}}\n"

OWN = "its content another: read as a reference of its own"

ALIKE = {"a.ris": RIS, "a.nbib": NBIB, "a.bib": BIBTEX}


def read(folder: Path, **texts: str) -> tuple[list[str], tuple[str, ...]]:
    """Labels of the trials of files, which are named ris, nbib2 and so on; and what was said."""
    paths = []
    for name, text in texts.items():
        paths.append(folder / f"{name}.{name.rstrip('0123456789')}")
        paths[-1].write_text(text, encoding="utf-8")
    found, said = read_found_trials(paths)
    return [one.label for one in found], said


@pytest.mark.parametrize(
    ("form", "text", "how"),
    [
        ("nbib", NBIB, "number in PubMed"),
        ("nbib", NBIB.replace(TITLE, "").replace("2015", "2016"), "number in PubMed"),
        ("ris", RIS, "title and year"),
        ("ris", RIS.replace(TITLE, ""), "record"),
        ("ris", RIS.replace(TITLE, "").replace("PY", "DO  - 10.1/x\nY1"), "DOI"),
        ("ris", RIS.replace("PY  - 2015\n", ""), "title and year"),
        ("ris", RIS.replace("AU  - Brahmer, Julie\n", ""), "title and year"),
        ("bib", BIBTEX, "title and year"),
        ("bib", BIBTEX.replace("year", "doi={10.1/x}, year"), "DOI"),
        ("bib", BIBTEX.replace("title", "pmid = 26028407, booktitle"), "number in PubMed"),
        ("bib", BIBTEX.replace("title", "note = {PMID: 26028407}, x"), "number in PubMed"),
    ],
)
def test_a_record_that_is_there_twice(tmp_path: Path, form: str, text: str, how: str) -> None:
    """In one file, in two, and where a whole file is given twice."""
    again = {f"{form}2": text}
    for texts in ({form: f"{text}\n{text}"}, {form: text, **again}):
        labels, said = read(tmp_path, **texts)
        assert len(labels) == 1
        assert len(said) == 1
        assert f"again (same {how}), and left out" in said[0]


@pytest.mark.parametrize("order", list(itertools.permutations(ALIKE)))
def test_forms_that_share_a_title_are_joined_in_any_order(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    for name in order:
        (tmp_path / name).write_text(ALIKE[name], encoding="utf-8")
    found, said = read_found_trials([tmp_path / name for name in order])
    assert [(one.label, one.pmid) for one in found] == [("Brahmer 2015", "26028407")]
    assert len(said) == 2
    assert all("(same title and year), and left out" in one for one in said)


@pytest.mark.parametrize("first", ["ris", "nbib"])
def test_nothing_is_lost_by_which_file_came_first(tmp_path: Path, first: str) -> None:
    """The registry's number is in PubMed's record alone, the DOI in the other."""
    texts = {
        "ris": RIS.replace("PY", "DO  - 10.1/x\nPY"),
        "nbib": f"{NBIB}SI  - ClinicalTrials.gov/NCT01642004\nPT  - Clinical Trial, Phase III\n",
    }
    for name, text in texts.items():
        (tmp_path / f"a.{name}").write_text(text, encoding="utf-8")
    paths = sorted(tmp_path.iterdir(), key=lambda path: path.suffix != f".{first}")
    ((one,), said) = read_found_trials(paths)
    assert (one.doi, one.registry_id, one.phase) == ("10.1/x", "NCT01642004", "III")
    gained = "doi is" if first == "nbib" else "pmid, registry_id, phase are"
    assert said[-1].endswith(f"and left out; {gained} from it")


@pytest.mark.parametrize("written", ["doi:10.1/X", "https://www.doi.org/10.1/x", "10.1/x."])
def test_ways_to_write_a_doi(tmp_path: Path, written: str) -> None:
    first = RIS.replace("PY", "DO  - 10.1/x\nPY")
    labels, _ = read(tmp_path, ris=first, ris2=first.replace("10.1/x", written))
    assert labels == ["Brahmer 2015"]


def test_a_record_may_show_that_two_are_one(tmp_path: Path) -> None:
    """The first two share nothing; the third has the number of the one and the DOI of the other."""
    one = "PMID- 1\nFAU - A, B\nTI  - Early title\nDP  - 2015\n"
    two = "TY  - JOUR\nAU  - A, B\nTI  - Late title\nDO  - 10.1/x\nPY  - 2016\nER  - \n"
    three = "PMID- 1\nLID - 10.1/x [doi]\nFAU - A, B\nTI  - Third title\nDP  - 2015\n"
    labels, said = read(tmp_path, nbib=one, ris=two, nbib2=three)
    assert labels == ["A 2015"]
    assert len(said) == 2
    # What comes later is found by any of their names
    labels, said = read(
        tmp_path, nbib=one, ris=two, nbib2=three, ris2=two, bib=one_bibtex("10.1/x")
    )
    assert labels == ["A 2015"]
    assert len(said) == 4


def one_bibtex(doi: str) -> str:
    return f"@article{{k, author={{A, B}}, title={{Other}}, year=2016, doi={{{doi}}}}}\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("PY  - 2015", "PY  - 2016"), None),
        (("Brahmer, Julie", "Borghaei, Hossein"), None),
        (("Squamous", "Nonsquamous"), None),
        (("PY  - 2015", "DO  - 10.1/y\nPY  - 2015"), "different DOIs: both are kept"),
        (
            ("PY  - 2015", "DO  - 10.1/x\nUR  - https://pubmed.ncbi.nlm.nih.gov/7/\nPY  - 2015"),
            "again (same DOI)",
        ),
    ],
)
def test_two_references_stay_two(tmp_path: Path, change: tuple[str, str], told: str | None) -> None:
    first = RIS.replace("PY", "DO  - 10.1/x\nUR  - https://pubmed.ncbi.nlm.nih.gov/1/\nPY")
    labels, said = read(tmp_path, ris=first, ris2=RIS.replace(*change))
    assert len(labels) == (1 if told and "again" in told else 2)
    assert len(said) == (told is not None)
    assert told is None or told in said[0]


def test_files_of_one_name_are_two_files(tmp_path: Path) -> None:
    """Two records in row 1 of two files are no one record because both files are a.ris."""
    paths = [tmp_path / folder / "a.ris" for folder in ("one", "two")]
    for path, author in zip(paths, ("Reck", "Brahmer"), strict=True):
        path.parent.mkdir()
        path.write_text(f"TY  - JOUR\nAU  - {author}, M\nER  - \n")
    found, said = read_found_trials(paths)
    assert [one.label for one in found] == ["Reck", "Brahmer"]
    assert found[1].source.endswith("two/a.ris, row 1")
    assert said == ()


def test_a_key_that_two_bibtex_entries_have(tmp_path: Path) -> None:
    other = BIBTEX.replace(TITLE, "Another trial")
    labels, said = read(tmp_path, bib=f"{BIBTEX}{other}{BIBTEX}")
    assert labels == ["Brahmer 2015", "Brahmer 2015"]
    assert [one.rpartition("bib.bib, ")[2] for one in said] == [
        f"row 2: its key b15 is that of row 1, and {OWN}",
        "row 1 again (same title and year), and left out",
    ]


SOME = st.sampled_from(["", "1", "2", "3"])
RECORDS = st.lists(
    st.builds(
        lambda doi, pmid, title, year: FoundTrial(
            "", registry=False, label="", doi=doi, pmid=pmid, title=title, year=year
        ),
        SOME,
        SOME,
        SOME,
        st.sampled_from([None, 2015, 2016]),
    ),
    max_size=12,
)


@given(RECORDS)
def test_no_record_is_dropped_without_a_word(records: list[FoundTrial]) -> None:
    found, said = joined(records)
    again = [one for one in said if "again" in one]
    assert len(found) + len(again) == len(records)
    # Whatever names a record beyond doubt names one trial
    for name in ("doi", "pmid"):
        values = [getattr(one, name) for one in found if getattr(one, name)]
        assert len(values) == len(set(values))


def test_what_the_second_says_against_the_first_is_not_lost_in_silence(tmp_path: Path) -> None:
    doi, number = "AID - 10.1/x [doi]\n", "SI  - ClinicalTrials.gov/NCT0000000"
    first = f"{NBIB}{doi}{number}1\n"
    other = NBIB.replace("26028407", "30000002").replace("Nivolumab", "Tremelimumab")
    labels, said = read(tmp_path, nbib=first, nbib2=f"{other}{doi}{number}2\n")
    assert labels == ["Brahmer 2015"]
    assert said[-1].endswith(
        "it says otherwise, and is not followed: pmid 30000002, registry_id NCT00000002, title"
    )


def test_a_shorter_title_says_nothing_against_the_whole_one(tmp_path: Path) -> None:
    short = RIS.replace(TITLE, "Nivolumab versus Docetaxel").replace("ER", "DO  - 10.1/x\nER")
    _, said = read(tmp_path, nbib=f"{NBIB}AID - 10.1/x [doi]\n", ris=short)
    assert "otherwise" not in said[-1]
