"""The threshold of a durable response: k times a median, and whose."""

from dataclasses import dataclass, field

import numpy as np

from perdure.durable.clumps import is_clumped
from perdure.durable.density import hazard
from perdure.durable.sample import Influence, Sample, covariance
from perdure.errors import InputError, Problem
from perdure.records import Reference
from perdure.survival import median, normal_quantile

__all__ = [
    "Threshold",
    "caution_about",
    "check_multiple",
    "fixed_threshold",
    "no_reference",
    "threshold_of",
]

_FLAT = 1.5
"""An interval of the median this many times as wide as its standard error says is a caution."""

LARGEST_K = 1e9
"""No follow-up reaches further."""
HALF = 1e-9
"""Survival this close to one half is one half, as for the median."""


@dataclass(frozen=True, eq=False)
class Threshold:
    """A time beyond which a response counts as durable.

    Attributes
    ----------
    reference : {"own", "control", "trial", "fixed"}
    k : float or None
        None for ``fixed``.
    basis : Sample or None
        The patients that the reference median comes from; None for ``fixed``, or where no arm
        serves as the reference.
    median : float or None
        The reference median; None where it is not reached, and for ``fixed``.
    time : float or None
        k times the median, or the fixed time; None where there is no median.
    at_least : float
        A time that the threshold is known not to lie before: the threshold itself, or k times the
        end of the reference curve where that has no median.
    reason : str
        Why there is no threshold; empty where there is one.
    influence : mapping of str to array of float
        By arm, what each patient adds to ``time``; empty where no patient moves it.
    at_median : mapping of str to array of float
        By arm, what each patient of the basis adds to survival at the median, where the curve
        falls there in few steps; else empty.
    """

    reference: Reference
    k: float | None
    basis: Sample | None
    median: float | None
    time: float | None
    at_least: float
    reason: str = ""
    influence: Influence = field(default_factory=dict)
    at_median: Influence = field(default_factory=dict)


def threshold_of(
    reference: Reference, k: float, basis: Sample, *, smoothing: float = 1.0
) -> Threshold:
    """Return the threshold at ``k`` times the median of the patients in ``basis``.

    Source: Pons-Tostivint et al. 2019, doi 10.1200/PO.18.00114 (k = 3 for PFS, 2 for OS).

    Parameters
    ----------
    reference : {"own", "control", "trial"}
    k : float
    basis : Sample
    smoothing : float
        See :func:`perdure.durable.density.density`.

    Notes
    -----
    A median moves by psi(m) / f(m) with each patient (methods, section 2), where f(m) is
    survival times the hazard at m.

    Raises
    ------
    InputError
        If k is below 1 (the threshold would lie before the median) or above 1e9.

    Examples
    --------
    >>> from perdure.records import Patients
    >>> threshold_of("own", 3, Sample({"a": Patients([1, 2, 3, 4, 5], [1] * 5)})).time
    9.0
    """
    k = check_multiple(k)
    found = median(basis.curve).value
    at_once = basis.curve.at(0.0) <= 0.5 + HALF
    if found and not at_once:
        left = basis.curve.at(found) or 0.5  # 0 where all that is left falls at once
        slope = k / (left * hazard(basis.curve, found, smoothing=smoothing))
        each = basis.influence_on_survival(found)
        moves = {arm: slope * part for arm, part in each.items()}
        clumped = each if is_clumped(basis.curve, each) else {}
        return Threshold(reference, k, basis, found, k * found, k * found, "", moves, clumped)
    whose = {
        "own": "median",
        "control": f"median of the control arm '{next(iter(basis.arms))}'",
        "trial": "median of all the trial's arms together",
    }[reference]
    if at_once:
        reason = f"{whose} is 0: half of the patients have the event at time 0"
        return Threshold(reference, k, basis, None, None, 0.0, reason)
    end, unit = basis.curve.end_time, basis.time_unit
    last = basis.curve.at(end)
    reason = f"{whose} not reached: survival is {last:.2f} at the end ({end:.1f} {unit})"
    return Threshold(reference, k, basis, None, None, k * end, reason)


def caution_about(threshold: Threshold, *, level: float = 0.95) -> str | None:
    """Return a sentence where the smoothed density says less than the curve around its median.

    The interval that inverts the curve's own limits (Brookmeyer and Crowley 1982) needs no
    density. Where it is much wider than the first-order standard error of the median says, the
    curve is flat around its median, between two dates of scans for example: the error of whatever
    rests on that median may then be too small.

    Examples
    --------
    >>> from perdure.records import Patients
    >>> even = Sample({"a": Patients(range(1, 101), [1] * 100)})
    >>> caution_about(threshold_of("own", 2, even)) is None
    True
    """
    basis, k = threshold.basis, threshold.k
    if basis is None or k is None or not threshold.influence:
        return None
    limits = median(basis.curve, level=level)
    variance = covariance(threshold.influence, threshold.influence)
    if limits.low is None or limits.high is None or variance <= 0:
        return None
    width = (limits.high - limits.low) / (2 * normal_quantile(level))
    if width < _FLAT * np.sqrt(variance) / k:
        return None
    return (
        f"the curve is uneven around its median ({limits.low:.1f} to {limits.high:.1f}"
        f" {basis.time_unit}): the first-order standard error may be too small; see the bootstrap"
    )


def check_multiple(k: float | None) -> float:
    """Return k.

    Raises
    ------
    InputError
        If it is missing, below 1 (the threshold would lie before the median) or above 1e9.

    Examples
    --------
    >>> check_multiple(3.0)
    3.0
    """
    if k is None:
        raise InputError(
            Problem("no k is given", "give a multiple of the median: 3 for PFS, 2 for OS")
        )
    if not 1 <= k <= LARGEST_K:
        raise InputError(
            Problem(
                f"k must be 1 or more, and not above {LARGEST_K:g}",
                "give a multiple of the median, such as 3",
                value=f"{k}",
            )
        )
    return k


def fixed_threshold(time: float) -> Threshold:
    """Return a threshold at a stated time (milestone survival).

    Raises
    ------
    InputError
        If the time is not positive.

    Examples
    --------
    >>> fixed_threshold(12.0).time
    12.0
    """
    if not (np.isfinite(time) and time > 0):
        raise InputError(
            Problem("a fixed threshold must be a time above 0", "give a time", value=f"{time}")
        )
    return Threshold("fixed", None, None, None, float(time), float(time))


def no_reference(reference: Reference, k: float | None, reason: str) -> Threshold:
    """Return the threshold of an arm that has no reference, and why.

    Examples
    --------
    >>> no_reference("control", 3.0, "no control arm").time is None
    True
    """
    return Threshold(reference, k, None, None, None, 0.0, reason)
