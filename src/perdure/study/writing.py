"""Files are written whole or not at all."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from perdure.errors import OutputError

__all__ = ["write_bytes", "write_text"]

_REASONS = {
    errno.ENOSPC: "the disk is full; make room and run again",
    errno.EDQUOT: "your share of the disk is full; make room and run again",
    errno.EACCES: "you may not write there; check the folder's permissions",
    errno.EPERM: "you may not write there; check the folder's permissions",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOTDIR: "a file stands where a folder should be; move it away",
    errno.EEXIST: "a file stands where a folder should be; move it away",
    errno.EISDIR: "a folder stands where the file should be; move it away",
}


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8, whole or not at all: see `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; folders are made as needed.

    The content goes into a new file beside the old one, which takes its place only when all of it
    is on the disk. Whatever stops the writing, Ctrl-C included, the old file is as it was.

    Raises
    ------
    OutputError
        If it cannot be written: says why and what to do.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(f"{path} could not be written: {reason}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
