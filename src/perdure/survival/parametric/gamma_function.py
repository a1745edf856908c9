"""Logarithms of the incomplete gamma functions, also where the functions themselves underflow."""

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln

from perdure.records import Floats

__all__ = ["log_lower_gamma", "log_upper_gamma", "stirling"]

_SMALLEST = 1e-280
"""Below this a probability is computed on the logarithmic scale."""
_TERMS = 80

_BERNOULLI = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
"""Coefficients of a^-1, a^-3, ...: Abramowitz and Stegun 1964, 6.1.40."""


def log_upper_gamma(a: Floats, x: Floats) -> Floats:
    """Return log Q(a, x), of the regularised upper incomplete gamma function.

    Examples
    --------
    >>> log_upper_gamma(np.array([1.0, 1.0]), np.array([2.0, 900.0])).round(9)
    array([  -2., -900.])
    """
    upper, lower = gammaincc(a, x), gammainc(a, x)
    with np.errstate(divide="ignore"):  # the half that is not taken may be log 0
        log_q = np.where(lower < 0.5, np.log1p(-lower), np.log(upper))
    far = (upper < _SMALLEST) & np.isfinite(x)
    return np.where(far, _far_upper(a, np.where(far, x, a + 1e3)), log_q) if far.any() else log_q


def log_lower_gamma(a: Floats, x: Floats) -> Floats:
    """Return log P(a, x), of the regularised lower incomplete gamma function.

    Examples
    --------
    >>> log_lower_gamma(np.array([2.0]), np.array([1e-200]))
    array([-921.727...])
    """
    lower, upper = gammainc(a, x), gammaincc(a, x)
    with np.errstate(divide="ignore"):
        log_p = np.where(upper < 0.5, np.log1p(-upper), np.log(lower))
    near = (lower < _SMALLEST) & (x > 0)
    return np.where(near, _near_lower(a, np.where(near, x, 1e-3)), log_p) if near.any() else log_p


def stirling(a: Floats) -> Floats:
    """Return log gamma(a) - (a - 1/2) log a + a - log(2 pi) / 2, for a of 10 or more.

    Source: Abramowitz and Stegun 1964, 6.1.40.

    Examples
    --------
    >>> round(float(stirling(np.array(12.0))), 12)
    0.006942840107
    """
    inverse = 1 / a
    square = inverse * inverse
    total = np.zeros_like(inverse)
    for coefficient in reversed(_BERNOULLI):
        total = total * square + coefficient
    return total * inverse


def _far_upper(a: Floats, x: Floats) -> Floats:
    """Return log Q(a, x) for x far above a, by Legendre's continued fraction from its far end.

    Abramowitz and Stegun 1964, 6.5.31.
    """
    below = x + (2 * _TERMS + 1) - a
    for k in range(_TERMS, 0, -1):
        below = x + (2 * k - 1) - a - k * (k - a) / below
    return a * np.log(x) - x - gammaln(a) - np.log(below)


def _near_lower(a: Floats, x: Floats) -> Floats:
    """Return log P(a, x) for x far below a, by the power series (6.5.29)."""
    total = np.ones_like(x * a)
    term = np.ones_like(total)
    for k in range(1, _TERMS):
        term = term * x / (a + k)
        total = total + term
    return a * np.log(x) - x - gammaln(a + 1) + np.log(total)
