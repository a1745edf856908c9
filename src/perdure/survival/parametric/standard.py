"""The standard families: exponential, Weibull, log-normal, log-logistic, gamma, Gompertz."""

from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from scipy.special import gammaln, log_ndtr

from perdure.records import Bools, Floats
from perdure.survival.parametric.family import Family, Link, columns
from perdure.survival.parametric.gamma_function import log_upper_gamma

__all__ = ["Exponential", "Gamma", "Gompertz", "LogLogistic", "LogNormal", "Weibull"]

_LOG: tuple[Link, ...] = ("log",)
HALF_LOG_2PI = log(2 * pi) / 2
_STEEP = log(1e3)
"""A shape beyond this is no shape: all events at nearly one time."""


def log_rate(time: Floats, event: Bools) -> float:
    """Return the logarithm of events per unit of time at risk."""
    return float(np.log(event.sum() / time.sum()))


def spread(time: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of log time, the latter not below a tenth."""
    logs = np.log(time)
    return float(logs.mean()), max(float(logs.std()), 0.1)


@dataclass(frozen=True)
class Exponential(Family):
    """Constant hazard: S(t) = exp(-rate t).

    Examples
    --------
    >>> Exponential().log_survival(np.array([np.log(0.5)]), np.array([2.0]))
    array([-1.])
    """

    name: str = "exponential"
    labels: tuple[str, ...] = ("rate",)
    links: tuple[Link, ...] = _LOG
    density_at_zero: bool = True

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return log rate - rate t."""
        (rate,) = columns(theta)
        return rate - np.exp(rate) * time

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return -rate t."""
        return -np.exp(columns(theta)[0]) * time

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return the maximum itself: events over time at risk."""
        return [np.array([log_rate(time, event)])]


@dataclass(frozen=True)
class Weibull(Family):
    """S(t) = exp(-(t / scale)^shape)."""

    name: str = "weibull"
    labels: tuple[str, ...] = ("shape", "scale")
    links: tuple[Link, ...] = _LOG * 2

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density."""
        shape, scale = columns(theta)
        logs = np.log(time)
        power = np.exp(shape) * (logs - scale)
        return shape + power - logs - np.exp(power)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return -(t / scale)^shape."""
        shape, scale = columns(theta)
        return -np.exp(np.exp(shape) * (np.log(time) - scale))

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return the exponential's maximum."""
        return [np.array([0.0, -log_rate(time, event)])]

    def boundary(self, theta: Floats) -> str:
        """Return that the shape grows without bound."""
        return _steep("shape", theta[0])


@dataclass(frozen=True)
class LogNormal(Family):
    """log T is normal with mean ``meanlog`` and standard deviation ``sdlog``."""

    name: str = "lognormal"
    labels: tuple[str, ...] = ("meanlog", "sdlog")
    links: tuple[Link, ...] = ("identity", "log")

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density."""
        mean, sd = columns(theta)
        logs = np.log(time)
        w = (logs - mean) * np.exp(-sd)
        return -(w * w) / 2 - HALF_LOG_2PI - sd - logs

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return log Phi(-(log t - meanlog) / sdlog)."""
        mean, sd = columns(theta)
        w = (np.log(time) - mean) * np.exp(-sd)
        return np.asarray(log_ndtr(-w), dtype=np.float64)

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return mean and standard deviation of log time, as if all had events."""
        del event
        mean, sd = spread(time)
        return [np.array([mean, np.log(sd)])]

    def boundary(self, theta: Floats) -> str:
        """Return that the standard deviation goes to 0."""
        return _steep("1 / sdlog", -theta[1])


@dataclass(frozen=True)
class LogLogistic(Family):
    """S(t) = 1 / (1 + (t / scale)^shape); ``scale`` is the median."""

    name: str = "loglogistic"
    labels: tuple[str, ...] = ("shape", "scale")
    links: tuple[Link, ...] = _LOG * 2

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density."""
        shape, scale = columns(theta)
        logs = np.log(time)
        power = np.exp(shape) * (logs - scale)
        both: Floats = np.logaddexp(0.0, power)
        return shape + power - logs - 2 * both

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return -log(1 + (t / scale)^shape)."""
        shape, scale = columns(theta)
        above: Floats = np.logaddexp(0.0, np.exp(shape) * (np.log(time) - scale))
        return -above

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return what the mean and standard deviation of log time say."""
        del event
        mean, sd = spread(time)
        return [np.array([np.log(pi / sqrt(3) / sd), mean])]

    def boundary(self, theta: Floats) -> str:
        """Return that the shape grows without bound."""
        return _steep("shape", theta[0])


@dataclass(frozen=True)
class Gamma(Family):
    """Density proportional to t^(shape - 1) exp(-rate t)."""

    name: str = "gamma"
    labels: tuple[str, ...] = ("shape", "rate")
    links: tuple[Link, ...] = _LOG * 2

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density."""
        shape, rate = columns(theta)
        a = np.exp(shape)
        density: Floats = a * rate + (a - 1) * np.log(time) - np.exp(rate) * time - gammaln(a)
        return density

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return log Q(shape, rate t)."""
        shape, rate = columns(theta)
        return log_upper_gamma(np.exp(shape), np.exp(rate) * time)

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return the exponential's maximum."""
        return [np.array([0.0, log_rate(time, event)])]

    def boundary(self, theta: Floats) -> str:
        """Return that the shape grows without bound."""
        return _steep("shape", theta[0] / 2)


@dataclass(frozen=True)
class Gompertz(Family):
    """Hazard rate exp(shape t); a negative shape leaves exp(rate / shape) for ever."""

    name: str = "gompertz"
    labels: tuple[str, ...] = ("shape", "rate")
    links: tuple[Link, ...] = ("identity", "log")
    density_at_zero: bool = True

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return log hazard and log survival together."""
        shape, rate = columns(theta)
        return rate + shape * time + self.log_survival(theta, time)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return -rate (exp(shape t) - 1) / shape, which is -rate t at shape 0."""
        shape, rate = columns(theta)
        power = shape * time
        small = np.abs(power) < 1e-5
        mean = np.where(
            small, 1 + power / 2 + power**2 / 6, np.expm1(power) / np.where(small, 1.0, power)
        )
        return -np.exp(rate) * time * mean

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return the exponential's maximum, and a falling hazard beside it."""
        rate = log_rate(time, event)
        return [np.array([0.0, rate]), np.array([-2.0 / time.max(), rate + 1])]

    def scales(self, time: Floats, event: Bools) -> Floats:
        """Return one over the mean time for the shape."""
        del event
        return np.diag([1 / time.mean(), 1.0])

    def log_cured(self, theta: Floats) -> Floats:
        """Return rate / shape where the shape is negative."""
        shape, rate = theta[..., 0], theta[..., 1]
        falling = shape < 0
        return np.where(falling, np.exp(rate) / np.where(falling, shape, -1.0), -np.inf)


def _steep(name: str, value: float) -> str:
    """Return that a parameter's logarithm has left what data can say; or ''."""
    if value < _STEEP:
        return ""
    return f"{name} grows without bound: the events lie at nearly one time"
