"""What one more trial would change, how many are needed, and the power of a meta-analysis."""

from dataclasses import dataclass

from perdure.records.pooled import Pooled, PooledModel, PooledTest

__all__ = ["NextTrial", "Power", "Spread", "TrialsNeeded"]


@dataclass(frozen=True)
class Spread:
    """What a quantity will be, over what a further trial may find.

    ``low`` and ``high`` bound its central part, of the level of the intervals.
    """

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class NextTrial:
    """A pooled answer, and what it may be after one more trial.

    Attributes
    ----------
    now : Pooled
    variance : float
        Sampling variance of the further trial's effect.
    true_low, true_high : float
        Prediction interval of its true effect.
    estimate_low, estimate_high : float
        Prediction interval of its estimate.
    estimate, ci_low, ci_high, half_width : Spread
        Of the pooled answer with that trial in it.
    significant : bool
        Whether the interval now leaves 0 out.
    p_significant : float
        Probability that it will.
    p_opposite : float
        Probability that it will on the other side of 0.
    p_sign : float
        Probability that the estimate's sign will change.
    p_conclusion : float
        Probability that the conclusion changes: significant now and not then, or on the other
        side; or not now and then.
    level : float
    """

    now: Pooled
    variance: float
    true_low: float
    true_high: float
    estimate_low: float
    estimate_high: float
    estimate: Spread
    ci_low: Spread
    ci_high: Spread
    half_width: Spread
    significant: bool
    p_significant: float
    p_opposite: float
    p_sign: float
    p_conclusion: float
    level: float


@dataclass(frozen=True)
class TrialsNeeded:
    """How many further trials of one size bring the interval to a width.

    Attributes
    ----------
    trials : int or None
        None where ``reason`` says so.
    half_width : float
        That was asked for.
    half_width_now : float
    half_width_then : float or None
        Expected with that many trials.
    reason : str or None
    """

    trials: int | None
    half_width: float
    half_width_now: float
    half_width_then: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Power:
    """The chance that a meta-analysis finds an effect.

    Attributes
    ----------
    effect, tau2 : float
        That are true.
    n_trials : int
    model : str
    test : str
    level : float
    power : float
        That the interval leaves 0 out.
    right : float
        That it does so on the side of the effect; for an effect of 0, of positive values.
    expected_half_width : float
        Of the interval.
    error : float
        Standard error of ``power``; 0 unless simulated.
    """

    effect: float
    tau2: float
    n_trials: int
    model: PooledModel
    test: PooledTest
    level: float
    power: float
    right: float
    expected_half_width: float
    error: float
