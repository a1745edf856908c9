"""Does the answer hang on one effect: refits without it, its influence, and the order of time."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Change",
    "Cumulative",
    "EffectInfluence",
    "Influence",
    "LeaveOneOut",
    "RandomEffect",
    "Refitted",
    "Unit",
]

Change = Literal["sign", "significance", "sign and significance"]
Unit = Literal["effect", "trial"]


@dataclass(frozen=True)
class Refitted:
    """The pooled mean of some of the effects.

    Attributes
    ----------
    name : str
        What was left out (leave-one-out), or what came in last (cumulative).
    n_effects : int
    estimate, se : float
    df : float or None
        None for a normal reference distribution.
    ci_low, ci_high, p : float
    q : float
        Test of heterogeneity, with ``q_df`` and ``q_p``.
    q_df : int
    q_p : float
    tau2, i2, h2 : float
        ``i2`` in per cent.
    """

    name: str
    n_effects: int
    estimate: float
    se: float
    df: float | None
    ci_low: float
    ci_high: float
    p: float
    q: float
    q_df: int
    q_p: float
    tau2: float
    i2: float
    h2: float


@dataclass(frozen=True)
class LeaveOneOut:
    """The pooled mean without each effect, or without each trial, in turn.

    Attributes
    ----------
    unit : {"effect", "trial"}
        What is left out at a time.
    whole : Refitted
        Of all effects; its name is "all".
    rows : tuple of Refitted
        One for each unit, in order of first appearance, named after what is left out.
    changes : tuple of (str, {"sign", "significance", "sign and significance"})
        The units without which the conclusion is another one.
    carried_by : str or None
        The unit, if there is exactly one, without which the conclusion is another one.
    sentence : str
        The same for a reader.
    """

    unit: Unit
    whole: Refitted
    rows: tuple[Refitted, ...]
    changes: tuple[tuple[str, Change], ...]
    carried_by: str | None
    sentence: str


@dataclass(frozen=True)
class Cumulative:
    """The pooled mean as effects came in.

    Attributes
    ----------
    rows : tuple of Refitted
        In order; each pools all effects up to its own and is named after what came in.
    orders : tuple of float
        The value (a year) that each row was ordered by.
    """

    rows: tuple[Refitted, ...]
    orders: tuple[float, ...]


@dataclass(frozen=True)
class EffectInfluence:
    """What one effect, or one trial, does to a model. "Deleted" is of the model without it.

    Attributes
    ----------
    name : str
    residual : float
        From the model of all effects.
    rstandard : float or None
        The residual over its standard error (internally standardised); None where that is 0.
    rstandard_se : float
    hat : float
        Leverage: the fitted value's weight on the effect itself.
    weight : float
        Per cent of the weights.
    baujat_heterogeneity : float
        The effect's share in the weighted residual sum of squares (x in Baujat's plot).
    deleted_residual, rstudent, rstudent_se : float or None
        From the model without the effect (externally standardised). This and all that follow are
        None where that model cannot be fitted; see ``reason``.
    dffits : float or None
        Change of the fitted value in standard errors.
    cook : float or None
        Cook's distance: change of all coefficients, squared, in units of their covariance.
    covariance_ratio : float or None
        Determinant of the coefficients' covariance without the effect over that with it; above 1
        where the effect adds precision.
    tau2_deleted, q_deleted : float or None
    dfbetas : tuple of float, or None
        Change of each coefficient in standard errors, in the model's order of terms.
    baujat_influence : float or None
        Squared change of the fitted value over its variance without the effect (y in Baujat's
        plot).
    flags : tuple of str
        Measures that are beyond their bounds: "dffits", "cook", "hat", "dfbetas".
    reason : str or None
    """

    name: str
    residual: float
    rstandard: float | None
    rstandard_se: float
    hat: float
    weight: float
    baujat_heterogeneity: float
    deleted_residual: float | None
    rstudent: float | None
    rstudent_se: float | None
    dffits: float | None
    cook: float | None
    covariance_ratio: float | None
    tau2_deleted: float | None
    q_deleted: float | None
    dfbetas: tuple[float, ...] | None
    baujat_influence: float | None
    flags: tuple[str, ...]
    reason: str | None = None

    @property
    def influential(self) -> bool:
        """Whether any measure is beyond its bound."""
        return bool(self.flags)


@dataclass(frozen=True)
class RandomEffect:
    """Where a unit's true effect lies by the model (best linear unbiased prediction).

    Attributes
    ----------
    name : str
    estimate, se : float
        The true effect: the effect shrunk towards the model's mean.
    low, high : float
        Its interval.
    deviation, deviation_se, deviation_low, deviation_high : float
        The same for its distance from the model's mean.
    """

    name: str
    estimate: float
    se: float
    low: float
    high: float
    deviation: float
    deviation_se: float
    deviation_low: float
    deviation_high: float


@dataclass(frozen=True)
class Influence:
    """Influence of every effect or trial on a model, with a sentence for a reader.

    Attributes
    ----------
    unit : {"effect", "trial"}
    terms : tuple of str
        Of the coefficients, as ``dfbetas`` has them.
    rows : tuple of EffectInfluence
        One a unit.
    sentence : str
    """

    unit: Unit
    terms: tuple[str, ...]
    rows: tuple[EffectInfluence, ...]
    sentence: str
