"""Contrasts between arms of one trial as effects, with the covariance that arms share."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.effects.effect import Effect
from perdure.pool.effects.scales import SCALES
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["CONTRASTS", "ContrastMeasure", "contrast_effect", "contrast_effects"]

ContrastMeasure = Literal["difference", "log ratio", "log odds ratio", "arcsine difference"]

CONTRASTS: Mapping[ContrastMeasure, str] = MappingProxyType(
    {
        "difference": "plain",
        "log ratio": "log",
        "log odds ratio": "logit",
        "arcsine difference": "arcsine",
    }
)
"""Each measure of contrast, and the scale on which it is a difference."""

ROUNDING = 1e-12
"""Share of the variances by which a covariance may exceed what they allow."""


def contrast_effect(
    proportion: float,
    se: float,
    control_proportion: float,
    control_se: float,
    *,
    measure: ContrastMeasure = "log odds ratio",
    covariance: float = 0.0,
) -> Effect:
    """Return the contrast of an arm with its control, with its variance by the delta method.

    y = g(p1) - g(p0), v = g'(p1)^2 se1^2 + g'(p0)^2 se0^2 - 2 g'(p1) g'(p0) covariance.

    Parameters
    ----------
    proportion, se : float
        Of the arm.
    control_proportion, control_se : float
        Of its control.
    measure : {"difference", "log ratio", "log odds ratio", "arcsine difference"}
    covariance : float
        Of the two proportions: not 0 where both arms stand at a threshold that one of them set.

    Raises
    ------
    InputError
        If a proportion has no value on the measure's scale, a standard error is not positive, the
        covariance is larger than the standard errors allow, or the variance of the contrast is 0.

    Examples
    --------
    >>> effect = contrast_effect(0.3, 0.04, 0.15, 0.03, measure="difference")
    >>> round(effect.y, 4), round(effect.se, 4)
    (0.15, 0.05)
    """
    matrix = [[control_se**2, covariance], [covariance, se**2]]
    y, v = contrast_effects([control_proportion, proportion], matrix, measure=measure)
    return Effect(float(y[0]), float(v[0, 0]))


def contrast_effects(
    proportions: ArrayLike,
    covariance: ArrayLike,
    *,
    measure: ContrastMeasure = "log odds ratio",
    control: int = 0,
) -> tuple[Floats, Matrix]:
    """Return the contrasts of every arm of a trial with its control, with their covariance.

    Contrasts that share a control are correlated through it.

    Parameters
    ----------
    proportions : array_like of float, shape (arms,)
    covariance : array_like of float, shape (arms, arms)
        Of the proportions.
    measure : {"difference", "log ratio", "log odds ratio", "arcsine difference"}
    control : int
        Position of the control among the arms.

    Returns
    -------
    y : array of float, shape (arms - 1,)
        In the order of the arms, the control left out.
    v : array of float, shape (arms - 1, arms - 1)

    Raises
    ------
    InputError
        As :func:`contrast_effect`, or if shapes do not fit.

    Examples
    --------
    >>> y, v = contrast_effects([0.2, 0.4, 0.5], np.diag([0.01, 0.02, 0.03]), measure="difference")
    >>> y.round(2), v.round(2).tolist()
    (array([0.2, 0.3]), [[0.03, 0.01], [0.01, 0.04]])
    """
    p, matrix = _checked(proportions, covariance, control)
    scale = SCALES[_scale_of(measure)]
    slopes = np.array([scale.slope(value) for value in p.tolist()])
    if not np.isfinite(slopes).all():
        raise InputError(
            Problem(
                f"a proportion of 0 or 1 has no error on the {scale.name} scale",
                "leave the trial out, or choose the difference",
            )
        )
    on_scale = slopes[:, None] * matrix * slopes
    others = [at for at in range(p.size) if at != control]
    rows = np.eye(p.size)[others]
    rows[:, control] = -1
    y = rows @ np.array([scale.value(value) for value in p.tolist()])
    v = rows @ on_scale @ rows.T
    if not (np.diagonal(v) > ROUNDING * np.diagonal(on_scale).max()).all():
        raise InputError(
            Problem(
                "the variance of a contrast is not positive",
                "check the covariance of the arms: it is almost that of one arm with itself",
            )
        )
    return y, v


def _scale_of(measure: str) -> str:
    """Return the scale's name."""
    if measure not in CONTRASTS:
        raise InputError(
            Problem("unknown measure", f"choose one of {', '.join(CONTRASTS)}", value=str(measure))
        )
    return CONTRASTS[cast("ContrastMeasure", measure)]


def _checked(proportions: ArrayLike, covariance: ArrayLike, control: int) -> tuple[Floats, Matrix]:
    """Return arrays that are proportions and a covariance matrix."""
    p = np.array(proportions, dtype=np.float64)
    matrix = np.array(covariance, dtype=np.float64)
    if p.ndim != 1 or p.size < 2 or matrix.shape != (p.size, p.size):
        raise InputError(
            Problem(
                "proportions and their covariance do not fit",
                "give two arms or more and a square matrix",
                value=f"{p.size} proportions, {' x '.join(map(str, matrix.shape))}",
            )
        )
    if not 0 <= control < p.size:
        raise InputError(
            Problem("there is no such control", "count the arms from 0", value=str(control))
        )
    variances = np.diagonal(matrix)
    for variance in variances.tolist():
        if not 0 < variance < math.inf:
            raise InputError(
                Problem(
                    "a standard error is not a positive number",
                    "leave this arm out, or correct it",
                    value=f"{math.sqrt(variance) if variance >= 0 else variance:g}",
                )
            )
    bound = np.sqrt(np.outer(variances, variances)) * (1 + ROUNDING)
    if not (np.abs(matrix) <= bound).all() or not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0):
        raise InputError(
            Problem(
                "the covariance of the arms is larger than their standard errors allow",
                "check it, or leave it out",
            )
        )
    return p, matrix
