"""Several files of several forms: every trial once, every problem at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.references.bibtex import bibtex_trials
from perdure.study.references.found import FoundTrial
from perdure.study.references.registry import registry_trials
from perdure.study.references.tagged import nbib_trials, ris_trials
from perdure.study.tables import content_of, decoded

__all__ = ["ENDINGS", "read_found_trials"]

ENDINGS: Mapping[str, Callable[[str, str], tuple[FoundTrial, ...]]] = {
    ".ris": ris_trials,
    ".bib": bibtex_trials,
    ".nbib": nbib_trials,
    ".json": registry_trials,
}
"""How a file is read, by the ending of its name."""


def read_found_trials(
    paths: Iterable[str | Path],
) -> tuple[tuple[FoundTrial, ...], tuple[str, ...]]:
    """Return the trials of reference lists and registry entries, and what was put together.

    A reference that has the DOI of one before it is left out; a registry's entry and the one
    reference with its registry number are one trial.

    Raises
    ------
    InputError
        With every problem of every file, or if there is no trial in them.
    """
    problems: list[Problem] = []
    found: list[FoundTrial] = []
    names = [Path(path) for path in paths]
    for path in names:
        read = ENDINGS.get(path.suffix.lower())
        if read is None:
            message = "the form of the file is not known"
            remedy = f"name it by its form: {', '.join(ENDINGS)}"
            problems.append(Problem(message, remedy, path.name))
            continue
        try:
            here = read(decoded(content_of(path, path.name), path.name)[0], path.name)
            if not here:
                message = "there is no reference and no trial in the file"
                problems.append(Problem(message, "check the file, or leave it out", path.name))
            found += here
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    said: list[str] = []
    return tuple(_with_registries(_once(found, said), said)), tuple(said)


def _once(found: Iterable[FoundTrial], said: list[str]) -> list[FoundTrial]:
    """Return the trials without those that repeat a DOI or a registry's entry."""
    kept: dict[str, FoundTrial] = {}
    for one in found:
        key = one.registry_id if one.registry else one.doi.lower() or one.source
        if key in kept:
            said.append(f"{one.source}: is {kept[key].source} again, and left out")
            continue
        kept[key] = one
    return list(kept.values())


def _with_registries(found: list[FoundTrial], said: list[str]) -> list[FoundTrial]:
    """Return the trials, a registry's entry put together with its only report."""
    reports: dict[str, list[FoundTrial]] = {}
    for one in found:
        if one.registry_id and not one.registry:
            reports.setdefault(one.registry_id, []).append(one)
    entries = {one.registry_id: one for one in found if one.registry}
    joined: list[FoundTrial] = []
    for one in found:
        mine = reports.get(one.registry_id, [])
        if one.registry and len(mine) == 1:
            said.append(f"{one.source} and {mine[0].source} are one trial, by registry number")
            joined.append(_together(one, mine[0]))
        elif one.registry or len(mine) != 1 or one.registry_id not in entries:
            joined.append(one)
        if len(mine) > 1 and one is mine[0]:
            places = ", ".join(report.source for report in mine)
            said.append(f"{places}: reports of one trial, {one.registry_id}? Keep one row")
    return joined


def _together(entry: FoundTrial, report: FoundTrial) -> FoundTrial:
    return replace(
        entry,
        source=f"{entry.source}; {report.source}",
        label=report.label if entry.label == entry.registry_id and report.label else entry.label,
        title=report.title or entry.title,
        year=report.year,
        doi=report.doi,
        phase=entry.phase or report.phase,
        remarks=(*entry.remarks, *report.remarks),
    )
