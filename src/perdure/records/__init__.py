"""Frozen records that the stages hand to each other; validated once, at birth."""

from perdure.records.arrays import Bools, Floats, Ints, frozen
from perdure.records.curve import Curve, NumbersAtRisk
from perdure.records.estimate import (
    REFERENCES,
    ArmEstimate,
    ClassDifference,
    ClassRow,
    Coefficient,
    Contrast,
    DurableResponse,
    LeftOut,
    NotEstimable,
    Pooled,
    Proportion,
    Reference,
    Source,
    Status,
    Synthesis,
    TrialContrast,
)
from perdure.records.patients import (
    Evidence,
    Patients,
    Reconstruction,
    RiskCheck,
    SurvivalCheck,
)
from perdure.records.results import AnalysisResult, ArmResult, Results
from perdure.records.time_unit import DAYS_PER_MONTH, TIME_UNITS, TimeUnit, months_per, time_unit
from perdure.records.trial import Arm, Reported, Trial, classes_of

__all__ = [
    "DAYS_PER_MONTH",
    "REFERENCES",
    "TIME_UNITS",
    "AnalysisResult",
    "Arm",
    "ArmEstimate",
    "ArmResult",
    "Bools",
    "ClassDifference",
    "ClassRow",
    "Coefficient",
    "Contrast",
    "Curve",
    "DurableResponse",
    "Evidence",
    "Floats",
    "Ints",
    "LeftOut",
    "NotEstimable",
    "NumbersAtRisk",
    "Patients",
    "Pooled",
    "Proportion",
    "Reconstruction",
    "Reference",
    "Reported",
    "Results",
    "RiskCheck",
    "Source",
    "Status",
    "SurvivalCheck",
    "Synthesis",
    "TimeUnit",
    "Trial",
    "TrialContrast",
    "classes_of",
    "frozen",
    "months_per",
    "time_unit",
]
