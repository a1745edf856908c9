"""The tables of a page that was written, read again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table of a page: the heading above it, the names of its columns, its rows."""

    heading: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def of(self, **asked: str) -> "Table":
        """Return the rows that begin with these cells, by the place of their column."""
        places = {int(place.removeprefix("c")): cell for place, cell in asked.items()}
        kept = [r for r in self.rows if all(r[place] == cell for place, cell in places.items())]
        return Table(self.heading, self.names, tuple(kept))

    def cells(self, place: int) -> list[str]:
        """Return a column's cells."""
        return [row[place] for row in self.rows]

    def numbers(self, place: int) -> list[float]:
        """Return the first number of each cell of a column."""
        return [float(cell.split()[0].strip("%").replace(",", "")) for cell in self.cells(place)]

    def one(self, place: int) -> str:
        """Return the cell of the only row."""
        (row,) = self.rows
        return row[place]


@dataclass(frozen=True)
class WrittenPage:
    """A page as it was written."""

    text: str
    tables: tuple[Table, ...]

    def table(self, *names: str, under: str = "") -> Table:
        """Return the first table that has these columns, under a heading that begins so."""
        for table in self.tables:
            if set(names) <= set(table.names) and table.heading.startswith(under):
                return table
        raise LookupError(f"no table with {names} under {under!r}")

    def said(self, words: str) -> tuple[str, ...]:
        """Return the groups of an expression that the page holds."""
        found = re.search(words, " ".join(self.text.split()))
        if found is None:
            raise LookupError(f"the page does not say {words!r}")
        return found.groups()


def read(text: str) -> WrittenPage:
    """Read the tables of a page."""
    return WrittenPage(text, tuple(_tables(text)))


def _tables(text: str) -> Iterator[Table]:
    heading, lines = "", text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if re.fullmatch(r"\|(\s*---\s*\|)+", line):
            rows = []
            for row in lines[i + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(_cells(row))
            yield Table(heading, _cells(lines[i - 1]), tuple(rows))


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))
