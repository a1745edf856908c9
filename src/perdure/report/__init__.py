"""A study and its results walk in; a page to read, its figures and its tables walk out.

The page is one self-contained HTML file that prints and that a phone can show; the headline is the
same for the page and for the terminal.
"""

from perdure.report.document import write_report
from perdure.report.headline import headline
from perdure.report.methods_text import MethodsParagraph, methods_text, references_of

__all__ = ["MethodsParagraph", "headline", "methods_text", "references_of", "write_report"]
