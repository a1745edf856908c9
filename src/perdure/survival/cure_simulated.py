"""Tests of a curve's tail against simulated trials: q_n, and the height of the plateau."""

from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats
from perdure.records.follow_up import SufficiencyTest
from perdure.survival.cure import (
    LEVEL,
    NO_CURE,
    REPLICATES,
    SOURCES,
    check_replicates,
    curve_of,
    follow_up_meaning,
    in_blocks,
    maller_zhou_low,
    not_computable,
    window_test,
)
from perdure.survival.kaplan_meier import SAME_TIME, KaplanMeier, reverse_kaplan_meier

__all__ = ["cured_fraction_test", "q_n_test"]


def q_n_test(
    time: ArrayLike,
    event: ArrayLike,
    *,
    missing: float = 0.05,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> SufficiencyTest:
    """Test for sufficient follow-up by q_n = N / n against its simulated distribution.

    N is that of :func:`maller_zhou_test`. The hypothesis at its border: the share ``missing`` of
    the uncured would have the event after the end of follow-up. Simulated trials of the same size
    have uncured times from the exponential distribution with that share beyond the end, a cured
    fraction that leaves the plateau where it is, and follow-up from reverse Kaplan-Meier.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    missing : float
        Between 0 and 1: what counts as too much.
    replicates, seed : int

    Returns
    -------
    SufficiencyTest
        Large ``statistic`` and small ``p_value`` speak for sufficient follow-up.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if ``missing`` is not between 0 and 1, or ``replicates`` is
        not positive.

    Notes
    -----
    The statistic is Maller and Zhou's (1996) and was read as in :func:`maller_zhou_test`. Their
    tables were not at hand: this way to its distribution is ours, and marked experimental. That an
    exponential never ends is why its border is a share, as Yuen and Musta (2024, doi
    10.48550/arXiv.2403.16832) propose.

    Examples
    --------
    >>> found = q_n_test([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> round(found.statistic, 3), 0 < found.p_value <= 1
    (0.571, True)
    """
    check_replicates(replicates)
    if not 0 < missing < 1:
        remedy = "give the share of events that would be too many"
        raise InputError(Problem("missing lies between 0 and 1", remedy, value=str(missing)))
    curve = curve_of(time, event)
    found = window_test("alpha_n", curve, maller_zhou_low)
    if found.statistic is None:
        return not_computable("q_n", str(found.reason), experimental=True)
    random = np.random.default_rng(seed)
    cured = max((float(curve.survival[-1]) - missing) / (1 - missing), 0.0)
    mean = curve.end_time / -log(missing)

    def statistic(size: int) -> Floats:
        shape = (size, curve.n)
        uncured = mean * random.standard_exponential(shape)
        lifetime = np.where(random.random(shape) < cured, np.inf, uncured)
        return _share_in_window(lifetime, _follow_up_times(curve, shape, random))

    simulated = in_blocks(statistic, replicates, curve.n)
    p = (1 + int((simulated >= found.statistic - SAME_TIME).sum())) / (replicates + 1)
    return replace(
        found,
        test="q_n",
        source=SOURCES["q_n"],
        p_value=p,
        meaning=follow_up_meaning(p),
        experimental=True,
        replicates=replicates,
        seed=seed,
    )


def cured_fraction_test(
    time: ArrayLike, event: ArrayLike, *, replicates: int = REPLICATES, seed: int = 1
) -> SufficiencyTest:
    """Test whether the plateau is higher than one that nobody's cure would explain.

    Survival at the end of follow-up is compared with that of simulated trials of the same size
    without a cured fraction: event times from a Weibull distribution, fitted by maximum likelihood,
    follow-up from reverse Kaplan-Meier.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    replicates, seed : int

    Returns
    -------
    SufficiencyTest
        ``statistic`` is survival at the end; small ``p_value`` speaks for a cured fraction, or for
        a tail heavier than any Weibull's.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if ``replicates`` is not positive.

    Notes
    -----
    The test by the largest survival, 1 - F at the last time, is that of Maller and Zhou 1992 and
    1996, who simulate exponential times. A Weibull's shape is left free here, so that a falling
    hazard alone is no cure; that is ours, and marked experimental.

    Examples
    --------
    >>> found = cured_fraction_test([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> round(found.statistic, 3), 0 < found.p_value <= 1
    (0.286, True)
    """
    check_replicates(replicates)
    curve = curve_of(time, event)
    value = float(curve.survival[-1])
    positive = curve.time > 0
    reason = None
    if not curve.events[positive].any():
        reason = "no event was seen after time 0"
    elif value == 0:
        reason = "the last patient had the event: there is no plateau"
    if reason is not None:
        return not_computable("cured_fraction", reason, experimental=True)
    shape, scale = _weibull(curve)
    random = np.random.default_rng(seed)

    def statistic(size: int) -> Floats:
        dimensions = (size, curve.n)
        lifetime = scale * random.weibull(shape, dimensions)
        return _last_survival(lifetime, _follow_up_times(curve, dimensions, random))

    simulated = in_blocks(statistic, replicates, curve.n)
    p = (1 + int((simulated >= value - SAME_TIME).sum())) / (replicates + 1)
    meaning = (
        "the plateau is higher than a Weibull tail without a cured fraction would leave it"
        if p < LEVEL
        else "a Weibull tail without a cured fraction explains the plateau as well"
    )
    return SufficiencyTest(
        "cured_fraction",
        SOURCES["cured_fraction"],
        NO_CURE,
        value,
        p,
        meaning,
        experimental=True,
        replicates=replicates,
        seed=seed,
    )


def _follow_up_times(
    curve: KaplanMeier, shape: tuple[int, int], random: np.random.Generator
) -> Floats:
    """Return drawn times of censoring: reverse Kaplan-Meier, what is left of it at the end."""
    rows = np.repeat(np.arange(curve.time.size), curve.events + curve.censored)
    outcome = np.concatenate(
        [
            np.repeat([True, False], [d, c])
            for d, c in zip(curve.events, curve.censored, strict=True)
        ]
    )
    reverse = reverse_kaplan_meier(curve.time[rows], outcome)
    cumulative = 1 - reverse.survival
    drawn = np.minimum(cumulative.searchsorted(random.random(shape)), reverse.time.size - 1)
    return reverse.time[drawn]


def _share_in_window(lifetime: Floats, follow_up: Floats) -> Floats:
    """Return q_n of each row of simulated patients; 0 where a row ends with an event."""
    time = np.minimum(lifetime, follow_up)
    had = lifetime <= follow_up
    end = time.max(axis=1)
    last_event = np.where(had, time, -np.inf).max(axis=1)
    inside = had & (time > (2 * last_event - end)[:, np.newaxis])
    return np.asarray(inside.mean(axis=1))


def _last_survival(lifetime: Floats, follow_up: Floats) -> Floats:
    """Return survival at the end of each row of simulated patients."""
    n = lifetime.shape[1]
    order = np.minimum(lifetime, follow_up).argsort(axis=1)
    had = np.take_along_axis(lifetime <= follow_up, order, axis=1)
    staying = 1 - had / np.arange(n, 0, -1)
    return np.asarray(staying.prod(axis=1))


def _weibull(curve: KaplanMeier) -> tuple[float, float]:
    """Return shape and scale of a Weibull distribution fitted by maximum likelihood.

    The profile score of the shape rises all the way, so bisection cannot go astray. Patients at
    time 0 are taken at half the first time after it.
    """
    time = np.where(curve.time > 0, curve.time, curve.time[curve.time > 0][0] / 2)
    unit = time[-1]
    logs = np.log(time / unit)
    patients = curve.events + curve.censored
    mean_log = float(np.dot(curve.events, logs) / curve.events.sum())
    low, high = log(1e-3), log(1e3)
    for _ in range(100):
        shape = float(np.exp((low + high) / 2))
        weight = patients * np.exp(shape * logs)
        score = np.dot(weight, logs) / weight.sum() - 1 / shape - mean_log
        low, high = (low, (low + high) / 2) if score > 0 else ((low + high) / 2, high)
    shape = float(np.exp((low + high) / 2))
    total = float(np.dot(patients, np.exp(shape * logs)))
    return shape, float(unit * (total / curve.events.sum()) ** (1 / shape))
