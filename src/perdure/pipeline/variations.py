"""The questions beside the study's own that a sensitivity analysis asks the patients."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from perdure.records import REFERENCES, AnalysisResult, Reference
from perdure.records.sensitivity_analysis import Variation
from perdure.study import Settings

__all__ = ["other_multiples", "primary_references", "variations", "varied"]

STEPS = (-1.0, -0.5, 0.5, 1.0)
"""From the study's k; at the median itself (k = 1) every arm has half of its patients left."""


def primary_references(settings: Settings) -> tuple[Reference, Reference]:
    """Return whose medians classes of arms, and contrasts within trials, are judged by first.

    Classes: the study's first reference. Contrasts: its first that keeps randomisation, one
    threshold for both arms; ``own`` where it has no other.
    """
    randomised = (one for one in settings.reference if one != "own")
    return settings.reference[0], next(randomised, "own")


def other_multiples(k: float) -> tuple[float, ...]:
    """Return the multiples that are tried beside the study's.

    Examples
    --------
    >>> other_multiples(3), other_multiples(2)
    ((2.0, 2.5, 3.5, 4.0), (1.5, 2.5, 3.0))
    """
    return tuple(k + step for step in STEPS if k + step > 1)


def variations(settings: Settings, endpoint: str, *, rebuilt: bool) -> Iterator[Variation]:
    """Yield what is asked of an analysis; ``rebuilt``: some of its arms have several histories."""
    k = settings.endpoints[endpoint].k
    has_time = settings.endpoints[endpoint].fixed_time is not None
    for reference in REFERENCES:
        if reference not in settings.reference and (reference != "fixed" or has_time):
            yield Variation(reference, k)
    for reference in dict.fromkeys(primary_references(settings)):
        if reference != "fixed":
            for other in other_multiples(k):
                yield Variation(reference, other)
        if rebuilt:
            yield Variation(reference, k, histories=False)


def varied(analyses: Sequence[AnalysisResult], variation: Variation) -> tuple[AnalysisResult, ...]:
    """Return the analyses with the answers to a variation instead of their own.

    An analysis that was not asked (its arms have one history each) keeps its own.
    """
    return tuple(_varied(one, variation) for one in analyses)


def _varied(one: AnalysisResult, variation: Variation) -> AnalysisResult:
    found = next((each for each in one.varied if each.variation == variation), None)
    if found is None:
        return replace(one, estimates=(), contrasts=()) if variation.histories else one
    return replace(
        one,
        estimates=found.estimates,
        contrasts=(),
        covariances={variation.reference: found.covariance},
    )
