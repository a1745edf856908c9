"""Which formats a report can have, which of them a folder holds, and what each needs."""

from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from perdure.errors import InputError, Problem

__all__ = ["FORMATS", "Format", "documents_in", "formats_in", "formats_named", "require"]

Format = Literal["html", "pdf", "docx", "xlsx", "figures"]
"""html: the page, its figures (SVG), tables (CSV) and references (BibTeX), which every report has;
pdf, docx: the whole report; xlsx: every table in one workbook; figures: each as PDF and PNG too."""

FORMATS: tuple[Format, ...] = get_args(Format)

FILES: dict[Format, str] = {
    "pdf": "report.pdf",
    "docx": "report.docx",
    "xlsx": "tables.xlsx",
    "figures": "figures/*.png",
}
"""Where each optional format is seen to be there."""

NEEDS: dict[Format, tuple[str, ...]] = {
    "html": (),
    "pdf": ("typst",),
    "docx": ("typst", "PIL", "docx"),
    "xlsx": ("xlsxwriter",),
    "figures": ("typst", "PIL"),
}


def formats_named(text: str) -> tuple[Format, ...]:
    """Return the formats that are named between commas.

    Raises
    ------
    InputError
        If one is not known.

    Examples
    --------
    >>> formats_named("pdf, docx")
    ('pdf', 'docx')
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in FORMATS]
    if wrong or not names:
        raise InputError(
            Problem(
                "--format names no format that a report can have",
                f"choose among {', '.join(FORMATS)}, with commas between them",
                value=", ".join(wrong) or text,
            )
        )
    return tuple(one for one in FORMATS if one in names)


def formats_in(folder: Path) -> tuple[Format, ...]:
    """Return the optional formats that a report's folder holds."""
    return tuple(one for one, pattern in FILES.items() if any(folder.glob(pattern)))


def documents_in(folder: Path) -> tuple[Path, ...]:
    """Return the documents of the optional formats that a report's folder holds."""
    names = (pattern for pattern in FILES.values() if "*" not in pattern)
    return tuple(path for name in names if (path := folder / name).is_file())


def require(formats: Iterable[Format], *, found: Collection[Format] = ()) -> None:
    """Refuse formats whose libraries are not installed, before any work is done.

    Parameters
    ----------
    formats : iterable of str
    found : collection of str
        Those that are wanted only because an earlier report has them.

    Raises
    ------
    InputError
        With one problem for each format: what it needs, and what to install.
    """
    problems = []
    for one in sorted(formats, key=FORMATS.index):
        missing = [name for name in NEEDS[one] if find_spec(name) is None]
        if missing:
            remedy = "install it with: pip install 'perdure[report]'"
            if one in found:
                remedy += f"; or remove report/{FILES[one]}, which would no longer fit the results"
            problems.append(
                Problem(f"the format {one} needs {' and '.join(missing)}, not installed", remedy)
            )
    if problems:
        raise InputError(problems)
