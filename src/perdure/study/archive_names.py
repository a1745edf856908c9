"""What a file of an archive may be named: as a file of a study, safely on every machine, once.

A list of checksums can be forged, and then names whatever its author likes: so an archive holds
what `perdure export` packs and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from perdure.study.figures import FOLDER, FORMATS
from perdure.study.naming import DATA_FOLDERS
from perdure.study.provenance import TABLES
from perdure.study.references.starting import LEFT_EMPTY

__all__ = ["DOCUMENTS", "clashing", "unknown_name", "unsafe_name"]

DOCUMENTS = ("README.txt", LEFT_EMPTY)
"""What explains a study, and goes with it."""

COMPUTED = ("results", "report")
"""Folders of what perdure writes, of any form."""

LONGEST = 255
"""Bytes of a name with its folders: what usual disks hold of a name alone."""

_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\..*)?", re.IGNORECASE
)


def unsafe_name(name: str) -> str | None:
    """Return why a file of this name may not be in an archive; None where it may.

    Examples
    --------
    >>> unsafe_name("curves/EX1.PFS.nivo.csv")
    >>> unsafe_name("../study.toml")
    'the name leads out of the study'
    >>> unsafe_name("figures/nul.png")
    'the name is not safe on every machine'
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        return "the name leads out of the study"
    if any(not part or part == "." or _odd(part) for part in parts):
        return "the name is not safe on every machine"
    return "the name is too long" if len(name.encode()) > LONGEST else None


def unknown_name(name: str) -> str | None:
    """Return why a file is none that a study has; None where a study may have it.

    Examples
    --------
    >>> unknown_name("curves/EX1.PFS.nivo.csv"), unknown_name("report/index.html")
    (None, None)
    >>> unknown_name("curves/run.exe"), unknown_name(".bashrc")
    ('this is no file of a study', 'this is no file of a study')
    """
    folder, _, rest = name.partition("/")
    lower = rest.lower()
    known = (
        name in (*TABLES, *DOCUMENTS)
        or (folder in DATA_FOLDERS and "/" not in rest and lower.endswith(".csv"))
        or (folder == FOLDER and lower.endswith(FORMATS))
        or (folder in COMPUTED and bool(rest))
    )
    hidden = name.rpartition("/")[2].startswith(".")
    return None if known and not hidden else "this is no file of a study"


def clashing(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that cannot stand beside one before it on every system, and why.

    Examples
    --------
    >>> for name, why in clashing(["figures/a.png", "figures/A.png", "report/x", "report/x/y"]):
    ...     print(f"{name}: {why}")
    figures/A.png: figures/a.png is the same file on some systems
    report/x/y: report/x is a file and a folder at once
    """
    first: dict[str, tuple[str, str]] = {}
    for name in names:
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            path, kind = "/".join(parts[:end]), "folder" if end < len(parts) else "file"
            known = _same(path) in first
            before, was = first.setdefault(_same(path), (path, kind))
            if was != kind:
                yield name, f"{before} is a file and a folder at once"
            elif before != path:
                yield name, f"{before} is the same {kind} on some systems"
            elif known and kind == "file":
                yield name, "it is there twice"
            else:
                continue
            break


def _same(name: str) -> str:
    """Return what two names share that are one file on some system."""
    return unicodedata.normalize("NFC", name).casefold()


def _odd(part: str) -> bool:
    """Say whether some system reads this part of a name as something else, or not at all."""
    return (
        any(letter in '\\:*?"<>|' or _unwritten(letter) for letter in part)
        or part[-1] in ". "
        or _RESERVED.fullmatch(part) is not None
    )


def _unwritten(letter: str) -> bool:
    """Say whether a letter is a sign that steers, or ends a line."""
    return unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029"
