"""Files are written whole or not at all."""

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from perdure.errors import OutputError

__all__ = ["not_written", "write_bytes", "write_files", "write_text"]

_REASONS = {
    errno.ENOSPC: "the disk is full; make room and run again",
    errno.EDQUOT: "your share of the disk is full; make room and run again",
    errno.ENOENT: "there is no such folder, and none can be made; choose another",
    errno.EACCES: "you may not write there; check the folder's permissions",
    errno.EPERM: "you may not write there; check the folder's permissions",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOTDIR: "a file stands where a folder should be; move it away",
    errno.EEXIST: "a file stands where a folder should be; move it away",
    errno.EISDIR: "a folder stands where the file should be; move it away",
    errno.ENOTEMPTY: "something else was written there in the meantime; choose another folder",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a folder with a shorter one",
}


def not_written(path: Path, error: OSError) -> OutputError:
    """Return what is said of a file that could not be written: why, and what to do."""
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return OutputError(f"{path} could not be written: {reason}")


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8, whole or not at all: see `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; folders are made as needed: see `write_files`."""
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files, all of them whole or none at all; folders are made as needed.

    Each content goes into a new file beside the old one, which takes its place only when all of
    them are on the disk. Whatever stops the writing, Ctrl-C included, the old files are as
    they were.

    Raises
    ------
    OutputError
        If one cannot be written: says why and what to do.
    """
    unfinished: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in contents.items():
            unfinished[path] = _beside(path)
            with unfinished[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, whole in unfinished.items():
            whole.replace(path)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        for part in unfinished.values():
            with suppress(OSError):
                part.unlink()


def _beside(path: Path) -> Path:
    """Return the name of the new file beside the old one; its folder is made."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")
