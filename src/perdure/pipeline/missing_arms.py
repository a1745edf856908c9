"""Arms that do not reach their threshold: does leaving them out change the answer."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.durable import MULTIPLES, arm_vectors
from perdure.errors import InputError
from perdure.pool import pool_missing_arms
from perdure.records import AnalysisResult, ArmVector, Patients, Reference, Trial, classes_of
from perdure.records.missing_arms import ClassMissingArms
from perdure.study import Settings

__all__ = ["synthesise_missing_arms"]


def synthesise_missing_arms(
    analyses: Sequence[AnalysisResult], trials: Sequence[Trial], settings: Settings
) -> tuple[ClassMissingArms, ...]:
    """Set leaving arms out beside the model of vectors and the pattern mixture.

    Where every arm with a class is estimable there is nothing to compare. Of arms that were rebuilt
    the patients are those of the most typical history.
    """
    by = settings.pool.by[0]
    classes = classes_of(trials, by)
    known = {trial.trial: trial for trial in trials}
    found = []
    for endpoint in settings.endpoints:
        for reference in settings.reference:
            if reference == "fixed":
                continue
            vectors: list[ArmVector] = []
            without: list[str] = []
            gaps = False
            for analysis in analyses:
                if analysis.primary and analysis.endpoint == endpoint:
                    mine = _vectors(analysis, known[analysis.trial], settings, reference)
                    vectors += [one for one in mine if classes.get((one.trial, one.arm), "")]
                    drawn = {one.arm for one in mine}
                    without += [
                        f"{analysis.trial}: {one.arm}"
                        for one in analysis.arms
                        if one.arm not in drawn and classes.get((analysis.trial, one.arm), "")
                    ]
                    gaps = gaps or any(
                        one.response.proportion is None
                        for one in analysis.estimates
                        if one.response.reference == reference
                    )
            if vectors and gaps:
                names = [classes[one.trial, one.arm] for one in vectors]
                one = _pooled(vectors, names, settings, endpoint, reference, by)
                found.append(replace(one, without_patients=tuple(without)))
    return tuple(found)


def _pooled(
    vectors: Sequence[ArmVector],
    names: Sequence[str],
    settings: Settings,
    endpoint: str,
    reference: Reference,
    by: str,
) -> ClassMissingArms:
    """Return the three answers, or why there are none."""
    k = settings.endpoints[endpoint].k
    try:
        answer = pool_missing_arms(vectors, names, k=k)
    except InputError as error:
        return ClassMissingArms(endpoint, k, reference, by, None, error.problems[0].message)
    return ClassMissingArms(endpoint, k, reference, by, answer)


def _vectors(
    analysis: AnalysisResult, trial: Trial, settings: Settings, reference: Reference
) -> tuple[ArmVector, ...]:
    """Return the vectors of a trial's arms that have patients."""
    patients: dict[str, Patients] = {
        arm.arm: arm.patients for arm in analysis.arms if arm.patients is not None
    }
    if not patients:
        return ()
    k = settings.endpoints[analysis.endpoint].k
    comparators = {
        arm.arm: arm.comparator
        for arm in trial.arms
        if arm.arm in patients and arm.comparator in patients
    }
    return arm_vectors(
        patients,
        trial=trial.trial,
        multiples=sorted({*(one for one in MULTIPLES if one <= k), k}),
        reference=reference,
        comparators=comparators,
    )
