"""Risk of bias of a randomised trial by RoB 2 (Sterne et al. 2019, doi 10.1136/bmj.l4898)."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["DOMAINS", "JUDGEMENTS", "Judgement", "RiskOfBias"]

Judgement = Literal["low", "some concerns", "high"]

JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)
"""From the best to the worst."""

DOMAINS = (
    "randomisation process",
    "deviations from intended interventions",
    "missing outcome data",
    "measurement of the outcome",
    "selection of the reported result",
)
"""What RoB 2 judges: D1 to D5."""


@dataclass(frozen=True)
class RiskOfBias:
    """What was judged of one trial.

    Attributes
    ----------
    domains : tuple of five {"low", "some concerns", "high"} or None
        D1 to D5; None where it was not judged.
    overall : {"low", "some concerns", "high"} or None
    """

    domains: tuple[Judgement | None, ...]
    overall: Judgement | None

    @property
    def at_odds(self) -> str | None:
        """Why the overall judgement is not the one that the domains lead to; None where it is.

        RoB 2 lets several domains with some concerns add up to a high risk.

        Examples
        --------
        >>> RiskOfBias(("low", "high", "low", "low", "low"), "some concerns").at_odds
        'overall is some concerns, and the worst domain is high'
        >>> RiskOfBias(("low", "some concerns", "low", "some concerns", "low"), "high").at_odds
        """
        judged = [one for one in self.domains if one is not None]
        if self.overall is None or not judged:
            return None
        worst = max(judged, key=JUDGEMENTS.index)
        concerns = judged.count("some concerns")
        if self.overall == worst or (self.overall == "high" and concerns > 1):
            return None
        if len(judged) < len(self.domains) and JUDGEMENTS.index(self.overall) > JUDGEMENTS.index(
            worst
        ):
            return None
        return f"overall is {self.overall}, and the worst domain is {worst}"
