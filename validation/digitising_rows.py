"""What is measured of one figure, of its arms, and of its numbers at risk."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["MULTIPLES", "OFF", "RIGHT", "ArmRow", "CellRow", "Durable", "FigureRow"]

RIGHT, OFF = 0.01, 0.02
"""Mean |dS| below the first is right, above the second is off."""
MULTIPLES = (3.0, 2.0)
"""Of the arm's own median."""


@dataclass(frozen=True)
class Durable:
    """Survival at ``k`` medians of the true patients, and of those rebuilt from the figure.

    ``true`` is None where the true patients' threshold lies beyond their follow-up or there is
    no median, ``shown`` says whether the curve is drawn that far. ``read`` is None where there
    is no answer, and ``reason`` says why.
    """

    k: float
    true: float | None
    shown: bool
    read: float | None
    reason: str = ""


@dataclass(frozen=True)
class CellRow:
    """One printed number at risk; ``read`` is None where no cell was read at its time."""

    time: float
    n: int
    read: int | None
    flagged: bool

    @property
    def right(self) -> bool:
        """Whether the printed number was read."""
        return self.read == self.n


@dataclass(frozen=True)
class ArmRow:
    """One true arm; measures are None where no curve was found for it.

    ``label`` is its true name and ``read_as`` the one that was read, empty where none was.
    ``near`` is the largest |dS| when a shift of 1% of the time axis is forgiven; ``marks`` are
    those drawn, those of them found, those read, and those of these that are of a true time.
    """

    label: str
    read_as: str
    mean: float | None
    largest: float | None
    near: float | None
    flagged: bool
    name_right: bool
    cells: tuple[CellRow, ...]
    marks: tuple[int, int, int, int]
    durable: tuple[Durable, ...]

    @property
    def right(self) -> bool:
        """Whether its curve was read."""
        return self.mean is not None and self.mean < RIGHT

    @property
    def off(self) -> bool:
        """Whether a curve was found for it and is plainly wrong."""
        return self.mean is not None and self.mean > OFF

    @property
    def missed(self) -> bool:
        """Whether no curve was found for it."""
        return self.mean is None


@dataclass(frozen=True)
class FigureRow:
    """One file of a figure.

    ``axes`` is the largest error of the time and of the survival axis at the corners of the
    plot, as shares of the labelled ranges; None where the truth has no place of the plot in this
    file. ``extra_cells`` were read where none is printed, and ``scored_cells`` are right by the
    scorer's count.
    """

    set: str
    figure: str
    kind: str
    width: int
    style: str
    status: Literal["read", "declined", "failed"]
    reason: str
    warnings: tuple[str, ...]
    turned: bool
    table: bool
    marked: bool
    axes: tuple[float, float] | None
    invented: int
    extra_cells: int
    scored_cells: int
    arms: tuple[ArmRow, ...]
