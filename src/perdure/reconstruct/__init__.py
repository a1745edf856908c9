"""From a published figure back to patients.

In walk a `Curve` and, where it was printed, its `NumbersAtRisk`; out walks a `Reconstruction`:
patients, the evidence of how well they fit what was published, and every warning in words.
"""

from perdure.reconstruct.constraints import LARGEST_RISE, curve_from_points
from perdure.reconstruct.door import DRAWS, METHODS, TIME_LIMIT, reconstruct
from perdure.reconstruct.evidence import evidence
from perdure.reconstruct.evidence_table import (
    EVIDENCE_COLUMNS,
    evidence_record,
    evidence_rows,
)
from perdure.reconstruct.facts import Facts, gather
from perdure.reconstruct.guyot import guyot
from perdure.reconstruct.isotonic import isotonic
from perdure.reconstruct.jointly import jointly
from perdure.reconstruct.printed_table import numbers_at_risk_from_table
from perdure.reconstruct.reported import Rounded, landmark, rounded

__all__ = [
    "DRAWS",
    "EVIDENCE_COLUMNS",
    "LARGEST_RISE",
    "METHODS",
    "TIME_LIMIT",
    "Facts",
    "Rounded",
    "curve_from_points",
    "evidence",
    "evidence_record",
    "evidence_rows",
    "gather",
    "guyot",
    "isotonic",
    "jointly",
    "landmark",
    "numbers_at_risk_from_table",
    "reconstruct",
    "rounded",
]
