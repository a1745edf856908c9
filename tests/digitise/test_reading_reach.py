"""What is read of the simulated figures with nothing given but the file, against their truth."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from perdure.digitise.alike import named_alike
from perdure.digitise.axes import find_axes
from perdure.digitise.legend import find_legend
from perdure.digitise.risk_table import read_risk_table
from perdure.figure.ocr import read_words
from perdure.figure.picture import load_picture, upright


@dataclass
class Tally:
    """Counts over all figures."""

    figures: int = 0
    axes: int = 0
    cells: int = 0
    right: int = 0
    silent: int = 0
    flagged_right: int = 0
    arms: int = 0
    named: int = 0
    notes: list[str] = field(default_factory=list)


def _key(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _score(path: Path, truth: dict[str, Any], tally: Tally) -> None:
    picture = upright(load_picture(path))
    words = read_words(picture)
    axes = find_axes(words, picture)
    table = read_risk_table(words, axes, picture)
    entries = find_legend(words, axes, picture, table)
    tally.figures += 1
    worst = 0.0
    for axis, name in ((axes.x, "x"), (axes.y, "y")):
        true = truth["axes"][name]
        span = true["ticks"][-1] - true["ticks"][0]
        # The truth counts pixels from the corner of the first one, and a turned scan's are those
        # of the scan before it was turned.
        off = max(
            abs(float(axis.value(p - 0.5)) - v)
            for p, v in zip(true["tick_px"], true["ticks"], strict=True)
        )
        worst = max(worst, off / span)
    right = worst <= (0.005 if not picture.turned else 0.01)
    tally.axes += right and axes.time_unit == truth["time_unit"]
    if not right:
        tally.notes.append(f"{path.name}: axes off by {worst:.2%}")
    names = {_key(e.name) for e in entries}
    if table is not None:
        names |= {_key(n) for n in named_alike(table, entries).names}
    tally.arms += len(truth["arms"])
    tally.named += sum(_key(arm["label"]) in names for arm in truth["arms"])
    rows = truth.get("risk_table", {}).get("rows", [])
    assert bool(rows) == (table is not None), path.name
    for true_row, row in zip(rows, table.rows if table else (), strict=True):
        found = {round(c.time, 3): c for c in row}
        for time, n in zip(truth["risk_table"]["times"], true_row["n"], strict=True):
            cell = found.get(round(time, 3))
            exact = cell is not None and cell.n == n
            tally.cells += 1
            tally.right += exact
            tally.flagged_right += cell is not None and exact and cell.flagged
            tally.silent += cell is not None and not exact and not cell.flagged


@pytest.mark.slow
def test_axes_cells_and_names_of_the_simulated_figures(shared: Path) -> None:
    tally = Tally()
    for truth_file in sorted((shared / "data" / "figures_sim").glob("*.truth.json")):
        truth = json.loads(truth_file.read_text())
        _score(truth_file.parent / truth["image"]["file"], truth, tally)
    assert tally.figures == 36
    assert tally.axes >= 0.97 * tally.figures, tally.notes
    assert tally.right >= 0.99 * tally.cells
    assert tally.silent == 0
    assert tally.flagged_right <= 0.1 * tally.cells
    assert tally.named >= 0.95 * tally.arms
