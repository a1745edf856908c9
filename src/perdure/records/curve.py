"""What a published figure says: a Kaplan-Meier curve and the numbers at risk under it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records.arrays import Floats, Ints, frozen
from perdure.records.time_unit import TimeUnit, months_per

__all__ = ["Curve", "NumbersAtRisk"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A Kaplan-Meier step function as read from a figure.

    Right-continuous: at a step's time the curve has its lower value.

    Parameters
    ----------
    time : array_like of float, shape (points,)
        Starts at 0, never decreases; in ``time_unit``. A repeated time is a vertical step.
    survival : array_like of float, shape (points,)
        Between 0 and 1, starts at 1 or below, never increases.
    time_unit : {"days", "weeks", "months", "years"}
    resolution : float, optional
        Half-width of the reading error of ``survival`` (half a pixel); None where it is not known.
    read : array_like of float, shape (points,), optional
        Survival as it was read, before it was made to fall; ``survival`` where nothing was mended.

    Raises
    ------
    InputError
        If lengths differ, times are out of order or negative, or survival rises or leaves [0, 1].

    Examples
    --------
    >>> curve = Curve([0, 2, 2, 5], [1, 1, 0.6, 0.3])
    >>> curve.at(2.0)
    0.6
    >>> curve.end_time
    5.0
    """

    time: Floats
    survival: Floats
    time_unit: TimeUnit
    resolution: float | None
    read: Floats

    def __init__(
        self,
        time: ArrayLike,
        survival: ArrayLike,
        time_unit: TimeUnit = "months",
        resolution: float | None = None,
        read: ArrayLike | None = None,
    ) -> None:
        object.__setattr__(self, "time", frozen("time", time))
        object.__setattr__(self, "survival", frozen("survival", survival))
        object.__setattr__(
            self, "read", self.survival if read is None else frozen("survival as read", read)
        )
        object.__setattr__(self, "time_unit", time_unit)
        object.__setattr__(self, "resolution", resolution)
        self._validate()

    def _validate(self) -> None:
        time, survival = self.time, self.survival
        if self.read.size != survival.size:
            found = f"{self.read.size} as read and {survival.size} values"
            raise InputError(
                Problem("a curve needs as many readings as values", "give one each", value=found)
            )
        if time.size != survival.size or time.size == 0:
            found = f"{time.size} times and {survival.size} values"
            raise InputError(
                Problem("a curve needs one survival for each time", "give pairs", value=found)
            )
        if time[0] != 0:
            raise InputError(
                Problem("a curve starts at time 0", "add the point (0, 1)", value=str(time[0]))
            )
        checks = (
            (np.diff(time) < 0, "times are out of order", "sort the points by time", 1),
            (np.diff(survival) > 0, "survival rises", "make the curve monotone first", 1),
            ((survival < 0) | (survival > 1), "survival is outside 0 to 1", "rescale it", 0),
        )
        for wrong, message, remedy, offset in checks:
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0]) + offset
                found = f"({time[at]:g}, {survival[at]:g})"
                raise InputError(Problem(f"{message} at point {at + 1}", remedy, value=found))

    @property
    def end_time(self) -> float:
        """The last time that the figure shows."""
        return float(self.time[-1])

    def at(self, time: float) -> float:
        """Return survival at ``time``, in the curve's unit.

        Raises
        ------
        InputError
            If ``time`` lies before 0 or beyond the curve's last time: a curve is never extended.
        """
        if not 0 <= time <= self.end_time:
            raise InputError(
                Problem(
                    f"the curve is known from 0 to {self.end_time:g} {self.time_unit}",
                    "ask for a time inside",
                    value=f"{time:g}",
                )
            )
        return float(self.survival[np.searchsorted(self.time, time, side="right") - 1])

    def in_unit(self, unit: TimeUnit) -> "Curve":
        """Return the same curve with its times in ``unit``."""
        factor = months_per(self.time_unit) / months_per(unit)
        return Curve(self.time * factor, self.survival, unit, self.resolution, self.read)


@dataclass(frozen=True, eq=False)
class NumbersAtRisk:
    """The row of one arm in the table under a figure: patients with time >= each tick.

    Parameters
    ----------
    time : array_like of float, shape (ticks,)
        Strictly increasing, not negative; in ``time_unit``.
    n : array_like of int, shape (ticks,)
        Whole, not negative, never increasing.
    time_unit : {"days", "weeks", "months", "years"}

    Raises
    ------
    InputError
        If lengths differ, times are not strictly increasing, or a number rises.

    Examples
    --------
    >>> NumbersAtRisk([0, 6, 12], [100, 55, 20]).n
    array([100,  55,  20])
    """

    time: Floats
    n: Ints
    time_unit: TimeUnit = "months"

    def __init__(self, time: ArrayLike, n: ArrayLike, time_unit: TimeUnit = "months") -> None:
        numbers = frozen("numbers at risk", n)
        object.__setattr__(self, "time", frozen("time", time))
        object.__setattr__(self, "n", numbers.astype(np.int64))
        object.__setattr__(self, "time_unit", time_unit)
        self.n.flags.writeable = False
        self._validate(numbers)

    def _validate(self, numbers: Floats) -> None:
        if self.time.size != numbers.size or self.time.size == 0:
            found = f"{self.time.size} times and {numbers.size} numbers"
            raise InputError(
                Problem("numbers at risk need one number for each time", "give pairs", value=found)
            )
        checks = (
            (self.time < 0, "a time is negative", "start the table at 0", 0),
            (np.diff(self.time) <= 0, "times do not increase", "sort the table by time", 1),
            (numbers != self.n, "a number at risk is not whole", "write a count of patients", 0),
            (numbers < 0, "a number at risk is negative", "write a count of patients", 0),
            (np.diff(numbers) > 0, "numbers at risk rise", "leave the misprinted one out", 1),
        )
        for wrong, message, remedy, offset in checks:
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0]) + offset
                found = f"{numbers[at]:g} at {self.time[at]:g}"
                raise InputError(Problem(message, remedy, value=found))

    def in_unit(self, unit: TimeUnit) -> "NumbersAtRisk":
        """Return the same numbers with their times in ``unit``."""
        factor = months_per(self.time_unit) / months_per(unit)
        return NumbersAtRisk(self.time * factor, self.n, unit)
