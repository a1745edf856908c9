"""Distributions of time to event: survival, median and durable proportion are known exactly."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats

__all__ = ["DelayedSeparation", "EventTimes", "MixtureCure", "Weibull", "durable_proportion"]


class EventTimes(Protocol):
    """A distribution of time to event, in months."""

    @property
    def median(self) -> float:
        """The time at which survival is one half."""
        ...

    def survival(self, time: ArrayLike) -> Floats:
        """Return the proportion beyond each time."""
        ...

    def time_at(self, survival: ArrayLike) -> Floats:
        """Return the time at which survival is each value; infinite where it never falls so far.

        The inverse of ``survival``: uniform numbers between 0 and 1 become times to event.
        """
        ...


@dataclass(frozen=True)
class Weibull:
    """Weibull times; exponential with a shape of 1, heavier tailed below it.

    Parameters
    ----------
    median : float
        Months.
    shape : float

    Examples
    --------
    >>> chemotherapy = Weibull(median=4.0)
    >>> durable_proportion(chemotherapy, k=3)
    0.125
    """

    median: float
    shape: float = 1.0

    def __post_init__(self) -> None:
        _positive("median", self.median)
        _positive("shape", self.shape)

    def survival(self, time: ArrayLike) -> Floats:
        """Return the proportion beyond each time."""
        scaled = np.asarray(time, dtype=np.float64) / self.median
        return np.asarray(2.0 ** -(scaled**self.shape), dtype=np.float64)

    def time_at(self, survival: ArrayLike) -> Floats:
        """Return the time at which survival is each value; infinite for 0."""
        share = np.asarray(survival, dtype=np.float64)
        halvings = np.full(share.shape, np.inf)
        np.log2(share, out=halvings, where=share > 0)
        return self.median * np.where(share > 0, -halvings, np.inf) ** (1 / self.shape)


@dataclass(frozen=True)
class MixtureCure:
    """A share of patients who never have the event, and Weibull times for the others.

    The shape of a durable response: an early fall and a tail that stays.

    Parameters
    ----------
    median : float
        Of all patients together, months.
    cured : float
        Share without event for ever, below one half.
    shape : float
        Of the other patients' times.

    Examples
    --------
    >>> immunotherapy = MixtureCure(median=3.0, cured=0.2)
    >>> round(durable_proportion(immunotherapy, k=3), 3)
    0.242
    """

    median: float
    cured: float
    shape: float = 1.0
    _others: Weibull = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _positive("median", self.median)
        _positive("shape", self.shape)
        if not 0 <= self.cured < 0.5:
            raise InputError(
                Problem(
                    "the cured share is not from 0 to below 0.5",
                    "with more there is no median",
                    value=f"{self.cured:g}",
                )
            )
        # The others' survival at the median of all: (1/2 - cured) / (1 - cured).
        halvings = -np.log2((0.5 - self.cured) / (1 - self.cured))
        others = Weibull(self.median / float(halvings) ** (1 / self.shape), self.shape)
        object.__setattr__(self, "_others", others)

    def survival(self, time: ArrayLike) -> Floats:
        """Return the proportion beyond each time."""
        return self.cured + (1 - self.cured) * self._others.survival(time)

    def time_at(self, survival: ArrayLike) -> Floats:
        """Return the time at which survival is each value; infinite from the cured share down."""
        share = np.asarray(survival, dtype=np.float64)
        return self._others.time_at(np.maximum(share - self.cured, 0.0) / (1 - self.cured))


@dataclass(frozen=True)
class DelayedSeparation:
    """An arm that follows its control up to a time, and has another hazard from there on.

    Parameters
    ----------
    control : EventTimes
    until : float
        Months.
    hazard_ratio : float
        Against the control, after ``until``.

    Examples
    --------
    >>> arm = DelayedSeparation(Weibull(median=10.0), until=4.0, hazard_ratio=0.5)
    >>> round(arm.median, 9)
    16.0
    """

    control: EventTimes
    until: float
    hazard_ratio: float

    def __post_init__(self) -> None:
        _positive("until", self.until)
        _positive("hazard_ratio", self.hazard_ratio)

    @property
    def median(self) -> float:
        """The time at which survival is one half."""
        return float(self.time_at(0.5))

    def survival(self, time: ArrayLike) -> Floats:
        """Return the proportion beyond each time."""
        control = self.control.survival(time)
        parted = float(self.control.survival(self.until))
        later = parted * (control / parted) ** self.hazard_ratio
        return np.where(np.asarray(time, dtype=np.float64) <= self.until, control, later)

    def time_at(self, survival: ArrayLike) -> Floats:
        """Return the time at which survival is each value."""
        share = np.asarray(survival, dtype=np.float64)
        parted = float(self.control.survival(self.until))
        later = parted * (share / parted) ** (1 / self.hazard_ratio)
        return self.control.time_at(np.where(share >= parted, share, later))


def durable_proportion(event_times: EventTimes, k: float) -> float:
    """Return the true proportion beyond k times the median.

    Examples
    --------
    >>> durable_proportion(Weibull(median=8.0), k=2)
    0.25
    """
    return float(event_times.survival(k * event_times.median))


def _positive(name: str, value: float) -> None:
    """Refuse a parameter that is not a positive number."""
    if not 0 < value < np.inf:
        problem = Problem(f"{name} is not positive", "give a number above 0", value=str(value))
        raise InputError(problem)
