"""``perdure pool``: a table of estimates in, their synthesis out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from perdure.cli.folder import refuse_file
from perdure.cli.pool_counts import COUNTED, PooledCounts, pool_counts
from perdure.cli.pool_folder import Scale, counts_files, folder_files, write_folder
from perdure.cli.pool_forms import (
    check_lines,
    counts_lines,
    plan_lines,
    pooled_lines,
    profile_lines,
)
from perdure.cli.pool_input import (
    level_of_each,
    moderators_of,
    planned_arms,
    refuse_absent,
    refuse_empty,
)
from perdure.cli.pool_unused import note_unused
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.pool import PooledTable, TableModel
    from perdure.pool.table_plan import TablePlan
    from perdure.records.checks import SynthesisChecks

__all__ = ["pool"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]

Model = Literal["random", "common", "three-level", "multivariate", "mantel-haenszel", "peto"]
Method = Literal["REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"]
Test = Literal["knha", "adhoc", "t", "z"]
Robust = Literal["CR2", "CR1", "CR1p", "CR0"]
Structure = Literal["UN", "CS", "HCS", "DIAG", "ID"]
Measure = Literal["OR", "RR", "RD"]
Adjust = Literal["holm", "single-step", "hochberg", "bonferroni", "BH", "BY", "none"]


def pool(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="One effect a row.")],
    estimate: Annotated[
        str | None, typer.Option("--estimate", help="Column of the effects.")
    ] = None,
    se: Annotated[str | None, typer.Option("--se", help="Column of their standard errors.")] = None,
    trial: Annotated[str | None, typer.Option("--trial", help="Column of the trials.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Column of the classes.")] = None,
    adjust: Annotated[
        Adjust, typer.Option("--adjust", help="Adjustment of p for the pairs of classes.")
    ] = "holm",
    margin: Annotated[
        float | None, typer.Option("--margin", help="Classes are alike within it: judge that too.")
    ] = None,
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
        Model,
        typer.Option(
            "--model",
            help="Effects differ, are one, are nested in trials, are several outcomes of trials;"
            " or counts have one odds or risk ratio.",
        ),
    ] = "random",
    method: Annotated[Method, typer.Option("--method", help="Estimator of tau2.")] = "REML",
    test: Annotated[
        Test | None,
        typer.Option(
            "--test",
            help="knha: Hartung-Knapp, the default of random; t of three-level and multivariate;"
            " z of common.",
        ),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Column of the outcomes, for multivariate.")
    ] = None,
    structure: Annotated[
        Structure,
        typer.Option("--structure", help="How true effects on outcomes vary; UN: freely."),
    ] = "UN",
    correlation: Annotated[
        float,
        typer.Option("--correlation", help="Of the errors of two outcomes of one trial."),
    ] = 0.0,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Column of the clusters of robust errors.")
    ] = None,
    robust: Annotated[
        Robust | None, typer.Option("--robust", help="Errors robust to clusters, or to trials.")
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="Limits of variances by profile likelihood; each level tested."
        ),
    ] = False,
    checks: Annotated[
        bool,
        typer.Option("--checks", help="Leave one out, influence, small studies, the next trial."),
    ] = False,
    year: Annotated[
        str | None, typer.Option("--year", help="Column to accumulate by, with --checks.")
    ] = None,
    true_effect: Annotated[
        float | None,
        typer.Option("--true-effect", help="Power to find it, now and with a further trial."),
    ] = None,
    half_width: Annotated[
        float | None,
        typer.Option(
            "--half-width", help="Further trials that such an interval takes: mean +- this."
        ),
    ] = None,
    planned: Annotated[
        str | None,
        typer.Option(
            "--planned",
            metavar="P,CONTROL,N,CONTROL_N",
            help="The further trial: expected proportions, patients. Default: the median error.",
        ),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option("--events", help="Column of events, for mantel-haenszel, peto."),
    ] = None,
    n: Annotated[str | None, typer.Option("--n", help="Of the patients.")] = None,
    control_events: Annotated[
        str | None, typer.Option("--control-events", help="Of the control's events.")
    ] = None,
    control_n: Annotated[
        str | None, typer.Option("--control-n", help="Of the control's patients.")
    ] = None,
    measure: Annotated[
        Measure,
        typer.Option("--measure", help="Odds ratio, risk ratio, difference: of counts, --planned."),
    ] = "OR",
    scale: Annotated[
        Scale, typer.Option("--shown-as", help="How pictures write effects: exp of a log ratio.")
    ] = "plain",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for pictures and tables.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Of the intervals.")] = 0.95,
    as_json: Json = False,
) -> None:
    """Pool any table of estimates, on the scale given; or of counts of two arms."""
    from perdure.pool import pool_table, table_json
    from perdure.pool.table_profile import profile_of_table
    from perdure.pool.table_rows import note_of_checks
    from perdure.study import read_table

    note_unused(context, model)
    if out is not None:
        refuse_file(out)
    if model in COUNTED:
        columns = (events, n, control_events, control_n)
        counted = pool_counts(
            table, columns, trial=trial, model=model, measure=measure, level=level
        )
        _say_counts(counted, table, out, scale, as_json=as_json)
        return
    if estimate is None or se is None:
        missed = "--estimate" if estimate is None else "--se"
        raise typer.BadParameter(f"Missing option '{missed}'.", ctx=context)
    found = read_table(table)
    wanted = {"--estimate": estimate, "--se": se, "--trial": trial, "--by": by}
    refuse_absent(found, {**wanted, "--cluster": cluster, "--year": year, "--outcome": outcome})
    problems: list[Problem] = []
    effects = found.numbers(estimate, problems)
    errors = found.numbers(se, problems)
    years = None if year is None else found.numbers(year, problems)
    refuse_empty(found, (trial, cluster, outcome), problems)
    pooled = pool_table(
        effects,
        errors,
        trial=None if trial is None else found.column(trial),
        by=None if by is None else found.column(by),
        formula=moderators,
        moderators=None if moderators is None else moderators_of(found),
        reference=level_of_each(reference or []),
        missing="leave out" if missing == "leave-out" else "refuse",
        cluster=None if cluster is None else found.column(cluster),
        robust=robust,
        outcome=None if outcome is None else found.column(outcome),
        structure=structure,
        correlation=correlation,
        model=cast("TableModel", model),
        method=method,
        test=test,
        level=level,
        margin=margin,
        adjustment=adjust,
        columns=(estimate, se),
        by_column=by or "by",
        rows=found.lines,
        file=found.file,
    )
    asked = None
    if checks:
        asked = _checks(pooled, None if years is None else years.tolist())
        pooled = replace(pooled, notes=(*pooled.notes, *note_of_checks(pooled.trial)))
    profiled = profile_of_table(pooled.model) if profile else None
    planning = _plan(pooled, true_effect, half_width, planned, measure)
    answer = table_json(pooled, asked, profiled, planning)
    if out is not None:
        columns_of = {} if moderators is None else moderators_of(found)
        groups = None if by is None else found.column(by)
        files = folder_files(
            pooled, groups, asked, columns_of, name=estimate, scale=scale, found=answer
        )
        for path in write_folder(out, files, table):
            say(f"wrote {path}")
    if as_json:
        print_json(answer)
        return
    for line in (
        *pooled_lines(pooled, level),
        *(profile_lines(profiled, level) if profiled else ()),
        *(check_lines(asked) if asked else ()),
        *(plan_lines(planning) if planning else ()),
    ):
        typer.echo(line)


def _say_counts(
    found: PooledCounts,
    table: Path,
    out: Path | None,
    scale: Scale,
    *,
    as_json: bool,
) -> None:
    """Print what was pooled of counts, and write it."""
    from perdure.pool.as_json import counts_json

    answer = counts_json(found.pooled)
    if out is not None:
        for path in write_folder(out, counts_files(found, answer, scale), table):
            say(f"wrote {path}")
    if as_json:
        print_json(answer)
        return
    for line in counts_lines(found.pooled, found.level):
        typer.echo(line)


def _plan(
    table: "PooledTable",
    true_effect: float | None,
    half_width: float | None,
    planned: str | None,
    measure: Measure,
) -> "TablePlan | None":
    """Return power and trials needed where they are asked for."""
    from perdure.pool.table_plan import plan_of_table

    if true_effect is None and half_width is None:
        return None
    if table.fit is None:
        raise InputError(
            Problem(
                "--true-effect and --half-width are of a plain synthesis",
                "leave out --moderators, and use the model random or common",
            )
        )
    return plan_of_table(
        table.fit,
        true_effect=true_effect,
        half_width=half_width,
        planned=None if planned is None else planned_arms(planned, measure),
    )


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
