"""What was computed from counts: effects of tables, effective counts, pooled odds and risks."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.pooled import Coefficient

__all__ = [
    "CountEffects",
    "EffectiveCounts",
    "MantelHaenszel",
    "PooledMeasure",
    "StratumTest",
]

PooledMeasure = Literal["OR", "RR", "RD", "PETO"]


@dataclass(frozen=True)
class CountEffects:
    """Effects of tables or rows of counts.

    Attributes
    ----------
    measure : str
        As "OR" or "PLO".
    y, v : tuple of float or None
        Effect and sampling variance of each; None where there is none.
    adjusted : tuple of bool
        Whether something was added to the counts of the row.
    reasons : tuple of str or None
        Why there is no effect, or no variance that a model could use.
    """

    measure: str
    y: tuple[float | None, ...]
    v: tuple[float | None, ...]
    adjusted: tuple[bool, ...]
    reasons: tuple[str | None, ...]


@dataclass(frozen=True)
class EffectiveCounts:
    """The counts that would carry the same information if nobody were censored.

    Attributes
    ----------
    events, n : float
        Not whole numbers as a rule.
    """

    events: float
    n: float


@dataclass(frozen=True)
class StratumTest:
    """A chi-square test across strata."""

    statistic: float
    df: int
    p: float


@dataclass(frozen=True)
class MantelHaenszel:
    """A common effect of two-by-two tables by Mantel-Haenszel, or Peto's one step.

    Attributes
    ----------
    measure : {"OR", "RR", "RD", "PETO"}
    method : {"MH", "Peto"}
    n_tables : int
    coefficient : Coefficient
        On the log scale but for RD.
    q : float or None
        Heterogeneity: the tables' own effects around the pooled one, weights 1 / variance.
    q_df : int
    q_p, i2, h2 : float or None
        i2 in per cent.
    association : StratumTest or None
        Mantel-Haenszel's test that the common odds ratio is 1, hypergeometric variance (OR only).
    association_binomial : StratumTest or None
        Cochran's, with the variance of two binomials.
    breslow_day : StratumTest or None
        That the odds ratios are equal, at the Mantel-Haenszel estimate (OR only).
    tarone : StratumTest or None
        The same with Tarone's correction.
    uninformative : tuple of str
        Tables without events, or with nothing else, in both arms: they say nothing of a ratio.
    reason : str or None
        Why a test or Q is missing.
    """

    measure: PooledMeasure
    method: Literal["MH", "Peto"]
    n_tables: int
    coefficient: Coefficient
    q: float | None
    q_df: int
    q_p: float | None
    i2: float | None
    h2: float | None
    association: StratumTest | None
    association_binomial: StratumTest | None
    breslow_day: StratumTest | None
    tarone: StratumTest | None
    uninformative: tuple[str, ...]
    reason: str | None = None
