"""All that a reader of a forest plot asks next, in one go."""

from collections.abc import Callable, Sequence
from typing import TypedDict, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.checks.by_trial import TrialEffects, by_year, leave_one_trial_out
from perdure.pool.checks.cumulative import cumulative
from perdure.pool.checks.influence import influence
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.pool.checks.next_trial import next_trial
from perdure.pool.checks.selection import selection_model
from perdure.pool.checks.small_study import funnel, pet_peese, rank_test, regression_test
from perdure.pool.checks.trial_influence import trial_influence
from perdure.pool.checks.trim_fill import trim_fill
from perdure.pool.models.between_arms import Method
from perdure.pool.models.random_effects import Fit, Model
from perdure.records.checks import SynthesisChecks
from perdure.records.next_trial import NextTrial
from perdure.records.small_study import (
    Alternative,
    Funnel,
    PetPeese,
    RankTest,
    RegressionTest,
    SelectionModel,
    TrimFill,
)

__all__ = ["FEW", "check_synthesis", "check_trials"]

FEW = 10
"""With fewer effects, tests of small-study effects have next to no power (Sterne 2011, doi
10.1136/bmj.d4002)."""

Check = TypeVar("Check")


def check_synthesis(
    fit: Fit,
    *,
    names: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    year: ArrayLike | None = None,
) -> SynthesisChecks:
    """Return every check of a synthesis that its effects allow, and why others are missing.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, without moderators.
    names : sequence of str, optional
        Of the effects.
    trial : sequence of str, optional
        Leave-one-out leaves out whole trials.
    year : array_like of float, shape (k,), optional
        For the cumulative synthesis.

    Returns
    -------
    SynthesisChecks
        Small-study checks are made of three effects or more, and say next to nothing of fewer than
        ten.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02])
    >>> found = check_synthesis(fit)
    >>> len(found.leave_one_out.rows), found.reasons["cumulative"]
    (4, 'no years are given')
    """
    attempts = _Attempts()
    return SynthesisChecks(
        n_effects=fit.y.size,
        leave_one_out=attempts.make(
            "leave_one_out", lambda: leave_one_out(fit, names=names, trial=trial)
        ),
        influence=attempts.make("influence", lambda: influence(fit, names=names)),
        cumulative=attempts.make("cumulative", lambda: cumulative(fit, _known(year), names=names)),
        **_small_studies(fit, names, attempts),
        reasons=attempts.reasons,
    )


def check_trials(
    effects: TrialEffects,
    *,
    names: Sequence[str] | None = None,
    year: ArrayLike | None = None,
) -> SynthesisChecks:
    """Return every check of effects that are correlated inside a trial, trial by trial.

    Leave-one-out, influence and the cumulative synthesis are refits of the model itself, with all
    effects of a trial or none: all together is its answer. What can take independent effects only
    (the funnel, small-study effects, the next trial) takes one effect a trial, the mean of its
    effects by generalised least squares.

    Parameters
    ----------
    effects : TrialEffects
    names : sequence of str, optional
        Of the trials; default their own.
    year : array_like of float, shape (trials,), optional
        For the cumulative synthesis.

    Returns
    -------
    SynthesisChecks

    Examples
    --------
    >>> y, v = np.array([0.1, 0.6, 0.9, 0.4]), np.diag([0.04, 0.05, 0.03, 0.02])
    >>> v[0, 1] = v[1, 0] = 0.02
    >>> found = check_trials(TrialEffects(y, v, ("A", "A", "B", "C")))
    >>> [row.name for row in found.leave_one_out.rows], len(found.funnel.points)
    (['A', 'B', 'C'], 3)
    """
    attempts = _Attempts()
    labels = names or effects.trials
    return SynthesisChecks(
        n_effects=len(effects.trials),
        leave_one_out=attempts.make(
            "leave_one_out", lambda: leave_one_trial_out(effects, names=labels)
        ),
        influence=attempts.make("influence", lambda: trial_influence(effects, names=labels)),
        cumulative=attempts.make(
            "cumulative", lambda: by_year(effects, _known(year), names=labels)
        ),
        **_small_studies(effects.one_a_trial(), labels, attempts),
        reasons=attempts.reasons,
    )


class _SmallStudies(TypedDict):
    """The checks that take independent effects."""

    funnel: Funnel | None
    regression_test: RegressionTest | None
    rank_test: RankTest | None
    pet_peese: PetPeese | None
    trim_fill: TrimFill | None
    selection: SelectionModel | None
    next_trial: NextTrial | None


class _Attempts:
    """Checks that are made where they can be, and why not where they cannot."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def make(self, name: str, check: Callable[[], Check]) -> Check | None:
        """Return a check, or None with its reason kept."""
        try:
            return check()
        except InputError as error:
            self.reasons[name] = error.problems[0].message
            return None


def _known(year: ArrayLike | None) -> ArrayLike:
    """Return the years.

    Raises
    ------
    InputError
        If there are none.
    """
    if year is None:
        raise InputError(Problem("no years are given", "give one for each"))
    return year


def _small_studies(fit: Fit, names: Sequence[str] | None, attempts: _Attempts) -> _SmallStudies:
    """Return what can be asked of independent effects."""
    larger: Alternative = "greater" if fit.pooled.coefficients[0].estimate > 0 else "less"
    pooled, make = fit.pooled, attempts.make
    return {
        "funnel": make("funnel", lambda: funnel(fit, names=names)),
        "regression_test": make("regression_test", lambda: regression_test(fit)),
        "rank_test": make("rank_test", lambda: rank_test(fit)),
        "pet_peese": make("pet_peese", lambda: pet_peese(fit)),
        "trim_fill": make("trim_fill", lambda: trim_fill(fit, names=names)),
        "selection": make("selection", lambda: selection_model(fit, alternative=larger)),
        "next_trial": make(
            "next_trial",
            lambda: next_trial(
                fit.y,
                fit.v,
                float(np.median(fit.v)),
                model=cast("Model", pooled.model),
                method="REML" if pooled.model == "common" else cast("Method", pooled.method),
                test=pooled.test,
                level=fit.level,
            ),
        ),
    }
