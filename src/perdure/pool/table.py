"""A table of estimates pooled on the scale that it is given in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.clusters.robust_answer import robust_answer
from perdure.pool.clusters.sandwich import RobustKind
from perdure.pool.mixed.grouping import shared_sampling
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import (
    MixedMethod,
    MixedTest,
    fit_multilevel,
    fit_multivariate,
)
from perdure.pool.mixed.structures import StructureName
from perdure.pool.models.formula import Design, Moderators, design_of
from perdure.pool.models.groups import Groups, pool_by_group
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects
from perdure.pool.models.regression import Askable, meta_regression
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.pool.table_rows import (
    TableModel,
    notes_of,
    problems_of,
    refuse_bad_rows,
    refuse_options,
    refuse_unfit_rows,
)
from perdure.records import Floats, Heterogeneity, MetaRegression, Pooled, Predicted
from perdure.records.multiplicity import Adjustment

__all__ = ["PooledTable", "TableModel", "pool_table"]

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
    model : Fit or MixedFit
        The model, whatever it is, with its own errors.
    notes : tuple of str
        What a reader should know: of effects that share a trial, of robust errors.
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
    model: Fit | MixedFit
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
    outcome: Sequence[str] | None
    structure: StructureName
    correlation: float


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
    outcome: Sequence[str] | None = None,
    structure: StructureName = "UN",
    correlation: float = 0.0,
    model: TableModel = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    margin: float | None = None,
    adjustment: Adjustment = "holm",
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
    outcome : sequence of str, optional
        What each row measures, for the model multivariate.
    structure : {"UN", "CS", "HCS", "DIAG", "ID"}
        How true effects on several outcomes vary together: see
        :func:`perdure.pool.fit_multivariate`.
    correlation : float
        Of the sampling errors of two outcomes of one trial, which tables seldom have: say what is
        likely, and try others.
    model : {"random", "common", "three-level", "multivariate"}
        Three levels: effects in trials, with a variance between trials and one inside them.
        Multivariate: several outcomes of each trial, a mean for each.
    method, test, level
        As in :func:`perdure.pool.pool`; three levels and several outcomes have
        REML and ML, t (the default) and z.
    margin, adjustment
        Of the groups' differences: as in :func:`perdure.pool.pairwise_table`.
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
        groups; else as :func:`perdure.pool.pool` and :func:`perdure.pool.design_of`, with the file,
        and the row and column where it is one cell.

    Examples
    --------
    >>> table = pool_table([0.1, 0.3, 0.9, 1.2], [0.1] * 4, by=["a", "a", "b", "b"])
    >>> table.groups.rows[1].pooled.coefficients[0].estimate
    1.05...
    """
    effects, errors = np.array(y, dtype=np.float64), np.array(se, dtype=np.float64)
    lines = range(2, effects.size + 2) if rows is None else rows
    refuse_bad_rows(effects, errors, by, (*columns, by_column), lines, file)
    refuse_options(model, method, test, trial, by, formula, outcome)
    called = [f"row {line}" for line in lines]
    design = None
    if formula is not None:
        with problems_of(file):
            design = design_of(
                formula,
                moderators or {},
                reference=reference,
                missing=missing,
                names=called,
                lines=lines,
            )
    at = list(range(effects.size)) if design is None else list(design.kept)
    kept = _Rows(
        effects[at],
        refuse_unfit_rows(effects[at], errors[at], columns, [lines[one] for one in at], file),
        None if trial is None else tuple(trial[one] for one in at),
        tuple((called if trial is None else trial)[one] for one in at),
        design,
        outcome,
        structure,
        correlation,
    )
    with problems_of(file):
        fit, spread = _fitted(kept, model, method, test, level)
        asked: Askable = fit
        notes = notes_of(model, robust, kept.trial, correlation)
        if robust is not None:
            asked = robust_answer(fit, _clusters(at, cluster, trial), kind=robust)
            notes += asked.notes
        groups = None
        if by is not None:
            groups = pool_by_group(
                kept.y,
                kept.v,
                by,
                model=cast("Model", model),
                method=method,
                test=test,
                trial=trial,
                level=level,
                margin=margin,
                adjustment=adjustment,
            )
        regression = None
        if design is not None:
            regression = meta_regression(asked, design, trial=kept.trial, names=called)
    return PooledTable(
        pooled=asked.pooled,
        groups=groups,
        regression=regression,
        heterogeneity=spread,
        y=kept.y,
        v=kept.v,
        names=kept.names,
        trial=kept.trial,
        fit=fit if isinstance(fit, Fit) and design is None else None,
        model=fit,
        notes=notes,
        kept=tuple(at),
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
    at: Sequence[int], cluster: Sequence[str] | None, trial: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the cluster of each row in the model."""
    given = cluster if cluster is not None else trial
    if given is None:
        raise InputError(Problem("robust errors need clusters", "name the column of the trials"))
    return tuple(given[one] for one in at)


def _fitted(
    rows: _Rows, model: TableModel, method: Method, test: Test | None, level: float
) -> tuple[Fit | MixedFit, Heterogeneity | None]:
    """Return the model that was asked for, and tau2 with its limits where it has one."""
    if model == "multivariate" and rows.trial is not None and rows.outcome is not None:
        sampling = shared_sampling(rows.v, rows.trial, rows.correlation)
        return (
            fit_multivariate(
                rows.y,
                sampling,
                rows.outcome,
                rows.trial,
                structure=rows.structure,
                method=cast("MixedMethod", method),
                test=cast("MixedTest", test or "t"),
                level=level,
            ),
            None,
        )
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
