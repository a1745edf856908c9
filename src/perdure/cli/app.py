"""The command ``perdure``: its sub-commands, and how every error becomes a plain sentence."""

import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

import perdure
from perdure.cli import studies
from perdure.cli.digitise import digitise
from perdure.cli.durable import durable
from perdure.cli.exchange import export, import_archive
from perdure.cli.pool import pool
from perdure.cli.reconstruct import reconstruct
from perdure.cli.say import problem_lines, say
from perdure.errors import InputError, PerdureError

__all__ = ["app", "main"]

app = typer.Typer(
    name="perdure",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"perdure {perdure.__version__}")
        raise typer.Exit


@app.callback()
def perdure_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Durable response to cancer therapy: from published Kaplan-Meier curves to a pooled answer."""


app.command()(studies.demo)
app.command()(studies.new)
app.command()(studies.check)
app.command()(studies.run)
app.command()(studies.report)
app.command()(export)
app.command(name="import")(import_archive)
app.command()(digitise)
app.command()(reconstruct)
app.command()(durable)
app.command()(pool)


def main() -> NoReturn:
    """Run the command line; exit 0 done, 1 the input is wrong, 2 wrong usage, 130 stopped."""
    if isinstance(sys.stdout, TextIOWrapper):
        # names of files may have what the terminal cannot show; standard error does the same
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except PerdureError as error:
        problems = error.problems if isinstance(error, InputError) else (error,)
        for line in problem_lines(problems):
            say(f"error: {line}")
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            say("stopped: what was finished is kept, and nothing is half-written")
        raise
    sys.exit(0)
