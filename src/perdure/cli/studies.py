"""Commands that work on a whole study folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.cli.say import print_json, problem_lines, progress, say

if TYPE_CHECKING:
    from perdure.pipeline import RunSummary
    from perdure.study import Study

__all__ = ["check", "demo", "new", "report", "run"]

MOST_NOTES = 40
"""Notes on a new study's trials that are printed; all of them are in its folder."""

Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT,...",
        help="Among html, pdf, docx, xlsx (all tables), figures (PDF and PNG).",
    ),
]
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder.")]


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it.")] = Path(
        "demo-study"
    ),
    jobs: Jobs = 1,
) -> None:
    """Write the bundled study (simulated trials, two real) and run it the whole way."""
    from perdure import pipeline

    pipeline.write_demo(folder)
    say(f"wrote a study of eight simulated trials and two real ones to {folder}")
    with progress() as show:
        summary = pipeline.run(folder, jobs=jobs, progress=show)
    _print_summary(summary)
    for line in pipeline.compare_with_truth(folder):
        typer.echo(line)
    typer.echo(f"\nReport: {summary.report}")


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    sources: Annotated[
        list[Path] | None,
        typer.Option("--from", help="References or registry entries: .ris, .bib, .nbib, .json."),
    ] = None,
) -> None:
    """Write an empty study that explains itself, or one that has the trials of --from."""
    from perdure.study import new as new_study
    from perdure.study import new_from

    if sources:
        sentences = new_from(folder, sources)
        for sentence in sentences[:MOST_NOTES]:
            say(f"note: {sentence}")
        if len(sentences) > MOST_NOTES:
            say(f"note: {len(sentences) - MOST_NOTES} more are in {folder / 'started_from.txt'}")
        typer.echo(f"wrote a study with the trials of {', '.join(map(str, sources))} to {folder}")
        typer.echo(f"what stayed empty is listed in {folder / 'started_from.txt'}")
    else:
        new_study(folder)
        typer.echo(f"wrote an empty study to {folder}")
    typer.echo(f"next: read {folder / 'README.txt'}, fill in the CSV files,")
    typer.echo(f"      then run: perdure check {folder}")


def check(study: StudyFolder, as_json: Json = False) -> None:
    """Find every problem of a study, each with file, row, column and what to do."""
    from perdure.errors import InputError
    from perdure.study import Study

    try:
        found = Study.open(study)
    except InputError as error:
        if as_json:
            keys = ("file", "row", "column", "value", "message", "remedy")
            problems = [{key: getattr(problem, key) for key in keys} for problem in error.problems]
            print_json({"ok": False, "problems": problems, "notices": []})
            raise typer.Exit(1) from error
        for line in problem_lines(error.problems):
            typer.echo(line)
        count = len(error.problems)
        say(f"{count} problem{'s' if count > 1 else ''} in {study}")
        raise typer.Exit(1) from error
    if as_json:
        print_json({"ok": True, "problems": [], "notices": list(found.notices)})
        return
    for notice in found.notices:
        typer.echo(f"note: {notice}")
    typer.echo(f"{study} is in order: {', '.join(_held(found))}. Next: perdure run {study}")


def _held(study: "Study") -> Iterator[str]:
    """Return what a study holds, each with its number: "3 trials"."""
    yield _counted(len(study.trials), "trial")
    yield _counted(sum(len(trial.arms) for trial in study.trials), "arm")
    yield _counted(len(study.analyses), "analysis", "analyses")
    if study.figures:
        yield f"{_counted(len(study.figures), 'curve')} in figures to be read"
    if study.published:
        yield _counted(len(study.published), "published estimate")
    if study.facts:
        curves = _counted(sum(len(one.arms) for one in study.facts), "curve")
        yield f"{curves} to be drawn from published facts"


def _counted(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def run(study: StudyFolder, jobs: Jobs = 1, as_json: Json = False) -> None:
    """Do all that is stale, write the results and the report, print the headline numbers."""
    from perdure import pipeline

    with progress() as show:
        summary = pipeline.run(study, jobs=jobs, progress=show)
    if as_json:
        print_json(
            {
                "headline": list(summary.headline),
                "report": str(summary.report),
                "analyses": {"done": summary.done, "kept": summary.kept},
                "figures": {"done": summary.figures_done, "kept": summary.figures_kept},
                "notices": list(summary.notices),
            }
        )
        return
    _print_summary(summary)
    typer.echo(f"\nReport: {summary.report}")


def report(study: StudyFolder, formats: Formats = "html", jobs: Jobs = 1) -> None:
    """Write the report of a study again, doing first what is stale."""
    from perdure import pipeline
    from perdure.report import formats_named

    wanted = formats_named(formats)
    with progress() as show:
        summary = pipeline.run(study, jobs=jobs, progress=show, rewrite_report=True, formats=wanted)
    typer.echo(f"Report: {summary.report}")
    for path in summary.documents:
        typer.echo(f"        {path}")


def _print_summary(summary: "RunSummary") -> None:
    """Print what was done and the headline numbers."""
    for notice in summary.notices:
        say(f"note: {notice}")
    if summary.figures_done or summary.figures_kept:
        say(
            f"{_counted(summary.figures_done, 'figure')} read, {summary.figures_kept} kept from an"
            " earlier run"
        )
    say(
        "nothing was stale"
        if not summary.stale
        else f"{_counted(summary.done, 'analysis', 'analyses')} done, {summary.kept} kept from an"
        " earlier run"
    )
    for sentence in summary.headline:
        typer.echo(sentence)
