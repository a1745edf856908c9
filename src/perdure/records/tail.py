"""What an arm's tail is made of, and how two arms' tails differ."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.time_unit import TimeUnit

__all__ = ["ArmTail", "TailContrast", "TailMeasure", "TailQuantity", "TrialTail"]

TailQuantity = Literal[
    "restricted mean survival",
    "restricted mean time lost",
    "milestone survival",
    "conditional survival",
    "restricted mean residual time",
]
"""
Mean time within tau; tau minus it; survival at a stated time; survival a stated time beyond the
threshold of those who reached it; their mean time from there to tau.
"""


@dataclass(frozen=True)
class TailMeasure:
    """One number on the tail of an arm, or why there is none.

    Attributes
    ----------
    quantity : str
        See :data:`TailQuantity`.
    start, stop : float
        The stretch of time it is about: from 0 or the threshold, to tau, the milestone, or the
        threshold plus the time beyond it. In the unit of the arm; both 0 without a threshold.
    value : float or None
        A time for the means, a proportion otherwise.
    se : float or None
        None where it has none, by the edge (a proportion of 0 or 1).
    ci_low, ci_high : float or None
    n_at_risk : int or None
        At ``stop``.
    reason : str or None
        Why there is no value, or no standard error.
    """

    quantity: TailQuantity
    start: float
    stop: float
    value: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    n_at_risk: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class ArmTail:
    """The tail of one arm.

    Attributes
    ----------
    arm : str
    tau : float
        End of the restricted means.
    tau_rule : str
        Where tau comes from, in words.
    threshold : float or None
    measures : tuple of TailMeasure
        Restricted mean survival, time lost, milestones, conditional survival, residual time.
    time_unit : str
    """

    arm: str
    tau: float
    tau_rule: str
    threshold: float | None
    measures: tuple[TailMeasure, ...]
    time_unit: TimeUnit = "months"


@dataclass(frozen=True)
class TailContrast:
    """One quantity of an arm against its comparator.

    Attributes
    ----------
    arm, comparator : str
    quantity : str
    start, stop : float or None
        As in :class:`TailMeasure`; None where the arms have two thresholds.
    same_threshold : bool
        False where each arm has its own: then those who reached it are compared at two times. Even
        at one threshold, those who reached it were not randomised to be compared from there.
    difference, se, ci_low, ci_high, p_value : float or None
        Arm minus comparator; the limits symmetric, but of proportions never beyond -1 and 1.
    ratio, ratio_low, ratio_high : float or None
        Symmetric on the log scale.
    reason : str or None
    """

    arm: str
    comparator: str
    quantity: TailQuantity
    start: float | None
    stop: float | None
    same_threshold: bool
    difference: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class TrialTail:
    """The tails of a trial's arms, in the arms' order, and of arms against their comparators."""

    tails: tuple[ArmTail, ...]
    contrasts: tuple[TailContrast, ...]
