"""What the end of a curve can say of a cured fraction, and whether follow-up is long enough.

Patients who never have the event make a plateau, and so do a heavy tail and a follow-up that ends
too early; no test tells them apart with certainty. Each result says in words what it means, which
hypothesis it speaks against, and whether its formula could be checked.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats, Patients
from perdure.records.follow_up import CuredFraction, SufficiencyTest, TailTest
from perdure.survival.intervals import confidence_interval
from perdure.survival.kaplan_meier import (
    SAME_TIME,
    KaplanMeier,
    kaplan_meier,
)
from perdure.survival.likelihood import thomas_grunkemeier
from perdure.survival.resample import Resampled, resample, unchanged

__all__ = [
    "cured_fraction",
    "extremes_test",
    "maller_zhou_test",
    "shen_test",
]

REPLICATES = 999
LEVEL = 0.05
_BLOCK = 2_000_000
"""Simulated patients held at once."""

INSUFFICIENT = "events of the uncured go on beyond the end of follow-up"
SUFFICIENT = "no event of the uncured comes after the end of follow-up"
NO_CURE = "nobody is cured: all event times follow one Weibull distribution"

SOURCES: dict[TailTest, str] = {
    "alpha_n": "Maller and Zhou 1992, doi 10.1093/biomet/79.4.731; "
    "1994, doi 10.1080/01621459.1994.10476889",
    "alpha_n_shen": "Shen 2000, doi 10.1016/S0167-7152(00)00063-8",
    "q_n": "Maller and Zhou 1996, Survival Analysis with Long-Term Survivors, Wiley; "
    "Maller, Resnick and Shemehsavar 2024, doi 10.1002/cjs.11771",
    "extremes": "Xie, Escobar-Bach and Van Keilegom 2023, doi 10.48550/arXiv.2309.00868",
    "cured_fraction": "Maller and Zhou 1992, doi 10.1093/biomet/79.4.731",
}


def maller_zhou_test(time: ArrayLike, event: ArrayLike) -> SufficiencyTest:
    r"""Test for sufficient follow-up by the events in a window as long as the plateau.

    With t the last time and t* the last event, N counts the events in (2t* - t, t*]. Many events
    in the time before the last one, and none in as long a time after it, speak for an end of the
    events: :math:`\alpha_n = (1 - N / n)^n` is small.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)

    Returns
    -------
    SufficiencyTest
        ``statistic`` is N / n and ``p_value`` is alpha_n; small speaks for sufficient follow-up.
        With a ``reason`` where there is no event, or the last patient had it.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`.

    Notes
    -----
    Maller and Zhou 1992 and 1994. Read in three public implementations that agree (the R packages
    hdcuremodels and cureAssess, and the simulation code of Selukar and Othus 2023); the R package
    npcure counts censored patients in the window as well. Known to call follow-up sufficient too
    often (Shen 2000): :func:`shen_test`, :func:`q_n_test`.

    Examples
    --------
    >>> found = maller_zhou_test([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> found.events, found.window_low, round(found.p_value, 4)
    (4, 1.0, 0.0027)
    >>> maller_zhou_test([1, 2, 3], [1, 0, 1]).reason
    'the last patient had the event: there is no plateau'
    """
    curve = curve_of(time, event)
    return window_test("alpha_n", curve, maller_zhou_low)


def shen_test(time: ArrayLike, event: ArrayLike) -> SufficiencyTest:
    r"""Test for sufficient follow-up with Shen's narrower window.

    As :func:`maller_zhou_test` with the events in [w t*, t*], where with r = t* / t

    .. math:: w = \left[(1 - r)\, t^* + r\, t\right] / t

    The window is shorter than the plateau, so that follow-up is called sufficient less often.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)

    Returns
    -------
    SufficiencyTest
        As :func:`maller_zhou_test`.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`.

    Notes
    -----
    Shen 2000. Experimental: read in two implementations of one group (cureAssess, and the code of
    Selukar and Othus 2023), not in the paper.

    Examples
    --------
    >>> found = shen_test([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> found.events, round(found.window_low, 3)
    (1, 4.012)
    """
    curve = curve_of(time, event)
    return window_test("alpha_n_shen", curve, _shen_low, closed=True, experimental=True)


def extremes_test(
    time: ArrayLike, event: ArrayLike, *, replicates: int = REPLICATES, seed: int = 1
) -> SufficiencyTest:
    r"""Test whether follow-up is *in*sufficient, by extrapolating the end of the curve.

    F = 1 - S at three times an equal distance apart, the last of them the end of follow-up t,
    gives the level at which an exponential approach ends (Aitken's rule):

    .. math:: \hat p_G = F_0 + \frac{(F_1 - F_0)^2}{2 F_1 - F_0 - F_2}

    with F_0, F_1, F_2 at t - e, t - e/2, t. T_n is :math:`\hat p_G`, held between F_2 and 1, minus
    F_2: how much the curve would still fall. The distance e is t where the plateau is at least
    half of t, and 9/8 t - 1/4 t* otherwise, t* being the last event.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    replicates, seed : int
        Bootstrap: patients drawn with replacement, e chosen again; p is the share of T* - T_n that
        are at least T_n.

    Returns
    -------
    SufficiencyTest
        Small ``p_value`` speaks for *in*sufficient follow-up. With a ``reason`` where there is no
        event, or the curve has reached 0.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if ``replicates`` is not positive.

    Notes
    -----
    Xie, Escobar-Bach and Van Keilegom 2023 (Biometrical Journal 2024), for light-tailed times.
    Experimental: the rule for e and the bootstrap were read in two public R scripts that agree,
    and the extrapolation was derived again; the paper itself was not at hand.

    Examples
    --------
    >>> found = extremes_test([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> found.statistic, found.p_value
    (0.047..., 0.1...)
    """
    check_replicates(replicates)
    curve = curve_of(time, event)
    reason = None
    if not curve.events.any():
        reason = "no event was seen"
    elif curve.survival[-1] == 0:
        reason = "the curve has reached 0: nothing is left to extrapolate"
    if reason is not None:
        return not_computable("extremes", reason, experimental=True)
    observed = float(_still_to_fall(unchanged(curve))[0])
    random = np.random.default_rng(seed)
    drawn = in_blocks(
        lambda size: _still_to_fall(resample(curve, size, random)), replicates, curve.n
    )
    p = (1 + int((drawn - observed >= observed - SAME_TIME).sum())) / (replicates + 1)
    meaning = (
        "follow-up looks too short: the curve would still fall"
        if p < LEVEL
        else "no sign that the curve would still fall much after the end of follow-up"
    )
    return SufficiencyTest(
        "extremes",
        SOURCES["extremes"],
        SUFFICIENT,
        observed,
        p,
        meaning,
        experimental=True,
        replicates=replicates,
        seed=seed,
    )


def cured_fraction(time: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> CuredFraction:
    """Estimate the cured fraction as survival at the end of follow-up.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    level : float
        Of the interval.

    Returns
    -------
    CuredFraction

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`, or if the level is not between 0 and 1.

    Notes
    -----
    Maller and Zhou 1992, doi 10.1093/biomet/79.4.731: consistent where follow-up is sufficient, too
    high where it is not.

    Examples
    --------
    >>> found = cured_fraction([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0])
    >>> round(found.value, 3), round(found.ci_low, 3), round(found.ci_high, 3)
    (0.286, 0.041, 0.612)
    """
    patients = Patients(time, event)
    curve = kaplan_meier(patients.time, patients.event)
    value, end = float(curve.survival[-1]), curve.end_time
    with_events = np.flatnonzero(curve.events)
    after = curve.n if with_events.size == 0 else curve.n_at_risk[with_events[-1]]
    last = 0 if with_events.size == 0 else curve.events[with_events[-1]]
    if 0 < value < 1:
        limits = confidence_interval(curve, "log-log", level)
        low, high = float(limits.low[-1]), float(limits.high[-1])
        meaning = (
            f"{value:.0%} are event-free at the end of follow-up: the cured fraction, if no event "
            "of the uncured would still come; too high otherwise"
        )
    else:
        by_likelihood = thomas_grunkemeier(patients.time, patients.event, end, level)
        low, high = float(by_likelihood.low), float(by_likelihood.high)
        meaning = (
            "the last patient had the event: no sign of a cured fraction"
            if value == 0
            else "no event was seen: follow-up says nothing of a cured fraction"
        )
    se = curve.standard_error_at(end) if 0 < value < 1 else None
    return CuredFraction(value, se, low, high, end, int(after - last), meaning)


def curve_of(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    patients = Patients(time, event)
    return kaplan_meier(patients.time, patients.event)


def check_replicates(replicates: int) -> None:
    """Refuse a simulation of nothing."""
    if replicates < 1:
        remedy = "give 999, or as many as time allows"
        raise InputError(Problem("there are no replicates", remedy, value=str(replicates)))


def no_window(curve: KaplanMeier) -> str | None:
    """Return why the plateau has no length."""
    if not curve.events.any():
        return "no event was seen"
    if curve.events[-1] > 0:
        return "the last patient had the event: there is no plateau"
    return None


def not_computable(test: TailTest, reason: str, *, experimental: bool) -> SufficiencyTest:
    null = {"extremes": SUFFICIENT, "cured_fraction": NO_CURE}.get(test, INSUFFICIENT)
    meaning = f"not computable: {reason}"
    return SufficiencyTest(
        test, SOURCES[test], null, None, None, meaning, experimental, reason=reason
    )


def maller_zhou_low(end: float, last_event: float) -> float:
    return 2 * last_event - end


def _shen_low(end: float, last_event: float) -> float:
    share = last_event / end
    return share * ((1 - share) * last_event + share * end)


def window_test(
    test: TailTest,
    curve: KaplanMeier,
    low_of: Callable[[float, float], float],
    *,
    closed: bool = False,
    experimental: bool = False,
) -> SufficiencyTest:
    """Return (1 - N / n)^n for the events of a window that ends with the last event."""
    reason = no_window(curve)
    if reason is not None:
        return not_computable(test, reason, experimental=experimental)
    end = curve.end_time
    last_event = float(curve.time[np.flatnonzero(curve.events)[-1]])
    low = low_of(end, last_event)
    rounding = SAME_TIME * end
    inside = curve.time > low - rounding if closed else curve.time > low + rounding
    events = int(curve.events[inside].sum())
    p = (1 - events / curve.n) ** curve.n
    return SufficiencyTest(
        test,
        SOURCES[test],
        INSUFFICIENT,
        events / curve.n,
        p,
        follow_up_meaning(p),
        experimental,
        events=events,
        window_low=low,
        window_high=last_event,
    )


def follow_up_meaning(p: float) -> str:
    if p < LEVEL:
        return "follow-up looks long enough: the events stop before it ends"
    return "follow-up is not shown to be long enough: more events may come after it"


def _still_to_fall(drawn: Resampled) -> Floats:
    """Return T_n of each replicate."""
    end = drawn.end_time
    last_event = np.maximum(drawn.last_event, 0.0)
    long_plateau = 2 * (end - last_event) >= end
    distance = np.where(long_plateau, end, 9 / 8 * end - last_event / 4)
    start, middle, stop = (
        1 - drawn.at(np.maximum(end - distance * part, 0.0)) for part in (1.0, 0.5, 0.0)
    )
    curvature = 2 * middle - start - stop
    level = stop.copy()
    np.divide((middle - start) ** 2, curvature, out=level, where=np.abs(curvature) > 1e-12)
    level = np.where(np.abs(curvature) > 1e-12, start + level, stop)
    return np.clip(level, stop, 1.0) - stop


def in_blocks(statistic: Callable[[int], Floats], replicates: int, n: int) -> Floats:
    """Return the statistic of all replicates, a bounded number of patients at a time."""
    block = max(_BLOCK // n, 1)
    sizes = [min(block, replicates - done) for done in range(0, replicates, block)]
    return np.concatenate([statistic(size) for size in sizes])
