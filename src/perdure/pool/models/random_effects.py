"""Common-effect and random-effects models of independent effects, with or without moderators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from perdure.errors import InputError, Problem
from perdure.pool.models.between_arms import Method, estimate_tau2, typical_variance
from perdure.pool.models.inputs import design_matrix, validated
from perdure.pool.models.least_squares import (
    Matrix,
    WeightedFit,
    log_likelihood,
    weighted_least_squares,
)
from perdure.pool.models.linear import (
    ROUNDING,
    coefficient,
    combination,
    joint_test,
    predicted,
    upper_quantile,
)
from perdure.records import Coefficient, Floats, JointTest, Pooled, PooledTest, Predicted

__all__ = [
    "Fit",
    "Method",
    "Model",
    "Test",
    "but_intercept",
    "fit_effects",
    "needs_no_spare_effect",
    "pool",
]

Model = Literal["common", "random"]
Test = PooledTest


@dataclass(frozen=True, eq=False)
class Fit:
    """A pooled model with what is needed to ask it for more.

    Attributes
    ----------
    pooled : Pooled
    y, v : array of float, shape (k,)
        The effects and their sampling variances.
    x : array of float, shape (k, p)
        The design.
    terms : tuple of str
        Of the columns of ``x``.
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        Of ``beta``.
    df : float or None
        Of the t distribution; None for a normal one.
    level : float
        Of the intervals.
    """

    pooled: Pooled
    y: Floats
    v: Floats
    x: Matrix
    terms: tuple[str, ...]
    beta: Floats
    covariance: Matrix
    df: float | None
    level: float

    @property
    def between(self) -> float:
        """The variance of true effects: tau2."""
        return self.pooled.tau2 or 0.0

    @property
    def weights(self) -> Floats:
        """Each effect's share of the sum of weights 1 / (v + tau2)."""
        weight = 1 / (self.v + self.between)
        return np.asarray(weight / weight.sum())

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients as a coefficient of its own.

        Examples
        --------
        >>> fit = fit_effects([0.1, 0.9, 1.1], [0.1] * 3, moderators=[[1, 0], [0, 1], [0, 1]])
        >>> round(fit.combination("second - first", [-1, 1]).estimate, 6)
        0.9
        """
        return combination(term, weights, self.beta, self.covariance, self.df, self.level)

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test that several combinations of the coefficients are all 0."""
        return joint_test(terms, contrasts, self.beta, self.covariance, self.df)

    def predicted(self, labels: Sequence[str], rows: ArrayLike) -> tuple[Predicted, ...]:
        """Return the mean at rows of the design, with intervals."""
        between = self.between if self.pooled.model == "random" else None
        return predicted(labels, rows, self.beta, self.covariance, self.df, self.level, between)


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
    method : {"REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"}
        Estimator of tau2, the variance of the true effects; not used for a common effect.
    test : {"knha", "adhoc", "t", "z"}, optional
        Hartung-Knapp (t distribution on k - p degrees of freedom, variance scaled by the weighted
        residual mean square); the same with that factor not below 1, so that the interval is never
        narrower than without it; t with the model's own variance; or normal. The default is
        Hartung-Knapp for random effects and normal for a common effect. With one effect it is
        always normal.
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
        interval rests on the same distribution as the confidence interval: normal, or t on k - p
        degrees of freedom; None with one effect, where nothing is known of the
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
    below 0, and H2 = Q / df. R2 is the relative fall of tau2 from the same method's model without
    moderators (for a common effect the adjusted R2 of the weighted regression). Hartung-Knapp:
    Knapp and Hartung 2003 (Stat Med 22:2693, doi 10.1002/sim.1482).

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
    x, names = design_matrix(effects.size, moderators, terms, spare)
    common = weighted_least_squares(effects, x, variances)
    tau2, fit = _fit(effects, variances, x, common, model, method)
    k, p = x.shape
    beta, covariance = fit.solve()
    if p > 1:
        beta = np.where(np.abs(beta) <= ROUNDING * np.abs(beta).max(), 0.0, beta)
    df = None if test == "z" else float(k - p)
    if df is not None and test != "t":
        factor = _residual_mean_square(fit, df)
        covariance = covariance * (max(factor, 1.0) if test == "adhoc" else factor)
    coefficients = tuple(
        coefficient(name, float(beta[at]), float(covariance[at, at]), df, level)
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
        log_likelihood=log_likelihood(fit, x, restricted=model == "random" and method == "REML"),
        prediction_low=low,
        prediction_high=high,
        moderators=None if moderators is None else _moderators(names, x, beta, covariance, df),
        r2=_r2(effects, variances, x, common, tau2, model, method),
    )
    return Fit(pooled, effects, variances, x, names, beta, covariance, df, level)


def needs_no_spare_effect(model: Model, test: Test | None) -> bool:
    """Return whether as many effects as coefficients are enough: nothing is left to estimate.

    Examples
    --------
    >>> needs_no_spare_effect("common", None), needs_no_spare_effect("random", "z")
    (True, False)
    """
    return model == "common" and test in (None, "z")


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


def _fit(
    y: Floats, v: Floats, x: Matrix, common: WeightedFit, model: Model, method: Method
) -> tuple[float, WeightedFit]:
    """Return tau2 and the fit under it."""
    if model == "common" or y.size == 1:
        return 0.0, common
    tau2 = estimate_tau2(y, v, x, method, common)
    return tau2, weighted_least_squares(y, x, v + tau2) if tau2 > 0 else common


def _residual_mean_square(fit: WeightedFit, df: float) -> float:
    """Return the factor of Hartung and Knapp; equal effects leave rounding only, which is 0."""
    residual = fit.residual_sum
    return residual / df if residual > np.finfo(np.float64).eps else 0.0


def _prediction(mean: Coefficient, tau2: float, level: float) -> tuple[float, float]:
    """Return the interval of the true effect of a further unit."""
    half = upper_quantile(mean.df, level) * float(np.sqrt(mean.se**2 + tau2))
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


def _intercept(x: Matrix) -> int | None:
    """Return the column that is the intercept."""
    ones = np.flatnonzero((x == 1).all(axis=0))
    return int(ones[0]) if ones.size else None


def _moderators(
    names: tuple[str, ...], x: Matrix, beta: Floats, covariance: Matrix, df: float | None
) -> JointTest | None:
    """Return the test of everything but the intercept; None where there is only an intercept."""
    tested, rows = but_intercept(names, x)
    return joint_test(tested, rows, beta, covariance, df) if tested else None


def but_intercept(names: tuple[str, ...], x: Matrix) -> tuple[tuple[str, ...], Matrix]:
    """Return the coefficients other than an intercept, and the contrasts that ask for them.

    Examples
    --------
    >>> but_intercept(("intercept", "year"), np.array([[1.0, 0.0], [1.0, 2.0]]))
    (('year',), array([[0., 1.]]))
    """
    at = _intercept(x)
    rows = np.eye(len(names))
    if at is None:
        return names, rows
    return (*names[:at], *names[at + 1 :]), np.delete(rows, at, axis=0)


def _r2(
    y: Floats, v: Floats, x: Matrix, common: WeightedFit, tau2: float, model: Model, method: Method
) -> float | None:
    """Return the per cent of heterogeneity that moderators account for; None without an intercept.

    Raudenbush 2009; for a common effect the adjusted R2 of the weighted regression.
    """
    k, p = x.shape
    if p == 1 or _intercept(x) is None or k == p:
        return None
    ones = np.ones((k, 1))
    null = weighted_least_squares(y, ones, v)
    if model == "common":
        left, whole = common.residual_sum / (k - p), null.residual_sum / (k - 1)
    else:
        left, whole = tau2, estimate_tau2(y, v, ones, method, null)
    return max(0.0, 100 * (1 - left / whole)) if whole > 0 else None
