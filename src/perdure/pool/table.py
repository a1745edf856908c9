"""A table of estimates pooled on the scale that it is given in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.clusters.robust_answer import robust_answer
from perdure.pool.clusters.sandwich import RobustKind
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import MixedMethod, MixedTest, fit_multilevel
from perdure.pool.models.formula import Design, Moderators, design_of
from perdure.pool.models.groups import Groups, pool_by_group
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects
from perdure.pool.models.regression import Askable, meta_regression
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.records import Floats, Heterogeneity, MetaRegression, Pooled, Predicted

__all__ = ["PooledTable", "TableModel", "pool_table"]

TableModel = Literal["random", "common", "three-level"]
LINE = 41
"""Values of a moderator at which its line is drawn."""


@dataclass(frozen=True, eq=False)
class PooledTable:
    """What was pooled of a table.

    Attributes
    ----------
    pooled : Pooled
        All effects together, with moderators where a formula was given.
    groups : Groups or None
        Each group by itself and their differences; None where no grouping was asked for.
    regression : MetaRegression or None
        What a formula's terms say; None without a formula.
    heterogeneity : Heterogeneity or None
        tau2 with its limits; None for a common effect, one effect or three levels.
    y, v : array of float, shape (k,)
        The effects that are in the model, and their variances.
    names : tuple of str
        What each is called: its trial, or its row.
    trial : tuple of str or None
    fit : Fit or None
        The model, where it has no moderators and no levels: for checks.
    notes : tuple of str
        What a reader should know of robust errors.
    kept : tuple of int
        Places, from 0, of the rows that are in the model.
    line : tuple of Predicted or None
        The mean over the moderator, where it is one number: each ``label`` is its value.
    level : float
        Of the intervals.
    """

    pooled: Pooled
    groups: Groups | None
    regression: MetaRegression | None
    heterogeneity: Heterogeneity | None
    y: Floats
    v: Floats
    names: tuple[str, ...]
    trial: tuple[str, ...] | None
    fit: Fit | None
    notes: tuple[str, ...]
    kept: tuple[int, ...]
    line: tuple[Predicted, ...] | None
    level: float


@dataclass(frozen=True)
class _Rows:
    """The rows of a table that are in the model."""

    y: Floats
    v: Floats
    trial: tuple[str, ...] | None
    names: tuple[str, ...]
    design: Design | None


def pool_table(
    y: ArrayLike,
    se: ArrayLike,
    *,
    trial: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    formula: str | None = None,
    moderators: Moderators | None = None,
    reference: Mapping[str, str] | None = None,
    missing: Literal["refuse", "leave out"] = "refuse",
    cluster: Sequence[str] | None = None,
    robust: RobustKind | None = None,
    model: TableModel = "random",
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
    formula : str, optional
        Moderators, as "drug_class + line": see :func:`perdure.pool.design_of`.
    moderators : mapping of str to sequence, optional
        The columns that a formula may use.
    reference : mapping of str to str, optional
        Reference levels of factors.
    missing : {"refuse", "leave out"}
        What happens to rows without a moderator of the formula.
    cluster : sequence of str, optional
        Each row's cluster, for robust errors; default its trial.
    robust : {"CR2", "CR1", "CR1p", "CR0"}, optional
        Errors robust to clusters: see :func:`perdure.pool.robust`. Groups have none.
    model : {"random", "common", "three-level"}
        Three levels: effects in trials, with a variance between trials and one inside them.
    method, test, level
        As in :func:`perdure.pool.pool`; three levels have REML and ML, t (the default) and z.
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
        missing group at once, by file, row and column; a three-level model without trials, or with
        groups; else as :func:`perdure.pool.pool` and :func:`perdure.pool.design_of`.

    Examples
    --------
    >>> table = pool_table([0.1, 0.3, 0.9, 1.2], [0.1] * 4, by=["a", "a", "b", "b"])
    >>> table.groups.rows[1].pooled.coefficients[0].estimate
    1.05...
    """
    effects, errors = np.array(y, dtype=np.float64), np.array(se, dtype=np.float64)
    lines = range(2, effects.size + 2) if rows is None else rows
    _refuse_bad_rows(effects, errors, by, (*columns, by_column), lines, file)
    _refuse_options(model, method, test, trial, by, formula)
    with np.errstate(over="ignore"):  # what is infinite is refused, and named, by the model
        variances = errors**2
    names = tuple(trial) if trial is not None else tuple(f"row {line}" for line in lines)
    design = None
    if formula is not None:
        called = [f"row {line}" for line in lines]
        design = design_of(
            formula, moderators or {}, reference=reference, missing=missing, names=called
        )
    kept = _Rows(effects, variances, None if trial is None else tuple(trial), names, design)
    if design is not None and design.left_out:
        kept = _some(kept, design)
    fit, spread = _fitted(kept, model, method, test, level)
    asked: Askable = fit
    notes: tuple[str, ...] = ()
    if robust is not None:
        asked = robust_answer(fit, _clusters(kept, cluster, trial), kind=robust)
        notes = asked.notes
    groups = None
    if by is not None:
        groups = pool_by_group(
            effects,
            variances,
            by,
            model=cast("Model", model),
            method=method,
            test=test,
            trial=trial,
            level=level,
        )
    regression = None
    if design is not None:
        called = [f"row {line}" for line in lines]
        regression = meta_regression(asked, design, trial=kept.trial, names=called)
    plain = fit if isinstance(fit, Fit) and design is None else None
    return PooledTable(
        pooled=asked.pooled,
        groups=groups,
        regression=regression,
        heterogeneity=spread,
        y=kept.y,
        v=kept.v,
        names=kept.names,
        trial=kept.trial,
        fit=plain,
        notes=notes,
        kept=tuple(range(effects.size)) if design is None else design.kept,
        line=None if design is None else _line(asked, design),
        level=level,
    )


def _line(fit: Askable, design: Design) -> tuple[Predicted, ...] | None:
    """Return the mean over the one moderator that is a number."""
    name = design.formula.strip()
    if list(design.columns) != [name] or design.levels:
        return None
    values = np.array(design.columns[name], dtype=np.float64)
    grid = np.linspace(values.min(), values.max(), LINE)
    rows = np.array([design.row({name: float(value)}) for value in grid])
    return fit.predicted([repr(float(value)) for value in grid], rows)


def _clusters(
    rows: _Rows, cluster: Sequence[str] | None, trial: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the cluster of each row in the model."""
    given = cluster if cluster is not None else trial
    if given is None:
        raise InputError(Problem("robust errors need clusters", "name the column of the trials"))
    at = range(len(given)) if rows.design is None else rows.design.kept
    return tuple(given[one] for one in at)


def _some(rows: _Rows, design: Design) -> _Rows:
    """Return the rows that have all their moderators."""
    at = list(design.kept)
    trial = None if rows.trial is None else tuple(rows.trial[one] for one in at)
    return _Rows(rows.y[at], rows.v[at], trial, tuple(rows.names[one] for one in at), design)


def _fitted(
    rows: _Rows, model: TableModel, method: Method, test: Test | None, level: float
) -> tuple[Fit | MixedFit, Heterogeneity | None]:
    """Return the model that was asked for, and tau2 with its limits where it has one."""
    matrix = None if rows.design is None else rows.design.matrix
    terms = None if rows.design is None else rows.design.terms
    if model == "three-level" and rows.trial is not None:
        return (
            fit_multilevel(
                rows.y,
                rows.v,
                {"trial": rows.trial, "effect": range(rows.y.size)},
                method=cast("MixedMethod", method),
                test=cast("MixedTest", test or "t"),
                moderators=matrix,
                terms=terms,
                level=level,
            ),
            None,
        )
    fit: Fit = fit_effects(
        rows.y,
        rows.v,
        model=cast("Model", model),
        method=method,
        test=test,
        moderators=matrix,
        terms=terms,
        trial=rows.trial,
        level=level,
    )
    k, p = fit.x.shape
    return fit, heterogeneity(fit) if model == "random" and k > p else None


def _refuse_options(
    model: str,
    method: str,
    test: str | None,
    trial: Sequence[str] | None,
    by: Sequence[str] | None,
    formula: str | None,
) -> None:
    """Raise options that do not go together."""
    problems = []
    if model not in get_args(TableModel):
        remedy = f"choose one of {', '.join(get_args(TableModel))}"
        problems.append(Problem("unknown model", remedy, value=str(model)))
    if by is not None and formula is not None:
        problems.append(
            Problem("groups and moderators are two ways to say the same", "give one of them")
        )
    if model == "three-level":
        if trial is None:
            problems.append(Problem("three levels need the trials", "name their column"))
        if by is not None:
            problems.append(
                Problem("three levels are not pooled group by group", "name the group as moderator")
            )
        if method not in get_args(MixedMethod):
            problems.append(
                Problem("three levels have no such estimator", "use REML or ML", value=method)
            )
        if test not in (None, *get_args(MixedTest)):
            problems.append(
                Problem("three levels have no such test", "use t or z", value=str(test))
            )
    if problems:
        raise InputError(problems)


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
