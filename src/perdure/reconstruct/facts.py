"""What is known of an arm, brought together: curve, numbers at risk, n and events as one account.

Every method starts here. What contradicts itself is refused with its size; what reaches past the
curve, or stops short of it, is set aside and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Curve, NumbersAtRisk

__all__ = ["REPORTED", "Facts", "gather"]

REPORTED = "reported values"
"""What ``used`` calls a median and survival at times that are the curve's own."""

MOST_PATIENTS = 1_000_000
"""An arm of more is a slip of the pen."""

_READING_ERROR = 0.01
"""How far a tick may lie beyond the curve's end, as a share of it, and still be its end."""

_FAR = 4.0
"""A table that ends so many times later than the curve, or earlier, may be in another unit."""

_CARRIED_BACK = 0.05
"""Below this survival, a number at risk says too little of how many there were at time 0."""


@dataclass(frozen=True)
class Facts:
    """One arm's published facts, consistent in themselves.

    Attributes
    ----------
    curve : Curve
    ticks : tuple of (float, int)
        Time and number at risk, from 0 to the curve's end; none is 0.
    end_time : float
        When the last patients leave; the curve's end, or a tick within reading error of it.
    left_by : float or None
        A printed 0 says that nobody is followed as long as this.
    remaining : int
        Patients known to be at risk beyond the curve's end.
    events : int or None
        Total events, where they were reported.
    limits : tuple of (float, float, float)
        Time, and the least and the most that survival can be there: of reported values that are
        the curve's own.
    marks : tuple of float or None
        Times of all censoring marks on the curve; None where they were not read.
    beyond : bool
        Whether printed numbers count the patients beyond their time (> t); up to it (>= t) if not.
    nearly : bool
        Whether a mark may stand for a censoring in the block beside it.
    used : tuple of str
        Which facts are in: "curve", "numbers at risk", "n", "events", "reported values", "marks".
    warnings : tuple of str
    """

    curve: Curve
    ticks: tuple[tuple[float, int], ...]
    end_time: float
    left_by: float | None
    remaining: int
    events: int | None
    used: tuple[str, ...]
    warnings: tuple[str, ...]
    limits: tuple[tuple[float, float, float], ...] = ()
    marks: tuple[float, ...] | None = None
    beyond: bool = False
    nearly: bool = False

    def without(self, fact: str, said: str) -> "Facts":
        """Return the facts without "limits" or "marks", and a sentence that says so."""
        return replace(
            self,
            limits=() if fact == "limits" else self.limits,
            marks=None if fact == "marks" else self.marks,
            used=tuple(one for one in self.used if one != {"limits": REPORTED}.get(fact, fact)),
            warnings=(*self.warnings, said),
        )

    @property
    def n(self) -> int:
        """Number of patients."""
        return self.ticks[0][1]


def gather(
    curve: Curve,
    numbers_at_risk: NumbersAtRisk | None = None,
    *,
    n: int | None = None,
    events: int | None = None,
    limits: Sequence[tuple[float, float, float]] = (),
    marks: Sequence[float] | None = None,
) -> Facts:
    """Bring together what is known of an arm, or refuse what contradicts itself.

    Parameters
    ----------
    curve : Curve
    numbers_at_risk : NumbersAtRisk, optional
    n, events : int, optional
        Patients of the arm, and how many of them had an event.
    limits : sequence of (float, float, float)
        Time, least and most survival, as the curve's own reported values say.
    marks : sequence of float, optional
        Times of all censoring marks.

    Returns
    -------
    Facts

    Raises
    ------
    InputError
        If the number of patients is not known, or n, events and table contradict each other.

    Examples
    --------
    >>> curve = Curve([0, 4, 8], [1.0, 0.6, 0.3])
    >>> gather(curve, NumbersAtRisk([0, 6, 12], [50, 28, 0]), n=50).ticks
    ((0.0, 50), (6.0, 28))
    """
    for name, count, least in (("n", n, 1), ("events", events, 0)):
        if count is not None and not (
            least <= count <= MOST_PATIENTS and float(count).is_integer()
        ):
            raise InputError(
                Problem(
                    f"the arm's {name} is not a whole number from {least} to {MOST_PATIENTS}",
                    "give a count of patients",
                    column=name,
                    value=f"{count:g}",
                )
            )
    warnings: list[str] = []
    end = curve.end_time
    table = () if numbers_at_risk is None else _rows(numbers_at_risk.in_unit(curve.time_unit))
    inside = [row for row in table if row[0] <= end and row[1] > 0]
    beyond = [row for row in table if row[0] > end and row[1] > 0]
    last, remaining = end, 0
    at_end = bool(inside) and inside[-1][0] == end
    if beyond and not at_end and beyond[0][0] <= (1 + _READING_ERROR) * end:
        last, number = beyond.pop(0)
        inside.append((end, number))
    if beyond:
        time, remaining = beyond[0]
        warnings.append(
            f"the table has {remaining} at risk at {time:g} {curve.time_unit}, but the curve ends"
            f" at {end:g}: what happened to these patients later is not known, and they were"
            " censored at its end"
        )
    _doubt_units(curve, table, warnings)
    seen = None if marks is None else _marks(marks, curve, warnings)
    left_by = _left_by(table, curve, warnings)
    ticks = _from_start(inside, curve, n, warnings)
    if events is not None and events > ticks[0][1]:
        raise InputError(
            Problem(
                f"{events} events are more than the arm's {ticks[0][1]} patients, by"
                f" {events - ticks[0][1]}",
                "check both numbers; they must be of the same population",
                column="events",
                value=str(events),
            )
        )
    known = {
        "curve": True,
        "numbers at risk": inside,
        "n": n,
        "events": events,
        REPORTED: list(limits),
        "marks": seen,
    }
    return Facts(
        curve,
        ticks,
        last,
        left_by,
        remaining,
        events,
        tuple(
            name
            for name, fact in known.items()
            if fact is not None and not (isinstance(fact, list) and not fact)
        ),
        tuple(warnings),
        tuple(limits),
        seen,
    )


def _rows(numbers_at_risk: NumbersAtRisk) -> tuple[tuple[float, int], ...]:
    """Return the table as pairs of plain numbers."""
    pairs = zip(numbers_at_risk.time.tolist(), numbers_at_risk.n.tolist(), strict=True)
    return tuple((time, int(number)) for time, number in pairs)


def _marks(marks: Sequence[float], curve: Curve, warnings: list[str]) -> tuple[float, ...]:
    """Return the marks on the curve, in order; a mark just behind its end is at its end."""
    end = curve.end_time
    found = sorted(float(mark) for mark in marks)
    for mark in found:
        if not 0 <= mark < np.inf:
            raise InputError(
                Problem("a censoring mark is no time from 0 up", "correct it", value=f"{mark:g}")
            )
    kept = tuple(min(mark, end) for mark in found if mark <= (1 + _READING_ERROR) * end)
    if len(kept) < len(found):
        warnings.append(
            f"{len(found) - len(kept)} of {len(found)} censoring marks lie after the curve's end at"
            f" {end:g} {curve.time_unit} (to {found[-1]:g}) and were left out"
        )
    return kept


def _doubt_units(curve: Curve, table: tuple[tuple[float, int], ...], warnings: list[str]) -> None:
    """Say where a table ends so early, or runs on so far, that it may be in another unit."""
    last = table[-1][0] if table else 0.0
    if len(table) > 2 and not curve.end_time / _FAR <= last <= curve.end_time * _FAR:
        warnings.append(
            f"the table ends at {last:g} and the curve at {curve.end_time:g}: are both in"
            f" {curve.time_unit}?"
        )


def _from_start(
    inside: list[tuple[float, int]], curve: Curve, n: int | None, warnings: list[str]
) -> tuple[tuple[float, int], ...]:
    """Return the ticks with one at 0: the printed number, the arm's n, or the least it can be."""
    if not inside:
        if n is None:
            raise InputError(
                Problem(
                    "the number of patients is not known",
                    "give n, or numbers at risk from time 0 on",
                    column="n",
                )
            )
        warnings.append(
            "without numbers at risk, when patients were censored is a guess, as many as the drops"
            " of the curve allow"
        )
        return ((0.0, n),)
    time, number = inside[0]
    if time == 0:
        if n is not None and n != number:
            raise InputError(
                Problem(
                    f"n is {n}, but {number} are at risk at time 0: they differ by"
                    f" {abs(n - number)}",
                    "find out which population the curve shows, and give its n",
                    column="n",
                    value=str(n),
                )
            )
        return tuple(inside)
    if n is not None:
        if n < number:
            raise InputError(
                Problem(
                    f"n is {n}, but {number} are at risk at {time:g} {curve.time_unit}:"
                    f" {number - n} too many",
                    "find out which population the curve shows, and give its n",
                    column="n",
                    value=str(n),
                )
            )
        return ((0.0, n), *inside)
    survival = curve.at(time)
    if survival < _CARRIED_BACK:
        raise InputError(
            Problem(
                f"the table starts at {time:g} {curve.time_unit} with {number} at risk, where the"
                f" curve is at {survival:g}, so the number of patients cannot be told",
                "give n",
                column="n",
            )
        )
    least = round(number / survival)
    warnings.append(
        f"the table starts at {time:g} {curve.time_unit} and n was not given; {least} patients at"
        f" time 0 were taken, as if none had been censored before {time:g}"
    )
    return ((0.0, least), *inside)


def _left_by(
    table: tuple[tuple[float, int], ...], curve: Curve, warnings: list[str]
) -> float | None:
    """Return the time of the first printed 0, unless the curve plainly goes on after it."""
    zeros = [time for time, number in table if number == 0]
    if not zeros:
        return None
    if zeros[0] == 0:
        raise InputError(
            Problem("nobody is at risk at time 0", "give the arm's numbers at risk", value="0")
        )
    end = curve.end_time
    drops_after = bool(np.any(np.diff(curve.survival)[curve.time[1:] > zeros[0]] < 0))
    if end <= zeros[0] or end - zeros[0] <= _READING_ERROR * end or not drops_after:
        return zeros[0]
    warnings.append(
        f"the table has 0 at risk at {zeros[0]:g} {curve.time_unit}, but the curve goes on to fall"
        f" until {end:g}; the curve was followed"
    )
    return None
