"""Pairs of classes judged together: P adjusted for their number, and which are shown alike."""

from collections.abc import Callable, Sequence
from math import inf, log
from typing import TypeVar

import numpy as np
from scipy.special import ndtri, stdtrit

from perdure.plots.wording import NOTHING, antilog, p_value, ratio
from perdure.pool import pairwise_table
from perdure.records import Coefficient, Synthesis
from perdure.records.multiplicity import PairDifference, PairwiseTable
from perdure.records.network import NetworkComponent
from perdure.report.tables import Column

__all__ = ["PairKey", "about_pairs", "judged_classes", "judged_network", "pair_columns"]

PairKey = tuple[str, str]
Row = TypeVar("Row")
LEVEL = 0.95
"""Of the intervals that a study's report shows."""


def judged_classes(synthesis: Synthesis, alike: float | None) -> PairwiseTable | None:
    """Return the classes of a meta-regression judged together; None where they cannot be.

    Parameters
    ----------
    synthesis : Synthesis
    alike : float or None
        Odds ratios from 1 / alike to alike are alike; None: not asked.
    """
    regression = synthesis.regression
    if regression is None or any(pair.ci_low <= 0 for pair in synthesis.differences):
        return None
    df = regression.coefficients[0].df
    pairs = {}
    for pair in synthesis.differences:
        estimate, low, high = (log(one) for one in (pair.odds_ratio, pair.ci_low, pair.ci_high))
        se = (high - low) / (2 * _quantile(df))
        term = f"{pair.first} - {pair.second}"
        pairs[pair.first, pair.second] = Coefficient(term, estimate, se, df, low, high, pair.p)
    return _judged(pairs, alike)


def judged_network(part: NetworkComponent, alike: float | None) -> PairwiseTable | None:
    """Return the classes of a network judged together, as `judged_classes`."""
    pairs = {
        (one.treatment, one.comparator): Coefficient(
            f"{one.treatment} - {one.comparator}",
            one.estimate,
            one.se,
            one.df,
            one.ci_low,
            one.ci_high,
            one.p,
        )
        for one in part.comparisons
    }
    return _judged(pairs, alike)


def _quantile(df: float | None) -> float:
    upper = (1 + LEVEL) / 2
    return float(ndtri(upper) if df is None else stdtrit(df, upper))


def _judged(pairs: dict[PairKey, Coefficient], alike: float | None) -> PairwiseTable | None:
    """Return every pair of one fit, its covariance from the errors of the differences.

    With the first class as 0, var(a - b) = var(a) + var(b) - 2 cov(a, b).
    """
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    if len(names) < 2 or len(pairs) != len(names) * (len(names) - 1) // 2:
        return None
    means, variance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for (first, second), found in pairs.items():
        i, j = names.index(first), names.index(second)
        if not 0 < found.se < inf:
            return None
        variance[i, j] = variance[j, i] = found.se**2
        if 0 in (i, j):
            means[i or j] = found.estimate if j == 0 else -found.estimate
    covariance = (variance[:, :1] + variance[:1] - variance) / 2
    df = next(iter(pairs.values())).df
    margin = None if alike is None else log(alike)
    return pairwise_table(names, means, covariance, df, margin=margin, adjustment="holm")


def pair_columns(found: PairwiseTable | None, key: Callable[[Row], PairKey]) -> list[Column[Row]]:
    """Return the columns of adjusted P and of the verdict, where there is something to say.

    Parameters
    ----------
    found : PairwiseTable or None
    key : callable
        The two classes of a row, in either order.
    """
    if found is None:
        return []
    rows = {(one.first, one.second): one for one in found.rows}

    def row_of(row: Row) -> PairDifference | None:
        first, second = key(row)
        return rows.get((first, second)) or rows.get((second, first))

    def get(row: Row, name: str) -> float | str | None:
        one = row_of(row)
        return None if one is None else getattr(one, name)

    def adjusted(row: Row) -> float | None:
        one = row_of(row)
        return None if one is None else one.p_adjusted

    def verdict(row: Row) -> str:
        one = row_of(row)
        return NOTHING if one is None else one.verdict

    columns: list[Column[Row]] = []
    if len(rows) > 1:
        columns.append(
            Column(
                "P adjusted",
                lambda row: p_value(adjusted(row)),
                {"p_adjusted": adjusted},
                numeric=True,
            )
        )
    if found.margin is not None:
        fields = {
            "p_alike": lambda row: get(row, "p_alike"),
            "p_alike_adjusted": lambda row: get(row, "p_alike_adjusted"),
            "verdict": lambda row: get(row, "verdict"),
        }
        columns.append(Column("Verdict", verdict, fields))
    return columns


def about_pairs(found: PairwiseTable | None) -> Sequence[str]:
    """Return what the columns of pairs mean, in sentences."""
    if found is None:
        return ()
    several = len(found.rows) > 1
    adjusted = "P adjusted: by Holm, for the number of pairs. Intervals are not adjusted."
    if found.margin is None:
        alike = (
            "A P above 0.05 does not show that two classes are alike: that would take an interval"
            " inside a margin, which study.toml did not set (alike in [pool])."
        )
    else:
        low, high = (ratio(antilog(one)) for one in (-found.margin, found.margin))
        alike = (
            f"Alike: the interval of the odds ratio lies inside {low} to {high}, the margin that"
            " study.toml sets (90% interval, as two one-sided tests"
            f"{', adjusted by Holm' if several else ''}). It is not a P above 0.05: where neither"
            f" is shown, the pair is undecided. Different: {'adjusted ' if several else ''}P below"
            " 0.05."
        )
    return (adjusted, alike) if several else (alike,)
