"""One choice changed at a time: what each sensitivity analysis is made from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from perdure.pipeline.analyse import published_estimates
from perdure.pipeline.published_facts import facts_results, with_facts
from perdure.pipeline.variations import other_multiples, varied
from perdure.pipeline.without_patients import with_published
from perdure.records import REFERENCES, AnalysisResult, ArmEstimate, Reference, Source
from perdure.records.sensitivity_analysis import Change, Variation
from perdure.study import Settings, Study

__all__ = ["Material", "Scenario", "scenarios"]

SCALES = {"log-log": "log(−log)", "arcsine": "arcsine", "log": "log", "plain": "proportion itself"}
"""That proportions are pooled on, beside the logit."""
METHODS = ("REML", "ML", "DL", "PM", "SJ")
"""Estimators of tau2 that are tried."""
TESTS = {
    "adhoc": "Hartung-Knapp, not below 1",
    "knha": "Hartung-Knapp",
    "t": "t, without Hartung-Knapp's factor",
    "z": "normal",
}
WHOSE = {
    "own": "own median",
    "control": "control arm’s median",
    "trial": "trial’s median",
    "fixed": "fixed time",
}


@dataclass(frozen=True)
class Scenario:
    """What is pooled, and how.

    Attributes
    ----------
    change : str
    setting : str
    analyses : sequence of AnalysisResult
    settings : Settings
        Of one endpoint, one reference and one grouping.
    scale : str
        That proportions are pooled on.
    counts : bool
        By the binomial-normal model of effective counts.
    reason : str or None
        Why there is nothing to pool.
    """

    change: Change
    setting: str
    analyses: Sequence[AnalysisResult]
    settings: Settings
    scale: str = "logit"
    counts: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Material:
    """What a study's run found, from which every scenario of an endpoint is made.

    Attributes
    ----------
    study : Study
    endpoint : str
    found : sequence of AnalysisResult
        As they were estimated, without the arms that have no patients.
    facts : sequence of AnalysisResult
        Of ``study.facts``.
    analyses : sequence of AnalysisResult
        All, as they are pooled.
    jobs : int
    """

    study: Study
    endpoint: str
    found: Sequence[AnalysisResult]
    facts: Sequence[AnalysisResult]
    analyses: Sequence[AnalysisResult]
    jobs: int = 1

    @cached_property
    def estimates(self) -> tuple[ArmEstimate, ...]:
        """What is pooled of the endpoint, under every reference."""
        return tuple(
            estimate
            for analysis in self.analyses
            if analysis.primary and analysis.endpoint == self.endpoint
            for estimate in analysis.estimates
        )

    def settings(self, reference: Reference, k: float | None = None) -> Settings:
        """Return the study's settings with one reference, and with another k."""
        own = self.study.settings
        chosen = own.endpoints[self.endpoint]
        endpoints = {
            **own.endpoints,
            self.endpoint: replace(chosen, k=chosen.k if k is None else k),
        }
        pool = replace(own.pool, by=own.pool.by[:1])
        return replace(own, reference=(reference,), endpoints=endpoints, pool=pool)

    def question(self, reference: Reference, k: float | None = None) -> Settings:
        """Return the same of this endpoint alone."""
        found = self.settings(reference, k)
        return replace(found, endpoints={self.endpoint: found.endpoints[self.endpoint]})

    def under(self, variation: Variation) -> tuple[AnalysisResult, ...]:
        """Return all analyses as a run with this variation would have them."""
        settings = self.settings(variation.reference, variation.k)
        facts = [one for one in self.study.facts if one.endpoint == self.endpoint]
        study = replace(self.study, settings=settings, facts=tuple(facts))
        extra, _ = published_estimates(study.published, study.trials, settings)
        joined = with_published(varied(self.found, variation), extra, study)
        if settings.published_facts.pooled == "no":
            return joined
        return with_facts(joined, study, facts_results(study, jobs=self.jobs))

    def with_all_facts(self) -> tuple[AnalysisResult, ...]:
        """Return all analyses with the arms that are known by published facts alone."""
        own = self.study.settings
        pooled = replace(own.published_facts, pooled="all")
        study = replace(self.study, settings=replace(own, published_facts=pooled))
        extra, _ = published_estimates(study.published, study.trials, own)
        return with_facts(with_published(self.found, extra, study), study, self.facts)


def scenarios(material: Material, reference: Reference) -> Iterator[Scenario]:
    """Yield the primary analysis under a reference, then every change."""
    settings = material.question(reference)
    primary = Scenario("primary", _in_words(material, reference), material.analyses, settings)
    yield primary
    yield from _references(material, reference)
    yield from _multiples(material, reference)
    yield from (
        replace(primary, change="scale", setting=words, scale=scale)
        for scale, words in SCALES.items()
    )
    yield from _models(primary)
    yield _one_history(material, primary, reference)
    yield from _data(material, primary)


def _in_words(material: Material, reference: Reference) -> str:
    pool, k = material.study.settings.pool, material.study.settings.endpoints[material.endpoint].k
    rule = WHOSE[reference] if reference == "fixed" else f"{k:g} × {WHOSE[reference]}"
    model = "common effect" if pool.model == "common" else f"random effects ({pool.method})"
    return f"{rule}, {model}, {TESTS[pool.chosen_test]}"


def _references(material: Material, reference: Reference) -> Iterator[Scenario]:
    own = material.study.settings
    chosen = own.endpoints[material.endpoint]
    for other in REFERENCES:
        if other == reference:
            continue
        settings, words = material.question(other), WHOSE[other]
        if other == "fixed" and chosen.fixed_time is None:
            reason = f"study.toml gives no fixed_time for {material.endpoint}"
            yield Scenario("reference", words, (), settings, reason=reason)
            continue
        if other == "fixed":
            words = f"{chosen.fixed_time:g} {own.time_unit}"
        known = other in own.reference
        analyses = material.analyses if known else material.under(Variation(other, chosen.k))
        yield Scenario("reference", words, analyses, settings)


def _multiples(material: Material, reference: Reference) -> Iterator[Scenario]:
    settings = material.question(reference)
    k = material.study.settings.endpoints[material.endpoint].k
    if reference == "fixed":
        reason = "a fixed time is no multiple of a median"
        yield Scenario("k", "other multiples", (), settings, reason=reason)
        return
    for other in other_multiples(k):
        analyses = material.under(Variation(reference, other))
        yield Scenario("k", f"{other:g}", analyses, material.question(reference, other))


def _models(primary: Scenario) -> Iterator[Scenario]:
    """Yield the other models of the same effects."""
    settings = primary.settings
    pool = settings.pool

    def other(change: Change, words: str, **chosen: str) -> Scenario:
        changed = replace(settings, pool=replace(pool, **chosen))  # type: ignore[arg-type]
        return replace(primary, change=change, setting=words, settings=changed)

    counts = "binomial-normal, effective counts"
    yield replace(primary, change="model", setting=counts, counts=True)
    if pool.model == "common":
        yield other("model", "random effects (REML)", model="random", method="REML")
    else:
        yield other("model", "common effect", model="common", test="z")
        for method in METHODS:
            if method != pool.method:
                yield other("tau2 estimator", method, method=method)
        for test, words in TESTS.items():
            if test not in (pool.chosen_test, "t"):
                yield other("test", words, test=test)


def _one_history(material: Material, primary: Scenario, reference: Reference) -> Scenario:
    """Return rebuilt patients taken as if they had been observed."""
    words = "the history that is shown, as if observed"
    rebuilt = any(one.source == "curve" for one in material.estimates)
    variation = Variation(reference, _k(material), histories=False)
    asked = any(each.variation == variation for one in material.found for each in one.varied)
    row = replace(primary, change="reconstruction", setting=words)
    if not rebuilt:
        return replace(row, reason="no arm was rebuilt from a curve")
    if not asked:
        return replace(row, reason="each arm has one history: no others were drawn")
    return replace(row, analyses=material.under(variation))


def _k(material: Material) -> float:
    return material.study.settings.endpoints[material.endpoint].k


def _data(material: Material, primary: Scenario) -> Iterator[Scenario]:
    """Yield the analyses of some of the arms, and of more."""
    mine = [
        one for one in material.estimates if one.response.reference == primary.settings.reference[0]
    ]
    sources = {one.source for one in mine}

    def without(
        change: Change, words: str, leaves: Callable[[ArmEstimate], bool], nothing: str
    ) -> Scenario:
        row = replace(primary, change=change, setting=words)
        if not any(leaves(one) for one in mine):
            return replace(row, reason=nothing)
        return replace(row, analyses=_kept(primary.analyses, lambda one: not leaves(one)))

    def entered_by(source: Source) -> Callable[[ArmEstimate], bool]:
        return lambda one: one.source == source

    if "patients" not in sources:
        yield replace(
            primary,
            change="data",
            setting="patient data only",
            reason="no arm entered as patient data",
        )
    else:
        yield without(
            "data",
            "patient data only",
            lambda one: one.source != "patients",
            "every arm entered as patient data",
        )
    yield without(
        "thin arms",
        "left out",
        lambda one: one.response.status == "thin",
        f"no arm is thin: {primary.settings.thin} or more at risk at every threshold",
    )
    yield without(
        "published estimates",
        "left out",
        entered_by("published"),
        "no arm entered by a published estimate",
    )
    if "facts" in sources:
        yield without("published facts", "left out", entered_by("facts"), "")
    elif material.facts:
        yield replace(
            primary, change="published facts", setting="pooled", analyses=material.with_all_facts()
        )


def _kept(
    analyses: Sequence[AnalysisResult], keep: Callable[[ArmEstimate], bool]
) -> tuple[AnalysisResult, ...]:
    """Return the analyses with some of their estimates."""
    return tuple(
        replace(one, estimates=tuple(each for each in one.estimates if keep(each)))
        for one in analyses
    )
