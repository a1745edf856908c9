"""One endpoint of one trial, with what is known of each arm's survival."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from perdure.records import Curve, FigureOrigin, NumbersAtRisk, Patients, Source, TimeUnit
from perdure.study.naming import stem_of

__all__ = ["Analysis", "ArmInput", "PrintedInFigure"]


@dataclass(frozen=True)
class PrintedInFigure:
    """What a figure prints of one arm: checks, where arms.csv has no such number.

    Attributes
    ----------
    n : int or None
    median : float or None
        In the unit of the arm's curve.
    hr : float or None
        Against the arm's comparator, where the figure shows these two.
    """

    n: int | None = None
    median: float | None = None
    hr: float | None = None


@dataclass(frozen=True)
class ArmInput:
    """What is known of one arm's survival: patients, or a curve with numbers at risk.

    Attributes
    ----------
    arm : str
    patients : Patients or None
    curve : Curve or None
    numbers_at_risk : NumbersAtRisk or None
    notices : tuple of str
        What was repaired in this arm's files.
    marks : tuple of float or None
        Times of censoring marks, in the curve's unit, where they were read.
    origin : FigureOrigin or None
        The figure that perdure read the curve in; None where a file was given.
    printed : PrintedInFigure
        What that figure prints, where arms.csv has no such number.
    """

    arm: str
    patients: Patients | None
    curve: Curve | None
    numbers_at_risk: NumbersAtRisk | None
    notices: tuple[str, ...] = ()
    marks: tuple[float, ...] | None = None
    origin: FigureOrigin | None = None
    printed: PrintedInFigure = PrintedInFigure()

    @property
    def source(self) -> Source:
        """Where the arm enters: "patients" or "curve"."""
        return "curve" if self.patients is None else "patients"


@dataclass(frozen=True)
class Analysis:
    """One endpoint of one trial at one cut-off, in one population.

    Attributes
    ----------
    trial, endpoint : str
    analysis : str
        Empty where the trial has one analysis of the endpoint without a name.
    primary : bool
        Whether it is pooled; the others are sensitivity analyses.
    label : str
    time_unit : {"days", "weeks", "months", "years"}
        Of its files.
    arms : tuple of ArmInput
    files : tuple of str
        Its files, relative to the study's folder.
    without_curve : mapping of str to str
        Arms whose curve is in a figure that was not read, with the reason.
    """

    trial: str
    endpoint: str
    analysis: str
    primary: bool
    label: str
    time_unit: TimeUnit
    arms: tuple[ArmInput, ...]
    files: tuple[str, ...]
    without_curve: Mapping[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Name of its files: <trial>.<endpoint>[.<analysis>]."""
        return stem_of((self.trial, self.endpoint, self.analysis))

    def file_of(self, arm: ArmInput) -> str:
        """Return the file that holds an arm's survival, relative to the study's folder."""
        if arm.source == "patients":
            return f"patients/{self.stem}.csv"
        if arm.origin is not None:
            return arm.origin.file
        return f"curves/{self.stem}.{arm.arm}.csv"
