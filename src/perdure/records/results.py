"""What a run of a study found: the one record that the report is written from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from perdure.records.arm_covariance import ArmCovariance
from perdure.records.checks import ContrastChecks
from perdure.records.class_models import ClassModels
from perdure.records.contrast_synthesis import ContrastSynthesis
from perdure.records.curve import Curve
from perdure.records.estimate import ArmEstimate, Source, TrialContrast
from perdure.records.figure_origin import FigureOrigin
from perdure.records.likelihood_profile import ContrastProfile
from perdure.records.missing_arms import ClassMissingArms
from perdure.records.network import ClassNetwork
from perdure.records.patients import Evidence, Patients
from perdure.records.pooled import Synthesis
from perdure.records.published_fact import CurveBand
from perdure.records.sensitivity_analysis import SensitivityAnalysis, VariedEstimates
from perdure.records.tail_result import TailResult

__all__ = ["AnalysisResult", "ArmResult", "Results"]


@dataclass(frozen=True)
class ArmResult:
    """What was known and rebuilt of one arm in one analysis.

    Attributes
    ----------
    arm : str
    source : {"patients", "curve", "facts", "published"}
    patients : Patients or None
        Observed or rebuilt, in months; None for published facts and a published estimate.
    curve : Curve or None
        The published curve, in months, where the arm entered by one.
    evidence : Evidence or None
        How well the rebuilt patients fit it.
    method : str or None
        Name of the reconstruction's method.
    warnings : tuple of str
    origin : FigureOrigin or None
        The figure that perdure read the curve in; None where it was given.
    band : CurveBand or None
        What published facts say of the curve, in months; None where the arm entered otherwise.
    """

    arm: str
    source: Source
    patients: Patients | None
    curve: Curve | None
    evidence: Evidence | None
    method: str | None
    warnings: tuple[str, ...] = ()
    origin: FigureOrigin | None = None
    band: CurveBand | None = None


@dataclass(frozen=True)
class AnalysisResult:
    """All that was computed of one analysis: one endpoint of one trial at one cut-off.

    Attributes
    ----------
    trial, endpoint : str
    analysis : str
        Empty for a trial's only analysis of the endpoint.
    primary : bool
        Whether it is pooled.
    arms : tuple of ArmResult
    estimates : tuple of ArmEstimate
        One for each arm and reference.
    contrasts : tuple of TrialContrast
    tail : TailResult or None
        None where no arm has patients.
    covariances : mapping of str to ArmCovariance
        By reference, how the arms' durable responses vary together.
    varied : tuple of VariedEstimates
        The estimates under other references, multiples and histories than the study's.
    """

    trial: str
    endpoint: str
    analysis: str
    primary: bool
    arms: tuple[ArmResult, ...]
    estimates: tuple[ArmEstimate, ...]
    contrasts: tuple[TrialContrast, ...]
    tail: TailResult | None = None
    covariances: Mapping[str, ArmCovariance] = field(default_factory=dict)
    varied: tuple[VariedEstimates, ...] = ()


@dataclass(frozen=True)
class Results:
    """Everything that a run of a study found.

    Attributes
    ----------
    analyses : tuple of AnalysisResult
        In the order of trials.csv.
    syntheses : tuple of Synthesis
        Arms by class.
    provenance : mapping of str to str
        What to cite a run by: version of perdure and of its libraries, seed, digest of the input.
    notices : tuple of str
        What was repaired in the input, each a sentence with its place.
    contrast_syntheses : tuple of ContrastSynthesis
        Arms against the control of their trial, one for each endpoint, reference and measure.
    networks : tuple of ClassNetwork
        Classes compared through common controls, one for each endpoint and reference.
    class_models : tuple of ClassModels
        Classes of arms compared by several models, one for each endpoint and reference.
    missing_arms : tuple of ClassMissingArms
        What arms that are not estimable may change, where there are any.
    checks : tuple of ContrastChecks
        Of the contrasts within trials.
    likelihoods : tuple of ContrastProfile
        Over the variance between these contrasts.
    sensitivity : tuple of SensitivityAnalysis
        The headline answers with one choice changed at a time.
    """

    analyses: tuple[AnalysisResult, ...]
    syntheses: tuple[Synthesis, ...]
    provenance: Mapping[str, str]
    notices: tuple[str, ...] = ()
    contrast_syntheses: tuple[ContrastSynthesis, ...] = ()
    networks: tuple[ClassNetwork, ...] = ()
    class_models: tuple[ClassModels, ...] = ()
    missing_arms: tuple[ClassMissingArms, ...] = ()
    checks: tuple[ContrastChecks, ...] = ()
    likelihoods: tuple[ContrastProfile, ...] = ()
    sensitivity: tuple[SensitivityAnalysis, ...] = ()
