"""Coverage of every interval of durable response, type I error of contrasts, and power.

    python validation/coverage_study.py [--repeats 500] [--twin]

It writes validation/coverage.md and validation/coverage.csv.

Trials of two arms: families x patients an arm x censoring, each with all references and k (they
share the data). Without delayed separation both arms have one distribution: contrasts there are
under the null. Everything goes through what ``durable_trial`` calls.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from coverage_page import HEAD, summary, write_counts
from coverage_trials import COUNTS, FAMILIES, MULTIPLES, REFERENCES, SEED, Cell, cells, chunk
from in_short import with_summary

from perdure.records import Floats
from perdure.workers import in_workers

CHUNK = 250
"""Trials of one piece of work; its seed is its own, whatever the number of jobs."""


def kept(folder: Path | None, cell: Cell, place: int, repeats: int, twin: bool) -> Floats:
    """Return the counts of a chunk, from the folder where an earlier run left them."""
    if folder is None:
        return chunk(cell, place, repeats, twin=twin)
    index = list(FAMILIES).index(cell.family)
    kind = "twin.npy" if twin else "npy"
    path = folder / f"{index}.{cell.n}.{round(100 * cell.lost)}.{place}.{repeats}.{kind}"
    if path.is_file():
        return np.asarray(np.load(path), dtype=np.float64)
    found = chunk(cell, place, repeats, twin=twin)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as handle:
        np.save(handle, found)
    unfinished.rename(path)
    return found


def gathered(
    folder: Path | None, pieces: int, size: int, jobs: int, *, twin: bool
) -> dict[Cell, Floats]:
    """Return the counts of every design, over so many pieces of so many trials."""
    work = [(folder, cell, place, size, twin) for place in range(pieces) for cell in cells()]
    found = {cell: np.zeros((len(REFERENCES), len(MULTIPLES), 2, len(COUNTS))) for cell in cells()}
    start = perf_counter()
    for done, (at, counts) in enumerate(in_workers(kept, work, jobs), start=1):
        found[work[at][1]] += counts
        if done % 20 == 0:
            print(f"{done} of {len(work)}, {perf_counter() - start:.0f} s", flush=True)
    return found


def compare(ours: dict[Cell, Floats], theirs: dict[Cell, Floats]) -> tuple[int, int]:
    """Return how many counts there are, and how many differ (sums of proportions: by 1e-6)."""
    pairs = [(ours[cell], theirs[cell]) for cell in ours]
    differ = sum(int((np.abs(first - second) > 1e-6).sum()) for first, second in pairs)
    return sum(first.size for first, _ in pairs), differ


def main() -> None:
    """Run every design, and write the page and the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("coverage.md"))
    parser.add_argument("--keep", type=Path, help="Folder of finished pieces: a run can go on.")
    parser.add_argument("--twin", action="store_true", help="Count with coverage_twin.py.")
    parser.add_argument("--check", type=int, default=250, help="Of the twin: trials a cell.")
    asked = parser.parse_args()
    size = min(CHUNK, asked.repeats)
    pieces = asked.repeats // size
    start = perf_counter()
    found = gathered(asked.keep, pieces, size, asked.jobs, twin=asked.twin)
    how = "every trial counted by perdure itself"
    if asked.twin:
        first = min(max(asked.check // size, 1), pieces)
        ours = gathered(asked.keep, first, size, asked.jobs, twin=False)
        theirs = gathered(asked.keep, first, size, asked.jobs, twin=True)
        compared, differ = compare(ours, theirs)
        how = (
            f"counted by `coverage_twin.py`, which shares no code with perdure; of its counts over"
            f" {first * size * len(ours)} of the same trials {differ} of {compared} differ from"
            " perdure's own"
        )
    made = (
        f"Made by `python validation/coverage_study.py --repeats {pieces * size}"
        f"{f' --twin --check {asked.check}' if asked.twin else ''} --jobs {asked.jobs}`,"
        f" seed {SEED}, in {perf_counter() - start:.0f} s; {how}. Every count is in"
        " `coverage.csv`."
    )
    page = ["# Coverage of the intervals of durable response", "", made, "", HEAD, ""]
    text = with_summary("coverage", "\n".join([*page, *summary(found)]) + "\n")
    asked.out.write_text(text, encoding="utf-8")
    write_counts(asked.out.with_suffix(".csv"), found)


if __name__ == "__main__":
    main()
