"""Several random effects integrated out by Laplace's approximation."""

from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.binomial.effect_structure import Hessian, RandomEffects
from perdure.pool.binomial.exponential_family import CountModel
from perdure.pool.binomial.quadrature import Marginal
from perdure.records import Floats

__all__ = ["Mode", "joint_mode", "laplace"]

MOST_STEPS = 200
STEP = 1e-12
"""A step of this share of the mode (or of 1) ends the search for it."""


@dataclass(frozen=True, eq=False)
class Mode:
    """The mode of the random effects given the parameters, in units of their deviations.

    Attributes
    ----------
    u : array of float, shape (effects,)
    value : float
        The log integrand there, without the count model's constant.
    hessian : Hessian
        The negative second derivatives there.
    """

    u: Floats
    value: float
    hessian: Hessian


def laplace(model: CountModel, effects: RandomEffects, eta: Floats, sd: Floats) -> Marginal:
    """Return the marginal log-likelihood by Laplace's approximation, with exact slopes of it.

    theta = eta + A u, A the sum of sd x loadings over components, u standard normal.

    Parameters
    ----------
    model : CountModel
    effects : RandomEffects
    eta : array of float, shape (rows,)
    sd : array of float, shape (components,)

    Raises
    ------
    InputError
        If the mode is not found.

    Examples
    --------
    >>> from perdure.pool.binomial.effect_structure import DenseEffects
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([3.0]), np.array([10.0]))
    >>> one = DenseEffects(np.ones((1, 1, 1)))
    >>> round(laplace(model, one, np.zeros(1), np.ones(1)).log_likelihood, 5)
    -2.16374
    """
    mode = joint_mode(model, effects, eta, sd)
    u = mode.u
    theta = eta + effects.forward(sd, u)
    _, mean, w, third = (part[:, 0] for part in model.cumulants(theta[:, None]))
    residual = model.y - mean
    value = mode.value - 0.5 * mode.hessian.log_determinant + model.constant
    alone = np.eye(sd.size)
    products = [mode.hessian.products(at) for at in range(sd.size)]
    # The log determinant moves with w (through theta and the mode) and with the loadings.
    leverage = np.asarray(sd @ np.array(products))
    through_w = leverage * third
    back = mode.hessian.solve(effects.backward(sd, through_w))
    by_eta = residual - 0.5 * (through_w - w * effects.forward(sd, back))
    by_sd = np.empty(sd.size)
    for at, product in enumerate(products):
        along = effects.forward(alone[at], u)
        moved = effects.backward(alone[at], residual) - effects.backward(sd, w * along)
        by_sd[at] = float(residual @ along) - 0.5 * (
            2 * float(product @ w) + float(through_w @ along) + float(back @ moved)
        )
    return Marginal(value, by_eta, by_sd, u)


def joint_mode(model: CountModel, effects: RandomEffects, eta: Floats, sd: Floats) -> Mode:
    """Return the mode of u given the parameters, by damped Newton steps.

    Raises
    ------
    InputError
        If it is not found.

    Examples
    --------
    >>> from perdure.pool.binomial.effect_structure import DenseEffects
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([5.0]), np.array([10.0]))
    >>> joint_mode(model, DenseEffects(np.ones((1, 1, 1))), np.zeros(1), np.ones(1)).u.tolist()
    [0.0]
    """
    u = np.zeros(effects.size)
    value, slope, w = _at(model, effects, eta, sd, u)
    for _ in range(MOST_STEPS):
        step = effects.hessian(sd, w).solve(slope)
        small = float(np.abs(step).max()) <= STEP * (1 + float(np.abs(u).max()))
        share = 1.0
        following = _at(model, effects, eta, sd, u + step)
        while following[0] < value - 1e-9 * (1 + abs(value)) and share > 1e-8:
            share /= 2
            following = _at(model, effects, eta, sd, u + share * step)
        u = u + share * step
        value, slope, w = following
        if small:
            return Mode(u, value, effects.hessian(sd, w))
    raise InputError(
        Problem(
            "the mode of the random effects was not found",
            "check the counts: their scale may be extreme",
        )
    )


def _at(
    model: CountModel, effects: RandomEffects, eta: Floats, sd: Floats, u: Floats
) -> tuple[float, Floats, Floats]:
    """Return the log integrand, its slope, and the variances of the counts."""
    theta = eta + effects.forward(sd, u)
    cumulant, mean, w, _ = (part[:, 0] for part in model.cumulants(theta[:, None]))
    value = float(model.y @ theta - cumulant.sum() - 0.5 * u @ u)
    return value, effects.backward(sd, model.y - mean) - u, w
