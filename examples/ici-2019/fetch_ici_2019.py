"""Fetch the patients of a data set from the public repository, commit and path that it names."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from public_data import Patient, address_of, content_at, patients_by_arm, patients_of_rda

__all__ = ["addresses", "fetched", "named", "patients_of_csv"]

Groups = list[list[Patient]]


def addresses(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of a data set: a path a(b|c)d stands for two files.

    Examples
    --------
    >>> addresses({"repository": "o/r", "commit": "1a", "path": "x(a|b).csv"})[1]
    'https://raw.githubusercontent.com/o/r/1a/x%28b%29.csv'
    """
    path = row["path"]
    parts = re.fullmatch(r"(.*)\(([^()]*\|[^()]*)\)(.*)", path)
    paths = (
        [f"{parts[1]}({one}){parts[3]}" for one in parts[2].split("|")]
        if parts
        else [path]
        if path
        else []
    )
    return tuple(address_of(row["repository"], row["commit"], one) for one in paths)


def fetched(described: list[dict[str, str]], folder: Path) -> dict[str, list[Patient]]:
    """Return the patients of each arm of a data set, fetched; empty where it has no address."""
    places = addresses(described[0])
    if not places:
        return {}
    groups: Groups = []
    for address in places:
        content = content_at(address, folder)
        if address.endswith(".rda"):
            groups += patients_of_rda(content).values()
        else:
            groups += patients_of_csv(content.decode("utf-8-sig"), described[0]["study"])
    return named(described, groups)


def named(described: Iterable[Mapping[str, str]], groups: Groups) -> dict[str, list[Patient]]:
    """Return the group of patients of each arm: the one with its patients and events.

    Sources name arms in their own ways (1, 2, "Arm A"); patients and events tell them apart.
    """
    found = {}
    for row in described:
        size = (int(row["n"]), int(row["events"]))
        mine = [one for one in groups if (len(one), sum(event for _, event in one)) == size]
        if not mine:
            raise SystemExit(
                f"{row['data_set']}: no arm of the source has {size[0]} patients and {size[1]}"
                f" events, as {row['name']} has: it is another version of the data"
            )
        found[row["name"]] = mine[0]
    return found


def patients_of_csv(text: str, study: str = "") -> Groups:
    r"""Return the patients of each arm of a CSV file with time, event, arm, and study where given.

    Examples
    --------
    >>> patients_of_csv("time,event,arm\n1.5,1,a\n2,0,a\n3,1,b\n")
    [[(1.5, 1), (2.0, 0)], [(3.0, 1)]]
    """
    records = [
        row for row in csv.DictReader(io.StringIO(text)) if not study or row["study"] == study
    ]
    return list(patients_by_arm(records).values())
