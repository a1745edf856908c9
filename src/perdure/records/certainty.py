"""How certain a body of evidence is by GRADE (Guyatt et al. 2008, BMJ 336:924-6)."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Certainty", "CertaintyLevel"]

CertaintyLevel = Literal["high", "moderate", "low", "very low"]


@dataclass(frozen=True)
class Certainty:
    """What the study's authors judged of one outcome.

    Attributes
    ----------
    outcome : str
    level : {"high", "moderate", "low", "very low"}
    reasons : tuple of str
        Why it was rated down or up.
    note : str
    """

    outcome: str
    level: CertaintyLevel
    reasons: tuple[str, ...] = ()
    note: str = ""
