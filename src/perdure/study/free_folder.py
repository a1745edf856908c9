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
    remedy = "name a new folder"
    try:
        lost = _link_to_nothing(root)
        if lost is not None:
            remedy = f"delete the link {lost}, or name a new folder"
            message: str | None = "there is a link to a place that is not there"
        else:
            # new/.. is what it is once new is there
            held = next(root.resolve().iterdir(), None)
            message = None if held is None else "the folder is not empty"
    except FileNotFoundError:
        return
    except NotADirectoryError:
        message = "there is a file of that name"
    except PermissionError:
        message = "the folder cannot be read"
        remedy = "check its permissions, or name a new folder"
    except (OSError, RuntimeError, ValueError):
        message = "this cannot be a folder for a study"
    if message is not None:
        raise InputError(Problem(message, remedy, value=str(root)))


def _link_to_nothing(root: Path) -> Path | None:
    """Return the link on the way to a folder that leads nowhere; None where there is none."""
    for place in (root, *root.parents):
        if place.exists():
            return None
        if place.is_symlink():
            return place
    return None
