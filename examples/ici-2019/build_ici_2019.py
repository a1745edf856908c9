"""Build a study of the checkpoint-inhibitor trials behind Pons-Tostivint et al. 2019.

    python examples/ici-2019/build_ici_2019.py work/ici-2019 --from ../shared/data/ici_trials
    python examples/ici-2019/build_ici_2019.py work/ici-2019          # from the public repositories
    perdure run work/ici-2019
    python examples/ici-2019/compare.py work/ici-2019

Nineteen trials and 42 arms (trials.csv, arms.csv). Where patients are public (data_sets.csv:
overall survival of 17 trials, progression-free survival of 5) an arm enters by them; otherwise by
what was published of it (published_facts.csv, each fact with its source and how sure it is), marked
and not pooled. The patient files are not part of perdure: they are read from the folder given, or
fetched from the repositories that data_sets.csv names, and must have the patients, events and sums
of times that it holds.
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

from fetch_ici_2019 import fetched
from public_data import Patient, check_arm, patients_by_arm

from perdure.study import write_table, write_text

HERE = Path(__file__).parent

STUDY = """\
title = "Durable response on checkpoint inhibitors and other drugs: phase III trials to 2018"
question = "How many patients live beyond 2 x the median OS, or free of progression beyond 3 x the \
median PFS, on checkpoint inhibitors and on other drugs?"
time_unit = "months"
reference = ["own", "control", "trial"]
seed = 20190519

[endpoints.PFS]
k = 3

[endpoints.OS]
k = 2

[pool]
by = ["therapy", "drug_class", "line"]

# [published_facts]
# pooled = "verified"        # or "all": arms known by published facts alone enter the pool
"""

Row = dict[str, str]
DataSet = dict[str, list[Patient]]
"""The patients of each arm, by the arm's name in data_sets.csv."""


def rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def data_sets() -> dict[str, list[Row]]:
    """Return the rows of data_sets.csv, one an arm, by data set."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows(HERE / "data_sets.csv"):
        found[row["data_set"]].append(row)
    return dict(found)


def stored(source: Path, name: str) -> DataSet:
    """Return the patients of a data set of a folder that holds them as time, event, arm."""
    return patients_by_arm(rows(source / "ipd" / f"{name}.csv"))


def build(folder: Path, source: Path | None) -> None:
    """Write the study into ``folder``."""
    analyses = []
    entered: set[tuple[str, str]] = set()
    for name, described in data_sets().items():
        patients = stored(source, name) if source else fetched(described, folder / "fetched")
        if not patients:
            print(f"left out: {name} has no address to fetch it from; it needs --from")
            continue
        for row in described:
            mine = patients.get(row["name"], [])
            check_arm(name, row["name"], row, mine, "data_sets.csv")
        first = described[0]
        place = (first["trial"], first["endpoint"], first["analysis"])
        entered.add(place[:2])
        write_table(
            folder / "patients" / f"{'.'.join(part for part in place if part)}.csv",
            ("arm", "time", "event"),
            [(row["arm"], *one) for row in described for one in patients[row["name"]]],
        )
        analyses.append((*place, first["primary"], first["label"]))
    write_text(folder / "study.toml", STUDY)
    for name in ("trials.csv", "arms.csv"):
        write_text(folder / name, (HERE / name).read_text(encoding="utf-8"))
    heads = ("trial", "endpoint", "analysis", "primary", "label")
    write_table(folder / "analyses.csv", heads, analyses)
    facts = rows(HERE / "published_facts.csv")
    alone = [row for row in facts if (row["trial"], row["endpoint"]) not in entered]
    write_table(
        folder / "published_facts.csv", tuple(facts[0]), [tuple(row.values()) for row in alone]
    )
    arms = {(row["trial"], row["arm"], row["endpoint"]) for row in alone}
    print(
        f"{len(rows(HERE / 'trials.csv'))} trials, {len(rows(HERE / 'arms.csv'))} arms,"
        f" {len(analyses)} data sets, {len(arms)} arms by endpoint from {len(alone)} published"
        f" facts -> {folder}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the study to write")
    parser.add_argument("--from", dest="source", type=Path, help="folder ici_trials; else fetched")
    given = parser.parse_args()
    build(given.folder, given.source)
