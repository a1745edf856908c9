"""Profiles, follow-up and tails of one analysis: what a durable response is seen beside."""

from collections.abc import Mapping, Sequence

from perdure.durable import (
    TailThreshold,
    durability_profile,
    follow_up,
    tail_awards,
    tail_thresholds,
    trial_models,
    trial_tail,
)
from perdure.records import ArmAwards, Patients, Reference, TailResult, TrialTail

__all__ = ["tails"]

BEYOND = (6.0, 12.0)
"""Months after the threshold at which conditional survival is read."""


def tails(
    patients: Mapping[str, Patients],
    ensembles: Mapping[str, Sequence[Patients]],
    *,
    endpoint: str,
    k: float,
    references: Sequence[Reference],
    comparators: Mapping[str, str],
    fixed_time: float | None,
    thin: int,
    seed: int,
    models: bool,
) -> TailResult:
    """Return what is found about the tails of an analysis.

    Of arms that were rebuilt, profiles, follow-up and tails are those of the one history; value
    frameworks' rules are judged in all of them.

    Parameters
    ----------
    patients : mapping of str to Patients
        At least one arm, in months.
    ensembles : mapping of str to sequence of Patients
        Histories of the arms that were rebuilt.
    endpoint : str
    k : float
    references : sequence of {"own", "control", "trial", "fixed"}
        The first is the threshold of follow-up and tails.
    comparators : mapping of str to str
    fixed_time : float or None
        Threshold of ``fixed``, months.
    thin, seed : int
    models : bool
        Whether parametric models are fitted too.
    """
    profiles = tuple(
        durability_profile(patients, reference=reference, comparators=comparators, seed=seed)
        for reference in references
        if reference != "fixed"
    )
    thresholds = tail_thresholds(
        patients, k=k, reference=references[0], comparators=comparators, time=fixed_time
    )
    followed = tuple(
        follow_up(
            arm,
            one,
            threshold=thresholds[arm].time,
            threshold_reason=thresholds[arm].reason,
            thin=thin,
            seed=seed,
        )
        for arm, one in patients.items()
    )
    awards = tuple(
        ArmAwards(arm, control, found)
        for arm, control in comparators.items()
        if (
            found := tail_awards(
                patients[arm],
                patients[control],
                endpoint=endpoint,
                test_draws=ensembles.get(arm, ()),
                comparator_draws=ensembles.get(control, ()),
                seed=seed,
            )
        )
    )
    fitted = (
        trial_models(
            patients, k=k, reference=references[0], comparators=comparators, time=fixed_time
        )
        if models
        else ()
    )
    tail = _tail(patients, thresholds, comparators)
    return TailResult(profiles, followed, tail, awards, fitted)


def _tail(
    patients: Mapping[str, Patients],
    thresholds: Mapping[str, TailThreshold],
    comparators: Mapping[str, str],
) -> TrialTail | None:
    """Return the tails of arms that share some time."""
    if min(float(one.time.max()) for one in patients.values()) <= 0:
        return None
    return trial_tail(patients, thresholds, comparators=comparators, beyond=BEYOND)
