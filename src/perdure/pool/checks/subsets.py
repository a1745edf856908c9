"""Many fits at once: one model refitted to many subsets of its effects, all in one array.

A subset is a row of weights that are 0 for the effects that it leaves out. The answers are those of
:func:`perdure.pool.fit_effects` on each subset; what is saved is the loop.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError, Problem
from perdure.pool.models.between_arms import CLOSE, MOST_STEPS, SCORING_STEPS, TOLERANCE, Method
from perdure.pool.models.least_squares import Matrix, orthonormal
from perdure.pool.models.random_effects import Fit, Model, needs_no_spare_effect
from perdure.records import Bools, Floats, Ints
from perdure.records.sensitivity import Refitted

__all__ = ["SubsetFits", "fit_subsets", "refitted_rows"]

Stack = NDArray[np.float64]
"""A three-dimensional array: one p x p matrix for each subset."""
SINGULAR = 1e-10
"""A subset's columns depend on each other where an orthonormal basis has shrunk to this share."""


@dataclass(frozen=True, eq=False)
class SubsetFits:
    """A model refitted to s subsets of its k effects; NaN in rows that cannot be fitted.

    Attributes
    ----------
    keep : array of bool, shape (s, k)
        Which effects each subset holds.
    fitted : array of bool, shape (s,)
        Where the columns of the design are independent in the subset and effects suffice.
    n : array of int, shape (s,)
        Effects in the subset.
    beta : array of float, shape (s, p)
    covariance : array of float, shape (s, p, p)
        With the factor of Hartung and Knapp where the model has it.
    factor : array of float, shape (s,)
        That factor; 1 elsewhere.
    df : array of float, shape (s,)
        Of the t distribution; infinite for a normal one.
    tau2, q, i2, h2 : array of float, shape (s,)
        As in :class:`perdure.records.Pooled`.
    """

    keep: Bools
    fitted: Bools
    n: Ints
    beta: Matrix
    covariance: Stack
    factor: Floats
    df: Floats
    tau2: Floats
    q: Floats
    i2: Floats
    h2: Floats


@dataclass(frozen=True, eq=False)
class _Batch:
    """What all subsets share: effects, variances, a design; and which effects each keeps."""

    y: Floats
    v: Floats
    x: Matrix
    products: Matrix
    keep: Matrix
    n: Floats

    def rows(self, at: Bools | Ints) -> "_Batch":
        return _Batch(self.y, self.v, self.x, self.products, self.keep[at], self.n[at])

    def moment(self, weight: Matrix) -> Stack:
        """Return X' diag(weight) X of each subset, shape (s, p, p)."""
        p = self.x.shape[1]
        return (weight @ self.products).reshape(-1, p, p)

    def solve(self, weight: Matrix) -> "_Solved":
        """Fit every subset with these weights, shape (s, k), 0 for what is left out."""
        inverse: Stack = np.linalg.inv(self.moment(weight)).astype(np.float64, copy=False)
        beta = np.einsum("spq,sq->sp", inverse, (weight * self.y) @ self.x)
        return _Solved(self, weight, inverse, beta, self.y - beta @ self.x.T)


@dataclass(frozen=True, eq=False)
class _Solved:
    """Weighted least squares of every subset."""

    batch: _Batch
    weight: Matrix
    inverse: Stack
    beta: Matrix
    residual: Matrix

    @property
    def residual_sum(self) -> Floats:
        return np.asarray((self.weight * self.residual**2).sum(axis=1))

    @property
    def trace(self) -> Floats:
        """The trace of P = W - W X (X' W X)^-1 X' W."""
        second = self.batch.moment(self.weight**2)
        return np.asarray(self.weight.sum(axis=1) - (self.inverse * second).sum(axis=(1, 2)))

    @property
    def trace_of_square(self) -> Floats:
        """The trace of PP."""
        second, third = (self.batch.moment(self.weight**power) for power in (2, 3))
        inner = self.inverse @ second
        crossed = (inner * np.swapaxes(inner, 1, 2)).sum(axis=(1, 2))
        single = (self.inverse * third).sum(axis=(1, 2))
        return np.asarray((self.weight**2).sum(axis=1) - 2 * single + crossed)


def fit_subsets(fit: Fit, keep: Bools) -> SubsetFits:
    """Fit the model of ``fit`` again to subsets of its effects.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`: its model, method, test and design are used.
    keep : array of bool, shape (s, k)
        One row a subset.

    Raises
    ------
    InputError
        If a search for tau2 does not converge, or a subset is empty.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects, pool
    >>> y, v = [0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02]
    >>> without_first = fit_subsets(fit_effects(y, v), np.array([[False, True, True, True]]))
    >>> round(float(without_first.beta[0, 0]), 6) == round(
    ...     pool(y[1:], v[1:]).coefficients[0].estimate, 6
    ... )
    True
    """
    n = keep.sum(axis=1)
    if not n.all():
        raise InputError(
            Problem("nothing is left to pool", "give more effects than are left out at a time")
        )
    p = fit.x.shape[1]
    # In coordinates of their own the columns are orthonormal: normal equations lose no digits.
    x, triangle = orthonormal(fit.x)
    batch = _Batch(
        fit.y,
        fit.v,
        x,
        np.einsum("kp,kq->kpq", x, x).reshape(-1, p * p),
        keep.astype(np.float64),
        n.astype(np.float64),
    )
    smallest = np.linalg.eigvalsh(batch.moment(batch.keep))[:, 0]
    exact = (n == p) & (
        p == 1 or needs_no_spare_effect(cast("Model", fit.pooled.model), fit.pooled.test)
    )
    fitted = (smallest > SINGULAR) & ((n > p) | exact)
    at = np.flatnonzero(fitted)
    back: Matrix = np.linalg.inv(triangle).astype(np.float64, copy=False)
    found = _fit_those(fit, batch.rows(at), back)
    return SubsetFits(keep, fitted, n, *(_spread(part, at, n.size) for part in found))


def _spread(values: NDArray[np.float64], at: Ints, size: int) -> NDArray[np.float64]:
    """Return values at their rows, NaN elsewhere."""
    whole = np.full((size, *values.shape[1:]), np.nan)
    whole[at] = values
    return whole


def _fit_those(
    fit: Fit, batch: _Batch, back: Matrix
) -> tuple[Matrix, Stack, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Return beta, covariance, factor, df, tau2, Q, I2 and H2 of subsets that can be fitted."""
    pooled, p = fit.pooled, fit.x.shape[1]
    common = batch.solve(batch.keep / batch.v)
    df = batch.n - p
    tau2 = np.zeros(batch.n.size)
    spare = df > 0
    if pooled.model == "random" and spare.any():
        part = batch.rows(spare)
        tau2[spare] = _estimate(part, cast("Method", pooled.method))
    solved = batch.solve(batch.keep / (batch.v + tau2[:, None]))
    beta = solved.beta @ back.T
    covariance = back @ solved.inverse @ back.T
    t_df = np.where(spare & (pooled.test != "z"), df, np.inf)
    factor = np.ones(batch.n.size)
    if pooled.test in ("knha", "adhoc"):
        left = solved.residual_sum
        left = np.where(left > np.finfo(np.float64).eps, left, 0.0)
        factor[spare] = (left / np.maximum(df, 1))[spare]
        if pooled.test == "adhoc":
            factor = np.maximum(factor, 1.0)
        covariance = covariance * factor[:, None, None]
    q = np.where(spare, common.residual_sum, 0.0)
    i2, h2 = np.zeros(df.size), np.ones(df.size)
    if pooled.model == "common":
        q_left, df_left = q[spare], df[spare]
        i2[spare] = 100 * np.maximum(0, q_left - df_left) / np.maximum(q_left, df_left)
        h2[spare] = q_left / df_left
    else:
        ratio = np.where(spare, tau2 * common.trace / np.maximum(df, 1), 0.0)
        i2, h2 = 100 * ratio / (1 + ratio), 1 + ratio
    return beta, covariance, factor, t_df, tau2, q, i2, h2


def _estimate(batch: _Batch, method: Method) -> Floats:
    """Return tau2 of each subset, as `estimate_tau2` does for one."""
    df = batch.n - batch.x.shape[1]
    if method in ("REML", "ML"):
        return _likelihood(batch, restricted=method == "REML")
    if method in ("PM", "EB", "PMM"):
        return _at(batch, np.asarray(chdtri(df, 0.5)) if method == "PMM" else df)
    if method == "HE":
        return np.asarray(np.maximum(0.0, _hedges(batch)[0]))
    if method == "SJ":
        return _sidik_jonkman(batch)
    common = batch.solve(batch.keep / batch.v)
    q, whole = common.residual_sum, common.weight.sum(axis=1)
    found = {
        "DL": (q - df) / common.trace,
        "HS": (q - batch.n) / whole,
        "HSk": (q * batch.n / df - batch.n) / whole,
    }[method]
    return np.asarray(np.maximum(0.0, found))


def _hedges(batch: _Batch) -> tuple[Floats, Floats]:
    """Return Hedges's estimate, unbounded, and the unweighted residual sums."""
    plain = batch.solve(batch.keep)
    df = batch.n - batch.x.shape[1]
    p = batch.x.shape[1]
    spent = (plain.inverse.reshape(-1, p * p) @ batch.products.T) * batch.keep
    expected = ((batch.keep - spent) * batch.v).sum(axis=1)
    residual = plain.residual_sum
    return (residual - expected) / df, residual


def _sidik_jonkman(batch: _Batch) -> Floats:
    keep, y = batch.keep, batch.y
    mean = (keep @ y) / batch.n
    start = (keep * (y - mean[:, None]) ** 2).sum(axis=1) / batch.n
    solved = batch.solve(keep / (batch.v + start[:, None]))
    return np.asarray(start * solved.residual_sum / (batch.n - batch.x.shape[1]))


def _at(batch: _Batch, target: Floats) -> Floats:
    """Return the tau2 at which Q of each subset meets its target; Newton's steps from 0."""
    tau2 = np.zeros(target.size)
    todo = np.arange(target.size)
    for _ in range(MOST_STEPS):
        solved = batch.rows(todo).solve(batch.keep[todo] / (batch.v + tau2[todo, None]))
        q = solved.residual_sum
        slope = (solved.weight**2 * solved.residual**2).sum(axis=1)
        going = (q > target[todo]) & (slope > 0)
        step = np.where(going, (q - target[todo]) / np.where(slope > 0, slope, 1.0), 0.0)
        tau2[todo] += step
        todo = todo[going & (step > TOLERANCE * tau2[todo])]
        if not todo.size:
            return tau2
    raise _no_end()


def _likelihood(batch: _Batch, *, restricted: bool) -> Floats:
    """Return tau2 of each subset by the search of between_arms, all subsets in step."""
    tau2, upper = _start_and_bound(batch, restricted=restricted)
    lower = np.full(tau2.size, -1.0)
    todo = np.arange(tau2.size)
    for step_number in range(MOST_STEPS):
        here, high, low = tau2[todo], upper[todo], lower[todo]
        score, information, scale = _score(batch.rows(todo), here, restricted=restricted)
        up = score > 0
        at_zero = ~up & (here == 0)
        low, high = np.where(up, here, low), np.where(up | at_zero, high, here)
        step = score / information
        proposal = np.where(low < 0, np.maximum(here + step, 0.0), here + step)
        close = TOLERANCE * scale
        ended = np.abs(step) <= close
        outside = ~((low < proposal) & (proposal < high)) | (step_number >= SCORING_STEPS)
        half = np.where(low >= 0, (low + high) / 2, 0.0)
        halved = outside & ~ended
        proposal = np.where(halved, half, proposal)
        ended |= halved & (np.abs(proposal - here) <= close)
        tau2[todo] = np.where(at_zero, 0.0, np.maximum(proposal, 0.0))
        lower[todo], upper[todo] = low, high
        todo = todo[~(ended | at_zero)]
        if not todo.size:
            return tau2
    raise _no_end()


def _start_and_bound(batch: _Batch, *, restricted: bool) -> tuple[Floats, Floats]:
    """Return Hedges's estimates, and values that no maximum exceeds."""
    start, residual = _hedges(batch)
    inside = batch.keep > 0
    smallest = np.where(inside, batch.v, np.inf).min(axis=1)
    spread = np.where(inside, batch.v, -np.inf).max(axis=1) - smallest
    half = residual / (2 * ((batch.n - batch.x.shape[1]) if restricted else batch.n))
    bound = half + np.sqrt(half**2 + 2 * half * spread) - smallest
    upper = 2 * np.maximum(bound, smallest)
    return np.minimum(np.maximum(start, 0.0), upper), upper


def _score(batch: _Batch, tau2: Floats, *, restricted: bool) -> tuple[Floats, Floats, Floats]:
    """Return slopes of twice the log-likelihoods in tau2, informations, scales."""
    solved = batch.solve(batch.keep / (batch.v + tau2[:, None]))
    weight = solved.weight
    if restricted:
        trace, square = solved.trace, solved.trace_of_square
    else:
        trace, square = weight.sum(axis=1), (weight**2).sum(axis=1)
    py = weight * solved.residual
    along = (weight * py) @ batch.x
    score = (py**2).sum(axis=1) - trace
    removed = np.einsum("sp,spq,sq->s", along, solved.inverse, along)
    observed = 2 * ((weight * py**2).sum(axis=1) - removed) - square
    newton = (observed > 0) & (np.abs(score) < CLOSE * trace)
    return score, np.where(newton, observed, square), trace / square


def _no_end() -> InputError:
    return InputError(
        Problem(
            f"an estimate of tau2 without some effects did not converge in {MOST_STEPS} steps",
            "check the effects and their standard errors, or use the method DL",
        )
    )


def refitted_rows(fits: SubsetFits, names: tuple[str, ...], level: float) -> tuple[Refitted, ...]:
    """Return one record a subset, for a model with an intercept alone.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fits = fit_subsets(fit_effects([0.1, 0.6], [0.04, 0.05]), np.eye(2, dtype=bool))
    >>> refitted_rows(fits, ("first", "second"), 0.95)[1].estimate
    0.6
    """
    estimate, se = fits.beta[:, 0], np.sqrt(fits.covariance[:, 0, 0])
    normal = np.isinf(fits.df)
    df = np.where(normal, 1.0, fits.df)
    share = (1 + level) / 2
    half = np.where(normal, ndtri(share), stdtrit(df, share)) * se
    certain = np.where(estimate == 0, 0.0, -np.inf)
    below = np.divide(-np.abs(estimate), se, out=certain, where=se > 0)
    p = 2 * np.where(normal, ndtr(below), stdtr(df, below))
    q_df = fits.n - 1
    q_p = np.where(q_df > 0, chdtrc(np.maximum(q_df, 1), fits.q), 1.0)
    columns = (estimate, se, estimate - half, estimate + half, p, fits.q, q_p)
    rest = (fits.tau2, fits.i2, fits.h2)
    e, s, low, high, ps, q, q_ps, tau2, i2, h2 = (c.tolist() for c in (*columns, *rest))
    return tuple(
        Refitted(
            name=name,
            n_effects=int(fits.n[at]),
            estimate=e[at],
            se=s[at],
            df=None if normal[at] else float(fits.df[at]),
            ci_low=low[at],
            ci_high=high[at],
            p=ps[at],
            q=q[at],
            q_df=int(q_df[at]),
            q_p=q_ps[at],
            tau2=tau2[at],
            i2=i2[at],
            h2=h2[at],
        )
        for at, name in enumerate(names)
    )
