"""Royston and Parmar's models: a transform of survival is a natural cubic spline of log time."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import log_ndtr, ndtri

from perdure.records import Bools, Floats
from perdure.survival.kaplan_meier import kaplan_meier
from perdure.survival.parametric.family import Family, Link, Unfit
from perdure.survival.parametric.standard import HALF_LOG_2PI

__all__ = ["Scale", "Spline", "spline"]

Scale = Literal["hazard", "odds", "normal"]
"""What is a spline: log cumulative hazard, log cumulative odds, or the normal deviate of 1 - S."""


@dataclass(frozen=True)
class Spline(Family):
    """A natural cubic spline in log time, linear beyond the outer knots.

    Without inner knots ``hazard`` is the Weibull, ``odds`` the log-logistic, ``normal`` the
    log-normal. Not every spline rises: one that falls is no survival function, and is refused.

    Attributes
    ----------
    scale : {"hazard", "odds", "normal"}
    knots : tuple of float
        Of log time; the outer ones first and last.

    Notes
    -----
    Royston and Parmar 2002, doi 10.1002/sim.1203, their parameters gamma0, gamma1, ...; knots at
    equally spaced centiles of the log event times, the outer ones at the first and last event.

    Examples
    --------
    >>> family = Spline(scale="hazard", knots=(0.0, 1.0, 2.0))
    >>> family.labels
    ('gamma0', 'gamma1', 'gamma2')
    >>> family.log_survival(np.array([0.0, 1.0, 0.0]), np.array([2.0]))  # Weibull of shape 1
    array([-2.])
    """

    name: str = field(init=False)
    labels: tuple[str, ...] = field(init=False)
    links: tuple[Link, ...] = field(init=False)
    scale: Scale = field(kw_only=True)
    knots: tuple[float, ...] = field(kw_only=True)

    def __post_init__(self) -> None:
        inner = len(self.knots) - 2
        object.__setattr__(self, "name", f"spline-{self.scale}-{inner}")
        object.__setattr__(self, "labels", tuple(f"gamma{j}" for j in range(inner + 2)))
        object.__setattr__(self, "links", ("identity",) * (inner + 2))
        object.__setattr__(self, "experimental", self.scale != "hazard" and inner > 0)

    def basis(self, logs: Floats) -> Floats:
        """Return 1, log time and the spline's own functions, shape (times, parameters)."""
        first, last = self.knots[0], self.knots[-1]
        parts = [np.ones_like(logs), logs]
        for knot in self.knots[1:-1]:
            weight = (last - knot) / (last - first)
            cubes = [np.maximum(logs - where, 0.0) ** 3 for where in (knot, first, last)]
            parts.append(cubes[0] - weight * cubes[1] - (1 - weight) * cubes[2])
        return np.stack(parts, axis=-1)

    def slopes(self, logs: Floats) -> Floats:
        """Return the basis functions' slopes in log time, shape (times, parameters)."""
        first, last = self.knots[0], self.knots[-1]
        parts = [np.zeros_like(logs), np.ones_like(logs)]
        for knot in self.knots[1:-1]:
            weight = (last - knot) / (last - first)
            squares = [3 * np.maximum(logs - where, 0.0) ** 2 for where in (knot, first, last)]
            parts.append(squares[0] - weight * squares[1] - (1 - weight) * squares[2])
        return np.stack(parts, axis=-1)

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return the log density; -inf where the spline does not rise."""
        logs = np.log(time)
        value, slope = theta @ self.basis(logs).T, theta @ self.slopes(logs).T
        rising = np.where(slope > 0, slope, 0.0)
        return np.log(rising) - logs + self._log_slope(value)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return the log survival."""
        logs = np.log(time)
        basis = self.basis(np.maximum(logs, -1e4))  # at time 0 the spline is at minus infinity
        value = theta @ basis.T
        if self.scale == "hazard":
            return -np.exp(value)
        odds = self.scale == "odds"
        survival: Floats = -np.logaddexp(0.0, value) if odds else log_ndtr(-value)
        return survival

    def _log_slope(self, value: Floats) -> Floats:
        """Return the log of -dS / dvalue."""
        if self.scale == "hazard":
            return value - np.exp(value)
        if self.scale == "odds":
            slope: Floats = value - 2 * np.logaddexp(0.0, value)
            return slope
        return -(value * value) / 2 - HALF_LOG_2PI

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return a straight line through the transformed Kaplan-Meier curve."""
        curve = kaplan_meier(time, event)
        kept = (curve.events > 0) & (curve.survival > 0)
        logs, survival = np.log(curve.time[kept]), curve.survival[kept]
        if logs.size < 2:
            raise Unfit("fewer than two times of events before the last patient leaves")
        transformed = {
            "hazard": np.log(-np.log(survival)),
            "odds": np.log(1 / survival - 1),
            "normal": -ndtri(survival),
        }[self.scale]
        centred = logs - logs.mean()
        slope = max(float(centred @ transformed / (centred @ centred)), 0.05)
        start = np.zeros(len(self.labels))
        start[:2] = transformed.mean() - slope * logs.mean(), slope
        return [start]

    def scales(self, time: Floats, event: Bools) -> Floats:
        """Return directions in which the basis at the events is orthonormal."""
        basis = self.basis(np.log(time[event]))
        upper: Floats = np.linalg.qr(basis).R
        if (np.abs(upper.diagonal()) < 1e-9 * np.abs(upper).max()).any():
            raise Unfit("too few different times of events for so many knots")
        directions: Floats = np.linalg.inv(upper) * np.sqrt(len(basis))
        return directions

    def improper(self, theta: Floats) -> str:
        """Return where the spline falls, which would be a negative hazard; or ''.

        The slope is a parabola between knots and level outside them: its least value is at a knot
        or at the vertex of a parabola.
        """
        knots = np.array(self.knots)
        middle = (knots[1:] + knots[:-1]) / 2
        begin, between, end = (self.slopes(x) @ theta for x in (knots[:-1], middle, knots[1:]))
        bend = begin - 2 * between + end
        tilt = end - begin
        at = np.where(bend > 0, -tilt / np.where(bend > 0, 4 * bend, 1.0), 1.0)  # in widths
        vertex = middle + np.clip(at, -0.5, 0.5) * np.diff(knots)
        places = np.concatenate([knots, vertex])
        slope = self.slopes(places) @ theta
        if (slope > 0).all():
            return ""
        return f"the fitted hazard is negative near {np.exp(places[slope.argmin()]):.3g}"


def spline(time: Floats, event: Bools, scale: Scale, inner: int) -> Spline:
    """Return the family with ``inner`` knots between the first and the last event.

    Examples
    --------
    >>> time = np.exp(np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    >>> spline(time, np.ones(5, dtype=bool), "hazard", 1).knots
    (0.0, 2.0, 4.0)
    """
    logs = np.log(time[event])
    if logs.size == 0:
        raise Unfit("all events lie at time 0")
    knots = np.quantile(logs, np.linspace(0, 1, inner + 2))
    if not (np.diff(knots) > 1e-9).all():
        raise Unfit(f"{inner + 2} knots need as many different times of events")
    return Spline(scale=scale, knots=tuple(float(knot) for knot in knots))
