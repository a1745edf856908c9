"""What each effect does to a model: residuals, leverage, deletion, Baujat's plot, shrinkage."""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtr

from perdure.errors import InputError, Problem
from perdure.pool.least_squares import Matrix, weighted_least_squares
from perdure.pool.leave_one_out import effect_names
from perdure.pool.linear import upper_quantile
from perdure.pool.random_effects import Fit
from perdure.pool.subsets import SubsetFits, fit_subsets
from perdure.records import Floats
from perdure.records.sensitivity import EffectInfluence, Influence, RandomEffect

__all__ = ["influence", "random_effects"]

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
    Viechtbauer and Cheung 2010 (Res Synth Methods 1:112, doi 10.1002/jrsm.11), with e the
    residual, (i) for the model without effect i (its tau2 estimated again), X and W of all effects
    but W with tau2(i) where it says so, and b, V the coefficients and their covariance:

    - rstandard: e over the square root of (v + tau2)(1 - hat);
    - rstudent: (y - x b(i)) over the square root of v + tau2(i) + x V(i) x';
    - dffits: x (b - b(i)) over the square root of hat (v + tau2(i)), both with tau2(i);
    - cook: (b - b(i))' V^-1 (b - b(i));
    - covariance_ratio: det V(i) / det V;
    - dfbetas: (b - b(i)) over the root of the diagonal of (X' W X)^-1 with tau2(i);
    - under Hartung and Knapp V and V(i) are theirs, and the last matrix has the factor of all
      effects at tau2(i).

    An effect is flagged by the bounds that metafor documents: absolute dffits above 3 (p / (k -
    p))^1/2, cook beyond the median of a chi-square on p, hat above 3 p / k, any absolute dfbetas
    above 1. Baujat and others 2002 (Stat Med 21:2641, doi 10.1002/sim.1221): share in the
    residual sum of squares against the squared change of the fitted value over its variance without
    the effect; on the model's own weights, which for a common effect are the authors'.

    Examples
    --------
    >>> from perdure.pool.random_effects import fit_effects
    >>> found = influence(fit_effects([0.1, 0.3, 0.2, 0.2, 2.1], [0.04] * 5, model="common"))
    >>> [row.name for row in found.rows if row.influential], found.rows[4].flags
    (['5'], ('cook', 'dfbetas'))
    """
    k, p = fit.x.shape
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
        "rstandard": np.divide(residual, standard, out=np.zeros(k), where=standard > 0),
        "rstandard_se": standard,
        "hat": hat,
        "weight": 100 * fit.weights,
        "baujat_heterogeneity": residual**2 / total,
    }
    own = {name: column.tolist() for name, column in columns.items()}
    rest, dfbetas = _deletion(fit, deleted)
    rows = []
    for at, name in enumerate(labels):
        mine = {key: column[at] for key, column in own.items()}
        if deleted.fitted[at]:
            theirs = {key: _number(column[at]) for key, column in rest.items()}
            row = EffectInfluence(
                name=name,
                **mine,
                **theirs,
                dfbetas=_row(dfbetas[at]),
                flags=_flags(k, p, mine["hat"], theirs, dfbetas[at]),
                reason=_unmeasured(theirs),
            )
        else:
            flags = ("hat",) if mine["hat"] > 3 * p / k else ()
            row = EffectInfluence(
                name=name,
                **mine,
                **dict.fromkeys(rest),
                dfbetas=None,
                flags=flags,
                reason="without it there is no model: a coefficient rests on this effect alone",
            )
        rows.append(row)
    return Influence(fit.terms, tuple(rows), _sentence(tuple(rows)))


def _number(value: float) -> float | None:
    """Return a number, or None where it does not exist."""
    return float(value) if np.isfinite(value) else None


def _row(values: Floats) -> tuple[float, ...] | None:
    return tuple(values.tolist()) if np.isfinite(values).all() else None


def _unmeasured(theirs: dict[str, float | None]) -> str | None:
    """Return why a measure is missing although the model without the effect exists."""
    if any(value is None for value in theirs.values()):
        return (
            "some measures divide by an error that is 0: the other effects, or all, are equal and"
            " Hartung-Knapp leaves them no error"
        )
    return None


def _deletion(fit: Fit, deleted: SubsetFits) -> tuple[dict[str, Floats], Matrix]:
    """Return what comes from the models without each effect, NaN where it does not exist."""
    tau2 = deleted.tau2
    change = fit.beta - deleted.beta
    fitted_change = (fit.x * change).sum(axis=1)
    its_variance = np.einsum("kp,kpq,kq->k", fit.x, deleted.covariance, fit.x)
    left = fit.y - (fit.x * deleted.beta).sum(axis=1)
    left_se = np.sqrt(fit.v + tau2 + its_variance)
    plain, hat, factor = _at_deleted(fit, tau2)
    scale = np.sqrt(np.diagonal(plain, axis1=1, axis2=2) * factor[:, None])
    step = np.sqrt(hat * (fit.v + tau2) * factor)
    ratio = np.linalg.det(deleted.covariance)
    whole = float(np.linalg.det(fit.covariance))
    cook = np.full(tau2.size, np.nan)
    if whole > 0:
        cook = np.einsum("kp,pq,kq->k", change, np.linalg.inv(fit.covariance), change)
    measures = {
        "deleted_residual": left,
        "rstudent": left / left_se,
        "rstudent_se": left_se,
        "dffits": _over(fitted_change, step),
        "cook": cook,
        "covariance_ratio": _over(ratio, np.full(ratio.size, whole)),
        "tau2_deleted": tau2,
        "q_deleted": deleted.q,
        "baujat_influence": _over(fitted_change**2, its_variance),
    }
    return measures, _over(change, scale)


def _over(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where it divides by 0."""
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _at_deleted(fit: Fit, tau2: Floats) -> tuple[Matrix, Floats, Floats]:
    """Return (X' W X)^-1, hat and Hartung and Knapp's factor of all effects at each tau2(i)."""
    k, p = fit.x.shape
    inverse = np.full((k, p, p), np.nan)
    hat, factor = np.full(k, np.nan), np.ones(k)
    for at in np.flatnonzero(np.isfinite(tau2)).tolist():
        solved = weighted_least_squares(fit.y, fit.x, fit.v + tau2[at])
        inverse[at] = solved.solve()[1]
        hat[at] = (solved.basis[at] ** 2).sum()
        if fit.pooled.test in ("knha", "adhoc"):
            factor[at] = solved.residual_sum / (k - p)
            if fit.pooled.test == "adhoc":
                factor[at] = max(factor[at], 1.0)
    return inverse, hat, factor


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


def _sentence(rows: tuple[EffectInfluence, ...]) -> str:
    """Return which effects are influential, in words."""
    found = [f"{row.name} ({', '.join(row.flags)})" for row in rows if row.influential]
    if not found:
        return "No effect is influential by the usual bounds."
    verb = "is" if len(found) == 1 else "are"
    return f"{len(found)} of {len(rows)} effects {verb} influential: {'; '.join(found)}."


def random_effects(fit: Fit, *, names: Sequence[str] | None = None) -> tuple[RandomEffect, ...]:
    """Predict each unit's true effect, and its distance from the model's mean.

    The effect is shrunk: s y + (1 - s) x b, with s = tau2 / (tau2 + v); its variance is s v + (1 -
    s)^2 x V x', that of the distance s v + s^2 x V x' (Raudenbush and Bryk 1985, doi
    10.3102/10769986010002075; tau2 is taken as known). For a common effect all are the mean.

    Examples
    --------
    >>> from perdure.pool.random_effects import fit_effects
    >>> rows = random_effects(fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02]))
    >>> [round(row.estimate, 3) for row in rows]
    [0.235, 0.562, 0.791, 0.421]
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
