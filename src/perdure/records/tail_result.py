"""What a run found about the tails of one analysis, beside its durable responses."""

from dataclasses import dataclass

from perdure.records.award import TailAward
from perdure.records.extrapolation import ModelEstimate
from perdure.records.follow_up import FollowUp
from perdure.records.profile import TrialProfile
from perdure.records.tail import TrialTail

__all__ = ["ArmAwards", "ArmModels", "TailResult"]


@dataclass(frozen=True)
class ArmAwards:
    """The tail rules of value frameworks, for one arm against its comparator."""

    arm: str
    comparator: str
    awards: tuple[TailAward, ...]


@dataclass(frozen=True)
class ArmModels:
    """What parametric models say of one arm; none where there is no threshold, with the reason."""

    arm: str
    models: tuple[ModelEstimate, ...]
    reason: str | None = None


@dataclass(frozen=True)
class TailResult:
    """Profiles, follow-up, and what the tails of an analysis are made of; times in months.

    Attributes
    ----------
    profiles : tuple of TrialProfile
        One for each reference of the study but ``fixed``.
    follow_up : tuple of FollowUp
        One an arm, with the threshold of the study's first reference.
    tail : TrialTail or None
        Under the study's first reference; None where the arms share no time.
    awards : tuple of ArmAwards
        One for each arm with a comparator; empty for endpoints that no framework has a rule for.
    models : tuple of ArmModels
        One an arm, under the study's first reference; empty where they were not asked for.
    """

    profiles: tuple[TrialProfile, ...]
    follow_up: tuple[FollowUp, ...]
    tail: TrialTail | None
    awards: tuple[ArmAwards, ...]
    models: tuple[ArmModels, ...] = ()
