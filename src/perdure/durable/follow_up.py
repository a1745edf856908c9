"""How long an arm was followed, at its threshold and beyond, and whether its tail can be trusted.

Median follow-up is that of reverse Kaplan-Meier; survivors' own times are shown beside it. At the
threshold: who was still at risk, whose follow-up could have come so far, and how much of the
information is there. At the end: whether the events had stopped (Maller and Zhou's test and its
corrections, see :mod:`perdure.survival.cure`).
"""

from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import CuredFraction, FollowUp, Patients, SufficiencyTest, ThresholdReach
from perdure.survival import (
    SAME_TIME,
    KaplanMeier,
    cured_fraction,
    cured_fraction_test,
    extremes_test,
    kaplan_meier,
    maller_zhou_test,
    median,
    q_n_test,
    reverse_kaplan_meier,
    shen_test,
)

__all__ = ["follow_up"]

_THIN = 10
_LEVEL = 0.05


@dataclass(frozen=True)
class _AtThreshold:
    """What is known at the threshold."""

    reach: ThresholdReach
    n_at_risk: int | None
    could_reach: float | None
    information: float | None
    low: float
    high: float
    reasons: dict[str, str]


def follow_up(
    arm: str,
    patients: Patients,
    *,
    threshold: float | None = None,
    threshold_reason: str = "no threshold was given",
    thin: int = _THIN,
    level: float = 0.95,
    replicates: int = 999,
    seed: int = 1,
) -> FollowUp:
    """Describe the follow-up of one arm.

    Parameters
    ----------
    arm : str
    patients : Patients
    threshold : float, optional
        Of durable response; not negative, in the patients' unit.
    threshold_reason : str
        Why there is none, where there is none.
    thin : int
        Fewer patients than this at risk at the threshold make its reach ``thin``.
    level : float
        Of the intervals.
    replicates, seed : int
        Of the tests that simulate or resample.

    Returns
    -------
    FollowUp
        Never nan: what is not known is None, and ``reasons`` says why.

    Raises
    ------
    InputError
        If the threshold is negative or not finite, or an option of the tests is out of range.

    Notes
    -----
    Reverse Kaplan-Meier: Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X.

    Examples
    --------
    >>> found = follow_up("a", Patients([1, 2, 3, 4, 5, 6, 9], [1, 1, 1, 1, 1, 0, 0]), threshold=6)
    >>> found.median, round(found.maturity, 2), found.n_at_risk, found.could_reach, found.reach
    (7.5, 0.71, 2, 1.0, 'thin')
    >>> print(found.verdict)
    Not enough to speak of a cured fraction: follow-up is not shown to be long enough by Shen's and
    the q_n test.
    """
    if threshold is not None and not 0 <= threshold < np.inf:
        raise InputError(
            Problem("a threshold is a time of 0 or later", "give a time", value=f"{threshold}")
        )
    time, event = patients.time, patients.event
    curve, reverse = kaplan_meier(time, event), reverse_kaplan_meier(time, event)
    reasons: dict[str, str] = {}
    middle = median(reverse, level=level)
    for name, value in (
        ("median", middle.value),
        ("median_low", middle.low),
        ("median_high", middle.high),
    ):
        if value is None:
            reasons[name] = _no_median(name, reverse)
    survivors = time[~event]
    if survivors.size == 0:
        why = "every patient had the event"
        reasons |= dict.fromkeys(("survivors_min", "survivors_median", "survivors_max"), why)
    at = _at_threshold(curve, reverse, threshold, threshold_reason, thin)
    tests = (
        maller_zhou_test(time, event),
        shen_test(time, event),
        q_n_test(time, event, replicates=replicates, seed=seed),
        extremes_test(time, event, replicates=replicates, seed=seed),
        cured_fraction_test(time, event, replicates=replicates, seed=seed),
    )
    cured = cured_fraction(time, event, level=level)
    return FollowUp(
        arm=arm,
        n=patients.n,
        events=patients.events,
        maturity=patients.events / patients.n,
        median=middle.value,
        median_low=middle.low,
        median_high=middle.high,
        survivors=int(survivors.size),
        survivors_min=float(survivors.min()) if survivors.size else None,
        survivors_median=float(np.median(survivors)) if survivors.size else None,
        survivors_max=float(survivors.max()) if survivors.size else None,
        threshold=threshold,
        reach=at.reach,
        n_at_risk=at.n_at_risk,
        could_reach=at.could_reach,
        information=at.information,
        survival_low=at.low,
        survival_high=at.high,
        tests=tests,
        cured=cured,
        verdict=_verdict(tests, cured),
        time_unit=patients.time_unit,
        reasons=reasons | at.reasons,
    )


def _no_median(name: str, reverse: KaplanMeier) -> str:
    """Return why reverse Kaplan-Meier has no median, or no limit of it."""
    if not reverse.events.any():
        return "no patient was censored"
    last = float(reverse.survival[-1])
    if name == "median":
        return f"reverse Kaplan-Meier ends at {last:.2f}, above one half"
    return "the limit of reverse Kaplan-Meier does not cross one half"


def _at_threshold(
    curve: KaplanMeier,
    reverse: KaplanMeier,
    threshold: float | None,
    threshold_reason: str,
    thin: int,
) -> _AtThreshold:
    """Return what is known of survival and of follow-up at the threshold."""
    if threshold is None:
        why = dict.fromkeys(
            ("threshold", "n_at_risk", "could_reach", "information"), threshold_reason
        )
        return _AtThreshold("no threshold", None, None, None, 0.0, 1.0, why)
    at_risk = curve.at_risk(threshold)
    reasons: dict[str, str] = {}
    could_reach = _could_reach(reverse, threshold)
    if could_reach is None:
        reasons["could_reach"] = "follow-up ends with an event: how long it would have gone on"
        reasons["could_reach"] += " is not known"
    last = float(curve.survival[-1])
    if last == 0 and threshold >= curve.end_time * (1 - SAME_TIME):
        reasons["information"] = "survival is 0 there: it has no standard error"
        return _AtThreshold("zero", at_risk, could_reach, None, 0.0, 0.0, reasons)
    if threshold > curve.end_time * (1 + SAME_TIME):
        reasons["information"] = "follow-up ends before the threshold"
        return _AtThreshold("not reached", at_risk, could_reach, None, 0.0, last, reasons)
    survival = curve.at(threshold)
    error = curve.standard_error_at(threshold)
    information = None
    if error and 0 < survival < 1:
        information = min(survival * (1 - survival) / curve.n / error**2, 1.0)  # but for rounding
    else:
        reasons["information"] = "no event before the threshold: survival has no standard error"
    reach: ThresholdReach = "thin" if at_risk < thin else "reached"
    return _AtThreshold(reach, at_risk, could_reach, information, survival, survival, reasons)


def _could_reach(reverse: KaplanMeier, threshold: float) -> float | None:
    """Return the share followed to the threshold or beyond, were there no events; None if unknown.

    Patients censored at the threshold itself have reached it.
    """
    before = int(reverse.time.searchsorted(threshold * (1 - SAME_TIME), side="left"))
    if before == reverse.time.size and reverse.survival[-1] > 0:
        return None
    return 1.0 if before == 0 else float(reverse.survival[before - 1])


def _verdict(tests: tuple[SufficiencyTest, ...], cured: CuredFraction) -> str:
    """Return one sentence on what the tail can say of a cured fraction.

    Maller and Zhou's own test does not decide: it calls follow-up sufficient too often.
    """
    _, shen, q_n, extremes, height = tests
    if shen.p_value is None or q_n.p_value is None:
        return f"Nothing can be said of a cured fraction: {shen.reason}."
    too_short = extremes.p_value is not None and extremes.p_value < _LEVEL
    names = {"Shen's": shen.p_value, "the q_n": q_n.p_value}
    against = [name for name, p in names.items() if p >= _LEVEL]
    if too_short:
        return (
            "Follow-up looks too short to speak of a cured fraction: extrapolated, the curve "
            f"falls by another {extremes.statistic:.0%} (p = {extremes.p_value:.3f})."
        )
    if against:
        return (
            "Not enough to speak of a cured fraction: follow-up is not shown to be long enough "
            f"by {' and '.join(against)} test."
        )
    share = f"{cured.value:.0%} ({cured.ci_low:.0%} to {cured.ci_high:.0%})"
    if height.p_value is not None and height.p_value < _LEVEL:
        return (
            f"Follow-up looks long enough, and the plateau at {share} is higher than a Weibull "
            "tail without a cured fraction would leave it."
        )
    return (
        f"Follow-up looks long enough, but a Weibull tail without a cured fraction explains the "
        f"plateau at {share} as well."
    )
