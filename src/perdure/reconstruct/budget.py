"""How long a reconstruction may take, so that every call ends and says what it could not do."""

from dataclasses import dataclass
from time import monotonic

__all__ = ["Budget", "OutOfTimeError"]

_PER_SECOND = 4e8
"""Sums of the chain that a second has time for, on a slow machine."""


class OutOfTimeError(Exception):
    """The time is up, or would be before the next pass is done."""


@dataclass(frozen=True)
class Budget:
    """A point in time until which may be searched.

    Attributes
    ----------
    until : float
        By the clock that only goes forward.
    """

    until: float

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """Return a budget of so many seconds from now on.

        Examples
        --------
        >>> Budget.of(60).spend(1e6)
        >>> Budget.of(1).spend(1e12)
        Traceback (most recent call last):
        ...
        perdure.reconstruct.budget.OutOfTimeError
        """
        return cls(monotonic() + seconds)

    def spend(self, sums: float) -> None:
        """Go on only if there is time for so many sums.

        Raises
        ------
        OutOfTimeError
        """
        if monotonic() + sums / _PER_SECOND > self.until:
            raise OutOfTimeError
