"""Projects of WebPlotDigitizer: the JSON, and the tar that holds it with its image."""

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

from perdure.errors import InputError, Problem
from perdure.study.exports.curves import ExportedCurves, Point
from perdure.study.tables import shortened

__all__ = ["is_project", "project_curves"]

_ORIGIN = "a WebPlotDigitizer project"
_CALIBRATE = "calibrate its axes in WebPlotDigitizer and save the project again"
_LARGEST = 50_000_000
"""Bytes of a project's JSON: more is no project."""


def is_project(content: bytes) -> bool:
    """Say whether bytes are a WebPlotDigitizer project: a tar archive, or a JSON object."""
    return _is_tar(content) or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar" or content.startswith(b"\x1f\x8b")


def project_curves(content: bytes, file: str) -> ExportedCurves:
    """Read the curves of a project: versions 2 (``dataSeries``) to 4 (``datasetColl``).

    Raises
    ------
    InputError
        If it is not whole, is of another program, or has points without values.
    """
    if _is_tar(content):
        content = _member(content, file)
    try:
        project = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        remedy = "save the project again from WebPlotDigitizer"
        raise InputError(Problem("the project's JSON is not whole", remedy, file)) from error
    series = _series(project)
    if series is None:
        raise InputError(
            Problem(
                "this is no WebPlotDigitizer project: it has no datasets",
                "save the project again, or export its points as CSV",
                file,
            )
        )
    points: dict[str, tuple[Point, ...]] = {}
    for at, one in enumerate(series, start=1):
        if not isinstance(one, dict) or not isinstance(one.get("data", []), list):
            raise InputError(Problem(f"dataset {at} cannot be read", _CALIBRATE, file))
        name = _plain(str(one.get("name") or "")) or f"dataset {at}"
        while name in points:
            name += "'"
        found = tuple(_points(one.get("data", []), name, file))
        if found:
            points[name] = found
    return ExportedCurves(file, _ORIGIN, points)


def _plain(name: str) -> str:
    """Return a name on one line, without what no terminal and no file can show."""
    shown = "".join(letter if letter.isprintable() or letter.isspace() else "?" for letter in name)
    return shortened(" ".join(shown.split()))


def _member(content: bytes, file: str) -> bytes:
    """Return the project's JSON out of its tar."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                if member.isfile() and member.name.rsplit("/", 1)[-1] == "wpd.json":
                    held = archive.extractfile(member)
                    if held is not None and member.size <= _LARGEST:
                        return held.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        remedy = "save the project again from WebPlotDigitizer"
        raise InputError(Problem("the archive is not whole", remedy, file)) from error
    raise InputError(
        Problem("the archive holds no wpd.json", "save the project from WebPlotDigitizer", file)
    )


def _series(project: object) -> list[Any] | None:
    """Return the list of datasets, wherever the version has it."""
    if not isinstance(project, dict):
        return None
    inner = project.get("wpd", project)
    if not isinstance(inner, dict):
        return None
    found = inner.get("datasetColl", inner.get("dataSeries"))
    return found if isinstance(found, list) else None


def _points(data: list[Any], name: str, file: str) -> Iterator[Point]:
    for at, point in enumerate(data, start=1):
        value = point.get("value") if isinstance(point, dict) else None
        if not isinstance(value, list) or len(value) < 2:
            raise InputError(
                Problem(f"point {at} of dataset {name} has no values", _CALIBRATE, file)
            )
        yield at, str(value[0]), str(value[1])
