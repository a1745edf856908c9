"""Durable response, and its contrasts, of arms whose curves were drawn from published facts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perdure.published.curves import PublishedCurves
from perdure.records import (
    ArmCovariance,
    Contrast,
    DurableResponse,
    Floats,
    NotEstimable,
    Proportion,
    Reference,
    certainty_of,
)

__all__ = ["PublishedResponses", "published_responses"]

INTERVAL = "published facts"
"""The word for these intervals: quantiles over the curves that agree with what was published."""


@dataclass(frozen=True)
class PublishedResponses:
    """Durable response of a trial's arms under one reference.

    Attributes
    ----------
    responses : tuple of DurableResponse
    contrasts : tuple of Contrast
    covariance : ArmCovariance
    beyond : mapping of str to float
        The latest published time of each arm whose threshold lies after it: the response then
        rests on the prior and is never pooled.
    """

    responses: tuple[DurableResponse, ...]
    contrasts: tuple[Contrast, ...]
    covariance: ArmCovariance
    beyond: Mapping[str, float]


def published_responses(
    curves: PublishedCurves,
    *,
    k: float,
    reference: Reference,
    comparators: Mapping[str, str | None],
    time: float | None = None,
) -> PublishedResponses:
    """Return the durable response of every arm under a reference, with 95% limits over the draws.

    Parameters
    ----------
    curves : PublishedCurves
    k : float
    reference : {"own", "control", "trial", "fixed"}
    comparators : mapping of str to str or None
        The control of each arm of the trial; arms that are not in the curves are left alone.
    time : float, optional
        Threshold of ``fixed``.

    Examples
    --------
    >>> from perdure.published import published_curves
    >>> from perdure.records import PublishedFact
    >>> facts = [
    ...     PublishedFact("nivo", "median", 9.2, "verified", "x", low=7.3, high=13.3),
    ...     PublishedFact("nivo", "survival", 0.23, "verified", "x", time=24, low=0.16, high=0.30),
    ...     PublishedFact("nivo", "n", 135, "verified", "x"),
    ... ]
    >>> curves = published_curves(facts, draws=400)
    >>> found = published_responses(curves, k=2, reference="own", comparators={})
    >>> bool(0.2 < found.responses[0].estimate.value < 0.35)
    True
    """
    thresholds = {
        arm: _threshold(curves, arm, k, reference, comparators, time) for arm in curves.arms
    }
    drawn = {
        arm: curves.survival(arm, found)
        for arm, found in thresholds.items()
        if not isinstance(found, str)
    }
    beyond = {
        arm: curves.last_fact(arm)
        for arm, found in thresholds.items()
        if not isinstance(found, str) and float(np.median(found)) > curves.last_fact(arm)
    }
    multiple = None if reference == "fixed" else k
    responses = tuple(
        _response(curves, arm, thresholds[arm], drawn.get(arm), multiple, reference)
        for arm in curves.arms
    )
    contrasts = tuple(
        _contrast(arm, control, drawn, multiple, reference, time)
        for arm in curves.arms
        if (control := comparators.get(arm)) is not None and control in curves.arms
    )
    return PublishedResponses(responses, contrasts, _covariance(drawn), beyond)


def _threshold(
    curves: PublishedCurves,
    arm: str,
    k: float,
    reference: Reference,
    comparators: Mapping[str, str | None],
    time: float | None,
) -> Floats | str:
    """Return an arm's threshold in every draw, or why there is none."""
    if reference == "own":
        return k * curves.median(arm)
    if reference == "fixed":
        return np.full(len(curves.hazards.hazard), float(time or 0.0))
    if reference == "trial":
        return _without_trial(curves, comparators) or k * curves.median_of_all()
    control = comparators.get(arm) or (arm if arm in comparators.values() else None)
    if control is None:
        return "it has no control arm"
    if control not in curves.arms:
        return f"nothing was published of the survival of its control arm '{control}'"
    return k * curves.median(control)


def _without_trial(curves: PublishedCurves, comparators: Mapping[str, str | None]) -> str:
    """Return why the median of the whole trial is not known; empty where it is."""
    without = [one for one in comparators if one not in curves.arms]
    if without:
        return f"nothing was published of arm {' and '.join(without)} of its trial"
    unsized = [one for one in curves.arms if one not in curves.sizes.n]
    if unsized:
        return f"the number of patients of arm {' and '.join(unsized)} is not known"
    return ""


def _response(
    curves: PublishedCurves,
    arm: str,
    threshold: Floats | str,
    drawn: Floats | None,
    k: float | None,
    reference: Reference,
) -> DurableResponse:
    """Return one arm's durable response."""
    low, middle, high = _limits(curves.median(arm))
    n, events = curves.sizes.n.get(arm), curves.sizes.events.get(arm)
    return DurableResponse(
        arm=arm,
        n=None if n is None else int(n),
        events=None if events is None else int(events),
        median=middle,
        median_low=low,
        median_high=high,
        follow_up=None,
        k=k,
        reference=reference,
        threshold=None if isinstance(threshold, str) else float(np.median(threshold)),
        estimate=_proportion(drawn) if drawn is not None else NotEstimable(str(threshold)),
        caution=_caution(curves, arm, threshold),
    )


def _proportion(drawn: Floats) -> Proportion:
    """Return the middle of the draws with their limits; the error is that of the logit."""
    low, middle, high = _limits(drawn)
    error = float(np.std(_logit(drawn)))
    return Proportion(
        middle, error * middle * (1 - middle), low, high, None, "estimable", interval=INTERVAL
    )


def _caution(curves: PublishedCurves, arm: str, threshold: Floats | str) -> str:
    """Return what a reader should know of a number that rests on published facts."""
    facts = curves.facts_of(arm)
    recalled = sum(one.certainty != "verified" for one in facts)
    last = curves.last_fact(arm)
    words = [f"from {len(facts)} published facts and no curve"]
    if certainty_of(facts) != "verified":
        words.append(f"{recalled} of them from memory, not verified")
    if not isinstance(threshold, str) and float(np.median(threshold)) > last:
        where = f"the latest published point, {last:.3g} months," if last else "any point"
        words.append(
            f"the threshold lies beyond {where} so that the width is that of what is possible"
        )
    return "; ".join(words)


def _contrast(
    arm: str,
    control: str,
    drawn: Mapping[str, Floats],
    k: float | None,
    reference: Reference,
    time: float | None,
) -> Contrast:
    """Return an arm against its control, from curves that were drawn together."""
    if arm not in drawn or control not in drawn:
        reason = "one of the two has no durable response"
        return Contrast(arm, control, k, reference, reason=reason)
    mine, theirs = drawn[arm], drawn[control]
    difference = mine - theirs
    low, middle, high = _limits(difference)
    ratio = _limits(np.log(mine) - np.log(theirs))
    odds = _limits(_logit(mine) - _logit(theirs))
    share = float(np.mean(difference > 0))
    least = 1 / len(difference)
    return Contrast(
        arm,
        control,
        k,
        reference,
        difference=middle,
        se=float(np.std(difference)),
        ci_low=low,
        ci_high=high,
        p_value=min(1.0, 2 * max(min(share, 1 - share), least)),
        ratio=float(np.exp(ratio[1])),
        ratio_low=float(np.exp(ratio[0])),
        ratio_high=float(np.exp(ratio[2])),
        odds_ratio=float(np.exp(odds[1])),
        odds_ratio_low=float(np.exp(odds[0])),
        odds_ratio_high=float(np.exp(odds[2])),
        time=time,
    )


def _covariance(drawn: Mapping[str, Floats]) -> ArmCovariance:
    """Return how the arms vary together: the correlation of logits with their own errors."""
    if not drawn:
        return ArmCovariance((), ())
    values = np.stack(list(drawn.values()))
    middle = np.median(values, axis=1)
    scale = middle * (1 - middle)
    matrix = np.atleast_2d(np.cov(_logit(values), ddof=0)) * np.outer(scale, scale)
    return ArmCovariance(tuple(drawn), tuple(tuple(float(one) for one in row) for row in matrix))


def _logit(drawn: Floats) -> Floats:
    inside = np.clip(drawn, 1e-6, 1 - 1e-6)
    return np.log(inside) - np.log1p(-inside)


def _limits(drawn: Floats) -> tuple[float, float, float]:
    """Return the 2.5% quantile, the median and the 97.5% quantile."""
    low, middle, high = np.quantile(drawn, (0.025, 0.5, 0.975))
    return float(low), float(middle), float(high)
