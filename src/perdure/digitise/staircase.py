"""Staircases that were followed in a picture, and which of them are curves of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from perdure.digitise.ink import Bools, Evidence, Ink

__all__ = ["Staircase", "hugs", "without_limits", "without_pieces"]

PIECES = 0.7
"""A path that lies on others over this share of its length, where names are fewer, is no curve."""

FAINT = 0.4
"""A path that is seen in less of its columns is no line of its own between limits."""


@dataclass(frozen=True, eq=False)
class Staircase:
    """A staircase that was followed in one colour.

    Attributes
    ----------
    rows : array of int, shape (columns,)
        From column ``first`` on.
    first : int
    dashed : bool
        It has gaps.
    gained : float
        By ``follow``.
    seen, hidden : array of bool, shape (columns,)
        Where there is ink of its own, and where something else may hide it.
    bare : bool
        It falls somewhere over what has no ink.
    tall : float
        Share of its columns in which ink stands off the line, as that of censoring marks does.
    width : float
    evidence : Evidence
    """

    rows: NDArray[np.int64]
    first: int
    dashed: bool
    gained: float
    seen: Bools
    hidden: Bools
    bare: bool
    tall: float
    width: float
    evidence: Evidence

    @property
    def ink(self) -> Ink:
        """The colour that it was followed in."""
        return self.evidence.ink

    @property
    def columns(self) -> NDArray[np.int64]:
        """The columns that it runs through."""
        return self.first + np.arange(self.rows.size)

    @property
    def share_seen(self) -> float:
        """Of what nothing hides."""
        return float(self.seen.sum() / max(int((~self.hidden | self.seen).sum()), 1))


def hugs(path: Staircase, other: Staircase) -> bool:
    """Say whether a path is made of the marks or the edges of another of one hue, close to it."""
    along = float(path.ink.direction @ other.ink.direction)
    if along < 0.93 * float(
        np.linalg.norm(path.ink.direction) * np.linalg.norm(other.ink.direction)
    ):
        return False
    size = min(path.rows.size, other.rows.size)
    seen = path.seen[:size]
    apart = np.abs(path.rows[:size] - other.rows[:size])[seen]
    beyond = int(path.seen[size:].sum())
    # marks stand up to some widths off their line, and are taller than they are wide
    reach = (8 if path.tall > 0.5 else 3) * path.width + 2
    return bool((apart > reach).sum() + beyond < 0.3 * max(int(path.seen.sum()), 1))


def without_pieces(paths: Sequence[Staircase], names: int) -> list[Staircase]:
    """Return the paths without those that are made of pieces of others, where there are too many.

    Parameters
    ----------
    paths : sequence of Staircase
    names : int
        How many curves there are by what is written; 0 where that is not known.
    """
    left = list(paths)
    while 0 < names < len(left):
        shares = [_share_on_others(path, left) for path in left]
        worst = max(range(len(left)), key=lambda at: (shares[at], -left[at].gained))
        if shares[worst] < PIECES:
            break
        del left[worst]
    return left


def _share_on_others(path: Staircase, paths: Sequence[Staircase]) -> float:
    """Return the share of the columns of a path in which it lies on one of the others."""
    on = np.zeros(path.rows.size, dtype=np.bool_)
    for other in paths:
        if other is not path:
            size = min(path.rows.size, other.rows.size)
            reach = 1.5 * max(path.width, other.width) + 1
            on[:size] |= np.abs(path.rows[:size] - other.rows[:size]) <= reach
    return float(on.mean())


def without_limits(paths: Sequence[Staircase]) -> list[Staircase]:
    """Return the paths without confidence limits: two of one colour with a third between them.

    A fourth between them that is seen little is made of the marks of the third.
    """
    dropped: set[int] = set()
    for middle in range(len(paths)):
        alike = [
            at
            for at in range(len(paths))
            if at != middle
            and paths[at].ink is paths[middle].ink
            and paths[at].dashed != paths[middle].dashed
        ]
        for one, other in combinations(alike, 2):
            if _enclose(paths[one], paths[middle], paths[other]):
                dropped |= {one, other}
                dropped |= {
                    at
                    for at in alike
                    if paths[at].seen.mean() < FAINT
                    and _enclose(paths[one], paths[at], paths[other], least=0.8)
                }
    return [path for at, path in enumerate(paths) if at not in dropped]


def _enclose(one: Staircase, middle: Staircase, other: Staircase, *, least: float = 0.97) -> bool:
    """Say whether two paths lie on either side of a third wherever all three are seen.

    Limits may change places where they were followed across a steep fall.
    """
    size = min(one.rows.size, middle.rows.size, other.rows.size)
    seen = one.seen[:size] & middle.seen[:size] & other.seen[:size]
    outer = np.stack([one.rows[:size][seen], other.rows[:size][seen]])
    inner = middle.rows[:size][seen]
    between = (inner >= outer.min(axis=0) - 1) & (inner <= outer.max(axis=0) + 1)
    return bool(seen.sum() > 5 and between.mean() > least)
