"""Questions to a model with moderators: is a term needed, what does a class show, which differ."""

from collections.abc import Sequence
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from perdure.pool.models.formula import Design
from perdure.records import (
    Coefficient,
    FactorMeans,
    JointTest,
    MetaRegression,
    Pooled,
    Predicted,
)

__all__ = ["Askable", "meta_regression", "split_classes"]


class Askable(Protocol):
    """A fit that can be asked linear questions, of whatever model."""

    @property
    def pooled(self) -> Pooled:
        """The model."""
        ...

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a combination of coefficients."""
        ...

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test combinations of coefficients together."""
        ...

    def predicted(self, labels: Sequence[str], rows: ArrayLike) -> tuple[Predicted, ...]:
        """Return the mean at rows of the design."""
        ...


def meta_regression(
    fit: Askable,
    design: Design,
    *,
    trial: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> MetaRegression:
    """Return what the reader of a meta-regression asks for.

    Parameters
    ----------
    fit : Fit or any other that was fitted to ``design.matrix``
    design : Design
    trial : sequence of str, optional
        Of the rows in the model: trials whose arms are of several classes are noted.
    names : sequence of str, optional
        Of all rows of the input, for ``left_out``; default their number.

    Returns
    -------
    MetaRegression
        Levels of a factor are compared on one mix of the other moderators: every row is put to the
        level and the predictions are averaged.

    Examples
    --------
    >>> from perdure.pool.models.formula import design_of
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> y, v = [0.1, 0.3, 0.9, 1.2], [0.02] * 4
    >>> design = design_of("drug", {"drug": ["a", "a", "b", "b"]})
    >>> found = meta_regression(
    ...     fit_effects(y, v, moderators=design.matrix, terms=design.terms), design
    ... )
    >>> [round(mean.estimate, 2) for mean in found.factors[0].means]
    [0.2, 1.05]
    >>> print(found.factors[0].differences[0].term, found.tests[0].df)
    a - b 1
    """
    p = design.matrix.shape[1]
    tests = tuple(
        fit.joint_test([term], np.eye(p)[list(columns)]) for term, columns in design.groups.items()
    )
    factors = tuple(_factor(fit, design, factor) for factor in design.levels)
    called = {at: names[at] if names is not None else f"row {at + 1}" for at in design.left_out}
    return MetaRegression(
        formula=design.formula,
        pooled=fit.pooled,
        tests=tests,
        factors=factors,
        left_out={called[at]: reason for at, reason in design.left_out.items()},
        notes=(*design.notes, *_split_notes(design, trial)),
    )


def _factor(fit: Askable, design: Design, factor: str) -> FactorMeans:
    rows = design.at_levels(factor)
    means = fit.predicted(list(rows), np.array(list(rows.values())))
    differences = tuple(
        fit.combination(f"{first} - {second}", rows[first] - rows[second])
        for first, second in combinations(rows, 2)
    )
    return FactorMeans(factor, means, differences)


def _split_notes(design: Design, trial: Sequence[str] | None) -> tuple[str, ...]:
    """Return which comparisons mix differences within trials and between them."""
    if trial is None:
        return ()
    notes = []
    for factor in design.levels:
        values = design.columns[factor]
        inside: dict[str, set[str]] = {}
        for name, value in zip(trial, values, strict=True):
            inside.setdefault(name, set()).add(str(value))
        split = [name for name, found in inside.items() if len(found) > 1]
        if split and len(split) < len(inside):
            notes.append(
                f"{factor}: {len(split)} of {len(inside)} trials have arms of several levels, so"
                " that its differences mix those within trials and those between trials"
            )
    return tuple(notes)


def split_classes(
    classes: Sequence[str], trial: Sequence[str], *, reference: str | None = None
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], tuple[str, ...]]:
    """Return a class split into its deviation within trials and its trial means.

    The coefficient of the deviation is what arms of one trial differ by: randomised where the
    trials are. That of the trial mean is what trials differ by, and is open to everything else in
    which trials differ (Bell and Jones 2015, doi 10.1017/psrm.2014.7).

    Parameters
    ----------
    classes, trial : sequence of str
        One an arm.
    reference : str, optional
        The class that the others are compared with; default the first.

    Returns
    -------
    array of float, shape (k, 1 + 2 (classes - 1))
        Intercept; for each other class its deviation, then its trial mean. A column without
        variation (no trial has two classes, or all have the same mix) is left out.
    terms : tuple of str

    Examples
    --------
    >>> matrix, terms = split_classes(["a", "b", "b"], ["T1", "T1", "T2"])
    >>> terms
    ('intercept', 'b - a within trials', 'b - a between trials')
    >>> matrix[:, 1].tolist(), matrix[:, 2].tolist()
    ([-0.5, 0.5, 0.0], [0.5, 0.5, 1.0])
    """
    known = list(dict.fromkeys(classes))
    first = known[0] if reference is None else reference
    number = {name: at for at, name in enumerate(dict.fromkeys(trial))}
    at = np.array([number[name] for name in trial])
    size = np.bincount(at)
    columns, terms = [np.ones(len(at))], ["intercept"]
    for level in known:
        if level == first:
            continue
        inside = np.array([value == level for value in classes], dtype=np.float64)
        mean = (np.bincount(at, inside) / size)[at]
        for column, kind in ((inside - mean, "within"), (mean, "between")):
            if np.ptp(column) > 0:
                columns.append(column)
                terms.append(f"{level} - {first} {kind} trials")
    return np.column_stack(columns), tuple(terms)
