"""``perdure export`` and ``perdure import``: a study as one archive, its patients as one table."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from perdure.cli.say import say

__all__ = ["export", "import_archive"]


class PatientForm(StrEnum):
    """What patients are written as."""

    csv = "csv"
    stata = "stata"
    r = "r"


def export(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="study.zip; patients.csv, .dta or .R.")],
    results: Annotated[
        bool, typer.Option("--results", help="Put results/ into the archive too.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Put report/ into the archive too.")
    ] = False,
    patients: Annotated[
        PatientForm | None,
        typer.Option("--patients", help="No archive, but one row a patient, labelled."),
    ] = None,
) -> None:
    """Write a study into one archive with checksums, or its patients for R, Stata or CSV."""
    if patients is not None:
        if results or report:
            raise typer.BadParameter("--results and --report go into an archive, not --patients")
        _export_patients(study, out, patients)
        return
    from perdure.study import export_study

    packed, left_out = export_study(study, out, results=results, report=report)
    if left_out:
        say(f"note: not in the archive: {', '.join(left_out)}")
    typer.echo(f"wrote {len(packed)} files of {study} to {out}")


def import_archive(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="study.zip.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A new or empty folder.")],
) -> None:
    """Unpack an archive of a study into a new folder, once all of it was checked."""
    from perdure.study import import_study

    names = import_study(archive, out)
    typer.echo(f"{archive} is whole: wrote {len(names)} files to {out}")
    typer.echo(f"next: perdure check {out}")


def _export_patients(study: Path, out: Path, form: PatientForm) -> None:
    from perdure.pipeline import patients_of
    from perdure.study import refuse_own_place, write_patients

    # an R script has its data beside it
    for place in (out, out.with_suffix(".csv")):
        refuse_own_place(study, place)
    table, left_out = patients_of(study)
    for sentence in left_out:
        say(f"note: not in the table: {sentence}")
    files = write_patients(table, out, form.value)
    typer.echo(f"wrote {len(table.rows)} patients to {' and '.join(map(str, files))}")
