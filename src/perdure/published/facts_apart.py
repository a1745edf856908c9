"""Whether published facts can all be of the same patients."""

from dataclasses import dataclass
from math import inf

from scipy.stats import chi2

from perdure.errors import InputError
from perdure.published.curves import PublishedCurves, published_curves
from perdure.records import PublishedFact

__all__ = ["Contradiction", "contradiction"]

RARE = 0.001
"""So seldom do errors that are independent and normal exceed the limit."""

_DRAWS = 300
"""Curves that are drawn without one of the facts: enough to see whether the others agree."""


@dataclass(frozen=True)
class Contradiction:
    """Facts that no curves meet together.

    Attributes
    ----------
    misfit : float
        Sum of squares of the standardised, uncorrelated distances between facts and curves, its
        mean over the curves.
    limit : float
        What as many independent normal errors exceed once in a thousand times: a quantile of chi
        squared.
    culprits : tuple of PublishedFact
        Each of them alone, when left out, leaves facts that agree; first the one without which they
        agree best.
    """

    misfit: float
    limit: float
    culprits: tuple[PublishedFact, ...]


def contradiction(curves: PublishedCurves, *, seed: int = 20190519) -> Contradiction | None:
    """Say whether a trial's published facts contradict each other, and which of them it may be.

    Curves are so free that they meet any facts of the same patients to within their errors; a
    hazard ratio turned round, a number of another cut-off or population cannot be met.

    Parameters
    ----------
    curves : PublishedCurves
    seed : int
        Of the curves that are drawn without one of the facts.

    Returns
    -------
    Contradiction or None
        None where the facts agree.

    Examples
    --------
    >>> def fact(arm, kind, value, **more):
    ...     return PublishedFact(arm, kind, value, "verified", "abstract", **more)
    >>> facts = [
    ...     *(fact("new", "n", 200), fact("old", "n", 200)),
    ...     fact("new", "median", 12.0, low=10.0, high=14.0),
    ...     fact("new", "survival", 0.25, time=24),
    ...     fact("old", "median", 6.0, low=5.0, high=7.0),
    ...     fact("old", "survival", 0.25, time=12),
    ...     fact("new", "hazard ratio", 2.0, low=1.6, high=2.5, against="old"),  # turned round
    ... ]
    >>> found = contradiction(published_curves(facts, draws=300))
    >>> found.misfit > found.limit, found.culprits[0].kind
    (True, 'hazard ratio')
    """
    misfit, limit = _misfit(curves)
    if misfit <= limit:
        return None
    without = [(_without(fact, curves, seed), fact) for fact in curves.terms]
    agreeing = sorted((one for one in without if one[0] < 1), key=lambda one: one[0])
    return Contradiction(misfit, limit, tuple(fact for _, fact in agreeing))


def _misfit(curves: PublishedCurves) -> tuple[float, float]:
    if not curves.terms:
        return 0.0, 0.0
    squares = (curves.standardised_residuals() ** 2).sum(axis=1)
    return float(squares.mean()), float(chi2.isf(RARE, len(curves.terms)))


def _without(fact: PublishedFact, curves: PublishedCurves, seed: int) -> float:
    """Return the misfit of the other facts over its limit; infinite where they show no curve."""
    others = [one for one in curves.facts if one is not fact]
    try:
        found = published_curves(others, draws=_DRAWS, seed=seed)
    except InputError:
        return inf
    misfit, limit = _misfit(found)
    return misfit / limit if limit > 0 else 0.0
