"""Several files of several forms: every trial once, every problem at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.references.bibtex import bibtex_trials
from perdure.study.references.found import Found, FoundTrial
from perdure.study.references.joining import joined
from perdure.study.references.lengths import within_lengths
from perdure.study.references.registry import registry_trials
from perdure.study.references.tagged import nbib_trials, ris_trials
from perdure.study.tables import content_of, decoded

__all__ = ["ENDINGS", "names_of", "read_found_trials"]

ENDINGS: Mapping[str, Callable[[str, str], Found]] = {
    ".ris": ris_trials,
    ".bib": bibtex_trials,
    ".nbib": nbib_trials,
    ".json": registry_trials,
}
"""How a file is read, by the ending of its name."""


def read_found_trials(
    paths: Iterable[str | Path],
) -> tuple[tuple[FoundTrial, ...], tuple[str, ...]]:
    """Return the trials of reference lists and registry entries, and what was done to them.

    What is there twice is there once: see `perdure.study.references.joining`. What is longer than
    people read is shortened: see `perdure.study.references.lengths`.

    Raises
    ------
    InputError
        With every problem of every file, or if there is no trial in them.
    """
    problems: list[Problem] = []
    found: list[FoundTrial] = []
    said: list[str] = []
    sources = [Path(path) for path in paths]
    for path, name in zip(sources, names_of(sources), strict=True):
        read = ENDINGS.get(path.suffix.lower())
        if read is None:
            message = "the form of the file is not known"
            remedy = f"name it by its form: {', '.join(ENDINGS)}"
            problems.append(Problem(message, remedy, name))
            continue
        try:
            text, notices = decoded(content_of(path, name), name)
            here, notes = read(_without_marks(text), name)
            if not here:
                message = "there is no reference and no trial in the file"
                problems.append(Problem(message, "check the file, or leave it out", name))
            found += here
            said += (*notices, *notes)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    trials, put_together = joined(found)
    return tuple(within_lengths(one) for one in trials), (*said, *put_together)


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return a name for messages for each file: with its folders where two share their own.

    Examples
    --------
    >>> names_of([Path("one/refs.ris"), Path("two/refs.ris"), Path("one/refs.bib")])
    ('one/refs.ris', 'two/refs.ris', 'refs.bib')
    """
    own = [path.name for path in paths]
    return tuple(
        _as_text(path.name if own.count(path.name) == 1 else path.as_posix()) for path in paths
    )


def _as_text(name: str) -> str:
    """Return a file's name without bytes that are no text, which no file could hold."""
    return name.encode("utf-8", "replace").decode()


def _without_marks(text: str) -> str:
    """Return the text without marks of its encoding within it: files were put together."""
    return text.replace("\ufeff", "")
