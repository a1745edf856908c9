"""The maximum of a likelihood: a trust region from each start, then Newton's steps to the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from perdure.records import Floats
from perdure.survival.parametric.differences import Derivatives, derivatives
from perdure.survival.parametric.family import Unfit

__all__ = ["Maximum", "climb", "polish"]

LogLikelihood = Callable[[Floats], Floats]
"""From points, shape (points, parameters), to log-likelihoods; -inf where there is none."""

_COARSE_STEP = 2e-3
_FINE_STEPS = (0.05, 0.0125)
"""In standard errors. With the first rounding and truncation are both near 1e-9 of the Hessian; the
second is for likelihoods that bend sharply, such as near a boundary."""
_SMALL_STEP = 1e-8
_CONVERGED = 1e-6
"""A Newton step, in standard errors, below which the search has arrived."""
_ROUNDS = 30
_BREAKS_OFF = "the likelihood breaks off beside its highest point"
_HESSIAN_AGREES = 2.5e-4
"""With twice the step the error, of order 8, is 256 times as large: 1e-6 with the step itself."""
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Maximum:
    """A maximum and the evidence that it is one.

    Attributes
    ----------
    theta : array of float, shape (parameters,)
    log_likelihood : float
    vcov : array of float, shape (parameters, parameters)
        The inverse of minus the Hessian.
    newton_step : float
        Length of the step that is left, in standard errors.
    hessian_error : float
        Largest difference to the Hessian by steps of twice the length, in units of the Hessian.
    """

    theta: Floats
    log_likelihood: float
    vcov: Floats
    newton_step: float
    hessian_error: float


def climb(
    function: LogLikelihood,
    starts: Sequence[Floats],
    scales: Floats,
    lost: Callable[[Floats], bool] = lambda _theta: False,
) -> Floats:
    """Return the highest point that a trust region reaches from any of the starts.

    Parameters
    ----------
    function : callable
    starts : sequence of array
    scales : array of float, shape (parameters, parameters)
        Directions (columns) along which a step of 1 is moderate.
    lost : callable, optional
        Whether a point lies so far out that a search may stop there.

    Raises
    ------
    Unfit
        If the likelihood is 0 at every start.

    Examples
    --------
    >>> def hill(points):
    ...     return -((points[:, 0] - 3.0) ** 2) - np.exp(points[:, 0])
    >>> climb(hill, [np.array([0.0])], np.eye(1)).round(4)
    array([1.2518])
    """
    best, highest = None, -np.inf
    for start in starts:
        found = _trust_region(function, start, scales, lost)
        height = float(function(found[np.newaxis])[0])
        if height > highest:
            best, highest = found, height
    if best is None:
        raise Unfit("the likelihood is 0 wherever the search begins")
    return best


def _trust_region(
    function: LogLikelihood, start: Floats, scales: Floats, lost: Callable[[Floats], bool]
) -> Floats:
    """Return where scipy's exact trust region ends (More and Sorensen 1983, doi 10.1137/0904038).

    A point whose neighbours have no likelihood counts as infinitely low: it is never entered.
    """
    latest: tuple[bytes, Derivatives] | None = None

    def at(z: Floats) -> Derivatives:
        nonlocal latest
        key = z.tobytes()
        if latest is None or latest[0] != key:
            latest = key, derivatives(function, start + scales @ z, scales, _COARSE_STEP, order=4)
        return latest[1]

    def depth(z: Floats) -> float:
        found = at(z)
        return -found.value if found.finite else np.inf

    def fall(z: Floats) -> Floats:
        return -at(z).gradient

    def bend(z: Floats) -> Floats:
        return -at(z).hessian

    def stop(xk: Floats) -> None:
        if lost(start + scales @ xk):
            raise StopIteration

    origin = np.zeros(start.size)
    first = at(origin)
    if not first.finite:
        return start
    found = minimize(
        depth,
        origin,
        jac=fall,
        hess=bend,
        method="trust-exact",
        callback=stop,
        options={
            "initial_trust_radius": 0.5,
            "max_trust_radius": 4.0,
            "gtol": 1e-5 * (1 + np.sqrt(abs(first.value))),
            "maxiter": 200,
        },
    )
    return start + scales @ np.asarray(found.x, dtype=np.float64)


def polish(function: LogLikelihood, theta: Floats, scales: Floats) -> Maximum:
    """Return the maximum near ``theta``, to the last digits, with its covariance.

    Newton's steps in coordinates in which the Hessian is minus the identity, so that differences
    are taken over a tenth of a standard error in every direction.

    Raises
    ------
    Unfit
        If there is no maximum: the likelihood is flat, or goes on rising.

    Examples
    --------
    >>> def hill(points):
    ...     return -((points[:, 0] - 3.0) ** 2) - np.exp(points[:, 0])
    >>> found = polish(hill, np.array([0.7]), np.eye(1))
    >>> found.theta.round(9), found.vcov.round(9), found.newton_step < 1e-8
    (array([1.25175793]), array([[0.18193448]]), True)
    """
    start = derivatives(function, theta, scales, _COARSE_STEP, order=4)
    if not start.finite:
        raise Unfit(_BREAKS_OFF)
    basis = scales @ _whitening(start.hessian)
    try:
        return _newton(function, theta, basis, _FINE_STEPS[0])
    except Unfit:
        return _newton(function, theta, basis, _FINE_STEPS[1])


def _newton(function: LogLikelihood, theta: Floats, basis: Floats, width: float) -> Maximum:
    """Return where Newton's steps lead, with differences over ``width`` standard errors."""
    for _ in range(_ROUNDS):
        here = derivatives(function, theta, basis, width)
        if not here.finite:
            raise Unfit(_BREAKS_OFF)
        root = _whitening(here.hessian)
        step = root @ (root.T @ here.gradient)
        length = float(np.linalg.norm(root.T @ here.gradient))
        if length < _SMALL_STEP:
            break
        theta = theta + basis @ _not_lower(function, theta, basis, step, here.value)
        basis = basis @ root
    return _evidence(function, theta, basis, width)


def _evidence(function: LogLikelihood, theta: Floats, basis: Floats, width: float) -> Maximum:
    """Return the maximum with its covariance, or refuse what is none."""
    here = derivatives(function, theta, basis, width)
    wider = derivatives(function, theta, basis, 2 * width)
    if not (here.finite and wider.finite):
        raise Unfit(_BREAKS_OFF)
    root = _whitening(here.hessian)
    left = float(np.linalg.norm(root.T @ here.gradient))
    if left > _CONVERGED:
        raise Unfit("the likelihood has no maximum that the search could reach")
    error = float(np.abs(root.T @ (wider.hessian - here.hessian) @ root).max())
    if error > _HESSIAN_AGREES:
        raise Unfit("the likelihood is too crooked at its highest point for standard errors")
    vcov = basis @ root @ root.T @ basis.T
    return Maximum(theta, here.value, (vcov + vcov.T) / 2, left, error)


def _not_lower(
    function: LogLikelihood, theta: Floats, basis: Floats, step: Floats, value: float
) -> Floats:
    """Return the step, halved until it does not lead down; of a tiny one rounding decides."""
    slack = 1e-12 * (1 + abs(value))
    for _ in range(30):
        if function((theta + basis @ step)[np.newaxis])[0] >= value - slack:
            return step
        step = step / 2
    return np.zeros_like(step)


def _whitening(hessian: Floats) -> Floats:
    """Return L, triangular, with L L' the inverse of minus the Hessian.

    Raises
    ------
    Unfit
        If the Hessian is not negative definite: in some direction nothing is to be learnt.
    """
    values = np.linalg.eigvalsh(-hessian)
    if not values[0] > _FLAT * values[-1]:
        raise Unfit(
            "the likelihood is flat at its highest point: the parameters are not identified"
        )
    return np.linalg.inv(np.linalg.cholesky(-hessian)).T
