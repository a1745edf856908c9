"""A study and its results walk in; a page to read, its figures and its tables walk out.

The page is one self-contained HTML file that prints and that a phone can show. The same report is
written as PDF, as a Word document, its tables as a workbook, its figures as PDF and PNG, where they
are wanted. The headline is the same for all of them and for the terminal.
"""

from perdure.report.document import write_report
from perdure.report.formats.choice import (
    FORMATS,
    Format,
    documents_in,
    formats_in,
    formats_named,
    require,
)
from perdure.report.headline import headline
from perdure.report.methods_text import MethodsParagraph, methods_text, references_of

__all__ = [
    "FORMATS",
    "Format",
    "MethodsParagraph",
    "documents_in",
    "formats_in",
    "formats_named",
    "headline",
    "methods_text",
    "references_of",
    "require",
    "write_report",
]
