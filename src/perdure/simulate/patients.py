"""Patients of simulated trials: evenly accrued, followed to a cut-off, a few of them lost."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import DAYS_PER_MONTH, Floats, Patients
from perdure.simulate.event_times import EventTimes

__all__ = ["FollowUp", "simulate_arm"]


@dataclass(frozen=True)
class FollowUp:
    """How long patients are followed: uniform accrual, one cut-off for all, random dropout.

    Parameters
    ----------
    accrual : float
        Months from the first to the last patient's entry.
    least : float
        Months from the last patient's entry to the cut-off.
    dropout : float
        Proportion lost in a year, whatever their prognosis.

    Examples
    --------
    >>> FollowUp(accrual=12, least=18).longest
    30
    """

    accrual: float
    least: float
    dropout: float = 0.02

    def __post_init__(self) -> None:
        if self.accrual < 0 or self.least < 0 or self.longest <= 0 or not 0 <= self.dropout < 1:
            raise InputError(
                Problem(
                    "accrual and follow-up are not lengths of time, or dropout is not a proportion",
                    "give months of 0 or more, and a dropout from 0 to below 1",
                    value=repr(self),
                )
            )

    @property
    def longest(self) -> float:
        """Months that the first patient is followed."""
        return self.accrual + self.least

    def censoring(self, random: np.random.Generator, n: int) -> Floats:
        """Return the time at which each patient is censored, if nothing happens before."""
        cut_off: Floats = self.longest - random.uniform(0, self.accrual, n)
        if self.dropout == 0:
            return cut_off
        lost = random.exponential(-12 / np.log(1 - self.dropout), n)
        return np.minimum(cut_off, lost)


def simulate_arm(
    random: np.random.Generator, n: int, endpoints: Mapping[str, EventTimes], follow_up: FollowUp
) -> dict[str, Patients]:
    """Draw the patients of one arm, with their times for each endpoint.

    Every patient has one rank for all endpoints: who progresses early dies early. So each endpoint
    has exactly its own distribution, and where one never lies above another (PFS and OS), no
    patient's times contradict each other. Entry and dropout are shared too.

    Parameters
    ----------
    random : numpy.random.Generator
    n : int
        Patients.
    endpoints : mapping of str to EventTimes
    follow_up : FollowUp

    Returns
    -------
    dict of str to Patients
        By endpoint, in the same order of patients. Whole days, the first being day 1, in months.

    Raises
    ------
    InputError
        If there are no patients or no endpoints.

    Examples
    --------
    >>> from perdure.simulate import Weibull
    >>> arm = simulate_arm(
    ...     np.random.default_rng(1), 200, {"PFS": Weibull(4), "OS": Weibull(12)}, FollowUp(12, 12)
    ... )
    >>> arm["PFS"].n, arm["PFS"].events > arm["OS"].events
    (200, True)
    """
    if n < 1 or not endpoints:
        raise InputError(
            Problem("an arm needs a patient and an endpoint", "give one or more", value=f"{n}")
        )
    rank = 1 - random.uniform(size=n)
    censoring = follow_up.censoring(random, n)
    patients = {}
    for name, event_times in endpoints.items():
        time = event_times.time_at(rank)
        days = np.maximum(1, np.round(np.minimum(time, censoring) * DAYS_PER_MONTH))
        patients[name] = Patients(days / DAYS_PER_MONTH, time <= censoring)
    return patients
