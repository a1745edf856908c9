"""A one-stage model of pseudo-values: coefficients with errors that come from trials."""

from dataclasses import dataclass

from perdure.records.pooled import Coefficient

__all__ = ["OneStage"]


@dataclass(frozen=True)
class OneStage:
    """Generalised estimating equations on patients' pseudo-values, with trials as clusters.

    Attributes
    ----------
    link : {"plain", "logit", "log-log"}
        The scale of the mean that the coefficients are on.
    sandwich : {"CR0", "CR2", "Mancl-DeRouen"}
    degrees : {"Satterthwaite", "trials - p", "z"}
    n_patients, n_trials : int
    coefficients : tuple of Coefficient
    within_se : tuple of float
        Error of each coefficient from sampling patients alone, for these very trials: smaller
        than the coefficient's own where trials differ. Not for inference.
    scale : float
        Mean squared residual of a patient.
    """

    link: str
    sandwich: str
    degrees: str
    n_patients: int
    n_trials: int
    coefficients: tuple[Coefficient, ...]
    within_se: tuple[float, ...]
    scale: float
