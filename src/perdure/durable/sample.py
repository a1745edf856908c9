"""The patients that an estimate rests on: one arm, or several arms taken together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats, Patients, TimeUnit
from perdure.survival import KaplanMeier, influence, kaplan_meier

__all__ = ["Influence", "Sample", "covariance"]

Influence = Mapping[str, Floats]
"""By arm, what each of its patients adds to an estimate; shape (n of the arm,)."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Patients of one or more arms together, and their Kaplan-Meier curve.

    Parameters
    ----------
    arms : mapping of str to Patients
        At least one, all in one time unit.

    Raises
    ------
    InputError
        If there is no arm, or units differ.

    Examples
    --------
    >>> Sample({"a": Patients([1], [1]), "b": Patients([2, 3], [0, 1])}).curve.n
    3
    """

    arms: Mapping[str, Patients]
    patients: Patients
    curve: KaplanMeier

    def __init__(self, arms: Mapping[str, Patients]) -> None:
        if not arms:
            raise InputError(Problem("there is no arm", "give the patients of at least one arm"))
        units = {patients.time_unit for patients in arms.values()}
        if len(units) > 1:
            raise InputError(
                Problem(
                    "the arms of a trial have different time units",
                    "convert them to one unit first",
                    value=", ".join(sorted(units)),
                )
            )
        time = np.concatenate([patients.time for patients in arms.values()])
        event = np.concatenate([patients.event for patients in arms.values()])
        object.__setattr__(self, "arms", arms)
        object.__setattr__(self, "patients", Patients(time, event, units.pop()))
        object.__setattr__(self, "curve", kaplan_meier(time, event))

    @property
    def time_unit(self) -> TimeUnit:
        """Of all its arms."""
        return self.patients.time_unit

    def influence_on_survival(self, time: float) -> Influence:
        """Return what each patient adds to survival at ``time``, by arm."""
        together = influence(self.patients.time, self.patients.event, [time])[:, 0]
        ends = np.cumsum([patients.n for patients in self.arms.values()])[:-1]
        parts = np.split(together / self.patients.n, ends)
        return dict(zip(self.arms, parts, strict=True))


def covariance(first: Influence, second: Influence) -> float:
    """Return the covariance of two estimates from the patients that they share.

    Arm sizes are fixed by design, so influence is centred within arm before the products are
    summed.

    Examples
    --------
    >>> covariance({"a": np.array([0.5, -0.5])}, {"a": np.array([0.5, -0.5])})
    0.5
    >>> covariance({"a": np.array([0.5, -0.5])}, {"b": np.array([0.5, -0.5])})
    0.0
    """
    shared = [arm for arm in first if arm in second]
    return float(
        sum(
            np.dot(first[arm] - first[arm].mean(), second[arm] - second[arm].mean())
            for arm in shared
        )
    )
