"""The headline answers again, with one choice changed at a time."""

from dataclasses import dataclass
from typing import Literal

from perdure.records.arm_covariance import ArmCovariance
from perdure.records.estimate import ArmEstimate, Reference

__all__ = [
    "AnswerKind",
    "Change",
    "SensitivityAnalysis",
    "SensitivityRow",
    "Variation",
    "VariedEstimates",
]

Change = Literal[
    "primary",
    "reference",
    "k",
    "scale",
    "model",
    "tau2 estimator",
    "test",
    "reconstruction",
    "data",
    "thin arms",
    "published estimates",
    "published facts",
]
"""What differs from the primary analysis; all else is as there."""

AnswerKind = Literal["class", "class difference", "contrast"]
"""A class's pooled proportion; two classes compared; contrasts within trials."""


@dataclass(frozen=True)
class Variation:
    """A question to the patients of a trial that is not the study's own.

    Attributes
    ----------
    reference : {"own", "control", "trial", "fixed"}
    k : float
        Not used by ``fixed``.
    histories : bool
        Whether rebuilt arms are estimated in every history; False: in the one that is shown, as if
        it had been observed.
    """

    reference: Reference
    k: float
    histories: bool = True


@dataclass(frozen=True)
class VariedEstimates:
    """What an analysis answers to a variation.

    Attributes
    ----------
    variation : Variation
    estimates : tuple of ArmEstimate
    covariance : ArmCovariance
        Of the arms' proportions.
    """

    variation: Variation
    estimates: tuple[ArmEstimate, ...]
    covariance: ArmCovariance


@dataclass(frozen=True)
class SensitivityRow:
    """One answer with one choice changed.

    Attributes
    ----------
    change : str
    setting : str
        What was chosen instead; of the primary analysis, what it is.
    n_effects, n_trials : int
        Arms (of contrasts: contrasts) in the model, and their trials.
    n_patients : int or None
        Of these arms, each counted once; None where the size of one is not known.
    estimate, ci_low, ci_high : float or None
        On the scale of the analysis; None with a ``reason``.
    prediction_low, prediction_high : float or None
    tau2 : float or None
        On the scale that this row was pooled on.
    difference : float or None
        From the primary estimate.
    without, more : tuple of (trial, arm)
        Arms of the primary model that are not in this one, and those that only this one has.
    reason : str or None
        Why there is no estimate.
    remark : str
        What a reader should know of it.
    """

    change: Change
    setting: str
    n_effects: int
    n_trials: int
    n_patients: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    tau2: float | None
    difference: float | None
    without: tuple[tuple[str, str], ...]
    more: tuple[tuple[str, str], ...]
    reason: str | None
    remark: str = ""


@dataclass(frozen=True)
class SensitivityAnalysis:
    """One headline answer of an endpoint under every change.

    Attributes
    ----------
    endpoint : str
    k : float or None
        Of the primary analysis, as ``reference``.
    reference : {"own", "control", "trial", "fixed"}
    by : str
        The column that names the classes.
    kind : {"class", "class difference", "contrast"}
    name : str
        The class, or what is compared; "all contrasts" for all together.
    measure : str
        "proportion", "log odds ratio", "log ratio" or "difference": the scale of the estimates.
    rows : tuple of SensitivityRow
        The primary analysis first.
    """

    endpoint: str
    k: float | None
    reference: Reference
    by: str
    kind: AnswerKind
    name: str
    measure: str
    rows: tuple[SensitivityRow, ...]

    @property
    def primary(self) -> SensitivityRow:
        """The analysis that all others are compared with."""
        return self.rows[0]

    @property
    def known(self) -> tuple[SensitivityRow, ...]:
        """The rows that have an estimate."""
        return tuple(row for row in self.rows if row.estimate is not None)

    @property
    def moves_most(self) -> SensitivityRow | None:
        """The row farthest from the primary estimate; None where nothing moves it."""
        moved = [row for row in self.known if row.difference]
        return max(moved, key=lambda row: abs(row.difference or 0.0), default=None)
