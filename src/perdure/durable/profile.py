"""Durability profiles: whether a conclusion hangs on the choice of k.

Every point of a profile is a durable response with the influence of every patient on it. The
influences of all points together give their correlation, and with it a band that the whole profile
lies in, and p values that allow for having looked at many k (methods, section 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, inf, sqrt

import numpy as np

from perdure.durable.clumps import slope_over_dates
from perdure.durable.density import density
from perdure.durable.response import check_arms, thresholds_of
from perdure.durable.sample import Influence, Sample, TrialSamples, combined, covariances
from perdure.durable.threshold import Threshold
from perdure.errors import InputError, Problem
from perdure.records import (
    Area,
    Floats,
    Patients,
    Profile,
    ProfileContrast,
    Reference,
    TrialProfile,
)
from perdure.survival import SAME_TIME, limits, normal_quantile

__all__ = ["LEAST", "durability_profile"]

LEAST = 10
"""A profile ends at the last k with this many patients at risk."""

ASKED = 10.0
"""Up to this k a profile has every half and whole number: the multiples that people ask for."""

BETWEEN = 10
"""A profile under an arm's own median begins once this many events lie beyond the median."""

_DRAWS = 20_000
"""Of the maximum over k: the 95% quantile is known to about 0.015 standard errors."""


@dataclass(frozen=True, eq=False)
class _Points:
    """One arm at its k: values, and what each patient adds to them (columns are k)."""

    k: Floats
    value: Floats
    influence: Influence
    time: Floats


def durability_profile(
    arms: Mapping[str, Patients],
    *,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    least: int = LEAST,
    points: int = 60,
    level: float = 0.95,
    seed: int = 20190519,
) -> TrialProfile:
    """Return durable response against k for each arm, and differences between arms.

    Parameters
    ----------
    arms : mapping of str to Patients
        The trial's arms, in one time unit.
    reference : {"own", "control", "trial"}
        Whose median the threshold is k times; ``fixed`` has no k.
    comparators : mapping of str to str or None, optional
        The control of each arm that has one.
    least : int
        A profile ends at the last k with this many patients at risk, 1 or more.
    points : int
        Values of k, evenly spaced from 1 (left out) to the longest arm's end; 2 or more. The
        halves and whole numbers to 10 come to them. Under an arm's own median those before
        the tenth event after it are left out.
    level : float
        Of pointwise intervals and of the band.
    seed : int
        Of the draws behind the band and the adjusted p values.

    Returns
    -------
    TrialProfile
        An arm without a reference median, or with fewer than ``least`` patients at risk beyond it,
        is in ``missing`` with the reason.

    Raises
    ------
    InputError
        If there is no arm, units differ, the reference is ``fixed``, a comparator is not an arm,
        or ``least`` or ``points`` is too small.

    Notes
    -----
    Band: the quantile of max |Z| with Z normal and correlated as the influences are (sup-t; Montiel
    Olea and Plagborg-Moller 2019, doi 10.1002/jae.2656), on the log(-log) scale for an arm, on the
    plain scale for a difference.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> arm = Patients(rng.exponential(10, 200), [1] * 200)
    >>> profile = durability_profile({"arm": arm}).profiles[0]
    >>> bool(profile.band_low[0] <= profile.ci_low[0] <= profile.proportion[0])
    True
    """
    controls = comparators or {}
    _check(reference, least, points)
    check_arms(arms, reference, controls, None)
    trial = TrialSamples(arms)
    samples = trial.arms
    bases = thresholds_of(trial, reference, 1.0, controls)
    ends = {arm: _last_k(samples[arm], bases[arm], least) for arm in arms}
    end = max([2.0, *ends.values()])
    halves = np.arange(1.5, min(end, ASKED), 0.5)
    grid = np.union1d(np.linspace(1.0, end, points + 1)[1:], halves)
    found = {arm: _points(samples[arm], bases[arm], grid[grid <= ends[arm]]) for arm in arms}
    random = np.random.default_rng(seed)
    normal = random.standard_normal((_DRAWS, grid.size))
    profiles = [
        _profile(samples[arm], bases[arm], one, normal, least, level)
        for arm, one in found.items()
        if one.k.size > 1
    ]
    missing = [(arm, _why(bases[arm], least)) for arm in arms if found[arm].k.size <= 1]
    contrasts: list[ProfileContrast] = []
    for arm, control in controls.items():
        if control is None:
            continue
        if np.intersect1d(found[arm].k, found[control].k).size > 1:
            contrasts.append(
                _contrast((arm, control), reference, found[arm], found[control], normal, level)
            )
        else:
            missing.append((f"{arm} v {control}", "the arms' profiles share no k"))
    return TrialProfile(tuple(profiles), tuple(contrasts), tuple(missing))


def _check(reference: str, least: int, points: int) -> None:
    """Refuse what no profile can be made of."""
    if reference == "fixed":
        remedy = "choose own, control or trial"
        raise InputError(Problem("the reference fixed has no k to draw a profile against", remedy))
    if least < 1 or points < 2:
        found = f"least {least}, points {points}"
        remedy = "give a least of 1 or more and 2 points or more"
        raise InputError(Problem("a profile needs patients and points", remedy, value=found))


def _last_k(arm: Sample, basis: Threshold, least: int) -> float:
    """Return the largest k with so many patients at risk; 0 where there is none."""
    if basis.median is None or arm.patients.n < least:
        return 0.0
    return float(np.sort(arm.patients.time)[arm.patients.n - least] / basis.median)


def _first_k(arm: Sample, basis: Threshold) -> float:
    """Return the k from which an arm's own median leaves room for a normal approximation.

    Just beyond its median an arm's proportion is close to one half by construction, and moves with
    the few events in between.
    """
    if basis.median is None or len(basis.influence) > 1 or not set(basis.influence) & set(arm.arms):
        return 1.0
    later = arm.curve.time > basis.median * (1 + SAME_TIME)
    many = arm.curve.events[later].cumsum() >= BETWEEN
    return float(arm.curve.time[later][many.argmax()] / basis.median) if many.any() else inf


def _why(basis: Threshold, least: int) -> str:
    return basis.reason or (
        f"fewer than {least} patients are at risk beyond the reference median, or fewer than"
        f" {BETWEEN} events lie before the end"
    )


def _points(arm: Sample, basis: Threshold, k: Floats) -> _Points:
    """Return one arm at each k where its proportion is above 0, below 1 and not known exactly.

    ``basis`` is the threshold at k = 1, so that its influence is that of the median itself.
    """
    if basis.median is None or k.size == 0:
        return _Points(np.empty(0), np.empty(0), {}, np.empty(0))
    time = k * basis.median
    value = arm.curve.at(time)
    alone = arm.influence_on_survival(time)
    if basis.at_median and basis.basis is not None:
        steep = slope_over_dates(arm, basis.basis, basis.at_median, alone, k)
        each = basis.at_median
    else:
        steep, each = k * density(arm.curve, time), basis.influence
    moves = {name: np.outer(part, steep) for name, part in each.items()}
    parts = combined([(1.0, alone), (-1.0, moves)])
    variance = np.diagonal(covariances(parts))
    kept = (value > 0) & (value < 1) & (variance > 1e-18) & (k >= _first_k(arm, basis))
    return _Points(
        k[kept], value[kept], {name: part[:, kept] for name, part in parts.items()}, time[kept]
    )


def _profile(
    arm: Sample,
    basis: Threshold,
    points: _Points,
    normal: Floats,
    least: int,
    level: float,
) -> Profile:
    """Return the record of one arm."""
    k, value = points.k, points.value
    spread = covariances(points.influence)
    se = np.sqrt(np.diagonal(spread))
    largest = _largest(spread, normal)
    critical = _critical(largest, level)
    alone = limits(value, se, z=normal_quantile(level))
    band = limits(value, se, z=critical)
    own = basis.reference == "own"
    shape = None
    if own:
        shape = _fitted_shape(arm)
        scaled = se / (value * -np.log(value))
        distance = np.abs(np.log(-np.log(value)) - np.log(k * np.log(2.0))) / scaled
    return Profile(
        arm=next(iter(arm.arms)),
        reference=basis.reference,
        median=basis.median or 0.0,
        k=_listed(k),
        proportion=_listed(value),
        se=_listed(se),
        ci_low=_listed(alone.low),
        ci_high=_listed(alone.high),
        band_low=_listed(band.low),
        band_high=_listed(band.high),
        n_at_risk=tuple(arm.curve.at_risk(points.time).tolist()),
        critical=critical,
        level=level,
        least=least,
        excess_p=_listed(_adjusted(distance, largest)) if own else None,
        shape=_listed(_shape(value, k)) if own else None,
        shape_low=_listed(_shape(alone.high, k)) if own else None,
        shape_high=_listed(_shape(alone.low, k)) if own else None,
        shape_fitted=shape[0] if own and shape else None,
        shape_fitted_se=shape[1] if own and shape else None,
        area=_area(k, value, spread, level, own=own),
        time_unit=arm.time_unit,
    )


def _fitted_shape(arm: Sample) -> tuple[float, float] | None:
    """Return the shape of a Weibull distribution fitted to the arm, and its standard error."""
    from perdure.survival.parametric import Fit, fit

    found = fit(arm.patients.time, arm.patients.event, "weibull")
    if not isinstance(found, Fit):
        return None
    shape = next(one for one in found.parameters if one.name == "shape")
    return shape.value, shape.se


def _listed(values: Floats) -> tuple[float, ...]:
    return tuple(values.tolist())


def _largest(spread: Floats, normal: Floats) -> Floats:
    """Return draws of max |Z|, sorted, with Z correlated as ``spread`` says."""
    deviation = np.sqrt(np.diagonal(spread))
    values, vectors = np.linalg.eigh(spread / np.outer(deviation, deviation))
    counts = values > 1e-10 * values[-1]
    root = vectors[:, counts] * np.sqrt(values[counts])
    return np.sort(np.abs(normal[:, : root.shape[1]] @ root.T).max(axis=1))


def _critical(largest: Floats, level: float) -> float:
    """Return the quantile of the largest distance; never less than that of a single one."""
    return max(float(np.quantile(largest, level)), normal_quantile(level))


def _adjusted(distance: Floats, largest: Floats) -> Floats:
    """Return how often the largest of all distances is at least each one."""
    beyond = largest.size - largest.searchsorted(distance, side="left")
    return np.asarray((beyond + 1) / (largest.size + 1))


def _shape(proportion: Floats, k: Floats) -> Floats:
    """Return the Weibull shape that a proportion at k implies; a limit of 0 or 1 counts as near."""
    inside = np.clip(proportion, 1e-300, 1 - 1e-16)
    return np.asarray(np.log(-np.log2(inside)) / np.log(k))


def _area(k: Floats, value: Floats, spread: Floats, level: float, *, own: bool) -> Area:
    """Return the mean of a profile over its k, by the trapezoidal rule."""
    weights = np.zeros(k.size)
    weights[1:] += np.diff(k) / 2
    weights[:-1] += np.diff(k) / 2
    weights /= k[-1] - k[0]
    mean, se = float(weights @ value), float(np.sqrt(weights @ spread @ weights))
    found = limits(mean, se, z=normal_quantile(level))
    flat = (2.0 ** -k[0] - 2.0 ** -k[-1]) / np.log(2.0) / (k[-1] - k[0])
    return Area(mean, se, float(found.low), float(found.high), float(flat) if own else None)


def _contrast(
    names: tuple[str, str],
    reference: Reference,
    first: _Points,
    second: _Points,
    normal: Floats,
    level: float,
) -> ProfileContrast:
    """Return the difference of two arms at the k that both have."""
    k, at_first, at_second = np.intersect1d(first.k, second.k, return_indices=True)
    difference = first.value[at_first] - second.value[at_second]
    each = combined(
        [
            (1.0, {name: part[:, at_first] for name, part in first.influence.items()}),
            (-1.0, {name: part[:, at_second] for name, part in second.influence.items()}),
        ]
    )
    spread = covariances(each)
    se = np.sqrt(np.diagonal(spread))
    largest = _largest(spread, normal)
    distance = np.abs(difference) / se
    critical = _critical(largest, level)
    z = normal_quantile(level)
    adjusted = _adjusted(distance, largest)
    return ProfileContrast(
        arm=names[0],
        comparator=names[1],
        reference=reference,
        k=_listed(k),
        difference=_listed(difference),
        se=_listed(se),
        ci_low=_listed(np.maximum(difference - z * se, -1.0)),
        ci_high=_listed(np.minimum(difference + z * se, 1.0)),
        band_low=_listed(np.maximum(difference - critical * se, -1.0)),
        band_high=_listed(np.minimum(difference + critical * se, 1.0)),
        p_value=tuple(erfc(one / sqrt(2)) for one in distance.tolist()),
        p_adjusted=_listed(adjusted),
        p_any=float(adjusted.min()),
        critical=critical,
    )
