"""A folder that may be written into: a new or empty one, so that nothing is overwritten."""

from pathlib import Path

from perdure.errors import InputError, Problem

__all__ = ["refuse_what_is_there"]


def refuse_what_is_there(root: Path) -> None:
    """Refuse a folder that holds anything, or cannot be one.

    Raises
    ------
    InputError
        Says what is there.
    """
    try:
        held = next(root.iterdir(), None)
        message = None if held is None else "the folder is not empty"
    except FileNotFoundError:
        return
    except NotADirectoryError:
        message = "there is a file of that name"
    except (OSError, ValueError):
        message = "this cannot be a folder for a study"
    if message is not None:
        raise InputError(Problem(message, "name a new folder", value=str(root)))
