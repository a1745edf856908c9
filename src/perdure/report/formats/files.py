"""The files of the optional formats; each one's libraries are loaded when it is wanted."""

from collections.abc import Collection, Iterator

from perdure.report.blocks import Document
from perdure.report.formats.choice import Format
from perdure.workers import in_workers

__all__ = ["rendered"]


def rendered(
    document: Document, formats: Collection[Format], *, jobs: int = 1
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of the formats that are wanted, html apart.

    Parameters
    ----------
    document : Document
    formats : collection of str
    jobs : int
        Processes that draw figures.
    """
    if "figures" in formats:
        yield from _drawn_figures(document, jobs)
    if "xlsx" in formats:
        from perdure.report.formats.workbook import table_workbook

        yield "tables.xlsx", table_workbook(document)
    if "pdf" in formats:
        from perdure.report.formats.pdf import report_pdf

        yield "report.pdf", report_pdf(document)
    if "docx" in formats:
        from perdure.report.formats.word import report_docx

        yield "report.docx", report_docx(document, jobs)


def _drawn_figures(document: Document, jobs: int) -> Iterator[tuple[str, bytes]]:
    """Yield each figure as PDF and as PNG."""
    from perdure.report.formats.typesetting import picture_pdf, picture_png

    pictures = [picture for figure in document.figures for picture in figure.pictures]
    for picture in pictures:
        content = picture_pdf(picture.svg, picture.name, picture.alt)
        yield f"figures/{picture.name}.pdf", content
    for place, content in in_workers(picture_png, [(one.svg,) for one in pictures], jobs):
        yield f"figures/{pictures[place].name}.png", content
