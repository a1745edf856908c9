"""figures.csv and figures/: which curve of which published figure is which arm's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from perdure.errors import Problem
from perdure.records import TimeUnit, Trial
from perdure.study.faults import rows_of
from perdure.study.roster import table_of, unknown
from perdure.study.schema import FigureRow
from perdure.study.settings import Settings
from perdure.study.tables import nearest

__all__ = ["FIGURES", "FOLDER", "CurveInFigure", "figure_files", "read_figures"]

FIGURES = "figures.csv"

FOLDER = "figures"

FORMATS = (
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp"),
    *(".pdf", ".svg", ".svgz"),
)


@dataclass(frozen=True)
class CurveInFigure:
    """One row of figures.csv: where an arm's curve was published.

    Attributes
    ----------
    line : int
        Of figures.csv.
    file : str
        The figure, relative to the study's folder.
    page, panel : int or None
        Of a PDF, and of several figures on a page; from 1, None where the row does not say.
    label : str
        The curve's name in the figure; empty: the arm's own names are looked for.
    trial, endpoint, analysis, arm : str
        Whose curve it is.
    time_unit : {"days", "weeks", "months", "years"} or None
        None where the row does not say.
    """

    line: int
    file: str
    page: int | None
    panel: int | None
    label: str
    trial: str
    endpoint: str
    analysis: str
    arm: str
    time_unit: TimeUnit | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Trial, endpoint, analysis."""
        return self.trial, self.endpoint, self.analysis

    @property
    def place(self) -> str:
        """Where the row stands, for messages."""
        return f"{FIGURES}, row {self.line}"

    @property
    def figure(self) -> str:
        """The figure in words: file, page and panel."""
        page = "" if self.page is None else f", page {self.page}"
        panel = "" if self.panel is None else f", panel {self.panel}"
        return f"{self.file}{page}{panel}"


def figure_files(folder: Path) -> list[Path]:
    """Return every file in figures/, but for what systems leave there."""
    return sorted(
        path
        for path in (folder / FOLDER).rglob("*")
        if path.is_file() and path.suffix.lower() in FORMATS and not path.name.startswith(".")
    )


def read_figures(
    folder: Path,
    settings: Settings,
    trials: Sequence[Trial],
    problems: list[Problem],
    notices: list[str],
) -> tuple[CurveInFigure, ...]:
    """Return the rows of figures.csv; without the file there are none.

    Every row names a file that is there, and an arm, trial and endpoint of the study; an arm has
    one curve of an analysis.
    """
    there = [path.relative_to(folder / FOLDER).as_posix() for path in figure_files(folder)]
    if not (folder / FIGURES).exists():
        if there:
            notices.append(
                f"{FOLDER}/ holds {len(there)} figures, and there is no {FIGURES} that says whose"
                " curves they show: they are not read"
            )
        return ()
    table = table_of(folder, FIGURES, problems, notices)
    if table is None:
        return ()
    arms = {trial.trial: [arm.arm for arm in trial.arms] for trial in trials}
    found: list[CurveInFigure] = []
    for line, row in rows_of(table, FigureRow, ("file", "trial", "endpoint", "arm"), problems):
        wrong = [*_unknown(row, line, arms, settings), *_wrong_file(row, line, folder, there)]
        if not wrong:
            one = _curve(row, line)
            wrong += _twice(one, found)
            found.append(one)
        problems += wrong
    unread = [name for name in there if f"{FOLDER}/{name}" not in {one.file for one in found}]
    if unread and found:
        notices.append(f"{FOLDER}/: no row of {FIGURES} names {', '.join(unread)}; not read")
    return tuple(found)


def _curve(row: FigureRow, line: int) -> CurveInFigure:
    return CurveInFigure(
        line,
        f"{FOLDER}/{_name(row.file)}",
        row.page,
        row.panel,
        row.curve_label,
        row.trial,
        row.endpoint,
        row.analysis or "",
        row.arm,
        row.time_unit,
    )


def _name(file: str) -> str:
    """Return a file's name inside figures/, with or without the folder before it."""
    return file.replace("\\", "/").removeprefix("./").removeprefix(f"{FOLDER}/")


def _unknown(
    row: FigureRow, line: int, arms: Mapping[str, Sequence[str]], settings: Settings
) -> list[Problem]:
    """Return a problem for each trial, arm or endpoint that the study does not have."""
    problems = []
    if row.trial not in arms:
        problems.append(unknown("trial", row.trial, arms, FIGURES, line, "trials.csv"))
    elif row.arm not in arms[row.trial]:
        problems.append(unknown("arm", row.arm, arms[row.trial], FIGURES, line, "arms.csv"))
    if row.endpoint not in settings.endpoints:
        choices = settings.endpoints
        problems.append(unknown("endpoint", row.endpoint, choices, FIGURES, line, "study.toml"))
    return problems


def _wrong_file(row: FigureRow, line: int, folder: Path, there: Iterable[str]) -> list[Problem]:
    """Return what is wrong with a row's file and page."""
    name = _name(row.file)
    place = (FIGURES, line, "file", row.file)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        remedy = f"put the file into {FOLDER}/ and write its name"
        return [Problem(f"the file is not in {FOLDER}/", remedy, *place)]
    if not (folder / FOLDER / path).is_file():
        close = nearest(name, there)
        hint = f"did you mean {close}? If not, put" if close else "put"
        remedy = f"{hint} the file there, or correct its name"
        return [Problem(f"{FOLDER}/ has no such file", remedy, *place)]
    if path.suffix.lower() not in FORMATS:
        remedy = "save it as PDF, SVG, PNG, JPEG, TIFF, WebP or GIF"
        return [Problem("this is no figure that can be read", remedy, *place)]
    if row.page not in (None, 1) and path.suffix.lower() != ".pdf":
        remedy = "leave page empty, or name the PDF"
        return [Problem("only a PDF has pages", remedy, FIGURES, line, "page", str(row.page))]
    return []


def _twice(one: CurveInFigure, before: Iterable[CurveInFigure]) -> list[Problem]:
    """Return where an arm has two curves, or a curve two arms, of one analysis."""
    for other in before:
        if other.key != one.key:
            continue
        if other.arm == one.arm:
            message = f"this arm has a curve of this analysis already (row {other.line})"
            remedy = "keep one row; the column analysis tells two analyses of an endpoint apart"
            return [Problem(message, remedy, FIGURES, one.line, "arm", one.arm)]
        here = (one.file, one.page, one.panel, one.label.casefold())
        if one.label and here == (other.file, other.page, other.panel, other.label.casefold()):
            message = f"this curve is that of arm {other.arm} too (row {other.line})"
            remedy = "give each arm its own curve_label"
            return [Problem(message, remedy, FIGURES, one.line, "curve_label", one.label)]
    return []
