"""What a reader asks of a pooled answer: who carries it, are small trials different, what next."""

from collections.abc import Mapping
from dataclasses import dataclass

from perdure.records.estimate import Reference
from perdure.records.next_trial import NextTrial
from perdure.records.pooled import Pooled
from perdure.records.sensitivity import Cumulative, Influence, LeaveOneOut
from perdure.records.small_study import (
    Funnel,
    PetPeese,
    RankTest,
    RegressionTest,
    SelectionModel,
    TrimFill,
)

__all__ = ["ContrastChecks", "SynthesisChecks"]


@dataclass(frozen=True)
class SynthesisChecks:
    """Checks of one synthesis of effects.

    Attributes
    ----------
    n_effects : int
        That the funnel and the tests of small-study effects take.
    leave_one_out : LeaveOneOut or None
    influence : Influence or None
    cumulative : Cumulative or None
        None where no years are known.
    funnel : Funnel or None
    regression_test : RegressionTest or None
        Of the effects on their standard errors (Egger).
    rank_test : RankTest or None
    pet_peese : PetPeese or None
    trim_fill : TrimFill or None
    selection : SelectionModel or None
        One step at one-sided 0.025.
    next_trial : NextTrial or None
        One more trial as precise as the median of those at hand.
    reasons : mapping of str to str
        Why a check is missing, by its name.
    """

    n_effects: int
    leave_one_out: LeaveOneOut | None
    influence: Influence | None
    cumulative: Cumulative | None
    funnel: Funnel | None
    regression_test: RegressionTest | None
    rank_test: RankTest | None
    pet_peese: PetPeese | None
    trim_fill: TrimFill | None
    selection: SelectionModel | None
    next_trial: NextTrial | None
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class ContrastChecks:
    """Checks of the contrasts within trials, of one endpoint at one threshold.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    measure : str
    names : tuple of str
        Of the trials.
    pooled : Pooled
        The synthesis that is checked, which knows that contrasts of a trial are correlated.
    checks : SynthesisChecks
        Trial by trial: refits of that synthesis, and one effect a trial where a check takes
        independent effects only.
    n_contrasts : int
    n_several : int
        Trials with more than one contrast.
    """

    endpoint: str
    k: float | None
    reference: Reference
    measure: str
    names: tuple[str, ...]
    pooled: Pooled
    checks: SynthesisChecks
    n_contrasts: int
    n_several: int
