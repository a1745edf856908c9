"""Small PDFs that unpack to gigabytes, or draw for hours.

A file can hide what it unpacks to in more ways than can be looked for: filters on filters, their
names spelt otherwise, forms that hold forms, pictures, dashes, patterns. So nothing is looked for:
every PDF is first opened and drawn by the same library in a process of its own
(:mod:`perdure.figure.pdf_trial`), which may take 560 MB of memory and 15 seconds of the processor.
What does not come back from there is refused; what does takes no more here. It costs a new process
and the page drawn twice: 0.15 s of the processor for a page with a vector figure.

Windows has no such limit of memory, and macOS does not keep it: there the limit of time alone
holds.
"""

import os
import subprocess
import sys
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.figure.pdf_trial import FINE, LARGE_PICTURES, MANY_LINES

__all__ = ["refuse_bomb"]

_SECONDS = 30  # by the clock, with other work on the machine


def refuse_bomb(path: Path, page: int | None = None) -> None:
    """Refuse a PDF of which a page, from 1, takes too much memory or time to open and draw.

    Without a page every one of a short file is opened, and drawn where it is the only one.

    Raises
    ------
    InputError
        If it takes too much, holds more than 500,000 objects, or pictures of more than 100
        megapixels.
    """
    number = [] if page is None else [str(page)]
    command = [sys.executable, "-P", "-m", "perdure.figure.pdf_trial", str(path), *number]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the file's name is no option
            command, capture_output=True, text=True, timeout=_SECONDS, env=places, check=False
        )
        said = done.stdout if done.returncode == 0 else ""
    except subprocess.TimeoutExpired:
        said = ""
    if said == FINE:
        return
    where = f"page {page or 1}"
    message = {
        LARGE_PICTURES: f"the pictures of {where} have more than 100 megapixels",
        MANY_LINES: f"{where} holds too many lines to draw",
    }.get(said, "the file unpacks to more than a page can hold")
    raise InputError(Problem(message, "save the figure alone as PNG", path.name))
