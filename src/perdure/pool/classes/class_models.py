"""Classes of arms compared by several models side by side, to see what hangs on the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError
from perdure.pool.binomial.binomial_normal import fit_binomial_normal
from perdure.pool.classes.arm_effects import (
    TrialArms,
    arm_effects,
    checked_trials,
    why_not_pooled,
)
from perdure.pool.classes.zero_arms import counts_of
from perdure.pool.clusters.robust import robust
from perdure.pool.effects.scales import SCALES
from perdure.pool.mixed.multilevel import fit_multilevel
from perdure.pool.models.groups import group_design
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import Method, Model, Test, fit_effects
from perdure.pool.models.regression import split_classes
from perdure.records import Coefficient, DurableResponse, Floats
from perdure.records.class_models import ClassModel, ClassModels

__all__ = ["OneStageAnswer", "compare_classes"]


TESTS = {
    "knha": "Hartung-Knapp",
    "adhoc": "Hartung-Knapp, not below 1",
    "t": "t",
    "z": "normal",
}


class Combines(Protocol):
    """A fit that can be asked for a combination of its coefficients."""

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return it."""
        ...


OneStageAnswer = Callable[[Sequence[str]], tuple[Combines, int, int, tuple[str, ...]]]
"""From classes, the reference level first, to a fit with intercept and dummies, the arms and trials
in it, and notes."""


@dataclass(frozen=True, eq=False)
class _Arms:
    """Arms with a class and a logit, and those at 0 beside them."""

    trial: tuple[str, ...]
    name: tuple[str, ...]
    y: Floats
    covariance: Matrix
    zeros: tuple[tuple[str, str, DurableResponse], ...]
    responses: tuple[DurableResponse, ...]
    level: float

    @property
    def v(self) -> Floats:
        """Sampling variances."""
        return np.diagonal(self.covariance).copy()


def compare_classes(
    trials: Sequence[TrialArms],
    classes: Mapping[tuple[str, str], str],
    *,
    endpoint: str,
    by: str,
    one_stage: OneStageAnswer | None = None,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
) -> ClassModels:
    """Compare classes of arms on the log odds of durable response, by one model after another.

    Observational but for the differences within trials: arms of different trials are put together.

    Parameters
    ----------
    trials : sequence of TrialArms
        All arms, also of trials with one.
    classes : mapping of (trial, arm) to str
    endpoint, by : str
    one_stage : callable, optional
        A one-stage model of patients, where they are at hand.
    model, method, test
        Of the first model, in which arms are independent; the others have REML or likelihood.
    level : float

    Returns
    -------
    ClassModels
        In turn: arms as independent; arms in trials with t intervals; the same with errors robust
        to trials (CR2, Satterthwaite); differences within trials alone; the binomial-normal model,
        which has the arms of durable response 0 too; one stage. A model that cannot answer says
        why.

    Raises
    ------
    InputError
        If there is no trial, one comes twice, or k or references are mixed.

    Examples
    --------
    >>> from perdure.records import ArmCovariance, Proportion
    >>> def response(arm, p):
    ...     found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    ...     return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)
    >>> shared = ArmCovariance(("new", "old"), ((0.0016, 0.0), (0.0, 0.0016)))
    >>> trials = [
    ...     TrialArms(name, {"new": response("new", p), "old": response("old", 0.1)}, shared, {})
    ...     for name, p in zip("ABCDE", (0.3, 0.35, 0.2, 0.27, 0.4))
    ... ]
    >>> classes = {(name, arm): arm for name in "ABCDE" for arm in ("new", "old")}
    >>> found = compare_classes(trials, classes, endpoint="PFS", by="drug_class")
    >>> print(found.models[1].model, round(found.models[1].differences[0].estimate, 2))
    arms in trials 1.39
    """
    first = checked_trials(trials)
    arms = _arms(trials, classes, level)
    names = tuple(dict.fromkeys((*arms.name, *(name for _, name, _ in arms.zeros))))
    blank = (endpoint, first.k, first.reference, by, names)
    if len(names) < 2:
        return ClassModels(*blank, ())
    models = [
        _asked(
            "arms as independent",
            TESTS[test or ("z" if model == "common" else "knha")],
            arms,
            names,
            partial(_independent, model=model, method=method, test=test),
        ),
        _asked("arms in trials", "t", arms, names, _nested),
        _asked("arms in trials", "CR2 by trial", arms, names, _nested_robust),
        _asked("differences within trials", "CR2 by trial", arms, names, _within),
        _asked("binomial-normal, arms in trials", "normal", arms, names, _binomial),
    ]
    if one_stage is not None:
        models.append(_one_stage(one_stage, names))
    return ClassModels(*blank, tuple(models))


_Fitted = tuple[Mapping[str, Floats], Combines, tuple[str, ...], int, int]
"""The row of each class in the coefficients, the fit, notes, arms, trials."""


def _asked(
    model: str,
    error: str,
    arms: _Arms,
    names: tuple[str, ...],
    fitted: Callable[[_Arms, tuple[str, ...]], _Fitted],
) -> ClassModel:
    """Return a model's differences, or why there are none."""
    try:
        rows, fit, notes, n_arms, n_trials = fitted(arms, names)
        differences = tuple(
            fit.combination(f"{one} - {other}", rows[one] - rows[other])
            for one, other in combinations(names, 2)
            if one in rows and other in rows
        )
    except InputError as problem:
        return ClassModel(model, error, 0, 0, (), reason=_sentence(problem))
    lost = [name for name in names if name not in rows]
    more = (f"not in it: {', '.join(lost)}",) if lost else ()
    return ClassModel(model, error, n_arms, n_trials, differences, (*notes, *more))


def _sentence(problem: InputError) -> str:
    return problem.problems[0].message


def _arms(
    trials: Sequence[TrialArms], classes: Mapping[tuple[str, str], str], level: float
) -> _Arms:
    """Return the arms that have a class: on the logit scale, or at 0."""
    kept: list[tuple[TrialArms, str, str]] = []
    zeros: list[tuple[str, str, DurableResponse]] = []
    for trial in trials:
        for arm, response in trial.responses.items():
            name = classes.get((trial.trial, arm), "").strip()
            if name and why_not_pooled(response) is None:
                kept.append((trial, arm, name))
            elif name and response.status == "zero":
                zeros.append((trial.trial, name, response))
    found = arm_effects([(trial, arm) for trial, arm, _ in kept], SCALES["logit"])
    return _Arms(
        trial=tuple(trial.trial for trial, _, _ in kept),
        name=tuple(name for _, _, name in kept),
        y=found.y,
        covariance=found.covariance,
        zeros=tuple(zeros),
        responses=tuple(trial.responses[arm] for trial, arm, _ in kept),
        level=level,
    )


def _rows(names: Sequence[str]) -> dict[str, Floats]:
    """Return each class's row: intercept and dummies, as group_design has them."""
    eye = np.eye(len(names))
    eye[:, 0] = 1
    return dict(zip(names, eye, strict=True))


def _design(arms: _Arms) -> tuple[Matrix, tuple[str, ...], dict[str, Floats]]:
    matrix, terms = group_design(arms.name)
    return matrix, terms, _rows(tuple(dict.fromkeys(arms.name)))


def _independent(
    arms: _Arms, names: tuple[str, ...], *, model: Model, method: Method, test: Test | None
) -> _Fitted:
    matrix, terms, rows = _design(arms)
    fit = fit_effects(
        arms.y,
        arms.v,
        model=model,
        method=method,
        test=test,
        moderators=matrix,
        terms=terms,
        level=arms.level,
    )
    return rows, fit, (), arms.y.size, len(set(arms.trial))


def _nested(arms: _Arms, names: tuple[str, ...]) -> _Fitted:
    matrix, terms, rows = _design(arms)
    levels = {"trial": arms.trial, "arm": range(arms.y.size)}
    fit = fit_multilevel(
        arms.y,
        arms.covariance,
        levels,
        test="t",
        moderators=matrix,
        terms=terms,
        level=arms.level,
    )
    return rows, fit, fit.notes, arms.y.size, len(set(arms.trial))


def _nested_robust(arms: _Arms, names: tuple[str, ...]) -> _Fitted:
    matrix, terms, rows = _design(arms)
    levels = {"trial": arms.trial, "arm": range(arms.y.size)}
    fit = fit_multilevel(
        arms.y, arms.covariance, levels, moderators=matrix, terms=terms, level=arms.level
    )
    found = robust(fit, arms.trial)
    # an error robust to trials that rests on one arm alone is far too small
    several = {name: row for name, row in rows.items() if arms.name.count(name) > 1}
    return several, found, found.cautions, arms.y.size, len(set(arms.trial))


def _within(arms: _Arms, names: tuple[str, ...]) -> _Fitted:
    """Fit the deviation of a class within trials beside its trial mean; return the deviation's."""
    matrix, terms = split_classes(arms.name, arms.trial)
    present = tuple(dict.fromkeys(arms.name))
    rows = {present[0]: np.zeros(len(terms))}
    for name in present[1:]:
        term = f"{name} - {present[0]} within trials"
        if term in terms:
            rows[name] = np.eye(len(terms))[terms.index(term)]
    levels = {"trial": arms.trial, "arm": range(arms.y.size)}
    fit = fit_multilevel(
        arms.y, arms.covariance, levels, moderators=matrix, terms=terms, level=arms.level
    )
    found = robust(fit, arms.trial)
    return rows, found, found.cautions, arms.y.size, len(set(arms.trial))


def _binomial(arms: _Arms, names: tuple[str, ...]) -> _Fitted:
    """Fit effective counts; an arm at 0 has the size that its likelihood interval shows."""
    everyone_there = (*arms.responses, *(response for _, _, response in arms.zeros))
    counts = [counts_of(response, level=arms.level) for response in everyone_there]
    everyone = (*arms.name, *(name for _, name, _ in arms.zeros))
    trial = (*arms.trial, *(one for one, _, _ in arms.zeros))
    matrix, terms = group_design(everyone)
    fit = fit_binomial_normal(
        [one.events for one in counts],
        [one.n for one in counts],
        random="arms in trials",
        n_points=1,
        moderators=matrix,
        terms=terms,
        trial=trial,
        level=arms.level,
    )
    notes = (f"{len(arms.zeros)} arms at 0 are in it",) if arms.zeros else ()
    rows = _rows(tuple(dict.fromkeys(everyone)))
    return rows, fit, notes, len(everyone), len(set(trial))


def _one_stage(answer: OneStageAnswer, names: tuple[str, ...]) -> ClassModel:
    label = ("one stage, patients' pseudo-values", "CR2 by trial")
    try:
        fit, n_arms, n_trials, notes = answer(names)
        rows = _rows(names)
        differences = tuple(
            fit.combination(f"{one} - {other}", rows[one] - rows[other])
            for one, other in combinations(names, 2)
        )
    except InputError as problem:
        return ClassModel(*label, 0, 0, (), reason=_sentence(problem))
    return ClassModel(*label, n_arms, n_trials, differences, notes)
