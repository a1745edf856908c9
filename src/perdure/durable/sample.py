"""The patients that an estimate rests on: one arm, or several arms taken together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints, Patients, TimeUnit
from perdure.survival import (
    KaplanMeier,
    curve_influence,
    distinct_times,
    kaplan_meier,
    median,
    reverse_kaplan_meier,
)

__all__ = ["Influence", "Sample", "TrialSamples", "combined", "covariance", "covariances"]

Influence = Mapping[str, Floats]
"""By arm, what each of its patients adds to an estimate, or to several of them.

Shape (n of the arm,) or (n of the arm, estimates).
"""


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
    row: Ints

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
        object.__setattr__(self, "row", distinct_times(time)[1])

    @property
    def time_unit(self) -> TimeUnit:
        """Of all its arms."""
        return self.patients.time_unit

    @cached_property
    def follow_up(self) -> float | None:
        """Median follow-up by reverse Kaplan-Meier; None where it is not reached."""
        return median(reverse_kaplan_meier(self.patients.time, self.patients.event)).value

    def influence_on_survival(self, time: float | Floats) -> Influence:
        """Return what each patient adds to survival at ``time``, by arm.

        An array of times makes a column for each of them.
        """
        patients = self.patients
        together = curve_influence(self.curve, self.row, patients.event, time) / patients.n
        if np.ndim(time) == 0:
            together = together[:, 0]
        ends = np.cumsum([arm.n for arm in self.arms.values()])[:-1]
        return dict(zip(self.arms, np.split(together, ends), strict=True))


@dataclass(frozen=True, eq=False)
class TrialSamples:
    """The arms of one trial, each alone and all together; what is computed of them is kept.

    Parameters
    ----------
    patients : mapping of str to Patients
        At least one arm, all in one time unit.

    Raises
    ------
    InputError
        If there is no arm, or units differ.

    Examples
    --------
    >>> trial = TrialSamples({"a": Patients([1], [1]), "b": Patients([2, 3], [0, 1])})
    >>> trial.arms["b"].curve.n, trial.together.curve.n
    (2, 3)
    """

    patients: Mapping[str, Patients]

    @cached_property
    def arms(self) -> Mapping[str, Sample]:
        """Each arm alone."""
        return {arm: Sample({arm: patients}) for arm, patients in self.patients.items()}

    @cached_property
    def together(self) -> Sample:
        """All arms as one sample."""
        return Sample(self.patients)


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


def covariances(each: Influence) -> Floats:
    """Return the covariance matrix of several estimates, from what each patient adds to them.

    Parameters
    ----------
    each : mapping of str to array of float, shape (n of the arm, estimates)

    Returns
    -------
    array of float, shape (estimates, estimates)

    Examples
    --------
    >>> covariances({"a": np.array([[0.5, 1.0], [-0.5, -1.0]])})
    array([[0.5, 1. ],
           [1. , 2. ]])
    """
    centred = [part - part.mean(axis=0) for part in each.values()]
    return np.asarray(sum(part.T @ part for part in centred))


def combined(parts: Sequence[tuple[float | Floats, Influence]]) -> Influence:
    """Return a sum of influences, each times a factor; an arm may be in some of them only.

    Examples
    --------
    >>> combined([(1.0, {"a": np.array([1.0])}), (-2.0, {"a": np.array([1.0])})])
    {'a': array([-1.])}
    """
    found: dict[str, Floats] = {}
    for factor, influence in parts:
        for arm, part in influence.items():
            found[arm] = found[arm] + factor * part if arm in found else factor * part
    return found
