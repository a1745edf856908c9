"""What is found in a figure: axes, curves, names, numbers at risk, and how sure each is."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perdure.figure.page import Colour, Picture
from perdure.records import Floats
from perdure.records.time_unit import TimeUnit

__all__ = [
    "Axes",
    "Axis",
    "Digitised",
    "DigitisedArm",
    "FoundCurve",
    "LegendEntry",
    "PrintedFacts",
    "RiskCell",
    "RiskTable",
]


@dataclass(frozen=True)
class Axis:
    """How pixels become values: value = ``start`` + ``step`` x pixel.

    Attributes
    ----------
    start, step : float
    low, high : float
        Values of the first and the last labelled tick.
    ticks : tuple of float
        Values of the labelled ticks, in order.
    residual : float
        Largest distance between a labelled tick and the line, in pixels.
    certainty : float
        Between 0 and 1.
    """

    start: float
    step: float
    low: float
    high: float
    ticks: tuple[float, ...]
    residual: float
    certainty: float

    def value(self, pixel: Floats | float) -> Floats | float:
        """Return the value at a pixel."""
        return self.start + self.step * pixel

    def pixel(self, value: Floats | float) -> Floats | float:
        """Return the pixel of a value."""
        return (value - self.start) / self.step


@dataclass(frozen=True)
class Axes:
    """The frame of a Kaplan-Meier figure.

    Attributes
    ----------
    x, y : Axis
        Time in ``time_unit``; survival as a fraction, whatever is printed.
    left, top, right, bottom : float
        The area of the plot in pixels, inside its axis lines.
    time_unit : {"days", "weeks", "months", "years"} or None
        None where no title says it.
    percent : bool
        Survival is printed in per cent.
    x_title, y_title : str
    warnings : tuple of str
    """

    x: Axis
    y: Axis
    left: float
    top: float
    right: float
    bottom: float
    time_unit: TimeUnit | None
    percent: bool
    x_title: str = ""
    y_title: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class LegendEntry:
    """A name with the look of its curve: from a legend, or the colour of a label beside a curve.

    ``place`` is where the sample of line lies (left, top, right, bottom), None for a label beside
    its curve; ``dash`` tells solid from dashed where the sample shows it. ``certainty`` is that of
    the name's letters.
    """

    name: str
    colour: Colour
    box: tuple[float, float, float, float]
    place: tuple[float, float, float, float] | None = None
    dash: bool | None = None
    certainty: float = 1.0


@dataclass(frozen=True, eq=False)
class FoundCurve:
    """A curve as it was followed.

    Attributes
    ----------
    x, y : array of float, shape (points,)
        The corners of its steps in pixels, in order of time; right-continuous: from ``x[i]`` on
        the curve lies at ``y[i]``.
    end : float
        The pixel at which it ends.
    colour : tuple of int
    dashed : bool
    width : float
        Of its line, in pixels.
    marks : array of float, shape (marks,)
        Pixels (x) of its censoring marks.
    certainty : float
        Between 0 and 1.
    doubts : tuple of str
        Why a person should look.
    """

    x: Floats
    y: Floats
    end: float
    colour: Colour
    dashed: bool
    width: float
    marks: Floats
    certainty: float
    doubts: tuple[str, ...] = ()

    def rows_at(self, columns: Floats | NDArray[np.int64]) -> Floats:
        """Return the row of the curve in each column; before its start, that of its start."""
        return self.y[np.clip(np.searchsorted(self.x, columns, side="right") - 1, 0, None)]


@dataclass(frozen=True)
class RiskCell:
    """A number at risk: ``time`` of its column, the number, and how sure the reader is.

    ``other`` are the next best readings; ``events`` or ``censored`` what stands in brackets.
    """

    time: float
    n: int
    certainty: float
    flagged: bool = False
    other: tuple[int, ...] = ()
    in_brackets: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class RiskTable:
    """Numbers at risk: one row a name, in the order of the page; ``colours`` of the rows' names.

    ``brackets`` says what the numbers in brackets are: ``"events"``, ``"censored"`` or empty.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[RiskCell, ...], ...]
    colours: tuple[Colour, ...]
    brackets: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrintedFacts:
    """Numbers printed in the figure: hazard ratio with interval, p, medians and n by arm's name."""

    hazard_ratio: float | None = None
    hazard_ratio_low: float | None = None
    hazard_ratio_high: float | None = None
    p: str = ""
    medians: dict[str, float] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DigitisedArm:
    """One arm of a figure.

    Attributes
    ----------
    arm : str
        Made from the label, unique in the figure: the name of its files.
    label : str
        As printed; empty where no name was found.
    time, survival : array of float, shape (points,)
        The corners of the steps, right-continuous, in the axis's unit; the last point is where the
        curve ends.
    resolution : float
        Half a pixel, in survival.
    found : FoundCurve
        Where it lies in the picture.
    marks : array of float, shape (marks,)
        Times of its censoring marks.
    risk : tuple of RiskCell
        Its row of the table; empty where there is none.
    certainty : float
        Between 0 and 1.
    doubts : tuple of str
        Why a person should look; empty where nothing is doubted.
    """

    arm: str
    label: str
    time: Floats
    survival: Floats
    resolution: float
    found: FoundCurve
    marks: Floats
    risk: tuple[RiskCell, ...]
    certainty: float
    doubts: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """A person should look."""
        return bool(self.doubts)


@dataclass(frozen=True, eq=False)
class Digitised:
    """What was read in one figure.

    Attributes
    ----------
    source : str
        The file's name; ``page`` and ``panel`` in it, from 1.
    axes : Axes
        In the pixels of ``picture``.
    arms : tuple of DigitisedArm
        From the highest curve to the lowest.
    table : RiskTable or None
    facts : PrintedFacts
    time_unit : {"days", "weeks", "months", "years"} or None
        None where the figure does not say it.
    picture : Picture
        What was read, upright.
    offset : tuple of float
        Where ``picture`` begins in the picture of the whole file: x, y.
    vector : bool
        Curves were read from paths.
    warnings : tuple of str
    """

    source: str
    axes: Axes
    arms: tuple[DigitisedArm, ...]
    table: RiskTable | None
    facts: PrintedFacts
    time_unit: TimeUnit | None
    picture: Picture
    page: int = 1
    panel: int = 1
    offset: tuple[float, float] = (0.0, 0.0)
    vector: bool = False
    warnings: tuple[str, ...] = ()
