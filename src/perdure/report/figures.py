"""The figures of a report, with the words for those who do not see them."""

from collections.abc import Sequence
from functools import partial

from perdure.plots import curve_panel, evidence_plot, forest_plots
from perdure.plots.curves import panel_hover
from perdure.plots.forest import forest_hover
from perdure.plots.wording import interval, percent, response_in_words
from perdure.records import AnalysisResult, Proportion, Reference, Synthesis
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings, column_in_words
from perdure.report.tables import file_name
from perdure.workers import in_workers

__all__ = ["curve_figure", "evidence_figure", "forest_figure", "reconstruction_figure"]

MOST_PICTURES = 40
"""More reconstructions than this are not shown one by one: the page would be too heavy to send."""

WORTH_WORKERS = 60
"""Fewer panels than this are drawn sooner here than by processes that must start first."""


def curve_figure(
    findings: Findings, endpoint: str, reference: Reference, *, jobs: int = 1
) -> FigureBlock | None:
    """Return the curves of every trial as small multiples; None where no arm has a curve."""
    drawn = [
        analysis
        for analysis in findings.analyses(endpoint)
        if any(arm.patients is not None or arm.band is not None for arm in analysis.arms)
    ]
    if not drawn:
        return None
    trials = [findings.trial(analysis.trial) for analysis in drawn]
    names = [findings.analysis_label(analysis) for analysis in drawn]
    draw = partial(curve_panel, reference=reference)
    work = list(zip(drawn, trials, names, strict=True))
    found = dict(in_workers(draw, work, jobs if len(drawn) >= WORTH_WORKERS else 1))
    svgs = [found[place] for place in range(len(drawn))]
    pictures = tuple(
        Picture(
            file_name("curves", analysis.trial, endpoint, analysis.analysis),
            svg,
            _panel_in_words(findings, analysis, reference),
            panel_hover(analysis, trial, name, reference=reference),
        )
        for (analysis, trial, name), svg in zip(work, svgs, strict=True)
    )
    dots = any(arm.curve is not None for analysis in drawn for arm in analysis.arms)
    return FigureBlock(
        f"Kaplan-Meier curves: {endpoint}",
        (
            f"Dotted vertical lines: thresholds, {findings.rule(endpoint, reference)}. The tail"
            " beyond it is shaded. Circles with bars: durable response with its 95% confidence"
            " interval, hollow where few or no patients are at risk. Triangles: medians."
            + (
                " Thin bars beside them: likelihood intervals."
                if _second_bars(drawn, reference)
                else ""
            )
            + (" Dots on a curve: the published points that it was rebuilt from." if dots else "")
            + (
                " Bands: where the curves lie that agree with published facts, no curve being at"
                " hand, paler beyond the last of them; diamonds: published survival."
                if any(arm.band is not None for analysis in drawn for arm in analysis.arms)
                else ""
            )
            + " Beneath the axis: numbers at risk.",
        ),
        pictures,
        panels=True,
    )


def _second_bars(analyses: Sequence[AnalysisResult], reference: Reference) -> bool:
    """Say whether a likelihood interval stands beside another."""
    found = [
        one.response.estimate
        for analysis in analyses
        for one in analysis.estimates
        if one.response.reference == reference
    ]
    return any(isinstance(one, Proportion) and one.likelihood_low is not None for one in found)


def _panel_in_words(findings: Findings, analysis: AnalysisResult, reference: Reference) -> str:
    """Return what a panel shows."""
    arms = [
        f"{findings.arm_label(analysis.trial, one.response.arm)}: {response_in_words(one.response)}"
        for one in analysis.estimates
        if one.response.reference == reference
    ]
    label = findings.place_label(analysis)
    return f"Kaplan-Meier curves of {analysis.endpoint} in {label}. {'; '.join(arms)}."


def forest_figure(findings: Findings, synthesis: Synthesis, *, arms: bool) -> FigureBlock:
    """Return the forest plot of a synthesis; without ``arms`` of its classes only."""
    fixed = (
        findings.settings.fixed_time_months(synthesis.endpoint)
        if synthesis.reference == "fixed"
        else None
    )
    drawn = (
        synthesis,
        findings.estimates(synthesis.endpoint, synthesis.reference) if arms else (),
        findings.trials,
        findings.classes(synthesis.by),
    )
    svgs = forest_plots(*drawn, fixed=fixed)
    by = column_in_words(synthesis.by)
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    caption = f"Durable response by {by}: {synthesis.endpoint} beyond {rule}"
    alt = f"Forest plot. {_classes_in_words(synthesis)} The tables give the same numbers."
    name = file_name("forest", synthesis.endpoint, synthesis.reference, synthesis.by)
    pages = len(svgs)
    pictures = tuple(
        Picture(
            name if pages == 1 else f"{name}.{place}", svg, alt if place == 1 else caption, rows
        )
        for place, (svg, rows) in enumerate(zip(svgs, forest_hover(*drawn), strict=True), start=1)
    )
    return FigureBlock(caption, (_forest_note(synthesis),), pictures)


def _classes_in_words(synthesis: Synthesis) -> str:
    return " ".join(
        f"{row.name}: {percent(row.proportion)}%"
        f" ({interval(percent(row.ci_low), percent(row.ci_high))})."
        for row in synthesis.rows
        if row.proportion is not None
    )


def _forest_note(synthesis: Synthesis) -> str:
    note = (
        "Observational: arms of different trials are put together and taken as independent. Under"
        " each class stand the model’s answer and the plain mean of its arms."
    )
    if synthesis.reference == "own" and synthesis.k is not None:
        note += (
            f" Dashed line: {percent(2.0**-synthesis.k)}%, what an arm with a constant hazard"
            " shows."
        )
    return note


def evidence_figure(findings: Findings) -> FigureBlock | None:
    """Return the evidence of the reconstructions as a figure; None where nothing was rebuilt."""
    svg = evidence_plot(findings.results.analyses, findings.trials)
    if svg is None:
        return None
    fits = _evidence_in_words(findings.results.analyses)
    return FigureBlock(
        "Rebuilt patients against what was published",
        (
            "Left: distance of each rebuilt curve to the published points.",
            "Right: numbers at risk, rebuilt minus printed.",
        ),
        (Picture("evidence", svg, fits),),
    )


def _evidence_in_words(analyses: Sequence[AnalysisResult]) -> str:
    found = [arm.evidence for one in analyses for arm in one.arms if arm.evidence is not None]
    farthest = max(evidence.max_distance for evidence in found)
    return (
        f"Dot plot of {len(found)} reconstructions: none is farther than"
        f" {percent(farthest, 2)} percentage points from its curve."
    )


def reconstruction_figure(findings: Findings) -> FigureBlock | None:
    """Return each reconstruction beside its figure; the farthest, where they are too many."""
    fits = [
        (arm.evidence.max_distance, analysis, arm, svg)
        for analysis in findings.results.analyses
        for arm in analysis.arms
        if arm.evidence is not None
        and (svg := findings.pictures.get((*_place(analysis), arm.arm))) is not None
    ]
    if not fits:
        return None
    far = sorted((fit[0] for fit in fits), reverse=True)[:MOST_PICTURES]
    shown = [fit for fit in fits if fit[0] >= far[-1]][:MOST_PICTURES]
    legend = (
        "Published points over the rebuilt curve and the band of 90% of the histories that fit;"
        " published minus rebuilt survival; numbers at risk. Times as they were printed."
    )
    notes = [legend]
    if len(shown) < len(fits):
        notes.append(
            f"The {len(shown)} of {len(fits)} that are farthest from their curve; all are in"
            " results/evidence."
        )
    return FigureBlock(
        "Each reconstruction beside its figure",
        tuple(notes),
        tuple(
            Picture(
                file_name("reconstruction", *_place(analysis), arm.arm),
                svg,
                f"Reconstruction of {findings.arm_label(analysis.trial, arm.arm)},"
                f" {analysis.endpoint}, in {findings.place_label(analysis)}: at most"
                f" {percent(distance, 2)} percentage points from the published points.",
            )
            for distance, analysis, arm, svg in shown
        ),
        panels=True,
    )


def _place(analysis: AnalysisResult) -> tuple[str, str, str]:
    return analysis.trial, analysis.endpoint, analysis.analysis
