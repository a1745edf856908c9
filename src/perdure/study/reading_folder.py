"""The folder of one figure's reading: a new reading takes the place of the old one, whole."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from perdure.errors import InputError, Problem
from perdure.study.digitised import RECORD, digest_of_record
from perdure.study.provenance import digest_of
from perdure.study.writing import write_files

__all__ = ["write_reading"]


def write_reading(out: Path, files: Mapping[Path, bytes]) -> tuple[str, ...]:
    """Write the files of a reading, remove those of the one before, and say whose these were.

    Files that no reading wrote stay.

    Parameters
    ----------
    out : Path
    files : mapping of Path to bytes
        In ``out``: see :func:`perdure.study.digitised.digitised_files`.

    Raises
    ------
    InputError
        If a file that would be replaced or removed is not as perdure wrote it: nothing is written.
    OutputError
        If a file cannot be written.
    """
    written, sources = _written_before(out)
    at_stake = [path for path in {**written, **files} if path.is_file()]
    foreign = [path for path in at_stake if not _is_untouched(path, written)]
    if foreign:
        raise InputError(
            Problem(
                "was not written by perdure, or edited since, and reading into this folder would"
                " lose it",
                "move it to another place, or name another folder by -o",
                str(path),
            )
            for path in sorted(foreign)
        )
    write_files(files)
    for path in written:
        if path not in files:
            path.unlink(missing_ok=True)
            for folder in (path.parent, path.parent.parent):
                if out in folder.parents:
                    with suppress(OSError):  # it holds something
                        folder.rmdir()
    new = {json.loads(content)["source"] for path, content in files.items() if path.name == RECORD}
    return tuple(
        f"{out} held what was read of {name}: it was replaced" for name in sorted(sources - new)
    )


def _written_before(out: Path) -> tuple[dict[Path, str], set[str]]:
    """Return the digest of each file that earlier readings wrote, and the names of the figures."""
    written: dict[Path, str] = {}
    sources: set[str] = set()
    for place in (out / RECORD, *sorted(out.glob(f"panel-*/{RECORD}"))):
        try:
            record: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            listed = {place.parent / name: str(one) for name, one in record["files"].items()}
            source = str(record["source"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # none, or one that somebody edited: it is not as it was written
        inside = out.resolve()
        written |= {
            path: digest for path, digest in listed.items() if inside in path.resolve().parents
        }
        sources.add(source)
    return written, sources


def _is_untouched(path: Path, written: Mapping[Path, str]) -> bool:
    if path not in written:
        return False
    content = path.read_bytes()
    digest = digest_of_record(content) if path.name == RECORD else digest_of(content)
    return digest == written[path]
