"""What a parametric model says of durable response, which may lie beyond the end of the curve."""

from dataclasses import dataclass

__all__ = ["ModelEstimate", "ModelParameter"]


@dataclass(frozen=True)
class ModelParameter:
    """A parameter on its natural scale, with its standard error by the delta method."""

    name: str
    value: float
    se: float


@dataclass(frozen=True)
class ModelEstimate:
    """Durable response by one parametric model of one arm.

    Attributes
    ----------
    model : str
        As in ``perdure.survival.parametric.MODELS``.
    n, events : int
    end_of_follow_up : float
        The last time of an event or a censoring.
    share_at_risk : float
        Of the patients, how many are still at risk at the threshold, or at the end of follow-up
        where that comes first: what the number rests on.
    parameters : tuple of ModelParameter
        Empty where the model could not be fitted.
    log_likelihood, aic, bic : float or None
        ``bic`` counts patients.
    bic_events : float or None
        The same with the number of events.
    weight : float or None
        Akaike weight among the models that could be fitted; they sum to 1.
    median : float or None
        The model's own; None where it is never reached, or the model was not fitted.
    k : float or None
        None for a fixed threshold.
    threshold : float or None
        k times the reference median, or the fixed time; in ``time_unit``.
    proportion, se, ci_low, ci_high : float or None
        Survival at the threshold. ``se`` is on the proportion's own scale; the interval is
        symmetric on that of log(-log). Where the model itself fixes the proportion (an exponential
        at a multiple of its own median) ``se`` is 0 and there is no interval: a note says so.
    excess : float or None
        proportion - 2^-k where the threshold is k times the model's own median.
    cured, cured_low, cured_high : float or None
        Survival at infinity, its interval symmetric on the logit; None for a model that has none.
    extrapolated : bool
        Whether the threshold lies beyond the end of follow-up.
    beyond : float or None
        By how much time it does; 0 inside.
    experimental : bool
        An independent optimiser and simulated truth confirm this model, but no published example.
    reason : str or None
        Why there is no fit or no proportion.
    notes : tuple of str
        What a reader should know of the number.
    time_unit : str
    """

    model: str
    n: int
    events: int
    end_of_follow_up: float
    share_at_risk: float
    parameters: tuple[ModelParameter, ...] = ()
    log_likelihood: float | None = None
    aic: float | None = None
    bic: float | None = None
    bic_events: float | None = None
    weight: float | None = None
    median: float | None = None
    k: float | None = None
    threshold: float | None = None
    proportion: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    excess: float | None = None
    cured: float | None = None
    cured_low: float | None = None
    cured_high: float | None = None
    extrapolated: bool = False
    beyond: float | None = None
    experimental: bool = False
    reason: str | None = None
    notes: tuple[str, ...] = ()
    time_unit: str = "months"
