"""What digitising programs and R packages call time, survival and the number at risk."""

import re

from perdure.errors import Problem
from perdure.records import TimeUnit

__all__ = ["is_index", "is_number_at_risk", "is_survival", "is_time", "other_unit", "unit_of"]

_UNITS: tuple[tuple[str, TimeUnit], ...] = (
    (r"\bdays?\b", "days"),
    (r"\b(weeks?|wks?)\b", "weeks"),
    (r"\b(months?|mo|mos)\b", "months"),
    (r"\b(years?|yrs?)\b", "years"),
)
_TIME = re.compile(
    r"x\d*|t|t[._ ]?[sk]|trisk|times?|time\b.*|.*\b(days?|weeks?|wks?|months?|mos?|years?|yrs?)\b.*"
)
_SURVIVAL = re.compile(
    r"y\d*|s|s[._ ]?k|s\(t\)|km|(os|pfs|dfs|efs|rfs)\b.*"
    r"|.*(\bsurv(ival)?\b|\bprob(ability)?\b|\bpercent|proportion\b|%|\bfree\b|\balive\b"
    r"|incidence\b|\bwithout\b).*"
)
_INDEX = frozenset({"", "id", "k", "i", "row", "no", "nr", "n.", "index", "interval", "point", "#"})
_AT_RISK = re.compile(r"n|nrisk|n[._ ]risk|n[._ ]at[._ ]risk|(no\.?|number|patients) at risk")


def other_unit(told: TimeUnit, given: TimeUnit, file: str) -> Problem:
    """Return the problem of a header that tells another time unit than the one that was given."""
    return Problem(
        f"its header says that times are in {told}, and the time unit is {given}",
        f"give {told} as the time unit, or correct the header",
        file,
        column="time",
    )


def _plain(name: str) -> str:
    return name.strip().strip('"').lower()


def is_time(name: str) -> bool:
    """Say whether a column of this name holds times.

    Examples
    --------
    >>> is_time("Time (months)"), is_time("X"), is_time("Curve1")
    (True, True, False)
    """
    return _TIME.fullmatch(_plain(name)) is not None


def is_survival(name: str) -> bool:
    """Say whether a column of this name holds survival.

    Examples
    --------
    >>> is_survival("% survival"), is_survival("OS"), is_survival("Curve1")
    (True, True, False)
    """
    return _SURVIVAL.fullmatch(_plain(name)) is not None


def is_index(name: str) -> bool:
    """Say whether a column of this name counts the rows."""
    return _plain(name) in _INDEX


def is_number_at_risk(name: str) -> bool:
    """Say whether a column of this name holds the numbers at risk of the only arm."""
    return _AT_RISK.fullmatch(_plain(name)) is not None


def unit_of(name: str) -> TimeUnit | None:
    """Return the time unit that a column's name tells.

    Examples
    --------
    >>> unit_of("Time (weeks)"), unit_of("x")
    ('weeks', None)
    """
    found = [unit for pattern, unit in _UNITS if re.search(pattern, _plain(name))]
    return found[0] if len(found) == 1 else None
