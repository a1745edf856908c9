"""Selection models: the mean, had what was published not hung on p values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.optimize import minimize
from scipy.special import chdtrc

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import mean_only
from perdure.pool.checks.selection_likelihood import Published, published
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient
from perdure.pool.models.random_effects import Fit, fit_effects
from perdure.records import Bools, Floats
from perdure.records.small_study import (
    Alternative,
    SelectionFamily,
    SelectionModel,
    SelectionParameter,
)

__all__ = ["selection_model"]

HIGHEST = 100.0
"""Parameters of a selection function are sought up to this; a likelihood that rises further says
nothing that numbers could hold."""
LOWEST = {"beta": 1e-5}
"""And down to this, or to 0."""
AT_BOUND = 1e-6
"""A parameter this near to a bound, as a share of its range, lies on it."""
NO_VARIANCE = 1e-8
"""A tau2 below this share of the typical sampling variance is 0."""
FLAT = 1e-9
"""A curvature below this share of the largest is none."""
POLISH = 8
"""Newton's steps at the end; two or three do."""
STEP = 1e-3
"""Of the numerical derivatives."""


def selection_model(
    fit: Fit,
    *,
    family: SelectionFamily = "stepfun",
    alternative: Alternative,
    steps: Sequence[float] = (0.025,),
) -> SelectionModel:
    """Estimate the mean and how the chance of publication hangs on the p value, by likelihood.

    Parameters
    ----------
    fit : Fit
        Without moderators; only its effects and level are used. The likelihood is the full one
        whatever the method of the fit.
    family : {"stepfun", "beta", "halfnorm", "negexp"}
        The weight of an effect with p: a step function, 1 up to the first step and a free value in
        each interval after it (Vevea and Hedges 1995, doi 10.1007/BF02294384); p^(a - 1) (1 -
        p)^(b - 1), with p censored at 1e-5 and 1 - 1e-5 (Citkowicz and Vevea 2017, doi
        10.1037/met0000119); exp(-d p^2) or exp(-d p) (Preston and others 2004, doi
        10.1111/j.1365-2753.2003.00457.x).
    alternative : {"greater", "less", "two-sided"}
        Which effects have small p values: those above 0, those below, or both. There is no
        default: a wrong side answers another question.
    steps : sequence of float
        For "stepfun": one-sided p values (two-sided for "two-sided"), between 0 and 1.

    Returns
    -------
    SelectionModel
        Its errors are from the observed information, its interval is normal. With a ``reason``
        where a parameter lies on a bound or the likelihood is flat.

    Raises
    ------
    InputError
        If the model has moderators, an option is unknown, or a step is not between 0 and 1.

    Examples
    --------
    >>> y, v = [0.6, 0.9, 0.5, 0.7, 0.1, 0.3], [0.05, 0.1, 0.04, 0.08, 0.02, 0.06]
    >>> found = selection_model(fit_effects(y, v), family="negexp", alternative="greater")
    >>> found.df, round(found.mean.estimate, 2)
    (1, 0.16)
    """
    mean_only(fit, "a selection model")
    _check(family, alternative, steps)
    data = published(fit.y, fit.v, family, alternative, steps if family == "stepfun" else ())
    k, free = fit.y.size, data.parameters
    if k < free + 3:
        reason = (
            f"{k} effects are too few for a mean, a variance and {free} more: {free + 3} needed"
        )
        return _none(data, alternative, reason)
    without = fit_effects(data.y, fit.v, method="ML", test="z")
    found = _maximum(data, float(without.beta[0]), without.between)
    return _answer(fit, data, alternative, found, without)


def _check(family: str, alternative: str, steps: Sequence[float]) -> None:
    problems = [
        Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(value))
        for name, value, allowed in (
            ("family", family, get_args(SelectionFamily)),
            ("alternative", alternative, get_args(Alternative)),
        )
        if value not in allowed
    ]
    if family == "stepfun" and (
        not steps or not all(0 < step < 1 for step in steps) or len(set(steps)) < len(steps)
    ):
        found = ", ".join(f"{step:g}" for step in steps)
        remedy = "give one or more p values between 0 and 1, as 0.025"
        problems.append(Problem("the steps are not different p values", remedy, value=found))
    if problems:
        raise InputError(problems)


def _none(data: Published, alternative: Alternative, reason: str) -> SelectionModel:
    return SelectionModel(
        family=data.family,
        alternative=alternative,
        steps=data.steps,
        counts=data.counts,
        mean=None,
        tau2=None,
        selection=(),
        log_likelihood=None,
        log_likelihood_without=None,
        ratio=None,
        df=data.parameters,
        p=None,
        sentence=f"No selection model: {reason}.",
        reason=reason,
    )


@dataclass(frozen=True, eq=False)
class _Maximum:
    """Where the likelihood is highest, in parameters (mean, tau2, selection).

    ``inside`` says which lie off their bounds; ``covariance`` is theirs, None where the likelihood
    is flat.
    """

    values: Floats
    log_likelihood: float
    inside: Bools
    covariance: Matrix | None


@dataclass(frozen=True, eq=False)
class _Coordinates:
    """Smooth coordinates without bounds: mean, tau, and angles u with d = low + range sin(u)^2.

    The likelihood is even in tau and in every angle about its bounds, so that a maximum on a bound
    is an ordinary one here.
    """

    data: Published
    center: float
    scale: float
    low: float

    def natural(self, at: Floats) -> tuple[float, float, Floats]:
        delta = self.low + (HIGHEST - self.low) * np.sin(at[2:]) ** 2
        return self.center + self.scale * float(at[0]), (self.scale * float(at[1])) ** 2, delta

    def back(self, mean: float, tau2: float, delta: Floats) -> Floats:
        share = (delta - self.low) / (HIGHEST - self.low)
        head = [(mean - self.center) / self.scale, np.sqrt(tau2) / self.scale]
        return np.concatenate((head, np.arcsin(np.sqrt(np.clip(share, 0, 1)))))

    def loss(self, at: Floats) -> float:
        mean, tau2, delta = self.natural(at)
        return -self.data.log_likelihood(mean, tau2, delta)


def _maximum(data: Published, mean: float, tau2: float) -> _Maximum:
    """Return the highest of the maxima that several starts lead to."""
    typical = float(np.median(data.se))
    low = LOWEST.get(data.family, 0.0)
    coordinates = _Coordinates(data, mean, typical, low)
    best, lowest = None, np.inf
    for delta in _starts(data):
        start = coordinates.back(mean, max(tau2, 0.1 * typical**2), delta)
        found = minimize(coordinates.loss, start, method="BFGS", options={"gtol": 1e-4})
        if found.fun < lowest:
            best, lowest = np.asarray(found.x, dtype=np.float64), float(found.fun)
    if best is None:
        raise InputError(
            Problem(
                "the likelihood of the selection model cannot be computed",
                "check the effects and their standard errors",
            )
        )
    best = _newton(coordinates.loss, best)
    return _described(coordinates, best)


def _starts(data: Published) -> list[Floats]:
    """Return selection parameters to start from: none, usual and strong selection, its opposite."""
    if data.family == "beta":
        return [np.array(pair) for pair in ((1.0, 1.0), (2.0, 1.2), (0.6, 1.0), (1.0, 2.0))]
    if data.family == "stepfun":
        n = data.parameters
        return [np.ones(n), 0.4 ** np.arange(1.0, n + 1), np.full(n, 0.1), np.full(n, 10.0)]
    return [np.array([delta]) for delta in (0.3, 2.0, 8.0)]


def _newton(loss: Callable[[Floats], float], at: Floats) -> Floats:
    """Return the minimum near ``at`` by Newton's steps on numerical derivatives."""
    value = loss(at)
    for _ in range(POLISH):
        curvature, vectors = np.linalg.eigh(_hessian(loss, at, STEP))
        size = np.maximum(np.abs(curvature), 1e-6 * max(1.0, float(np.abs(curvature).max())))
        step = -vectors @ ((vectors.T @ _gradient(loss, at)) / size)
        for _ in range(30):
            after = loss(at + step)
            if after <= value:
                break
            step = step / 2
        else:
            return at
        at, value = at + step, after
        if np.abs(step).max() < 1e-9:
            return at
    return at


def _gradient(loss: Callable[[Floats], float], at: Floats) -> Floats:
    """Return central differences of the fourth order."""
    found = np.empty(at.size)
    for i, unit in enumerate(STEP * np.eye(at.size)):
        near = loss(at + unit) - loss(at - unit)
        far = loss(at + 2 * unit) - loss(at - 2 * unit)
        found[i] = (8 * near - far) / (12 * STEP)
    return found


def _hessian(loss: Callable[[Floats], float], at: Floats, step: float) -> Matrix:
    """Return second differences."""
    n = at.size
    units = step * np.eye(n)
    found = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            a, b = units[i], units[j]
            same = loss(at + a + b) + loss(at - a - b)
            crossed = loss(at + a - b) + loss(at - a + b)
            found[i, j] = found[j, i] = (same - crossed) / (4 * step**2)
    return found


def _described(coordinates: _Coordinates, at: Floats) -> _Maximum:
    """Return a maximum in natural parameters, with their covariance."""
    mean, tau2, delta = coordinates.natural(at)
    span = HIGHEST - coordinates.low
    share = (delta - coordinates.low) / span
    inside = np.concatenate(
        (
            [True, tau2 > NO_VARIANCE * coordinates.scale**2],
            (share > AT_BOUND) & (share < 1 - AT_BOUND),
        )
    )
    # what lies on a bound to rounding is put there
    tau2 = tau2 if inside[1] else 0.0
    delta = np.where(inside[2:], delta, np.where(share > 0.5, HIGHEST, coordinates.low))
    at = coordinates.back(mean, tau2, delta)
    slope = np.concatenate(
        (
            [coordinates.scale, 2 * coordinates.scale**2 * at[1]],
            span * np.sin(2 * at[2:]),
        )
    )
    wide, narrow = (_hessian(coordinates.loss, at, step) for step in (2 * STEP, STEP))
    information = ((4 * narrow - wide) / 3)[np.ix_(inside, inside)]
    roots = np.linalg.eigvalsh(information)
    covariance = None
    if roots[0] > FLAT * roots[-1]:
        outer = np.outer(slope[inside], slope[inside])
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64) * outer
    values = np.concatenate(([mean, tau2], delta))
    return _Maximum(values, -coordinates.loss(at), inside, covariance)


def _answer(
    fit: Fit, data: Published, alternative: Alternative, found: _Maximum, without: Fit
) -> SelectionModel:
    """Return the record."""
    null = without.pooled.log_likelihood
    free = data.parameters
    errors: list[float | None] = [None] * found.values.size
    if found.covariance is not None:
        roots = np.sqrt(np.diagonal(found.covariance)).tolist()
        for at, error in zip(np.flatnonzero(found.inside).tolist(), roots, strict=True):
            errors[at] = error
    sign = -1.0 if alternative == "less" else 1.0
    estimate = sign * float(found.values[0])
    mean = None
    if errors[0] is not None:
        mean = coefficient("intercept", estimate, errors[0] ** 2, None, fit.level)
    # the family holds no selection, at a bound or inside: less than that is rounding
    ratio = max(0.0, 2 * (found.log_likelihood - null))
    p = float(chdtrc(free, ratio))
    reasons = _reasons(data, found)
    before = sign * float(without.beta[0])
    return SelectionModel(
        family=data.family,
        alternative=alternative,
        steps=data.steps,
        counts=data.counts,
        mean=mean,
        tau2=float(found.values[1]),
        selection=_parameters(data, found.values[2:], errors[2:]),
        log_likelihood=found.log_likelihood,
        log_likelihood_without=null,
        ratio=ratio,
        df=free,
        p=p,
        sentence=_sentence(estimate, before, p, 1 - fit.level),
        reason="; ".join(reasons) or None,
    )


def _parameters(
    data: Published, delta: Floats, errors: list[float | None]
) -> tuple[SelectionParameter, ...]:
    """Return the selection function's parameters by name."""
    values = delta.tolist()
    if data.family == "stepfun":
        steps = _intervals(data)
        return tuple(map(SelectionParameter, steps, [1.0, *values], [None, *errors]))
    terms = ("a", "b") if data.family == "beta" else ("d",)
    return tuple(map(SelectionParameter, terms, values, errors))


def _intervals(data: Published) -> tuple[str, ...]:
    """Return the intervals of p in words."""
    lower = [f"{step:g} < " for step in data.steps[:-1]]
    return tuple(f"{low}p <= {step:g}" for low, step in zip(["", *lower], data.steps, strict=True))


def _reasons(data: Published, found: _Maximum) -> list[str]:
    """Return what could not be estimated."""
    reasons = []
    if data.family == "stepfun":
        intervals = zip(_intervals(data), data.counts, strict=True)
        empty = [name for name, count in intervals if not count]
        if empty:
            reasons.append(
                f"no effect has {' or '.join(empty)}: weights relative to an interval without"
                " effects cannot be estimated, and the mean leans on where they stop"
            )
    low = LOWEST.get(data.family, 0.0)
    for name, value, inside in zip(
        _parameters(data, found.values[2:], [None] * data.parameters)[-data.parameters :],
        found.values[2:].tolist(),
        found.inside[2:].tolist(),
        strict=True,
    ):
        if inside:
            continue
        if value == low and data.family in ("halfnorm", "negexp"):
            reasons.append("the likelihood is highest without selection")
        else:
            reasons.append(f"the parameter for {name.term} lies on its bound of {value:g}")
    if found.covariance is None:
        reasons.append("the likelihood is flat about its maximum: there are no standard errors")
    return reasons


def _sentence(estimate: float, before: float, p: float, alpha: float) -> str:
    """Return the answer in words."""
    sign = "A sign" if p < alpha else "No sign"
    return (
        f"{sign} that publication hung on p values in this way (p = {p:.2g}); with it the mean"
        f" would be {estimate:.3f} in place of {before:.3f}."
    )
