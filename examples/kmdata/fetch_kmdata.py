"""Patients of kmdata's data sets: from a folder that has them as CSV, or from its repository.

kmdata (Fell et al. 2021, doi 10.1093/database/baab037) is public under the MIT licence, copyright
2021 Robert Redd, as one R data file a data set.
"""

import csv
import re
from pathlib import Path

from public_data import Patient, address_of, content_at, patients_by_arm, patients_of_rda

__all__ = ["fetched", "stored"]

REPOSITORY = "raredd/kmdata"
COMMIT = "8972d41b221dd06c71082c6692ccace8ca77562f"
"""Of version 1.0.1, whose patients data_sets.csv and arms.csv describe."""


def stored(source: Path, data_set: str) -> dict[str, list[Patient]]:
    """Return the patients of each arm from a folder with ipd/*.csv, brackets in names as _."""
    path = source / "ipd" / f"{re.sub(r'[()]', '_', data_set)}.csv"
    if not path.is_file():
        raise SystemExit(f"there is no {path}: --from names the folder that holds ipd/")
    with path.open(encoding="utf-8", newline="") as handle:
        return patients_by_arm(csv.DictReader(handle))


def fetched(path: str, folder: Path) -> dict[str, list[Patient]]:
    """Return the patients of each arm from kmdata's repository, kept in ``folder``."""
    return patients_of_rda(content_at(address_of(REPOSITORY, COMMIT, path), folder))
