"""What is read in figures whose truth is known, with nothing given but the file.

    python validation/digitising.py --from ../shared/data/figures_sim --set 101=DIR \
        --unseen 606=DIR --scoring ../shared/scoring/figures [--jobs 2]

writes validation/digitising.md and validation/digitising.csv, one row an arm. ``--from`` is the
development set; every ``--set`` and ``--unseen`` is another seed's, made by ``make_figures.py`` of
the folder of the scorer with ``--seed``. An unseen set is one that nobody who works on the reader
has looked at: the page gives these apart. Nothing depends on the number of jobs.
"""

import argparse
import csv
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from digitising_cases import cases_in
from digitising_measured import measure
from digitising_page import page
from digitising_rows import MULTIPLES, ArmRow, FigureRow
from in_short import with_summary

import perdure
from perdure.workers import in_workers

LIBRARIES = ("onnxruntime", "opencv-python-headless", "pypdfium2", "rapidocr", "svgelements")
COLUMNS = (
    *("set", "figure", "kind", "width", "look", "status", "axis_time_error", "axis_survival_error"),
    *("arm", "read_as", "mean_abs_ds", "max_abs_ds", "max_abs_ds_1pct_forgiven", "right"),
    *("flagged", "name_right", "cells", "cells_right", "cells_wrong_silent", "cells_flagged"),
    *("marks_drawn", "marks_found", "marks_read", "marks_right"),
    *(f"s{k:g}_{what}" for k in MULTIPLES for what in ("true", "read")),
)


def write_numbers(path: Path, figures: Iterable[FigureRow]) -> None:
    """Write a row an arm."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(COLUMNS)
        for figure in figures:
            for arm in figure.arms:
                out.writerow([compact(cell) for cell in cells(figure, arm)])


def cells(figure: FigureRow, arm: ArmRow) -> Iterator[object]:
    """Yield the cells of an arm's row."""
    yield from (figure.set, figure.figure, figure.kind, figure.width, figure.style, figure.status)
    yield from figure.axes or (None, None)
    yield from (arm.label, arm.read_as, arm.mean, arm.largest, arm.near, arm.right)
    yield from (arm.flagged or figure.status != "read", arm.name_right)
    wrong = [cell for cell in arm.cells if not cell.right]
    yield from (len(arm.cells), len(arm.cells) - len(wrong))
    yield sum(cell.read is not None and not cell.flagged for cell in wrong)
    yield sum(cell.flagged for cell in arm.cells)
    yield from arm.marks
    for one in arm.durable:
        yield from (one.true, one.read)


def compact(value: object) -> str:
    """Return a cell: five decimals, yes or no, nothing for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5f}"
    return "" if value is None else str(value)


def made(seen: Sequence[str], unseen: Sequence[str], files: int) -> str:
    """Return how the page was made."""
    sets = "".join(f" --set {name}=DIR" for name in seen[1:])
    sets += "".join(f" --unseen {name}=DIR" for name in unseen)
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    looked = f"Sets {', '.join(seen)} were looked at while perdure was written"
    fresh = f"; {', '.join(unseen)} were not." if unseen else "; no set here was not."
    return (
        f"Made by `python validation/digitising.py --from ../shared/data/figures_sim{sets}"
        f" --scoring ../shared/scoring/figures` on {datetime.now(UTC):%Y-%m-%d}: {files} files. A"
        " set's number is the seed with which `make_figures.py` of the folder of the scorer makes"
        f" it; dev is the team's own. {looked}{fresh} perdure {perdure.__version__}, {libraries},"
        f" Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores. Every"
        " arm has its row in [digitising.csv](digitising.csv). Times are in benchmarks/digitise.py."
    )


def named_folder(text: str) -> tuple[str, Path]:
    """Return a set's name and folder."""
    name, _, folder = text.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError("write it as NAME=FOLDER")
    return name, Path(folder)


def main() -> None:
    """Read every figure, and write the page and the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--set", dest="sets", type=named_folder, action="append", default=[])
    parser.add_argument("--unseen", type=named_folder, action="append", default=[])
    parser.add_argument("--scoring", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    asked = parser.parse_args()
    seen = [("dev", asked.source), *asked.sets]
    work = [(case, asked.scoring) for case in cases_in([*seen, *asked.unseen])]
    found: dict[int, FigureRow] = {}
    for place, row in in_workers(measure, work, asked.jobs):
        found[place] = row
        if len(found) % 20 == 0:
            print(f"{len(found)} of {len(work)} files", flush=True)
    figures = [found[place] for place in sorted(found)]
    names, unseen = [name for name, _ in seen], [name for name, _ in asked.unseen]
    text = "\n".join(page(figures, made(names, unseen, len(figures)), unseen))
    asked.out.write_text(with_summary("digitising", text), encoding="utf-8")
    write_numbers(asked.out.with_suffix(".csv"), figures)


if __name__ == "__main__":
    main()
