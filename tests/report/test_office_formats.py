"""Word document and workbook, read by python-docx and openpyxl: whole, editable, without a time."""

import re
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from operator import itemgetter
from zipfile import ZipFile

import docx
import openpyxl
import pytest
from docx.document import Document as WordDocument

from perdure.report.blocks import Document, FigureBlock, Picture, Section, TableBlock
from perdure.report.formats.word import report_docx
from perdure.report.formats.word_xml import PAPER, fitted_widths, table_element
from perdure.report.formats.workbook import table_workbook
from perdure.report.tables import Column, build_table

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def content(short_document: Document) -> bytes:
    return report_docx(short_document)


@pytest.fixture(scope="module")
def word(content: bytes) -> WordDocument:
    return docx.Document(BytesIO(content))


def test_tables_are_tables_with_every_cell(word: WordDocument, short_document: Document) -> None:
    assert len(word.tables) == len(short_document.tables)
    for found, block in zip(word.tables, short_document.tables, strict=True):
        rows = [row for group in block.table.groups for row in group]
        assert len(found.rows) == len(rows) + 1
        assert [cell.text for cell in found.rows[0].cells] == [
            head.text for head in block.table.heads
        ]
        shown = {cell.text for row in found.rows for cell in row.cells}
        assert {cell.text for row in rows for cell in row} <= shown
        assert found.rows[0]._tr.find(f"{W}trPr/{W}tblHeader") is not None


def test_cells_that_rows_share_are_merged(word: WordDocument, short_document: Document) -> None:
    table = short_document.tables[0].table
    spans = [cell.span for group in table.groups for cell in group[0]]
    assert max(spans) > 1
    starts = word.tables[0]._tbl.iter(f"{W}vMerge")
    restarted = [one for one in starts if one.get(f"{W}val") == "restart"]
    assert len(restarted) == sum(span > 1 for span in spans)
    first = word.tables[0].column_cells(0)
    assert first[1].text == first[spans[0]].text == table.groups[0][0][0].text


def test_an_address_leaves_every_other_column_room_for_its_words() -> None:
    words = ("CheckMate", "nivolumab", "endpoint", "median", "published", "curves", "verified")
    address = "https://example.org/" + "a-long-address/" * 12
    columns = [Column(f"h{place}", itemgetter(place)) for place in range(len(words) + 1)]
    table = build_table("facts", "Facts", columns, [(*words, address)])
    grid = table_element(table, "Normal", full=True).iter(f"{W}gridCol")
    widths = [int(one.get(f"{W}w")) for one in grid]
    # Letters of 7 points are about half as wide: 70 twentieths.
    assert all(width >= 70 * len(word) for word, width in zip(words, widths, strict=False))
    assert sum(widths) <= 9_860 + len(widths)


def test_word_counts_captions_and_every_reference_has_its_bookmark(
    word: WordDocument, short_document: Document
) -> None:
    body = word.element.body
    bookmarks = [one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")]
    places = [one.get(f"{W}id") for one in body.iter(f"{W}bookmarkStart")]
    assert len(set(bookmarks)) == len(bookmarks)
    assert len(set(places)) == len(places)
    codes = [one.text or "" for one in body.iter(f"{W}instrText")]
    counted = [code for code in codes if code.startswith(" SEQ")]
    assert len(counted) == len(short_document.tables) + len(short_document.figures)
    anchors = {one.get(f"{W}anchor") for one in body.iter(f"{W}hyperlink")}
    assert anchors <= set(bookmarks)
    assert len(anchors) > 5


def test_the_whole_reports_references_all_lead_somewhere(document: Document) -> None:
    sections = tuple(with_dots_for_pictures(one) for one in document.sections)
    body = docx.Document(BytesIO(report_docx(replace(document, sections=sections)))).element.body
    bookmarks = {one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")}
    codes = " ".join(one.text or "" for one in body.iter(f"{W}instrText"))
    referred = set(re.findall(r" REF (\w+) ", codes))
    assert len(referred) >= len(document.tables) + len(document.figures)
    assert referred <= bookmarks


def with_dots_for_pictures(section: Section) -> Section:
    """The section with pictures that take no time to draw."""
    dot = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
    return replace(
        section,
        blocks=tuple(
            replace(block, pictures=(Picture(f"dot-{block.number}", dot, "A dot."),))
            if isinstance(block, FigureBlock)
            else block
            for block in section.blocks
        ),
        sections=tuple(with_dots_for_pictures(inner) for inner in section.sections),
    )


def test_columns_hold_their_longest_word_and_tables_fit_the_page(word: WordDocument) -> None:
    for found in word.tables:
        widths = [int(one.get(f"{W}w")) for one in found._tbl.iter(f"{W}gridCol")]
        assert sum(widths) <= 174 / 25.4 * 1440 + len(widths)
        for place, width in enumerate(widths):
            words = (word for cell in found.column_cells(place) for word in cell.text.split())
            longest = max(map(len, words), default=0)
            assert width / 20 - 5 > 3.3 * longest  # points of Calibri at 7


@pytest.mark.parametrize(
    ("words", "lines"),
    [([300.0, 200.0], [9000.0, 400.0]), ([300.0] * 9, [900.0] * 9), ([1500.0] * 9, [2000.0] * 9)],
)
def test_widths_share_the_page(words: list[float], lines: list[float]) -> None:
    whole = fitted_widths(words, lines, full=True)
    assert sum(whole) == pytest.approx(PAPER)
    loose = fitted_widths(words, lines, full=False)
    assert sum(loose) <= PAPER * (1 + 1e-12)
    if sum(words) <= PAPER:
        assert all(width >= word for width, word in zip(loose, words, strict=True))


def test_sheets_print_across_one_page_with_their_head(document: Document) -> None:
    for sheet in openpyxl.load_workbook(BytesIO(table_workbook(document))).worksheets:
        assert sheet.page_setup.orientation == "landscape"
        pages = sheet.sheet_properties.pageSetUpPr
        assert pages is not None
        assert pages.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1)  # one where it is not said
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$1:$1"


def test_pictures_say_what_they_show_and_fit_the_page(
    word: WordDocument, short_document: Document
) -> None:
    pictures = [one for figure in short_document.figures for one in figure.pictures]
    assert len(word.inline_shapes) == len(pictures)
    for shape, picture in zip(word.inline_shapes, pictures, strict=True):
        assert shape._inline.docPr.get("descr") == picture.alt
        assert shape.width <= 174 * 36_000
        ratio = picture.points[0] / picture.points[1]
        assert shape.width / shape.height == pytest.approx(ratio, rel=0.01)


def test_headings_are_headings(word: WordDocument, short_document: Document) -> None:
    found = [one.text for one in word.paragraphs if (one.style and one.style.name) == "Heading 1"]
    assert found == ["Summary", *(f"{one.number} {one.title}" for one in short_document.sections)]


def test_the_document_holds_no_time(content: bytes, word: WordDocument) -> None:
    with ZipFile(BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert not re.search(r"\d{4}-\d\d-\d\d", core)
    assert "python-docx" not in core
    assert word.core_properties.language == "en-GB"


@pytest.mark.slow
def test_the_document_is_the_same_to_the_byte(content: bytes, short_document: Document) -> None:
    assert report_docx(short_document) == content


def test_the_workbook_holds_the_records_with_numbers_as_numbers(document: Document) -> None:
    book = openpyxl.load_workbook(BytesIO(table_workbook(document)))
    assert book.sheetnames == ["Contents", *(f"Table {one.number}" for one in document.tables)]
    for block in document.tables:
        sheet = book[f"Table {block.number}"]
        assert sheet.freeze_panes == "A2"
        head, *rows = sheet.iter_rows(values_only=True)
        assert list(head) == list(block.table.columns)
        assert len(rows) == len(block.table.records)
        for row, record in zip(rows, block.table.records, strict=True):
            for found, value in zip(row, record, strict=True):
                if isinstance(value, bool | str):
                    assert (found or "") == str(value)
                elif value is None:
                    assert found is None
                else:
                    assert isinstance(found, int | float)
                    assert found == pytest.approx(value, rel=1e-15, abs=0)


def test_the_first_sheet_lists_every_table_with_its_file(document: Document) -> None:
    contents = openpyxl.load_workbook(BytesIO(table_workbook(document)))["Contents"]
    rows = list(contents.iter_rows(min_row=2))
    assert contents.freeze_panes == "A2"
    for row, block in zip(rows, document.tables, strict=True):
        assert row[0].value == f"Table {block.number}"
        assert row[0].hyperlink is not None
        assert row[0].hyperlink.location == f"'Table {block.number}'!A1"
        assert row[1].value == block.table.caption
        assert row[2].value == len(block.table.records)
        assert row[3].value == f"tables/{block.table.name}.csv"


def with_table(document: Document, *values: object) -> Document:
    table = build_table("t", "=1+1", [Column("x", str, {"=x": lambda one: one})], values)
    section = Section("s", "S", (TableBlock(table, 1),))
    return replace(document, sections=(section,))


def test_nothing_in_the_workbook_is_computed(document: Document) -> None:
    texts = ("=1+1", "+ bevacizumab", "-x", "@SUM(A1)", "https://example.org", "{=A1}", "0012")
    book = openpyxl.load_workbook(BytesIO(table_workbook(with_table(document, *texts))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type in "sn" for cell in cells)
    found = list(book["Table 1"].iter_rows(min_row=2))
    assert [row[0].value for row in found] == list(texts)
    assert all(row[0].quotePrefix and row[0].hyperlink is None for row in found)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_broken_number_enters_the_workbook(document: Document, value: float) -> None:
    with pytest.raises(ValueError, match="is no number"):
        table_workbook(with_table(document, value))


def test_the_workbook_is_the_same_to_the_byte_and_holds_no_time(document: Document) -> None:
    content = table_workbook(document)
    assert table_workbook(document) == content
    with ZipFile(BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(BytesIO(content)).properties
    assert properties.created == datetime(1980, 1, 1)  # noqa: DTZ001
