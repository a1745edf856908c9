"""Two-by-two tables and single proportions of counts as effects; effective counts of an arm."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.effects.scales import SCALES, effective_size
from perdure.records import Floats
from perdure.records.counts import CountEffects, EffectiveCounts

__all__ = [
    "Policy",
    "ProportionMeasure",
    "TableMeasure",
    "checked_counts",
    "checked_tables",
    "count_fault",
    "effective_counts",
    "proportion_effects",
    "two_by_two_effects",
]

TableMeasure = Literal["RR", "OR", "RD", "AS", "PETO"]
ProportionMeasure = Literal["PR", "PLN", "PLO", "PAS", "PFT"]
Policy = Literal["only0", "all", "if0all", "none"]

MOST_PATIENTS = 1e10
"""In an arm: more than there are people."""
FEWEST = 1e-6
"""Of an effective count that is not 0."""
STABILISED = frozenset({"AS", "PAS", "PFT"})
"""Defined for empty cells: nothing is added to them."""


@dataclass(frozen=True)
class _Table:
    """One table: a of n1 with the event in the arm, c of n2 in the control."""

    a: float
    b: float
    c: float
    d: float

    @property
    def n1(self) -> float:
        return self.a + self.b

    @property
    def n2(self) -> float:
        return self.c + self.d


def two_by_two_effects(
    events: ArrayLike,
    n: ArrayLike,
    control_events: ArrayLike,
    control_n: ArrayLike,
    *,
    measure: TableMeasure,
    add: float = 0.5,
    to: Policy = "only0",
    drop00: bool = False,
) -> CountEffects:
    """Return the effect of each two-by-two table, with its sampling variance.

    Parameters
    ----------
    events, n, control_events, control_n : array_like of float, shape (k,)
        Counts; effective counts need not be whole.
    measure : {"RR", "OR", "RD", "AS", "PETO"}
        Log risk ratio, log odds ratio, risk difference, difference of arcsine-transformed risks,
        Peto's log odds ratio.
    add : float
        To each of the four cells; never for AS, which needs it not.
    to : {"only0", "all", "if0all", "none"}
        To which tables: those with an empty cell; all; all if one of them has an empty cell; none.
    drop00 : bool
        No effect for a table with no event, or nothing else, in both arms.

    Returns
    -------
    CountEffects
        None with a reason where a table has no effect.

    Raises
    ------
    InputError
        If counts are missing, negative, or more events than patients, or an option is unknown.

    Notes
    -----
    With risks a / n1 and c / n2: RR has variance 1/a - 1/n1 + 1/c - 1/n2; OR 1/a + 1/b + 1/c +
    1/d; RD ab / n1^3 + cd / n2^3; AS 1 / (4 n1) + 1 / (4 n2) (Rücker 2009, Stat Med 28:721, doi
    10.1002/sim.3511); PETO (a - E) / V with variance 1 / V, E and V hypergeometric (Yusuf 1985,
    Prog Cardiovasc Dis 27:335, doi 10.1016/S0033-0620(85)80003-7).

    Examples
    --------
    >>> effects = two_by_two_effects([4, 0], [20, 20], [8, 0], [20, 20], measure="OR", to="none")
    >>> [None if y is None else round(y, 3) for y in effects.y]
    [-0.981, None]
    >>> effects.reasons[1]
    'no event in either arm'
    """
    counts = checked_tables(events, n, control_events, control_n)
    _known("measure", measure, get_args(TableMeasure))
    cells = np.array([(a, n1 - a, c, n2 - c) for a, n1, c, n2 in counts])
    more = _added(cells, add, to, measure)
    rows: list[_Row] = []
    for at, row in enumerate(cells):
        dropped = _one_sided(_Table(*row.tolist())) if drop00 else None
        table = _Table(*(row + more[at]).tolist())
        rows.append((None, None, dropped) if dropped else _EFFECTS[measure](table))
    return _gathered(measure, rows, more)


def proportion_effects(
    events: ArrayLike,
    n: ArrayLike,
    *,
    measure: ProportionMeasure,
    add: float = 0.5,
    to: Policy = "only0",
) -> CountEffects:
    """Return the effect of each proportion of counts, with its binomial variance.

    For proportions of uncensored counts; those of curves enter by their standard error, see
    :data:`perdure.pool.effects.scales.SCALES`.

    Parameters
    ----------
    events, n : array_like of float, shape (k,)
    measure : {"PR", "PLN", "PLO", "PAS", "PFT"}
        Plain, log, logit, arcsine, Freeman-Tukey's double arcsine.
    add : float
        To events and to non-events; never for PAS and PFT.
    to : {"only0", "all", "if0all", "none"}
        As in :func:`two_by_two_effects`.

    Raises
    ------
    InputError
        As :func:`two_by_two_effects`.

    Examples
    --------
    >>> effects = proportion_effects([3, 0], [12, 10], measure="PLO")
    >>> [round(y, 3) for y in effects.y if y is not None], effects.adjusted
    ([-1.099, -3.045], (False, True))
    """
    x, size = checked_counts(events, n)
    _known("measure", measure, get_args(ProportionMeasure))
    cells = np.column_stack((x, size - x))
    more = _added(cells, add, to, measure)
    rows = [
        _proportion(measure, *(row + extra).tolist())
        for row, extra in zip(cells, more, strict=True)
    ]
    return _gathered(measure, rows, more)


def effective_counts(
    proportion: float, se: float | None, size: float | None = None
) -> EffectiveCounts:
    """Return the counts that carry the information of a proportion with its standard error.

    n = p (1 - p) / se^2 and events = p n: what an uncensored arm of n patients would give.

    Parameters
    ----------
    proportion : float
        Between 0 and 1.
    se : float or None
        None for a proportion of 0 or 1.
    size : float, optional
        Effective number of patients; needed for a proportion of 0 or 1, from which it cannot be
        computed, and not used elsewhere.

    Raises
    ------
    InputError
        If there is neither a usable standard error nor a size.

    Examples
    --------
    >>> effective_counts(0.25, 0.05)
    EffectiveCounts(events=18.7..., n=74.9...)
    >>> effective_counts(0.0, None, size=31.5)
    EffectiveCounts(events=0.0, n=31.5)
    """
    if proportion in {0, 1} and size is not None:
        if not 0 < size < math.inf:
            raise InputError(
                Problem(
                    "an effective number of patients is not a positive number",
                    "correct it",
                    value=f"{size:g}",
                )
            )
        return EffectiveCounts(proportion * size, size)
    n = effective_size(proportion, se)
    return EffectiveCounts(proportion * n, n)


def checked_tables(
    events: ArrayLike, n: ArrayLike, control_events: ArrayLike, control_n: ArrayLike
) -> list[tuple[float, float, float, float]]:
    """Return tables as rows (events, n, control events, control n) that can be counts.

    Raises
    ------
    InputError
        Each count that is missing, negative, or larger than its number of patients is named.

    Examples
    --------
    >>> checked_tables([3], [2], [0], [4])
    Traceback (most recent call last):
    perdure.errors.InputError: Table 1 has events outside 0 to n in the arm (found '3 of 2')...
    """
    arm = checked_counts(events, n, " in the arm")
    control = checked_counts(control_events, control_n, " in the control")
    if arm[0].size != control[0].size:
        found = f"{arm[0].size} and {control[0].size}"
        raise InputError(Problem("lengths differ", "give one of each a table", value=found))
    columns = (values.tolist() for values in (*arm, *control))
    return list(zip(*columns, strict=True))


def checked_counts(events: ArrayLike, n: ArrayLike, where: str = "") -> tuple[Floats, Floats]:
    """Return events and numbers of patients as arrays that can be counts.

    ``where`` is added to what a message says of them.

    Raises
    ------
    InputError
        As :func:`checked_tables`.

    Examples
    --------
    >>> checked_counts([0, 2.5], [4, 9.1])
    (array([0. , 2.5]), array([4. , 9.1]))
    """
    x, size = np.array(events, dtype=np.float64), np.array(n, dtype=np.float64)
    if x.ndim != 1 or x.shape != size.shape:
        found = f"{x.size} and {size.size}"
        raise InputError(Problem("lengths differ", "give one of each a table", value=found))
    if not x.size:
        raise InputError(Problem("there are no counts", "give at least one table"))
    said = {
        at: count_fault(*pair)
        for at, pair in enumerate(zip(x.tolist(), size.tolist(), strict=True))
    }
    problems = [
        Problem(
            f"table {at + 1} has {fault}{where}",
            "correct the counts",
            value=f"{x[at]:g} of {size[at]:g}",
        )
        for at, fault in said.items()
        if fault is not None
    ]
    if problems:
        raise InputError(problems)
    return x, size


def count_fault(events: float, n: float) -> str | None:
    """Return why these are no counts: products of four of them must be numbers.

    Examples
    --------
    >>> count_fault(3, 2), count_fault(1, 2)
    ('events outside 0 to n', None)
    """
    if not (math.isfinite(n) and n > 0):
        return "no number of patients"
    if not 0 <= events <= n:
        return "events outside 0 to n"
    if n > MOST_PATIENTS:
        return f"more than {MOST_PATIENTS:.0e} patients"
    if 0 < events < FEWEST or 0 < n - events < FEWEST or n < FEWEST:
        return f"less than {FEWEST:g} of a patient, and not none,"
    return None


def _known(what: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse an option that does not exist."""
    if value not in allowed:
        raise InputError(
            Problem(f"unknown {what}", f"choose one of {', '.join(allowed)}", value=str(value))
        )


def _added(cells: Floats, add: float, to: str, measure: str) -> Floats:
    """Return what is added to the cells of each row, shape (k, 1)."""
    _known("policy", to, get_args(Policy))
    if not 0 <= add < math.inf:
        raise InputError(
            Problem(
                "what is added to cells is not a number from 0 up", "0.5 is usual", value=f"{add}"
            )
        )
    empty = (cells == 0).any(axis=1)
    chosen = {
        "only0": empty,
        "all": np.ones_like(empty),
        "if0all": np.full_like(empty, empty.any()),
        "none": np.zeros_like(empty),
    }[to]
    return np.where(chosen & (measure not in STABILISED), add, 0.0)[:, None]


_Row = tuple[float | None, float | None, str | None]


def _gathered(measure: str, rows: list[_Row], more: Floats) -> CountEffects:
    """Return rows as a record."""
    return CountEffects(
        measure=measure,
        y=tuple(row[0] for row in rows),
        v=tuple(row[1] for row in rows),
        adjusted=tuple(bool(extra > 0) for extra in more.ravel()),
        reasons=tuple(row[2] for row in rows),
    )


def _one_sided(table: _Table) -> str | None:
    """Return what both arms share, if it is everything."""
    if table.a == table.c == 0:
        return "no event in either arm"
    if table.b == table.d == 0:
        return "nothing but events in both arms"
    return None


def _missing(table: _Table, cell: str) -> _Row:
    """Return a row without an effect."""
    return None, None, _one_sided(table) or cell


def _with_variance(y: float, v: float) -> _Row:
    """Return a row; a variance of 0 is no variance to weight by."""
    return y, v, None if v > 0 else "its variance is 0"


def _risk_ratio(t: _Table) -> _Row:
    if t.a == 0 or t.c == 0:
        return _missing(t, "an arm without events has no log risk")
    v = 1 / t.a - 1 / t.n1 + 1 / t.c - 1 / t.n2
    return _with_variance(math.log((t.a / t.n1) / (t.c / t.n2)), v)


def _odds_ratio(t: _Table) -> _Row:
    if 0 in {t.a, t.b, t.c, t.d}:
        return _missing(t, "an empty cell has no log odds")
    y = math.log(t.a) - math.log(t.b) - math.log(t.c) + math.log(t.d)
    return _with_variance(y, 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d)


def _risk_difference(t: _Table) -> _Row:
    v = t.a * t.b / t.n1**3 + t.c * t.d / t.n2**3
    return _with_variance(t.a / t.n1 - t.c / t.n2, v)


def _arcsine_difference(t: _Table) -> _Row:
    y = math.asin(math.sqrt(t.a / t.n1)) - math.asin(math.sqrt(t.c / t.n2))
    return y, 1 / (4 * t.n1) + 1 / (4 * t.n2), None


def _peto(t: _Table) -> _Row:
    total, cases, others = t.n1 + t.n2, t.a + t.c, t.b + t.d
    if cases == 0 or others == 0:
        return _missing(t, "")
    if total <= 1:
        return None, None, "one patient or fewer has no hypergeometric variance"
    information = t.n1 * t.n2 * cases * others / (total * total * (total - 1))
    return (t.a - t.n1 * cases / total) / information, 1 / information, None


_EFFECTS: dict[TableMeasure, Callable[[_Table], _Row]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "RD": _risk_difference,
    "AS": _arcsine_difference,
    "PETO": _peto,
}

_PROPORTION_SCALES: dict[ProportionMeasure, str] = {
    "PR": "plain",
    "PLN": "log",
    "PLO": "logit",
    "PAS": "arcsine",
    "PFT": "double arcsine",
}


def _proportion(measure: ProportionMeasure, x: float, rest: float) -> _Row:
    """Return the effect of x events among x + rest."""
    n = x + rest
    scale, p = SCALES[_PROPORTION_SCALES[measure]], x / n
    if (x == 0 and not scale.allows_zero) or (rest == 0 and not scale.allows_one):
        return None, None, f"a proportion of {p:g} has no value on the {scale.name} scale"
    y = scale.value(p, n)
    if scale.variance_at is not None:
        return y, scale.variance_at(n), None
    # The slope times the binomial error, without cancellation near 0 and 1.
    v = {"PR": x * rest / n**3, "PLN": rest / (x * n) if x else 0.0, "PLO": 0.0}[measure]
    if measure == "PLO":
        v = 1 / x + 1 / rest
    return _with_variance(y, v)
