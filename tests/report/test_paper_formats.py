"""PDF and pictures, read by PDFium and Pillow: whole, drawn as paths, of their own size."""

from collections.abc import Iterator
from io import BytesIO

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image

from perdure.report.blocks import Document, Picture
from perdure.report.formats.pdf import report_pdf
from perdure.report.formats.typesetting import picture_pdf, picture_png

NASTY = ('<script>alert("x")</', "script> & $x_1$", 'arm "<b>bold</b>" & co')


@pytest.fixture(scope="module")
def content(short_document: Document) -> bytes:
    return report_pdf(short_document)


@pytest.fixture(scope="module")
def pdf(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    opened = pypdfium2.PdfDocument(content)
    yield opened
    opened.close()


def words_of(pdf: pypdfium2.PdfDocument) -> str:
    pages = [page.get_textpage().get_text_range() for page in pdf]
    return " ".join("".join(pages).replace("\ufffe", "-").split())


def test_the_pdf_says_what_the_report_says(
    pdf: pypdfium2.PdfDocument, short_document: Document
) -> None:
    words = words_of(pdf)
    assert short_document.title in words
    for table in short_document.tables:
        assert f"Table {table.number}" in words
        assert f"tables/{table.table.name}.csv" in words.replace(" ", "")
    for figure in short_document.figures:
        assert f"Figure {figure.number}" in words
    assert f"{len(pdf)} of {len(pdf)}" in words


def test_words_are_words_and_no_commands(pdf: pypdfium2.PdfDocument) -> None:
    words = words_of(pdf)
    assert all(part in words for part in NASTY)


def test_pages_are_a4_and_tagged_for_screen_readers(pdf: pypdfium2.PdfDocument) -> None:
    width, height = pdf[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    assert pdfium.FPDFCatalog_IsTagged(pdf.raw)
    assert pdf.get_metadata_dict()["Title"]


def test_there_is_an_outline_of_every_section(
    pdf: pypdfium2.PdfDocument, short_document: Document
) -> None:
    titles = [one.get_title() for one in pdf.get_toc()]
    for section in short_document.sections:
        assert any(section.title in title for title in titles)


def test_figures_are_drawn_and_not_pixels(pdf: pypdfium2.PdfDocument) -> None:
    kinds = {one.type for page in pdf for one in page.get_objects(max_depth=8)}
    assert pdfium.FPDF_PAGEOBJ_PATH in kinds
    assert pdfium.FPDF_PAGEOBJ_IMAGE not in kinds


def test_the_pdf_holds_no_time(content: bytes, pdf: pypdfium2.PdfDocument) -> None:
    found = pdf.get_metadata_dict()
    assert found["CreationDate"] == found["ModDate"] == ""
    assert b"CreateDate" not in content


@pytest.mark.slow
def test_the_pdf_is_the_same_to_the_byte(content: bytes, short_document: Document) -> None:
    assert report_pdf(short_document) == content


@pytest.fixture(scope="module")
def picture(short_document: Document) -> Picture:
    return short_document.figures[0].pictures[0]


def test_a_figure_as_pdf_has_its_own_size_and_its_words(picture: Picture) -> None:
    content = picture_pdf(picture.svg, picture.name, picture.alt)
    assert picture_pdf(picture.svg, picture.name, picture.alt) == content
    with pypdfium2.PdfDocument(content) as pdf:
        assert len(pdf) == 1
        assert pdf[0].get_size() == pytest.approx(picture.points, abs=0.01)
        assert "Months" in words_of(pdf)


def test_a_figure_as_png_has_300_dots_an_inch(picture: Picture) -> None:
    for scale in (1.0, 0.5):
        with Image.open(BytesIO(picture_png(picture.svg, scale))) as image:
            inches = [points / 72 for points in picture.points]
            dots = [side / inch / scale for side, inch in zip(image.size, inches, strict=True)]
            assert dots == pytest.approx([300, 300], rel=0.005)
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
            assert image.mode == "RGB"
            assert image.getpixel((0, 0)) == (255, 255, 255)
