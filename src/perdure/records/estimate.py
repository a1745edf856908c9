"""Estimates: durable response of an arm, and contrasts inside a trial."""

from dataclasses import dataclass
from typing import Literal, get_args

from perdure.records.published_fact import FactCertainty

__all__ = [
    "REFERENCES",
    "ArmEstimate",
    "Contrast",
    "DurableResponse",
    "NotEstimable",
    "Proportion",
    "Reference",
    "Source",
    "Status",
    "TrialContrast",
]

Reference = Literal["own", "control", "trial", "fixed"]
"""Whose median the threshold is a multiple of; ``fixed`` is a stated time."""
REFERENCES: tuple[Reference, ...] = get_args(Reference)

Status = Literal["estimable", "thin", "zero"]
"""Of a proportion: fine, resting on few patients, or 0 for ever."""

Source = Literal["patients", "curve", "facts", "published"]
"""Where an arm entered: patient data, a digitised curve, published facts, a published estimate."""


@dataclass(frozen=True)
class Proportion:
    """A durable proportion that could be estimated.

    Attributes
    ----------
    value : float
        Proportion beyond the threshold.
    se : float or None
        Standard error on the proportion's own scale; None for status ``zero``.
    ci_low, ci_high : float
    n_at_risk : int or None
        Patients at risk at the threshold; None for a published estimate that does not say.
    status : {"estimable", "thin", "zero"}
        ``thin``: few patients at risk at the threshold. ``zero``: the curve reached 0 before it.
    draws : int or None
        Histories that were combined; None where patients were observed, or one history was used.
    rebuilt_share : float or None
        Share of the variance that comes from not knowing which history is the true one.
    interval : str
        The scale on which the interval is symmetric, or "likelihood"; "as published".
    likelihood_low, likelihood_high : float or None
        Likelihood interval (Thomas-Grunkemeier) beside the other, where few are at risk.
    """

    value: float
    se: float | None
    ci_low: float
    ci_high: float
    n_at_risk: int | None
    status: Status
    draws: int | None = None
    rebuilt_share: float | None = None
    interval: str = "log-log"
    likelihood_low: float | None = None
    likelihood_high: float | None = None


@dataclass(frozen=True)
class NotEstimable:
    """Why there is no number, and the bounds that hold all the same.

    Attributes
    ----------
    reason : str
    low, high : float
        Bounds that the sample's own curve sets: from 0 to its last survival.
    limit : float
        Upper confidence limit of ``high``, at (1 + level) / 2: the bound with its sampling error.
    """

    reason: str
    low: float = 0.0
    high: float = 1.0
    limit: float = 1.0


@dataclass(frozen=True)
class DurableResponse:
    """The proportion of one arm beyond k times the reference median, or why there is none.

    Attributes
    ----------
    arm : str
    n, events : int or None
        None where an arm entered by a published estimate that does not say.
    median, median_low, median_high : float or None
        The arm's own median and its 95% limits; None where not reached, or where a published
        estimate does not say. In ``time_unit``.
    follow_up : float or None
        Median follow-up by reverse Kaplan-Meier.
    k : float or None
        None for the reference ``fixed``.
    reference : {"own", "control", "trial", "fixed"}
    threshold : float or None
        k times the reference median, or the fixed time; None where the median is not reached.
    estimate : Proportion or NotEstimable
    time_unit : str
    caution : str or None
        What a reader should know of the standard error: that the curve is flat, or falls by a
        cliff, around the reference median.
    """

    arm: str
    n: int | None
    events: int | None
    median: float | None
    median_low: float | None
    median_high: float | None
    follow_up: float | None
    k: float | None
    reference: Reference
    threshold: float | None
    estimate: Proportion | NotEstimable
    time_unit: str = "months"
    caution: str | None = None

    @property
    def proportion(self) -> float | None:
        """The proportion, or None where it is not estimable."""
        return self.estimate.value if isinstance(self.estimate, Proportion) else None

    @property
    def status(self) -> str:
        """``estimable``, ``thin``, ``zero`` or ``not estimable``."""
        return self.estimate.status if isinstance(self.estimate, Proportion) else "not estimable"

    @property
    def reason(self) -> str | None:
        """Why there is no number; None where there is one."""
        return self.estimate.reason if isinstance(self.estimate, NotEstimable) else None

    @property
    def excess(self) -> float | None:
        """Durable response minus 2^-k, what an exponential arm would show; own reference only."""
        if self.proportion is None or self.reference != "own" or self.k is None:
            return None
        return float(self.proportion - 2.0**-self.k)


@dataclass(frozen=True)
class Contrast:
    """Durable response of one arm against its comparator, with their joint covariance.

    Attributes
    ----------
    arm, comparator : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
        Under ``own`` two thresholds are compared: not a randomised comparison.
    difference, ci_low, ci_high : float or None
        Arm minus comparator on the proportion's own scale, and its interval, which is put together
        from the arms' own intervals; None with a ``reason``.
    se : float or None
        First-order standard error of the difference; None where an arm has none.
    p_value : float or None
        One minus the level at which the interval just touches 0.
    ratio, ratio_low, ratio_high, odds_ratio, odds_ratio_low, odds_ratio_high : float or None
    reason : str or None
        Why there is no number, or no ratio.
    level : float
        Of the intervals.
    time : float or None
        The threshold of ``fixed``, in the unit of the patients.
    """

    arm: str
    comparator: str
    k: float | None
    reference: Reference
    difference: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    odds_ratio: float | None = None
    odds_ratio_low: float | None = None
    odds_ratio_high: float | None = None
    reason: str | None = None
    level: float = 0.95
    time: float | None = None

    @property
    def nnt(self) -> float | None:
        """Patients to treat for one more durable response; negative for one fewer."""
        return 1 / self.difference if self.difference else None

    @property
    def nnt_limits(self) -> tuple[float, float] | None:
        """Limits of ``nnt`` nearest to and farthest from 0; None where the difference may be 0.

        There the interval goes through infinity (Altman 1998, doi 10.1136/bmj.317.7168.1309).
        """
        if self.ci_low is None or self.ci_high is None or self.ci_low <= 0 <= self.ci_high:
            return None
        first, second = 1 / self.ci_high, 1 / self.ci_low
        return (first, second) if abs(first) < abs(second) else (second, first)


@dataclass(frozen=True)
class ArmEstimate:
    """A durable response with the trial, endpoint and analysis that it belongs to.

    ``certainty`` is that of the published facts that it rests on; None where it rests on others.
    """

    trial: str
    endpoint: str
    analysis: str
    primary: bool
    source: Source
    response: DurableResponse
    certainty: FactCertainty | None = None


@dataclass(frozen=True)
class TrialContrast:
    """A contrast with the trial, endpoint and analysis that it belongs to."""

    trial: str
    endpoint: str
    analysis: str
    primary: bool
    contrast: Contrast
