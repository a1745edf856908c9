"""The tables over a whole study: estimates.csv, contrasts.csv, pooled.csv, evidence.csv and more.

Each table is a mapping from column to what stands in it; times are in months and say so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from perdure.durable import Stratum, stratified
from perdure.pipeline.pooled_tables import write_pooled_tables
from perdure.records import (
    AnalysisResult,
    ArmEstimate,
    ArmResult,
    ClassDifference,
    ClassRow,
    Evidence,
    NotEstimable,
    Proportion,
    Results,
    Synthesis,
    TrialContrast,
)
from perdure.study import write_table
from perdure.study.fact_tables import band_rows, fact_rows
from perdure.study.tail_tables import write_rows, write_tail_tables

__all__ = ["write_result_tables"]

Row = TypeVar("Row")


def write_result_tables(results: Path, everything: Results) -> None:
    """Write every table into the folder ``results``; each whole or not at all."""
    analyses, syntheses = everything.analyses, everything.syntheses
    estimates = [found for analysis in analyses for found in analysis.estimates]
    contrasts = [found for analysis in analyses for found in analysis.contrasts]
    fits = [
        _Fit(analysis, arm, arm.evidence)
        for analysis in analyses
        for arm in analysis.arms
        if arm.evidence is not None
    ]
    pooled = [
        *(_PooledRow(found, row) for found in syntheses for row in found.rows),
        *(_PooledRow(found, row) for found in syntheses for row in found.differences),
    ]
    _write(results / "estimates.csv", _ESTIMATES, estimates)
    _write(results / "contrasts.csv", _CONTRASTS, contrasts)
    _write(results / "evidence.csv", _EVIDENCE, fits)
    _write(results / "pooled.csv", _POOLED, pooled)
    write_rows(results / "stratified.csv", list(_stratified(contrasts, estimates)))
    write_rows(results / "published_facts.csv", list(fact_rows(analyses)))
    write_rows(results / "published_curves.csv", list(band_rows(analyses)))
    write_tail_tables(results, analyses)
    write_pooled_tables(results, everything)


def _write(path: Path, columns: Mapping[str, Callable[[Row], object]], rows: Iterable[Row]) -> None:
    write_table(path, tuple(columns), [tuple(get(row) for get in columns.values()) for row in rows])


def _stratified(
    contrasts: Sequence[TrialContrast], estimates: Sequence[ArmEstimate]
) -> Iterator[dict[str, object]]:
    """Yield the contrasts of all trials as one, by endpoint, reference and measure.

    A trial with several contrasts is named and not in it: they share patients.
    """
    sizes = {
        (one.trial, one.endpoint, one.response.arm): one.response.n
        for one in estimates
        if one.primary
    }
    groups: dict[tuple[str, str], list[TrialContrast]] = {}
    for one in contrasts:
        if one.primary:
            groups.setdefault((one.endpoint, one.contrast.reference), []).append(one)
    for (endpoint, _), rows in groups.items():
        count = Counter(row.trial for row in rows)
        strata = [
            Stratum(row.trial, row.contrast, n_arm, n_comparator)
            for row in rows
            if count[row.trial] == 1
            and (n_arm := sizes.get((row.trial, endpoint, row.contrast.arm)))
            and (n_comparator := sizes.get((row.trial, endpoint, row.contrast.comparator)))
        ]
        several = [trial for trial, number in count.items() if number > 1]
        for measure in ("difference", "ratio", "odds ratio"):
            if not strata:
                continue
            found = asdict(stratified(strata, measure=measure))
            left_out = [f"{trial}: {reason}" for trial, reason in found.pop("left_out")]
            left_out += [f"{trial}: several contrasts share patients" for trial in several]
            yield {"endpoint": endpoint, **found, "left_out": "; ".join(left_out)}


@dataclass(frozen=True)
class _Fit:
    """A rebuilt arm, and the analysis that it belongs to."""

    analysis: AnalysisResult
    arm: ArmResult
    evidence: Evidence


@dataclass(frozen=True)
class _PooledRow:
    """A class, or two compared, and the synthesis that they belong to."""

    synthesis: Synthesis
    row: ClassRow | ClassDifference


def _number(name: str) -> Callable[[ArmEstimate], object]:
    """Return a getter of an attribute that only a proportion has."""

    def get(found: ArmEstimate) -> object:
        estimate = found.response.estimate
        return getattr(estimate, name) if isinstance(estimate, Proportion) else None

    return get


def _bound(name: str) -> Callable[[ArmEstimate], object]:
    """Return a getter of a bound that only an arm that is not estimable has."""

    def get(found: ArmEstimate) -> object:
        estimate = found.response.estimate
        return getattr(estimate, name) if isinstance(estimate, NotEstimable) else None

    return get


def _of_class(name: str) -> Callable[[_PooledRow], object]:
    """Return a getter of an attribute that only a class has."""
    return lambda found: getattr(found.row, name) if isinstance(found.row, ClassRow) else None


def _of_model(name: str) -> Callable[[_PooledRow], object]:
    """Return a getter of an attribute of the model that a row was pooled by."""

    def get(found: _PooledRow) -> object:
        row = found.row
        model = row.pooled if isinstance(row, ClassRow) else found.synthesis.regression
        return None if model is None else getattr(model, name)

    return get


_ESTIMATES: dict[str, Callable[[ArmEstimate], object]] = {
    "trial": lambda found: found.trial,
    "arm": lambda found: found.response.arm,
    "endpoint": lambda found: found.endpoint,
    "analysis": lambda found: found.analysis,
    "primary": lambda found: "yes" if found.primary else "no",
    "source": lambda found: found.source,
    "certainty": lambda found: found.certainty,
    "n": lambda found: found.response.n,
    "events": lambda found: found.response.events,
    "median_months": lambda found: found.response.median,
    "median_low_months": lambda found: found.response.median_low,
    "median_high_months": lambda found: found.response.median_high,
    "follow_up_months": lambda found: found.response.follow_up,
    "k": lambda found: found.response.k,
    "reference": lambda found: found.response.reference,
    "threshold_months": lambda found: found.response.threshold,
    "proportion": lambda found: found.response.proportion,
    "se": _number("se"),
    "ci_low": _number("ci_low"),
    "ci_high": _number("ci_high"),
    "n_at_risk": _number("n_at_risk"),
    "status": lambda found: found.response.status,
    "reason": lambda found: found.response.reason,
    "bound_low": _bound("low"),
    "bound_high": _bound("high"),
    "bound_high_limit": _bound("limit"),
    "interval": _number("interval"),
    "likelihood_low": _number("likelihood_low"),
    "likelihood_high": _number("likelihood_high"),
    "rebuilt_share": _number("rebuilt_share"),
    "excess": lambda found: found.response.excess,
    "caution": lambda found: found.response.caution,
}

_CONTRASTS: dict[str, Callable[[TrialContrast], object]] = {
    "trial": lambda found: found.trial,
    "arm": lambda found: found.contrast.arm,
    "comparator": lambda found: found.contrast.comparator,
    "endpoint": lambda found: found.endpoint,
    "analysis": lambda found: found.analysis,
    "primary": lambda found: "yes" if found.primary else "no",
    "k": lambda found: found.contrast.k,
    "reference": lambda found: found.contrast.reference,
    "difference": lambda found: found.contrast.difference,
    "se": lambda found: found.contrast.se,
    "ci_low": lambda found: found.contrast.ci_low,
    "ci_high": lambda found: found.contrast.ci_high,
    "p": lambda found: found.contrast.p_value,
    "ratio": lambda found: found.contrast.ratio,
    "ratio_low": lambda found: found.contrast.ratio_low,
    "ratio_high": lambda found: found.contrast.ratio_high,
    "odds_ratio": lambda found: found.contrast.odds_ratio,
    "odds_ratio_low": lambda found: found.contrast.odds_ratio_low,
    "odds_ratio_high": lambda found: found.contrast.odds_ratio_high,
    "number_needed_to_treat": lambda found: (
        found.contrast.nnt if found.contrast.nnt_limits else None
    ),
    "reason": lambda found: found.contrast.reason,
}

_EVIDENCE: dict[str, Callable[[_Fit], object]] = {
    "trial": lambda fit: fit.analysis.trial,
    "arm": lambda fit: fit.arm.arm,
    "endpoint": lambda fit: fit.analysis.endpoint,
    "analysis": lambda fit: fit.analysis.analysis,
    "method": lambda fit: fit.arm.method,
    "used": lambda fit: " + ".join(fit.evidence.used),
    "rmse": lambda fit: fit.evidence.rmse,
    "max_distance": lambda fit: fit.evidence.max_distance,
    "max_distance_px": lambda fit: fit.evidence.max_distance_px,
    "risk_mismatch": lambda fit: fit.evidence.risk_mismatch,
    "n": lambda fit: fit.evidence.n,
    "n_reported": lambda fit: fit.evidence.n_reported,
    "events": lambda fit: fit.evidence.events,
    "events_low": lambda fit: fit.evidence.events_low,
    "events_high": lambda fit: fit.evidence.events_high,
    "events_reported": lambda fit: fit.evidence.events_reported,
    "median_months": lambda fit: fit.evidence.median,
    "median_low_months": lambda fit: fit.evidence.median_low,
    "median_high_months": lambda fit: fit.evidence.median_high,
    "median_reported_months": lambda fit: fit.evidence.median_reported,
    "hazard_ratio": lambda fit: fit.evidence.hazard_ratio,
    "hazard_ratio_low": lambda fit: fit.evidence.hazard_ratio_low,
    "hazard_ratio_high": lambda fit: fit.evidence.hazard_ratio_high,
    "hazard_ratio_reported": lambda fit: fit.evidence.hazard_ratio_reported,
    "reading": lambda fit: fit.evidence.reading,
    "reading_error": lambda fit: fit.evidence.reading_error,
    "warnings": lambda fit: " ".join(fit.arm.warnings),
}

_POOLED: dict[str, Callable[[_PooledRow], object]] = {
    "endpoint": lambda found: found.synthesis.endpoint,
    "k": lambda found: found.synthesis.k,
    "reference": lambda found: found.synthesis.reference,
    "by": lambda found: found.synthesis.by,
    "measure": lambda found: "proportion" if isinstance(found.row, ClassRow) else "odds ratio",
    "class": lambda found: found.row.name if isinstance(found.row, ClassRow) else found.row.first,
    "against": lambda found: None if isinstance(found.row, ClassRow) else found.row.second,
    "n_arms": _of_class("n_arms"),
    "n_estimable": _of_class("n_estimable"),
    "mean_of_proportions": _of_class("mean_of_proportions"),
    "estimate": lambda found: (
        found.row.proportion if isinstance(found.row, ClassRow) else found.row.odds_ratio
    ),
    "ci_low": lambda found: found.row.ci_low,
    "ci_high": lambda found: found.row.ci_high,
    "p": lambda found: None if isinstance(found.row, ClassRow) else found.row.p,
    "prediction_low": _of_class("prediction_low"),
    "prediction_high": _of_class("prediction_high"),
    "model": _of_model("model"),
    "method": _of_model("method"),
    "test": _of_model("test"),
    "tau2": _of_model("tau2"),
    "i2": _of_model("i2"),
    "q": _of_model("q"),
    "q_p": _of_model("q_p"),
    "reason": _of_class("reason"),
}
