"""What is wrong with a table of estimates, by file, row and column, and with what is asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.mixed.multilevel import MixedMethod, MixedTest
from perdure.pool.models.inputs import faults
from perdure.records import Floats

__all__ = [
    "TableModel",
    "note_of_checks",
    "notes_of",
    "problems_of",
    "refuse_bad_rows",
    "refuse_options",
    "refuse_unfit_rows",
]

TableModel = Literal["random", "common", "three-level", "multivariate"]
MIXED = {"three-level": "three levels", "multivariate": "several outcomes"}
"""Models of the trials' own effects, in words."""


def refuse_bad_rows(
    y: Floats,
    se: Floats,
    by: Sequence[str] | None,
    columns: tuple[str, str, str],
    lines: Sequence[int],
    file: str | None,
) -> None:
    """Raise every problem of every row at once.

    Examples
    --------
    >>> refuse_bad_rows(np.array([0.1]), np.array([0.0]), None, ("y", "se", "by"), [2], "t.csv")
    Traceback (most recent call last):
    perdure.errors.InputError: t.csv, row 2, column se: a standard error is not a positive number...
    """
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


def refuse_unfit_rows(
    y: Floats,
    se: Floats,
    columns: tuple[str, str],
    lines: Sequence[int],
    file: str | None,
) -> Floats:
    """Return the variances, once a model can be fitted to all of them.

    Examples
    --------
    >>> y, se = np.array([0.1, 0.2]), np.array([0.1, 1e-7])
    >>> refuse_unfit_rows(y, se, ("y", "se"), [2, 3], "t.csv")
    Traceback (most recent call last):
    perdure.errors.InputError: t.csv, row 3, column se: its square, the variance, is less than 1e...
    """
    with np.errstate(over="ignore", under="ignore"):  # what is infinite or 0 is refused, and named
        variances = se**2
    problems = []
    for found in faults(y, variances):
        if found.what == "value":
            message, column, value = f"the estimate {found.says}", columns[0], y[found.at]
        else:
            lost = variances[found.at] == 0 or np.isinf(variances[found.at])
            says = "is too large or too small to compute with" if lost else found.says
            message, column, value = f"its square, the variance, {says}", columns[1], se[found.at]
        problems.append(
            Problem(
                message,
                "correct it, or leave the row out",
                file,
                lines[found.at],
                column,
                f"{value:g}",
            )
        )
    if problems:
        raise InputError(problems)
    return variances


@contextmanager
def problems_of(file: str | None) -> Iterator[None]:
    """Name the file in what a model says of effects that were read from it.

    Examples
    --------
    >>> with problems_of("t.csv"):
    ...     raise InputError(Problem("3 effects are too few", "give more"))
    Traceback (most recent call last):
    perdure.errors.InputError: t.csv: 3 effects are too few. Give more.
    """
    try:
        yield
    except InputError as error:
        raise InputError(
            problem if file is None or problem.file else replace(problem, file=file)
            for problem in error.problems
        ) from error


def notes_of(
    model: str, robust: str | None, trial: Sequence[str] | None, correlation: float
) -> tuple[str, ...]:
    """Return what a reader must know of effects that share a trial.

    Examples
    --------
    >>> notes_of("random", None, ["A", "A", "B"], 0.0)[0]
    '3 effects of 2 trials are pooled as if independent, though some share a trial: three ...'
    >>> notes_of("three-level", None, ["A", "A", "B"], 0.0)
    ()
    """
    if model == "multivariate":
        errors = "the errors of outcomes of one trial are"
        if correlation:
            return (f"{errors} supposed to correlate by {correlation:g}",)
        remedy = "where they are of the same patients, say how much (--correlation)"
        return (f"{errors} taken as uncorrelated: {remedy}",)
    if trial is None or robust is not None or model in MIXED or len(set(trial)) == len(trial):
        return ()
    note = (
        f"{len(trial)} effects of {len(set(trial))} trials are pooled as if independent, though"
        " some share a trial: three levels (--model three-level) or robust errors (--robust CR2)"
        " allow for that"
    )
    return (note,)


def note_of_checks(trial: Sequence[str] | None) -> tuple[str, ...]:
    """Return what a reader must know of the checks of effects that share a trial.

    Examples
    --------
    >>> note_of_checks(["A", "A", "B"])
    ('the checks take the 3 effects as independent, though some share a trial; only ...',)
    >>> note_of_checks(["A", "B"])
    ()
    """
    if trial is None or len(set(trial)) == len(trial):
        return ()
    note = (
        f"the checks take the {len(trial)} effects as independent, though some share a trial;"
        " only leaving one out leaves out whole trials"
    )
    return (note,)


def refuse_options(
    model: str,
    method: str,
    test: str | None,
    trial: Sequence[str] | None,
    by: Sequence[str] | None,
    formula: str | None,
    outcome: Sequence[str] | None,
) -> None:
    """Raise options that do not go together.

    Examples
    --------
    >>> refuse_options("three-level", "REML", None, None, None, None, None)
    Traceback (most recent call last):
    perdure.errors.InputError: Three levels need the trials. Name their column.
    """
    problems = []
    if model not in get_args(TableModel):
        remedy = f"choose one of {', '.join(get_args(TableModel))}"
        problems.append(Problem("unknown model", remedy, value=str(model)))
    if by is not None and formula is not None:
        problems.append(
            Problem("groups and moderators are two ways to say the same", "give one of them")
        )
    if model in MIXED:
        problems += _of_trials(MIXED[model], method, test, trial, by)
    if model == "multivariate" and outcome is None:
        problems.append(
            Problem("several outcomes need to be told apart", "name the column of the outcomes")
        )
    if model == "multivariate" and formula is not None:
        problems.append(
            Problem(
                "several outcomes are pooled without a formula",
                "leave it out, or use fit_multivariate, which takes any design",
            )
        )
    if problems:
        raise InputError(problems)


def _of_trials(
    kind: str,
    method: str,
    test: str | None,
    trial: Sequence[str] | None,
    by: Sequence[str] | None,
) -> Iterator[Problem]:
    """Yield what a model of the trials' own effects cannot do."""
    if trial is None:
        yield Problem(f"{kind} need the trials", "name their column")
    if by is not None:
        yield Problem(f"{kind} are not pooled group by group", "name the group as moderator")
    if method not in get_args(MixedMethod):
        yield Problem(f"{kind} have no such estimator", "use REML or ML", value=method)
    if test not in (None, *get_args(MixedTest)):
        yield Problem(f"{kind} have no such test", "use t or z", value=str(test))
