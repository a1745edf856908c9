"""Where values came from, so that a problem with one names its place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints

__all__ = ["Rows", "finite"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Where the values came from, so that a problem can name its place."""

    file: str | None
    rows: Sequence[int] | None
    what: str
    order: Ints | None = None

    def problem(
        self, at: int, message: str, remedy: str, column: str | None, value: float
    ) -> Problem:
        """Return a problem with the value at position ``at``."""
        row = self._row(at)
        if row is None:
            message = f"{message} ({self.name(at)})"
        return Problem(message, remedy, self.file, row, column, f"{value:g}")

    def name(self, at: int) -> str:
        """Return the row in words."""
        row = self._row(at)
        return f"row {row}" if row is not None else f"{self.what} {self._given(at) + 1}"

    def _row(self, at: int) -> int | None:
        return None if self.rows is None else int(self.rows[self._given(at)])

    def _given(self, at: int) -> int:
        """Return where the value at ``at`` stood before sorting."""
        return at if self.order is None else int(self.order[at])


def finite(
    columns: tuple[str, str | None], first: ArrayLike, second: ArrayLike, place: Rows, least: int
) -> tuple[Floats, Floats]:
    """Return both columns as finite arrays of one length, or name every missing value."""
    arrays = tuple(np.asarray(values, dtype=np.float64).ravel() for values in (first, second))
    sizes = tuple(array.size for array in arrays)
    if sizes[0] != sizes[1] or sizes[0] < least:
        raise InputError(
            Problem(
                f"at least {least} {place.what}{'s' if least > 1 else ''} with two numbers each"
                " are needed",
                "copy the whole figure or table",
                place.file,
                column=columns[1],
                value=f"{sizes[0]} and {sizes[1]} numbers",
            )
        )
    missing = [
        place.problem(
            int(at), "a number is missing or not finite", "write a number", column, array[at]
        )
        for column, array in zip(columns, arrays, strict=True)
        for at in np.flatnonzero(~np.isfinite(array))
    ]
    if missing:
        raise InputError(missing)
    return arrays[0], arrays[1]
