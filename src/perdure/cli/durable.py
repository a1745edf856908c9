"""``perdure durable``: patients in, durable response of each arm and contrasts out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perdure.cli.folder import refuse_file
from perdure.cli.forms import (
    contrast_json,
    contrast_sentence,
    response_json,
    response_sentence,
)
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["durable"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
TimeUnit = Annotated[str, typer.Option("--time-unit", help="days, weeks, months or years.")]

Reference = Literal["own", "control", "trial", "fixed"]
Interval = Literal["log-log", "plain", "log", "logit", "arcsin", "likelihood"]


class Beside(StrEnum):
    """What can be found beside the estimates."""

    BOOTSTRAP = "bootstrap"
    PROFILE = "profile"
    FOLLOW_UP = "follow-up"
    TAIL = "tail"
    MODELS = "models"
    AWARDS = "awards"
    ALL = "all"


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
    interval: Annotated[
        Interval, typer.Option("--interval", help="Scale of the interval, or likelihood.")
    ] = "log-log",
    level: Annotated[float, typer.Option("--level", help="Of intervals and bands.")] = 0.95,
    thin: Annotated[int, typer.Option("--thin", min=1, help="Fewer at risk than this: thin.")] = 10,
    beside: Annotated[
        list[Beside] | None,
        typer.Option("--with", help="What else to find; may be given several times."),
    ] = None,
    milestone: Annotated[
        list[float] | None,
        typer.Option("--milestone", help="With tail: survival at this time; several times."),
    ] = None,
    beyond: Annotated[
        list[float] | None,
        typer.Option("--beyond", help="With tail: survival this long after the threshold."),
    ] = None,
    replicates: Annotated[int, typer.Option("--replicates", min=100, help="Of resampling.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same answer.")] = 20190519,
    time_unit: TimeUnit = "months",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for tables and pictures.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Estimate durable response of the arms in a file of patients, or of draws of them.

    Draws are those of reconstruct --ensemble: how far they differ is part of every interval.
    """
    from perdure.cli.beside import Question, found_beside, write_beside
    from perdure.durable import durable_ensemble
    from perdure.records import time_unit as unit_named
    from perdure.study import read_ensembles

    if out is not None:
        refuse_file(out)
    draws, notices = read_ensembles(patients, time_unit=unit_named(time_unit))
    for notice in notices:
        say(f"note: {notice}")
    arms = {arm: histories[0] for arm, histories in draws.items()}
    _unused(reference, k, time)
    multiple = _multiple(endpoint, k, reference, time, time_unit)
    comparators = _comparators(arms, control, reference)
    ensembles = {arm: histories for arm, histories in draws.items() if len(histories) > 1}
    found = durable_ensemble(
        arms,
        ensembles,
        k=multiple,
        reference=reference,
        comparators=comparators,
        time=time,
        thin=thin,
        level=level,
        interval=interval,
    )
    wanted = list(Beside) if Beside.ALL in (beside or ()) else beside or []
    question = Question(
        arms,
        ensembles,
        multiple,
        reference,
        comparators,
        time,
        endpoint,
        thin,
        level,
        replicates,
        seed,
        milestone or (),
        beyond or (),
    )
    more = found_beside(question, wanted)
    written = [] if out is None else write_beside(out, question, found, more, title=patients.stem)
    if as_json:
        print_json(
            {
                "arms": [response_json(response) for response in found.responses],
                "contrasts": [contrast_json(contrast) for contrast in found.contrasts],
                **more.tables,
            }
        )
        return
    for response in found.responses:
        typer.echo(response_sentence(response, level))
    for contrast in found.contrasts:
        typer.echo(contrast_sentence(contrast, level))
    for line in more.lines:
        typer.echo(line)
    for path in written:
        say(f"wrote {path}")


def _unused(reference: str, k: float | None, time: float | None) -> None:
    """Say which option the reference has no use for."""
    if reference == "fixed" and k is not None:
        say("note: --k is not used: the reference fixed has a --time")
    if reference != "fixed" and time is not None:
        say(f"note: --time is not used: the reference {reference} has k times a median")


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
    if reference == "control" and len(arms) == 1:
        remedy = "give a file with its control too, in a column arm; or choose another reference"
        raise InputError(Problem("the reference control needs two arms, and there is one", remedy))
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
