"""All that an arm shows of its durable response: its log median, and every multiple it reaches."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from perdure.records.estimate import Reference

__all__ = ["ArmVector"]


@dataclass(frozen=True)
class ArmVector:
    """The log of the reference median and the durable response at several multiples of it.

    Attributes
    ----------
    trial, arm : str
    n : int
        Patients.
    reference : {"own", "control", "trial"}
    log_median : float or None
        Of the reference median, in ``time_unit``; None where it is not reached.
    multiples : tuple of float
        Those that the arm reaches with a proportion above 0, in rising order.
    proportions : tuple of float
        One a multiple.
    covariance : tuple of tuple of float
        Of the log median, then the proportions (first order); empty without a median.
    end_time : float
        End of the arm's follow-up.
    end_survival : float
        Survival there: no proportion past it is larger.
    end_se : float or None
        Its standard error; None where survival is 0 or 1.
    median_bound : float or None
        The log of a time that the reference median is known to exceed, where it is not reached.
    zeros : tuple of float
        Multiples at which the arm's proportion is 0 for ever: its curve reached 0 before.
    reasons : mapping of float to str
        Why the other multiples have no proportion.
    time_unit : str
    """

    trial: str
    arm: str
    n: int
    reference: Reference
    log_median: float | None
    multiples: tuple[float, ...]
    proportions: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    end_time: float
    end_survival: float
    end_se: float | None
    median_bound: float | None = None
    zeros: tuple[float, ...] = ()
    reasons: Mapping[float, str] = field(default_factory=dict)
    time_unit: str = "months"

    @property
    def name(self) -> str:
        """Trial and arm."""
        return f"{self.trial}, {self.arm}" if self.trial else self.arm
