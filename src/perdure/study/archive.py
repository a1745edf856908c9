"""A study as one archive: a zip file with the SHA-256 of everything in it.

Unpacked by hand it is a study's folder again, and ``sha256sum -c SHA256SUMS`` checks it without
perdure. The same files make the same archive to the byte (with the same zlib): names are sorted and
no date, owner or machine is written.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.archive_names import DOCUMENTS, clashing, unsafe_name
from perdure.study.provenance import (
    digest_of,
    input_digests,
    read_provenance,
    refuse_own_place,
)
from perdure.study.writing import write_bytes

__all__ = [
    "MANIFEST",
    "MOST_BYTES",
    "MOST_FILES",
    "export_study",
    "refuse_sizes",
]

MANIFEST = "SHA256SUMS"

MOST_BYTES = 2 * 1024**3
"""Unpacked; more is no study."""

MOST_FILES = 20_000

MOST_TIMES = 100
"""Text shrinks to a tenth or so; what unpacks to more times its size was made to fill a disk."""

NOT_SMALL = 100 * 1024**2
"""Bytes; below it, how many times its size an archive unpacks to does not matter."""


def export_study(
    folder: str | Path, target: str | Path, *, results: bool = False, report: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write a study into one archive.

    Parameters
    ----------
    folder : str or Path
        The study; its input files go in as they are, in order or not.
    target : str or Path
        The archive, such as study.zip.
    results, report : bool
        Whether results/ and report/ go in too; they must be of these very inputs.

    Returns
    -------
    packed, left_out : tuple of str
        Names in the archive; and files and folders of the study that are none of its inputs.

    Raises
    ------
    InputError
        If the folder is no study, its results are stale or not there, a name would not be safe on
        another machine, or there is more than an archive may hold.
    OutputError
        If the archive cannot be written; an older one is then as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from perdure.study import import_study, new
    >>> with TemporaryDirectory() as folder:
    ...     new(f"{folder}/mine")
    ...     packed, _ = export_study(f"{folder}/mine", f"{folder}/mine.zip")
    ...     import_study(f"{folder}/mine.zip", f"{folder}/copy") == packed
    True
    """
    root, wanted = Path(folder), Path(target)
    if not (root / "study.toml").is_file():
        remedy = "name a study's folder, or make one with: perdure new DIR"
        raise InputError(Problem("this is not a study", remedy, value=str(folder)))
    if wanted.suffix.lower() != ".zip":
        remedy = "name a file that ends in .zip"
        raise InputError(
            Problem("the file's name is none of an archive", remedy, value=wanted.name)
        )
    refuse_own_place(root, wanted)
    names = set(input_digests(root))
    names |= {name for name in DOCUMENTS if (root / name).is_file()}
    for kind, asked in (("results", results), ("report", report)):
        if asked:
            names |= _computed(root, kind)
    packed = tuple(sorted(names))
    problems = [
        Problem(why, "rename the file", name) for name in packed if (why := unsafe_name(name))
    ]
    problems += [Problem(why, "rename one of them", name) for name, why in clashing(packed)]
    if problems:
        raise InputError(problems)
    content = _zipped(root, packed)
    sizes = [(root / name).stat().st_size for name in packed]
    refuse_sizes(sizes, len(content), str(wanted), "leave out results/ and report/")
    write_bytes(wanted, content)
    return packed, _left_out(root, packed, wanted)


def refuse_sizes(sizes: Iterable[int], packed: int, file: str, remedy: str) -> None:
    """Refuse more than an archive may hold.

    Raises
    ------
    InputError
    """
    each = list(sizes)
    total = sum(each)
    message = None
    if len(each) > MOST_FILES:
        message = f"it holds {len(each)} files; {MOST_FILES} are the most"
    elif total > MOST_BYTES:
        message = f"it unpacks to {total} bytes; {MOST_BYTES} are the most"
    elif total > NOT_SMALL and total > MOST_TIMES * packed:
        message = f"it unpacks to {total} bytes, more than {MOST_TIMES} times its size"
    if message is not None:
        raise InputError(Problem(message, remedy, file))


def _computed(root: Path, kind: str) -> set[str]:
    """Return the files of results/ or report/; refused where they are not of the inputs."""
    provenance = read_provenance(root / "results")
    run = f"run it first: perdure run {root}"
    if provenance is None or not (root / kind).is_dir():
        raise InputError(Problem(f"the study has no {kind}/ to export", run, value=str(root)))
    if dict(provenance.inputs) != input_digests(root):
        message = f"{kind}/ is stale: the study's files were changed after its last run"
        raise InputError(Problem(message, run, value=str(root)))
    return {
        path.relative_to(root).as_posix()
        for path in (root / kind).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def _zipped(root: Path, names: Iterable[str]) -> bytes:
    """Return the archive: the manifest, then every file in order."""
    digests = {name: digest_of((root / name).read_bytes()) for name in names}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        _add(archive, MANIFEST, _manifest(digests))
        for name, digest in digests.items():
            content = (root / name).read_bytes()
            if digest_of(content) != digest:
                message = "the file was changed while it was read"
                raise InputError(Problem(message, "export again", name))
            _add(archive, name, content)
    return stream.getvalue()


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file that is the same whoever adds it, and when."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content, compresslevel=9)


def _left_out(root: Path, packed: Iterable[str], target: Path) -> tuple[str, ...]:
    """Return what lies in the study and not in the archive; a whole folder by its name alone."""
    names = set(packed)
    heads = {name.split("/")[0] for name in names}
    found = set()
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        head = name.split("/")[0]
        hidden = any(part.startswith(".") for part in name.split("/"))
        if hidden or not path.is_file() or name in names or path.resolve() == target.resolve():
            continue
        found.add(name if head in heads or name == head else f"{head}/")
    return tuple(sorted(found))
