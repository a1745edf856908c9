"""Survival curves that agree with what was published of a trial's arms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.errors import InputError, Problem
from perdure.published.agreement import Agreement, Sizes, agreement_of, events_of_pair
from perdure.published.coordinates import Coordinates
from perdure.published.hazards import Hazards, cox_limit, interval_edges
from perdure.published.prior import hazard_prior
from perdure.published.products import times_transposed
from perdure.published.sampler import posterior_draws
from perdure.records import CurveBand, FactCheck, Floats, PublishedFact

__all__ = ["DRAWS", "PublishedCurves", "arms_without_survival", "published_curves"]

DRAWS = 1000
"""Curves that are drawn of each arm."""

_MISFIT = 3.0
"""So many standard errors between a fact and the curves are said."""

_POINTS = 121

NEAR = 0.05
"""Intervals of hazards that would begin so near to a published time, relative to it, do not."""


@dataclass(frozen=True, eq=False)
class PublishedCurves:
    """Curves of a trial's arms, drawn together.

    Attributes
    ----------
    arms : tuple of str
    facts : tuple of PublishedFact
        What they agree with.
    sizes : Sizes
    hazards : Hazards
        One draw holds a curve of every arm.
    """

    arms: tuple[str, ...]
    facts: tuple[PublishedFact, ...]
    sizes: Sizes
    hazards: Hazards
    _agreement: Agreement

    def survival(self, arm: str, time: float | Floats) -> Floats:
        """Return an arm's survival at a time, or at one time a draw, in every draw."""
        return self.hazards.survival(self.arms.index(arm), time)

    def median(self, arm: str) -> Floats:
        """Return an arm's median in every draw."""
        return self.hazards.median(self.arms.index(arm))

    def median_of_all(self) -> Floats:
        """Return the median of all arms together, each by its patients, in every draw."""
        n = [self.sizes.n[arm] for arm in self.arms]
        weights = [one / sum(n) for one in n]
        medians = np.stack([self.median(arm) for arm in self.arms])
        low: Floats = medians.min(axis=0)
        high: Floats = medians.max(axis=0)
        for _ in range(50):
            middle = (low + high) / 2
            alive = sum(
                weight * self.survival(arm, middle)
                for weight, arm in zip(weights, self.arms, strict=True)
            )
            low, high = np.where(alive > 0.5, middle, low), np.where(alive > 0.5, high, middle)
        return (low + high) / 2

    @property
    def terms(self) -> tuple[PublishedFact, ...]:
        """The facts that have a distance from the curves; the others are bounds, or only used."""
        return self._agreement.terms

    def standardised_residuals(self) -> NDArray[np.float64]:
        """Return the distances between facts and curves in standard errors, without correlation.

        Shape (draws, terms).
        """
        return times_transposed(self._agreement.residuals(self.hazards), self._agreement.root)

    def facts_of(self, arm: str) -> tuple[PublishedFact, ...]:
        """Return what was published of an arm, with the ratios that have it in the denominator."""
        return tuple(one for one in self.facts if arm in (one.arm, one.against))

    def last_fact(self, arm: str) -> float:
        """Return the latest time of which a point of an arm's curve was published; 0 for none."""
        times = [
            one.value if one.kind == "median" and one.value is not None else one.time
            for one in self.facts
            if one.arm == arm and one.kind in ("median", "survival", "at risk")
        ]
        return max((time for time in times if time is not None), default=0.0)

    def band(self, arm: str) -> CurveBand:
        """Return an arm's curve with its limits, to twice its last fact or k = 3 medians."""
        last = self.last_fact(arm)
        end = max(1.25 * last, 3.2 * float(np.median(self.median(arm))))
        time = np.linspace(0.0, end, _POINTS)
        drawn = np.stack([self.survival(arm, float(one)) for one in time])
        low, middle, high = np.quantile(drawn, (0.025, 0.5, 0.975), axis=1)
        checks = tuple(self._check(one) for one in self.facts if one.arm == arm)
        return CurveBand(time, middle, low, high, last, checks)

    def _check(self, fact: PublishedFact) -> FactCheck:
        """Return what the curves say of a fact."""
        drawn = self._drawn(fact)
        if drawn is None:
            return FactCheck(fact, None, None, None)
        low, middle, high = (float(one) for one in np.quantile(drawn, (0.025, 0.5, 0.975)))
        apart = False
        if fact in self.terms:
            at = self.terms.index(fact)
            apart = abs(float(self._agreement.residuals(self.hazards)[:, at].mean())) > _MISFIT
        return FactCheck(fact, middle, low, high, apart)

    def _drawn(self, fact: PublishedFact) -> Floats | None:
        """Return the number that a fact prints in every draw."""
        if fact.kind == "median":
            return self.median(fact.arm)
        if fact.kind == "survival" and fact.time is not None:
            return self.survival(fact.arm, fact.time)
        if fact.kind == "at risk" and fact.time is not None and fact.arm in self.sizes.n:
            return self.survival(fact.arm, fact.time) * self.sizes.n[fact.arm]
        if fact.kind != "hazard ratio" or fact not in self.terms:
            return None
        pair = (fact.arm, fact.against or "")
        first, second = (self.sizes.n[arm] for arm in pair)
        seen = events_of_pair(fact, self.sizes) / (first + second)
        places = (self.arms.index(pair[0]), self.arms.index(pair[1]))
        share = first / (first + second)
        return np.exp(cox_limit(self.hazards, *places, share=share, events=min(seen, 0.98)))


def published_curves(
    facts: Sequence[PublishedFact], *, draws: int = DRAWS, seed: int = 20190519
) -> PublishedCurves:
    r"""Draw the survival curves of a trial's arms that agree with published facts.

    Bayes's theorem with a wide prior: the log hazard walks at random over log time
    (:mod:`perdure.published.prior`), and what was published is a measurement of the curve with the
    error that was published with it: medians log-normal on each side, survival at a time normal on
    the scale of log(-log), log hazard ratios normal and those that Cox's model tends to when
    hazards are not proportional, numbers at risk a lower bound of survival and events by a time an
    upper one (the others may have been censored). Facts of the same patients err together
    (:mod:`perdure.published.agreement`). A fact without an interval has the error of n patients,
    with more for censoring than nine in ten real arms have at their median.

    It is assumed that all facts of an endpoint are of the same patients at about the same cut-off,
    that censoring does not depend on prognosis, and that the prior's shapes are possible. Between
    published times and beyond the last one the curve is as wide as the walk.

    Parameters
    ----------
    facts : sequence of PublishedFact
        Of one endpoint of one trial, in one unit of time.
    draws : int
    seed : int

    Returns
    -------
    PublishedCurves

    Raises
    ------
    InputError
        If nothing is known of the survival of an arm.

    Examples
    --------
    >>> facts = [
    ...     PublishedFact("nivo", "median", 9.2, "verified", "x", low=7.3, high=13.3),
    ...     PublishedFact("nivo", "survival", 0.42, "verified", "x", time=12, low=0.34, high=0.50),
    ...     PublishedFact("nivo", "n", 135, "verified", "x"),
    ... ]
    >>> curves = published_curves(facts, draws=400)
    >>> low, high = np.quantile(curves.survival("nivo", 12.0), (0.025, 0.975))
    >>> bool(0.32 < low < 0.38 and 0.46 < high < 0.52)
    True
    """
    arms = tuple(dict.fromkeys(one.arm for one in facts))
    sizes = _sizes(facts)
    _refuse_without_survival(facts)
    edges, typical = _scale(facts)
    medians = {one.arm: one.value for one in facts if one.kind == "median"}
    times = [_times(facts, arm) for arm in arms]
    coordinates = Coordinates.of(edges, times, [medians.get(arm) for arm in arms])
    prior = hazard_prior(edges, len(arms), typical)
    agreement = agreement_of(arms, facts, sizes)
    shape = (len(arms), len(edges))

    def density(
        points: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        log_hazards, volume = coordinates.log_hazards(points.reshape(-1, *shape))
        hazards = Hazards.of(edges, log_hazards)
        weight = prior.log_weight(hazards) + volume.sum(axis=1)
        return np.column_stack([prior.misfits(log_hazards), agreement.misfits(hazards)]), weight

    start = coordinates.points(np.full((1, *shape), prior.centre)).ravel()
    points = posterior_draws(density, start, draws, np.random.default_rng(seed))
    log_hazards, _ = coordinates.log_hazards(points.reshape(-1, *shape))
    hazards = Hazards.of(edges, log_hazards)
    return PublishedCurves(arms, tuple(facts), sizes, hazards, agreement)


def _sizes(facts: Sequence[PublishedFact]) -> Sizes:
    """Return patients and events by arm, where they were printed."""

    def counts(kind: str) -> dict[str, float]:
        return {one.arm: one.value for one in facts if one.kind == kind and one.value}

    return Sizes(counts("n"), counts("events"))


def arms_without_survival(facts: Sequence[PublishedFact]) -> tuple[str, ...]:
    """Return the arms of which no point of the curve is known, nor a ratio to one that is.

    Examples
    --------
    >>> arms_without_survival([PublishedFact("nivo", "n", 135, "verified", "abstract")])
    ('nivo',)
    """
    points = {
        one.arm
        for one in facts
        if one.kind == "survival" or (one.kind == "median" and one.value is not None)
    }
    linked = {
        arm
        for one in facts
        if one.kind == "hazard ratio" and {one.arm, one.against} & points
        for arm in (one.arm, one.against or "")
    }
    return tuple(dict.fromkeys(one.arm for one in facts if one.arm not in points | linked))


def _refuse_without_survival(facts: Sequence[PublishedFact]) -> None:
    problems = [
        Problem(
            f"of arm {arm} neither a median nor survival at a time was published",
            "add one, or a hazard ratio against an arm of which one is known",
            value=arm,
        )
        for arm in arms_without_survival(facts)
    ]
    if problems:
        raise InputError(problems)


def _times(facts: Sequence[PublishedFact], arm: str) -> list[float]:
    """Return the times at which a point of an arm's curve was published."""
    medians = [one.value for one in facts if one.arm == arm and one.kind == "median"]
    points = [one.time for one in facts if one.arm == arm and one.kind == "survival"]
    return [time for time in (*medians, *points) if time]


def _scale(facts: Sequence[PublishedFact]) -> tuple[Floats, float]:
    """Return the intervals of the hazards, and a typical time of the trial's events.

    Published times are where intervals begin; others give way to them.
    """
    medians = [one.value for one in facts if one.kind == "median" and one.value]
    guessed = [
        one.time * np.log(2) / -np.log(min(max(one.value, 0.01), 0.99))
        for one in facts
        if one.kind == "survival" and one.value is not None and one.time
    ]
    points = medians or guessed
    typical = float(np.exp(np.mean(np.log(points))))
    times = [one.time for one in facts if one.time]
    earliest = min([0.05 * min(points), *(0.5 * time for time in times)])
    latest = max([6.0 * max(points), *(1.2 * time for time in times)])
    published = sorted({time for one in facts for time in _times(facts, one.arm)})
    free = [
        time
        for time in interval_edges(earliest, latest)
        if all(abs(time - one) > NEAR * one for one in published)
    ]
    return np.array(sorted([*free, *published])), typical
