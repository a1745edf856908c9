"""Tables of arms known by published facts: each fact beside the curves, and the curves."""

from collections.abc import Iterator, Sequence

from perdure.records import AnalysisResult

__all__ = ["band_rows", "fact_rows"]


def fact_rows(analyses: Sequence[AnalysisResult]) -> Iterator[dict[str, object]]:
    """Yield every published fact that was used, and what the curves that were drawn say of it."""
    for analysis in analyses:
        for arm in analysis.arms:
            for check in () if arm.band is None else arm.band.checks:
                fact = check.fact
                yield {
                    "trial": analysis.trial,
                    "arm": arm.arm,
                    "endpoint": analysis.endpoint,
                    "primary": "yes" if analysis.primary else "no",
                    "fact": fact.kind,
                    "time_months": fact.time,
                    "value": fact.value,
                    "low": fact.low,
                    "high": fact.high,
                    "level": fact.level,
                    "against": fact.against,
                    "certainty": fact.certainty,
                    "drawn": check.drawn,
                    "drawn_low": check.low,
                    "drawn_high": check.high,
                    "disagrees": "yes" if check.disagrees else "no",
                    "source": fact.source,
                }


def band_rows(analyses: Sequence[AnalysisResult]) -> Iterator[dict[str, object]]:
    """Yield the points of every curve that was drawn from published facts, with its limits."""
    for analysis in analyses:
        for arm in analysis.arms:
            if arm.band is None:
                continue
            points = zip(arm.band.time, arm.band.survival, arm.band.low, arm.band.high, strict=True)
            for time, survival, low, high in points:
                yield {
                    "trial": analysis.trial,
                    "arm": arm.arm,
                    "endpoint": analysis.endpoint,
                    "time_months": float(time),
                    "survival": float(survival),
                    "ci_low": float(low),
                    "ci_high": float(high),
                    "beyond_facts": "yes" if time > arm.band.last_fact else "no",
                }
