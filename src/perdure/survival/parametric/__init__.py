"""Parametric models of survival, for what lies beyond the curve: always an extrapolation there.

Walks in: times and events of patients. Walks out: a frozen fit, or the reason why there is none.
Loads scipy, so the stage above does not import it: ``from perdure.survival.parametric import fit``.
"""

from perdure.survival.parametric.catalogue import MODELS, family_of
from perdure.survival.parametric.cure import MixtureCure, NonMixtureCure
from perdure.survival.parametric.family import Family, Link
from perdure.survival.parametric.fit import Fit, NotFitted, fit
from perdure.survival.parametric.generalised_gamma import GeneralisedGamma
from perdure.survival.parametric.piecewise import PiecewiseExponential, piecewise_exponential
from perdure.survival.parametric.spline import Scale, Spline, spline
from perdure.survival.parametric.standard import (
    Exponential,
    Gamma,
    Gompertz,
    LogLogistic,
    LogNormal,
    Weibull,
)

__all__ = [
    "MODELS",
    "Exponential",
    "Family",
    "Fit",
    "Gamma",
    "GeneralisedGamma",
    "Gompertz",
    "Link",
    "LogLogistic",
    "LogNormal",
    "MixtureCure",
    "NonMixtureCure",
    "NotFitted",
    "PiecewiseExponential",
    "Scale",
    "Spline",
    "Weibull",
    "family_of",
    "fit",
    "piecewise_exponential",
    "spline",
]
