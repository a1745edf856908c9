"""Frozen records that the stages hand to each other; validated once, at birth."""

from perdure.records.arm_covariance import ArmCovariance
from perdure.records.arm_vector import ArmVector
from perdure.records.arrays import Bools, Floats, Ints, frozen
from perdure.records.award import AwardCriterion, TailAward
from perdure.records.bootstrap import Bootstrap, TrialBootstrap
from perdure.records.certainty import Certainty, CertaintyLevel
from perdure.records.contrast_synthesis import ContrastGroup, ContrastRow, ContrastSynthesis
from perdure.records.curve import Curve, NumbersAtRisk
from perdure.records.estimate import (
    REFERENCES,
    ArmEstimate,
    Contrast,
    DurableResponse,
    NotEstimable,
    Proportion,
    Reference,
    Source,
    Status,
    TrialContrast,
)
from perdure.records.extrapolation import ModelEstimate, ModelParameter
from perdure.records.figure_origin import FigureOrigin
from perdure.records.follow_up import (
    CuredFraction,
    FollowUp,
    SufficiencyTest,
    TailTest,
    ThresholdReach,
)
from perdure.records.patients import (
    Evidence,
    Patients,
    Reconstruction,
    RiskCheck,
    SurvivalCheck,
)
from perdure.records.pooled import (
    ClassDifference,
    ClassRow,
    Coefficient,
    Heterogeneity,
    JointTest,
    LeftOut,
    Pooled,
    PooledModel,
    PooledTest,
    Predicted,
    Synthesis,
)
from perdure.records.prisma import PrismaFlow
from perdure.records.profile import Area, Profile, ProfileContrast, TrialProfile
from perdure.records.published_fact import (
    CERTAINTIES,
    FACT_KINDS,
    CurveBand,
    FactCertainty,
    FactCheck,
    FactKind,
    PublishedFact,
    certainty_of,
)
from perdure.records.regression import FactorMeans, MetaRegression
from perdure.records.results import AnalysisResult, ArmResult, Results
from perdure.records.risk_of_bias import DOMAINS, JUDGEMENTS, Judgement, RiskOfBias
from perdure.records.stratified import Stratified
from perdure.records.tail import ArmTail, TailContrast, TailMeasure, TailQuantity, TrialTail
from perdure.records.tail_result import ArmAwards, ArmModels, TailResult
from perdure.records.time_unit import DAYS_PER_MONTH, TIME_UNITS, TimeUnit, months_per, time_unit
from perdure.records.trial import Arm, Reported, Trial, classes_of

__all__ = [
    "CERTAINTIES",
    "DAYS_PER_MONTH",
    "DOMAINS",
    "FACT_KINDS",
    "JUDGEMENTS",
    "REFERENCES",
    "TIME_UNITS",
    "AnalysisResult",
    "Area",
    "Arm",
    "ArmAwards",
    "ArmCovariance",
    "ArmEstimate",
    "ArmModels",
    "ArmResult",
    "ArmTail",
    "ArmVector",
    "AwardCriterion",
    "Bools",
    "Bootstrap",
    "Certainty",
    "CertaintyLevel",
    "ClassDifference",
    "ClassRow",
    "Coefficient",
    "Contrast",
    "ContrastGroup",
    "ContrastRow",
    "ContrastSynthesis",
    "CuredFraction",
    "Curve",
    "CurveBand",
    "DurableResponse",
    "Evidence",
    "FactCertainty",
    "FactCheck",
    "FactKind",
    "FactorMeans",
    "FigureOrigin",
    "Floats",
    "FollowUp",
    "Heterogeneity",
    "Ints",
    "JointTest",
    "Judgement",
    "LeftOut",
    "MetaRegression",
    "ModelEstimate",
    "ModelParameter",
    "NotEstimable",
    "NumbersAtRisk",
    "Patients",
    "Pooled",
    "PooledModel",
    "PooledTest",
    "Predicted",
    "PrismaFlow",
    "Profile",
    "ProfileContrast",
    "Proportion",
    "PublishedFact",
    "Reconstruction",
    "Reference",
    "Reported",
    "Results",
    "RiskCheck",
    "RiskOfBias",
    "Source",
    "Status",
    "Stratified",
    "SufficiencyTest",
    "SurvivalCheck",
    "Synthesis",
    "TailAward",
    "TailContrast",
    "TailMeasure",
    "TailQuantity",
    "TailResult",
    "TailTest",
    "ThresholdReach",
    "TimeUnit",
    "Trial",
    "TrialBootstrap",
    "TrialContrast",
    "TrialProfile",
    "TrialTail",
    "certainty_of",
    "classes_of",
    "frozen",
    "months_per",
    "time_unit",
]
