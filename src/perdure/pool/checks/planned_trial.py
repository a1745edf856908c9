"""A trial that is planned: from patients and expected proportions to a variance, and back."""

import math

from perdure.errors import InputError, Problem
from perdure.pool.effects.contrast_effects import CONTRASTS, ContrastMeasure
from perdure.pool.effects.scales import SCALES

__all__ = ["patients_per_arm", "planned_variance"]


def planned_variance(
    proportion: float,
    control_proportion: float,
    n: int,
    control_n: int,
    *,
    measure: ContrastMeasure = "log odds ratio",
    information: float = 1.0,
) -> float:
    """Return the sampling variance that a planned trial's contrast is expected to have.

    g'(p)^2 p (1 - p) / (n information), summed over the two arms, which are taken as independent.

    Parameters
    ----------
    proportion, control_proportion : float
        Expected, strictly between 0 and 1.
    n, control_n : int
        Patients.
    measure : {"difference", "log ratio", "log odds ratio", "arcsine difference"}
    information : float
        Share of a patient followed to the end that an average patient is worth; censoring makes it
        smaller than 1. In trials at hand it is p (1 - p) / (n se^2).

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> planned_variance(0.5, 0.5, 100, 100, measure="difference")
    0.005
    >>> round(planned_variance(0.3, 0.15, 100, 100), 4)
    0.1261
    """
    problems = _problems(proportion, control_proportion, measure, information)
    if n < 1 or control_n < 1:
        problems.append(
            Problem("an arm has no patients", "give both numbers", value=f"{n}, {control_n}")
        )
    if problems:
        raise InputError(problems)
    return (
        _of_one(proportion, measure) / n + _of_one(control_proportion, measure) / control_n
    ) / information


def patients_per_arm(
    variance: float,
    proportion: float,
    control_proportion: float,
    *,
    measure: ContrastMeasure = "log odds ratio",
    information: float = 1.0,
) -> int:
    """Return the fewest patients in each of two arms with which a contrast has this variance.

    Parameters
    ----------
    variance : float
        As ``single_v`` of :func:`perdure.pool.checks.trials_needed.trials_for_half_width`.
    proportion, control_proportion, measure, information
        As in :func:`planned_variance`.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> patients_per_arm(0.005, 0.5, 0.5, measure="difference")
    100
    """
    problems = _problems(proportion, control_proportion, measure, information)
    if not 0 < variance < math.inf:
        problems.append(
            Problem("a variance is not a positive number", "correct it", value=f"{variance}")
        )
    if problems:
        raise InputError(problems)
    wanted = (_of_one(proportion, measure) + _of_one(control_proportion, measure)) / (
        variance * information
    )
    return max(1, math.ceil(wanted * (1 - 1e-12)))


def _of_one(proportion: float, measure: ContrastMeasure) -> float:
    """Return the variance of one patient on the measure's scale."""
    slope = SCALES[CONTRASTS[measure]].slope(proportion)
    return slope**2 * proportion * (1 - proportion)


def _problems(
    proportion: float, control_proportion: float, measure: str, information: float
) -> list[Problem]:
    """Return what is wrong with a plan."""
    problems = [
        Problem(
            "an expected proportion is not strictly between 0 and 1",
            "write 0.25 for 25%",
            value=f"{value:g}",
        )
        for value in (proportion, control_proportion)
        if not 0 < value < 1
    ]
    if measure not in CONTRASTS:
        problems.append(
            Problem("unknown measure", f"choose one of {', '.join(CONTRASTS)}", value=measure)
        )
    if not 0 < information <= 1:
        problems.append(
            Problem(
                "a share of information is not above 0 and up to 1",
                "1 is every patient followed to the end",
                value=f"{information:g}",
            )
        )
    return problems
