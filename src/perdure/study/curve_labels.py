"""Which of the curves that were read is that of a row of figures.csv: by its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
NOT_ONE = 0.9
"""Names that are not one are alike by so much at most."""

_Found = tuple[ReadPanel, ReadArm]


@dataclass(frozen=True, eq=False)
class _Choice:
    """A row's curve: how much alike their names are, 1 where they are one; a note where not."""

    panel: ReadPanel
    arm: ReadArm
    alike: float
    note: str = ""


def curves_of_rows(
    rows: Sequence[CurveInFigure],
    panels: Mapping[CurveInFigure, Sequence[ReadPanel]],
    arms: Mapping[tuple[str, str], Arm],
    problems: list[Problem],
) -> tuple[dict[CurveInFigure, ReadCurve], dict[CurveInFigure, Problem]]:
    """Return the curve of each row whose figure was read, and why a row has none.

    What only the user can mend goes into ``problems``: a name or a panel that a row gives, where
    all curves of its figure were read, and one curve that two rows name. What was not read, or
    not by a name that tells it, leaves its row alone without a curve.

    Parameters
    ----------
    rows : sequence of CurveInFigure
    panels : mapping of CurveInFigure to sequence of ReadPanel
        What was read on the page that a row names.
    arms : mapping of (trial, arm) to Arm
    problems : list of Problem
    """
    chosen: dict[CurveInFigure, _Choice] = {}
    without: dict[CurveInFigure, Problem] = {}
    for row in (one for one in rows if one in panels):
        choice = _chosen(row, panels[row], arms[row.trial, row.arm])
        if isinstance(choice, _Choice):
            chosen[row] = choice
        elif _is_users(row, rows, panels[row]):
            problems.append(choice)
        else:
            without[row] = choice
    _share_none(chosen, panels, problems, without)
    found = {}
    for row, choice in chosen.items():
        curve = read_curve_in(row, choice.panel, choice.arm, alone=len(panels[row]) == 1)
        found[row] = curve.noted(choice.note) if choice.note else curve
    return found, without


def _is_users(
    row: CurveInFigure, rows: Sequence[CurveInFigure], panels: Sequence[ReadPanel]
) -> bool:
    """Tell whether a row names what is not there, although as many curves were read as rows ask."""
    if row.panel is not None and row.panel not in [panel.panel for panel in panels]:
        # one before the last was seen, and not read
        return row.panel > max(panel.panel for panel in panels)
    place = (row.key, row.file, row.page, row.panel)
    asked = sum((one.key, one.file, one.page, one.panel) == place for one in rows)
    read = sum(len(panel.arms) for panel in panels if row.panel in (None, panel.panel))
    return bool(row.label) and read >= asked


def _share_none(
    chosen: dict[CurveInFigure, _Choice],
    panels: Mapping[CurveInFigure, Sequence[ReadPanel]],
    problems: list[Problem],
    without: dict[CurveInFigure, Problem],
) -> None:
    """Leave a curve that several rows chose to the row whose name is plainly the most alike."""
    takers: dict[tuple[object, ...], list[CurveInFigure]] = {}
    for row, choice in chosen.items():
        takers.setdefault((row.key, choice.panel.folder, choice.arm.arm), []).append(row)
    for several in (rows for rows in takers.values() if len(rows) > 1):
        first, second, *_ = sorted(several, key=lambda row: -chosen[row].alike)
        plain = chosen[first].alike >= max(ALIKE, chosen[second].alike + APART)
        for row in several:
            if row is first and plain:
                continue
            other = second if row is first else first
            choice = chosen[row]
            message = f"the curve {choice.arm.name!r} would be that of arm {other.arm} too"
            problem = _problem(row, message, panels[row])
            if all(one.label and chosen[one].alike == 1 for one in (row, other)):
                if row is not first:  # once for the two
                    problems.append(problem)
            else:
                without[row] = problem
        for row in several:
            if not (row is first and plain):
                del chosen[row]


def _chosen(row: CurveInFigure, panels: Sequence[ReadPanel], arm: Arm) -> _Choice | Problem:
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
            return _Choice(*equal[0], 1.0)
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
) -> _Choice | Problem:
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
    note = f"{row.place}: the curve called {label!r} was taken for {name!r}"
    return _Choice(*curves[best], min(scores[best], NOT_ONE), note)


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
