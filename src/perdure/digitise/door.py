"""A figure walks in; its curves, names and numbers at risk walk out, each with its certainty."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from perdure.digitise.alike import named_alike
from perdure.digitise.axes import find_axes
from perdure.digitise.found import (
    Axes,
    Digitised,
    DigitisedArm,
    FoundCurve,
    LegendEntry,
    RiskCell,
    RiskTable,
)
from perdure.digitise.given import Known, axes_given, box_given
from perdure.digitise.legend import find_legend, text_boxes
from perdure.digitise.names import UNLIKE, arm_names, colours_apart, named_curves, rows_of_arms
from perdure.digitise.paths import curves_from_drawing
from perdure.digitise.plausible import checked_row, excess_at_risk
from perdure.digitise.printed import printed_facts
from perdure.digitise.risk_table import read_risk_table
from perdure.digitise.sources import FigureSource, figures_in
from perdure.digitise.trace import trace_curves
from perdure.digitise.uncovered import is_crossed, words_uncovered
from perdure.errors import InputError, Problem
from perdure.figure.page import Word
from perdure.records import Floats

__all__ = ["Known", "digitise"]

SURE = 0.5
"""A curve of less certainty is one to look at."""
SURE_NAME = 0.85
"""A name of less certainty is one to look at."""
FOREIGN = 28.0
"""A curve whose colour is this far from every name's of a legend is none of its arms."""


def digitise(
    path: str | Path, *, page: int | None = None, known: Known | None = None
) -> tuple[Digitised, ...]:
    """Read every Kaplan-Meier figure in a file: axes, curves, names, marks, numbers at risk.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG, TIFF, WebP, GIF, BMP, PDF or SVG.
    page : int, optional
        Of a PDF, from 1.
    known : Known, optional
        What a person knows, which is then believed.

    Returns
    -------
    tuple of Digitised
        One a panel, in the order of reading.

    Raises
    ------
    InputError
        If the file cannot be read, or no figure in it has axes and curves: with the reason.
    """
    path, known = Path(path), known or Known()
    found: list[Digitised] = []
    refused: list[InputError] = []
    for source in figures_in(path, page):
        try:
            found.append(_read(source, path, known))
        except InputError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return tuple(found)


def _read(source: FigureSource, path: Path, known: Known) -> Digitised:
    """Read one figure."""
    source, axes = _with_axes(source, path, known)
    page = source.drawing if source.drawing is not None else source.picture
    table = read_risk_table(source.words, axes, page)
    legend = find_legend(source.words, axes, page, table)
    if table is not None:
        table = named_alike(table, [one for one in legend if one.certainty >= SURE_NAME])
    rows = len(table.names) if table is not None else 0
    curves, vector = _curves(source, axes, legend, rows)
    if not curves:
        raise InputError(
            Problem(
                "axes were found, but no curve that falls from survival 1 at time 0",
                "check that it is a Kaplan-Meier figure; name its plot by --box or its colours",
                file=path.name,
            )
        )
    if not vector:
        legend = _legend_uncovered(source, axes, table, legend, curves)
    curves, dropped = _of_legend(known.chosen(curves), legend, axes, rows)
    arms, warnings = _arms(curves, legend, table, axes, known)
    facts = printed_facts(source.words, [arm.label for arm in arms if arm.label])
    unit = known.time_unit or axes.time_unit
    if unit is None:
        warnings = (*warnings, "the time axis does not say its unit: give --time-unit")
    return Digitised(
        path.name,
        axes,
        arms,
        table,
        facts,
        unit,
        source.picture,
        source.page,
        source.panel,
        source.offset,
        vector,
        (*source.notes, *axes.warnings, *(table.warnings if table else ()), *dropped, *warnings),
    )


def _with_axes(source: FigureSource, path: Path, known: Known) -> tuple[FigureSource, Axes]:
    """Return the axes that a person gave, or those that are found."""
    if known.axes is not None:
        return source, axes_given(source, known, path.name)
    source, axes = _found_axes(source, path)
    if known.box is None:
        return source, _covering(axes)
    left, top, right, bottom = box_given(known.box, source)
    return source, replace(axes, left=left, top=top, right=right, bottom=bottom)


def _covering(axes: Axes) -> Axes:
    """Return axes whose plot reaches to their outermost labelled ticks at least."""
    left, right = (float(axes.x.pixel(value)) for value in (axes.x.low, axes.x.high))
    top, bottom = (float(axes.y.pixel(value)) for value in (axes.y.high, axes.y.low))
    return replace(
        axes,
        left=min(axes.left, left),
        right=max(axes.right, right),
        top=min(axes.top, top),
        bottom=max(axes.bottom, bottom),
    )


def _found_axes(source: FigureSource, path: Path) -> tuple[FigureSource, Axes]:
    """Return the axes by the words, read from the pixels where the file's text has them not."""
    page = source.drawing if source.drawing is not None else source.picture
    try:
        return source, find_axes(source.words, page, file=path.name)
    except InputError:
        if source.drawing is None:
            raise
    source = source.with_words_read()
    return source, find_axes(source.words, page, file=path.name)


def _curves(
    source: FigureSource, axes: Axes, legend: Sequence[LegendEntry], rows: int
) -> tuple[tuple[FoundCurve, ...], bool]:
    """Return the curves, from paths where there are any, and whether they are."""
    if source.drawing is not None:
        found = curves_from_drawing(source.drawing, axes, tuple(legend))
        if found:
            return found, True
    samples = [entry.place for entry in legend if entry.place is not None]
    hidden = [*text_boxes(source.words, axes), *samples]
    names = max(len(legend), rows)
    return trace_curves(source.picture.pixels, axes, hidden, names), False


def _legend_uncovered(
    source: FigureSource,
    axes: Axes,
    table: RiskTable | None,
    legend: tuple[LegendEntry, ...],
    curves: Sequence[FoundCurve],
) -> tuple[LegendEntry, ...]:
    """Return the names beside the curves, read again without these where they hide letters."""
    if any(entry.place is not None for entry in legend) or len(curves) + len(legend) < 2:
        return legend
    rows = table.names if table is not None else ()
    unsure = [
        entry
        for entry in legend
        if entry.name not in rows
        and (entry.certainty < SURE_NAME or is_crossed(Word(entry.name, *entry.box), curves))
    ]
    if not unsure and None not in named_curves(curves, legend, axes):
        return legend
    words = words_uncovered(source.picture, source.words, axes, curves)
    return find_legend(words, axes, source.picture, table)


def _of_legend(
    curves: Sequence[FoundCurve], legend: Sequence[LegendEntry], axes: Axes, rows: int
) -> tuple[tuple[FoundCurve, ...], tuple[str, ...]]:
    """Return the curves in the colours of a legend, and a sentence on those that are not.

    None is left out while a name of the legend or a row of the table has no curve.
    """
    samples = [entry for entry in legend if entry.place is not None]
    named = named_curves(curves, samples, axes)
    every_name_has_one = set(range(len(samples))) <= set(named)
    if not samples or len(curves) <= max(len(samples), rows) or not every_name_has_one:
        return tuple(curves), ()
    kept = tuple(
        curve
        for curve, name in zip(curves, named, strict=True)
        if name is not None
        or min(colours_apart(curve.colour, one.colour) for one in samples) < FOREIGN
    )
    lost = len(curves) - len(kept)
    if not lost:
        return kept, ()
    what = "a line falls" if lost == 1 else f"{lost} lines fall"
    return kept, (f"{what} as a curve does but is in no colour of the legend: left out",)


def _arms(
    curves: Sequence[FoundCurve],
    legend: Sequence[LegendEntry],
    table: RiskTable | None,
    axes: Axes,
    known: Known,
) -> tuple[tuple[DigitisedArm, ...], tuple[str, ...]]:
    """Return the arms with their names and rows, the highest first, and what is odd."""
    points = [_points(curve, axes) for curve in curves]
    order = sorted(range(len(curves)), key=lambda at: -_mean_survival(*points[at]))
    curves = [curves[at] for at in order]
    points = [points[at] for at in order]
    entries = named_curves(curves, legend, axes)
    labels = [legend[one].name if one is not None else "" for one in entries]
    rows: tuple[int | None, ...] = (None,) * len(curves)
    if table is not None and table.names:
        shares = np.array(
            [[excess_at_risk(*one, row) for row in table.rows] for one in points]
        ).reshape(len(curves), len(table.rows))
        rows = rows_of_arms(labels, curves, table, shares)
        labels = [
            label or (table.names[row] if row is not None else "")
            for label, row in zip(labels, rows, strict=True)
        ]
    certain = [_certainty_of_name(*one, legend) for one in zip(curves, entries, strict=True)]
    if table is not None and len(table.names) == len(curves) and all(table.names):
        # a row's name is not crossed by a curve
        labels = [
            table.names[row] if row is not None and sure < SURE_NAME else label
            for label, row, sure in zip(labels, rows, certain, strict=True)
        ]
    if known.names:
        labels, certain = list(known.names), [1.0] * len(known.names)
    names = arm_names(labels)
    resolution = abs(axes.y.step) / 2
    arms = tuple(
        _arm(
            names[at],
            labels[at],
            curve,
            points[at],
            table.rows[row] if table is not None and row is not None else (),
            axes,
            resolution,
            certain[at],
        )
        for at, (curve, row) in enumerate(zip(curves, rows, strict=True))
    )
    return arms, tuple(_odd(len(curves), entries, legend, rows, table))


def _certainty_of_name(
    curve: FoundCurve, entry: int | None, legend: Sequence[LegendEntry]
) -> float:
    """Return how sure it is that a name is read right and is this curve's."""
    if entry is None:
        return 1.0
    one = legend[entry]
    apart = colours_apart(curve.colour, one.colour) if one.place is not None else 0.0
    return min(one.certainty, 1.0 if apart < UNLIKE else 0.5)


def _points(curve: FoundCurve, axes: Axes) -> tuple[Floats, Floats]:
    """Return the corners of a curve as times and survival, from (0, 1) to its end."""
    time = np.maximum(np.asarray(axes.x.value(curve.x)), 0.0)
    survival = np.clip(np.asarray(axes.y.value(curve.y)), 0.0, 1.0)
    end = max(float(axes.x.value(curve.end)), float(time[-1]))
    survival = np.minimum.accumulate(survival)
    near = survival > 1 - 0.75 * abs(axes.y.step)
    survival = np.where(near, 1.0, survival)
    time = np.concatenate([[0.0], np.where(np.arange(time.size) == 0, 0.0, time), [end]])
    survival = np.concatenate([[1.0], survival, [survival[-1]]])
    return np.maximum.accumulate(time), survival


def _mean_survival(time: Floats, survival: Floats) -> float:
    """Return the mean height of a curve over its length."""
    length = float(time[-1] - time[0])
    return float((np.diff(time) @ survival[:-1]) / length) if length > 0 else 1.0


def _arm(
    name: str,
    label: str,
    curve: FoundCurve,
    points: tuple[Floats, Floats],
    row: Sequence[RiskCell],
    axes: Axes,
    resolution: float,
    label_certainty: float,
) -> DigitisedArm:
    """Return one arm, with its row checked against its curve."""
    checked = checked_row(*points, row)
    doubts = list(curve.doubts)
    if curve.certainty < SURE and not doubts:
        doubts.append("the line is hidden or broken over much of its length")
    if excess_at_risk(*points, checked) > 0.06:
        doubts.append("more are at risk than the curve allows: another arm's row, or a wrong curve")
    marks = np.maximum(np.asarray(axes.x.value(curve.marks), dtype=np.float64), 0.0)
    return DigitisedArm(
        name,
        label,
        *points,
        resolution,
        curve,
        marks,
        checked,
        curve.certainty,
        tuple(doubts),
        label_certainty,
    )


def _odd(
    curves: int,
    entries: Sequence[int | None],
    legend: Sequence[LegendEntry],
    rows: Sequence[int | None],
    table: RiskTable | None,
) -> list[str]:
    """Return what does not go together: names, curves and rows."""
    said: list[str] = []
    missing = [entry.name for at, entry in enumerate(legend) if at not in entries]
    if missing:
        said.append(f"no curve was found for {', '.join(repr(name) for name in missing)}")
    if table is not None and len(table.names) != curves:
        said.append(f"the table has {len(table.names)} rows and the plot {curves} curves")
    return said
