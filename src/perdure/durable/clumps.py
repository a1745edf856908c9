"""Curves that fall in steps: what moves a proportion where the median is one of few dates.

Progression that is seen at scans only comes on few dates. The median is then one of them, and a
smoothed density says that it varies more than it does, and that the tail is steeper than it is.
"""

import numpy as np
from scipy.special import ndtri

from perdure.durable.sample import Influence, Sample, covariance
from perdure.records import Floats
from perdure.survival import KaplanMeier

__all__ = ["is_clumped", "slope_over_dates"]

BAND = 2.0
"""Standard errors of survival to each side of one half within which a step counts."""
STEP = 0.3
"""A step that takes this share of that band makes the curve clumped."""
_NORMAL = ndtri((np.arange(401) + 0.5) / 401)
SHIFTS = _NORMAL / _NORMAL.std()
"""A normal distribution as values of equal weight, with a variance of 1."""


def is_clumped(curve: KaplanMeier, at_median: Influence) -> bool:
    """Say whether single dates hold much of what is uncertain about the median.

    A step of one patient is no date: where few are left at the median its height says only that,
    and times without ties are never clumped.

    Parameters
    ----------
    curve : KaplanMeier
        Of the patients that the median comes from.
    at_median : mapping of str to array of float
        What each of them adds to survival at the median.

    Examples
    --------
    >>> from perdure.durable.sample import Sample
    >>> from perdure.records import Patients
    >>> scans = Sample({"a": Patients([2] * 40 + [4] * 25 + [6] * 35, [1] * 100)})
    >>> is_clumped(scans.curve, scans.influence_on_survival(4.0))
    True
    """
    half_band = BAND * float(np.sqrt(covariance(at_median, at_median)))
    after = curve.survival
    before = np.concatenate([[1.0], after[:-1]])
    inside = (before > 0.5 - half_band) & (after < 0.5 + half_band) & (curve.events > 1)
    return bool(inside.any() and (before - after)[inside].max() > STEP * 2 * half_band)


def slope_over_dates(
    arm: Sample, basis: Sample, at_median: Influence, influence: Influence, k: Floats
) -> Floats:
    """Return how the proportions at ``k`` times the median move with survival at the median.

    Survival around the median is moved by its own error, u; the median is then where the moved
    curve passes one half, and the proportion is the arm's curve at k times that date, moved by what
    the two errors share. The slope returned, put in the place of the ratio of densities of the
    first-order formula (methods, section 2), gives the variance that this has over all u. No
    density is estimated; where the median can be one date only it is 0, and the variance is
    Greenwood's.

    Parameters
    ----------
    arm, basis : Sample
        The arm, and those whose median it is.
    at_median : mapping of str to array of float, shape (n,)
        What each patient of ``basis`` adds to survival at the median.
    influence : mapping of str to array of float, shape (n, multiples)
        What each patient of ``arm`` adds to survival at k times the median.
    k : array of float, shape (multiples,)

    Returns
    -------
    array of float, shape (multiples,)

    Notes
    -----
    To first order, with S(k Q(1/2 - u)) = p - r u, it is r itself. Woodruff 1952 (doi
    10.1080/01621459.1952.10483443) inverts a curve's error into that of its median in this way.
    """
    variance = covariance(at_median, at_median)
    if variance == 0:  # everybody falls at the median, and no error moves it
        return np.zeros(k.size)
    shift = np.sqrt(variance) * SHIFTS
    dates = _dates(basis.curve, 0.5 - shift)
    times = np.minimum(np.outer(dates, k), arm.curve.end_time)
    landed = arm.curve.at(times.ravel()).reshape(times.shape)
    shared = (
        np.array(
            [
                sum(
                    float(
                        (part[:, at] - part[:, at].mean())
                        @ (at_median[name] - at_median[name].mean())
                    )
                    for name, part in influence.items()
                    if name in at_median
                )
                for at in range(k.size)
            ]
        )
        / variance
    )
    whole = landed + shift[:, None] * shared
    tilt = np.sign((whole - whole.mean(axis=0)).T @ shift)
    return np.asarray(shared - tilt * np.sqrt(whole.var(axis=0) / variance))


def _dates(curve: KaplanMeier, level: Floats) -> Floats:
    """Return the first times at which survival is below each level; the end where none is."""
    falling = -curve.survival
    at = falling.searchsorted(-level, side="right")
    return curve.time[np.minimum(at, curve.time.size - 1)]
