"""What one more trial would change, how many are needed, and what a synthesis can detect."""

from dataclasses import dataclass

from perdure.records.pooled import Coefficient, PooledTest

__all__ = ["NextTrial", "PooledPower", "TrialsNeeded"]


@dataclass(frozen=True)
class NextTrial:
    """A pooled answer now, and what is to be expected of it after one more trial.

    Chances are over the predictive distribution of the new trial's estimate, given the effects at
    hand.

    Attributes
    ----------
    now : Coefficient
        The pooled effect.
    n_effects : int
        Pooled now.
    tau2 : float
    planned_v : float
        Sampling variance of the new trial's estimate.
    true_low, true_high : float
        Prediction interval of its true effect.
    estimate_low, estimate_high : float
        Prediction interval of its estimate.
    updated_median, updated_low, updated_high : float
        Median and central interval of the pooled effect after it.
    half_width_now : float
        Half of the width of the confidence interval.
    half_width_median : float
        Median of it after the trial.
    chance_above, chance_below : float
        That the interval will then lie above 0, or below.
    chance_change : float
        That what is concluded changes: above 0, below 0, or neither.
    chance_sign : float
        That the pooled effect changes its sign.
    true_effect : float
        Mean true effect that ``conditional_power`` supposes.
    conditional_power : float
        Probability of an interval without 0, on the side of ``true_effect``.
    level : float
        Of all intervals.
    sentence : str
        The answer in words.
    """

    now: Coefficient
    n_effects: int
    tau2: float
    planned_v: float
    true_low: float
    true_high: float
    estimate_low: float
    estimate_high: float
    updated_median: float
    updated_low: float
    updated_high: float
    half_width_now: float
    half_width_median: float
    chance_above: float
    chance_below: float
    chance_change: float
    chance_sign: float
    true_effect: float
    conditional_power: float
    level: float
    sentence: str


@dataclass(frozen=True)
class TrialsNeeded:
    """Further trials that bring the interval to a half-width.

    Attributes
    ----------
    half_width : float
        Wanted.
    planned_v : float
        Sampling variance of each further trial.
    n_trials : int
        0 where it is reached already.
    half_width_reached : float
        Expected with so many.
    single_v : float or None
        Largest sampling variance with which one trial alone would do; None with a ``reason``.
    tau2 : float
        Held fixed.
    reason : str or None
    """

    half_width: float
    planned_v: float
    n_trials: int
    half_width_reached: float
    single_v: float | None
    tau2: float
    reason: str | None


@dataclass(frozen=True)
class PooledPower:
    """What a synthesis of effects with given variances can detect.

    Attributes
    ----------
    true_effect, tau2 : float
        Supposed.
    se : float
        Of the pooled effect.
    test : {"z", "t", "knha", "adhoc"}
    df : float or None
    power : float
        Probability of an interval without 0.
    level : float
    """

    true_effect: float
    tau2: float
    se: float
    test: PooledTest
    df: float | None
    power: float
    level: float
