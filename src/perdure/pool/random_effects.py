"""Common-effect and random-effects models of independent effects, with or without moderators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError, Problem
from perdure.pool.between_arms import dersimonian_laird, restricted_likelihood, typical_variance
from perdure.pool.least_squares import Matrix, WeightedFit, weighted_least_squares
from perdure.records import Coefficient, Floats, Pooled

__all__ = [
    "Fit",
    "Method",
    "Model",
    "Test",
    "fit_effects",
    "needs_no_spare_effect",
    "pool",
    "validated",
]

Model = Literal["common", "random"]
Method = Literal["REML", "DL"]
Test = Literal["knha", "z"]

INTERCEPT = "intercept"
WIDEST_RATIO = 1e10
"""Of the largest to the smallest variance: beyond it fewer than six digits would be right."""
LARGEST = 1e50
"""Of an effect or a variance (and of 1 / variance): beyond it squares of squares overflow."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A pooled model with what is needed to ask it for more.

    Attributes
    ----------
    pooled : Pooled
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        Of ``beta``.
    df : float or None
        Of the t distribution; None for a normal one.
    level : float
        Of the intervals.
    """

    pooled: Pooled
    beta: Floats
    covariance: Matrix
    df: float | None
    level: float

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients as a coefficient of its own.

        Examples
        --------
        >>> fit = fit_effects([0.1, 0.9, 1.1], [0.1] * 3, moderators=[[1, 0], [0, 1], [0, 1]])
        >>> round(fit.combination("second - first", [-1, 1]).estimate, 6)
        0.9
        """
        row = np.asarray(weights, dtype=np.float64)
        variance = float(row @ self.covariance @ row)
        return _coefficient(term, float(row @ self.beta), variance, self.df, self.level)


def pool(
    y: ArrayLike,
    v: ArrayLike,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
) -> Pooled:
    """Pool independent effects by a common-effect or a random-effects model.

    Parameters
    ----------
    y : array_like of float, shape (k,)
        Effects, on the scale that they are pooled on.
    v : array_like of float, shape (k,)
        Their sampling variances, positive.
    model : {"random", "common"}
        Whether true effects differ between the units.
    method : {"REML", "DL"}
        Estimator of tau2, the variance of the true effects; not used for a common effect.
    test : {"knha", "z"}, optional
        Hartung-Knapp (t distribution on k - p degrees of freedom, variance scaled by the weighted
        residual mean square, not truncated at 1) or normal. The default is Hartung-Knapp for random
        effects and normal for a common effect. With one effect it is always normal.
    moderators : array_like of float, shape (k, p), optional
        Design matrix of a meta-regression, its intercept column included; default an intercept.
    terms : sequence of str, optional
        Names of the columns of ``moderators``.
    trial : sequence of str, optional
        Each effect's trial, for the number of trials; default each effect its own. The model
        treats effects as independent whatever their trials.
    level : float
        Of the intervals.

    Returns
    -------
    Pooled
        ``log_likelihood`` is the restricted one for REML, else the full one. The prediction
        interval rests on the same distribution as the confidence interval: t on k - p degrees of
        freedom for Hartung-Knapp, else normal; None with one effect, where nothing is known of the
        spread of true effects.

    Raises
    ------
    InputError
        If there is no effect, a value is missing or infinite, a variance is not positive (each is
        named), columns of ``moderators`` depend on each other, or there are not more effects than
        columns (one effect without moderators is returned as it is).

    Notes
    -----
    Definitions are those of metafor (Viechtbauer 2010, J Stat Softw 36(3), doi
    10.18637/jss.v036.i03): Q on common-effect weights; I2 = 100 tau2 / (tau2 + s2) and H2 = 1 +
    tau2 / s2, s2 the typical sampling variance; for a common effect I2 = 100 (Q - df) / Q, not
    below 0, and H2 = Q / df. Hartung-Knapp: Knapp and Hartung 2003 (Stat Med 22:2693, doi
    10.1002/sim.1482).

    Examples
    --------
    >>> pooled = pool([0.1, 0.6, 0.9, 0.4], [0.04, 0.05, 0.03, 0.02])
    >>> mean = pooled.coefficients[0]
    >>> print(f"{mean.estimate:.3f} ({mean.ci_low:.3f} to {mean.ci_high:.3f}), df {mean.df:.0f}")
    0.502 (-0.032 to 1.036), df 3
    >>> print(f"tau2 {pooled.tau2:.3f}, I2 {pooled.i2:.0f}%")
    tau2 0.079, I2 71%
    """
    return fit_effects(
        y,
        v,
        model=model,
        method=method,
        test=test,
        moderators=moderators,
        terms=terms,
        trial=trial,
        level=level,
    ).pooled


def fit_effects(
    y: ArrayLike,
    v: ArrayLike,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    trial: Sequence[str] | None = None,
    level: float = 0.95,
) -> Fit:
    """Fit the model of :func:`pool` and keep its covariance, so that it can be asked for contrasts.

    Examples
    --------
    >>> fit_effects([0.2, 0.9], [0.05, 0.08], test="z").pooled.tau2
    0.18...
    """
    test = _settled_test(model, method, test, level)
    effects, variances = validated(y, v, trial)
    if effects.size == 1:
        test = "z"
    spare = 0 if needs_no_spare_effect(model, test) else 1
    x, names = _design(effects.size, moderators, terms, spare)
    common = weighted_least_squares(effects, x, variances)
    tau2, fit = _fit(effects, variances, x, common, model, method)
    k, p = x.shape
    beta, covariance = fit.solve()
    df = float(k - p) if test == "knha" else None
    if df is not None:
        covariance = covariance * _residual_mean_square(fit, df)
    coefficients = tuple(
        _coefficient(name, float(beta[at]), float(covariance[at, at]), df, level)
        for at, name in enumerate(names)
    )
    low, high = (
        _prediction(coefficients[0], tau2, level)
        if model == "random" and moderators is None and k > 1
        else (None, None)
    )
    i2, h2 = _heterogeneity(common, model, tau2)
    pooled = Pooled(
        model=model,
        method="FE" if model == "common" else method,
        test=test,
        n_effects=k,
        n_trials=k if trial is None else len(set(trial)),
        coefficients=coefficients,
        tau2=tau2,
        i2=i2,
        h2=h2,
        q=common.residual_sum,
        q_df=k - p,
        q_p=float(chdtrc(k - p, common.residual_sum)) if k > p else 1.0,
        log_likelihood=_log_likelihood(fit, x, restricted=model == "random" and method == "REML"),
        prediction_low=low,
        prediction_high=high,
    )
    return Fit(pooled, beta, covariance, df, level)


def needs_no_spare_effect(model: Model, test: Test | None) -> bool:
    """Return whether as many effects as coefficients are enough: nothing is left to estimate.

    Examples
    --------
    >>> needs_no_spare_effect("common", None), needs_no_spare_effect("random", "z")
    (True, False)
    """
    return model == "common" and test != "knha"


def _settled_test(model: str, method: str, test: Test | None, level: float) -> Test:
    """Check the options and return the test that will be used."""
    if test is None:
        test = "z" if model == "common" else "knha"
    problems = [
        Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(value))
        for name, value, allowed in (
            ("model", model, get_args(Model)),
            ("method", method, get_args(Method)),
            ("test", test, get_args(Test)),
        )
        if value not in allowed
    ]
    if not 0 < level < 1:
        problems.append(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if problems:
        raise InputError(problems)
    return test


def validated(
    y: ArrayLike, v: ArrayLike, trial: Sequence[str] | None = None
) -> tuple[Floats, Floats]:
    """Return effects and variances as arrays that a model can be fitted to.

    Raises
    ------
    InputError
        As :func:`pool`: every effect that is not finite and every variance that is not positive is
        named.

    Examples
    --------
    >>> validated([0.1, 0.2], [0.01, 0.0], trial=["A", "B"])
    Traceback (most recent call last):
    perdure.errors.InputError: The variance of effect 2 (B) is not a positive number (found '0')...
    """
    effects, variances = np.array(y, dtype=np.float64), np.array(v, dtype=np.float64)
    sizes = {effects.shape, variances.shape, effects.shape if trial is None else (len(trial),)}
    if len(sizes) > 1 or effects.ndim != 1:
        found = f"{effects.size} effects, {variances.size} variances"
        found += "" if trial is None else f", {len(trial)} trials"
        raise InputError(Problem("lengths differ", "give one of each an effect", value=found))
    if not effects.size:
        raise InputError(Problem("there is no effect to pool", "give at least one"))
    problems = [
        Problem(
            f"{what} of {_named(at, trial)} is not a {kind} number", remedy, value=f"{values[at]:g}"
        )
        for what, kind, values, wrong, remedy in (
            ("the value", "finite", effects, ~np.isfinite(effects), "leave it out, or correct it"),
            (
                "the variance",
                "positive",
                variances,
                ~((variances > 0) & (variances < np.inf)),
                "an effect needs its sampling variance; leave it out where there is none",
            ),
        )
        for at in np.flatnonzero(wrong).tolist()
    ]
    if problems:
        raise InputError(problems)
    smallest, largest = float(variances.min()), float(variances.max())
    if max(float(np.abs(effects).max()), largest, 1 / smallest) > LARGEST:
        raise InputError(
            Problem("effects or variances are too large or too small", "check their scale")
        )
    if largest > WIDEST_RATIO * smallest:
        raise InputError(
            Problem(
                f"the variance of {_named(int(variances.argmin()), trial)} is less than"
                f" {1 / WIDEST_RATIO:g} of another",
                "check its standard error",
                value=f"{smallest:g}",
            )
        )
    return effects, variances


def _named(at: int, trial: Sequence[str] | None) -> str:
    """Return how a message calls an effect."""
    return f"effect {at + 1}" if trial is None else f"effect {at + 1} ({trial[at]})"


def _design(
    k: int, moderators: ArrayLike | None, terms: Sequence[str] | None, spare: int
) -> tuple[Matrix, tuple[str, ...]]:
    """Return the design matrix, with ``spare`` effects more than columns, and their names."""
    if moderators is None:
        return np.ones((k, 1)), (INTERCEPT,)
    x = np.array(moderators, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != k or x.shape[1] == 0:
        found = " x ".join(str(size) for size in x.shape)
        raise InputError(
            Problem("moderators do not fit the effects", f"give {k} rows of columns", value=found)
        )
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise InputError(
            Problem(f"a moderator of effect {row + 1} is missing", "give it, or leave the row out")
        )
    p = x.shape[1]
    names = tuple(terms) if terms is not None else tuple(f"x{at + 1}" for at in range(p))
    if len(names) != p:
        raise InputError(
            Problem("terms do not fit the moderators", f"give {p} of them", value=", ".join(names))
        )
    if k < p + spare:
        raise InputError(
            Problem(
                f"{k} effects are too few for {p} coefficients",
                "pool without moderators, or with fewer",
                value=", ".join(names),
            )
        )
    norm = np.sqrt((x**2).sum(axis=0))
    if not norm.all() or np.linalg.matrix_rank(x / norm) < p:
        raise InputError(
            Problem(
                "moderators depend on each other",
                "leave out a column that the others already say",
                value=", ".join(names),
            )
        )
    return x, names


def _fit(
    y: Floats, v: Floats, x: Matrix, common: WeightedFit, model: Model, method: Method
) -> tuple[float, WeightedFit]:
    """Return tau2 and the fit under it."""
    if model == "common" or y.size == 1:
        return 0.0, common
    tau2 = restricted_likelihood(y, v, x) if method == "REML" else dersimonian_laird(common)
    return tau2, weighted_least_squares(y, x, v + tau2) if tau2 > 0 else common


def _residual_mean_square(fit: WeightedFit, df: float) -> float:
    """Return the factor of Hartung and Knapp; equal effects leave rounding only, which is 0."""
    residual = fit.residual_sum
    return residual / df if residual > np.finfo(np.float64).eps else 0.0


def _coefficient(
    term: str, estimate: float, variance: float, df: float | None, level: float
) -> Coefficient:
    """Return an estimate with its interval and p value; no width where the variance is 0."""
    se = float(np.sqrt(variance))
    half = _quantile(df, level) * se
    # An estimate without error: certain to differ from 0, or certain not to.
    statistic = estimate / se if se > 0 else np.copysign(np.inf, estimate) if estimate else 0.0
    tail = ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))
    return Coefficient(term, estimate, se, df, estimate - half, estimate + half, float(2 * tail))


def _quantile(df: float | None, level: float) -> float:
    """Return the upper quantile of the two-sided interval."""
    upper = (1 + level) / 2
    return float(ndtri(upper) if df is None else stdtrit(df, upper))


def _prediction(mean: Coefficient, tau2: float, level: float) -> tuple[float, float]:
    """Return the interval of the true effect of a further unit."""
    half = _quantile(mean.df, level) * float(np.sqrt(mean.se**2 + tau2))
    return mean.estimate - half, mean.estimate + half


def _heterogeneity(common: WeightedFit, model: Model, tau2: float) -> tuple[float, float]:
    """Return I2 in per cent and H2."""
    k, p = common.basis.shape
    df, q = k - p, common.residual_sum
    if df == 0:
        return 0.0, 1.0
    if model == "common":
        return float(100 * max(0.0, q - df) / max(q, df)), float(q / df)
    ratio = tau2 / typical_variance(common)
    return float(100 * ratio / (1 + ratio)), float(1 + ratio)


def _log_likelihood(fit: WeightedFit, x: Matrix, *, restricted: bool) -> float:
    """Return the log-likelihood, or the restricted one with the term of X'X."""
    k, p = int(x.shape[0]), int(x.shape[1])
    log_two_pi = float(np.log(2 * np.pi))
    full = float(np.log(fit.weight).sum()) - fit.residual_sum
    if not restricted:
        return 0.5 * (full - k * log_two_pi)
    plain = float(np.linalg.slogdet(x.T @ x).logabsdet)
    return 0.5 * (full + plain - fit.log_determinant - (k - p) * log_two_pi)
