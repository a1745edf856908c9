"""Random effects of effects that are correlated inside a trial: shared controls and thresholds.

With sampling covariance V and true effects that vary as tau2 M around their mean, both known but
for tau2, one change of coordinates makes effects independent: V = L L', L^-1 M L^-T = Q D Q', and
D^-1/2 Q' L^-1 y has the variance 1 / D + tau2. So every estimator, test and interval of independent
effects serves correlated ones, and is the same as theirs where nothing is correlated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular

from perdure.errors import InputError, Problem
from perdure.pool.models.inputs import INTERCEPT, design_matrix, validated
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import (
    Fit,
    Method,
    Model,
    Test,
    but_intercept,
    fit_effects,
)
from perdure.records import Floats, JointTest, Predicted

__all__ = ["CorrelatedFit", "fit_correlated", "shared_heterogeneity"]


@dataclass(frozen=True, eq=False)
class CorrelatedFit:
    """A fit of correlated effects.

    Attributes
    ----------
    independent : Fit
        In the coordinates in which effects are independent: coefficients, tau2 and tests are those
        of the effects, and :func:`perdure.pool.heterogeneity` may be asked of it; its ``pooled``
        has the likelihood of the effects themselves.
    shares : array of float, shape (k,)
        What each effect weighs in the first coefficient; they sum to 1 for an intercept alone.
    mean : Predicted
        The mean of the first coefficient, with a prediction interval of a further trial.
    """

    independent: Fit
    shares: Floats
    mean: Predicted


def shared_heterogeneity(trial: Sequence[str], correlation: float = 0.5) -> Matrix:
    """Return M: true effects of one trial correlate so much, those of different trials do not.

    Contrasts of several arms with one control share half of their heterogeneity if every arm has
    as much of it as the control (Higgins and Whitehead 1996, doi
    10.1002/(SICI)1097-0258(19961230)15:24<2733::AID-SIM562>3.0.CO;2-0).

    Raises
    ------
    InputError
        If the correlation is not from 0 up to and without 1.

    Examples
    --------
    >>> shared_heterogeneity(["A", "A", "B"]).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if not 0 <= correlation < 1:
        raise InputError(
            Problem(
                "a correlation is not from 0 to below 1", "0.5 is usual", value=f"{correlation}"
            )
        )
    labels = np.array(trial, dtype=str)
    same = labels[:, None] == labels[None, :]
    found = np.where(same, correlation, 0.0)
    np.fill_diagonal(found, 1.0)
    return found


def fit_correlated(
    y: ArrayLike,
    covariance: ArrayLike,
    similar: ArrayLike,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
) -> CorrelatedFit:
    """Pool effects with a known covariance of their errors.

    Parameters
    ----------
    y : array_like of float, shape (k,)
    covariance : array_like of float, shape (k, k)
        Of the sampling errors; symmetric and positive definite.
    similar : array_like of float, shape (k, k)
        How true effects vary together, with 1 on the diagonal: see :func:`shared_heterogeneity`.
    model, method, test, moderators, terms, trial, level
        As in :func:`perdure.pool.pool`.

    Raises
    ------
    InputError
        As :func:`perdure.pool.pool`; and if a matrix does not fit, or is not positive definite.

    Examples
    --------
    >>> y, v = [0.1, 0.6, 0.9], np.diag([0.04, 0.05, 0.03])
    >>> v[0, 1] = v[1, 0] = 0.02
    >>> found = fit_correlated(y, v, shared_heterogeneity(["A", "A", "B"]))
    >>> round(found.mean.estimate, 3), round(found.independent.pooled.tau2, 3)
    (0.588, 0.174)
    """
    spread = np.array(covariance, dtype=np.float64)
    effects, _ = validated(y, np.diagonal(spread) if spread.ndim == 2 else spread, trial)
    k = effects.size
    spread = _symmetric(spread, k, "the covariance of the effects")
    alike = _symmetric(np.array(similar, dtype=np.float64), k, "the matrix of similarity")
    x, names = design_matrix(k, moderators, terms, 0)
    alone = names == (INTERCEPT,)
    turn, log_jacobian = (np.eye(1), 0.0) if k == 1 else _independent(spread, alike, trial)
    turned = turn @ x
    fit = fit_effects(
        turn @ effects,
        np.diagonal(turn @ spread @ turn.T),
        model=model,
        method=method,
        test=test,
        moderators=None if k == 1 and alone else turned,
        terms=names,
        trial=trial,
        level=level,
    )
    pooled = fit.pooled
    restricted = pooled.model == "random" and pooled.method == "REML"
    correction = log_jacobian
    if restricted:
        correction += (_log_determinant(x) - _log_determinant(turned)) / 2
    mean = fit.predicted([names[0]], np.eye(len(names))[:1])[0]
    own = replace(
        pooled,
        log_likelihood=pooled.log_likelihood + correction,
        moderators=None if alone else _moderators(fit, x, names),
        prediction_low=mean.prediction_low if alone and k > 1 else None,
        prediction_high=mean.prediction_high if alone and k > 1 else None,
    )
    weight = np.linalg.inv(spread + fit.between * alike)
    shares = np.linalg.solve(x.T @ weight @ x, x.T @ weight)[0]
    return CorrelatedFit(replace(fit, pooled=own), shares, mean)


def _independent(
    spread: Matrix, alike: Matrix, trial: Sequence[str] | None
) -> tuple[Matrix, float]:
    """Return the change of coordinates and the logarithm of its determinant."""
    try:
        root = np.linalg.cholesky(spread)
        np.linalg.cholesky(alike)
    except np.linalg.LinAlgError:
        where = "" if trial is None else f" of trial {_singular_trial(spread, trial)}"
        raise InputError(
            Problem(
                f"the covariance of the effects{where} is not positive definite",
                "leave out a contrast that the others already say, or correct the covariances",
            )
        ) from None
    half = solve_triangular(root, alike, lower=True)
    within = solve_triangular(root, half.T, lower=True)
    share, basis = np.linalg.eigh((within + within.T) / 2)
    turn = (basis.T @ solve_triangular(root, np.eye(len(root)), lower=True)) / np.sqrt(share)[
        :, None
    ]
    log_jacobian = -float(np.log(np.diagonal(root)).sum() + np.log(share).sum() / 2)
    return turn, log_jacobian


def _singular_trial(spread: Matrix, trial: Sequence[str]) -> str:
    """Return the trial whose block is not positive definite."""
    labels = np.array(trial, dtype=str)
    for name in dict.fromkeys(trial):
        inside = np.flatnonzero(labels == name)
        block = spread[np.ix_(inside, inside)]
        if float(np.linalg.eigvalsh(block)[0]) <= 0:
            return str(name)
    return "(several together)"


def _symmetric(found: Matrix, k: int, what: str) -> Matrix:
    """Return a square matrix of k effects."""
    if found.shape != (k, k) or not np.isfinite(found).all():
        shape = " x ".join(str(size) for size in found.shape)
        raise InputError(Problem(f"{what} does not fit", f"give {k} x {k} numbers", value=shape))
    if np.abs(found - found.T).max() > 1e-9 * np.abs(found).max():
        raise InputError(Problem(f"{what} is not symmetric", "give each covariance twice"))
    return (found + found.T) / 2


def _moderators(fit: Fit, x: Matrix, names: tuple[str, ...]) -> JointTest | None:
    """Return the test of everything but an intercept, which other coordinates hide."""
    tested, rows = but_intercept(names, x)
    return fit.joint_test(tested, rows) if tested else None


def _log_determinant(x: Matrix) -> float:
    return float(np.linalg.slogdet(x.T @ x).logabsdet)
