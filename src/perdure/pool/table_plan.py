"""What further trials would add to a pooled table: power, trials needed, patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.checks.planned_trial import patients_per_arm, planned_variance
from perdure.pool.checks.power import pooled_power
from perdure.pool.checks.trials_needed import trials_for_half_width
from perdure.pool.effects.contrast_effects import ContrastMeasure
from perdure.pool.models.random_effects import Fit, Method, Model
from perdure.records.next_trial import PooledPower, TrialsNeeded

__all__ = ["PlannedArms", "TablePlan", "plan_of_table"]

PlannedMeasure = Literal["OR", "RR", "RD"]
ON_SCALE: Mapping[PlannedMeasure, ContrastMeasure] = MappingProxyType(
    {"OR": "log odds ratio", "RR": "log ratio", "RD": "difference"}
)


@dataclass(frozen=True)
class PlannedArms:
    """A trial that is planned.

    Attributes
    ----------
    proportion, control_proportion : float
        Expected.
    n, control_n : int
        Patients.
    measure : {"OR", "RR", "RD"}
        The scale of the table's estimates: log odds ratio, log ratio, difference.
    """

    proportion: float
    control_proportion: float
    n: int
    control_n: int
    measure: PlannedMeasure = "OR"


@dataclass(frozen=True)
class TablePlan:
    """What is to be expected of further trials.

    Attributes
    ----------
    planned_v : float
        Sampling variance of each further trial: of the one planned, else the median at hand.
    power, power_with_one_more : PooledPower or None
        Of the effects at hand, and of those with one more trial; None where no effect was given.
    needed : TrialsNeeded or None
        For the interval wanted; None where no width was given.
    patients_per_arm : int or None
        Of the one trial that would do, with the planned proportions; None where there is none, or
        no plan.
    """

    planned_v: float
    power: PooledPower | None
    power_with_one_more: PooledPower | None
    needed: TrialsNeeded | None
    patients_per_arm: int | None


def plan_of_table(
    fit: Fit,
    *,
    true_effect: float | None = None,
    half_width: float | None = None,
    planned: PlannedArms | None = None,
) -> TablePlan:
    """Return power and trials needed, with tau2 as the effects at hand show it.

    Parameters
    ----------
    fit : Fit
        Without moderators.
    true_effect : float, optional
        Mean of true effects whose detection is asked for, on the scale of the effects.
    half_width : float, optional
        Of the interval that is wanted.
    planned : PlannedArms, optional

    Raises
    ------
    InputError
        As :func:`perdure.pool.pooled_power`, :func:`perdure.pool.trials_for_half_width` and
        :func:`perdure.pool.planned_variance`.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02])
    >>> plan = plan_of_table(fit, true_effect=0.4, half_width=0.2)
    >>> print(f"{plan.power.power:.2f}, {plan.power_with_one_more.power:.2f}")
    0.38, 0.52
    >>> plan.needed.n_trials
    10
    """
    if fit.terms != ("intercept",):
        raise InputError(
            Problem("power and trials needed are of one mean", "leave out the moderators")
        )
    planned_v = float(np.median(fit.v)) if planned is None else _variance(planned)
    needed = None
    if half_width is not None:
        needed = trials_for_half_width(
            fit.y,
            fit.v,
            planned_v,
            half_width,
            model=cast("Model", fit.pooled.model),
            method="REML" if fit.pooled.model == "common" else cast("Method", fit.pooled.method),
            test=fit.pooled.test,
            level=fit.level,
        )
    powers: list[PooledPower] = []
    if true_effect is not None:
        powers = [
            pooled_power(true_effect, v, tau2=fit.between, test=fit.pooled.test, level=fit.level)
            for v in (fit.v, np.append(fit.v, planned_v))
        ]
    patients = None
    if planned is not None and needed is not None and needed.single_v is not None:
        patients = patients_per_arm(
            needed.single_v,
            planned.proportion,
            planned.control_proportion,
            measure=ON_SCALE[planned.measure],
        )
    return TablePlan(
        planned_v,
        powers[0] if powers else None,
        powers[1] if powers else None,
        needed,
        patients,
    )


def _variance(planned: PlannedArms) -> float:
    return planned_variance(
        planned.proportion,
        planned.control_proportion,
        planned.n,
        planned.control_n,
        measure=ON_SCALE[planned.measure],
    )
