"""A table of estimates pooled on the scale that it is given in, and its JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.groups import Groups, pool_by_group
from perdure.pool.random_effects import Method, Model, Test, pool
from perdure.records import Floats, Pooled

__all__ = ["PooledTable", "pool_table", "pooled_json", "table_json"]


@dataclass(frozen=True)
class PooledTable:
    """What was pooled of a table.

    Attributes
    ----------
    pooled : Pooled
        All effects together.
    groups : Groups or None
        Each group by itself and their differences; None where no grouping was asked for.
    """

    pooled: Pooled
    groups: Groups | None


def pool_table(
    y: ArrayLike,
    se: ArrayLike,
    *,
    trial: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    columns: tuple[str, str] = ("estimate", "se"),
    by_column: str = "by",
    rows: Sequence[int] | None = None,
    file: str | None = None,
) -> PooledTable:
    """Pool the rows of a table on the scale given: no transformation is made.

    Parameters
    ----------
    y, se : array_like of float, shape (k,)
        Effects and their standard errors; NaN where a cell was empty or not a number.
    trial, by : sequence of str, optional
        Each row's trial and group.
    model, method, test, level
        As in :func:`perdure.pool.pool`.
    columns, by_column : str
        Headers of the estimates, of their standard errors and of the groups, for messages.
    rows : sequence of int, optional
        Each row's line in the file, for messages; default counts from 2, below the header.
    file : str, optional
        The file, for messages.

    Raises
    ------
    InputError
        Every missing estimate, every standard error that is missing or not positive and every
        missing group at once, by file, row and column; else as :func:`perdure.pool.pool`.

    Examples
    --------
    >>> table = pool_table([0.1, 0.3, 0.9, 1.2], [0.1] * 4, by=["a", "a", "b", "b"])
    >>> table_json(table)["groups"][1]["coefficients"][0]["estimate"]
    1.05...
    """
    effects, errors = np.array(y, dtype=np.float64), np.array(se, dtype=np.float64)
    lines = range(2, effects.size + 2) if rows is None else rows
    _refuse_bad_rows(effects, errors, by, (*columns, by_column), lines, file)
    with np.errstate(over="ignore"):  # what is infinite is refused, and named, by the model
        variances = errors**2
    pooled = pool(
        effects, variances, model=model, method=method, test=test, trial=trial, level=level
    )
    if by is None:
        return PooledTable(pooled, None)
    groups = pool_by_group(
        effects, variances, by, model=model, method=method, test=test, trial=trial, level=level
    )
    return PooledTable(pooled, groups)


def pooled_json(pooled: Pooled) -> dict[str, object]:
    """Return a pooled model under the names that the command line's JSON uses.

    ``sigma2`` is empty: there is one variance component, and it is ``tau2``.

    Examples
    --------
    >>> found = pooled_json(pool([0.1, 0.6, 0.9], [0.04, 0.05, 0.03], method="DL"))
    >>> found["method"], found["n_effects"], found["sigma2"]
    ('DL', 3, [])
    """
    return {
        "model": pooled.model,
        "method": pooled.method,
        "test": pooled.test,
        "n_effects": pooled.n_effects,
        "n_trials": pooled.n_trials,
        "coefficients": [asdict(coefficient) for coefficient in pooled.coefficients],
        "tau2": pooled.tau2,
        "sigma2": [],
        "i2": pooled.i2,
        "h2": pooled.h2,
        "q": pooled.q,
        "q_df": pooled.q_df,
        "q_p": pooled.q_p,
        "log_likelihood": pooled.log_likelihood,
        "prediction_low": pooled.prediction_low,
        "prediction_high": pooled.prediction_high,
    }


def table_json(table: PooledTable) -> dict[str, object]:
    """Return a pooled table for the command line: the model of all effects, then the groups."""
    found = pooled_json(table.pooled)
    groups = table.groups
    if groups is None:
        return found
    return found | {
        "groups": [
            {"name": row.name, **pooled_json(row.pooled), "reason": row.reason}
            for row in groups.rows
        ],
        "differences": [
            {"first": pair.first, "second": pair.second, **asdict(pair.difference)}
            for pair in groups.differences
        ],
        "regression": None if groups.regression is None else pooled_json(groups.regression),
        "reason": groups.reason,
    }


def _refuse_bad_rows(
    y: Floats,
    se: Floats,
    by: Sequence[str] | None,
    columns: tuple[str, str, str],
    lines: Sequence[int],
    file: str | None,
) -> None:
    """Raise every problem of every row at once."""
    if y.size != se.size or (by is not None and len(by) != y.size):
        found = f"{y.size} estimates, {se.size} standard errors"
        found += "" if by is None else f", {len(by)} groups"
        raise InputError(Problem("lengths differ", "give one of each a row", file, value=found))
    missing = (
        (columns[0], ~np.isfinite(y), "an estimate is missing or not a number"),
        (columns[1], ~(np.isfinite(se) & (se > 0)), "a standard error is not a positive number"),
        (columns[2], np.array([not name for name in by or ()], dtype=bool), "a group is missing"),
    )
    problems = [
        Problem(message, "give it, or leave the row out", file, lines[at], column)
        for column, wrong, message in missing
        for at in np.flatnonzero(wrong).tolist()
    ]
    if problems:
        raise InputError(problems)
