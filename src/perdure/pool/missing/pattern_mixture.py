"""A pattern mixture: arms that do not reach the threshold have q times their last survival.

A class's mean is a mix of its patterns by their shares of its arms,

    p(q) = share reached x p reached + share not reached x q x mean S(t_max) + share of zeros x 0,

from q = 0 (nobody of those still in follow-up lives to the threshold) to q = 1 (everybody does).
The data do not tell q: the curve shows which conclusions need it (Little 1993, doi
10.1080/01621459.1993.10594302).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.special import ndtri

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.records.missing_arms import (
    Conclusion,
    MixtureDifference,
    MixturePoint,
    PatternMixture,
    Tip,
)

__all__ = ["ClassPatterns", "pattern_mixture"]

_GRID = 101


@dataclass(frozen=True)
class ClassPatterns:
    """The arms of one class by what they show.

    Attributes
    ----------
    name : str
    n_reached, n_zero : int
    reached : float or None
        Pooled proportion of those that reach the threshold; None where none does.
    reached_se : float
    last : tuple of float
        Survival at the end of follow-up of each arm that does not reach it.
    last_se : tuple of float
        Their standard errors.
    """

    name: str
    n_reached: int
    n_zero: int
    reached: float | None
    reached_se: float
    last: tuple[float, ...]
    last_se: tuple[float, ...]


def pattern_mixture(classes: Sequence[ClassPatterns], *, level: float = 0.95) -> PatternMixture:
    """Return each class's mean over q, their differences, and where conclusions tip.

    Parameters
    ----------
    classes : sequence of ClassPatterns
    level : float
        Of the intervals, which are normal and on the scale of a proportion. Their error has that of
        the pooled proportion, of the last survivals, and of the shares of the patterns.

    Raises
    ------
    InputError
        If there is no class, one has no arm, or some arms reach the threshold and have no pooled
        proportion.

    Examples
    --------
    >>> heavy = ClassPatterns("heavy", 4, 0, 0.30, 0.04, (0.4, 0.5), (0.03, 0.03))
    >>> light = ClassPatterns("light", 8, 0, 0.15, 0.02, (), ())
    >>> found = pattern_mixture([heavy, light]).differences[0]
    >>> [round(point.value, 3) for point in (found.curve[0], found.curve[-1])], found.equal_at
    ([0.05, 0.2], None)
    >>> found.conclusion, [(tip.q, tip.after) for tip in found.tips]
    ('open', [(0.28, 'higher')])
    """
    if not classes:
        raise InputError(Problem("there is no class", "give at least one"))
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    q, z = np.linspace(0, 1, _GRID), float(ndtri((1 + level) / 2))
    found = {one.name: _mean(one, q) for one in classes}
    shown = tuple(
        (name, _points(q, mean, z * error, 0.0, 1.0)) for name, (mean, error) in found.items()
    )
    differences = tuple(
        _difference(first, second, q, found, z) for first, second in combinations(found, 2)
    )
    return PatternMixture(shown, differences)


def _mean(one: ClassPatterns, q: Floats) -> tuple[Floats, Floats]:
    """Return the mean of a class over q and its standard error."""
    missing = len(one.last)
    total = one.n_reached + one.n_zero + missing
    if total == 0:
        raise InputError(Problem(f"the class '{one.name}' has no arm", "leave it out"))
    if one.n_reached and one.reached is None:
        raise InputError(
            Problem(f"the class '{one.name}' has no pooled proportion", "give that of its arms")
        )
    seen, share = one.reached or 0.0, one.n_reached / total
    last = np.array(one.last)
    middle = float(last.mean()) if missing else 0.0
    spread = float(np.square(one.last_se).sum()) / missing**2 if missing else 0.0
    if missing > 1:
        spread = max(spread, float(last.var(ddof=1)) / missing)
    rest = missing / total
    mean = share * seen + rest * q * middle
    shares = (share * seen**2 + rest * (q * middle) ** 2 - mean**2) / total
    variance = (share * one.reached_se) ** 2 + (rest * q) ** 2 * spread + np.maximum(shares, 0.0)
    return mean, np.sqrt(variance)


def _points(
    q: Floats, value: Floats, half: Floats, lowest: float, highest: float
) -> tuple[MixturePoint, ...]:
    """Return the curve as records, with limits that stay where a proportion can be."""
    low, high = np.maximum(value - half, lowest), np.minimum(value + half, highest)
    rows = zip(q.tolist(), value.tolist(), low.tolist(), high.tolist(), strict=True)
    return tuple(MixturePoint(*row) for row in rows)


def _difference(
    first: str, second: str, q: Floats, found: dict[str, tuple[Floats, Floats]], z: float
) -> MixtureDifference:
    """Return two classes compared."""
    (a, a_error), (b, b_error) = found[first], found[second]
    value, half = a - b, z * np.hypot(a_error, b_error)
    rise = value[-1] - value[0]
    # both means are straight lines in q, so their difference is 0 once at most
    crossing = float(-value[0] / rise) if rise else (0.0 if value[0] == 0 else np.inf)
    told: list[Conclusion] = [
        "higher" if low > 0 else "lower" if high < 0 else "open"
        for low, high in zip((value - half).tolist(), (value + half).tolist(), strict=True)
    ]
    tips = tuple(
        Tip(float(at), before, after)
        for at, (before, after) in zip(q[:-1].round(2), pairwise(told), strict=True)
        if before != after
    )
    return MixtureDifference(
        first,
        second,
        _points(q, value, half, -1.0, 1.0),
        crossing if 0 <= crossing <= 1 else None,
        told[0],
        tips,
        float(a[0] - b[-1]),
        float(a[-1] - b[0]),
    )
