"""Methods text: arms that are known by published facts and not by a curve."""

from perdure.records import Results
from perdure.report.citations import ELLIPTICAL_SLICE
from perdure.report.sentences import Pieces, listed, some
from perdure.study import Settings

__all__ = ["published_facts"]


_KINDS = {
    "median": "medians",
    "survival": "survival at a time",
    "hazard ratio": "hazard ratios",
    "at risk": "numbers at risk",
    "n": "numbers of patients",
    "events": "numbers of events",
}


def published_facts(results: Results, settings: Settings) -> Pieces:
    """Return how arms of which only facts were published are treated."""
    bands = [
        (analysis.primary, arm.band)
        for analysis in results.analyses
        for arm in analysis.arms
        if arm.band is not None
    ]
    if not bands:
        return
    facts = [check.fact for _, band in bands for check in band.checks]
    kinds = {fact.kind for fact in facts}
    named = [words for kind, words in _KINDS.items() if kind in kinds]
    recalled = sum(fact.certainty != "verified" for fact in facts)
    yield (
        f"{some(len(bands), 'curve is', 'curves are')} drawn from"
        f" {some(len(facts), 'published fact')}: {listed(named)}. Survival curves that agree with"
        " them were drawn"
        " from a prior in which the log hazard walks at random over log time, by elliptical slice"
        " sampling"
    )
    yield ELLIPTICAL_SLICE
    yield (
        "; facts of the same patients err together, and a hazard ratio is that which Cox’s model"
        " tends to where hazards are not proportional. An interval holds the middle 95% of the"
        " draws; where nothing was published it is as wide as the prior. "
    )
    if recalled:
        yield (
            f"{some(recalled, 'fact was', 'facts were')} given from memory and not verified; the"
            " arms that rest on them are marked. "
        )
    pooled = sum(primary for primary, _ in bands)
    if not pooled:
        yield "Arms known by facts alone are not in the pooled analyses."
        return
    asked = settings.published_facts.pooled
    yield (
        f"{some(pooled, 'of these arms is', 'of these arms are')} in the pool, as the study asks"
        f" (pooled = {asked}); a threshold beyond the last published point of a curve is not"
        " estimable there."
    )
