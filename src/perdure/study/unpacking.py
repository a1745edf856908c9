"""An archive of a study is unpacked only where every file in it is the one that was packed.

An archive may come from anyone: nothing is written outside its new folder, no link is followed, it
cannot fill the disk, and a folder appears only once all of it was checked.
"""

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from os import getpid
from pathlib import Path

from perdure.errors import InputError, OutputError, Problem
from perdure.study.archive import MANIFEST, refuse_sizes, same_name, unsafe_name
from perdure.study.free_folder import refuse_what_is_there
from perdure.study.provenance import digest_of
from perdure.study.writing import write_bytes

__all__ = ["import_study"]

_AGAIN = "fetch the archive again, or have it exported again"

_FOREIGN = "import only what perdure export wrote"

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a member of a broken, encrypted or oddly packed archive raises."""


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
        its list of checksums, names a place outside the folder, holds links, or unpacks to more
        than a study is. No folder is left then.
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
    try:
        with zipfile.ZipFile(source) as opened:
            entries = [one for one in opened.infolist() if not one.is_dir()]
            _refuse_unsafe(entries, source)
            digests = _digests(opened, entries, source)
            return _unpacked(opened, digests, source, target)
    except FileNotFoundError as error:
        raise InputError(Problem("there is no such file", "check the name", str(source))) from error
    except zipfile.BadZipFile as error:
        message = "the file is no archive, or is damaged: it cannot be read as a zip file"
        raise InputError(Problem(message, _AGAIN, str(source))) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"the file cannot be opened: {reason}"
        raise InputError(Problem(message, "check it and its permissions", str(source))) from error


def _refuse_unsafe(entries: Sequence[zipfile.ZipInfo], source: Path) -> None:
    """Refuse what no export writes, before anything is unpacked."""
    seen: set[str] = set()
    problems = []
    for entry in entries:
        why = unsafe_name(entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            why = "it is a link or a device, and not a file"
        elif same_name(entry.filename) in seen:
            why = "it is there twice"
        seen.add(same_name(entry.filename))
        if why is not None:
            value = entry.filename
            problems.append(
                Problem(f"a file is not safe: {why}", _FOREIGN, str(source), value=value)
            )
    if problems:
        raise InputError(problems)
    sizes = (entry.file_size for entry in entries)
    refuse_sizes(sizes, source.stat().st_size, str(source), _FOREIGN)


def _digests(
    opened: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], source: Path
) -> dict[str, str]:
    """Return the digest of each file that should be there; refused where others are."""
    there = {entry.filename for entry in entries}
    if MANIFEST not in there:
        message = f"this is no archive of a study: it has no {MANIFEST}"
        raise InputError(Problem(message, _FOREIGN, str(source)))
    text = _content(opened, MANIFEST, source).decode("utf-8", errors="replace")
    found: dict[str, str] = {}
    for row, line in enumerate(text.splitlines(), start=1):
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


def _content(opened: zipfile.ZipFile, name: str, source: Path) -> bytes:
    try:
        return opened.read(name)
    except _DAMAGE as error:
        message = "the archive is damaged: a file cannot be unpacked"
        raise InputError(Problem(message, _AGAIN, str(source), value=name)) from error


def _unpacked(
    opened: zipfile.ZipFile, digests: dict[str, str], source: Path, target: Path
) -> tuple[str, ...]:
    """Write the files into a folder that takes its name only when it is whole."""
    part = target.parent / f".{target.name}.{getpid()}.part"
    try:
        for name, digest in digests.items():
            content = _content(opened, name, source)
            if digest_of(content) != digest:
                message = "the archive is damaged: a file is not the one that was packed"
                raise InputError(Problem(message, _AGAIN, str(source), value=name))
            write_bytes(part / name, content)
        try:
            if target.is_dir():
                target.rmdir()
            part.rename(target)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"{target} could not be written: {reason}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return tuple(digests)
