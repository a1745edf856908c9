"""Every patient of a study, as given or as rebuilt by its last run."""

from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.pipeline.results_folder import load_analysis
from perdure.pipeline.study_run import with_figures
from perdure.records import AnalysisResult, TimeUnit, Trial
from perdure.study import (
    Analysis,
    ArmPatients,
    PatientTable,
    Settings,
    Study,
    analysis_key,
    input_digests,
    patient_table,
    read_provenance,
)

__all__ = ["patients_of"]


def patients_of(folder: Path) -> tuple[PatientTable, tuple[str, ...]]:
    """Return the patients of every arm and endpoint of a study, and which arms have none.

    Times are in the study's unit.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    table : PatientTable
    left_out : tuple of str
        A sentence for each arm without patients: it enters by a published estimate, or by a figure
        that could not be read.

    Raises
    ------
    InputError
        With every problem of the study; or if patients are to be rebuilt first; or if there are
        none.
    """
    results = folder / "results"
    study = Study.open(folder)
    if study.figures or any(arm.curve for one in study.analyses for arm in one.arms):
        _refuse_stale(folder)
        study, _ = with_figures(study, results, 1, lambda _what, _done, _total: None)
    trials = {trial.trial: trial for trial in study.trials}
    arms: list[ArmPatients] = []
    for one in study.analyses:
        arms += _arms(one, trials[one.trial], study.settings, results)
    if not arms:
        message = "no arm of the study has patients: all enter by published estimates"
        remedy = "add curves, figures or patient data"
        raise InputError(Problem(message, remedy, value=str(folder)))
    left_out = [
        f"{one.stem}, arm {arm}: {reason}"
        for one in study.analyses
        for arm, reason in one.without_curve.items()
    ]
    left_out += [
        f"{row.trial}.{row.endpoint}, arm {row.arm}: known by a published estimate only"
        for row in study.published
    ]
    unit: TimeUnit = study.settings.time_unit
    return patient_table(arms, unit), tuple(dict.fromkeys(left_out))


def _refuse_stale(folder: Path) -> None:
    provenance = read_provenance(folder / "results")
    if provenance is None or dict(provenance.inputs) != input_digests(folder):
        message = "patients are rebuilt by a run, and the last one is not of these files"
        remedy = f"run it first: perdure run {folder}"
        raise InputError(Problem(message, remedy, value=str(folder)))


def _arms(one: Analysis, trial: Trial, settings: Settings, results: Path) -> list[ArmPatients]:
    """Return the arms of an analysis with their patients, in the order of its files."""
    given = {arm.arm: arm.patients for arm in one.arms if arm.patients is not None}
    rebuilt = {}
    if len(given) < len(one.arms):
        found = _found(one, trial, settings, results)
        rebuilt = {arm.arm: arm.patients for arm in found.arms if arm.patients is not None}
    return [
        ArmPatients(
            trial=one.trial,
            trial_label=trial.label,
            endpoint=one.endpoint,
            analysis=one.analysis,
            primary=one.primary,
            arm=arm.arm,
            arm_label=trial.arm(arm.arm).label,
            drug_class=trial.arm(arm.arm).drug_class,
            patients=given[arm.arm] if arm.arm in given else rebuilt[arm.arm],
            rebuilt=arm.arm not in given,
        )
        for arm in one.arms
    ]


def _found(one: Analysis, trial: Trial, settings: Settings, results: Path) -> AnalysisResult:
    found = load_analysis(results, one, analysis_key(one, trial, settings))
    if found is None:
        message = f"the rebuilt patients of {one.stem} are not those of the last run"
        raise InputError(Problem(message, "run the study again", "results"))
    return found
