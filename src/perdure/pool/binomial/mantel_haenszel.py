"""One effect common to two-by-two tables: Mantel-Haenszel and Peto, with the tests beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr, ndtri

from perdure.errors import InputError, Problem
from perdure.pool.effects.counts import Policy, checked_tables, two_by_two_effects
from perdure.records import Coefficient, Floats
from perdure.records.counts import MantelHaenszel, StratumTest

__all__ = ["mantel_haenszel", "peto"]

Measure = Literal["OR", "RR", "RD"]

NO_INFORMATION = "no table has events and non-events in both arms taken together"
ROUNDING = 1e-12
"""Relative to the counts, below it a difference of products is 0."""


@dataclass(frozen=True, eq=False)
class _Tables:
    """Cells as arrays, shape (k,)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @property
    def n1(self) -> Floats:
        return self.a + self.b

    @property
    def n2(self) -> Floats:
        return self.c + self.d

    @property
    def total(self) -> Floats:
        return self.n1 + self.n2

    @property
    def cases(self) -> Floats:
        return self.a + self.c

    @property
    def others(self) -> Floats:
        return self.b + self.d


def mantel_haenszel(
    events: ArrayLike,
    n: ArrayLike,
    control_events: ArrayLike,
    control_n: ArrayLike,
    *,
    measure: Measure = "OR",
    correct: bool = True,
    names: Sequence[str] | None = None,
    add: float = 0.5,
    to: Policy = "only0",
    level: float = 0.95,
) -> MantelHaenszel:
    """Pool two-by-two tables by Mantel and Haenszel's weights.

    Parameters
    ----------
    events, n, control_events, control_n : array_like of float, shape (k,)
        Counts; effective counts need not be whole.
    measure : {"OR", "RR", "RD"}
        Log odds ratio, log risk ratio, risk difference.
    correct : bool
        Take one half off the difference in the two tests of association (not below 0).
    names : sequence of str, optional
        Of the tables, for what is left unsaid by some of them.
    add, to
        What is added to the tables' own effects around which Q is computed, as in
        :func:`perdure.pool.effects.counts.two_by_two_effects`; a table without events in both
        arms does not enter Q. Nothing is added to the tables pooled.
    level : float
        Of the interval.

    Returns
    -------
    MantelHaenszel

    Raises
    ------
    InputError
        If counts are no counts, or the pooled effect is infinite or undefined (an arm without
        events in all tables together).

    Notes
    -----
    Variances: odds ratio, Robins, Breslow and Greenland (1986, Biometrics 42:311, doi
    10.2307/2531052); risk ratio and difference, Greenland and Robins (1985, Biometrics 41:55, doi
    10.2307/2530643), the difference in Sato's form (1989, Biometrics 45:1323). Homogeneity:
    Breslow and Day (1980) and Tarone's correction (1985, Biometrika 72:91, doi
    10.1093/biomet/72.1.91). Association: Mantel and Haenszel (1959), Cochran (1954).

    Examples
    --------
    >>> found = mantel_haenszel([4, 6], [30, 40], [9, 12], [31, 41])
    >>> round(found.coefficient.estimate, 3), round(found.coefficient.se, 3)
    (-0.905, 0.429)
    """
    _check_options(measure, level)
    rows = checked_tables(events, n, control_events, control_n)
    tables = _cells(rows)
    labels = _labels(names, len(rows))
    estimate, se = _POOLED[measure](tables)
    effects = two_by_two_effects(*np.array(rows).T, measure=measure, add=add, to=to, drop00=True)
    found = _with_heterogeneity(
        measure, "MH", estimate, se, effects.y, effects.v, level, _silent(tables, labels)
    )
    if measure != "OR":
        return found
    breslow_day, tarone = _homogeneity(tables, math.exp(estimate))
    return replace(
        found,
        association=_association(tables, 1, correct=correct),
        association_binomial=_association(tables, 0, correct=correct),
        breslow_day=breslow_day,
        tarone=tarone,
    )


def peto(
    events: ArrayLike,
    n: ArrayLike,
    control_events: ArrayLike,
    control_n: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> MantelHaenszel:
    """Pool log odds ratios by Peto's one step: sum of O - E over sum of V.

    Yusuf, Peto, Lewis, Collins and Sleight (1985, Prog Cardiovasc Dis 27:335, doi
    10.1016/S0033-0620(85)80003-7). Biased where odds ratios are far from 1 or arms differ much in
    size (Greenland and Salvan 1990, Stat Med 9:247).

    Parameters
    ----------
    events, n, control_events, control_n, names, level
        As in :func:`mantel_haenszel`.

    Raises
    ------
    InputError
        If counts are no counts, or no table carries information.

    Examples
    --------
    >>> found = peto([4, 6], [30, 40], [9, 12], [31, 41])
    >>> round(found.coefficient.estimate, 3), round(found.coefficient.se, 3)
    (-0.86, 0.403)
    """
    _check_options("OR", level)
    rows = checked_tables(events, n, control_events, control_n)
    tables = _cells(rows)
    labels = _labels(names, len(rows))
    difference, information = _hypergeometric(tables, 1)
    weight = float(information.sum())
    if weight <= 0:
        raise InputError(Problem(NO_INFORMATION, "there is no odds ratio to pool"))
    effects = two_by_two_effects(*np.array(rows).T, measure="PETO", to="none")
    return _with_heterogeneity(
        "PETO",
        "Peto",
        float(difference.sum()) / weight,
        math.sqrt(1 / weight),
        effects.y,
        effects.v,
        level,
        _silent(tables, labels),
    )


def _check_options(measure: str, level: float) -> None:
    """Refuse options that do not exist."""
    if measure not in get_args(Measure):
        found = f"choose one of {', '.join(get_args(Measure))}"
        raise InputError(Problem("unknown measure", found, value=str(measure)))
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )


def _cells(rows: list[tuple[float, float, float, float]]) -> _Tables:
    """Return the cells of the tables."""
    a, n1, c, n2 = np.array(rows).T
    return _Tables(a, n1 - a, c, n2 - c)


def _labels(names: Sequence[str] | None, k: int) -> tuple[str, ...]:
    """Return how the tables are called."""
    if names is None:
        return tuple(f"table {at + 1}" for at in range(k))
    if len(names) != k:
        found = f"{k} tables, {len(names)} names"
        raise InputError(Problem("lengths differ", "give each table a name", value=found))
    return tuple(names)


def _silent(tables: _Tables, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tables that say nothing of a ratio."""
    silent = (tables.cases == 0) | (tables.others == 0)
    return tuple(labels[at] for at in np.flatnonzero(silent).tolist())


def _odds_ratio(t: _Tables) -> tuple[float, float]:
    """Return the log odds ratio and its standard error by Robins, Breslow and Greenland."""
    p, q = (t.a + t.d) / t.total, (t.b + t.c) / t.total
    r, s = t.a * t.d / t.total, t.b * t.c / t.total
    up, down = float(r.sum()), float(s.sum())
    if up == 0 or down == 0:
        raise InputError(
            Problem(
                NO_INFORMATION if up == down else "the pooled odds ratio is 0 or infinite",
                "an arm has no events, or nothing else, in all tables together",
            )
        )
    variance = 0.5 * (
        float(p @ r) / up**2 + float(p @ s + q @ r) / (up * down) + float(q @ s) / down**2
    )
    return math.log(up / down), math.sqrt(variance)


def _risk_ratio(t: _Tables) -> tuple[float, float]:
    """Return the log risk ratio and its standard error by Greenland and Robins."""
    up, down = float((t.a * t.n2 / t.total).sum()), float((t.c * t.n1 / t.total).sum())
    if up == 0 or down == 0:
        raise InputError(
            Problem(
                "the pooled risk ratio is 0 or infinite",
                "an arm has no events in all tables together",
            )
        )
    spread = (t.n1 * t.n2 * t.cases - t.a * t.c * t.total) / t.total**2
    variance = float(spread.sum()) / (up * down)
    if variance <= ROUNDING / float(t.total.max()):
        raise InputError(
            Problem(
                "the pooled risk ratio has no variance",
                "both arms have nothing but events in all tables: there is no ratio to pool",
            )
        )
    return math.log(up / down), math.sqrt(variance)


def _risk_difference(t: _Tables) -> tuple[float, float]:
    """Return the risk difference and its standard error by Sato."""
    weight = float((t.n1 * t.n2 / t.total).sum())
    estimate = float(((t.a * t.n2 - t.c * t.n1) / t.total).sum()) / weight
    other = (t.a * (t.n2 - t.c) + t.c * (t.n1 - t.a)) / (2 * t.total)
    variance = (estimate * float(_sato(t).sum()) + float(other.sum())) / weight**2
    if variance <= 0:
        raise InputError(
            Problem(
                "the pooled risk difference has no variance",
                "every table has nothing but events, or none, in its arms",
            )
        )
    return estimate, math.sqrt(variance)


def _sato(t: _Tables) -> Floats:
    """Return Sato's P of each table."""
    return (
        t.c * (t.n1 / t.total) ** 2
        - t.a * (t.n2 / t.total) ** 2
        + (t.n1 / t.total) * (t.n2 / t.total) * (t.n2 - t.n1) / 2
    )


_POOLED = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}


def _with_heterogeneity(
    measure: Literal["OR", "RR", "RD", "PETO"],
    method: Literal["MH", "Peto"],
    estimate: float,
    se: float,
    y: tuple[float | None, ...],
    v: tuple[float | None, ...],
    level: float,
    silent: tuple[str, ...],
) -> MantelHaenszel:
    """Return the record, with Q of the effects that have a variance."""
    pairs = [
        (value, variance)
        for value, variance in zip(y, v, strict=True)
        if value is not None and variance is not None and variance > 0
    ]
    df = max(len(pairs) - 1, 0)
    q = sum((value - estimate) ** 2 / variance for value, variance in pairs) if df else None
    half = float(ndtri((1 + level) / 2)) * se
    coefficient = Coefficient(
        term="intercept",
        estimate=estimate,
        se=se,
        df=None,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p=float(2 * ndtr(-abs(estimate / se))),
    )
    return MantelHaenszel(
        measure=measure,
        method=method,
        n_tables=len(y),
        coefficient=coefficient,
        q=q,
        q_df=df,
        q_p=None if q is None else float(chdtrc(df, q)),
        i2=None if q is None else 100 * max(0.0, q - df) / max(q, df),
        h2=None if q is None else q / df,
        association=None,
        association_binomial=None,
        breslow_day=None,
        tarone=None,
        uninformative=silent,
        reason=None if q is not None else "fewer than two tables have an effect with a variance",
    )


def _hypergeometric(t: _Tables, less: int) -> tuple[Floats, Floats]:
    """Return O - E and V of each table; ``less`` patients are taken off the total in V."""
    expected = t.n1 * t.cases / t.total
    below = t.total**2 * np.maximum(t.total - less, 0)
    products = t.n1 * t.n2 * t.cases * t.others
    information = np.divide(products, below, out=np.zeros_like(below), where=below > 0)
    return t.a - expected, information


def _association(t: _Tables, less: int, *, correct: bool) -> StratumTest | None:
    """Return the test that the common odds ratio is 1."""
    difference, information = _hypergeometric(t, less)
    weight = float(information.sum())
    if weight <= 0:
        return None
    apart = abs(float(difference.sum()))
    apart = max(apart - 0.5, 0.0) if correct else apart
    statistic = apart**2 / weight
    return StratumTest(statistic, 1, float(chdtrc(1, statistic)))


def _homogeneity(t: _Tables, odds_ratio: float) -> tuple[StratumTest | None, StratumTest | None]:
    """Return Breslow and Day's test that the tables share the odds ratio, and Tarone's."""
    used = (t.cases > 0) & (t.others > 0)
    df = int(used.sum()) - 1
    if df < 1:
        return None, None
    tables = _Tables(t.a[used], t.b[used], t.c[used], t.d[used])
    expected = _expected(tables, odds_ratio)
    in_arm, in_control = tables.n1 - expected, tables.cases - expected
    rest = tables.n2 - in_control
    if min(float(cell.min()) for cell in (expected, in_arm, in_control, rest)) <= 0:
        return None, None  # counts so far apart that rounding leaves a cell nothing
    variance = 1 / (1 / expected + 1 / in_arm + 1 / in_control + 1 / rest)
    apart = tables.a - expected
    statistic = float((apart**2 / variance).sum())
    less = min(float(apart.sum()) ** 2 / float(variance.sum()), statistic)  # but rounding
    return (
        StratumTest(statistic, df, float(chdtrc(df, statistic))),
        StratumTest(statistic - less, df, float(chdtrc(df, statistic - less))),
    )


def _expected(t: _Tables, odds_ratio: float) -> Floats:
    """Return the events in the arm that its margins and the odds ratio ask for.

    The root, between the margins, of x (n2 - m + x) = OR (n1 - x)(m - x).
    """
    a = 1 - odds_ratio
    b = t.n2 - t.cases + odds_ratio * (t.n1 + t.cases)
    c = odds_ratio * t.n1 * t.cases
    # b > 0: this form of the root of a x^2 + b x - c is stable for an odds ratio near 1 too.
    return 2 * c / (b + np.sqrt(np.maximum(b * b + 4 * a * c, 0)))
