"""What a value framework gives for a tail, with its version and how sure it is that it is due."""

from dataclasses import dataclass

from perdure.records.time_unit import TimeUnit

__all__ = ["AwardCriterion", "TailAward"]


@dataclass(frozen=True)
class AwardCriterion:
    """One condition of a rule.

    Attributes
    ----------
    name : str
        In words.
    value : float or None
        What was found; None with a ``reason``.
    threshold : float
    strict : bool
        More than the threshold is asked for, and not at least the threshold.
    met : bool or None
        May be known without a value: survival that is too low already stays too low.
    reason : str or None
    """

    name: str
    value: float | None
    threshold: float
    strict: bool
    met: bool | None
    reason: str | None = None


@dataclass(frozen=True)
class TailAward:
    """One framework's rule applied to two arms.

    Attributes
    ----------
    rule, framework, version, title : str
    endpoint : str
    award : str
        What the framework gives where the rule is met: "20 points", "grade 4".
    points : float or None
    grade : int or None
    time : float or None
        When the curves are compared, in ``time_unit``; None where not known.
    comparator_median : float or None
    criteria : tuple of AwardCriterion
    met : bool or None
        All criteria met; None where it cannot be judged, with a ``reason``.
    reason : str or None
    probability : float or None
        Share of the replicates in which the rule is met, among those in which it can be judged;
        None where there are none.
    probability_low, probability_high : float
        Over all replicates: met; met or not judged.
    not_judged : float
        Share of replicates in which the rule cannot be judged.
    replicates, draws, seed : int
        Resamples of patients within arm; histories of a rebuilt arm that they are spread over (1
        for observed patients).
    source, doi : str
    verified : bool
        Whether the rule's constants were checked against the publication itself.
    checked : str
        How they were checked, and what is not known.
    caveat : str
        What the framework asks beside and is not judged here.
    time_unit : str
    """

    rule: str
    framework: str
    version: str
    title: str
    endpoint: str
    award: str
    points: float | None
    grade: int | None
    time: float | None
    comparator_median: float | None
    criteria: tuple[AwardCriterion, ...]
    met: bool | None
    reason: str | None
    probability: float | None
    probability_low: float
    probability_high: float
    not_judged: float
    replicates: int
    draws: int
    seed: int
    source: str
    doi: str
    verified: bool
    checked: str
    caveat: str
    time_unit: TimeUnit = "months"

    @property
    def label(self) -> str:
        """Framework and version; says "unverified" where the constants are."""
        return f"{self.framework} {self.version}" + ("" if self.verified else " (unverified)")

    @property
    def sentence(self) -> str:
        """What was found, in one sentence that names version and verification."""
        how = {True: "met", False: "not met", None: "not judged"}[self.met]
        why = f" ({self.reason})" if self.reason else ""
        low, high = f"{self.probability_low:.0%}", f"{self.probability_high:.0%}"
        share = low if low == high else f"{low} to {high}"
        chance = f"; met in {share} of {self.replicates} resamples" if self.replicates else ""
        return f"{self.label}, {self.title}, {self.award}: {how}{why}{chance}."
