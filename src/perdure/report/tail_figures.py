"""The figures that a durable response is seen beside: the ladder of arms, profiles against k."""

from dataclasses import replace

from perdure.plots import ladder_plot, profile_plot
from perdure.plots.wording import p_value, percent, response_in_words
from perdure.records import AnalysisResult, Reference, TrialProfile, classes_of
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings, column_in_words
from perdure.report.tables import file_name
from perdure.workers import in_workers

__all__ = ["ladder_figure", "profile_figure"]

WORTH_WORKERS = 60
"""Fewer panels than this are drawn sooner here than by processes that must start first."""


def ladder_figure(findings: Findings, endpoint: str, reference: Reference) -> FigureBlock:
    """Return the arms of an endpoint in the order of their durable response, coloured by class."""
    rows = [
        replace(one, analysis=findings.analysis_label(one))
        for one in findings.estimates(endpoint, reference)
    ]
    by = findings.settings.pool.by[0] if findings.settings.pool.by else ""
    rule = findings.rule(endpoint, reference)
    pages = ladder_plot(
        rows,
        findings.trials,
        classes=classes_of(findings.trials, by) if by else None,
        title=f"{endpoint} beyond {rule}",
    )
    name = file_name("ladder", endpoint, reference)
    best = [one for one in rows if one.response.proportion is not None]
    best.sort(key=lambda one: -(one.response.proportion or 0.0))
    top = "; ".join(
        f"{findings.arm_label(one.trial, one.response.arm)} in {findings.trial_label(one.trial)}"
        f" {response_in_words(one.response)}"
        for one in best[:3]
    )
    alt = f"Ladder of {len(rows)} arms by durable response. On top: {top or 'none has a number'}."
    colours = f" Colour and shape: {column_in_words(by)}." if by else ""
    return FigureBlock(
        f"Arms by durable response: {endpoint} beyond {rule}",
        (f"Each arm with its 95% confidence interval, the most durable on top.{colours}",),
        tuple(
            Picture(name if len(pages) == 1 else f"{name}.{place}", svg.decode(), alt)
            for place, svg in enumerate(pages, start=1)
        ),
    )


def profile_figure(
    findings: Findings, endpoint: str, reference: Reference, *, jobs: int = 1
) -> FigureBlock | None:
    """Return the profiles of every trial as small multiples; None where no arm has one."""
    drawn = [
        (analysis, found)
        for analysis, found in findings.profiles(endpoint, reference)
        if found.profiles
    ]
    if not drawn:
        return None
    k = findings.settings.endpoints[endpoint].k
    work = [
        (found, f"{findings.place_label(analysis)}: {endpoint}", _labels(findings, analysis), k)
        for analysis, found in drawn
    ]
    done = dict(in_workers(_svg, work, jobs if len(drawn) >= WORTH_WORKERS else 1))
    least = drawn[0][1].profiles[0].least
    return FigureBlock(
        f"Durable response against k: {endpoint}",
        (
            "Whether a conclusion hangs on k.",
            f"A line ends where fewer than {least} patients are at risk.",
            "Numbers at risk are those at the nearest k of the line.",
        ),
        tuple(
            Picture(
                file_name("profiles", analysis.trial, endpoint, reference, analysis.analysis),
                done[place],
                _in_words(findings, analysis, found),
            )
            for place, (analysis, found) in enumerate(drawn)
        ),
        panels=True,
    )


def _svg(found: TrialProfile, title: str, labels: dict[str, str], k: float) -> str:
    return profile_plot(found, title=title, labels=labels, k=k).decode()


def _labels(findings: Findings, analysis: AnalysisResult) -> dict[str, str]:
    """Return what people read for the arms, in the order in which they take their colours."""
    return {arm.arm: findings.arm_label(analysis.trial, arm.arm) for arm in analysis.arms}


def _in_words(findings: Findings, analysis: AnalysisResult, found: TrialProfile) -> str:
    """Return what a panel shows."""
    labels = _labels(findings, analysis)
    arms = [
        f"{labels[one.arm]}: from {percent(one.proportion[0], 0)}% to"
        f" {percent(one.proportion[-1], 0)}% at k = {one.k[-1]:.1f}"
        for one in found.profiles
    ]
    arms += [
        f"{labels[one.arm]} v {labels[one.comparator]}: p for any k {p_value(one.p_any)}"
        for one in found.contrasts
    ]
    place = findings.place_label(analysis)
    return f"Durable response against k, {analysis.endpoint} in {place}. {'; '.join(arms)}."
