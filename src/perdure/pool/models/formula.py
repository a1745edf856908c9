"""Moderators from a formula: a design matrix that knows its terms, levels and rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix

if TYPE_CHECKING:
    from formulaic import ModelSpec

__all__ = ["Design", "Moderators", "design_of"]

Moderators = Mapping[str, Sequence[str] | Sequence[float]]
"""Columns by name: words make a factor, numbers a continuous moderator."""

FUNCTIONS = ("C", "center", "exp", "log", "scale", "sqrt")
"""What a formula may call: it comes out of files, and must not run anything else."""
ALLOWED = re.compile(r"(?:(?!\*\s*\*)(?!-\s*(?![\s1]))(?!-\s*1\w)[\w\s+\-*:().])*")
CONTEXT = {"sqrt": np.sqrt, "log": np.log, "exp": np.exp}
CONSTANT = 1e-12
"""A column whose spread is below this share of its size is constant."""


@dataclass(frozen=True, eq=False)
class Design:
    """A design matrix and what its columns mean.

    Attributes
    ----------
    formula : str
    matrix : array of float, shape (k, p)
        Of the rows in ``kept``.
    terms : tuple of str
        One a column: "intercept", "year", "drug_class = anti-PD-1".
    groups : mapping of str to tuple of int
        The columns of each term of the formula but the intercept.
    levels : mapping of str to tuple of str
        The levels of each factor, the reference level first.
    kept : tuple of int
        Rows of the input that are in the matrix.
    left_out : mapping of int to str
        Rows that are not, and why.
    notes : tuple of str
        What a reader should know of the groups.
    """

    formula: str
    matrix: Matrix
    terms: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]
    levels: Mapping[str, tuple[str, ...]]
    kept: tuple[int, ...]
    left_out: Mapping[int, str]
    notes: tuple[str, ...]
    columns: Moderators
    spec: "ModelSpec"

    def at_levels(self, factor: str) -> dict[str, Matrix]:
        """Return for each level of a factor the mean design row, all else as it was observed.

        Every row is put to the level and the rows are averaged, so that classes are compared on
        one and the same mix of the other moderators.

        Raises
        ------
        InputError
            If the factor is not in the formula.

        Examples
        --------
        >>> design = design_of("drug + year", {"drug": ["a", "b", "b"], "year": [0.0, 1.0, 5.0]})
        >>> {level: row.tolist() for level, row in design.at_levels("drug").items()}
        {'a': [1.0, 0.0, 2.0], 'b': [1.0, 1.0, 2.0]}
        """
        if factor not in self.levels:
            known = ", ".join(self.levels) or "none"
            raise InputError(
                Problem(f"the formula has no factor {factor}", f"its factors: {known}", factor)
            )
        found = {}
        for level in self.levels[factor]:
            moved = {**self.columns, factor: [level] * len(self.kept)}
            rows = np.asarray(
                self.spec.get_model_matrix(_frame(moved, self.levels), context=CONTEXT), np.float64
            )
            found[level] = rows.mean(axis=0)
        return found

    def row(self, values: Mapping[str, str | float]) -> Matrix:
        """Return the design row of one kind of arm.

        Raises
        ------
        InputError
            If a moderator of the formula is not given, or a level is unknown.

        Examples
        --------
        >>> design = design_of("drug + year", {"drug": ["a", "b", "b"], "year": [0.0, 1.0, 5.0]})
        >>> design.row({"drug": "b", "year": 3}).tolist()
        [1.0, 1.0, 3.0]
        """
        problems = [
            Problem(f"the moderator {name} has no value", f"give {name}")
            for name in self.columns
            if name not in values
        ]
        problems += [
            Problem(
                f"the moderator {name} has no level like this",
                f"use {', '.join(levels)}",
                value=str(values[name]),
            )
            for name, levels in self.levels.items()
            if name in values and values[name] not in levels
        ]
        if problems:
            raise InputError(problems)
        one: dict[str, list[Any]] = {name: [values[name]] for name in self.columns}
        found: Matrix = np.asarray(
            self.spec.get_model_matrix(_frame(one, self.levels), context=CONTEXT), np.float64
        )
        return np.asarray(found[0])


def design_of(
    formula: str,
    moderators: Moderators,
    *,
    reference: Mapping[str, str] | None = None,
    missing: Literal["refuse", "leave out"] = "refuse",
    names: Sequence[str] | None = None,
    lines: Sequence[int] | None = None,
) -> Design:
    """Return the design of a formula such as ``drug_class * line + year``.

    Parameters
    ----------
    formula : str
        Terms joined by ``+``; ``a:b`` an interaction, ``a * b`` both and their interaction, ``- 1``
        no intercept; log, sqrt, exp, center, scale and C (a number as a factor) of a column. A name
        that is no word stands between backticks.
    moderators : mapping of str to sequence
        The columns; words are factors (levels in order of first appearance), numbers are not.
        Empty words and NaN are missing.
    reference : mapping of str to str, optional
        The reference level of factors.
    missing : {"refuse", "leave out"}
        What happens to rows where a moderator of the formula is missing.
    names : sequence of str, optional
        What rows are called in messages; default their number, from 1.
    lines : sequence of int, optional
        The line of each row in the file that it was read from, for messages.

    Raises
    ------
    InputError
        If the formula cannot be read or names what is not there; if moderators are missing (each
        row is named), constant, or depend on each other.

    Examples
    --------
    >>> design = design_of("drug", {"drug": ["pd1", "chemo", "pd1"]}, reference={"drug": "chemo"})
    >>> design.terms
    ('intercept', 'drug = pd1')
    >>> design.matrix.tolist()
    [[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> design.notes
    ('drug: chemo is one row only, so that its effect rests on that row',)
    """
    used = _columns_of(formula, moderators)
    k = len(next(iter(moderators.values()))) if moderators else 0
    labels = tuple(names) if names is not None else tuple(f"row {at + 1}" for at in range(k))
    kept, left_out = _complete(used, labels, missing, lines)
    columns: dict[str, list[Any]] = {
        name: [values[at] for at in kept] for name, values in used.items()
    }
    levels = {
        name: _levels(name, values, (reference or {}).get(name))
        for name, values in columns.items()
        if _is_factor(values)
    }
    _refuse_constant(columns, levels)
    frame = _frame(columns, levels)
    matrix = _model_matrix(formula, frame)
    spec = matrix.model_spec
    found = np.asarray(matrix, dtype=np.float64)
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise InputError(
            Problem(
                f"a moderator of {labels[kept[row]]} is not a finite number after its function",
                "the logarithm and the root need positive numbers, exp small ones",
                value=formula,
            )
        )
    terms = tuple(_term(str(column)) for column in matrix.columns)
    _refuse_dependence(found, terms)
    groups = {
        str(term): tuple(at) for term, at in spec.term_indices.items() if str(term) != "1" and at
    }
    return Design(
        formula,
        found,
        terms,
        groups,
        levels,
        kept,
        left_out,
        _notes(columns, levels),
        columns,
        spec,
    )


def _columns_of(formula: str, moderators: Moderators) -> Moderators:
    """Return the columns that a formula uses, once it is known to be harmless."""
    plain = re.sub(r"`[^`]*`", "quoted", formula)
    calls = re.findall(r"([\w.]+)\s*\(", plain)
    wrong = [name for name in calls if name not in FUNCTIONS]
    if not ALLOWED.fullmatch(plain) or "__" in plain or wrong or "~" in plain:
        what = f"the formula calls {wrong[0]}()" if wrong else "the formula cannot be read"
        raise InputError(
            Problem(
                what,
                "join columns by + : * and - 1; functions: " + ", ".join(FUNCTIONS),
                value=formula,
            )
        )
    words = re.findall(r"`([^`]*)`|\b([A-Za-z_]\w*)\b(?!\s*\()", formula)
    asked = dict.fromkeys(quoted or word for quoted, word in words)
    problems = [
        Problem(
            f"there is no moderator {name}",
            f"use {', '.join(moderators)}" if moderators else "give the moderators",
            value=formula,
        )
        for name in asked
        if name not in moderators
    ]
    if not asked:
        problems.append(Problem("the formula has no moderator", "name one", value=formula))
    if problems:
        raise InputError(problems)
    return {name: moderators[name] for name in asked}


def _complete(
    columns: Moderators, labels: Sequence[str], missing: str, lines: Sequence[int] | None
) -> tuple[tuple[int, ...], dict[int, str]]:
    """Return the rows in which nothing is missing, and why the others are not kept."""
    wrong: dict[int, tuple[str, str]] = {}
    for name, values in columns.items():
        if len(values) != len(labels):
            found = f"{len(values)} values, {len(labels)} rows"
            raise InputError(
                Problem(f"the moderator {name} does not fit", "give one a row", value=found)
            )
        for at, value in enumerate(values):
            if value is None or value == "" or value != value:  # noqa: PLR0124 - NaN alone is unlike
                wrong.setdefault(at, (name, "is missing"))
            elif isinstance(value, float) and np.isinf(value):
                wrong.setdefault(at, (name, "is infinite"))
    if wrong and missing == "refuse":
        raise InputError(
            Problem(
                f"the moderator {name} {says}" + (f" in {labels[at]}" if lines is None else ""),
                "give it, or say that rows with missing moderators are left out",
                row=None if lines is None else lines[at],
                column=None if lines is None else name,
            )
            for at, (name, says) in wrong.items()
        )
    left_out = {at: f"{name} {says}" for at, (name, says) in wrong.items()}
    kept = tuple(at for at in range(len(labels)) if at not in left_out)
    if not kept:
        raise InputError(Problem("no row has all its moderators", "give them"))
    return kept, left_out


def _is_factor(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) for value in values)


def _levels(name: str, values: Sequence[Any], first: str | None) -> tuple[str, ...]:
    """Return the levels of a factor, the reference level first."""
    found = tuple(dict.fromkeys(str(value) for value in values))
    if first is None:
        return found
    if first not in found:
        raise InputError(
            Problem(
                f"the moderator {name} has no level like this",
                f"use {', '.join(found)} as reference",
                value=first,
            )
        )
    return (first, *(level for level in found if level != first))


def _refuse_constant(
    columns: Mapping[str, Sequence[Any]], levels: Mapping[str, tuple[str, ...]]
) -> None:
    """Raise every moderator that is the same in all rows."""
    problems = []
    for name, values in columns.items():
        if name in levels:
            same = len(levels[name]) < 2
        else:
            numbers = np.array(values, dtype=np.float64)
            same = bool(np.ptp(numbers) <= CONSTANT * np.abs(numbers).max())
        if same:
            problems.append(
                Problem(
                    f"the moderator {name} is the same in all rows: it cannot explain differences",
                    "leave it out",
                    value=f"{values[0]}",
                )
            )
    if problems:
        raise InputError(problems)


def _frame(columns: Mapping[str, Sequence[Any]], levels: Mapping[str, tuple[str, ...]]) -> Any:  # noqa: ANN401
    """Return the columns as a table whose factors have their levels in order."""
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.Categorical([str(one) for one in values], categories=list(levels[name]))
            if name in levels
            else np.array(values, dtype=np.float64)
            for name, values in columns.items()
        }
    )


def _model_matrix(formula: str, frame: Any) -> Any:  # noqa: ANN401
    """Return formulaic's matrix; what it cannot read becomes a plain sentence."""
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):  # what is no number is found, and named, by the caller
            return model_matrix(formula, frame, na_action="ignore", context=CONTEXT)
    except FormulaicError as error:
        raise InputError(
            Problem("the formula cannot be read", "join columns by + : * and - 1", value=formula)
        ) from error


def _term(column: str) -> str:
    """Return a column's name in words: ``drug[T.pd1]:year`` is ``drug = pd1 : year``."""
    if column == "Intercept":
        return "intercept"
    words = re.sub(r"\[(?:T\.)?([^\[\]]*)\]", r" = \1", column)
    return re.sub(r":(?=[\w`])", " : ", words)


def _refuse_dependence(x: Matrix, terms: tuple[str, ...]) -> None:
    """Raise the columns that the columns before them already say."""
    scaled = x / np.sqrt((x**2).sum(axis=0)).clip(min=1e-300)
    extra, rank = [], 0
    for at in range(x.shape[1]):
        now = int(np.linalg.matrix_rank(scaled[:, : at + 1]))
        if now == rank:
            extra.append(terms[at])
        rank = now
    if extra:
        raise InputError(
            Problem(
                f"the other moderators already say {', '.join(extra)}",
                "leave out a moderator, or an interaction whose combination does not occur",
                value=", ".join(terms),
            )
        )


def _notes(
    columns: Mapping[str, Sequence[Any]], levels: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Return what a reader should know of levels that hardly occur."""
    return tuple(
        f"{name}: {level} is one row only, so that its effect rests on that row"
        for name, known in levels.items()
        for level in known
        if sum(value == level for value in columns[name]) == 1
    )
