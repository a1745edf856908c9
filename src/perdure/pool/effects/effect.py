"""Proportions to effects on the logit scale, with their variances, and back."""

import math
from dataclasses import dataclass

from scipy.special import expit, ndtri

from perdure.errors import InputError, Problem

__all__ = [
    "Effect",
    "back_transform",
    "logit",
    "logit_effect",
    "positive_error",
    "published_effect",
]


@dataclass(frozen=True)
class Effect:
    """An effect on the scale that it is pooled on.

    Attributes
    ----------
    y : float
    v : float
        Its sampling variance.
    """

    y: float
    v: float

    @property
    def se(self) -> float:
        """The standard error of ``y``."""
        return math.sqrt(self.v)


def logit_effect(proportion: float, se: float) -> Effect:
    """Return the logit of a proportion, with its variance by the delta method.

    y = log(p / (1 - p)) and v = (se / (p (1 - p)))^2. The standard error is that of the stage
    before and never binomial in the number of patients: censoring makes the effective number
    smaller.

    Parameters
    ----------
    proportion : float
        Strictly between 0 and 1.
    se : float
        On the proportion's own scale, positive.

    Raises
    ------
    InputError
        If the proportion has no logit or the standard error is not a positive number.

    Examples
    --------
    >>> effect = logit_effect(0.2, 0.04)
    >>> round(effect.y, 4), round(effect.se, 4)
    (-1.3863, 0.25)
    """
    if not 0 < proportion < 1:
        raise InputError(
            Problem(
                "a proportion must lie strictly between 0 and 1 to have a logit",
                "leave this one out",
                value=f"{proportion:g}",
            )
        )
    on_logit = positive_error(se) / (proportion * (1 - proportion))
    return Effect(logit(proportion), on_logit * on_logit)


def published_effect(
    proportion: float, ci_low: float, ci_high: float, *, level: float = 0.95
) -> Effect | None:
    """Return the logit of a published proportion, with a variance from its confidence interval.

    The standard error is the width of the interval on the logit scale over that of a standard
    normal one, whichever scale the authors made it on: for an interval symmetric about p it is a
    little too large (9% for 0.10, 0.05 to 0.15). On the proportion's own scale it is
    ``effect.se * p * (1 - p)``.

    Parameters
    ----------
    proportion, ci_low, ci_high : float
        Between 0 and 1.
    level : float
        Of the interval.

    Returns
    -------
    Effect or None
        None where the interval says nothing of the standard error on this scale: the proportion or
        a limit is 0 or 1, or the limits are equal.

    Raises
    ------
    InputError
        If a value is outside 0 to 1, or the proportion outside its interval.

    Examples
    --------
    >>> effect = published_effect(0.25, 0.18, 0.336)
    >>> round(effect.y, 3), round(effect.se, 3)
    (-1.099, 0.213)
    >>> published_effect(0.03, 0.0, 0.08) is None
    True
    """
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if not 0 <= ci_low <= proportion <= ci_high <= 1:
        raise InputError(
            Problem(
                "a proportion and its interval must lie between 0 and 1, the proportion inside",
                "check the three numbers; write 0.25 for 25%",
                value=f"{proportion:g} ({ci_low:g} to {ci_high:g})",
            )
        )
    if ci_low == 0 or ci_high == 1 or not ci_low < ci_high:
        return None
    width = logit(ci_high) - logit(ci_low)
    se = width / (2 * float(ndtri((1 + level) / 2)))
    return Effect(logit(proportion), se**2)


def back_transform(y: float) -> float:
    """Return the proportion whose logit is ``y``.

    Examples
    --------
    >>> round(back_transform(logit_effect(0.2, 0.04).y), 12)
    0.2
    """
    return float(expit(y))


def logit(proportion: float) -> float:
    """Return the log odds.

    Examples
    --------
    >>> round(logit(0.2), 4)
    -1.3863
    """
    return math.log(proportion) - math.log1p(-proportion)


def positive_error(se: float | None) -> float:
    """Return the standard error where it is one.

    Raises
    ------
    InputError
        If it is not a positive number.

    Examples
    --------
    >>> positive_error(0.04)
    0.04
    """
    if se is None or not 0 < se < math.inf:
        raise InputError(
            Problem(
                "a standard error is not a positive number",
                "correct it, or leave this one out",
                value="none" if se is None else f"{se:g}",
            )
        )
    return se
