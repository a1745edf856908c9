"""BibTeX of what was used, read by typst's own reader of BibTeX."""

import re

import pypdfium2
import pytest
import typst

from perdure.records import Trial
from perdure.report import citations
from perdure.report.blocks import Document
from perdure.report.citations import Citation
from perdure.report.findings import Findings
from perdure.report.formats.bibliography import bibliography

EVERY = [one for one in vars(citations).values() if isinstance(one, Citation)]


def printed(bib: str) -> str:
    """The list of references that typst prints of a BibTeX file."""
    files = {
        "main.typ": b'#set page(height: auto)\n#bibliography("a.bib", full: true, style: "apa")',
        "a.bib": bib.encode(),
    }
    with pypdfium2.PdfDocument(typst.compile(files)) as pdf:  # type: ignore[call-overload]
        words = " ".join(page.get_textpage().get_text_range() for page in pdf)
    return " ".join(words.replace("\ufffe", "").replace("-", "").split())


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.key)
def test_every_paper_is_taken_apart(one: Citation) -> None:
    entry = bibliography([one], [], "1.0").partition("@software")[0]
    kind, key = re.findall(r"@(\w+)\{([\w-]+),", entry)[0]
    assert key == one.key
    assert kind == ("book" if one.key in ("rubin", "greenwood") else "article")
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", entry, re.MULTILINE))
    assert fields["year"] in one.text
    assert fields.get("doi", "") == one.doi
    for author in fields["author"].split(" and "):
        assert author == "others" or author.split(",")[0] in one.text
    assert fields["title"].strip("{}") in one.text


def test_another_reader_reads_it(findings: Findings, document: Document) -> None:
    words = printed(bibliography(document.citations, findings.trials, "0.1.0"))
    assert "PonsTostivint" in words
    assert "Pons" in words
    assert "457–481" in words
    assert "JCO Precis Oncol" in words
    for citation in document.citations:
        if citation.doi:
            assert citation.doi.replace("-", "").lower() in words.replace(" ", "").lower()


def test_trials_with_a_doi_are_entries_and_their_labels_are_words() -> None:
    trials = [
        Trial("a", "50% of {A} & B_1", 2015, doi="10.1056/NEJMoa1"),
        Trial("b", "No paper", 2016),
    ]
    bib = bibliography([], trials, "0.1.0")
    assert "@misc{trial-a," in bib
    assert "trial-b" not in bib
    assert "50% of {A} & B_1" in printed(bib)


def test_what_is_not_written_as_a_paper_keeps_its_words() -> None:
    bib = bibliography([Citation("x", "Somebody 1999, in a letter.")], [], "0.1.0")
    assert "@misc{x," in bib
    assert "title = {{Somebody 1999, in a letter.}}" in bib
