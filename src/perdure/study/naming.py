"""How data files are named, and which file is whose."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from perdure.errors import Problem
from perdure.records import Arm
from perdure.study.schema import IDENTIFIER
from perdure.study.settings import Settings
from perdure.study.tables import nearest

__all__ = ["DATA_FOLDERS", "SYSTEMS_OWN", "Files", "Key", "files_of", "stem_of"]

DATA_FOLDERS = {
    "curves": "<trial>.<endpoint>.<arm>.csv",
    "risk": "<trial>.<endpoint>.csv",
    "patients": "<trial>.<endpoint>.csv",
}
"""Where data sets lie, and how their files are named (an analysis may stand before the arm)."""

SPREADSHEETS = ("xlsx", "xls", "ods", "numbers")
"""Endings of files that hold a table and are not text."""

LITTER = ("thumbs.db", "desktop.ini")
"""What Windows leaves in folders."""

SYSTEMS_OWN = (".", "~")
"""How names of files begin that systems and programs leave beside others."""

Key = tuple[str, str, str]
"""Trial, endpoint, analysis."""


@dataclass(frozen=True)
class Files:
    """The files of one analysis."""

    patients: Path | None = None
    risk: Path | None = None
    curves: tuple[tuple[str, Path], ...] = ()

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return them relative to the study's folder."""
        found = [self.patients, self.risk, *(path for _, path in self.curves)]
        return tuple(sorted(path.relative_to(folder).as_posix() for path in found if path))


def stem_of(key: Key) -> str:
    """Return the name that the files of an analysis share."""
    return ".".join(part for part in key if part)


def files_of(
    folder: Path,
    settings: Settings,
    arms: Mapping[str, Mapping[str, Arm]],
    problems: list[Problem],
) -> dict[Key, Files]:
    """Return the files of each analysis; names that fit nothing become problems."""
    found: dict[Key, Files] = {}
    taken: dict[str, str] = {}
    for kind in DATA_FOLDERS:
        for path in _inside(folder / kind, problems):
            parsed = _parsed(path, kind, settings, arms)
            if isinstance(parsed, Problem):
                problems.append(parsed)
                continue
            key, arm = parsed
            stem = stem_of(key)
            data_set = f"{kind}/{stem}.{arm}"
            if taken.setdefault(stem.lower(), stem) != stem or data_set in taken:
                message = "another file has the same name but for capitals"
                remedy = "rename one of them, or take it out"
                problems.append(Problem(message, remedy, f"{kind}/{path.name}"))
                continue
            taken[data_set] = path.name
            mine = found.get(key, Files())
            if kind == "curves":
                mine = replace(mine, curves=(*mine.curves, (arm, path)))
            elif kind == "risk":
                mine = replace(mine, risk=path)
            else:
                mine = replace(mine, patients=path)
            found[key] = mine
    return found


def _inside(folder: Path, problems: list[Problem]) -> list[Path]:
    """Return what a data folder holds, but for files that systems leave; it may not be there."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"the folder cannot be read: {reason}"
        problems.append(Problem(message, "check it and its permissions", folder.name))
        return []
    return [
        path
        for path in found
        if not path.name.startswith(SYSTEMS_OWN) and path.name.lower() not in LITTER
    ]


def _parsed(
    path: Path, kind: str, settings: Settings, arms: Mapping[str, Mapping[str, Arm]]
) -> tuple[Key, str] | Problem:
    """Return the analysis, and for a curve the arm, that a file's name says."""
    file = f"{kind}/{path.name}"
    form = DATA_FOLDERS[kind]
    stem, dot, suffix = path.name.rpartition(".")
    parts = stem.split(".")
    fewest = 3 if kind == "curves" else 2
    if suffix.lower() in SPREADSHEETS:
        return Problem("this is a spreadsheet", f"save it as CSV, named {form}", file)
    if not dot or suffix.lower() != "csv" or not fewest <= len(parts) <= fewest + 1:
        return Problem("the file's name is not understood", f"name it {form}", file)
    if not all(re.fullmatch(IDENTIFIER, part) for part in parts):
        return Problem(
            "the file's name holds a part that is no identifier",
            f"name it {form}; parts are letters, digits, - and _",
            file,
        )
    trial, endpoint = parts[:2]
    for what, name, choices, where in (
        ("trial", trial, arms, "trials.csv"),
        ("endpoint", endpoint, settings.endpoints, "study.toml"),
    ):
        if name not in choices:
            return _misnamed(what, name, choices, file, where)
    arm = parts[-1] if kind == "curves" else ""
    if arm and arm not in arms[trial]:
        return _misnamed("arm", arm, arms[trial], file, "arms.csv")
    analysis = parts[2] if len(parts) > fewest else ""
    return (trial, endpoint, analysis), arm


def _misnamed(what: str, name: str, choices: Iterable[str], file: str, where: str) -> Problem:
    known = list(choices)
    close = nearest(name, known)
    remedy = (
        f"rename the file with {close} for {name}"
        if close
        else f"write {name} into {where}, or take the file out"
    )
    return Problem(f"the file is of {what} {name}, which {where} does not have", remedy, file)
