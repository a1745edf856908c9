"""A folder that a command writes to."""

from pathlib import Path

from perdure.errors import InputError, Problem

__all__ = ["refuse_file"]


def refuse_file(out: Path) -> None:
    """Refuse a folder that is a file, or lies in one, before any work is done."""
    for place in (out, *out.parents):
        try:
            there = place.exists()
        except OSError as error:  # the system refuses the name: too long, for one
            raise InputError(
                Problem(f"-o cannot be a folder: {error.strerror}", "name a folder", value=str(out))
            ) from error
        if there:
            if not place.is_dir():
                raise InputError(Problem("-o names a file", "name a folder", value=str(place)))
            return
