"""Counts over figures: arms, doubts, numbers at risk, durable response."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from digitising_rows import ArmRow, CellRow, Durable, FigureRow

__all__ = ["ArmCount", "CellCount", "DurableCount", "count_arms", "count_cells", "count_durable"]


@dataclass(frozen=True)
class ArmCount:
    """Arms by how well they were read, and by whether perdure doubted them.

    ``off`` and ``missed`` do not overlap: the latter have no curve, and are silent where their
    figure was read without a warning. ``in_vain`` are flagged although curve and name are right.
    """

    arms: int
    right: int
    off: int
    missed: int
    invented: int
    off_silent: int
    missed_silent: int
    in_vain: int
    names_right: int
    names_silent: int
    names_flagged: int
    median_mean: float | None
    median_near: float | None

    @property
    def unnamed(self) -> int:
        """Arms without a name."""
        return self.arms - self.names_right - self.names_silent - self.names_flagged

    @property
    def between(self) -> int:
        """Arms neither right nor off."""
        return self.arms - self.right - self.off - self.missed


def count_arms(figures: Sequence[FigureRow]) -> ArmCount:
    """Count the true arms of figures."""
    arms = [(figure, arm) for figure in figures for arm in figure.arms]
    found = [arm for _, arm in arms if arm.mean is not None]
    misnamed = [arm for arm in found if arm.read_as and not arm.name_right]
    return ArmCount(
        arms=len(arms),
        right=sum(arm.right for arm in found),
        off=sum(arm.off for arm in found),
        missed=len(arms) - len(found),
        invented=sum(figure.invented for figure in figures),
        off_silent=sum(arm.off and not arm.flagged for arm in found),
        missed_silent=sum(
            arm.missed and figure.status == "read" and not figure.warnings for figure, arm in arms
        ),
        in_vain=sum(arm.right and arm.name_right and arm.flagged for arm in found),
        names_right=sum(arm.name_right for arm in found),
        names_silent=sum(not arm.flagged for arm in misnamed),
        names_flagged=sum(arm.flagged for arm in misnamed),
        median_mean=_median(arm.mean for arm in found),
        median_near=_median(arm.near for arm in found),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


@dataclass(frozen=True)
class CellCount:
    """Printed numbers at risk: read right, read wrong, not read; and which of them are flagged."""

    printed: int
    right: int
    right_flagged: int
    wrong_flagged: int
    wrong_silent: int
    unread: int


def count_cells(cells: Sequence[CellRow]) -> CellCount:
    """Count numbers at risk.

    Examples
    --------
    >>> cells = [CellRow(0, 90, 90, False), CellRow(6, 71, 77, True), CellRow(12, 50, None, False)]
    >>> count_cells(cells)
    CellCount(printed=3, right=1, right_flagged=0, wrong_flagged=1, wrong_silent=0, unread=1)
    """
    wrong = [cell for cell in cells if cell.read is not None and not cell.right]
    return CellCount(
        printed=len(cells),
        right=sum(cell.right for cell in cells),
        right_flagged=sum(cell.right and cell.flagged for cell in cells),
        wrong_flagged=sum(cell.flagged for cell in wrong),
        wrong_silent=sum(not cell.flagged for cell in wrong),
        unread=sum(cell.read is None for cell in cells),
    )


@dataclass(frozen=True)
class DurableCount:
    """Arms by whether durable response can be estimated, from the true patients and the figure.

    ``errors`` are of the arms where both have it. ``beyond`` have it beyond what the figure
    shows; ``lost`` have it within and the figure's reading does not; ``made_up`` the reverse.
    """

    errors: tuple[float, ...]
    beyond: int
    lost: int
    made_up: int
    neither: int

    def quantile(self, share: float) -> float | None:
        """Return a quantile of the errors."""
        return float(np.quantile(self.errors, share)) if self.errors else None


def count_durable(answers: Sequence[Durable]) -> DurableCount:
    """Count the answers of one multiple.

    Examples
    --------
    >>> found = count_durable(
    ...     [
    ...         Durable(3, 0.25, True, 0.24),
    ...         Durable(3, 0.20, False, None),
    ...         Durable(3, 0.20, True, None),
    ...         Durable(3, None, False, None),
    ...     ]
    ... )
    >>> [round(one, 4) for one in found.errors], found.beyond, found.lost, found.neither
    ([0.01], 1, 1, 1)
    """
    both = [
        abs(one.read - one.true) for one in answers if one.true is not None and one.read is not None
    ]
    without = [one for one in answers if one.true is not None and one.read is None]
    return DurableCount(
        errors=tuple(both),
        beyond=sum(not one.shown for one in without),
        lost=sum(one.shown for one in without),
        made_up=sum(one.true is None and one.read is not None for one in answers),
        neither=sum(one.true is None and one.read is None for one in answers),
    )


def answers_of(arms: Iterable[ArmRow], k: float) -> list[Durable]:
    """Return the answers of arms at one multiple."""
    return [one for arm in arms for one in arm.durable if one.k == k]
