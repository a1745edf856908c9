"""A figure walks in; its curves, names and numbers at risk walk out, each with its certainty."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from perdure.digitise.alike import named_alike
from perdure.digitise.axes import find_axes
from perdure.digitise.choice import chosen_curves
from perdure.digitise.crossings import uncrossed
from perdure.digitise.cut_off import with_cut_off
from perdure.digitise.found import (
    Axes,
    Digitised,
    DigitisedArm,
    FoundCurve,
    LegendEntry,
    RiskCell,
    RiskTable,
)
from perdure.digitise.given import ASKED, Known, axes_given, box_given
from perdure.digitise.labels_beside import labels_without_curves
from perdure.digitise.legend import find_legend, text_boxes
from perdure.digitise.looks import with_own_look
from perdure.digitise.names import (
    SURE_NAME,
    arm_names,
    name_doubts,
    named_by_nearness,
    named_curves,
    rows_of_arms,
)
from perdure.digitise.names_again import names_uncovered
from perdure.digitise.no_survival import refuse_other, refuse_without_plot
from perdure.digitise.panel_of_box import panel_of_box, refuse_box_beside
from perdure.digitise.paths import curves_from_drawing
from perdure.digitise.plausible import checked_row, excess_at_risk
from perdure.digitise.printed import printed_facts
from perdure.digitise.risk_names import is_vivid
from perdure.digitise.risk_table import read_risk_table
from perdure.digitise.shared_axis import axes_beside, with_shared_units
from perdure.digitise.shared_legend import PanelLegend, fits_curves, shared_legends
from perdure.digitise.sources import FigureSource, figures_in
from perdure.digitise.trace import trace_curves
from perdure.errors import InputError, Problem
from perdure.records import Floats

__all__ = ["Known", "digitise"]

SURE = 0.5
"""A curve of less certainty is one to look at."""
TWICE = "another curve has this name too"


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
    parts: list[_Part] = []
    found: list[Digitised] = []
    refused: list[InputError] = []
    alone: list[FigureSource] = []
    sources, named = _sources(path, page, known)
    for at, source in enumerate(sources):
        own = known if at == named else replace(known, box=None)
        try:
            parts.append(_part(*_with_axes(source, path, own)))
        except InputError as error:
            if named in {None, at}:
                refused.append(error)
                alone.append(source)
    parts, left_out = _with_shared_axis(parts, alone, refused, path)
    legends = shared_legends([PanelLegend(p.legend, p.axes, p.source.offset) for p in parts])
    elsewhere = next((one for one in legends if any(e.place is not None for e in one)), ())
    for part, legend in zip(parts, legends, strict=True):
        # the legend of a panel beside the box may be that of its panel too
        if named is not None and part.source.panel != sources[named].panel:
            continue
        try:
            found.append(_read(part, legend, elsewhere, path, known))
        except InputError as error:
            refused.append(error)
            left_out.append(_left_out(part.source, error))
    if not found:
        raise refused[0]
    found[0] = replace(found[0], warnings=(*found[0].warnings, *left_out))
    return tuple(found)


def _sources(
    path: Path, page: int | None, known: Known
) -> tuple[tuple[FigureSource, ...], int | None]:
    """Return the figures of a file, and the place of the one that a person names by a box.

    A box over several panels shows that they are none: the picture is then one figure.
    """
    sources = figures_in(path, page)
    if known.box is None:
        return sources, None
    named = panel_of_box(known.box, sources, path.name)
    if named is None:
        return figures_in(path, page, apart=False)[:1], 0
    return sources, named


@dataclass(frozen=True)
class _Part:
    """One figure of a file with what its words say: axes, numbers at risk, names."""

    source: FigureSource
    axes: Axes
    table: RiskTable | None
    legend: tuple[LegendEntry, ...]


def _part(source: FigureSource, axes: Axes) -> _Part:
    """Read the words of one figure."""
    page = source.marks
    table = read_risk_table(source.words, axes, page)
    return _Part(source, axes, table, find_legend(source.words, axes, page, table))


def _with_shared_axis(
    parts: Sequence[_Part],
    alone: Sequence[FigureSource],
    refused: Sequence[InputError],
    path: Path,
) -> tuple[list[_Part], list[str]]:
    """Return the panels, with those that share the survival axis of another, and who is left out.

    ``alone`` are the panels whose axes were not found, each ``refused`` for its reason.
    """
    found = list(parts)
    left_out: list[str] = []
    others = [(part.source, part.axes) for part in parts]
    for source, error in zip(alone, refused, strict=True):
        axes = None
        with suppress(InputError):
            axes = axes_beside(source, others, file=path.name)
        if axes is None:
            left_out.append(_left_out(source, error))
        else:
            found.append(_part(source, axes))
    units = with_shared_units([part.axes for part in found])
    found = [replace(part, axes=axes) for part, axes in zip(found, units, strict=True)]
    return sorted(found, key=lambda part: (part.source.page, part.source.panel)), left_out


def _left_out(source: FigureSource, error: InputError) -> str:
    """Say that a panel is left out and why."""
    return f"panel {source.panel} is left out: {error.problems[0].message}"


def _read(
    part: _Part,
    legend: Sequence[LegendEntry],
    elsewhere: Sequence[LegendEntry],
    path: Path,
    known: Known,
) -> Digitised:
    """Read one figure, with its own legend or else that of another panel."""
    source, axes, table = part.source, part.axes, part.table
    printed = table.names if table is not None else ()
    curves, vector = _curves(source, axes, legend, len(printed))
    if not curves:
        raise InputError(
            Problem(
                "axes were found, but no curve that falls from survival 1 at time 0",
                "check that it is a Kaplan-Meier figure; name its plot by --box or its colours",
                file=path.name,
            )
        )
    if not vector:
        pixels = source.picture.pixels
        legend = labels_without_curves(pixels, legend, curves)
        legend = names_uncovered(source.picture, source.words, axes, table, legend, curves)
        legend = labels_without_curves(pixels, legend, curves)
    every = known.in_colours(curves)
    likely, said = chosen_curves(every, legend, axes, len(printed))
    curves = known.chosen(every, likely)
    if any(ASKED in curve.doubts for curve in curves):
        said = ()
    if not legend and elsewhere and fits_curves(elsewhere, curves):
        legend = elsewhere
        said = (
            *said,
            "the names are those of another panel's legend, by the colours of the curves",
        )
    if table is not None:
        table = named_alike(table, [one for one in legend if one.certainty >= SURE_NAME])
    curves = with_cut_off(curves, axes, source.picture.width)
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
        (*source.notes, *axes.warnings, *(table.warnings if table else ()), *said, *warnings),
    )


def _with_axes(source: FigureSource, path: Path, known: Known) -> tuple[FigureSource, Axes]:
    """Return the axes that a person gave, or those that are found."""
    if known.axes is not None:
        read: Axes | None = None
        with suppress(InputError):
            source, read = _found_axes(source, path)
        return source, axes_given(source, known, read, path.name)
    source, axes = _found_axes(source, path)
    refuse_other(axes, path.name)
    if known.box is None:
        return source, _covering(axes)
    refuse_box_beside(axes, known.box, source, path.name)
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
    page = source.marks
    try:
        return source, find_axes(source.words, page, file=path.name)
    except InputError as error:
        if source.drawing is None:
            refuse_without_plot(source, path.name, error)
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
    pixels = source.picture.pixels
    curves = trace_curves(pixels, axes, hidden, names)
    curves = uncrossed(pixels, curves, axes.bottom - axes.top)
    return tuple(with_own_look(pixels, curve) for curve in curves), False


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
    curves, entries = _named(curves, legend, axes)
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
    if table is not None and len(table.names) == len(curves) and all(table.names):
        # a row's name is not crossed by a curve
        labels = [
            table.names[row]
            if row is not None and entry is not None and legend[entry].certainty < SURE_NAME
            else label
            for label, row, entry in zip(labels, rows, entries, strict=True)
        ]
    labels = list(known.names or labels)
    twice = [bool(label) and labels.count(label) > 1 for label in labels]
    curves = [
        replace(curve, doubts=(*curve.doubts, "another curve has this name too"))
        if often
        else curve
        for curve, often in zip(curves, twice, strict=True)
    ]
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
        )
        for at, (curve, row) in enumerate(zip(curves, rows, strict=True))
    )
    return arms, tuple(_odd(len(curves), entries, legend, rows, table))


def _named(
    curves: Sequence[FoundCurve], legend: Sequence[LegendEntry], axes: Axes
) -> tuple[list[FoundCurve], list[int | None]]:
    """Return the curves, with what is doubted of their names, and the entry of each."""
    entries = list(named_curves(curves, legend, axes))
    doubts = list(name_doubts(curves, legend, entries))
    for at, label in named_by_nearness(curves, legend, entries, axes).items():
        entries[at] = label
        doubts[at] = "its name is that of the label nearest to it, which is in no colour"
    doubted = [
        replace(curve, doubts=(*curve.doubts, doubt)) if doubt else curve
        for curve, doubt in zip(curves, doubts, strict=True)
    ]
    return doubted, entries


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
    named = [legend[at].name for at in entries if at is not None]
    # What stands beside no sample and in no colour of its own may be any word in the plot.
    missing = [
        entry.name
        for at, entry in enumerate(legend)
        if entry.name
        and at not in entries
        and (entry.place is not None or is_vivid(entry.colour))
        and entry.name not in named
    ]
    if missing:
        said.append(f"no curve was found for {', '.join(repr(name) for name in missing)}")
    if table is not None and len(table.names) != curves:
        said.append(f"the table has {len(table.names)} rows and the plot {curves} curves")
    return said
