"""``perdure reconstruct``: one digitised curve in, its patients and the evidence out."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from perdure.cli.forms import in_unit
from perdure.cli.say import print_json, say
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.records import Curve, Evidence, Patients, Reconstruction

__all__ = ["reconstruct"]

PICTURES = (".svg", ".png", ".pdf")


def reconstruct(
    curve: Annotated[
        Path, typer.Argument(metavar="CURVE", help="Columns time, survival; or a digitiser's file.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write time,event.")],
    risk: Annotated[
        Path | None, typer.Option("--risk", help="Numbers at risk: time, n_at_risk (or an arm).")
    ] = None,
    arm: Annotated[str | None, typer.Option("--arm", help="The arm's column in --risk.")] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="The curve, where a file holds several.")
    ] = None,
    total: Annotated[int | None, typer.Option("--total", help="Patients in the arm.")] = None,
    events: Annotated[int | None, typer.Option("--events", help="Events reported.")] = None,
    marks: Annotated[
        Path | None, typer.Option("--marks", help="All censoring marks of the figure: time.")
    ] = None,
    median: Annotated[
        str | None,
        typer.Option("--median", help="Published median, with the digits that were printed."),
    ] = None,
    survival_at: Annotated[
        list[str] | None,
        typer.Option("--survival-at", metavar="T=S", help="Published survival at a time."),
    ] = None,
    own: Annotated[
        bool,
        typer.Option("--own", help="--median and --survival-at are this curve's: constrain it."),
    ] = False,
    percent: Annotated[
        bool | None, typer.Option("--percent/--proportion", help="Unit of survival.")
    ] = None,
    cumulative_incidence: Annotated[
        bool, typer.Option("--cumulative-incidence", help="The curve rises: it shows 1 - survival.")
    ] = False,
    resolution: Annotated[
        float | None,
        typer.Option("--resolution", help="Half-width of the reading error, as a proportion."),
    ] = None,
    time_unit: Annotated[
        str, typer.Option("--time-unit", help="days, weeks, months or years.")
    ] = "months",
    risk_time_unit: Annotated[
        str | None, typer.Option("--risk-time-unit", help="Of --risk, if it has another.")
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="chain: how sure it is; guyot: one history.")
    ] = "chain",
    draws: Annotated[int, typer.Option("--draws", help="Histories of the ensemble.")] = 50,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 1,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds after which no new search is begun.")
    ] = 60.0,
    ensemble: Annotated[
        Path | None, typer.Option("--ensemble", help="Where to write draw,time,event.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="Where to write the evidence (.json or .csv: both)."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Where to draw it: .svg, .png or .pdf.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on standard output.")
    ] = False,
) -> None:
    """Rebuild the patients behind one digitised curve, and how sure we are of them."""
    from time import perf_counter

    from perdure.reconstruct import landmark
    from perdure.reconstruct import reconstruct as rebuild
    from perdure.records import time_unit as unit_named
    from perdure.study import read_curve, read_marks, read_numbers_at_risk

    unit = unit_named(time_unit)
    outputs = _outputs(out, ensemble, evidence, picture)
    _refuse_overlaps([curve, risk, marks], outputs)
    if ensemble is not None and method == "guyot":
        remedy = "leave --ensemble out, or use --method chain"
        raise InputError(Problem("the method guyot has no ensemble", remedy))
    if own and median is None and not survival_at:
        remedy = "give --median or --survival-at beside it, or leave --own out"
        raise InputError(Problem("nothing was said to be the curve's own", remedy))
    landmarks = [landmark(given, "--survival-at 12=0.31") for given in survival_at or ()]
    points, notes = read_curve(
        curve,
        time_unit=unit,
        percent=percent,
        resolution=resolution,
        dataset=dataset,
        cumulative_incidence=cumulative_incidence,
    )
    table = None
    if risk is not None:
        told = unit if risk_time_unit is None else unit_named(risk_time_unit)
        table, more = read_numbers_at_risk(risk, arm=arm, time_unit=told)
        notes += more
    marked = None
    if marks is not None:
        marked, more = read_marks(marks, time_unit=unit)
        notes += more
    start = perf_counter()
    found = rebuild(
        points,
        table,
        n=total,
        events=events,
        median=median,
        landmarks=landmarks,
        own=own,
        marks=marked,
        method=method,
        draws=draws,
        seed=seed,
        time_limit=time_limit,
    )
    seconds = perf_counter() - start
    _write(points, found, outputs, title=arm or dataset or curve.stem)
    warnings = (*notes, *found.warnings)
    if ensemble is not None and not found.ensemble:
        warnings += (f"{ensemble} holds no history, since there is no ensemble",)
    if as_json:
        print_json(_json(found, unit, seconds, warnings))
        return
    for warning in warnings:
        say(f"note: {warning}")
    for line in _lines(found, unit):
        typer.echo(line)
    typer.echo(f"wrote {', '.join(str(path) for path in outputs.values())}")


def _outputs(
    out: Path, ensemble: Path | None, evidence: Path | None, picture: Path | None
) -> dict[str, Path]:
    """Return every file that will be written, by what it holds."""
    found = {"patients": out}
    if ensemble is not None:
        found["ensemble"] = ensemble
    if evidence is not None:
        if evidence.is_dir():
            remedy = "name a file in it, such as evidence.json"
            raise InputError(Problem("the evidence is no folder", remedy, value=str(evidence)))
        bare = evidence.with_suffix("") if evidence.suffix in (".json", ".csv") else evidence
        found["evidence as JSON"] = bare.with_name(f"{bare.name}.json")
        found["evidence as CSV"] = bare.with_name(f"{bare.name}.csv")
    if picture is not None:
        if picture.suffix.lower() not in PICTURES:
            remedy = f"end its name with {', '.join(PICTURES)}"
            raise InputError(Problem("no such kind of picture", remedy, value=str(picture)))
        found["picture"] = picture
    return found


def _refuse_overlaps(inputs: Sequence[Path | None], outputs: dict[str, Path]) -> None:
    """Refuse to write over an input, or two things into one file."""
    for what, path in outputs.items():
        for given in inputs:
            if given is not None and path.exists() and given.exists() and path.samefile(given):
                raise InputError(
                    Problem(
                        f"the {what} would replace an input",
                        "give it another name: the input would be lost",
                        value=str(path),
                    )
                )
    for (what, path), (other, again) in combinations(outputs.items(), 2):
        if path.resolve() == again.resolve():
            message = f"the {what} and the {other} would be one file"
            raise InputError(Problem(message, "give them two names", value=str(path)))


def _write(curve: "Curve", found: "Reconstruction", outputs: dict[str, Path], title: str) -> None:
    """Write all files, or none."""
    from perdure.reconstruct import EVIDENCE_COLUMNS, evidence_record, evidence_rows
    from perdure.study import table_text, write_files

    contents: dict[Path, bytes] = {}
    for what, path in outputs.items():
        if what == "patients":
            text = table_text(("time", "event"), _rows(found.patients))
        elif what == "ensemble":
            draws = enumerate(found.ensemble, start=1)
            rows = [(draw, *row) for draw, one in draws for row in _rows(one)]
            text = table_text(("draw", "time", "event"), rows)
        elif what == "evidence as JSON":
            record = {"time_unit": curve.time_unit, **evidence_record(found)}
            text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        elif what == "evidence as CSV":
            text = table_text(EVIDENCE_COLUMNS, evidence_rows(curve, found))
        else:
            contents[path] = _drawn(curve, found, path, title)
            continue
        contents[path] = text.encode()
    write_files(contents)


def _rows(patients: "Patients") -> Iterator[tuple[float, int]]:
    return zip(patients.time.tolist(), patients.event.astype(int).tolist(), strict=True)


def _drawn(curve: "Curve", found: "Reconstruction", path: Path, title: str) -> bytes:
    from perdure.plots import reconstruction_plot

    kind = cast('Literal["svg", "png", "pdf"]', path.suffix.lower().removeprefix("."))
    return reconstruction_plot(curve, found, title=title, kind=kind)


def _json(
    found: "Reconstruction", unit: str, seconds: float, warnings: Sequence[str]
) -> dict[str, object]:
    fit = found.evidence
    return {
        "n": fit.n,
        "events": fit.events,
        "events_low": fit.events_low,
        "events_high": fit.events_high,
        "median": fit.median,
        "median_low": fit.median_low,
        "median_high": fit.median_high,
        "time_unit": unit,
        "rmse": fit.rmse,
        "max_distance": fit.max_distance,
        "max_distance_px": fit.max_distance_px,
        "risk_mismatch": fit.risk_mismatch,
        "method": found.method,
        "reading": fit.reading,
        "reading_error": fit.reading_error,
        "used": list(fit.used),
        "draws": len(found.ensemble),
        "seconds": seconds,
        "seed": found.seed,
        "warnings": list(warnings),
    }


def _lines(found: "Reconstruction", unit: str) -> list[str]:
    """Return what was found, for a person."""
    fit = found.evidence
    events, median = f"{fit.events} events", f"median {in_unit(fit.median, unit)}"
    if fit.events_low is not None and len(found.ensemble) > 1:
        events += (
            f" (90% of {len(found.ensemble)} histories: {fit.events_low} to {fit.events_high})"
        )
        high = "not reached" if fit.median_high is None else f"{fit.median_high:.1f}"
        low = "not reached" if fit.median_low is None else f"{fit.median_low:.1f}"
        median += f" ({low} to {high})" if low != high or high != "not reached" else ""
    lines = [f"{fit.n} patients, {events}, {median}; used: {', '.join(fit.used)}"]
    if fit.reading is not None and fit.reading_error is not None:
        lines.append(f"{_read_as(fit)} an error of {fit.reading_error:.2g}")
    px = "" if fit.max_distance_px is None else f" ({fit.max_distance_px:.1f} pixels)"
    lines.append(
        f"distance to the curve: root mean square {fit.rmse:.4f},"
        f" at most {fit.max_distance:.4f}{px}"
    )
    if fit.risk:
        lines.append(
            f"numbers at risk: {sum(one.printed == one.rebuilt for one in fit.risk)} of"
            f" {len(fit.risk)} met, missed by {fit.risk_mismatch} patients in all"
        )
    return lines


def _read_as(fit: "Evidence") -> str:
    return {
        "columns": "the curve was read column by column, survival to half a row of pixels:",
        "steps": "the points are the curve's own steps, read with",
        "clicks": "the points were clicked by hand, with",
    }[fit.reading or "clicks"]
