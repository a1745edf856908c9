"""The folders curves/, risk/ and patients/ -> analyses: what is known of each arm's survival."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.records import (
    Arm,
    NumbersAtRisk,
    Patients,
    TimeUnit,
    Trial,
)
from perdure.study.analysis import Analysis, ArmInput
from perdure.study.faults import rows_of
from perdure.study.figures import CurveInFigure
from perdure.study.naming import Files, Key, files_of, stem_of
from perdure.study.readers import ONE_ARM, curve_of, curve_table, read_patients, read_risk_table
from perdure.study.readings import Entered, ReadCurve, entered
from perdure.study.roster import table_of, unknown
from perdure.study.schema import AnalysisRow
from perdure.study.settings import Settings
from perdure.study.tables import nearest, read_table

__all__ = ["NOT_READ", "read_analyses"]

NOT_READ = "the figure has not been read yet"


@dataclass(frozen=True)
class _Description:
    """What analyses.csv, or the lack of it, says of one analysis."""

    primary: bool
    label: str
    time_unit: TimeUnit
    percent: bool | None
    resolution: float | None
    cumulative_incidence: bool = False


def read_analyses(
    folder: Path,
    settings: Settings,
    trials: Sequence[Trial],
    problems: list[Problem],
    notices: list[str],
    figures: Sequence[CurveInFigure] = (),
    read: Mapping[CurveInFigure, ReadCurve | str] | None = None,
) -> tuple[Analysis, ...]:
    """Return every analysis, ordered by trials.csv and the endpoints of study.toml.

    Of the rows of figures.csv those count whose arm has no file of its own; ``read`` is the curve
    of each, or why there is none.
    """
    arms = {trial.trial: {arm.arm: arm for arm in trial.arms} for trial in trials}
    misnamed: list[Problem] = []
    files = files_of(folder, settings, arms, misnamed)
    problems += misnamed
    rows = {row.key: [one for one in figures if one.key == row.key] for row in figures}
    files |= {key: Files() for key in rows if key not in files}
    # A misnamed file may be the one that an analysis lacks.
    described = _descriptions(folder, settings, files, problems, notices, whole=not misnamed)
    found = []
    for trial in trials:
        for endpoint in settings.endpoints:
            for key, mine in files.items():
                if key[:2] == (trial.trial, endpoint) and key in described:
                    found.append(
                        _analysis(
                            key,
                            mine,
                            described[key],
                            arms[trial.trial],
                            mine.names(folder),
                            problems,
                            notices,
                            {row: (read or {}).get(row, NOT_READ) for row in rows.get(key, ())},
                        )
                    )
    return tuple(found)


def _descriptions(
    folder: Path,
    settings: Settings,
    files: Mapping[Key, Files],
    problems: list[Problem],
    notices: list[str],
    *,
    whole: bool,
) -> dict[Key, _Description]:
    """Return each analysis's description; exactly one of a trial and endpoint is primary.

    Analyses without files, and which is primary, are judged only where ``files`` is ``whole``.
    """
    found = {
        key: _Description(
            primary=True, label="", time_unit=settings.time_unit, percent=None, resolution=None
        )
        for key in files
    }
    wrong: list[Problem] = []
    rows = _analysis_rows(folder, wrong, notices)
    for key, (line, row) in rows.items():
        if key not in files:
            wrong += [_without_files(key, line, files)] if whole else []
            continue
        found[key] = _Description(
            row.primary,
            row.label,
            row.time_unit or settings.time_unit,
            row.percent,
            row.resolution,
            row.cumulative_incidence,
        )
    if whole and not wrong:
        for place in dict.fromkeys(key[:2] for key in files):
            wrong += _one_primary([key for key in files if key[:2] == place], found, rows)
    problems += wrong
    return found


def _analysis_rows(
    folder: Path, problems: list[Problem], notices: list[str]
) -> dict[Key, tuple[int, AnalysisRow]]:
    if not (folder / "analyses.csv").exists():
        return {}
    table = table_of(folder, "analyses.csv", problems, notices)
    if table is None:
        return {}
    found: dict[Key, tuple[int, AnalysisRow]] = {}
    required = ("trial", "endpoint", "primary")
    for line, row in rows_of(table, AnalysisRow, required, problems):
        key = (row.trial, row.endpoint, row.analysis or "")
        if key in found:
            message = f"the analysis {stem_of(key)} is there twice (first in row {found[key][0]})"
            problems.append(Problem(message, "keep one row", "analyses.csv", line))
        found.setdefault(key, (line, row))
    return found


def _without_files(key: Key, line: int, files: Mapping[Key, Files]) -> Problem:
    stem = stem_of(key)
    close = nearest(stem, [stem_of(one) for one in files])
    hint = f"did you mean {close}? If not, " if close else ""
    remedy = f"{hint}add curves/{stem}.<arm>.csv or patients/{stem}.csv, or take the row out"
    return Problem(f"the analysis {stem} has no file", remedy, "analyses.csv", line)


def _one_primary(
    keys: Sequence[Key],
    described: Mapping[Key, _Description],
    rows: Mapping[Key, tuple[int, AnalysisRow]],
) -> list[Problem]:
    """Return what is wrong with which of a trial's analyses of an endpoint is primary."""
    trial, endpoint, _ = keys[0]
    undescribed = [stem_of(key) for key in keys if key not in rows]
    if len(keys) > 1 and undescribed:
        return [
            Problem(
                f"trial {trial} has {len(keys)} analyses of {endpoint}, and no row for"
                f" {' and '.join(undescribed)}",
                "write one row for each into analyses.csv (columns trial, endpoint, analysis,"
                " primary); exactly one is primary",
                "analyses.csv",
            )
        ]
    primary = [stem_of(key) for key in keys if described[key].primary]
    if len(primary) == 1:
        return []
    line = max(rows[key][0] for key in keys if key in rows)
    found = " and ".join(primary) if primary else "none"
    message = f"trial {trial} has {len(primary) or 'no'} primary analyses of {endpoint}"
    remedy = "write yes for exactly one, which is pooled, and no for the others"
    return [Problem(message, remedy, "analyses.csv", line, "primary", found)]


def _analysis(
    key: Key,
    files: Files,
    described: _Description,
    arms: Mapping[str, Arm],
    names: tuple[str, ...],
    problems: list[Problem],
    notices: list[str],
    read: Mapping[CurveInFigure, ReadCurve | str],
) -> Analysis:
    """Read the files of one analysis; arms come in the order of arms.csv."""
    unit = described.time_unit
    patients: Mapping[str, Patients] = {}
    risk: _Risk | None = None  # not known: the table cannot be read
    with _gathering(problems):
        patients, said = _patients(files.patients, unit, arms)
        notices += said
    with _gathering(problems):
        risk, said = _risk(files.risk, unit, arms)
        notices += said
    found = {arm: ArmInput(arm, mine, None, None) for arm, mine in patients.items()}
    for arm, path in files.curves:
        file = f"curves/{path.name}"
        if arm in patients:
            problems.append(_twice(arm, file, files))
            continue
        with _gathering(problems):
            cells = curve_table(path, file, time_unit=unit)
            curve, repairs = curve_of(
                cells,
                time_unit=unit,
                percent=described.percent,
                resolution=described.resolution,
                cumulative_incidence=described.cumulative_incidence,
            )
            found[arm] = ArmInput(arm, None, curve, (risk or {}).get(arm), repairs)
            notices += (*cells.notices, *repairs)
    given = {*patients, *dict(files.curves)}
    read = {row: one for row, one in read.items() if row.arm not in given}
    reasons: dict[str, str] = {}
    if risk is not None:
        problems += _unmatched(key, files, risk, {*patients, *(row.arm for row in read)})
        notices += _not_printed(key, files, risk, arms)
        for arm, one in found.items():
            problems += _counts(arms[arm], key[1], one, files)
        reasons = _add_read(found, read, arms, risk, described, files, problems, notices)
    return Analysis(
        *key,
        described.primary,
        described.label,
        unit,
        tuple(found[arm] for arm in arms if arm in found),
        tuple(sorted({*names, *(row.file for row in read)})),
        reasons,
    )


def _add_read(
    found: dict[str, ArmInput],
    read: Mapping[CurveInFigure, ReadCurve | str],
    arms: Mapping[str, Arm],
    risk: Mapping[str, NumbersAtRisk | None],
    described: _Description,
    files: Files,
    problems: list[Problem],
    notices: list[str],
) -> dict[str, str]:
    """Add the arms whose curves were read in figures; return why others have none."""
    reasons: dict[str, str] = {}
    for row, one in read.items():
        by_hand = risk.get(row.arm)
        entering: Entered | str = (
            one
            if isinstance(one, str)
            else entered(
                row, one, arms[row.arm], by_hand, described.time_unit, described.resolution
            )
        )
        if isinstance(entering, str):
            reasons[row.arm] = entering
            continue
        mine = ArmInput(
            row.arm,
            None,
            entering.curve,
            entering.numbers_at_risk,
            entering.notices,
            entering.marks,
            entering.origin,
            entering.printed,
        )
        found[row.arm] = mine
        notices += (said for said in mine.notices if said not in notices)
        if by_hand is not None:
            problems += _counts(arms[row.arm], row.endpoint, mine, files)
    return reasons


@contextmanager
def _gathering(problems: list[Problem]) -> Iterator[None]:
    """Put the problems of an error into ``problems`` and go on."""
    try:
        yield
    except InputError as error:
        problems += error.problems


_Risk = Mapping[str, NumbersAtRisk | None]
"""Numbers at risk by arm, None where none was printed."""


def _patients(
    path: Path | None, unit: TimeUnit, arms: Mapping[str, Arm]
) -> tuple[Mapping[str, Patients], tuple[str, ...]]:
    """Read a file of patients; every arm in it is one of arms.csv."""
    if path is None:
        return {}, ()
    file = f"patients/{path.name}"
    found, notices = read_patients(path, time_unit=unit, file=file)
    if len(arms) == 1 and list(found) == [ONE_ARM]:
        found = dict(zip(arms, found.values(), strict=True))
    strangers = [arm for arm in found if arm not in arms]
    if strangers:
        table = read_table(path, file=file)
        if "arm" not in table.header:
            raise InputError(table.missing(("arm",), known=("time", "event")))
        column = table.column("arm")
        raise InputError(
            unknown("arm", arm, arms, file, table.lines[column.index(arm)], "arms.csv")
            for arm in strangers
        )
    return found, notices


def _risk(
    path: Path | None, unit: TimeUnit, arms: Mapping[str, Arm]
) -> tuple[_Risk, tuple[str, ...]]:
    """Read a table of numbers at risk; every column in it is an arm of arms.csv."""
    if path is None:
        return {}, ()
    file = f"risk/{path.name}"
    found, notices = read_risk_table(path, time_unit=unit, file=file)
    if len(arms) == 1 and list(found) == ["n_at_risk"]:
        found = dict(zip(arms, found.values(), strict=True))
    strangers = [
        replace(unknown("arm", name, arms, file, None, "arms.csv"), column=name)
        for name in found
        if name not in arms
    ]
    if strangers:
        raise InputError(strangers)
    return found, notices


def _unmatched(key: Key, files: Files, risk: _Risk, patients: Iterable[str]) -> list[Problem]:
    """Return each arm that has a curve and no column of numbers at risk, or the reverse."""
    if files.risk is None:
        return []
    file = f"risk/{files.risk.name}"
    curves = dict(files.curves)
    problems = [
        Problem(
            f"numbers at risk of arm {arm}, and no curve",
            f"add curves/{stem_of(key)}.{arm}.csv, or take the column out",
            file,
            column=arm,
        )
        for arm in risk
        if arm not in curves and arm not in patients
    ]
    return problems + [
        Problem(
            f"arm {arm} has a curve (curves/{path.name}) and no column of numbers at risk",
            f"add a column {arm}; leave it empty where none were printed",
            file,
        )
        for arm, path in files.curves
        if arm not in risk
    ]


def _not_printed(key: Key, files: Files, risk: _Risk, arms: Mapping[str, Arm]) -> list[str]:
    """Say for which curves n of arms.csv stands in for the numbers at risk."""
    if files.risk is None:
        return []
    return [
        f"risk/{files.risk.name}, column {arm}: no numbers at risk; n ="
        f" {arms[arm].reported_for(key[1]).n} of arms.csv is used"
        for arm, _ in files.curves
        if risk.get(arm) is None
    ]


def _twice(arm: str, file: str, files: Files) -> Problem:
    there = "" if files.patients is None else f"patients/{files.patients.name}"
    return Problem(
        f"arm {arm} is in {there} too: an arm enters by its patients or by its curve",
        "take one of the two out",
        file,
    )


def _counts(arm: Arm, endpoint: str, found: ArmInput, files: Files) -> list[Problem]:
    """Return where the number of patients contradicts itself, or is not known at all."""
    reported = arm.reported_for(endpoint)
    own = arm.reported.get(endpoint)
    column = "n" if own is None or own.n is None else f"n_{endpoint}"
    place = f"arms.csv gives {column} = {reported.n} for arm {arm.arm} of trial {arm.trial}"
    if found.patients is not None and files.patients is not None:
        if reported.n in (None, found.patients.n):
            return []
        return [
            Problem(
                f"{_patients_of(found.patients.n)}, and {place}",
                f"correct one of them; n_{endpoint} holds n where it differs by endpoint",
                f"patients/{files.patients.name}",
                column="arm",
            )
        ]
    table = found.numbers_at_risk
    if table is None:
        if reported.n is not None:
            return []
        file = next(path.name for name, path in files.curves if name == arm.arm)
        return [
            Problem(
                f"neither numbers at risk nor n are known for arm {arm.arm}",
                f"add a column {arm.arm} to the risk table, or write n (or n_{endpoint}) into"
                " arms.csv",
                f"curves/{file}",
            )
        ]
    first = int(table.n[0])
    if reported.n is None or (table.time[0] > 0 and first <= reported.n) or first == reported.n:
        return []
    file = "" if files.risk is None else f"risk/{files.risk.name}"
    return [
        Problem(
            f"{first} at risk at time {table.time[0]:g}, and {place}",
            f"correct one of them; n_{endpoint} holds n where it differs by endpoint",
            file,
            column=arm.arm,
            value=str(first),
        )
    ]


def _patients_of(n: int) -> str:
    return "1 patient" if n == 1 else f"{n} patients"
