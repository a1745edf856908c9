"""From a figure to patients to durable response, as a study goes, beside the true patients' own."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from digitising_cases import patients_of
from digitising_rows import MULTIPLES, Durable

from perdure.digitise import Digitised, DigitisedArm
from perdure.durable import durable_ensemble, durable_response
from perdure.errors import InputError, Problem
from perdure.pipeline.analyse import rebuild
from perdure.records import DurableResponse, NotEstimable, Patients, Proportion, Trial
from perdure.study import Analysis, Settings, Study, curves_of_rows, read_panel, write_files
from perdure.study.digitised import digitised_files

__all__ = ["durable_of"]

STUDY = 'title = "One figure"\ntime_unit = "months"\n\n[endpoints.PFS]\nk = 3\n'
NO_CURVE = "no curve"

Truth = Mapping[str, Any]


def durable_of(
    figure: Path,
    found: Sequence[Digitised],
    chosen: Sequence[DigitisedArm | None],
    truth: Truth,
    folder: Path,
) -> list[tuple[Durable, ...]]:
    """Return durable response of each true arm: of its patients, and of those rebuilt.

    A study with this one figure is made in ``folder``, and goes the way of ``perdure run``: the
    files that are written of a reading, numbers at risk that are flagged left out, marks, an
    ensemble. Where the figure prints no numbers at risk the arm's n is given, as papers do.

    Parameters
    ----------
    figure : Path
    found : sequence of Digitised
        What was read in it.
    chosen : sequence of DigitisedArm or None
        The reading of each true arm.
    truth : mapping
    folder : Path
    """
    read = _read_study(figure, found, chosen, truth, folder)
    return [
        tuple(_beside(arm, read.get((at, k), NO_CURVE), k, truth) for k in MULTIPLES)
        for at, arm in enumerate(truth["arms"])
    ]


def _beside(arm: Truth, read: Proportion | str, k: float, truth: Truth) -> Durable:
    """Return the answer of the true patients beside that of those rebuilt."""
    true = durable_response(patients_of(arm), k=k)
    value = true.estimate.value if isinstance(true.estimate, Proportion) else None
    shown = (
        value is not None
        and true.threshold is not None
        and true.threshold <= truth["axes"]["x"]["max"]
    )
    if isinstance(read, str):
        return Durable(k, value, shown, None, read)
    return Durable(k, value, shown, read.value)


def _read_study(
    figure: Path,
    found: Sequence[Digitised],
    chosen: Sequence[DigitisedArm | None],
    truth: Truth,
    folder: Path,
) -> dict[tuple[int, float], Proportion | str]:
    """Return what a study of the figure answers, by the place of the true arm and by k."""
    panel_of = {id(arm): one.panel for one in found for arm in one.arms}
    arms = {at: (arm, panel_of[id(arm)]) for at, arm in enumerate(chosen) if arm is not None}
    if not arms:
        return {}
    counts = [None if "risk_table" in truth else arm["n"] for arm in truth["arms"]]
    _write_study(folder, figure, arms, counts)
    try:
        analysis, trial, settings = _opened(folder, found)
        rebuilt = rebuild(analysis, trial, settings)
    except InputError as error:
        reason = "; ".join(problem.message for problem in error.problems)
        return {(at, k): reason for at in arms for k in MULTIPLES}
    answers: dict[tuple[int, float], Proportion | str] = {
        (_place(name), k): reason
        for name, reason in analysis.without_curve.items()
        for k in MULTIPLES
    }
    patients: dict[str, Patients] = {name: one.patients for name, one in rebuilt.items()}
    ensembles = {name: one.ensemble for name, one in rebuilt.items() if one.ensemble}
    for k in MULTIPLES if patients else ():
        for response in durable_ensemble(patients, ensembles, k=k).responses:
            answers[_place(response.arm), k] = _answer(response)
    return answers


def _opened(folder: Path, found: Sequence[Digitised]) -> tuple[Analysis, Trial, Settings]:
    """Return the study's one analysis, with the curves that were read in its figure."""
    panels = []
    for one in found:
        place = folder / "results" / "digitised" / f"panel-{one.panel}"
        write_files(digitised_files(one, place, None))
        panels.append(read_panel(folder, place))
    study = Study.open(folder)
    problems: list[Problem] = []
    arms = {(one.trial, arm.arm): arm for one in study.trials for arm in one.arms}
    shown = dict.fromkeys(study.figures, panels)
    curves, without = curves_of_rows(study.figures, shown, arms, problems)
    if problems or without:
        raise InputError([*problems, *without.values()])
    study = Study.open(folder, read=curves)
    return study.analyses[0], study.trials[0], study.settings


def _answer(response: DurableResponse) -> Proportion | str:
    found = response.estimate
    return found.reason if isinstance(found, NotEstimable) else found


def _name(at: int) -> str:
    return f"arm{at}"


def _place(name: str) -> int:
    return int(name.removeprefix("arm"))


def _write_study(
    folder: Path,
    figure: Path,
    arms: Mapping[int, tuple[DigitisedArm, int]],
    counts: Sequence[int | None],
) -> None:
    """Write a study of one trial whose curves are all in one figure."""
    (folder / "figures").mkdir(parents=True)
    shutil.copy(figure, folder / "figures" / figure.name)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    _write(folder / "trials.csv", ("trial",), [("T",)])
    rows = [("T", _name(at), "one", "" if counts[at] is None else counts[at]) for at in arms]
    _write(folder / "arms.csv", ("trial", "arm", "drug_class", "n"), rows)
    head = ("file", "panel", "curve_label", "trial", "endpoint", "arm")
    shown = [
        (figure.name, panel, arm.arm, "T", "PFS", _name(at)) for at, (arm, panel) in arms.items()
    ]
    _write(folder / "figures.csv", head, shown)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([head, *rows])
