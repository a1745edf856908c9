"""BibTeX, read by bibtexparser: blocks, accents and names are its work."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from perdure.errors import InputError, Problem
from perdure.study.references.bibtex_values import runs_on, value_of
from perdure.study.references.found import (
    Found,
    FoundTrial,
    bare_doi,
    bare_pmid,
    bare_year,
    named_elsewhere,
    plain,
    short_label,
)

__all__ = ["bibtex_trials"]

USED = ("author", "title", "year", "date", "doi", "pmid")
"""Fields that go into a study; each may be there once."""

DECODED = ("author", "title", "doi")
"""Those that may be written in LaTeX."""

_STRAY_FIELD = re.compile(r"[\s,}]*[A-Za-z][\w-]*\s*=\s*[{\"\w]")
"""How a text that is in no entry begins where an entry ended too early."""

_LATEX = re.compile(r"[\\{}$%~&#^_`]|--|''")
"""Signs without which a text in LaTeX is the text that it stands for."""

_PERCENT = re.compile(r"(?<!\\)%")


@dataclass(frozen=True)
class _Entry:
    """An entry with the texts of its fields."""

    row: int
    key: str
    fields: Mapping[str, str]
    remarks: tuple[str, ...]


@dataclass
class _Reading:
    """What was read of a file so far."""

    file: str
    entries: list[_Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    first: dict[str, _Entry] = field(default_factory=dict)


def bibtex_trials(text: str, file: str) -> Found:
    """Return the references of a BibTeX file, one a trial, and keys that two of them have.

    Raises
    ------
    InputError
        If bibtexparser is not installed, or an entry cannot be read: every one that cannot.
    """
    try:
        from bibtexparser import entrypoint
    except ImportError as error:
        message = "BibTeX is read by a library that is not installed"
        remedy = "install it: pip install 'perdure[references]'; or export RIS"
        raise InputError(Problem(message, remedy, file)) from error
    with _in_silence():
        blocks = entrypoint.parse_string(text, parse_stack=[]).blocks
    reading = _Reading(file)
    for block in blocks:  # a name may stand before its text
        _name(block, reading)
    for block in blocks:
        _name(block, reading)
        _read(block, reading)
    if text.strip() and not reading.entries and not reading.problems:
        message = "the file has no BibTeX entry"
        reading.problems.append(Problem(message, "check the file", file))
    if reading.problems:
        raise InputError(reading.problems)
    with _in_silence():
        decoded = _decoded(reading.entries)
    trials = [
        _trial(entry, words, file) for entry, words in zip(reading.entries, decoded, strict=True)
    ]
    return tuple(trials), tuple(reading.said)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keep what the parser tells its own logs off the terminal: problems are told by us."""
    loggers = [logging.getLogger(name) for name in ("bibtexparser", "pylatexenc")]
    before = [one.level for one in loggers]
    try:
        for one in loggers:
            one.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)


def _name(block: Any, reading: _Reading) -> None:  # noqa: ANN401  (bibtexparser is not typed)
    """Note the text of an @string."""
    from bibtexparser.model import String

    one = _meant(block)
    if isinstance(one, String):
        reading.names[one.key.lower()] = value_of(one.value, reading.names)[0]


def _meant(block: Any) -> Any:  # noqa: ANN401
    """Return a block that only shares its key, or has a field twice, as the block that it is."""
    return getattr(block, "ignore_error_block", None) or block


def _read(block: Any, reading: _Reading) -> None:  # noqa: ANN401
    """Take an entry in, or what is wrong with it."""
    from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock

    one, row = _meant(block), (block.start_line or 0) + 1
    if isinstance(one, Entry):
        entry = _entry(one, row, reading)
        reading.entries.append(entry)
        before = reading.first.setdefault(entry.key, entry)
        if entry.key and before.fields != entry.fields:
            reading.said.append(
                f"{reading.file}, row {row}: its key {entry.key} is that of row {before.row}, and"
                " its content another: read as a reference of its own"
            )
    elif isinstance(one, ParsingFailedBlock):
        reading.problems.append(_unread(one, reading.file, row))
    elif isinstance(one, ImplicitComment) and _is_stray(one.comment, reading):
        message = "this field is in no entry: the entry before it ends too early"
        remedy = "take out the brace that is one too many"
        reading.problems.append(Problem(message, remedy, reading.file, row))


def _is_stray(comment: str, reading: _Reading) -> bool:
    """Say whether text between entries is what was to be in the entry before it."""
    return bool(reading.entries) and _STRAY_FIELD.match(comment) is not None


def _unread(block: Any, file: str, row: int) -> Problem:  # noqa: ANN401
    """Return why an entry cannot be read, in words that do not depend on the parser's."""
    why = str(getattr(block.error, "abort_reason", ""))
    if why.startswith("Unexpected"):
        return Problem(
            "the entry that begins here does not end",
            "close it with }, and each of its texts too",
            file,
            row,
        )
    if why.startswith("Expected comma after entry key"):
        return Problem(
            "the entry that begins here has no key, or no comma after it",
            "write its key and a comma before its fields: @article{smith2020,",
            file,
            row,
        )
    return Problem(
        "the entry that begins here cannot be read as BibTeX",
        "write each field as name = {text}, with a comma after it",
        file,
        row,
    )


def _entry(one: Any, row: int, reading: _Reading) -> _Entry:  # noqa: ANN401
    """Return an entry with the texts of its fields; what is wrong is a problem."""
    fields: dict[str, str] = {}
    remarks: list[str] = []
    for part in one.fields:
        name, line = part.key.lower(), (part.start_line or 0) + 1
        text, unknown = value_of(part.value, reading.names)
        if runs_on(part.value):
            message = f"no comma ends the field {name}"
            remedy = "put a comma after its text"
            reading.problems.append(Problem(message, remedy, reading.file, line))
        if name in USED and fields.get(name, text) != text:
            message = f"the entry has the field {name} twice"
            remedy = "keep one of them"
            reading.problems.append(Problem(message, remedy, reading.file, line))
        if name in USED:
            remarks += [
                f"its {name} names {word}, and no @string says what that is: kept as it stands"
                for word in unknown
            ]
        fields.setdefault(name, text)
    return _Entry(row, one.key, fields, tuple(remarks))


def _decoded(entries: Sequence[_Entry]) -> list[Mapping[str, str]]:
    """Return what may be written in LaTeX of each entry as plain text."""
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Block, Entry, Field

    def written(entry: _Entry) -> dict[str, str]:
        first = _first_author(entry.fields.get("author", ""))
        return {name: entry.fields.get(name, "") for name in DECODED} | {"author": first}

    found = [written(entry) for entry in entries]
    latex: list[Block] = [
        # a percent sign begins a remark in LaTeX, and none in BibTeX
        Entry("text", f"{at}.{name}", [Field(name, _PERCENT.sub(r"\\%", text))])
        for at, words in enumerate(found)
        for name, text in words.items()
        if _LATEX.search(text)
    ]
    for block in LatexDecodingMiddleware().transform(Library(latex)).blocks:
        one = _meant(block)
        found[int(one.key.partition(".")[0])] |= {part.key: str(part.value) for part in one.fields}
    return [{name: plain(text) for name, text in words.items()} for words in found]


def _first_author(authors: str) -> str:
    """Return the family name of the first author, with the words that belong to it."""
    from bibtexparser.middlewares.names import (
        parse_single_name_into_parts,
        split_multiple_persons_names,
    )

    several = split_multiple_persons_names(authors)
    if not several:
        return ""
    name = parse_single_name_into_parts(several[0], strict=False)
    return " ".join((*name.von, *name.last))


def _trial(entry: _Entry, words: Mapping[str, str], file: str) -> FoundTrial:
    fields = entry.fields
    year = bare_year((fields.get("year") or fields.get("date") or "").strip("{} "))
    rest = " ".join(fields.values())
    return FoundTrial(
        source=f"{file}, row {entry.row}",
        registry=False,
        label=short_label(words["author"], year),
        title=words["title"],
        year=year,
        doi=bare_doi(words["doi"]) or bare_doi(fields.get("url", "")),
        remarks=(*entry.remarks, *named_elsewhere("", rest)),
        author=words["author"],
        pmid=_pmid(fields),
        text=rest,
    )


def _pmid(fields: Mapping[str, str]) -> str:
    """Return PubMed's number, in the fields where programs write it."""
    numbers = [fields.get("pmid", "")]
    if fields.get("eprinttype", "").lower() == "pubmed":
        numbers.append(fields.get("eprint", ""))
    values = [*(f"PMID {one}" for one in numbers), fields.get("note", ""), fields.get("url", "")]
    return next((pmid for one in values if (pmid := bare_pmid(one))), "")
