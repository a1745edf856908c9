"""``perdure pool``: a table of estimates in, their synthesis out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perdure.cli.folder import refuse_file
from perdure.cli.pool_folder import Scale, folder_files, write_folder
from perdure.cli.pool_forms import check_lines, pooled_lines
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.pool import PooledTable
    from perdure.records.checks import SynthesisChecks
    from perdure.study import Table

__all__ = ["pool"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]

Model = Literal["random", "common", "three-level"]
Method = Literal["REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"]
Test = Literal["knha", "adhoc", "t", "z"]
Robust = Literal["CR2", "CR1", "CR1p", "CR0"]


BELONGS = {
    "--cluster": "--robust",
    "--year": "--checks",
    "--reference-level": "--moderators",
    "--missing": "--moderators",
    "--shown-as": "-o",
}
MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-"}
"""What tables write where there is nothing."""


def pool(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="One effect a row.")],
    estimate: Annotated[str, typer.Option("--estimate", help="Column of the effects.")],
    se: Annotated[str, typer.Option("--se", help="Column of their standard errors.")],
    trial: Annotated[str | None, typer.Option("--trial", help="Column of the trials.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Column of the classes.")] = None,
    moderators: Annotated[
        str | None, typer.Option("--moderators", help="A formula, as 'class + line'.")
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option("--reference-level", help="COLUMN=LEVEL that others are compared with."),
    ] = None,
    missing: Annotated[
        Literal["refuse", "leave-out"],
        typer.Option("--missing", help="Rows where a moderator is missing."),
    ] = "refuse",
    model: Annotated[
        Model, typer.Option("--model", help="Effects differ, are one, or are nested in trials.")
    ] = "random",
    method: Annotated[Method, typer.Option("--method", help="Estimator of tau2.")] = "REML",
    test: Annotated[
        Test | None,
        typer.Option(
            "--test",
            help="knha: Hartung-Knapp, the default of random; t of three-level; z of common.",
        ),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Column of the clusters of robust errors.")
    ] = None,
    robust: Annotated[
        Robust | None, typer.Option("--robust", help="Errors robust to clusters, or to trials.")
    ] = None,
    checks: Annotated[
        bool,
        typer.Option("--checks", help="Leave one out, influence, small studies, the next trial."),
    ] = False,
    year: Annotated[
        str | None, typer.Option("--year", help="Column to accumulate by, with --checks.")
    ] = None,
    scale: Annotated[
        Scale, typer.Option("--shown-as", help="How pictures write effects: exp of a log ratio.")
    ] = "plain",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for pictures and tables.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Of the intervals.")] = 0.95,
    as_json: Json = False,
) -> None:
    """Pool any table of estimates, on the scale given."""
    from perdure.pool import pool_table, table_json
    from perdure.study import read_table

    if out is not None:
        refuse_file(out)
    found = read_table(table)
    wanted = {"--estimate": estimate, "--se": se, "--trial": trial, "--by": by}
    _refuse_absent(found, {**wanted, "--cluster": cluster, "--year": year})
    problems: list[Problem] = []
    effects = found.numbers(estimate, problems)
    errors = found.numbers(se, problems)
    years = None if year is None else found.numbers(year, problems)
    for name in (trial, cluster):
        cells = () if name is None else found.column(name)
        problems += [
            found.problem(at, name or "", "is empty", "name it, or take the row out")
            for at, cell in enumerate(cells)
            if not cell
        ]
    if problems:
        raise InputError(problems)
    _unused(
        {
            "--cluster": cluster is not None and robust is None,
            "--year": year is not None and not checks,
            "--reference-level": bool(reference) and moderators is None,
            "--missing": missing != "refuse" and moderators is None,
            "--shown-as": scale != "plain" and out is None,
        }
    )
    pooled = pool_table(
        effects,
        errors,
        trial=None if trial is None else found.column(trial),
        by=None if by is None else found.column(by),
        formula=moderators,
        moderators=None if moderators is None else _moderators(found),
        reference=_levels(reference or []),
        missing="leave out" if missing == "leave-out" else "refuse",
        cluster=None if cluster is None else found.column(cluster),
        robust=robust,
        model=model,
        method=method,
        test=test,
        level=level,
        columns=(estimate, se),
        by_column=by or "by",
        rows=found.lines,
        file=found.file,
    )
    asked = _checks(pooled, None if years is None else years.tolist()) if checks else None
    answer = table_json(pooled, asked)
    if out is not None:
        columns = {} if moderators is None else _moderators(found)
        groups = None if by is None else found.column(by)
        files = folder_files(
            pooled, groups, asked, columns, name=estimate, scale=scale, found=answer
        )
        for path in write_folder(out, files, table):
            say(f"wrote {path}")
    if as_json:
        print_json(answer)
        return
    for line in pooled_lines(pooled, level):
        typer.echo(line)
    for line in check_lines(asked) if asked else ():
        typer.echo(line)


def _unused(options: Mapping[str, bool]) -> None:
    """Say which options have nothing to do."""
    for name, idle in options.items():
        if idle:
            say(f"note: {name} is not used: it belongs to {BELONGS[name]}")


def _checks(table: "PooledTable", years: Sequence[float] | None) -> "SynthesisChecks":
    """Return the checks; refuse them where there is a formula or three levels."""
    from perdure.pool import check_synthesis

    if table.fit is None:
        raise InputError(
            Problem(
                "--checks are of a plain synthesis",
                "leave out --moderators, and use the model random or common",
            )
        )
    return check_synthesis(table.fit, names=table.names, trial=table.trial, year=years)


def _refuse_absent(table: "Table", wanted: Mapping[str, str | None]) -> None:
    """Raise every option that names no column."""
    absent = [
        Problem(f"there is no column {name}", _other_column(option, name, table), table.file)
        for option, name in wanted.items()
        if name is not None and name not in table.header
    ]
    if absent:
        raise InputError(absent)


def _moderators(table: "Table") -> dict[str, Sequence[str] | Sequence[float]]:
    """Return every column: numbers where all its cells are numbers, else words."""
    found: dict[str, Sequence[str] | Sequence[float]] = {}
    for name in table.header:
        cells = [
            "" if cell.strip().lower() in MISSING else cell.strip() for cell in table.column(name)
        ]
        try:
            found[name] = [float(cell) if cell else float("nan") for cell in cells]
        except ValueError:
            found[name] = cells
    return found


def _levels(given: Sequence[str]) -> dict[str, str]:
    """Return the reference level of each column."""
    found = {}
    for text in given:
        column, sign, level = text.partition("=")
        if not sign or not column or not level:
            raise InputError(
                Problem("a reference level cannot be read", "write COLUMN=LEVEL", value=text)
            )
        found[column.strip()] = level.strip()
    return found


def _other_column(option: str, name: str, table: "Table") -> str:
    """Return what to give an option instead of a column that is not there."""
    from perdure.study import nearest

    close = nearest(name, table.header)
    return f"give {option} {close}" if close else f"give {option} one of {', '.join(table.header)}"
