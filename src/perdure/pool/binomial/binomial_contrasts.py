"""Mixed models of the log odds ratio by the likelihood of two-by-two tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from perdure.errors import InputError, Problem
from perdure.pool.binomial.effect_structure import PairedEffects
from perdure.pool.binomial.exponential_family import (
    CountModel,
    binomial_model,
    hypergeometric_model,
)
from perdure.pool.binomial.laplace import laplace
from perdure.pool.binomial.likelihood_search import Optimum, fixed_effects, maximise
from perdure.pool.binomial.quadrature import Marginal, RandomEffect, adaptive_quadrature
from perdure.pool.effects.counts import checked_tables, two_by_two_effects
from perdure.pool.models.between_arms import typical_variance
from perdure.pool.models.inputs import INTERCEPT
from perdure.pool.models.least_squares import Matrix, weighted_least_squares
from perdure.pool.models.linear import coefficient, upper_quantile
from perdure.records import Floats, Pooled
from perdure.records.binomial import CountContrastModel, OddsRatioModel
from perdure.records.counts import StratumTest

__all__ = ["odds_ratio_model"]

POINTS = 15
SATURATED = 40.0
"""Natural parameter at which a count is at the end of its support to rounding."""
HALF = 0.5
"""A trial's effect enters its arm with + 1/2 and its control with - 1/2."""
START = (0.5,)
STARTS_TWO = ((0.7, 0.5), (1.3, 0.3))


@dataclass(frozen=True, eq=False)
class _Tables:
    """Cells of the tables that say something of an odds ratio, shape (k,)."""

    a: Floats
    n1: Floats
    c: Floats
    n2: Floats

    @property
    def k(self) -> int:
        return self.a.size

    @property
    def cases(self) -> Floats:
        return self.a + self.c


@dataclass(frozen=True, eq=False)
class _Setting:
    """A model ready to be fitted: its rows, design, and random effects.

    ``wanted`` is the column of the log odds ratio; ``integral`` None without random effects.
    """

    model: CountModel
    x: Matrix
    offset: Floats
    wanted: int
    integral: Callable[[Floats, Floats], Marginal] | None
    starts: tuple[tuple[float, ...], ...] = (START,)

    def fit(self) -> Optimum:
        """Return the maximum."""
        common = fixed_effects(self.model, self.x, self.offset)
        if self.integral is None:
            return common
        return maximise(self.integral, self.x, self.offset, common.beta, self.starts)


def odds_ratio_model(
    events: ArrayLike,
    n: ArrayLike,
    control_events: ArrayLike,
    control_n: ArrayLike,
    *,
    model: CountContrastModel = "UM.FS",
    random: bool = True,
    n_points: int = POINTS,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> OddsRatioModel:
    """Pool log odds ratios by a mixed model of the counts, without adding to empty cells.

    Parameters
    ----------
    events, n, control_events, control_n : array_like of float, shape (k,)
        Counts; effective counts need not be whole, but for CM.EL.
    model : {"UM.FS", "UM.RS", "CM.AL", "CM.EL"}
        UM.FS: binomial, an intercept for every trial. UM.RS: binomial, normal intercepts.
        CM.AL: binomial given the events of both arms, an approximation for rare events.
        CM.EL: hypergeometric given the margins, exact.
    random : bool
        Whether odds ratios differ between trials (normal on the log scale).
    n_points : int
        Of adaptive quadrature; 1 is Laplace's approximation, and UM.RS always has that.
    names : sequence of str, optional
        Of the tables, to say which are left out.
    level : float
        Of the interval, which is normal.

    Returns
    -------
    OddsRatioModel
        Tables without events, or with nothing else, in both arms are left out, as in metafor.

    Raises
    ------
    InputError
        If counts are no counts (not whole for CM.EL), no table says anything, or the log odds
        ratio is infinite.

    Notes
    -----
    Stijnen, Hamza and Özdemir (2010, Stat Med 29:3046, doi 10.1002/sim.4040); Jackson, Law,
    Stijnen, Viechtbauer and White (2018, Stat Med 37:1059, doi 10.1002/sim.7588), whose models 4
    (UM.FS) and 5 (UM.RS) code the treatment + 1/2 and - 1/2. Log-likelihoods are full: the
    binomial or hypergeometric constants are in them. ``q`` (Wald) and ``heterogeneity``
    (likelihood ratio) ask whether every trial has its own log odds ratio; a trial with an infinite
    one adds nothing to the former.

    Examples
    --------
    >>> found = odds_ratio_model([1, 3, 0], [40, 52, 31], [4, 9, 2], [38, 50, 33], model="CM.EL")
    >>> mean = found.pooled.coefficients[0]
    >>> print(f"{mean.estimate:.3f} ({mean.ci_low:.3f} to {mean.ci_high:.3f})")
    -1.465 (-2.602 to -0.327)
    """
    rows = checked_tables(events, n, control_events, control_n)
    labels = _labels(names, len(rows))
    _check(model, n_points, level)
    a, n1, c, n2 = np.array(rows).T
    used = (a + c > 0) & (a + c < n1 + n2)
    if not used.any():
        raise InputError(
            Problem("no table has both events and non-events", "there is no odds ratio to pool")
        )
    tables = _Tables(a[used], n1[used], c[used], n2[used])
    if random and tables.k < 2:
        raise InputError(
            Problem(
                "one informative table is too few for the variance between trials",
                "take it as it is, or choose no random effect",
            )
        )
    _refuse_infinite(tables)
    if model == "CM.EL":
        _refuse_fractions(tables)
    points = 1 if model == "UM.RS" else n_points
    optimum, wanted = _fitted(tables, model, points, random=random)
    ratio, wald, reason = _heterogeneity(tables, model)
    count = optimum.beta.size + optimum.sd.size
    return OddsRatioModel(
        model=model,
        pooled=_pooled(tables, model, optimum, wanted, wald, level, random=random),
        n_points=points,
        heterogeneity=ratio,
        aic=-2 * optimum.log_likelihood + 2 * count,
        left_out=tuple(labels[at] for at in np.flatnonzero(~used).tolist()),
        reason=reason,
    )


def _labels(names: Sequence[str] | None, k: int) -> tuple[str, ...]:
    """Return how the tables are called."""
    if names is None:
        return tuple(f"table {at + 1}" for at in range(k))
    if len(names) != k:
        found = f"{k} tables, {len(names)} names"
        raise InputError(Problem("lengths differ", "give each table a name", value=found))
    return tuple(names)


def _check(model: str, n_points: int, level: float) -> None:
    """Refuse options that do not exist."""
    if model not in get_args(CountContrastModel):
        known = ", ".join(get_args(CountContrastModel))
        raise InputError(Problem("unknown model", f"choose one of {known}", value=str(model)))
    if not 1 <= n_points <= 100:
        raise InputError(
            Problem("quadrature needs 1 to 100 points", f"{POINTS} is usual", value=str(n_points))
        )
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )


def _refuse_infinite(t: _Tables) -> None:
    """Refuse tables each of which pulls the odds ratio the same way without end."""
    upward = (t.a == t.n1) | (t.c == 0)
    downward = (t.a == 0) | (t.c == t.n2)
    for pulled, where in ((upward, "infinite"), (downward, "0")):
        if pulled.all():
            raise InputError(
                Problem(
                    f"the pooled odds ratio is {where}",
                    "in every table an arm has no events, or nothing else: pool the differences",
                )
            )


def _refuse_fractions(t: _Tables) -> None:
    """Refuse counts that the hypergeometric distribution does not know."""
    cells = np.concatenate((t.a, t.n1, t.c, t.n2))
    if (cells != np.round(cells)).any():
        raise InputError(
            Problem(
                "the exact conditional likelihood needs whole counts",
                "choose UM.FS, UM.RS or CM.AL for effective counts",
                value=f"{cells[cells != np.round(cells)][0]:g}",
            )
        )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Two rows a trial, its arm and its control."""

    model: CountModel
    x: Matrix
    sign: Floats


def _unconditional(t: _Tables) -> _Rows:
    """Return arms and controls as binomial rows, one intercept a trial and the treatment last."""
    y, n = np.column_stack((t.a, t.c)).ravel(), np.column_stack((t.n1, t.n2)).ravel()
    sign = np.tile([HALF, -HALF], t.k)
    x = np.column_stack((np.repeat(np.eye(t.k), 2, axis=0), sign))
    return _Rows(binomial_model(y, n), x, sign)


def _conditional(t: _Tables, model: CountContrastModel) -> tuple[CountModel, Floats]:
    """Return one row a trial, given its margins, and what is known of its linear predictor."""
    if model == "CM.EL":
        return hypergeometric_model(t.a, t.n1, t.cases, t.n1 + t.n2), np.zeros(t.k)
    return binomial_model(t.a, t.cases), np.log(t.n1 / t.n2)


def _setting(t: _Tables, model: CountContrastModel, n_points: int, *, random: bool) -> _Setting:
    """Return the model that was asked for."""
    if model in {"CM.AL", "CM.EL"}:
        counts, offset = _conditional(t, model)
        each = RandomEffect(np.ones(t.k), np.arange(t.k))
        integral = _scalar(counts, each, n_points) if random else None
        return _Setting(counts, np.ones((t.k, 1)), offset, 0, integral)
    rows = _unconditional(t)
    offset, starts = np.zeros(2 * t.k), np.arange(0, 2 * t.k, 2)
    if model == "UM.FS":
        treated = RandomEffect(rows.sign, starts)
        integral = _scalar(rows.model, treated, n_points) if random else None
        return _Setting(rows.model, rows.x, offset, t.k, integral)
    x = np.column_stack((np.ones(2 * t.k), rows.sign))
    if not random:
        intercepts = RandomEffect(np.ones(2 * t.k), starts)
        return _Setting(rows.model, x, offset, 1, _scalar(rows.model, intercepts, n_points))
    effects = PairedEffects(starts, rows.sign)
    return _Setting(
        rows.model,
        x,
        offset,
        1,
        lambda eta, sd: laplace(rows.model, effects, eta, sd),
        STARTS_TWO,
    )


def _scalar(
    model: CountModel, effect: RandomEffect, n_points: int
) -> Callable[[Floats, Floats], Marginal]:
    """Return the marginal likelihood with one random effect a trial."""
    return lambda eta, sd: adaptive_quadrature(model, effect, eta, float(sd[0]), n_points)


def _fitted(
    t: _Tables, model: CountContrastModel, n_points: int, *, random: bool
) -> tuple[Optimum, int]:
    """Return the maximum and the place of the log odds ratio among the coefficients."""
    setting = _setting(t, model, n_points, random=random)
    return setting.fit(), setting.wanted


def _heterogeneity(
    t: _Tables, model: CountContrastModel
) -> tuple[StratumTest | None, float | None, str | None]:
    """Return the likelihood-ratio test, the Wald statistic, and why they are missing."""
    df = t.k - 1
    if df == 0:
        return None, None, "one table has no heterogeneity to test"
    common = _setting(t, model, 1, random=False).fit().log_likelihood
    if model == "UM.RS":
        saturated, wald = _saturated_with_random_intercepts(t)
    elif model == "UM.FS":
        rows = _unconditional(t)
        saturated = rows.model.log_likelihood(_own_thetas(rows.model))
        wald = _wald(*_own_log_odds_ratios(t))
    else:
        counts, offset = _conditional(t, model)
        saturated = counts.log_likelihood(_own_thetas(counts))
        wald = _wald(*_own_conditional(counts, offset))
    ratio = max(0.0, 2 * (saturated - common))
    return StratumTest(ratio, df, float(chdtrc(df, ratio))), wald, None


def _wald(y: Floats, v: Floats) -> float:
    """Return the sum of squares around the mean, weights 1 / v."""
    if y.size < 2:
        return 0.0
    return weighted_least_squares(y, np.ones((y.size, 1)), v).residual_sum


def _own_log_odds_ratios(t: _Tables) -> tuple[Floats, Floats]:
    """Return the trials' own log odds ratios with their variances, the finite ones."""
    effects = two_by_two_effects(t.a, t.n1, t.c, t.n2, measure="OR", to="none")
    y, v = (np.array(values, dtype=np.float64) for values in (effects.y, effects.v))
    finite = np.isfinite(y)
    return y[finite], v[finite]


def _own_thetas(model: CountModel) -> Floats:
    """Return each row's own natural parameter by bisection, +-SATURATED where it is infinite."""
    high = np.full(model.y.size, SATURATED)
    low = -high
    for _ in range(60):
        middle = (low + high) / 2
        below = model.cumulants(middle[:, None])[1][:, 0] < model.y
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def _own_conditional(model: CountModel, offset: Floats) -> tuple[Floats, Floats]:
    """Return the trials' own conditional log odds ratios with their variances, the finite ones."""
    theta = _own_thetas(model)
    finite = np.abs(theta) < SATURATED - 5
    variance = model.cumulants(theta[:, None])[2][:, 0]
    return (theta - offset)[finite], 1 / variance[finite]


def _saturated_with_random_intercepts(t: _Tables) -> tuple[float, float]:
    """Return the largest log-likelihood and the Wald statistic of UM.RS with own odds ratios.

    The intercept is the control's logit (as in metafor), so that an arm at the end of its range
    has an infinite log odds ratio and says nothing: its row is left out.
    """
    y, n = np.column_stack((t.a, t.c)).ravel(), np.column_stack((t.n1, t.n2)).ravel()
    kept = np.ones(2 * t.k, dtype=bool)
    kept[::2] = (t.a > 0) & (t.a < t.n1)
    trial = np.repeat(np.arange(t.k), 2)[kept]
    own = np.zeros((2 * t.k, t.k))
    own[::2] = np.eye(t.k)
    finite = np.flatnonzero(kept[::2])
    x = np.column_stack((np.ones(int(kept.sum())), own[kept][:, finite]))
    starts = np.flatnonzero(np.diff(trial, prepend=-1))
    counts = binomial_model(y[kept], n[kept])
    effect = RandomEffect(np.ones(trial.size), starts)
    found = _Setting(counts, x, np.zeros(trial.size), 0, _scalar(counts, effect, 1)).fit()
    if finite.size < 2:
        return found.log_likelihood, 0.0
    differences = np.eye(finite.size)[1:] - np.eye(finite.size)[:1]
    apart = differences @ found.beta[1:]
    spread = differences @ found.covariance[1:, 1:] @ differences.T
    return found.log_likelihood, float(apart @ np.linalg.solve(spread, apart))


def _pooled(
    t: _Tables,
    model: CountContrastModel,
    optimum: Optimum,
    wanted: int,
    wald: float | None,
    level: float,
    *,
    random: bool,
) -> Pooled:
    """Return the pooled record."""
    variances = (optimum.sd**2).tolist()
    tau2 = variances[-1] if random else 0.0
    effects = two_by_two_effects(t.a, t.n1, t.c, t.n2, measure="OR")
    y, v = (np.array(values, dtype=np.float64) for values in (effects.y, effects.v))
    df = t.k - 1
    ratio = 0.0
    if df:
        ratio = tau2 / typical_variance(weighted_least_squares(y, np.ones((t.k, 1)), v))
    mean = coefficient(
        INTERCEPT,
        float(optimum.beta[wanted]),
        float(optimum.covariance[wanted, wanted]),
        None,
        level,
    )
    half = upper_quantile(None, level) * float(np.sqrt(mean.se**2 + tau2))
    return Pooled(
        model="binomial-normal",
        method="ML" if random else "FE",
        test="z",
        n_effects=t.k,
        n_trials=t.k,
        coefficients=(mean,),
        tau2=tau2,
        i2=100 * ratio / (1 + ratio),
        h2=1 + ratio,
        q=wald,
        q_df=df,
        q_p=None if wald is None else float(chdtrc(df, wald)),
        log_likelihood=optimum.log_likelihood,
        prediction_low=mean.estimate - half if random else None,
        prediction_high=mean.estimate + half if random else None,
        sigma2=tuple(variances[:1]) if model == "UM.RS" else (),
    )
