"""What each trial does to a model of effects that are correlated inside a trial."""

from collections.abc import Sequence

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.checks.by_trial import TrialEffects
from perdure.pool.checks.influence import EXACT, influence_sentence, measured, over
from perdure.pool.checks.leave_one_out import effect_names
from perdure.pool.models.correlated import shared_heterogeneity
from perdure.records import Floats
from perdure.records.sensitivity import Influence

__all__ = ["trial_influence"]


def trial_influence(effects: TrialEffects, *, names: Sequence[str] | None = None) -> Influence:
    """Measure what each trial, with all its effects, does to the pooled mean.

    Parameters
    ----------
    effects : TrialEffects
    names : sequence of str, optional
        Of the trials; default their own.

    Returns
    -------
    Influence
        One row a trial.

    Raises
    ------
    InputError
        If there is one trial only, or there is not one name a trial.

    Notes
    -----
    At the model's tau2 the mean is that of one effect a trial, the generalised least squares of its
    effects, by inverse variances: the measures are those of
    :func:`perdure.pool.checks.influence.influence` for these, a trial deleted at a time and tau2
    estimated again from the effects of the others. Cook's distance and dfbetas are so metafor's for
    ``rma.mv`` with trials as clusters; the hat value is the trial's share of the mean; Baujat's
    heterogeneity is the trial's whole part of the weighted residual sum of squares, what its own
    effects differ by included. With one effect a trial it is `influence`.

    Examples
    --------
    >>> y, v = np.array([0.1, 0.3, 0.2, 0.2, 0.2, 0.8]), np.diag([0.04] * 6)
    >>> found = trial_influence(TrialEffects(y, v, tuple("ABCDEF")))
    >>> [row.name for row in found.rows if row.influential], found.rows[5].flags
    (['F'], ('dffits', 'cook', 'dfbetas'))
    """
    trials = effects.trials
    labels = effect_names(names or trials, len(trials))
    if len(trials) < 2:
        raise InputError(
            Problem("there is one trial only", "influence needs two or more", value=labels[0])
        )
    whole = effects.fit().independent
    mean, variance = float(whole.beta[0]), float(whole.covariance[0, 0])
    e, total = effects.together(whole.between)
    weight = 1 / total
    hat = weight / weight.sum()
    share = np.where(1 - hat > EXACT, 1 - hat, 0.0)
    own = {
        "residual": e - mean,
        "rstandard_se": np.sqrt(total * share),
        "hat": hat,
        "weight": 100 * hat,
        "baujat_heterogeneity": _residual_sums(effects, mean, whole.between),
    }
    rest, dfbetas = _deletion(effects, mean, variance, hat)
    rest["rstandard"] = over(own["residual"], own["rstandard_se"])
    columns = {name: column.tolist() for name, column in own.items()}
    rows = tuple(
        measured(label, columns, rest, dfbetas[:, None], fitted=True, at=at)
        for at, label in enumerate(labels)
    )
    return Influence("trial", whole.terms, rows, influence_sentence(rows, "trial"))


def _residual_sums(effects: TrialEffects, mean: float, between: float) -> Floats:
    """Return each trial's part of the weighted residual sum of squares."""
    total = effects.covariance + between * shared_heterogeneity(effects.trial)
    residual = effects.y - mean
    weighted = residual * np.linalg.solve(total, residual)
    return np.array([weighted[effects.inside(name)].sum() for name in effects.trials])


def _deletion(
    effects: TrialEffects, mean: float, variance: float, hat: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Return what comes from the models without each trial."""
    columns = []
    for at, name in enumerate(effects.trials):
        fit = effects.fit(~effects.inside(name)).independent
        e, total = effects.together(fit.between)
        precision = 1 / total
        model_variance = 1 / (precision.sum() - precision[at])
        columns.append(
            (
                float(fit.beta[0]),
                float(fit.covariance[0, 0]),
                float(fit.covariance[0, 0]) / model_variance,  # what the test multiplies it by
                e[at],
                total[at],
                1 / precision.sum(),
                fit.between,
                fit.pooled.q,
            )
        )
    table = np.array(columns).T
    without, its_variance, factor, own, own_total, all_variance, tau2, q = table
    change = mean - without
    left_se = np.sqrt(factor * own_total + its_variance)
    measures = {
        "deleted_residual": own - without,
        "rstudent": over(own - without, left_se),
        "rstudent_se": left_se,
        "dffits": over(change, np.sqrt(factor * hat * own_total)),
        "cook": over(change**2, np.full(change.size, variance)),
        "covariance_ratio": over(its_variance, np.full(change.size, variance)),
        "tau2_deleted": tau2,
        "q_deleted": q,
        "baujat_influence": over(change**2, its_variance),
    }
    return measures, over(change, np.sqrt(factor * all_variance))
