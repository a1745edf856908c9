"""An archive of a study is unpacked only where every file in it is the one that was packed.

An archive may come from anyone: it holds files of a study and no others, nothing is written outside
its new folder, no link is followed, it cannot fill the disk, and its files appear only once all of
them were checked.
"""

import errno
import hashlib
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.archive import MANIFEST, refuse_sizes
from perdure.study.archive_names import clashing, unknown_name, unsafe_name
from perdure.study.free_folder import refuse_what_is_there
from perdure.study.tables import shortened
from perdure.study.writing import not_written

__all__ = ["import_study"]

_AGAIN = "fetch the archive again, or have it exported again"

_FOREIGN = "import only what perdure export wrote"

_UNKNOWN = f"{_FOREIGN}; if a newer perdure wrote it, update yours"

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")

_AT_ONCE = 1024**2
"""Bytes that are unpacked at a time."""

_LARGEST_MANIFEST = 16 * 1024**2
"""Bytes; more checksums than an archive may have files."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a broken, encrypted or oddly packed archive raises."""


def import_study(archive: str | Path, folder: str | Path) -> tuple[str, ...]:
    """Unpack an archive that `export_study` wrote into a new or empty folder.

    Parameters
    ----------
    archive, folder : str or Path

    Returns
    -------
    tuple of str
        Names of the study's files.

    Raises
    ------
    InputError
        If the folder holds anything; or the archive is damaged, incomplete, has more in it than
        its list of checksums, holds anything but files of a study, or unpacks to more than a study
        is. Nothing is left behind then.
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from perdure.study import export_study, new
    >>> with TemporaryDirectory() as folder:
    ...     new(f"{folder}/mine")
    ...     _ = export_study(f"{folder}/mine", f"{folder}/mine.zip")
    ...     import_study(f"{folder}/mine.zip", f"{folder}/copy")
    ('README.txt', 'arms.csv', 'study.toml', 'trials.csv')
    """
    source, target = Path(archive), Path(folder)
    refuse_what_is_there(target)
    with _opened(source) as opened:
        entries = [one for one in opened.infolist() if not one.filename.endswith("/")]
        _refuse_unsafe(entries, source)
        digests = _digests(opened, entries, source)
        return _unpacked(opened, digests, source, target)


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except FileNotFoundError as error:
        raise InputError(Problem("there is no such file", "check the name", str(source))) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"the file cannot be opened: {reason}"
        raise InputError(Problem(message, "check it and its permissions", str(source))) from error
    except (*_DAMAGE, struct.error) as error:
        message = "the file is no archive, or is damaged: it cannot be read as a zip file"
        raise InputError(Problem(message, _AGAIN, str(source))) from error


def _refuse_unsafe(entries: Sequence[zipfile.ZipInfo], source: Path) -> None:
    """Refuse what no export writes, before anything is unpacked."""
    sizes = (entry.file_size for entry in entries)
    refuse_sizes(sizes, source.stat().st_size, str(source), _FOREIGN)
    reasons = {entry.filename: why for entry in entries if (why := _why_unsafe(entry))}
    if not reasons:
        reasons = dict(clashing(entry.filename for entry in entries))
    if reasons:
        raise InputError(
            Problem(f"a file is not safe: {why}", _FOREIGN, str(source), value=shortened(name))
            for name, why in reasons.items()
        )


def _why_unsafe(entry: zipfile.ZipInfo) -> str | None:
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "it is a link or a device, and not a file"
    return unsafe_name(entry.filename)


def _digests(
    opened: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], source: Path
) -> dict[str, str]:
    """Return the digest of each file that should be there; refused where others are."""
    there = {entry.filename for entry in entries}
    if MANIFEST not in there:
        message = f"this is no archive of a study: it has no {MANIFEST}"
        raise InputError(Problem(message, _FOREIGN, str(source)))
    problems = [
        Problem(why, _UNKNOWN, str(source), value=name)
        for name in sorted(there - {MANIFEST})
        if (why := unknown_name(name))
    ]
    if problems:
        raise InputError(problems)
    if opened.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
        raise InputError(Problem(f"{MANIFEST} is no list of checksums", _FOREIGN, str(source)))
    content = b"".join(_content(opened, MANIFEST, source))
    text = content.decode("utf-8", errors="replace").removesuffix("\n")
    found: dict[str, str] = {}
    for row, line in enumerate(text.split("\n"), start=1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            message = f"{MANIFEST} is damaged: line {row} is no checksum of one file"
            raise InputError(Problem(message, _AGAIN, str(source)))
        found[match[2]] = match[1]
    problems = [
        Problem("the archive is incomplete: a file is missing", _AGAIN, str(source), value=name)
        for name in found
        if name not in there
    ]
    problems += [
        Problem(f"{MANIFEST} does not name a file", _FOREIGN, str(source), value=name)
        for name in sorted(there - {MANIFEST, *found})
    ]
    if "study.toml" not in found:
        problems.append(Problem("the archive has no study.toml", _FOREIGN, str(source)))
    if problems:
        raise InputError(problems)
    return found


def _content(opened: zipfile.ZipFile, name: str, source: Path) -> Iterator[bytes]:
    """Yield a file's bytes, a part at a time."""
    try:
        with opened.open(name) as packed:
            while part := packed.read(_AT_ONCE):
                yield part
    except (*_DAMAGE, OSError) as error:
        message = "the archive is damaged: a file cannot be unpacked"
        raise InputError(Problem(message, _AGAIN, str(source), value=name)) from error


def _unpacked(
    opened: zipfile.ZipFile, digests: dict[str, str], source: Path, target: Path
) -> tuple[str, ...]:
    """Write the files where nobody looks for them; they take their place when all are whole."""
    place = target.resolve()
    there = place.is_dir()
    part = (place if there else place.parent) / f".{place.name}.{os.getpid()}.part"
    with _nothing_left(part):
        for name, digest in digests.items():
            if _written(_content(opened, name, source), part / name, target / name) != digest:
                message = "the archive is damaged: a file is not the one that was packed"
                raise InputError(Problem(message, _AGAIN, str(source), value=name))
        with _writing(target):
            if there:
                _move_into(part, place)
            else:
                part.rename(place)
    return tuple(digests)


def _written(content: Iterable[bytes], path: Path, told: Path) -> str:
    """Write a file and return its digest; where that fails, it is told by its name to be."""
    made = hashlib.sha256()
    with _writing(told):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for part in content:
                made.update(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    return made.hexdigest()


def _move_into(part: Path, place: Path) -> None:
    """Move what is whole into an empty folder: all of it, or nothing.

    The folder itself stays, since it may be the current one or a disk of its own. study.toml comes
    last: without it a folder is no study.
    """
    if any(other != part for other in place.iterdir()):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    names = sorted((one.name for one in part.iterdir()), key=lambda name: name == "study.toml")
    try:
        for name in names:
            (part / name).rename(place / name)
        part.rmdir()
    except BaseException:
        for name in names:
            with suppress(OSError):
                (place / name).rename(part / name)
        raise


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say which file could not be written, and why."""
    try:
        yield
    except OSError as error:
        raise not_written(path, error) from error


@contextmanager
def _nothing_left(part: Path) -> Iterator[None]:
    """Take away what was made where not all of it is made: folders above it too."""
    new = [folder for folder in part.parents if not folder.exists()]
    try:
        yield
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise
