"""Words for a person go to standard error; results, and nothing else, to standard output."""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import typer

__all__ = ["Progress", "print_json", "problem_lines", "progress", "say"]

MOST_PROBLEMS = 40
"""Problems printed one by one: a file with another separator has one in every row."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


def say(sentence: str) -> None:
    """Print a sentence for a person on standard error."""
    typer.echo(sentence, err=True)


def problem_lines(problems: Sequence[object]) -> list[str]:
    """Return one line a problem; of very many, the first ones and how many follow."""
    lines = [str(problem) for problem in problems[:MOST_PROBLEMS]]
    more = len(problems) - len(lines)
    return (
        [*lines, f"and {more} more problems (all of them: --json of perdure check)"]
        if more
        else lines
    )


def print_json(value: object) -> None:
    """Print one JSON object on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def progress() -> Iterator[Progress]:
    """Show bars on standard error where that is a terminal; be silent elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        tasks = {}
        asked: list[bool] = []

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)
            if asked:
                raise KeyboardInterrupt

        with _noting_interrupts(asked):
            yield show


@contextmanager
def _noting_interrupts(asked: list[bool]) -> Iterator[None]:
    """Note Ctrl-C in ``asked`` too: Python loses an interrupt that falls into a clean-up."""

    def note(_: int, __: FrameType | None) -> None:
        asked.append(True)
        raise KeyboardInterrupt

    def stay_quiet(lost: "sys.UnraisableHookArgs") -> None:
        if lost.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(lost)

    before, hook = signal.signal(signal.SIGINT, note), sys.unraisablehook
    sys.unraisablehook = stay_quiet
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = hook
