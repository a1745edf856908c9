"""Which formats there are, what each needs, and how the page leads to their files."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from perdure.errors import InputError
from perdure.report import FORMATS, documents_in, formats_in, formats_named, require
from perdure.report.blocks import Document
from perdure.report.formats import choice
from perdure.report.formats.files import rendered
from perdure.report.formats.page import report_page


def test_formats_are_named_between_commas_and_others_refused() -> None:
    assert formats_named("xlsx,PDF , html") == ("html", "pdf", "xlsx")
    for text in ("", "pdf,odt", ","):
        with pytest.raises(InputError, match="html, pdf, docx, xlsx, figures"):
            formats_named(text)


def test_a_missing_library_is_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    require(["html"])
    with pytest.raises(InputError) as caught:
        require(["html", "pdf", "docx"], found=["docx"])
    pdf, word = caught.value.problems
    assert "pip install 'perdure[report]'" in pdf.remedy
    assert "typst" in pdf.message
    assert "remove report/report.docx" in word.remedy


def test_what_a_folder_holds_is_seen(tmp_path: Path) -> None:
    assert formats_in(tmp_path / "none") == ()
    (tmp_path / "report.pdf").touch()
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").touch()
    assert formats_in(tmp_path) == ("pdf", "figures")
    assert documents_in(tmp_path) == (tmp_path / "report.pdf",)


def test_every_format_writes_its_files(short_document: Document) -> None:
    names = [name for name, _ in rendered(short_document, FORMATS)]
    pictures = {one.name for figure in short_document.figures for one in figure.pictures}
    assert set(names) == {
        *("report.pdf", "report.docx", "tables.xlsx"),
        *(f"figures/{name}.{kind}" for name in pictures for kind in ("pdf", "png")),
    }


def test_the_page_leads_to_files_that_are_written_and_to_no_others(document: Document) -> None:
    alone, whole = report_page(document), report_page(document, FORMATS)
    for name in ("report.pdf", "report.docx", "tables.xlsx"):
        assert f'href="{name}"' not in alone
        assert f'href="{name}"' in whole
    assert '.png"' not in alone
    assert whole.count('.png"') == sum(len(one.pictures) for one in document.figures)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_letters_stand_out_from_the_page(scheme: int) -> None:
    css = files("perdure.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    schemes = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): #(\w+);", schemes[scheme]))
    for paper in ("paper", "tint"):
        for letters in ("ink", "soft", "grey", "accent"):
            bright, dark = sorted(luminance(colours[one]) for one in (letters, paper))[::-1]
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (letters, paper)
