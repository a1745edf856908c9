"""The patients of all trials in one model: pseudo-values, with trials as clusters."""

from collections.abc import Mapping, Sequence

import numpy as np

from perdure.durable import pseudo_values
from perdure.errors import InputError, Problem
from perdure.pool import OneStageAnswer, OneStageFit, fit_one_stage
from perdure.records import AnalysisResult, Patients, Reference, Trial
from perdure.records.pseudo_values import PseudoRows
from perdure.study import Settings

__all__ = ["one_stage_answer"]


def one_stage_answer(
    analyses: Sequence[AnalysisResult],
    trials: Mapping[str, Trial],
    settings: Settings,
    endpoint: str,
    reference: Reference,
    classes: Mapping[tuple[str, str], str],
) -> OneStageAnswer:
    """Return what compares classes in one stage; nothing is computed before it is called.

    Of arms that were rebuilt the patients are those of the most typical history.
    """

    def answer(names: Sequence[str]) -> tuple[OneStageFit, int, int, tuple[str, ...]]:
        values: list[float] = []
        trial: list[str] = []
        name: list[str] = []
        member: list[bool] = []
        patient: list[int] = []
        patient_arm: list[str] = []
        arms = missing = 0
        for analysis in analyses:
            if not analysis.primary or analysis.endpoint != endpoint:
                continue
            found = _rows(analysis, trials[analysis.trial], settings, reference)
            if found is None:
                continue
            rows, without = found
            missing += without
            known = [classes.get((analysis.trial, arm), "").strip() for arm in rows.arm]
            kept = [at for at, one in enumerate(known) if one in names]
            arms += len({rows.arm[at] for at in kept})
            values += [float(rows.value[at]) for at in kept]
            trial += [analysis.trial] * len(kept)
            name += [known[at] for at in kept]
            member += [bool(rows.member[at]) for at in kept]
            patient += [int(rows.patient[at]) for at in kept]
            patient_arm += [rows.patient_arm[at] for at in kept]
        lost = [one for one in names if one not in name]
        if lost:
            raise InputError(
                Problem(f"no patients of {', '.join(lost)} are at hand", "give curves or patients")
            )
        design = np.array([[one == label for one in names] for label in name], dtype=np.float64)
        design[:, 0] = 1
        fit = fit_one_stage(
            values,
            trial,
            moderators=design,
            terms=tuple(names),
            member=member,
            patient=patient,
            patient_arm=patient_arm,
        )
        notes = (f"{missing} arms are not estimable and not in it",) if missing else ()
        return fit, arms, len(set(trial)), notes

    return answer


def _rows(
    analysis: AnalysisResult, trial: Trial, settings: Settings, reference: Reference
) -> tuple[PseudoRows, int] | None:
    """Return the pseudo-values of a trial's patients, and how many arms have none."""
    patients: dict[str, Patients] = {
        arm.arm: arm.patients for arm in analysis.arms if arm.patients is not None
    }
    if not patients:
        return None
    comparators = {
        arm.arm: arm.comparator
        for arm in trial.arms
        if arm.arm in patients and arm.comparator in patients
    }
    found = pseudo_values(
        patients,
        k=settings.endpoints[analysis.endpoint].k,
        reference=reference,
        comparators=comparators,
        time=settings.fixed_time_months(analysis.endpoint),
    )
    return found.rows(), len(found.missing)
