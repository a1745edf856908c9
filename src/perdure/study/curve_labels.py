"""Which of the curves that were read is that of a row of figures.csv: by its name."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from perdure.errors import Problem
from perdure.records import Arm
from perdure.study.figures import FIGURES, CurveInFigure
from perdure.study.readings import ReadArm, ReadCurve, ReadPanel, names_read, read_curve_in

__all__ = ["curves_of_rows"]

ALIKE = 0.6
"""Names less alike than this are of two arms."""
APART = 0.1
"""The next best name is this much less alike, or it is not clear which one is meant."""

_Found = tuple[ReadPanel, ReadArm]


def curves_of_rows(
    rows: Sequence[CurveInFigure],
    panels: Mapping[CurveInFigure, Sequence[ReadPanel]],
    arms: Mapping[tuple[str, str], Arm],
    problems: list[Problem],
) -> dict[CurveInFigure, ReadCurve]:
    """Return the curve of each row whose figure was read; names that fit none are problems.

    Parameters
    ----------
    rows : sequence of CurveInFigure
    panels : mapping of CurveInFigure to sequence of ReadPanel
        What was read on the page that a row names.
    arms : mapping of (trial, arm) to Arm
    problems : list of Problem
    """
    found: dict[CurveInFigure, ReadCurve] = {}
    taken: dict[tuple[object, ...], CurveInFigure] = {}
    for row in rows:
        if row not in panels:
            continue
        chosen = _chosen(row, panels[row], arms[row.trial, row.arm])
        if isinstance(chosen, Problem):
            problems.append(chosen)
            continue
        (panel, arm), note = chosen
        place = (row.key, panel.folder, arm.arm)
        if place in taken:
            message = f"the curve {arm.name!r} would be that of arm {taken[place].arm} too"
            problems.append(_problem(row, message, panels[row]))
            continue
        taken[place] = row
        curve = read_curve_in(row, panel, arm, alone=len(panels[row]) == 1)
        found[row] = curve.noted(note) if note else curve
    return found


def _chosen(
    row: CurveInFigure, panels: Sequence[ReadPanel], arm: Arm
) -> tuple[_Found, str] | Problem:
    """Return a row's curve, and a note where its name is not quite the row's."""
    if row.panel is not None and row.panel not in [panel.panel for panel in panels]:
        there = ", ".join(str(panel.panel) for panel in panels)
        return Problem(
            f"no panel {row.panel} was read in {row.file}",
            f"panels that were read: {there}; look at {panels[0].overlay}",
            FIGURES,
            row.line,
            "panel",
            str(row.panel),
        )
    here = [one for one in panels if row.panel in (None, one.panel)]
    curves = [(panel, one) for panel in here for one in panel.arms]
    wanted = [row.label] if row.label else [arm.label, arm.arm, arm.drug]
    wanted = [name for name in wanted if _plain(name)]
    for name in wanted:
        equal = _equal(name, curves)
        if len(equal) == 1:
            return equal[0], ""
        if equal:
            column = "panel" if len({panel.panel for panel, _ in equal}) > 1 else "curve_label"
            return _problem(row, f"{len(equal)} curves are called {name!r}", here, column)
    return _most_alike(row, wanted, curves, here)


def _equal(name: str, curves: Sequence[_Found]) -> list[_Found]:
    """Return the curves of that name: but for spaces; then but for all punctuation.

    Signs may be all that tells two arms apart: PD-L1+ and PD-L1-.
    """
    for form in (_spaceless, _plain):
        for names in ([one.label for _, one in curves], [one.arm for _, one in curves]):
            wanted = form(name)
            found = [one for one, other in zip(curves, names, strict=True) if form(other) == wanted]
            if found and wanted:
                return found
    return []


def _most_alike(
    row: CurveInFigure, wanted: Sequence[str], curves: Sequence[_Found], here: Sequence[ReadPanel]
) -> tuple[_Found, str] | Problem:
    """Return the curve whose name is plainly the most alike."""
    name = wanted[0] if wanted else row.arm
    scores = [max((_alike(one, curve[1].name) for one in wanted), default=0.0) for curve in curves]
    order = sorted(range(len(curves)), key=lambda at: -scores[at])
    best = order[0]
    second = scores[order[1]] if len(order) > 1 else 0.0
    sure = scores[best] >= ALIKE and scores[best] - second >= APART
    if not sure and not (len(curves) == 1 and not row.label):
        return _problem(row, f"no curve of {row.file} is plainly called {name!r}", here)
    label = curves[best][1].name
    return curves[best], f"{row.place}: the curve called {label!r} was taken for {name!r}"


def _problem(
    row: CurveInFigure, message: str, panels: Sequence[ReadPanel], column: str = "curve_label"
) -> Problem:
    looked = panels[0].overlay
    remedy = f"name one of the curves that were read ({names_read(panels)}); see {looked}"
    return Problem(message, remedy, FIGURES, row.line, column)


def _spaceless(name: str) -> str:
    return "".join(name.casefold().split())


def _plain(name: str) -> str:
    """Return a name without capitals and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _alike(one: str, other: str) -> float:
    """Return how much alike two names are, from 0 to 1; one inside the other is nearly the same.

    Examples
    --------
    >>> _alike("Nivolumab", "nivo-lumab"), _alike("Nivolumab", "Docetaxel") < 0.5
    (1.0, True)
    """
    a, b = _plain(one), _plain(other)
    if not a or not b:
        return 0.0
    short, long = sorted((a, b), key=len)
    inside = 0.9 if len(short) >= 3 and short in long else 0.0
    return max(SequenceMatcher(None, a, b, autojunk=False).ratio(), inside)
