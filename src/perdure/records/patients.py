"""Patients, observed or rebuilt from a curve, and the evidence of how well they fit it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records.arrays import Bools, Floats, frozen
from perdure.records.time_unit import TimeUnit, months_per

__all__ = ["Evidence", "Patients", "Reconstruction", "RiskCheck", "SurvivalCheck"]


LARGEST_TIME = 1e100
"""In whatever unit: squares of times beyond it overflow."""


@dataclass(frozen=True, eq=False)
class Patients:
    """Time and event of each patient of one arm.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Time to event or censoring, not negative; in ``time_unit``.
    event : array_like of bool or 0/1, shape (n,)
        True for an event, False for a censoring.
    time_unit : {"days", "weeks", "months", "years"}

    Raises
    ------
    InputError
        If there is no patient, lengths differ, a time is negative or an event is not 0 or 1.

    Examples
    --------
    >>> patients = Patients([2.0, 5.0, 7.5], [1, 0, 1])
    >>> patients.n, patients.events
    (3, 2)
    """

    time: Floats
    event: Bools
    time_unit: TimeUnit = "months"

    def __init__(self, time: ArrayLike, event: ArrayLike, time_unit: TimeUnit = "months") -> None:
        codes = frozen("event", event)
        object.__setattr__(self, "time", frozen("time", time))
        object.__setattr__(self, "event", codes == 1)
        object.__setattr__(self, "time_unit", time_unit)
        self.event.flags.writeable = False
        if self.time.size != codes.size or codes.size == 0:
            found = f"{self.time.size} times and {codes.size} events"
            raise InputError(
                Problem("patients need one event code for each time", "give pairs", value=found)
            )
        for wrong, values, message, remedy in (
            (self.time < 0, self.time, "a time is negative", "count time from randomisation"),
            (
                (self.time > LARGEST_TIME) | ((self.time > 0) & (self.time < 1 / LARGEST_TIME)),
                self.time,
                "a time is too large or too small to compute with",
                "check its unit",
            ),
            ((codes != 0) & (codes != 1), codes, "an event is not 0 or 1", "write 1 or 0"),
        ):
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0])
                raise InputError(
                    Problem(f"{message} (patient {at + 1})", remedy, value=f"{values[at]:g}")
                )

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.time.size)

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.event.sum())

    def in_unit(self, unit: TimeUnit) -> "Patients":
        """Return the same patients with their times in ``unit``."""
        factor = months_per(self.time_unit) / months_per(unit)
        return Patients(self.time * factor, self.event, unit)


@dataclass(frozen=True)
class RiskCheck:
    """One printed number at risk beside the rebuilt one."""

    time: float
    printed: int
    rebuilt: int


@dataclass(frozen=True)
class SurvivalCheck:
    """Published survival at a time beside the rebuilt one; None beyond the rebuilt curve's end."""

    time: float
    published: float
    rebuilt: float | None


@dataclass(frozen=True)
class Evidence:
    """How well a reconstruction fits what was published.

    Attributes
    ----------
    rmse, max_distance : float
        Root mean square and largest distance between the curve's points and the rebuilt curve,
        in survival.
    max_distance_px : float, optional
        The largest distance in pixels (two resolutions are one pixel); None without a resolution.
    risk : tuple of RiskCheck
        Printed against rebuilt numbers at risk; empty without a table.
    n, events : int
        Rebuilt.
    n_reported, events_reported : int, optional
    median, median_reported : float, optional
        Rebuilt median (None where it is not reached) and the published one.
    used : tuple of str
        Which facts the method used: "curve", "numbers at risk", "n", "events", "marks", or
        "reported values" that are the curve's own.
    reading : str, optional
        How the curve was read: "columns" of pixels, the "steps" themselves, or "clicks".
    reading_error : float, optional
        Half-width of the reading error of survival; of clicks the standard deviation.
    events_low, events_high : int, optional
        90% interval of the ensemble.
    median_low, median_high : float, optional
        The same of the median; None where it is not reached in enough draws.
    hazard_ratio, hazard_ratio_low, hazard_ratio_high : float, optional
        Cox's, against the trial's rebuilt control, with the 90% interval of paired draws.
    hazard_ratio_reported : float, optional
    landmarks : tuple of SurvivalCheck
        Survival at times, as published and rebuilt.
    """

    rmse: float
    max_distance: float
    max_distance_px: float | None
    risk: tuple[RiskCheck, ...]
    n: int
    events: int
    n_reported: int | None
    events_reported: int | None
    median: float | None
    median_reported: float | None
    used: tuple[str, ...]
    reading: str | None = None
    reading_error: float | None = None
    events_low: int | None = None
    events_high: int | None = None
    median_low: float | None = None
    median_high: float | None = None
    hazard_ratio: float | None = None
    hazard_ratio_low: float | None = None
    hazard_ratio_high: float | None = None
    hazard_ratio_reported: float | None = None
    landmarks: tuple[SurvivalCheck, ...] = ()

    @property
    def risk_mismatch(self) -> int:
        """Patients by which the rebuilt numbers at risk miss the printed ones, summed."""
        return sum(abs(check.rebuilt - check.printed) for check in self.risk)

    def scaled(self, factor: float) -> "Evidence":
        """Return the same evidence with its times ``factor`` as large: in another unit."""

        def longer(time: float | None) -> float | None:
            return None if time is None else time * factor

        return replace(
            self,
            risk=tuple(replace(check, time=check.time * factor) for check in self.risk),
            landmarks=tuple(replace(one, time=one.time * factor) for one in self.landmarks),
            median=longer(self.median),
            median_reported=longer(self.median_reported),
            median_low=longer(self.median_low),
            median_high=longer(self.median_high),
        )


@dataclass(frozen=True)
class Reconstruction:
    """Patients behind a curve, others that fit it as well, and the evidence.

    Attributes
    ----------
    patients : Patients
        The one history to use where one is needed.
    ensemble : tuple of Patients
        Other histories that fit; empty for a method that returns one history only.
    evidence : Evidence
    method : str
        Name of the method: "chain" or "guyot".
    seed : int or None
        The seed, where the method draws at random.
    warnings : tuple of str
        What was repaired, left out or contradictory, in plain sentences.
    """

    patients: Patients
    ensemble: tuple[Patients, ...]
    evidence: Evidence
    method: str
    seed: int | None = None
    warnings: tuple[str, ...] = ()

    def in_unit(self, unit: TimeUnit) -> "Reconstruction":
        """Return the same with its times in ``unit``; sentences in ``warnings`` stay as they are.

        Examples
        --------
        >>> fit = Evidence(0, 0, None, (RiskCheck(6, 2, 2),), 2, 1, 2, None, 6, None, ("curve",))
        >>> found = Reconstruction(Patients([6, 12], [1, 0]), (), fit, "guyot").in_unit("years")
        >>> found.patients.time, found.evidence.median, found.evidence.risk[0].time
        (array([0.5, 1. ]), 0.5, 0.5)
        """
        factor = months_per(self.patients.time_unit) / months_per(unit)
        return replace(
            self,
            patients=self.patients.in_unit(unit),
            ensemble=tuple(draw.in_unit(unit) for draw in self.ensemble),
            evidence=self.evidence.scaled(factor),
        )
