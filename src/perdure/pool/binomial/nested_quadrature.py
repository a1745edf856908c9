"""Arms in trials: both random intercepts integrated out, the arms' inside the trial's."""

import math

import numpy as np
from scipy.special import logsumexp

from perdure.pool.binomial.effect_structure import NestedEffects
from perdure.pool.binomial.exponential_family import CountModel
from perdure.pool.binomial.laplace import joint_mode
from perdure.pool.binomial.quadrature import Marginal, RandomEffect, gauss_hermite, modes
from perdure.records import Floats

__all__ = ["nested_quadrature"]


def nested_quadrature(
    model: CountModel, effects: NestedEffects, eta: Floats, sd: Floats, n_points: int
) -> Marginal:
    """Return the marginal log-likelihood of arms in trials by adaptive quadrature, nested.

    The trial's nodes lie around its part of the joint mode; at each, every arm's own effect is
    integrated with nodes around its own mode (Pinheiro and Chao 2006, J Comput Graph Stat 15:58,
    doi 10.1198/106186006X96962). The slopes are posterior means of those of the complete
    likelihood (Fisher's identity): exact as far as the quadrature is.

    Parameters
    ----------
    model : CountModel
        One row an arm.
    effects : NestedEffects
    eta : array of float, shape (rows,)
    sd : array of float, shape (2,)
        Of trials, of arms in trials.
    n_points : int
        For each of the two integrals.

    Raises
    ------
    InputError
        If a mode is not found.

    Examples
    --------
    >>> from perdure.pool.binomial.exponential_family import binomial_model
    >>> model = binomial_model(np.array([3.0, 4.0]), np.array([10.0, 9.0]))
    >>> effects = NestedEffects(np.array([0]), 2)
    >>> found = nested_quadrature(model, effects, np.zeros(2), np.array([0.6, 0.8]), 15)
    >>> round(found.log_likelihood, 6)
    -4.039625
    """
    rows, starts = eta.size, effects.starts
    u = joint_mode(model, effects, eta, sd).u
    variance = model.cumulants((eta + effects.forward(sd, u))[:, None])[2][:, 0]
    scale = 1 / np.sqrt(effects.hessian(sd, variance).trials)
    x, log_weight = gauss_hermite(n_points)
    root, constant = math.sqrt(2), -math.log(math.pi) / 2
    outer = u[: starts.size, None] + root * scale[:, None] * x
    by_trial = RandomEffect(np.ones(rows), starts)
    etas = eta[:, None] + sd[0] * by_trial.spread(outer)
    # Each arm at each of its trial's nodes: an integral of its own.
    alone = RandomEffect(np.ones(rows), np.arange(rows))
    centre = modes(model, alone, etas, float(sd[1]))
    width = 1 / np.sqrt(1 + sd[1] ** 2 * model.cumulants(etas + sd[1] * centre)[2])
    inner = centre[:, :, None] + root * width[:, :, None] * x
    theta = etas[:, :, None] + sd[1] * inner
    cumulant, mean, *_ = (
        part.reshape(theta.shape) for part in model.cumulants(theta.reshape(rows, -1))
    )
    terms = model.y[:, None, None] * theta - cumulant - inner**2 / 2 + log_weight
    log_arm = logsumexp(terms, axis=2)
    share = np.exp(terms - log_arm[:, :, None])
    residual = model.y[:, None, None] - mean
    mean_residual = (share * residual).sum(axis=2)
    mean_product = (share * residual * inner).sum(axis=2)
    whole = by_trial.summed(log_arm + np.log(width) + constant) - outer**2 / 2 + log_weight
    log_trial = logsumexp(whole, axis=1)
    weight = by_trial.spread(np.exp(whole - log_trial[:, None]))
    total = float((log_trial + np.log(scale)).sum()) + starts.size * constant + model.constant
    by_eta = (weight * mean_residual).sum(axis=1)
    by_sd = np.array(
        [
            float((weight * mean_residual * by_trial.spread(outer)).sum()),
            float((weight * mean_product).sum()),
        ]
    )
    return Marginal(total, by_eta, by_sd, u)
