"""Arms known by published facts: their curves, durable response, and whether they are pooled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from perdure.published import (
    Contradiction,
    contradiction,
    published_curves,
    published_responses,
)
from perdure.records import (
    AnalysisResult,
    ArmCovariance,
    ArmEstimate,
    ArmResult,
    CurveBand,
    NotEstimable,
    Proportion,
    PublishedFact,
    Trial,
    TrialContrast,
    certainty_of,
)
from perdure.study import FACTS_ANALYSIS, PublishedFacts, Settings, Study
from perdure.workers import in_workers

__all__ = ["facts_result", "facts_results", "with_facts"]


def facts_results(study: Study, *, jobs: int = 1) -> tuple[AnalysisResult, ...]:
    """Return everything that is estimated from the published facts of a study, in their order."""
    trials = {trial.trial: trial for trial in study.trials}
    work = [(one, trials[one.trial], study.settings) for one in study.facts]
    found = dict(in_workers(facts_result, work, jobs))
    return tuple(found[place] for place in range(len(work)))


def with_facts(
    analyses: Sequence[AnalysisResult], study: Study, results: Sequence[AnalysisResult]
) -> tuple[AnalysisResult, ...]:
    """Return the analyses with those of published facts, in the order of the study.

    An arm known by facts is an analysis that is not pooled, whatever else is known of it. Where the
    study asks for them, arms that enter by nothing else are in the primary analysis instead.
    ``results`` are those of ``study.facts``.
    """
    known = list(analyses)
    for one, found in zip(study.facts, results, strict=True):
        result = found
        wanted = _wanted(result, one, known, study.settings)
        if wanted:
            _enter(known, result, wanted)
            result = _only(result, [arm.arm for arm in result.arms if arm.arm not in wanted])
        if result.arms:
            known.append(result)
    order = {trial.trial: at for at, trial in enumerate(study.trials)}
    endpoints = list(study.settings.endpoints)
    return tuple(sorted(known, key=lambda one: (order[one.trial], endpoints.index(one.endpoint))))


def facts_result(facts: PublishedFacts, trial: Trial, settings: Settings) -> AnalysisResult:
    """Return everything that is estimated of one endpoint of one trial from published facts."""
    place = (facts.trial, facts.endpoint, FACTS_ANALYSIS)
    name = f"{settings.seed}/{'.'.join(place)}"
    seed = int.from_bytes(sha256(name.encode()).digest()[:6], "big")
    curves = published_curves(facts.facts, seed=seed)
    wrong = contradiction(curves, seed=seed)
    bands = {arm: replace(curves.band(arm), contradicted=wrong is not None) for arm in curves.arms}
    together = () if wrong is None else (_contradiction(wrong, facts),)
    arms = tuple(
        ArmResult(arm, "facts", None, None, None, None, (*together, *_warnings(band)), band=band)
        for arm, band in bands.items()
    )
    certainty = {arm: certainty_of(curves.facts_of(arm)) for arm in curves.arms}
    estimates: list[ArmEstimate] = []
    contrasts: list[TrialContrast] = []
    covariances: dict[str, ArmCovariance] = {}
    for reference in settings.reference:
        found = published_responses(
            curves,
            k=settings.endpoints[facts.endpoint].k,
            reference=reference,
            comparators={arm.arm: arm.comparator for arm in trial.arms},
            time=settings.fixed_time_months(facts.endpoint),
        )
        estimates += [
            ArmEstimate(*place, False, "facts", one, certainty[one.arm])  # noqa: FBT003
            for one in found.responses
        ]
        contrasts += [TrialContrast(*place, False, one) for one in found.contrasts]  # noqa: FBT003
        covariances[reference] = found.covariance
    return AnalysisResult(
        *place,
        primary=False,
        arms=arms,
        estimates=tuple(estimates),
        contrasts=tuple(contrasts),
        covariances=covariances,
    )


def _contradiction(found: Contradiction, facts: PublishedFacts) -> str:
    """Return that facts contradict each other, and what to look at."""
    culprits = [_named(one) for one in found.culprits]
    if culprits:
        which = f"without {' or '.join(culprits)} the others agree"
    else:
        which = "more than one of them is not in line with the others"
    return (
        f"the published facts of {facts.trial}.{facts.endpoint} contradict each other: {which}."
        " Look for a ratio turned round, a slip of the pen, another cut-off or population; until"
        " then its arms are not pooled as verified"
    )


def _named(fact: PublishedFact) -> str:
    """Return a fact in words: "the hazard ratio of nivo against chemo (0.59)"."""
    against = f" against {fact.against}" if fact.against else ""
    at = f" at {fact.time:g} months" if fact.time is not None else ""
    value = "not reached" if fact.value is None else f"{fact.value:g}"
    return f"the {fact.kind}{at} of {fact.arm}{against} ({value})"


def _warnings(band: CurveBand) -> tuple[str, ...]:
    """Return which facts the curves do not meet."""
    return tuple(
        f"the published {one.fact.kind} of {one.fact.value:g} does not agree with the other facts:"
        f" the curves that meet them have {one.drawn:.3g} ({one.low:.3g} to {one.high:.3g})"
        for one in band.checks
        if one.disagrees and one.fact.value is not None
    )


def _wanted(
    result: AnalysisResult,
    facts: PublishedFacts,
    known: Sequence[AnalysisResult],
    settings: Settings,
) -> list[str]:
    """Return the arms that enter the pool by their facts."""
    if settings.published_facts.pooled == "no":
        return []
    taken = {
        arm.arm
        for one in known
        if one.primary and (one.trial, one.endpoint) == (facts.trial, facts.endpoint)
        for arm in one.arms
    }
    unseen = {one.response.arm for one in result.estimates if one.certainty != "verified"}
    unseen |= {one.arm for one in result.arms if one.band is not None and one.band.contradicted}
    left_out = taken | (unseen if settings.published_facts.pooled == "verified" else set())
    return [arm for arm in facts.arms if arm not in left_out]


def _only(result: AnalysisResult, arms: Collection[str]) -> AnalysisResult:
    """Return the part of an analysis that is of these arms."""
    return replace(
        result,
        arms=tuple(one for one in result.arms if one.arm in arms),
        estimates=tuple(one for one in result.estimates if one.response.arm in arms),
        contrasts=tuple(
            one
            for one in result.contrasts
            if {one.contrast.arm, one.contrast.comparator} <= {*arms}
        ),
    )


def _enter(known: list[AnalysisResult], result: AnalysisResult, arms: Sequence[str]) -> None:
    """Put arms into the primary analysis of their trial and endpoint, or make it one."""
    mine = _only(result, arms)
    bands = {arm.arm: arm.band for arm in mine.arms}
    at = next(
        (
            place
            for place, one in enumerate(known)
            if one.primary and (one.trial, one.endpoint) == (result.trial, result.endpoint)
        ),
        None,
    )
    before = (
        AnalysisResult(result.trial, result.endpoint, "", True, (), (), ())  # noqa: FBT003
        if at is None
        else known[at]
    )
    joined = replace(
        before,
        arms=(*before.arms, *mine.arms),
        estimates=(
            *before.estimates,
            *(
                replace(_reached(one, bands), analysis=before.analysis, primary=True)
                for one in mine.estimates
            ),
        ),
        contrasts=(
            *before.contrasts,
            *(replace(one, analysis=before.analysis, primary=True) for one in mine.contrasts),
        ),
        covariances=_joined(before.covariances, mine.covariances, arms),
    )
    if at is None:
        known.append(joined)
    else:
        known[at] = joined


def _reached(one: ArmEstimate, bands: Mapping[str, CurveBand | None]) -> ArmEstimate:
    """Return an estimate; beyond the last published point it is no number that may be pooled."""
    response, band = one.response, bands[one.response.arm]
    found = response.estimate
    if band is None or not isinstance(found, Proportion) or response.threshold is None:
        return one
    if response.threshold <= band.last_fact:
        return one
    reason = (
        f"the threshold of {response.threshold:.3g} months lies beyond the latest published point"
        f" of the curve, {band.last_fact:.3g} months"
    )
    bounds = NotEstimable(reason, found.ci_low, found.ci_high, found.ci_high)
    return replace(one, response=replace(response, estimate=bounds))


def _joined(
    before: Mapping[str, ArmCovariance], more: Mapping[str, ArmCovariance], arms: Collection[str]
) -> dict[str, ArmCovariance]:
    """Return how all arms vary together: those of facts are independent of the others."""
    found = dict(before)
    for reference, mine in more.items():
        old = before.get(reference, ArmCovariance((), ()))
        names = (*old.arms, *(arm for arm in mine.arms if arm in arms))
        matrix = tuple(
            tuple(
                (mine if {one, other} <= {*arms} else old).between(one, other) or 0.0
                for other in names
            )
            for one in names
        )
        found[reference] = ArmCovariance(names, matrix)
    return found
