"""What value frameworks give for a tail, and the probability that it is due.

Each rule is applied to the two curves, and again to curves of patients resampled within arm: the
share of resamples in which it is met says how much the award hangs on chance. For arms rebuilt from
a published curve the resamples are spread over the histories that fit it. Where a median is not
reached or a curve is too short the rule may not be judged; it still is where survival at the end
decides already, because survival never rises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from perdure.durable.award_rules import AwardRule, award_rules
from perdure.errors import InputError, Problem
from perdure.records import AwardCriterion, Bools, Floats, Ints, Patients, TailAward, months_per
from perdure.survival import SAME_TIME, KaplanMeier, Resampled, kaplan_meier, resample, unchanged

__all__ = ["tail_awards"]

_SAME = 1e-9
"""A proportion this close to a threshold has reached it."""
_UNKNOWN = -1

Judged = NDArray[np.int8]
"""1 met, 0 not met, -1 not judged; shape (replicates,)."""


@dataclass(frozen=True, eq=False)
class _Condition:
    """One condition in every replicate."""

    name: str
    value: Floats
    threshold: float
    strict: bool
    met: Judged


@dataclass(frozen=True, eq=False)
class _Verdict:
    """A rule in every replicate."""

    median: Floats
    time: Floats
    conditions: tuple[_Condition, ...]
    met: Judged


@dataclass(frozen=True, eq=False)
class _Known:
    """Limits of survival at a time: one number within follow-up, down to 0 beyond it."""

    low: Floats
    high: Floats
    inside: Bools


def tail_awards(
    test: Patients,
    comparator: Patients,
    *,
    endpoint: str,
    test_draws: Sequence[Patients] = (),
    comparator_draws: Sequence[Patients] = (),
    replicates: int = 2000,
    seed: int = 1,
) -> tuple[TailAward, ...]:
    """Apply each framework's rule for the endpoint to a test arm and its comparator.

    Parameters
    ----------
    test, comparator : Patients
        In one unit of time. Observed patients, or the one history of an arm that was rebuilt.
    endpoint : str
        "OS" or "PFS"; no framework has a rule for another.
    test_draws, comparator_draws : sequence of Patients
        Histories of arms that were rebuilt; draw i of one arm is taken with draw i of the other,
        and an arm without draws is the same in all of them.
    replicates : int
        Resamples of patients within arm, in all.
    seed : int

    Returns
    -------
    tuple of TailAward
        In the order of the data file; empty for an endpoint without rules.

    Raises
    ------
    InputError
        If units differ, draws differ in number, or there are no replicates.

    Notes
    -----
    ASCO Value Framework, revised 2016, doi 10.1200/JCO.2016.68.2518; ESMO-MCBS v1.1, doi
    10.1093/annonc/mdx310, and v2.0, doi 10.1016/j.annonc.2025.04.006. The constants, and how far
    they were checked, are in ``tail_awards.toml``.

    Examples
    --------
    >>> test = Patients([2, 4, 6, 9, 12, 20, 30, 40], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> comparator = Patients([2, 3, 5, 6, 10, 20, 21, 22], [1, 1, 1, 1, 1, 0, 0, 0])
    >>> award = tail_awards(test, comparator, endpoint="OS")[0]
    >>> award.time, award.met, [round(each.value, 3) for each in award.criteria]
    (16.0, False, [0.375, 1.333])
    >>> award.label
    'ASCO Value Framework net health benefit, revised 2016 (unverified)'
    """
    rules = [rule for rule in award_rules() if rule.endpoint == endpoint.strip().upper()]
    draws = _draws(test, comparator, test_draws, comparator_draws)
    if replicates < 1:
        remedy = "give 2000, or as many as time allows"
        raise InputError(Problem("there are no replicates", remedy, value=str(replicates)))
    unit = 1 / months_per(test.time_unit)
    curves = _curve(test), _curve(comparator)
    shown = [_judge(rule, unchanged(curves[0]), unchanged(curves[1]), unit) for rule in rules]
    random = np.random.default_rng(seed)
    met: list[list[Judged]] = [[] for _ in rules]
    for row, (a, b) in enumerate(draws):
        size = max(replicates // len(draws) + (row < replicates % len(draws)), 1)
        first, second = (resample(_curve(patients), size, random) for patients in (a, b))
        for rule, found in zip(rules, met, strict=True):
            found.append(_judge(rule, first, second, unit).met)
    return tuple(
        _award(rule, one, np.concatenate(found), (len(draws), seed), curves, test)
        for rule, one, found in zip(rules, shown, met, strict=True)
    )


def _draws(
    test: Patients,
    comparator: Patients,
    test_draws: Sequence[Patients],
    comparator_draws: Sequence[Patients],
) -> list[tuple[Patients, Patients]]:
    """Return the pairs of arms to resample."""
    units = {one.time_unit for one in (test, comparator, *test_draws, *comparator_draws)}
    if len(units) > 1:
        found = ", ".join(sorted(units))
        remedy = "convert them to one unit first"
        raise InputError(Problem("the arms have different time units", remedy, value=found))
    sizes = {len(draws) for draws in (test_draws, comparator_draws) if draws}
    if len(sizes) > 1:
        found = f"{len(test_draws)} and {len(comparator_draws)}"
        remedy = "rebuild both arms with as many draws"
        raise InputError(Problem("the arms have different numbers of draws", remedy, value=found))
    number = sizes.pop() if sizes else 1
    return list(
        zip(test_draws or [test] * number, comparator_draws or [comparator] * number, strict=True)
    )


def _curve(patients: Patients) -> KaplanMeier:
    return kaplan_meier(patients.time, patients.event)


def _judge(rule: AwardRule, test: Resampled, comparator: Resampled, unit: float) -> _Verdict:
    """Apply a rule in every replicate; ``unit`` is how many units of time a month has."""
    median = comparator.median
    if rule.multiple is not None:
        return _at_multiple(rule, test, comparator, median)
    if rule.bands:
        return _at_milestone(rule, test, comparator, median, unit)
    nothing = np.full(median.size, _UNKNOWN, dtype=np.int8)
    return _Verdict(median, np.full(median.size, np.inf), (), nothing)


def _at_multiple(
    rule: AwardRule, test: Resampled, comparator: Resampled, median: Floats
) -> _Verdict:
    """Apply a rule at a multiple of the comparator's median."""
    multiple, floor, ratio = rule.multiple or 0.0, rule.floor or 0.0, rule.ratio or 0.0
    reached = np.isfinite(median) & (median > 0)
    earliest = multiple * np.where(np.isfinite(median), median, comparator.end_time)
    a, b = _known(test, earliest, reached), _known(comparator, earliest, reached)
    alive = _at_least(b.low, b.high, floor)
    better = _at_least(a.low - ratio * b.high, a.high - ratio * b.low, 0.0)
    relative = np.full(median.size, np.nan)
    np.divide(a.high, b.high, out=relative, where=a.inside & b.inside & (b.high > 0))
    conditions = (
        _Condition(
            "comparator's patients event-free at twice its median"
            if multiple == 2
            else f"comparator's patients event-free at {multiple:g} times its median",
            np.where(b.inside, b.high, np.nan),
            floor,
            strict=False,
            met=alive,
        ),
        _Condition(
            "test arm's share over the comparator's", relative, ratio, strict=False, met=better
        ),
    )
    time = np.where(reached, earliest, np.inf)
    return _Verdict(median, time, conditions, _all(conditions))


def _at_milestone(
    rule: AwardRule, test: Resampled, comparator: Resampled, median: Floats, unit: float
) -> _Verdict:
    """Apply a rule at a milestone that depends on the comparator's median."""
    edges = unit * np.array([band.median_above for band in rule.bands[1:]])
    # a median beyond the end of follow-up is in the last band, or its band is not known
    seen = np.where(np.isfinite(median), median, comparator.end_time)
    index: Ints = np.searchsorted(edges * (1 + SAME_TIME), seen, side="left")
    placed = np.isfinite(median) | (index == len(rule.bands) - 1)
    time = unit * np.array([band.at for band in rule.bands])[index]
    gain = np.array([band.gain for band in rule.bands])[index]
    strict = rule.bands[0].strict
    a, b = _known(test, time, placed), _known(comparator, time, placed)
    better = _at_least(a.low - b.high - gain, a.high - b.low - gain, 0.0, strict=strict)
    better = np.where(placed, better, _UNKNOWN).astype(np.int8)
    value = np.where(a.inside & b.inside, a.high - b.high, np.nan)
    named = _Condition(
        "test arm's survival minus the comparator's", value, float(gain[0]), strict, better
    )
    return _Verdict(median, np.where(placed, time, np.inf), (named,), better)


def _known(drawn: Resampled, time: Floats, exact: Bools) -> _Known:
    """Return what is known of survival at a time, or at one not before it where not ``exact``."""
    high = drawn.at(time)
    inside = exact & (time <= drawn.end_time * (1 + SAME_TIME))
    inside = inside | (high == 0)
    return _Known(np.where(inside, high, 0.0), high, inside)


def _at_least(low: Floats, high: Floats, threshold: float, *, strict: bool = False) -> Judged:
    """Say whether a value between two limits reaches a threshold."""
    line = threshold + _SAME if strict else threshold - _SAME
    return np.where(low >= line, 1, np.where(high < line, 0, _UNKNOWN)).astype(np.int8)


def _all(conditions: tuple[_Condition, ...]) -> Judged:
    """Return whether all are met; one that is not decides, whatever is not judged."""
    met = np.array([each.met for each in conditions])
    worst = np.where((met == 0).any(axis=0), 0, np.where((met == 1).all(axis=0), 1, _UNKNOWN))
    return worst.astype(np.int8)


def _award(
    rule: AwardRule,
    shown: _Verdict,
    met: Judged,
    how: tuple[int, int],
    curves: tuple[KaplanMeier, KaplanMeier],
    test: Patients,
) -> TailAward:
    """Return the record of one rule."""
    reason = _reason(rule, shown, curves, str(test.time_unit))
    judged, n = int((met != _UNKNOWN).sum()), met.size
    yes = int((met == 1).sum())
    median, time = float(shown.median[0]), float(shown.time[0])
    verdict = _or_none(shown.met[0])
    return TailAward(
        rule=rule.id,
        framework=rule.framework,
        version=rule.version,
        title=rule.title,
        endpoint=rule.endpoint,
        award=rule.award,
        points=rule.points,
        grade=rule.grade,
        time=time if isfinite(time) else None,
        comparator_median=median if isfinite(median) else None,
        criteria=tuple(_criterion(each, reason) for each in shown.conditions),
        met=verdict,
        reason=reason if verdict is None else None,
        probability=yes / judged if judged else None,
        probability_low=yes / n,
        probability_high=(yes + n - judged) / n,
        not_judged=(n - judged) / n,
        replicates=n if rule.known else 0,
        draws=how[0],
        seed=how[1],
        source=rule.source,
        doi=rule.doi,
        verified=rule.verified,
        checked=rule.checked,
        caveat=rule.caveat,
        time_unit=test.time_unit,
    )


def _criterion(condition: _Condition, reason: str) -> AwardCriterion:
    """Return the record of one condition."""
    value = float(condition.value[0])
    known = isfinite(value)
    return AwardCriterion(
        condition.name,
        value if known else None,
        condition.threshold,
        condition.strict,
        _or_none(condition.met[0]),
        None if known else reason,
    )


def _or_none(met: np.int8) -> bool | None:
    return None if met == _UNKNOWN else bool(met)


def _reason(
    rule: AwardRule, shown: _Verdict, curves: tuple[KaplanMeier, KaplanMeier], unit: str
) -> str:
    """Return why a number of the rule is not known."""
    if not rule.known:
        return "the rule's constants are not known here"
    if shown.median[0] == 0:
        return "the comparator's median is 0"
    time = float(shown.time[0])
    if not isfinite(time):
        end = curves[1].end_time
        return f"the comparator's median is not reached by the end of its curve ({end:.4g} {unit})"
    short = [
        f"the {name}'s curve ends at {curve.end_time:.4g} {unit}"
        for name, curve in zip(("test arm", "comparator"), curves, strict=True)
        if curve.end_time * (1 + SAME_TIME) < time and curve.survival[-1] > 0
    ]
    if not short:
        return "nobody of the comparator is event-free then"
    return f"{' and '.join(short)}, before {time:.4g}"
