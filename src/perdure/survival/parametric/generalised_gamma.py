"""The generalised gamma, in the parameters that pass smoothly through the log-normal."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, log_ndtr

from perdure.records import Bools, Floats
from perdure.survival.parametric.family import Family, Link, columns
from perdure.survival.parametric.gamma_function import (
    log_lower_gamma,
    log_upper_gamma,
    stirling,
)
from perdure.survival.parametric.standard import HALF_LOG_2PI, log_rate, spread

__all__ = ["GeneralisedGamma"]

_LOG_NORMAL = 1e-5
"""A Q so small makes no difference that a double can hold."""
_LARGE = 15.0
_FAR = 12.0
_SMALL = 0.4


@dataclass(frozen=True)
class GeneralisedGamma(Family):
    """Generalised gamma: Q = 1 is Weibull, Q = 0 log-normal, Q = sigma gamma, Q = -1 its inverse.

    Notes
    -----
    Prentice 1974, doi 10.1093/biomet/61.3.539, in the parameters mu, sigma and Q (that of Cox
    et al. 2007, doi 10.1002/sim.2836): with w = (log t - mu) / sigma and a = 1 / Q^2, a exp(Q w)
    has a gamma distribution of shape a.

    Examples
    --------
    >>> theta, time = np.array([0.0, 0.0, 1.0]), np.array([0.5, 2.0])
    >>> GeneralisedGamma().log_survival(theta, time)
    array([-0.5, -2. ])
    """

    name: str = "generalised-gamma"
    labels: tuple[str, ...] = ("mu", "sigma", "Q")
    links: tuple[Link, ...] = ("identity", "log", "identity")

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density."""
        mu, sigma, q = columns(theta)
        logs = np.log(time)
        w = (logs - mu) * np.exp(-sigma)
        return _log_constant(q) - w * w * _half_square(q * w) - sigma - logs

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return log Q(a, a exp(Q w)) for positive Q, log P for negative."""
        mu, sigma, q = columns(theta)
        w = (np.log(time) - mu) * np.exp(-sigma)
        q = np.broadcast_to(q, w.shape)
        result = np.empty(w.shape)
        middle = np.abs(q) < _LOG_NORMAL
        for inside, function in (
            (middle, None),
            (~middle & (q > 0), log_upper_gamma),
            (~middle & (q < 0), log_lower_gamma),
        ):
            if not inside.any():
                continue
            part, where = w[inside], q[inside]
            if function is None:
                result[inside] = log_ndtr(-part)
            else:
                shape = 1 / (where * where)
                result[inside] = function(shape, shape * np.exp(where * part))
        return result

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return a log-normal, the exponential's maximum and a heavier tail."""
        mean, sd = spread(time)
        width = float(np.log(sd))
        return [
            np.array([mean, width, 0.05]),
            np.array([-log_rate(time, event), 0.0, 1.0]),
            np.array([mean, width, -1.0]),
        ]

    def boundary(self, theta: Floats) -> str:
        """Return that Q or sigma has left what data can say."""
        if abs(theta[2]) > _FAR:
            return f"Q runs to {'minus ' if theta[2] < 0 else ''}infinity"
        return "" if theta[1] > -_FAR / 2 else "sigma goes to 0"


def _log_constant(q: Floats) -> Floats:
    """Return log |Q| + a log a - a - log gamma(a) with a = 1 / Q^2, smooth through Q = 0."""
    square = np.maximum(q * q, 1e-300)
    a = 1 / square
    near = -HALF_LOG_2PI - stirling(np.maximum(a, _LARGE))
    kept = np.minimum(a, _LARGE)
    far = np.log(kept) * (kept - 0.5) - kept - gammaln(kept)
    return np.where(a > _LARGE, near, far)


def _half_square(y: Floats) -> Floats:
    """Return (exp(y) - 1 - y) / y^2, which is one half at 0."""
    small = np.abs(y) < _SMALL
    series = np.zeros_like(y)
    near = np.where(small, y, 0.0)
    for k in range(16, 1, -1):
        series = (series * near + 1) / k
    far = np.where(small, 1.0, y)
    # the loop gives 1/2 + y/6 + ...: each term is y / k times the one before
    return np.where(small, series, (np.expm1(far) - far) / (far * far))
