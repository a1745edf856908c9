"""What each effect does to a model: residuals, leverage, deletion, Baujat's plot, shrinkage."""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtr

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import effect_names
from perdure.pool.checks.subsets import SubsetFits, fit_subsets
from perdure.pool.models.least_squares import Matrix, weighted_least_squares
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Fit
from perdure.records import Floats
from perdure.records.sensitivity import EffectInfluence, Influence, RandomEffect, Unit

__all__ = ["EXACT", "influence", "influence_sentence", "measured", "over", "random_effects"]

EXACT = 1e-12
"""A residual's variance below this share of the effect's own is rounding: the fit passes through
the effect."""


def influence(fit: Fit, *, names: Sequence[str] | None = None) -> Influence:
    """Measure what each effect does to a model, with or without moderators.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, two effects or more.
    names : sequence of str, optional
        Of the effects; default their numbers.

    Returns
    -------
    Influence

    Raises
    ------
    InputError
        If there is one effect only, or names do not fit the effects.

    Notes
    -----
    Viechtbauer and Cheung 2010 (Res Synth Methods 1:112, doi 10.1002/jrsm.11). With e the
    residual, b and V the coefficients and their covariance, (i) for the model without effect i (its
    tau2 estimated again), and f(i) that model's factor of Hartung and Knapp (1 without it):

    - rstandard: e over the root of (v + tau2)(1 - hat);
    - rstudent: (y - x b(i)) over the root of f(i)(v + tau2(i)) + x V(i) x';
    - dffits: x (b - b(i)) over the root of f(i) hat (v + tau2(i));
    - cook: (b - b(i))' V^-1 (b - b(i));
    - covariance_ratio: det V(i) / det V;
    - dfbetas: (b - b(i)) over the root of the diagonal of f(i) (X' W X)^-1, W of all effects at
      tau2(i).

    An effect is flagged by the bounds that metafor documents: absolute dffits above 3 (p / (k -
    p))^1/2, cook beyond the median of a chi-square on p, hat above 3 p / k, any absolute dfbetas
    above 1. Baujat and others 2002 (Stat Med 21:2641, doi 10.1002/sim.1221): share in the
    residual sum of squares against the squared change of the fitted value over its variance without
    the effect; on the model's own weights, which for a common effect are the authors'.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> found = influence(fit_effects([0.1, 0.3, 0.2, 0.2, 0.2, 0.8], [0.04] * 6))
    >>> [row.name for row in found.rows if row.influential], found.rows[5].flags
    (['6'], ('dffits', 'cook', 'dfbetas'))
    """
    k = fit.y.size
    labels = effect_names(names, k)
    if k < 2:
        raise InputError(
            Problem("there is one effect only", "influence needs two or more", value=labels[0])
        )
    deleted = fit_subsets(fit, ~np.eye(k, dtype=bool))
    solved = weighted_least_squares(fit.y, fit.x, fit.v + fit.between)
    hat = (solved.basis**2).sum(axis=1)
    residual = fit.y - fit.x @ fit.beta
    total = fit.v + fit.between
    share = np.where(1 - hat > EXACT, 1 - hat, 0.0)
    standard = np.sqrt(total * share)
    columns = {
        "residual": residual,
        "rstandard_se": standard,
        "hat": hat,
        "weight": 100 * fit.weights,
        "baujat_heterogeneity": residual**2 / total,
    }
    own: dict[str, list[float]] = {name: column.tolist() for name, column in columns.items()}
    rest, dfbetas = _deletion(fit, deleted, hat)
    rest["rstandard"] = over(residual, standard)
    rows = tuple(
        measured(name, own, rest, dfbetas, fitted=bool(deleted.fitted[at]), at=at)
        for at, name in enumerate(labels)
    )
    return Influence("effect", fit.terms, rows, influence_sentence(rows))


def measured(
    name: str,
    own: dict[str, list[float]],
    rest: dict[str, Floats],
    dfbetas: Matrix,
    *,
    fitted: bool,
    at: int,
) -> EffectInfluence:
    """Return one unit's measures, with a reason for those that it has not.

    Parameters
    ----------
    name : str
    own, rest : dict
        Columns by the fields of :class:`perdure.records.sensitivity.EffectInfluence`: from the
        model of all units, and from those without each, NaN where there is none.
    dfbetas : array of float, shape (k, p)
    fitted : bool
        Whether the model can be fitted without the unit.
    at : int
        Its row.
    """
    k, p = dfbetas.shape
    theirs = {key: _number(column[at]) for key, column in rest.items()}
    reason = None
    if not fitted:
        reason = (
            "without it the model cannot be fitted: too few effects are left, or a coefficient"
            " rests on this one alone"
        )
    elif theirs["rstandard"] is None:
        reason = "the fit passes through it: its weight leaves its residual no error"
    elif any(value is None for value in theirs.values()):
        reason = (
            "some measures divide by an error that is 0: the other effects, or all, are equal and"
            " Hartung-Knapp leaves them no error"
        )
    beta_changes = dfbetas[at]
    return EffectInfluence(
        name=name,
        residual=own["residual"][at],
        rstandard_se=own["rstandard_se"][at],
        hat=own["hat"][at],
        weight=own["weight"][at],
        baujat_heterogeneity=own["baujat_heterogeneity"][at],
        **theirs,
        dfbetas=tuple(beta_changes.tolist()) if np.isfinite(beta_changes).all() else None,
        flags=_flags(k, p, own["hat"][at], theirs, beta_changes),
        reason=reason,
    )


def _number(value: float) -> float | None:
    """Return a number, or None where it does not exist."""
    return float(value) if np.isfinite(value) else None


def _deletion(fit: Fit, deleted: SubsetFits, hat: Floats) -> tuple[dict[str, Floats], Matrix]:
    """Return what comes from the models without each effect, NaN where it does not exist."""
    k, p = fit.x.shape
    tau2, factor = deleted.tau2, deleted.factor
    change = fit.beta - deleted.beta
    fitted_change = (fit.x * change).sum(axis=1)
    its_variance = np.einsum("kp,kpq,kq->k", fit.x, deleted.covariance, fit.x)
    left = fit.y - (fit.x * deleted.beta).sum(axis=1)
    # its_variance has the factor already
    left_se = np.sqrt(factor * (fit.v + tau2) + its_variance)
    diagonal, ratio = np.full((k, p), np.nan), np.full(k, np.nan)
    for at in np.flatnonzero(deleted.fitted).tolist():
        whole = weighted_least_squares(fit.y, fit.x, fit.v + tau2[at])
        diagonal[at] = factor[at] * np.diagonal(whole.solve()[1])
        ratio[at] = np.linalg.det(deleted.covariance[at])
    determinant = float(np.linalg.det(fit.covariance))
    cook = np.full(k, np.nan)
    if determinant > 0:
        cook = np.einsum("kp,pq,kq->k", change, np.linalg.inv(fit.covariance), change)
    measures = {
        "deleted_residual": left,
        "rstudent": over(left, left_se),
        "rstudent_se": left_se,
        "dffits": over(fitted_change, np.sqrt(factor * hat * (fit.v + tau2))),
        "cook": cook,
        "covariance_ratio": over(ratio, np.full(k, determinant)),
        "tau2_deleted": tau2,
        "q_deleted": deleted.q,
        "baujat_influence": over(fitted_change**2, its_variance),
    }
    return measures, over(change, np.sqrt(diagonal))


def over(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where it divides by 0.

    Examples
    --------
    >>> over(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    ratio: Floats = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _flags(
    k: int, p: int, hat: float, measures: dict[str, float | None], dfbetas: Floats
) -> tuple[str, ...]:
    """Return the measures that are beyond their bounds."""
    dffits, cook = measures["dffits"], measures["cook"]
    beyond = {
        "dffits": dffits is not None and k > p and abs(dffits) > 3 * np.sqrt(p / (k - p)),
        "cook": cook is not None and chdtr(p, cook) > 0.5,
        "hat": hat > 3 * p / k,
        "dfbetas": bool((np.abs(dfbetas[np.isfinite(dfbetas)]) > 1).any()),
    }
    return tuple(name for name, found in beyond.items() if found)


def influence_sentence(rows: tuple[EffectInfluence, ...], unit: Unit = "effect") -> str:
    """Return which effects, or trials, are influential, in words.

    Examples
    --------
    >>> influence_sentence((), "trial")
    'No trial is influential by the usual bounds.'
    """
    found = [f"{row.name} ({', '.join(row.flags)})" for row in rows if row.influential]
    if not found:
        return f"No {unit} is influential by the usual bounds."
    verb = "is" if len(found) == 1 else "are"
    return f"{len(found)} of {len(rows)} {unit}s {verb} influential: {'; '.join(found)}."


def random_effects(fit: Fit, *, names: Sequence[str] | None = None) -> tuple[RandomEffect, ...]:
    """Predict each unit's true effect, and its distance from the model's mean.

    The effect is shrunk: s y + (1 - s) x b, with s = tau2 / (tau2 + v); its variance is s v + (1 -
    s)^2 x V x', that of the distance s v + s^2 x V x' (Raudenbush and Bryk 1985, doi
    10.3102/10769986010002075; tau2 is taken as known). For a common effect all are the mean.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> rows = random_effects(fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02]))
    >>> [round(row.estimate, 3) for row in rows]
    [0.236, 0.562, 0.79, 0.421]
    """
    labels = effect_names(names, fit.y.size)
    share = fit.between / (fit.between + fit.v)
    mean = fit.x @ fit.beta
    its_variance = np.einsum("kp,pq,kq->k", fit.x, fit.covariance, fit.x)
    half = upper_quantile(fit.df, fit.level)
    deviation = share * (fit.y - mean)
    columns = []
    for center, weight in ((mean + deviation, 1 - share), (deviation, share)):
        se = np.sqrt(share * fit.v + weight**2 * its_variance)
        columns += [center, se, center - half * se, center + half * se]
    return tuple(
        RandomEffect(name, *values)
        for name, *values in zip(labels, *(column.tolist() for column in columns), strict=True)
    )
