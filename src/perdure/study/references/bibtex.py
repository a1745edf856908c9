"""BibTeX, read by bibtexparser: accents, names and strings are its work."""

from typing import Any

from perdure.errors import InputError, Problem
from perdure.study.references.found import FoundTrial, bare_doi, bare_year, named_elsewhere

__all__ = ["bibtex_trials"]


def bibtex_trials(text: str, file: str) -> tuple[FoundTrial, ...]:
    """Return the references of a BibTeX file, one a trial.

    Raises
    ------
    InputError
        If bibtexparser is not installed, or an entry cannot be read: every one that cannot.
    """
    try:
        from bibtexparser import middlewares
        from bibtexparser.entrypoint import parse_string
    except ImportError as error:
        message = "BibTeX is read by a library that is not installed"
        remedy = "install it: pip install 'perdure[references]'; or export RIS"
        raise InputError(Problem(message, remedy, file)) from error
    parsed = parse_string(
        text,
        append_middleware=[
            middlewares.LatexDecodingMiddleware(),
            middlewares.SeparateCoAuthors(),
            middlewares.SplitNameParts(),
        ],
    )
    problems = [
        Problem(
            "the entry cannot be read as BibTeX",
            "mend its braces and commas; give each entry and field its own name",
            file,
            (block.start_line or 0) + 1,
        )
        for block in parsed.failed_blocks
    ]
    if text.strip() and not parsed.entries and not problems:
        problems.append(Problem("the file has no BibTeX entry", "check the file", file))
    if problems:
        raise InputError(problems)
    return tuple(_trial(entry, file) for entry in parsed.entries)


def _trial(entry: Any, file: str) -> FoundTrial:  # noqa: ANN401  (bibtexparser is not typed)
    fields: dict[str, Any] = {
        name.lower(): field.value for name, field in entry.fields_dict.items()
    }
    authors = fields.get("author") or []
    first = authors[0] if authors else None
    author = "" if first is None else " ".join((*first.von, *first.last))
    year = bare_year(str(fields.get("year") or fields.get("date") or ""))
    rest = " ".join(str(value) for value in fields.values())
    return FoundTrial(
        source=f"{file}, row {(entry.start_line or 0) + 1}",
        registry=False,
        label=f"{author} {year or ''}".strip(),
        title=" ".join(str(fields.get("title", "")).split()),
        year=year,
        doi=bare_doi(str(fields.get("doi", ""))),
        remarks=named_elsewhere("", rest),
    )
