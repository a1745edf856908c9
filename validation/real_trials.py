"""What the choices behind durable response change on real trials: conclusions, counted.

    python validation/real_trials.py --from ../shared/data [--jobs 1]

writes validation/real_trials.md and validation/real_trials.csv. The trials are those that the
examples kmdata and ici-2019 build, each arm with the comparator that they give it; a data set of
ici-2019 whose trial and endpoint kmdata has too is taken once. Only derived numbers are written.
"""

import argparse
import csv
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from time import perf_counter

from in_short import with_summary
from real_trials_measured import REPLICATES, SEED, Row, measure, read
from real_trials_page import page

from perdure.workers import in_workers


def write_numbers(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows; of arms, only those under own at the study's k."""
    names = [field.name for field in fields(Row)]
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(names)
        for row in rows:
            if not (row.comparator or (row.main and row.reference == "own")):
                continue
            if row.reference == "fixed" and not row.main:
                continue
            out.writerow([compact(getattr(row, name)) for name in names])


def compact(value: object) -> str:
    """Return a cell: four decimals, nothing for None."""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def main() -> None:
    """Measure every data set, and write the page and the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    asked = parser.parse_args()
    start = perf_counter()
    sets, repeats = read(asked.source)
    each = dict(in_workers(measure, [(one,) for one in sets], asked.jobs))
    rows = [row for place in sorted(each) for row in each[place]]
    made = (
        f"Made by `python validation/real_trials.py --from ../shared/data --jobs {asked.jobs}`,"
        f" seed {SEED}, {REPLICATES:,} bootstrap replicates, in {perf_counter() - start:.0f} s."
    )
    text = with_summary("real_trials", "\n".join(page(sets, repeats, rows, made)))
    asked.out.write_text(text, encoding="utf-8")
    write_numbers(asked.out.with_suffix(".csv"), rows)


if __name__ == "__main__":
    main()
