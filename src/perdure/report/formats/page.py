"""The report as a page: one self-contained HTML file."""

from base64 import b64encode
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from perdure.report.blocks import Document
from perdure.report.formats.choice import Format
from perdure.report.formats.hover_data import hover_json

__all__ = ["report_page"]

VENDOR = "vendor/floating-ui"
SCRIPTS = (
    f"{VENDOR}/floating-ui.core.umd.min.js",
    f"{VENDOR}/floating-ui.dom.umd.min.js",
    "report.js",
)
"""Of the page, in the order that they are run."""


def report_page(document: Document, formats: Collection[Format] = ()) -> str:
    """Return the page; it leads to the files of the other ``formats`` where they are written.

    Its one script is in it, and its policy names the hash of that: nothing else is run or loaded.
    """
    script = _script()
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return _template().render(
        document=document,
        formats=frozenset(formats),
        version=document.version,
        script=script,
        script_hash=f"sha256-{digest}",
        classes_of=lambda table: tuple(document.filter.of_records(table.columns, table.records)),
        hover_data=hover_json(document),
    )


@cache
def _script() -> str:
    """Return what the page runs, the licence of what is not ours before it."""
    folder = files("perdure.report") / "templates"
    texts = [(folder / name).read_text(encoding="utf-8").strip() for name in SCRIPTS]
    licence = (folder / VENDOR / "LICENSE").read_text(encoding="utf-8").strip()
    return "\n".join((f"/*! Floating UI (floating-ui.com)\n{licence} */", *texts))


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
