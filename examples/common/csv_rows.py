"""Rows of the CSV files that a run writes."""

import csv
from pathlib import Path

__all__ = ["Row", "number", "rows"]

Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def number(cell: str) -> float | None:
    """Return a cell as a number; None where it is empty."""
    return float(cell) if cell else None
