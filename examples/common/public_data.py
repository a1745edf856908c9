"""Patients behind published curves, from public repositories: fetched once, kept as they came.

CSV files are read as they are; R data files (.rda) need `pip install rdata` (MIT). What was fetched
has its SHA-256 beside it, and is not fetched again while the two agree.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from perdure.study import write_bytes, write_text

__all__ = [
    "TOLERANCE",
    "Patient",
    "address_of",
    "check_arm",
    "content_at",
    "patients_by_arm",
    "patients_of_rda",
]

Patient = tuple[float, int]
"""Time, and 1 for an event or 0 for a censoring."""

ADDRESS = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"
SECONDS = 60
TOLERANCE = 2e-4
"""Relative: sums of times may differ by so much, since some files round them."""


def address_of(repository: str, commit: str, path: str) -> str:
    """Return the address of a file of a repository at a commit.

    Examples
    --------
    >>> address_of("o/r", "1a", "x(b).csv")
    'https://raw.githubusercontent.com/o/r/1a/x%28b%29.csv'
    """
    return ADDRESS.format(repository=repository, commit=commit, path=quote(path))


def content_at(address: str, folder: Path) -> bytes:
    """Return what is at an address, from ``folder`` where it was fetched before.

    SystemExit says which address could not be fetched, and why.
    """
    path = folder / address.rsplit("/", 1)[1]
    beside = path.with_name(f"{path.name}.sha256")
    if path.is_file() and beside.is_file():
        content = path.read_bytes()
        if beside.read_text(encoding="utf-8").strip() == hashlib.sha256(content).hexdigest():
            return content
    try:
        with urlopen(address, timeout=SECONDS) as answer:  # always https: ADDRESS
            content = bytes(answer.read())
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise SystemExit(
            f"{address} could not be fetched ({reason}): try again, or give --from a folder that"
            " has the data"
        ) from None
    write_bytes(path, content)
    write_text(beside, f"{hashlib.sha256(content).hexdigest()}\n")
    return content


def patients_by_arm(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Patient]]:
    """Return the patients of each arm of records with time, event and arm.

    Examples
    --------
    >>> patients_by_arm([{"time": "1.5", "event": "1", "arm": "a"}])
    {'a': [(1.5, 1)]}
    """
    found: dict[str, list[Patient]] = defaultdict(list)
    for row in records:
        found[str(row["arm"])].append((float(row["time"]), int(float(row["event"]))))
    return dict(found)


def patients_of_rda(content: bytes) -> dict[str, list[Patient]]:
    """Return the patients of each arm of an R data file that holds one data frame."""
    try:
        import rdata  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SystemExit("R data files need: pip install rdata") from None
    known = rdata.conversion.DEFAULT_CLASS_MAP
    tables = {**known, "kmdata": rdata.conversion.dataframe_constructor}  # kmdata's own class
    (table,) = rdata.conversion.convert(rdata.parser.parse_data(content), tables).values()
    return patients_by_arm(table.to_dict("records"))


def check_arm(
    data_set: str, arm: str, wanted: Mapping[str, str], patients: Iterable[Patient], table: str
) -> None:
    """Refuse an arm whose patients are not those described: SystemExit names the difference.

    ``wanted`` has n, events, sum_of_times and sum_of_event_times, as ``table`` holds them.
    """
    mine = list(patients)
    found = {
        "n": float(len(mine)),
        "events": float(sum(event for _, event in mine)),
        "sum_of_times": sum(time for time, _ in mine),
        "sum_of_event_times": sum(time for time, event in mine if event),
    }
    for what, value in found.items():
        described = float(wanted[what])
        if abs(value - described) > TOLERANCE * described + 0.005:
            raise SystemExit(
                f"{data_set}, arm {arm}: {what} is {value:g} and not {described:g}, as {table} has"
                " it: this is another data set, or the source has changed"
            )
