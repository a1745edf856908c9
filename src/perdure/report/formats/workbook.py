"""Every table of a report in one workbook: a sheet each, numbers as numbers, text as text."""

import math
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import xlsxwriter

from perdure.report.blocks import Document, TableBlock

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["table_workbook"]

_DAY = datetime(1980, 1, 1)  # noqa: DTZ001
"""In the properties, which must hold a time: the first that a zip archive knows."""
_A4 = 9
CONTENTS = "Contents"
_HEADS = ("Table", "Caption", "Rows", "File", "Notes")
_WIDTHS = (10, 70, 8, 48, 100)
NARROWEST, WIDEST = 8, 44
"""Of columns, in letters."""
LINE = 15
"""Points; height of a line."""


def table_workbook(document: Document) -> bytes:
    """Return the tables as .xlsx: first what there is, then a sheet each, as its CSV file has it.

    Text is kept as text, also when it is typed again: nothing is a formula, and the only links are
    those of the first sheet to the others. Numbers have 16 digits, one more than spreadsheets
    show; the CSV files have all. The same to the byte for the same report.

    Raises
    ------
    ValueError
        If a number is not finite: tables say in words what has no number.
    """
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": document.title, "author": "perdure", "created": _DAY})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        text = book.add_format({"quote_prefix": True})
        top = {"valign": "top", "text_wrap": True}
        words = book.add_format({"quote_prefix": True, **top})
        link = book.add_format({"font_color": "blue", "underline": 1, **top})
        contents = book.add_worksheet(CONTENTS)
        _write_contents(contents, document.tables, head, words, link, book.add_format(top))
        for block in document.tables:
            _write_table(book.add_worksheet(_sheet(block)), block, head, text)
    return stream.getvalue()


def _sheet(block: TableBlock) -> str:
    return f"Table {block.number}"


def _write_contents(
    sheet: "Worksheet",
    tables: Sequence[TableBlock],
    head: "Format",
    text: "Format",
    link: "Format",
    number: "Format",
) -> None:
    """Write the first sheet: each table, which leads to its own."""
    _set_paper(sheet)
    for column, (name, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, head)
    sheet.freeze_panes(1, 0)
    for row, block in enumerate(tables, start=1):
        table = block.table
        sheet.write_url(row, 0, f"internal:'{_sheet(block)}'!A1", link, _sheet(block))
        sheet.write_string(row, 1, table.caption, text)
        sheet.write_number(row, 2, len(table.records), number)
        sheet.write_string(row, 3, f"tables/{table.name}.csv", text)
        notes = " ".join(table.notes)
        sheet.write_string(row, 4, notes, text)
        sheet.set_row(row, LINE * max(1, math.ceil(len(notes) / _WIDTHS[-1])))


def _write_table(sheet: "Worksheet", block: TableBlock, head: "Format", text: "Format") -> None:
    """Write one table: its head stays in sight, and a filter is on it."""
    _set_paper(sheet)
    table = block.table
    for column, name in enumerate(table.columns):
        longest = max((len(_shown(row[column])) for row in table.records), default=0)
        sheet.set_column(column, column, min(max(longest + 1, len(name) + 1, NARROWEST), WIDEST))
        sheet.write_string(0, column, name, head)
    sheet.freeze_panes(1, 0)
    if table.records and table.columns:
        sheet.autofilter(0, 0, len(table.records), len(table.columns) - 1)
    for row, record in enumerate(table.records, start=1):
        for column, value in enumerate(record):
            _write_cell(sheet, row, column, value, text)


def _set_paper(sheet: "Worksheet") -> None:
    """Print on A4 across, as wide as one page, with the head again on each."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_cell(sheet: "Worksheet", row: int, column: int, value: object, text: "Format") -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool | np.bool_):
        sheet.write_string(row, column, str(value), text)
    elif isinstance(value, int | float | np.integer | np.floating):
        if not math.isfinite(value):
            raise ValueError(f"a table holds {value}, which is no number")
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value), text)


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
