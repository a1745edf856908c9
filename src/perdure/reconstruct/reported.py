"""Reported values as they were printed: an interval as wide as their last digit, not a point."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from perdure.errors import InputError, Problem

__all__ = ["Rounded", "landmark", "limits_of", "rounded"]


_LARGEST = 10**9
"""No time or proportion is as large as this."""


@dataclass(frozen=True)
class Rounded:
    """A number as it was printed, and how far rounding may have moved it.

    Examples
    --------
    >>> value = rounded("6.50")
    >>> value.value, value.half_width, str(value)
    (6.5, 0.005, '6.50')
    >>> rounded("6.5").holds(6.54), rounded("6.5").holds(6.56)
    (True, False)
    """

    value: float
    half_width: float
    printed: str

    @property
    def low(self) -> float:
        """The least that it can have been."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """The most that it can have been."""
        return self.value + self.half_width

    def holds(self, value: float, slack: float = 0.0) -> bool:
        """Return whether a value rounds to this one, give or take ``slack``."""
        return self.low - slack - 1e-12 <= value <= self.high + slack + 1e-12

    def scaled(self, factor: float) -> "Rounded":
        """Return the same number in another unit: it is known no better there."""
        if factor == 1:
            return self
        value = self.value * factor
        return Rounded(value, self.half_width * factor, f"{value:.4g}")

    def __str__(self) -> str:
        return self.printed


def rounded(value: float | str | Rounded, what: str = "a reported value") -> Rounded:
    """Return a value with the precision that its digits tell.

    A number counts the digits that Python prints: give a string to keep a trailing zero.

    Parameters
    ----------
    value : float, str or Rounded
    what : str
        Name for the message.

    Raises
    ------
    InputError
        If it is no number from 0 up.
    """
    if isinstance(value, Rounded):
        return value
    printed = str(value).strip()
    try:
        exact = Decimal(printed)
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact < _LARGEST:
        raise InputError(
            Problem(f"{what} is no number from 0 up", "write it as printed: 6.5", value=printed)
        )
    places = exact.as_tuple().exponent
    last = 10.0 ** int(places)
    if isinstance(value, float) and value.is_integer():
        last = 1.0
    return Rounded(float(exact), last / 2, printed)


def landmark(given: str, such_as: str = "12=0.31") -> tuple[float, str]:
    """Return time and survival of "12=0.31"; the digits of survival are kept as they are.

    ``such_as`` is how the message says that it is written.

    Raises
    ------
    InputError
        If it is not a time and a proportion.

    Examples
    --------
    >>> landmark("12=0.30")
    (12.0, '0.30')
    """
    time, _, survival = (part.strip() for part in given.partition("="))
    try:
        at, share = float(time), float(survival)
    except ValueError:
        at = share = -1.0
    if not (0 <= at < math.inf and 0 <= share <= 1):
        remedy = f"write the time, =, and survival as a proportion: {such_as}"
        raise InputError(Problem("a published survival cannot be read", remedy, value=given))
    return at, survival


def limits_of(
    median: Rounded | None, landmarks: Sequence[tuple[float, Rounded]], end: float
) -> tuple[tuple[float, float, float], ...]:
    """Return what reported values say of survival: time, the least and the most there.

    Examples
    --------
    >>> limits_of(rounded("6.5"), [(12.0, rounded("0.31"))], 20.0)
    ((6.45, 0.5, 1.0), (6.55, 0.0, 0.5), (12.0, 0.305, 0.315))
    """
    limits: list[tuple[float, float, float]] = []
    if median is not None:
        limits += [
            (round(median.low, 9), 0.5, 1.0),
            (round(median.high, 9), 0.0, 0.5),
        ]
    limits += [
        (time, round(max(value.low, 0.0), 9), round(min(value.high, 1.0), 9))
        for time, value in landmarks
    ]
    return tuple(limit for limit in limits if 0 < limit[0] <= end)
