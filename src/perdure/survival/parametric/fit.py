"""A parametric model fitted to patients by maximum likelihood, or the reason why it is not."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from perdure.errors import InputError, Problem
from perdure.records import Bools, Floats, ModelParameter, Patients
from perdure.survival.parametric.catalogue import family_of
from perdure.survival.parametric.differences import gradient
from perdure.survival.parametric.family import Family, Unfit, natural, natural_slope
from perdure.survival.parametric.maximise import Maximum, climb, polish

__all__ = ["Fit", "NotFitted", "fit"]

_LONGEST = 690.0
"""Natural logarithm of the longest time that is looked for."""
_DERIVATIVE_STEP = 0.02
"""In standard errors."""
_SAME_HEIGHT = 1e-7
"""Log-likelihoods that differ by less are equal."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    family : Family
    theta : array of float, shape (parameters,)
        The estimate on the fitted scale (``family.links``).
    vcov : array of float, shape (parameters, parameters)
        Its covariance on that scale: the inverse of the observed information.
    log_likelihood : float
        With densities per unit of the given time.
    n, events : int
    newton_step : float
        Evidence of convergence: what Newton's method would still move, in standard errors.
    hessian_error : float
        Evidence for the standard errors: how far the Hessian by steps of twice the length differs,
        relatively. Its own error is some 250 times smaller.
    """

    family: Family
    theta: Floats
    vcov: Floats
    log_likelihood: float
    n: int
    events: int
    newton_step: float
    hessian_error: float

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.family.name

    @property
    def parameters(self) -> tuple[ModelParameter, ...]:
        """Estimates on the natural scale, with standard errors by the delta method."""
        errors = np.sqrt(self.vcov.diagonal())
        family = self.family
        return tuple(
            ModelParameter(label, natural(link, value), float(error) * natural_slope(link, value))
            for label, link, value, error in zip(
                family.labels, family.links, self.theta.tolist(), errors, strict=True
            )
        )

    @property
    def aic(self) -> float:
        """Akaike's criterion: 2 parameters - 2 log-likelihood."""
        return 2.0 * self.theta.size - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of patients."""
        return log(self.n) * self.theta.size - 2 * self.log_likelihood

    @property
    def bic_events(self) -> float:
        """Schwarz's criterion with the number of events (Volinsky and Raftery 2000)."""
        return log(self.events) * self.theta.size - 2 * self.log_likelihood

    @property
    def cured(self) -> float:
        """Survival at infinity; 0 for a model in which everybody has the event."""
        return float(np.exp(self.family.log_cured(self.theta)))

    def log_survival_at(self, time: ArrayLike) -> Floats:
        """Return the logarithm of survival, in the shape of ``time``.

        Raises
        ------
        InputError
            If a time is negative or missing.
        """
        times = np.asarray(time, dtype=np.float64)
        if not (times >= 0).all():
            raise InputError(Problem("survival begins at time 0", "ask for a time of 0 or later"))
        with np.errstate(all="ignore"):  # log 0 is -inf, and survival 1
            values = self.family.log_survival(self.theta, times.ravel())
        return values.reshape(times.shape)

    def survival_at(self, time: ArrayLike) -> Floats:
        """Return survival at times, however far beyond follow-up: extrapolated there.

        Raises
        ------
        InputError
            If a time is negative or missing.

        Examples
        --------
        >>> found = fit([1, 2, 3, 4], [1, 1, 1, 1], "exponential")
        >>> found.survival_at([0.0, 2.5]).round(4)
        array([1.    , 0.3679])
        """
        return np.exp(self.log_survival_at(time))

    def hazard_at(self, time: float) -> float:
        """Return the hazard at a time above 0."""
        times = np.array([time], dtype=np.float64)
        with np.errstate(all="ignore"):
            density = self.family.log_density(self.theta, times)
            return float(np.exp(density - self.family.log_survival(self.theta, times))[0])

    def quantile(self, p: float = 0.5) -> float | None:
        """Return the time by which a proportion ``p`` has had the event; None if that never comes.

        Raises
        ------
        InputError
            If p is not between 0 and 1.

        Examples
        --------
        >>> round(fit([1, 2, 3, 4], [1, 1, 1, 1], "exponential").quantile(), 4)  # 2.5 log 2
        1.7329
        """
        if not 0 < p < 1:
            raise InputError(
                Problem("p lies between 0 and 1", "give 0.5 for a median", value=f"{p}")
            )
        target = log(1 - p)
        if float(self.family.log_cured(self.theta)) >= target:
            return None

        def above(logarithm: float) -> float:
            return max(float(self.log_survival_at(exp(logarithm))), -1e300) - target

        early, late = -1.0, 1.0
        while above(late) > 0:
            early, late = late, 2 * late
            if late > _LONGEST:
                return None
        while above(early) < 0:
            early, late = 2 * min(early, -1.0), min(early, late)
            if early < -_LONGEST:
                return None
        return exp(brentq(above, early, late, xtol=1e-14, rtol=1e-15, maxiter=500))

    def slopes(self, function: Callable[[Floats], Floats]) -> Floats:
        """Return how a function of theta moves, in independent directions of one standard error.

        The sum of squares is the function's variance by the delta method; sums of products are
        covariances.

        Parameters
        ----------
        function : callable
            From thetas, shape (points, parameters), to values, shape (points, ...).

        Returns
        -------
        array of float, shape (parameters, ...)
        """
        values, vectors = np.linalg.eigh(self.vcov)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        with np.errstate(all="ignore"):
            return gradient(function, self.theta, root, _DERIVATIVE_STEP)


@dataclass(frozen=True)
class NotFitted:
    """Why a model has no estimate."""

    model: str
    reason: str
    n: int
    events: int


def fit(time: ArrayLike, event: ArrayLike, model: str | Family) -> Fit | NotFitted:
    """Fit a parametric model to right-censored patients by maximum likelihood.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        In any one unit; estimates are in that unit.
    event : array_like of bool or 0/1, shape (n,)
    model : str or Family
        One of ``MODELS``, or a family with its own knots or cut points.

    Returns
    -------
    Fit or NotFitted
        What cannot be fitted says why: too few events, an event at time 0 where the density there
        is 0 or infinite, no maximum, a cured fraction on its boundary. A patient censored at time
        0 counts in ``n`` and says nothing else.

    Raises
    ------
    InputError
        As for :func:`perdure.survival.kaplan_meier`; if the model is unknown.

    Notes
    -----
    Parameters are those of R's ``flexsurv`` (Jackson 2016, doi 10.18637/jss.v070.i08).

    Examples
    --------
    >>> found = fit([5, 8, 12, 14, 20, 26, 30, 30], [1, 1, 1, 1, 1, 1, 0, 0], "weibull")
    >>> [(one.name, round(one.value, 3), round(one.se, 3)) for one in found.parameters]
    [('shape', 1.581, 0.55), ('scale', 23.365, 6.035)]
    >>> fit([5, 8], [0, 0], "weibull").reason
    'there is no event'
    """
    patients = Patients(time, event)
    name = model if isinstance(model, str) else model.name
    try:
        family, found = _fit(patients, model)
    except Unfit as unfit:
        return NotFitted(name, str(unfit), patients.n, patients.events)
    return Fit(
        family=family,
        theta=found.theta,
        vcov=found.vcov,
        log_likelihood=found.log_likelihood,
        n=patients.n,
        events=patients.events,
        newton_step=found.newton_step,
        hessian_error=found.hessian_error,
    )


def _fit(patients: Patients, model: str | Family) -> tuple[Family, Maximum]:
    """Return the family and its maximum."""
    if patients.events == 0:
        raise Unfit("there is no event")
    kept = patients.time > 0
    if not kept.any():
        raise Unfit("all patients leave at time 0")
    time, event = patients.time[kept], patients.event[kept]
    at_zero = int((patients.event & ~kept).sum())
    family = model if isinstance(model, Family) else family_of(model, time, event)
    _enough(family, time, event, at_zero)
    if at_zero:
        time, event = patients.time, patients.event
    return family, _maximum(family, time, event)


def _enough(family: Family, time: Floats, event: Bools, at_zero: int) -> None:
    """Refuse what has too few events, or events where the density is 0 or infinite."""
    if at_zero and not family.density_at_zero:
        raise Unfit(
            f"{at_zero} {'events' if at_zero > 1 else 'event'} at time 0, where this density is 0"
            " or infinite: give the time at which it was seen, such as half a day"
        )
    size, events = len(family.labels), int(event.sum()) + at_zero
    if events < size:
        are = "event is" if events == 1 else "events are"
        raise Unfit(f"{events} {are} too few for {size} parameters")
    if size > 1 and np.unique(time[event]).size < 2:
        raise Unfit("all events lie at one time")


def _maximum(family: Family, time: Floats, event: Bools) -> Maximum:
    """Return the maximum, or why there is none."""

    def log_likelihood(thetas: Floats) -> Floats:
        with np.errstate(all="ignore"):  # far from the maximum all may overflow: no likelihood
            total = family.log_density(thetas, time[event]).sum(axis=-1)
            total += family.log_survival(thetas, time[~event]).sum(axis=-1)
        return np.where(np.isfinite(total), total, -np.inf)

    scales = family.scales(time, event)
    highest = climb(log_likelihood, family.starts(time, event), scales, family.lost)
    try:
        found = polish(log_likelihood, highest, scales)
    except Unfit as unfit:
        raise Unfit(family.boundary(highest) or family.improper(highest) or str(unfit)) from None
    wrong = family.boundary(found.theta) if family.lost(found.theta) else ""
    wrong = wrong or family.improper(found.theta)
    if wrong:
        raise Unfit(wrong)
    _beats_limit(family, found, time, event)
    return found


def _beats_limit(family: Family, found: Maximum, time: Floats, event: Bools) -> None:
    """Refuse a maximum that is not above the family at its boundary."""
    limit = family.limit()
    if limit is None:
        return
    try:
        without = _maximum(limit, time, event)
    except Unfit:
        return
    if found.log_likelihood < without.log_likelihood + _SAME_HEIGHT:
        raise Unfit(
            f"{limit.name} without cured patients fits as well: the cured fraction is on its"
            " boundary 0"
        )
