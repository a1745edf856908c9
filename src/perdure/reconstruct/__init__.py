"""From a published figure back to patients.

In walk a `Curve` and, where it was printed, its `NumbersAtRisk`; out walks a `Reconstruction`:
patients, the evidence of how well they fit what was published, and every warning in words.
"""

from perdure.reconstruct.constraints import (
    LARGEST_RISE,
    curve_from_points,
    numbers_at_risk_from_table,
)
from perdure.reconstruct.door import DRAWS, METHODS, reconstruct
from perdure.reconstruct.evidence import evidence
from perdure.reconstruct.facts import Facts, gather
from perdure.reconstruct.guyot import guyot
from perdure.reconstruct.isotonic import isotonic

__all__ = [
    "DRAWS",
    "LARGEST_RISE",
    "METHODS",
    "Facts",
    "curve_from_points",
    "evidence",
    "gather",
    "guyot",
    "isotonic",
    "numbers_at_risk_from_table",
    "reconstruct",
]
