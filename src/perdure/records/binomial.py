"""What models of counts found: a pooled record, and what only a likelihood of counts gives."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.counts import StratumTest
from perdure.records.pooled import Pooled

__all__ = ["BinomialNormal", "CountContrastModel", "OddsRatioModel"]

CountContrastModel = Literal["UM.FS", "UM.RS", "CM.AL", "CM.EL"]


@dataclass(frozen=True)
class BinomialNormal:
    """A binomial-normal model of arms on the logit scale.

    Attributes
    ----------
    pooled : Pooled
        Model "binomial-normal"; method "ML", or "FE" without a random effect. ``q`` is the Wald
        test that every arm has its own proportion against the coefficients alone; ``tau2`` is the
        arms' variance, None where ``sigma2`` (trials, arms in trials) says more;
        ``log_likelihood`` is full: the binomial coefficient is in it.
    n_points : int
        Of the quadrature; 1 is Laplace's approximation.
    quadrature_error : float or None
        What twice the points would add to the log-likelihood; None for Laplace's approximation or
        without random effects. Far below 0.01 unless arms differ enormously.
    heterogeneity : StratumTest or None
        The likelihood-ratio test beside ``q``; None where nothing is left to test.
    saturated_log_likelihood : float
        Of a model with a proportion for every arm.
    aic, bic : float
        bic with the number of arms.
    proportions : tuple of float
        The arms' own, shrunken: at the mode of their random effects.
    n_zero, n_full : int
        Arms without events, and with nothing else; they are in the model like any other.
    """

    pooled: Pooled
    n_points: int
    quadrature_error: float | None
    heterogeneity: StratumTest | None
    saturated_log_likelihood: float
    aic: float
    bic: float
    proportions: tuple[float, ...]
    n_zero: int
    n_full: int


@dataclass(frozen=True)
class OddsRatioModel:
    """A mixed model of the log odds ratio of two-by-two tables.

    Attributes
    ----------
    model : {"UM.FS", "UM.RS", "CM.AL", "CM.EL"}
        Unconditional with fixed, or random, trial intercepts; conditional on the events of both
        arms, with the approximate (binomial) or the exact (hypergeometric) likelihood.
    pooled : Pooled
        ``tau2`` is the variance of the log odds ratio; ``sigma2`` that of the trials' intercepts
        (UM.RS only). ``q`` is the Wald test of heterogeneity.
    n_points : int
        Of the quadrature; 1 is Laplace's approximation.
    heterogeneity : StratumTest or None
        The likelihood-ratio test beside ``q``.
    aic : float
        Comparable within unconditional models, or within conditional ones, but not across.
    left_out : tuple of str
        Tables without events, or with nothing else, in both arms.
    reason : str or None
        Why a test is missing.
    """

    model: CountContrastModel
    pooled: Pooled
    n_points: int
    heterogeneity: StratumTest | None
    aic: float
    left_out: tuple[str, ...]
    reason: str | None = None
