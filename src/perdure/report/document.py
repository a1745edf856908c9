"""The report of a study: one self-contained HTML file, its figures and its tables beside it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from perdure.records import Results
from perdure.report.blocks import FigureBlock, Section, TableBlock, blocks_of
from perdure.report.findings import Findings
from perdure.report.headline import headline
from perdure.report.sections import report_sections
from perdure.study import Study, write_table, write_text

__all__ = ["write_report"]


def write_report(
    study: Study,
    results: Results,
    folder: Path,
    *,
    pictures: Mapping[tuple[str, str, str, str], str] | None = None,
    overlays: Mapping[str, str] | None = None,
    jobs: int = 1,
) -> Path:
    """Write the report of a study and return the path of its page.

    Parameters
    ----------
    study : Study
        Its settings, its trials, and the labels of its analyses.
    results : Results
    folder : Path
        The report's folder; index.html, figures/*.svg and tables/*.csv are written into it, each
        whole or not at all, the page last.
    pictures : mapping of (trial, endpoint, analysis, arm) to str, optional
        SVG of each reconstruction beside its figure, as drawn when its ensemble was at hand.
    overlays : mapping of str to str, optional
        SVG of each figure with what was read in it, by its place in the study.
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
    sections = report_sections(findings, jobs=jobs)
    written: set[Path] = set()
    for block in blocks_of(sections):
        if isinstance(block, FigureBlock):
            for picture in block.pictures:
                path = folder / "figures" / f"{picture.name}.svg"
                write_text(path, picture.svg)
                written.add(path)
        elif isinstance(block, TableBlock):
            table = block.table
            path = folder / "tables" / f"{table.name}.csv"
            write_table(path, table.columns, table.records)
            written.add(path)
    page = folder / "index.html"
    write_text(page, _render(findings, sections))
    _remove_others(folder, written)
    return page


def _remove_others(folder: Path, written: set[Path]) -> None:
    """Remove figures and tables of an earlier report that this one does not have."""
    for path in (*folder.glob("figures/*.svg"), *folder.glob("tables/*.csv")):
        if path not in written:
            path.unlink(missing_ok=True)


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


def _render(findings: Findings, sections: tuple[Section, ...]) -> str:
    return _template().render(
        title=findings.settings.title,
        question=findings.settings.question,
        headline=headline(findings.results, findings.settings),
        sections=sections,
        version=findings.results.provenance.get("perdure", ""),
    )
