"""UM.RS with an odds ratio for every trial, once more: Laplace's approximation trial by trial.

The Wald test of heterogeneity of rma.glmm's UM.RS rests on this model. Here its likelihood is
written anew, the modes found by bracketing and the derivatives by Richardson's differences, so that
it shares nothing with perdure's.
"""

import math
from dataclasses import dataclass

import numpy as np
from metafor_counts import counts_of
from scipy.optimize import brentq

from perdure.records import Floats

__all__ = ["wald_of_own_odds_ratios"]

STEP = 4e-3


def _expit(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@dataclass(frozen=True)
class _Arms:
    """The arms of one trial: events, patients, and whether the treatment's odds ratio is in."""

    y: tuple[float, ...]
    n: tuple[float, ...]

    def log_likelihood(self, at: Floats) -> float:
        """Return Laplace's approximation at (control's logit, log odds ratio, log sd)."""
        sd = math.exp(at[-1])
        eta = [float(at[0]), float(at[0] + at[1])][: len(self.y)]

        def slope(u: float) -> float:
            rows = zip(self.y, self.n, eta, strict=True)
            return sd * sum(y - n * _expit(e + sd * u) for y, n, e in rows) - u

        u = brentq(slope, -200.0, 200.0, xtol=1e-14, rtol=1e-14)
        value, curvature = -u * u / 2, 1.0
        for y, n, e in zip(self.y, self.n, eta, strict=True):
            theta = e + sd * u
            value += y * theta - n * _softplus(theta)
            curvature += sd * sd * n * _expit(theta) * (1 - _expit(theta))
        return value - math.log(curvature) / 2

    def derivatives(self, at: Floats) -> tuple[Floats, Floats]:
        """Return slope and Hessian by differences of two step widths."""
        size = at.size
        slope, hessian = np.zeros(size), np.zeros((size, size))
        steps = STEP * np.eye(size)
        for i in range(size):
            one, two = (
                self.log_likelihood(at + k * steps[i]) - self.log_likelihood(at - k * steps[i])
                for k in (1, 2)
            )
            slope[i] = (8 * one - two) / (12 * STEP)
            for j in range(size):
                near, far = (self._mixed(at, k * steps[i], k * steps[j]) / k**2 for k in (1, 2))
                hessian[i, j] = (4 * near - far) / (3 * 4 * STEP**2)
        return slope, hessian

    def _mixed(self, at: Floats, a: Floats, b: Floats) -> float:
        same = self.log_likelihood(at + a + b) + self.log_likelihood(at - a - b)
        return same - self.log_likelihood(at + a - b) - self.log_likelihood(at - a + b)


def wald_of_own_odds_ratios(name: str) -> float:
    """Return the Wald statistic that all trials of a set have one log odds ratio.

    A treated arm without events has an infinite odds ratio: it is left out, as in metafor.

    Raises
    ------
    ValueError
        If the maximum is not found.
    """
    tables = np.column_stack(counts_of(name))
    tables = tables[tables[:, 0] + tables[:, 2] > 0]
    whole = [0 < a < n1 for a, n1, _, _ in tables]
    free = int(sum(whole))
    logit = np.log((tables[:, ::2] + 0.5) / (tables[:, 1::2] - tables[:, ::2] + 0.5))
    start = (logit[:, 0] - logit[:, 1])[whole]
    at = np.array([logit[:, 1].mean(), *start, math.log(logit[:, 1].std())])
    trials, places, seen = [], [], 0
    for (a, n1, c, n2), own in zip(tables, whole, strict=True):
        seen += own
        trials.append(_Arms((c, a), (n2, n1)) if own else _Arms((c,), (n2,)))
        places.append([0, seen, free + 1] if own else [0, free + 1])
    for _ in range(40):
        slope, hessian = np.zeros(free + 2), np.zeros((free + 2, free + 2))
        for trial, place in zip(trials, places, strict=True):
            first, second = trial.derivatives(at[place])
            slope[place] += first
            hessian[np.ix_(place, place)] += second
        step = np.linalg.solve(-hessian, slope)
        at = at + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-7:
            break
    else:
        raise ValueError(f"{name}: the search did not end")
    covariance = np.linalg.inv(-hessian)[1:-1, 1:-1]
    differences = np.eye(free)[1:] - np.eye(free)[:1]
    apart = differences @ at[1:-1]
    spread = differences @ covariance @ differences.T
    return float(apart @ np.linalg.solve(spread, apart))
