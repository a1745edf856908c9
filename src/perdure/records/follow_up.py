"""How long patients were followed, and whether that is long enough to speak of a tail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from perdure.records.time_unit import TimeUnit

__all__ = ["CuredFraction", "FollowUp", "SufficiencyTest", "TailTest", "ThresholdReach"]

TailTest = Literal["alpha_n", "alpha_n_shen", "q_n", "extremes", "cured_fraction"]
"""Which test of a curve's tail."""

ThresholdReach = Literal["reached", "thin", "zero", "not reached", "no threshold"]
"""Of follow-up at a threshold: reached by enough patients, by few, known for ever, or not."""


@dataclass(frozen=True)
class SufficiencyTest:
    """One test of what a curve's tail can say about a cured fraction.

    Attributes
    ----------
    test : {"alpha_n", "alpha_n_shen", "q_n", "extremes", "cured_fraction"}
    source : str
        Author, year, doi.
    null : str
        The hypothesis that a small ``p_value`` speaks against.
    statistic, p_value : float or None
        None with a ``reason``.
    meaning : str
        What it says, in one sentence.
    experimental : bool
        The formula was not checked in the paper itself or in two independent places.
    events : int or None
        Events in the window that the test counts, for the tests that count any.
    window_low, window_high : float or None
        Of that window (low excluded, high included; Shen's includes both), in the unit of the
        times.
    replicates, seed : int or None
        Of the bootstrap or simulation behind ``p_value``.
    reason : str or None
        Why there is no number.
    """

    test: TailTest
    source: str
    null: str
    statistic: float | None
    p_value: float | None
    meaning: str
    experimental: bool
    events: int | None = None
    window_low: float | None = None
    window_high: float | None = None
    replicates: int | None = None
    seed: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class CuredFraction:
    """Survival at the end of follow-up: the estimate of a cured fraction, if there is one.

    Attributes
    ----------
    value : float
        0 where the last patient had the event.
    se : float or None
        Greenwood's; None where survival is 0 or 1.
    ci_low, ci_high : float
        On the log(-log) scale; by likelihood where survival is 0 or 1.
    time : float
        The end of follow-up, in the unit of the times.
    n_at_risk : int
        Patients at risk after the last event, on whom the height of the plateau rests.
    meaning : str
    """

    value: float
    se: float | None
    ci_low: float
    ci_high: float
    time: float
    n_at_risk: int
    meaning: str


@dataclass(frozen=True)
class FollowUp:
    """Follow-up of one arm; times in ``time_unit``.

    Attributes
    ----------
    arm : str
    n, events : int
    maturity : float
        Share of patients with the event.
    median, median_low, median_high : float or None
        Median follow-up by reverse Kaplan-Meier, and its limits.
    survivors : int
        Patients without the event.
    survivors_min, survivors_median, survivors_max : float or None
        Their times; the plain median is shorter than the reverse Kaplan-Meier one.
    threshold : float or None
    reach : {"reached", "thin", "zero", "not reached", "no threshold"}
    n_at_risk : int or None
        At the threshold.
    could_reach : float or None
        Share of patients whose follow-up could have reached the threshold: reverse Kaplan-Meier
        just before it.
    information : float or None
        Variance that survival at the threshold would have with everybody followed to it, over the
        variance that it has.
    survival_low, survival_high : float
        What is known of survival at the threshold whatever happens: its estimate twice where
        follow-up reaches it, 0 and the last survival where not.
    tests : tuple of SufficiencyTest
    cured : CuredFraction
    verdict : str
        One sentence on what the tail can say of a cured fraction.
    time_unit : str
    reasons : mapping of str to str
        By the name of a value that is None, why.
    """

    arm: str
    n: int
    events: int
    maturity: float
    median: float | None
    median_low: float | None
    median_high: float | None
    survivors: int
    survivors_min: float | None
    survivors_median: float | None
    survivors_max: float | None
    threshold: float | None
    reach: ThresholdReach
    n_at_risk: int | None
    could_reach: float | None
    information: float | None
    survival_low: float
    survival_high: float
    tests: tuple[SufficiencyTest, ...]
    cured: CuredFraction
    verdict: str
    time_unit: TimeUnit = "months"
    reasons: Mapping[str, str] = field(default_factory=dict)
