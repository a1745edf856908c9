"""What a parametric model of survival is: a density and a survival function with parameters.

Parameters are fitted on scales without limits (a rate as its logarithm, a cured fraction as its
logit) and reported on their natural ones.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perdure.records import Bools, Floats

__all__ = ["Family", "Link", "Unfit", "columns", "natural", "natural_slope"]

Link = Literal["identity", "log", "logit"]
"""The scale on which a parameter is fitted."""


class Unfit(Exception):  # noqa: N818  (it is no error: it carries a reason to the result)
    """A model cannot be fitted to these patients; the message says why."""


@dataclass(frozen=True)
class Family(ABC):
    """A family of survival distributions.

    ``theta`` holds parameters on the fitted scale, shape (..., parameters); ``time`` is positive,
    shape (times,). Functions of both have shape (..., times).

    Attributes
    ----------
    name : str
    labels : tuple of str
        The parameters, as the field calls them.
    links : tuple of {"identity", "log", "logit"}
        The fitted scale of each.
    density_at_zero : bool
        Whether an event at time 0 has a density that is neither 0 nor infinite.
    experimental : bool
        Whether no published example, beside an independent optimiser, has confirmed the fit.
    """

    name: str
    labels: tuple[str, ...]
    links: tuple[Link, ...]
    density_at_zero: bool = False
    experimental: bool = False

    @abstractmethod
    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the logarithm of the density, per unit of time."""

    @abstractmethod
    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return the logarithm of survival."""

    @abstractmethod
    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return where the search for the maximum begins; several where there may be several."""

    def scales(self, time: Floats, event: Bools) -> Floats:
        """Return directions (columns) along which a step of 1 is moderate."""
        del time, event
        return np.eye(len(self.labels))

    def log_cured(self, theta: Floats) -> Floats:
        """Return the logarithm of survival at infinity, shape (...); -inf where it is 0."""
        return np.full(theta.shape[:-1], -np.inf)

    def boundary(self, theta: Floats) -> str:
        """Return why ``theta`` lies so far out that the likelihood has no maximum; or ''."""
        del theta
        return ""

    def lost(self, theta: Floats) -> bool:
        """Return whether ``theta`` lies so far out that there is no use in going on."""
        return bool(self.boundary(theta))

    def improper(self, theta: Floats) -> str:
        """Return why ``theta`` does not give a survival function; or ''."""
        del theta
        return ""

    def limit(self) -> "Family | None":
        """Return the family at the boundary that a maximum inside must beat, if there is one."""
        return None


def columns(theta: Floats) -> tuple[Floats, ...]:
    """Return the parameters one by one, each of shape (..., 1), to meet times.

    Examples
    --------
    >>> [part.shape for part in columns(np.zeros((5, 2)))]
    [(5, 1), (5, 1)]
    """
    return tuple(theta[..., j, np.newaxis] for j in range(theta.shape[-1]))


def natural(link: Link, value: float) -> float:
    """Return a fitted value on its natural scale.

    Examples
    --------
    >>> natural("logit", 0.0), natural("log", 0.0)
    (0.5, 1.0)
    """
    if link == "log":
        return float(np.exp(value))
    return float(0.5 * (1 + np.tanh(value / 2))) if link == "logit" else float(value)


def natural_slope(link: Link, value: float) -> float:
    """Return how fast the natural value moves with the fitted one: the delta method's factor.

    Examples
    --------
    >>> natural_slope("logit", 0.0), natural_slope("identity", 3.0)
    (0.25, 1.0)
    """
    there = natural(link, value)
    return {"identity": 1.0, "log": there, "logit": there * (1 - there)}[link]
