"""Are small trials different: regression and rank tests, trim and fill, selection, the funnel."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.pooled import Coefficient, Pooled

__all__ = [
    "Alternative",
    "FailSafe",
    "Funnel",
    "FunnelContour",
    "FunnelPoint",
    "PetPeese",
    "Predictor",
    "RankTest",
    "RegressionTest",
    "SelectionFamily",
    "SelectionModel",
    "SelectionParameter",
    "Side",
    "TrimFill",
    "TrimFillEstimator",
]

Alternative = Literal["greater", "less", "two-sided"]
Predictor = Literal["se", "variance", "inverse n", "inverse root n"]
SelectionFamily = Literal["stepfun", "beta", "halfnorm", "negexp"]
Side = Literal["left", "right"]
TrimFillEstimator = Literal["L0", "R0", "Q0"]


@dataclass(frozen=True)
class RegressionTest:
    """Whether effects change with their precision (Egger's test and its relatives).

    Attributes
    ----------
    model : {"random", "common", "lm"}
        The pooled model with the predictor, or weighted least squares with a free residual scale.
    predictor : {"se", "variance", "inverse n", "inverse root n"}
    n_effects : int
    slope : Coefficient or None
        Of the predictor; None where there is no test.
    statistic : float or None
        The slope over its standard error: normal where ``slope.df`` is None, else t.
    limit : Coefficient or None
        The mean where the predictor is 0, for a trial without end; None with moderators.
    sentence : str
    reason : str or None
        Why there is no test.
    """

    model: Literal["random", "common", "lm"]
    predictor: Predictor
    n_effects: int
    slope: Coefficient | None
    statistic: float | None
    limit: Coefficient | None
    sentence: str
    reason: str | None = None


@dataclass(frozen=True)
class RankTest:
    """Whether effects and variances are ranked alike (Begg and Mazumdar).

    Attributes
    ----------
    n_effects : int
    tau : float or None
        Kendall's tau-b.
    p : float or None
    exact : bool
        Whether p is of the exact distribution; normal with ties.
    reason : str or None
        Why there is no test.
    """

    n_effects: int
    tau: float | None
    p: float | None
    exact: bool
    reason: str | None = None


@dataclass(frozen=True)
class PetPeese:
    """The mean of a trial without error, by PET or by PEESE.

    Attributes
    ----------
    n_effects : int
    pet, peese : Coefficient or None
        The intercepts of the regressions on the standard error and on the variance.
    pet_slope, peese_slope : Coefficient or None
    chosen : {"PET", "PEESE"} or None
        PEESE where PET finds an effect.
    estimate : Coefficient or None
        The chosen one.
    reason : str or None
    """

    n_effects: int
    pet: Coefficient | None
    peese: Coefficient | None
    pet_slope: Coefficient | None
    peese_slope: Coefficient | None
    chosen: Literal["PET", "PEESE"] | None
    estimate: Coefficient | None
    reason: str | None = None


@dataclass(frozen=True)
class FunnelPoint:
    """An effect in a funnel plot, with the p value (two-sided) against the null value."""

    name: str
    y: float
    se: float
    p: float


@dataclass(frozen=True)
class FunnelContour:
    """Where the p value against the null value is ``p``: two straight lines.

    They start at (``null``, standard error 0) and end at (``left``, ``se``) and (``right``,
    ``se``).
    """

    p: float
    null: float
    left: float
    right: float
    se: float


@dataclass(frozen=True)
class Funnel:
    """What a funnel plot shows.

    Attributes
    ----------
    center : float
        The pooled mean.
    points : tuple of FunnelPoint
    contours : tuple of FunnelContour
        Of the significance levels, around the null value.
    region : FunnelContour
        Where 1 - p of effects would lie around the mean, had all the same true effect.
    """

    center: float
    points: tuple[FunnelPoint, ...]
    contours: tuple[FunnelContour, ...]
    region: FunnelContour


@dataclass(frozen=True)
class FailSafe:
    """How many effects of 0 would take the significance away (Rosenthal).

    Attributes
    ----------
    n : int
        0 where there is none to take.
    p : float
        One-sided, of the summed z values, in their direction.
    alpha : float
        One-sided.
    """

    n: int
    p: float
    alpha: float


@dataclass(frozen=True)
class TrimFill:
    """The mean had the missing effects been seen (trim and fill).

    Attributes
    ----------
    estimator : {"L0", "R0", "Q0"}
    side : {"left", "right"} or None
        Where effects are missing; None where it cannot be told.
    k0 : int or None
        How many.
    k0_se : float or None
    k0_p : float or None
        That none is missing; for R0 only.
    filled : tuple of FunnelPoint
        The mirror images, each named after what it mirrors.
    pooled : Pooled or None
        With the filled effects.
    sentence : str
    reason : str or None
        Why it could not be done.
    """

    estimator: TrimFillEstimator
    side: Side | None
    k0: int | None
    k0_se: float | None
    k0_p: float | None
    filled: tuple[FunnelPoint, ...]
    pooled: Pooled | None
    sentence: str
    reason: str | None = None


@dataclass(frozen=True)
class SelectionParameter:
    """One parameter of the selection function.

    Attributes
    ----------
    term : str
    estimate : float
    se : float or None
        None where it is fixed, on a boundary, or where the likelihood is flat.
    """

    term: str
    estimate: float
    se: float | None


@dataclass(frozen=True)
class SelectionModel:
    """The mean had effects not been published by their p values.

    Attributes
    ----------
    family : {"stepfun", "beta", "halfnorm", "negexp"}
    alternative : {"greater", "less", "two-sided"}
        Which effects have small p values.
    steps : tuple of float
        P values at which a step function may jump, the last of them 1.
    counts : tuple of int
        Effects in each interval between steps.
    mean : Coefficient or None
    tau2 : float or None
    selection : tuple of SelectionParameter
    log_likelihood, log_likelihood_without : float or None
        With selection and without.
    ratio, df, p : float or None
        Likelihood-ratio test of no selection.
    sentence : str
    reason : str or None
        What could not be estimated and why.
    """

    family: SelectionFamily
    alternative: Alternative
    steps: tuple[float, ...]
    counts: tuple[int, ...]
    mean: Coefficient | None
    tau2: float | None
    selection: tuple[SelectionParameter, ...]
    log_likelihood: float | None
    log_likelihood_without: float | None
    ratio: float | None
    df: int
    p: float | None
    sentence: str
    reason: str | None = None
