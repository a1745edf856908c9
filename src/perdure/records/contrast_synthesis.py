"""Contrasts within trials, pooled: the primary answer of randomised trials."""

from dataclasses import dataclass

from perdure.records.estimate import Reference
from perdure.records.pooled import Coefficient, Heterogeneity, JointTest, LeftOut, Pooled, Predicted

__all__ = ["ContrastGroup", "ContrastRow", "ContrastSynthesis", "WithZeros"]


@dataclass(frozen=True)
class ContrastRow:
    """One arm against its control, on the scale that is pooled.

    Attributes
    ----------
    trial, arm, comparator : str
    group : str
        What is compared, as "anti-PD-1 v chemotherapy"; empty without classes.
    effect, se, ci_low, ci_high : float
    share : float
        Of the pooled estimate; shares sum to 1.
    n_arm, n_comparator : int or None
    status : str
        The worse of the two arms': "estimable" or "thin".
    """

    trial: str
    arm: str
    comparator: str
    group: str
    effect: float
    se: float
    ci_low: float
    ci_high: float
    share: float
    n_arm: int | None
    n_comparator: int | None
    status: str


@dataclass(frozen=True)
class ContrastGroup:
    """Contrasts pooled.

    Attributes
    ----------
    name : str
        Empty for all together.
    n_trials, n_contrasts : int
    pooled : Pooled
    mean : Predicted
        Their mean, with its prediction interval.
    heterogeneity : Heterogeneity or None
        None for one contrast and for a common effect.
    reason : str or None
        What the group cannot say.
    """

    name: str
    n_trials: int
    n_contrasts: int
    pooled: Pooled
    mean: Predicted
    heterogeneity: Heterogeneity | None
    reason: str | None


@dataclass(frozen=True)
class WithZeros:
    """All contrasts, those with an arm at 0 too, by the binomial-normal model.

    Attributes
    ----------
    n_contrasts, n_zero : int
        In the model, and with an arm at 0 among them.
    log_odds_ratio : Coefficient or None
        None with a ``reason``.
    tau2 : float or None
    reason : str or None
    """

    n_contrasts: int
    n_zero: int
    log_odds_ratio: Coefficient | None
    tau2: float | None
    reason: str | None


@dataclass(frozen=True)
class ContrastSynthesis:
    """Contrasts within trials of one endpoint at one threshold, pooled on one measure.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
        Under ``own`` arms stand at two thresholds: not a randomised comparison.
    measure : {"difference", "log ratio", "log odds ratio", "arcsine difference"}
    by : str
        The column that the groups come from; empty where there is none.
    rows : tuple of ContrastRow
    covariance : tuple of tuples of float
        Of the errors of ``rows``: contrasts of a trial share patients.
    overall : ContrastGroup or None
        None with a ``reason``.
    groups : tuple of ContrastGroup
        By what is compared; each with a tau2 of its own.
    difference : JointTest or None
        That all groups have one mean, in a meta-regression with one tau2.
    without : tuple of (str, ContrastGroup)
        All together, with each trial left out.
    carried_by : tuple of str
        Trials without which the conclusion is another.
    left_out : tuple of LeftOut
        Contrasts that are not in the model; ``arm`` names both arms.
    reason : str or None
    with_zeros : WithZeros or None
        None where no arm is at 0.
    """

    endpoint: str
    k: float | None
    reference: Reference
    measure: str
    by: str
    rows: tuple[ContrastRow, ...]
    covariance: tuple[tuple[float, ...], ...]
    overall: ContrastGroup | None
    groups: tuple[ContrastGroup, ...]
    difference: JointTest | None
    without: tuple[tuple[str, ContrastGroup], ...]
    carried_by: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    reason: str | None = None
    with_zeros: WithZeros | None = None
