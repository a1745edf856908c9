"""The report of a study: its page and what stands beside it, in every format that is wanted."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from perdure.records import Results, classes_of
from perdure.report.blocks import Document, Picture
from perdure.report.class_filter import ClassFilter
from perdure.report.findings import Findings, column_in_words
from perdure.report.formats.bibliography import bibliography
from perdure.report.formats.choice import Format
from perdure.report.formats.files import rendered
from perdure.report.formats.page import report_page
from perdure.report.headline import headline_prose
from perdure.report.numbering import mentions_of, with_mentions
from perdure.report.sections import report_sections
from perdure.study import Study, write_bytes, write_table, write_text

__all__ = ["document_of", "write_report"]

MADE = (
    *(f"figures/*.{kind}" for kind in ("svg", "pdf", "png")),
    "tables/*.csv",
    *("report.pdf", "report.docx", "tables.xlsx"),
)
"""What a report writes beside its page; an earlier report's that this one does not have goes."""


def write_report(
    study: Study,
    results: Results,
    folder: Path,
    *,
    pictures: Mapping[tuple[str, str, str, str], str] | None = None,
    overlays: Mapping[str, str] | None = None,
    formats: Collection[Format] = (),
    jobs: int = 1,
) -> Path:
    """Write the report of a study and return the path of its page.

    Parameters
    ----------
    study : Study
        Its settings, its trials, and the labels of its analyses.
    results : Results
    folder : Path
        The report's folder; index.html, references.bib, figures/*.svg and tables/*.csv are written
        into it, and the files of ``formats``, each whole or not at all, the page last.
    pictures : mapping of (trial, endpoint, analysis, arm) to str, optional
        SVG of each reconstruction beside its figure, as drawn when its ensemble was at hand.
    overlays : mapping of str to str, optional
        SVG of each figure with what was read in it, by its place in the study.
    formats : collection of str
        Beside html: pdf, docx, xlsx, figures; see `perdure.report.formats.choice`.
    jobs : int
        Processes that draw the curves.

    Returns
    -------
    Path
        Of index.html, which needs no network and no other file.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    labels = {(one.trial, one.endpoint, one.analysis): one.label for one in study.analyses}
    findings = Findings(
        study.settings, study.trials, results, labels, pictures or {}, overlays or {}
    )
    document = document_of(findings, jobs=jobs)
    written = set(_write_parts(document, folder))
    bib = folder / "references.bib"
    write_text(bib, bibliography(document.citations, study.trials, document.version))
    for name, content in rendered(document, formats, jobs=jobs):
        write_bytes(folder / name, content)
        written.add(folder / name)
    page = folder / "index.html"
    write_text(page, report_page(document, formats))
    _remove_others(folder, written)
    return page


def document_of(findings: Findings, *, jobs: int = 1) -> Document:
    """Return the report before it has a format."""
    settings, results = findings.settings, findings.results
    sections = report_sections(findings, jobs=jobs)
    known = mentions_of(sections)
    return Document(
        title=settings.title,
        question=settings.question,
        summary=tuple(with_mentions(one, known) for one in headline_prose(results, settings)),
        sections=sections,
        version=results.provenance.get("perdure", ""),
        filter=_filter(findings),
    )


def _filter(findings: Findings) -> ClassFilter:
    """Return the classes of the first grouping; none where all arms are of one."""
    by = findings.settings.pool.by[0]
    classes = classes_of(findings.trials, by)
    names = tuple(dict.fromkeys(name for name in classes.values() if name))
    return ClassFilter(column_in_words(by), names, classes) if len(names) > 1 else ClassFilter()


def _write_parts(document: Document, folder: Path) -> Iterator[Path]:
    """Write each figure as SVG and each table as CSV; yield their paths."""
    for picture in _pictures(document):
        path = folder / "figures" / f"{picture.name}.svg"
        write_text(path, picture.svg)
        yield path
    for block in document.tables:
        path = folder / "tables" / f"{block.table.name}.csv"
        write_table(path, block.table.columns, block.table.records)
        yield path


def _pictures(document: Document) -> tuple[Picture, ...]:
    return tuple(picture for figure in document.figures for picture in figure.pictures)


def _remove_others(folder: Path, written: set[Path]) -> None:
    """Remove what an earlier report wrote and this one does not have."""
    for pattern in MADE:
        for path in folder.glob(pattern):
            if path not in written:
                path.unlink(missing_ok=True)
