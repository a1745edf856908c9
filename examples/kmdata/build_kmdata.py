"""Build a study of the reconstructed phase III trials of kmdata (Fell et al. 2021).

    python examples/kmdata/build_kmdata.py work/kmdata --from ../shared/data/kmdata
    python examples/kmdata/build_kmdata.py work/kmdata        # from its public repository

make_kmdata.py does this, runs the study and writes the page. Taken are arms of advanced disease
with a class, each once (``eligible`` and no ``repeat_of`` in arms.csv). ``--all`` takes all 304
data sets as they are, which is what benchmarks/run_study.py measures. Each data set is one figure
of one population, and so one trial here: its registered trial is in the column ``study``. R data
files, as the repository has them, need `pip install rdata` (MIT).

The patients are not part of perdure: they must have the numbers, events and sums of times that
arms.csv holds. data_sets.csv names the tumour as the trial's title has it; where kmdata's own label
is another, that stands beside it.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

from fetch_kmdata import fetched, stored
from public_data import check_arm

from perdure.study import write_table, write_text

HERE = Path(__file__).parent

STUDY = """\
title = "Durable response in {what} phase III trials of kmdata"
question = "How many patients live beyond 2 x the median OS, or free of progression beyond 3 x the \
median PFS, by {groups}?"
time_unit = "months"
reference = ["own", "control", "trial"]
seed = 20190519

[endpoints.PFS]
k = 3

[endpoints.OS]
k = 2
{more}
[pool]
by = [{by}]
"""

OTHER_ENDPOINTS = ("DFS", "EFS", "RFS", "LRR")
HEADS = {
    "trials": ("trial", "label", "year", "doi", "registry_id", "tumour", "study"),
    "arms": ("trial", "arm", "label", "drug_class", "comparator"),
    "analyses": ("trial", "endpoint", "primary", "time_unit", "label"),
}
WORDS = {"drug_class": "drug class", "tumour": "tumour", "year": "year of publication"}

Row = dict[str, str]


def identifier(name: str) -> str:
    """Return a name as an identifier: letters, digits, - and _.

    Examples
    --------
    >>> identifier("AIO0207(b)_3B")
    'AIO0207-b-3B'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def chosen(*, everything: bool) -> list[tuple[Row, list[Row]]]:
    """Return the data sets that are taken, each with its arms that are."""
    facts = {row["data_set"]: row for row in rows(HERE / "data_sets.csv")}
    taken: dict[str, list[Row]] = {}
    for row in rows(HERE / "arms.csv"):
        if everything or (row["eligible"] == "yes" and not row["repeat_of"]):
            taken.setdefault(row["data_set"], []).append(row)
    return [(facts[name], arms) for name, arms in taken.items()]


def build(folder: Path, source: Path | None, *, everything: bool = False) -> None:
    """Write the study into ``folder``; fetch the patients where there is no ``source``."""
    trials: list[tuple[str, ...]] = []
    arms: list[tuple[str, ...]] = []
    analyses: list[tuple[str, ...]] = []
    for fact, found in chosen(everything=everything):
        data_set, name, endpoint = fact["data_set"], identifier(fact["data_set"]), fact["endpoint"]
        patients = stored(source, data_set) if source else fetched(fact["path"], folder / "fetched")
        for row in found:
            check_arm(data_set, row["arm"], row, patients.get(row["arm"], []), "arms.csv")
        control = next((row["arm"] for row in found if row["control"] == "yes"), "")
        label = f"{fact['trial']} (figure {fact['figure']})"
        described = (fact[what] for what in ("year", "doi", "registration", "tumour", "trial"))
        trials.append((name, label, *described))
        for row in found:
            comparator = identifier(control) if row["arm"] != control else ""
            arm_label = row["arm"].replace("_", " ")
            arms.append((name, identifier(row["arm"]), arm_label, row["drug_class"], comparator))
        words = f"{fact['endpoint_in_kmdata']}, {fact['title']}"
        analyses.append((name, endpoint, "yes", fact["time_unit"], words))
        path = folder / "patients" / f"{name}.{endpoint}.csv"
        listed = [(identifier(row["arm"]), *one) for row in found for one in patients[row["arm"]]]
        write_table(path, ("arm", "time", "event"), listed)
    write_text(folder / "study.toml", settings(everything=everything))
    for name, lines in (("trials", trials), ("arms", arms), ("analyses", analyses)):
        write_table(folder / f"{name}.csv", HEADS[name], lines)
    print(f"{len(trials)} data sets, {len(arms)} arms -> {folder}")


def settings(*, everything: bool) -> str:
    """Return study.toml."""
    by = ("drug_class",) if everything else tuple(WORDS)
    more = "".join(f"\n[endpoints.{name}]\nk = 2\n" for name in OTHER_ENDPOINTS)
    return STUDY.format(
        what="all" if everything else "advanced-disease",
        groups=", ".join(WORDS[name] for name in by),
        more=more if everything else "",
        by=", ".join(f'"{name}"' for name in by),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the study to write")
    parser.add_argument("--from", dest="source", type=Path, help="folder kmdata; else fetched")
    parser.add_argument("--all", action="store_true", help="every data set, repeats included")
    given = parser.parse_args()
    build(given.folder, given.source, everything=given.all)
