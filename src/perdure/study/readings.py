"""What was read in figures, from its files in results/digitised/ to the arms that it is of."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from perdure.errors import InputError, Problem
from perdure.reconstruct import gather, numbers_at_risk_from_table
from perdure.records import Arm, Curve, FigureOrigin, Floats, NumbersAtRisk, TimeUnit
from perdure.study.analysis import PrintedInFigure
from perdure.study.figures import CurveInFigure
from perdure.study.tables import read_table

__all__ = [
    "Cell",
    "Entered",
    "ReadArm",
    "ReadCurve",
    "ReadPanel",
    "entered",
    "names_read",
    "read_curve_in",
    "read_panel",
]

_NO_UNIT = "does not say its unit"
"""Of the digitiser's warning; a study has a unit to fall back on."""


@dataclass(frozen=True)
class Cell:
    """A number at risk as it was read."""

    time: float
    n: int
    flagged: bool


@dataclass(frozen=True, eq=False)
class ReadArm:
    """One curve of a figure, as it was read.

    Attributes
    ----------
    arm : str
        Its name in the files of the reading.
    label : str
        As printed; empty where no name was found.
    time, survival : array of float
        As the reading's file has them.
    resolution : float
    marks : tuple of float
    cells : tuple of Cell
    certainty : float
    doubts : tuple of str
    n, median : int and float, or None
        As the figure prints them.
    """

    arm: str
    label: str
    time: Floats
    survival: Floats
    resolution: float
    marks: tuple[float, ...]
    cells: tuple[Cell, ...]
    certainty: float
    doubts: tuple[str, ...]
    n: int | None = None
    median: float | None = None

    @property
    def name(self) -> str:
        """What a person calls it: its label, or its name in the files."""
        return self.label or self.arm


@dataclass(frozen=True, eq=False)
class ReadPanel:
    """One figure, as it was read.

    Attributes
    ----------
    folder : str
        Of its files, relative to the study's folder.
    panel : int
    time_unit : {"days", "weeks", "months", "years"} or None
        As the figure says.
    arms : tuple of ReadArm
    warnings : tuple of str
    hazard_ratio : float or None
        As the figure prints it.
    """

    folder: str
    panel: int
    time_unit: TimeUnit | None
    arms: tuple[ReadArm, ...]
    warnings: tuple[str, ...]
    hazard_ratio: float | None = None

    @property
    def overlay(self) -> str:
        """The figure with what was read drawn over it, relative to the study's folder."""
        return f"{self.folder}/overlay.png"


@dataclass(frozen=True, eq=False)
class ReadCurve:
    """The curve of a row of figures.csv, with where it was found and what to know of it."""

    arm: ReadArm
    time_unit: TimeUnit | None
    origin: FigureOrigin
    notices: tuple[str, ...]
    hazard_ratio: float | None = None

    def noted(self, note: str) -> "ReadCurve":
        """Return it with one more sentence to know."""
        return replace(self, notices=(*self.notices, note))


def read_panel(study: Path, folder: Path) -> ReadPanel:
    """Read the files of one figure that ``digitised_files`` wrote."""
    record: dict[str, Any] = json.loads((folder / "digitised.json").read_text(encoding="utf-8"))
    cells: dict[str, list[Cell]] = {}
    for cell in record["risk_cells"]:
        found = Cell(float(cell["time"]), int(cell["n"]), bool(cell["flagged"]))
        cells.setdefault(cell["arm"], []).append(found)
    return ReadPanel(
        folder.relative_to(study).as_posix(),
        int(record["panel"]),
        record["axes"]["time_unit"],
        tuple(
            _read_arm(one, folder, cells.get(one["arm"], ()), record["printed"])
            for one in record["arms"]
        ),
        tuple(one for one in record["warnings"] if _NO_UNIT not in one),
        record["printed"]["hazard_ratio"],
    )


def _read_arm(
    record: Mapping[str, Any],
    folder: Path,
    cells: Iterable[Cell],
    printed: Mapping[str, Any],
) -> ReadArm:
    problems: list[Problem] = []
    table = read_table(folder / record["curve"])
    time, survival = table.numbers("time", problems), table.numbers("survival", problems)
    return ReadArm(
        record["arm"],
        record["label"],
        time,
        survival,
        float(record["resolution"]),
        tuple(float(mark) for mark in record["marks"]),
        tuple(cells),
        float(record["certainty"]),
        tuple(record["doubts"]),
        printed["n"].get(record["label"]),
        printed["medians"].get(record["label"]),
    )


def read_curve_in(row: CurveInFigure, panel: ReadPanel, arm: ReadArm, *, alone: bool) -> ReadCurve:
    """Return a row's curve; ``alone`` where its page has no other figure."""
    looks = [f"{arm.name!r}: {doubt}" for doubt in arm.doubts]
    if flagged := [f"{cell.n} at {cell.time:g}" for cell in arm.cells if cell.flagged]:
        listed = ", ".join(flagged)
        looks.append(
            f"{arm.name!r}: numbers at risk that may be misread, and are not used: {listed}"
        )
    origin = FigureOrigin(
        row.file,
        row.page,
        None if alone else panel.panel,
        arm.name,
        arm.certainty,
        panel.overlay,
        tuple(looks),
    )
    said = [f"{row.figure}: {warning}" for warning in panel.warnings]
    said += [f"{row.figure}: to check in {panel.overlay}: {look}" for look in looks]
    if row.time_unit is not None and panel.time_unit not in (None, row.time_unit):
        said.append(
            f"{row.place}: time_unit is {row.time_unit}, but the axis of {row.file} says"
            f" {panel.time_unit}; {row.time_unit} were taken"
        )
    ratio = panel.hazard_ratio if len(panel.arms) == 2 else None
    return ReadCurve(arm, row.time_unit or panel.time_unit, origin, tuple(said), ratio)


@dataclass(frozen=True, eq=False)
class Entered:
    """What the next stage takes of an arm that was read in a figure; times in one unit."""

    curve: Curve
    numbers_at_risk: NumbersAtRisk | None
    marks: tuple[float, ...] | None
    origin: FigureOrigin
    notices: tuple[str, ...]
    printed: PrintedInFigure


def entered(
    row: CurveInFigure,
    read: ReadCurve,
    arm: Arm,
    by_hand: NumbersAtRisk | None,
    unit: TimeUnit,
    resolution: float | None,
) -> Entered | str:
    """Return an arm's curve in ``unit``, with its numbers at risk, or why there is none.

    Numbers ``by_hand`` win over those in the figure; those that are flagged, or that contradict n
    of arms.csv, are left out and said. What the figure prints of the arm and arms.csv does not
    have is a check; n is used where there is no table.
    """
    own = read.time_unit or unit
    said = list(read.notices)
    if read.time_unit is None:
        said.append(f"{row.figure}: the time axis does not say its unit; {unit} were taken")
    found = read.arm
    curve = Curve(found.time, found.survival, own, resolution or found.resolution).in_unit(unit)
    n = arm.reported_for(row.endpoint).n
    table = by_hand
    if table is None:
        table = _table(found.cells, n, own, f"{row.figure}, curve {found.name!r}", said)
    factor = curve.end_time / float(found.time[-1]) if found.time[-1] > 0 else 1.0
    marks = tuple(mark * factor for mark in found.marks) if found.marks and table else None
    if found.marks and marks is None:
        said.append(
            f"{row.figure}, curve {found.name!r}: {len(found.marks)} censoring marks were read and"
            " are not used: without numbers at risk nothing tells which of them hide others"
        )
    printed = _printed(row, read, arm, factor)
    said += _said_of(printed, f"{row.figure}, curve {found.name!r}", unit)
    remedy = (
        f"write n (or n_{row.endpoint}) into arms.csv, or type"
        f" risk/{'.'.join(filter(None, row.key))}.csv"
    )
    if table is None and n is None and printed.n is None:
        return f"no numbers at risk were read in {row.figure}, and n is not known: {remedy}"
    try:
        if by_hand is None:
            gather(curve, table, n=printed.n if n is None and table is None else n)
    except InputError as error:
        problem = error.problems[0]
        return f"what {row.figure} shows contradicts itself: {problem.message}; {remedy}"
    origin = replace(read.origin, risk=by_hand is None and table is not None)
    return Entered(curve, table, marks, origin, tuple(dict.fromkeys(said)), printed)


def _printed(row: CurveInFigure, read: ReadCurve, arm: Arm, factor: float) -> PrintedInFigure:
    """Return what the figure prints and arms.csv does not have."""
    reported, found = arm.reported_for(row.endpoint), read.arm
    ratio = read.hazard_ratio if reported.hr is None and arm.comparator is not None else None
    return PrintedInFigure(
        found.n if reported.n is None else None,
        found.median * factor if reported.median is None and found.median else None,
        ratio or None,
    )


def _said_of(printed: PrintedInFigure, where: str, unit: TimeUnit) -> list[str]:
    """Return a sentence on what the figure prints, where it prints anything."""
    facts = [
        *([] if printed.n is None else [f"n = {printed.n}"]),
        *([] if printed.median is None else [f"median {printed.median:.4g} {unit}"]),
        *([] if printed.hr is None else [f"hazard ratio {printed.hr:g}"]),
    ]
    if not facts:
        return []
    return [f"{where}: the figure prints {', '.join(facts)}; taken as a check, arms.csv has none"]


def _table(
    cells: Sequence[Cell], n: int | None, unit: TimeUnit, where: str, said: list[str]
) -> NumbersAtRisk | None:
    """Return the numbers at risk that are sure and agree with n; None where there are none."""
    sure = [cell for cell in cells if not cell.flagged]
    against = [
        cell for cell in sure if n is not None and (cell.n > n or (cell.time == 0 and cell.n != n))
    ]
    if against:
        listed = ", ".join(f"{cell.n} at {cell.time:g}" for cell in against)
        said.append(
            f"{where}: {listed} at risk, and n = {n} in arms.csv, which is believed; look whether"
            " the figure is of the same population"
        )
    kept = [cell for cell in sure if cell not in against]
    if not kept:
        return None
    time, number = np.array([[cell.time, cell.n] for cell in kept], dtype=np.float64).T
    try:
        table, notices = numbers_at_risk_from_table(time, number, time_unit=unit)
    except InputError as error:
        said.append(f"{where}: its numbers at risk are not used: {error.problems[0].message}")
        return None
    said += [f"{where}: {notice}" for notice in notices]
    return table


def names_read(panels: Collection[ReadPanel]) -> str:
    """Return the names of all curves that were read, for a message."""
    several = len(panels) > 1
    return "; ".join(
        (f"panel {panel.panel}: " if several else "")
        + ", ".join(repr(arm.name) for arm in panel.arms)
        for panel in panels
    )
