"""Build a study of the reconstructed phase III trials of kmdata (Fell et al. 2021).

    python examples/kmdata/build_kmdata.py work/kmdata --from ../shared/data/kmdata
    perdure run work/kmdata --jobs 2

Taken are arms of advanced disease with a class, each once (``eligible`` and no ``repeat_of`` in
arms.csv); the first arm that index.csv lists is the control. ``--all`` takes all 304 data sets as
they are, which is what benchmarks/run.py measures. Each data set is one figure of one population,
and so one trial here: its registered trial is in the column ``study``.
"""

import argparse
import csv
import re
from pathlib import Path

from perdure.study import write_table, write_text

STUDY = """\
title = "Durable response in {what} phase III trials of kmdata"
question = "How many patients live beyond 2 x the median OS, or free of progression beyond 3 x the \
median PFS, by drug class?"
time_unit = "months"
reference = ["own", "control", "trial"]
seed = 20190519

[endpoints.PFS]
k = 3

[endpoints.OS]
k = 2
{more}
[pool]
by = ["drug_class"]
"""

OTHER_ENDPOINTS = ("DFS", "EFS", "RFS", "LRR")


def identifier(name: str) -> str:
    """Return a name as an identifier: letters, digits, - and _."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def build(source: Path, folder: Path, *, everything: bool) -> None:
    """Write the study into ``folder``."""
    index = {row["id"]: row for row in rows(source / "index.csv")}
    chosen: dict[str, list[dict[str, str]]] = {}
    for row in rows(source / "arms.csv"):
        if everything or (row["eligible"] == "TRUE" and not row["repeat_of"]):
            chosen.setdefault(row["id"], []).append(row)
    trials, arms, analyses = [], [], []
    for data_set, found in chosen.items():
        fact, name = index[data_set], identifier(data_set)
        endpoint = {"PFS-type": "PFS"}.get(found[0]["type"], found[0]["type"])
        label = f"{fact['trial']} (figure {fact['figure']})"
        trials.append(
            (
                name,
                label,
                fact["year"],
                fact["doi"],
                fact["registration"],
                fact["tumour"],
                fact["trial"],
            )
        )
        control = fact["arms"].split(";")[0]
        taken = {row["arm"] for row in found}
        for row in found:
            comparator = identifier(control) if row["arm"] != control and control in taken else ""
            arm_label = row["arm"].replace("_", " ")
            arms.append((name, identifier(row["arm"]), arm_label, row["arm_class"], comparator))
        analyses.append(
            (name, endpoint, "yes", fact["units"], f"{fact['endpoint']}, {fact['title']}")
        )
        patients = [
            (identifier(row["arm"]), row["time"], row["event"])
            for row in rows(source / fact["file"])
            if row["arm"] in taken
        ]
        path = folder / "patients" / f"{name}.{endpoint}.csv"
        write_table(path, ("arm", "time", "event"), patients)
    more = (
        "".join(f"\n[endpoints.{name}]\nk = 2\n" for name in OTHER_ENDPOINTS) if everything else ""
    )
    what = "all" if everything else "advanced-disease"
    write_text(folder / "study.toml", STUDY.format(what=what, more=more))
    write_table(
        folder / "trials.csv",
        ("trial", "label", "year", "doi", "registry_id", "tumour", "study"),
        trials,
    )
    write_table(folder / "arms.csv", ("trial", "arm", "label", "drug_class", "comparator"), arms)
    write_table(
        folder / "analyses.csv", ("trial", "endpoint", "primary", "time_unit", "label"), analyses
    )
    print(f"{len(trials)} data sets, {len(arms)} arms -> {folder}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the study to write")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder kmdata")
    parser.add_argument("--all", action="store_true", help="every data set, repeats included")
    given = parser.parse_args()
    build(given.source, given.folder, everything=given.all)
