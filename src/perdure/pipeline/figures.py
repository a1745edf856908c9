"""The stage that reads published figures: each that is stale once, kept in results/digitised/."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import perdure
from perdure import digitise as digitising
from perdure.errors import InputError, PerdureError, Problem
from perdure.plots.digitising import overlay, overlay_small
from perdure.study import (
    CurveInFigure,
    ReadCurve,
    ReadPanel,
    Study,
    curves_of_rows,
    digest_of,
    read_panel,
    write_files,
    write_text,
)
from perdure.study.digitised import digitised_files
from perdure.workers import in_workers

__all__ = ["FigureReadings", "load_overlays", "read_figures", "reader_version"]

LIBRARIES = ("onnxruntime", "opencv-python-headless", "pypdfium2", "rapidocr", "svgelements")
"""Of the extra ``digitise``: their versions can move what is read."""


@dataclass(frozen=True)
class FigureReadings:
    """What the stage found.

    Attributes
    ----------
    curves : mapping of CurveInFigure to ReadCurve or str
        The curve of each row of figures.csv that needs one, or why there is none.
    done, kept : int
        Figures read now, and kept from an earlier run.
    """

    curves: Mapping[CurveInFigure, ReadCurve | str]
    done: int = 0
    kept: int = 0


@dataclass(frozen=True)
class _Reading:
    """What was read on one page: files by their place in results/digitised/, or why nothing."""

    panels: tuple[str, ...]
    files: Mapping[str, bytes]
    failed: str = ""
    lasting: bool = True


def reader_version(study: Path) -> str:
    """Return the versions of all that reads figures; empty where the study has none."""
    if not (study / "figures.csv").is_file():
        return ""
    found = [f"perdure {perdure.__version__}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def read_figures(
    study: Study, results: Path, jobs: int, show: Callable[[str, int, int], None]
) -> FigureReadings:
    """Read every figure of a study that is stale, and return the curve of each row of figures.csv.

    A figure that cannot be read fails alone. One that only shows arms whose curves were given is
    not read. Each is on the disk as soon as it has been read.

    Raises
    ------
    InputError
        If a row names a curve, or a panel, that is not there: with those that are; or two rows
        name one curve.
    """
    awaited = {(one.trial, one.endpoint, one.analysis): one.without_curve for one in study.analyses}
    rows = [row for row in study.figures if row.arm in awaited.get(row.key, ())]
    pages = list(dict.fromkeys((row.file, row.page) for row in rows))
    names = dict(zip(pages, _names(pages), strict=True))
    reader = reader_version(study.folder)
    folder = results / "digitised"
    keys = {page: _key(study.folder / page[0], page[1], reader) for page in pages}
    stale = [page for page in pages if not _is_current(folder, names[page], keys[page])]
    passing: dict[tuple[str, int | None], str] = {}
    work = [(study.folder / file, page, names[file, page]) for file, page in stale]
    for seen, (place, reading) in enumerate(in_workers(_read, work, jobs), start=1):
        page = stale[place]
        if reading.lasting:
            _save(folder, names[page], keys[page], reading)
        else:
            passing[page] = reading.failed
        show("figures", seen, len(stale))
    records = {page: _record(folder, names[page]) for page in pages if page not in passing}
    _remove_others(folder, [names[page] for page in records], records.values())
    failed = passing | {page: one["failed"] for page, one in records.items() if one["failed"]}
    panels = {
        page: [read_panel(study.folder, folder / name) for name in record["panels"]]
        for page, record in records.items()
        if page not in failed
    }
    found = _curves(study, rows, panels)
    reasons: dict[CurveInFigure, str] = {
        row: f"{row.figure} could not be read: {failed[row.file, row.page]}"
        for row in rows
        if (row.file, row.page) in failed
    }
    done = len(stale) - len(passing)
    return FigureReadings({**found, **reasons}, done, len(pages) - len(stale))


def _curves(
    study: Study,
    rows: Sequence[CurveInFigure],
    panels: Mapping[tuple[str, int | None], Sequence[ReadPanel]],
) -> dict[CurveInFigure, ReadCurve | str]:
    """Return the curve of each row whose figure was read, or why it has none."""
    problems: list[Problem] = []
    arms = {(trial.trial, arm.arm): arm for trial in study.trials for arm in trial.arms}
    here = {row: panels[row.file, row.page] for row in rows if (row.file, row.page) in panels}
    found, without = curves_of_rows(rows, here, arms, problems)
    if problems:
        raise InputError(problems)
    reasons = {
        row: f"{one.message}; {one.remedy} ({row.place}, column {one.column})"
        for row, one in without.items()
    }
    return {**found, **reasons}


def load_overlays(study: Study) -> dict[str, str]:
    """Return the small picture of each figure that an arm's curve was read in, by its place."""
    places = {
        arm.origin.overlay: arm.origin.file
        for analysis in study.analyses
        for arm in analysis.arms
        if arm.origin is not None
    }
    return {
        place: overlay_small((study.folder / place).read_bytes(), f"What was read in {file}")
        for place, file in places.items()
    }


def _names(pages: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return a name for the files of each page: of the figure, longer where two have one.

    Examples
    --------
    >>> _names([("figures/a.pdf", 3), ("figures/a.png", None), ("figures/more/b.svg", None)])
    ['a.p3', 'a', 'more-b']
    >>> _names([("figures/a.pdf", None), ("figures/a.png", None)])
    ['a.pdf', 'a.png']
    """
    short, long = [], []
    for file, page in pages:
        inside = file.removeprefix("figures/").replace("/", "-")
        end = "" if page is None else f".p{page}"
        short.append(f"{inside.rpartition('.')[0]}{end}")
        long.append(f"{inside}{end}")
    often = [name.lower() for name in short]
    return [
        one if often.count(one.lower()) == 1 else other
        for one, other in zip(short, long, strict=True)
    ]


def _key(path: Path, page: int | None, reader: str) -> str:
    """Return the hash of everything that a reading depends on."""
    content = [digest_of(path.read_bytes()), path.suffix.lower(), page, reader]
    return digest_of(json.dumps(content).encode())


def _read(path: Path, page: int | None, name: str) -> _Reading:
    """Read the figures of one page; what stops it is the reading's own."""
    try:
        found = digitising.digitise(path, page=page)
        several = len(found) > 1
        panels = [f"{name}.{one.panel}" if several else name for one in found]
        files: dict[str, bytes] = {}
        for one, panel in zip(found, panels, strict=True):
            made = digitised_files(one, Path(panel), overlay(one))
            files |= {place.as_posix(): content for place, content in made.items()}
    except InputError as error:
        return _Reading((), {}, "; ".join(problem.message for problem in error.problems))
    except PerdureError as error:  # the extra is not installed
        return _Reading((), {}, str(error), lasting=False)
    except Exception as error:  # noqa: BLE001 - a fault in one figure must not take the others
        return _Reading((), {}, f"perdure failed on it ({type(error).__name__}: {error})")
    return _Reading(tuple(panels), files)


def _save(folder: Path, name: str, key: str, reading: _Reading) -> None:
    """Write what was read on a page: its record last."""
    record = {
        "key": key,
        "panels": reading.panels,
        "failed": reading.failed,
        "files": {place: digest_of(content) for place, content in reading.files.items()},
    }
    write_files({folder / place: content for place, content in reading.files.items()})
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write_text(folder / f"{name}.json", text)


def _record(folder: Path, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return record


def _is_current(folder: Path, name: str, key: str) -> bool:
    """Say whether a page was read as it is, and all that was written of it is untouched."""
    try:
        record = _record(folder, name)
        return bool(record["key"] == key) and all(
            digest_of((folder / place).read_bytes()) == digest
            for place, digest in record["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _remove_others(
    folder: Path, names: Collection[str], records: Collection[Mapping[str, Any]]
) -> None:
    """Remove what an earlier run read of figures, pages and curves that are no longer there."""
    kept = {folder / f"{name}.json" for name in names}
    kept |= {folder / place for record in records for place in record["files"]}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # it holds something
                path.rmdir()
        elif path not in kept:
            path.unlink(missing_ok=True)
