"""Run what is stale of a study, stage by stage, and write its report."""

import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import perdure
from perdure.errors import InputError, Problem
from perdure.pipeline.analyse import estimate, published_estimates, rebuild
from perdure.pipeline.contrast_checks import check_contrasts
from perdure.pipeline.figures import (
    FigureReadings,
    load_overlays,
    read_figures,
    reader_version,
)
from perdure.pipeline.likelihood_profiles import profile_contrasts
from perdure.pipeline.missing_arms import synthesise_missing_arms
from perdure.pipeline.published_facts import facts_results, with_facts
from perdure.pipeline.result_tables import write_result_tables
from perdure.pipeline.results_folder import (
    load_analysis,
    load_pictures,
    remove_others,
    save_analysis,
    save_reconstructions,
)
from perdure.pipeline.sensitivity import synthesise_sensitivity
from perdure.pipeline.synthesise import (
    synthesise,
    synthesise_contrasts,
    synthesise_models,
    synthesise_networks,
)
from perdure.pipeline.without_patients import with_published
from perdure.records import AnalysisResult, Results, Trial
from perdure.report import Format, documents_in, formats_in, headline, require, write_report
from perdure.study import (
    Analysis,
    Provenance,
    Settings,
    Study,
    analysis_key,
    digest_of,
    input_digests,
    output_digests,
    read_provenance,
    refuse_edited,
    write_provenance,
)
from perdure.workers import in_workers

__all__ = ["RunSummary", "run", "with_figures"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""

LIBRARIES = ("numpy", "scipy", "matplotlib")
"""Named in the provenance: their versions can move the last digit of a number or a picture."""


@dataclass(frozen=True)
class RunSummary:
    """What a run did, and its headline numbers.

    Attributes
    ----------
    report : Path
        The report's index.html.
    headline : tuple of str
        One sentence for each endpoint and grouping.
    notices : tuple of str
        What was repaired or left out in the input.
    done, kept : int
        Analyses computed now, and kept from an earlier run.
    stale : bool
        Whether anything had to be done.
    figures_done, figures_kept : int
        Figures read now, and kept from an earlier run.
    documents : tuple of Path
        The report's other documents: PDF, Word, workbook.
    """

    report: Path
    headline: tuple[str, ...]
    notices: tuple[str, ...]
    done: int
    kept: int
    stale: bool
    figures_done: int = 0
    figures_kept: int = 0
    documents: tuple[Path, ...] = ()


def run(
    folder: Path,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    rewrite_report: bool = False,
    formats: Collection[Format] = (),
) -> RunSummary:
    """Do everything that is stale in a study, and write its results and its report.

    Parameters
    ----------
    folder : Path
        The study.
    jobs : int
        Worker processes for the analyses; the results do not depend on it.
    progress : callable, optional
        Called as ``progress(what, done, total)``.
    rewrite_report : bool
        Write the report although nothing is stale.
    formats : collection of str
        Of the report, beside html: pdf, docx, xlsx, figures. Those that an earlier report has are
        written again with it, so that all say the same.

    Returns
    -------
    RunSummary

    Raises
    ------
    InputError
        With every problem of the study; if a format needs what is not installed, or a file of the
        report was edited, which would be lost.
    OutputError
        If a file cannot be written.
    """
    show = progress or _silent
    results = folder / "results"
    inputs = input_digests(folder)
    before = read_provenance(results)
    reader = reader_version(folder)
    there = formats_in(folder / "report")
    new = set(formats) - set(there) - {"html"}
    if before and not (rewrite_report or new) and before.is_current(folder, inputs, reader):
        page = folder / "report" / "index.html"
        return RunSummary(page, before.headline, before.notices, 0, before.analyses, stale=False)
    wanted = _wanted(folder, formats, there, before)
    study, readings = with_figures(Study.open(folder), results, jobs, show)
    found, done = _analyses(study, results, jobs, show)
    extra, left_out = published_estimates(study.published, study.trials, study.settings)
    facts = facts_results(study, jobs=jobs)
    analyses = with_facts(with_published(found, extra, study), study, facts)
    remove_others(results, study.analyses, keep_ensemble=study.settings.keep_ensemble)
    notices = (*study.notices, *left_out)
    versions = _versions()
    origin = {
        **versions,
        "seed": str(study.settings.seed),
        "digest of the input": digest_of(repr(sorted(inputs.items())).encode())[:16],
    }
    everything = _synthesised(analyses, study, origin, notices)
    show("sensitivity analyses", 0, 1)
    sensitivity = synthesise_sensitivity(found, facts, everything, study, jobs=jobs)
    show("sensitivity analyses", 1, 1)
    everything = replace(everything, sensitivity=sensitivity)
    write_result_tables(results, everything)
    show("report", 0, 1)
    pictures = {
        (one.trial, one.endpoint, one.analysis, arm): svg
        for one in study.analyses
        for arm, svg in load_pictures(results, one).items()
    }
    page = write_report(
        study,
        everything,
        folder / "report",
        pictures=pictures,
        overlays=load_overlays(study),
        formats=wanted,
        jobs=jobs,
    )
    show("report", 1, 1)
    sentences = headline(everything, study.settings)
    said = (*notices, *_misfits(analyses, notices))
    write_provenance(
        results,
        Provenance(
            perdure=perdure.__version__,
            libraries=versions,
            seed=study.settings.seed,
            inputs=inputs,
            outputs=output_digests(folder),
            headline=sentences,
            notices=said,
            analyses=len(found),
            reader=reader,
        ),
    )
    return RunSummary(
        page,
        sentences,
        said,
        done,
        len(found) - done,
        stale=True,
        figures_done=readings.done,
        figures_kept=readings.kept,
        documents=documents_in(folder / "report"),
    )


def _wanted(
    folder: Path,
    formats: Collection[Format],
    there: Collection[Format],
    before: Provenance | None,
) -> set[Format]:
    """Return the formats to write: those asked for and those that are there, if all can be."""
    require({*formats, *there}, found=set(there) - set(formats))
    if before is not None:
        refuse_edited(folder, before)
    return {*formats, *there}


def with_figures(
    study: Study, results: Path, jobs: int, show: Progress
) -> tuple[Study, FigureReadings]:
    """Return the study with the curves that its figures show; refused where nothing is left."""
    if not study.figures:
        return study, FigureReadings({})
    readings = read_figures(study, results, jobs, show)
    study = Study.open(study.folder, read=readings.curves)
    if not (study.published or study.facts) and not any(one.arms for one in study.analyses):
        raise InputError(
            Problem(
                f"{one.stem}, arm {arm}: no curve: {reason}",
                "correct it, or type the curve into curves/ by hand",
                "figures.csv",
            )
            for one in study.analyses
            for arm, reason in one.without_curve.items()
        )
    return study, readings


def _synthesised(
    analyses: tuple[AnalysisResult, ...],
    study: Study,
    origin: Mapping[str, str],
    notices: tuple[str, ...],
) -> Results:
    """Return everything that is pooled of the analyses."""
    question = (analyses, study.trials, study.settings)
    contrasts = synthesise_contrasts(*question)
    return Results(
        analyses,
        synthesise(*question),
        origin,
        notices,
        contrast_syntheses=contrasts,
        networks=synthesise_networks(*question),
        class_models=synthesise_models(*question),
        missing_arms=synthesise_missing_arms(*question),
        checks=check_contrasts(contrasts, study.trials, study.settings),
        likelihoods=profile_contrasts(contrasts, study.settings),
    )


def _misfits(analyses: Sequence[AnalysisResult], notices: Sequence[str]) -> Iterator[str]:
    """Yield what does not fit in the facts of an arm, beside what was repaired in its files."""
    for analysis in analyses:
        stem = ".".join(
            part for part in (analysis.trial, analysis.endpoint, analysis.analysis) if part
        )
        for arm in analysis.arms:
            for warning in arm.warnings:
                if not any(warning in notice for notice in notices):
                    yield f"{stem}, arm {arm.arm}: {warning}"


def _versions() -> dict[str, str]:
    """Return the versions that a run can be repeated with."""
    return {
        "perdure": perdure.__version__,
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }


def _analyses(
    study: Study, results: Path, jobs: int, show: Progress
) -> tuple[list[AnalysisResult], int]:
    """Return every analysis, computing and saving those that are stale; and how many were."""
    trials = {trial.trial: trial for trial in study.trials}
    given = [one for one in study.analyses if one.arms]
    work = [(one, trials[one.trial], study.settings) for one in given]
    keys = [analysis_key(*item) for item in work]
    keep = study.settings.keep_ensemble
    found = {
        at: kept
        for at, (analysis, _, _) in enumerate(work)
        if (kept := load_analysis(results, analysis, keys[at], with_ensemble=keep)) is not None
    }
    stale = [at for at in range(len(work)) if at not in found]
    for done, (place, result) in enumerate(
        in_workers(_analysed, [(*work[at], results) for at in stale], jobs), start=1
    ):
        at = stale[place]
        save_analysis(results, given[at], result, keys[at])
        found[at] = result
        show("analyses", done, len(stale))
    return [found[at] for at in range(len(work))], len(stale)


def _analysed(
    analysis: Analysis, trial: Trial, settings: Settings, results: Path
) -> AnalysisResult:
    """Return everything that is computed of an analysis; its ensembles go to files from here."""
    rebuilt = rebuild(analysis, trial, settings)
    if settings.keep_ensemble:
        save_reconstructions(results, analysis, rebuilt)
    return estimate(analysis, trial, settings, rebuilt)


def _silent(what: str, done: int, total: int) -> None:
    """Show no progress."""
