"""A number that was printed of an arm's survival, with its source and how sure it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from perdure.records.arrays import Floats

__all__ = [
    "CERTAINTIES",
    "FACT_KINDS",
    "CurveBand",
    "FactCertainty",
    "FactCheck",
    "FactKind",
    "PublishedFact",
    "certainty_of",
]

FactKind = Literal["median", "survival", "hazard ratio", "at risk", "n", "events"]
"""What was printed."""
FACT_KINDS: tuple[FactKind, ...] = get_args(FactKind)

FactCertainty = Literal["verified", "from memory"]
"""Whether somebody saw the number in its source."""
CERTAINTIES: tuple[FactCertainty, ...] = get_args(FactCertainty)


@dataclass(frozen=True)
class PublishedFact:
    """One number that was printed of an arm.

    Attributes
    ----------
    arm : str
    kind : {"median", "survival", "hazard ratio", "at risk", "n", "events"}
    value : float or None
        A time, a proportion, a ratio or a count; None for a median that was not reached.
    certainty : {"verified", "from memory"}
    source : str
        Where it was printed.
    time : float or None
        Of survival, of numbers at risk, and of a median not reached (the end of follow-up).
    low, high : float or None
        Limits of its interval; None where none was printed, or where it is open.
    level : float
        Of the interval.
    against : str or None
        The arm in the denominator of a hazard ratio.
    rounding : float
        Half the last digit that was printed.
    """

    arm: str
    kind: FactKind
    value: float | None
    certainty: FactCertainty
    source: str
    time: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    against: str | None = None
    rounding: float = 0.0


@dataclass(frozen=True)
class FactCheck:
    """What the curves that were drawn say of a published fact.

    Attributes
    ----------
    fact : PublishedFact
    drawn, low, high : float or None
        Median and 95% limits over the curves; None for n and events, which are only used.
    disagrees : bool
        Whether the fact lies more than three of its standard errors from the curves.
    """

    fact: PublishedFact
    drawn: float | None
    low: float | None
    high: float | None
    disagrees: bool = False


@dataclass(frozen=True, eq=False)
class CurveBand:
    """Survival that agrees with published facts: its median over the draws and 95% limits.

    Attributes
    ----------
    time, survival, low, high : array of float, shape (points,)
        Limits hold at each time alone.
    last_fact : float
        The latest time of which something was published; what lies beyond rests on the prior.
    checks : tuple of FactCheck
        One for each fact of the arm.
    contradicted : bool
        Whether no curves meet all the facts of the trial's endpoint.
    """

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    last_fact: float
    checks: tuple[FactCheck, ...]
    contradicted: bool = False


def certainty_of(facts: Iterable[PublishedFact]) -> FactCertainty:
    """Return how sure a number is that rests on all these facts: one from memory is enough.

    Examples
    --------
    >>> seen = PublishedFact("a", "median", 5.1, "verified", "abstract")
    >>> recalled = PublishedFact("a", "n", 210, "from memory", "recalled")
    >>> certainty_of([seen]), certainty_of([seen, recalled])
    ('verified', 'from memory')
    """
    return "from memory" if any(one.certainty != "verified" for one in facts) else "verified"
