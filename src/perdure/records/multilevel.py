"""What a multilevel model says beyond its coefficients."""

from dataclasses import dataclass

__all__ = [
    "ComponentInterval",
    "InformationCriteria",
    "LikelihoodRatio",
    "RandomEffect",
    "VarianceComponent",
]


@dataclass(frozen=True)
class VarianceComponent:
    """The variance of true effects at one level, or of one outcome.

    Attributes
    ----------
    name : str
        The level or the outcome; "all outcomes" where they share one variance.
    n_groups : int
        Groups of the level; trials that report the outcome.
    sigma2 : float
    i2 : float or None
        In per cent: its share of all variance beside a typical sampling variance; None for an
        outcome of a multivariate model.
    """

    name: str
    n_groups: int
    sigma2: float
    i2: float | None


@dataclass(frozen=True)
class RandomEffect:
    """How far one group lies from the model's mean: best linear unbiased prediction.

    Attributes
    ----------
    level : str
        The level, or the outcome.
    group : str
        Its label, the outer labels before it where it is nested.
    estimate, se : float
        ``se`` is the root of the prediction's mean squared error.
    """

    level: str
    group: str
    estimate: float
    se: float


@dataclass(frozen=True)
class ComponentInterval:
    """A variance or a correlation with its profile-likelihood interval.

    Attributes
    ----------
    name : str
        The level or outcome, or two outcomes for their correlation.
    quantity : {"sigma2", "rho"}
    estimate, low, high : float
        ``high`` is infinite where the likelihood never falls far enough.
    reason : str or None
        Why a limit is a bound and not a crossing.
    """

    name: str
    quantity: str
    estimate: float
    low: float
    high: float
    reason: str | None = None


@dataclass(frozen=True)
class InformationCriteria:
    """The log-likelihood with penalties for what was estimated.

    Attributes
    ----------
    log_likelihood : float
        Restricted for REML.
    n_parameters : int
        Coefficients, variances and correlations.
    aic, bic, aicc : float
        With k observations for ML and k - p for REML.
    """

    log_likelihood: float
    n_parameters: int
    aic: float
    bic: float
    aicc: float


@dataclass(frozen=True)
class LikelihoodRatio:
    """Two nested models compared.

    Attributes
    ----------
    statistic : float
        Twice the difference of the log-likelihoods.
    df : int
        Parameters that the smaller model lacks.
    p : float
    caution : str or None
        That a variance of 0 lies on the edge of what is possible, so that p is too large.
    """

    statistic: float
    df: int
    p: float
    caution: str | None = None
