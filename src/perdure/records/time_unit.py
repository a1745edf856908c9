"""Units of time and their length: reports use months of 30.4375 days."""

from typing import Literal, get_args

from perdure.errors import InputError, Problem

__all__ = ["DAYS_PER_MONTH", "TIME_UNITS", "TimeUnit", "months_per", "time_unit"]

TimeUnit = Literal["days", "weeks", "months", "years"]
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days in twelve parts."""

_DAYS: dict[TimeUnit, float] = {
    "days": 1.0,
    "weeks": 7.0,
    "months": DAYS_PER_MONTH,
    "years": 12 * DAYS_PER_MONTH,
}


def months_per(unit: TimeUnit) -> float:
    """Return how many months one ``unit`` lasts.

    Examples
    --------
    >>> months_per("years")
    12.0
    """
    return _DAYS[unit] / DAYS_PER_MONTH


def time_unit(name: str) -> TimeUnit:
    """Return the unit that ``name`` means; singular and capitals are accepted.

    Raises
    ------
    InputError
        If ``name`` is not days, weeks, months or years.

    Examples
    --------
    >>> time_unit("Month")
    'months'
    """
    plain = name.strip().lower()
    for unit in TIME_UNITS:
        if plain in (unit, unit[:-1]):
            return unit
    raise InputError(
        Problem("unknown time unit", f"write one of {', '.join(TIME_UNITS)}", value=name)
    )
