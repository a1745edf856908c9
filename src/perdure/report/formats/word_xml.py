"""Pieces of a Word document that python-docx has no words for: fields, bookmarks, ruled tables."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TypeAlias
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.text.paragraph import Paragraph

from perdure.plots.lettering import allowed_in_xml, printable
from perdure.report.tables import Cell, Table

__all__ = [
    "PAPER",
    "add_bookmark",
    "add_bookmarked_number",
    "add_link",
    "add_page_number",
    "add_reference",
    "fitted_widths",
    "steady",
    "table_element",
]

_DAY = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip archive knows: it says nothing."""
INK, HAIR = "1B1B1B", "D4D4D4"
PAPER, LETTER, MARGINS = 9_860, 84, 120
"""Twentieths of a point: the page between its margins, a letter, the room around a cell's words."""
WIDEST = 34
"""Letters of a column beyond which its words, and an address within itself, take several lines."""
_Rows: TypeAlias = Sequence[Sequence[Cell | None]]


def add_bookmarked_number(
    paragraph: Paragraph, kind: str, number: int, name: str, place: int
) -> None:
    """Add "Table 3", counted by Word itself, with a bookmark that the text can refer to."""
    _append(
        paragraph,
        f'<w:bookmarkStart {nsdecls("w")} w:id="{place}" w:name="{name}"/>',
        _run(f"{kind} "),
        *_field(f"SEQ {kind} \\* ARABIC", str(number)),
        f'<w:bookmarkEnd {nsdecls("w")} w:id="{place}"/>',
    )


def add_reference(paragraph: Paragraph, name: str, words: str) -> None:
    """Add what the bookmark ``name`` says, which Word renews when tables or figures move."""
    _append(paragraph, *_field(f"REF {name} \\h", words))


def add_link(paragraph: Paragraph, name: str, words: str) -> None:
    """Add raised words that lead to the bookmark ``name``."""
    raised = '<w:vertAlign w:val="superscript"/>'
    _append(
        paragraph,
        f'<w:hyperlink {nsdecls("w")} w:anchor="{name}">{_run(words, raised)}</w:hyperlink>',
    )


def add_page_number(paragraph: Paragraph) -> None:
    """Add the number of the page."""
    _append(paragraph, *_field("PAGE", "1"))


def add_bookmark(paragraph: Paragraph, name: str, place: int) -> None:
    """Put a bookmark at the end of a paragraph."""
    _append(
        paragraph,
        f'<w:bookmarkStart {nsdecls("w")} w:id="{place}" w:name="{name}"/>',
        f'<w:bookmarkEnd {nsdecls("w")} w:id="{place}"/>',
    )


def table_element(table: Table, style: str, *, full: bool) -> BaseOxmlElement:
    """Return a table that Word can edit: its head again on every page, shared cells merged.

    Written whole: python-docx looks each cell up anew, which takes minutes for thousands.
    """
    groups = [_laid_out(group, len(table.heads)) for group in table.groups]
    head = "".join(_cell(cell, style, _edge("bottom", 4, INK), bold=True) for cell in table.heads)
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
    for group in groups:
        rows += _group(group, style)
    return parse_xml(
        f"<w:tbl {nsdecls('w')}>{_properties(table.caption, full=full)}"
        f"{_columns(table, groups, full=full)}{''.join(rows)}</w:tbl>"
    )


def _properties(caption: str, *, full: bool) -> str:
    """Return how the table looks, ruled above and beneath, and what screen readers call it."""
    rule = f'w:val="single" w:sz="8" w:space="0" w:color="{INK}"'
    borders = (
        f'<w:top {rule}/><w:left w:val="nil"/><w:bottom {rule}/><w:right w:val="nil"/>'
        '<w:insideH w:val="nil"/><w:insideV w:val="nil"/>'
    )
    width = '<w:tblW w:w="5000" w:type="pct"/>' if full else '<w:tblW w:w="0" w:type="auto"/>'
    margins = '<w:left w:w="50" w:type="dxa"/><w:right w:w="50" w:type="dxa"/>'
    look = '<w:tblLook w:firstRow="1" w:firstColumn="1" w:noHBand="1" w:noVBand="1"/>'
    words = escape(printable(caption), {'"': "&quot;"})
    return (
        f"<w:tblPr>{width}<w:tblBorders>{borders}</w:tblBorders>"
        f"<w:tblCellMar>{margins}</w:tblCellMar>{look}"
        f'<w:tblCaption w:val="{words}"/></w:tblPr>'
    )


def _columns(table: Table, groups: Sequence[_Rows], *, full: bool) -> str:
    """Return the columns with the widths that their words ask for; Word may fit them again."""
    rows = [table.heads, *(row for group in groups for row in group)]
    columns = [[cell.text for row in rows if (cell := row[place])] for place in range(len(rows[0]))]
    words = [
        _room(min(max((len(word) for text in one for word in text.split()), default=1), WIDEST))
        for one in columns
    ]
    lines = [
        max(_room(min(max(map(len, one)), WIDEST)), word)
        for one, word in zip(columns, words, strict=True)
    ]
    widths = fitted_widths(words, lines, full=full)
    grid = "".join(f'<w:gridCol w:w="{round(width)}"/>' for width in widths)
    return f"<w:tblGrid>{grid}</w:tblGrid>"


def _room(letters: int) -> float:
    return LETTER * letters + MARGINS


def fitted_widths(words: Sequence[float], lines: Sequence[float], *, full: bool) -> list[float]:
    """Return widths that fit the page: whole lines if they can, else whole words where they can."""
    if sum(lines) > PAPER > sum(words):
        more = (PAPER - sum(words)) / (sum(lines) - sum(words))
        return [word + more * (line - word) for word, line in zip(words, lines, strict=True)]
    wanted = lines if sum(lines) <= PAPER else words
    scale = PAPER / sum(wanted) if full or sum(wanted) > PAPER else 1.0
    return [scale * one for one in wanted]


def _laid_out(group: Sequence[Sequence[Cell]], columns: int) -> _Rows:
    """Return the rows of a group with a place for every column: None where a cell goes on."""
    going_on = [0] * columns
    rows: list[list[Cell | None]] = []
    for row in group:
        given = iter(row)
        rows.append([])
        for place in range(columns):
            if going_on[place]:
                going_on[place] -= 1
                rows[-1].append(None)
            else:
                cell = next(given)
                going_on[place] = cell.span - 1
                rows[-1].append(cell)
    return rows


def _group(rows: _Rows, style: str) -> Iterator[str]:
    """Yield the rows of one group, under a hairline; a cell of several rows goes on in each."""
    for order, row in enumerate(rows):
        ruled = _edge("top", 2, HAIR) if order == 0 else ""
        cells = []
        for place, cell in enumerate(row):
            if cell is None:
                cells.append(_cell(Cell(""), style, "<w:vMerge/>"))
                continue
            merged = '<w:vMerge w:val="restart"/>' if cell.span > 1 else ""
            cells.append(_cell(cell, style, merged + ruled, bold=order == 0 and place == 0))
        yield f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>"


def _edge(side: str, size: int, color: str) -> str:
    rule = f'w:val="single" w:sz="{size}" w:space="0" w:color="{color}"'
    return f"<w:tcBorders><w:{side} {rule}/></w:tcBorders>"


def _cell(cell: Cell, style: str, properties: str, *, bold: bool = False) -> str:
    side = '<w:jc w:val="right"/>' if cell.numeric else ""
    words = _run(cell.text, "<w:b/>" if bold else "") if cell.text else ""
    return (
        f"<w:tc><w:tcPr>{properties}</w:tcPr>"
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{side}</w:pPr>{words}</w:p></w:tc>'
    )


def _field(code: str, shown: str) -> tuple[str, ...]:
    """Return a field that Word computes, with what it shows until then."""

    def mark(kind: str) -> str:
        return f'<w:r {nsdecls("w")}><w:fldChar w:fldCharType="{kind}"/></w:r>'

    instruction = f'<w:instrText xml:space="preserve"> {escape(code)} </w:instrText>'
    return (
        mark("begin"),
        f"<w:r {nsdecls('w')}>{instruction}</w:r>",
        mark("separate"),
        _run(shown),
        mark("end"),
    )


def _run(words: str, properties: str = "") -> str:
    text = escape(allowed_in_xml(words))
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r {nsdecls("w")}>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'


def _append(paragraph: Paragraph, *pieces: str) -> None:
    for piece in pieces:
        paragraph._p.append(parse_xml(piece))  # noqa: SLF001


def steady(archive: bytes) -> bytes:
    """Return a zip archive without the time at which it was made."""
    stream = BytesIO()
    with ZipFile(BytesIO(archive)) as made, ZipFile(stream, "w", ZIP_DEFLATED) as same:
        for name in made.namelist():
            same.writestr(ZipInfo(name, _DAY), made.read(name), ZIP_DEFLATED)
    return stream.getvalue()
