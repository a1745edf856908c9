"""``perdure pool``: a table of estimates in, their synthesis out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perdure.cli.forms import pooled_lines
from perdure.cli.say import print_json
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.study import Table

__all__ = ["pool"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]

Model = Literal["random", "common"]
Method = Literal["REML", "DL"]
Test = Literal["knha", "z"]


def pool(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="One effect a row.")],
    estimate: Annotated[str, typer.Option("--estimate", help="Column of the effects.")],
    se: Annotated[str, typer.Option("--se", help="Column of their standard errors.")],
    trial: Annotated[str | None, typer.Option("--trial", help="Column of the trials.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Column of the classes.")] = None,
    model: Annotated[Model, typer.Option("--model", help="Effects differ, or are one.")] = "random",
    method: Annotated[Method, typer.Option("--method", help="Estimator of tau2.")] = "REML",
    test: Annotated[
        Test | None,
        typer.Option("--test", help="knha: Hartung-Knapp, the default of random; z of common."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pool any table of estimates, on the scale given."""
    from perdure.pool import pool_table, table_json
    from perdure.study import read_table

    found = read_table(table)
    wanted = {"--estimate": estimate, "--se": se, "--trial": trial, "--by": by}
    absent = [
        Problem(f"there is no column {name}", _other_column(option, name, found), found.file)
        for option, name in wanted.items()
        if name is not None and name not in found.header
    ]
    if absent:
        raise InputError(absent)
    problems: list[Problem] = []
    effects = found.numbers(estimate, problems)
    errors = found.numbers(se, problems)
    if problems:
        raise InputError(problems)
    pooled = pool_table(
        effects,
        errors,
        trial=None if trial is None else found.column(trial),
        by=None if by is None else found.column(by),
        model=model,
        method=method,
        test=test,
        columns=(estimate, se),
        by_column=by or "by",
        rows=found.lines,
        file=found.file,
    )
    if as_json:
        print_json(table_json(pooled))
        return
    for line in pooled_lines(pooled):
        typer.echo(line)


def _other_column(option: str, name: str, table: "Table") -> str:
    """Return what to give an option instead of a column that is not there."""
    from perdure.study import nearest

    close = nearest(name, table.header)
    return f"give {option} {close}" if close else f"give {option} one of {', '.join(table.header)}"
