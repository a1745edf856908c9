"""Contrasts of durable response stratified across trials: one common effect, its homogeneity."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, log, sqrt
from typing import Literal, get_args

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Contrast, Floats, Stratified
from perdure.survival import normal_quantile

__all__ = ["Stratum", "stratified"]

Measure = Literal["difference", "ratio", "odds ratio"]


@dataclass(frozen=True)
class Stratum:
    """One trial's contrast, and the patients of its two arms."""

    trial: str
    contrast: Contrast
    n_arm: int
    n_comparator: int


def stratified(
    strata: Sequence[Stratum], *, measure: Measure = "difference", level: float = 0.95
) -> Stratified:
    """Combine contrasts of several trials, each trial a stratum of its own.

    Parameters
    ----------
    strata : sequence of Stratum
        One a trial; contrasts of one trial share patients and are not independent.
    measure : {"difference", "ratio", "odds ratio"}
        Differences are weighted by n1 n0 / (n1 + n0), as Mantel and Haenszel weigh them; ratios on
        the log scale by the inverse of their variance.
    level : float
        Of the interval that is returned; contrasts may have another.

    Returns
    -------
    Stratified
        Trials without a standard error, or without a ratio, are in ``left_out`` with the reason.

    Raises
    ------
    InputError
        If there is no stratum, the measure is unknown, a trial comes twice or has an empty arm, or
        k, reference or time differ.

    Notes
    -----
    Cochran 1954, doi 10.2307/3001616 (differences, and Q for homogeneity); variances are those of
    the contrasts, which carry the estimation of thresholds.

    Examples
    --------
    >>> one = Contrast("a", "b", 3, "control", 0.10, 0.04, ratio=1.5)
    >>> two = Contrast("a", "b", 3, "control", 0.20, 0.03, ratio=1.8)
    >>> found = stratified([Stratum("S1", one, 100, 100), Stratum("S2", two, 300, 300)])
    >>> round(found.estimate, 4), round(found.se, 4)
    (0.175, 0.0246)
    """
    _check(strata, measure)
    kept: list[tuple[float, float, float]] = []
    left_out: list[tuple[str, str]] = []
    for stratum in strata:
        found = _effect(stratum.contrast, measure)
        if found is None:
            reason = stratum.contrast.reason or f"no {measure} with a standard error"
            left_out.append((stratum.trial, reason))
            continue
        sizes = stratum.n_arm * stratum.n_comparator / (stratum.n_arm + stratum.n_comparator)
        kept.append((*found, sizes if measure == "difference" else found[1] ** -2))
    first = strata[0].contrast
    blank = Stratified(measure, first.k, first.reference, len(kept), tuple(left_out))
    if not kept:
        return blank
    effect, se, weight = np.array(kept).T
    return _combined(blank, effect, se, weight, level)


def _combined(
    blank: Stratified, effect: Floats, se: Floats, weight: Floats, level: float
) -> Stratified:
    """Return the weighted mean and Cochran's Q."""
    from scipy.stats import chi2

    share = weight / weight.sum()
    mean, error = float(share @ effect), float(np.sqrt(share**2 @ se**2))
    z = normal_quantile(level)
    precision = se**-2
    centre = float(precision @ effect / precision.sum())
    q, df = float(precision @ (effect - centre) ** 2), effect.size - 1
    back = (lambda value: value) if blank.measure == "difference" else exp
    return Stratified(
        measure=blank.measure,
        k=blank.k,
        reference=blank.reference,
        n_trials=blank.n_trials,
        left_out=blank.left_out,
        estimate=back(mean),
        se=error,
        ci_low=back(mean - z * error),
        ci_high=back(mean + z * error),
        p_value=erfc(abs(mean) / error / sqrt(2)),
        q=q if df else None,
        q_df=df,
        q_p=float(chi2.sf(q, df)) if df else None,
    )


def _check(strata: Sequence[Stratum], measure: str) -> None:
    if measure not in get_args(Measure):
        remedy = f"choose one of {', '.join(get_args(Measure))}"
        raise InputError(Problem("unknown measure", remedy, value=str(measure)))
    empty = next((one.trial for one in strata if min(one.n_arm, one.n_comparator) < 1), None)
    if empty is not None:
        raise InputError(Problem("an arm has no patients", "give the size of both arms", empty))
    if not strata:
        raise InputError(Problem("there is no trial", "give at least one contrast"))
    names = [stratum.trial for stratum in strata]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            Problem(
                "a trial has two contrasts, which share patients",
                "give one contrast a trial",
                value=twice,
            )
        )
    asked = {
        (stratum.contrast.k, stratum.contrast.reference, stratum.contrast.time)
        for stratum in strata
    }
    if len(asked) > 1:
        said = sorted(
            f"{reference}, {f'time {time:g}' if k is None else f'k = {k:g}'}"
            for k, reference, time in asked
        )
        raise InputError(
            Problem(
                "contrasts of different k, reference or time answer different questions",
                "combine those of one threshold",
                value="; ".join(said),
            )
        )


def _effect(contrast: Contrast, measure: Measure) -> tuple[float, float] | None:
    """Return a contrast on the scale it is combined on, with its standard error there.

    That of a log ratio is what its own interval shows: half the width over its quantile.
    """
    if measure == "difference":
        if contrast.difference is None or not contrast.se:
            return None
        return contrast.difference, contrast.se
    value, low, high = (
        (contrast.ratio, contrast.ratio_low, contrast.ratio_high)
        if measure == "ratio"
        else (contrast.odds_ratio, contrast.odds_ratio_low, contrast.odds_ratio_high)
    )
    if not (value and low and high and high > low):
        return None
    return log(value), log(high / low) / (2 * normal_quantile(contrast.level))
