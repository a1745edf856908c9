"""The page of what was read in figures with known truth."""

from collections.abc import Callable, Iterable, Sequence

from digitising_cases import KINDS
from digitising_counts import answers_of, count_arms, count_cells, count_durable
from digitising_rows import MULTIPLES, OFF, RIGHT, FigureRow
from digitising_wrong import AXIS, wrong_part

__all__ = ["page"]

Cells = Sequence[object]

INTRODUCTION = """\
Simulated figures in 15 published looks, with known patients. Nothing is given but the file: no
axes, no number of arms, no names, no box."""
CURVES = """\
abs dS is the distance of the curve that was read from the true one, at 200 times from 0 to the end
of follow-up or of the time axis. Curves are matched with arms by the least distance. A pair more
than 0.1 apart is off here, and counts as invented too."""
DOUBTS = """\
An arm is flagged where perdure asks a person to look at it, for its curve or its name. An arm
without a curve is said where its figure was declined, or was read with a warning."""
AXES = f"""\
Both axes are right where the value at every corner of the plot is within {AXIS:.1%} of the labelled
range. The corners of a turned scan are known: they are turned as perdure turned the scan. PDF and
SVG: figures from matplotlib, of which the truth has the place of the plot, to a pixel of the page.
Figures that were declined are not among them."""
NAMES = """\
Names are right where letters and digits are those printed, or where none is printed (one arm, no
legend) and none was read. An arm without a curve has none."""
MARKS = """\
Marks: true censoring times (each once) with a mark read within 1% of the time axis, and marks read
that have such a time. Marks that overlap in print cannot all be found."""
DURABLE = """\
Each figure is a study of its own, as `perdure run` goes: the files that are written of a reading,
numbers at risk without those that are flagged, marks, an ensemble of patients; S(k x median) beside
the true patients' own. Where no numbers at risk are printed, n is given, as papers do in their
text. An error is of arms that are estimable in both; `truth alone` counts arms whose threshold lies
within the time axis."""


def page(figures: Sequence[FigureRow], made: str, unseen: Sequence[str] = ()) -> list[str]:
    """Return the lines of the page."""
    sets = list(dict.fromkeys(figure.set for figure in figures))
    return [
        "# Reading published figures",
        "",
        INTRODUCTION,
        "",
        made,
        "",
        *_short_part(figures, unseen),
        *_arms_part(figures, sets),
        *_doubts_part(figures),
        *_axes_part(figures),
        *_cells_part(figures),
        *_durable_part(figures),
        *_looks_part(figures),
        *wrong_part(figures),
    ]


def _kinds(figures: Sequence[FigureRow]) -> list[tuple[str, list[FigureRow]]]:
    """Return the figures by kind of file, those kinds that there are."""
    found = [(kind, [one for one in figures if one.kind == kind]) for kind in KINDS]
    return [(kind, here) for kind, here in found if here]


def _short_part(figures: Sequence[FigureRow], unseen: Sequence[str]) -> list[str]:
    """Return the answer in one table; figures that nobody had looked at apart."""
    groups = (
        ("seen before", [one for one in figures if one.set not in unseen]),
        ("never seen", [one for one in figures if one.set in unseen]),
    )
    body: list[Cells] = []
    for group, here in groups:
        for kind, some in _kinds(here):
            count = count_arms(some)
            cells = count_cells([cell for one in some for arm in one.arms for cell in arm.cells])
            errors = count_durable(answers_of((arm for one in some for arm in one.arms), 3))
            body.append(
                (
                    group,
                    kind,
                    part(count.right, count.arms),
                    count.off_silent + count.missed_silent,
                    part(count.names_right, count.arms),
                    part(cells.right, cells.printed),
                    cells.wrong_silent,
                    number(errors.quantile(0.5)),
                    number(errors.quantile(0.9)),
                )
            )
    heads = (
        *("figures", "file", "arms right", "off or missed and silent", "names right"),
        *("numbers at risk right", "wrong and silent", "S(3 medians), abs error: median"),
        "90th of a hundred",
    )
    return ["## In short", "", *table(heads, body)]


def _arms_part(figures: Sequence[FigureRow], sets: Sequence[str]) -> list[str]:
    body: list[Cells] = []
    for kind, here in _kinds(figures):
        count = count_arms(here)
        body.append(
            (
                kind,
                len(here),
                sum(one.status == "declined" for one in here),
                sum(one.status == "failed" for one in here),
                count.arms,
                part(count.right, count.arms),
                count.between,
                count.off,
                count.missed,
                count.invented,
                number(count.median_mean),
                number(count.median_near),
            )
        )
    by_set = [
        (
            kind,
            *(
                part(count.right, count.arms)
                for name in sets
                for count in [count_arms([one for one in here if one.set == name])]
            ),
        )
        for kind, here in _kinds(figures)
    ]
    heads = (
        *("file", "figures", "declined", "failed", "arms", f"right, mean abs dS < {RIGHT:g}"),
        *("between", f"off, > {OFF:g}", "no curve", "invented", "median of the mean abs dS"),
        "median of the largest, a shift of 1% forgiven",
    )
    return [
        "## Curves",
        "",
        CURVES,
        "",
        *table(heads, body),
        "Right, by set:",
        "",
        *table(("file", *sets), by_set),
    ]


def _doubts_part(figures: Sequence[FigureRow]) -> list[str]:
    body: list[Cells] = []
    for kind, here in _kinds(figures):
        count = count_arms(here)
        body.append(
            (
                kind,
                part(count.off - count.off_silent, count.off),
                count.off_silent,
                part(count.missed - count.missed_silent, count.missed),
                count.missed_silent,
                part(count.in_vain, count.right),
            )
        )
    heads = (
        *("file", f"off by > {OFF:g}: flagged", "off and silent"),
        *("no curve: said", "no curve and silent", "curve and name right, and flagged"),
    )
    return [
        "## Is a wrong curve doubted?",
        "",
        DOUBTS,
        "",
        *table(heads, body),
    ]


def _axes_part(figures: Sequence[FigureRow]) -> list[str]:
    body: list[Cells] = []
    groups: list[tuple[str, list[FigureRow]]] = [
        (kind, [one for one in here if not one.turned]) for kind, here in _kinds(figures)
    ]
    groups.append(("turned scans (0.4 to 0.5 degrees)", [one for one in figures if one.turned]))
    for kind, here in groups:
        known = [one.axes for one in here if one.axes is not None]
        if known:
            right = sum(max(one) <= AXIS for one in known)
            worst = [f"{100 * max(one[at] for one in known):.2f}%" for at in (0, 1)]
            body.append((kind, part(right, len(known)), *worst))
    names = [
        (
            kind,
            part(count.names_right, count.arms),
            count.names_silent,
            count.names_flagged,
            count.unnamed,
        )
        for kind, here in _kinds(figures)
        for count in [count_arms(here)]
    ]
    return [
        "## Axes and names",
        "",
        AXES,
        "",
        *table(("file", "both axes right", "largest error, time", "largest, survival"), body),
        NAMES,
        "",
        *table(("file", "names right", "wrong and silent", "wrong and flagged", "none"), names),
    ]


def _cells_part(figures: Sequence[FigureRow]) -> list[str]:
    body: list[Cells] = []
    marks: list[Cells] = []
    for kind, here in _kinds(figures):
        count = count_cells([cell for one in here for arm in one.arms for cell in arm.cells])
        body.append(
            (
                kind,
                sum(one.table for one in here),
                part(count.right, count.printed),
                sum(one.scored_cells for one in here),
                count.wrong_silent,
                count.wrong_flagged,
                count.unread,
                part(count.right_flagged, count.right),
                sum(one.extra_cells for one in here),
            )
        )
        drawn, found, read, right = (
            sum(arm.marks[at] for one in here if one.marked for arm in one.arms) for at in range(4)
        )
        stray = sum(arm.marks[2] for one in here if not one.marked for arm in one.arms)
        marks.append((kind, part(found, drawn), part(right, read), stray))
    heads = (
        *("file", "tables", "cells exactly right", "the same, by the scorer", "wrong and silent"),
        *("wrong and flagged", "not read", "right, and flagged in vain", "read where none is"),
    )
    return [
        "## Numbers at risk and censoring marks",
        "",
        "A study leaves out what is flagged.",
        "",
        *table(heads, body),
        MARKS,
        "",
        *table(("file", "times found", "marks right", "read where none are drawn"), marks),
    ]


def _durable_part(figures: Sequence[FigureRow]) -> list[str]:
    lines = [
        "## From the figure to durable response",
        "",
        DURABLE,
        "",
    ]
    wanted: tuple[tuple[str, Callable[[FigureRow], bool]], ...] = (
        ("numbers at risk printed", lambda one: one.table),
        ("n given", lambda one: not one.table),
    )
    for k in MULTIPLES:
        body: list[Cells] = []
        for kind, here in _kinds(figures):
            for known, holds in wanted:
                arms = [arm for one in here if holds(one) for arm in one.arms]
                count = count_durable(answers_of(arms, k))
                middle, high = count.quantile(0.5), count.quantile(0.9)
                largest = count.quantile(1)
                errors = (number(middle), number(high), number(largest))
                apart = (count.lost, count.made_up, count.beyond, count.neither)
                body.append((kind, known, len(arms), len(count.errors), *errors, *apart))
        heads = (
            *("file", "beside the curve", "arms", "both estimable", "abs error: median"),
            *("90th of a hundred", "largest", "truth alone", "figure alone"),
            *("truth alone, past the time axis", "neither"),
        )
        lines += [f"### k = {k:g}", "", *table(heads, body)]
    return lines


def _looks_part(figures: Sequence[FigureRow]) -> list[str]:
    pixels = [one for one in figures if one.kind.startswith("raster")]
    body: list[Cells] = []
    for style in sorted({one.style for one in pixels}):
        here = [one for one in pixels if one.style == style]
        count = count_arms(here)
        cells = count_cells([cell for one in here for arm in one.arms for cell in arm.cells])
        table_right = part(cells.right, cells.printed) if cells.printed else "none"
        names = part(count.names_right, count.arms)
        shown = (part(count.right, count.arms), number(count.median_mean), table_right, names)
        body.append((style, len(here), *shown))
    heads = ("look", "figures", "arms right", "median of the mean abs dS", "cells right", "names")
    return ["## Rasters, by look", "", *table(heads, body)]


def table(heads: Sequence[str], lines: Iterable[Cells]) -> list[str]:
    """Return a table."""
    return [
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines),
        "",
    ]


def part(count: int, whole: int) -> str:
    """Return a count with its denominator."""
    return f"{count} of {whole}" + (f" ({count / whole:.1%})" if whole else "")


def number(value: float | None) -> str:
    """Return four decimals, two digits where that is more, or that there is none."""
    if value is None:
        return "none"
    return f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.1e}"
