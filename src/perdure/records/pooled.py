"""What was pooled: coefficients, models, classes of arms and what they leave out."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.estimate import Reference

__all__ = [
    "ClassDifference",
    "ClassRow",
    "Coefficient",
    "Heterogeneity",
    "JointTest",
    "LeftOut",
    "Pooled",
    "PooledModel",
    "PooledTest",
    "Predicted",
    "Synthesis",
]


@dataclass(frozen=True)
class Predicted:
    """A model's mean for one kind of arm or trial, on the model's scale.

    Attributes
    ----------
    label : str
    estimate, se : float
    df : float or None
        None for a normal reference distribution.
    ci_low, ci_high : float
    prediction_low, prediction_high : float or None
        Of the true effect of a further unit of this kind; None where the model has none.
    """

    label: str
    estimate: float
    se: float
    df: float | None
    ci_low: float
    ci_high: float
    prediction_low: float | None
    prediction_high: float | None


PooledModel = Literal["common", "random", "three-level", "multivariate", "binomial-normal"]
PooledTest = Literal["z", "t", "knha", "adhoc"]


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of a pooled model, on the model's scale.

    ``df`` is None for a normal (z) reference distribution.
    """

    term: str
    estimate: float
    se: float
    df: float | None
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class JointTest:
    """Several coefficients tested together.

    Attributes
    ----------
    terms : tuple of str
        The coefficients that are 0 under the hypothesis.
    statistic : float
        Chi-square where ``df2`` is None, else F.
    df : float
        Numerator's degrees of freedom.
    df2 : float or None
        Denominator's.
    p : float
    """

    terms: tuple[str, ...]
    statistic: float
    df: float
    df2: float | None
    p: float


@dataclass(frozen=True)
class Pooled:
    """A synthesis of effects.

    Attributes
    ----------
    model : {"common", "random", "three-level", "multivariate", "binomial-normal"}
    method : str
        Estimator of the variance between true effects, as "REML"; "FE" for the common effect.
    test : {"z", "t", "knha", "adhoc"}
        Normal; t with the model's own errors; Hartung-Knapp; Hartung-Knapp with its factor not
        below 1.
    n_effects, n_trials : int
    coefficients : tuple of Coefficient
    tau2 : float or None
        Variance of the true effects; 0 for a common effect; None where ``sigma2`` says more.
    i2, h2 : float or None
        i2 in per cent: the share of the variance that is between true effects.
    q : float or None
        Test of heterogeneity: residual sum of squares with the sampling variances as weights.
    q_df : int
    q_p : float or None
    log_likelihood : float
        Restricted for REML.
    prediction_low, prediction_high : float or None
        95% prediction interval; None for a common effect or more than one coefficient.
    sigma2 : tuple of float
        Variance components of a multilevel model, the outermost first; those of each outcome in a
        multivariate one.
    rho : tuple of float
        Correlations between outcomes: pairs (1, 2), (1, 3), (2, 3), ...; one where they are equal.
    moderators : JointTest or None
        Test of all coefficients but the intercept.
    r2 : float or None
        Per cent of tau2 that moderators account for, not below 0.
    robust : str or None
        "CR0", "CR1", "CR2" where errors are robust to clusters; ``coefficients`` carry them.
    """

    model: PooledModel
    method: str
    test: PooledTest
    n_effects: int
    n_trials: int
    coefficients: tuple[Coefficient, ...]
    tau2: float | None
    i2: float | None
    h2: float | None
    q: float | None
    q_df: int
    q_p: float | None
    log_likelihood: float
    prediction_low: float | None
    prediction_high: float | None
    sigma2: tuple[float, ...] = ()
    rho: tuple[float, ...] = ()
    moderators: JointTest | None = None
    r2: float | None = None
    robust: str | None = None


@dataclass(frozen=True)
class Heterogeneity:
    """How far true effects differ, with limits.

    Attributes
    ----------
    tau2, se : float
        ``se`` is the estimator's own; an interval from it would be poor.
    tau2_low, tau2_high : float
    tau_low, tau_high : float
        Square roots of those.
    i2, i2_low, i2_high : float
        In per cent.
    h2, h2_low, h2_high : float
    interval : {"Q-profile", "profile likelihood"}
    reason : str or None
        What the limits cannot say: that no tau2 fits the effects, as they are too alike.
    """

    tau2: float
    se: float
    tau2_low: float
    tau2_high: float
    tau_low: float
    tau_high: float
    i2: float
    i2_low: float
    i2_high: float
    h2: float
    h2_low: float
    h2_high: float
    interval: Literal["Q-profile", "profile likelihood"]
    reason: str | None = None


@dataclass(frozen=True)
class ClassRow:
    """One class of arms: the paper's plain mean and the model's answer beside it.

    Attributes
    ----------
    name : str
        The class; "" is never used: arms without a class are named in ``Synthesis.left_out``.
    n_arms : int
        All arms of the class.
    n_estimable : int
        Arms with a proportion (status ``zero`` included).
    mean_of_proportions : float or None
        The paper's summary: unweighted mean over the estimable arms.
    pooled : Pooled or None
        The model on the logit scale; None where fewer than one arm has a standard error.
    proportion, ci_low, ci_high, prediction_low, prediction_high : float or None
        Back-transformed to a proportion.
    reason : str or None
        Why there is no pooled value, or no prediction interval.
    """

    name: str
    n_arms: int
    n_estimable: int
    mean_of_proportions: float | None
    pooled: Pooled | None
    proportion: float | None
    ci_low: float | None
    ci_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    reason: str | None


@dataclass(frozen=True)
class ClassDifference:
    """Two classes compared in a meta-regression with one tau2 (observational).

    ``odds_ratio`` is of durable response, ``first`` against ``second``.
    """

    first: str
    second: str
    odds_ratio: float
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class LeftOut:
    """An arm that is not in the pooled model, and why.

    ``name`` is its class; empty where it has none.
    """

    trial: str
    arm: str
    name: str
    status: str
    reason: str


@dataclass(frozen=True)
class Synthesis:
    """Everything pooled for one endpoint, threshold reference and grouping.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    by : str
        The column of arms.csv or trials.csv that names the classes.
    rows : tuple of ClassRow
        In order of first appearance.
    differences : tuple of ClassDifference
    regression : Pooled or None
        The meta-regression on class (first class is the reference level); None with a ``reason``.
    left_out : tuple of LeftOut
    reason : str or None
        Why the classes could not be compared.
    """

    endpoint: str
    k: float | None
    reference: Reference
    by: str
    rows: tuple[ClassRow, ...]
    differences: tuple[ClassDifference, ...]
    regression: Pooled | None
    left_out: tuple[LeftOut, ...]
    reason: str | None = None
