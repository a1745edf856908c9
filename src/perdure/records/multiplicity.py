"""Several questions to one fit: simultaneous intervals, and classes compared pair by pair."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Adjustment", "PairDifference", "PairVerdict", "PairwiseTable", "Simultaneous", "Term"]

Adjustment = Literal["single-step", "holm", "hochberg", "bonferroni", "BH", "BY", "none"]

PairVerdict = Literal["different", "alike", "different, but alike", "undecided", "not different"]


@dataclass(frozen=True)
class Term:
    """One of several contrasts.

    Attributes
    ----------
    term : str
    estimate, se : float
    ci_low, ci_high : float
        Simultaneous: all contrasts lie in theirs with the stated level together.
    p : float
        Of this contrast alone.
    p_adjusted : float
        Of the single-step test: that any contrast is as far from 0 if none differs.
    """

    term: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    p_adjusted: float


@dataclass(frozen=True)
class Simultaneous:
    """A set of contrasts judged together by the largest of their statistics.

    Attributes
    ----------
    terms : tuple of Term
    critical : float
        Multiple of each standard error in the intervals.
    df : float or None
        None for a normal reference distribution.
    level : float
    error : float
        Standard error of the numerical integration on the scale of a p value: the largest of those
        of the adjusted p values and of the intervals' level; 0 where it is exact.
    """

    terms: tuple[Term, ...]
    critical: float
    df: float | None
    level: float
    error: float


@dataclass(frozen=True)
class PairDifference:
    """Two classes compared: whether they differ, and whether they are alike.

    Attributes
    ----------
    first, second : str
    estimate, se : float
        ``first`` minus ``second``.
    ci_low, ci_high : float
        Of this difference alone.
    p, p_adjusted : float
        That it is 0; adjusted for all pairs.
    p_alike, p_alike_adjusted : float or None
        That it is as large as the margin or larger; adjusted for all pairs. None without a margin.
    verdict : {"different", "alike", "different, but alike", "undecided", "not different"}
        By adjusted p values. "alike": within the margin; "different, but alike": not 0, and within
        the margin; "undecided": neither is shown; "not different": there is no margin, so that
        alike was not asked.
    """

    first: str
    second: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    p_adjusted: float
    p_alike: float | None
    p_alike_adjusted: float | None
    verdict: PairVerdict


@dataclass(frozen=True)
class PairwiseTable:
    """Every pair of classes.

    Attributes
    ----------
    rows : tuple of PairDifference
    adjustment : str
        Of ``p``.
    alike_adjustment : str
        Of ``p_alike``: Holm where that of ``p`` is single-step.
    margin : float or None
    df : float or None
    level : float
    notes : tuple of str
    """

    rows: tuple[PairDifference, ...]
    adjustment: Adjustment
    alike_adjustment: Adjustment
    margin: float | None
    df: float | None
    level: float
    notes: tuple[str, ...]
