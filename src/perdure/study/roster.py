"""trials.csv and arms.csv: who took part, and what was printed of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.reconstruct import landmark
from perdure.records import Arm, Judgement, Reported, RiskOfBias, Trial
from perdure.study.faults import rows_of
from perdure.study.schema import RISK_OF_BIAS, ArmRow, TrialRow
from perdure.study.settings import Settings
from perdure.study.tables import SURELY, Table, nearest, read_table, shortened

__all__ = ["in_doubt", "read_trials", "table_of", "unknown"]

REPORTED = ("n", "events", "median", "hr", "survival")
"""What arms.csv may hold for each endpoint, as <name>_<endpoint>."""


def table_of(folder: Path, name: str, problems: list[Problem], notices: list[str]) -> Table | None:
    """Return a table of the study; None, with its problems noted, where it cannot be read."""
    try:
        table = read_table(folder / name, file=name)
    except InputError as error:
        problems += error.problems
        return None
    notices += table.notices
    return table


def read_trials(
    folder: Path, settings: Settings | None, problems: list[Problem], notices: list[str]
) -> tuple[Trial, ...]:
    """Return the trials with their arms; everything wrong goes into ``problems``."""
    trial_table = table_of(folder, "trials.csv", problems, notices)
    arm_table = table_of(folder, "arms.csv", problems, notices)
    if trial_table is None or arm_table is None:
        return ()
    trial_rows = rows_of(trial_table, TrialRow, ("trial",), problems)
    endpoints = settings.endpoints if settings else ()
    reported = [f"{what}_{endpoint}" for what in REPORTED for endpoint in endpoints]
    arm_rows = rows_of(arm_table, ArmRow, ("trial", "arm"), problems, reported)
    for table in (trial_table, arm_table):
        if not table.rows:
            problems.append(
                Problem("there are no rows yet", f"write one row {_of_what(table)}", table.file)
            )
    problems += _twice(trial_table, [(line, row.trial) for line, row in trial_rows], "trial")
    arms = _arms(arm_table, arm_rows, settings, problems)
    if not in_doubt(problems):
        problems += _unmatched(trial_table, arm_table)
    if not in_doubt(problems):
        _check_comparators(arm_rows, problems)
    trials = tuple(_trial(row, arms.get(row.trial, ())) for _, row in trial_rows)
    notices += [
        f"trials.csv, trial {trial.trial}: risk of bias: {trial.risk_of_bias.at_odds}"
        for trial in trials
        if trial.risk_of_bias is not None and trial.risk_of_bias.at_odds
    ]
    if settings is not None:
        _check_grouping(settings, (*trial_table.header, *arm_table.header), problems)
    return trials


def in_doubt(problems: Iterable[Problem]) -> bool:
    """Say whether an identifier is wrong: nothing that names trials or arms can be judged then."""
    return any(problem.column in ("trial", "arm") for problem in problems)


def _unmatched(trials: Table, arms: Table) -> list[Problem]:
    """Return each trial that one of the two tables has and the other has not."""
    if "trial" not in trials.header or "trial" not in arms.header:
        return []
    listed, armed = trials.column("trial"), arms.column("trial")
    if not listed or not armed:
        return []
    strangers = [
        unknown("trial", name, listed, "arms.csv", line, "trials.csv")
        for line, name in zip(arms.lines, armed, strict=True)
        if name and name not in listed
    ]
    # A trial whose arms are misspelt in arms.csv is told there.
    misspelt = {nearest(problem.value or "", listed) for problem in strangers}
    return strangers + [
        Problem(
            "the trial has no arm in arms.csv",
            "write a row for each of its arms, or take the trial out",
            "trials.csv",
            line,
            "trial",
            name,
        )
        for line, name in zip(trials.lines, listed, strict=True)
        if name and name not in armed and name not in misspelt
    ]


def _of_what(table: Table) -> str:
    return "a trial" if table.file == "trials.csv" else "an arm"


def _trial(row: TrialRow, arms: Sequence[Arm]) -> Trial:
    extra = {name: str(value) for name, value in (row.model_extra or {}).items()}
    judged: dict[str, Judgement | None] = {name: getattr(row, name) for name in RISK_OF_BIAS}
    extra |= {name: one for name, one in judged.items() if one is not None}
    *domains, overall = judged.values()
    return Trial(
        trial=row.trial,
        label=row.label or row.trial,
        year=row.year,
        doi=row.doi,
        registry_id=row.registry_id,
        tumour=row.tumour,
        line=row.line,
        phase=row.phase,
        moderators=extra,
        arms=tuple(arms),
        risk_of_bias=RiskOfBias(tuple(domains), overall) if any(judged.values()) else None,
    )


def _arms(
    table: Table,
    rows: Iterable[tuple[int, ArmRow]],
    settings: Settings | None,
    problems: list[Problem],
) -> dict[str, tuple[Arm, ...]]:
    """Return the arms by trial."""
    found: dict[str, tuple[Arm, ...]] = {}
    columns = _reported_columns(table, settings, problems)
    of_times = [name for name, (what, _) in columns.items() if what == "survival"]
    landmarks = _landmarks(table, of_times, problems)
    values: dict[_Cell, _Number] = {}
    for name, (what, _) in columns.items():
        if what == "survival":
            continue
        if what in ("n", "events"):
            numbers = table.counts(name, problems)
        else:
            numbers = table.numbers(name, problems, optional=True)
        for line, number, cell in zip(
            table.lines, numbers.tolist(), table.column(name), strict=True
        ):
            if isfinite(number):
                values[line, name] = number, cell
    by_line: dict[str, list[tuple[int, str]]] = {}
    for line, row in rows:
        by_line.setdefault(row.trial, []).append((line, row.arm))
        arm = Arm(
            trial=row.trial,
            arm=row.arm,
            label=row.label or row.arm,
            drug=row.drug,
            drug_class=row.drug_class,
            comparator=row.comparator,
            n=row.n,
            reported=_reported(line, columns, values, landmarks, table.file, problems),
            moderators={
                name: str(value)
                for name, value in (row.model_extra or {}).items()
                if name not in columns
            },
        )
        found[row.trial] = (*found.get(row.trial, ()), arm)
        _check_counts(arm, line, table.file, problems)
    for trial, mine in by_line.items():
        problems += _twice(table, mine, "arm", f" in trial {trial}")
    return found


def _reported_columns(
    table: Table, settings: Settings | None, problems: list[Problem]
) -> dict[str, tuple[str, str]]:
    """Return the columns <what>_<endpoint>, as column -> (what, endpoint)."""
    columns: dict[str, tuple[str, str]] = {}
    endpoints = {} if settings is None else settings.endpoints
    for name in table.header:
        what, separator, endpoint = name.partition("_")
        if not separator or what not in REPORTED or settings is None:
            continue
        if endpoint in endpoints:
            columns[name] = (what, endpoint)
            continue
        close = nearest(endpoint, endpoints)
        if close is not None and f"{what}_{close}" in table.header:
            problems.append(
                Problem(
                    f"the column {name} names no endpoint of study.toml",
                    f"{what}_{close} is there too: keep one of them",
                    table.file,
                )
            )
    return columns


_Cell = tuple[int, str]
"""A line and a column of arms.csv."""

_Number = tuple[float, str]
"""A number, and how it was printed; or a time, and survival there as it was printed."""


def _landmarks(
    table: Table, names: Iterable[str], problems: list[Problem]
) -> dict[_Cell, tuple[_Number, ...]]:
    """Return what columns of cells such as "12=0.31 24=0.18" hold."""
    found: dict[_Cell, tuple[_Number, ...]] = {}
    for name in names:
        for at, (line, cell) in enumerate(zip(table.lines, table.column(name), strict=True)):
            try:
                parts = [part for part in re.split(r"[;\s]+", cell) if part]
                found[line, name] = tuple(landmark(part.replace(",", ".")) for part in parts)
            except InputError as error:
                remedy = f"{error.problems[0].remedy}, with a space between two"
                problems.append(table.problem(at, name, "cannot be read", remedy))
    return found


def _reported(
    line: int,
    columns: Mapping[str, tuple[str, str]],
    values: Mapping[_Cell, _Number],
    landmarks: Mapping[_Cell, tuple[_Number, ...]],
    file: str,
    problems: list[Problem],
) -> dict[str, Reported]:
    """Return what is printed in one row, by endpoint."""
    printed: dict[str, dict[str, _Number]] = {}
    survival: dict[str, tuple[_Number, ...]] = {}
    for name, (what, endpoint) in columns.items():
        if found := landmarks.get((line, name)):
            survival[endpoint] = found
        if (line, name) not in values:
            continue
        value, _ = values[line, name]
        if value < 0 or (value == 0 and what != "events"):
            says, remedy = f"{name} is not above 0", "correct it, or leave it empty"
            problems.append(Problem(says, remedy, file, line, name, f"{value:g}"))
            continue
        printed.setdefault(endpoint, {})[what] = values[line, name]
    return {
        endpoint: _as_reported(printed.get(endpoint, {}), survival.get(endpoint, ()))
        for endpoint in dict.fromkeys((*printed, *survival))
    }


def _as_reported(found: Mapping[str, _Number], survival: tuple[_Number, ...]) -> Reported:
    n, events, median, hr = (
        found.get(what, (None, None)) for what in ("n", "events", "median", "hr")
    )
    return Reported(
        n=None if n[0] is None else int(n[0]),
        events=None if events[0] is None else int(events[0]),
        median=median[0],
        hr=hr[0],
        median_printed=median[1],
        hr_printed=hr[1],
        survival=survival,
    )


def _check_counts(arm: Arm, line: int, file: str, problems: list[Problem]) -> None:
    """Refuse more events than patients."""
    for endpoint in arm.reported:
        said = arm.reported_for(endpoint)
        if said.n is not None and said.events is not None and said.events > said.n:
            problems.append(
                Problem(
                    f"{said.events} events in {said.n} patients",
                    "correct the events or n",
                    file,
                    line,
                    f"events_{endpoint}",
                    str(said.events),
                )
            )


def _check_comparators(rows: Sequence[tuple[int, ArmRow]], problems: list[Problem]) -> None:
    """Refuse a comparator that is not there, is the arm itself, or has a comparator."""
    arms = {(row.trial, row.arm): row for _, row in rows}
    for line, row in rows:
        if row.comparator is None:
            continue
        place = ("arms.csv", line, "comparator", row.comparator)
        control = arms.get((row.trial, row.comparator))
        if control is None:
            mine = [arm for trial, arm in arms if trial == row.trial and arm != row.arm]
            close = nearest(row.comparator, mine)
            hint = f"did you mean {close}? " if close else ""
            others = f"The trial's other arms: {', '.join(mine)}" if mine else "It has no other"
            problems.append(
                Problem(f"trial {row.trial} has no such arm", f"{hint}{others}", *place)
            )
        elif control is row:
            problems.append(
                Problem(
                    "the arm is its own comparator", "name its control, or leave it empty", *place
                )
            )
        elif control.comparator is not None:
            problems.append(
                Problem(
                    f"the comparator is no control: it has a comparator, {control.comparator}",
                    "name the trial's control arm; its own comparator is empty",
                    *place,
                )
            )


def _check_grouping(settings: Settings, columns: Sequence[str], problems: list[Problem]) -> None:
    """Refuse a grouping by a column that neither file has."""
    for by in settings.pool.by:
        if by in columns:
            continue
        if by in (*ArmRow.model_fields, *TrialRow.model_fields) and nearest(
            by, columns, cutoff=SURELY
        ):
            continue  # told as a misspelt column
        close = nearest(by, columns)
        hint = f"did you mean {close}? Or" if close else "under [pool] name another column, or"
        problems.append(
            Problem(
                f"arms are pooled by {by}, a column that arms.csv and trials.csv do not have",
                f"{hint} add it to arms.csv",
                "study.toml",
            )
        )


def _twice(
    table: Table, found: Iterable[tuple[int, str]], column: str, where: str = ""
) -> list[Problem]:
    """Return a problem for each identifier that repeats one, capitals apart."""
    first: dict[str, int] = {}
    problems = []
    for line, name in found:
        if name.lower() in first:
            problems.append(
                Problem(
                    f"{column} {name} is there twice{where} (first in row {first[name.lower()]};"
                    " capitals do not tell identifiers apart)",
                    "give each its own identifier",
                    table.file,
                    line,
                    column,
                    name,
                )
            )
        first.setdefault(name.lower(), line)
    return problems


def unknown(
    what: str, name: str, choices: Iterable[str], file: str, line: int | None, where: str
) -> Problem:
    """Return the problem of a name that the file ``where`` does not have."""
    close = nearest(name, choices)
    hint = f"did you mean {close}? If not, " if close else ""
    remedy = f"{hint}write it into {where}, or take it out here"
    message = f"{where} has no such {what}"
    return Problem(message, remedy, file, line, what, shortened(name))
