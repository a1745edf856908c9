"""All that a reader of a forest plot asks next, in one go."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError
from perdure.pool.checks.cumulative import cumulative
from perdure.pool.checks.influence import influence
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.pool.checks.next_trial import next_trial
from perdure.pool.checks.selection import selection_model
from perdure.pool.checks.small_study import funnel, pet_peese, rank_test, regression_test
from perdure.pool.checks.trim_fill import trim_fill
from perdure.pool.models.between_arms import Method
from perdure.pool.models.random_effects import Fit, Model
from perdure.records.checks import SynthesisChecks
from perdure.records.small_study import Alternative

__all__ = ["FEW", "check_synthesis"]

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
    reasons: dict[str, str] = {}

    def attempt(name: str, check: Callable[[], Check]) -> Check | None:
        try:
            return check()
        except InputError as error:
            reasons[name] = error.problems[0].message
            return None

    k = fit.y.size
    larger: Alternative = "greater" if fit.pooled.coefficients[0].estimate > 0 else "less"
    pooled = fit.pooled
    found = SynthesisChecks(
        n_effects=k,
        leave_one_out=attempt(
            "leave_one_out", lambda: leave_one_out(fit, names=names, trial=trial)
        ),
        influence=attempt("influence", lambda: influence(fit, names=names)),
        cumulative=None
        if year is None
        else attempt("cumulative", lambda: cumulative(fit, year, names=names)),
        funnel=attempt("funnel", lambda: funnel(fit, names=names)),
        regression_test=attempt("regression_test", lambda: regression_test(fit)),
        rank_test=attempt("rank_test", lambda: rank_test(fit)),
        pet_peese=attempt("pet_peese", lambda: pet_peese(fit)),
        trim_fill=attempt("trim_fill", lambda: trim_fill(fit, names=names)),
        selection=attempt("selection", lambda: selection_model(fit, alternative=larger)),
        next_trial=attempt(
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
        reasons=reasons,
    )
    if year is None:
        reasons["cumulative"] = "no years are given"
    return found
