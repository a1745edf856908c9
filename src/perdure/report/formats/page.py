"""The report as a page: one self-contained HTML file."""

from collections.abc import Collection
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from perdure.report.blocks import Document
from perdure.report.formats.choice import Format

__all__ = ["report_page"]


def report_page(document: Document, formats: Collection[Format] = ()) -> str:
    """Return the page; it leads to the files of the other ``formats`` where they are written."""
    return _template().render(
        document=document, formats=frozenset(formats), version=document.version
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("perdure.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2")
