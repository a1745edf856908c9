"""Commands that run one stage on plain files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perdure.cli.forms import (
    contrast_json,
    contrast_sentence,
    pooled_lines,
    response_json,
    response_sentence,
)
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from perdure.study import Table

__all__ = ["durable", "pool"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
TimeUnit = Annotated[str, typer.Option("--time-unit", help="days, weeks, months or years.")]

Model = Literal["random", "common"]
Method = Literal["REML", "DL"]
Test = Literal["knha", "z"]
Reference = Literal["own", "control", "trial", "fixed"]

ENDPOINT_K = {"PFS": 3.0, "OS": 2.0}
"""The paper's multiples of the median (Pons-Tostivint et al. 2019)."""


def durable(
    patients: Annotated[
        Path,
        typer.Argument(metavar="PATIENTS.csv", help="Columns time, event, perhaps arm and draw."),
    ],
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="PFS means k = 3, OS means k = 2.")
    ] = None,
    k: Annotated[float | None, typer.Option("--k", help="Multiple of the median.")] = None,
    reference: Annotated[
        Reference, typer.Option("--reference", help="Whose median the threshold is k times.")
    ] = "own",
    control: Annotated[str | None, typer.Option("--control", help="The control arm.")] = None,
    time: Annotated[float | None, typer.Option("--time", help="Threshold of fixed.")] = None,
    thin: Annotated[int, typer.Option("--thin", help="Fewer at risk than this: thin.")] = 10,
    time_unit: TimeUnit = "months",
    as_json: Json = False,
) -> None:
    """Estimate durable response of the arms in a file of patients, or of draws of them.

    Draws are those of reconstruct --ensemble: how far they differ is part of every interval.
    """
    from perdure.durable import durable_ensemble
    from perdure.records import time_unit as unit_named
    from perdure.study import read_ensembles

    draws, notices = read_ensembles(patients, time_unit=unit_named(time_unit))
    for notice in notices:
        say(f"note: {notice}")
    arms = {arm: histories[0] for arm, histories in draws.items()}
    found = durable_ensemble(
        arms,
        {arm: histories for arm, histories in draws.items() if len(histories) > 1},
        k=_multiple(endpoint, k, reference, time, time_unit),
        reference=reference,
        comparators=_comparators(arms, control, reference),
        time=time,
        thin=thin,
    )
    if as_json:
        print_json(
            {
                "arms": [response_json(response) for response in found.responses],
                "contrasts": [contrast_json(contrast) for contrast in found.contrasts],
            }
        )
        return
    for response in found.responses:
        typer.echo(response_sentence(response))
    for contrast in found.contrasts:
        typer.echo(contrast_sentence(contrast))


def _multiple(
    endpoint: str | None, k: float | None, reference: str, time: float | None, time_unit: str
) -> float | None:
    """Return k, from the option or from the endpoint; refuse to guess one."""
    if reference == "fixed" and time is None:
        raise InputError(
            Problem(
                "the reference fixed needs a time", f"add --time, in {time_unit}, such as --time 12"
            )
        )
    if k is not None or reference == "fixed":
        return k
    if endpoint is None:
        raise InputError(
            Problem(
                "no multiple of the median is given",
                "add --endpoint PFS (k = 3), --endpoint OS (k = 2) or --k",
            )
        )
    if endpoint.upper() not in ENDPOINT_K:
        raise InputError(
            Problem(
                "this endpoint has no multiple of its own", "add --k, such as --k 3", value=endpoint
            )
        )
    return ENDPOINT_K[endpoint.upper()]


def _comparators(arms: "Collection[str]", control: str | None, reference: str) -> dict[str, str]:
    """Return the control of every other arm."""
    if control is None:
        if reference == "control":
            remedy = f"add --control and one of {', '.join(arms)}"
            raise InputError(Problem("the reference control needs to know the control arm", remedy))
        return {}
    if control not in arms:
        raise InputError(
            Problem(
                "--control names no arm of the file", f"use one of {', '.join(arms)}", value=control
            )
        )
    return {arm: control for arm in arms if arm != control}


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
