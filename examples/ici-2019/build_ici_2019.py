"""Build a study of the checkpoint-inhibitor trials behind Pons-Tostivint et al. 2019.

    python examples/ici-2019/build_ici_2019.py work/ici-2019 --from ../shared/data/ici_trials
    perdure run work/ici-2019

The patient files are not part of perdure: they are read from the folder given, which says where
each came from and under which licence. Overall survival of 17 trials and progression-free survival
of 5 are there; trials without a curve are left out and named.
"""

import argparse
import csv
import re
from collections.abc import Mapping
from pathlib import Path

from perdure.study import write_table, write_text

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
"""

INHIBITOR = {
    "anti-PD-1": "anti-PD-1/PD-L1",
    "anti-PD-L1": "anti-PD-1/PD-L1",
    "anti-CTLA-4": "anti-CTLA-4",
    "combination": "anti-PD-1 + anti-CTLA-4",
}
"""Drug classes as the paper groups them; every other class is 'other drugs'."""

CONTROL = {
    "CheckMate 067": "ipilimumab",
    "KEYNOTE-006": "ipilimumab",
    "CA184-169": "ipilimumab_3mg",
}
"""Trials whose control arm is itself a checkpoint inhibitor."""


def identifier(name: str) -> str:
    """Return a name as an identifier: letters, digits, - and _."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def build(source: Path, folder: Path) -> None:
    """Write the study into ``folder`` and say which trials have no curve."""
    facts: dict[str, dict[str, str]] = {}
    for row in rows(source / "arms.csv"):
        if row["in_paper"] != "unlikely":
            facts.setdefault(row["trial"], row)
    index = [row for row in rows(source / "ipd_index.csv") if row["trial"] in facts]
    trials, arms, analyses = [], {}, []
    for trial, fact in facts.items():
        found = [row for row in index if row["trial"] == trial]
        if not found:
            print(f"left out: {trial} has no curve in {source.name}")
            continue
        name = identifier(trial)
        trials.append(
            (
                name,
                trial,
                fact["year"],
                fact["doi"],
                fact["nct"],
                fact["tumour"],
                fact["line"],
                "III",
            )
        )
        control = next(
            row["arm"]
            for row in found
            if (
                row["class"] not in INHIBITOR
                if trial not in CONTROL
                else row["arm"] == CONTROL[trial]
            )
        )
        for row in sorted(found, key=lambda row: row["arm"] == control):
            arms[name, identifier(row["arm"])] = arm_row(name, row, control)
        for data_set in dict.fromkeys(row["id"] for row in found):
            analyses.append(
                analysis(source, folder, name, [row for row in found if row["id"] == data_set])
            )
    write_text(folder / "study.toml", STUDY)
    write_table(
        folder / "trials.csv",
        ("trial", "label", "year", "doi", "registry_id", "tumour", "line", "phase"),
        trials,
    )
    write_table(
        folder / "arms.csv",
        ("trial", "arm", "label", "drug", "drug_class", "therapy", "comparator"),
        list(arms.values()),
    )
    write_table(
        folder / "analyses.csv", ("trial", "endpoint", "analysis", "primary", "label"), analyses
    )
    print(f"{len(trials)} trials, {len(arms)} arms, {len(analyses)} data sets -> {folder}")


def arm_row(trial: str, row: Mapping[str, str], control: str) -> tuple[str, ...]:
    """Return one row of arms.csv."""
    label = row["arm"].replace("_", " ")
    therapy = "checkpoint inhibitor" if row["class"] in INHIBITOR else "other drugs"
    comparator = "" if row["arm"] == control else identifier(control)
    drug_class = INHIBITOR.get(row["class"], "other drugs")
    return (trial, identifier(row["arm"]), label, label, drug_class, therapy, comparator)


def analysis(
    source: Path, folder: Path, trial: str, found: list[dict[str, str]]
) -> tuple[str, ...]:
    """Write the patients of one data set, and return its row of analyses.csv."""
    data_set, endpoint = found[0]["id"], found[0]["endpoint"]
    primary = found[0]["role"] == "paper arm"
    name = "" if primary else identifier(data_set)
    stem = ".".join(part for part in (trial, endpoint, name) if part)
    patients = [
        (identifier(row["arm"]), row["time"], row["event"])
        for row in rows(source / "ipd" / f"{data_set}.csv")
    ]
    write_table(folder / "patients" / f"{stem}.csv", ("arm", "time", "event"), patients)
    return (trial, endpoint, name, "yes" if primary else "no", found[0]["vintage"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the study to write")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder ici_trials")
    given = parser.parse_args()
    build(given.source, given.folder)
