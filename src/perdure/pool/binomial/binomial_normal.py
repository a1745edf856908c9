"""The binomial-normal model: arms' counts, their proportions normal on the logit scale."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, expit, xlogy

from perdure.errors import InputError, Problem
from perdure.pool.binomial.effect_structure import NestedEffects
from perdure.pool.binomial.exponential_family import CountModel, binomial_model
from perdure.pool.binomial.laplace import joint_mode, laplace
from perdure.pool.binomial.likelihood_search import (
    Optimum,
    fixed_effects,
    maximise,
    refuse_infinite,
)
from perdure.pool.binomial.nested_quadrature import nested_quadrature
from perdure.pool.binomial.quadrature import Marginal, RandomEffect, adaptive_quadrature, modes
from perdure.pool.effects.counts import checked_counts, proportion_effects
from perdure.pool.models.between_arms import typical_variance
from perdure.pool.models.inputs import design_matrix
from perdure.pool.models.least_squares import Matrix, weighted_least_squares
from perdure.pool.models.linear import (
    coefficient,
    combination,
    joint_test,
    predicted,
    upper_quantile,
)
from perdure.records import Coefficient, Floats, Ints, JointTest, Pooled, Predicted
from perdure.records.binomial import BinomialNormal
from perdure.records.counts import StratumTest

__all__ = ["BinomialNormalFit", "RandomPart", "binomial_normal", "fit_binomial_normal"]

RandomPart = Literal["none", "arms", "arms in trials"]

POINTS = 15
FEWEST_NESTED = 7
"""Of the points of nested quadrature: with fewer its slopes are not those of its value."""
STARTS = {"none": (), "arms": ((0.5,), (0.1,)), "arms in trials": ((0.3, 0.3), (0.6, 0.1))}
"""Standard deviations that the search starts from."""


@dataclass(frozen=True, eq=False)
class BinomialNormalFit:
    """A binomial-normal model with what is needed to ask it for more.

    Attributes
    ----------
    record : BinomialNormal
    x : array of float, shape (k, p)
    terms : tuple of str
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
    level : float
    """

    record: BinomialNormal
    x: Matrix
    terms: tuple[str, ...]
    beta: Floats
    covariance: Matrix
    level: float

    @property
    def pooled(self) -> Pooled:
        """The pooled record."""
        return self.record.pooled

    @property
    def between(self) -> float:
        """The variance of true logits: tau2, or the sum of its components."""
        return self.pooled.tau2 if self.pooled.tau2 is not None else sum(self.pooled.sigma2)

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients as a coefficient of its own.

        Examples
        --------
        >>> design = [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> fit = fit_binomial_normal([2, 5, 6, 8], [20] * 4, moderators=design)
        >>> round(fit.combination("second - first", [-1, 1]).estimate, 3)
        0.932
        """
        return combination(term, weights, self.beta, self.covariance, None, self.level)

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test that several combinations of the coefficients are all 0."""
        return joint_test(terms, contrasts, self.beta, self.covariance, None)

    def predicted(self, labels: Sequence[str], rows: ArrayLike) -> tuple[Predicted, ...]:
        """Return the mean logit at rows of the design, with intervals."""
        between = self.between if self.pooled.method != "FE" else None
        return predicted(labels, rows, self.beta, self.covariance, None, self.level, between)


def binomial_normal(
    events: ArrayLike,
    n: ArrayLike,
    *,
    random: RandomPart = "arms",
    n_points: int = POINTS,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
) -> BinomialNormal:
    """Pool proportions on the logit scale by the likelihood of their counts.

    Events of an arm are binomial given its proportion; the logits are normal around X beta. Arms
    with 0 events enter as they are: nothing is added to them.

    Parameters
    ----------
    events, n : array_like of float, shape (k,)
        Counts, or the effective counts of
        :func:`perdure.pool.effects.counts.effective_counts`, which need not be whole.
    random : {"arms", "none", "arms in trials"}
        A random intercept for each arm; none; or for each trial and each arm in it.
    n_points : int
        Of adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation, which lme4's ``glmer``
        has by default (and its only choice for arms in trials, where this is nested quadrature).
    moderators : array_like of float, shape (k, p), optional
        Design matrix, its intercept column included; default an intercept.
    terms : sequence of str, optional
        Names of the columns of ``moderators``.
    trial : sequence of str, optional
        Each arm's trial.
    level : float
        Of the intervals, which are normal.

    Returns
    -------
    BinomialNormal

    Raises
    ------
    InputError
        If counts are no counts, columns of ``moderators`` depend on each other, arms are too few,
        an estimate is infinite (all arms of a class with 0 events), or the search fails.

    Notes
    -----
    Hamza, van Houwelingen and Stijnen (2008, J Clin Epidemiol 61:41, doi
    10.1016/j.jclinepi.2007.03.016). Maximum likelihood; standard errors from the observed
    information of the coefficients and standard deviations together, as glmer's. ``q`` is metafor's
    ``QE.Wld`` in the limit that its iterations approach: an arm with 0 or all events has an
    infinite logit with an infinite standard error, which adds nothing. The prediction interval is
    normal.

    Examples
    --------
    >>> found = binomial_normal([0, 3, 6, 2.4], [12, 30, 25, 19.8])
    >>> mean = found.pooled.coefficients[0]
    >>> print(f"{mean.estimate:.3f} ({mean.ci_low:.3f} to {mean.ci_high:.3f})")
    -1.912 (-2.659 to -1.164)
    """
    return fit_binomial_normal(
        events,
        n,
        random=random,
        n_points=n_points,
        moderators=moderators,
        terms=terms,
        trial=trial,
        level=level,
    ).record


def fit_binomial_normal(
    events: ArrayLike,
    n: ArrayLike,
    *,
    random: RandomPart = "arms",
    n_points: int = POINTS,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
) -> BinomialNormalFit:
    """Fit the model of :func:`binomial_normal` and keep what contrasts need.

    Examples
    --------
    >>> fit = fit_binomial_normal([3, 6], [30, 25], random="none")
    >>> round(fit.pooled.coefficients[0].estimate, 4)
    -1.6314
    """
    y, size = checked_counts(events, n)
    k = y.size
    _check(k, random, n_points, trial, level)
    x, names = design_matrix(k, moderators, terms, 0 if random == "none" else 1)
    refuse_infinite(x, y == 0, y == size, names)
    order, starts = _by_trial(k, trial if random == "arms in trials" else None)
    model = binomial_model(y[order], size[order])
    common = fixed_effects(model, x[order], np.zeros(k))
    optimum = common
    error = None
    if random != "none":
        integral = _integral(model, random, starts, n_points)
        optimum = maximise(integral, x[order], np.zeros(k), common.beta, STARTS[random])
        if n_points > 1:
            finer = _integral(model, random, starts, 2 * n_points)
            found = finer(x[order] @ optimum.beta, optimum.sd)
            error = found.log_likelihood - optimum.log_likelihood
    proportions = np.empty(k)
    proportions[order] = _shrunken(model, random, starts, x[order] @ optimum.beta, optimum.sd)
    arms = _Arms(y, size, x, names, random, level)
    pooled = _pooled(arms, optimum, k if trial is None else len(set(trial)))
    saturated = model.constant + float((xlogy(y, y / size) + xlogy(size - y, 1 - y / size)).sum())
    df, count = k - x.shape[1], x.shape[1] + optimum.sd.size
    ratio = max(0.0, 2 * (saturated - common.log_likelihood))
    deviance = -2 * optimum.log_likelihood
    record = BinomialNormal(
        pooled=pooled,
        n_points=n_points,
        quadrature_error=error,
        heterogeneity=StratumTest(ratio, df, float(chdtrc(df, ratio))) if df else None,
        saturated_log_likelihood=saturated,
        aic=deviance + 2 * count,
        bic=deviance + math.log(k) * count,
        proportions=tuple(proportions.tolist()),
        n_zero=int((y == 0).sum()),
        n_full=int((y == size).sum()),
    )
    return BinomialNormalFit(record, x, names, optimum.beta, optimum.covariance, level)


@dataclass(frozen=True, eq=False)
class _Arms:
    """What was asked for."""

    y: Floats
    n: Floats
    x: Matrix
    terms: tuple[str, ...]
    random: RandomPart
    level: float


def _check(k: int, random: str, n_points: int, trial: Sequence[str] | None, level: float) -> None:
    """Refuse options that do not exist or do not fit."""
    if random not in get_args(RandomPart):
        known = ", ".join(get_args(RandomPart))
        raise InputError(
            Problem("unknown random effects", f"choose one of {known}", value=str(random))
        )
    if not 1 <= n_points <= 100:
        raise InputError(
            Problem("quadrature needs 1 to 100 points", f"{POINTS} is usual", value=str(n_points))
        )
    if trial is not None and len(trial) != k:
        found = f"{k} arms, {len(trial)} trials"
        raise InputError(Problem("lengths differ", "give each arm its trial", value=found))
    if random != "none" and k == 1:
        raise InputError(
            Problem(
                "one arm is too few for the variance between arms",
                "take it as it is, or choose no random effect",
            )
        )
    if random == "arms in trials":
        if trial is None or len(set(trial)) in {1, k}:
            raise InputError(
                Problem(
                    "arms in trials need several trials, and several arms in one of them",
                    "name each arm's trial, or choose a random effect for arms alone",
                )
            )
        if 1 < n_points < FEWEST_NESTED:
            raise InputError(
                Problem(
                    f"nested quadrature needs {FEWEST_NESTED} points or more",
                    "1 is Laplace's approximation",
                    value=str(n_points),
                )
            )
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )


def _by_trial(k: int, trial: Sequence[str] | None) -> tuple[Ints, Ints]:
    """Return an order in which a trial's arms are neighbours, and where each trial starts."""
    if trial is None:
        return np.arange(k), np.arange(k)
    places = {name: at for at, name in enumerate(dict.fromkeys(trial))}
    codes = np.array([places[name] for name in trial])
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return order, starts


def _integral(
    model: CountModel, random: RandomPart, starts: Ints, n_points: int
) -> Callable[[Floats, Floats], Marginal]:
    """Return the marginal likelihood as a function of linear predictors and deviations."""
    rows = model.y.size
    if random == "arms":
        effect = RandomEffect(np.ones(rows), np.arange(rows))
        return lambda eta, sd: adaptive_quadrature(model, effect, eta, float(sd[0]), n_points)
    nested = NestedEffects(starts, rows)
    if n_points > 1:
        return lambda eta, sd: nested_quadrature(model, nested, eta, sd, n_points)
    return lambda eta, sd: laplace(model, nested, eta, sd)


def _shrunken(
    model: CountModel, random: RandomPart, starts: Ints, eta: Floats, sd: Floats
) -> Floats:
    """Return each arm's proportion at the mode of the random effects."""
    if random == "none":
        return np.asarray(expit(eta))
    if random == "arms":
        effect = RandomEffect(np.ones(eta.size), np.arange(eta.size))
        u = modes(model, effect, eta[:, None], float(sd[0]))[:, 0]
        return np.asarray(expit(eta + sd[0] * u))
    nested = NestedEffects(starts, eta.size)
    u = joint_mode(model, nested, eta, sd).u
    return np.asarray(expit(eta + nested.forward(sd, u)))


def _pooled(arms: _Arms, optimum: Optimum, n_trials: int) -> Pooled:
    """Return the pooled record."""
    k, p = arms.x.shape
    coefficients = tuple(
        coefficient(
            term, float(optimum.beta[at]), float(optimum.covariance[at, at]), None, arms.level
        )
        for at, term in enumerate(arms.terms)
    )
    variances = tuple((optimum.sd**2).tolist())
    nested = arms.random == "arms in trials"
    tau2 = None if nested else sum(variances)
    i2, h2 = (None, None) if tau2 is None or k == p else _heterogeneity(arms, tau2)
    q = _wald(arms)
    low = high = None
    if arms.random != "none" and p == 1 and np.ptp(arms.x) == 0:
        half = upper_quantile(None, arms.level) * math.sqrt(
            coefficients[0].se ** 2 + sum(variances)
        )
        low, high = coefficients[0].estimate - half, coefficients[0].estimate + half
    return Pooled(
        model="binomial-normal",
        method="FE" if arms.random == "none" else "ML",
        test="z",
        n_effects=k,
        n_trials=n_trials,
        coefficients=coefficients,
        tau2=tau2,
        i2=i2,
        h2=h2,
        q=q,
        q_df=k - p,
        q_p=_tail(q, k - p),
        log_likelihood=optimum.log_likelihood,
        prediction_low=low,
        prediction_high=high,
        sigma2=variances if nested else (),
        moderators=_moderators(arms, optimum),
    )


def _tail(q: float | None, df: int) -> float | None:
    """Return the p value of Q."""
    if q is None:
        return None
    return float(chdtrc(df, q)) if df else 1.0


def _moderators(arms: _Arms, optimum: Optimum) -> JointTest | None:
    """Return the test of all coefficients but the intercept."""
    tested = [at for at in range(arms.x.shape[1]) if np.ptp(arms.x[:, at]) > 0]
    if not tested:
        return None
    rows = np.eye(arms.x.shape[1])[tested]
    names = [arms.terms[at] for at in tested]
    return joint_test(names, rows, optimum.beta, optimum.covariance, None)


def _wald(arms: _Arms) -> float | None:
    """Return the weighted residual sum of squares of the arms' own logits; None without any."""
    inside = (arms.y > 0) & (arms.y < arms.n)
    if not inside.any():
        return None
    y, rest = arms.y[inside], (arms.n - arms.y)[inside]
    root = 1 / np.sqrt(1 / y + 1 / rest)
    x, logit = root[:, None] * arms.x[inside], root * np.log(y / rest)
    # Least squares that need not be of full rank: a class may have no arm with a finite logit.
    residual = logit - x @ np.linalg.lstsq(x, logit)[0]
    return float(residual @ residual)


def _heterogeneity(arms: _Arms, tau2: float) -> tuple[float, float]:
    """Return I2 in per cent and H2, by the typical variance of logits with 0.5 in empty cells."""
    effects = proportion_effects(arms.y, arms.n, measure="PLO")
    y, v = (np.array(values, dtype=np.float64) for values in (effects.y, effects.v))
    ratio = tau2 / typical_variance(weighted_least_squares(y, arms.x, v))
    return float(100 * ratio / (1 + ratio)), float(1 + ratio)
