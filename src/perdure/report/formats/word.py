"""The report as a Word document that co-authors can edit: headings, captions, tables, fields."""

from collections.abc import Mapping
from functools import partial
from io import BytesIO

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from perdure.plots.lettering import allowed_in_xml, printable
from perdure.report.blocks import (
    Block,
    Bullets,
    Document,
    FigureBlock,
    Mention,
    Methods,
    Prose,
    ReferenceList,
    Section,
    Shown,
    TableBlock,
)
from perdure.report.formats.paper import columns_of, scale_on_paper
from perdure.report.formats.typesetting import picture_png
from perdure.report.formats.word_xml import (
    add_bookmark,
    add_bookmarked_number,
    add_link,
    add_page_number,
    add_reference,
    steady,
    table_element,
)
from perdure.workers import in_workers

__all__ = ["report_docx"]

TABLE_TEXT, NOTES = "Table text", "Notes"
"""Styles that the document adds to Word's own."""
WIDE = 7
"""Tables with more columns than this take the whole width of the page."""


def report_docx(document: Document, jobs: int = 1) -> bytes:
    """Return the report as .docx: Word counts its tables and figures, and its text refers to them.

    The same to the byte for the same report: it holds no time.
    """
    writer = _Writer(document, _pictures(document, jobs))
    stream = BytesIO()
    writer.write().save(stream)
    return steady(stream.getvalue())


def _pictures(document: Document, jobs: int) -> dict[str, bytes]:
    """Return each picture as PNG, 300 dots an inch as it stands on the page."""
    work = [
        (picture.svg, scale_on_paper(picture, figure))
        for figure in document.figures
        for picture in figure.pictures
    ]
    names = [picture.name for figure in document.figures for picture in figure.pictures]
    return {names[place]: png for place, png in in_workers(picture_png, work, jobs)}


class _Writer:
    """Writes a document from its first block to its last."""

    def __init__(self, document: Document, pictures: Mapping[str, bytes]) -> None:
        self.document = document
        self.pictures = pictures
        self.word = _empty(document.title)
        self.bookmarks = 0

    def write(self) -> WordDocument:
        """Return the whole document."""
        self.word.add_paragraph(printable(self.document.title), "Title")
        if self.document.question:
            self.word.add_paragraph(printable(self.document.question), "Subtitle")
        self.word.add_heading("Summary", 1)
        for prose in self.document.summary:
            self._block(prose)
        caution = "Classes are compared across trials: the comparison is observational."
        self.word.add_paragraph(caution, NOTES)
        for section in self.document.sections:
            self._section(section, 1)
        self.word.add_paragraph(f"Made by perdure {self.document.version}.", NOTES)
        return self.word

    def _section(self, section: Section, level: int) -> None:
        self.word.add_heading(printable(f"{section.number} {section.title}"), level)
        for block in section.blocks:
            self._block(block)
        for inner in section.sections:
            self._section(inner, level + 1)

    def _block(self, block: Block) -> None:
        match block:
            case Prose():
                paragraph = self.word.add_paragraph(printable(block.text))
                if block.mentions:
                    paragraph.add_run(" See ")
                    self._mentions(paragraph, block.mentions)
                    paragraph.add_run(".")
            case Shown():
                self._shown(block)
            case Bullets():
                for item in block.items:
                    self.word.add_paragraph(printable(item), "List Bullet")
            case TableBlock():
                self._table(block)
            case FigureBlock():
                self._figure(block)
            case Methods():
                self._methods(block)
            case ReferenceList():
                self._references(block)

    def _mentions(self, paragraph: Paragraph, mentions: tuple[Mention, ...]) -> None:
        """Refer to tables and figures: "Figure 1, Table 2 and Table 3"."""
        last = len(mentions) - 1
        for place, one in enumerate(mentions):
            if place:
                paragraph.add_run(" and " if place == last else ", ")
            add_reference(paragraph, _name(one.kind, one.number), one.words)

    def _shown(self, block: Shown) -> None:
        paragraph = self.word.add_paragraph("Shown here.", NOTES)
        for subject, mentions in block.subjects:
            paragraph.add_run(f" {printable(subject)}: ")
            self._mentions(paragraph, mentions)
            paragraph.add_run(".")

    def _caption(self, kind: str, number: int, caption: str) -> Paragraph:
        paragraph = self.word.add_paragraph(style="Caption")
        self.bookmarks += 1
        add_bookmarked_number(paragraph, kind, number, _name(kind, number), self.bookmarks)
        paragraph.add_run(f". {printable(caption)}").bold = False
        return paragraph

    def _table(self, block: TableBlock) -> None:
        table = block.table
        self._caption("Table", block.number, table.caption).paragraph_format.keep_with_next = True
        notes = " ".join([*table.notes, f"Data: tables/{table.name}.csv"])
        after = self.word.add_paragraph(printable(notes), NOTES)
        style = self.word.styles[TABLE_TEXT].style_id
        after._p.addprevious(table_element(table, style, full=len(table.heads) > WIDE))  # noqa: SLF001

    def _figure(self, block: FigureBlock) -> None:
        columns = columns_of(block)
        for first in range(0, len(block.pictures), columns):
            paragraph = self.word.add_paragraph()
            last = first + columns >= len(block.pictures)
            paragraph.paragraph_format.keep_with_next = last  # its caption
            for picture in block.pictures[first : first + columns]:
                width = picture.points[0] * scale_on_paper(picture, block)
                image = BytesIO(self.pictures[picture.name])
                inline = paragraph.add_run().add_picture(image, width=Pt(width))._inline  # noqa: SLF001
                for side in "TBLR":  # or LibreOffice leaves so much that two do not fit a row
                    inline.set(f"dist{side}", "0")
                properties = inline.docPr
                properties.set("descr", printable(picture.alt))
                properties.set("name", picture.name)
        notes = "".join(f" {note}" for note in block.notes)
        self._caption("Figure", block.number, f"{block.caption}.{notes}")

    def _methods(self, block: Methods) -> None:
        for one in block.paragraphs:
            paragraph = self.word.add_paragraph()
            paragraph.add_run(f"{one.title}. ").bold = True
            before: object = ""
            for piece in one.pieces:
                if isinstance(piece, str):
                    paragraph.add_run(allowed_in_xml(piece))
                else:
                    if not isinstance(before, str):
                        paragraph.add_run(",").font.superscript = True
                    number = block.numbers[piece.key]
                    add_link(paragraph, _name("Reference", number), str(number))
                before = piece

    def _references(self, block: ReferenceList) -> None:
        for number, one in enumerate(block.citations, start=1):
            doi = f" doi:{one.doi}" if one.doi else ""
            paragraph = self.word.add_paragraph(f"{number}. {one.text}{doi}", NOTES)
            self.bookmarks += 1
            add_bookmark(paragraph, _name("Reference", number), self.bookmarks)


def _name(kind: str, number: int) -> str:
    """Return the name of a bookmark."""
    return f"{kind.lower()}_{number}"


def _empty(title: str) -> WordDocument:
    """Return an empty document on A4 with perdure's styles, and nothing of this machine or day."""
    word = docx.Document()
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(20)
    properties = word.core_properties
    properties.title, properties.author = printable(title), "perdure"
    properties.comments, properties.language = "", "en-GB"
    for name in ("dcterms:created", "dcterms:modified"):
        for element in properties._element.findall(qn(name)):  # noqa: SLF001
            properties._element.remove(element)  # noqa: SLF001
    _set_styles(word)
    add_page_number(section.footer.paragraphs[0])
    return word


def _set_styles(word: WordDocument) -> None:
    ink, accent, grey = (RGBColor.from_string(one) for one in ("1B1B1B", "005A8E", "555555"))
    change = partial(_change, word)
    change("Normal", 10, ink, after=6)
    change("Title", 20, ink, after=6)
    change("Subtitle", 11.5, grey, after=10)
    change("Heading 1", 15, ink, before=20, after=6)
    change("Heading 2", 12, ink, before=14, after=4)
    change("Caption", 9, accent, before=6, after=6)
    change("List Bullet", 9, ink, after=2)
    for name, size, color, after in ((TABLE_TEXT, 7, ink, 0), (NOTES, 8, grey, 8)):
        word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        change(name, size, color, after=after)


def _change(
    word: WordDocument, name: str, size: float, color: RGBColor, before: float = 0, after: float = 0
) -> None:
    """Give a style its size, its colour and the space around it."""
    style = word.styles[name]
    if not isinstance(style, ParagraphStyle):
        raise TypeError(f"{name} is not a style of paragraphs")
    style.font.size, style.font.color.rgb = Pt(size), color
    _set_face(style, "Calibri")
    style.paragraph_format.space_before = Pt(before)
    style.paragraph_format.space_after = Pt(after)


def _set_face(style: ParagraphStyle, face: str) -> None:
    """Set the face of a style, also where the theme would choose one."""
    style.font.name = face
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if "heme" in str(name):
            del fonts.attrib[name]
