"""How the likelihood of a synthesis falls on either side of its between-trial variance."""

from dataclasses import dataclass

from perdure.records.estimate import Reference

__all__ = ["ContrastProfile", "LikelihoodProfile"]


@dataclass(frozen=True)
class LikelihoodProfile:
    """The log-likelihood over tau2, highest over everything else.

    Attributes
    ----------
    tau2, log_likelihood : tuple of float
        In increasing order of tau2, from 0 to beyond the upper limit; the estimate is one of them.
    estimate : float
    low, high : float
        Where the likelihood has fallen by ``drop``; 0 where it has not on that side; infinite where
        it never does.
    level : float
    drop : float
        Half the quantile of chi-square on one degree of freedom.
    """

    tau2: tuple[float, ...]
    log_likelihood: tuple[float, ...]
    estimate: float
    low: float
    high: float
    level: float
    drop: float


@dataclass(frozen=True)
class ContrastProfile:
    """The profile of the contrasts within trials, of one endpoint at one threshold.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    measure : str
    method : {"REML", "ML"}
        Whose likelihood it is.
    n_contrasts : int
    profile : LikelihoodProfile
    """

    endpoint: str
    k: float | None
    reference: Reference
    measure: str
    method: str
    n_contrasts: int
    profile: LikelihoodProfile
