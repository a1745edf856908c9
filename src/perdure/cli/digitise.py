"""``perdure digitise``: a published figure in, its curves and numbers at risk out."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.cli.folder import refuse_file
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.digitise import Digitised, Known

__all__ = ["digitise"]


def digitise(
    figure: Annotated[
        Path, typer.Argument(metavar="FIGURE", help="PNG, JPEG, TIFF, WebP, GIF, PDF or SVG.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            help="Folder for all that is read; an earlier reading there is replaced.",
        ),
    ],
    page: Annotated[int | None, typer.Option("--page", help="Of a PDF, from 1.")] = None,
    panel: Annotated[
        int | None, typer.Option("--panel", help="Of several figures on a page, from 1.")
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(
            "--arms",
            help="How many, or their names from the highest curve down: A,B. Of more the surest.",
        ),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option("--axes", help="Ends of the plot: t0,t1,s0,s1 such as 0,36,0,1."),
    ] = None,
    box: Annotated[
        str | None,
        typer.Option(
            "--box",
            help="The plot in the file's pixels, as digitised.json counts them:"
            " left,top,right,bottom. Of several panels, the one that it lies in is read.",
        ),
    ] = None,
    colours: Annotated[
        str | None,
        typer.Option("--colours", help="Of the curves: #1f77b4,#ff7f0e. Others are left out."),
    ] = None,
    risk: Annotated[
        Path | None,
        typer.Option("--risk", help="The table typed by hand: time, one column an arm."),
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option("--time-unit", help="days, weeks, months or years.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on standard output.")
    ] = False,
) -> None:
    """Read a Kaplan-Meier figure: axes, curves, names, censoring marks, numbers at risk.

    Writes curves/*.csv, marks/*.csv, risk.csv, digitised.json, and overlay.png: the figure with
    what was read drawn over it, to be looked at. Files there that you edited are never replaced.
    """
    refuse_file(out)
    known = _known(arms, axes, box, colours, time_unit)
    from perdure.digitise import digitise as read
    from perdure.plots.digitising import overlay
    from perdure.study.digitised import digitised_files, digitised_json, to_check
    from perdure.study.reading_folder import write_reading

    found = _panel(read(figure, page=page, known=known), panel, figure)
    if risk is not None:
        found = (_with_table(found, risk, figure),)
    files: dict[Path, bytes] = {}
    for one in found:
        folder = out if len(found) == 1 else out / f"panel-{one.panel}"
        files.update(digitised_files(one, folder, overlay(one)))
    for notice in write_reading(out, files):
        say(f"note: {notice}")
    if as_json:
        objects = [digitised_json(one) for one in found]
        print_json(objects[0] if len(objects) == 1 else {"panels": objects})
        return
    for one in found:
        for line in _lines(one):
            typer.echo(line)
        for warning in one.warnings:
            say(f"note: {warning}")
        for look in to_check(one):
            say(f"to check: {look}")
    typer.echo(f"Look at {out / 'overlay.png' if len(found) == 1 else out}")


def _known(
    arms: str | None, axes: str | None, box: str | None, colours: str | None, unit: str | None
) -> "Known":
    """Return what a person says about the figure."""
    from perdure.digitise import Known
    from perdure.records import time_unit as unit_named

    known = Known(
        axes=None if axes is None else _four(axes, "--axes", "0,36,0,1"),
        box=None if box is None else _four(box, "--box", "120,40,900,560"),
        colours=[_colour(one) for one in (colours or "").split(",") if one.strip()],
        time_unit=None if unit is None else unit_named(unit),
    )
    if arms is None:
        return known
    number = _number(arms)
    if number is not None:
        if number != int(number) or number < 1:
            raise InputError(
                Problem(
                    "--arms takes a whole number of 1 or more, or names",
                    "write how many curves there are, or their names as A,B",
                    value=arms,
                )
            )
        return replace(known, arms=int(number))
    names = [name.strip() for name in arms.split(",")]
    if not all(names):
        raise InputError(Problem("a name of --arms is empty", "write them as A,B", value=arms))
    return replace(known, names=names)


def _number(text: str) -> float | None:
    """Return a word that is a finite number; names may be any other."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _four(text: str, option: str, example: str) -> tuple[float, float, float, float]:
    try:
        first, second, third, fourth = (float(one) for one in text.split(","))
    except ValueError as error:
        raise InputError(
            Problem(f"{option} takes four numbers", f"write it as {option} {example}", value=text)
        ) from error
    return first, second, third, fourth


def _colour(text: str) -> tuple[int, int, int]:
    digits = text.strip().lstrip("#").lower()
    if len(digits) != 6 or set(digits) - set("0123456789abcdef"):
        raise InputError(Problem("--colours takes colours as #1f77b4", "write them so", value=text))
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _panel(
    found: "Sequence[Digitised]", panel: int | None, figure: Path
) -> "tuple[Digitised, ...]":
    """Return the panel that is asked for, or all."""
    if panel is None:
        return tuple(found)
    chosen = tuple(one for one in found if one.panel == panel)
    if not chosen:
        there = ", ".join(str(one.panel) for one in found)
        raise InputError(
            Problem(f"no panel {panel} was read", f"read were: {there}", file=str(figure))
        )
    return chosen


def _with_table(found: "Sequence[Digitised]", risk: Path, figure: Path) -> "Digitised":
    """Return the figure with a table that was typed by hand in the place of what was read."""
    from perdure.digitise.found import RiskCell
    from perdure.study import read_numbers_at_risk

    if len(found) != 1:
        raise InputError(Problem("--risk is of one figure", "name it by --panel", file=str(figure)))
    one = found[0]
    unit = one.time_unit or "months"
    arms = []
    notices: list[str] = []
    for arm in one.arms:
        table, said = read_numbers_at_risk(risk, arm=arm.arm, time_unit=unit, misprints=False)
        notices += said
        cells = tuple(
            RiskCell(float(time), int(n), 1.0) for time, n in zip(table.time, table.n, strict=True)
        )
        arms.append(replace(arm, risk=cells))
    warnings = (*one.warnings, *dict.fromkeys(notices))
    return replace(one, arms=tuple(arms), table=None, warnings=warnings)


def _lines(found: "Digitised") -> list[str]:
    """Return what was read, a line an arm."""
    unit = found.time_unit or ""
    axes = found.axes
    lines = [
        f"{found.source}: time {axes.x.low:g} to {axes.x.high:g} {unit}".rstrip()
        + f", survival {axes.y.low:g} to {axes.y.high:g},"
        + f" read from {'paths' if found.vector else 'pixels'}"
    ]
    for arm in found.arms:
        first = f", {arm.risk[0].n} at risk at {arm.risk[0].time:g}" if arm.risk else ""
        marks = f", {arm.marks.size} censoring marks" if arm.marks.size else ""
        lines.append(
            f"  {arm.label or arm.arm}: to {arm.time[-1]:.3g},"
            f" survival {arm.survival[-1]:.2f} there"
            f"{first}{marks} (certainty {arm.certainty:.2f})"
        )
    return lines
