"""Classes of arms of which some are not estimable: three ways to pool them, side by side."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.estimate import Reference
from perdure.records.pooled import Coefficient, Predicted

__all__ = [
    "ClassMean",
    "ClassMissingArms",
    "MissingArms",
    "MixtureDifference",
    "MixturePoint",
    "PatternMixture",
    "ReachOfClass",
    "Tip",
    "VectorAnswer",
    "WithoutThem",
]

Conclusion = Literal["higher", "lower", "open"]


@dataclass(frozen=True)
class ReachOfClass:
    """How many arms of a class reach the target multiple of their reference median.

    Attributes
    ----------
    name : str
    n_arms : int
    n_reached : int
        With a durable response above 0 at the target.
    n_zero : int
        Whose curve had reached 0: a durable response of 0, which has no standard error.
    n_not_reached : int
        Not estimable at the target.
    n_no_median : int
        Of these, those whose reference median is not reached either.
    """

    name: str
    n_arms: int
    n_reached: int
    n_zero: int
    n_not_reached: int
    n_no_median: int


@dataclass(frozen=True)
class ClassMean:
    """The pooled durable response of a class.

    Attributes
    ----------
    name : str
    mean : Predicted or None
        On the scale of the model.
    proportion, ci_low, ci_high : float or None
        Back on the scale of a proportion.
    reason : str or None
        Why there is none.
    """

    name: str
    mean: Predicted | None
    proportion: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class VectorAnswer:
    """The multivariate model of log median and durable response at every multiple reached.

    Attributes
    ----------
    method : {"REML", "ML"}
    structure : {"line", "unstructured"}
    errors : {"model", "CR2"}
        Of the model, or from differences between trials.
    multiples : tuple of float
        In the vector.
    n_arms : int
        In the model; ``n_bound`` of them by the bound of their median alone.
    n_bound : int
    classes : tuple of ClassMean
    differences : tuple of Coefficient
        Of classes at the target, on the scale of the model; "a - b".
    tau2 : float or None
        Between arms of a class at the target.
    correlation : float or None
        Of true log median and true durable response at the target; None where one of them does not
        vary.
    log_likelihood : float or None
    reason : str or None
        Why there is no answer.
    """

    method: str
    structure: str
    errors: str
    multiples: tuple[float, ...]
    n_arms: int
    n_bound: int
    classes: tuple[ClassMean, ...]
    differences: tuple[Coefficient, ...] = ()
    tau2: float | None = None
    correlation: float | None = None
    log_likelihood: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WithoutThem:
    """The arms that reach the target, pooled as if there were no others.

    Attributes
    ----------
    method : str
    n_arms : int
    classes : tuple of ClassMean
    differences : tuple of Coefficient
    tau2 : float or None
    reason : str or None
        Why there is no answer.
    """

    method: str
    n_arms: int
    classes: tuple[ClassMean, ...]
    differences: tuple[Coefficient, ...] = ()
    tau2: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class MixturePoint:
    """A class's mean proportion (or a difference of two) under one q."""

    q: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Tip:
    """Where a conclusion changes: at ``q`` it is still ``before``, just beyond it ``after``."""

    q: float
    before: Conclusion
    after: Conclusion


@dataclass(frozen=True)
class MixtureDifference:
    """Two classes under every q.

    Attributes
    ----------
    first, second : str
    curve : tuple of MixturePoint
        First minus second, one q for both.
    equal_at : float or None
        The q at which they are alike; None where there is none from 0 to 1.
    conclusion : {"higher", "lower", "open"}
        Of the interval at q = 0: ``open`` where it holds 0.
    tips : tuple of Tip
        Where the conclusion changes as q rises; empty where it never does.
    least, most : float
        With q = 0 in the one class and 1 in the other: no q gives less or more.
    """

    first: str
    second: str
    curve: tuple[MixturePoint, ...]
    equal_at: float | None
    conclusion: Conclusion
    tips: tuple[Tip, ...]
    least: float
    most: float


@dataclass(frozen=True)
class PatternMixture:
    """Arms that do not reach the target have q times their last survival.

    Attributes
    ----------
    classes : tuple of (str, tuple of MixturePoint)
        The mean proportion of each class's arms.
    differences : tuple of MixtureDifference
    reason : str or None
        Why there is no answer.
    """

    classes: tuple[tuple[str, tuple[MixturePoint, ...]], ...]
    differences: tuple[MixtureDifference, ...]
    reason: str | None = None


@dataclass(frozen=True)
class MissingArms:
    """Three answers to what arms that are not estimable do to a pooled durable response.

    Attributes
    ----------
    k : float
        The target multiple.
    scale : str
        Of means and differences, as in :data:`perdure.pool.effects.scales.SCALES`.
    level : float
    reach : tuple of ReachOfClass
    vectors : VectorAnswer
    without : WithoutThem
    mixture : PatternMixture
    left_out : tuple of (str, str)
        Arms that are not in the model of vectors, and why.
    notes : tuple of str
    """

    k: float
    scale: str
    level: float
    reach: tuple[ReachOfClass, ...]
    vectors: VectorAnswer
    without: WithoutThem
    mixture: PatternMixture
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClassMissingArms:
    """What arms that are not estimable may change, of one endpoint under one reference.

    Attributes
    ----------
    endpoint : str
    k : float
    reference : {"own", "control", "trial"}
    by : str
    found : MissingArms or None
        None with a ``reason``.
    reason : str or None
    without_patients : tuple of str
        Arms, as "trial: arm", that entered as a published estimate: they have neither a curve nor a
        median here, and none of the ways can take them.
    """

    endpoint: str
    k: float
    reference: Reference
    by: str
    found: MissingArms | None
    reason: str | None = None
    without_patients: tuple[str, ...] = ()
